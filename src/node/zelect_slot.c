/*  =========================================================================
    zelect_slot - one copy of the vote record, as bytes

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_slot.h"

#include <czmq.h>

#include <string.h>

#define MAGIC "ZELVOTE\n"
#define MAGIC_SIZE 8
#define NAME_SIZE (ZELECT_ID_MAX + 1)
#define DIGEST_SIZE 20
#define DIGEST_OFFSET (ZELECT_SLOT_SIZE - DIGEST_SIZE)

//  Numbers and names behind the magic: where they stand.
enum { AT_FORMAT = 8, AT_SIZE = 12, AT_SEQ = 16, AT_TERM = 24, AT_INCARNATION = 32 };
enum { AT_PROMISE = 40, AT_FLOOR = 48, AT_BOOTS = 56, AT_CLUSTER = 64, AT_NODE = 128 };
enum { AT_VOTE = 192, AT_END = 256 };

_Static_assert(AT_END <= DIGEST_OFFSET, "the fields of a slot fit before its digest");
_Static_assert(NAME_SIZE == 64, "the layout of a slot holds names of 63 bytes");


static void
s_put (uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at [i] = (uint8_t) (value >> (8 * i));
}

static uint64_t
s_number (const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t) at [i] << (8 * i);
    return value;
}

static void
s_put_name (uint8_t *at, const char *name)
{
    size_t size = strlen (name);
    assert (size < NAME_SIZE);
    memcpy (at, name, size);
}

static void
s_digest (const uint8_t *bytes, uint8_t digest [DIGEST_SIZE])
{
    zdigest_t *maker = zdigest_new ();
    zdigest_update (maker, bytes, DIGEST_OFFSET);
    assert (zdigest_size (maker) == DIGEST_SIZE);
    memcpy (digest, zdigest_data (maker), DIGEST_SIZE);
    zdigest_destroy (&maker);
}

//  --------------------------------------------------------------------------
//  Write the slot as bytes, sealed.

void
zelect_slot_pack (const zelect_slot_t *self, uint8_t bytes [ZELECT_SLOT_SIZE])
{
    assert (self);
    memset (bytes, 0, ZELECT_SLOT_SIZE);
    memcpy (bytes, MAGIC, MAGIC_SIZE);
    s_put (bytes + AT_FORMAT, ZELECT_SLOT_FORMAT, 4);
    s_put (bytes + AT_SIZE, ZELECT_SLOT_SIZE, 4);
    s_put (bytes + AT_SEQ, self->seq, 8);
    s_put (bytes + AT_TERM, self->record.term, 8);
    s_put (bytes + AT_INCARNATION, self->record.vote_incarnation, 8);
    s_put (bytes + AT_PROMISE, self->record.promise_ns, 8);
    s_put (bytes + AT_FLOOR, self->record.floor, 8);
    s_put (bytes + AT_BOOTS, self->record.boot_count, 8);
    s_put_name (bytes + AT_CLUSTER, self->cluster);
    s_put_name (bytes + AT_NODE, self->node);
    s_put_name (bytes + AT_VOTE, self->record.vote);
    s_digest (bytes, bytes + DIGEST_OFFSET);
}

//  --------------------------------------------------------------------------
//  Whether the fields are such as this format has: a seal proves that somebody
//  meant them, not that a sound program did.

static bool
s_is_possible (const uint8_t bytes [ZELECT_SLOT_SIZE])
{
    uint64_t floor = s_number (bytes + AT_FLOOR, 8);
    return s_number (bytes + AT_SIZE, 4) == ZELECT_SLOT_SIZE
           && s_number (bytes + AT_FORMAT, 4) == ZELECT_SLOT_FORMAT
           && s_number (bytes + AT_TERM, 8) < ZELECT_TERM_MAX
           && s_number (bytes + AT_PROMISE, 8) <= ZELECT_PROMISE_MAX
           && (floor < ZELECT_TERM_MAX || floor == ZELECT_FLOOR_UNSETTLED)
           && bytes [AT_CLUSTER + ZELECT_ID_MAX] == 0 && bytes [AT_NODE + ZELECT_ID_MAX] == 0
           && bytes [AT_VOTE + ZELECT_ID_MAX] == 0;
}

//  --------------------------------------------------------------------------
//  What can be said of bytes before their fields are read.

static zelect_slot_state_t
s_state (const uint8_t bytes [ZELECT_SLOT_SIZE])
{
    uint8_t digest [DIGEST_SIZE];
    s_digest (bytes, digest);
    if (memcmp (bytes, MAGIC, MAGIC_SIZE) != 0
        || memcmp (bytes + DIGEST_OFFSET, digest, DIGEST_SIZE) != 0)
        return ZELECT_SLOT_DAMAGED;
    if (s_number (bytes + AT_FORMAT, 4) > ZELECT_SLOT_FORMAT)
        return ZELECT_SLOT_NEWER;
    return s_is_possible (bytes) ? ZELECT_SLOT_GOOD : ZELECT_SLOT_DAMAGED;
}

//  --------------------------------------------------------------------------
//  Read a slot from bytes. Unless the answer is GOOD, `self` is all zeros.

zelect_slot_state_t
zelect_slot_unpack (zelect_slot_t *self, const uint8_t bytes [ZELECT_SLOT_SIZE])
{
    assert (self);
    memset (self, 0, sizeof *self);
    zelect_slot_state_t state = s_state (bytes);
    if (state != ZELECT_SLOT_GOOD)
        return state;
    self->seq = s_number (bytes + AT_SEQ, 8);
    self->record.term = s_number (bytes + AT_TERM, 8);
    self->record.vote_incarnation = s_number (bytes + AT_INCARNATION, 8);
    self->record.promise_ns = s_number (bytes + AT_PROMISE, 8);
    self->record.floor = s_number (bytes + AT_FLOOR, 8);
    self->record.boot_count = s_number (bytes + AT_BOOTS, 8);
    memcpy (self->cluster, bytes + AT_CLUSTER, NAME_SIZE);
    memcpy (self->node, bytes + AT_NODE, NAME_SIZE);
    memcpy (self->record.vote, bytes + AT_VOTE, NAME_SIZE);
    return state;
}
