/*  =========================================================================
    explore_core - between a node of the explorer and a core

    The one place where anybody but the core writes to a core. To take a step,
    a legal core is made from the node's bytes: whatever has no place in them
    gets one fixed value that it might have had. After the step the core is
    read back, and what makes no difference is left out.

    What is left out, and why that is sound:

    *   Time. `now` is always the same. A timer is armed or not; armed ones may
        run out at any time, except as the order of leases and promises forbids
        (explore_step.c). Times of rounds: those that are older than a lease lie
        far back, all others just before now. So every order of timers that real
        clocks allow is explored, and more.
    *   Measured times (save, round trip), slots, short tries, ranks and jitter:
        they only choose when a node campaigns, and it may do so at any time.
    *   Random words: one fixed one. They choose the first request and round
        numbers and jitter, and nothing else.
    *   Numbers. A request's follows from who asks (incarnation too), what, and
        the term; a candidate asks with one number in a term. A pre-vote may be
        asked with several: here they are one, so late grants count (more than
        real). A round's is its place in its leadership.
    *   Ranking, what was answered, by which way a round came, the leader last told
        to the application: they only name, order or repeat. Hints likewise, but in
        the slices that have them.
    *   The start-up wait beyond HOLD: with one T for all, the end of HOLD is
        never before it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_CORE_H_INCLUDED
#define EXPLORE_CORE_H_INCLUDED

#include "explore_slice.h"

#define EXPLORE_NOW_NS (UINT64_C (1000000) * 1000 * ZELECT_MS)    //  Untimed: T is 500 ms
#define EXPLORE_TICK_NS (10 * 1000 * ZELECT_MS)                   //  Timed: T is some ticks

uint64_t explore_election_ns (void);

//  --------------------------------------------------------------------------
//  The numbers that the explorer gives: an incarnation, a request, and the
//  number before a leadership's first round.

uint64_t explore_incarnation (unsigned node, unsigned inc);
uint64_t explore_request (unsigned node, unsigned inc, bool is_vote, unsigned term);
uint64_t explore_round_base (unsigned node, unsigned inc, unsigned term);

//  What a request's number stands for. False: it is none of ours.

bool
explore_is_request (uint64_t number, unsigned *node, unsigned *inc, bool *is_vote, unsigned *term);

//  --------------------------------------------------------------------------
//  A record in 16 bits. False: it can't be (terms beyond 7).

bool explore_record (const zelect_record_t *record, uint16_t *bits);

//  --------------------------------------------------------------------------
//  A legal core that is as the node says; and back. False: it can't be told in
//  these bytes (terms beyond 7): the step leads out of what is explored.

void explore_core_make (const explore_state_t *state, unsigned node, zelect_core_t *core);
bool explore_core_read (explore_state_t *state, unsigned node, const zelect_core_t *core);

//  A core that has just been started from the node's disk.

void explore_core_start (const explore_state_t *state,
                         unsigned node,
                         zelect_core_t *core,
                         zelect_effects_t *effects);

//  --------------------------------------------------------------------------
//  On which round of term a lease until `until` rests, as `lease` has it.

uint8_t explore_lease (const explore_state_t *state, unsigned node, unsigned term, uint64_t until);

#endif
