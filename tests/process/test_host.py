"""test_host.py - hosts that sleep, are deaf or never read: the election does not notice

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import socket
import struct
import time

import zmq

from cluster import Cluster
from machine import MS, note, now_ns, steadily, wait_for


def beats_of(cluster, leader, since_ns):
    """The times between the heartbeats of a leader since then, in ms."""
    times = [beat.time_ns for beat in cluster.feed.beats if beat.node == leader.name and beat.time_ns >= since_ns]
    return [(after - before) / MS for before, after in zip(times, times[1:])]


def expect_steady_beats(cluster, leader, since_ns):
    """No heartbeat failed to come, let alone an election timeout long."""
    gaps = beats_of(cluster, leader, since_ns)
    length_ms = (now_ns() - since_ns) / MS
    assert len(gaps) >= 0.8 * length_ms / cluster.heartbeat_ms, f"{len(gaps)} heartbeats in {length_ms:.0f} ms"
    assert max(gaps) < cluster.election_ms, f"no heartbeat for {max(gaps):.1f} ms"


def memory_kib(life):
    with open(f"/proc/{life.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


@steadily
def test_a_callback_that_sleeps_is_reported_and_waited_for():
    with Cluster(3, beats=True) as cluster:
        for member in cluster.members:
            member.start("--sleep", "6")
        leader = cluster.wait_for_leader()
        since_ns = now_ns()
        # The very first callback of each node sleeps through the whole election
        cluster.hold(seconds=7)
        expect_steady_beats(cluster, leader, since_ns)
        cluster.expect_elections(1)
        for member in cluster.members:
            called = member.life.of_kind("callback")[0]
            ended = member.life.of_kind("callback_end")[0]
            assert called["name"] == ended["name"] == "ENTER_FOLLOWER"
            assert ended["time_ns"] - called["read_ns"] >= 6000 * MS
            errors = [event for event in member.life.events("ERROR")
                      if event["time_ns"] < ended["time_ns"] and "enter_follower" in event["text"]]
            assert len(errors) == 1, f"a slow callback was reported {len(errors)} times"
            assert 900 * MS < errors[0]["time_ns"] - called["read_ns"] < 3000 * MS, "timing/callback is 1000 ms"

        # A leader whose callbacks lag behind resigns at once, and is told so in the right order
        assert leader.life.ask("resign")["rc"] == 0
        assert leader.life.ask("state")["rc"] == 0 and not leader.life.of_kind("state")[-1]["is_leader"]
        following = cluster.wait_for_leader(other_than=leader)
        since_ns = now_ns()
        cluster.hold(seconds=6)
        expect_steady_beats(cluster, following, since_ns)
        names = [line["name"] for line in leader.life.of_kind("callback")]
        assert names[:3] == ["ENTER_FOLLOWER", "LEAVE_FOLLOWER", "ENTER_CANDIDATE"][:len(names)]


@steadily
def test_an_application_that_never_reads_is_told_how_much_it_missed():
    with Cluster(3, heartbeat_ms=20, election_ms=100, beats=True) as cluster:
        deaf, *others = cluster.members
        deaf.start("--deaf")
        for member in others:
            member.start()
        wait_for(lambda: cluster.leaders() or answer(deaf)["is_leader"], "a leader")
        resigned = 0
        end = time.monotonic() + 60
        # Its queue holds 1,000 events; make many more than that
        while resigned < 700 and time.monotonic() < end:
            for member in cluster.members:
                if answer(member)["is_leader"] and member.life.ask("resign")["rc"] == 0:
                    resigned += 1
        assert resigned >= 700, f"{resigned} resignations in a minute"
        leader = wait_for(lambda: next((m for m in cluster.members if answer(m)["is_leader"]), None), "a leader")
        time.sleep(1)
        since_ns = now_ns()
        time.sleep(1)
        expect_steady_beats(cluster, leader, since_ns)
        assert answer(leader)["is_leader"] and not deaf.life.events()

        assert deaf.life.ask("listen")["rc"] == 0
        events = wait_for(lambda: deaf.life.events() if deaf.life.events("MISSED") else None, "MISSED")
        present = answer(deaf)
        place = [event["name"] for event in events].index("MISSED")
        missed = events[place]["missed"]
        assert 500 <= place <= 1100 and missed > 300, f"{place} events and then {missed} missed"
        events = wait_for(lambda: deaf.life.events()[place + 1:], "the event after MISSED")
        role = "LEADER" if deaf is leader else "FOLLOWER"
        assert events[0]["name"] == f"ENTER_{role}" and events[0]["term"] == present["term"]
        assert events[0]["role"] == present["role"] and events[0]["leader"] == leader.name

        # And it hears what happens from now on
        leader.life.ask("resign")
        wait_for(lambda: len(deaf.life.events()) > place + 2, "a newer event")
    note(f"figure: an application that read nothing for {resigned} elections got {place} events, MISSED {missed}")


def answer(member):
    assert member.life.ask("state")["rc"] == 0
    return member.life.of_kind("state")[-1]


def greet(port):
    """Speak ZMTP 3.0 by hand, as a SUB without security; the socket's buffer is as small as can be."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    peer.settimeout(10)
    peer.connect(("127.0.0.1", port))
    peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + b"\x00" + bytes(31))
    body = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", 3) + b"SUB"
    peer.sendall(bytes([4, len(body)]) + body)
    return peer


def subscribe(peer, topic, times):
    """Ask for the same topic again and again, each time with a new state to be sent; False when it is stuffed."""
    body = b"\x01" + topic
    try:
        for _ in range(times):
            peer.sendall(bytes([0, len(body)]) + body)
    except (TimeoutError, BlockingIOError):
        return False
    except (BrokenPipeError, ConnectionResetError):
        return None
    return True


@steadily
def test_an_observer_that_never_reads_disturbs_nobody():
    with Cluster(3, heartbeat_ms=20, election_ms=100, beats=True) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        time.sleep(0.5)
        before_kib = memory_kib(leader.life)
        since_ns = now_ns()
        peers = [greet(leader.port + 1) for _ in range(10)]
        context = zmq.Context()
        lazy = context.socket(zmq.SUB)
        lazy.setsockopt(zmq.RCVHWM, 1)
        lazy.setsockopt(zmq.LINGER, 0)
        lazy.subscribe("")
        lazy.connect(leader.feed)
        end = time.monotonic() + 8
        asked = 0
        while time.monotonic() < end:
            for peer in peers:
                asked += 20
                assert subscribe(peer, f"zelect/{cluster.name}/".encode(), 20) is not False
            time.sleep(0.01)
        cluster.hold(5, since_ns=since_ns)
        expect_steady_beats(cluster, leader, since_ns)
        grown_kib = memory_kib(leader.life) - before_kib
        assert grown_kib < 16 * 1024, f"{grown_kib} KiB more"
        cluster.expect_elections(1)
        for peer in peers:
            peer.close()
        lazy.close()
        context.term()
    note(f"figure: 11 observers that never read, {asked} subscriptions: {grown_kib} KiB more, no change of leader")
