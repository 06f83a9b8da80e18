/*  =========================================================================
    zelect_field - is this a possible value of a field?

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_field.h"

#include <assert.h>
#include <string.h>

//  The wire's enumerations are the core's, moved up by one.
#define X(name, text)                                                                              \
    _Static_assert((int) ZELECT__V1__ROLE__ROLE_##name == (int) ZELECT_ROLE_##name + 1, text);
ZELECT_ROLE_MAP (X)
#undef X

#define X(name, text)                                                                              \
    _Static_assert((int) ZELECT__V1__REASON__REASON_##name == (int) ZELECT_REASON_##name + 1, text);
ZELECT_REASON_MAP (X)
#undef X

//  --------------------------------------------------------------------------
//  Texts

//  The length of the UTF-8 sequence that begins here, if it is a well-formed
//  one of a character that may be printed; else 0. `text` ends with a zero,
//  which no sequence contains, so nothing behind it is read.

static size_t
s_character_size (const uint8_t *text)
{
    if (text [0] < 0x80)
        return text [0] >= 0x20 && text [0] != 0x7f;
    size_t size = text [0] >= 0xf0 ? 4 : text [0] >= 0xe0 ? 3 : 2;
    uint32_t code = text [0] & (0x7fu >> size);
    for (size_t byte = 1; byte < size; byte++) {
        if ((text [byte] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text [byte] & 0x3fu);
    }
    static const uint32_t least [] = {0, 0, 0xa0, 0x800, 0x10000};
    bool is_surrogate = code >= 0xd800 && code < 0xe000;
    bool is_character = text [0] >= 0xc2 && text [0] < 0xf5;
    return is_character && code >= least [size] && code < 0x110000 && !is_surrogate ? size : 0;
}

//  One line of tags: what is printable, and a "=" that is not the first.

static size_t
s_tag_size (const char *text)
{
    size_t size = 0;
    bool has_key = false;
    while (text [size] && text [size] != '\n') {
        size_t step = s_character_size ((const uint8_t *) text + size);
        if (step == 0)
            return 0;
        has_key = has_key || text [size] == '=';
        size += step;
    }
    return has_key && text [0] != '=' ? size : 0;
}

bool
zelect_wire_are_tags (const char *text)
{
    assert (text);
    if (strlen (text) > ZELECT_TAGS_MAX)
        return false;
    while (*text) {
        size_t size = s_tag_size (text);
        if (size == 0)
            return false;
        text += size;
        text += *text == '\n';
    }
    return true;
}

bool
zelect_wire_is_endpoint (const char *text)
{
    assert (text);
    size_t size = 0;
    while (text [size] > ' ' && text [size] < 0x7f)
        size++;
    return size > 0 && size <= ZELECT_ENDPOINT_MAX && text [size] == 0;
}

//  protobuf-c asks for the length of a string and one more; if the string
//  ends before that, it has a zero byte inside.

static bool
s_is_whole (const zelect_arena_t *arena, const char *text)
{
    size_t size = zelect_arena_block_size (arena, text);
    return size == 0 ? *text == 0 : strlen (text) + 1 == size;
}

bool
zelect_field_name (const zelect_arena_t *arena, const char *text, char *copy)
{
    if (!s_is_whole (arena, text) || (*text && !zelect_members_is_name (text)))
        return false;
    memcpy (copy, text, strlen (text) + 1);
    return true;
}

bool
zelect_field_endpoint (const zelect_arena_t *arena, const char *text, char *copy)
{
    if (!s_is_whole (arena, text) || (*text && !zelect_wire_is_endpoint (text)))
        return false;
    memcpy (copy, text, strlen (text) + 1);
    return true;
}

bool
zelect_field_tags (const zelect_arena_t *arena, const char *text, char *copy)
{
    if (!s_is_whole (arena, text) || !zelect_wire_are_tags (text))
        return false;
    memcpy (copy, text, strlen (text) + 1);
    return true;
}

//  --------------------------------------------------------------------------
//  Numbers

bool
zelect_field_member (const zelect_members_t *members, const char *name, uint8_t *index)
{
    *index = members ? zelect_members_find (members, name) : ZELECT_NOBODY;
    return !members || *name == 0 || *index != ZELECT_NOBODY;
}

bool
zelect_field_term (uint64_t term, uint64_t *copy)
{
    *copy = term;
    return term > 0 && term < ZELECT_TERM_MAX;
}

bool
zelect_field_span (uint64_t span_ns, uint64_t *copy)
{
    *copy = span_ns;
    return span_ns <= ZELECT_PROMISE_MAX;
}

bool
zelect_field_priority (uint32_t priority, uint8_t *copy)
{
    *copy = (uint8_t) priority;
    return priority <= UINT8_MAX;
}

bool
zelect_field_ranking (ProtobufCBinaryData bytes, uint8_t count, zelect_message_t *message)
{
    if (bytes.len > count)
        return false;
    uint64_t seen = 0;
    for (size_t rank = 0; rank < bytes.len; rank++) {
        uint8_t index = bytes.data [rank];
        if (index >= count || (seen >> index & 1))
            return false;
        seen |= UINT64_C (1) << index;
        message->ranking [rank] = index;
    }
    message->rank_count = (uint8_t) bytes.len;
    return true;
}

//  --------------------------------------------------------------------------
//  Words

bool
zelect_field_role (Zelect__V1__Role role, uint8_t *copy)
{
    *copy = (uint8_t) ((int) role - 1);
    return (int) role >= 1 && (int) role <= ZELECT_ROLES;
}

bool
zelect_field_reason (Zelect__V1__Reason reason, uint8_t *copy)
{
    *copy = (uint8_t) ((int) reason - 1);
    return (int) reason >= 1 && (int) reason <= ZELECT_REASONS;
}

Zelect__V1__Role
zelect_field_wire_role (uint8_t role)
{
    assert (role < ZELECT_ROLES);
    return (Zelect__V1__Role) (role + 1);
}

Zelect__V1__Reason
zelect_field_wire_reason (uint8_t reason)
{
    assert (reason < ZELECT_REASONS);
    return (Zelect__V1__Reason) (reason + 1);
}

//  --------------------------------------------------------------------------
//  For packing

char *
zelect_field_text (const char *text)
{
    return (char *) (uintptr_t) text;
}

ProtobufCBinaryData
zelect_field_bytes (const zelect_message_t *message)
{
    assert (message->rank_count <= ZELECT_MEMBERS_MAX);
    return (ProtobufCBinaryData){message->rank_count, (uint8_t *) (uintptr_t) message->ranking};
}
