"""load.py - neighbours of a node that take what they can get

    with spinners():        # One busy process a core
        ...
    with scribblers(folder):
        ...

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import contextlib
import os
import subprocess
import sys

from figures import TIED

SPIN = "while True: pass"
SCRIBBLE = """
import os, sys
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
while True:
    for page in range(256):
        os.pwrite(handle, os.urandom(4096), page * 4096)
        os.fsync(handle)
"""


@contextlib.contextmanager
def processes(commands):
    """Other processes, as long as the block lasts."""
    running = [subprocess.Popen([*TIED, sys.executable, "-c", *command]) for command in commands]
    try:
        yield
        assert all(process.poll() is None for process in running), "a neighbour has ended by itself"
    finally:
        for process in running:
            process.kill()
            process.wait()


def spinners():
    """As many as there are cores, and each wants a whole one."""
    return processes([[SPIN]] * len(os.sched_getaffinity(0)))


def scribblers(folder):
    """Two that write a page and wait for the disk, again and again."""
    return processes([[SCRIBBLE, str(folder / f"scribble{number}")] for number in range(2)])
