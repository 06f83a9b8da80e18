/*  =========================================================================
    core_judge_effects - what comes out of one node

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "core_judge_private.h"

#define S_REASONS_MAX (ZELECT_REASON_BROKEN + 1)

//  --------------------------------------------------------------------------
//  SAVE (R2, R9, R16, R17)

static void
s_see_save (judge_t *self, const zelect_effect_t *effect)
{
    const zelect_record_t *record = &effect->record, *last = &self->durable;
    FUZZ_CHECK (!self->options.is_volatile && !self->has_failed && !self->is_saving);
    FUZZ_CHECK (effect->number > self->save_number);
    judge_see_term (self, record->term);
    FUZZ_CHECK (record->term >= last->term);
    bool is_same_vote =
        record->vote == last->vote && record->vote_incarnation == last->vote_incarnation;
    FUZZ_CHECK (record->term > last->term || last->vote == ZELECT_NOBODY || is_same_vote);
    FUZZ_CHECK (record->vote != ZELECT_NOBODY || record->vote_incarnation == 0);
    FUZZ_CHECK (record->floor == last->floor || last->floor == ZELECT_FLOOR_UNSETTLED);
    FUZZ_CHECK (record->promise_ns >= self->options.election_ns);
    self->saving = *record;
    self->save_number = effect->number;
    self->is_saving = true;
}

//  What is on the disk, or where is none, what need not be.

static bool
s_is_durable_term (const judge_t *self, uint64_t term)
{
    return self->options.is_volatile
           || (self->durable.term == term && self->durable.promise_ns >= self->options.election_ns);
}

static bool
s_is_durable_vote (const judge_t *self, uint64_t term, uint64_t vote, uint64_t incarnation)
{
    return s_is_durable_term (self, term)
           && (self->options.is_volatile
               || (self->durable.vote == vote && self->durable.vote_incarnation == incarnation));
}

//  --------------------------------------------------------------------------
//  Votes and promises (R2, R5, R9, R16, R17)

//  One vote a term, over all lives of a node that keeps its store.

static void
s_see_vote (judge_t *self, uint64_t term, uint64_t vote, uint64_t incarnation)
{
    for (size_t i = 0; i < self->vote_count; i++) {
        const judge_vote_t *old = &self->votes [i];
        if (old->term != term)
            continue;
        FUZZ_CHECK (old->vote == vote && old->incarnation == incarnation);
        return;
    }
    if (self->vote_count < JUDGE_LOG_MAX)
        self->votes [self->vote_count++] = (judge_vote_t){term, incarnation, vote};
}

static bool
s_takes_part (const judge_t *self)
{
    return judge_is_voter (self, self->options.self) && judge_is_settled (self)
           && !self->has_failed;
}

//  A vote in a term that the promise's leader was elected in, or one before, is
//  void by that election.

static void
s_check_grant (const judge_t *self, uint8_t to, uint64_t incarnation, uint64_t about)
{
    FUZZ_CHECK (s_takes_part (self) && judge_is_voter (self, to));
    FUZZ_CHECK (!judge_leads (self) && self->lease_until == 0);
    FUZZ_CHECK (about > self->floor);
    FUZZ_CHECK (self->now >= self->wait_until || judge_led (self, to, incarnation));
    for (size_t i = 0; i < self->promise_count; i++) {
        const judge_promise_t *promise = &self->promises [i];
        bool is_leader = promise->leader == to && promise->incarnation == incarnation;
        FUZZ_CHECK (self->now >= promise->until || is_leader || about <= promise->term
                    || judge_led_above (self, to, incarnation, promise->term));
    }
}

static void
s_check_campaign (const judge_t *self, uint64_t about)
{
    FUZZ_CHECK (s_takes_part (self) && self->options.priority);
    FUZZ_CHECK (!self->has_stopped && !self->is_ill);
    FUZZ_CHECK (about > self->floor);
    FUZZ_CHECK (self->now >= self->wait_until);
    for (size_t i = 0; i < self->promise_count; i++)
        FUZZ_CHECK (self->now >= self->promises [i].until);
}

//  --------------------------------------------------------------------------
//  Messages that go out

static uint8_t
s_only (uint64_t mask)
{
    FUZZ_CHECK (__builtin_popcountll (mask) == 1);
    return (uint8_t) __builtin_ctzll (mask);
}

//  R11: the release that names an heir is its sender's pre-vote for the next term, once.

static uint64_t
s_inherit (judge_t *self, uint64_t term)
{
    uint64_t mask = term == self->heir_term + 1 ? self->heir_mask : 0;
    self->heir_mask = 0;
    return mask;
}

static void
s_see_prevote (judge_t *self, const zelect_message_t *message)
{
    FUZZ_CHECK (self->role == ZELECT_ROLE_PRECANDIDATE);
    FUZZ_CHECK (message->about > message->term);
    s_check_campaign (self, message->about);
    if (message->about != self->prevote.about || message->number != self->prevote.number)
        self->prevote = (judge_ask_t){.about = message->about,
                                      .number = message->number,
                                      .granted = s_inherit (self, message->about)};
}

//  R2, R3: a majority said that it would; the own vote is on its way to the disk.

static void
s_see_request (judge_t *self, const zelect_message_t *message)
{
    uint8_t own = self->options.self;
    FUZZ_CHECK (self->role == ZELECT_ROLE_CANDIDATE);
    FUZZ_CHECK (message->about == message->term);
    s_check_campaign (self, message->about);
    if (message->about == self->vote.about && message->number == self->vote.number)
        return;    //  Once more
    //  Right away, as an heir, or by its last request for pre-votes
    bool is_heir = judge_is_majority (self, UINT64_C (1) << own | s_inherit (self, message->about));
    bool is_asked = self->prevote.about == message->about
                    && judge_is_majority (self, UINT64_C (1) << own | self->prevote.granted);
    FUZZ_CHECK (is_heir || is_asked);
    self->vote = (judge_ask_t){.about = message->about, .number = message->number};
}

static void
s_see_prevote_reply (judge_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    uint8_t to = s_only (effect->to);
    const judge_heard_t *request =
        judge_find_heard (self, ZELECT_MESSAGE_PREVOTE, to, message->about, message->number);
    FUZZ_CHECK (request);
    if (!message->granted)
        return;
    self->heir_mask = 0;
    s_check_grant (self, to, request->incarnation, message->about);
    FUZZ_CHECK (self->options.is_volatile || message->term <= self->durable.term);
    FUZZ_CHECK (message->about >= self->term);
}

static void
s_see_vote_reply (judge_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    uint8_t to = s_only (effect->to);
    const judge_heard_t *request =
        judge_find_heard (self, ZELECT_MESSAGE_VOTE, to, message->about, message->number);
    FUZZ_CHECK (request);
    if (!message->granted)
        return;
    uint64_t incarnation =
        self->options.is_volatile ? request->incarnation : self->durable.vote_incarnation;
    FUZZ_CHECK (s_is_durable_vote (self, message->about, to, incarnation));
    FUZZ_CHECK (message->promise_ns == self->options.election_ns);
    s_check_grant (self, to, incarnation, message->about);
    s_see_vote (self, message->about, to, incarnation);
}

static void
s_see_ack (judge_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    uint8_t to = s_only (effect->to);
    const judge_heard_t *beat =
        judge_find_heard (self, ZELECT_MESSAGE_HEARTBEAT, to, message->about, message->number);
    FUZZ_CHECK (beat);
    if (!message->granted) {
        FUZZ_CHECK (message->promise_ns == 0 && message->term > message->about);
        return;
    }
    FUZZ_CHECK (judge_is_settled (self) && !judge_leads (self));
    if (!message->promise_ns)
        return;
    FUZZ_CHECK (judge_is_voter (self, self->options.self));
    FUZZ_CHECK (message->promise_ns == self->options.election_ns);
    FUZZ_CHECK (message->term == message->about || self->options.is_volatile);
    FUZZ_CHECK (s_is_durable_term (self, message->about));
    self->promises [self->promise_count++] = (judge_promise_t){
        .incarnation = beat->incarnation,
        .term = message->about,
        .until = beat->at + message->promise_ns,
        .leader = to,
    };
}

//  R4, R6: elected by a majority whose votes were asked for, the own one saved.

static void
s_begin_leadership (judge_t *self, const zelect_message_t *beat)
{
    uint8_t own = self->options.self;
    FUZZ_CHECK (self->role == ZELECT_ROLE_LEADER_ELECT);
    FUZZ_CHECK (self->vote.about == beat->term || judge_is_majority (self, UINT64_C (1) << own));
    FUZZ_CHECK (judge_is_majority (self, self->vote.granted | UINT64_C (1) << own));
    s_see_vote (self, beat->term, own, self->options.incarnation);
    self->lead_term = beat->term;
    self->first_round = beat->number;
    self->own_until = 0;
    memset (self->bound_until, 0, sizeof self->bound_until);
}

static void
s_see_beat (judge_t *self, const zelect_message_t *message)
{
    uint8_t own = self->options.self;
    FUZZ_CHECK (judge_leads (self) && s_takes_part (self));
    FUZZ_CHECK (self->options.priority && !self->has_stopped && !self->is_ill);
    FUZZ_CHECK (message->about == message->term && message->term > self->released);
    FUZZ_CHECK (s_is_durable_vote (self, message->term, own, self->options.incarnation));
    if (message->term != self->lead_term)
        s_begin_leadership (self, message);
    else
        FUZZ_CHECK (message->number == self->round + 1);
    self->round = message->number;
    self->rounds [self->round - self->first_round] = self->now;
    self->own_until = judge_bound (self, self->now, self->options.election_ns);
}

static void
s_see_release (judge_t *self, const zelect_message_t *message)
{
    FUZZ_CHECK (self->lease_until == 0 && !judge_leads (self));
    FUZZ_CHECK (message->about == self->lead_term && message->about > self->released);
    self->released = message->about;
}

static void
s_check_message (const judge_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    unsigned count = self->options.member_count;
    FUZZ_CHECK (effect->to >> count == 0 && !judge_has (effect->to, self->options.self));
    FUZZ_CHECK (effect->to != 0 || effect->kind == ZELECT_EFFECT_BROADCAST);
    FUZZ_CHECK (message->from == self->options.self);
    FUZZ_CHECK (message->incarnation == self->options.incarnation);
    FUZZ_CHECK (message->term < ZELECT_TERM_MAX && message->about < ZELECT_TERM_MAX);
    FUZZ_CHECK (message->floor < ZELECT_TERM_MAX);
    FUZZ_CHECK (message->granted <= 1);
    FUZZ_CHECK (message->leader == ZELECT_NOBODY || message->leader < count);
    FUZZ_CHECK (message->rank_count < count || message->rank_count == 0);
    uint64_t ranked = UINT64_C (1) << self->options.self;
    for (unsigned rank = 0; rank < message->rank_count; rank++) {
        FUZZ_CHECK (message->ranking [rank] < count
                    && !judge_has (ranked, message->ranking [rank]));
        ranked |= UINT64_C (1) << message->ranking [rank];
    }
}

static void
s_see_message (judge_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    s_check_message (self, effect);
    //  What is granted carries what is saved; all else what is wanted
    if (!message->granted)
        judge_see_term (self, message->term);
    bool is_on_feed =
        message->kind == ZELECT_MESSAGE_HEARTBEAT || message->kind == ZELECT_MESSAGE_RELEASE;
    FUZZ_CHECK ((effect->kind == ZELECT_EFFECT_BROADCAST) == is_on_feed);
    switch (message->kind) {
    case ZELECT_MESSAGE_PREVOTE:
        s_see_prevote (self, message);
        break;
    case ZELECT_MESSAGE_PREVOTE_REPLY:
        s_see_prevote_reply (self, effect);
        break;
    case ZELECT_MESSAGE_VOTE:
        s_see_request (self, message);
        break;
    case ZELECT_MESSAGE_VOTE_REPLY:
        s_see_vote_reply (self, effect);
        break;
    case ZELECT_MESSAGE_HEARTBEAT:
        s_see_beat (self, message);
        break;
    case ZELECT_MESSAGE_HEARTBEAT_ACK:
        s_see_ack (self, effect);
        break;
    case ZELECT_MESSAGE_RELEASE:
        s_see_release (self, message);
        break;
    default:
        FUZZ_CHECK (message->kind == ZELECT_MESSAGE_STATE && !judge_is_settled (self));
        break;
    }
}

//  --------------------------------------------------------------------------
//  Roles, leases, events (R4, R6, R16)

static bool
s_may_become (uint8_t from, uint8_t to)
{
    static const struct {
        uint8_t from, to;
    } moves [] = {
        {ZELECT_ROLE_FOLLOWER, ZELECT_ROLE_PRECANDIDATE},
        {ZELECT_ROLE_PRECANDIDATE, ZELECT_ROLE_CANDIDATE},
        {ZELECT_ROLE_CANDIDATE, ZELECT_ROLE_LEADER_ELECT},
        {ZELECT_ROLE_LEADER_ELECT, ZELECT_ROLE_LEADER},
    };
    if (to == ZELECT_ROLE_FAULTED || to == ZELECT_ROLE_FOLLOWER)
        return from != to && from != ZELECT_ROLE_FAULTED;
    for (size_t i = 0; i < sizeof moves / sizeof moves [0]; i++)
        if (moves [i].from == from && moves [i].to == to)
            return true;
    return false;
}

static void
s_see_role (judge_t *self, const zelect_effect_t *effect, bool is_start)
{
    FUZZ_CHECK (effect->role < ZELECT_ROLES && effect->reason < S_REASONS_MAX);
    FUZZ_CHECK (effect->old_role == self->role);
    FUZZ_CHECK (is_start ? effect->role == ZELECT_ROLE_FOLLOWER
                         : s_may_become (effect->old_role, effect->role));
    judge_see_term (self, effect->term);
    bool is_leader = effect->role == ZELECT_ROLE_LEADER;
    FUZZ_CHECK (is_leader == (self->lease_until != 0));
    FUZZ_CHECK (effect->until == self->lease_until);
    FUZZ_CHECK (!is_leader || effect->term == self->lead_term);
    FUZZ_CHECK (effect->role != ZELECT_ROLE_FAULTED || self->has_failed);
    self->role = effect->role;
}

static void
s_see_lease (judge_t *self, const zelect_effect_t *effect)
{
    FUZZ_CHECK (effect->term == self->lead_term && judge_leads (self));
    if (!effect->until) {
        FUZZ_CHECK (self->lease_until != 0 && self->role == ZELECT_ROLE_LEADER);
        self->lease_until = 0;
        return;
    }
    FUZZ_CHECK (effect->until > self->now && effect->until > self->lease_until);
    uint64_t bound = 0;
    for (unsigned member = 0; member < self->options.member_count; member++) {
        uint64_t until =
            member == self->options.self ? self->own_until : self->bound_until [member];
        if (until >= effect->until)
            bound |= UINT64_C (1) << member;
    }
    FUZZ_CHECK (judge_is_majority (self, bound));
    self->lease_until = effect->until;
}

static void
s_see_leader (judge_t *self, const zelect_effect_t *effect)
{
    FUZZ_CHECK (effect->member == ZELECT_NOBODY || effect->member < self->options.member_count);
    FUZZ_CHECK (effect->member != self->leader || effect->term != self->leader_term);
    FUZZ_CHECK (effect->member != self->options.self || self->role == ZELECT_ROLE_LEADER);
    self->leader = effect->member;
    self->leader_term = effect->term;
}

static void
s_see_report (judge_t *self, const zelect_effect_t *effect)
{
    FUZZ_CHECK (effect->report <= ZELECT_REPORT_BROKEN);
    FUZZ_CHECK (effect->report != ZELECT_REPORT_BROKEN);
    FUZZ_CHECK (effect->member < self->options.member_count);
    if (effect->report != ZELECT_REPORT_SETTLED)
        return;
    FUZZ_CHECK (!judge_is_settled (self));
    FUZZ_CHECK (effect->number >= self->term && effect->number != ZELECT_FLOOR_UNSETTLED);
    if (self->options.is_volatile)
        self->floor = effect->number;
}

void
judge_see_effect (judge_t *self, const zelect_effect_t *effect, bool is_start)
{
    switch (effect->kind) {
    case ZELECT_EFFECT_SAVE:
        s_see_save (self, effect);
        break;
    case ZELECT_EFFECT_SEND:
    case ZELECT_EFFECT_BROADCAST:
        s_see_message (self, effect);
        break;
    case ZELECT_EFFECT_LEASE:
        s_see_lease (self, effect);
        break;
    case ZELECT_EFFECT_ROLE:
        s_see_role (self, effect, is_start);
        break;
    case ZELECT_EFFECT_LEADER:
        s_see_leader (self, effect);
        break;
    case ZELECT_EFFECT_REPORT:
        s_see_report (self, effect);
        break;
    default:
        FUZZ_CHECK (effect->kind == ZELECT_EFFECT_ANSWER);
        FUZZ_CHECK (effect->answer <= ZELECT_ANSWER_SILENT);
        break;
    }
}
