/*  =========================================================================
    zelect_station - the node's end of the feed

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_station.h"
#include "zelect_clock.h"
#include "zelect_receiver.h"

#include <assert.h>
#include <czmq.h>

#define REPEAT_NS ZELECT_MS          //  States are repeated once in this time
#define LISTENER_QUEUE_COUNT 100     //  Messages that wait for a slow listener
#define MEMBER_QUEUE_COUNT 64        //  Heartbeats that wait for this node
#define SUBSCRIPTION_SIZE_MAX 256    //  A topic has at most 144 bytes

//  The topics: heartbeats and releases share one.
enum { TOPIC_HEARTBEAT, TOPIC_STATE, TOPICS };

struct _zelect_station_t {
    const zelect_members_t *members;
    zelect_guard_t *guard;                         //  NULL: in clear
    void *network;                                 //  XPUB of all who reach this host
    zsock_t *local;                                //  XPUB of the host's own threads
    zelect_lock_t *lock;                           //  Of an ipc path
    bool is_touched [ZELECT_STATION_RECEIVERS];    //  Senders used since the last poll
    bool has_local_listeners;                      //  There was one, ever
    size_t receiver_count;
    zelect_receiver_t receivers [ZELECT_MEMBERS_MAX];
    uint64_t sequences [TOPICS];    //  Last number said
    char topics [TOPICS][ZELECT_TOPIC_SIZE_MAX];
    uint64_t repeat_at;      //  When the state is due again
    uint64_t repeated_at;    //  When it was said last
    size_t state_size;       //  The last state, packed
    uint8_t state [ZELECT_FEED_SIZE_MAX];
};

//  ----  Life  ----------------------------------------------------------------

static zelect_network_options_t
s_socket_options (const zelect_station_t *self, const zelect_options_t *options, int type)
{
    bool is_sender = type == ZMQ_XPUB;
    zelect_network_options_t result = {
        .type = type,
        .keys = self->guard ? zelect_guard_keys (self->guard) : NULL,
        .message_size = is_sender ? SUBSCRIPTION_SIZE_MAX : ZELECT_FEED_SIZE_MAX,
        .queue_count = is_sender ? LISTENER_QUEUE_COUNT : MEMBER_QUEUE_COUNT,
        .election_ms = (int) options->election_ms,
        .connect_ms = (int) options->connect_ms};
    return result;
}

static int
s_bind (zelect_station_t *self,
        void *context,
        const zelect_options_t *options,
        zelect_trouble_t *trouble)
{
    zelect_network_options_t settings = s_socket_options (self, options, ZMQ_XPUB);
    self->network = zelect_network_socket (context, &settings, trouble);
    if (!self->network)
        return -1;
    if (self->guard && zelect_guard_watch (self->guard, self->network, trouble))
        return -1;
    return zelect_network_bind (self->network, options->feed_endpoint, &self->lock, trouble);
}

static int
s_bind_local (zelect_station_t *self, const zelect_options_t *options, zelect_trouble_t *trouble)
{
    self->local = zsock_new (ZMQ_XPUB);
    if (!self->local)
        return zelect_trouble_set (trouble, errno, "no socket: %s", zmq_strerror (errno));
    zsock_set_linger (self->local, 0);
    zsock_set_sndhwm (self->local, LISTENER_QUEUE_COUNT);
    zsock_set_xpub_verbose (self->local, 1);
    if (zsock_bind (self->local, "inproc://zelect/%s/%s", options->cluster, options->name) == 0)
        return 0;
    return zelect_trouble_set (trouble, errno,
                               "cannot bind inproc://zelect/%s/%s: this process runs a node of "
                               "that name and cluster already",
                               options->cluster, options->name);
}

//  The receiver for a member: in clear the same for all.

static zelect_receiver_t *
s_receiver (zelect_station_t *self,
            void *context,
            const zelect_options_t *options,
            uint8_t member,
            zelect_trouble_t *trouble)
{
    if (self->receiver_count > 0 && !self->guard)
        return &self->receivers [0];
    zelect_network_options_t settings = s_socket_options (self, options, ZMQ_SUB);
    zelect_receiver_t *receiver = &self->receivers [self->receiver_count++];
    if (zelect_receiver_open (receiver, context, &settings, self->guard, member, trouble))
        return NULL;
    return receiver;
}

static int
s_connect (zelect_station_t *self,
           void *context,
           const zelect_options_t *options,
           zelect_trouble_t *trouble)
{
    for (uint8_t index = 0; index < options->member_count; index++) {
        const zelect_options_member_t *member = &options->members [index];
        if (index == options->self)
            continue;
        zelect_receiver_t *receiver = s_receiver (self, context, options, index, trouble);
        if (!receiver
            || zelect_receiver_tune (receiver, options->cluster, member->id, member->feed_endpoint,
                                     trouble))
            return -1;
    }
    return 0;
}

zelect_station_t *
zelect_station_new (void)
{
    return calloc (1, sizeof (zelect_station_t));
}

int
zelect_station_start (zelect_station_t *self,
                      void *context,
                      const zelect_options_t *options,
                      const zelect_members_t *members,
                      zelect_guard_t *guard,
                      zelect_trouble_t *trouble)
{
    assert (self);
    assert (context);
    assert (options);
    assert (members);
    self->members = members;
    self->guard = guard;
    self->is_touched [ZELECT_STATION_NETWORK] = self->is_touched [ZELECT_STATION_LOCAL] = true;
    self->repeat_at = ZELECT_NEVER;
    const char *id = options->name;
    zelect_wire_topic (self->topics [TOPIC_HEARTBEAT], ZELECT_FEED_HEARTBEAT, options->cluster, id);
    zelect_wire_topic (self->topics [TOPIC_STATE], ZELECT_FEED_STATE, options->cluster, id);
    if (s_bind (self, context, options, trouble) || s_bind_local (self, options, trouble))
        return -1;
    return s_connect (self, context, options, trouble);
}

//  The inproc name has to be free when this returns, which closing alone does
//  some time later: hence the unbind.

void
zelect_station_close (zelect_station_t *self, int linger_ms)
{
    assert (self);
    if (self->local && zsock_endpoint (self->local))
        zsock_unbind (self->local, "%s", zsock_endpoint (self->local));
    zsock_destroy (&self->local);
    for (size_t index = 0; index < self->receiver_count; index++)
        zelect_receiver_close (&self->receivers [index]);
    zelect_network_close (&self->network, linger_ms);
}

void
zelect_station_destroy (zelect_station_t **self_p)
{
    assert (self_p);
    zelect_station_t *self = *self_p;
    if (!self)
        return;
    assert (!self->network);
    zelect_lock_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

//  ----  Sending  -------------------------------------------------------------

//  An XPUB never says that it is full: it leaves the slow listener out. Most hosts
//  have no listener of their own, and who comes is told the state.

static void
s_broadcast (zelect_station_t *self, int topic, const uint8_t *data, size_t size)
{
    const char *name = self->topics [topic];
    self->is_touched [ZELECT_STATION_NETWORK] = true;
    zelect_network_send (self->network, name, strlen (name), data, size);
    if (!self->has_local_listeners)
        return;
    self->is_touched [ZELECT_STATION_LOCAL] = true;
    zelect_network_send (zsock_resolve (self->local), name, strlen (name), data, size);
}

static void
s_say_state (zelect_station_t *self, uint64_t now)
{
    s_broadcast (self, TOPIC_STATE, self->state, self->state_size);
    self->repeated_at = now;
    self->repeat_at = ZELECT_NEVER;
}

uint64_t
zelect_station_say (zelect_station_t *self, zelect_feed_t *feed)
{
    assert (self);
    bool is_state = feed->kind == ZELECT_FEED_STATE;
    int topic = is_state ? TOPIC_STATE : TOPIC_HEARTBEAT;
    feed->sequence = ++self->sequences [topic];
    if (!is_state) {
        uint8_t data [ZELECT_FEED_SIZE_MAX];
        size_t size = zelect_wire_pack_feed (self->members, feed, data, sizeof (data));
        s_broadcast (self, topic, data, size);
        return feed->sequence;
    }
    feed->state.sequence = feed->sequence;
    feed->state.wall_ms = zelect_clock_wall_ms ();
    self->state_size =
        zelect_wire_pack_feed (self->members, feed, self->state, sizeof (self->state));
    s_say_state (self, zelect_clock_ns ());
    return feed->sequence;
}

uint64_t
zelect_station_sequence (const zelect_station_t *self)
{
    assert (self);
    return self->sequences [TOPIC_STATE];
}

//  ----  Listeners  -----------------------------------------------------------

size_t
zelect_station_receiver_count (const zelect_station_t *self)
{
    assert (self);
    return self->receiver_count;
}

size_t
zelect_station_poll_items (zelect_station_t *self, zmq_pollitem_t *items)
{
    assert (self);
    void *senders [] = {[ZELECT_STATION_NETWORK] = self->network,
                        [ZELECT_STATION_LOCAL] = zsock_resolve (self->local)};
    size_t count = 0;
    for (; count < ZELECT_STATION_RECEIVERS; count++) {
        items [count] = (zmq_pollitem_t){
            .socket = senders [count], .events = ZMQ_POLLIN, .revents = self->is_touched [count]};
        self->is_touched [count] = false;
    }
    for (size_t index = 0; index < self->receiver_count; index++)
        items [count++] = zelect_receiver_feed_item (&self->receivers [index]);
    for (size_t index = 0; index < self->receiver_count; index++)
        items [count++] = zelect_receiver_loss_item (&self->receivers [index]);
    return count;
}

//  A subscription is the byte 1 and the beginning of the topics that are wanted.

static bool
s_wants_state (const zelect_station_t *self, const zelect_network_message_t *message)
{
    const char *topic = self->topics [TOPIC_STATE];
    size_t size = message->sizes [0] - 1;
    return message->frames [0][0] == 1 && size <= strlen (topic)
           && memcmp (message->frames [0] + 1, topic, size) == 0;
}

static bool
s_is_subscription (const zelect_network_message_t *message)
{
    return message->count == 1 && message->sizes [0] >= 1
           && message->sizes [0] <= SUBSCRIPTION_SIZE_MAX && message->frames [0][0] <= 1;
}

size_t
zelect_station_listen (zelect_station_t *self, size_t item, size_t limit, uint64_t now)
{
    assert (self);
    assert (item == ZELECT_STATION_NETWORK || item == ZELECT_STATION_LOCAL);
    void *socket = item == ZELECT_STATION_LOCAL ? zsock_resolve (self->local) : self->network;
    size_t rejected = 0;
    zelect_network_message_t message;
    while (limit--) {
        int rc = zelect_network_recv (socket, &message);
        self->is_touched [item] = rc == 0 || errno != EAGAIN;
        if (rc && errno != EPROTO)
            break;
        if (item == ZELECT_STATION_LOCAL)
            self->has_local_listeners = true;
        if (rc || !s_is_subscription (&message))
            rejected++;
        else if (s_wants_state (self, &message) && self->repeat_at == ZELECT_NEVER) {
            uint64_t next = self->repeated_at + REPEAT_NS;
            self->repeat_at = next > now ? next : now;
        }
    }
    return rejected;
}

uint64_t
zelect_station_deadline (const zelect_station_t *self)
{
    assert (self);
    return self->repeat_at;
}

void
zelect_station_repeat (zelect_station_t *self, uint64_t now)
{
    assert (self);
    if (self->repeat_at <= now && self->state_size)
        s_say_state (self, now);
}

//  ----  Receiving  -----------------------------------------------------------

int
zelect_station_recv (zelect_station_t *self,
                     size_t receiver,
                     zelect_network_message_t *message,
                     uint8_t *member)
{
    assert (self);
    assert (receiver < self->receiver_count);
    *member = self->receivers [receiver].member;
    return zelect_receiver_recv (&self->receivers [receiver], message);
}

bool
zelect_station_lost (zelect_station_t *self)
{
    assert (self);
    bool is_lost = false;
    for (size_t index = 0; index < self->receiver_count; index++)
        is_lost |= zelect_receiver_lost (&self->receivers [index]);
    return is_lost;
}
