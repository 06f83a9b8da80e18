#!/usr/bin/python3
"""report.py FOLDER [--into FILE.md] - the figures of a run of the benchmarks, as tables

Reads the CSV files of the folder that tests/bench/run.sh fills, and prints what machine this is and a table for each
file. With --into it puts them into a file instead, in the place of what stands below its heading "## Figures", up to
the next heading of that height.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import zmq

from results import read

HEADING = "## Figures"
PICTURE = "performance.svg"

# A file, and what it is about
TABLES = [
    ("failover", "From the end of the leader to the ENTER_LEADER of the next one"),
    ("silence", "The same, when nobody can tell but by waiting"),
    ("peers", "The same beside others, in one run"),
    ("stages", "Where the time of a crash fail-over goes"),
    ("pause", "The pause of a leader that is borne"),
    ("heavy", "Leaders with much memory"),
    ("busy", "Short timeouts (H 10, T 50) on a busy machine"),
    ("rolling", "Every node restarted in turn"),
    ("cold", "Start of a new cluster"),
    ("subscribers", "Those who listen"),
    ("rest", "A node at rest"),
    ("heartbeat", "What a heartbeat costs"),
    ("is_leader", "Am I the leader?"),
]
COLUMNS = ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("most", 1)


def first(path, pattern):
    found = re.search(pattern, Path(path).read_text(encoding="utf-8"), re.M)
    return found[1] if found else "unknown"


def machine(folder):
    """What the figures are true of."""
    memory_gib = int(first("/proc/meminfo", r"^MemTotal: +(\d+)")) / 2**20
    disk = subprocess.run(["findmnt", "-n", "-o", "FSTYPE", "-T", str(folder)], stdout=subprocess.PIPE, text=True,
                          check=True)
    virtual = " (virtual)" if "hypervisor" in first("/proc/cpuinfo", r"^flags\s*: (.*)") else ""
    return (f"{len(os.sched_getaffinity(0))} cores of {first('/proc/cpuinfo', r'^model name.*: (.*)')}{virtual},"
            f" {memory_gib:.0f} GiB, Linux {os.uname().release}, file system {disk.stdout.strip()},"
            f" libzmq {zmq.zmq_version()}. Release build, loopback, vote stores on the disk.")


def number(value):
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def line(name, values, unit):
    values = sorted(values)
    if len(values) == 1:
        return f"| {name} | | {number(values[0])} | | | | {unit} |"
    parts = (number(values[min(len(values) - 1, int(len(values) * part))]) for _, part in COLUMNS)
    return f"| {name} | {len(values)} | {' | '.join(parts)} | {unit} |"


def table(folder, file, title):
    rows = read(folder / f"{file}.csv")
    if not rows:
        return []
    head = " | ".join(name for name, _ in COLUMNS)
    lines = [line(name, values, unit) for name, (unit, values) in rows.items() if not name.endswith(" terms")]
    return [f"### {title}", "", f"| what | n | {head} | unit |", "|---|---|---|---|---|---|---|", *lines, ""]


def put(path, text):
    """Replace what stands below the heading."""
    before = path.read_text(encoding="utf-8")
    pattern = rf"(^{HEADING}\n\n).*?(?=^## |\Z)"
    after, found = re.subn(pattern, lambda match: match[1] + text + "\n", before, flags=re.M | re.S)
    assert found == 1, f"{path} has no heading '{HEADING}'"
    path.write_text(after.rstrip("\n") + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--into", type=Path)
    arguments = parser.parse_args()
    lines = [machine(arguments.folder), ""]
    if arguments.into and (arguments.into.parent / PICTURE).exists():
        lines += [f"![The share of fail-overs over the time that they took]({PICTURE})", ""]
    for file, title in TABLES:
        lines += table(arguments.folder, file, title)
    text = "\n".join(lines)
    if arguments.into:
        put(arguments.into, text)
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
