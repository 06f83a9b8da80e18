/*  =========================================================================
    sim_private - what the files of sim share

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_PRIVATE_H_INCLUDED
#define SIM_PRIVATE_H_INCLUDED

#include "sim.h"
#include "sim_clock.h"

//  sim_text.c: the first two words of a line; a member's name; a message.
void sim_stamp (sim_t *self, unsigned node);
const char *sim_name (uint8_t member);
void sim_print_message (sim_t *self,
                        uint64_t to,
                        const zelect_message_t *message,
                        const char *arrow);

//  sim_effects.c: carry out what a core wants done.
void sim_perform (sim_t *self, unsigned node, const zelect_effects_t *effects, uint64_t local);

//  sim_network.c: one message to one member; a packet that is done with; packets
//  of a node that is frozen, and when that ends.
void sim_transmit (sim_t *self, const zelect_message_t *message, unsigned to, bool by_feed);
void sim_forget_packet (sim_t *self, sim_packet_t *packet);
void sim_park (sim_t *self, sim_packet_t *packet);
void sim_unpark (sim_t *self, unsigned node);

//  sim_run.c: when a node next has something to do by itself.
void sim_set_due (sim_t *self, unsigned node);

//  sim_judge_votes.c: the vote that a leader gave itself.
void sim_judge_own_vote (sim_t *sim, unsigned node, const zelect_message_t *beat);

//  True, of so many thousand times.

static inline uint64_t
sim_word (sim_t *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random;
}

//  No word of the random sequence is spent where nothing is left to chance.

static inline bool
sim_happens (sim_t *self, uint32_t permille)
{
    return permille && sim_word (self) % 1000 < permille;
}

static inline uint64_t
sim_up_to (sim_t *self, uint64_t limit_ns)
{
    return limit_ns ? sim_word (self) % limit_ns : 0;
}

static inline bool
sim_is_majority (uint64_t voters, uint64_t mask)
{
    return 2 * __builtin_popcountll (voters & mask) > __builtin_popcountll (voters);
}

#endif
