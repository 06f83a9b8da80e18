"""test_kill.py - processes killed at the worst moments never vote twice and never forget a vote

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import signal
import time

import pytest

import votes
from cluster import Cluster
from machine import count, note, seeded, wait_for

FAST = {"heartbeat_ms": 10, "election_ms": 50, "pause_us": 200}


def resign_until_dead(cluster, victim):
    """Make the cluster vote again and again, until the victim meets its end."""
    def is_dead():
        if not victim.is_alive():
            return True
        for leader in cluster.leaders():
            try:
                leader.life.tell("resign")
            except BrokenPipeError:
                pass
        time.sleep(0.02)
        return False
    wait_for(is_dead, f"{victim.life.who} to be killed at its hook")
    assert victim.life.end() == -signal.SIGKILL
    return victim.keep_votes()


def check_copies(point, copies, opened, passing):
    """What both copies of the record must look like for who died at this passing of the point. `opened` is the
    sequence number with which this life began."""
    first, second = copies
    assert first and second, f"killed at {point}: a copy is damaged: {copies}"
    if point == "between-slots":
        assert first.sequence == second.sequence + 1, f"killed at {point}: {copies}"
    else:
        assert first == second, f"killed at {point}: {copies}"
    saves = first.sequence - opened
    if point.endswith("send"):
        assert saves >= 1, f"killed at {point} after {saves} saves"
    else:
        begun = passing - 1 if point == "before-save" else passing
        assert saves == begun, f"killed at {point} after {saves} saves, not {begun}"
    if point in ("before-send", "after-send"):
        assert first.vote and first.incarnation, f"a vote was to be sent that was not saved: {copies}"


@pytest.mark.parametrize("point", ["before-save", "between-slots", "after-save", "before-send", "after-send"])
def test_killed_at_a_point_of_voting(point):
    random = seeded("test_killed_at_a_point_of_voting")
    kills, torn_votes = count(50, 8), 0
    with Cluster(3, **FAST) as cluster:
        cluster.start()
        cluster.wait_for_leader()
        for _ in range(kills):
            victim = random.choice(cluster.members)
            victim.kill()
            # Opening the store writes it anew, too
            opened = max(copy.sequence for copy in victim.keep_votes()) + 1
            # At a random one of its first votes; the first save of a life is not yet one
            passing = random.randint(1, 3) if point.endswith("send") else random.randint(2, 6)
            victim.start(ZELECT_KILL_AT=f"{point}:{passing}")
            copies = resign_until_dead(cluster, victim)
            check_copies(point, copies, opened, passing)
            torn_votes += copies[0].vote != copies[1].vote or copies[0].term != copies[1].term
            victim.start()
            victim.wait_until_started()
            # It took up the newer copy
            told = [event["term"] for event in victim.life.events("ENTER_FOLLOWER")]
            assert not told or told[0] >= copies[0].term, f"term {told[0]} after {copies[0].term} was saved"
        cluster.wait_for_leader()
        cluster.judge()
        elections = len(cluster.terms())
        assert len(cluster.feed.claims()) >= elections / 2, "the outsider missed too much to be a witness"
    note(f"figure: killed at {point}: {kills} times in {elections} elections"
         + (f", {torn_votes} of them with a term or vote in one copy alone" if point == "between-slots" else ""))


def kill_at_random(cluster, random, kills):
    for _ in range(kills):
        time.sleep(random.random() * 0.12)
        alive = cluster.alive()
        victims = random.sample(alive, min(len(alive), random.choice([1, 1, 1, 1, 1, 1, 1, 2, 2, len(alive)])))
        # Now and then it is the leader's turn
        if random.random() < 0.5:
            victims = list({*victims, *cluster.leaders()})
        for victim in victims:
            victim.kill()
        for victim in victims:
            time.sleep(random.random() * 0.04)
            victim.start()


@pytest.mark.parametrize("size, kills", [(3, 350), (5, 150)])
def test_killed_at_random_moments(size, kills):
    random = seeded("test_killed_at_random_moments")
    rounds = count(kills, kills // 6)
    with Cluster(size, **FAST) as cluster:
        cluster.start()
        cluster.wait_for_leader()
        kill_at_random(cluster, random, rounds)
        cluster.wait_for_leader()
        for member in cluster.members:
            member.kill()
        cluster.judge()
        lives, elections = len(cluster.lives()), len(cluster.terms())
        heard = {term for term, _ in cluster.feed.claims()}
        assert elections >= 2 and heard, "nothing was elected"
        for member in cluster.members:
            assert len(member.votes) == len(member.lives), f"{member} lost its record"
    note(f"figure: {size} nodes, killed at random: {lives} processes died in {elections} elections, of which"
         f" outsiders heard {len(heard)}")


def test_the_record_is_what_the_outsider_heard():
    """The store of the dead leader holds its own vote of its last term, in both copies."""
    random = seeded("test_the_record")
    with Cluster(3, **FAST) as cluster:
        cluster.start()
        for _ in range(count(20, 3)):
            leader = cluster.wait_for_leader()
            time.sleep(random.random() * 0.05)
            leader.kill()
            led = [event["term"] for event in leader.life.events("ENTER_LEADER")]
            copies = votes.read(leader.store)
            assert copies[0] == copies[1] and copies[0].term >= led[-1], (copies, led)
            if copies[0].term == led[-1]:
                assert copies[0].vote == leader.name and copies[0].incarnation
            leader.start()
            leader.wait_until_started()
