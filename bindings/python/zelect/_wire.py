"""zelect - bytes to messages of the feed.

The schema is read from zelect.binpb (a FileDescriptorSet) when it is first needed, so that any
protobuf from 3.20 on will do and no generated code goes stale. Every limit on input is checked
here, as in src/wire of the C library.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import errno
import functools
import os
import re
import sys
from dataclasses import dataclass
from typing import Any, Iterator, Optional, Tuple, Union

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory
from google.protobuf.descriptor import FieldDescriptor

from ._types import Error, Member, Reason, Role, _Value

VERSION = 1
PAYLOAD_SIZE_MAX = 4096
TERM_END = 1 << 63
LEASE_NS_MAX = 3600 * 10**9
ENDPOINT_MAX = 255
TAGS_MAX = 512
MEMBERS_MAX = 64

_NAME = r"[A-Za-z0-9._-]{1,63}"
_is_name = re.compile(_NAME).fullmatch
_is_topic = re.compile(rf"zelect/({_NAME})/(state|heartbeat)/({_NAME})".encode()).fullmatch
_is_endpoint = re.compile(rf"[!-~]{{1,{ENDPOINT_MAX}}}").fullmatch
_is_tag = re.compile(r"([^=\x00-\x1f\x7f-\x9f]+)=([^\x00-\x1f\x7f-\x9f]*)").fullmatch

# How types of fields travel, if not as numbers
_WIRE_TYPES = {FieldDescriptor.TYPE_FIXED64: 1, FieldDescriptor.TYPE_STRING: 2,
               FieldDescriptor.TYPE_BYTES: 2, FieldDescriptor.TYPE_MESSAGE: 2}
_NO_MESSAGE = "the payload is no message"


class Reject(Exception):
    """What came is no message of this cluster's feed."""


@dataclass(frozen=True)
class Heartbeat(_Value):
    """A leader or a leader-elect is alive in its term."""

    __slots__ = ("name", "incarnation", "sequence", "term")
    name: str
    incarnation: int
    sequence: int
    term: int


@dataclass(frozen=True)
class Release(_Value):
    """A node leads no more in `released_term`."""

    __slots__ = ("name", "incarnation", "sequence", "term", "released_term")
    name: str
    incarnation: int
    sequence: int
    term: int
    released_term: int


Message = Union[Member, Heartbeat, Release]


def is_name(text: str) -> bool:
    """True if the text names a cluster or a node."""
    return _is_name(text) is not None


def topic(cluster: str, kind: str) -> bytes:
    """What to subscribe to for all messages of a kind, "state" or "heartbeat"."""
    return f"zelect/{cluster}/{kind}/".encode()


# ---- The schema --------------------------------------------------------------------------------


def _schema_paths() -> Iterator[str]:
    given = os.environ.get("ZELECT_BINPB")
    if given:
        yield given
    yield os.path.join(os.path.dirname(os.path.abspath(__file__)), "zelect.binpb")
    for prefix in (sys.prefix, "/usr/local", "/usr"):
        yield os.path.join(prefix, "share", "zelect", "zelect.binpb")


def schema_path() -> str:
    """Where zelect.binpb is: $ZELECT_BINPB, in the package, or in share/zelect of a prefix."""
    paths = list(dict.fromkeys(_schema_paths()))
    for path in paths:
        if os.path.isfile(path):
            return path
    raise Error(errno.ENOENT, "zelect.binpb is in none of " + ", ".join(paths)
                + "; install zelect, or set ZELECT_BINPB to the file in its build directory")


@functools.lru_cache(maxsize=None)
def schema() -> Any:
    """The class of zelect.v1.FeedMessage."""
    pool = descriptor_pool.DescriptorPool()
    with open(schema_path(), "rb") as file:
        for part in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
            pool.Add(part)
    get = getattr(message_factory, "GetMessageClass", None)
    get = get or message_factory.MessageFactory(pool).GetPrototype
    return get(pool.FindMessageTypeByName("zelect.v1.FeedMessage"))


# ---- Form --------------------------------------------------------------------------------------


def _number(data: bytes, at: int, most: int) -> Tuple[int, int]:
    """A number of `most` bytes at most, and where it ends."""
    value = 0
    for count in range(most):
        byte = data[at + count]
        value |= (byte & 0x7f) << 7 * count
        if byte < 0x80 and value < 1 << 64:
            return value, at + count + 1
    raise Reject(_NO_MESSAGE)


