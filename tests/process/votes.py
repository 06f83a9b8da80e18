"""votes.py - reads a vote store from outside

Written from the layout in src/node/zelect_slot.h and shares no code with it, so that each is a check on the
other: two copies of a record of 512 bytes, at 0 and 4096, numbers little-endian, sealed with SHA-1.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import collections
import hashlib
import struct

OFFSET = 4096
SIZE = 512
SEALED = 492
LAYOUT = struct.Struct("<8sIIQQQQQQ64s64s64s")

Vote = collections.namedtuple("Vote", "sequence term incarnation promise_ns floor boots cluster node vote")


def pack(sequence, term, cluster, node, vote, incarnation, promise_ns=0, floor=0, boots=1):
    body = LAYOUT.pack(b"ZELVOTE\n", 1, SIZE, sequence, term, incarnation, promise_ns, floor, boots,
                       cluster.encode(), node.encode(), vote.encode()).ljust(SEALED, b"\0")
    return body + hashlib.sha1(body).digest()


def unpack_copy(data):
    if len(data) != SIZE or hashlib.sha1(data[:SEALED]).digest() != data[SEALED:]:
        return None
    magic, form, size, *numbers = LAYOUT.unpack_from(data)
    if magic != b"ZELVOTE\n" or form != 1 or size != SIZE:
        return None
    sequence, term, incarnation, promise_ns, floor, boots, cluster, node, vote = numbers
    return Vote(sequence, term, incarnation, promise_ns, floor, boots,
                *(name.rstrip(b"\0").decode() for name in (cluster, node, vote)))


def unpack(data):
    """Both copies; None stands for a damaged one."""
    return unpack_copy(data[:SIZE]), unpack_copy(data[OFFSET:OFFSET + SIZE])


def read(store):
    """Both copies of the store in a directory, or None if it has no record."""
    try:
        with open(f"{store}/vote", "rb") as file:
            return unpack(file.read())
    except FileNotFoundError:
        return None


def newest(copies):
    """The record that counts as (term, vote, incarnation), or None if both copies are damaged."""
    good = [copy for copy in copies if copy]
    best = max(good, key=lambda copy: copy.sequence, default=None)
    return best and (best.term, best.vote, best.incarnation)
