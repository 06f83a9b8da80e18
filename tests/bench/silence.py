#!/usr/bin/python3
"""silence.py BUILD [--judge] [--csv FILE] [--only TEXT] - from the silence of a leader to the next one

Leaders that are frozen, and leaders whose cable is pulled (in network namespaces): nobody can tell them from dead
ones but by waiting. As failover.py else.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys

from ends import Row, cut, stop
from rows import measure_all

# Bars: the median and the 99th of 100, times T; the share of ends that cost more than a term.
SILENCE = {"p50": 1.1, "p99": 1.3, "split": 0.01}
TABLE = [
    Row(stop, 3, "tcp", 100, 500, **SILENCE), Row(stop, 3, "tcp", 10, 50, **SILENCE), Row(stop, 5, "tcp", **SILENCE),
    Row(cut, 3, "net", 100, 500, **SILENCE), Row(cut, 3, "net", 10, 50, **SILENCE),
]

if __name__ == "__main__":
    sys.exit(measure_all(TABLE))