def _value(data: bytes, at: int, wire_type: int) -> Tuple[int, int]:
    """Where a value begins and ends."""
    if wire_type == 0:
        return at, _number(data, at, 10)[1]
    if wire_type == 2:
        size, at = _number(data, at, 5)
        return at, at + size
    if wire_type in (1, 5):
        return at, at + (8 if wire_type == 1 else 4)
    raise Reject(_NO_MESSAGE)


def _check_form(data: bytes, descriptor: Any) -> None:
    """Parsers do not agree on what is odd, so none of it is let in (S11)."""
    at = 0
    seen = set()
    while at < len(data):
        key, at = _number(data, at, 5)
        start, at = _value(data, at, key & 7)
        if not 8 <= key < 1 << 32 or at > len(data):
            raise Reject(_NO_MESSAGE)
        field = descriptor.fields_by_number.get(key >> 3)
        if field is None:
            continue
        mark = 0 if field.message_type else field.number    # of bodies there is one
        if mark in seen or _WIRE_TYPES.get(field.type, 0) != key & 7:
            raise Reject(_NO_MESSAGE)
        seen.add(mark)
        if field.message_type:
            _check_form(data[start:at], field.message_type)


# ---- Decoding ----------------------------------------------------------------------------------


def _check(is_possible: object, field: str) -> None:
    if not is_possible:
        raise Reject(f"{field} has an impossible value")


def _optional(text: str, is_possible: Any, field: str) -> Optional[str]:
    _check(text == "" or is_possible(text), field)
    return text or None


def _tags(text: str) -> Tuple[Tuple[str, str], ...]:
    _check(len(text.encode()) <= TAGS_MAX, "tags")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    pairs = []
    for line in lines:
        match = _is_tag(line)
        if match is None:
            raise Reject("tags has an impossible value")
        pairs.append((match.group(1), match.group(2)))
    return tuple(pairs)


def _source(body: Any) -> None:
    _check(body.incarnation, "incarnation")
    _check(body.sequence, "sequence")


def _state(cluster: str, name: str, body: Any) -> Member:
    _source(body)
    _check(body.cluster == cluster, "cluster")
    _check(body.node == name, "node")
    _check(1 <= body.role <= max(Role), "role")
    _check(1 <= body.reason <= max(Reason), "reason")
    _check(body.term < TERM_END, "term")
    _check(body.priority <= 255, "priority")
    _check(body.lease_ns <= LEASE_NS_MAX, "lease_ns")
    return Member(
        name, body.incarnation, body.sequence, Role(body.role), body.term,
        _optional(body.leader, _is_name, "leader"),
        _optional(body.leader_endpoint, _is_endpoint, "leader_endpoint"),
        Reason(body.reason), body.priority, body.voter, body.healthy, body.lease_ns,
        body.wall_ms, _tags(body.tags))


def _heartbeat(name: str, body: Any) -> Heartbeat:
    _source(body)
    _check(0 < body.term < TERM_END, "term")
    ranking = body.ranking
    _check(len(set(ranking)) == len(ranking) and all(i < MEMBERS_MAX for i in ranking), "ranking")
    return Heartbeat(name, body.incarnation, body.sequence, body.term)


def _release(name: str, body: Any) -> Release:
    _source(body)
    _check(0 < body.term < TERM_END, "term")
    _check(0 < body.released_term < TERM_END, "released_term")
    _optional(body.heir, _is_name, "heir")
    return Release(name, body.incarnation, body.sequence, body.term, body.released_term)


def decode(cluster: str, topic_frame: bytes, payload: bytes) -> Message:
    """The message in two frames; raises Reject if it is none of this cluster's feed."""
    if not 0 < len(payload) <= PAYLOAD_SIZE_MAX:
        raise Reject("the payload is empty or too big")
    match = _is_topic(topic_frame)
    if match is None:
        raise Reject("the topic is none of the feed's")
    if match.group(1) != cluster.encode():
        raise Reject("the message is of another cluster")
    frame = schema()()
    try:
        _check_form(payload, frame.DESCRIPTOR)
        frame.MergeFromString(payload)
    except (IndexError, message.DecodeError, UnicodeDecodeError) as error:
        raise Reject(_NO_MESSAGE) from error
    if frame.version != VERSION:
        raise Reject("the message is of another protocol version")
    kind, name, body = match.group(2), match.group(3).decode(), frame.WhichOneof("body")
    if kind == b"state" and body == "state":
        return _state(cluster, name, frame.state)
    if kind == b"heartbeat" and body == "heartbeat":
        return _heartbeat(name, frame.heartbeat)
    if kind == b"heartbeat" and body == "release":
        return _release(name, frame.release)
    raise Reject("the message is not one of its topic")
