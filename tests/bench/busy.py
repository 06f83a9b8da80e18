#!/usr/bin/python3
"""busy.py BUILD [--judge] [--csv FILE] [--only TEXT] - short timeouts on a machine that is busy with other things

Three nodes with a heartbeat of 10 ms and an election timeout of 50 ms, beside processes that keep every core busy,
and beside processes that keep the disk of the vote stores busy. How often does the leader change? For comparison,
the longest time for which a process of ours did not run, and what the host of this (virtual) machine took for itself.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import sys
import time
from pathlib import Path

import figures
from ends import Row, cluster_of, stop
from load import scribblers, spinners
from machine import MS, count

SECONDS, SECONDS_LEAST = 600, 8
ROW = Row(stop, 3, "tcp", 10, 50)


def stolen_s():
    """What the host took from this machine so far, over all cores."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / os.sysconf("SC_CLK_TCK")


def run(item):
    name, neighbours = item
    seconds = count(SECONDS, SECONDS_LEAST) if figures.ARGUMENTS.judge else SECONDS_LEAST
    with cluster_of(ROW, pause_us=2000) as cluster:
        cluster.wait_for_leader()
        with neighbours(cluster.directory):
            # The neighbours have to start, which is no time to judge
            time.sleep(1)
            elections, stolen = len(cluster.terms()), stolen_s()
            time.sleep(seconds)
            elections, stolen = len(cluster.terms()) - elections, stolen_s() - stolen
        gaps_ms = [life.book()[4] / MS for life in cluster.lives()]
    figures.single(f"{name}, {seconds} s: leader changes", elections, "changes", bar=0)
    figures.single(f"{name}, {seconds} s: longest time that a process did not run", max(gaps_ms), "ms")
    figures.single(f"{name}, {seconds} s: taken by the host", 1000 * stolen, "ms")


def main():
    for item in [("busy cores", lambda _: spinners()), ("busy disk", scribblers)]:
        if figures.is_wanted(item[0]):
            run(item)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
