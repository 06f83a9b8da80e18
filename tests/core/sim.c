/*  =========================================================================
    sim - a cluster of real cores on a virtual clock, for scenarios

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS_MAX 65536
//  ----  Clocks and randomness  -----------------------------------------------

static uint64_t
s_local (const sim_node_t *node, uint64_t now)
{
    return (uint64_t) ((int64_t) now / 1000 * (1000 + node->drift_permille));
}

static uint64_t
s_true (const sim_node_t *node, uint64_t local)
{
    if (local == ZELECT_NEVER)
        return ZELECT_NEVER;
    uint64_t rate = (uint64_t) (1000 + node->drift_permille);
    return (local + rate - 1) / rate * 1000;
}

static uint64_t
s_random (sim_t *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random;
}

//  ----  Effects  -------------------------------------------------------------

//  No word of the random sequence is spent where nothing is left to chance.

static bool
s_happens (sim_t *self, unsigned permille)
{
    return permille && s_random (self) % 1000 < permille;
}

static uint64_t
s_up_to (sim_t *self, uint64_t limit_ns)
{
    return limit_ns ? s_random (self) % limit_ns : 0;
}

static void
s_enqueue (sim_t *self, uint8_t to, const zelect_message_t *message, bool by_feed, uint64_t at)
{
    if (self->packet_count == PACKETS_MAX)
        return;
    uint64_t held_until = self->held_until [message->from][to];
    sim_packet_t *packet = &self->packets [self->packet_count++];
    packet->at = at < held_until ? held_until : at;
    packet->order = self->order++;
    packet->message = *message;
    packet->to = to;
    if (message->kind == ZELECT_MESSAGE_HEARTBEAT)
        packet->message.by_feed = by_feed;
}

static void
s_deliver (sim_t *self, uint8_t to, const zelect_message_t *message, bool by_feed)
{
    if (!self->links [message->from][to] || s_happens (self, self->lost_permille))
        return;
    uint64_t at = self->now + self->delay_ns + s_up_to (self, self->jitter_ns);
    if (s_happens (self, self->late_permille))
        at += s_up_to (self, self->late_ns);
    s_enqueue (self, to, message, by_feed, at);
    if (s_happens (self, self->twice_permille))
        s_enqueue (self, to, message, by_feed, at + s_up_to (self, self->late_ns));
}

static void
s_do_send (sim_t *self, const zelect_effect_t *effect)
{
    sim_print_message (self, effect->to, &effect->message, ">");
    sim_check_sent (self, &effect->message);
    for (uint8_t to = 0; to < self->count; to++)
        if (effect->to >> to & 1) {
            sim_check_vote (self, to, &effect->message);
            s_deliver (self, to, &effect->message, false);
        }
}

static void
s_do_broadcast (sim_t *self, const zelect_effect_t *effect)
{
    uint8_t from = effect->message.from;
    sim_print_message (self, effect->to, &effect->message, ">> feed, also");
    if (effect->message.kind == ZELECT_MESSAGE_RELEASE && self->nodes [from].lease_end)
        sim_violation (self, "released under a lease", from, effect->message.about);
    sim_check_sent (self, &effect->message);
    for (uint8_t to = 0; to < self->count; to++)
        if (to != from && self->feeds [from][to])
            s_deliver (self, to, &effect->message, true);
    for (uint8_t to = 0; to < self->count; to++)
        if (effect->to >> to & 1)
            s_deliver (self, to, &effect->message, false);
}

static void
s_do_save (sim_t *self, unsigned index, const zelect_effect_t *effect)
{
    sim_node_t *node = &self->nodes [index];
    if (node->write_done != ZELECT_NEVER)
        sim_violation (self, "two saves under way", index, effect->record.term);
    if (effect->record.term < node->durable.term)
        sim_violation (self, "term goes backwards", index, effect->record.term);
    node->writing = effect->record;
    node->write_number = effect->number;
    node->write_done = self->now + node->save_ns;
}

static void
s_do_lease (sim_t *self, unsigned index, const zelect_effect_t *effect)
{
    sim_node_t *node = &self->nodes [index];
    node->lease_end = effect->until ? s_true (node, effect->until) : 0;
    if (!effect->until)
        return;
    if (node->lease_term != effect->term)
        self->leaderships++;
    node->lease_term = effect->term;
    sim_check_lease (self, index, effect->term);
}

static void
s_do_role (sim_t *self, unsigned index, const zelect_effect_t *effect)
{
    sim_stamp (self, index);
    sim_print (self, "%s -> %s (%s) term %" PRIu64 "\n",
               zelect_role_name ((zelect_role_t) effect->old_role),
               zelect_role_name ((zelect_role_t) effect->role),
               zelect_reason_name ((zelect_reason_t) effect->reason), effect->term);
    bool leads = effect->role == ZELECT_ROLE_LEADER;
    if (leads != (self->nodes [index].lease_end > 0))
        sim_violation (self, "role and lease differ", index, effect->term);
}

static void
s_do (sim_t *self, unsigned index, const zelect_effect_t *effect)
{
    switch ((zelect_effect_kind_t) effect->kind) {
    case ZELECT_EFFECT_SAVE:
        s_do_save (self, index, effect);
        break;
    case ZELECT_EFFECT_SEND:
        s_do_send (self, effect);
        break;
    case ZELECT_EFFECT_BROADCAST:
        s_do_broadcast (self, effect);
        break;
    case ZELECT_EFFECT_LEASE:
        s_do_lease (self, index, effect);
        break;
    case ZELECT_EFFECT_ROLE:
        s_do_role (self, index, effect);
        break;
    case ZELECT_EFFECT_LEADER:
        sim_stamp (self, index);
        sim_print (self, "leader is %s, term %" PRIu64 "\n", sim_name (effect->member),
                   effect->term);
        break;
    case ZELECT_EFFECT_REPORT:
        sim_stamp (self, index);
        sim_print (self, "reports %s of %s, %" PRIu64 "\n",
                   zelect_report_name ((zelect_report_t) effect->report), sim_name (effect->member),
                   effect->number);
        break;
    case ZELECT_EFFECT_ANSWER:
        sim_stamp (self, index);
        sim_print (self, "answers: %s\n", zelect_answer_text ((zelect_answer_t) effect->answer));
        break;
    case ZELECT_EFFECTS:
        assert (false);
    }
}

static void
s_do_all (sim_t *self, unsigned index, const zelect_effects_t *effects)
{
    for (size_t count = 0; count < effects->count; count++)
        s_do (self, index, &effects->list [count]);
}

void
sim_input (sim_t *self, unsigned node, const zelect_input_t *input)
{
    static zelect_effects_t effects;
    zelect_input_t word = *input;
    word.random = s_random (self);
    sim_node_t *at = &self->nodes [node];
    uint64_t term = at->core.wanted.term;
    zelect_core_step (&at->core, s_local (at, self->now), &word, &effects);
    if (at->core.wanted.term < term)
        sim_violation (self, "term goes backwards", node, at->core.wanted.term);
    s_do_all (self, node, &effects);
}

//  ----  Life  ----------------------------------------------------------------

void
sim_init (sim_t *self, unsigned count, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    assert (count && count <= SIM_NODES);
    self->count = count;
    self->random = seed * 2 + 1;
    self->delay_ns = ZELECT_MS;
    self->packets = calloc (PACKETS_MAX, sizeof *self->packets);
    assert (self->packets);
    memset (self->links, true, sizeof self->links);
    memset (self->feeds, true, sizeof self->feeds);
    for (uint8_t index = 0; index < count; index++) {
        sim_node_t *node = &self->nodes [index];
        node->options = (zelect_core_options_t){
            .heartbeat_ns = 100 * ZELECT_MS,
            .election_ns = 500 * ZELECT_MS,
            .voters = (UINT64_C (1) << count) - 1,
            .drift_permille = 100,
            .member_count = (uint8_t) count,
            .self = index,
            .priority = 100,
        };
        node->save_ns = ZELECT_MS;
        node->frozen_since = node->write_done = ZELECT_NEVER;
    }
}

void
sim_free (sim_t *self)
{
    free (self->packets);
    free (self->text);
    memset (self, 0, sizeof *self);
}

void
sim_start (sim_t *self, unsigned index, bool is_new)
{
    static zelect_effects_t effects;
    sim_node_t *node = &self->nodes [index];
    assert (!node->is_up);
    if (!node->has_record || node->options.is_volatile)
        node->voted_term = 0;    //  It cannot be held to what it forgot
    if (!node->has_record)
        zelect_record_init (&node->durable, is_new);
    node->has_record = true;
    node->is_up = true;
    node->frozen_since = ZELECT_NEVER;
    node->options.incarnation = 1000 + ++self->incarnations;
    zelect_core_init (&node->core, &node->options, &node->durable, s_local (node, self->now),
                      s_random (self), &effects);
    s_do_all (self, index, &effects);
}

void
sim_kill (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    assert (node->is_up);
    node->is_up = false;
    node->lease_end = 0;
    if (self->tears_writes && node->write_done != ZELECT_NEVER && s_happens (self, 500))
        node->durable = node->writing;
    node->write_done = ZELECT_NEVER;
    node->frozen_since = ZELECT_NEVER;
    sim_stamp (self, index);
    sim_print (self, "is killed\n");
}

void
sim_freeze (sim_t *self, unsigned index)
{
    self->nodes [index].frozen_since = self->now;
    sim_stamp (self, index);
    sim_print (self, "is frozen\n");
}

void
sim_thaw (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    uint64_t since = node->frozen_since;
    node->frozen_since = ZELECT_NEVER;
    sim_stamp (self, index);
    sim_print (self, "goes on\n");
    if (self->now - since > node->options.heartbeat_ns)
        sim_input (self, index, &(zelect_input_t){.kind = ZELECT_INPUT_STALLED});
}

//  ----  Time  ----------------------------------------------------------------

static bool
s_runs (const sim_node_t *node)
{
    return node->is_up && node->frozen_since == ZELECT_NEVER;
}

//  The next packet that can be delivered: the earliest, in the order sent.

static size_t
s_next_packet (const sim_t *self)
{
    size_t best = SIZE_MAX;
    for (size_t index = 0; index < self->packet_count; index++) {
        const sim_packet_t *packet = &self->packets [index];
        const sim_node_t *node = &self->nodes [packet->to];
        if (node->is_up && node->frozen_since != ZELECT_NEVER)
            continue;
        if (best == SIZE_MAX || packet->at < self->packets [best].at
            || (packet->at == self->packets [best].at
                && packet->order < self->packets [best].order))
            best = index;
    }
    return best;
}

//  The shell answers what the core is not asked.

static void
s_answer_state (sim_t *self, const sim_packet_t *packet)
{
    const sim_node_t *node = &self->nodes [packet->to];
    if (!s_runs (node))
        return;
    zelect_message_t reply = {
        .kind = ZELECT_MESSAGE_STATE_REPLY,
        .from = packet->to,
        .incarnation = node->options.incarnation,
        .term = node->core.wanted.term,
        .number = packet->message.number,
        .promise_ns = node->options.election_ns,
        .floor = zelect_core_floor (&node->core),
        .leader = ZELECT_NOBODY,
    };
    sim_print_message (self, UINT64_C (1) << packet->message.from, &reply, ">");
    s_deliver (self, packet->message.from, &reply, false);
}

static void
s_take_packet (sim_t *self, size_t index)
{
    sim_packet_t packet = self->packets [index];
    self->packets [index] = self->packets [--self->packet_count];
    if (packet.message.kind == ZELECT_MESSAGE_STATE)
        s_answer_state (self, &packet);
    else if (s_runs (&self->nodes [packet.to])) {
        zelect_input_t input = {.kind = ZELECT_INPUT_MESSAGE, .message = packet.message};
        sim_input (self, packet.to, &input);
    }
}

static void
s_finish_save (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    node->write_done = ZELECT_NEVER;
    if (!node->save_fails)
        node->durable = node->writing;
    zelect_input_t input = {
        .kind = ZELECT_INPUT_SAVED, .number = node->write_number, .ok = !node->save_fails};
    sim_input (self, index, &input);
}

//  Do the one next thing that happens up to `until`: at one instant packets
//  come first, then saves, then ticks (R15). False if nothing does.

static bool
s_step (sim_t *self, uint64_t until)
{
    size_t packet = s_next_packet (self);
    uint64_t best = packet == SIZE_MAX ? ZELECT_NEVER : self->packets [packet].at;
    int save = -1, tick = -1;
    for (unsigned index = 0; index < self->count; index++) {
        const sim_node_t *node = &self->nodes [index];
        if (!s_runs (node))
            continue;
        if (node->write_done < best)
            best = node->write_done, save = (int) index, tick = -1;
        uint64_t deadline = s_true (node, zelect_core_deadline (&node->core));
        if (deadline < self->now)
            deadline = self->now;
        if (deadline < best)
            best = deadline, tick = (int) index, save = -1;
    }
    if (best > until)
        return false;
    if (best > self->now)
        self->now = best;
    if (tick >= 0)
        sim_input (self, (unsigned) tick, &(zelect_input_t){.kind = ZELECT_INPUT_TICK});
    else if (save >= 0)
        s_finish_save (self, (unsigned) save);
    else
        s_take_packet (self, packet);
    return true;
}

void
sim_run (sim_t *self, uint64_t until)
{
    while (s_step (self, until))
        assert (self->text_size < 4 << 20);
    self->now = until;
}

uint8_t
sim_leader (const sim_t *self)
{
    for (uint8_t index = 0; index < self->count; index++)
        if (self->nodes [index].is_up && self->nodes [index].lease_end > self->now)
            return index;
    return ZELECT_NOBODY;
}

static bool
s_is_led (const sim_t *self)
{
    uint8_t leader = sim_leader (self);
    if (leader == ZELECT_NOBODY)
        return false;
    for (unsigned index = 0; index < self->count; index++) {
        const sim_node_t *node = &self->nodes [index];
        if (s_runs (node) && self->links [leader][index] && self->links [index][leader]
            && zelect_core_leader (&node->core, s_local (node, self->now)) != leader)
            return false;
    }
    return true;
}

bool
sim_run_until_led (sim_t *self, uint64_t until)
{
    while (!s_is_led (self))
        if (!s_step (self, until))
            return false;
    return true;
}
