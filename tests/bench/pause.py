#!/usr/bin/python3
"""pause.py BUILD [--judge] [--csv FILE] [--only TEXT] - the longest pause of the leader that nobody minds

The leader is stopped (SIGSTOP) at a random moment, goes on (SIGCONT) after a while, and leads as if nothing had been.
The pauses of a series grow by a fiftieth of the election timeout, ten of each length; the last length of which all
ten were borne is what the series found. Beside it the fail-over after a crash, in the same run: who can tell a crash
from a pause replaces the one at once and bears the other; who waits for silence has to choose.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import signal
import sys
import time

import figures
import judges
from ends import Row, cluster_of, kill, measure, settled_leader
from machine import count, now_ns

SERIES, SERIES_LEAST = 5, 1
PAUSES = 10
KILLS, KILLS_LEAST = 200, 5
RATIO = 100
ROW = Row(kill, 3, "tcp")


def is_borne(cluster, pause_ms):
    """Stop the leader for so long: does it lead on, and did nobody else stir?"""
    leader = settled_leader(cluster)
    since_ns = now_ns()
    leader.life.process.send_signal(signal.SIGSTOP)
    time.sleep(pause_ms / 1000)
    leader.life.process.send_signal(signal.SIGCONT)
    # Whoever minded has said so by now
    time.sleep(cluster.election_ms / 2000)
    return not any(judges.quiet(member.life.events(), since_ns, now_ns()) for member in cluster.members)


def longest_pause_ms(cluster, least, step):
    """One series, from the least length on."""
    length = least
    while all(is_borne(cluster, length) for _ in range(PAUSES)):
        length += step
    return length - step


def main():
    timeout_ms = ROW.election_ms
    # With a fraction of the counts it is a coarse look only
    is_full = count(SERIES, SERIES_LEAST) > SERIES_LEAST
    least, step = (timeout_ms * 2 / 5, timeout_ms / 50) if is_full else (timeout_ms / 2, timeout_ms / 5)
    with cluster_of(ROW) as cluster:
        kills = figures.repeated("kill", KILLS, KILLS_LEAST, lambda: measure(ROW, cluster))
        crash_ms = [taken_ms for taken_ms, _ in kills]
        figures.row(f"crash fail-over, T {timeout_ms}", crash_ms)
        borne_ms = figures.repeated("pause", SERIES, SERIES_LEAST, lambda: longest_pause_ms(cluster, least, step))
    figures.row(f"longest pause that was borne, T {timeout_ms}", borne_ms)
    ratio = figures.share(borne_ms, 0.5) / figures.share(crash_ms, 0.5)
    figures.single("pause that is borne, over crash fail-over", ratio, "times")
    figures.reach("pause that is borne, over crash fail-over", "times", ratio, RATIO)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
