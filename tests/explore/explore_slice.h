/*  =========================================================================
    explore_slice - what is explored together, and within which bounds

    The whole space of an election is endless. A slice is a part that is
    explored to its end: which faults and commands occur, and how many terms and
    rounds there are. Each bound is printed with the result.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_SLICE_H_INCLUDED
#define EXPLORE_SLICE_H_INCLUDED

#include "explore_state.h"

#define EXPLORE_UNLIMITED 255

typedef struct {
    const char *name;
    const char *about;
    uint8_t terms;          //  Up to this one
    uint8_t rounds;         //  Heartbeats of a leadership that arrive anywhere
    uint8_t crashes;        //  In all; UNLIMITED
    uint8_t failures;       //  Of saves, in all
    uint8_t orders;         //  RESIGN, TRANSFER, HEALTH and STOP, in all
    uint8_t volatiles;      //  Nodes that keep nothing (R17)
    uint8_t ticks;          //  Timed: T in ticks of clocks that drift; 0: an order instead
    bool has_proofs;        //  R10: what has crashed may be proved dead
    bool has_stalls;        //  R15
    bool has_kept;          //  R5: requests are kept, too, not only sent again
    bool has_hints;         //  Refusals name the leader that their sender knows now
    bool has_order;         //  R8: who heard an order of succession remembers its first
    bool loses_one;         //  L2 also with any one node down for ever
    bool stands_at_will;    //  Who campaigns gets all pre-votes at once: more than real
    bool asks_beyond;       //  Pre-votes for one term more
    bool has_no_waits;      //  The start-up wait is over at once
    bool is_brief;          //  The end of a promise is handled at once
    bool starts_saved;      //  The first save of each start is over
    bool starts_led;        //  All follow a leader of term 1 at first
    bool is_loose;          //  Canary: clocks drift more than the bound allows
    bool is_bounded;        //  Not to its end: as many states as fit
    uint8_t bits;           //  2^bits states fit the table
    uint8_t fair_every;     //  L2 from every k-th state
    uint64_t drift_permille;
    uint64_t states_max;    //  Bounded: how many at most; 0: what the table holds
} explore_slice_t;

//  The slices of a set of bounds: "quick", "ci" or "deep"; ends with a name
//  that is NULL. NULL if there is no such set.

const explore_slice_t *explore_slices (const char *bounds);

//  How many states they have to have in all; 0: never mind.

uint64_t explore_least (const char *bounds);

//  The slice that is being explored.

extern const explore_slice_t *explore_slice;

//  What is left out, line by line.

extern const char *const explore_cuts [];

#endif
