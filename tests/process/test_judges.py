"""test_judges.py - every judge passes a good history and complains about a doctored one

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import pytest

import judges
import machine
import votes


def event(name, term=1, time_ns=0):
    return {"name": name, "term": term, "time_ns": time_ns, "reason": "", "text": ""}


def test_two_leaders():
    good = [(1, "n1"), (1, "n1"), (2, "n2"), (4, "n1")]
    assert not judges.two_leaders(good)
    assert judges.two_leaders(good + [(2, "n3")]) == ["term 2 has 2 leaders: n2, n3"]


def test_two_lives_of_one_node_are_two_leaders():
    assert judges.two_leaders([(3, "n1#1"), (3, "n1#2")])


@pytest.mark.parametrize("start, end", [(5, 8), (0, 15), (10, 12), (20, 20), (18, 40), (25, 25), (30, 31)])
def test_overlaps(start, end):
    runs = {"n1": [(10, 20, 1), (21, 30, 2)], "n2": [(31, 40, 3)]}
    assert not judges.overlaps(runs)
    touches = not (end < 10 or start > 30)
    assert bool(judges.overlaps({"n1": runs["n1"], "n3": [(start, end, 9)]})) == touches


def test_overlap_hidden_behind_a_short_run():
    assert judges.overlaps({"n1": [(10, 90, 1)], "n2": [(20, 21, 2), (80, 81, 4)], "n3": [(50, 51, 3)]}) != []
    assert len(judges.overlaps({"n1": [(10, 90, 1)], "n2": [(20, 21, 2), (80, 81, 4)], "n3": [(50, 51, 3)]})) == 3


def test_a_run_of_one_answer_claims_no_instant():
    assert not judges.overlaps({"n1": [(10, 90, 1)], "n2": [(51, 50, 2)]})


def test_two_processes_of_one_node_overlap():
    assert judges.overlaps({"n1#1": [(10, 20, 1)], "n1#2": [(15, 30, 2)]})


def test_fencing():
    runs = {"n1": [(10, 20, 1), (50, 60, 3)], "n2": [(30, 40, 2)]}
    assert not judges.fencing(runs)
    runs["n2"].append((70, 80, 2))
    assert judges.fencing(runs) == ["n2 led in term 2 after n1 in term 3"]
    assert judges.fencing({"n1": [(10, 20, 5)], "n2": [(30, 40, 5)]})


@pytest.mark.parametrize("expected", [1, 2, 3])
def test_elections(expected):
    assert bool(judges.elections([(1, "n1"), (1, "n1"), (2, "n2")], expected)) == (expected != 2)


def test_alternation():
    good = [event("ENTER_FOLLOWER"), event("LEADER_CHANGED"), event("LEAVE_FOLLOWER"), event("ENTER_CANDIDATE"),
            event("LEAVE_CANDIDATE"), event("ENTER_LEADER"), event("QUORUM_LOST"), event("LEAVE_LEADER"),
            event("ENTER_FOLLOWER")]
    assert not judges.alternation(good)
    for lost in (0, 2, 3, 4, 5, 7):
        assert judges.alternation(good[:lost] + good[lost + 1:]), f"without {good[lost]['name']}"
    assert judges.alternation(good[:6] + [good[5]])
    assert not judges.alternation(good[:4] + [event("MISSED"), event("ENTER_LEADER"), event("LEAVE_LEADER")])


def test_rising():
    assert not judges.rising([event("ENTER_FOLLOWER", 3), event("ENTER_LEADER", 3), event("LEAVE_LEADER", 4)])
    assert judges.rising([event("ENTER_FOLLOWER", 3), event("ENTER_LEADER", 2)])


def test_late_answers():
    events = [event("ENTER_LEADER", 3, 10), event("LEAVE_LEADER", 5, 50), event("ENTER_LEADER", 6, 70)]
    assert not judges.late_answers([(12, 48, 3), (71, 90, 6)], events)
    assert judges.late_answers([(12, 51, 3)], events)


def test_records():
    good = [(1, "", 0), (1, "n1", 7), (1, "n1", 7), (4, "", 0), (5, "n2", 9)]
    assert not judges.records(good)
    assert judges.records(good + [(4, "n2", 9)])
    assert judges.records(good + [(5, "n3", 9)])
    assert judges.records(good + [(5, "n2", 8)])
    assert judges.records(good + [(5, "", 0)])


def test_quiet():
    events = [event("ENTER_LEADER", 1, 10), event("ERROR", 1, 15), event("LEAVE_LEADER", 1, 20)]
    assert not judges.quiet(events, 10, 19)
    assert judges.quiet(events, 10, 20)
    assert judges.quiet(events, 9, 19)


def test_votes_are_read_only_if_their_seal_is_whole():
    slot = votes.pack(7, 3, "orders", "n1", "n2", 99)
    good = slot + bytes(votes.OFFSET - len(slot)) + slot
    assert [copy.term for copy in votes.unpack(good)] == [3, 3]
    for place in (0, 16, 24, 64, 128, 192, 300, 511):
        bad = bytearray(good)
        bad[place] ^= 1
        assert votes.unpack(bytes(bad))[0] is None, f"byte {place}"
    assert votes.unpack(b"") == (None, None)


@pytest.mark.parametrize("standstill_ms, error, calls", [
    (200, AssertionError, machine.Pulse.ATTEMPTS), (20, AssertionError, 1), (200, machine.Unsafe, 1)])
def test_only_a_machine_that_stood_still_excuses(monkeypatch, standstill_ms, error, calls):
    pulse = machine.Pulse()
    pulse.start = lambda: None
    monkeypatch.setattr(machine, "_pulse", pulse)
    monkeypatch.setattr(machine, "note", lambda line: None)
    called = []

    @machine.steadily
    def fail():
        called.append(1)
        pulse.found.append((machine.now_ns(), standstill_ms, 0))
        raise error("it failed")

    with pytest.raises(error):
        fail()
    assert len(called) == calls
