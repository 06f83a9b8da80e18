#!/usr/bin/python3
"""failover.py BUILD [--judge] [--csv FILE] [--only TEXT] - from the end of a leader to the next one

Leaders that crash, and leaders that hand over. For each row of the table the leader's end is brought about again and
again (ends.py). Prints the distribution of the times, and the share of the ends that cost more than one term. That no
two processes ever say at one instant that they lead is judged in any case, by witnesses in all processes that ask all
the time.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys

from ends import Row, kill, resign, terminate, transfer
from rows import measure_all

# Bars: the median and the 99th of 100, in milliseconds.
CRASH = {"p99": 10}
HANDOVER = {"p50": 1.5, "p99": 8}
TABLE = [
    Row(kill, 3, "tcp", p50=3, **CRASH), Row(kill, 5, "tcp", p50=4), Row(kill, 9, "tcp", p50=6),
    Row(kill, 3, "ipc", p50=3, **CRASH), Row(kill, 5, "ipc", p50=4), Row(kill, 9, "ipc", p50=6),
    *(Row(end, 3, transport, **HANDOVER) for transport in ("tcp", "ipc") for end in (resign, transfer, terminate)),
    Row(resign, 5, "tcp"), Row(resign, 9, "tcp"),
]

if __name__ == "__main__":
    sys.exit(measure_all(TABLE))
