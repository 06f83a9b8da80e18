#!/usr/bin/python3
"""rest.py BUILD [--judge] [--csv FILE] [--only TEXT] - what a node costs while nothing happens

Processor time and memory of three processes of `zelect node` at the default timings, and in the same seconds of three
processes that exchange the same messages over libzmq and do nothing else (prog_bare). A machine on which libzmq alone
takes nearly all that a node may take says nothing about the node's share: there its multiple of libzmq's is judged.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import subprocess
import sys
import time
from pathlib import Path

import figures
from machine import count
from nodes import Nodes
from opened import Opened, end

SECONDS, SECONDS_LEAST = 60, 3
SHARE_BAR, MEMORY_BAR = 0.3, 12
BARE_MOST, MULTIPLE_BAR = 0.25, 1.25    # From so much of a core on, the multiple is judged
BARE = figures.BUILD / "tests" / "bench" / "prog_bare"
BARE_PORT = 21870


class Bare(Opened):
    """A cluster's heartbeats without a cluster, by role; in the nodes' network."""

    def __init__(self, namespace):
        self.prefix = namespace.prefix
        self.processes = {}

    def open(self):
        endpoints = [f"tcp://127.0.0.1:{BARE_PORT + offset}" for offset in range(2)]
        for who in ("leader", "follower", "other follower"):
            # pylint: disable-next=consider-using-with
            self.processes[who] = subprocess.Popen(
                [*figures.TIED, *self.prefix, str(BARE), who.split()[-1], *endpoints], stdin=subprocess.PIPE)

    def close(self):
        end(self.processes.values())


def processor_ns(pid):
    """All threads' time on a processor, from the scheduler's own count."""
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0])
               for task in Path(f"/proc/{pid}/task").iterdir())


def resident_mib(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def shares(processes, seconds):
    """What each took of a core within some seconds, in per cent."""
    before = {name: processor_ns(process.pid) for name, process in processes.items()}
    time.sleep(seconds)
    return {name: (processor_ns(process.pid) - before[name]) / seconds / 1e7 for name, process in processes.items()}


def judge(who, share, bare):
    """A node's share of a core, beside the share of bare libzmq in the same role."""
    figures.single(f"{who}, processor", share, "% of a core", bar=SHARE_BAR if bare < BARE_MOST else None)
    figures.single(f"{who}, bare libzmq", bare, "% of a core")
    figures.single(f"{who}, multiple of bare libzmq", share / bare, "times",
                   bar=None if bare < BARE_MOST else MULTIPLE_BAR)


def main():
    seconds = count(SECONDS, SECONDS_LEAST)
    with Nodes() as nodes, Bare(nodes.namespace) as bare:
        time.sleep(2)
        found = shares({**nodes.processes, **bare.processes}, seconds)
        followers = (found["follower"] + found["other follower"]) / 2
        for name, process in nodes.processes.items():
            who = f"{nodes.role(name)} ({name})"
            judge(who, found[name], found["leader"] if name == nodes.leader else followers)
            figures.single(f"{who}, memory", resident_mib(process.pid), "MiB resident", bar=MEMORY_BAR)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
