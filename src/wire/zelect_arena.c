/*  =========================================================================
    zelect_arena - a purse of fixed size for protobuf-c to spend

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_arena.h"

#include <assert.h>
#include <string.h>

//  Before each block stands its size, in a slot that keeps the alignment.
#define SLOT_SIZE alignof (max_align_t)

static void *
s_alloc (void *arena, size_t size)
{
    zelect_arena_t *self = arena;
    size_t room = ZELECT_ARENA_SIZE - self->used;
    if (room < 2 * SLOT_SIZE || size > room - 2 * SLOT_SIZE)
        return NULL;
    memcpy (self->bytes + self->used, &size, sizeof size);
    void *block = self->bytes + self->used + SLOT_SIZE;
    self->used += SLOT_SIZE + (size + SLOT_SIZE - 1) / SLOT_SIZE * SLOT_SIZE;
    return block;
}

static void
s_free (void *arena, void *block)
{
    (void) arena;
    (void) block;
}

void
zelect_arena_init (zelect_arena_t *self)
{
    assert (self);
    self->allocator = (ProtobufCAllocator){s_alloc, s_free, self};
    self->used = 0;
}

size_t
zelect_arena_block_size (const zelect_arena_t *self, const void *block)
{
    assert (self);
    uintptr_t offset = (uintptr_t) block - (uintptr_t) self->bytes;
    if (offset < SLOT_SIZE || offset >= self->used)
        return 0;
    size_t size;
    memcpy (&size, self->bytes + offset - SLOT_SIZE, sizeof size);
    return size;
}
