/*  =========================================================================
    core_judge_private - what the files of core_judge share

    core_judge.c keeps the books of what comes in, core_judge_effects.c judges
    what comes out.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef CORE_JUDGE_PRIVATE_H_INCLUDED
#define CORE_JUDGE_PRIVATE_H_INCLUDED

#include "core_judge.h"

static inline uint64_t
judge_max (uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

static inline bool
judge_has (uint64_t mask, unsigned member)
{
    return member < ZELECT_MEMBERS_MAX && (mask >> member & 1);
}

static inline bool
judge_is_voter (const judge_t *self, unsigned member)
{
    return judge_has (self->options.voters, member);
}

static inline bool
judge_is_majority (const judge_t *self, uint64_t members)
{
    int voters = __builtin_popcountll (self->options.voters);
    return 2 * __builtin_popcountll (self->options.voters & members) > voters;
}

static inline bool
judge_is_settled (const judge_t *self)
{
    return self->floor != ZELECT_FLOOR_UNSETTLED || !judge_is_voter (self, self->options.self);
}

static inline bool
judge_leads (const judge_t *self)
{
    return self->role == ZELECT_ROLE_LEADER || self->role == ZELECT_ROLE_LEADER_ELECT;
}

//  Whatever is told of the own term never goes back.

static inline void
judge_see_term (judge_t *self, uint64_t term)
{
    FUZZ_CHECK (term < ZELECT_TERM_MAX);
    FUZZ_CHECK (term >= self->term);
    self->term = term;
}

//  R6: until when a promise binds, on this node's clock, without a margin.

static inline uint64_t
judge_bound (const judge_t *self, uint64_t sent, uint64_t promise_ns)
{
    uint64_t drift = self->options.drift_permille;
    if (promise_ns > self->options.election_ns)
        promise_ns = self->options.election_ns;
    return sent + promise_ns * (1000 - drift) / (1000 + drift);
}

//  What was heard.

static inline const judge_heard_t *
judge_find_heard (const judge_t *self, uint8_t kind, uint8_t from, uint64_t about, uint64_t number)
{
    for (size_t i = 0; i < self->heard_count; i++) {
        const judge_heard_t *heard = &self->heard [i];
        if (heard->kind == kind && heard->from == from && heard->about == about
            && heard->number == number)
            return heard;
    }
    return NULL;
}

//  Whether somebody has shown itself as the leader of a term above this one.

static inline bool
judge_led_above (const judge_t *self, uint8_t member, uint64_t incarnation, uint64_t term)
{
    for (size_t i = 0; i < self->heard_count; i++) {
        const judge_heard_t *heard = &self->heard [i];
        if (heard->kind == ZELECT_MESSAGE_HEARTBEAT && heard->from == member
            && heard->incarnation == incarnation && heard->about > term)
            return true;
    }
    return false;
}

static inline bool
judge_led (const judge_t *self, uint8_t member, uint64_t incarnation)
{
    return judge_led_above (self, member, incarnation, 0);
}

//  Judge one effect, and note what follows from it.

void judge_see_effect (judge_t *self, const zelect_effect_t *effect, bool is_start);

#endif
