"""The asyncio twin against a real publisher.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import asyncio
import errno

import pytest
import zmq
import zmq.asyncio
from conftest import free_port

import zelect
from zelect import Leader, LeaderChanged, LeaderLost, MemberChanged, Reason, Role

pytestmark = pytest.mark.asyncio
LONG = 10.0
LEASE_NS = 600 * 10**6


async def test_first_message(publish):
    publisher = publish("n1")
    publisher.lead(4)
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        async for event in observer:
            assert isinstance(event, MemberChanged)
            break
        assert observer.leader == Leader("n1", 4, "tcp://n1")
        assert await observer.poll(timeout=0) == LeaderChanged(observer.leader)
        assert observer.members["n1"].role is Role.LEADER
        assert await observer.poll(timeout=0.1) is None
    assert observer.closed


async def test_silence_is_noticed_though_nobody_listens(publish):
    publisher = publish("n1", lease_ns=LEASE_NS)
    publisher.lead(3)
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        while observer.leader is None:
            await asyncio.sleep(0.01)
        publisher.is_mute = True
        await asyncio.sleep(1.5)
        assert observer.leader is None
        events = [await observer.poll(timeout=0) for _ in range(3)]
        assert [type(event) for event in events] == [MemberChanged, LeaderChanged, LeaderLost]
        assert events[2].reason is Reason.SILENCE


async def test_hearsay(publish):
    publisher = publish("n2", lease_ns=LEASE_NS)
    publisher.say(Role.FOLLOWER, 3, "n1")
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        while observer.leader is None:
            await asyncio.sleep(0.01)
        await asyncio.sleep(2.5)
        assert observer.leader == Leader("n1", 3, "tcp://n1")
    assert {each[1:] for each in publisher.heard} == {b"zelect/orders/state/",
                                                      b"zelect/orders/heartbeat/"}


async def test_a_lost_state_is_asked_for_while_heartbeats_flow(publish):
    publisher = publish("n1", lease_ns=LEASE_NS)
    publisher.say(Role.CANDIDATE, 3)
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        assert await observer.poll(timeout=LONG)
        publisher.lead(3, lose=True)
        for _ in range(250):
            publisher.beat(3)
            await asyncio.sleep(0.02)
            if observer.leader:
                break
        assert observer.leader.name == "n1"


async def test_cancelling_loses_nothing(publish):
    publisher = publish("n1")
    publisher.say(Role.FOLLOWER, 1)
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        assert (await observer.poll(timeout=LONG)).member.sequence == 1
        for term in range(2, 202):
            publisher.say(Role.FOLLOWER, term)
        sequences = []
        while len(sequences) < 200:
            task = asyncio.ensure_future(observer.poll())
            await asyncio.sleep(0)
            task.cancel()
            try:
                sequences.append((await task).member.sequence)
            except asyncio.CancelledError:
                pass
            try:
                event = await asyncio.wait_for(observer.poll(), timeout=0.001)
                sequences.append(event.member.sequence)
            except asyncio.TimeoutError:
                pass
        assert sequences == list(range(2, 202))
        assert observer.missed == observer.dropped == 0


async def test_two_listeners_share(publish):
    publisher = publish("n1")
    publisher.say(Role.FOLLOWER, 1)
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        await observer.poll(timeout=LONG)
        tasks = [asyncio.ensure_future(observer.poll(timeout=LONG)) for _ in range(4)]
        await asyncio.sleep(0)
        for term in range(2, 6):
            publisher.say(Role.FOLLOWER, term)
        events = await asyncio.gather(*tasks)
        assert sorted(event.member.term for event in events) == [2, 3, 4, 5]


async def test_who_does_not_read_loses_old_events_only(publish):
    publisher = publish("n1")
    publisher.say(Role.FOLLOWER, 1)
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders") as observer:
        while not observer.members:
            await asyncio.sleep(0.01)
        for term in range(2, 1302):
            publisher.say(Role.FOLLOWER, term)
            if term % 100 == 0:
                while observer.term < term - 1:
                    await asyncio.sleep(0.01)
        while observer.term < 1301:
            await asyncio.sleep(0.01)
        assert observer.dropped + observer.missed == 301
        terms = []
        while (event := await observer.poll(timeout=0)) is not None:
            terms.append(event.member.term)
        assert terms[-1] == 1301 and len(terms) == 1000


async def test_close_wakes_who_waits():
    observer = zelect.aio.Observer(cluster="orders")
    async with observer:
        async def listen():
            return [event async for event in observer]
        task = asyncio.ensure_future(listen())
        waiting = asyncio.ensure_future(observer.poll())
        await asyncio.sleep(0.05)
    assert await asyncio.wait_for(task, LONG) == []
    assert await asyncio.wait_for(waiting, LONG) is None
    await observer.close()
    assert [event async for event in observer] == []
    with pytest.raises(zelect.Error) as caught:
        await observer.poll()
    assert caught.value.errno == errno.EBADF


async def test_only_what_was_opened_is_closed(publish):
    publisher = publish("n1")
    context = zmq.asyncio.Context()
    async with zelect.aio.Observer(publisher.endpoint, cluster="orders", context=context):
        pass
    assert not context.closed
    context.term()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others


async def test_misuse_is_named():
    with pytest.raises(zelect.Error):
        zelect.aio.Observer(cluster="a b")
    with pytest.raises(zelect.Error) as caught:
        async with zelect.aio.Observer("orders", cluster="orders"):
            pass
    assert "'orders'" in str(caught.value)
    observer = zelect.aio.Observer(cluster="orders")
    with pytest.raises(zelect.Error):
        await observer.poll()
    observer.connect(f"tcp://127.0.0.1:{free_port()}")
    async with observer:
        with pytest.raises(zelect.Error):
            await observer.__aenter__()
        with pytest.raises(zelect.Error):
            observer.connect("orders")


async def test_a_broken_reader_shows(publish):
    context = zmq.asyncio.Context()
    async with zelect.aio.Observer(cluster="orders", context=context) as observer:
        def broken(_frames):
            raise ZeroDivisionError
        observer._tracker.take = broken
        publisher = publish("n1")
        publisher.lead(3)
        observer.connect(publisher.endpoint)
        with pytest.raises(ZeroDivisionError):
            await observer.poll(timeout=LONG)
    context.term()
