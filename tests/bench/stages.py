#!/usr/bin/python3
"""stages.py BUILD [--judge] [--csv FILE] [--only TEXT] - where each microsecond of a crash fail-over goes

The log of the next leader, every line of which has its time, and a connection of our own to the old one, which ends
when the kernel closes the sockets of the dead. What it costs to write that log is part of the times; failover.py has
the times without it. One save of a vote is measured beside, on the same disk.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import re
import socket
import sys
import threading
import time

import figures
import votes
from ends import Row, cluster_of, kill, restart, settled_leader
from machine import now_ns

RUNS, RUNS_LEAST = 200, 5
ROW = Row(kill, 3, "tcp")

# The stages, each from the end of the one before to the first line that has this in it
STAGES = [
    ("proof: the connection is lost, the probe is refused", r"event=died "),
    ("rank: it is this one's turn", r"event=role role=precandidate "),
    ("pre-vote: a majority would vote for it", r"event=role role=candidate "),
    ("vote: saved at the voter and here, and a majority has voted", r"event=role role=leader_elect "),
    ("lease: a majority has acknowledged the first heartbeat", r"event=role role=leader "),
]
LINE = re.compile(r"^(\d+) \w (.*)$", re.M)


class Watch(threading.Thread):
    """A connection to the leader; says when it ended."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.link = socket.create_connection(("127.0.0.1", port))
        self.ended_ns = None
        self.start()

    def run(self):
        try:
            while self.link.recv(4096):
                pass
        except ConnectionError:
            pass
        self.ended_ns = now_ns()
        self.link.close()


def stage_times(life, killed_ns, closed_ns):
    """The microseconds of each stage, by the log of who leads now."""
    with open(f"{life.path}.log", encoding="utf-8", errors="replace") as log:
        lines = [(int(when), text) for when, text in LINE.findall(log.read()) if int(when) >= killed_ns]
    times = [(closed_ns - killed_ns) / 1000]
    before_ns = closed_ns
    for _, pattern in STAGES:
        when_ns = next((when for when, text in lines if re.search(pattern, text)), None)
        assert when_ns is not None, f"{life.who} never logged {pattern}"
        times.append((when_ns - before_ns) / 1000)
        before_ns = when_ns
    return [*times, (before_ns - killed_ns) / 1000]


def measure(cluster):
    leader = settled_leader(cluster)
    others = [member for member in cluster.members if member is not leader]
    watch = Watch(leader.port)
    time.sleep(0.02)
    killed_ns = now_ns()
    leader.life.process.kill()
    time.sleep(0.05)
    following = cluster.wait_for_leader(among=others, other_than=leader)
    watch.join()
    restart(leader)
    return stage_times(following.life, killed_ns, watch.ended_ns)


def save_us(path):
    """What the store does for a vote: both copies of the record, each written and flushed."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    begun_ns = now_ns()
    for offset in (0, votes.OFFSET):
        os.pwrite(handle, os.urandom(votes.SIZE), offset)
        os.fdatasync(handle)
    taken_us = (now_ns() - begun_ns) / 1000
    os.close(handle)
    return taken_us


def main():
    with cluster_of(ROW, verbose=True) as cluster:
        found = figures.repeated("crash", RUNS, RUNS_LEAST, lambda: measure(cluster))
        saves = [save_us(cluster.directory / "save") for _ in range(len(found))]
    names = ["close: the kernel closes the sockets of the dead", *(name for name, _ in STAGES), "all of it"]
    for name, times in zip(names, zip(*found)):
        figures.row(name, list(times), "us")
    figures.row("beside: one save of a vote", saves, "us")
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
