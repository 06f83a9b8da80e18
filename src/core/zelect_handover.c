/*  =========================================================================
    zelect_handover - resign, transfer, health, preemption (R11, R12)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include "zelect_pure.h"

static bool
s_can_lead (const zelect_core_t *core, unsigned member)
{
    const zelect_core_member_t *self = &core->members [member];
    return zelect_core_is_voter (core, member) && self->priority && self->healthy && !self->faulted;
}

//  R11: the first of the ranking that is there; nobody if there is none. Leaving
//  succeeds in either case.

static uint8_t
s_heir (const zelect_core_t *core)
{
    for (unsigned rank = 0; rank < core->rank_count; rank++) {
        uint8_t member = core->ranking [rank];
        if (s_can_lead (core, member) && zelect_lead_hears (core, member))
            return member;
    }
    return ZELECT_NOBODY;
}

//  Leave the leadership, or the way to it. Who was deposed and does not campaign
//  any more has nothing to hold its former followers for (R1, R11).

static void
s_withdraw (zelect_step_t *step, zelect_reason_t reason)
{
    zelect_core_t *core = step->core;
    if (zelect_core_leads (core))
        zelect_lead_end (step, reason, s_heir (core));
    else if (zelect_core_campaigns (core))
        zelect_step_become (step, ZELECT_ROLE_FOLLOWER, reason);
    if (core->owed_term) {
        core->timers [ZELECT_TIMER_HOLD] = ZELECT_NEVER;
        zelect_promise_over (step);
    }
}

void
zelect_handover_resign (zelect_step_t *step)
{
    if (step->core->role != ZELECT_ROLE_LEADER) {
        zelect_step_answer (step, ZELECT_ANSWER_NOT_LEADER);
        return;
    }
    s_withdraw (step, ZELECT_REASON_RESIGNED);
    zelect_step_answer (step, ZELECT_ANSWER_DONE);
}

static zelect_answer_t
s_judge_transfer (const zelect_core_t *core, uint8_t member)
{
    if (core->role != ZELECT_ROLE_LEADER)
        return ZELECT_ANSWER_NOT_LEADER;
    if (member >= core->options.member_count)
        return ZELECT_ANSWER_NO_MEMBER;
    if (member == core->options.self)
        return ZELECT_ANSWER_IS_SELF;
    if (!s_can_lead (core, member))
        return ZELECT_ANSWER_NOT_ELECTABLE;
    return zelect_lead_hears (core, member) ? ZELECT_ANSWER_DONE : ZELECT_ANSWER_SILENT;
}

void
zelect_handover_transfer (zelect_step_t *step, uint8_t member)
{
    zelect_answer_t answer = s_judge_transfer (step->core, member);
    if (answer == ZELECT_ANSWER_DONE)
        zelect_lead_end (step, ZELECT_REASON_TRANSFERRED, member);
    zelect_step_answer (step, answer);
}

void
zelect_handover_stop (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    core->is_stopped = 1;
    s_withdraw (step, ZELECT_REASON_STOPPED);
    core->timers [ZELECT_TIMER_CAMPAIGN] = ZELECT_NEVER;
    zelect_step_answer (step, ZELECT_ANSWER_DONE);
}

void
zelect_handover_health (zelect_step_t *step, bool is_healthy)
{
    zelect_core_t *core = step->core;
    bool was_healthy = core->is_healthy;
    core->is_healthy = is_healthy;
    if (was_healthy && !is_healthy) {
        s_withdraw (step, ZELECT_REASON_UNHEALTHY);
        core->timers [ZELECT_TIMER_CAMPAIGN] = ZELECT_NEVER;
    }
    if (!was_healthy && is_healthy) {
        uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
        zelect_campaign_by_rank (step, hold == ZELECT_NEVER ? step->now : hold);
    }
    zelect_step_answer (step, ZELECT_ANSWER_DONE);
}

//  ----  Preemption (R12)  ----------------------------------------------------

//  Ten election timeouts of steady acknowledgements, twice as many after each
//  hand-over to that member that failed or did not last.

static uint64_t
s_delay_ns (const zelect_core_t *core, uint8_t member)
{
    return (10 * core->options.election_ns) << core->members [member].preempt_failures;
}

static uint8_t
s_better (const zelect_core_t *core)
{
    uint8_t best = ZELECT_NOBODY;
    unsigned priority = core->options.priority;
    for (uint8_t index = 0; index < core->options.member_count; index++)
        if (index != core->options.self && s_can_lead (core, index)
            && zelect_lead_hears (core, index) && core->members [index].priority > priority) {
            priority = core->members [index].priority;
            best = index;
        }
    return best;
}

void
zelect_handover_review (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint8_t better = ZELECT_NOBODY;
    if (core->options.preempt && core->role == ZELECT_ROLE_LEADER)
        better = s_better (core);
    if (better == core->preempt_waits)
        return;
    core->preempt_waits = better;
    core->timers [ZELECT_TIMER_PREEMPT] =
        better == ZELECT_NOBODY ? ZELECT_NEVER : step->now + s_delay_ns (core, better);
}

void
zelect_handover_preempt (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint8_t target = core->preempt_waits;
    core->preempt_waits = ZELECT_NOBODY;
    ZELECT_CHECK (step, core->role == ZELECT_ROLE_LEADER && target != ZELECT_NOBODY);
    if (target != s_better (core))
        return;
    core->preempt_target = target;
    core->preempted_at = step->now;
    zelect_lead_end (step, ZELECT_REASON_PREEMPTED, target);
}

//  This node leads again. If it handed over to somebody better not long ago,
//  that failed or did not last.

void
zelect_handover_elected (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint8_t target = core->preempt_target;
    core->preempt_target = core->preempt_waits = ZELECT_NOBODY;
    if (target == ZELECT_NOBODY)
        return;
    zelect_core_member_t *member = &core->members [target];
    if (step->now - core->preempted_at > 10 * s_delay_ns (core, target))
        member->preempt_failures = 0;
    else if (member->preempt_failures < 6)
        member->preempt_failures++;
}
