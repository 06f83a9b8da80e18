/*  =========================================================================
    paper - the three partial partitions of the Omni-Paxos paper, by name

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "paper.h"
#include "tally.h"
#include <assert.h>

//  Everybody is linked to node 0, and to nobody else.

static graph_t
s_star (void)
{
    graph_t star = 0;
    for (unsigned node = 1; node < 5; node++)
        star = graph_with (graph_with (star, 5, 0, node), 5, node, 0);
    return star;
}

paper_case_t
paper_case (unsigned number)
{
    const paper_case_t cases [PAPER_CASES] = {
        {"quorum loss",
         "all are linked to n1 alone; n5 led",
         {0, s_star (), 5, 4, TRIAL_NOBODY},
         1},
        {"constrained election",
         "n5, which led, is linked to nobody; the others to n1 alone",
         {0, graph_cut (s_star (), 5, 0, 4), 5, 4, TRIAL_NOBODY},
         1},
        {"chained",
         "n3, which leads, and n2 are linked to n1, not to each other",
         {0, graph_cut (graph_full (3), 3, 1, 2), 3, 2, TRIAL_NOBODY},
         0},
    };
    assert (number < PAPER_CASES);
    return cases [number];
}

bool
paper_is_right (const paper_case_t *self, const outcome_t *outcome)
{
    return !outcome->faults && outcome->is_led && outcome->changes == self->changes
           && outcome->recovery_us / TRIAL_TIMEOUT_MS <= TALLY_WORST_MAX;
}
