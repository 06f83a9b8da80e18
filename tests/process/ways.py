"""ways.py - how the leadership of a node of zelect run ends

    way(herd[life.node], lambda: herd.wait_for_life(since_ns))

Each leaves the node ready to lead again. What it is given waits for the next leader, where a node has to stay as it is
until there is one.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import signal


def kill(node, _):
    node.kill()
    node.start()


def kill_its_group(node, _):
    """As a shell kills a job; the guardian is in another one."""
    os.kill(node.process.pid, signal.SIGQUIT)
    node.end()
    node.start()


def stop(node, after):
    node.signal(signal.SIGSTOP)
    after()
    node.signal(signal.SIGCONT)


def resign(node, _):
    node.signal(signal.SIGTERM)
    assert node.end() in (0, 128 + signal.SIGTERM, 128 + signal.SIGKILL, 4)
    node.start()


def kill_the_guardian(node, _):
    os.kill(node.guardian(), signal.SIGKILL)
    assert node.end() == 125
    node.start()


def fall_ill(node, after):
    node.well.unlink()
    after()
    node.well.touch()
