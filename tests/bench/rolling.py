#!/usr/bin/python3
"""rolling.py BUILD [--judge] [--csv FILE] [--only TEXT] - every node is restarted in turn, as for an upgrade

Five nodes; one after the other gets SIGTERM, ends, is started again, and is waited for. How long was there no leader,
in all: from each LEAVE_LEADER to the next ENTER_LEADER, by the nodes' own clocks, which are one.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys

import figures
from ends import Row, cluster_of, restart, settled_leader, terminate
from machine import MS, now_ns

ROUNDS, ROUNDS_LEAST = 200, 2
BAR_MS = 10
ROW = Row(terminate, 5, "tcp")


def turns(cluster, since_ns):
    """Who began and who ceased to lead since then, in the order of time: (time, began)."""
    return sorted((event["time_ns"], event["name"] == "ENTER_LEADER")
                  for life in cluster.lives() for event in life.events("ENTER_LEADER", "LEAVE_LEADER")
                  if event["time_ns"] >= since_ns)


def restart_all(cluster):
    """One round: the milliseconds without a leader, and how often the leader changed."""
    settled_leader(cluster)
    since_ns = now_ns()
    for member in cluster.members:
        terminate(member, None)
        restart(member)
        settled_leader(cluster)
    found = turns(cluster, since_ns)
    left = [time_ns for time_ns, began in found if not began]
    entered = [time_ns for time_ns, began in found if began]
    # A leadership that was left is one that another took up
    assert [began for _, began in found] == [False, True] * len(left), f"turns out of order: {found}"
    assert left, "all were restarted, and nobody left"
    return sum(after - before for before, after in zip(left, entered)) / MS, len(left)


def main():
    with cluster_of(ROW) as cluster:
        found = figures.repeated("rolling", ROUNDS, ROUNDS_LEAST, lambda: restart_all(cluster))
    figures.row("restart of 5 nodes in turn, time without a leader", [gone_ms for gone_ms, _ in found],
                bars={"p99": BAR_MS})
    figures.row("restart of 5 nodes in turn, changes of leader", [changes for _, changes in found], "changes")
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
