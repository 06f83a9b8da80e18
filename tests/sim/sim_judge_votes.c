/*  =========================================================================
    sim_judge - safety after each step: campaigns, votes, promises

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <assert.h>

//  ----  Campaigns (L5)  ------------------------------------------------------

//  R11: the release that names an heir is its sender's pre-vote for the next term, once.

static uint64_t
s_inherit (sim_judge_node_t *self, uint64_t term)
{
    uint64_t mask = term == self->heir_term + 1 ? self->heir_mask : 0;
    self->heir_mask = 0;
    return mask;
}

void
sim_judge_campaign (sim_t *sim, unsigned node, const zelect_message_t *message)
{
    assert (node < SIM_NODES);
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_core_options_t *options = &sim->nodes [node].options;
    if (!options->priority || !(options->voters >> node & 1) || !self->is_well || self->is_stopped)
        sim_violation (sim, "campaigns though it may not lead", node, message->about);
    if (message->kind == ZELECT_MESSAGE_PREVOTE) {
        if (self->prevote_number != message->number) {
            self->prevote_number = message->number;
            self->prevote_term = message->about;
            self->prevote_mask = s_inherit (self, message->about);
        }
        return;
    }
    if (self->vote_number == message->number)
        return;
    self->vote_number = message->number;
    self->vote_term = message->about;
    self->vote_mask = 0;
    //  Right away, as an heir, or by its last request for pre-votes
    uint64_t own = UINT64_C (1) << node;
    bool is_heir = sim_is_majority (options->voters, own | s_inherit (self, message->about));
    bool is_asked = self->prevote_term == message->about
                    && sim_is_majority (options->voters, own | self->prevote_mask);
    if (!is_heir && !is_asked)
        sim_violation (sim, "a term without a majority of pre-votes", node, message->about);
}

//  A reply arrives. It counts for the request that it answers, no other.

void
sim_judge_reply (sim_t *sim, unsigned node, const zelect_message_t *message)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    if (!message->granted)
        return;
    bool is_real = message->kind == ZELECT_MESSAGE_VOTE_REPLY;
    if (is_real && message->number == self->vote_number && message->about == self->vote_term)
        self->vote_mask |= UINT64_C (1) << message->from;
    if (!is_real && message->number == self->prevote_number && message->about == self->prevote_term)
        self->prevote_mask |= UINT64_C (1) << message->from;
}

//  ----  Votes (I2, I3)  ------------------------------------------------------

static void
s_vote (sim_t *sim, unsigned node, unsigned to, uint64_t incarnation, uint64_t term)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    bool is_same = self->voted_for == to && self->voted_incarnation == incarnation;
    if (self->voted_term == term && !is_same)
        sim_violation (sim, "two votes in a term", node, term);
    if (self->voted_term > term)
        sim_violation (sim, "vote in an old term", node, term);
    self->voted_term = term;
    self->voted_for = (uint8_t) to;
    self->voted_incarnation = incarnation;
}

void
sim_judge_own_vote (sim_t *sim, unsigned node, const zelect_message_t *beat)
{
    s_vote (sim, node, node, beat->incarnation, beat->term);
}

static void
s_check_saved_vote (
    sim_t *sim, unsigned node, unsigned to, uint64_t incarnation, const zelect_message_t *message)
{
    const zelect_record_t *durable = &sim->nodes [node].durable;
    if (sim->nodes [node].options.is_volatile)
        return;
    if (durable->term != message->about || durable->vote != to
        || durable->vote_incarnation != incarnation)
        sim_violation (sim, "vote left before it was saved", node, message->about);
}

void
sim_judge_grant (
    sim_t *sim, unsigned node, unsigned to, const zelect_message_t *message, uint64_t local)
{
    assert (node < SIM_NODES);
    const sim_items_t *asks = sim->judge.nodes [node].asks;
    const sim_item_t *ask = sim_judge_recall (&asks [to % SIM_NODES], message->number);
    if (!ask) {
        sim_violation (sim, "grants what nobody asked", node, message->about);
        return;
    }
    const sim_node_t *at = &sim->nodes [node];
    sim_judge_is_free (sim, node, to, ask->incarnation, message->about, local);
    if (!at->options.is_volatile && message->about <= at->durable.floor)
        sim_violation (sim, "grants below its floor", node, message->about);
    if (!(at->options.voters >> node & at->options.voters >> to & 1))
        sim_violation (sim, "a vote of or for who has none", node, message->about);
    if (at->role == ZELECT_ROLE_LEADER || at->role == ZELECT_ROLE_LEADER_ELECT)
        sim_violation (sim, "grants while it leads", node, message->about);
    if (message->kind != ZELECT_MESSAGE_VOTE_REPLY)
        return;
    s_check_saved_vote (sim, node, to, ask->incarnation, message);
    s_vote (sim, node, to, ask->incarnation, message->about);
}

//  ----  Promises (I7, L6)  ---------------------------------------------------

//  Whether a node has heard, in this life, an incarnation lead in a later term
//  than the one it is bound to. (It may have accepted that, and not said so.) A
//  promise that is over binds to no term: since it was given, all may have
//  forgotten, and count their terms anew.

static bool
s_has_heard (const sim_judge_node_t *self, unsigned leader, uint64_t incarnation, uint64_t local)
{
    uint64_t heard = self->heard_term [leader % SIM_NODES];
    bool is_later = local >= self->bound_until || heard >= self->bound_term;
    return heard && is_later && self->heard_incarnation [leader % SIM_NODES] == incarnation;
}

//  A node is about to campaign (`to` is itself) or to grant something.

void
sim_judge_is_free (
    sim_t *sim, unsigned node, unsigned to, uint64_t incarnation, uint64_t term, uint64_t local)
{
    const sim_judge_node_t *self = &sim->judge.nodes [node];
    if (self->is_failed)
        sim_violation (sim, "campaigns or grants though its store failed", node, term);
    bool is_heard = s_has_heard (self, to, incarnation, local);
    bool is_to_leader = self->bound_leader == to && self->bound_incarnation == incarnation;
    //  R9: a promise given since the start replaces the wait
    if (local < self->wait_until && !is_heard)
        sim_violation (sim, "campaigns or grants too soon after its start", node, term);
    if (local < self->bound_until && !is_to_leader && !is_heard)
        sim_violation (sim, "breaks a promise", node, term);
}

//  An acknowledgement leaves: a promise from when the heartbeat was heard.

void
sim_judge_promise (sim_t *sim, unsigned node, const zelect_effect_t *effect)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_message_t *ack = &effect->message;
    unsigned leader = effect->to ? (unsigned) __builtin_ctzll (effect->to) : 0;
    const sim_item_t *beat = sim_judge_recall (&self->beats [leader % SIM_NODES], ack->number);
    if (!beat) {
        sim_violation (sim, "acknowledges what it did not hear", node, ack->about);
        return;
    }
    //  R9: or the next life would not know how long it is bound
    const sim_node_t *at = &sim->nodes [node];
    if (!at->options.is_volatile && ack->promise_ns > at->durable.promise_ns)
        sim_violation (sim, "promises longer than it saved", node, ack->about);
    uint64_t until = beat->at + ack->promise_ns;
    if (until > self->bound_until)
        self->bound_until = until;
    self->bound_leader = (uint8_t) leader;
    self->bound_incarnation = beat->incarnation;
    self->bound_term = ack->about;
    self->was_bound_here = true;
}

//  The leader released this node, or is proved dead. So is one that was elected
//  later than the one promised to, if this node has heard it: that it was elected
//  means that the older lease is over.

void
sim_judge_freed (sim_t *sim, unsigned node, const zelect_input_t *input, uint64_t local)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_message_t *message = &input->message;
    bool is_proof = input->kind == ZELECT_INPUT_DIED;
    unsigned from = is_proof ? input->member : message->from;
    uint64_t incarnation = is_proof ? input->number : message->incarnation;
    bool is_bound_to = self->was_bound_here && from == self->bound_leader
                       && incarnation == self->bound_incarnation
                       && (is_proof || message->about >= self->bound_term);
    bool is_later = s_has_heard (self, from, incarnation, local)
                    && (is_proof || message->about >= self->heard_term [from % SIM_NODES]);
    if (!is_bound_to && !is_later)
        return;
    self->bound_until = self->wait_until = 0;
    if (is_proof || message->leader != node || message->about <= self->heir_term)
        return;
    self->heir_mask = UINT64_C (1) << from;
    self->heir_term = message->about;
}
