#!/usr/bin/python3
"""check_schema - the installed schema, seen with another implementation's eyes

The descriptor set (ZELECT_BINPB) must parse every frozen message of golden/
without an unknown field and give back the same bytes, and must keep the rules
that stand at the head of zelect.proto.

This Source Code Form is subject to the terms of the Mozilla Public
License, v. 2.0. If a copy of the MPL was not distributed with this file,
You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import pathlib
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

GOLDEN = pathlib.Path(__file__).parent / "golden"
FIELD = descriptor_pb2.FieldDescriptorProto

#   What src/wire/zelect_form.c knows how to tell from the bytes; and it notes the
#   fields that it has seen in 64 bits, bit 0 standing for all messages.
FORM_TYPES = (FIELD.TYPE_UINT64, FIELD.TYPE_UINT32, FIELD.TYPE_INT64, FIELD.TYPE_INT32, FIELD.TYPE_SINT64,
              FIELD.TYPE_SINT32, FIELD.TYPE_BOOL, FIELD.TYPE_ENUM, FIELD.TYPE_FIXED64, FIELD.TYPE_STRING,
              FIELD.TYPE_BYTES, FIELD.TYPE_MESSAGE)
FORM_FIELDS = range(1, 64)

#   What the samples say, in the words of the schema.
ENVELOPE = dict(version=1, cluster="orders", sender="n2", incarnation=0x1122334455667788, term=7)
STATE = dict(role=6, reason=20, leader="n3", leader_endpoint="tcp://10.0.0.3:5680", priority=50,
             voter=True, healthy=True, lease_ns=405_000_000, sequence=300,
             tags="rack=b\nzone=\u00e9t\u00e9")
REQUEST = 0xa1a2a3a4a5a6a7a8
BEAT = dict(round=REQUEST, boot=0xb0b1b2b3b4b5b6b7, netns=0xf0f1f2f3f4f5f6f7, ranking=b"\2\0")
SENT = dict(incarnation=0x1122334455667788, term=7)
BODIES = {
    "rpc_prevote": dict(ask_term=8, request=REQUEST),
    "rpc_prevote_reply": dict(ask_term=8, request=REQUEST, granted=True, leader="n3", floor=6),
    "rpc_vote": dict(request=REQUEST),
    "rpc_vote_reply": dict(vote_term=8, request=REQUEST, granted=True, leader="n3", floor=6,
                           election_ns=500_000_000),
    "rpc_heartbeat": BEAT,
    "rpc_heartbeat_ack": dict(round_term=8, round=REQUEST, accepted=True, promise_ns=500_000_000,
                              by_feed=True, priority=100, healthy=True, faulted=True),
    "rpc_release": dict(released_term=8, heir="n3"),
    "rpc_state": dict(request=REQUEST),
    "rpc_query": dict(request=REQUEST),
    "rpc_state_reply": dict(STATE, request=REQUEST, faulted=True, election_ns=500_000_000,
                            bound="tcp://0.0.0.0:5680", floor=6),
    "feed_heartbeat": dict(BEAT, **SENT, sequence=1000),
    "feed_release": dict(SENT, sequence=1001, released_term=8, heir="n3"),
    "feed_state": dict(STATE, **SENT, cluster="orders", node="n2", wall_ms=1795000000000),
}


def values(message):
    return {field.name: value for field, value in message.ListFields()}


def check_golden(name, classes):
    data = (GOLDEN / f"{name}.bin").read_bytes()
    kind, body_name = name.split("_", 1)
    message = classes["Rpc" if kind == "rpc" else "FeedMessage"].FromString(data)
    body = getattr(message, message.WhichOneof("body"))
    assert message.WhichOneof("body") == body_name.replace("query", "state"), name
    assert message.SerializeToString(deterministic=True) == data, f"{name}: other bytes"
    assert values(body) == BODIES[name], f"{name}: {values(body)}"
    envelope = {key: value for key, value in values(message).items()
                if key not in ("voters_digest", message.WhichOneof("body"))}
    is_plain = kind == "feed" or name == "rpc_query"
    assert envelope == (dict(version=1) if is_plain else ENVELOPE), f"{name}: {envelope}"
    if "voters_digest" in values(message):
        assert message.voters_digest == 0x4d0b74d0eae5f719, name


def check_rules(file):
    assert file.package == "zelect.v1" and file.syntax == "proto3"
    assert not file.dependency, "the schema imports something"
    for enum in file.enum_type:
        assert enum.value[0].number == 0 and enum.value[0].name.endswith("_UNSPECIFIED"), enum.name
    for message in file.message_type:
        assert not message.nested_type, f"{message.name}: a map or a nested message"
        for field in message.field:
            where = f"{message.name}.{field.name}"
            assert field.label != FIELD.LABEL_REPEATED, f"{where}: repeated"
            assert field.type in FORM_TYPES, f"{where}: of a type that zelect_form.c does not know"
            assert field.number in FORM_FIELDS, f"{where}: a number that zelect_form.c has no bit for"


def main():
    files = descriptor_pb2.FileDescriptorSet.FromString(
        pathlib.Path(os.environ["ZELECT_BINPB"]).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
        check_rules(file)
    get = getattr(message_factory, "GetMessageClass", None) \
        or message_factory.MessageFactory(pool).GetPrototype
    classes = {name: get(pool.FindMessageTypeByName(f"zelect.v1.{name}"))
               for name in ("Rpc", "FeedMessage")}
    assert {path.stem for path in GOLDEN.glob("*.bin")} == set(BODIES)
    for name in BODIES:
        check_golden(name, classes)
    print(f"{len(BODIES)} frozen messages, {len(files.file[0].message_type)} messages: in order")


if __name__ == "__main__":
    sys.exit(main())
