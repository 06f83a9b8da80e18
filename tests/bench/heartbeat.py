#!/usr/bin/python3
"""heartbeat.py BUILD [--judge] [--csv FILE] [--only TEXT] - what one heartbeat costs, of everything but time

Three processes of `zelect node` at the default timings, at rest. Per heartbeat and node: the memory that is taken
from the heap, by who takes it (tally.c); the payload of the message; what goes over the network, in all, with TCP's
own packets; how often threads are woken; and the system calls, so far as there is a strace. None of this is a
time, so all of it is judged always.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import collections
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import zmq

import figures
from machine import count
from nodes import CLUSTER, HEARTBEAT_S, Nodes

SECONDS, SECONDS_LEAST = 60, 3
PAYLOAD_BAR = 64
TALLY = figures.BUILD / "tests" / "bench" / "tally.so"
OWNERS = ("zelect", "libzmq", "CZMQ", "protobuf-c")
OTHERS = 7


def payload_sizes(feed, number):
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.linger, sub.rcvtimeo = 0, 2000
        sub.connect(feed)
        sub.subscribe(f"zelect/{CLUSTER}/heartbeat/")
        return [len(sub.recv_multipart()[1]) for _ in range(number)]


def traffic(process):
    """Packets and bytes over the loopback of the nodes so far."""
    for line in Path(f"/proc/{process.pid}/net/dev").read_text(encoding="ascii").splitlines():
        if line.strip().startswith("lo:"):
            received, packets = line.split()[1:3]
            return int(packets), int(received)
    raise AssertionError("no loopback")


def measure_traffic(nodes, seconds):
    process = nodes.processes[nodes.leader]
    before = traffic(process)
    time.sleep(seconds)
    packets, size = (after - earlier for earlier, after in zip(before, traffic(process)))
    beats = seconds / HEARTBEAT_S
    figures.single("three nodes, packets a heartbeat, TCP's own among them", packets / beats, "packets")
    figures.single("three nodes, packets a second", packets / seconds, "packets")
    figures.single("three nodes, bytes on the network a heartbeat", size / beats, "bytes")


def waits(process):
    """How often each kind of thread waited, and so was woken."""
    counts = collections.Counter()
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        name = (task / "comm").read_text(encoding="ascii").strip()
        lines = dict(line.split(":", 1) for line in (task / "status").read_text(encoding="ascii").splitlines())
        counts["own" if name.startswith("zelect") else "libzmq's"] += int(lines["voluntary_ctxt_switches"])
    return counts


def measure_waits(nodes, seconds):
    before = {name: waits(process) for name, process in nodes.processes.items()}
    time.sleep(seconds)
    for name, process in nodes.processes.items():
        for who, number in (waits(process) - before[name]).items():
            figures.single(f"{nodes.role(name)} ({name}), wake-ups a heartbeat, {who} threads",
                           number / seconds * HEARTBEAT_S, "wake-ups")


def tallies(path):
    return struct.unpack("=8Q", path.read_bytes())


def measure_heap(seconds):
    """A run of its own: to count slows a process down."""
    paths = {}

    def environment(name):
        paths[name] = figures.BUILD / f"tally-{name}"
        paths[name].unlink(missing_ok=True)
        return {"LD_PRELOAD": str(TALLY), "BENCH_TALLY": str(paths[name])}

    with Nodes(environment) as nodes:
        assert all(tallies(path)[0] > 0 for path in paths.values()), "a node that starts takes memory; nothing counted"
        before = {name: tallies(path) for name, path in paths.items()}
        time.sleep(seconds)
        beats = seconds / HEARTBEAT_S
        for name, path in paths.items():
            taken = [after - earlier for earlier, after in zip(before[name], tallies(path))]
            for index, owner in (*enumerate(OWNERS), (OTHERS, "all others")):
                # A thousandth of one would be one a minute: not even that
                bar = 0 if owner == "zelect" else None
                figures.single(f"{nodes.role(name)} ({name}), allocations a heartbeat by {owner}", taken[index] / beats,
                               "allocations", bar=bar, always=True)
    for path in paths.values():
        path.unlink()


def system_calls(process, seconds):
    """How often each system call was made, by strace."""
    done = subprocess.run(["timeout", "-s", "INT", str(seconds), "strace", "-c", "-f", "-q", "-p", str(process.pid)],
                          capture_output=True, text=True, check=False)
    calls = collections.Counter()
    for line in done.stderr.splitlines():
        words = line.split()
        if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    assert calls, f"strace tells nothing: {done.stderr[-300:]}"
    return calls


def measure_calls(nodes, seconds):
    for name, process in nodes.processes.items():
        calls = system_calls(process, seconds)
        beats = seconds / HEARTBEAT_S
        figures.single(f"{nodes.role(name)} ({name}), system calls a heartbeat", sum(calls.values()) / beats, "calls")
        figures.tell(f"{nodes.role(name)} ({name}): " + ", ".join(
            f"{call} {number / beats:.1f}" for call, number in calls.most_common(8)))


def main():
    seconds = count(SECONDS, SECONDS_LEAST)
    with Nodes() as nodes:
        sizes = nodes.inside(payload_sizes, nodes.feed_of_leader(), 10)
        figures.row("payload of a heartbeat", sizes, "bytes", bars={"max": PAYLOAD_BAR}, always=True)
        measure_traffic(nodes, seconds)
        measure_waits(nodes, seconds)
        if shutil.which("strace"):
            measure_calls(nodes, max(3, seconds // 3))
    measure_heap(seconds)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
