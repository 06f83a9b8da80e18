/*  =========================================================================
    explore_step - what comes of an action

    Crashes between two effects need no action of their own: what the effects
    after the crash would have sent is lost if nobody ever gets it, and the save
    that they began may have got to the disk or not.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_memo.h"
#include <string.h>

#define NODES EXPLORE_NODES
#define NOW EXPLORE_NOW_NS

bool
explore_is_at_will (const explore_step_t *self)
{
    return explore_slice->stands_at_will && !self->is_fair;
}

//  ----  Effects  -------------------------------------------------------------

static void
s_do_grant (explore_step_t *self, const zelect_effect_t *effect, bool is_real)
{
    const zelect_message_t *message = &effect->message;
    unsigned asker, inc, term;
    bool is_vote;
    if (!explore_is_request (message->number, &asker, &inc, &is_vote, &term) || is_vote != is_real
        || term != message->about || effect->to != zelect_mask (asker))
        return;    //  An answer to nothing that was asked
    explore_state_t *state = self->after;
    explore_set (is_real ? &state->voted [message->from][asker][inc]
                         : &state->prevoted [message->from][asker][inc],
                 term);
}

static void
s_do_ack (explore_step_t *self, const zelect_message_t *message)
{
    explore_state_t *state = self->after;
    unsigned term = (unsigned) message->about;
    if (!state->led [term] || !message->promise_ns)
        return;
    uint64_t base =
        explore_round_base (explore_leader (state, term), explore_leader_inc (state, term), term);
    if (message->number <= base || message->number > base + EXPLORE_ROUNDS)
        return;
    unsigned round = (unsigned) (message->number - base);
    explore_set (&state->acks [message->from][term], round);
    explore_node_t *node = &state->nodes [message->from];
    const explore_node_t *before = &self->before->nodes [message->from];
    if ((node->bound_term == term && node->bound_round >= round)
        || (before->promise_term == term && before->promise_round == round))
        return;    //  It was seen to accept, and may be free again by now
    //  Promised without having been seen to accept: nothing covers it yet
    node->bound_term = (uint8_t) term;
    node->bound_round = (uint8_t) round;
    node->bound_left = explore_slice->ticks;
}

static void
s_do_send (explore_step_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    explore_state_t *state = self->after;
    unsigned from = message->from, term = (unsigned) message->about;
    if (message->about >= EXPLORE_TERMS || message->term >= EXPLORE_TERMS) {
        self->is_out = true;
        return;
    }
    bool is_answer = message->kind == ZELECT_MESSAGE_PREVOTE_REPLY
                     || message->kind == ZELECT_MESSAGE_VOTE_REPLY
                     || message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK;
    if (is_answer && !message->granted)
        explore_set (&state->refused, (unsigned) message->term);
    else if (message->kind == ZELECT_MESSAGE_PREVOTE && explore_is_at_will (self))
        return;
    else if (message->kind == ZELECT_MESSAGE_PREVOTE)
        explore_set (&state->prevotes [from][EXPLORE_NOW], term);
    else if (message->kind == ZELECT_MESSAGE_VOTE)
        explore_set (&state->votes [from][EXPLORE_NOW], term);
    else if (message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK)
        s_do_ack (self, message);
    else if (is_answer)
        s_do_grant (self, effect, message->kind == ZELECT_MESSAGE_VOTE_REPLY);
}

static void
s_do_broadcast (explore_step_t *self, const zelect_message_t *message)
{
    explore_state_t *state = self->after;
    unsigned from = message->from, term = (unsigned) message->about;
    if (message->about >= EXPLORE_TERMS || message->term >= EXPLORE_TERMS) {
        self->is_out = true;
        return;
    }
    if (message->kind == ZELECT_MESSAGE_HEARTBEAT) {
        uint64_t base = explore_round_base (from, EXPLORE_NOW, term);
        if (message->number > base && message->number <= base + EXPLORE_ROUNDS)
            state->beats [term] = (uint8_t) (message->number - base);
    }
    if (message->kind == ZELECT_MESSAGE_RELEASE) {
        explore_set (&state->releases [term],
                     message->leader == ZELECT_NOBODY ? 7 : message->leader);
        explore_set (&state->refused, (unsigned) message->term);
    }
}

static void
s_do_save (explore_step_t *self, const zelect_effect_t *effect)
{
    explore_node_t *node = &self->after->nodes [self->node];
    self->is_out |= !explore_record (&effect->record, &node->writing);
    node->flags |= EXPLORE_WRITES;
}

static void
s_do_lease (explore_step_t *self, const zelect_effect_t *effect)
{
    explore_state_t *state = self->after;
    unsigned term = (unsigned) effect->term;
    explore_node_t *node = &state->nodes [self->node];
    node->cell = effect->until ? explore_lease (state, self->node, term, effect->until) : 0;
    node->cell_term = effect->until ? (uint8_t) term : 0;
    if (effect->until && term > state->top)
        state->top = (uint8_t) term;
}

static void
s_do_role (explore_step_t *self, const zelect_effect_t *effect)
{
    unsigned term = (unsigned) effect->term;
    if (effect->role == ZELECT_ROLE_LEADER_ELECT && term < EXPLORE_TERMS)
        self->after->led [term] = (uint8_t) (2 + 2 * self->node + EXPLORE_NOW);
}

static void
s_do_all (explore_step_t *self)
{
    for (size_t count = 0; count < self->effects.count && !self->violation; count++) {
        const zelect_effect_t *effect = &self->effects.list [count];
        explore_check_effect (self, effect);
        if (effect->kind == ZELECT_EFFECT_SEND)
            s_do_send (self, effect);
        else if (effect->kind == ZELECT_EFFECT_BROADCAST)
            s_do_broadcast (self, &effect->message);
        else if (effect->kind == ZELECT_EFFECT_SAVE)
            s_do_save (self, effect);
        else if (effect->kind == ZELECT_EFFECT_LEASE)
            s_do_lease (self, effect);
        else if (effect->kind == ZELECT_EFFECT_ROLE)
            s_do_role (self, effect);
    }
}

//  A promise is made when the core takes a round, not when its ack leaves: a new
//  term has to be saved in between.

static void
s_note_promise (explore_step_t *self)
{
    if (self->action.kind != EXPLORE_BEAT_ACTION)
        return;
    explore_node_t *node = &self->after->nodes [self->node];
    const zelect_message_t *message = &self->input.message;
    if (self->core.promise_term != message->about || self->core.promise_round != message->number)
        return;
    if (self->core_before->promise_term == message->about
        && self->core_before->promise_round == message->number)
        return;
    //  A late round, taken after a restart, binds no less than the later one did
    if (node->bound_term != self->action.term || node->bound_round < self->action.round)
        node->bound_round = self->action.round;
    node->bound_term = self->action.term;
    node->bound_left = explore_slice->ticks;
}

//  Whatever HOLD was before the step, it does not cover what was promised in it.

static void
s_cover (explore_step_t *self)
{
    const explore_node_t *before = &self->before->nodes [self->node];
    explore_node_t *node = &self->after->nodes [self->node];
    bool is_fresh = self->core.timers [ZELECT_TIMER_HOLD] >= NOW + explore_election_ns ();
    bool is_new =
        node->bound_term
        && (node->bound_term != before->bound_term || node->bound_round != before->bound_round);
    if (!explore_slice->ticks && is_new && !is_fresh && node->hold == EXPLORE_HOLD_FULL)
        node->hold = EXPLORE_HOLD_SHORT;
}

//  The core has taken its step: carry out, read back, judge.

static void
s_finish (explore_step_t *self)
{
    s_note_promise (self);
    s_do_all (self);
    if (self->violation || self->is_out)
        return;
    if (!explore_core_read (self->after, self->node, &self->core)) {
        self->is_out = true;
        return;
    }
    s_cover (self);
    explore_check_step (self);
}

static void
s_step (explore_step_t *self)
{
    zelect_core_step (&self->core, NOW, &self->input, &self->effects);
    s_finish (self);
}

static void
s_begin_with (explore_step_t *self, const zelect_core_t *core)
{
    self->core = *core;
    self->core_before = core;
}

//  The core that has just been made or started is the one before the step.

static void
s_begin_here (explore_step_t *self)
{
    self->started = self->core;
    self->core_before = &self->started;
}

//  ----  Time  ----------------------------------------------------------------

//  The order of leases and promises: the time of this node's HOLD may come only
//  when no lease rests on a round that is no later than the one promised. Then
//  such a round can carry no lease any more.

bool
explore_may_expire (const explore_state_t *state, unsigned index)
{
    const explore_node_t *node = &state->nodes [index];
    unsigned term = node->bound_term;
    if (!term || !state->led [term] || !explore_leader_inc (state, term))
        return true;
    const explore_node_t *leader = &state->nodes [explore_leader (state, term)];
    return !leader->cell || leader->cell_term != term || leader->cell > node->bound_round;
}

static void
s_outlive (explore_state_t *state, explore_node_t *node)
{
    unsigned term = node->bound_term;
    if (term && state->aged [term] < node->bound_round)
        state->aged [term] = node->bound_round;
    node->bound_term = node->bound_round = node->bound_left = 0;
}

static void
s_end_hold (explore_step_t *self)
{
    self->after->nodes [self->node].hold = EXPLORE_HOLD_OVER;
    explore_core_make (self->after, self->node, &self->core);
    s_begin_here (self);
    self->input.kind = ZELECT_INPUT_TICK;
    s_step (self);
}

static void
s_expire (explore_step_t *self)
{
    explore_node_t *node = &self->after->nodes [self->node];
    if (node->hold == EXPLORE_HOLD_FULL)
        s_outlive (self->after, node);
    node->hold = EXPLORE_HOLD_OVER;
    if (explore_slice->is_brief)
        s_end_hold (self);
}

static void
s_pass (explore_step_t *self)
{
    explore_node_t *node = &self->after->nodes [self->node];
    uint8_t *aged = &self->after->aged [node->cell_term];
    if (node->cell <= EXPLORE_ROUNDS && *aged < node->cell)
        *aged = node->cell;
    node->cell = node->cell_term = 0;
    if (node->lease)
        node->expiry = EXPLORE_EXPIRY_OVER;
}

static void
s_count_down (uint8_t *left, unsigned least)
{
    if (*left > least)
        *left = (uint8_t) (*left - 1);
}

static void
s_clock_of (explore_node_t *node)
{
    s_count_down (&node->hold, 1);
    s_count_down (&node->lease, 1);
    s_count_down (&node->cell, 1);
    if (node->cell == 1)
        node->cell = node->cell_term = 0;
    if (node->lease == 1)
        node->expiry = EXPLORE_EXPIRY_OVER;
    for (unsigned round = 1; round <= node->round; round++)
        if (node->age [round] < explore_slice->ticks)
            node->age [round]++;
    s_count_down (&node->bound_left, 0);
    if (!node->bound_left)
        node->bound_term = node->bound_round = 0;
}

static void
s_clock (explore_step_t *self)
{
    for (unsigned index = 0; index < NODES; index++) {
        explore_node_t *node = &self->after->nodes [index];
        if (explore_has (self->action.from, index)) {
            node->skipped = 0;
            continue;
        }
        if (node->skipped < explore_slice->ticks - 1)
            node->skipped++;
        s_clock_of (node);
    }
}

//  ----  Crashes and saves  ---------------------------------------------------

static void
s_land (explore_node_t *node, bool is_written)
{
    if (is_written)
        node->disk = node->writing;
    node->writing = EXPLORE_NO_RECORD;
    node->flags &= (uint8_t) ~EXPLORE_WRITES;
}

//  Nothing stays but the record and what the explorer knows.

static void
s_crash (explore_step_t *self)
{
    explore_state_t *state = self->after;
    explore_node_t *node = &state->nodes [self->node];
    s_land (node, self->action.inc);
    explore_age (state, self->node);
    explore_node_t fresh = {
        .disk = node->disk,
        .writing = EXPLORE_NO_RECORD,
        .is_volatile = node->is_volatile,
        .bound_term = node->bound_term,
        .bound_round = node->bound_round,
        .bound_left = node->bound_left,
        .skipped = node->skipped,
        .has_crashed = explore_slice->has_proofs,
        .promise_leader = EXPLORE_NOBODY,
        .grant = EXPLORE_NOBODY,
        .hint = EXPLORE_NOBODY,
        .first = EXPLORE_NOBODY,
        .heir_of = EXPLORE_NOBODY,
    };
    *node = fresh;
    if (explore_slice->crashes != EXPLORE_UNLIMITED)
        state->crashes++;
    explore_core_start (state, self->node, &self->core, &self->effects);
    s_begin_here (self);
    s_finish (self);
    if (explore_slice->has_no_waits && !self->violation && !self->is_out)
        s_end_hold (self);
}

static void
s_fail (explore_step_t *self)
{
    s_land (&self->after->nodes [self->node], self->action.inc);
    if (explore_slice->failures != EXPLORE_UNLIMITED)
        self->after->failures++;
    self->input.kind = ZELECT_INPUT_SAVED;
    self->input.number = 1;
    s_step (self);
}

static void
s_saved (explore_step_t *self)
{
    s_land (&self->after->nodes [self->node], true);
    self->input.kind = ZELECT_INPUT_SAVED;
    self->input.number = 1;
    self->input.ok = 1;
    s_step (self);
}

//  ----  The rest  ------------------------------------------------------------

//  Others grant the pre-vote just asked for, without being asked.

static void
s_stand (explore_step_t *self)
{
    for (unsigned other = 0; other < NODES; other++) {
        if (other == self->node || self->core.role != ZELECT_ROLE_PRECANDIDATE)
            continue;
        s_do_all (self);
        zelect_input_t input = {.random = 1, .kind = ZELECT_INPUT_MESSAGE};
        input.message.kind = ZELECT_MESSAGE_PREVOTE_REPLY;
        input.message.from = (uint8_t) other;
        input.message.incarnation = explore_incarnation (other, EXPLORE_NOW);
        input.message.term = self->core.wanted.term;
        input.message.about = self->core.ask_term;
        input.message.number = self->core.request;
        input.message.granted = 1;
        input.message.leader = ZELECT_NOBODY;
        zelect_core_step (&self->core, NOW, &input, &self->effects);
    }
}

static void
s_fire (explore_step_t *self)
{
    self->core.timers [self->action.from] = NOW;
    self->input.kind = ZELECT_INPUT_TICK;
    if (self->action.from == ZELECT_TIMER_SETTLE && !self->core.is_asking)
        s_outlive (self->after, &self->after->nodes [self->node]);
    zelect_core_step (&self->core, NOW, &self->input, &self->effects);
    if (self->action.from == ZELECT_TIMER_CAMPAIGN && explore_is_at_will (self))
        s_stand (self);
    s_finish (self);
}

//  The shell of `from` answers with what it knows now.

static void
s_ask_state (explore_step_t *self)
{
    const explore_node_t *other = &self->before->nodes [self->action.from];
    bool is_far = (other->saved >> 8 & 15) == EXPLORE_FLOOR_FAR;
    explore_set (&self->after->replies [self->action.from][self->node][is_far],
                 explore_term (other->wanted));
}

static void
s_order (explore_step_t *self)
{
    static const uint8_t inputs [EXPLORE_ACTION_KINDS] = {
        [EXPLORE_TICK_ACTION] = ZELECT_INPUT_TICK,
        [EXPLORE_DIED_ACTION] = ZELECT_INPUT_DIED,
        [EXPLORE_STALLED_ACTION] = ZELECT_INPUT_STALLED,
        [EXPLORE_RESIGN_ACTION] = ZELECT_INPUT_RESIGN,
        [EXPLORE_TRANSFER_ACTION] = ZELECT_INPUT_TRANSFER,
        [EXPLORE_HEALTH_ACTION] = ZELECT_INPUT_HEALTH,
        [EXPLORE_STOP_ACTION] = ZELECT_INPUT_STOP,
    };
    self->input.kind = inputs [self->action.kind];
    self->input.member = self->action.from;
    self->input.ok = self->action.inc;
    if (self->action.kind == EXPLORE_DIED_ACTION)
        self->input.number = explore_incarnation (self->action.from, EXPLORE_OLD);
    if (self->action.kind == EXPLORE_RESIGN_ACTION && self->core.ranking [0] != self->action.from) {
        //  The order of succession is not part of the state: any is tried
        self->core.ranking [1] = self->core.ranking [0];
        self->core.ranking [0] = self->action.from;
    }
    if (self->action.kind >= EXPLORE_RESIGN_ACTION && explore_slice->orders != EXPLORE_UNLIMITED)
        self->after->orders++;
    s_step (self);
}

static bool
s_is_within (const explore_state_t *state)
{
    for (unsigned index = 0; index < NODES; index++)
        if (explore_term (state->nodes [index].wanted) > explore_slice->terms
            || state->nodes [index].ask > explore_slice->terms + explore_slice->asks_beyond)
            return false;
    return true;
}

bool
explore_apply (explore_step_t *self,
               const explore_state_t *before,
               const explore_action_t *action,
               explore_state_t *after)
{
    self->before = before;
    self->after = after;
    self->action = *action;
    self->node = action->node;
    self->violation = NULL;
    self->is_out = false;
    if (explore_memo_is_idle (self, before, action))
        return false;
    *after = *before;
    memset (&self->input, 0, sizeof self->input);
    self->input.random = 1;
    if (action->kind == EXPLORE_CRASH_ACTION)
        s_crash (self);
    else if (action->kind == EXPLORE_EXPIRE_ACTION)
        s_expire (self);
    else if (action->kind == EXPLORE_PASS_ACTION)
        s_pass (self);
    else if (action->kind == EXPLORE_CLOCK_ACTION)
        s_clock (self);
    else if (action->kind == EXPLORE_STATE_ACTION)
        s_ask_state (self);
    else {
        s_begin_with (self, explore_memo_core (self->locals, before, self->node));
        if (action->kind == EXPLORE_FIRE_ACTION)
            s_fire (self);
        else if (action->kind == EXPLORE_SAVED_ACTION)
            s_saved (self);
        else if (action->kind == EXPLORE_FAIL_ACTION)
            s_fail (self);
        else if (action->kind >= EXPLORE_PREVOTE_ACTION
                 && action->kind <= EXPLORE_STATE_REPLY_ACTION) {
            explore_make_message (self);
            s_step (self);
        }
        else
            s_order (self);
    }
    if (self->violation)
        return false;
    self->is_out = self->is_out || (!self->is_fair && !s_is_within (after));
    bool has_changed = memcmp (before, after, sizeof *before) != 0;
    if (!has_changed && !self->is_out)
        explore_memo_note (self);
    return has_changed && !self->is_out;
}

void
explore_begin (explore_step_t *self, explore_state_t *state)
{
    memset (state, 0, sizeof *state);
    const zelect_record_t blank = {.vote = ZELECT_NOBODY};
    for (unsigned index = 0; index < NODES; index++) {
        explore_node_t *node = &state->nodes [index];
        node->is_volatile = index < explore_slice->volatiles;
        explore_record (&blank, &node->disk);
        node->writing = EXPLORE_NO_RECORD;
        node->promise_leader = node->grant = node->hint = node->first = EXPLORE_NOBODY;
        node->heir_of = EXPLORE_NOBODY;
        node->skipped = explore_slice->ticks ? (uint8_t) (explore_slice->ticks - 1) : 0;
    }
    for (unsigned index = 0; index < NODES; index++) {
        explore_state_t before = *state;
        self->before = &before;
        self->after = state;
        self->node = index;
        self->violation = NULL;
        self->action = (explore_action_t){.kind = EXPLORE_CRASH_ACTION, .node = (uint8_t) index};
        memset (&self->input, 0, sizeof self->input);
        explore_core_start (state, index, &self->core, &self->effects);
        s_begin_here (self);
        s_finish (self);
        if (explore_slice->has_no_waits && !self->violation)
            s_end_hold (self);
    }
}
