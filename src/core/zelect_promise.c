/*  =========================================================================
    zelect_promise - heartbeats heard, promises, their ends (R5, R9 to R13, R15)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include <string.h>
#include "zelect_pure.h"

bool
zelect_promise_holds (const zelect_step_t *step, uint8_t member, uint64_t incarnation)
{
    const zelect_core_t *core = step->core;
    if (zelect_core_leads (core) || !zelect_settle_is_done (core))
        return true;
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
    if (hold == ZELECT_NEVER || step->now >= hold)
        return false;
    return core->promise_leader != member || core->promise_incarnation != incarnation;
}

//  ----  Heartbeats  ----------------------------------------------------------

//  R13: a heartbeat of a lower term is refused with the present one, or its
//  sender could never come back.

static void
s_refuse (zelect_step_t *step, const zelect_message_t *heartbeat)
{
    zelect_message_t ack = zelect_step_message (step, ZELECT_MESSAGE_HEARTBEAT_ACK);
    ack.about = heartbeat->about;
    ack.number = heartbeat->number;
    ack.by_feed = heartbeat->by_feed;
    zelect_step_send (step, zelect_mask (heartbeat->from), &ack);
}

//  Whether the promise in force is to the very leadership that beats here.

static bool
s_is_promised (const zelect_core_t *core, const zelect_message_t *heartbeat)
{
    return core->promise_leader == heartbeat->from
           && core->promise_incarnation == heartbeat->incarnation
           && core->promise_term == heartbeat->about;
}

//  Two leaders in a term cannot be while voters keep their records. Who sees it
//  says so, who leads in that term steps down, and who is bound stays. A promise
//  that is over binds to nobody: where all voters forgot, terms are used again
//  (R17), and who remembers would else follow nobody for ever.

static bool
s_is_duel (zelect_step_t *step, const zelect_message_t *heartbeat)
{
    zelect_core_t *core = step->core;
    //  The promise may be over: its term and incarnation stay known
    bool is_other = core->promise_term == heartbeat->about
                    && core->promise_incarnation != heartbeat->incarnation;
    if (!is_other && !zelect_core_leads (core))
        return false;
    zelect_step_report (step, ZELECT_REPORT_TWO_LEADERS, heartbeat->from, heartbeat->about);
    if (!zelect_core_leads (core))
        return core->promise_leader != ZELECT_NOBODY;
    zelect_lead_end (step, ZELECT_REASON_TWO_LEADERS, ZELECT_NOBODY);
    return true;
}

static void
s_accept (zelect_step_t *step, const zelect_message_t *heartbeat)
{
    zelect_core_t *core = step->core;
    if (core->owed_term)    //  R1: deposed by this very leader
        zelect_lead_release (step, core->owed_term, ZELECT_NOBODY);
    core->grant_member = ZELECT_NOBODY;    //  A vote that still waits for its save
    core->promise_leader = heartbeat->from;
    core->promise_incarnation = heartbeat->incarnation;
    core->promise_term = heartbeat->about;
    core->promise_round = heartbeat->number;
    //  R9: never shorter than a promise that may be out from the last run. (A
    //  node restarted with a smaller T could else break the lease that its
    //  longer promise to this same leader still carries.)
    core->timers [ZELECT_TIMER_HOLD] =
        zelect_step_max (step->now + core->options.election_ns, core->wait_end);
    core->hint_leader = ZELECT_NOBODY;
    core->timers [ZELECT_TIMER_HINT] = ZELECT_NEVER;
    core->rank_count = heartbeat->rank_count;
    memcpy (core->ranking, heartbeat->ranking, sizeof core->ranking);
    core->fast_tries = 0;
    core->is_last = 0;
    zelect_step_become (step, ZELECT_ROLE_FOLLOWER, ZELECT_REASON_HEARTBEAT);
    zelect_campaign_by_rank (step, core->timers [ZELECT_TIMER_HOLD]);
    core->ack_pending = 1;
    core->ack_by_feed = heartbeat->by_feed;
}

//  R5: what was released, or is proved dead, counts for nothing, however late it
//  arrives. A proof can be forged; it then voids what was led until then, not
//  what the living process is elected to afterwards.

static bool
s_is_void (const zelect_core_t *core, const zelect_message_t *heartbeat)
{
    const zelect_core_member_t *sender = &core->members [heartbeat->from];
    return heartbeat->about <= sender->released
           || (heartbeat->incarnation == sender->dead && heartbeat->about <= sender->dead_term);
}

//  R17: who forgot may have elected this leader before it forgot, and promised
//  to another since. Elsewhere an election proves that older leases are over;
//  not up to the floor of one whose vote helped it and is forgotten.

static bool
s_is_bound (const zelect_step_t *step, const zelect_message_t *heartbeat)
{
    const zelect_core_t *core = step->core;
    return core->promise_leader != ZELECT_NOBODY && !s_is_promised (core, heartbeat)
           && heartbeat->about <= core->saved.floor
           && zelect_promise_holds (step, heartbeat->from, heartbeat->incarnation);
}

void
zelect_promise_heartbeat (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (!zelect_core_is_voter (core, message->from))
        return;
    //  R13, be it void or not: who forgot may lead below a term that it released
    if (message->about < core->wanted.term) {
        s_refuse (step, message);
        return;
    }
    if (s_is_void (core, message) || s_is_bound (step, message))
        return;
    if (!zelect_step_adopt (step, message) || s_is_duel (step, message))
        return;
    bool is_same =
        core->promise_term == message->about && core->promise_incarnation == message->incarnation;
    if (!is_same || message->number > core->promise_round)
        s_accept (step, message);
    else if (s_is_promised (core, message) && message->number == core->promise_round
             && message->by_feed && !core->ack_by_feed) {
        //  The same round once more, over the feed: the leader wants to know
        core->ack_pending = 1;
        core->ack_by_feed = 1;
    }
}

//  R5, R6: the ack is the promise, so it waits until its term is saved. A node
//  that abstains gives none (R17); one that can't save tells how it is, without
//  a promise (R16), and so does a non-voter (R12).

void
zelect_promise_ack (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    if (!zelect_settle_is_done (core))
        core->ack_pending = 0;
    if (!core->ack_pending)
        return;
    bool is_voter = zelect_core_is_voter (core, core->options.self);
    bool is_saved = zelect_record_has_term (core);
    ZELECT_CHECK (step, core->promise_term == core->wanted.term);
    if (is_voter && !is_saved && !core->is_faulted)
        return;
    zelect_message_t ack = zelect_step_message (step, ZELECT_MESSAGE_HEARTBEAT_ACK);
    ack.term = core->saved.term;
    ack.about = core->promise_term;
    ack.number = core->promise_round;
    ack.granted = 1;
    ack.promise_ns = is_voter && is_saved ? core->options.election_ns : 0;
    ack.by_feed = core->ack_by_feed;
    ack.priority = core->options.priority;
    ack.healthy = core->is_healthy && !core->is_stopped;
    ack.faulted = core->is_faulted;
    core->ack_pending = 0;
    zelect_step_send (step, zelect_mask (core->promise_leader), &ack);
}

//  ----  The end of a promise  ------------------------------------------------

//  R5, R9: in time, or the end of the start-up wait. A deposed leader's promise
//  to itself ends here too: it was not elected within a slot (R1).

void
zelect_promise_over (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    core->promise_leader = ZELECT_NOBODY;
    core->ack_pending = 0;
    if (core->owed_term)
        zelect_lead_release (step, core->owed_term, ZELECT_NOBODY);
    zelect_vote_decide_kept (step);
}

//  R5a, R5b: before its time. Whatever was promised before to others was over
//  when this leader was elected, so the start-up wait is over as well. Inherited is the
//  term that a leader released to this node, or 0.

static bool
s_has_voted_since (const zelect_core_t *core)
{
    return core->wanted.term > core->promise_term && core->wanted.vote != ZELECT_NOBODY;
}

static void
s_end_early (zelect_step_t *step, zelect_reason_t reason, uint64_t base, uint64_t inherited)
{
    zelect_core_t *core = step->core;
    uint8_t leader = core->promise_leader;
    core->timers [ZELECT_TIMER_HOLD] = ZELECT_NEVER;
    core->wait_end = zelect_step_min (core->wait_end, step->now);
    core->promise_leader = ZELECT_NOBODY;
    core->ack_pending = 0;
    zelect_campaign_hurry (core, reason);
    //  Who has voted already in a later term lets that candidate have its time
    if (s_has_voted_since (core))
        zelect_campaign_fast (step, step->now + 8 * zelect_campaign_short_slot_ns (core));
    else if (inherited)
        zelect_campaign_inherit (step, leader, inherited);
    else
        zelect_campaign_fast (step, base);
    zelect_vote_decide_kept (step);
}

void
zelect_promise_release (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (!zelect_core_is_voter (core, message->from))
        return;
    zelect_core_member_t *sender = &core->members [message->from];
    uint64_t about = zelect_step_min (message->about, core->wanted.term);    //  R1
    sender->released = zelect_step_max (sender->released, about);
    //  R11: late, repeated and overtaken ones do nothing. Who released a term
    //  leads in no earlier one.
    if (core->promise_leader != message->from || core->promise_incarnation != message->incarnation
        || core->promise_term > message->about)
        return;
    bool is_heir = message->leader == core->options.self;
    bool has_heir = zelect_core_is_voter (core, message->leader);
    uint64_t head_start_ns = has_heir ? 3 * zelect_campaign_short_slot_ns (core) : 0;
    s_end_early (step, ZELECT_REASON_RELEASED, step->now + head_start_ns, is_heir ? about : 0);
}

void
zelect_promise_died (zelect_step_t *step, uint8_t member, uint64_t incarnation)
{
    zelect_core_t *core = step->core;
    if (member >= core->options.member_count || member == core->options.self || !incarnation)
        return;
    core->members [member].dead = incarnation;
    core->members [member].dead_term = core->wanted.term;
    if (core->promise_leader == member && core->promise_incarnation == incarnation)
        s_end_early (step, ZELECT_REASON_DIED, step->now, 0);
}

//  R15: what the leader sent meanwhile may still be on its way up to here.

void
zelect_promise_stalled (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    if (zelect_core_leads (core))
        return;
    uint64_t until = step->now + core->options.heartbeat_ns;
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
    if (hold == ZELECT_NEVER || hold < until)
        core->timers [ZELECT_TIMER_HOLD] = until;
    uint64_t turn = core->timers [ZELECT_TIMER_CAMPAIGN];
    if (turn != ZELECT_NEVER && turn < until)
        zelect_campaign_by_rank (step, until);
}
