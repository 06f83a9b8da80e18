/*  =========================================================================
    explore_state - a whole cluster in some hundred bytes

    What the explorer stores, compares and hashes: of each core what can make a
    difference later, of the network the set of all messages ever sent, of time
    only its order (or a few ticks, in the timed slice). There is no clock, no
    random number, no measured time in it; explore_core.c puts them in.

    The network is a monotone set: what was sent can arrive at any time later,
    any number of times, in any order, or never. Loss, duplication, reordering
    and lateness need no action of their own.

    An incarnation is OLD or NOW: at a crash, whatever names the present one of
    that node becomes OLD, together with those before. So crashes are unlimited.

    All are bytes or pairs of them, nothing is padded: equal states have equal
    bytes.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_STATE_H_INCLUDED
#define EXPLORE_STATE_H_INCLUDED

#include "zelect_core_private.h"

#define EXPLORE_NODES ZELECT_MEMBERS_MAX
#define EXPLORE_TERMS 8     //  0 to 7: a mask of terms is a byte
#define EXPLORE_ROUNDS 7    //  Rounds of a leadership that can be told apart
#define EXPLORE_NOBODY 7    //  No node, in three bits

#define EXPLORE_OLD 0    //  An incarnation that has crashed
#define EXPLORE_NOW 1    //  The one that runs

//  How far a promise has got (`hold`)
#define EXPLORE_HOLD_NONE 0
#define EXPLORE_HOLD_OVER 1     //  Its time has come; the core has not been told
#define EXPLORE_HOLD_SHORT 2    //  It lasts less than T from the last promise
#define EXPLORE_HOLD_FULL 3     //  It lasts T or more from the last promise
//  In the timed slice: 0 none, else 1 + the ticks that are left

//  How far a leadership has got (`expiry`)
#define EXPLORE_EXPIRY_NONE 0
#define EXPLORE_EXPIRY_SET 1
#define EXPLORE_EXPIRY_OVER 2

//  A lease: 0 none, else the round that it rests on; LATER if it reaches
//  further than any round allows. In the timed slice: 1 + the ticks left.
#define EXPLORE_LEASE_LATER 9

//  Timers that may run out at any time (`timers`)
#define EXPLORE_CAMPAIGN 1
#define EXPLORE_ROUND 2
#define EXPLORE_BEAT 4
#define EXPLORE_SETTLE 8
#define EXPLORE_HINT 16

//  Flags
#define EXPLORE_BUSY 1      //  The core waits for a save
#define EXPLORE_WRITES 2    //  The disk is at it
#define EXPLORE_ACK 4       //  An acknowledgement waits for the save
#define EXPLORE_FAULTED 8
#define EXPLORE_UNWELL 16
#define EXPLORE_STOPPED 32
#define EXPLORE_ASKING 64
#define EXPLORE_SETTLED 128

typedef struct {
    //  Records, in 16 bits each (explore_record): what the core wants, has
    //  saved and is saving; what the disk holds and is being given.
    uint16_t wanted, saved, saving, disk, writing;

    uint8_t flags;
    uint8_t is_volatile;
    uint8_t role;
    uint8_t timers;
    uint8_t hold;
    uint8_t expiry;
    uint8_t lease;    //  As the core has it
    uint8_t cell;     //  As the application was told

    uint8_t promise_leader;
    uint8_t promise_inc;
    uint8_t promise_term;
    uint8_t promise_round;

    uint8_t ask;        //  The term asked for
    uint8_t granted;    //  Mask of members
    uint8_t grant;      //  Whose vote waits for its save
    uint8_t owed;

    uint8_t round;    //  Of its leadership, from 1
    uint8_t acked [EXPLORE_NODES];
    uint8_t age [EXPLORE_ROUNDS + 1];    //  Timed: ticks since the round

    uint8_t released [EXPLORE_NODES];
    uint8_t dead [EXPLORE_NODES];    //  0, or 1 + the term of the proof
    uint8_t kept [EXPLORE_NODES];    //  0, or 128 | vote 64 | now 32 | term

    uint8_t answered;      //  R17: who told the state,
    uint8_t heard_term;    //    the highest of it
    uint8_t heard_floor;

    //  What the explorer knows and the core need not: the last promise that
    //  left this node and is not over, and by how much its clock lags.
    uint8_t bound_term;
    uint8_t bound_round;
    uint8_t bound_left;    //  Timed: ticks of its clock until it is over
    uint8_t skipped;       //  Timed: ticks since its clock left one out
    uint8_t has_crashed;
    uint8_t cell_term;
    uint8_t hint;       //  Whom refusals named as the leader
    uint8_t is_down;    //  In the fair schedule: for ever
    uint8_t first;      //  Of the order of succession, as it heard it
    uint8_t heir_of;    //  Whose heir it will campaign as
} explore_node_t;

typedef struct {
    explore_node_t nodes [EXPLORE_NODES];

    //  The messages, as masks of terms
    uint8_t prevotes [EXPLORE_NODES][2];    //  [from][incarnation]
    uint8_t votes [EXPLORE_NODES][2];
    uint8_t prevoted [EXPLORE_NODES][EXPLORE_NODES][2];    //  [voter][asker][its incarnation]
    uint8_t voted [EXPLORE_NODES][EXPLORE_NODES][2];
    uint8_t replies [EXPLORE_NODES][EXPLORE_NODES][2];    //  [from][to][far floor]: R17

    //  By term: who leads (0, or 2 + 2 * node + incarnation), its rounds so
    //  far, those older than a lease, and who was told to be heir
    uint8_t led [EXPLORE_TERMS];
    uint8_t beats [EXPLORE_TERMS];
    uint8_t aged [EXPLORE_TERMS];
    uint8_t releases [EXPLORE_TERMS];               //  Mask of heirs; 128: nobody
    uint8_t acks [EXPLORE_NODES][EXPLORE_TERMS];    //  Mask of rounds

    //  Terms told by refusals and the like, whoever sent them: a term is all that
    //  they tell
    uint8_t refused;

    //  How much of what is bounded was spent; the last term with a lease
    uint8_t crashes, failures, orders;
    uint8_t top;
    uint8_t reserved;
} explore_state_t;

//  A record in 16 bits: term 3, vote 3, incarnation voted for 1, promise 1,
//  floor 4 bits.

#define EXPLORE_NO_RECORD 0x38    //  Of term 0, a vote for nobody
#define EXPLORE_FLOOR_FAR 14      //  Above all terms that are explored
#define EXPLORE_FLOOR_UNSETTLED 15

static inline unsigned
explore_term (uint16_t record)
{
    return record & 7;
}

static inline unsigned
explore_vote (uint16_t record)
{
    return record >> 3 & 7;
}

static inline unsigned
explore_vote_inc (uint16_t record)
{
    return record >> 6 & 1;
}

static inline void
explore_set (uint8_t *mask, unsigned bit)
{
    *mask = (uint8_t) (*mask | 1u << bit);
}

static inline bool
explore_has (unsigned mask, unsigned bit)
{
    return mask >> bit & 1;
}

//  Who leads in a term: the node, its incarnation; only if led [term] is not 0.

static inline unsigned
explore_leader (const explore_state_t *self, unsigned term)
{
    return (self->led [term] - 2u) / 2;
}

static inline unsigned
explore_leader_inc (const explore_state_t *self, unsigned term)
{
    return self->led [term] & 1;
}

//  --------------------------------------------------------------------------
//  The same state with its nodes numbered in the one order that stands for all
//  orders (symmetry: no rule of the election depends on the numbers).

void explore_canonical (explore_state_t *self);

//  --------------------------------------------------------------------------
//  What names a node's present incarnation names an old one from now on.

void explore_age (explore_state_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  128 bits that stand for some bytes, and for the state.

typedef struct {
    uint64_t stored;    //  Kept in the table
    uint64_t place;     //  Where in it
} explore_print_t;

explore_print_t explore_hash (const void *bytes, size_t size);
explore_print_t explore_print (const explore_state_t *self);

//  --------------------------------------------------------------------------
//  The state without its zeros: into `bytes` (at most EXPLORE_PACKED); returns
//  the size. And back.

#define EXPLORE_PACKED (sizeof (explore_state_t) + (sizeof (explore_state_t) + 7) / 8)

size_t explore_pack (const explore_state_t *self, uint8_t *bytes);
size_t explore_unpack (explore_state_t *self, const uint8_t *bytes);

#endif
