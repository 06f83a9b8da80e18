/*  =========================================================================
    explore_fair - from here, does a fair schedule reach a leader? (L2)

    Fair: nothing is lost or fails any more, faulted and stopped nodes are
    started again, each timer runs out in its turn, and one campaigns at a time
    while the others answer. The schedule is a function of the state alone, so
    a run may end at a state from which a run has already reached a leader.

    Reached: a node leads, holds a lease, and all others have promised to it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_FAIR_H_INCLUDED
#define EXPLORE_FAIR_H_INCLUDED

#include "explore_step.h"
#include "explore_table.h"

#define EXPLORE_FAIR_STEPS 500

typedef struct {
    explore_table_t known;    //  From these a leader is reached
    uint64_t runs;
    uint64_t steps;
    unsigned longest;    //  In steps, up to a leader or a known state
    explore_step_t step;
    explore_state_t end;    //  Where the last run ended
    explore_print_t path [EXPLORE_FAIR_STEPS];
} explore_fair_t;

//  --------------------------------------------------------------------------
//  Run from a state. NULL if a leader is reached, else what is wrong.

const char *explore_fair_run (explore_fair_t *self, const explore_state_t *state, bool uses_known);

//  --------------------------------------------------------------------------
//  The same, with one node down for ever from now on. The others have to do.

const char *
explore_fair_run_without (explore_fair_t *self, const explore_state_t *state, unsigned node);

//  --------------------------------------------------------------------------
//  The next action of the fair schedule. False: nothing changes any more.

bool explore_fair_next (explore_fair_t *self,
                        const explore_state_t *state,
                        explore_state_t *after,
                        explore_action_t *action);

bool explore_fair_is_led (const explore_state_t *state);

#endif
