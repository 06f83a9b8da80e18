/*  =========================================================================
    zelect_field - is this a possible value of a field?

    The checks that RPCs and feed messages share; private to the wire. Where a
    check says no, its copy means nothing.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_FIELD_H_INCLUDED
#define ZELECT_FIELD_H_INCLUDED

#include "zelect.pb-c.h"
#include "zelect_arena.h"
#include "zelect_wire.h"

//  --------------------------------------------------------------------------
//  Copy a text that came out of the arena, without a zero byte inside: an
//  optional name into ZELECT_ID_MAX + 1 bytes, an optional endpoint into
//  ZELECT_ENDPOINT_MAX + 1, tags into ZELECT_TAGS_MAX + 1. True if possible.

bool zelect_field_name (const zelect_arena_t *arena, const char *text, char *copy);
bool zelect_field_endpoint (const zelect_arena_t *arena, const char *text, char *copy);
bool zelect_field_tags (const zelect_arena_t *arena, const char *text, char *copy);

//  --------------------------------------------------------------------------
//  The index of an optional name; NOBODY for "". False if it is no member. An
//  observer has no table (NULL) and gets NOBODY.

bool zelect_field_member (const zelect_members_t *members, const char *name, uint8_t *index);

//  --------------------------------------------------------------------------
//  A term that somebody campaigned or led in: 1 to 2^63 - 1.

bool zelect_field_term (uint64_t term, uint64_t *copy);

//  --------------------------------------------------------------------------
//  A length of time, at most ZELECT_PROMISE_MAX; a priority.

bool zelect_field_span (uint64_t span_ns, uint64_t *copy);
bool zelect_field_priority (uint32_t priority, uint8_t *copy);

//  --------------------------------------------------------------------------
//  Member indexes below `count`, none twice, into ranking and rank_count.

bool zelect_field_ranking (ProtobufCBinaryData bytes, uint8_t count, zelect_message_t *message);

//  --------------------------------------------------------------------------
//  Roles and reasons; on the wire 0 is "unspecified", which is impossible.

bool zelect_field_role (Zelect__V1__Role role, uint8_t *copy);
bool zelect_field_reason (Zelect__V1__Reason reason, uint8_t *copy);
Zelect__V1__Role zelect_field_wire_role (uint8_t role);
Zelect__V1__Reason zelect_field_wire_reason (uint8_t reason);

//  --------------------------------------------------------------------------
//  For packing: protobuf-c's structs lack a const, though packing only reads.

char *zelect_field_text (const char *text);
ProtobufCBinaryData zelect_field_bytes (const zelect_message_t *message);

#endif
