"""results.py - what a run of the benchmarks kept

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import csv


def read(path):
    """{row: (unit, values)}, in order; nothing if there is no such file."""
    rows = {}
    if path.exists():
        with open(path, encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                rows.setdefault(line["row"], (line["unit"], []))[1].append(float(line["value"]))
    return rows
