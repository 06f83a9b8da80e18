"""test_network.py - leaders cut off by the loss of packets

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import time

import pytest

import judges
from cluster import Cluster, entered_ns
from machine import MS, count, figure, now_ns, seeded, steadily, wait_for
from network import Network

BOTH = ("INPUT", "OUTPUT")
T_MS = 500


def index_of(member):
    return int(member.name[1:])


def left_ns(member, after_ns):
    times = [event["time_ns"] for event in member.life.events("LEAVE_LEADER") if event["time_ns"] >= after_ns]
    return times[0] if times else None


@pytest.mark.parametrize("ways", [BOTH, ("OUTPUT",), ("INPUT",)], ids=["both-ways", "hears-only", "sends-only"])
@steadily
def test_a_leader_cut_off_steps_down_and_another_leads(ways):
    random = seeded("test_a_leader_cut_off")
    stepped, replaced = [], []
    with Network(3) as network, Cluster(3, network=network) as cluster:
        cluster.start()
        for _ in range(count(10, 2)):
            leader = cluster.wait_for_leader()
            others = [member for member in cluster.members if member is not leader]
            time.sleep(0.3 + random.random() / 10)
            cut_ns = now_ns()
            network.cut(index_of(leader), ways)
            done_ns = now_ns()
            following = cluster.wait_for_leader(among=others, other_than=leader)
            stepped_ns = wait_for(lambda: left_ns(leader, cut_ns), f"{leader} to step down")
            # The lease ends at the latest a lease's length after the last acknowledgement
            assert stepped_ns - done_ns < T_MS * MS, f"stepped down {(stepped_ns - done_ns) / MS:.1f} ms after the cut"
            assert leader.life.book()[2] > stepped_ns, "the witness slept"
            stepped.append((stepped_ns - done_ns) / MS)
            replaced.append((entered_ns(following.life, cut_ns) - done_ns) / MS)

            # Whatever the lost one does until it has heard the new leader, the others do not mind
            healed_ns = now_ns()
            network.heal()
            assert cluster.wait_for_leader() is following, "the return of the lost one unseated a leader"
            cluster.hold(5, among=others, since_ns=healed_ns)
            assert cluster.wait_for_leader() is following
        cluster.expect_elections(count(10, 2) + 1, strict=False)
    name = "+".join(ways)
    figure(f"leader cut off ({name}) to its LEAVE_LEADER, T 500", stepped)
    figure(f"leader cut off ({name}) to next ENTER_LEADER, T 500", replaced)


def test_a_lossy_network_never_has_two_leaders():
    random = seeded("test_a_lossy_network")
    with Network(3) as network, Cluster(3, heartbeat_ms=50, election_ms=250, network=network) as cluster:
        cluster.start()
        cluster.wait_for_leader()
        for _ in range(count(20, 2)):
            for index in (1, 2, 3):
                network.cut(index, loss=random.choice([0.1, 0.3, 0.6]))
            time.sleep(1 + random.random() * 2)
            network.heal()
            if random.random() < 0.5:
                time.sleep(random.random())
        # TCP takes its time to send again what was lost
        cluster.wait_for_peace()


@steadily
def test_a_leader_that_hears_one_of_four_steps_down():
    with Network(5) as network, Cluster(5, network=network, pause_us=200) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        others = [member for member in cluster.members if member is not leader]
        cut_ns = now_ns()
        network.cut(index_of(leader), others=[index_of(member) for member in others[1:]])
        wait_for(lambda: left_ns(leader, cut_ns), f"{leader} to step down")
        following = wait_for(lambda: cluster.agreed_leader(among=others[1:], other_than=leader), "another leader")
        cluster.hold(5, among=others[1:])
        network.heal()
        assert cluster.wait_for_peace() is following


@steadily
def test_canary_a_lengthened_lease_overlaps():
    """The judge sees what it is there to see: a node that holds its lease for too long."""
    with Network(3) as network, Cluster(3, network=network, judged=False) as cluster:
        for member in cluster.members:
            member.start(ZELECT_LEASE_STRETCH_MS="3000")
        leader = cluster.wait_for_leader()
        others = [member for member in cluster.members if member is not leader]
        time.sleep(0.5)
        network.cut(index_of(leader))
        following = cluster.wait_for_leader(among=others, other_than=leader)
        wait_for(lambda: following.life.runs(), "the next leader's witness")
        time.sleep(0.5)
        found = judges.overlaps(cluster.runs())
        assert found and all(f"{leader.life.who} " in complaint for complaint in found), found
        # What is wrong is the lease alone: the election itself is sound
        assert not judges.two_leaders(cluster.claims()) and not judges.two_leaders(cluster.feed.claims())
