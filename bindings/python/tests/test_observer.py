"""The observer against a real publisher.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import errno
import os
import signal
import time

import pytest
import zmq
from conftest import free_port, pack_state

import zelect
from zelect import Leader, LeaderChanged, LeaderLost, MemberChanged, Reason, Role

LONG = 10.0    # seconds, for what has to happen
LEASE_NS = 600 * 10**6


def next_of(observer, kind):
    """The next event of a kind."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        event = observer.poll(timeout=LONG)
        if isinstance(event, kind):
            return event
    pytest.fail(f"no {kind.__name__}")


def test_late_observers_know_from_the_first_message(publish):
    publisher = publish("n1")
    publisher.lead(3)
    publisher.lead(4)
    publisher.flush()
    observers = []
    for _ in range(10):
        observers.append(zelect.Observer(publisher.endpoint, cluster="orders"))
        observer = observers[-1]
        assert observer.leader is None and observer.term == 0 and observer.members == {}
        event = observer.poll(timeout=LONG)
        assert isinstance(event, MemberChanged)
        assert event.member.name == "n1" and event.member.role is Role.LEADER
        assert event.member.reason is Reason.LEASED
        assert observer.leader == Leader("n1", 4, "tcp://n1")
        assert observer.poll(timeout=0) == LeaderChanged(observer.leader)
        assert observer.members == {"n1": event.member}
        assert observer.missed == observer.rejected == 0
    for observer in observers:
        observer.close()


def test_events_in_order_and_counters(publish):
    publisher = publish("n1")
    publisher.say(Role.FOLLOWER, 3)
    with zelect.Observer(publisher.endpoint, cluster="orders") as observer:
        assert observer.poll(timeout=LONG).member.role is Role.FOLLOWER
        roles = [Role.PRECANDIDATE, Role.CANDIDATE, Role.LEADER_ELECT]
        for role in roles:
            publisher.say(role, 4)
        publisher.send(b"zelect/orders/state/n1", b"garbage")
        publisher.send(b"zelect/orders/state/n1")
        publisher.send(b"zelect/orders/state/n1",
                       pack_state("orders", "n1", sequence=99), b"three")
        publisher.lead(4, skip=5)
        for role in roles:
            assert observer.poll(timeout=LONG).member.role is role
        assert observer.poll(timeout=LONG).member.role is Role.LEADER
        assert observer.poll(timeout=LONG) == LeaderChanged(Leader("n1", 4, "tcp://n1"))
        assert (observer.missed, observer.rejected) == (5, 3)
        publisher.say(Role.FOLLOWER, 4, reason=Reason.LOST_QUORUM)
        assert observer.poll(timeout=LONG).member.role is Role.FOLLOWER
        lost = observer.poll(timeout=LONG)
        assert lost == LeaderLost(Leader("n1", 4, "tcp://n1"), Reason.LOST_QUORUM)
        assert observer.leader is None and observer.term == 4


def test_silence(publish):
    publisher = publish("n1", lease_ns=LEASE_NS)
    publisher.is_mute = True
    with zelect.Observer(publisher.endpoint, cluster="orders") as observer:
        while len(publisher.heard) < 2:
            observer.poll(timeout=0.01)
        publisher.lead(3)
        next_of(observer, LeaderChanged)
        for _ in range(10):
            publisher.beat(3)
            assert observer.poll(timeout=0.05) is None
            assert observer.leader.name == "n1"
        assert 0 <= observer.deadline <= 0.9
        assert next_of(observer, LeaderLost).reason is Reason.SILENCE
        assert observer.leader is None and observer.term == 3
        publisher.beat(3)
        next_of(observer, LeaderChanged)
        time.sleep(1.2)
        assert observer.leader is None    # though nobody has polled


