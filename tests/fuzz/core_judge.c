/*  =========================================================================
    core_judge - what one node may do, whatever the world does to it

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "core_judge_private.h"

//  --------------------------------------------------------------------------
//  What was heard

//  R5, R10, R11: a promise ends early with the leadership that it was made to,
//  or with a later one that took its place.

static void
s_end_promises (judge_t *self, uint8_t member, uint64_t incarnation, uint64_t term)
{
    if (judge_led (self, member, incarnation))
        self->wait_until = 0;
    size_t kept = 0;
    for (size_t i = 0; i < self->promise_count; i++) {
        judge_promise_t promise = self->promises [i];
        bool is_own =
            promise.leader == member && promise.incarnation == incarnation && promise.term <= term;
        if (!is_own && !judge_led_above (self, member, incarnation, promise.term))
            self->promises [kept++] = promise;
    }
    self->promise_count = kept;
}

static void
s_count_reply (const judge_t *self, judge_ask_t *ask, const zelect_message_t *reply)
{
    if (reply->granted && reply->about == ask->about && reply->number == ask->number
        && judge_is_voter (self, reply->from))
        ask->granted |= UINT64_C (1) << reply->from;
}

static void
s_count_ack (judge_t *self, const zelect_message_t *ack)
{
    if (!ack->granted || !ack->promise_ns || ack->about != self->lead_term
        || !judge_is_voter (self, ack->from) || ack->number < self->first_round
        || ack->number > self->round)
        return;
    uint64_t sent = self->rounds [ack->number - self->first_round];
    uint64_t until = judge_bound (self, sent, ack->promise_ns);
    self->bound_until [ack->from] = judge_max (self->bound_until [ack->from], until);
}

//  What cannot be counts for nothing.

static bool
s_is_possible (const judge_t *self, const zelect_message_t *message)
{
    bool is_of_own_term =
        message->kind == ZELECT_MESSAGE_VOTE || message->kind == ZELECT_MESSAGE_HEARTBEAT;
    return message->from < self->options.member_count && message->from != self->options.self
           && message->kind < ZELECT_MESSAGES && message->incarnation
           && message->term < ZELECT_TERM_MAX && message->about < ZELECT_TERM_MAX
           && (!is_of_own_term || message->about == message->term)
           && (message->kind != ZELECT_MESSAGE_RELEASE || message->about <= message->term);
}

static void
s_hear_message (judge_t *self, const zelect_message_t *message)
{
    if (!s_is_possible (self, message))
        return;
    self->heard [self->heard_count++] = (judge_heard_t){
        .incarnation = message->incarnation,
        .about = message->about,
        .number = message->number,
        .at = self->now,
        .kind = message->kind,
        .from = message->from,
    };
    if (message->kind == ZELECT_MESSAGE_PREVOTE_REPLY)
        s_count_reply (self, &self->prevote, message);
    else if (message->kind == ZELECT_MESSAGE_VOTE_REPLY)
        s_count_reply (self, &self->vote, message);
    else if (message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK)
        s_count_ack (self, message);
    else if (message->kind == ZELECT_MESSAGE_RELEASE) {
        s_end_promises (self, message->from, message->incarnation, message->about);
        if (message->leader == self->options.self && judge_is_voter (self, message->from)
            && judge_led (self, message->from, message->incarnation)
            && message->about > self->heir_term) {
            self->heir_mask = UINT64_C (1) << message->from;
            self->heir_term = message->about;
        }
    }
}

static void
s_hear_saved (judge_t *self, const zelect_input_t *input)
{
    if (!self->is_saving || input->number != self->save_number)
        return;
    self->is_saving = false;
    if (!input->ok) {
        self->has_failed = true;
        return;
    }
    self->durable = self->saving;
    self->floor = self->durable.floor;
}

static void
s_hear (judge_t *self, const zelect_input_t *input)
{
    switch (input->kind) {
    case ZELECT_INPUT_MESSAGE:
        s_hear_message (self, &input->message);
        break;
    case ZELECT_INPUT_SAVED:
        s_hear_saved (self, input);
        break;
    case ZELECT_INPUT_DIED:
        s_end_promises (self, input->member, input->number, UINT64_MAX);
        break;
    case ZELECT_INPUT_STOP:
        self->has_stopped = true;
        break;
    case ZELECT_INPUT_HEALTH:
        self->is_ill = !input->ok;
        break;
    default:
        break;
    }
}

//  --------------------------------------------------------------------------
//  Steps

static void
s_see (judge_t *self, const zelect_effects_t *effects, bool is_start)
{
    FUZZ_CHECK (effects->count <= ZELECT_EFFECTS_MAX);
    for (size_t i = 0; i < effects->count; i++)
        judge_see_effect (self, &effects->list [i], is_start && i == 0);
    FUZZ_CHECK ((self->role == ZELECT_ROLE_LEADER) == (self->lease_until != 0));
    FUZZ_CHECK (self->role != ZELECT_ROLE_LEADER || self->lease_until > self->now);
}

//  A command has one answer, all else none.

static void
s_check_answers (const zelect_input_t *input, const zelect_effects_t *effects)
{
    size_t count = 0;
    for (size_t i = 0; i < effects->count; i++)
        count += effects->list [i].kind == ZELECT_EFFECT_ANSWER;
    bool is_command = input->kind >= ZELECT_INPUT_RESIGN && input->kind <= ZELECT_INPUT_HEALTH;
    FUZZ_CHECK (count == (is_command ? 1 : 0));
}

//  I5, I11, I12: a request for a pre-vote changes neither term nor vote, nor does
//  what is no voter; a message moves the term by 2^20 at most, and so does each
//  request that was kept and is decided with it. What ends a leadership on the
//  way is another matter.

static void
s_check_term (const judge_t *self,
              const zelect_input_t *input,
              const zelect_core_t *before,
              const zelect_core_t *after)
{
    const zelect_record_t *old = &before->wanted, *new = &after->wanted;
    FUZZ_CHECK (new->term >= old->term);
    FUZZ_CHECK (new->term > old->term || old->vote == ZELECT_NOBODY
                || (new->vote == old->vote &&new->vote_incarnation == old->vote_incarnation));
    if (input->kind != ZELECT_INPUT_MESSAGE || after->role == ZELECT_ROLE_CANDIDATE
        || after->role == ZELECT_ROLE_LEADER_ELECT || after->role == ZELECT_ROLE_LEADER)
        return;
    uint64_t most = (1 + (uint64_t) self->options.member_count) * ZELECT_TERM_JUMP;
    FUZZ_CHECK (new->term - old->term <= most);
    bool has_led = before->role == ZELECT_ROLE_LEADER || before->role == ZELECT_ROLE_LEADER_ELECT;
    bool is_pure = input->message.kind == ZELECT_MESSAGE_PREVOTE
                   || !judge_is_voter (self, input->message.from);
    if (is_pure && !has_led)
        FUZZ_CHECK (new->term == old->term &&new->vote == old->vote);
}

void
judge_init (judge_t *self, const zelect_record_t *record)
{
    self->durable = *record;
    self->is_saving = false;
    self->vote_count = 0;
}

static void
s_begin_life (judge_t *self)
{
    memset (&self->options, 0, offsetof (judge_t, rounds) - offsetof (judge_t, options));
    self->heard_count = 0;
    self->promise_count = 0;
}

void
judge_start (judge_t *self,
             const zelect_core_options_t *options,
             uint64_t now,
             const zelect_effects_t *effects,
             bool is_written)
{
    if (self->is_saving && is_written)
        self->durable = self->saving;
    self->is_saving = false;
    s_begin_life (self);
    self->options = *options;
    self->now = now;
    self->leader = ZELECT_NOBODY;
    self->role = ZELECT_ROLE_FOLLOWER;
    if (options->is_volatile) {
        zelect_record_init (&self->durable, false);
        self->vote_count = 0;
    }
    self->term = self->durable.term;
    self->floor = self->durable.floor;
    self->wait_until = now + judge_max (options->election_ns, self->durable.promise_ns);
    s_see (self, effects, true);
}

void
judge_step (judge_t *self,
            uint64_t now,
            const zelect_input_t *input,
            const zelect_effects_t *effects,
            const zelect_core_t *before,
            const zelect_core_t *after)
{
    FUZZ_CHECK (now >= self->now);
    self->now = now;
    s_hear (self, input);
    s_see (self, effects, false);
    s_check_answers (input, effects);
    s_check_term (self, input, before, after);
    FUZZ_CHECK (self->role == after->role);
}

bool
judge_is_full (const judge_t *self)
{
    return self->heard_count + 16 > JUDGE_LOG_MAX || self->promise_count + 16 > JUDGE_LOG_MAX
           || self->round - self->first_round + 16 > JUDGE_LOG_MAX;
}
