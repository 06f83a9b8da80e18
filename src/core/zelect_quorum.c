/*  =========================================================================
    zelect_quorum - how many are a majority, and until when one is loyal

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_quorum.h"
#include "zelect_pure.h"

unsigned
zelect_mask_count (uint64_t mask)
{
    unsigned count = 0;
    for (; mask; mask &= mask - 1)
        count++;
    return count;
}

unsigned
zelect_quorum_size (uint64_t voters)
{
    return zelect_mask_count (voters) / 2 + 1;
}

bool
zelect_quorum_won (uint64_t voters, uint64_t members)
{
    return voters && zelect_mask_count (voters & members) >= zelect_quorum_size (voters);
}

//  Whether a majority is bound at least until a time

static bool
s_bound_until (uint64_t voters, const uint64_t *until, uint64_t limit)
{
    uint64_t bound = 0;
    for (unsigned index = 0; index < ZELECT_MEMBERS_MAX; index++)
        if (until [index] >= limit)
            bound |= zelect_mask (index);
    return zelect_quorum_won (voters, bound);
}

uint64_t
zelect_quorum_until (uint64_t voters, const uint64_t *until)
{
    uint64_t best = 0;
    for (unsigned index = 0; index < ZELECT_MEMBERS_MAX; index++)
        if (zelect_mask_has (voters, index) && until [index] > best
            && s_bound_until (voters, until, until [index]))
            best = until [index];
    return best;
}

uint64_t
zelect_quorum_lease_ns (uint64_t promise_ns, uint32_t drift_permille)
{
    if (drift_permille >= 1000 || promise_ns > UINT64_MAX / 1000)
        return 0;
    uint64_t lease_ns = promise_ns * (1000 - drift_permille) / (1000 + drift_permille);
    uint64_t margin_ns = promise_ns / 256;
    return lease_ns > margin_ns ? lease_ns - margin_ns : 0;
}
