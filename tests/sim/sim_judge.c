/*  =========================================================================
    sim_judge - safety after each step: terms, leases, events

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <string.h>

void
sim_violation (sim_t *self, const char *what, unsigned node, uint64_t term)
{
    if (!self->violations++)
        self->verdict = what;
    sim_marks_say (&self->marks, SIM_MARK_VIOLATION, node, self->now, what);
    sim_stamp (self, node);
    sim_print (self, "VIOLATION: %s, term %llu\n", what, (unsigned long long) term);
}

void
sim_judge_reset (sim_judge_t *self)
{
    uint64_t stamp = self->stamp + 1;
    memset (self->nodes, 0, sizeof self->nodes);
    self->term_count = 0;
    self->stamp = stamp;
    self->top_claimed = self->top_led = 0;
    self->is_excused = self->had_jumps = false;
}

//  ----  What was asked and heard  --------------------------------------------

void
sim_judge_remember (
    sim_items_t *self, uint64_t number, uint64_t incarnation, uint64_t at, bool in_order)
{
    for (unsigned back = 1; back <= SIM_ITEMS; back++) {
        const sim_item_t *item = &self->list [(self->next - back) % SIM_ITEMS];
        if (item->number == number && item->incarnation == incarnation)
            return;
    }
    sim_item_t *oldest = &self->list [self->next % SIM_ITEMS];
    if (in_order && oldest->incarnation == incarnation && oldest->number > number)
        return;    //  Long overtaken
    *oldest = (sim_item_t){number, incarnation, at};
    self->next++;
}

const sim_item_t *
sim_judge_recall (const sim_items_t *self, uint64_t number)
{
    for (unsigned back = 1; back <= SIM_ITEMS; back++) {
        const sim_item_t *item = &self->list [(self->next - back) % SIM_ITEMS];
        if (item->incarnation && item->number == number)
            return item;
    }
    return NULL;
}

//  ----  Forgetting (R17)  ----------------------------------------------------

//  G1 and G3 hold while not all who know a term forget it: here, while not two
//  voters have forgotten at a time, nor one where terms are farther apart than
//  the margin that R17 keeps (after a jump, or after somebody kept that margin).
//  G2 holds always.

static void
s_excuse (sim_t *sim)
{
    unsigned forgetful = 0;
    for (unsigned node = 0; node < sim->count; node++)
        forgetful += sim->judge.nodes [node].forgot;
    bool are_far = sim->judge.had_jumps || sim->judge.top_claimed >= ZELECT_FLOOR_MARGIN;
    if (forgetful > 1 || (forgetful && (are_far || sim->count == 1)))
        sim->judge.is_excused = true;
}

static void
s_forget (sim_t *sim, unsigned node)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    //  It cannot be held to what it forgot
    self->voted_term = 0;
    self->forgot = sim->judge.top_claimed > 0;
    s_excuse (sim);
}

void
sim_judge_started (sim_t *sim, unsigned node, bool forgot)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_core_options_t *options = &sim->nodes [node].options;
    if (forgot)
        s_forget (sim, node);
    self->asked_term = sim->nodes [node].durable.term;
    self->asked_vote = sim->nodes [node].durable.vote;
    self->wait_until = sim_clock_local (&sim->nodes [node], sim->now) + options->election_ns;
    self->prevote_term = self->vote_term = self->led_term = self->leader_term = 0;
    self->prevote_mask = self->vote_mask = self->heir_mask = self->heir_term = 0;
    memset (self->asks, 0, sizeof self->asks);
    memset (self->beats, 0, sizeof self->beats);
    memset (self->heard_term, 0, sizeof self->heard_term);
    self->was_bound_here = self->is_failed = self->is_stopped = false;
    self->is_well = true;
}

void
sim_judge_killed (sim_t *sim, unsigned node)
{
    if (sim->nodes [node].options.is_volatile)
        s_forget (sim, node);
}

//  ----  I1, G3  --------------------------------------------------------------

//  Terms may be far apart (R17), so they are hashed; a run has few of them, and
//  a long one starts a new page: what is older cannot be led again (G3).

static unsigned
s_slot_of_term (sim_judge_t *self, uint64_t term)
{
    if (self->term_count > SIM_TERMS / 2) {
        self->term_count = 0;
        self->stamp++;
    }
    unsigned slot = (unsigned) (term * UINT64_C (0x9e3779b97f4a7c15) >> 54) % SIM_TERMS;
    while (self->stamps [slot] == self->stamp && self->terms [slot] != term)
        slot = (slot + 1) % SIM_TERMS;
    return slot;
}

static void
s_claim (sim_t *sim, unsigned node, uint64_t term)
{
    sim_judge_t *self = &sim->judge;
    unsigned slot = s_slot_of_term (self, term);
    if (self->stamps [slot] != self->stamp) {
        self->stamps [slot] = self->stamp;
        self->terms [slot] = term;
        self->leaders [slot] = (uint8_t) node;
        self->term_count++;
    }
    else if (self->leaders [slot] != node && !self->is_excused)
        sim_violation (sim, "two leaders in a term", node, term);
    if (term > self->top_claimed)
        self->top_claimed = term;
}

//  ----  Leases (I6)  ---------------------------------------------------------

uint64_t
sim_judge_lease_ns (uint64_t promise_ns, uint32_t permille)
{
    return promise_ns / (1000 + permille) * (1000 - permille)
           + promise_ns % (1000 + permille) * (1000 - permille) / (1000 + permille);
}

//  A round leaves: from here its lease counts.

static void
s_note_round (sim_t *sim, unsigned node, const zelect_message_t *beat, uint64_t local)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    if (self->led_term != beat->term) {
        uint64_t mask = self->vote_mask | UINT64_C (1) << node;
        uint64_t voters = sim->nodes [node].options.voters;
        bool is_alone = !(voters & ~(UINT64_C (1) << node));    //  It asks nobody
        if ((self->vote_term != beat->term && !is_alone) || !sim_is_majority (voters, mask))
            sim_violation (sim, "leads without a majority of votes", node, beat->term);
        if (!sim->nodes [node].options.is_volatile && sim->nodes [node].durable.vote != node)
            sim_violation (sim, "leads before its own vote is saved", node, beat->term);
        //  I2: its own vote
        sim_judge_own_vote (sim, node, beat);
        self->led_term = beat->term;
        memset (self->acked_until, 0, sizeof self->acked_until);
    }
    s_claim (sim, node, beat->term);
    if (self->is_failed)
        sim_violation (sim, "leads though its store failed", node, beat->term);
    self->rounds [beat->number % SIM_ROUNDS] = (sim_item_t){beat->number, beat->incarnation, local};
    self->acked_until [node] = local
                               + sim_judge_lease_ns (sim->nodes [node].options.election_ns,
                                                     sim->nodes [node].options.drift_permille);
}

static void
s_note_ack (sim_t *sim, unsigned node, const zelect_message_t *ack)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_core_options_t *options = &sim->nodes [node].options;
    const sim_item_t *round = &self->rounds [ack->number % SIM_ROUNDS];
    if (!ack->granted || !ack->promise_ns || ack->about != self->led_term
        || round->number != ack->number || round->incarnation != options->incarnation)
        return;
    uint64_t promise_ns =
        ack->promise_ns < options->election_ns ? ack->promise_ns : options->election_ns;
    uint64_t until = round->at + sim_judge_lease_ns (promise_ns, options->drift_permille);
    if (until > self->acked_until [ack->from])
        self->acked_until [ack->from] = until;
}

//  The latest time at which a majority of the voters is still bound

static uint64_t
s_bound_until (const sim_t *sim, unsigned node)
{
    const uint64_t *until = sim->judge.nodes [node].acked_until;
    uint64_t voters = sim->nodes [node].options.voters, best = 0;
    for (unsigned one = 0; one < sim->count; one++) {
        uint64_t mask = 0;
        for (unsigned other = 0; other < sim->count; other++)
            mask |= (uint64_t) (until [other] >= until [one]) << other;
        if (until [one] > best && sim_is_majority (voters, mask))
            best = until [one];
    }
    return best;
}

void
sim_judge_lease (sim_t *sim, unsigned node, const zelect_effect_t *effect, uint64_t local)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    if (self->is_failed)
        sim_violation (sim, "a lease though its store failed", node, effect->term);
    if (effect->term != self->led_term || effect->until > s_bound_until (sim, node))
        sim_violation (sim, "a lease longer than the promises", node, effect->term);
    if (effect->until <= local)
        sim_violation (sim, "a lease that is over", node, effect->term);
    if (sim->nodes [node].options.priority == 0)
        sim_violation (sim, "a witness leads", node, effect->term);
    if (sim->nodes [node].lease_term != effect->term) {
        if (effect->term <= sim->judge.top_led && !sim->judge.is_excused)
            sim_violation (sim, "token did not grow", node, effect->term);
        sim->judge.top_led = effect->term;
    }
    for (unsigned other = 0; other < sim->count; other++)
        if (other != node && sim_clock_leads (&sim->nodes [other], sim->now))
            sim_violation (sim, "two leases at one instant", node, effect->term);
}

//  ----  The record (I3, I4)  -------------------------------------------------

void
sim_judge_save (sim_t *sim, unsigned node, const zelect_effect_t *effect)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_record_t *record = &effect->record;
    if (sim->nodes [node].write_done != ZELECT_NEVER)
        sim_violation (sim, "two saves under way", node, record->term);
    if (self->is_failed)
        sim_violation (sim, "saves again after a save that failed", node, record->term);
    bool is_back = record->term < sim->nodes [node].durable.term || record->term < self->asked_term
                   || record->term < self->voted_term;
    if (is_back)
        sim_violation (sim, "term goes backwards", node, record->term);
    bool was_free = self->asked_vote == ZELECT_NOBODY;
    if (record->term == self->asked_term && !was_free && record->vote != self->asked_vote)
        sim_violation (sim, "a vote is taken back", node, record->term);
    if (record->term && record->term == self->voted_term && record->vote != self->voted_for)
        sim_violation (sim, "a vote that left is taken back", node, record->term);
    self->asked_term = record->term;
    self->asked_vote = record->vote;
}

//  ----  Messages  ------------------------------------------------------------

//  I3: granted replies, heartbeats and acknowledgements rest on the disk.

static void
s_check_rest (sim_t *sim, unsigned node, const zelect_message_t *message)
{
    bool is_grant = message->granted
                    && (message->kind == ZELECT_MESSAGE_VOTE_REPLY
                        || message->kind == ZELECT_MESSAGE_PREVOTE_REPLY
                        || message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK);
    if (!is_grant && message->kind != ZELECT_MESSAGE_HEARTBEAT)
        return;
    if (!sim->nodes [node].options.is_volatile && message->term > sim->nodes [node].durable.term)
        sim_violation (sim, "sent before it was saved", node, message->term);
}

static unsigned
s_only (uint64_t mask)
{
    return mask ? (unsigned) __builtin_ctzll (mask) : SIM_NODES;
}

void
sim_judge_send (sim_t *sim, unsigned node, const zelect_effect_t *effect, uint64_t local)
{
    const zelect_message_t *message = &effect->message;
    sim_judge_node_t *self = &sim->judge.nodes [node];
    s_check_rest (sim, node, message);
    const sim_node_t *at = &sim->nodes [node];
    uint64_t kept = at->options.is_volatile ? message->term : at->durable.term;
    if (self->forgot && kept >= sim->judge.top_claimed)
        self->forgot = false;
    switch (message->kind) {
    case ZELECT_MESSAGE_PREVOTE:
    case ZELECT_MESSAGE_VOTE:
        sim_judge_is_free (sim, node, node, message->incarnation, message->about, local);
        sim_judge_campaign (sim, node, message);
        break;
    case ZELECT_MESSAGE_PREVOTE_REPLY:
    case ZELECT_MESSAGE_VOTE_REPLY:
        if (message->granted) {
            self->heir_mask = 0;
            sim_judge_grant (sim, node, s_only (effect->to), message, local);
        }
        break;
    case ZELECT_MESSAGE_HEARTBEAT:
        s_note_round (sim, node, message, local);
        break;
    case ZELECT_MESSAGE_HEARTBEAT_ACK:
        if (message->granted && message->promise_ns)
            sim_judge_promise (sim, node, effect);
        break;
    case ZELECT_MESSAGE_RELEASE:
        if (sim->nodes [node].lease_until)
            sim_violation (sim, "released under a lease", node, message->about);
        break;
    default:
        break;
    }
}

//  ----  What the application is told (I8, I10, L4)  --------------------------

void
sim_judge_role (sim_t *sim, unsigned node, const zelect_effect_t *effect)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const sim_node_t *at = &sim->nodes [node];
    bool leads = effect->role == ZELECT_ROLE_LEADER;
    if (effect->old_role != at->role && effect->reason != ZELECT_REASON_STARTED)
        sim_violation (sim, "an event is missing", node, effect->term);
    if (leads != (at->lease_until > 0))
        sim_violation (sim, "role and lease differ", node, effect->term);
    if (effect->old_role == ZELECT_ROLE_LEADER && effect->term != self->role_term)
        sim_violation (sim, "left another term than it entered", node, effect->term);
    if (leads && effect->term != at->lease_term)
        sim_violation (sim, "role and lease are of different terms", node, effect->term);
    if (at->role == ZELECT_ROLE_FAULTED)
        sim_violation (sim, "a faulted node takes another role", node, effect->term);
    self->role_term = effect->term;
}

//  I9: no node hears of a leader with a smaller token than the last one's.

void
sim_judge_leader (sim_t *sim, unsigned node, const zelect_effect_t *effect)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    if (effect->member == ZELECT_NOBODY)
        return;
    if (effect->term < self->leader_term && !sim->judge.is_excused)
        sim_violation (sim, "told of an older leader", node, effect->term);
    self->leader_term = effect->term;
}

//  ----  Steps  ---------------------------------------------------------------

void
sim_judge_input (sim_t *sim, unsigned node, const zelect_input_t *input, uint64_t local)
{
    sim_judge_node_t *self = &sim->judge.nodes [node];
    const zelect_message_t *message = &input->message;
    if (input->kind == ZELECT_INPUT_HEALTH)
        self->is_well = input->ok;
    else if (input->kind == ZELECT_INPUT_STOP)
        self->is_stopped = true;
    else if (input->kind == ZELECT_INPUT_DIED)
        sim_judge_freed (sim, node, input, local);
    else if (input->kind == ZELECT_INPUT_SAVED && !input->ok)
        self->is_failed = true;
    if (input->kind != ZELECT_INPUT_MESSAGE || message->from >= sim->count)
        return;
    switch (message->kind) {
    case ZELECT_MESSAGE_HEARTBEAT:
        sim_judge_remember (&self->beats [message->from], message->number, message->incarnation,
                            local, true);
        if (message->term > self->heard_term [message->from]) {
            self->heard_term [message->from] = message->term;
            self->heard_incarnation [message->from] = message->incarnation;
        }
        break;
    case ZELECT_MESSAGE_HEARTBEAT_ACK:
        s_note_ack (sim, node, message);
        break;
    case ZELECT_MESSAGE_PREVOTE:
    case ZELECT_MESSAGE_VOTE:
        sim_judge_remember (&self->asks [message->from], message->number, message->incarnation,
                            local, false);
        break;
    case ZELECT_MESSAGE_PREVOTE_REPLY:
    case ZELECT_MESSAGE_VOTE_REPLY:
        sim_judge_reply (sim, node, message);
        break;
    case ZELECT_MESSAGE_RELEASE:
        sim_judge_freed (sim, node, input, local);
        break;
    default:
        break;
    }
}

static void
s_check_message (sim_t *sim,
                 unsigned node,
                 const zelect_message_t *message,
                 const sim_before_t *before)
{
    const zelect_core_t *core = &sim->nodes [node].core;
    uint64_t term = core->wanted.term;
    bool has_vote = sim->nodes [node].options.voters >> (message->from % 64) & 1;
    bool was_led = before->role == ZELECT_ROLE_LEADER || before->role == ZELECT_ROLE_LEADER_ELECT;
    //  Whoever stands for election moves to the term that it asked for (L5); and
    //  when a promise or a leadership ends, or a node has settled, what was kept is
    //  decided: those are messages as well
    bool stands = core->role == ZELECT_ROLE_CANDIDATE && core->role != before->role;
    bool decides = core->timers [ZELECT_TIMER_HOLD] != before->hold
                   || (was_led && core->role != before->role)
                   || message->kind == ZELECT_MESSAGE_STATE_REPLY;
    uint64_t messages = decides ? sim->count : 1;
    if (term > before->term + messages * ZELECT_TERM_JUMP && !stands)
        sim_violation (sim, "a term jumps too far", node, term);
    if (term != before->term && !has_vote && !decides)
        sim_violation (sim, "a member without a vote moves the term", node, term);
    bool moved = term != before->term || core->wanted.vote != before->vote
                 || core->timers [ZELECT_TIMER_HOLD] != before->hold
                 || core->promise_incarnation != before->promise_incarnation
                 || core->role != before->role;
    if (message->kind == ZELECT_MESSAGE_PREVOTE && moved && !was_led)
        sim_violation (sim, "a request for a pre-vote changes something", node, term);
}

void
sim_judge_stepped (sim_t *sim,
                   unsigned node,
                   const zelect_input_t *input,
                   const sim_before_t *before,
                   uint64_t local)
{
    const sim_node_t *at = &sim->nodes [node];
    if (at->core.wanted.term < before->term)
        sim_violation (sim, "term goes backwards", node, at->core.wanted.term);
    if (input->kind == ZELECT_INPUT_MESSAGE)
        s_check_message (sim, node, &input->message, before);
    if (at->role == ZELECT_ROLE_LEADER && local >= at->lease_until)
        sim_violation (sim, "leads past its lease", node, at->lease_term);
}
