#!/usr/bin/python3
"""peers.py BUILD [--judge] [--csv FILE] [--only TEXT] - how fast others fail over, on this machine

The same is done to zelect, to etcd and to ZooKeeper, in one run: three processes on loopback, their data on the same
disk, the leader's end until another one leads. `tests/setup.sh peers` installs them. Nobody else's times
have a bar.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import signal
import sys

import figures
from ends import Row, cluster_of, kill, measure, terminate
from etcd import Etcd
from zookeeper import Contenders, ZooKeeper

RUNS, RUNS_LEAST = 50, 3


def run_zelect(name, end):
    row = Row(end, 3, "tcp")
    with cluster_of(row) as cluster:
        found = figures.repeated(name, RUNS, RUNS_LEAST, lambda: measure(row, cluster))
        figures.row(name, [taken_ms for taken_ms, _ in found])


def run_etcd(name, heartbeat_ms, election_ms, number):
    with Etcd(heartbeat_ms, election_ms) as etcd:
        figures.row(name, figures.repeated(name, RUNS, RUNS_LEAST, lambda: etcd.measure(number)))


def run_zookeeper(name):
    with ZooKeeper() as zookeeper:
        figures.row(name, figures.repeated(name, RUNS, RUNS_LEAST, zookeeper.measure))


def run_kazoo(name):
    with ZooKeeper() as zookeeper, Contenders(zookeeper) as contenders:
        figures.row(name, figures.repeated(name, RUNS, RUNS_LEAST, contenders.measure))


TABLE = [
    ("zelect 100/500, SIGKILL", run_zelect, kill),
    ("etcd 100/1000, SIGKILL", run_etcd, 100, 1000, signal.SIGKILL),
    ("etcd 10/100, SIGKILL", run_etcd, 10, 100, signal.SIGKILL),
    ("etcd 5/25, SIGKILL", run_etcd, 5, 25, signal.SIGKILL),
    ("ZooKeeper, SIGKILL", run_zookeeper),
    ("kazoo Election, session 4 s, SIGKILL", run_kazoo),
    ("zelect 100/500, SIGTERM", run_zelect, terminate),
    ("etcd 100/1000, SIGTERM", run_etcd, 100, 1000, signal.SIGTERM),
]


def main():
    for name, run, *arguments in TABLE:
        if figures.is_wanted(name):
            run(name, *arguments)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
