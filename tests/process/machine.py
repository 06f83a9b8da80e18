"""machine.py - the machine that the tests run on: clock, ports, figures, and whether it runs at all

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import functools
import itertools
import os
import random
import socket
import statistics
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ZELECT_BUILD_DIR", ROOT / "build" / "dev"))
PROGRAM = BUILD / "tests" / "process" / "prog_member"
WORK = BUILD / "process"
SCALE = float(os.environ.get("ZELECT_COUNT_SCALE", "1"))

MS = 1_000_000
PATIENCE = 20           # Seconds: the longest wait for something that ought to happen at once
POLL = 0.004


def now_ns():
    """The clock of the members' logs."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def count(full, least):
    """How often a repeated test repeats: `full` times ZELECT_COUNT_SCALE, but at least `least` times."""
    return max(least, int(full * SCALE))


def seeded(name):
    """The random numbers of a test; ZELECT_SEED replays them."""
    seed = int(os.environ.get("ZELECT_SEED", time.time_ns()))
    print(f"{name}: ZELECT_SEED={seed}")
    return random.Random(seed)


def wait_for(condition, what, seconds=PATIENCE):
    """Wait until the condition returns something true, and return that."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(POLL)


def figure(name, values_ms):
    """Print what was measured, and keep it in the build directory."""
    values = sorted(values_ms)
    if not values:
        return
    line = (f"figure: {name}: n {len(values)}, median {statistics.median(values):.2f} ms,"
            f" p99 {values[min(len(values) - 1, int(len(values) * 0.99))]:.2f} ms,"
            f" least {values[0]:.2f} ms, most {values[-1]:.2f} ms")
    note(line)


_notes = []


def note(line):
    """Print a line, and keep it in the build directory, in a file for each file of tests."""
    print(line)
    _notes.append(line)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(".py::")[0].rpartition("/")[2]
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / f"{test or 'figures'}.txt").write_text("\n".join(_notes) + "\n", encoding="utf-8")


def side_by_side(function, items, lanes):
    """Call function(item) for each item, so many at a time; the first exception is raised after all have ended."""
    _pulse.start()    # Here, since a child of a lane would end with it
    with ThreadPoolExecutor(lanes) as pool:
        futures = [pool.submit(function, item) for item in items]
    return [future.result() for future in futures]


class Unsafe(AssertionError):
    """Something that may never happen, whatever the machine does."""


class Pulse:
    """Knows when a processor of this machine stood still (prog_pulse)."""

    STANDSTILL_MS = 150    # Longer than a heartbeat interval: enough to lose a leader whose timeout is 500 ms
    ATTEMPTS = 4

    def __init__(self, missed_ms=40):
        self.missed_ms = missed_ms
        self.process = None
        self.found = []

    def listen(self):
        with self.process.stdout as lines:
            for line in lines:
                processor, since_ns, length_ns = map(int, line.split())
                self.found.append((since_ns, length_ns / MS, processor))

    def start(self):
        if self.process is None:
            self.process = subprocess.Popen([PROGRAM.parent / "prog_pulse", str(self.missed_ms)],
                                            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            threading.Thread(target=self.listen, daemon=True).start()

    def standstills(self, since_ns):
        time.sleep(0.1)    # One that goes on is known only when it is over
        return [f"processor {processor} stood still for {length_ms:.0f} ms"
                for began_ns, length_ms, processor in self.found
                if began_ns + length_ms * MS >= since_ns and length_ms >= self.STANDSTILL_MS]


_pulse = Pulse()


def steadily(function):
    """Decorates what needs a machine that runs. If it fails though nothing unsafe happened, and a processor of this
    machine stood still meanwhile for longer than any member can bear, that has shown nothing: it is said so, and
    done again. What fails for another reason fails."""
    @functools.wraps(function)
    def done(*arguments, **named):
        _pulse.start()
        for attempt in range(1, Pulse.ATTEMPTS + 1):
            since_ns = now_ns()
            try:
                return function(*arguments, **named)
            except AssertionError as error:
                found = _pulse.standstills(since_ns)
                if isinstance(error, Unsafe) or not found or attempt == Pulse.ATTEMPTS:
                    raise
                note(f"again: {function.__name__}, since {found[0]} ({str(error)[:200]})")
        return None
    return done


# Ports below the ephemeral range, where reconnecting clients of others could sit on them by chance.
_ports = itertools.cycle(range(10000, 31998, 2))
_ports_lock = threading.Lock()
for _ in range(os.getpid() * 89 % 10999):
    next(_ports)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
        return True


def take_ports():
    """Two free ports in a row: the first of them."""
    with _ports_lock:
        for _ in range(20000):
            port = next(_ports)
            if port_is_free(port) and port_is_free(port + 1):
                return port
    raise AssertionError("no two free ports in a row between 10000 and 32000")
