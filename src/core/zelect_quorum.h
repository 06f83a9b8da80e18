/*  =========================================================================
    zelect_quorum - how many are a majority, and until when one is loyal

    Sets of members are 64-bit masks. The empty set is never a majority, and
    has none.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_QUORUM_H_INCLUDED
#define ZELECT_QUORUM_H_INCLUDED

#include "zelect_types.h"

//  --------------------------------------------------------------------------
//  The set of one member, the number of members in a set, whether it has one.

static inline uint64_t
zelect_mask (unsigned member)
{
    return UINT64_C (1) << member;
}

static inline bool
zelect_mask_has (uint64_t mask, unsigned member)
{
    return member < 64 && (mask >> member & 1);
}

unsigned zelect_mask_count (uint64_t mask);

//  --------------------------------------------------------------------------
//  The least number of voters that is a majority of them.

unsigned zelect_quorum_size (uint64_t voters);

//  --------------------------------------------------------------------------
//  True if the voters among `members` are a majority of `voters`.

bool zelect_quorum_won (uint64_t voters, uint64_t members);

//  --------------------------------------------------------------------------
//  The latest time until which a majority is bound, `until` holding for each
//  member index until when that one is bound (0: not at all). R6.

uint64_t zelect_quorum_until (uint64_t voters, const uint64_t *until);

//  --------------------------------------------------------------------------
//  R6: for how long on its own clock a leader may rely on a promise of
//  promise_ns, given on another clock, counted from before it was given. Both
//  clocks run within drift_permille of true time: a follower whose clock runs
//  fast keeps its promise for promise / (1 + drift) of true time only, and the
//  leader's clock may run slow. A 256th is left as a margin.
//  Source: Ongaro's dissertation, 6.4.1.

uint64_t zelect_quorum_lease_ns (uint64_t promise_ns, uint32_t drift_permille);

#endif
