"""test_probe.py - who is dead is proved dead at once, and nobody else is

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import ctypes
import errno
import platform
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

import judges
from cluster import Cluster, entered_ns
from machine import MS, count, figure, now_ns, steadily, take_ports, wait_for
from network import Namespace, Network

AT_ONCE = 0.75    # Of T, on a machine that has other things to do; the silence would be waited for longer


def proofs(cluster):
    """What the members' logs say of proofs: which kinds there were."""
    return [kind for life in cluster.lives()
            for kind in re.findall(r"event=died member=\S+ proof=(\w+)", Path(f"{life.path}.log").read_text("utf-8"))]


def others_of(cluster, *members):
    return [member for member in cluster.members if member not in members]


def kill_leader(cluster):
    """Kill the leader; returns who follows, and after how many milliseconds."""
    leader = cluster.wait_for_leader()
    time.sleep(0.35)    # Some heartbeats, so that the followers know who is next
    killed_ns = leader.kill()
    following = cluster.wait_for_leader(among=others_of(cluster, leader), other_than=leader)
    taken_ms = (entered_ns(following.life, killed_ns) - killed_ns) / MS
    leader.start()
    leader.wait_until_started()
    return following, taken_ms


@pytest.mark.parametrize("size, transport", [(3, "tcp"), (3, "ipc"), (5, "tcp")])
@steadily
def test_a_killed_leader_is_replaced_at_once(size, transport):
    figures, kills = [], count(40, 4)
    with Cluster(size, transport=transport, pause_us=200) as cluster:
        cluster.start()
        for _ in range(kills):
            following, taken_ms = kill_leader(cluster)
            reasons = [event["reason"] for event in following.life.events("ENTER_CANDIDATE")]
            assert reasons[-1] in ("DIED", "HIGHER_TERM"), reasons
            assert taken_ms < AT_ONCE * cluster.election_ms, f"{taken_ms:.1f} ms"
            figures.append(taken_ms)
        cluster.wait_for_leader()
        cluster.expect_elections(kills + 1, strict=False)
        assert len(proofs(cluster)) >= kills
    figure(f"{size} nodes over {transport}: leader killed to next ENTER_LEADER", figures)


@steadily
def test_a_leader_bound_to_all_addresses_is_believed():
    with Cluster(3) as cluster:
        for member in cluster.members:
            member.settings["bind"] = f"tcp://0.0.0.0:{member.port}"
        cluster.start()
        _, taken_ms = kill_leader(cluster)
        assert taken_ms < AT_ONCE * cluster.election_ms, f"{taken_ms:.1f} ms"
        assert "refused" in proofs(cluster)


def wait_for_silence(cluster, kills):
    """Nobody believes that the killed leader is dead, so all wait out their promises."""
    cluster.start()
    for _ in range(kills):
        _, taken_ms = kill_leader(cluster)
        assert taken_ms > cluster.election_ms / 2, f"{taken_ms:.1f} ms"
    assert not proofs(cluster)


@steadily
def test_off_waits_for_the_silence():
    with Cluster(3, fast_failover="off") as cluster:
        wait_for_silence(cluster, count(5, 1))


def blind():
    """What runs in this process and its children from now on finds a kernel without socket diagnostics."""
    number = {"x86_64": 41, "aarch64": 198}[platform.machine()]    # socket ()
    load, equal, give = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0), (equal, 0, 5, number), (load, 0, 0, 16), (equal, 0, 3, socket.AF_NETLINK),
             (load, 0, 0, 32), (equal, 0, 1, 4), (give, 0, 0, 0x00050000 | errno.EPROTONOSUPPORT),
             (give, 0, 0, 0x7fff0000)]    # NETLINK_SOCK_DIAG: an error; all else: as it is
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for request in ((38, 1, 0, 0, 0), (22, 2, program)):    # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        assert libc.prctl(*request) == 0, ctypes.get_errno()


