/*  =========================================================================
    explore_step - everything that can happen next, and what comes of it

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_STEP_H_INCLUDED
#define EXPLORE_STEP_H_INCLUDED

#include "explore_core.h"

//  What can happen; `node` is to whom, the rest depends on the kind.

#define EXPLORE_ACTION_MAP(X)                                                                      \
    X (FIRE)   /*  timer                                            */                             \
    X (TICK)   /*  A promise or a lease is over; the core is told   */                             \
    X (EXPIRE) /*  The time of its promise has come                 */                             \
    X (PASS)   /*  Its lease has run out                            */                             \
    X (CLOCK)  /*  A tick; mask: whose clock leaves it out          */                             \
    X (SAVED)                                                                                      \
    X (FAIL)    /*  The save fails; written: it got to the disk      */                            \
    X (CRASH)   /*  ... and starts again; written, as above          */                            \
    X (PREVOTE) /*  from, inc, term                                  */                            \
    X (VOTE)                                                                                       \
    X (PREVOTED) /*  from, inc (its own then), term                   */                           \
    X (VOTED)                                                                                      \
    X (REFUSED)     /*  from, term                                       */                        \
    X (BEAT)        /*  term, round                                      */                        \
    X (ACK)         /*  from, term, round                                */                        \
    X (RELEASE)     /*  term, heir                                       */                        \
    X (STATE)       /*  from, asked for its state                        */                        \
    X (STATE_REPLY) /*  from, term, inc: its floor is far                */                        \
    X (DIED)        /*  from: proved dead                                */                        \
    X (STALLED)                                                                                    \
    X (RESIGN)   /*  from: the first of its ranking                   */                           \
    X (TRANSFER) /*  from: to whom                                    */                           \
    X (HEALTH)   /*  written: well                                    */                           \
    X (STOP)

#define X(name) EXPLORE_##name##_ACTION,
typedef enum { EXPLORE_ACTION_MAP (X) EXPLORE_ACTION_KINDS } explore_action_kind_t;
#undef X

typedef struct {
    uint8_t kind;
    uint8_t node;
    uint8_t from;    //  Also timer, mask, heir
    uint8_t inc;     //  Also written, well, far
    uint8_t term;
    uint8_t round;
} explore_action_t;

#define EXPLORE_ACTIONS 512

//  A node as a step sees it, and the core made for it (explore_memo.c).

typedef struct {
    explore_node_t node;
    uint8_t led [EXPLORE_TERMS];
    uint8_t beats [EXPLORE_TERMS];
    uint8_t aged [EXPLORE_TERMS];
    explore_print_t print;
    bool is_known;
    bool is_made;
    zelect_core_t core;
} explore_local_t;

//  One step under way, for the checks.

typedef struct {
    const explore_state_t *before;
    explore_state_t *after;
    explore_action_t action;
    unsigned node;
    const zelect_core_t *core_before;
    zelect_core_t core;
    zelect_core_t started;    //  Before the step, where that was a start
    zelect_effects_t effects;
    zelect_input_t input;
    const char *violation;    //  What was broken, or NULL
    bool is_out;              //  It led out of the bounds
    bool is_fair;             //  The fair schedule goes beyond them
    explore_print_t memo;     //  Of the node and the action
    explore_local_t locals [EXPLORE_NODES];
} explore_step_t;

//  --------------------------------------------------------------------------
//  The first state: all nodes have just been started for the first time.

void explore_begin (explore_step_t *self, explore_state_t *state);

//  --------------------------------------------------------------------------
//  All that can happen in a state. Returns how many. `is_fair`: beyond the
//  bounds too, for the fair schedule.

unsigned explore_actions (const explore_state_t *state, explore_action_t *actions, bool is_fair);

//  --------------------------------------------------------------------------
//  Let it happen. Returns false if it led out of the bounds, broke something
//  (self->violation), or changed nothing.

bool explore_apply (explore_step_t *self,
                    const explore_state_t *before,
                    const explore_action_t *action,
                    explore_state_t *after);

//  --------------------------------------------------------------------------
//  Whether the time of a node's last promise may have come.

bool explore_may_expire (const explore_state_t *state, unsigned node);

//  --------------------------------------------------------------------------
//  A line about it, for people.

void explore_describe (const explore_state_t *state,
                       const explore_action_t *action,
                       char *text,
                       size_t size);

//  --------------------------------------------------------------------------
//  Whether pre-votes are had for nothing in this step.

bool explore_is_at_will (const explore_step_t *self);

//  ----  explore_message.c  ---------------------------------------------------

//  The input of an action that is a delivery.

void explore_make_message (explore_step_t *self);

//  What a delivery tells of its sender as that is now: not a part of the action.

uint8_t explore_told (const explore_state_t *state, const explore_action_t *action);

//  ----  explore_checks.c  ----------------------------------------------------

//  Before the step is read back: the effect that is about to be carried out.
//  After it: the whole step.

void explore_check_effect (explore_step_t *self, const zelect_effect_t *effect);
void explore_check_step (explore_step_t *self);

//  What the canary has to come to.

#define EXPLORE_TWO_LEASES "I6: two leases at one instant"

#endif
