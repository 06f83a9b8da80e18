#!/usr/bin/python3
"""seeds.py FOLDER - make the first inputs of the fuzz targets, a folder each

From the golden bytes of tests/wire and from texts that stand here. What libFuzzer has found since
lies in the corpus, beside these; names are hashes of the contents.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of
the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
GOLDEN = {path.stem: path.read_bytes() for path in (TESTS / "wire" / "golden").glob("*.bin")}
VECTORS = sorted((TESTS / "observer" / "vectors").glob("*.json"))
TOPICS = {"feed_heartbeat": b"zelect/orders/heartbeat/n2", "feed_release": b"zelect/orders/heartbeat/n2",
          "feed_state": b"zelect/orders/state/n2"}


def wire():
    """The door, for the feed the size of the topic, the bytes."""
    for name, data in GOLDEN.items():
        if name in TOPICS:
            topic = TOPICS[name]
            for door in 2, 3:
                yield bytes([door, len(topic)]) + topic + data
        else:
            yield b"\x00" + data
    yield b"\x01" + GOLDEN["rpc_state_reply"]


WAIT, TICK, NEXT, SAVED, MESSAGE, ANSWER, CONSENT, REIGN, COMMAND, DIED, STALLED, RESTART = range(12)
ORDERS = 13
HEARTBEAT, RELEASE, VOTE, PREVOTE = 4, 6, 2, 0


def order(kind, who=0, a=0, b=0, c=0, d=0, message=0):
    return struct.pack("<BBBBHH", kind + ORDERS * message, who, a, b, c, d)


def core():
    """Settings and record, then orders: an election, and what may come after it."""
    lead = [order(SAVED)] + 2 * [order(NEXT)] + 3 * [order(CONSENT)]
    beat = order(MESSAGE, who=1, a=3, b=0x90, message=HEARTBEAT)
    ends = [3 * [order(NEXT), order(CONSENT)], [order(COMMAND)], [order(COMMAND, a=1, b=1)],
            [order(COMMAND, a=2)], [order(COMMAND, a=3)], 4 * [order(NEXT)],
            [order(RESTART, b=1), order(SAVED), order(NEXT)],
            [order(MESSAGE, who=1, a=4, message=VOTE), order(SAVED), order(CONSENT)],
            [beat, order(SAVED), order(DIED, a=1), order(NEXT), order(CONSENT)],
            [beat, order(SAVED), order(MESSAGE, who=1, a=3, b=4, message=RELEASE), order(NEXT)],
            [beat, order(SAVED), order(MESSAGE, who=2, a=4, message=PREVOTE), order(NEXT)],
            [order(SAVED, b=15), order(NEXT)], [order(STALLED)],
            2 * [order(NEXT)] + [order(ANSWER, who=1, a=1, b=0x30)] + 12 * [order(NEXT)],
            2 * [order(REIGN, c=80), order(REIGN, a=0xfc, c=9), order(REIGN, c=9)]]
    for shape in 0, 2, 4, 10:
        for flags in 0x80, 0x89, 0x86:
            head = struct.pack("<BBBBHHBBHBH", shape, 0, flags, 99, 99, 200, 3, 0, 0, 0, 7)
            for end in ends:
                yield head.ljust(16, b"\0") + b"".join(lead + end)
                yield head.ljust(16, b"\0") + b"".join([order(SAVED)] + end)


def slot(seq, term, vote=b"", cluster=b"orders", node=b"n1", layout=1, promise=500000000, floor=0):
    """Without its seal, which the target makes."""
    return (b"ZELVOTE\n" + struct.pack("<IIQQQQQQ", layout, 512, seq, term, 17 if vote else 0, promise,
                                       floor, 3) + cluster.ljust(64, b"\0") + node.ljust(64, b"\0")
            + vote.ljust(64, b"\0"))


def store():
    """How the file is made, one slot or two, what is saved."""
    good = slot(9, 5, b"n2")
    saves = [b"", b"\x03\x00\x00\x43\x01\x02", b"\x40\x00\x00\x80\x00\x00", b"\x10\x00\x00\x03\x00\x00"]
    for how in range(0, 256, 2):
        yield bytes([how]) + good + (b"" if how & 0x38 else slot(10, 6)) + saves[how // 2 % 4]
    for other in (slot(9, 6), slot(12, 6), slot(10, 6, cluster=b"other"), slot(10, 6, node=b"n2"),
                  slot(10, 1 << 63), slot(10, 6, layout=2), slot(10, 6, layout=0), bytes(256)):
        for how in 2, 4, 6:
            yield bytes([how]) + good + other
            yield bytes([how]) + other + good
    for size in 0, 1, 511, 512, 4096, 4607, 4608, 8192:
        yield b"\x01" + good[:size].ljust(size, b"\0")


SETTINGS = """\
node
    name = n1
    store = /var/lib/zelect/orders
    priority = 50
    create = 1
    tags
        zone = "a b"   # where
        rack = \'7\'