@steadily
def test_a_host_that_shows_no_sign_waits_for_the_silence():
    """The kernel's table is not to be seen: the nodes say so when they start, and believe no refusal."""
    blinded = [sys.executable, "-c", "import os, sys, test_probe; test_probe.blind(); "
               "os.execvp(sys.argv[1], sys.argv[1:])"]
    with Cluster(3) as cluster:
        for member in cluster.members:
            member.prefix = ["env", f"PYTHONPATH={Path(__file__).parent}", *blinded]
        wait_for_silence(cluster, 1)
        for life in cluster.lives():
            assert "event=unproved" in Path(f"{life.path}.log").read_text("utf-8")


@steadily
def test_a_leader_that_came_back_is_known_by_its_answer():
    """Nobody saw the leader's place empty: the new process at its place says that it is another."""
    with Cluster(3, heartbeat_ms=500, election_ms=5000) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader(seconds=40)
        followers = others_of(cluster, leader)
        time.sleep(1)
        for member in followers:
            member.signal(signal.SIGSTOP)
        killed_ns = leader.kill()
        leader.start()
        leader.wait_until_started()
        for member in followers:
            member.signal(signal.SIGCONT)
        following = cluster.wait_for_leader(among=followers, other_than=leader)
        taken_ms = (entered_ns(following.life, killed_ns) - killed_ns) / MS
        assert taken_ms < AT_ONCE * cluster.election_ms, f"{taken_ms:.1f} ms"
        assert "successor" in proofs(cluster)


@steadily
def test_a_stopped_leader_is_not_dead():
    with Cluster(3) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        time.sleep(0.35)
        stopped_ns = leader.signal(signal.SIGSTOP)
        following = cluster.wait_for_leader(among=others_of(cluster, leader), other_than=leader)
        assert entered_ns(following.life, stopped_ns) - stopped_ns > cluster.election_ms * MS / 2
        assert not proofs(cluster)
        leader.signal(signal.SIGCONT)
        assert cluster.wait_for_leader() is following


# ---- What looks like death

# With the feed gone it takes the leader some rounds to send its heartbeats another way; the lease has to outlast them
PATIENT = {"heartbeat_ms": 100, "election_ms": 1000}


class OneHost:
    """All members in one network namespace of the test's own, on its loopback."""

    def __enter__(self):
        self.place = Namespace()
        return self

    def __exit__(self, *_):
        self.place.close()

    def address(self, _):
        return "127.0.0.1"

    def prefix(self, _):
        return self.place.prefix

    @property
    def observatory(self):
        return self.place.path

    def places(self, _):
        return [self.place]


class Hosts(Network):
    """A namespace for each member."""

    def places(self, index):
        return [self.members[other] for other in self.members if other != index]


def refuse(network, leader):
    """Refuse in the leader's name, to all others, whatever they send to its ports."""
    for place in network.places(int(leader.name[1:])):
        place.run("iptables", "-w", "-A", "OUTPUT", "-p", "tcp", "-d", network.address(int(leader.name[1:])),
                  "--match", "multiport", "--dports", f"{leader.port},{leader.port + 1}",
                  "-j", "REJECT", "--reject-with", "tcp-reset")


def hold_through(cluster, leader, act, elections=1):
    """Nothing changes when this is done to the leader, and nobody takes it for dead."""
    time.sleep(0.5)
    since_ns = now_ns()
    act()
    cluster.hold(6, since_ns=since_ns, among=cluster.alive())
    assert cluster.leaders() == [leader]
    assert not proofs(cluster)
    cluster.expect_elections(elections)


@pytest.mark.parametrize("place", [Hosts, OneHost], ids=["hosts", "one-host"])
@steadily
def test_a_forged_refusal_changes_nothing(place):
    with (place(3) if place is Hosts else place()) as network, Cluster(3, network=network, **PATIENT) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        hold_through(cluster, leader, lambda: refuse(network, leader))


def cover(stack, cluster):
    """Put a forwarder in front of each member. Returns their processes."""
    found = {}
    for member in cluster.members:
        port = take_ports()
        member.settings["bind"] = f"tcp://127.0.0.1:{port}"
        process = stack.enter_context(subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forwarder.py")), str(member.port), str(port),
             str(member.port + 1), str(port + 1)], stdout=subprocess.PIPE))
        stack.callback(process.kill)
        assert process.stdout.readline() == b"ready\n"
        found[member] = process
    return found


