/*  =========================================================================
    sim_network - links, and what may happen to a packet

    As ZeroMQ does it: a link keeps order; what finds it down is dropped, since
    nothing is queued for a connection that is not there; what finds it full is
    dropped without a word; what waits for somebody who does not read comes in
    one burst. And as nature does it: the rest.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"

static bool
s_is_open (sim_t *self, unsigned from, unsigned to)
{
    if (!self->links [from][to] || self->now < self->back_at [from][to])
        return false;
    if (self->flaps [from][to] && self->now / self->net.flap_ns % 2)
        return false;
    return self->now >= self->lossy_until [from][to] || !sim_happens (self, 700);
}

static void
s_mark_lost (sim_t *self, const zelect_message_t *message, unsigned to)
{
    if (self->marks.are_kept)
        sim_marks_add (&self->marks, &(sim_mark_t){.kind = SIM_MARK_LOST,
                                                   .node = message->from,
                                                   .other = (uint8_t) to,
                                                   .message = message->kind,
                                                   .granted = message->granted,
                                                   .at = self->now,
                                                   .value = self->now});
}

static uint8_t
s_damage (sim_t *self)
{
    uint8_t way;
    do
        way = (uint8_t) sim_random (self, 8);
    while (!(self->net.damages >> way & 1));
    return way;
}

//  A copy is not of the connection that keeps order: it comes from the past.

static void
s_enqueue (sim_t *self,
           const zelect_message_t *message,
           unsigned to,
           bool by_feed,
           bool is_copy,
           uint64_t at)
{
    unsigned from = message->from;
    sim_packet_t *packet = NULL;
    if (self->in_flight [from][to] < self->net.capacity)
        packet = sim_queue_new (&self->queue);
    if (!packet) {
        s_mark_lost (self, message, to);
        return;
    }
    uint64_t *last_at = &self->last_at [by_feed][from][to];
    if (at < self->held_until [from][to])
        at = self->held_until [from][to];
    if (!is_copy && !self->net.reorders) {
        at = at < *last_at + self->net.serial_ns ? *last_at + self->net.serial_ns : at;
        *last_at = at;
    }
    packet->message = *message;
    packet->message.by_feed =
        message->kind == ZELECT_MESSAGE_HEARTBEAT ? by_feed : message->by_feed;
    packet->at = at;
    packet->sent = self->now;
    packet->to = (uint8_t) to;
    packet->is_feed = by_feed;
    if (sim_happens (self, self->net.damage_permille))
        packet->fault = s_damage (self);
    self->in_flight [from][to]++;
    sim_queue_push (&self->queue, packet);
}

void
sim_transmit (sim_t *self, const zelect_message_t *message, unsigned to, bool by_feed)
{
    const sim_net_t *net = &self->net;
    if (!s_is_open (self, message->from, to) || sim_happens (self, net->lost_permille)) {
        s_mark_lost (self, message, to);
        return;
    }
    uint64_t at = self->now + net->delay_ns + sim_up_to (self, net->jitter_ns);
    if (sim_happens (self, net->late_permille))
        at += sim_up_to (self, net->late_ns);
    s_enqueue (self, message, to, by_feed, false, at);
    if (sim_happens (self, net->twice_permille))
        s_enqueue (self, message, to, by_feed, true, at + sim_up_to (self, net->twice_ns));
}

//  ----  Cuts  ----------------------------------------------------------------

typedef struct {
    unsigned from;
    unsigned to;
} s_link_t;

static bool
s_is_elsewhere (const sim_packet_t *packet, const void *arg)
{
    const s_link_t *link = arg;
    return packet->is_proof || packet->is_forged || packet->message.from != link->from
           || packet->to != link->to;
}

void
sim_cut (sim_t *self, unsigned from, unsigned to)
{
    self->links [from][to] = false;
    if (!self->net.loses_in_flight)
        return;
    s_link_t link = {from, to};
    sim_queue_filter (&self->queue, s_is_elsewhere, &link);
    self->in_flight [from][to] = 0;
}

void
sim_heal (sim_t *self, unsigned from, unsigned to)
{
    if (!self->links [from][to])
        self->back_at [from][to] = self->now + self->net.reconnect_ns;
    self->links [from][to] = true;
}

//  ----  Who does not read  ---------------------------------------------------

void
sim_forget_packet (sim_t *self, sim_packet_t *packet)
{
    uint32_t *in_flight = &self->in_flight [packet->message.from][packet->to];
    if (!packet->is_proof && *in_flight)
        --*in_flight;
    sim_queue_drop (&self->queue, packet);
}

void
sim_park (sim_t *self, sim_packet_t *packet)
{
    sim_node_t *node = &self->nodes [packet->to];
    if (node->parked_count >= self->net.waiting_max) {
        sim_forget_packet (self, packet);
        return;
    }
    uint32_t place = sim_queue_place (&self->queue, packet);
    if (node->parked_first == SIM_NO_PACKET)
        node->parked_first = place;
    else
        self->queue.packets [node->parked_last].next = place;
    node->parked_last = place;
    node->parked_count++;
}

//  They come at once, or are gone with the process that would have read them.

void
sim_unpark (sim_t *self, unsigned index)
{
    sim_node_t *node = &self->nodes [index];
    uint32_t place = node->parked_first;
    while (place != SIM_NO_PACKET) {
        sim_packet_t *packet = &self->queue.packets [place];
        place = packet->next;
        packet->next = SIM_NO_PACKET;
        if (node->is_up)
            sim_queue_push (&self->queue, packet);
        else
            sim_forget_packet (self, packet);
    }
    node->parked_first = node->parked_last = SIM_NO_PACKET;
    node->parked_count = 0;
}
