/*  =========================================================================
    zelect_receiver - tuned to the feeds of other members

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_receiver.h"
#include "zelect_curve.h"
#include "zelect_wire.h"

#include <assert.h>
#include <errno.h>

int
zelect_receiver_open (zelect_receiver_t *self,
                      void *context,
                      const zelect_network_options_t *settings,
                      const zelect_guard_t *guard,
                      uint8_t member,
                      zelect_trouble_t *trouble)
{
    assert (self);
    *self = (zelect_receiver_t){.member = guard ? member : ZELECT_NOBODY, .is_touched = true};
    self->socket = zelect_network_socket (context, settings, trouble);
    if (!self->socket)
        return -1;
    self->tripwire = zelect_network_tripwire (context, self->socket, trouble);
    if (!self->tripwire)
        return -1;
    if (!guard)
        return 0;
    return zelect_curve_expect (self->socket, zelect_guard_key (guard, member), trouble);
}

void
zelect_receiver_close (zelect_receiver_t *self)
{
    assert (self);
    if (self->tripwire)
        zmq_socket_monitor (self->socket, NULL, 0);
    zelect_network_close (&self->tripwire, 0);
    zelect_network_close (&self->socket, 0);
}

int
zelect_receiver_tune (zelect_receiver_t *self,
                      const char *cluster,
                      const char *id,
                      const char *endpoint,
                      zelect_trouble_t *trouble)
{
    assert (self);
    char topic [ZELECT_TOPIC_SIZE_MAX];
    size_t size = zelect_wire_topic (topic, ZELECT_FEED_HEARTBEAT, cluster, id);
    if (zmq_setsockopt (self->socket, ZMQ_SUBSCRIBE, topic, size))
        return zelect_trouble_set (trouble, errno, "cannot subscribe: %s", zmq_strerror (errno));
    return zelect_network_connect (self->socket, endpoint, trouble);
}

int
zelect_receiver_recv (zelect_receiver_t *self, zelect_network_message_t *message)
{
    assert (self);
    int rc = zelect_network_recv (self->socket, message);
    self->is_touched = rc == 0 || errno != EAGAIN;
    if (rc)
        return -1;
    if (message->count == 2 && message->sizes [0] <= ZELECT_NETWORK_FRAME_SIZE
        && message->sizes [1] <= ZELECT_FEED_SIZE_MAX)
        return 0;
    errno = EPROTO;
    return -1;
}

bool
zelect_receiver_lost (zelect_receiver_t *self)
{
    assert (self);
    zelect_network_message_t message;
    bool is_lost = false;
    while (zelect_network_recv (self->tripwire, &message) == 0 || errno == EPROTO)
        is_lost = true;
    return is_lost;
}

zmq_pollitem_t
zelect_receiver_feed_item (zelect_receiver_t *self)
{
    assert (self);
    zmq_pollitem_t item = {
        .socket = self->socket, .events = ZMQ_POLLIN, .revents = self->is_touched};
    self->is_touched = false;
    return item;
}

//  The node does nothing with it but to empty it. The first look has to be made all
//  the same, or its descriptor does not tell.

zmq_pollitem_t
zelect_receiver_loss_item (zelect_receiver_t *self)
{
    assert (self);
    zmq_pollitem_t item = {
        .socket = self->tripwire, .events = ZMQ_POLLIN, .revents = (short) !self->is_wire_seen};
    self->is_wire_seen = true;
    return item;
}