cluster = orders
    member = n1
        endpoint = tcp://10.0.0.1:5680
        feed = tcp://10.0.0.1:5690
    member = n2
        endpoint = tcp://[fd00::1]:5680
    member = n3
        endpoint = ipc:///run/orders/n3
        voter = 0
timing
    heartbeat = 50 ms
    election = 1 s
    drift = 10
    watchdog = 100
"""
LINES = """\
node/name=n1
cluster=orders
+n1=tcp://10.0.0.1:5680
+n2=tcp://db2.example:5680
cluster/member/n2/feed=tcp://db2.example:5690
cluster/member/n2/voter=0
node/bind=tcp://*:5680
node/feed=tcp://0.0.0.0:5681
node/volatile=1
node/tags/zone=a
timing/election=700 ms
"""
ENDPOINTS = ["tcp://10.0.0.1:5680", "tcp://*:5680", "tcp://[::1]:5680", "tcp://[fe80::1%eth0]:1",
             "tcp://Host_1.example:65535", "tcp://0.0.0.0:1", "ipc:///run/orders/n1", "inproc://x"]


def config():
    """The door, the text."""
    lines = SETTINGS.splitlines(keepends=True)
    for text in [SETTINGS, SETTINGS.replace("\n", "\r\n"), "", "\n", "# nothing\n"]:
        yield b"\0" + text.encode()
    for number in range(len(lines)):
        yield b"\0" + "".join(lines[:number] + lines[number + 1:]).encode()
    for bad in "nodes\n", "node\n     name = n1\n", "node\n\tname = n1\n", "node = 1\n", "x = \"a\n":
        yield b"\0" + bad.encode()
    for number in range(11):
        yield b"\1" + "".join(LINES.splitlines(keepends=True)[:number + 1]).encode()
    for one in ENDPOINTS:
        for other in ENDPOINTS:
            yield b"\2" + f"{one}\n{other}".encode()


def feed():
    """The topic, the payload."""
    for name, topic in TOPICS.items():
        data = GOLDEN[name]
        yield bytes(["state" not in name]) + data
        yield bytes([2, len(topic)]) + topic + data
    for path in VECTORS:
        for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
            if "payload" in step:
                topic = step["topic"].encode()
                yield bytes([2, len(topic)]) + topic + bytes.fromhex(step["payload"])


STATE, BEAT, RELEASED, CROWD, ASKED, LOOKED = 0, 3, 5, 6, 7, 8


def said(kind, node=0, life=0, sequence=1, term=1, role=0, leader=0, pause=1, detail=0, how=0):
    return bytes([kind, node, life, sequence, term, role, leader, 3, pause, 24, detail, how])


def belief():
    """The patience, then what is said."""
    lead = said(STATE, 1, role=4, leader=1, detail=1)
    follow = said(STATE, 2, leader=1, detail=1)
    ends = [said(BEAT, 1), said(RELEASED, 1, sequence=2, detail=1), said(LOOKED, pause=60), said(ASKED),
            said(STATE, 1, life=1, role=4, leader=1), said(STATE, 2, term=2, role=4, sequence=2, leader=2),
            said(CROWD, detail=11, how=1), said(STATE, 2, sequence=5, leader=1), said(BEAT, 2, term=3)]
    for one in ends:
        yield b"\0" + lead + follow + one
        for other in ends:
            yield b"\x80" + lead + one + follow + other + said(LOOKED, pause=255)


TARGETS = [wire, core, store, config, feed, belief]


def main(folder):
    for target in TARGETS:
        place = Path(folder) / target.__name__
        place.mkdir(parents=True, exist_ok=True)
        for data in target():
            (place / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
