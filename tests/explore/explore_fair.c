/*  =========================================================================
    explore_fair - from here, does a fair schedule reach a leader? (L2)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_fair.h"
#include <string.h>

#define NODES EXPLORE_NODES
#define NEVER 0xFFFF    //  Not in the fair schedule

bool
explore_fair_is_led (const explore_state_t *state)
{
    unsigned leader = 0;
    while (leader < NODES
           && (state->nodes [leader].role != ZELECT_ROLE_LEADER || !state->nodes [leader].cell
               || state->nodes [leader].is_down))
        leader++;
    if (leader == NODES)
        return false;
    for (unsigned index = 0; index < NODES; index++) {
        const explore_node_t *node = &state->nodes [index];
        if (index != leader && !node->is_down
            && (node->promise_leader != leader || node->role == ZELECT_ROLE_PRECANDIDATE
                || node->promise_term != explore_term (state->nodes [leader].wanted)))
            return false;
    }
    return true;
}

static bool
s_leads (const explore_node_t *node)
{
    return node->role == ZELECT_ROLE_LEADER || node->role == ZELECT_ROLE_LEADER_ELECT;
}

//  Whether one who is down has to do with it. What it sent before is lost; its
//  time passes.

static bool
s_is_of_dead (const explore_state_t *state, const explore_action_t *action)
{
    if (action->kind == EXPLORE_CLOCK_ACTION || action->kind == EXPLORE_PASS_ACTION)
        return false;
    if (state->nodes [action->node].is_down)
        return true;
    if (action->kind == EXPLORE_BEAT_ACTION || action->kind == EXPLORE_RELEASE_ACTION)
        return state->nodes [explore_leader (state, action->term)].is_down;
    return action->kind >= EXPLORE_PREVOTE_ACTION && action->kind <= EXPLORE_STATE_REPLY_ACTION
           && state->nodes [action->from].is_down;
}

//  What was sent by who still stands by it arrives; older news is lost.

static bool
s_is_current (const explore_state_t *state, const explore_action_t *action)
{
    const explore_node_t *node = &state->nodes [action->node];
    switch (action->kind) {
    case EXPLORE_PREVOTE_ACTION:
    case EXPLORE_VOTE_ACTION: {
        //  Who has answered is not asked again
        const uint8_t (*given) [NODES][2] =
            action->kind == EXPLORE_VOTE_ACTION ? state->voted : state->prevoted;
        return action->inc == EXPLORE_NOW && state->nodes [action->from].ask == action->term
               && !explore_has (given [action->node][action->from][EXPLORE_NOW], action->term);
    }
    case EXPLORE_PREVOTED_ACTION:
    case EXPLORE_VOTED_ACTION:
        return action->inc == EXPLORE_NOW && node->ask == action->term;
    case EXPLORE_BEAT_ACTION: {
        const explore_node_t *leader = &state->nodes [explore_leader (state, action->term)];
        return s_leads (leader) && explore_term (leader->wanted) == action->term
               && action->round == state->beats [action->term];
    }
    case EXPLORE_ACK_ACTION:
        return s_leads (node) && explore_term (node->wanted) == action->term;
    case EXPLORE_REFUSED_ACTION:
        return action->term > explore_term (node->wanted)
               || (explore_slice->has_hints && node->ask
                   && action->term == explore_term (node->wanted));
    default:
        return true;
    }
}

//  Which comes first; NEVER: not at all.

static unsigned
s_place (const explore_state_t *state, const explore_action_t *action)
{
    static const uint8_t places [EXPLORE_ACTION_KINDS] = {
        [EXPLORE_SAVED_ACTION] = 3,    [EXPLORE_ACK_ACTION] = 4,
        [EXPLORE_BEAT_ACTION] = 5,     [EXPLORE_VOTED_ACTION] = 6,
        [EXPLORE_PREVOTED_ACTION] = 7, [EXPLORE_VOTE_ACTION] = 8,
        [EXPLORE_PREVOTE_ACTION] = 9,  [EXPLORE_RELEASE_ACTION] = 10,
        [EXPLORE_REFUSED_ACTION] = 11, [EXPLORE_STATE_REPLY_ACTION] = 12,
        [EXPLORE_STATE_ACTION] = 13,   [EXPLORE_TICK_ACTION] = 21,
        [EXPLORE_EXPIRE_ACTION] = 22,  [EXPLORE_CLOCK_ACTION] = 24,
        [EXPLORE_PASS_ACTION] = 28,
    };
    static const uint8_t timers [ZELECT_TIMERS] = {
        [ZELECT_TIMER_HEARTBEAT] = 20, [ZELECT_TIMER_SETTLE] = 23, [ZELECT_TIMER_CAMPAIGN] = 25,
        [ZELECT_TIMER_ROUND] = 26,     [ZELECT_TIMER_HINT] = 27,   [ZELECT_TIMER_LEASE] = 29,
    };
    const explore_node_t *node = &state->nodes [action->node];
    if (s_is_of_dead (state, action))
        return NEVER;
    if (action->kind == EXPLORE_PASS_ACTION && node->is_down)
        return 20 * 16;
    if (action->kind == EXPLORE_HEALTH_ACTION)
        return action->inc ? 16 : NEVER;
    if (action->kind == EXPLORE_CRASH_ACTION)
        return node->flags & (EXPLORE_FAULTED | EXPLORE_STOPPED) && !action->inc ? 32 : NEVER;
    if (action->kind == EXPLORE_CLOCK_ACTION && action->from)
        return NEVER;
    if (action->kind == EXPLORE_FIRE_ACTION)
        return timers [action->from] * 16u + 7u - explore_term (node->wanted);
    if (!places [action->kind] || !s_is_current (state, action))
        return NEVER;
    return places [action->kind] * 16u;
}

//  The first in the order that changes anything.

bool
explore_fair_next (explore_fair_t *self,
                   const explore_state_t *state,
                   explore_state_t *after,
                   explore_action_t *action)
{
    explore_action_t actions [EXPLORE_ACTIONS];
    uint16_t places [EXPLORE_ACTIONS];
    unsigned count = explore_actions (state, actions, true);
    for (unsigned index = 0; index < count; index++)
        places [index] = (uint16_t) s_place (state, &actions [index]);
    self->step.is_fair = true;
    while (true) {
        unsigned best = 0;
        for (unsigned index = 1; index < count; index++)
            if (places [index] < places [best])
                best = index;
        if (places [best] == NEVER)
            return false;
        places [best] = NEVER;
        *action = actions [best];
        self->steps++;
        if (explore_apply (&self->step, state, action, after))
            return true;
        if (self->step.violation)
            return false;
    }
}

const char *
explore_fair_run (explore_fair_t *self, const explore_state_t *state, bool uses_known)
{
    explore_state_t after;
    explore_action_t action;
    self->end = *state;
    self->runs++;
    unsigned count = 0;
    for (;; count++) {
        if (uses_known && count < EXPLORE_FAIR_STEPS) {
            self->path [count] = explore_print (&self->end);
            if (explore_table_has (&self->known, self->path [count]))
                break;
        }
        if (count == EXPLORE_FAIR_STEPS)
            return "L2: no leader in 500 fair steps";
        if (explore_fair_is_led (&self->end)) {
            count++;
            break;
        }
        if (!explore_fair_next (self, &self->end, &after, &action))
            return self->step.violation ? self->step.violation
                                        : "L2: stuck, whatever is delivered and whoever waits";
        explore_canonical (&after);
        self->end = after;
    }
    if (count > self->longest)
        self->longest = count;
    bool is_new;
    for (unsigned index = 0; uses_known && index < count; index++)
        explore_table_add (&self->known, self->path [index], 0, &is_new);
    return NULL;
}

const char *
explore_fair_run_without (explore_fair_t *self, const explore_state_t *state, unsigned node)
{
    explore_state_t short_of_one = *state;
    short_of_one.nodes [node].is_down = 1;
    explore_canonical (&short_of_one);
    return explore_fair_run (self, &short_of_one, true);
}
