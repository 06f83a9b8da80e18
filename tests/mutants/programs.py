"""programs.py - run a program for a limited time, with all that it starts

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import re
import signal
import subprocess
import threading


def watch(command, folder, seconds=3600, enough=None, **environment):
    """Exit status and output of a command; None for a status if it took too long, or if a line of its output began
    with what is enough to know (a pattern)."""
    lines = []
    with subprocess.Popen(["stdbuf", "-oL", *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                          start_new_session=True, env={**os.environ, **environment}) as process:
        def stop():
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(seconds, stop)
        timer.start()
        for line in process.stdout:
            lines.append(line)
            if enough and re.match(enough, line):
                stop()
                break
        process.stdout.read()
        status = process.wait()
        timer.cancel()
    return None if status == -signal.SIGKILL else status, "".join(lines)
