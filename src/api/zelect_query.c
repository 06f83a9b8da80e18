/*  =========================================================================
    zelect_query - ask nodes for their state, as a stranger may

    One question goes to every endpoint at once, over sockets of a context of
    their own; what answers in time and is a node's answer to this question
    counts, all else is "down".

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect.h"
#include "zelect_clock.h"
#include "zelect_curve.h"
#include "zelect_descriptors.h"
#include "zelect_endpoint.h"
#include "zelect_network.h"
#include "zelect_pair.h"
#include "zelect_pass_private.h"
#include "zelect_random.h"
#include "zelect_tree.h"

#include <zmq.h>

typedef struct {
    const char *endpoint;    //  The caller's
    const char *key;         //  That is expected there; NULL: in clear
    bool has_answered;
    zelect_state_t state;
} s_node_t;

typedef struct {
    size_t count;
    s_node_t *nodes;
    zmq_pollitem_t *items;    //  A socket for each node: first it waits for a
                              //  connection, then for the answer, then no more
    void *context;
    const zelect_pass_t *pass;    //  NULL: in clear
    uint64_t request;
    bool needs_names;    //  A host name has to be looked up
} s_query_t;

//  --------------------------------------------------------------------------
//  Closing waits for the I/O thread, which may sit in a look-up of a name for
//  many seconds: then somebody else does the waiting.

static void *
s_term (void *context)
{
    zmq_ctx_term (context);
    return NULL;
}

static void
s_close (s_query_t *self)
{
    for (size_t index = 0; index < self->count; index++)
        if (self->items [index].socket)
            zmq_close (self->items [index].socket);
    free (self->nodes);
    free (self->items);
    if (!self->context)
        return;
    pthread_t thread;
    if (self->needs_names && zelect_thread_new (&thread, s_term, self->context) == 0)
        pthread_detach (thread);
    else
        zmq_ctx_term (self->context);
}

//  --------------------------------------------------------------------------
//  Take the list over. 0, or -1 with errno EINVAL if one is no endpoint.

static int
s_init (s_query_t *self, zlist_t *endpoints, const zelect_pass_t *pass)
{
    memset (self, 0, sizeof (*self));
    self->pass = pass;
    self->count = zlist_size (endpoints);
    self->nodes = calloc (self->count + 1, sizeof (s_node_t));
    self->items = calloc (self->count + 1, sizeof (zmq_pollitem_t));
    assert (self->nodes && self->items);
    zelect_random_t random;
    zelect_random_init (&random);
    self->request = zelect_random_next (&random);

    s_node_t *node = self->nodes;
    for (char *text = zlist_first (endpoints); text; text = zlist_next (endpoints), node++) {
        zelect_endpoint_t parts;
        node->endpoint = zelect_pass_endpoint (pass, text, &node->key);
        if (!node->endpoint || zelect_endpoint_check_connect (node->endpoint)
            || zelect_endpoint_parse (&parts, node->endpoint)) {
            errno = EINVAL;
            return -1;
        }
        self->needs_names |= !parts.is_ipc && !parts.is_numeric;
    }
    return 0;
}

//  --------------------------------------------------------------------------
//  Connect to all. 0, or -1 with errno if there are no sockets for it.

static int
s_connect (s_query_t *self, int timeout_ms)
{
    zelect_trouble_t trouble;
    const zelect_network_options_t options = {.type = ZMQ_DEALER,
                                              .keys =
                                                  self->pass ? zelect_pass_keys (self->pass) : NULL,
                                              .message_size = ZELECT_RPC_SIZE_MAX,
                                              .queue_count = 1,
                                              .election_ms = timeout_ms,
                                              .connect_ms = timeout_ms + 1};
    if (!zelect_descriptors_are_left (3 * self->count + 16))
        return -1;
    self->context = zelect_network_context (&trouble);
    if (!self->context || zmq_ctx_set (self->context, ZMQ_MAX_SOCKETS, (int) self->count + 1))
        return -1;
    for (size_t index = 0; index < self->count; index++) {
        zmq_pollitem_t *item = &self->items [index];
        item->socket = zelect_network_socket (self->context, &options, &trouble);
        item->events = ZMQ_POLLOUT;
        const char *key = self->nodes [index].key;
        if (!item->socket || (key && zelect_curve_expect (item->socket, key, &trouble))
            || zelect_network_connect (item->socket, self->nodes [index].endpoint, &trouble))
            return -1;
    }
    return 0;
}

//  --------------------------------------------------------------------------
//  A connection is up: ask.

static void
s_ask (s_query_t *self, size_t index)
{
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_query (self->request, data, sizeof (data));
    if (zelect_network_send (self->items [index].socket, NULL, 0, data, size) == 0)
        self->items [index].events = ZMQ_POLLIN;
}

//  --------------------------------------------------------------------------
//  Take what a node sent; whoever sends nonsense goes on being waited for.

static void
s_take (s_query_t *self, size_t index)
{
    s_node_t *node = &self->nodes [index];
    zelect_network_message_t message;
    if (zelect_network_recv (self->items [index].socket, &message) || message.count != 1)
        return;
    uint64_t request;
    if (zelect_wire_unpack_answer (message.frames [0], message.sizes [0], &request, &node->state)
            == 0
        && request == self->request) {
        node->has_answered = true;
        self->items [index].events = 0;
    }
}

//  --------------------------------------------------------------------------
//  Wait for answers until all are there, the time is over, or the process is
//  interrupted.

static void
s_collect (s_query_t *self, int timeout_ms)
{
    uint64_t deadline_ns = zelect_clock_ns () + (uint64_t) timeout_ms * ZELECT_MS;
    size_t waiting_count = self->count;
    while (waiting_count && !zsys_interrupted) {
        uint64_t now_ns = zelect_clock_ns ();
        if (now_ns >= deadline_ns)
            break;
        long left_ms = (long) ((deadline_ns - now_ns) / ZELECT_MS) + 1;
        zmq_poll (self->items, (int) self->count, left_ms);
        waiting_count = 0;
        for (size_t index = 0; index < self->count; index++) {
            if (self->items [index].revents & ZMQ_POLLOUT)
                s_ask (self, index);
            if (self->items [index].revents & ZMQ_POLLIN)
                s_take (self, index);
            self->items [index].revents = 0;
            waiting_count += self->nodes [index].has_answered ? 0 : 1;
        }
    }
}

//  --------------------------------------------------------------------------
//  What was heard, in the order asked.

static zconfig_t *
s_tree (const s_query_t *self)
{
    zconfig_t *root = zconfig_new ("root", NULL);
    zconfig_t *list = zconfig_new ("nodes", root);
    for (size_t index = 0; index < self->count; index++) {
        const s_node_t *node = &self->nodes [index];
        zconfig_t *item = zconfig_new ("node", list);
        zelect_tree_put (item, "endpoint", node->endpoint);
        if (node->has_answered) {
            zelect_tree_put (item, "id", node->state.node);
            zelect_tree_put (item, "cluster", node->state.cluster);
            zelect_tree_put_state (item, &node->state);
        }
        else
            zelect_tree_put (item, "state", "down");
    }
    return root;
}

static zconfig_t *
s_query (zlist_t *endpoints, int timeout_ms, const zelect_pass_t *pass)
{
    assert (endpoints);
    assert (timeout_ms >= 0);
    s_query_t query;
    zconfig_t *tree = NULL;
    if (s_init (&query, endpoints, pass) == 0 && s_connect (&query, timeout_ms) == 0) {
        s_collect (&query, timeout_ms);
        tree = s_tree (&query);
    }
    int code = errno;
    s_close (&query);
    errno = code;
    return tree;
}

zconfig_t *
zelect_query (zlist_t *endpoints, int timeout_ms)
{
    return s_query (endpoints, timeout_ms, NULL);
}

zconfig_t *
zelect_query_with (zlist_t *endpoints, int timeout_ms, const zelect_pass_t *pass)
{
    assert (pass);
    return s_query (endpoints, timeout_ms, pass);
}
