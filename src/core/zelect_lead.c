/*  =========================================================================
    zelect_lead - leadership: rounds, lease, ranking (R1, R4, R6, R8)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include <string.h>
#include "zelect_pure.h"

bool
zelect_lead_hears (const zelect_core_t *core, unsigned member)
{
    uint64_t acked = core->members [member].acked_round;
    return acked && core->round - acked <= ZELECT_ROUNDS_MISSED;
}

//  ----  Ranking (R8)  --------------------------------------------------------

static bool
s_is_ranked (const zelect_core_t *core, unsigned member)
{
    for (unsigned rank = 0; rank < core->rank_count; rank++)
        if (core->ranking [rank] == member)
            return true;
    return false;
}

//  A new leader knows the members from its predecessor's ranking until they
//  have had time to acknowledge.

static bool
s_is_heir (const zelect_core_t *core, unsigned member)
{
    const zelect_core_member_t *self = &core->members [member];
    bool is_young = core->round - core->first_round < ZELECT_ROUNDS_MISSED;
    return self->priority && self->healthy && !self->faulted
           && (zelect_lead_hears (core, member) || (is_young && s_is_ranked (core, member)));
}

//  Priority first, then who answers fastest, then the id.

static bool
s_is_before (const zelect_core_t *core, unsigned one, unsigned other)
{
    const zelect_core_member_t *a = &core->members [one], *b = &core->members [other];
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->rtt_ns != b->rtt_ns)
        return a->rtt_ns < b->rtt_ns;
    return one < other;
}

//  Whether the ranking is still what it should be: it changes only when a
//  member misses three rounds, returns or changes its priority, or one late
//  answer would make two firsts.

static bool
s_is_ranking_good (const zelect_core_t *core, uint64_t heirs)
{
    uint64_t ranked = 0;
    for (unsigned rank = 0; rank < core->rank_count; rank++) {
        ranked |= zelect_mask (core->ranking [rank]);
        if (rank
            && core->members [core->ranking [rank - 1]].priority
                   < core->members [core->ranking [rank]].priority)
            return false;
    }
    return ranked == heirs;
}

//  Who hears no majority does not know who is there: the others may hear each
//  other well, and when this leadership ends they need the order that it last
//  knew. (With none they would campaign at random after their promises.)

static void
s_rank (zelect_core_t *core)
{
    uint64_t heirs = 0, heard = zelect_mask (core->options.self);
    for (unsigned index = 0; index < core->options.member_count; index++) {
        if (!zelect_mask_has (zelect_core_others (core), index))
            continue;
        if (s_is_heir (core, index))
            heirs |= zelect_mask (index);
        if (zelect_lead_hears (core, index))
            heard |= zelect_mask (index);
    }
    if (s_is_ranking_good (core, heirs) || !zelect_quorum_won (core->options.voters, heard))
        return;
    memset (core->ranking, 0, sizeof core->ranking);
    core->rank_count = 0;
    for (unsigned index = 0; index < core->options.member_count; index++) {
        if (!zelect_mask_has (heirs, index))
            continue;
        unsigned rank = core->rank_count++;
        for (; rank && s_is_before (core, index, core->ranking [rank - 1]); rank--)
            core->ranking [rank] = core->ranking [rank - 1];
        core->ranking [rank] = (uint8_t) index;
    }
}

//  ----  Rounds  --------------------------------------------------------------

//  How many rounds back the last one may be that a member acknowledged over the
//  feed: the round before, and those still under way where a round trip takes
//  longer than H. But only if there is time for a copy and its acknowledgement
//  after that: the loss of a feed shall not cost the lease (R6).

static uint64_t
s_rounds_back (const zelect_core_t *core, unsigned member)
{
    const zelect_core_options_t *options = &core->options;
    uint64_t rtt_ns = core->members [member].rtt_ns;
    uint64_t rounds = 1 + rtt_ns / options->heartbeat_ns;
    uint64_t copied_ns = (rounds + 1) * options->heartbeat_ns + rtt_ns;
    uint64_t lease_ns = zelect_quorum_lease_ns (options->election_ns, options->drift_permille);
    return copied_ns < lease_ns ? rounds : 1;
}

//  Who gets a copy beside the feed: who has not heard it in this term, or lately.

static uint64_t
s_direct (const zelect_core_t *core)
{
    uint64_t direct = 0;
    for (unsigned index = 0; index < core->options.member_count; index++) {
        uint64_t heard = core->members [index].feed_round;
        if (index != core->options.self
            && (!heard || core->round - heard > s_rounds_back (core, index)))
            direct |= zelect_mask (index);
    }
    return direct;
}

static void
s_broadcast (zelect_step_t *step, uint64_t to, const zelect_message_t *message)
{
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_BROADCAST);
    effect->to = to;
    effect->message = *message;
}

//  R6: the lease runs from the send times of the rounds that a majority has
//  acknowledged. Each member counts with the last round it acknowledged and
//  the promise that came with it; the q-th latest of these ends is safe, since
//  each of q members is bound at least until then.

static void
s_renew_lease (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint64_t until [ZELECT_MEMBERS_MAX] = {0};
    for (unsigned index = 0; index < core->options.member_count; index++) {
        const zelect_core_member_t *member = &core->members [index];
        uint64_t promise_ns = core->options.election_ns;
        uint64_t sent = core->round_sent [core->round % ZELECT_ROUND_WINDOW];
        if (index != core->options.self) {
            promise_ns = zelect_step_min (promise_ns, member->acked_promise);
            sent = member->acked_sent;
        }
        if (promise_ns)
            until [index] =
                sent + zelect_quorum_lease_ns (promise_ns, core->options.drift_permille);
    }
    uint64_t lease_end = zelect_quorum_until (core->options.voters, until);
    if (lease_end <= step->now || lease_end <= core->lease_end)
        return;
    core->lease_end = lease_end;
    core->timers [ZELECT_TIMER_LEASE] = lease_end;
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_LEASE);
    effect->term = core->wanted.term;
    effect->until = lease_end;
    if (core->role == ZELECT_ROLE_LEADER_ELECT)
        zelect_step_become (step, ZELECT_ROLE_LEADER, ZELECT_REASON_LEASED);
}

void
zelect_lead_beat (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    ZELECT_CHECK (step, zelect_core_leads (core));
    ZELECT_CHECK (step, zelect_record_has_vote (core, core->options.self));
    core->round++;
    core->round_sent [core->round % ZELECT_ROUND_WINDOW] = step->now;
    core->timers [ZELECT_TIMER_HEARTBEAT] = step->now + core->options.heartbeat_ns;
    s_rank (core);
    zelect_handover_review (step);
    zelect_message_t beat = zelect_step_message (step, ZELECT_MESSAGE_HEARTBEAT);
    beat.about = beat.term;
    beat.number = core->round;
    beat.rank_count = core->rank_count;
    memcpy (beat.ranking, core->ranking, sizeof beat.ranking);
    s_broadcast (step, s_direct (core), &beat);
    s_renew_lease (step);
}

//  ----  Acknowledgements  ----------------------------------------------------

static void
s_note_rtt (zelect_core_member_t *member, uint64_t rtt_ns)
{
    member->rtt_ns = member->rtt_ns ? member->rtt_ns - member->rtt_ns / 8 + rtt_ns / 8 : rtt_ns;
}

//  R12: what a member says of itself, and how long that took.

static void
s_note_member (zelect_step_t *step, const zelect_message_t *ack)
{
    zelect_core_t *core = step->core;
    zelect_core_member_t *member = &core->members [ack->from];
    if (ack->number >= member->acked_round) {    //  A late one is no news
        member->priority = ack->priority;
        member->healthy = ack->healthy;
        member->faulted = ack->faulted;
    }
    if (ack->by_feed && ack->number > member->feed_round)
        member->feed_round = ack->number;
    if (ack->number > member->acked_round) {
        member->acked_round = ack->number;
        s_note_rtt (member, step->now - core->round_sent [ack->number % ZELECT_ROUND_WINDOW]);
    }
    if (ack->promise_ns && ack->promise_ns != core->options.election_ns
        && !member->timeout_reported) {
        member->timeout_reported = 1;
        zelect_step_report (step, ZELECT_REPORT_TIMEOUT_DIFFERS, ack->from, ack->promise_ns);
    }
}

//  R14: it is of this leadership, and of a round sent lately.

bool
zelect_lead_awaits (const zelect_core_t *core, const zelect_message_t *message)
{
    return zelect_core_leads (core) && message->about == core->wanted.term
           && message->number >= core->first_round && message->number <= core->round
           && core->round - message->number < ZELECT_ROUND_WINDOW;
}

void
zelect_lead_ack (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (!message->granted || !zelect_lead_awaits (core, message))
        return;
    s_note_member (step, message);
    zelect_core_member_t *member = &core->members [message->from];
    uint64_t sent = core->round_sent [message->number % ZELECT_ROUND_WINDOW];
    if (!message->promise_ns || !zelect_core_is_voter (core, message->from)
        || sent <= member->acked_sent)
        return;
    member->acked_sent = sent;
    member->acked_promise = message->promise_ns;
    zelect_campaign_note_rtt (core, step->now - sent);
    s_renew_lease (step);
}

//  ----  Begin and end  -------------------------------------------------------

static void
s_leave_ranking (zelect_core_t *core, unsigned member)
{
    unsigned kept = 0;
    for (unsigned rank = 0; rank < core->rank_count; rank++)
        if (core->ranking [rank] != member)
            core->ranking [kept++] = core->ranking [rank];
    core->rank_count = (uint8_t) kept;
    memset (core->ranking + kept, 0, sizeof core->ranking - kept);
}

void
zelect_lead_begin (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    zelect_step_become (step, ZELECT_ROLE_LEADER_ELECT, ZELECT_REASON_ELECTED);
    core->promise_leader = core->hint_leader = ZELECT_NOBODY;
    core->owed_term = 0;
    core->lease_end = 0;
    core->fast_tries = 0;
    core->is_last = 0;
    core->timers [ZELECT_TIMER_HOLD] = ZELECT_NEVER;
    core->timers [ZELECT_TIMER_CAMPAIGN] = ZELECT_NEVER;
    core->timers [ZELECT_TIMER_HINT] = ZELECT_NEVER;
    //  R5: a leader-elect that has no lease after T gives up
    core->timers [ZELECT_TIMER_LEASE] = step->now + core->votes_ns;
    for (unsigned index = 0; index < core->options.member_count; index++) {
        zelect_core_member_t *member = &core->members [index];
        member->acked_sent = member->acked_round = member->acked_promise = 0;
        member->feed_round = 0;
    }
    s_leave_ranking (core, core->options.self);
    core->first_round = core->round + 1;
    zelect_handover_elected (step);
    zelect_lead_beat (step);
}

void
zelect_lead_release (zelect_step_t *step, uint64_t term, uint8_t heir)
{
    zelect_core_t *core = step->core;
    core->owed_term = 0;
    zelect_message_t release = zelect_step_message (step, ZELECT_MESSAGE_RELEASE);
    release.about = term;
    release.leader = heir;
    //  Rare and worth much: straight to everybody, beside the feed
    uint64_t all = zelect_mask (core->options.member_count - 1u);
    s_broadcast (step, (all | (all - 1)) & ~zelect_mask (core->options.self), &release);
}

//  The application hears of the end before anybody else may lead.

static void
s_drop_lease (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    core->lease_end = 0;
    if (core->role != ZELECT_ROLE_LEADER)
        return;
    zelect_step_effect (step, ZELECT_EFFECT_LEASE)->term = core->wanted.term;
}

void
zelect_lead_end (zelect_step_t *step, zelect_reason_t reason, uint8_t heir)
{
    zelect_core_t *core = step->core;
    s_drop_lease (step);
    zelect_step_become (step, core->is_faulted ? ZELECT_ROLE_FAULTED : ZELECT_ROLE_FOLLOWER,
                        reason);
    zelect_lead_release (step, core->wanted.term, heir);
    //  R11: who has left comes last
    core->is_last = 1;
    zelect_campaign_hurry (core, ZELECT_REASON_RELEASED);
    uint64_t head_start_ns = heir == ZELECT_NOBODY ? 0 : 3 * zelect_campaign_short_slot_ns (core);
    zelect_campaign_fast (step, step->now + head_start_ns);
    zelect_vote_decide_kept (step);
}

void
zelect_lead_expire (zelect_step_t *step)
{
    bool had_lease = step->core->role == ZELECT_ROLE_LEADER;
    zelect_reason_t reason = had_lease ? ZELECT_REASON_LOST_QUORUM : ZELECT_REASON_NO_LEASE;
    ZELECT_CHECK (step, zelect_core_leads (step->core));
    zelect_lead_end (step, reason, ZELECT_NOBODY);
}

//  R1: the followers' promises are to this node, so it campaigns at once; until
//  it is elected, or a slot is over, it answers no one else. Two that had no lease
//  yet may depose each other in turn: they get out of step by chance.

void
zelect_lead_depose (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint64_t pause_ns = core->role == ZELECT_ROLE_LEADER ? 0 : core->options.election_ns / 2;
    s_drop_lease (step);
    core->owed_term = core->wanted.term;
    core->promise_leader = core->options.self;
    core->promise_incarnation = core->options.incarnation;
    core->promise_term = core->wanted.term;
    zelect_step_become (step, ZELECT_ROLE_FOLLOWER, ZELECT_REASON_HIGHER_TERM);
    ZELECT_CHECK (step, zelect_core_is_electable (core));
    core->timers [ZELECT_TIMER_HOLD] = step->now + zelect_campaign_slot_ns (core);
    core->timers [ZELECT_TIMER_CAMPAIGN] = step->now + zelect_step_random (step, pause_ns);
    zelect_campaign_hurry (core, ZELECT_REASON_HIGHER_TERM);
}
