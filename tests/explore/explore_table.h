/*  =========================================================================
    explore_table - which states were seen, and which are to be explored next

    Of a state seen only 64 bits are kept, and where they stand tells some 25
    more. Two states that agree in all of them are taken for one; the chance of
    that is printed with each result.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_TABLE_H_INCLUDED
#define EXPLORE_TABLE_H_INCLUDED

#include "explore_state.h"

#define EXPLORE_NO_PARENT UINT32_MAX

typedef struct {
    uint64_t *stored;
    uint32_t *parents;    //  NULL: not kept
    uint64_t mask;        //  Its size less one: a power of two
    uint64_t count;
    uint64_t probes;    //  How far entries stand from their place, in all
} explore_table_t;

//  --------------------------------------------------------------------------
//  A table for 2^bits states.

void explore_table_init (explore_table_t *self, unsigned bits, bool has_parents);
void explore_table_free (explore_table_t *self);
void explore_table_clear (explore_table_t *self);

//  --------------------------------------------------------------------------
//  Where a state stands. `is_new`: it was not there before, now it is.

uint32_t
explore_table_add (explore_table_t *self, explore_print_t print, uint32_t parent, bool *is_new);
bool explore_table_has (const explore_table_t *self, explore_print_t print);
bool explore_table_is_full (const explore_table_t *self);

//  --------------------------------------------------------------------------
//  It will soon be asked for.

void explore_table_prefetch (const explore_table_t *self, explore_print_t print);

//  --------------------------------------------------------------------------
//  The expected number of states that were taken for others.

double explore_table_missed (const explore_table_t *self);

//  States that wait, first in, first out.

typedef struct explore_chunk_s explore_chunk_t;

typedef struct {
    explore_chunk_t *first, *last;
    size_t read;
    uint64_t count;
    uint64_t bytes;
    uint64_t most_bytes;
} explore_queue_t;

void explore_queue_put (explore_queue_t *self, uint32_t slot, const explore_state_t *state);
bool explore_queue_get (explore_queue_t *self, uint32_t *slot, explore_state_t *state);
void explore_queue_free (explore_queue_t *self);

#endif
