"""figures.py - what the benchmarks have in common: the command line, distributions, bars, CSV

    import figures              # First: it reads the command line, and says where the build is
    from cluster import Cluster # From tests/process, of that build
    ...
    figures.row("kill 3 tcp", times_ms, bars={"p50": 3, "p99": 10})
    sys.exit(figures.done())

A benchmark is a program: NAME.py BUILD [--judge] [--csv FILE] [--only TEXT]. It prints a line for each row; --csv
keeps every single value. Times are held against their bars with --judge only; what has nothing to do with time, and
whatever the judges of tests/process watch, is judged in any case. ZELECT_COUNT_SCALE scales the counts.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import csv
import os
import subprocess
import sys
import threading
from pathlib import Path

import __main__

NAME = Path(__main__.__file__).stem
TIED = ["setpriv", "--pdeathsig", "KILL"]    # Before a command: however we end, it ends, too
PARTS = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}
VOID_SHARE = 0.01


def _read_arguments():
    parser = argparse.ArgumentParser(description=__main__.__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--judge", action="store_true", help="hold times against their bars")
    parser.add_argument("--csv", type=Path, help="keep every value in this file")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    return parser.parse_args()


ARGUMENTS = _read_arguments()
BUILD = ARGUMENTS.build.resolve()
os.environ["ZELECT_BUILD_DIR"] = str(BUILD)
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "process"))

from machine import Unsafe, count, seeded, side_by_side    # noqa: E402 pylint: disable=wrong-import-position

RANDOM = seeded(NAME)
LANES = 3    # Where times are not judged, clusters live side by side

_above = []
_lines = []
_lock = threading.Lock()


def is_wanted(name):
    return ARGUMENTS.only in name


def share(values, part):
    """That part of the values is not greater."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def tell(text):
    print(f"{NAME} {text}", flush=True)


def hold(name, what, value, bar, always=False):
    """A value, and the bar that it may not exceed."""
    if value > bar and (always or ARGUMENTS.judge):
        _above.append(name)
        tell(f"{name}: above the bar: {what} {value:.4g} > {bar:.4g}")


def reach(name, what, value, bar):
    """A value, and the bar that it has to reach."""
    if value < bar and ARGUMENTS.judge:
        _above.append(name)
        tell(f"{name}: below the bar: {what} {value:.4g} < {bar:.4g}")


def keep(name, values, unit):
    """Into the CSV, each with its number."""
    with _lock:
        _lines.extend([NAME, name, number, f"{value:.6g}", unit] for number, value in enumerate(values))


def row(name, values, unit="ms", bars=None, note="", always=False):
    """A distribution: print it, keep it, judge it."""
    if not values:
        tell(f"{name}: nothing was measured")
        _above.append(name)
        return
    keep(name, values, unit)
    parts = ", ".join(f"{part} {share(values, portion):.4g}" for part, portion in PARTS.items())
    tell(f"{name}: n {len(values)}, {parts}, min {min(values):.4g} {unit}{note}")
    for part, bar in (bars or {}).items():
        hold(name, part, share(values, PARTS[part]), bar, always)


def single(name, value, unit, bar=None, always=False):
    """A figure that is no distribution."""
    keep(name, [value], unit)
    tell(f"{name}: {value:.4g} {unit}")
    if bar is not None:
        hold(name, unit, value, bar, always)


def repeated(name, full, least, function):
    """Call the function again and again; what it returned. A run in which something else happened than what was to be
    measured (the machine stood still, say) is void: it is told, and may not happen often."""
    runs, found, voids = count(full, least), [], 0
    while len(found) < runs:
        try:
            found.append(function())
        except Unsafe:
            raise
        except (AssertionError, subprocess.TimeoutExpired) as error:
            voids += 1
            tell(f"{name}: void: {str(error)[:200]}")
            if voids > max(2, VOID_SHARE * runs):
                raise
    return found


def each(function, items):
    """Call function(item) for each item that is wanted by its name, the first of it."""
    wanted = [item for item in items if is_wanted(item[0])]
    if not ARGUMENTS.judge:
        side_by_side(function, wanted, LANES)
        return
    for item in wanted:
        function(item)


def done():
    """Write the file; the exit code."""
    if ARGUMENTS.csv:
        with open(ARGUMENTS.csv, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["bench", "row", "run", "value", "unit"])
            writer.writerows(_lines)
    return 1 if _above else 0
