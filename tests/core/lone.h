/*  =========================================================================
    lone - one core alone with a test

    Scenarios show how cores live with each other. What none of them would ever
    say to another is said here: the test plays the clock, the archive and all
    other members, and looks at what comes out. The archive saves at once unless
    the test holds it back (is_disk_slow) until it calls lone_saved ().

    The core is member 0 ("us"). Member m has the incarnation 1000 + m.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef LONE_H_INCLUDED
#define LONE_H_INCLUDED

#include "zelect_core.h"
#include "zelect_test.h"

#include <string.h>

#define LONE_H (100 * ZELECT_MS)
#define LONE_T (500 * ZELECT_MS)
#define LONE_EFFECTS_MAX 1024

typedef struct {
    zelect_core_t core;
    uint64_t now;
    uint64_t random;
    bool is_disk_slow;    //  SAVEs wait for the test
    size_t count;         //  What came out since the last input of the test
    zelect_effect_t list [LONE_EFFECTS_MAX];
} lone_t;

//  --------------------------------------------------------------------------
//  Settings: `count` members, the first `voters` of them vote.

static inline zelect_core_options_t
lone_options (uint8_t count, unsigned voters)
{
    return (zelect_core_options_t){
        .incarnation = 1000,
        .heartbeat_ns = LONE_H,
        .election_ns = LONE_T,
        .voters = (UINT64_C (1) << voters) - 1,
        .drift_permille = 100,
        .member_count = count,
        .priority = 100,
    };
}

//  --------------------------------------------------------------------------
//  Hand in one input, and keep what comes out.

static inline void
lone_step (lone_t *self, zelect_input_t input)
{
    static zelect_effects_t effects;
    input.random = self->random += UINT64_C (0x9e3779b97f4a7c15);
    zelect_core_step (&self->core, self->now, &input, &effects);
    for (size_t at = 0; at < effects.count; at++) {
        assert_true (self->count < LONE_EFFECTS_MAX);
        self->list [self->count++] = effects.list [at];
    }
    if (self->core.save_busy && !self->is_disk_slow)
        lone_step (self, (zelect_input_t){.kind = ZELECT_INPUT_SAVED,
                                          .number = self->core.save_number,
                                          .ok = 1});
}

static inline void
lone_input (lone_t *self, zelect_input_t input)
{
    self->count = 0;
    lone_step (self, input);
}

static inline void
lone_command (lone_t *self, zelect_input_kind_t kind)
{
    lone_input (self, (zelect_input_t){.kind = (uint8_t) kind});
}

//  --------------------------------------------------------------------------
//  The save under way has succeeded.

static inline void
lone_saved (lone_t *self)
{
    lone_input (self, (zelect_input_t){
                          .kind = ZELECT_INPUT_SAVED, .number = self->core.save_number, .ok = 1});
}

//  --------------------------------------------------------------------------
//  Start with a record; a new node's if it is NULL. Its first save is done.

static inline void
lone_start (lone_t *self, const zelect_core_options_t *options, const zelect_record_t *saved)
{
    static zelect_effects_t effects;
    zelect_record_t none = {.vote = ZELECT_NOBODY};
    memset (self, 0, sizeof *self);
    self->now = 1000 * ZELECT_MS;
    zelect_core_init (&self->core, options, saved ? saved : &none, self->now, 42, &effects);
    if (self->core.save_busy)
        lone_saved (self);
}

//  --------------------------------------------------------------------------
//  Let time pass, the core being told in time of what is due.

static inline void
lone_run (lone_t *self, uint64_t span_ns)
{
    uint64_t end = self->now + span_ns;
    self->count = 0;
    while (zelect_core_deadline (&self->core) <= end) {
        uint64_t due = zelect_core_deadline (&self->core);
        self->now = due > self->now ? due : self->now;
        self->count = 0;
        lone_step (self, (zelect_input_t){.kind = ZELECT_INPUT_TICK});
    }
    self->now = end;
}

//  ... and be in this role all the time.

static inline void
lone_stay (lone_t *self, zelect_role_t role, uint64_t span_ns)
{
    uint64_t end = self->now + span_ns;
    assert_int_equal (self->core.role, role);
    while (zelect_core_deadline (&self->core) <= end) {
        uint64_t due = zelect_core_deadline (&self->core);
        self->now = due > self->now ? due : self->now;
        lone_command (self, ZELECT_INPUT_TICK);
        assert_int_equal (self->core.role, role);
    }
    self->now = end;
}

//  Until the core does this on its own; what else came out is gone.

static inline void
lone_run_until (lone_t *self, zelect_role_t role)
{
    for (int turn = 0; self->core.role != role; turn++) {
        assert_true (turn < 1000);
        uint64_t due = zelect_core_deadline (&self->core);
        assert_true (due != ZELECT_NEVER);
        self->now = due > self->now ? due : self->now;
        lone_command (self, ZELECT_INPUT_TICK);
    }
}

//  --------------------------------------------------------------------------
//  What other members say. `term` is the sender's and what it speaks of.

static inline zelect_message_t
lone_word (zelect_message_kind_t kind, uint8_t from, uint64_t term)
{
    return (zelect_message_t){
        .kind = (uint8_t) kind,
        .from = from,
        .incarnation = 1000u + from,
        .term = term,
        .about = term,
        .number = 1,
        .leader = ZELECT_NOBODY,
    };
}

static inline void
lone_hear (lone_t *self, const zelect_message_t *message)
{
    lone_input (self, (zelect_input_t){.kind = ZELECT_INPUT_MESSAGE, .message = *message});
}

//  A word of the kind that needs nothing else.

static inline void
lone_hear_word (lone_t *self, zelect_message_kind_t kind, uint8_t from, uint64_t term)
{
    zelect_message_t message = lone_word (kind, from, term);
    lone_hear (self, &message);
}

//  A member's answer to what was asked last.

static inline zelect_message_t
lone_answer (const lone_t *self, zelect_message_kind_t kind, uint8_t from, bool granted)
{
    zelect_message_t message = lone_word (kind, from, self->core.ask_term);
    message.number = self->core.request;
    message.granted = granted;
    if (kind == ZELECT_MESSAGE_VOTE_REPLY)
        message.promise_ns = LONE_T;
    return message;
}

//  A member's acknowledgement of the last round.

static inline zelect_message_t
lone_ack (const lone_t *self, uint8_t from)
{
    zelect_message_t message =
        lone_word (ZELECT_MESSAGE_HEARTBEAT_ACK, from, self->core.wanted.term);
    message.number = self->core.round;
    message.granted = 1;
    message.promise_ns = LONE_T;
    message.priority = 100;
    message.healthy = 1;
    return message;
}

static inline void
lone_hear_ack (lone_t *self, uint8_t from)
{
    zelect_message_t message = lone_ack (self, from);
    lone_hear (self, &message);
}

//  --------------------------------------------------------------------------
//  Up to precandidate, candidate, leader_elect or leader: all members up to
//  `voters` say yes and acknowledge.

static inline void
lone_climb (lone_t *self, zelect_role_t role)
{
    unsigned voters = (unsigned) __builtin_popcountll (self->core.options.voters);
    lone_run_until (self, ZELECT_ROLE_PRECANDIDATE);
    for (uint8_t from = 1; from < voters && self->core.role == ZELECT_ROLE_PRECANDIDATE
                           && role > ZELECT_ROLE_PRECANDIDATE;
         from++) {
        zelect_message_t yes = lone_answer (self, ZELECT_MESSAGE_PREVOTE_REPLY, from, true);
        lone_hear (self, &yes);
    }
    for (uint8_t from = 1;
         from < voters && self->core.role == ZELECT_ROLE_CANDIDATE && role > ZELECT_ROLE_CANDIDATE;
         from++) {
        zelect_message_t yes = lone_answer (self, ZELECT_MESSAGE_VOTE_REPLY, from, true);
        lone_hear (self, &yes);
    }
    for (uint8_t from = 1; from < voters && role == ZELECT_ROLE_LEADER; from++)
        lone_hear_ack (self, from);
    assert_int_equal (self->core.role, role);
}

//  Stay leader for some time: every round is acknowledged by all voters.

static inline void
lone_reign (lone_t *self, uint64_t span_ns)
{
    unsigned voters = (unsigned) __builtin_popcountll (self->core.options.voters);
    for (uint64_t end = self->now + span_ns; self->now < end;) {
        uint64_t step_ns = end - self->now < LONE_H ? end - self->now : LONE_H;
        lone_run (self, step_ns);
        for (uint8_t from = 1; from < voters && self->core.role == ZELECT_ROLE_LEADER; from++)
            lone_hear_ack (self, from);
    }
}

//  --------------------------------------------------------------------------
//  What came out: the first effect of a kind, the first message of a kind, by
//  SEND or BROADCAST; NULL if there is none.

static inline const zelect_effect_t *
lone_found (const lone_t *self, zelect_effect_kind_t kind)
{
    for (size_t at = 0; at < self->count; at++)
        if (self->list [at].kind == kind)
            return &self->list [at];
    return NULL;
}

static inline const zelect_effect_t *
lone_said (const lone_t *self, zelect_message_kind_t kind)
{
    for (size_t at = 0; at < self->count; at++) {
        const zelect_effect_t *effect = &self->list [at];
        bool is_message =
            effect->kind == ZELECT_EFFECT_SEND || effect->kind == ZELECT_EFFECT_BROADCAST;
        if (is_message && effect->message.kind == kind)
            return effect;
    }
    return NULL;
}

//  The reason of the last change of role.

static inline zelect_reason_t
lone_reason (const lone_t *self)
{
    zelect_reason_t reason = ZELECT_REASONS;
    for (size_t at = 0; at < self->count; at++)
        if (self->list [at].kind == ZELECT_EFFECT_ROLE)
            reason = (zelect_reason_t) self->list [at].reason;
    return reason;
}

#endif