@steadily
def test_a_forwarder_that_dies_changes_nothing():
    with ExitStack() as stack, Cluster(3, **PATIENT) as cluster:
        forwarders = cover(stack, cluster)
        cluster.start()
        leader = cluster.wait_for_leader()
        hold_through(cluster, leader, lambda: forwarders[leader].kill())


STEAL = """
import fcntl, os, signal, struct, sys, zmq
path, anew = sys.argv[1], sys.argv[2] == "anew"
if anew:
    os.unlink(path + ".lock")
    lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))    # F_OFD_SETLK
    os.write(lock, b"%016x\\n" % 4711)
router, feed = (zmq.Context.instance().socket(kind) for kind in (zmq.ROUTER, zmq.XPUB))
router.bind("ipc://" + path)
feed.bind("ipc://" + path + ".feed")
print("ready", flush=True)
sys.stdin.read()
os.kill(os.getpid(), signal.SIGKILL)
"""


def steal(stack, member, lock):
    """libzmq lets a second process bind the path of a living one. With a lock file made anew, nothing is left that
    a node would stumble over."""
    thief = stack.enter_context(subprocess.Popen(
        [sys.executable, "-c", STEAL, member.endpoint.removeprefix("ipc://"), lock],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    stack.callback(thief.kill)
    assert thief.stdout.readline() == b"ready\n"
    return thief


@pytest.mark.parametrize("lock", ["kept", "anew"])
@steadily
def test_a_stolen_path_changes_nothing(lock):
    """The thief dies; so does a follower, which makes the other three ask whether the leader lives: at its path they
    are refused."""
    with ExitStack() as stack, Cluster(5, transport="ipc", pause_us=200) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()

        def act():
            steal(stack, leader, lock).kill()
            others_of(cluster, leader)[0].kill()
        hold_through(cluster, leader, act)


@steadily
def test_a_path_stolen_before_its_node_leads_changes_nothing():
    """The lock that is seen when the leader is new is the thief's."""
    with ExitStack() as stack, Cluster(5, transport="ipc", pause_us=200) as cluster:
        cluster.start()
        first = cluster.wait_for_peace()
        leader = others_of(cluster, first)[0]
        thief = steal(stack, leader, "anew")
        first.life.ask(f"transfer {leader.name}")
        cluster.wait_for_leader(other_than=first)

        def act():
            thief.kill()
            others_of(cluster, first, leader)[0].kill()
        hold_through(cluster, leader, act, elections=2)


# ---- What `direct` can do


@steadily
def test_direct_believes_a_forged_refusal_and_terms_still_differ():
    """The documentation says so: two processes may lead for a lease, never in one term."""
    with Hosts(3) as network, Cluster(3, network=network, fast_failover="direct", judged=False) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        time.sleep(0.5)
        refuse(network, leader)
        wait_for(lambda: "refused" in proofs(cluster), "a proof by a forged refusal")
        wait_for(lambda: any(member.life.leads() for member in others_of(cluster, leader)), "another leader")
        time.sleep(1)
        assert not judges.two_leaders(cluster.claims()) and not judges.two_leaders(cluster.feed.claims())
        assert not judges.fencing({who: runs for who, runs in cluster.runs().items()
                                   if not who.startswith(f"{leader.name}#")})


@steadily
def test_direct_replaces_the_dead_on_other_hosts_at_once():
    figures = []
    with Hosts(3) as network, Cluster(3, network=network, fast_failover="direct") as cluster:
        cluster.start()
        for _ in range(count(20, 2)):
            _, taken_ms = kill_leader(cluster)
            assert taken_ms < AT_ONCE * cluster.election_ms, f"{taken_ms:.1f} ms"
            figures.append(taken_ms)
    figure("direct, 3 hosts: leader killed to next ENTER_LEADER", figures)
