/*  =========================================================================
    zelect_core - init, step, deadline; roles and terms (R1)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include <string.h>
#include "zelect_pure.h"

//  ----  Small things that all files of the core use  -------------------------

uint64_t
zelect_step_random (zelect_step_t *step, uint64_t limit)
{
    //  Source: splitmix64 (Steele, Lea, Flood 2014). One word per input is
    //  handed in; the mix makes as many of it as the step needs. The slight
    //  bias of the remainder does no harm to a jitter.
    step->random += UINT64_C (0x9e3779b97f4a7c15);
    uint64_t word = step->random;
    word = (word ^ (word >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C (0x94d049bb133111eb);
    word ^= word >> 31;
    return limit == UINT64_MAX ? word : word % (limit + 1);
}

zelect_effect_t *
zelect_step_effect (zelect_step_t *step, zelect_effect_kind_t kind)
{
    zelect_effects_t *effects = step->effects;
    ZELECT_CHECK (step, effects->count < ZELECT_EFFECTS_MAX);
    size_t index = zelect_step_min (effects->count, ZELECT_EFFECTS_MAX - 1);
    effects->count = index + 1;
    zelect_effect_t *effect = &effects->list [index];
    memset (effect, 0, sizeof *effect);
    effect->kind = (uint8_t) kind;
    return effect;
}

zelect_message_t
zelect_step_message (const zelect_step_t *step, zelect_message_kind_t kind)
{
    const zelect_core_t *core = step->core;
    zelect_message_t message;
    memset (&message, 0, sizeof message);
    message.kind = (uint8_t) kind;
    message.from = core->options.self;
    message.incarnation = core->options.incarnation;
    message.term = core->wanted.term;
    message.leader = ZELECT_NOBODY;
    return message;
}

void
zelect_step_send (zelect_step_t *step, uint64_t to, const zelect_message_t *message)
{
    ZELECT_CHECK (step, !zelect_mask_has (to, step->core->options.self));
    if (!to)
        return;
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_SEND);
    effect->to = to;
    effect->message = *message;
}

void
zelect_step_report (zelect_step_t *step, zelect_report_t report, uint8_t member, uint64_t number)
{
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_REPORT);
    effect->report = (uint8_t) report;
    effect->member = member;
    effect->number = number;
}

void
zelect_step_answer (zelect_step_t *step, zelect_answer_t answer)
{
    zelect_step_effect (step, ZELECT_EFFECT_ANSWER)->answer = (uint8_t) answer;
}

uint64_t
zelect_core_others (const zelect_core_t *core)
{
    return core->options.voters & ~zelect_mask (core->options.self);
}

bool
zelect_core_is_voter (const zelect_core_t *core, unsigned member)
{
    return zelect_mask_has (core->options.voters, member);
}

bool
zelect_core_takes_part (const zelect_core_t *core)
{
    return zelect_core_is_voter (core, core->options.self) && zelect_settle_is_done (core)
           && !core->is_faulted;
}

bool
zelect_core_is_electable (const zelect_core_t *core)
{
    return zelect_core_takes_part (core) && core->options.priority && core->is_healthy
           && !core->is_stopped;
}

//  ----  Roles  ---------------------------------------------------------------

//  The timers that belong to a role end with it.

static void
s_stop_timers (zelect_core_t *core)
{
    if (!zelect_core_campaigns (core)) {
        core->timers [ZELECT_TIMER_ROUND] = ZELECT_NEVER;
        core->timers [ZELECT_TIMER_RESEND] = ZELECT_NEVER;
    }
    if (!zelect_core_leads (core)) {
        core->timers [ZELECT_TIMER_LEASE] = ZELECT_NEVER;
        core->timers [ZELECT_TIMER_HEARTBEAT] = ZELECT_NEVER;
        core->timers [ZELECT_TIMER_PREEMPT] = ZELECT_NEVER;
    }
}

void
zelect_step_become (zelect_step_t *step, zelect_role_t role, zelect_reason_t reason)
{
    zelect_core_t *core = step->core;
    if (core->role == role || core->role == ZELECT_ROLE_FAULTED)
        return;
    ZELECT_CHECK (step, zelect_role_allows ((zelect_role_t) core->role, role));
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_ROLE);
    effect->old_role = core->role;
    effect->role = (uint8_t) role;
    effect->reason = (uint8_t) reason;
    effect->term = core->wanted.term;
    effect->until = role == ZELECT_ROLE_LEADER ? core->lease_end : 0;
    core->role = (uint8_t) role;
    s_stop_timers (core);
}

//  Tell the application who leads, if that or the term of it is news.

static void
s_tell_leader (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint8_t leader = zelect_core_leader (core, step->now);
    bool is_promised = leader != ZELECT_NOBODY && leader == core->promise_leader;
    uint64_t term = is_promised ? core->promise_term : core->wanted.term;
    if (leader == core->known_leader && (leader == ZELECT_NOBODY || term == core->known_term))
        return;
    core->known_leader = leader;
    core->known_term = term;
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_LEADER);
    effect->member = leader;
    effect->term = term;
}

uint8_t
zelect_core_leader (const zelect_core_t *self, uint64_t now)
{
    if (self->role == ZELECT_ROLE_LEADER)
        return now < self->lease_end ? self->options.self : ZELECT_NOBODY;
    if (self->role == ZELECT_ROLE_LEADER_ELECT)
        return ZELECT_NOBODY;
    if (self->promise_leader != ZELECT_NOBODY && self->promise_leader != self->options.self
        && now < self->timers [ZELECT_TIMER_HOLD])
        return self->promise_leader;
    return self->hint_leader;
}

//  ----  Terms  ---------------------------------------------------------------

//  R1: the term is raised, and with it every vote and campaign of an older one
//  is void. The vote stays as it is within a term: nothing but a new term ever
//  clears it.

static void
s_raise_term (zelect_step_t *step, uint64_t term)
{
    zelect_core_t *core = step->core;
    ZELECT_CHECK (step, term > core->wanted.term && term < ZELECT_TERM_MAX);
    if (zelect_core_leads (core))
        zelect_lead_depose (step);
    core->wanted.term = term;
    core->wanted.vote = ZELECT_NOBODY;
    core->wanted.vote_incarnation = 0;
    core->grant_member = ZELECT_NOBODY;
    core->ack_pending = 0;
    if (zelect_core_campaigns (core)) {
        zelect_step_become (step, ZELECT_ROLE_FOLLOWER, ZELECT_REASON_HIGHER_TERM);
        zelect_campaign_fast (step, step->now + zelect_campaign_short_slot_ns (core));
    }
}

bool
zelect_step_adopt (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    uint64_t term = core->wanted.term;
    //  I11: what is no voter moves no term
    if (message->term <= term || !zelect_core_is_voter (core, message->from))
        return true;
    //  ... and takes up those alone that were led, which a majority has saved: a
    //  term that its voters lost with their disks would part it from them for good
    if (message->kind != ZELECT_MESSAGE_HEARTBEAT
        && !zelect_core_is_voter (core, core->options.self))
        return true;
    if (message->term - term <= ZELECT_TERM_JUMP) {
        s_raise_term (step, message->term);
        return true;
    }
    zelect_step_report (step, ZELECT_REPORT_TERM_JUMP, message->from, message->term);
    s_raise_term (step, term + ZELECT_TERM_JUMP);
    return false;
}

//  ----  Inputs  --------------------------------------------------------------

//  R1: what never raises a term by its arrival. Vote requests do when they are
//  decided, heartbeats when they are found to be of a living leadership. Answers do
//  if this node still waits for them (R14): a refusal that a queue has kept may
//  speak of a term that its sender lost since, with its disk.

static bool
s_raises_term (const zelect_core_t *core, const zelect_message_t *message)
{
    switch (message->kind) {
    case ZELECT_MESSAGE_PREVOTE:
    case ZELECT_MESSAGE_VOTE:
    case ZELECT_MESSAGE_HEARTBEAT:
    case ZELECT_MESSAGE_STATE:
        return false;
    case ZELECT_MESSAGE_PREVOTE_REPLY:
        return !message->granted && zelect_campaign_awaits (core, message);
    case ZELECT_MESSAGE_VOTE_REPLY:
        return zelect_campaign_awaits (core, message);
    case ZELECT_MESSAGE_HEARTBEAT_ACK:
        return zelect_lead_awaits (core, message);
    default:
        return true;
    }
}

//  What cannot be: src/wire lets none of it through, but the core does not rely
//  on that.

static bool
s_is_possible (const zelect_core_t *core, const zelect_message_t *message)
{
    if (message->kind >= ZELECT_MESSAGES || message->from >= core->options.member_count
        || message->from == core->options.self || !message->incarnation
        || message->term >= ZELECT_TERM_MAX || message->about >= ZELECT_TERM_MAX)
        return false;
    bool speaks_of_own_term =
        message->kind == ZELECT_MESSAGE_VOTE || message->kind == ZELECT_MESSAGE_HEARTBEAT;
    if (speaks_of_own_term && message->about != message->term)
        return false;
    return message->kind != ZELECT_MESSAGE_RELEASE || message->about <= message->term;
}

static void
s_take_message (zelect_step_t *step, const zelect_message_t *message)
{
    typedef void (handler_fn) (zelect_step_t *, const zelect_message_t *);
    static handler_fn *const handlers [ZELECT_MESSAGES] = {
        [ZELECT_MESSAGE_PREVOTE] = zelect_vote_request,
        [ZELECT_MESSAGE_PREVOTE_REPLY] = zelect_campaign_reply,
        [ZELECT_MESSAGE_VOTE] = zelect_vote_request,
        [ZELECT_MESSAGE_VOTE_REPLY] = zelect_campaign_reply,
        [ZELECT_MESSAGE_HEARTBEAT] = zelect_promise_heartbeat,
        [ZELECT_MESSAGE_HEARTBEAT_ACK] = zelect_lead_ack,
        [ZELECT_MESSAGE_RELEASE] = zelect_promise_release,
        [ZELECT_MESSAGE_STATE_REPLY] = zelect_settle_reply,
    };
    if (!s_is_possible (step->core, message) || !handlers [message->kind])
        return;
    if (s_raises_term (step->core, message) && !zelect_step_adopt (step, message))
        return;
    handlers [message->kind](step, message);
}

static void
s_tick (zelect_step_t *step)
{
    typedef void (handler_fn) (zelect_step_t *);
    static handler_fn *const handlers [ZELECT_TIMERS] = {
        [ZELECT_TIMER_LEASE] = zelect_lead_expire,
        [ZELECT_TIMER_HOLD] = zelect_promise_over,
        [ZELECT_TIMER_ROUND] = zelect_campaign_fail,
        [ZELECT_TIMER_CAMPAIGN] = zelect_campaign_begin,
        [ZELECT_TIMER_RESEND] = zelect_campaign_repeat,
        [ZELECT_TIMER_HEARTBEAT] = zelect_lead_beat,
        [ZELECT_TIMER_PREEMPT] = zelect_handover_preempt,
        [ZELECT_TIMER_SETTLE] = zelect_settle_ask,
        [ZELECT_TIMER_HINT] = zelect_campaign_forget_hint,
    };
    zelect_core_t *core = step->core;
    for (unsigned timer = 0; timer < ZELECT_TIMERS; timer++) {
        if (step->now < core->timers [timer])
            continue;
        core->timers [timer] = ZELECT_NEVER;
        handlers [timer](step);
    }
}

static void
s_take_input (zelect_step_t *step, const zelect_input_t *input)
{
    switch (input->kind) {
    case ZELECT_INPUT_MESSAGE:
        s_take_message (step, &input->message);
        break;
    case ZELECT_INPUT_TICK:
        s_tick (step);
        break;
    case ZELECT_INPUT_SAVED:
        zelect_record_saved (step, input->number, input->ok);
        break;
    case ZELECT_INPUT_RESIGN:
        zelect_handover_resign (step);
        break;
    case ZELECT_INPUT_TRANSFER:
        zelect_handover_transfer (step, input->member);
        break;
    case ZELECT_INPUT_STOP:
        zelect_handover_stop (step);
        break;
    case ZELECT_INPUT_HEALTH:
        zelect_handover_health (step, input->ok);
        break;
    case ZELECT_INPUT_DIED:
        zelect_promise_died (step, input->member, input->number);
        break;
    case ZELECT_INPUT_STALLED:
        zelect_promise_stalled (step);
        break;
    default:
        ZELECT_CHECK (step, false);
        break;
    }
}

//  What a step with a broken invariant came to is not to be trusted: nothing of
//  it is sent, and no lease is given.

static void
s_hold_back (zelect_effects_t *effects)
{
    static const bool is_harmless [ZELECT_EFFECTS] = {
        [ZELECT_EFFECT_SAVE] = true,   [ZELECT_EFFECT_LEASE] = true,  [ZELECT_EFFECT_ROLE] = true,
        [ZELECT_EFFECT_LEADER] = true, [ZELECT_EFFECT_REPORT] = true, [ZELECT_EFFECT_ANSWER] = true,
    };
    size_t kept = 0;
    for (size_t index = 0; index < effects->count; index++) {
        if (!is_harmless [effects->list [index].kind])
            continue;
        effects->list [kept] = effects->list [index];
        effects->list [kept++].until = 0;
    }
    effects->count = kept;
}

//  What became possible in this step: saves, and what waited for them.

static void
s_finish (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    zelect_record_put (step);
    zelect_settle_finish (step);
    zelect_vote_grant_saved (step);
    zelect_promise_ack (step);
    zelect_campaign_count (step);
    if (core->broken && !core->is_faulted) {
        s_hold_back (step->effects);
        zelect_step_report (step, ZELECT_REPORT_BROKEN, core->options.self, 0);
        zelect_record_fault (step, ZELECT_REASON_BROKEN);
    }
    s_tell_leader (step);
}

void
zelect_core_step (zelect_core_t *self,
                  uint64_t now,
                  const zelect_input_t *input,
                  zelect_effects_t *effects)
{
    zelect_step_t step = {self, now, input->random, effects};
    effects->count = 0;
    //  R6: leadership ends with the lease, whatever has just arrived
    if (zelect_core_leads (self) && now >= self->timers [ZELECT_TIMER_LEASE]) {
        self->timers [ZELECT_TIMER_LEASE] = ZELECT_NEVER;
        zelect_lead_expire (&step);
    }
    s_take_input (&step, input);
    s_finish (&step);
}

uint64_t
zelect_core_deadline (const zelect_core_t *self)
{
    uint64_t deadline = ZELECT_NEVER;
    for (unsigned timer = 0; timer < ZELECT_TIMERS; timer++)
        deadline = zelect_step_min (deadline, self->timers [timer]);
    return deadline;
}

//  ----  Begin  ---------------------------------------------------------------

static void
s_init_members (zelect_core_t *core)
{
    for (unsigned index = 0; index < ZELECT_MEMBERS_MAX; index++) {
        core->members [index].kept_at = ZELECT_NEVER;
        //  Presumed well and electable until it says otherwise
        core->members [index].priority = 1;
        core->members [index].healthy = 1;
    }
}

void
zelect_core_init (zelect_core_t *self,
                  const zelect_core_options_t *options,
                  const zelect_record_t *saved,
                  uint64_t now,
                  uint64_t random,
                  zelect_effects_t *effects)
{
    memset (self, 0, sizeof *self);
    zelect_step_t step = {self, now, random, effects};
    effects->count = 0;
    self->options = *options;
    self->saved = self->wanted = *saved;
    if (options->is_volatile)
        zelect_record_init (&self->saved, false), self->wanted = self->saved;
    for (unsigned timer = 0; timer < ZELECT_TIMERS; timer++)
        self->timers [timer] = ZELECT_NEVER;
    s_init_members (self);
    self->promise_leader = self->known_leader = self->hint_leader = ZELECT_NOBODY;
    self->heir_of = ZELECT_NOBODY;
    self->grant_member = self->preempt_target = self->preempt_waits = ZELECT_NOBODY;
    self->is_healthy = 1;
    self->started_at = now;
    //  R14: what an earlier incarnation asked or sent is not taken for ours
    self->request = zelect_step_random (&step, UINT64_MAX) >> 1 | 1;
    self->round = zelect_step_random (&step, UINT64_MAX) >> 1 | 1;
    //  R9: a promise of the last run may be out, and that may have been longer
    uint64_t wait_ns = zelect_step_max (options->election_ns, self->saved.promise_ns);
    self->wanted.promise_ns = wait_ns;
    self->wait_end = now + wait_ns;
    self->timers [ZELECT_TIMER_HOLD] = self->wait_end;
    zelect_effect_t *effect = zelect_step_effect (&step, ZELECT_EFFECT_ROLE);
    effect->reason = ZELECT_REASON_STARTED;
    effect->term = self->wanted.term;
    if (!zelect_settle_is_done (self))
        zelect_settle_begin (&step);
    s_finish (&step);
}
