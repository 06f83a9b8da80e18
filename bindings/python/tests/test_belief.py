"""The rule of observers, by the vectors that every language has to pass.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import json
import os
import random

import pytest
from conftest import ROOT, pack, pack_state

from zelect import Role, _wire
from zelect._belief import NEVER, Belief

VECTORS = sorted((ROOT / "tests" / "observer" / "vectors").glob("*.json"))
MS = 10**6
START = 3600000 * MS    # vectors' times count from here


def test_there_are_vectors():
    assert len(VECTORS) >= 25


def frames(cluster, step):
    """Topic and payload of a step, or None if only time passes."""
    if "payload" in step:
        return step["topic"].encode(), bytes.fromhex(step["payload"])
    if "state" in step:
        fields = dict(step["state"])
        node = fields.pop("node")
        fields["lease_ns"] = fields.pop("lease_ms") * MS
        fields["role"] = Role[fields["role"].upper()]
        return _wire.topic(cluster, "state") + node.encode(), pack_state(cluster, node, **fields)
    for kind in "heartbeat", "release":
        if kind in step:
            fields = dict(step[kind])
            node = fields.pop("node")
            return _wire.topic(cluster, "heartbeat") + node.encode(), pack(kind, **fields)
    return None


def answers(belief, now, changed):
    """All that an expectation may name."""
    leader = belief.leader_at(now)

    def as_ms(time):
        return None if time == NEVER else (time - START) / MS
    return {
        "changed": changed,
        "leader": leader.name if leader else None,
        "endpoint": leader.endpoint if leader else None,
        "term": belief.term_at(now),
        "node": belief.changed.name if belief.changed else None,
        "role": str(belief.changed.role) if belief.changed else None,
        "missed": belief.missed,
        "rejected": belief.rejected,
        "deadline": as_ms(belief.deadline(now)),
        "ask": as_ms(belief.ask_at(now)),
    }


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector(path):
    vector = json.loads(path.read_text(encoding="utf-8"))
    belief = Belief(vector["cluster"])
    assert vector["steps"]
    for number, step in enumerate(vector["steps"], 1):
        now = START + step["at"] * MS
        expected = {"missed": belief.missed, "rejected": belief.rejected, **step["expect"]}
        assert {"changed", "leader", "term"} <= set(expected)
        message = frames(vector["cluster"], step)
        changed = belief.take(now, *message) if message else belief.look(now)
        actual = answers(belief, now, changed)
        assert {key: actual[key] for key in expected} == expected, f"step {number}"


def test_patience():
    """B9: patience lies in 3/4 to 1 of the lease, and an ask puts the next off."""
    for patience in range(256):
        belief = Belief("orders", patience + 256)
        payload = pack_state("orders", "n2", term=3, leader="n1", lease_ns=1024 * MS)
        assert belief.take(START, b"zelect/orders/state/n2", payload)
        at = START + (768 + patience) * MS
        assert belief.ask_at(START) == at
        belief.asked(at)
        assert belief.ask_at(at) == at + (768 + patience) * MS


def test_missed_is_bounded():
    """B3: absurd numbers do not make the count grow for ever."""
    belief = Belief("orders")
    for node in "n1", "n2":
        for sequence in 1, (1 << 64) - 1:
            payload = pack_state("orders", node, sequence=sequence)
            assert belief.take(START, b"zelect/orders/state/" + node.encode(), payload)
    assert belief.missed == (1 << 64) - 1


def test_random_bytes():
    """B1: whatever the bytes, the belief survives and counts."""
    seed = int(os.environ.get("ZELECT_SEED") or random.SystemRandom().getrandbits(32))
    print(f"ZELECT_SEED={seed}")
    source = random.Random(seed)
    belief = Belief("orders")
    for turn in range(20000):
        payload = b"\x08\x01" + bytes(source.getrandbits(8) for _ in range(source.randrange(40)))
        kind = ("state", "heartbeat")[turn % 2]
        belief.take(START, _wire.topic("orders", kind) + b"n1", payload)
    assert belief.rejected > 18000
    assert belief.leader_at(START) is None
