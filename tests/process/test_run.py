"""test_run.py - zelect run: at no instant do two of the commands run, and none is ever stranded

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import ctypes
import os
import signal
import time

import pytest

from herd import ELECTION_MS, Herd, descendants, is_running
from machine import MS, count, figure, note, now_ns, seeded, wait_for
from ways import fall_ill, kill, kill_its_group, kill_the_guardian, resign, stop

FAILOVERS = 200
PR_SET_CHILD_SUBREAPER = 36

# ---- Fail-overs

WAYS = [kill, kill_its_group, stop, resign, kill_the_guardian, fall_ill]


def fail_over(herd, random, way):
    """One fail-over: from the life that there is to the next one elsewhere, or here if nobody was quicker."""
    time.sleep(random.random() * 0.3)
    life = herd.wait_for_leader()
    since_ns = now_ns()
    way(herd[life.node], lambda: herd.wait_for_life(since_ns))
    herd.wait_for_leader()
    following = herd.wait_for_life(since_ns)
    return (following.began_ns - since_ns) / MS


@pytest.mark.parametrize("worker", [[], ["detach"]], ids=["plain", "detach"])
def test_never_two_at_a_time_over_failovers(worker):
    random = seeded("test_never_two_at_a_time")
    rounds = count(FAILOVERS // 2, len(WAYS))
    figures = {}
    with Herd(3, "--restart", worker=worker) as herd:
        herd.options += ["--health-interval", "1000"]
        for node in herd.nodes.values():
            node.start("--health-cmd", f"test -e {node.well}")
        # They start again with what they were started with
        for node in herd.nodes.values():
            node.start = lambda node=node, start=node.start: start("--health-cmd", f"test -e {node.well}")
        herd.wait_for_life()
        for index in range(rounds):
            way = WAYS[index % len(WAYS)]
            figures.setdefault(way.__name__, []).append(fail_over(herd, random, way))
        lives = len(herd.runs())
        herd_terms = len({life.term for life in herd.lives()})
        assert lives > rounds, f"{lives} lives in {rounds} fail-overs"
    for name, values in figures.items():
        figure(f"zelect run, {name} to next begin ({'with' if worker else 'without'} grandchildren)", values)
    note(f"figure: {rounds} fail-overs, {lives} lives in {herd_terms} terms: no two at any instant")


# ---- The lease

def expect_gone_before_another_leads(herd, life, since_ns):
    """All of that life were dead when another said that it leads (to a millisecond, as logs have it)."""
    herd.wait_for_life(since_ns, life.node)
    led = min(when for node in herd.others(life.node) for when in node.led_ns(since_ns))
    last = max(other.alive_ns for other in herd.lives() if other.pid == life.pid)
    assert last <= led + MS, f"it lived on for {(last - led) / MS:.1f} ms after the next leader was there"
    return (led - last) / MS


@pytest.mark.parametrize("worker", [[], ["deaf"], ["detach"], ["headless"], ["deaf", "detach"]], ids="_".join)
def test_a_stopped_supervisor_does_not_prolong_it(worker):
    """The guardian ends it: also what ignores TERM, and what detached itself."""
    figures = []
    with Herd(3, "--restart", worker=worker) as herd:
        herd.start()
        life = herd.wait_for_life()
        for _ in range(count(10, 1)):
            since_ns = now_ns()
            herd[life.node].signal(signal.SIGSTOP)
            figures.append(expect_gone_before_another_leads(herd, life, since_ns))
            herd[life.node].signal(signal.SIGCONT)
            life = herd.wait_for_leader()
    figure(f"from its end to the next leader ({' '.join(worker) or 'plain'})", figures)


def test_a_stopped_guardian_does_not_prolong_it():
    """With the node cut off from the others besides, which are stopped: the supervisor kills."""
    with Herd(3, worker=["deaf", "detach"]) as herd:
        herd.start()
        life = herd.wait_for_life()
        herd.wait_for_life()
        leader = herd[life.node]
        os.kill(leader.guardian(), signal.SIGSTOP)
        below = descendants(leader.process.pid)
        for node in herd.others(life.node):
            node.signal(signal.SIGSTOP)
        stopped_ns = now_ns()
        assert leader.end() == 4
        assert not any(map(is_running, below)), "something is left"
        for other in herd.lives():
            assert other.alive_ns < stopped_ns + ELECTION_MS * MS, "it outlived its lease"
        for node in herd.others(life.node):
            node.signal(signal.SIGCONT)


@pytest.fixture
def subreaper():
    """Orphans become children of this session: the kernel has no reason of its own to let stopped ones go on."""
    prctl = ctypes.CDLL(None).prctl
    assert prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    assert prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


def test_a_stopped_guardian_of_a_killed_supervisor_wakes_up(subreaper):
    with Herd(3, worker=["detach"]) as herd:
        herd.start()
        life = herd.wait_for_life()
        leader = herd[life.node]
        guardian = leader.guardian()
        os.kill(guardian, signal.SIGSTOP)
        since_ns = now_ns()
        leader.kill()
        wait_for(lambda: not is_running(guardian), "the guardian to end")
        expect_gone_before_another_leads(herd, life, since_ns)


def test_nobody_leads_while_the_guardian_of_a_killed_node_still_ends_it():
    """The refused connections of a dead node would prove its death at once; the guardian keeps its socket open."""
    with Herd(3, worker=["deaf"]) as herd:
        herd.start()
        life = herd.wait_for_life()
        time.sleep(1)
        since_ns = now_ns()
        herd[life.node].kill()
        expect_gone_before_another_leads(herd, life, since_ns)


def test_both_killed_at_once():
    """The kernel kills the command. (What detached itself may stay: that is said in the help.)"""
    with Herd(3) as herd:
        herd.start()
        life = herd.wait_for_life()
        leader = herd[life.node]
        os.kill(leader.guardian(), signal.SIGKILL)
        leader.kill()
        wait_for(lambda: not is_running(life.pid), "the command to be gone")


def test_both_stopped_and_let_go_on():
    """Nobody is left to kill; as soon as they go on they do, and neither starts anything with an old token."""
    with Herd(1, "--restart") as herd:
        herd.start()
        life = herd.wait_for_life()
        leader = herd[life.node]
        for pid in (leader.process.pid, leader.guardian()):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(ELECTION_MS / 1000)
        assert is_running(life.pid)
        since_ns = now_ns()
        for pid in (leader.guardian(), leader.process.pid):
            os.kill(pid, signal.SIGCONT)
        assert herd.wait_for_life(since_ns).term > life.term
