"""oracle - the feed as Python decodes it, for the fuzz targets to compare with

What C and Python have to agree on is written as one line of bytes by both (fuzz_feed.c,
fuzz_belief.c).

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

from zelect import _belief, _wire

_observer = None


def decode(topic, payload):
    """All fields of a message; nothing if it is rejected."""
    try:
        message = _wire.decode("orders", topic, payload)
    except _wire.Reject:
        return b""
    head = f"{message.name} {message.incarnation} {message.sequence} {message.term}"
    if isinstance(message, _wire.Heartbeat):
        return f"heartbeat {head}".encode()
    if isinstance(message, _wire.Release):
        return f"release {head} {message.released_term}".encode()
    tags = "".join(f"{name}={value};" for name, value in message.tags)
    return (f"state {head} {message.role:d} {message.reason:d} [{message.leader or ''}] "
            f"[{message.leader_endpoint or ''}] {message.priority} {message.voter:d} {message.healthy:d} "
            f"{message.lease_ns} {message.wall_ms} [{tags}]").encode()


def begin(patience):
    """A belief that has heard nothing, with room for 8 nodes."""
    global _observer
    _belief.SOURCES_MAX = 8
    _observer = _belief.Belief("orders", patience)


def _answers(now, changed):
    leader = _observer.leader_at(now)
    member = _observer.changed
    return (f"{changed:d} [{leader.name if leader else ''}] [{leader and leader.endpoint or ''}] "
            f"{_observer.term_at(now)} [{member.name if member else ''}] {member.role if member else 0:d} "
            f"{_observer.missed} {_observer.rejected} {_observer.deadline(now)} {_observer.ask_at(now)}").encode()


def take(now, topic, payload):
    """A message."""
    return _answers(now, _observer.take(now, topic, payload))


def look(now):
    """Time has passed."""
    return _answers(now, _observer.look(now))


def asked(now):
    """The states were asked for."""
    _observer.asked(now)
    return _answers(now, False)
