/*  =========================================================================
    fuzz_belief - what observers believe, in C and in Python

    The input is a byte for the patience and then orders of 12 bytes: a node
    says something on the feed, time passes, the states are asked for again.
    After each of them both have to believe the same, to the nanosecond.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "python_link.h"

#include "zelect.pb-c.h"
#include "zelect_belief.h"

#include <inttypes.h>

#define S_HEAD_SIZE 1
#define S_ORDER_SIZE 12
#define S_PAYLOAD_MAX 512

typedef struct {
    uint8_t kind, node, life, sequence;
    uint8_t term, role, leader, lease;
    uint8_t pause, scale;
    uint8_t detail, how;
} s_order_t;

_Static_assert(sizeof (s_order_t) == S_ORDER_SIZE, "an order is what the mutator thinks it is");

typedef struct {
    zelect_belief_t belief;
    uint64_t now;
    uint8_t payload [S_PAYLOAD_MAX];
    size_t size;
} s_observer_t;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    python_start ();
    return 0;
}

//  --------------------------------------------------------------------------
//  Compare

static void
s_compare (s_observer_t *self, bool changed, const char *there)
{
    char here [PYTHON_TEXT_MAX];
    const zelect_belief_t *belief = &self->belief;
    zelect_view_t view = zelect_belief_view (belief, self->now);
    snprintf (here, sizeof here,
              "%d [%s] [%s] %" PRIu64 " [%s] %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
              changed, view.leader ? view.leader : "", view.endpoint ? view.endpoint : "",
              view.term, belief->node, *belief->node ? belief->role + 1 : 0, belief->missed,
              belief->rejected, zelect_belief_deadline (belief, self->now),
              zelect_belief_ask_at (belief, self->now));
    if (strcmp (here, there) == 0)
        return;
    fprintf (stderr, "C:      %s\nPython: %s\n", here, there);
    abort ();
}

static void
s_take (s_observer_t *self, const char *topic)
{
    char there [PYTHON_TEXT_MAX];
    size_t topic_size = strlen (topic);
    python_take (self->now, (python_bytes_t){(const uint8_t *) topic, topic_size},
                 (python_bytes_t){self->payload, self->size}, there);
    bool changed =
        zelect_belief_take (&self->belief, self->now, topic, topic_size, self->payload, self->size);
    s_compare (self, changed, there);
}

static void
s_look (s_observer_t *self)
{
    char there [PYTHON_TEXT_MAX];
    python_look (self->now, there);
    bool changed = zelect_belief_look (&self->belief, self->now);
    s_compare (self, changed, there);
}

static void
s_ask (s_observer_t *self)
{
    char there [PYTHON_TEXT_MAX];
    python_asked (self->now, there);
    zelect_belief_asked (&self->belief, self->now);
    s_compare (self, false, there);
}

//  --------------------------------------------------------------------------
//  What nodes say

static void
s_pack (s_observer_t *self, Zelect__V1__FeedMessage *frame)
{
    frame->version = 1;
    FUZZ_CHECK (zelect__v1__feed_message__get_packed_size (frame) <= sizeof self->payload);
    self->size = zelect__v1__feed_message__pack (frame, self->payload);
}

//  A few nodes talk much, more talk at all than are remembered.

static void
s_name (uint8_t number, char name [8])
{
    snprintf (name, 8, "n%u", number < 192 ? number % 4u : number % 64u);
}

static uint64_t
s_lease_ns (const s_order_t *order)
{
    static const uint64_t leases [] = {0,         1,           1000000, 405000000,
                                       405000000, 60000000000, 999,     3600000000000};
    return leases [order->lease % 8];
}

static void
s_say_state (s_observer_t *self, const s_order_t *order)
{
    char node [8], leader [8] = "", topic [ZELECT_TOPIC_SIZE_MAX];
    s_name (order->node, node);
    if (order->leader % 8)
        s_name (order->leader, leader);
    Zelect__V1__FeedMessage frame;
    Zelect__V1__FeedState state;
    zelect__v1__feed_message__init (&frame);
    zelect__v1__feed_state__init (&state);
    state.cluster = "orders";
    state.node = node;
    state.incarnation = order->life % 8 + 1;
    state.sequence =
        order->sequence / 16 == 15 ? UINT64_MAX - order->sequence % 16 : order->sequence % 16;
    state.role = (Zelect__V1__Role) (order->role % 6 + 1);
    state.reason = ZELECT__V1__REASON__REASON_STARTED;
    state.term = order->term / 16 == 15 ? ZELECT_TERM_MAX - order->term % 16 : order->term % 16;
    state.leader = leader;
    state.leader_endpoint = order->detail & 1 ? "tcp://10.0.0.1:5680" : "";
    state.priority = order->detail;
    state.lease_ns = s_lease_ns (order);
    frame.body_case = ZELECT__V1__FEED_MESSAGE__BODY_STATE;
    frame.state = &state;
    s_pack (self, &frame);
    zelect_wire_topic (topic, ZELECT_FEED_STATE, "orders", node);
    s_take (self, topic);
}

static void
s_say_beat (s_observer_t *self, const s_order_t *order)
{
    char node [8], topic [ZELECT_TOPIC_SIZE_MAX];
    s_name (order->node, node);
    Zelect__V1__FeedMessage frame;
    Zelect__V1__FeedHeartbeat beat;
    zelect__v1__feed_message__init (&frame);
    zelect__v1__feed_heartbeat__init (&beat);
    beat.incarnation = order->life % 8 + 1;
    beat.sequence = order->sequence;
    beat.term = order->term % 16;
    frame.body_case = ZELECT__V1__FEED_MESSAGE__BODY_HEARTBEAT;
    frame.heartbeat = &beat;
    s_pack (self, &frame);
    zelect_wire_topic (topic, ZELECT_FEED_HEARTBEAT, "orders", node);
    s_take (self, topic);
}

static void
s_say_release (s_observer_t *self, const s_order_t *order)
{
    char node [8], topic [ZELECT_TOPIC_SIZE_MAX];
    s_name (order->node, node);
    Zelect__V1__FeedMessage frame;
    Zelect__V1__FeedRelease release;
    zelect__v1__feed_message__init (&frame);
    zelect__v1__feed_release__init (&release);
    release.incarnation = order->life % 8 + 1;
    release.sequence = order->sequence;
    release.term = order->term % 16;
    release.released_term = order->detail % 16;
    frame.body_case = ZELECT__V1__FEED_MESSAGE__BODY_RELEASE;
    frame.release = &release;
    s_pack (self, &frame);
    zelect_wire_topic (topic, ZELECT_FEED_RELEASE, "orders", node);
    s_take (self, topic);
}

//  More nodes than are remembered; the pause between them may be none.

static void
s_say_crowd (s_observer_t *self, const s_order_t *order)
{
    s_order_t each = *order;
    for (unsigned count = 0; count < order->detail % 12; count++) {
        each.node = (uint8_t) (192 + (order->node + count) % 64);
        s_say_state (self, &each);
        self->now += order->how % 4;
    }
}

static void
s_obey (s_observer_t *self, const s_order_t *order)
{
    self->now += (uint64_t) order->pause << (order->scale % 32);
    switch (order->kind % 9) {
    case 0:
    case 1:
    case 2:
        s_say_state (self, order);
        break;
    case 3:
    case 4:
        s_say_beat (self, order);
        break;
    case 5:
        s_say_release (self, order);
        break;
    case 6:
        s_say_crowd (self, order);
        break;
    case 7:
        s_ask (self);
        break;
    default:
        s_look (self);
        break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static s_observer_t observer;
    s_observer_t *self = &observer;
    fuzz_bytes_t bytes = {data, size};
    uint32_t patience = (uint32_t) fuzz_take (&bytes, S_HEAD_SIZE);
    zelect_belief_init (&self->belief, "orders", patience);
    python_begin (patience);
    self->now = UINT64_C (3600000000000);
    while (bytes.left >= S_ORDER_SIZE) {
        s_order_t order;
        memcpy (&order, bytes.at, sizeof order);
        bytes.at += S_ORDER_SIZE;
        bytes.left -= S_ORDER_SIZE;
        s_obey (self, &order);
    }
    return 0;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    return fuzz_mutate_records (data, size, max_size, seed, S_HEAD_SIZE, S_ORDER_SIZE);
}
