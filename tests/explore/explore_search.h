/*  =========================================================================
    explore_search - breadth first through a slice, to its end

    Breadth first, so that the first violation found has the shortest trace.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_SEARCH_H_INCLUDED
#define EXPLORE_SEARCH_H_INCLUDED

#include "explore_fair.h"
#include <setjmp.h>

typedef struct {
    unsigned bits;          //  2^bits states fit the table
    unsigned fair_every;    //  From every k-th state a leader is to be reached; 0: none
    uint64_t states_max;    //  0: up to the end
    const char *folder;     //  Where a violation's scenario is written
} explore_limits_t;

typedef struct {
    explore_state_t state;
    explore_print_t print;
} explore_successor_t;

typedef struct {
    explore_table_t table;
    explore_queue_t queue;
    explore_step_t step;
    explore_fair_t fair;
    explore_limits_t limits;
    explore_state_t first;
    unsigned count;    //  Of successors of the state at hand
    explore_successor_t successors [EXPLORE_ACTIONS + 1];
    uint64_t expanded;    //  States of which all successors were made
    uint64_t steps;       //  Actions tried
    uint64_t out;         //  ... that led out of the bounds
    unsigned depth;
    bool is_complete;
    double seconds;

    //  The violation, if there is one
    const char *violation;
    uint32_t parent;    //  The state before it, and what happened
    explore_state_t before;
    explore_action_t action;
    bool is_stuck;    //  The violation is one of the fair schedule
    bool is_early;    //  ... or came before the slice began
    unsigned lost;    //  ... without this node, from 1
} explore_search_t;

//  --------------------------------------------------------------------------
//  Explore the slice. False: a violation was found.

bool explore_search (explore_search_t *self, const explore_limits_t *limits);
void explore_search_free (explore_search_t *self);

//  --------------------------------------------------------------------------
//  Deliveries that only make the receiver send something, and change nothing in
//  it, can be made at once: the set of messages only grows by them, and whatever
//  may happen with fewer messages may happen with more. All other deliveries to
//  the state that results are left as its successors. Returns false if one of
//  them is a violation.

bool explore_saturate (explore_search_t *self, explore_state_t *state);

//  --------------------------------------------------------------------------
//  Where it goes on when an invariant of the core itself traps.

extern sigjmp_buf explore_trapped;

//  ----  explore_text.c  ------------------------------------------------------

//  The shortest way to the violation: on stdout, and as a scenario in the folder.

void explore_tell (explore_search_t *self);

#endif
