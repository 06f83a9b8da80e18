"""test_run.py - zelect run: at no instant do two of the commands run, and none is ever stranded

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import ctypes
import os
import signal
import time

import pytest

from herd import ELECTION_MS, WORKER, Herd, descendants, is_running
from machine import MS, count, figure, note, now_ns, seeded, wait_for

FAILOVERS = 200
PR_SET_CHILD_SUBREAPER = 36


# ---- Fail-overs. Each way ends the leadership of a node, and leaves it ready to lead again

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


# ---- What becomes of the command and of zelect run: the complaints of others (doc/design.md)

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
