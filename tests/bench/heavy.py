#!/usr/bin/python3
"""heavy.py BUILD [--judge] [--csv FILE] [--only TEXT] - leaders with a gigabyte of memory

When a process dies the kernel first gives back its memory, page by page, and then closes its sockets; until then
nobody can know. How long that takes, and what helps (ballast.c). Each time the heavy node is made the leader, and
then it ends.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys
import time

import figures
from cluster import entered_ns
from ends import Row, cluster_of, kill, settled_leader, terminate
from machine import MS, now_ns

RUNS, RUNS_LEAST = 50, 1
MIB = 1024
BALLAST = figures.BUILD / "tests" / "bench" / "ballast.so"
TABLE = [("small pages, kill", "small", kill), ("huge pages, kill", "huge", kill),
         ("small pages shared with a helper, kill", "shared", kill), ("small pages, SIGTERM", "small", terminate)]


def start(member, how):
    member.start(LD_PRELOAD=str(BALLAST), BENCH_BALLAST=how, BENCH_BALLAST_MIB=str(MIB))
    member.wait_until_started()


def make_leader(cluster, member):
    while (leader := settled_leader(cluster)) is not member:
        leader.life.tell(f"transfer {member.name}")


def measure(cluster, end, how):
    heavy, *others = cluster.members
    make_leader(cluster, heavy)
    ended_ns = now_ns()
    end(heavy, others)
    time.sleep(0.05)
    following = cluster.wait_for_leader(among=others, other_than=heavy)
    taken_ms = (entered_ns(following.life, ended_ns) - ended_ns) / MS
    heavy.life.end()
    start(heavy, how)
    return taken_ms


def run(item):
    name, how, end = item
    row = Row(end, 3, "tcp")
    with cluster_of(row) as cluster:
        cluster[1].kill()
        start(cluster[1], how)
        figures.row(name, figures.repeated(name, RUNS, RUNS_LEAST, lambda: measure(cluster, end, how)))


def main():
    for item in [(f"leader with {MIB} MiB in {name}", how, end) for name, how, end in TABLE]:
        if figures.is_wanted(item[0]):
            run(item)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
