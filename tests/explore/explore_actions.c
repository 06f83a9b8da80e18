/*  =========================================================================
    explore_actions - everything that can happen next

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_step.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define NODES EXPLORE_NODES

typedef struct {
    const explore_state_t *state;
    explore_action_t *list;
    unsigned count;
    bool is_fair;
} list_t;

static explore_action_t *
s_add (list_t *self, explore_action_kind_t kind, unsigned node)
{
    assert (self->count < EXPLORE_ACTIONS);
    explore_action_t *action = &self->list [self->count++];
    *action = (explore_action_t){.kind = (uint8_t) kind, .node = (uint8_t) node};
    return action;
}

static void
s_add_message (list_t *self,
               explore_action_kind_t kind,
               unsigned node,
               unsigned from,
               unsigned inc,
               unsigned term)
{
    explore_action_t *action = s_add (self, kind, node);
    action->from = (uint8_t) from;
    action->inc = (uint8_t) inc;
    action->term = (uint8_t) term;
}

static bool
s_is_left (uint8_t used, uint8_t limit)
{
    return limit == EXPLORE_UNLIMITED || used < limit;
}

//  ----  Time  ----------------------------------------------------------------

static void
s_add_fire (list_t *self, unsigned node, zelect_timer_t timer)
{
    s_add (self, EXPLORE_FIRE_ACTION, node)->from = (uint8_t) timer;
}

//  R17: three times T after the start the rounds in which a forgotten vote counts
//  are over; each lasts T at most.

static bool
s_may_settle (const explore_state_t *state, unsigned index)
{
    const explore_node_t *node = &state->nodes [index];
    if (node->flags & EXPLORE_ASKING)
        return true;
    for (unsigned other = 0; other < NODES; other++) {
        const explore_node_t *asker = &state->nodes [other];
        bool relies =
            asker->role == ZELECT_ROLE_CANDIDATE || asker->role == ZELECT_ROLE_LEADER_ELECT;
        if (relies && !asker->is_down
            && explore_has (state->voted [index][other][EXPLORE_NOW], explore_term (asker->wanted)))
            return false;
    }
    return explore_may_expire (state, index);
}

static void
s_add_timers (list_t *self, unsigned index)
{
    const explore_node_t *node = &self->state->nodes [index];
    unsigned rounds = self->is_fair ? EXPLORE_ROUNDS : explore_slice->rounds;
    if (node->timers & EXPLORE_CAMPAIGN)
        s_add_fire (self, index, ZELECT_TIMER_CAMPAIGN);
    if (node->timers & EXPLORE_ROUND)
        s_add_fire (self, index, ZELECT_TIMER_ROUND);
    if (node->timers & EXPLORE_BEAT && node->round < rounds)
        s_add_fire (self, index, ZELECT_TIMER_HEARTBEAT);
    if (node->timers & EXPLORE_HINT)
        s_add_fire (self, index, ZELECT_TIMER_HINT);
    if (node->timers & EXPLORE_SETTLE && s_may_settle (self->state, index))
        s_add_fire (self, index, ZELECT_TIMER_SETTLE);
    if (node->expiry == EXPLORE_EXPIRY_SET && !node->lease)
        s_add_fire (self, index, ZELECT_TIMER_LEASE);
    if (node->hold == EXPLORE_HOLD_OVER || node->expiry == EXPLORE_EXPIRY_OVER)
        s_add (self, EXPLORE_TICK_ACTION, index);
    if (explore_slice->ticks)
        return;
    if (node->cell)
        s_add (self, EXPLORE_PASS_ACTION, index);
    if (node->hold == EXPLORE_HOLD_SHORT
        || (node->hold == EXPLORE_HOLD_FULL && explore_may_expire (self->state, index)))
        s_add (self, EXPLORE_EXPIRE_ACTION, index);
}

//  A slow clock leaves out one tick of any that make T; a loose one as it likes.

static void
s_add_ticks (list_t *self)
{
    unsigned may = 0;
    for (unsigned index = 0; index < NODES; index++)
        if (self->state->nodes [index].skipped + 1 >= explore_slice->ticks
            || explore_slice->is_loose)
            may |= 1u << index;
    for (unsigned mask = 0; mask < 1u << NODES; mask++)
        if (!(mask & ~may))
            s_add (self, EXPLORE_CLOCK_ACTION, 0)->from = (uint8_t) mask;
}

//  ----  Faults and orders  ---------------------------------------------------

static void
s_add_faults (list_t *self, unsigned index)
{
    const explore_state_t *state = self->state;
    const explore_node_t *node = &state->nodes [index];
    bool writes = node->flags & EXPLORE_WRITES;
    if (writes)
        s_add (self, EXPLORE_SAVED_ACTION, index);
    if (writes && s_is_left (state->failures, explore_slice->failures))
        for (unsigned written = 0; written < 2; written++)
            s_add (self, EXPLORE_FAIL_ACTION, index)->inc = (uint8_t) written;
    if (!s_is_left (state->crashes, explore_slice->crashes) && !self->is_fair)
        return;
    for (unsigned written = 0; written <= writes; written++)
        s_add (self, EXPLORE_CRASH_ACTION, index)->inc = (uint8_t) written;
}

static void
s_add_orders (list_t *self, unsigned index)
{
    const explore_node_t *node = &self->state->nodes [index];
    bool may = s_is_left (self->state->orders, explore_slice->orders);
    if (node->flags & EXPLORE_UNWELL && (may || self->is_fair))
        s_add (self, EXPLORE_HEALTH_ACTION, index)->inc = 1;
    if (!may)
        return;
    if (!(node->flags & EXPLORE_UNWELL))
        s_add (self, EXPLORE_HEALTH_ACTION, index);
    if (!(node->flags & EXPLORE_STOPPED))
        s_add (self, EXPLORE_STOP_ACTION, index);
    for (unsigned other = 0; node->role == ZELECT_ROLE_LEADER && other < NODES; other++)
        if (other != index) {
            s_add (self, EXPLORE_RESIGN_ACTION, index)->from = (uint8_t) other;
            s_add (self, EXPLORE_TRANSFER_ACTION, index)->from = (uint8_t) other;
        }
}

static void
s_add_proofs (list_t *self, unsigned index)
{
    for (unsigned other = 0; explore_slice->has_proofs && other < NODES; other++)
        if (other != index && self->state->nodes [other].has_crashed)
            s_add (self, EXPLORE_DIED_ACTION, index)->from = (uint8_t) other;
    if (explore_slice->has_stalls)
        s_add (self, EXPLORE_STALLED_ACTION, index);
}

//  ----  Messages  ------------------------------------------------------------

static void
s_add_all (list_t *self,
           explore_action_kind_t kind,
           unsigned node,
           unsigned from,
           unsigned inc,
           unsigned terms)
{
    for (; terms; terms &= terms - 1)
        s_add_message (self, kind, node, from, inc, (unsigned) __builtin_ctz (terms));
}

static void
s_add_requests (list_t *self, unsigned index, unsigned from)
{
    const explore_state_t *state = self->state;
    for (unsigned inc = 0; inc < 2; inc++) {
        s_add_all (self, EXPLORE_PREVOTE_ACTION, index, from, inc, state->prevotes [from][inc]);
        s_add_all (self, EXPLORE_VOTE_ACTION, index, from, inc, state->votes [from][inc]);
        s_add_all (self, EXPLORE_PREVOTED_ACTION, index, from, inc,
                   state->prevoted [from][index][inc]);
        s_add_all (self, EXPLORE_VOTED_ACTION, index, from, inc, state->voted [from][index][inc]);
    }
    if (explore_slice->has_hints || explore_slice->loses_one || from == (index + 1) % NODES)
        s_add_all (self, EXPLORE_REFUSED_ACTION, index, from, 0, state->refused);
    if (!(state->nodes [index].flags & EXPLORE_ASKING))
        return;
    s_add_message (self, EXPLORE_STATE_ACTION, index, from, 0, 0);
    for (unsigned far = 0; far < 2; far++)
        s_add_all (self, EXPLORE_STATE_REPLY_ACTION, index, from, far,
                   state->replies [from][index][far]);
}

static void
s_add_to_leader (list_t *self, unsigned index, unsigned term)
{
    for (unsigned from = 0; from < NODES; from++)
        for (unsigned round = 1; round <= EXPLORE_ROUNDS; round++)
            if (from != index && explore_has (self->state->acks [from][term], round)) {
                s_add_message (self, EXPLORE_ACK_ACTION, index, from, 0, term);
                self->list [self->count - 1].round = (uint8_t) round;
            }
}

//  Any order of succession may come with it; which, is a part of the action where
//  it is remembered.

static void
s_add_beats (list_t *self, unsigned index, unsigned term, unsigned round)
{
    unsigned leader = explore_leader (self->state, term),
             firsts = explore_slice->has_order ? NODES : 1;
    for (unsigned first = 0; first < firsts; first++) {
        if (explore_slice->has_order && first == leader)
            continue;
        s_add_message (self, EXPLORE_BEAT_ACTION, index, first, 0, term);
        self->list [self->count - 1].round = (uint8_t) round;
    }
}

static void
s_add_from_leader (list_t *self, unsigned index, unsigned term)
{
    const explore_state_t *state = self->state;
    unsigned rounds = self->is_fair ? EXPLORE_ROUNDS : explore_slice->rounds;
    for (unsigned round = 1; round <= state->beats [term] && round <= rounds; round++)
        s_add_beats (self, index, term, round);
    for (unsigned heir = 0; rounds && heir < 8; heir++)
        if (explore_has (state->releases [term], heir))
            s_add_message (self, EXPLORE_RELEASE_ACTION, index, heir, 0, term);
}

static void
s_add_messages (list_t *self, unsigned index)
{
    for (unsigned from = 0; from < NODES; from++)
        if (from != index)
            s_add_requests (self, index, from);
    for (unsigned term = 1; term < EXPLORE_TERMS; term++) {
        if (!self->state->led [term])
            continue;
        if (explore_leader (self->state, term) == index)
            s_add_to_leader (self, index, term);
        else
            s_add_from_leader (self, index, term);
    }
}

unsigned
explore_actions (const explore_state_t *state, explore_action_t *actions, bool is_fair)
{
    list_t list = {.state = state, .list = actions, .is_fair = is_fair};
    for (unsigned index = 0; index < NODES; index++) {
        s_add_timers (&list, index);
        s_add_faults (&list, index);
        s_add_orders (&list, index);
        s_add_proofs (&list, index);
        s_add_messages (&list, index);
    }
    if (explore_slice->ticks)
        s_add_ticks (&list);
    return list.count;
}
