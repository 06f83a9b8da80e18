"""gauge.py - what a process weighs, and how long its threads wait for a processor

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import re
import threading

from machine import MS, now_ns


def weigh(process):
    """(time_ns, KiB of memory that is its own and in use, descriptors) of a process, or None if it is gone."""
    try:
        with open(f"/proc/{process}/status", encoding="ascii") as file:
            memory = re.search(r"^RssAnon:\s+(\d+) kB", file.read(), re.M)
        descriptors = len(os.listdir(f"/proc/{process}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return None
    return (now_ns(), int(memory.group(1)), descriptors) if memory else None


class Gauge:
    """Weighs processes now and then: rows[who] is a row of (time_ns, KiB, descriptors)."""

    def __init__(self):
        self.rows = {}

    def take(self, who, process):
        weighed = weigh(process)
        if weighed:
            self.rows.setdefault(who, []).append(weighed)


def waits_of(process):
    """{thread: ns that it has waited for a processor though it could run}, as the kernel counts them."""
    found = {}
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/schedstat", encoding="ascii") as file:
                found[thread] = int(file.read().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass    # It has just ended
    return found


class Waits(threading.Thread):
    """Notes all the time which threads have waited long for a processor since it last looked: (member, thread,
    since_ns, length_ns)."""

    PAUSE_S = 0.05
    LEAST_NS = 5 * MS

    def __init__(self, members):
        super().__init__(daemon=True)
        self.members = members
        self.found = []
        self.known = {}
        self.is_over = threading.Event()

    def look(self, member, process):
        waited = waits_of(process)
        looked_ns, (before_ns, before) = now_ns(), self.known.get(process, (now_ns(), {}))
        for thread, wait_ns in waited.items():
            if wait_ns - before.get(thread, wait_ns) >= self.LEAST_NS:
                self.found.append((member, f"{process}/{thread}", before_ns, wait_ns - before[thread]))
        self.known[process] = looked_ns, waited

    def run(self):
        while not self.is_over.wait(self.PAUSE_S):
            for member in self.members:
                if member.lives:
                    self.look(member.name, member.life.process.pid)

    def stop(self):
        self.is_over.set()
        self.join()
