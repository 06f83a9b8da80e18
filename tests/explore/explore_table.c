/*  =========================================================================
    explore_table - which states were seen, and which are to be explored next

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_table.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK ((size_t) 1 << 20)

struct explore_chunk_s {
    explore_chunk_t *next;
    size_t used;
    uint8_t bytes [CHUNK];
};

//  Zeros, in huge pages if there are any: half of the time went by on looking up
//  pages.

static void *
s_map (size_t size)
{
    void *bytes = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert (bytes != MAP_FAILED);
    madvise (bytes, size, MADV_HUGEPAGE);
    return bytes;
}

void
explore_table_init (explore_table_t *self, unsigned bits, bool has_parents)
{
    memset (self, 0, sizeof *self);
    size_t size = (size_t) 1 << bits;
    self->mask = size - 1;
    self->stored = s_map (size * sizeof *self->stored);
    if (has_parents)
        self->parents = s_map (size * sizeof *self->parents);
}

void
explore_table_free (explore_table_t *self)
{
    munmap (self->stored, (self->mask + 1) * sizeof *self->stored);
    if (self->parents)
        munmap (self->parents, (self->mask + 1) * sizeof *self->parents);
    memset (self, 0, sizeof *self);
}

//  For tables without parents

void
explore_table_clear (explore_table_t *self)
{
    memset (self->stored, 0, (self->mask + 1) * sizeof *self->stored);
    self->count = self->probes = 0;
}

//  Where it is, or the free place where it would be

static uint64_t
s_find (const explore_table_t *self, explore_print_t print)
{
    uint64_t slot = print.place & self->mask;
    while (self->stored [slot] && self->stored [slot] != print.stored)
        slot = (slot + 1) & self->mask;
    return slot;
}

uint32_t
explore_table_add (explore_table_t *self, explore_print_t print, uint32_t parent, bool *is_new)
{
    uint64_t slot = s_find (self, print);
    *is_new = !self->stored [slot];
    if (*is_new) {
        self->stored [slot] = print.stored;
        if (self->parents)
            self->parents [slot] = parent;
        self->count++;
        self->probes += (slot - print.place) & self->mask;
    }
    return (uint32_t) slot;
}

bool
explore_table_has (const explore_table_t *self, explore_print_t print)
{
    return self->stored [s_find (self, print)] != 0;
}

void
explore_table_prefetch (const explore_table_t *self, explore_print_t print)
{
    __builtin_prefetch (&self->stored [print.place & self->mask]);
}

bool
explore_table_is_full (const explore_table_t *self)
{
    return self->count > self->mask / 8 * 7;
}

//  Each pair of states agrees in the stored bits with a chance of 2^-64, and
//  meets only if their places are as near as the longest walks: a hundred times
//  the mean is more than enough.

double
explore_table_missed (const explore_table_t *self)
{
    double count = (double) self->count;
    double mean = count > 0 ? 1 + (double) self->probes / count : 1;
    return count * count / 2 / 18446744073709551616.0 * 100 * mean / ((double) self->mask + 1);
}

//  ----  Queue  ---------------------------------------------------------------

void
explore_queue_put (explore_queue_t *self, uint32_t slot, const explore_state_t *state)
{
    if (!self->last || self->last->used + EXPLORE_PACKED + sizeof slot > CHUNK) {
        explore_chunk_t *chunk = malloc (sizeof *chunk);
        assert (chunk);
        chunk->next = NULL;
        chunk->used = 0;
        if (self->last)
            self->last->next = chunk;
        else
            self->first = chunk;
        self->last = chunk;
        self->bytes += sizeof *chunk;
        if (self->bytes > self->most_bytes)
            self->most_bytes = self->bytes;
    }
    uint8_t *bytes = self->last->bytes + self->last->used;
    memcpy (bytes, &slot, sizeof slot);
    self->last->used += sizeof slot + explore_pack (state, bytes + sizeof slot);
    self->count++;
}

static void
s_drop_first (explore_queue_t *self)
{
    explore_chunk_t *chunk = self->first;
    self->first = chunk->next;
    if (!self->first)
        self->last = NULL;
    self->read = 0;
    self->bytes -= sizeof *chunk;
    free (chunk);
}

bool
explore_queue_get (explore_queue_t *self, uint32_t *slot, explore_state_t *state)
{
    while (self->first && self->read == self->first->used)
        s_drop_first (self);
    if (!self->first)
        return false;
    const uint8_t *bytes = self->first->bytes + self->read;
    memcpy (slot, bytes, sizeof *slot);
    self->read += sizeof *slot + explore_unpack (state, bytes + sizeof *slot);
    self->count--;
    return true;
}

void
explore_queue_free (explore_queue_t *self)
{
    while (self->first)
        s_drop_first (self);
}
