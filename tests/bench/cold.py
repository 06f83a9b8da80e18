#!/usr/bin/python3
"""cold.py BUILD [--judge] [--csv FILE] [--only TEXT] - a new cluster is started, all nodes at once

From the start of the first process to the ENTER_LEADER of the first leader, and how many terms that took. Nobody may
vote before it has waited for an election timeout (R9), so that is the floor.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys

import figures
from cluster import entered_ns
from ends import Row, cluster_of, term_of
from machine import MS

STARTS, STARTS_LEAST = 200, 5
TABLE = [Row(None, 3, "tcp"), Row(None, 5, "tcp"), Row(None, 3, "tcp", 10, 50)]


def start(row):
    with cluster_of(row) as cluster:
        leader = cluster.wait_for_leader()
        begun_ns = min(life.started_ns for life in cluster.lives())
        return (entered_ns(leader.life, begun_ns) - begun_ns) / MS, term_of(leader)


def run(item):
    name, row = item
    found = figures.repeated(name, STARTS, STARTS_LEAST, lambda: start(row))
    terms = [term for _, term in found]
    figures.row(name, [taken_ms for taken_ms, _ in found], note=f"; one term in {terms.count(1) / len(terms):.1%}")
    figures.row(f"{name}, terms", terms, "terms", bars={"p50": 1})


def main():
    figures.each(run, [(f"cold start, {row.size} nodes, T {row.election_ms}", row) for row in TABLE])
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
