"""test_late.py - who subscribes late knows leader and term from the first message, however many there are

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest
import zmq

from cluster import Cluster
from feed import ROLES, load_feed_message
from machine import BUILD, MS, ROOT, figure, now_ns, steadily

sys.path.insert(0, str(ROOT / "bindings" / "python"))
os.environ.setdefault("ZELECT_BINPB", str(BUILD / "zelect.binpb"))

import zelect    # noqa: E402, pylint: disable=wrong-import-position

SUBSCRIBERS = 100


@contextlib.contextmanager
def settled(which):
    """A cluster in which nothing has happened for a while, so that only what is re-sent can be heard; its leader,
    and the member that is to be watched."""
    with Cluster(3) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        cluster.hold(3)
        followers = [member for member in cluster.members if member is not leader]
        yield cluster, leader, leader if which == "leader" else followers[0]
        # Nobody who came late has changed anything
        assert cluster.agreed_leader() is leader
        cluster.expect_elections(1)


@pytest.mark.parametrize("which", ["leader", "follower"])
@steadily
def test_bare_pyzmq(which):
    message_type = load_feed_message()
    with settled(which) as (cluster, leader, member):
        context = zmq.Context()
        times = []
        topic = f"zelect/{cluster.name}/state/{member.name}"
        late = []
        for _ in range(SUBSCRIBERS):
            sub = context.socket(zmq.SUB)
            sub.setsockopt(zmq.LINGER, 0)
            sub.setsockopt(zmq.RCVTIMEO, 5000)
            begun_ns = now_ns()
            sub.subscribe(topic)
            sub.connect(member.feed)
            said, payload = sub.recv_multipart()
            times.append((now_ns() - begun_ns) / MS)
            state = message_type.FromString(payload).state
            assert said.decode() == topic
            assert (state.cluster, state.node, state.leader) == (cluster.name, member.name, leader.name)
            assert state.leader_endpoint == leader.endpoint and state.term == cluster.terms()[-1]
            assert ROLES[state.role] == which
            late.append(sub)
        for sub in late:
            sub.close()
        context.term()
        figure(f"bare pyzmq, {SUBSCRIBERS} subscribers of one {which}, connect to first state", times)


@pytest.mark.parametrize("which", ["leader", "follower"])
@steadily
def test_observer_in_python(which):
    with settled(which) as (cluster, leader, member):
        observers, times = [], []
        for _ in range(SUBSCRIBERS):
            begun_ns = now_ns()
            observer = zelect.Observer(member.feed, cluster=cluster.name)
            event = observer.poll(timeout=5)
            times.append((now_ns() - begun_ns) / MS)
            assert event.member.name == member.name
            assert observer.leader == zelect.Leader(leader.name, cluster.terms()[-1], leader.endpoint)
            observers.append(observer)
        for observer in observers:
            assert observer.missed == observer.rejected == 0
            observer.close()
        figure(f"Python Observer, {SUBSCRIBERS} of one {which}, connect to leader known", times)


@pytest.mark.parametrize("which", ["leader", "follower"])
@steadily
def test_observer_in_c(which):
    with settled(which) as (cluster, leader, member):
        times = []
        for _ in range(10):
            done = subprocess.run([BUILD / "tests" / "process" / "prog_observer", cluster.name, member.feed],
                                  check=True, capture_output=True, timeout=20)
            heard = json.loads(done.stdout)
            assert (heard["node"], heard["leader"]) == (member.name, leader.name), heard
            assert heard["endpoint"] == leader.endpoint and heard["term"] == cluster.terms()[-1], heard
            times.append(heard["us"] / 1000)
        figure(f"C observer of a {which}, connect to leader known", times)


@steadily
def test_a_change_reaches_an_observer_of_one_follower():
    """Whoever listens to one node alone hears of a new leader, too."""
    with Cluster(3) as other:
        other.start()
        first = other.wait_for_leader()
        follower = next(member for member in other.members if member is not first)
        with zelect.Observer(follower.feed, cluster=other.name) as observer:
            assert observer.poll(timeout=5) and observer.leader.name == first.name
            time.sleep(0.4)    # Some heartbeats, so that the leader knows who would be next
            first.life.ask("resign")
            second = other.wait_for_leader(other_than=first)
            end = time.monotonic() + 5
            while (observer.leader is None or observer.leader.name != second.name) and time.monotonic() < end:
                observer.poll(timeout=0.5)
            assert observer.leader and observer.leader.name == second.name
