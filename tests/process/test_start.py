"""test_start.py - a cold start and a killed leader each take one election, and then there is peace

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import time

import pytest

from cluster import Cluster, entered_ns
from machine import MS, count, figure, seeded, side_by_side, steadily


@steadily
def live(size, random, figures):
    """A cluster from its cold start over the death of its leader to the return of the dead."""
    with Cluster(size, pause_us=200) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        first = min(event["time_ns"] for life in cluster.lives() for event in life.events("ENTER_LEADER"))
        figures["cold"].append((first - max(life.started_ns for life in cluster.lives())) / MS)
        cluster.hold(10)
        cluster.expect_elections(1)

        killed_ns = leader.kill()
        following = cluster.wait_for_leader()
        figures["killed"].append((entered_ns(following.life, killed_ns) - killed_ns) / MS)
        time.sleep(random.random())
        leader.start()
        leader.wait_until_started()
        assert cluster.wait_for_leader() is following
        cluster.hold(10)
        cluster.expect_elections(2)


@pytest.mark.parametrize("size, lanes", [(3, 4), (5, 2)])
def test_cold_starts_and_kills(size, lanes):
    random = seeded("test_cold_starts_and_kills")
    figures = {"cold": [], "killed": []}
    side_by_side(lambda _: live(size, random, figures), range(count(20, 2)), lanes)
    figure(f"{size} nodes, last process started to ENTER_LEADER, T 500", figures["cold"])
    figure(f"{size} nodes, leader killed to next ENTER_LEADER, T 500", figures["killed"])
