/*  =========================================================================
    sim_queue - packets under way, the next one first

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_queue.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
sim_queue_init (sim_queue_t *self)
{
    self->heap = malloc (SIM_PACKETS_MAX * sizeof *self->heap);
    self->packets = malloc (SIM_PACKETS_MAX * sizeof *self->packets);
    self->free_places = malloc (SIM_PACKETS_MAX * sizeof *self->free_places);
    assert (self->heap && self->packets && self->free_places);
    sim_queue_reset (self);
}

void
sim_queue_free (sim_queue_t *self)
{
    free (self->heap);
    free (self->packets);
    free (self->free_places);
    memset (self, 0, sizeof *self);
}

void
sim_queue_reset (sim_queue_t *self)
{
    for (uint32_t place = 0; place < SIM_PACKETS_MAX; place++)
        self->free_places [place] = SIM_PACKETS_MAX - 1 - place;
    self->count = 0;
    self->free_count = SIM_PACKETS_MAX;
    self->orders = 0;
}

void
sim_queue_copy (sim_queue_t *self, const sim_queue_t *other)
{
    memcpy (self->heap, other->heap, other->count * sizeof *self->heap);
    memcpy (self->free_places, other->free_places, SIM_PACKETS_MAX * sizeof *self->free_places);
    memcpy (self->packets, other->packets, SIM_PACKETS_MAX * sizeof *self->packets);
    self->count = other->count;
    self->free_count = other->free_count;
    self->orders = other->orders;
}

sim_packet_t *
sim_queue_new (sim_queue_t *self)
{
    if (!self->free_count)
        return NULL;
    sim_packet_t *packet = &self->packets [self->free_places [--self->free_count]];
    packet->order = 0;
    packet->next = SIM_NO_PACKET;
    packet->is_proof = packet->is_feed = packet->is_forged = packet->fault = 0;
    return packet;
}

void
sim_queue_drop (sim_queue_t *self, sim_packet_t *packet)
{
    self->free_places [self->free_count++] = sim_queue_place (self, packet);
}

static bool
s_is_before (const sim_queue_entry_t *one, const sim_queue_entry_t *other)
{
    return one->at != other->at ? one->at < other->at : one->order < other->order;
}

static void
s_sift_up (sim_queue_t *self, uint32_t place, sim_queue_entry_t entry)
{
    while (place) {
        uint32_t parent = (place - 1) / 2;
        if (!s_is_before (&entry, &self->heap [parent]))
            break;
        self->heap [place] = self->heap [parent];
        place = parent;
    }
    self->heap [place] = entry;
}

static void
s_sift_down (sim_queue_t *self, sim_queue_entry_t entry)
{
    uint32_t place = 0;
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= self->count)
            break;
        if (child + 1 < self->count && s_is_before (&self->heap [child + 1], &self->heap [child]))
            child++;
        if (!s_is_before (&self->heap [child], &entry))
            break;
        self->heap [place] = self->heap [child];
        place = child;
    }
    self->heap [place] = entry;
}

void
sim_queue_push (sim_queue_t *self, sim_packet_t *packet)
{
    if (!packet->order)
        packet->order = ++self->orders;
    sim_queue_entry_t entry = {packet->at, packet->order << 16 | sim_queue_place (self, packet)};
    s_sift_up (self, self->count++, entry);
}

sim_packet_t *
sim_queue_pop (sim_queue_t *self)
{
    sim_packet_t *packet = &self->packets [self->heap [0].order & 0xffff];
    sim_queue_entry_t last = self->heap [--self->count];
    if (self->count)
        s_sift_down (self, last);
    return packet;
}

void
sim_queue_filter (sim_queue_t *self,
                  bool (*is_wanted) (const sim_packet_t *packet, const void *arg),
                  const void *arg)
{
    uint32_t count = self->count;
    self->count = 0;
    for (uint32_t index = 0; index < count; index++) {
        sim_queue_entry_t entry = self->heap [index];
        sim_packet_t *packet = &self->packets [entry.order & 0xffff];
        if (is_wanted (packet, arg))
            s_sift_up (self, self->count++, entry);
        else
            sim_queue_drop (self, packet);
    }
}
