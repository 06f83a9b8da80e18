"""rows.py - measures a table of rows (ends.py), and judges it

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import figures
from ends import SILENT, cluster_of, kill, measure, name_of

RUNS, RUNS_LEAST = 200, 5


def bars_of(row):
    unit_ms = row.election_ms if row.end in SILENT else 1
    bars = {part: bar * unit_ms for part, bar in (("p50", row.p50), ("p99", row.p99)) if bar is not None}
    if row.end is kill:
        bars["max"] = row.election_ms    # Nobody ever waited for a timeout
    return bars


def run(item):
    name, row = item
    with cluster_of(row) as cluster:
        found = figures.repeated(name, RUNS, RUNS_LEAST, lambda: measure(row, cluster))
    split = sum(terms > 1 for _, terms in found) / len(found)
    figures.row(name, [taken_ms for taken_ms, _ in found], bars=bars_of(row),
                note=f"; one term in {100 * (1 - split):.1f} %")
    figures.keep(f"{name} terms", [terms for _, terms in found], "terms")
    if row.split is not None:
        figures.hold(name, "share of split votes", split, row.split)


def measure_all(table):
    """Every row; the exit code."""
    figures.each(run, [(name_of(row), row) for row in table])
    return figures.done()
