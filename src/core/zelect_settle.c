/*  =========================================================================
    zelect_settle - a node that may have forgotten its votes (R16, R17)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include "zelect_pure.h"

bool
zelect_settle_is_done (const zelect_core_t *core)
{
    return core->saved.floor != ZELECT_FLOOR_UNSETTLED
           || !zelect_core_is_voter (core, core->options.self);
}

uint64_t
zelect_core_floor (const zelect_core_t *self)
{
    return self->saved.floor == ZELECT_FLOOR_UNSETTLED ? 0 : self->saved.floor;
}

//  R17: neither vote, campaign nor acknowledge for 3 T: until then a leader that
//  relies on what this node forgot is either over or has been heard.

void
zelect_settle_begin (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint64_t wait_ns = 3 * zelect_step_max (core->options.election_ns, core->heard_promise);
    core->timers [ZELECT_TIMER_SETTLE] =
        zelect_step_max (core->started_at + wait_ns, core->wait_end);
    core->is_asking = 0;
}

//  From here on the node takes part; what was asked of it meanwhile is answered.

void
zelect_settle_finish (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    if (core->is_settled || !zelect_settle_is_done (core))
        return;
    core->is_settled = 1;
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
    if (core->promise_leader == ZELECT_NOBODY)
        zelect_campaign_at_random (step, hold == ZELECT_NEVER ? step->now : hold);
    else
        zelect_campaign_by_rank (step, hold);
    zelect_vote_decide_kept (step);
    zelect_record_put (step);
}

//  Half of the voters, rounded down: with this node, a majority knows.

static bool
s_has_enough (const zelect_core_t *core)
{
    uint64_t others = core->answered & zelect_core_others (core);
    return zelect_mask_count (others) >= zelect_mask_count (core->options.voters) / 2;
}

static void
s_settle (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    //  Somebody keeps longer promises than this node: so might its last run
    if (step->now < core->started_at + 3 * core->heard_promise) {
        zelect_settle_begin (step);
        return;
    }
    unsigned others = zelect_mask_count (zelect_core_others (core));
    unsigned heard = zelect_mask_count (core->answered & zelect_core_others (core));
    uint64_t floor = zelect_step_max (core->heard_term, core->wanted.term);
    floor = zelect_step_max (floor, core->heard_floor);
    if (others && heard < others / 2 + 1)
        floor += ZELECT_FLOOR_MARGIN + zelect_step_random (step, ZELECT_TERM_JUMP / 2);
    core->is_asking = 0;
    core->wanted.floor = floor;
    core->timers [ZELECT_TIMER_SETTLE] = ZELECT_NEVER;
    zelect_step_report (step, ZELECT_REPORT_SETTLED, core->options.self, floor);
}

void
zelect_settle_ask (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    if (!core->is_asking) {
        //  Only answers to what is asked after the wait count
        core->is_asking = 1;
        core->request++;
        core->answered = zelect_mask (core->options.self);
        core->heard_term = 0;
    }
    else if (s_has_enough (core)) {
        s_settle (step);
        return;
    }
    core->timers [ZELECT_TIMER_SETTLE] = step->now + core->options.heartbeat_ns;
    zelect_message_t ask = zelect_step_message (step, ZELECT_MESSAGE_STATE);
    ask.number = core->request;
    zelect_step_send (step, zelect_core_others (core) & ~core->answered, &ask);
    if (!zelect_core_others (core))
        s_settle (step);
}

void
zelect_settle_reply (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (!core->is_asking || message->number != core->request
        || !zelect_core_is_voter (core, message->from))
        return;
    core->answered |= zelect_mask (message->from);
    core->heard_term = zelect_step_max (core->heard_term, message->term);
    if (message->floor <= ZELECT_TERM_MAX / 2)
        core->heard_floor = zelect_step_max (core->heard_floor, message->floor);
    core->heard_promise = zelect_step_max (core->heard_promise, message->promise_ns);
    if (!(zelect_core_others (core) & ~core->answered))
        s_settle (step);
}
