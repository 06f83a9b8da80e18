/*  =========================================================================
    explore_state - a whole cluster in some hundred bytes

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_slice.h"
#include <stddef.h>
#include <string.h>

#define NODES EXPLORE_NODES

_Static_assert(sizeof (explore_node_t) % 2 == 0, "a node is padded");
_Static_assert(offsetof (explore_state_t, reserved) % 2 == 1, "a state is padded");

//  ----  Renaming  ------------------------------------------------------------

//  to [node]: its new number; NOBODY stays NOBODY
typedef uint8_t order_t [8];

static uint16_t
s_record (uint16_t record, const order_t to)
{
    return (uint16_t) ((record & ~0x38u) | (unsigned) to [explore_vote (record)] << 3);
}

static uint8_t
s_mask (unsigned mask, const order_t to)
{
    unsigned renamed = mask & 128;
    for (unsigned node = 0; node < NODES; node++)
        renamed |= (mask >> node & 1) << to [node];
    return (uint8_t) renamed;
}

static void
s_rename_node (explore_node_t *self, const explore_node_t *old, const order_t to)
{
    *self = *old;
    self->wanted = s_record (old->wanted, to);
    self->saved = s_record (old->saved, to);
    self->saving = s_record (old->saving, to);
    self->disk = s_record (old->disk, to);
    self->writing = s_record (old->writing, to);
    self->promise_leader = to [old->promise_leader];
    self->hint = to [old->hint];
    self->first = to [old->first];
    self->heir_of = to [old->heir_of];
    self->grant = to [old->grant];
    self->granted = s_mask (old->granted, to);
    self->answered = s_mask (old->answered, to);
    for (unsigned node = 0; node < NODES; node++) {
        self->acked [to [node]] = old->acked [node];
        self->released [to [node]] = old->released [node];
        self->dead [to [node]] = old->dead [node];
        self->kept [to [node]] = old->kept [node];
    }
}

static void
s_rename_messages (explore_state_t *self, const explore_state_t *old, const order_t to)
{
    for (unsigned node = 0; node < NODES; node++) {
        unsigned name = to [node];
        memcpy (self->prevotes [name], old->prevotes [node], 2);
        memcpy (self->votes [name], old->votes [node], 2);
        memcpy (self->acks [name], old->acks [node], EXPLORE_TERMS);
        for (unsigned other = 0; other < NODES; other++) {
            unsigned friend = to [other];
            memcpy (self->prevoted [name][friend], old->prevoted [node][other], 2);
            memcpy (self->voted [name][friend], old->voted [node][other], 2);
            memcpy (self->replies [name][friend], old->replies [node][other], 2);
        }
    }
}

static void
s_rename (explore_state_t *self, const explore_state_t *old, const order_t to)
{
    *self = *old;
    for (unsigned node = 0; node < NODES; node++)
        s_rename_node (&self->nodes [to [node]], &old->nodes [node], to);
    s_rename_messages (self, old, to);
    for (unsigned term = 1; term < EXPLORE_TERMS; term++) {
        unsigned led = old->led [term];
        if (led)
            self->led [term] = (uint8_t) (2u + 2u * to [(led - 2) / 2] + (led & 1));
        self->releases [term] = s_mask (old->releases [term], to);
    }
}

//  ----  The one order  -------------------------------------------------------

static uint64_t
s_mix (uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C (0x9fb21c651e98df25);
    return hash ^ hash >> 32;
}

//  0: nobody, 1: itself, 2: another

static unsigned
s_relation (unsigned node, unsigned other)
{
    return other == EXPLORE_NOBODY ? 0 : other == node ? 1 : 2;
}

//  What can be said of a node without naming any other. Nodes that differ in it
//  need not be tried in both orders.

static uint64_t
s_signature (const explore_state_t *state, unsigned index)
{
    const explore_node_t *node = &state->nodes [index];
    uint64_t hash = 1;
    const uint16_t records [] = {node->wanted, node->saved, node->disk, node->writing};
    for (unsigned count = 0; count < 4; count++)
        hash = s_mix (hash, (records [count] & ~0x38u)
                                | s_relation (index, explore_vote (records [count])) << 16);
    hash = s_mix (hash, node->flags | (uint64_t) node->role << 8 | (uint64_t) node->timers << 16
                            | (uint64_t) node->hold << 24 | (uint64_t) node->expiry << 32
                            | (uint64_t) node->lease << 40 | (uint64_t) node->cell << 48
                            | (uint64_t) node->is_volatile << 56);
    hash = s_mix (hash, node->promise_term | (uint64_t) node->promise_round << 8
                            | (uint64_t) node->bound_term << 16 | (uint64_t) node->bound_round << 24
                            | (uint64_t) node->skipped << 32 | (uint64_t) node->bound_left << 40
                            | (uint64_t) node->owed << 48 | (uint64_t) node->round << 56);
    hash = s_mix (hash, state->prevotes [index][0] | (uint64_t) state->prevotes [index][1] << 8
                            | (uint64_t) state->votes [index][0] << 16
                            | (uint64_t) state->votes [index][1] << 24
                            | (uint64_t) node->has_crashed << 32 | (uint64_t) node->is_down << 40);
    uint64_t acks;
    memcpy (&acks, state->acks [index], sizeof acks);
    hash = s_mix (hash, acks);
    //  Sums over the others name none of them
    uint64_t given = 0, got = 0;
    for (unsigned other = 0; other < NODES; other++) {
        for (unsigned inc = 0; inc < 2; inc++) {
            given += (uint64_t) state->voted [index][other][inc] << (8 * inc)
                     | (uint64_t) state->prevoted [index][other][inc] << (32 + 8 * inc);
            got += (uint64_t) state->voted [other][index][inc] << (8 * inc)
                   | (uint64_t) state->prevoted [other][index][inc] << (32 + 8 * inc);
        }
    }
    return s_mix (s_mix (hash, given), got);
}

typedef struct {
    const explore_state_t *old;
    explore_state_t best;
    uint64_t signatures [NODES];
    order_t to;
    unsigned taken;
    bool has_best;
} ordering_t;

//  Fill place after place with one of the nodes that have the next signature.

static void
s_order (ordering_t *self, unsigned place)
{
    if (place == NODES) {
        explore_state_t candidate;
        s_rename (&candidate, self->old, self->to);
        if (!self->has_best || memcmp (&candidate, &self->best, sizeof candidate) < 0)
            self->best = candidate;
        self->has_best = true;
        return;
    }
    uint64_t least = UINT64_MAX;
    for (unsigned node = 0; node < NODES; node++)
        if (!explore_has (self->taken, node) && self->signatures [node] < least)
            least = self->signatures [node];
    for (unsigned node = 0; node < NODES; node++) {
        if (explore_has (self->taken, node) || self->signatures [node] != least)
            continue;
        self->to [node] = (uint8_t) place;
        self->taken |= 1u << node;
        s_order (self, place + 1);
        self->taken &= ~(1u << node);
    }
}

//  Whether the nodes stand in the order of their signatures, without a tie.

static bool
s_is_ordered (const uint64_t signatures [NODES])
{
    for (unsigned node = 1; node < NODES; node++)
        if (signatures [node - 1] >= signatures [node])
            return false;
    return true;
}

void
explore_canonical (explore_state_t *self)
{
    ordering_t ordering;
    for (unsigned node = 0; node < NODES; node++)
        ordering.signatures [node] = s_signature (self, node) >> 1;
    if (s_is_ordered (ordering.signatures))
        return;
    for (unsigned node = 0; node < 8; node++)
        ordering.to [node] = (uint8_t) node;
    ordering.old = self;
    ordering.taken = 0;
    ordering.has_best = false;
    s_order (&ordering, 0);
    *self = ordering.best;
}

//  ----  Crashes  -------------------------------------------------------------

static uint16_t
s_forget (uint16_t record, unsigned node)
{
    return explore_vote (record) == node ? (uint16_t) (record & ~0x40u) : record;
}

static void
s_age_seen (explore_node_t *self, unsigned node)
{
    self->wanted = s_forget (self->wanted, node);
    self->saved = s_forget (self->saved, node);
    self->saving = s_forget (self->saving, node);
    self->disk = s_forget (self->disk, node);
    self->writing = s_forget (self->writing, node);
    self->kept [node] &= (uint8_t) ~32u;
    //  The proof was of one that is no longer told from the one that died now
    self->dead [node] = 0;
}

static void
s_age_mask (uint8_t masks [2])
{
    masks [EXPLORE_OLD] |= masks [EXPLORE_NOW];
    masks [EXPLORE_NOW] = 0;
}

void
explore_age (explore_state_t *self, unsigned node)
{
    for (unsigned other = 0; other < NODES; other++) {
        explore_node_t *seen = &self->nodes [other];
        unsigned term = seen->promise_term;
        if (term && explore_leader (self, term) == node)
            seen->promise_inc = EXPLORE_OLD;
        s_age_seen (seen, node);
        s_age_mask (self->prevoted [other][node]);
        s_age_mask (self->voted [other][node]);
        memset (self->replies [other][node], 0, 2);
    }
    s_age_mask (self->prevotes [node]);
    s_age_mask (self->votes [node]);
    for (unsigned term = 1; term < EXPLORE_TERMS; term++)
        if (self->led [term] && explore_leader (self, term) == node)
            self->led [term] &= (uint8_t) ~1u;
}

//  ----  Bytes  ---------------------------------------------------------------

//  Two sums of products, each of two words with a key of their own (NH, of Black,
//  Halevi, Krawczyk, Krovetz and Rogaway's UMAC, 1999): two that differ agree in
//  one of the sums with a chance of 2^-64, the keys being random.

__extension__ typedef unsigned __int128 sum_t;

#define KEYS (sizeof (explore_state_t) / 8 + 8)

static uint64_t s_keys [KEYS];

//  Source: splitmix64 (Steele, Lea, Flood 2014), from the digits of pi.

static void
s_make_keys (void)
{
    uint64_t seed = UINT64_C (0x243f6a8885a308d3);
    for (unsigned index = 0; index < KEYS; index++) {
        seed += UINT64_C (0x9e3779b97f4a7c15);
        uint64_t word = (seed ^ seed >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
        word = (word ^ word >> 27) * UINT64_C (0x94d049bb133111eb);
        s_keys [index] = word ^ word >> 31;
    }
}

static void
s_add_words (sum_t sums [2], const uint8_t bytes [16], const uint64_t *keys)
{
    uint64_t one, two;
    memcpy (&one, bytes, 8);
    memcpy (&two, bytes + 8, 8);
    sums [0] += (sum_t) (one + keys [0]) * (two + keys [1]);
    sums [1] += (sum_t) (one + keys [2]) * (two + keys [3]);
}

explore_print_t
explore_hash (const void *bytes, size_t size)
{
    const uint8_t *all = bytes;
    sum_t sums [2] = {0, 0};
    if (!s_keys [0])
        s_make_keys ();
    size_t at = 0;
    for (; at + 16 <= size; at += 16)
        s_add_words (sums, all + at, s_keys + at / 8);
    uint8_t rest [16] = {0};
    memcpy (rest, all + at, size - at);
    s_add_words (sums, rest, s_keys + at / 8);
    uint64_t low = (uint64_t) sums [0], high = (uint64_t) (sums [0] >> 64);
    uint64_t low2 = (uint64_t) sums [1], high2 = (uint64_t) (sums [1] >> 64);
    return (explore_print_t){
        .stored = s_mix (s_mix (s_mix (s_mix (1, low), high), low2), high2),
        .place = s_mix (s_mix (s_mix (s_mix (2, high2), low2), high), low),
    };
}

explore_print_t
explore_print (const explore_state_t *self)
{
    explore_print_t print = explore_hash (self, sizeof *self);
    if (!print.stored)
        print.stored = 1;
    return print;
}

//  Which bytes of a word are not zero, as a mask.

static unsigned
s_used (uint64_t word)
{
    const uint64_t low = UINT64_C (0x7f7f7f7f7f7f7f7f);
    uint64_t used = (((word & low) + low) | word) & ~low;
    return (unsigned) ((used >> 7) * UINT64_C (0x0102040810204080) >> 56);
}

size_t
explore_pack (const explore_state_t *self, uint8_t *bytes)
{
    const uint8_t *all = (const uint8_t *) self;
    size_t size = (sizeof *self + 7) / 8;
    for (size_t at = 0; at < sizeof *self; at += 8) {
        uint64_t word = 0;
        memcpy (&word, all + at, sizeof *self - at < 8 ? sizeof *self - at : 8);
        unsigned used = s_used (word);
        bytes [at / 8] = (uint8_t) used;
        for (; used; used &= used - 1)
            bytes [size++] = all [at + (unsigned) __builtin_ctz (used)];
    }
    return size;
}

size_t
explore_unpack (explore_state_t *self, const uint8_t *bytes)
{
    uint8_t *all = (uint8_t *) self;
    size_t size = (sizeof *self + 7) / 8;
    memset (self, 0, sizeof *self);
    for (size_t at = 0; at < sizeof *self; at += 8)
        for (unsigned used = bytes [at / 8]; used; used &= used - 1)
            all [at + (unsigned) __builtin_ctz (used)] = bytes [size++];
    return size;
}
