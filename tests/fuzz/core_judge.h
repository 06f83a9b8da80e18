/*  =========================================================================
    core_judge - what one node may do, whatever the world does to it

    Sees what goes into one core and what comes out, over its restarts, and
    keeps books of its own. It shares no code with the core and reads nothing
    inside it but where it says so. It asserts only what one node owes to any
    world, be it impossible: how much of the election's promises follows from
    that is for those to show who run several nodes.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef CORE_JUDGE_H_INCLUDED
#define CORE_JUDGE_H_INCLUDED

#include "fuzz.h"

#include "zelect_core.h"

#define JUDGE_LOG_MAX 2048    //  Messages in a life; then it is over

//  What came in that an answer, a promise or its end may be about.
typedef struct {
    uint64_t incarnation;
    uint64_t about;
    uint64_t number;
    uint64_t at;
    uint8_t kind;
    uint8_t from;
} judge_heard_t;

//  A promise that was given (R5).
typedef struct {
    uint64_t incarnation;
    uint64_t term;
    uint64_t until;
    uint8_t leader;
} judge_promise_t;

//  A vote that somebody relies on (R2).
typedef struct {
    uint64_t term;
    uint64_t incarnation;
    uint64_t vote;
} judge_vote_t;

//  A question that went out, and who said yes.
typedef struct {
    uint64_t about;
    uint64_t number;
    uint64_t granted;
} judge_ask_t;

typedef struct {
    //  Over all lives
    zelect_record_t durable;    //  On the disk for certain
    zelect_record_t saving;
    bool is_saving;
    judge_vote_t votes [JUDGE_LOG_MAX];
    size_t vote_count;

    //  This life
    zelect_core_options_t options;
    uint64_t now;
    uint64_t save_number;
    uint64_t wait_until;     //  R9
    uint64_t floor;          //  R17
    uint64_t term;           //  Highest that it has shown
    uint64_t lease_until;    //  0: none
    uint64_t released;       //  Highest term released
    uint64_t round;          //  Last heartbeat sent
    uint64_t lead_term;      //  and its term
    uint64_t own_until;      //  R6: until when this node binds itself
    uint64_t bound_until [ZELECT_MEMBERS_MAX];
    uint64_t first_round;
    uint64_t leader_term;    //  As told to the application
    judge_ask_t prevote, vote;
    uint64_t heir_mask;    //  Whose release named this node, which had heard it lead
    uint64_t heir_term;    //  ... of that term
    uint8_t role;
    uint8_t leader;
    bool has_failed;
    bool has_stopped;
    bool is_ill;
    uint64_t rounds [JUDGE_LOG_MAX];    //  Send times of this leadership's
    judge_heard_t heard [JUDGE_LOG_MAX];
    size_t heard_count;
    judge_promise_t promises [JUDGE_LOG_MAX];
    size_t promise_count;
} judge_t;

//  --------------------------------------------------------------------------
//  A node that never ran, with a record on its disk.

void judge_init (judge_t *self, const zelect_record_t *record);

//  --------------------------------------------------------------------------
//  It starts. If it ran before, it crashed: `is_written` tells whether what was
//  being saved then got to the disk. The effects are those of the start.

void judge_start (judge_t *self,
                  const zelect_core_options_t *options,
                  uint64_t now,
                  const zelect_effects_t *effects,
                  bool is_written);

//  --------------------------------------------------------------------------
//  It took one step. `before` and `after` are its ledgers, of which the judge
//  reads the term, the vote and the role alone.

void judge_step (judge_t *self,
                 uint64_t now,
                 const zelect_input_t *input,
                 const zelect_effects_t *effects,
                 const zelect_core_t *before,
                 const zelect_core_t *after);

//  --------------------------------------------------------------------------
//  True if the books are nearly full, so that this life has to end.

bool judge_is_full (const judge_t *self);

#endif
