"""test_verdict.py - the verdict on a long run passes a good history and complains about a doctored one

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import random

import pytest

import verdict
from cuts import Cuts
from history import Deed, History, Life
from machine import MS

NAMES = ["n1", "n2", "n3", "n4", "n5"]
S = 1000 * MS
LEFT = 10 * S       # When the first leader, n1, was left
END = 1800 * S


def life(who, term, start_ns, end_ns, left=True):
    events = [{"name": "ENTER_LEADER", "term": term, "time_ns": start_ns}]
    if left:
        events.append({"name": "LEAVE_LEADER", "term": term, "time_ns": end_ns})
    return Life(who, events, [(start_ns, end_ns, term)], 1000, end_ns)


def state(term, node, role="leader"):
    return {"term": term, "node": node, "incarnation": int(node[1:]), "role": role}


def history(*deeds, standstills=(), waits=(), gauges=None, lives=(), feed=(state(1, "n1"), state(2, "n2"))):
    own = [life("n1#1", 1, 1 * S, LEFT), life("n2#1", 2, LEFT + 300 * MS, END, left=False)]
    return History(NAMES, 250 * MS, (0, END), [*own, *lives], feed, deeds, standstills, waits, gauges)


def links(leader, others, ways=(1, 1)):
    return [(leader, other) for other in others if ways[0]] + [(other, leader) for other in others if ways[1]]


def deed(member="n1", since_ns=LEFT - 100 * MS, until_ns=None, **what):
    return Deed("a deed", member, since_ns, since_ns, until_ns, **what)


@pytest.mark.parametrize("what, cause", [
    ([], "needless"),
    ([deed(halts=True)], "done to it"),
    ([deed(told=True)], "done to it"),
    ([deed(links=links("n1", ["n2", "n3", "n4"]))], "done to it"),
    ([deed(links=links("n1", ["n2", "n3", "n4"], (1, 0)))], "done to it"),
    ([deed(links=links("n1", ["n2", "n3", "n4"], (0, 1)))], "done to it"),
    # It had its majority still
    ([deed(links=links("n1", ["n2", "n3"]))], "needless"),
    ([deed("n2", halts=True), deed("n3", halts=True)], "needless"),
    ([deed("n2", halts=True), deed("n3", links=links("n3", NAMES[3:]))], "needless"),
    ([deed("n2", links=links("n2", NAMES[2:]))], "needless"),
    # It had not, though nothing was done to it
    ([deed("n2", halts=True), deed("n3", halts=True), deed("n4", halts=True)], "no majority was well"),
    # What was over long before is no excuse, nor what came afterwards
    ([deed(since_ns=LEFT - 5 * S, until_ns=LEFT - 4 * S, halts=True)], "needless"),
    ([deed(since_ns=LEFT - 5 * S, until_ns=LEFT - 1 * S, halts=True)], "needless"),
    ([deed(since_ns=LEFT - 5 * S, until_ns=LEFT - 200 * MS, halts=True)], "done to it"),
    ([deed(name, since_ns=LEFT - 5 * S, until_ns=LEFT - 1 * S, halts=True) for name in NAMES[2:]],
     "no majority was well"),
    ([deed(since_ns=LEFT - 5 * S, until_ns=LEFT - 1 * S, links=links("n1", NAMES[1:]))], "done to it"),
    ([deed(since_ns=LEFT + 1, halts=True)], "needless"),
    # A member that comes back is no excuse for the others
    ([deed("n5", since_ns=LEFT - 2 * S, until_ns=LEFT - 10 * MS, halts=True)], "needless"),
])
def test_needless(what, cause):
    known = history(*what)
    (change, _), = verdict.changes(known)
    assert change.cause == cause and change.leadership.term == 1 and change.following.who == "n2#1"
    assert bool(verdict.needless(known)) == (cause == "needless")
    assert any(f"{cause} 1" in line for line in verdict.figures(known))


@pytest.mark.parametrize("standstills, excused", [
    ([(LEFT - 200 * MS, 130 * MS, 0)], True), ([(LEFT - 400 * MS, 65 * MS, 1), (LEFT - 200 * MS, 65 * MS, 0)], True),
    ([(LEFT - 200 * MS, 60 * MS, 0)], False), ([(LEFT - 60 * MS, 300 * MS, 0)], False),
    ([(LEFT - 3 * S, 1 * S, 0)], False)])
def test_only_a_standstill_of_the_machine_excuses(standstills, excused):
    assert bool(verdict.needless(history(standstills=standstills))) != excused


def starving(member, *lengths_ms):
    return [(member, "a thread", LEFT - 250 * MS + number * 20 * MS, length_ms * MS)
            for number, length_ms in enumerate(lengths_ms)]


@pytest.mark.parametrize("waits, excused", [
    (starving("n1", 130), True), (starving("n1", 60), False), (starving("n1", 20, 20, 20, 20, 20, 20, 20), True),
    ([("n1", f"thread {number}", LEFT - 100 * MS, 20 * MS) for number in range(9)], False),
    # Two of four are enough
    (starving("n2", 200) + starving("n3", 200), False),
    (starving("n2", 200) + starving("n3", 200) + starving("n4", 130), True),
    (starving("n1", 70) + starving("n2", 200) + starving("n3", 200) + starving("n4", 40, 40), True)])
def test_only_starvation_of_the_majority_excuses(waits, excused):
    assert bool(verdict.needless(history(waits=waits))) != excused


def test_the_time_of_a_failover_counts_from_the_deed():
    (change, done), = verdict.changes(history(deed(halts=True)))
    assert change.took_ms == 400 and done.member == "n1"


def test_who_led_before_it_was_killed_has_left():
    known = history(deed("n2", since_ns=END - S, halts=True), lives=[life("n4#1", 3, END + 1, END + S)])
    assert [change.cause for change, _ in verdict.changes(known)] == ["needless", "done to it"]


@pytest.mark.parametrize("lives, feed", [
    ([life("n3#1", 2, 20 * S, 21 * S)], []),                    # Within the leadership of n2, in its term
    ([life("n3#1", 3, 20 * S, 21 * S)], []),                    # ... in a later one
    ([life("n3#1", 1, END + S, END + 2 * S)], []),              # An earlier term, later
    ([], [state(2, "n4", "leader_elect")])])
def test_unsafe(lives, feed):
    assert not verdict.unsafe(history())
    assert verdict.unsafe(history(lives=lives, feed=feed))


def rows(slope, noise, column, since=0, until=60):
    """Sixty rows of half a minute."""
    chance = random.Random(1)
    weights = [(1000 + chance.uniform(-noise, noise) + (slope * number if column == 1 else 0),
                30 + (slope * number if column == 2 else 0)) for number in range(61)]
    return [(number * 30 * S, *weights[number]) for number in range(since, until + 1)]


@pytest.mark.parametrize("slope, column, is_flat", [
    (0, 1, True), (2, 1, True), (8, 1, False), (-8, 1, True), (1 / 30, 2, False), (0, 2, True)])
def test_growing(slope, column, is_flat):
    assert bool(verdict.growing(history(gauges={"n1#1": rows(slope, 50, column)}))) != is_flat


def test_only_who_lived_through_the_run_is_weighed():
    known = history(gauges={"n2#1": rows(90, 0, 1, since=30), "n3#1": rows(90, 0, 1, until=30)})
    assert not verdict.weights(known)
    # What grows while it starts is not held against it
    steep = [(time_ns, 100 * min(time_ns // (30 * S), 10), 30) for time_ns, _, _ in rows(0, 0, 1)]
    assert verdict.weights(history(gauges={"n1#1": steep})) and not verdict.growing(history(gauges={"n1#1": steep}))


def test_an_outsider_that_hears_too_little_is_no_witness():
    assert not verdict.complaints(history(deed(halts=True)))
    assert verdict.complaints(history(deed(halts=True), feed=[state(1, "n1")])) == [
        "outsiders heard of 1 of 2 terms that were led"]


def test_what_is_cut_together_is_cut_in_one_place():
    both = [(1, other) for other in range(2, 6)] + [(other, 1) for other in range(2, 6)]
    assert {place[0] for place in Cuts.place(both).values()} == {1}
    assert Cuts.place([(2, 3)]) == {(2, 3): (3, "INPUT", 2)}
    assert Cuts.place([(1, 2), (1, 3)]) == {(1, 2): (1, "OUTPUT", 2), (1, 3): (1, "OUTPUT", 3)}


def test_the_last_deed_is_what_did_it():
    deeds = [Deed("ill", "n1", LEFT - 400 * MS, LEFT - 400 * MS, LEFT - 300 * MS, told=True),
             Deed("cut off", "n1", LEFT - 190 * MS, LEFT - 180 * MS, None, links("n1", NAMES[1:])),
             Deed("killed", "n5", LEFT - 100 * MS, LEFT - 100 * MS, None, halts=True)]
    (_, done), = verdict.changes(history(*deeds))
    assert done.kind == "cut off"