def test_hearsay_lasts_as_long_as_the_follower_answers(publish):
    publisher = publish("n2", lease_ns=LEASE_NS)
    publisher.say(Role.FOLLOWER, 3, "n1")
    with zelect.Observer(publisher.endpoint, cluster="orders") as observer:
        assert next_of(observer, LeaderChanged).leader == Leader("n1", 3, "tcp://n1")
        before = len(publisher.heard)
        assert observer.poll(timeout=2.5) is None
        assert observer.leader.name == "n1"
        assert 3 <= len(publisher.heard) - before <= 20
        publisher.is_mute = True
        assert next_of(observer, LeaderLost).reason is Reason.SILENCE
        publisher.is_mute = False
        next_of(observer, LeaderChanged)
    assert {each[1:] for each in publisher.heard} == {b"zelect/orders/state/",
                                                      b"zelect/orders/heartbeat/"}


def test_timeout_and_deadline():
    with zelect.Observer(cluster="orders") as observer:
        start = time.monotonic()
        assert observer.poll(timeout=0.1) is None
        assert 0.09 <= time.monotonic() - start < 5
        assert observer.poll(timeout=0) is None
        assert observer.deadline is None


def test_control_c_is_never_far_off(monkeypatch):
    """A signal is noticed between two polls, so no poll is long, though the wait is."""
    waits = []
    poll = zmq.Socket.poll

    def count(self, timeout=None, flags=zmq.POLLIN):
        waits.append(timeout)
        return poll(self, 1, flags) if len(waits) < 3 else os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(zmq.Socket, "poll", count)
    with zelect.Observer(f"tcp://127.0.0.1:{free_port()}", cluster="orders") as observer:
        with pytest.raises(KeyboardInterrupt):
            observer.poll()
    assert len(waits) == 3 and all(0 < wait <= 500 for wait in waits)


def test_poller_of_the_callers(publish):
    publisher = publish("n1")
    publisher.lead(3)
    with zelect.Observer(publisher.endpoint, cluster="orders") as observer:
        poller = zmq.Poller()
        poller.register(observer.socket, zmq.POLLIN)
        events = []
        while len(events) < 2:
            assert poller.poll(LONG * 1000)
            while (event := observer.poll(timeout=0)) is not None:
                events.append(event)
        assert isinstance(events[1], LeaderChanged)


def test_only_what_was_opened_is_closed(publish):
    publisher = publish("n1")
    context = zmq.Context()
    with zelect.Observer(publisher.endpoint, cluster="orders", context=context) as observer:
        assert observer.socket.context is context
    assert observer.closed
    assert not context.closed
    context.term()    # hangs if the socket is still open
    with zelect.Observer(cluster="orders") as observer:
        assert observer.socket.context is zmq.Context.instance()
        assert observer.socket.linger == 0
    assert not zmq.Context.instance().closed
    observer.close()
    assert list(observer) == []
    with pytest.raises(zelect.Error) as caught:
        observer.poll()
    assert caught.value.errno == errno.EBADF


def test_misuse_is_named():
    for name in "", "a b", "a/b", "é", "n" * 64:
        with pytest.raises(zelect.Error) as caught:
            zelect.Observer(cluster=name)
        assert caught.value.errno == errno.EINVAL and repr(name) in str(caught.value)
    for endpoint in "", "orders", "tcp://host", "smoke://a:1":
        with pytest.raises(zelect.Error) as caught:
            zelect.Observer(endpoint, cluster="orders")
        assert repr(endpoint) in str(caught.value)
    with zelect.Observer(cluster="orders") as observer:
        observer.connect(f"tcp://127.0.0.1:{free_port()}")
        with pytest.raises(zelect.Error):
            observer.connect("orders")


def test_context_gone(publish):
    context = zmq.Context()
    observer = zelect.Observer(cluster="orders", context=context)
    context.destroy(linger=0)
    with pytest.raises(zelect.Error):
        observer.poll(timeout=1)


def test_iterator(publish):
    publisher = publish("n1")
    publisher.lead(3)
    with zelect.Observer(publisher.endpoint, cluster="orders") as observer:
        for event in observer:
            if isinstance(event, LeaderChanged):
                break
        assert event.leader.term == 3
