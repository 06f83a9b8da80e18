"""test_store.py - a store that cannot be trusted is refused in so many words, and a better copy is taken

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import shutil

import pytest

import votes
from cluster import Cluster

FAST = {"heartbeat_ms": 20, "election_ms": 100}


def file_of(member):
    return member.store / "vote"


def grow(cluster, member):
    """Let a lone node lead in a few terms, so that its record is worth something; returns the term."""
    for _ in range(3):
        member.start()
        cluster.wait_for_leader()
        member.kill()
    return votes.newest(votes.read(member.store))[0]


def refusal(member):
    """Start a process that has to refuse; returns its error."""
    life = member.start()
    assert life.end() == 2, life.lines()
    failed = life.of_kind("failed")
    assert len(failed) == 1 and not life.of_kind("started") and not life.events(), life.lines()
    assert failed[0]["what"] == "start" and failed[0]["errno"], failed
    return failed[0]["error"]


def put(file, data, offset):
    with open(file, "r+b") as stream:
        stream.seek(offset)
        stream.write(data)


DAMAGE = {
    "both-copies-zeroed": lambda file: (put(file, bytes(512), 0), put(file, bytes(512), votes.OFFSET)),
    "a-bit-in-each-copy": lambda file: (put(file, b"\xff", 24), put(file, b"\xff", votes.OFFSET + 24)),
    "empty": lambda file: os.truncate(file, 0),
    "cut-in-the-first-copy": lambda file: os.truncate(file, 300),
    "random": lambda file: file.write_bytes(os.urandom(8192)),
    "text": lambda file: file.write_text("term = 3\n"),
    "a-directory": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_store_is_refused_not_begun_anew(damage):
    with Cluster(1, **FAST) as cluster:
        grow(cluster, cluster[1])
        DAMAGE[damage](file_of(cluster[1]))
        error = refusal(cluster[1])
        assert str(cluster[1].store) in error, error
        # And once more: the refusal itself repaired nothing and made nothing
        assert refusal(cluster[1]) == error
        cluster[1].votes.clear()


def half_written(file, term):
    """As if the machine had stopped in the middle of writing the first copy of a later record."""
    put(file, votes.pack(99, term + 1, "x", "n1", "n1", 5)[:300], 0)


COPIES = {
    "first-torn": half_written,
    "first-rotten": lambda file, term: put(file, b"\xff\xff", 100),
    "second-rotten": lambda file, term: put(file, b"\xff\xff", votes.OFFSET + 100),
    "first-zeroed": lambda file, term: put(file, bytes(512), 0),
    "second-cut-off": lambda file, term: os.truncate(file, votes.OFFSET),
}


@pytest.mark.parametrize("damage", COPIES)
def test_the_good_copy_is_taken_and_both_are_written_anew(damage):
    with Cluster(1, **FAST) as cluster:
        only = cluster[1]
        term = grow(cluster, only)
        COPIES[damage](file_of(only), term)
        only.start()
        assert cluster.wait_for_leader() is only
        assert only.life.events("ENTER_LEADER")[0]["term"] == term + 1
        log = (cluster.directory / f"{only.name}.{len(only.lives)}.log").read_text()
        assert " W " in log and str(only.store) in log, f"the damage was not told: {log}"
        first, second = votes.read(only.store)
        assert first and first == second


def test_the_newer_of_two_good_copies_is_taken():
    with Cluster(1, **FAST) as cluster:
        only = cluster[1]
        grow(cluster, only)
        old = votes.read(only.store)[0]
        put(file_of(only), votes.pack(old.sequence + 1, old.term + 5, cluster.name, "n1", "", 0,
                                      old.promise_ns, old.floor, old.boots), 0)
        only.start()
        cluster.wait_for_leader()
        assert only.life.events("ENTER_LEADER")[0]["term"] == old.term + 6


def test_copies_further_apart_than_one_save_are_refused():
    with Cluster(1, **FAST) as cluster:
        only = cluster[1]
        grow(cluster, only)
        old = votes.read(only.store)[0]
        put(file_of(only), votes.pack(old.sequence + 2, old.term + 5, cluster.name, "n1", "", 0,
                                      old.promise_ns, old.floor, old.boots), 0)
        assert str(only.store) in refusal(only)


@pytest.mark.parametrize("whose", ["another-node", "another-cluster"])
def test_a_foreign_store_is_refused(whose):
    with Cluster(2, **FAST) as cluster, Cluster(2, **FAST) as other:
        for each in (cluster, other):
            each.start()
            each.wait_for_leader()
            each[1].kill()
        owner = cluster[2] if whose == "another-node" else other[1]
        cluster[1].votes.clear()
        shutil.rmtree(cluster[1].store)
        shutil.copytree(owner.store, cluster[1].store)
        error = refusal(cluster[1])
        foreign = "n2" if whose == "another-node" else other.name
        assert f"'{foreign}'" in error and str(cluster[1].store) in error, error


def test_the_same_store_opened_twice_is_refused():
    with Cluster(1, **FAST) as cluster, Cluster(1, **FAST) as other:
        first, second = cluster[1], other[1]
        first.start()
        cluster.wait_for_leader()
        # The same node of the same cluster, with the same store, at other ports
        other.name, second.store = cluster.name, first.store
        error = refusal(second)
        assert str(first.store) in error and "in use" in error, error
        assert first.life.leads() and cluster.hold(3) is None, "the second process disturbed the first"
        first.kill()
        second.start()
        second.wait_until_started()


def test_a_record_that_vanished_is_not_forgotten_silently():
    """Without `create` a store without a record makes the node say so, and stand aside until it has heard the
    others, so that it cannot vote twice in a term that it forgot (R16, R17)."""
    with Cluster(3, **FAST) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        victim = next(member for member in cluster.members if member is not leader)
        victim.kill()
        shutil.rmtree(victim.store)
        victim.votes.clear()
        victim.start()
        victim.wait_until_started()
        cluster.wait_for_leader()
        errors = victim.life.events("ERROR")
        log = (cluster.directory / f"{victim.name}.2.log").read_text()
        assert any("record" in event["text"] for event in errors) and " W " in log, (errors, log)
        cluster.expect_elections(1)

