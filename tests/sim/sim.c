/*  =========================================================================
    sim - a cluster of real cores on a virtual clock

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static zelect_effects_t s_effects;    //  Of the step under way; one at a time

//  ----  Life of the whole  ---------------------------------------------------

static void
s_reset_node (sim_t *self, uint8_t index)
{
    sim_node_t *node = &self->nodes [index];
    node->options = (zelect_core_options_t){
        .heartbeat_ns = 100 * ZELECT_MS,
        .election_ns = 500 * ZELECT_MS,
        .voters = (UINT64_C (1) << self->count) - 1,
        .drift_permille = 100,
        .member_count = (uint8_t) self->count,
        .self = index,
        .priority = 100,
    };
    node->save_ns = ZELECT_MS;
    node->frozen_since = node->write_done = node->due = ZELECT_NEVER;
    node->parked_first = node->parked_last = SIM_NO_PACKET;
}

void
sim_reset (sim_t *self, unsigned count, uint64_t seed)
{
    assert (count && count <= SIM_NODES);
    memset (self->nodes, 0, sizeof self->nodes);
    memset (&self->net, 0, sizeof self->net);
    memset (self->links, true, sizeof self->links);
    memset (self->feeds, true, sizeof self->feeds);
    memset (self->flaps, 0, sizeof self->flaps);
    memset (self->held_until, 0, sizeof self->held_until);
    memset (self->lossy_until, 0, sizeof self->lossy_until);
    memset (self->back_at, 0, sizeof self->back_at);
    memset (self->last_at, 0, sizeof self->last_at);
    memset (self->in_flight, 0, sizeof self->in_flight);
    sim_queue_reset (&self->queue);
    sim_judge_reset (&self->judge);
    self->count = count;
    self->random = seed * 2 + 1;
    self->now = self->incarnations = self->leaderships = 0;
    self->violations = 0;
    self->verdict = NULL;
    self->crash_stages = 1;
    self->wire = NULL;
    self->forgets_saves = self->stretches_leases = false;
    self->text_size = self->marks.count = 0;
    self->net.delay_ns = ZELECT_MS;
    self->net.capacity = self->net.waiting_max = SIM_PACKETS_MAX;
    for (uint8_t index = 0; index < count; index++)
        s_reset_node (self, index);
}

void
sim_init (sim_t *self, unsigned count, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    sim_queue_init (&self->queue);
    self->is_traced = true;
    sim_reset (self, count, seed);
}

void
sim_free (sim_t *self)
{
    sim_queue_free (&self->queue);
    sim_marks_free (&self->marks);
    free (self->text);
    memset (self, 0, sizeof *self);
}

void
sim_copy (sim_t *self, const sim_t *other)
{
    sim_queue_t queue = self->queue;
    sim_marks_t marks = self->marks;
    char *text = self->text;
    size_t size = self->text_size, max = self->text_max;
    *self = *other;
    self->queue = queue;
    self->marks = marks;
    self->text = text;
    self->text_size = size;
    self->text_max = max;
    sim_queue_copy (&self->queue, &other->queue);
}

uint64_t
sim_random (sim_t *self, uint64_t limit)
{
    return sim_word (self) % limit;
}

//  ----  Nodes  ---------------------------------------------------------------

static void
s_mark (sim_t *self, unsigned node, sim_mark_kind_t kind)
{
    sim_marks_add (&self->marks,
                   &(sim_mark_t){.kind = (uint8_t) kind, .node = (uint8_t) node, .at = self->now});
}

//  What the store finds. A node that keeps no store has forgotten everything.

static bool
s_open_store (sim_t *self, unsigned index, bool is_new, bool *forgot)
{
    sim_node_t *node = &self->nodes [index];
    *forgot = node->was_started && (!node->has_record || node->options.is_volatile);
    node->was_started = true;
    if (!node->has_record || node->options.is_volatile) {
        zelect_record_init (&node->durable, is_new);
        sim_disk_create (&node->disk, &node->durable);
        node->has_record = true;
        return true;
    }
    zelect_record_t record;
    if (!sim_disk_open (&node->disk, &record))
        return false;
    bool is_kept = !memcmp (&record, &node->durable, sizeof record)
                   || !memcmp (&record, &node->writing, sizeof record);
    if (!is_kept && !self->forgets_saves)
        sim_violation (self, "the store rolled back", index, record.term);
    node->durable = node->writing = record;
    return true;
}

bool
sim_start (sim_t *self, unsigned index, bool is_new)
{
    sim_node_t *node = &self->nodes [index];
    assert (!node->is_up);
    bool forgot;
    if (!s_open_store (self, index, is_new, &forgot)) {
        sim_stamp (self, index);
        sim_print (self, "does not start: its store refuses\n");
        return false;
    }
    node->is_up = true;
    node->frozen_since = ZELECT_NEVER;
    node->busy_until = 0;
    node->role = ZELECT_ROLE_FOLLOWER;
    node->options.incarnation = 1000 + ++self->incarnations;
    s_mark (self, index, SIM_MARK_UP);
    sim_judge_started (self, index, forgot);
    uint64_t local = sim_clock_local (node, self->now);
    zelect_core_init (&node->core, &node->options, &node->durable, local, sim_word (self),
                      &s_effects);
    sim_perform (self, index, &s_effects, local);
    if (node->is_up)
        sim_set_due (self, index);
    return node->is_up;
}

void
sim_kill (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    assert (node->is_up);
    node->is_up = false;
    node->lease_until = 0;
    node->crash_in = 0;
    if (node->write_done != ZELECT_NEVER && self->crash_stages != 1) {
        unsigned stage;
        do
            stage = (unsigned) sim_random (self, SIM_DISK_STAGES);
        while (!(self->crash_stages >> stage & 1));
        sim_disk_crash (&node->disk, &node->writing, stage);
    }
    node->write_done = node->due = node->frozen_since = ZELECT_NEVER;
    sim_unpark (self, index);
    sim_judge_killed (self, index);
    s_mark (self, index, SIM_MARK_DOWN);
    sim_stamp (self, index);
    sim_print (self, "is killed\n");
}

void
sim_lose (sim_t *self, unsigned index)
{
    self->nodes [index].has_record = false;
}

bool
sim_runs (const sim_t *self, unsigned index)
{
    return self->nodes [index].is_up && self->nodes [index].frozen_since == ZELECT_NEVER;
}

void
sim_freeze (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    node->frozen_since = self->now;
    node->frozen_local = sim_clock_local (node, self->now);
    s_mark (self, index, SIM_MARK_FROZEN);
    sim_stamp (self, index);
    sim_print (self, "is frozen\n");
}

void
sim_thaw (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    uint64_t since = node->frozen_since;
    node->frozen_since = ZELECT_NEVER;
    s_mark (self, index, SIM_MARK_THAWED);
    sim_stamp (self, index);
    sim_print (self, "goes on\n");
    if (self->now - since > node->options.heartbeat_ns)
        sim_input (self, index, &(zelect_input_t){.kind = ZELECT_INPUT_STALLED});
    sim_unpark (self, index);
}

void
sim_set_drift (sim_t *self, unsigned index, int permille)
{
    sim_node_t *node = &self->nodes [index];
    uint64_t grain_ns = node->grain_ns;
    node->grain_ns = 0;
    node->base_local = sim_clock_local (node, self->now);
    node->grain_ns = grain_ns;
    node->base_true = self->now;
    node->drift_permille = permille;
    if (node->is_up)
        sim_set_due (self, index);
}

void
sim_lag (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    node->base_local = node->frozen_local;
    node->base_true = self->now;
}

//  ----  Inputs  --------------------------------------------------------------

void
sim_input (sim_t *self, unsigned index, const zelect_input_t *input)
{
    sim_node_t *node = &self->nodes [index];
    zelect_input_t word = *input;
    word.random = sim_word (self);
    uint64_t local = sim_clock_local (node, self->now);
    const zelect_core_t *core = &node->core;
    sim_before_t before = {core->wanted.term, core->wanted.vote, core->timers [ZELECT_TIMER_HOLD],
                           core->promise_incarnation, core->role};
    self->steps++;
    sim_judge_input (self, index, &word, local);
    zelect_core_step (&node->core, local, &word, &s_effects);
    sim_perform (self, index, &s_effects, local);
    if (!node->is_up)
        return;
    sim_judge_stepped (self, index, &word, &before, local);
    node->busy_until = self->now + node->work_ns;
    sim_set_due (self, index);
}

void
sim_prove_dead (sim_t *self, unsigned index, unsigned dead, uint64_t after_ns)
{
    sim_packet_t *packet = sim_queue_new (&self->queue);
    if (!packet)
        return;
    packet->is_proof = 1;
    packet->to = (uint8_t) index;
    packet->message = (zelect_message_t){.kind = ZELECT_MESSAGES, .from = (uint8_t) dead};
    packet->message.incarnation = self->nodes [dead].options.incarnation;
    packet->at = self->now + after_ns;
    sim_queue_push (&self->queue, packet);
}

void
sim_inject (sim_t *self, unsigned to, const zelect_message_t *message, uint64_t after_ns)
{
    sim_packet_t *packet = sim_queue_new (&self->queue);
    if (!packet)
        return;
    packet->is_forged = 1;
    packet->to = (uint8_t) to;
    packet->message = *message;
    packet->sent = self->now;
    packet->at = self->now + after_ns;
    self->in_flight [message->from][to]++;
    sim_queue_push (&self->queue, packet);
}
