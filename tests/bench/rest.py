#!/usr/bin/python3
"""rest.py BUILD [--judge] [--csv FILE] [--only TEXT] - what a node costs while nothing happens

Processor time and memory of three processes of `zelect node` at the default timings.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys
import time
from pathlib import Path

import figures
from machine import count
from nodes import Nodes

SECONDS, SECONDS_LEAST = 60, 3
SHARE_BAR, MEMORY_BAR = 0.3, 12


def processor_ns(pid):
    """All threads' time on a processor, from the scheduler's own count."""
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0])
               for task in Path(f"/proc/{pid}/task").iterdir())


def resident_mib(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def main():
    seconds = count(SECONDS, SECONDS_LEAST)
    with Nodes() as nodes:
        before = {name: processor_ns(process.pid) for name, process in nodes.processes.items()}
        time.sleep(seconds)
        for name, process in nodes.processes.items():
            share = (processor_ns(process.pid) - before[name]) / seconds / 1e7
            who = f"{nodes.role(name)} ({name})"
            figures.single(f"{who}, processor", share, "% of a core", bar=SHARE_BAR)
            figures.single(f"{who}, memory", resident_mib(process.pid), "MiB resident", bar=MEMORY_BAR)
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
