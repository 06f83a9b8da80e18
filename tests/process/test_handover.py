"""test_handover.py - leadership that is given up is taken over at once

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import errno
import signal
import time

import pytest

from cluster import Cluster, entered_ns
from machine import MS, count, figure, now_ns, steadily


def resign(leader, _):
    assert leader.life.ask("resign")["rc"] == 0
    assert leader.life.ask("state")["rc"] == 0
    assert not leader.life.of_kind("state")[-1]["is_leader"]


def transfer(leader, heir):
    assert leader.life.ask(f"transfer {heir.name}")["rc"] == 0


def stop(leader, _):
    assert leader.quit() == 0
    leader.start()


def fall_ill(leader, _):
    assert leader.life.ask("healthy 0")["rc"] == 0


@pytest.mark.parametrize("way", [resign, transfer, stop, fall_ill])
@steadily
def test_a_leader_that_gives_up_is_replaced_at_once(way):
    figures = []
    with Cluster(3) as cluster:
        cluster.start()
        for _ in range(count(20, 3)):
            leader = cluster.wait_for_leader()
            time.sleep(0.4)    # Some heartbeats, so that the leader knows who would be next
            others = [member for member in cluster.members if member is not leader]
            before = len(cluster.terms())
            since_ns = now_ns()
            way(leader, others[-1])
            following = cluster.wait_for_leader(among=others, other_than=leader)
            if way is transfer:
                assert following is others[-1]
            taken_ms = (entered_ns(following.life, since_ns) - since_ns) / MS
            # It never waits for a promise to run out
            assert taken_ms < cluster.election_ms / 2, f"{taken_ms:.1f} ms"
            figures.append(taken_ms)
            if way is fall_ill:
                assert leader.life.ask("healthy 1")["rc"] == 0
            assert cluster.wait_for_leader() is following
            cluster.hold(2)
            assert len(cluster.terms()) == before + 1
    figure(f"leader gives up ({way.__name__}) to next ENTER_LEADER", figures)


@steadily
def test_what_cannot_be_handed_over_is_refused():
    with Cluster(4, settings={3: {"priority": 0}, 4: {"voter": 0}}) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        time.sleep(0.4)
        heir = next(member for member in cluster.members[:2] if member is not leader)
        since_ns = now_ns()
        for name, code in (("n3", errno.EHOSTUNREACH), ("n4", errno.EHOSTUNREACH), ("n9", errno.EINVAL),
                           (leader.name, errno.EINVAL)):
            answer = leader.life.ask(f"transfer {name}")
            assert (answer["rc"], answer["errno"]) == (-1, code) and answer["error"], answer
        answer = heir.life.ask("resign")
        assert (answer["rc"], answer["errno"]) == (-1, errno.ENOLCK), answer
        # A stopped process acknowledges nothing, so it cannot be handed anything
        heir.signal(signal.SIGSTOP)
        time.sleep(1)
        answer = leader.life.ask(f"transfer {heir.name}")
        assert (answer["rc"], answer["errno"]) == (-1, errno.EHOSTUNREACH), answer
        heir.signal(signal.SIGCONT)
        cluster.hold(3, among=[leader], since_ns=since_ns)
        cluster.expect_elections(1)
