/*  =========================================================================
    zelect_receiver - tuned to the feeds of other members

    A SUB socket, and what tells of its lost connections. In clear there is one,
    for all members: who speaks is what the message says. What comes out of a SUB
    does not tell by which connection it came; so where keys count there is one
    receiver for each member, connected to nobody else, and whatever comes out of
    it was said by who has that member's key.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_RECEIVER_H_INCLUDED
#define ZELECT_RECEIVER_H_INCLUDED

#include "zelect_guard.h"
#include "zelect_network.h"

typedef struct {
    void *socket;
    void *tripwire;
    uint8_t member;      //  Whom it hears alone, or ZELECT_NOBODY: all
    bool is_touched;     //  Not seen empty since the last poll
    bool is_wire_seen;   //  The tripwire was polled once
} zelect_receiver_t;

//  --------------------------------------------------------------------------
//  Make one that hears this member alone (then the guard has its key), or all if
//  there is no guard. Returns 0, or -1 with the trouble; to be closed in any case.

int zelect_receiver_open (zelect_receiver_t *self,
                          void *context,
                          const zelect_network_options_t *settings,
                          const zelect_guard_t *guard,
                          uint8_t member,
                          zelect_trouble_t *trouble);

void zelect_receiver_close (zelect_receiver_t *self);

//  --------------------------------------------------------------------------
//  Tune in to the heartbeats of a member. Returns 0, or -1 with the trouble.

int zelect_receiver_tune (zelect_receiver_t *self,
                          const char *cluster,
                          const char *id,
                          const char *endpoint,
                          zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Take a message. Returns 0 and its two frames (in `message`), or -1 with errno
//  EAGAIN if there is none, or EPROTO if there was one of another shape.

int zelect_receiver_recv (zelect_receiver_t *self, zelect_network_message_t *message);

//  --------------------------------------------------------------------------
//  True if a connection was lost since the last call, for any reason.

bool zelect_receiver_lost (zelect_receiver_t *self);

//  --------------------------------------------------------------------------
//  What to poll for input: the feed, the losses.

zmq_pollitem_t zelect_receiver_feed_item (zelect_receiver_t *self);
zmq_pollitem_t zelect_receiver_loss_item (zelect_receiver_t *self);

#endif
