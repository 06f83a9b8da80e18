/*  =========================================================================
    sim_run - which thing happens next

    At one instant packets come first, then saves, then ticks (R15).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <assert.h>

//  A timer never goes off early; how late is the node's own bad luck.

void
sim_set_due (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    uint64_t deadline = zelect_core_deadline (&node->core);
    uint64_t due = sim_clock_true (node, deadline);
    if (due < self->now)
        due = self->now;
    if (due != ZELECT_NEVER && node->tick_late_ns)
        due += sim_up_to (self, node->tick_late_ns);
    if (due < node->busy_until)
        due = node->busy_until;
    node->due = due;
}

//  ----  Packets  -------------------------------------------------------------

//  The shell answers what the core is not asked.

static void
s_answer_state (sim_t *self, const sim_packet_t *packet)
{
    const sim_node_t *node = &self->nodes [packet->to];
    if (packet->message.from == packet->to)    //  Its own, come back (src/wire)
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
    if (self->is_traced)
        sim_print_message (self, UINT64_C (1) << packet->message.from, &reply, ">");
    sim_transmit (self, &reply, packet->message.from, false);
}

//  Who has another list of voters is not understood: what carries the digest of
//  the list is turned away (src/wire).

static bool
s_is_of_other_list (const sim_t *self, const sim_packet_t *packet)
{
    uint8_t kind = packet->message.kind;
    return self->nodes [packet->message.from].options.voters
               != self->nodes [packet->to].options.voters
           && kind != ZELECT_MESSAGE_HEARTBEAT && kind != ZELECT_MESSAGE_STATE
           && kind != ZELECT_MESSAGE_STATE_REPLY && !packet->is_feed && !packet->is_proof;
}

static void
s_deliver (sim_t *self, sim_packet_t *packet)
{
    if (s_is_of_other_list (self, packet))
        return;
    if ((packet->fault || self->net.is_wired) && self->wire
        && !self->wire (self, packet->fault, packet))
        return;
    if (packet->message.kind == ZELECT_MESSAGE_STATE) {
        s_answer_state (self, packet);
        return;
    }
    zelect_input_t input = {.kind = ZELECT_INPUT_MESSAGE, .message = packet->message};
    if (packet->is_proof)
        input = (zelect_input_t){.kind = ZELECT_INPUT_DIED,
                                 .member = packet->message.from,
                                 .number = packet->message.incarnation};
    sim_input (self, packet->to, &input);
}

static void
s_mark_arrival (sim_t *self, const sim_packet_t *packet)
{
    sim_marks_add (&self->marks, &(sim_mark_t){.kind = SIM_MARK_MESSAGE,
                                               .node = packet->message.from,
                                               .other = packet->to,
                                               .message = packet->message.kind,
                                               .granted = packet->message.granted,
                                               .at = packet->sent,
                                               .value = self->now});
}

//  A frozen node's packets wait for it; a busy one's a little.

static void
s_take_packet (sim_t *self)
{
    sim_packet_t *packet = sim_queue_pop (&self->queue);
    const sim_node_t *node = &self->nodes [packet->to];
    if (node->is_up && node->frozen_since != ZELECT_NEVER) {
        sim_park (self, packet);
        return;
    }
    if (node->is_up && self->now < node->busy_until) {
        packet->at = node->busy_until;
        sim_queue_push (&self->queue, packet);
        return;
    }
    if (node->is_up) {
        if (!packet->is_proof && self->marks.are_kept)
            s_mark_arrival (self, packet);
        s_deliver (self, packet);
    }
    sim_forget_packet (self, packet);
}

//  ----  Saves  ---------------------------------------------------------------

static void
s_finish_save (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    node->write_done = ZELECT_NEVER;
    bool fails = node->save_fails || node->disk.fails != SIM_SAVE_WELL;
    if (!fails) {
        if (!self->forgets_saves)
            sim_disk_save (&node->disk, &node->writing);
        node->durable = node->writing;
    }
    else if (node->disk.fails != SIM_SAVE_WELL)
        sim_disk_fail (&node->disk, &node->writing, (unsigned) sim_random (self, 6));
    zelect_input_t input = {.kind = ZELECT_INPUT_SAVED, .number = node->write_number, .ok = !fails};
    sim_input (self, index, &input);
}

//  ----  Time  ----------------------------------------------------------------

//  Do the one next thing that happens up to `until`. False if nothing does.

static bool
s_step (sim_t *self, uint64_t until)
{
    uint64_t best = sim_queue_next_at (&self->queue);
    int save = -1, tick = -1;
    for (unsigned index = 0; index < self->count; index++) {
        const sim_node_t *node = &self->nodes [index];
        if (node->frozen_since != ZELECT_NEVER)
            continue;
        if (node->write_done < best)
            best = node->write_done, save = (int) index, tick = -1;
        if (node->due < best)
            best = node->due, tick = (int) index, save = -1;
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
        s_take_packet (self);
    return true;
}

void
sim_run (sim_t *self, uint64_t until)
{
    while (s_step (self, until))
        assert (self->text_size < 64 << 20);
    self->now = until;
}

uint8_t
sim_leader (const sim_t *self)
{
    for (uint8_t index = 0; index < self->count; index++)
        if (sim_clock_leads (&self->nodes [index], self->now))
            return index;
    return ZELECT_NOBODY;
}

//  Whether a node should follow this leader. Who has another list of voters is
//  not understood; and who has no vote moves no term (I11), so if a term that it
//  heard was no leader's (of a term that jumped, or was forgotten), it may wait
//  for the others to reach it.

static bool
s_should_follow (const sim_t *self, unsigned index, uint8_t leader)
{
    uint64_t voters = self->nodes [leader].options.voters;
    bool is_lost = self->judge.had_jumps || self->judge.is_excused;
    return sim_runs (self, index) && self->links [leader][index] && self->links [index][leader]
           && self->nodes [index].options.voters == voters && (voters >> index & 1 || !is_lost);
}

bool
sim_is_led (const sim_t *self)
{
    uint8_t leader = sim_leader (self);
    if (leader == ZELECT_NOBODY)
        return false;
    for (unsigned index = 0; index < self->count; index++) {
        const sim_node_t *node = &self->nodes [index];
        uint64_t local = sim_clock_local (node, self->now);
        if (s_should_follow (self, index, leader)
            && zelect_core_leader (&node->core, local) != leader)
            return false;
    }
    return true;
}

bool
sim_run_until_led (sim_t *self, uint64_t until)
{
    while (!sim_is_led (self))
        if (!s_step (self, until))
            return false;
    return true;
}
