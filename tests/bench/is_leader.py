#!/usr/bin/python3
"""is_leader.py BUILD [--judge] [--csv FILE] [--only TEXT] - what it costs to ask "am I the leader?"

Of a leader whose node renews its lease every two milliseconds; by one thread, and by two at a time. Each value is the
mean of ten million calls.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import subprocess
import sys

import figures
from machine import count, take_ports

RUNS, RUNS_LEAST = 20, 1
BAR_NS = 50


def main():
    for threads in (1, 2):
        done = subprocess.run([figures.BUILD / "tests" / "bench" / "prog_is_leader", f"tcp://127.0.0.1:{take_ports()}",
                               str(threads), str(count(RUNS, RUNS_LEAST))], check=True, stdout=subprocess.PIPE,
                              text=True)
        figures.row(f"zelect_is_leader, threads: {threads}", [float(line) for line in done.stdout.split()], "ns",
                    bars={"p50": BAR_NS})
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
