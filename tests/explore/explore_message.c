/*  =========================================================================
    explore_message - the messages that an action delivers

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_step.h"

#define NODES EXPLORE_NODES

//  ----  Inputs  --------------------------------------------------------------

static void
s_make_request (explore_step_t *self, bool is_vote)
{
    const explore_action_t *action = &self->action;
    zelect_message_t *message = &self->input.message;
    message->kind = is_vote ? ZELECT_MESSAGE_VOTE : ZELECT_MESSAGE_PREVOTE;
    message->incarnation = explore_incarnation (action->from, action->inc);
    message->term = is_vote ? action->term : action->term - 1u;
    message->number = explore_request (action->from, action->inc, is_vote, action->term);
}

static void
s_make_reply (explore_step_t *self, bool is_vote)
{
    const explore_action_t *action = &self->action;
    zelect_message_t *message = &self->input.message;
    message->kind = is_vote ? ZELECT_MESSAGE_VOTE_REPLY : ZELECT_MESSAGE_PREVOTE_REPLY;
    //  A pre-vote's grant tells the voter's term, which raises nobody's
    unsigned told = explore_told (self->before, action);
    unsigned most = action->term - 1u;
    message->term = is_vote ? action->term : told < most ? told : most;
    message->number = explore_request (action->node, action->inc, is_vote, action->term);
    message->granted = 1;
    message->promise_ns = is_vote ? explore_election_ns () : 0;
}

static void
s_make_leaders (explore_step_t *self, zelect_message_kind_t kind)
{
    const explore_action_t *action = &self->action;
    zelect_message_t *message = &self->input.message;
    unsigned leader = explore_leader (self->before, action->term);
    unsigned inc = explore_leader_inc (self->before, action->term);
    message->kind = (uint8_t) kind;
    message->from = (uint8_t) leader;
    message->incarnation = explore_incarnation (leader, inc);
    message->number = explore_round_base (leader, inc, action->term) + action->round;
    if (kind == ZELECT_MESSAGE_HEARTBEAT && explore_slice->has_order) {
        message->rank_count = 1;
        message->ranking [0] = action->from;
    }
    if (kind == ZELECT_MESSAGE_RELEASE) {
        message->number = 0;
        message->leader = action->from == EXPLORE_NOBODY ? ZELECT_NOBODY : action->from;
    }
}

static void
s_make_ack (explore_step_t *self)
{
    const explore_action_t *action = &self->action;
    zelect_message_t *message = &self->input.message;
    unsigned inc = explore_leader_inc (self->before, action->term);
    message->kind = ZELECT_MESSAGE_HEARTBEAT_ACK;
    message->number = explore_round_base (action->node, inc, action->term) + action->round;
    message->granted = 1;
    message->promise_ns = explore_election_ns ();
    message->priority = message->healthy = 1;
}

static void
s_make_state_reply (explore_step_t *self)
{
    zelect_message_t *message = &self->input.message;
    message->kind = ZELECT_MESSAGE_STATE_REPLY;
    message->number = explore_request (self->node, EXPLORE_NOW, false, 15);
    message->promise_ns = explore_election_ns ();
    message->floor = self->action.inc ? UINT64_C (1) << 18 : 0;
    message->about = 0;
}

//  Refusals are one in the state: they only tell a term. Here they come as what
//  the receiver waits for (R14); to a follower, as an answer that is old news.

static void
s_make_refusal (explore_step_t *self)
{
    const explore_node_t *node = &self->before->nodes [self->node];
    zelect_message_t *message = &self->input.message;
    bool is_vote = node->role == ZELECT_ROLE_CANDIDATE;
    if (node->role == ZELECT_ROLE_LEADER || node->role == ZELECT_ROLE_LEADER_ELECT) {
        unsigned term = explore_term (node->wanted);
        message->kind = ZELECT_MESSAGE_HEARTBEAT_ACK;
        message->about = term;
        message->number = explore_round_base (self->node, EXPLORE_NOW, term) + node->round;
        return;
    }
    message->kind = is_vote ? ZELECT_MESSAGE_VOTE_REPLY : ZELECT_MESSAGE_PREVOTE_REPLY;
    message->leader = explore_told (self->before, &self->action);
    if (!node->ask)
        return;
    message->about = node->ask;
    message->number = explore_request (self->node, EXPLORE_NOW, is_vote, node->ask);
}

//  Whom a node takes for the leader, as the core would say.

static uint8_t
s_known_leader (const explore_node_t *node, uint8_t self)
{
    if (node->role == ZELECT_ROLE_LEADER)
        return node->expiry == EXPLORE_EXPIRY_OVER ? ZELECT_NOBODY : self;
    if (node->role == ZELECT_ROLE_LEADER_ELECT)
        return ZELECT_NOBODY;
    if (node->promise_leader != EXPLORE_NOBODY && node->promise_leader != self
        && node->hold > EXPLORE_HOLD_OVER)
        return node->promise_leader;
    return node->hint == EXPLORE_NOBODY ? ZELECT_NOBODY : node->hint;
}

uint8_t
explore_told (const explore_state_t *state, const explore_action_t *action)
{
    const explore_node_t *from = &state->nodes [action->from % NODES];
    if (action->kind == EXPLORE_PREVOTED_ACTION)
        return (uint8_t) explore_term (from->saved);
    if (action->kind == EXPLORE_REFUSED_ACTION && explore_slice->has_hints)
        return s_known_leader (from, action->from);
    return ZELECT_NOBODY;
}

//  What any message of these has in common is set first.

void
explore_make_message (explore_step_t *self)
{
    const explore_action_t *action = &self->action;
    zelect_message_t *message = &self->input.message;
    self->input.kind = ZELECT_INPUT_MESSAGE;
    message->from = action->from;
    message->incarnation = explore_incarnation (action->from % 8, EXPLORE_NOW);
    message->term = message->about = action->term;
    message->leader = ZELECT_NOBODY;
    if (action->kind == EXPLORE_PREVOTE_ACTION || action->kind == EXPLORE_VOTE_ACTION)
        s_make_request (self, action->kind == EXPLORE_VOTE_ACTION);
    else if (action->kind == EXPLORE_PREVOTED_ACTION || action->kind == EXPLORE_VOTED_ACTION)
        s_make_reply (self, action->kind == EXPLORE_VOTED_ACTION);
    else if (action->kind == EXPLORE_REFUSED_ACTION)
        s_make_refusal (self);
    else if (action->kind == EXPLORE_BEAT_ACTION)
        s_make_leaders (self, ZELECT_MESSAGE_HEARTBEAT);
    else if (action->kind == EXPLORE_RELEASE_ACTION)
        s_make_leaders (self, ZELECT_MESSAGE_RELEASE);
    else if (action->kind == EXPLORE_ACK_ACTION)
        s_make_ack (self);
    else
        s_make_state_reply (self);
}
