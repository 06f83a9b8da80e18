/*  =========================================================================
    zelect_peers - the wires between this node and the other members

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_peers.h"
#include "zelect_curve.h"
#include "zelect_wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

//  A node has a handful of messages under way to each other, or something is
//  wrong and the oldest are worth nothing.
#define QUEUE_COUNT 32

struct _zelect_peers_t {
    zelect_guard_t *guard;    //  NULL: in clear
    void *router;
    void *dealers [ZELECT_MEMBERS_MAX];    //  NULL: this node itself
    uint8_t wires [ZELECT_MEMBERS_MAX];    //  Poll item 1 + n is this member's
    size_t wire_count;
    bool is_touched [ZELECT_MEMBERS_MAX];    //  Poll items used since the last poll
    zelect_route_t routes [ZELECT_MEMBERS_MAX];
    zelect_lock_t *lock;    //  Of an ipc path
    char bound [ZELECT_ENDPOINT_MAX + 1];
};

static zelect_network_options_t
s_socket_options (const zelect_peers_t *self, const zelect_options_t *options, int type)
{
    zelect_network_options_t result = {.type = type,
                                       .keys = self->guard ? zelect_guard_keys (self->guard) : NULL,
                                       .message_size = ZELECT_RPC_SIZE_MAX,
                                       .queue_count = QUEUE_COUNT,
                                       .election_ms = (int) options->election_ms,
                                       .connect_ms = (int) options->connect_ms};
    return result;
}

static int
s_bind (zelect_peers_t *self,
        void *context,
        const zelect_options_t *options,
        zelect_trouble_t *trouble)
{
    zelect_network_options_t settings = s_socket_options (self, options, ZMQ_ROUTER);
    self->router = zelect_network_socket (context, &settings, trouble);
    if (!self->router)
        return -1;
    self->is_touched [0] = true;
    if (self->guard && zelect_guard_watch (self->guard, self->router, trouble))
        return -1;
    if (zelect_network_bind (self->router, options->bind_endpoint, &self->lock, trouble))
        return -1;
    zelect_network_bound (self->router, self->bound, sizeof (self->bound));
    return 0;
}

static int
s_connect (zelect_peers_t *self,
           void *context,
           const zelect_options_t *options,
           zelect_trouble_t *trouble)
{
    zelect_network_options_t settings = s_socket_options (self, options, ZMQ_DEALER);
    for (uint8_t index = 0; index < options->member_count; index++) {
        if (index == options->self)
            continue;
        void *dealer = zelect_network_socket (context, &settings, trouble);
        if (!dealer)
            return -1;
        self->dealers [index] = dealer;
        self->wires [self->wire_count++] = index;
        self->is_touched [self->wire_count] = true;
        if (self->guard
            && zelect_curve_expect (dealer, zelect_guard_key (self->guard, index), trouble))
            return -1;
        if (zelect_network_connect (dealer, options->members [index].endpoint, trouble))
            return -1;
    }
    return 0;
}

zelect_peers_t *
zelect_peers_new (void)
{
    return calloc (1, sizeof (zelect_peers_t));
}

int
zelect_peers_start (zelect_peers_t *self,
                    void *context,
                    const zelect_options_t *options,
                    zelect_guard_t *guard,
                    zelect_trouble_t *trouble)
{
    assert (self);
    assert (context);
    assert (options);
    self->guard = guard;
    if (s_bind (self, context, options, trouble))
        return -1;
    return s_connect (self, context, options, trouble);
}

const char *
zelect_peers_bound (const zelect_peers_t *self)
{
    assert (self);
    return self->bound;
}

zelect_lock_t *
zelect_peers_lock (const zelect_peers_t *self)
{
    assert (self);
    return self->lock;
}

void
zelect_peers_close (zelect_peers_t *self, int linger_ms)
{
    assert (self);
    for (size_t index = 0; index < ZELECT_MEMBERS_MAX; index++)
        zelect_network_close (&self->dealers [index], linger_ms);
    zelect_network_close (&self->router, linger_ms);
}

void
zelect_peers_destroy (zelect_peers_t **self_p)
{
    assert (self_p);
    zelect_peers_t *self = *self_p;
    if (!self)
        return;
    assert (!self->router);
    zelect_lock_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

size_t
zelect_peers_poll_items (zelect_peers_t *self, bool may_wait, zmq_pollitem_t *items)
{
    assert (self);
    for (size_t index = 0; index <= self->wire_count; index++) {
        void *socket = index ? self->dealers [self->wires [index - 1]] : self->router;
        items [index] = (zmq_pollitem_t){
            .socket = socket, .events = ZMQ_POLLIN, .revents = self->is_touched [index]};
        self->is_touched [index] = false;
    }
    if (may_wait) {
        self->is_touched [0] = items [0].revents;
        items [0] = (zmq_pollitem_t){.fd = -1};
    }
    return 1 + self->wire_count;
}

//  Who sent it, by the key of its connection: a DEALER talks to nobody but who has
//  the key that is expected, and of what comes to the ROUTER the guard has said it.

static void
s_note_sender (const zelect_peers_t *self,
               const zelect_network_message_t *message,
               zelect_route_t *route)
{
    route->has_key = self->guard != NULL;
    route->sender = route->wire;
    if (route->has_key && route->wire == ZELECT_NOBODY)
        route->sender = zelect_guard_member (self->guard, message->key);
}

static int
s_reject (void)
{
    errno = EPROTO;
    return -1;
}

int
zelect_peers_recv (zelect_peers_t *self,
                   size_t item,
                   zelect_network_message_t *message,
                   zelect_route_t *route,
                   const uint8_t **data,
                   size_t *size)
{
    assert (self);
    assert (item <= self->wire_count);
    bool is_router = item == 0;
    void *socket = is_router ? self->router : self->dealers [self->wires [item - 1]];
    int rc = zelect_network_recv (socket, message);
    self->is_touched [item] = rc == 0 || errno != EAGAIN;
    if (rc)
        return -1;
    size_t body = is_router ? 1 : 0;
    if (message->count != body + 1 || message->sizes [body] > ZELECT_RPC_SIZE_MAX)
        return s_reject ();
    if (is_router && message->sizes [0] > ZELECT_ROUTE_ID_MAX)
        return s_reject ();

    route->wire = is_router ? ZELECT_NOBODY : self->wires [item - 1];
    route->id_size = is_router ? (uint8_t) message->sizes [0] : 0;
    memcpy (route->id, message->frames [0], route->id_size);
    s_note_sender (self, message, route);
    *data = message->frames [body];
    *size = message->sizes [body];
    return 0;
}

void
zelect_peers_learn (zelect_peers_t *self, uint8_t member, const zelect_route_t *route)
{
    assert (self);
    assert (member < ZELECT_MEMBERS_MAX);
    if (route->wire == ZELECT_NOBODY)
        self->routes [member] = *route;
}

static int
s_send_by_router (zelect_peers_t *self,
                  const zelect_route_t *route,
                  const uint8_t *data,
                  size_t size)
{
    self->is_touched [0] = true;
    if (route->id_size
        && zelect_network_send (self->router, route->id, route->id_size, data, size) == 0)
        return 0;
    errno = EHOSTUNREACH;
    return -1;
}

static int
s_send_by_dealer (zelect_peers_t *self, uint8_t member, const uint8_t *data, size_t size)
{
    for (size_t index = 0; index < self->wire_count; index++)
        if (self->wires [index] == member)
            self->is_touched [1 + index] = true;
    return zelect_network_send (self->dealers [member], NULL, 0, data, size);
}

int
zelect_peers_send (zelect_peers_t *self, uint8_t member, const uint8_t *data, size_t size)
{
    assert (self);
    assert (member < ZELECT_MEMBERS_MAX && self->dealers [member]);
    if (s_send_by_dealer (self, member, data, size) == 0)
        return 0;
    return s_send_by_router (self, &self->routes [member], data, size);
}

int
zelect_peers_answer (zelect_peers_t *self,
                     const zelect_route_t *route,
                     const uint8_t *data,
                     size_t size)
{
    assert (self);
    if (route->wire == ZELECT_NOBODY)
        return s_send_by_router (self, route, data, size);
    return s_send_by_dealer (self, route->wire, data, size);
}
