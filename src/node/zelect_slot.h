/*  =========================================================================
    zelect_slot - one copy of the vote record, as bytes

    A slot is a sealed envelope: on it stand the cluster and the node it
    belongs to and a running number, in it lies the record, and the seal is a
    digest over all of it. This class only packs and unpacks; zelect_store
    knows where envelopes lie and which of two counts.

    The layout (numbers little-endian, names padded with zeros, the rest zero):

        0    magic "ZELVOTE\n"
        8    format, 32 bits: 1
        12   size of a slot, 32 bits: 512
        16   sequence number
        24   term, vote's incarnation, promise (ns), floor, boot count
        64   cluster (64)
        128  node (64)
        192  vote (64); empty: nobody
        492  SHA-1 of the 492 bytes before it

    A slot is one sector, so that a drive writes it whole or not at all. The
    magic, the format and the place of the digest stay in later formats: that
    tells a newer record from a damaged one. The digest is CZMQ's zdigest: it
    is linked anyway, and 160 bits leave no damage unseen, which 32 bits of a
    CRC would once in four thousand million times. It does not keep forgers
    out: who can write to the file can compute it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_SLOT_H_INCLUDED
#define ZELECT_SLOT_H_INCLUDED

#include "zelect_types.h"

#define ZELECT_SLOT_SIZE 512
#define ZELECT_SLOT_FORMAT 1

//  What a node has to keep over a restart, with names instead of indexes, so
//  that a vote for an id that left the membership survives too. See
//  zelect_record_t of the core for the rules behind it.

typedef struct {
    uint64_t term;
    uint64_t vote_incarnation;
    uint64_t promise_ns;
    uint64_t floor;
    uint64_t boot_count;            //  How often the store was opened; it counts itself
    char vote [ZELECT_ID_MAX + 1];    //  Empty: nobody
} zelect_store_record_t;

typedef struct {
    uint64_t seq;
    zelect_store_record_t record;
    char cluster [ZELECT_ID_MAX + 1];
    char node [ZELECT_ID_MAX + 1];
} zelect_slot_t;

typedef enum {
    ZELECT_SLOT_GOOD,
    ZELECT_SLOT_DAMAGED,    //  Torn, rotten, zeroed, impossible, or something else altogether
    ZELECT_SLOT_NEWER       //  Sound, of a format that this version does not know
} zelect_slot_state_t;

//  --------------------------------------------------------------------------
//  Write the slot as bytes, sealed.

void zelect_slot_pack (const zelect_slot_t *self, uint8_t bytes [ZELECT_SLOT_SIZE]);

//  --------------------------------------------------------------------------
//  Read a slot from bytes. Unless the answer is GOOD, `self` is all zeros.

zelect_slot_state_t zelect_slot_unpack (zelect_slot_t *self,
                                        const uint8_t bytes [ZELECT_SLOT_SIZE]);

#endif
