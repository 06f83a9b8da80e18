/*  =========================================================================
    sim_queue - packets under way, the next one first

    A heap of times and places; the packets themselves stay where they are.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_QUEUE_H_INCLUDED
#define SIM_QUEUE_H_INCLUDED

#include "zelect_message.h"

#define SIM_PACKETS_MAX 8192
#define SIM_NO_PACKET UINT32_MAX

typedef struct {
    zelect_message_t message;
    uint64_t at;        //  True time of delivery
    uint64_t order;     //  In which it was sent
    uint64_t sent;      //  True time
    uint32_t next;      //  Of those that wait for a frozen node
    uint8_t to;
    uint8_t is_proof;   //  No packet: a proof that `from` is dead
    uint8_t is_feed;
    uint8_t is_forged;  //  By the test: no node sent it
    uint8_t fault;      //  Of its bytes; a wire fault, 0: none
} sim_packet_t;

typedef struct {
    uint64_t at;
    uint64_t order;    //  In the high bits; the packet's place in the low 16
} sim_queue_entry_t;

typedef struct {
    sim_queue_entry_t *heap;
    sim_packet_t *packets;
    uint32_t *free_places;
    uint32_t count;         //  In the heap
    uint32_t free_count;
    uint64_t orders;
} sim_queue_t;

//  --------------------------------------------------------------------------
//  Get memory, empty it, make one like another, give memory back.

void sim_queue_init (sim_queue_t *self);
void sim_queue_reset (sim_queue_t *self);
void sim_queue_copy (sim_queue_t *self, const sim_queue_t *other);
void sim_queue_free (sim_queue_t *self);

//  --------------------------------------------------------------------------
//  A new packet to be filled in and pushed, NULL if there are too many; push
//  sets its place in the order unless it has one.

sim_packet_t *sim_queue_new (sim_queue_t *self);
void sim_queue_push (sim_queue_t *self, sim_packet_t *packet);

//  --------------------------------------------------------------------------
//  Take the next one out of the heap; it stays valid until it is dropped.

sim_packet_t *sim_queue_pop (sim_queue_t *self);
void sim_queue_drop (sim_queue_t *self, sim_packet_t *packet);

//  --------------------------------------------------------------------------
//  Drop whatever `is_wanted` says no to.

void sim_queue_filter (sim_queue_t *self,
                       bool (*is_wanted) (const sim_packet_t *packet, const void *arg),
                       const void *arg);

static inline uint64_t
sim_queue_next_at (const sim_queue_t *self)
{
    return self->count ? self->heap [0].at : UINT64_MAX;
}

static inline uint32_t
sim_queue_place (const sim_queue_t *self, const sim_packet_t *packet)
{
    return (uint32_t) (packet - self->packets);
}

#endif
