/*  =========================================================================
    zelect_poll - wait for sockets, and look only where something can be

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_poll.h"
#include "zelect_interrupt.h"

#include <assert.h>
#include <poll.h>

//  The events of a socket. This makes libzmq read what its descriptor tells, so
//  that the descriptor is silent until there is more.

static int
s_look (zmq_pollitem_t *item)
{
    int events = 0;
    size_t size = sizeof (events);
    item->revents = 0;
    int rc;
    do
        rc = zmq_getsockopt (item->socket, ZMQ_EVENTS, &events, &size);
    while (zelect_is_interrupted (rc));
    if (rc)
        return -1;
    item->revents = (short) (events & item->events);
    return 0;
}

static int
s_look_where_told (zmq_pollitem_t *items, size_t count)
{
    int ready_count = 0;
    for (size_t index = 0; index < count; index++) {
        if (!items [index].socket)
            items [index].revents = 0;
        else if (items [index].revents && s_look (&items [index]))
            return -1;
        ready_count += items [index].revents != 0;
    }
    return ready_count;
}

static int
s_descriptor (const zmq_pollitem_t *item)
{
    int descriptor = item->fd;
    size_t size = sizeof (descriptor);
    if (item->socket && zmq_getsockopt (item->socket, ZMQ_FD, &descriptor, &size))
        return -1;
    return descriptor;
}

int
zelect_poll (zmq_pollitem_t *items, size_t count, int timeout_ms)
{
    assert (count <= ZELECT_POLL_MAX);
    int ready_count = s_look_where_told (items, count);
    if (ready_count < 0)
        return -1;
    struct pollfd descriptors [ZELECT_POLL_MAX];
    for (size_t index = 0; index < count; index++)
        descriptors [index] =
            (struct pollfd){.fd = s_descriptor (&items [index]), .events = POLLIN};
    int rc;
    do
        rc = poll (descriptors, count, ready_count ? 0 : timeout_ms);
    while (zelect_is_interrupted (rc));
    if (rc < 0)
        return -1;

    ready_count = 0;
    for (size_t index = 0; index < count; index++) {
        if (descriptors [index].revents && !items [index].socket)
            items [index].revents = ZMQ_POLLIN;
        else if (descriptors [index].revents && s_look (&items [index]))
            return -1;
        ready_count += items [index].revents != 0;
    }
    return ready_count;
}
