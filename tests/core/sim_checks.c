/*  =========================================================================
    sim_checks - safety, judged from what was sent, saved and leased

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <inttypes.h>

void
sim_violation (sim_t *self, const char *what, unsigned node, uint64_t term)
{
    self->violations++;
    sim_stamp (self, node);
    sim_print (self, "VIOLATION: %s, term %" PRIu64 "\n", what, term);
}

//  Terms may be far apart (R17), so they are hashed; a run has few of them.

static unsigned
s_slot_of_term (const sim_t *self, uint64_t term)
{
    unsigned slot = (unsigned) (term * UINT64_C (0x9e3779b97f4a7c15) >> 52);
    while (self->led [slot] && self->led [slot] != term)
        slot = (slot + 1) % SIM_TERMS;
    return slot;
}

//  I1, I6, G3: nobody else leads in this term, ever, nor at this instant.

void
sim_check_lease (sim_t *self, unsigned node, uint64_t term)
{
    unsigned slot = s_slot_of_term (self, term);
    if (!self->led [slot]) {
        self->led [slot] = term;
        self->leaders [slot] = (uint8_t) node;
        if (term <= self->top_term)
            sim_violation (self, "token did not grow", node, term);
        self->top_term = term;
    }
    else if (self->leaders [slot] != node)
        sim_violation (self, "two leaders in a term", node, term);
    for (unsigned other = 0; other < self->count; other++)
        if (other != node && self->nodes [other].lease_end > self->now)
            sim_violation (self, "two leases at one instant", node, term);
}

//  I2, I3: what leaves a node rests on what its disk holds.

void
sim_check_sent (sim_t *self, const zelect_message_t *message)
{
    sim_node_t *node = &self->nodes [message->from];
    bool is_grant = message->granted
                    && (message->kind == ZELECT_MESSAGE_VOTE_REPLY
                        || message->kind == ZELECT_MESSAGE_PREVOTE_REPLY);
    bool rests = is_grant || message->kind == ZELECT_MESSAGE_HEARTBEAT
                 || (message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK && message->granted);
    if (rests && !node->options.is_volatile && message->term > node->durable.term)
        sim_violation (self, "sent before it was saved", message->from, message->term);
}

void
sim_check_vote (sim_t *self, uint8_t to, const zelect_message_t *message)
{
    sim_node_t *node = &self->nodes [message->from];
    if (message->kind != ZELECT_MESSAGE_VOTE_REPLY || !message->granted)
        return;
    if (!node->options.is_volatile
        && (node->durable.term != message->about || node->durable.vote != to))
        sim_violation (self, "vote left before it was saved", message->from, message->about);
    if (node->voted_term == message->about && node->voted_for != to)
        sim_violation (self, "two votes in a term", message->from, message->about);
    if (node->voted_term > message->about)
        sim_violation (self, "vote in an old term", message->from, message->about);
    node->voted_term = message->about;
    node->voted_for = to;
}
