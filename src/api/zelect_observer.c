/*  =========================================================================
    zelect_observer - watch an election from outside, over the feed

    What to believe is the business of zelect_belief; here are the socket, the
    clock and the waiting. The observer sends nothing but subscriptions.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_observer.h"
#include "zelect_belief.h"
#include "zelect_clock.h"
#include "zelect_curve.h"
#include "zelect_pass_private.h"

#include <sys/random.h>

//  A node sends ten messages a second; this holds those of a whole cluster for
//  a while, and bounds the memory when nobody reads.
#define QUEUE_MAX 1000

//  So many messages are taken before the clock is looked at again, so that a
//  flood cannot keep a wait from ending.
#define TAKE_MAX 1000

struct _zelect_observer_t {
    zsock_t *socket;
    const zelect_pass_t *pass;    //  NULL: in clear
    zelect_belief_t belief;
    char topic [ZELECT_TOPIC_SIZE_MAX];    //  Prefix of all state topics
};

//  --------------------------------------------------------------------------
//  Construction

//  A dead path is noticed in two seconds and tried again every second at most.

static void
s_set_up (zsock_t *socket)
{
    zsock_set_linger (socket, 0);
    zsock_set_rcvhwm (socket, QUEUE_MAX);
    zsock_set_maxmsgsize (socket, ZELECT_FEED_SIZE_MAX);
    zsock_set_ipv6 (socket, 1);
    zsock_set_connect_timeout (socket, 1000);
    zsock_set_handshake_ivl (socket, 2000);
    zsock_set_heartbeat_ivl (socket, 1000);
    zsock_set_heartbeat_timeout (socket, 2000);
    zsock_set_reconnect_ivl (socket, 100);
    zsock_set_reconnect_ivl_max (socket, 1000);
}

//  States first: a late observer shall not see a heartbeat before it knows
//  whose it is.

static void
s_subscribe (zelect_observer_t *self)
{
    char topic [ZELECT_TOPIC_SIZE_MAX];
    zelect_wire_topic (self->topic, ZELECT_FEED_STATE, self->belief.cluster, "");
    zelect_wire_topic (topic, ZELECT_FEED_HEARTBEAT, self->belief.cluster, "");
    zsock_set_subscribe (self->socket, self->topic);
    zsock_set_subscribe (self->socket, topic);
}

zelect_observer_t *
zelect_observer_new (const char *cluster)
{
    if (!cluster || !zelect_members_is_name (cluster)) {
        errno = EINVAL;
        return NULL;
    }
    zelect_observer_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->socket = zsock_new (ZMQ_SUB);
    if (!self->socket) {
        free (self);
        return NULL;
    }
    uint32_t patience = 0;
    if (getrandom (&patience, sizeof patience, GRND_NONBLOCK) < 0)
        patience = (uint32_t) zelect_clock_ns ();
    zelect_belief_init (&self->belief, cluster, patience);
    s_set_up (self->socket);
    s_subscribe (self);
    return self;
}

void
zelect_observer_destroy (zelect_observer_t **self_p)
{
    assert (self_p);
    zelect_observer_t *self = *self_p;
    if (!self)
        return;
    zsock_destroy (&self->socket);
    free (self);
    *self_p = NULL;
}

//  Nothing is said in clear from here on, whatever goes wrong.

int
zelect_observer_set_pass (zelect_observer_t *self, const zelect_pass_t *pass)
{
    assert (self);
    assert (pass);
    self->pass = pass;
    zelect_trouble_t trouble;
    const zelect_keys_t *keys = zelect_pass_keys (pass);
    if (keys && zelect_curve_visit (zsock_resolve (self->socket), keys, &trouble) == 0) {
        zsock_set_maxmsgsize (self->socket, ZELECT_FEED_SIZE_MAX + ZELECT_CURVE_OVERHEAD);
        return 0;
    }
    errno = EINVAL;
    return -1;
}

int
zelect_observer_connect (zelect_observer_t *self, const char *endpoint)
{
    assert (self);
    assert (endpoint);
    const char *key;
    zelect_trouble_t trouble;
    const char *address = zelect_pass_endpoint (self->pass, endpoint, &key);
    if (address && (!key || zelect_curve_expect (zsock_resolve (self->socket), key, &trouble) == 0)
        && zsock_connect (self->socket, "%s", address) == 0)
        return 0;
    errno = EINVAL;
    return -1;
}

//  --------------------------------------------------------------------------
//  Waiting

//  Receive a message without waiting; parts behind the second replace it.
//  Returns the number of parts, or -1.

static int
s_receive (zelect_observer_t *self, zmq_msg_t *topic, zmq_msg_t *payload)
{
    void *handle = zsock_resolve (self->socket);
    int count = 0;
    bool is_more = true;
    while (is_more) {
        zmq_msg_t *part = count == 0 ? topic : payload;
        if (zmq_msg_recv (part, handle, ZMQ_DONTWAIT) < 0)
            return -1;
        is_more = zmq_msg_more (part);
        count++;
    }
    return count;
}

static bool
s_believe (zelect_observer_t *self, zmq_msg_t *topic, zmq_msg_t *payload)
{
    return zelect_belief_take (&self->belief, zelect_clock_ns (), zmq_msg_data (topic),
                               zmq_msg_size (topic), zmq_msg_data (payload),
                               zmq_msg_size (payload));
}

//  Take what has arrived, up to the first change. Returns 1 if there was one,
//  0 if there was none, -1 if the socket is gone.

static int
s_take (zelect_observer_t *self)
{
    zmq_msg_t topic;
    zmq_msg_t payload;
    zmq_msg_init (&topic);
    zmq_msg_init (&payload);
    int changed = 0;
    for (int taken = 0; taken < TAKE_MAX && changed == 0; taken++) {
        int count = s_receive (self, &topic, &payload);
        if (count == 2)
            changed = s_believe (self, &topic, &payload);
        else if (count > 0)
            zelect_belief_reject (&self->belief);
        else if (errno == EAGAIN)
            break;
        else
            changed = -1;
    }
    int error = errno;
    zmq_msg_close (&topic);
    zmq_msg_close (&payload);
    errno = error;
    return changed;
}

//  The feed sends its states again for each subscription that it sees, one
//  more of the same included; taking that one back is not even sent.

static void
s_ask (zelect_observer_t *self, uint64_t now)
{
    if (now < zelect_belief_ask_at (&self->belief, now))
        return;
    zsock_set_subscribe (self->socket, self->topic);
    zsock_set_unsubscribe (self->socket, self->topic);
    zelect_belief_asked (&self->belief, now);
}

static uint64_t
s_next_ns (const zelect_observer_t *self, uint64_t now)
{
    uint64_t deadline_ns = zelect_belief_deadline (&self->belief, now);
    uint64_t ask_ns = zelect_belief_ask_at (&self->belief, now);
    return deadline_ns < ask_ns ? deadline_ns : ask_ns;
}

//  Milliseconds from now to then, rounded up, so that then is over after them.

static int
s_left_ms (uint64_t now, uint64_t then)
{
    if (then == ZELECT_NEVER)
        return -1;
    uint64_t left_ms = then > now ? (then - now + ZELECT_MS - 1) / ZELECT_MS : 0;
    return left_ms < INT_MAX ? (int) left_ms : INT_MAX;
}

static int
s_sleep (zelect_observer_t *self, uint64_t now, uint64_t end_ns)
{
    if (zsys_interrupted) {
        errno = EINTR;
        return -1;
    }
    uint64_t next_ns = s_next_ns (self, now);
    zmq_pollitem_t item = {.socket = zsock_resolve (self->socket), .events = ZMQ_POLLIN};
    return zmq_poll (&item, 1, s_left_ms (now, next_ns < end_ns ? next_ns : end_ns));
}

int
zelect_observer_wait (zelect_observer_t *self, int timeout_ms)
{
    assert (self);
    uint64_t end_ns =
        timeout_ms < 0 ? ZELECT_NEVER : zelect_clock_ns () + (uint64_t) timeout_ms * ZELECT_MS;
    while (true) {
        int changed = s_take (self);
        uint64_t now = zelect_clock_ns ();
        if (changed == 0)
            changed = zelect_belief_look (&self->belief, now);
        if (changed != 0)
            return changed < 0 ? -1 : 0;
        s_ask (self, now);
        if (now >= end_ns) {
            errno = EAGAIN;
            return -1;
        }
        if (s_sleep (self, now, end_ns) < 0)
            return -1;
    }
}

zsock_t *
zelect_observer_socket (zelect_observer_t *self)
{
    assert (self);
    return self->socket;
}

int
zelect_observer_deadline_ms (const zelect_observer_t *self)
{
    assert (self);
    uint64_t now = zelect_clock_ns ();
    return s_left_ms (now, s_next_ns (self, now));
}

//  --------------------------------------------------------------------------
//  What changed last

const char *
zelect_observer_node (const zelect_observer_t *self)
{
    assert (self);
    return *self->belief.node ? self->belief.node : NULL;
}

const char *
zelect_observer_role (const zelect_observer_t *self)
{
    assert (self);
    return *self->belief.node ? zelect_role_name ((zelect_role_t) self->belief.role) : NULL;
}

const char *
zelect_observer_reason (const zelect_observer_t *self)
{
    assert (self);
    return *self->belief.node ? zelect_reason_name ((zelect_reason_t) self->belief.reason) : NULL;
}

//  --------------------------------------------------------------------------
//  The leader. Asking looks at the clock: a lease that is over is over, even
//  if nobody has called zelect_observer_wait meanwhile.

static zelect_view_t
s_view (const zelect_observer_t *self)
{
    assert (self);
    return zelect_belief_view (&self->belief, zelect_clock_ns ());
}

const char *
zelect_observer_leader (const zelect_observer_t *self)
{
    return s_view (self).leader;
}

const char *
zelect_observer_leader_endpoint (const zelect_observer_t *self)
{
    return s_view (self).endpoint;
}

uint64_t
zelect_observer_term (const zelect_observer_t *self)
{
    return s_view (self).term;
}

uint64_t
zelect_observer_missed (const zelect_observer_t *self)
{
    assert (self);
    return self->belief.missed;
}

uint64_t
zelect_observer_rejected (const zelect_observer_t *self)
{
    assert (self);
    return self->belief.rejected;
}

//  --------------------------------------------------------------------------
//  The tree

//  A key may hold what means something in a path, so tags do not go by paths.

static void
s_put_tags (zconfig_t *member, const char *tags)
{
    zconfig_t *folder = *tags ? zconfig_new ("tags", member) : NULL;
    while (*tags) {
        int key_size = (int) strcspn (tags, "=");
        int size = (int) strcspn (tags, "\n");
        char key [ZELECT_TAGS_MAX + 1];
        snprintf (key, sizeof key, "%.*s", key_size, tags);
        zconfig_set_value (zconfig_new (key, folder), "%.*s", size - key_size - 1,
                           tags + key_size + 1);
        tags += size;
        tags += *tags == '\n';
    }
}

//  A node's endpoint is known from itself while it leads, or from its followers.

static const char *
s_endpoint (const zelect_belief_t *belief, const char *node)
{
    for (uint8_t at = 0; at < belief->source_count; at++) {
        const zelect_state_t *state = &belief->sources [at].state;
        if (*state->leader_endpoint && streq (state->leader, node))
            return state->leader_endpoint;
    }
    return NULL;
}

static void
s_put_member (zconfig_t *members, const zelect_belief_t *belief, const zelect_source_t *source)
{
    const zelect_state_t *state = &source->state;
    zconfig_t *member = zconfig_new (source->node, members);
    zconfig_put (member, "role", zelect_role_name ((zelect_role_t) state->role));
    zconfig_putf (member, "term", "%" PRIu64, state->term);
    if (*state->leader)
        zconfig_put (member, "leader", state->leader);
    const char *endpoint = s_endpoint (belief, source->node);
    if (endpoint)
        zconfig_put (member, "endpoint", endpoint);
    zconfig_putf (member, "priority", "%d", state->priority);
    zconfig_put (member, "voter", state->is_voter ? "1" : "0");
    zconfig_put (member, "healthy", state->is_healthy ? "1" : "0");
    zconfig_put (member, "reason", zelect_reason_name ((zelect_reason_t) state->reason));
    s_put_tags (member, state->tags);
}

zconfig_t *
zelect_observer_state (const zelect_observer_t *self)
{
    assert (self);
    zelect_view_t view = s_view (self);
    zconfig_t *root = zconfig_new ("observer", NULL);
    zconfig_put (root, "cluster", self->belief.cluster);
    if (view.leader)
        zconfig_put (root, "leader", view.leader);
    zconfig_putf (root, "term", "%" PRIu64, view.term);
    zconfig_t *members = zconfig_new ("members", root);
    for (uint8_t at = 0; at < self->belief.source_count; at++)
        if (self->belief.sources [at].state.sequence)
            s_put_member (members, &self->belief, &self->belief.sources [at]);
    return root;
}
