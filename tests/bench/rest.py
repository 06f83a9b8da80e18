#!/usr/bin/python3
"""What a node costs while nothing happens: processor time, memory, payload.

Usage: rest.py BUILD [SECONDS]. Three processes of `zelect node` at the default
timings, stores on the disk beside the build; a SUB reads one node's heartbeats.

This Source Code Form is subject to the terms of the Mozilla Public
License, v. 2.0. If a copy of the MPL was not distributed with this file,
You can obtain one at http://mozilla.org/MPL/2.0/.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import zmq

BASE_PORT = 21880
NODES = ("n1", "n2", "n3")


def configuration(name: str, store: pathlib.Path) -> str:
    members = "".join(
        f"    member = {node}\n        endpoint = tcp://127.0.0.1:{BASE_PORT + 2 * index}\n"
        for index, node in enumerate(NODES))
    return (f"node\n    name = {name}\n    store = {store}\n    create = 1\n"
            f"cluster = bench\n{members}")


def processor_ns(pid: int) -> int:
    """All threads' time on a processor, from the scheduler's own count."""
    return sum(int(task.joinpath("schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def resident_kib(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def heartbeat_sizes(leader: int, count: int) -> list:
    with zmq.Context() as context, context.socket(zmq.SUB) as feed:
        feed.linger = 0
        feed.rcvtimeo = 2000
        feed.connect(f"tcp://127.0.0.1:{BASE_PORT + 2 * leader + 1}")
        feed.subscribe("zelect/bench/heartbeat/")
        return [len(feed.recv_multipart()[1]) for _ in range(count)]


def wait_for_leader(program: str) -> int:
    endpoints = [f"tcp://127.0.0.1:{BASE_PORT + 2 * index}" for index in range(len(NODES))]
    for _ in range(100):
        status = subprocess.run([program, "status", "--json", *endpoints],
                                capture_output=True, text=True, check=False)
        if status.returncode == 0:
            text = status.stdout
            for index, node in enumerate(NODES):
                if f'"leader":"{node}"' in text.replace(" ", ""):
                    return index
        time.sleep(0.1)
    raise SystemExit(f"no leader in 10 s: {json.dumps(status.stdout)}")


def main() -> None:
    program = os.path.join(sys.argv[1], "zelect")
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
        nodes = []
        try:
            for name in NODES:
                path = pathlib.Path(folder, name + ".cfg")
                path.write_text(configuration(name, pathlib.Path(folder, name)))
                nodes.append(subprocess.Popen([program, "node", "-c", str(path)],
                                              stderr=subprocess.DEVNULL))
            leader = wait_for_leader(program)
            time.sleep(2)
            before = [processor_ns(node.pid) for node in nodes]
            time.sleep(seconds)
            after = [processor_ns(node.pid) for node in nodes]
            sizes = heartbeat_sizes(leader, 10)
            for index, name in enumerate(NODES):
                share = (after[index] - before[index]) / seconds / 1e7
                memory = resident_kib(nodes[index].pid) / 1024
                role = "leader" if index == leader else "follower"
                print(f"rest {name} ({role}): {share:.3f} % of a core, {memory:.1f} MiB resident")
            print(f"heartbeat: {max(sizes)} bytes of payload at the most")
        finally:
            for node in nodes:
                node.kill()
                node.wait()


if __name__ == "__main__":
    main()
