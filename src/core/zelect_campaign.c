/*  =========================================================================
    zelect_campaign - pre-vote and vote, the asking side (R3, R8)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include "zelect_pure.h"

//  ----  When  ----------------------------------------------------------------

//  R8, the constants that did best in a model: a slack of 2 ms, as others heard
//  the last heartbeat a little later; slots of 10 to 25 ms; for tiny election
//  timeouts all of them shrink.

static uint64_t
s_slack_ns (const zelect_core_t *core)
{
    return zelect_step_min (2 * ZELECT_MS, core->options.election_ns / 50);
}

//  Neither is shorter than what a save and a round trip have taken here, nor
//  longer than T / 4.

static uint64_t
s_at_least_measured (const zelect_core_t *core, uint64_t slot_ns)
{
    slot_ns = zelect_step_max (slot_ns, 2 * (core->save_ns + core->rtt_ns));
    return zelect_step_min (slot_ns, core->options.election_ns / 4);
}

uint64_t
zelect_campaign_slot_ns (const zelect_core_t *core)
{
    uint64_t slot_ns = zelect_step_max (core->options.election_ns / 25, 10 * ZELECT_MS);
    return s_at_least_measured (core, zelect_step_min (slot_ns, 25 * ZELECT_MS));
}

//  Each round in short slots that did not win doubles them: where the measured
//  times mislead, candidates still get out of each other's way.

uint64_t
zelect_campaign_short_slot_ns (const zelect_core_t *core)
{
    unsigned failed = core->fast_tries ? ZELECT_FAST_TRIES - core->fast_tries : 0;
    uint64_t slot_ns = s_at_least_measured (core, 5 * ZELECT_MS) << (failed < 6 ? failed : 6);
    return zelect_step_min (slot_ns, core->options.election_ns / 4);
}

void
zelect_campaign_note_rtt (zelect_core_t *core, uint64_t rtt_ns)
{
    rtt_ns = zelect_step_min (rtt_ns, core->options.election_ns / 8);
    core->rtt_ns = core->rtt_ns ? core->rtt_ns - core->rtt_ns / 4 + rtt_ns / 4 : rtt_ns;
}

//  This node's place in the order of succession. Who is not in the leader's
//  ranking comes after it; who has just left the leadership is the last. Where
//  there was no time for a ranking yet, the order is that of the ids.

static uint64_t
s_rank (const zelect_core_t *core)
{
    if (core->is_last)
        return core->rank_count ? core->rank_count + 1u : core->options.member_count;
    for (unsigned rank = 0; rank < core->rank_count; rank++)
        if (core->ranking [rank] == core->options.self)
            return rank;
    return core->rank_count ? core->rank_count : core->options.self;
}

static void
s_set_turn (zelect_step_t *step, uint64_t turn)
{
    zelect_core_t *core = step->core;
    core->heir_of = ZELECT_NOBODY;
    core->timers [ZELECT_TIMER_CAMPAIGN] = zelect_core_is_electable (core) ? turn : ZELECT_NEVER;
}

void
zelect_campaign_by_rank (zelect_step_t *step, uint64_t base)
{
    const zelect_core_t *core = step->core;
    if (!core->rank_count) {
        zelect_campaign_at_random (step, base);
        return;
    }
    uint64_t jitter_ns = zelect_step_min (ZELECT_MS, core->options.election_ns / 100);
    s_set_turn (step, base + s_slack_ns (core) + s_rank (core) * zelect_campaign_slot_ns (core)
                          + zelect_step_random (step, jitter_ns));
}

//  The ranked have a slot each, which keeps them apart. Who is in no ranking may
//  share one.

void
zelect_campaign_fast (zelect_step_t *step, uint64_t base)
{
    const zelect_core_t *core = step->core;
    uint64_t rank = s_rank (core);
    uint64_t jitter_ns = 0;
    if (rank >= core->rank_count)
        jitter_ns = zelect_step_min (ZELECT_MS / 2, core->options.election_ns / 100);
    s_set_turn (step, base + rank * zelect_campaign_short_slot_ns (core)
                          + zelect_step_random (step, jitter_ns));
}

//  At once, but for what is there to be heard before: a leader that is there by now.

void
zelect_campaign_inherit (zelect_step_t *step, uint8_t leader, uint64_t released)
{
    s_set_turn (step, step->now);
    step->core->heir_of = leader;
    step->core->heir_term = released + 1;
}

void
zelect_campaign_hurry (zelect_core_t *core, zelect_reason_t reason)
{
    core->fast_tries = ZELECT_FAST_TRIES;
    core->haste_reason = (uint8_t) reason;
}

void
zelect_campaign_at_random (zelect_step_t *step, uint64_t base)
{
    const zelect_core_t *core = step->core;
    s_set_turn (step, base + zelect_step_random (step, core->options.election_ns));
}

//  ----  Asking  --------------------------------------------------------------

//  R3: a round lasts T at most; after a proof or a release a few short slots.

static void
s_open_round (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint64_t short_ns = 4 * zelect_campaign_short_slot_ns (core);
    uint64_t length_ns = core->fast_tries ? short_ns : core->options.election_ns;
    core->timers [ZELECT_TIMER_ROUND] = step->now + length_ns;
    core->timers [ZELECT_TIMER_RESEND] = step->now + core->options.heartbeat_ns;
    core->timers [ZELECT_TIMER_CAMPAIGN] = ZELECT_NEVER;
    core->answered = zelect_mask (core->options.self);
    core->asked_at = step->now;
    core->request++;
}

static void
s_ask (zelect_step_t *step)
{
    const zelect_core_t *core = step->core;
    bool is_real = core->role == ZELECT_ROLE_CANDIDATE;
    zelect_message_t message =
        zelect_step_message (step, is_real ? ZELECT_MESSAGE_VOTE : ZELECT_MESSAGE_PREVOTE);
    message.about = core->ask_term;
    message.number = core->request;
    zelect_step_send (step, zelect_core_others (core) & ~core->answered, &message);
}

//  R3: a majority would vote for this node, so it asks in earnest. The requests
//  leave while the own vote is being saved; that vote counts when it is (R2).

static void
s_stand (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    ZELECT_CHECK (step, core->ask_term > core->wanted.term);
    core->wanted.term = core->ask_term;
    core->wanted.vote = core->options.self;
    core->wanted.vote_incarnation = core->options.incarnation;
    core->grant_member = ZELECT_NOBODY;
    core->ack_pending = 0;
    core->granted = 0;
    core->votes_ns = core->options.election_ns;
    zelect_step_become (step, ZELECT_ROLE_CANDIDATE, ZELECT_REASON_PREVOTED);
    s_open_round (step);
    zelect_record_put (step);
    s_ask (step);
}

//  R3, R11: a release is its sender's pre-vote for the heir that it names, for the next
//  term alone. That is not later than any term led since, so if the release was late
//  the heir takes nothing from whoever leads by now.

static uint64_t
s_inherited (const zelect_core_t *core)
{
    bool is_heir = core->heir_of != ZELECT_NOBODY && core->ask_term == core->heir_term;
    return is_heir ? zelect_mask (core->heir_of) : 0;
}

void
zelect_campaign_begin (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    ZELECT_CHECK (step, zelect_core_is_electable (core) && core->role == ZELECT_ROLE_FOLLOWER);
    if (zelect_promise_holds (step, core->options.self, core->options.incarnation)) {
        zelect_campaign_by_rank (step, core->timers [ZELECT_TIMER_HOLD]);
        return;
    }
    //  R17: no vote at or below the floor, the own one included
    uint64_t floor = zelect_step_max (core->saved.floor, core->heard_floor);
    core->ask_term = zelect_step_max (core->wanted.term, floor) + 1;
    if (core->ask_term >= ZELECT_TERM_MAX)
        return;
    zelect_reason_t reason = core->fast_tries ? core->haste_reason : ZELECT_REASON_SILENCE;
    zelect_step_become (step, ZELECT_ROLE_PRECANDIDATE, reason);
    s_open_round (step);
    core->answered |= s_inherited (core);
    core->granted = core->answered;
    if (zelect_quorum_won (core->options.voters, core->granted))
        s_stand (step);
    else
        s_ask (step);
}

void
zelect_campaign_repeat (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    ZELECT_CHECK (step, zelect_core_campaigns (core));
    core->timers [ZELECT_TIMER_RESEND] = step->now + core->options.heartbeat_ns;
    s_ask (step);
}

//  R3, R8: no majority in time. After a proof or a release it is tried again
//  soon, a limited number of times; else at a random time, since an order of
//  succession that did not help once would not the next time.

void
zelect_campaign_fail (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    ZELECT_CHECK (step, zelect_core_campaigns (core));
    zelect_step_become (step, ZELECT_ROLE_FOLLOWER, ZELECT_REASON_NO_MAJORITY);
    if (core->fast_tries)
        core->fast_tries--;
    if (core->fast_tries) {
        uint64_t short_ns = zelect_campaign_short_slot_ns (core);
        zelect_campaign_fast (step, step->now + zelect_step_random (step, 2 * short_ns));
    }
    else
        zelect_campaign_at_random (step, step->now);
}

//  ----  Counting  ------------------------------------------------------------

void
zelect_campaign_count (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint8_t self = core->options.self;
    //  The own vote is needed in any case: no heartbeat of an unsaved term (I3)
    if (core->role != ZELECT_ROLE_CANDIDATE || !zelect_record_has_vote (core, self))
        return;
    if (zelect_quorum_won (core->options.voters, core->granted | zelect_mask (self)))
        zelect_lead_begin (step);
}

//  R5: who refuses says whom it follows, so that a node cut off from the leader
//  still knows who leads.

static void
s_take_hint (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (message->term < core->wanted.term || message->leader == core->options.self
        || !zelect_core_is_voter (core, message->leader))
        return;
    core->hint_leader = message->leader;
    //  As long as it takes to ask again: a round and the pause after it
    core->timers [ZELECT_TIMER_HINT] = step->now + 3 * core->options.election_ns;
}

//  R17: who forgot says how far this node has to go to get its vote. The next
//  request asks for that; no term is raised by it, or a node that is cut off
//  from a healthy leader would come back with a higher one (G5).

static void
s_take_floor (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (message->floor <= core->heard_floor || message->floor < core->ask_term
        || message->floor - core->wanted.term > ZELECT_TERM_JUMP)
        return;
    core->heard_floor = message->floor;
    if (core->role != ZELECT_ROLE_PRECANDIDATE || message->leader != ZELECT_NOBODY)
        return;
    zelect_step_become (step, ZELECT_ROLE_FOLLOWER, ZELECT_REASON_NO_MAJORITY);
    zelect_campaign_fast (step, step->now + zelect_campaign_short_slot_ns (core));
}

void
zelect_campaign_forget_hint (zelect_step_t *step)
{
    step->core->hint_leader = ZELECT_NOBODY;
}

//  R14: it is of this very request, and of the kind that was asked (R3).

bool
zelect_campaign_awaits (const zelect_core_t *core, const zelect_message_t *message)
{
    bool is_real = message->kind == ZELECT_MESSAGE_VOTE_REPLY;
    zelect_role_t role = is_real ? ZELECT_ROLE_CANDIDATE : ZELECT_ROLE_PRECANDIDATE;
    return core->role == role && message->number == core->request
           && message->about == core->ask_term && zelect_core_is_voter (core, message->from);
}

void
zelect_campaign_reply (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    bool is_real = message->kind == ZELECT_MESSAGE_VOTE_REPLY;
    if (!zelect_campaign_awaits (core, message))
        return;
    //  A voter's save is part of the round trip, as it will be the next time
    if (!zelect_mask_has (core->answered, message->from))
        zelect_campaign_note_rtt (core, step->now - core->asked_at);
    core->answered |= zelect_mask (message->from);
    if (!message->granted) {
        s_take_hint (step, message);
        s_take_floor (step, message);
        return;
    }
    core->granted |= zelect_mask (message->from);
    if (is_real && message->promise_ns) {
        core->votes_ns = zelect_step_min (core->votes_ns, message->promise_ns);
        core->timers [ZELECT_TIMER_ROUND] =
            zelect_step_min (core->timers [ZELECT_TIMER_ROUND], core->asked_at + core->votes_ns);
        if (step->now >= core->timers [ZELECT_TIMER_ROUND])
            core->granted &= ~zelect_mask (message->from);
    }
    if (!is_real && zelect_quorum_won (core->options.voters, core->granted))
        s_stand (step);
    //  Votes are counted at the end of the step, with the own one
}
