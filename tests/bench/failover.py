#!/usr/bin/python3
"""failover.py BUILD [--judge] [--csv FILE] [--only TEXT] - from the end of a leader to the next one

Real processes over the public API, stores on the disk of the build. For each row of the table below the leader's end
is brought about again and again, and the time is taken from just before that to the ENTER_LEADER of the next leader,
both on the host's clock. Prints a distribution for each row; --csv keeps every single time; --judge holds them
against the bars. That no two processes ever say at one instant that they lead is judged in any case, by witnesses in
all processes that ask all the time. ZELECT_COUNT_SCALE scales the counts.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import collections
import csv
import os
import random
import signal
import sys
import time
from pathlib import Path

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("build")
arguments.add_argument("--judge", action="store_true")
arguments.add_argument("--csv")
arguments.add_argument("--only", default="", help="rows whose name has this in it")
ARGUMENTS = arguments.parse_args()
os.environ["ZELECT_BUILD_DIR"] = str(Path(ARGUMENTS.build).resolve())
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "process"))

import judges    # noqa: E402 pylint: disable=wrong-import-position
from cluster import Cluster, entered_ns    # noqa: E402 pylint: disable=wrong-import-position
from machine import MS, PATIENCE, count, now_ns    # noqa: E402 pylint: disable=wrong-import-position

RUNS = 200
LEAST = 5

# ---- How a leader ends. Each returns what brings it back.


def kill(leader, _):
    leader.life.process.kill()
    return lambda: restart(leader)


def terminate(leader, _):
    leader.life.process.send_signal(signal.SIGTERM)
    return lambda: restart(leader)


def stop(leader, _):
    leader.life.process.send_signal(signal.SIGSTOP)
    return lambda: leader.life.process.send_signal(signal.SIGCONT)


def resign(leader, _):
    leader.life.tell("resign")
    return lambda: None


def transfer(leader, others):
    leader.life.tell(f"transfer {random.choice(others).name}")
    return lambda: None


def restart(member):
    member.life.end()
    member.start()
    member.wait_until_started()


# ---- The table. Bars: the median and the 99th of 100, in milliseconds; the share of ends that cost more than a term.

Row = collections.namedtuple("Row", "end size transport heartbeat_ms election_ms p50 p99 split", defaults=(100, 500,
                                                                                                   None, None, None))
CRASH = {"p99": 10}
HANDOVER = {"p50": 1.5, "p99": 8}
SILENCE = {"p50": 1.1, "p99": 1.3, "split": 0.01}    # Times T
TABLE = [
    Row(kill, 3, "tcp", p50=3, **CRASH), Row(kill, 5, "tcp", p50=4), Row(kill, 9, "tcp", p50=6),
    Row(kill, 3, "ipc", p50=3, **CRASH), Row(kill, 5, "ipc", p50=4), Row(kill, 9, "ipc", p50=6),
    *(Row(end, 3, transport, **HANDOVER) for transport in ("tcp", "ipc") for end in (resign, transfer, terminate)),
    Row(resign, 5, "tcp"), Row(resign, 9, "tcp"),
    Row(stop, 3, "tcp", 100, 500, **SILENCE), Row(stop, 3, "tcp", 10, 50, **SILENCE), Row(stop, 5, "tcp", **SILENCE),
]


class Nobody:
    """Instead of an outsider, who would take his share of the processor in the milliseconds that count."""

    def stop(self):
        pass


class Quiet(Cluster):
    """A cluster that is measured, not described."""

    def __enter__(self):
        self.feed = Nobody()
        self.verbose = False
        return self

    def complaints(self):
        found = judges.overlaps(self.runs()) + judges.two_leaders(self.claims())
        for life in self.lives():
            events = life.events()
            found += judges.alternation(events) + judges.late_answers(life.runs(), events)
        return found

    def report(self):
        print(f"logs of the failed cluster {self.name}: {self.directory}")


def measure(row, cluster):
    """End the leader once. Returns the milliseconds without one, and the terms that were spent."""
    leader = cluster.wait_for_leader()
    term = max(event["term"] for event in leader.life.events("ENTER_LEADER"))
    others = [member for member in cluster.members if member is not leader]
    # Until the leader knows everybody, at a random moment between two heartbeats
    time.sleep((3.5 + random.random()) * row.heartbeat_ms / 1000)
    ended_ns = now_ns()
    bring_back = row.end(leader, others)
    # Whoever looks meanwhile is in the way
    time.sleep(0.05 if row.end is not stop else row.election_ms / 1000)
    following = cluster.wait_for_leader(among=others, other_than=leader, seconds=3 * PATIENCE)
    taken_ms = (entered_ns(following.life, ended_ns) - ended_ns) / MS
    spent = max(event["term"] for event in following.life.events("ENTER_LEADER")) - term
    bring_back()
    return taken_ms, spent


def share(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def judge(row, times, spent):
    """What is above its bar."""
    unit = row.election_ms if row.end is stop else 1
    split = sum(terms > 1 for terms in spent) / len(spent)
    checks = [("p50", share(times, 0.5), row.p50, unit), ("p99", share(times, 0.99), row.p99, unit),
              ("most", times[-1], row.election_ms if row.end is kill else None, 1), ("split", split, row.split, 1)]
    return [f"{name} {value:.3f} > {bar * factor:.3f}" for name, value, bar, factor in checks
            if bar is not None and value > bar * factor]


def run(row, writer):
    name = f"{row.end.__name__} {row.size} {row.transport} T {row.election_ms}"
    if ARGUMENTS.only not in name:
        return []
    found = []
    with Quiet(row.size, row.heartbeat_ms, row.election_ms, pause_us=500, transport=row.transport) as cluster:
        cluster.start()
        for _ in range(count(RUNS, LEAST)):
            found.append(measure(row, cluster))
    for number, (taken_ms, terms) in enumerate(found):
        writer.writerow([row.end.__name__, row.size, row.transport, row.heartbeat_ms, row.election_ms, number,
                         f"{taken_ms:.4f}", terms])
    times, spent = sorted(taken for taken, _ in found), [terms for _, terms in found]
    print(f"failover {name}: n {len(times)}, p50 {share(times, 0.5):.2f} ms, p90 {share(times, 0.9):.2f},"
          f" p99 {share(times, 0.99):.2f}, max {times[-1]:.2f}, min {times[0]:.2f};"
          f" one term in {100 * spent.count(1) / len(spent):.1f} %", flush=True)
    above = judge(row, times, spent) if ARGUMENTS.judge else []
    for complaint in above:
        print(f"failover {name}: above the bar: {complaint}", flush=True)
    return above


def main():
    with open(ARGUMENTS.csv or os.devnull, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["end", "nodes", "transport", "heartbeat_ms", "election_ms", "run", "ms", "terms"])
        above = [complaint for row in TABLE for complaint in run(row, writer)]
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
