"""test_run_ends.py - what becomes of the command and of zelect run: the complaints of others (doc/design.md)

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import signal

import pytest

from herd import ELECTION_MS, WORKER, Herd, descendants, is_running
from machine import MS, now_ns, wait_for
from ways import fall_ill, kill, kill_the_guardian, resign, stop


def test_killed_before_the_lease_ends_though_deaf():
    """consul 9788: the child got TERM up to 90 s after the session had expired."""
    with Herd(3, worker=["deaf"]) as herd:
        herd.start()
        life = herd.wait_for_life()
        since_ns = now_ns()
        for node in herd.others(life.node):
            node.signal(signal.SIGSTOP)
        assert herd[life.node].end() == 4
        assert herd.lives()[-1].alive_ns < since_ns + ELECTION_MS * MS
        for node in herd.others(life.node):
            node.signal(signal.SIGCONT)


def test_no_shell_and_no_child_of_a_shell_is_left():
    """consul 2022, 873: it killed the shell and left the real child."""
    with Herd(1) as herd:
        node = herd["n1"].start(command=["sh", "-c", f"{WORKER} {herd.notes} & wait"])
        life = herd.wait_for_life()
        node.signal(signal.SIGTERM)
        assert node.end() == 128 + signal.SIGTERM
        assert not is_running(life.pid)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
def test_nothing_is_stranded_when_the_supervisor_dies(number):
    """consul 1210: the parent died of QUIT, and the child stayed."""
    with Herd(1, worker=["detach"]) as herd:
        herd.start()
        wait_for(lambda: len(herd.lives()) == 2, "a grandchild")
        below = descendants(herd["n1"].process.pid)
        herd["n1"].signal(number)
        herd["n1"].end()
        wait_for(lambda: not any(map(is_running, below)), "all below to be gone")


@pytest.mark.parametrize("way", [stop, kill, kill_the_guardian, resign, fall_ill])
def test_every_failure_ends_the_command_the_same_way(way):
    """consul 985: behaviour differed per failure. Here: TERM, some time to end by itself, and the next one after."""
    with Herd(3, "--health-interval", "1000", worker=["linger", "50"]) as herd:
        for node in herd.nodes.values():
            node.start("--health-cmd", f"test -e {node.well}")
        life = herd.wait_for_life()
        node = herd[life.node]
        node.start = lambda: None
        since_ns = now_ns()
        if way is fall_ill:
            node.well.unlink()
            assert node.end() == 4
        elif way is resign:
            node.signal(signal.SIGTERM)
            assert node.end() == 0, "it ended by itself with 0"
        elif way is stop:
            node.signal(signal.SIGSTOP)
            herd.wait_for_life(since_ns, life.node)
            node.signal(signal.SIGCONT)
            assert node.end() == 4
        else:
            way(node, None)
        herd.wait_for_life(since_ns, life.node)
        assert not is_running(life.pid)


def test_hooks_cannot_outlive_the_deadline():
    """cilium 42920: stop hooks ran on after the deadline. What TERM starts is killed in time as well."""
    with Herd(3, "--restart") as herd:
        for node in herd.nodes.values():
            node.start(command=["sh", "-c", f"trap 'setsid {WORKER} {herd.notes} deaf & wait' TERM; "
                                            f"{WORKER} {herd.notes} & wait; wait"])
        life = herd.wait_for_life()
        since_ns = now_ns()
        herd[life.node].signal(signal.SIGSTOP)
        herd.wait_for_life(since_ns, life.node)
        herd[life.node].signal(signal.SIGCONT)
        ran = [other for other in herd.lives() if other.node == life.node]
        led = min(when for node in herd.others(life.node) for when in node.led_ns(since_ns))
        assert len(ran) == 2, "the hook did not run"
        assert max(other.alive_ns for other in ran) <= led + MS


def test_stopped_and_detached_processes_die_too():
    """A stopped process hears no TERM, but KILL; a stopped group holds up nobody."""
    with Herd(1, worker=["detach"]) as herd:
        herd.start()
        wait_for(lambda: len(herd.lives()) == 2, "a grandchild")
        below = descendants(herd["n1"].process.pid)
        for pid in herd.pids():
            os.kill(pid, signal.SIGSTOP)
        herd["n1"].kill()
        wait_for(lambda: not any(map(is_running, below)), "all below to be gone")
