/*  =========================================================================
    test_observer - the observer against a real publisher

    What it believes is tested by tests/observer; here are the socket, the
    clock, the waiting and the answers. The publisher is a raw XPUB in a context
    of its own that packs with zelect_wire; it is served between short waits, so
    that there is one thread and no race.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "zelect_ports.h"

#include "zelect_clock.h"
#include "zelect_observer.h"
#include "zelect_wire.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#define LONG_MS 10000    //  For what has to happen
#define LEASE_MS 600     //  Of what is to be forgotten, after 1.5 times that

//  --------------------------------------------------------------------------
//  The publisher: one node's feed

typedef struct {
    void *context;
    void *socket;
    zelect_members_t members;
    zelect_feed_t state;    //  Sent again for each subscription
    uint64_t beat_sequence;
    int subscription_count;
    bool is_mute;    //  Does not send its state again
    char endpoint [64];
} publisher_t;

static void
s_send (publisher_t *self, const char *topic, const void *data, size_t size)
{
    assert_int_equal (zmq_send (self->socket, topic, strlen (topic), ZMQ_SNDMORE), strlen (topic));
    assert_int_equal (zmq_send (self->socket, data, size, 0), size);
}

static void
s_say (publisher_t *self, const zelect_feed_t *feed)
{
    char topic [ZELECT_TOPIC_SIZE_MAX];
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    zelect_wire_topic (topic, (zelect_feed_kind_t) feed->kind, self->members.cluster,
                       self->members.ids [0]);
    size_t size = zelect_wire_pack_feed (&self->members, feed, data, sizeof data);
    assert_true (size > 0);
    s_send (self, topic, data, size);
}

static void
s_say_state (publisher_t *self, zelect_role_t role, uint64_t term, const char *leader)
{
    zelect_state_t *state = &self->state.state;
    state->sequence++;
    state->role = (uint8_t) role;
    state->reason = role == ZELECT_ROLE_LEADER ? ZELECT_REASON_LEASED : ZELECT_REASON_HEARTBEAT;
    state->term = term;
    snprintf (state->leader, sizeof state->leader, "%s", leader);
    snprintf (state->leader_endpoint, sizeof state->leader_endpoint, "%s%s",
              *leader ? "tcp://" : "", leader);
    s_say (self, &self->state);
}

static void
s_say_beat (publisher_t *self, uint64_t term)
{
    zelect_feed_t feed = {.kind = ZELECT_FEED_HEARTBEAT, .sequence = ++self->beat_sequence};
    feed.message.incarnation = self->state.state.incarnation;
    feed.message.term = feed.message.about = term;
    s_say (self, &feed);
}

static publisher_t *
s_publisher (const char *node, const char *host, uint64_t lease_ms)
{
    publisher_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    const zelect_member_t list [] = {{node, true}};
    assert_int_equal (zelect_members_init (&self->members, "orders", node, list, 1), 0);
    self->state = (zelect_feed_t){.kind = ZELECT_FEED_STATE};
    self->state.state.incarnation = 11;
    self->state.state.priority = 7;
    self->state.state.is_voter = self->state.state.is_healthy = 1;
    self->state.state.lease_ns = lease_ms * ZELECT_MS;
    snprintf (self->state.state.tags, sizeof self->state.state.tags, "a/b=c=d\nzone=eu");

    self->context = zmq_ctx_new ();
    self->socket = zmq_socket (self->context, ZMQ_XPUB);
    int yes = 1;
    //  Not 0: libzmq 4.3.4 aborts if a connection ends in the middle of a message that
    //  its closing socket throws away (issue 3442), as a flood's may
    int linger_ms = 1000;
    zmq_setsockopt (self->socket, ZMQ_XPUB_VERBOSE, &yes, sizeof yes);
    zmq_setsockopt (self->socket, ZMQ_IPV6, &yes, sizeof yes);
    zmq_setsockopt (self->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    snprintf (self->endpoint, sizeof self->endpoint, "tcp://%s:%d", host, zelect_ports (1));
    assert_int_equal (zmq_bind (self->socket, self->endpoint), 0);
    return self;
}

static void
s_end (publisher_t **self_p)
{
    zmq_close ((*self_p)->socket);
    zmq_ctx_term ((*self_p)->context);
    free (*self_p);
    *self_p = NULL;
}

//  Answer what subscribers sent: subscriptions to the feed's topics, or the
//  test fails.

static void
s_serve (publisher_t *self)
{
    char frame [256];
    int size;
    while ((size = zmq_recv (self->socket, frame, sizeof frame - 1, ZMQ_DONTWAIT)) >= 0) {
        assert_in_range (size, 1, sizeof frame - 1);
        frame [size] = 0;
        assert_in_range (frame [0], 0, 1);
        bool is_state = streq (frame + 1, "zelect/orders/state/");
        assert_true (is_state || streq (frame + 1, "zelect/orders/heartbeat/"));
        self->subscription_count++;
        if (frame [0] == 1 && is_state && self->state.state.sequence && !self->is_mute)
            s_say (self, &self->state);
    }
}

//  --------------------------------------------------------------------------
//  The observer

static zelect_observer_t *
s_observer (const publisher_t *publisher)
{
    zelect_observer_t *self = zelect_observer_new ("orders");
    assert_non_null (self);
    assert_int_equal (zelect_observer_connect (self, publisher->endpoint), 0);
    return self;
}

//  Serve and wait until something changes.

static int
s_wait (zelect_observer_t *self, publisher_t *publisher, int timeout_ms)
{
    uint64_t end_ns = zelect_clock_ns () + (uint64_t) timeout_ms * ZELECT_MS;
    int rc = -1;
    while (rc == -1 && zelect_clock_ns () < end_ns) {
        if (publisher)
            s_serve (publisher);
        rc = zelect_observer_wait (self, 5);
        if (rc)
            assert_int_equal (errno, EAGAIN);
    }
    return rc;
}

static void
s_expect (zelect_observer_t *self, const char *leader, uint64_t term)
{
    const char *actual = zelect_observer_leader (self);
    assert_string_equal (actual ? actual : "nobody", leader ? leader : "nobody");
    assert_int_equal (zelect_observer_term (self), term);
}

static void
test_names_and_endpoints (void **state)
{
    (void) state;
    const char *const bad [] = {"", "a b", "a/b", "\xc3\xa9", NULL};
    for (size_t at = 0; at < sizeof bad / sizeof bad [0]; at++) {
        errno = 0;
        assert_null (zelect_observer_new (bad [at]));
        assert_int_equal (errno, EINVAL);
    }
    zelect_observer_t *self = zelect_observer_new ("orders");
    const char *const no_endpoints [] = {"", "orders", "tcp://", "tcp://host", "smoke://a:1", "%s"};
    for (size_t at = 0; at < sizeof no_endpoints / sizeof no_endpoints [0]; at++) {
        errno = 0;
        assert_int_equal (zelect_observer_connect (self, no_endpoints [at]), -1);
        assert_int_equal (errno, EINVAL);
    }
    s_expect (self, NULL, 0);
    assert_null (zelect_observer_node (self));
    assert_null (zelect_observer_role (self));
    assert_null (zelect_observer_reason (self));
    assert_null (zelect_observer_leader_endpoint (self));
    assert_int_equal (zelect_observer_deadline_ms (self), -1);
    zelect_observer_destroy (&self);
    assert_null (self);
    zelect_observer_destroy (&self);
}

//  The first message that a late observer gets tells all, and so for the
//  twentieth.

static void
test_late_observers (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n1", "127.0.0.1", 60000);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 3, "n1");
    s_say_state (publisher, ZELECT_ROLE_LEADER, 4, "n1");
    zelect_observer_t *list [20];
    for (size_t at = 0; at < 20; at++) {
        list [at] = s_observer (publisher);
        assert_int_equal (s_wait (list [at], publisher, LONG_MS), 0);
        s_expect (list [at], "n1", 4);
        assert_string_equal (zelect_observer_leader_endpoint (list [at]), "tcp://n1");
        assert_string_equal (zelect_observer_node (list [at]), "n1");
        assert_string_equal (zelect_observer_role (list [at]), "leader");
        assert_string_equal (zelect_observer_reason (list [at]), "LEASED");
    }
    for (size_t at = 0; at < 20; at++) {
        assert_int_equal (zelect_observer_missed (list [at]), 0);
        assert_int_equal (zelect_observer_rejected (list [at]), 0);
        zelect_observer_destroy (&list [at]);
    }
    s_end (&publisher);
}

//  A wait ends after its time, and not before; -1 waits for ever.

static void
test_timeout (void **state)
{
    (void) state;
    zelect_observer_t *self = zelect_observer_new ("orders");
    uint64_t start_ns = zelect_clock_ns ();
    assert_int_equal (zelect_observer_wait (self, 60), -1);
    assert_int_equal (errno, EAGAIN);
    assert_true (zelect_clock_ns () - start_ns >= 60 * ZELECT_MS);
    assert_int_equal (zelect_observer_wait (self, 0), -1);
    assert_int_equal (errno, EAGAIN);
    zelect_observer_destroy (&self);
}

static void
s_on_alarm (int number)
{
    (void) number;
}

static void
test_interrupted (void **state)
{
    (void) state;
    zelect_observer_t *self = zelect_observer_new ("orders");
    struct sigaction action = {.sa_handler = s_on_alarm};
    struct sigaction before;
    assert_int_equal (sigaction (SIGALRM, &action, &before), 0);
    const struct itimerval soon = {.it_interval = {0, 50000}, .it_value = {0, 50000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    assert_int_equal (setitimer (ITIMER_REAL, &soon, NULL), 0);
    int rc = zelect_observer_wait (self, -1);
    int error = errno;
    setitimer (ITIMER_REAL, &never, NULL);
    sigaction (SIGALRM, &before, NULL);
    assert_int_equal (rc, -1);
    assert_int_equal (error, EINTR);
    zelect_observer_destroy (&self);
}

//  Heartbeats keep a leader; silence ends it, be it in a wait or between two.

static void
test_forgotten (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n1", "127.0.0.1", LEASE_MS);
    publisher->is_mute = true;
    zelect_observer_t *self = s_observer (publisher);
    while (publisher->subscription_count < 2)
        s_wait (self, publisher, 5);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 3, "n1");
    assert_int_equal (s_wait (self, NULL, LONG_MS), 0);
    for (int beat = 0; beat < 10; beat++) {
        s_say_beat (publisher, 3);
        assert_int_equal (zelect_observer_wait (self, 50), -1);
        s_expect (self, "n1", 3);
    }
    assert_in_range (zelect_observer_deadline_ms (self), 0, LEASE_MS * 3 / 2);
    uint64_t start_ns = zelect_clock_ns ();
    assert_int_equal (zelect_observer_wait (self, LONG_MS), 0);
    assert_true (zelect_clock_ns () - start_ns < 5000 * ZELECT_MS);
    s_expect (self, NULL, 3);
    assert_null (zelect_observer_node (self));
    assert_null (zelect_observer_role (self));
    assert_null (zelect_observer_reason (self));

    s_say_beat (publisher, 3);
    assert_int_equal (zelect_observer_wait (self, LONG_MS), 0);
    s_expect (self, "n1", 3);
    start_ns = zelect_clock_ns ();
    while (zelect_clock_ns () - start_ns < LEASE_MS * 2 * ZELECT_MS)
        poll (NULL, 0, 50);
    s_expect (self, NULL, 3);
    zelect_observer_destroy (&self);
    s_end (&publisher);
}

//  An observer of followers alone asks again and again, and so knows the leader
//  as long as they follow it; and forgets it when they answer no more.

static void
test_hearsay_lasts (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n2", "127.0.0.1", LEASE_MS);
    s_say_state (publisher, ZELECT_ROLE_FOLLOWER, 3, "n1");
    zelect_observer_t *self = s_observer (publisher);
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    s_expect (self, "n1", 3);
    assert_string_equal (zelect_observer_leader_endpoint (self), "tcp://n1");
    assert_string_equal (zelect_observer_node (self), "n2");
    int before_count = publisher->subscription_count;
    assert_int_equal (s_wait (self, publisher, LEASE_MS * 4), -1);
    s_expect (self, "n1", 3);
    assert_in_range (publisher->subscription_count - before_count, 3, 20);
    publisher->is_mute = true;
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    s_expect (self, NULL, 3);
    publisher->is_mute = false;
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    s_expect (self, "n1", 3);
    zelect_observer_destroy (&self);
    s_end (&publisher);
}

//  A leader that beats need not be asked.

static void
test_does_not_ask_a_leader (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n1", "127.0.0.1", 2000);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 3, "n1");
    zelect_observer_t *self = s_observer (publisher);
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    for (int beat = 0; beat < 40; beat++) {
        s_say_beat (publisher, 3);
        assert_int_equal (s_wait (self, publisher, 60), -1);
    }
    assert_int_equal (publisher->subscription_count, 2);
    zelect_observer_destroy (&self);
    s_end (&publisher);
}

//  Transitions come one a wait, in order; gaps and foreign frames are counted.

static void
test_order_and_counters (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n1", "127.0.0.1", 60000);
    s_say_state (publisher, ZELECT_ROLE_FOLLOWER, 3, "");
    zelect_observer_t *self = s_observer (publisher);
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    const zelect_role_t roles [] = {ZELECT_ROLE_PRECANDIDATE, ZELECT_ROLE_CANDIDATE,
                                    ZELECT_ROLE_LEADER_ELECT};
    for (size_t at = 0; at < 3; at++)
        s_say_state (publisher, roles [at], 4, "");
    publisher->state.state.sequence += 5;
    s_send (publisher, "zelect/orders/state/n1", "garbage", 7);
    assert_int_equal (zmq_send (publisher->socket, "zelect/orders/state/", 20, 0), 20);
    zmq_send (publisher->socket, "zelect/orders/state/n1", 22, ZMQ_SNDMORE);
    s_say (publisher, &publisher->state);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 4, "n1");
    for (size_t at = 0; at < 3; at++) {
        assert_int_equal (s_wait (self, NULL, LONG_MS), 0);
        assert_string_equal (zelect_observer_role (self), zelect_role_name (roles [at]));
    }
    assert_int_equal (s_wait (self, NULL, LONG_MS), 0);
    s_expect (self, "n1", 4);
    assert_int_equal (zelect_observer_missed (self), 5);
    assert_int_equal (zelect_observer_rejected (self), 3);
    zelect_observer_destroy (&self);
    s_end (&publisher);
}

//  A payload over the limit costs the sender its connection (for good: libzmq
//  does not come back after a protocol error), and nobody else anything.

static void
test_oversized (void **state)
{
    (void) state;
    publisher_t *hostile = s_publisher ("n1", "127.0.0.1", 60000);
    publisher_t *publisher = s_publisher ("n2", "127.0.0.1", 60000);
    s_say_state (hostile, ZELECT_ROLE_LEADER, 3, "n1");
    zelect_observer_t *self = s_observer (hostile);
    assert_int_equal (s_wait (self, hostile, LONG_MS), 0);
    assert_int_equal (zelect_observer_connect (self, publisher->endpoint), 0);
    while (publisher->subscription_count < 2)
        s_wait (self, publisher, 5);
    static const uint8_t big [ZELECT_FEED_SIZE_MAX + 1];
    s_send (hostile, "zelect/orders/state/n1", big, sizeof big);
    while (hostile->subscription_count < 4)    //  Two that its end takes back
        s_wait (self, hostile, 5);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 4, "n2");
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    s_expect (self, "n2", 4);
    zelect_observer_destroy (&self);
    s_end (&publisher);
    s_end (&hostile);
}

static void
test_ipv6 (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n1", "[::1]", 60000);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 3, "n1");
    zelect_observer_t *self = s_observer (publisher);
    assert_int_equal (s_wait (self, publisher, LONG_MS), 0);
    s_expect (self, "n1", 3);
    zelect_observer_destroy (&self);
    s_end (&publisher);
}

//  A flood of what changes nothing does not keep a wait from ending.

typedef struct {
    publisher_t *publisher;
    atomic_bool is_over;
} flood_t;

static void *
s_flood (void *arg)
{
    flood_t *self = arg;
    while (!self->is_over)
        s_say_beat (self->publisher, 3);
    return NULL;
}

static void
test_flood (void **state)
{
    (void) state;
    flood_t flood = {.publisher = s_publisher ("n1", "127.0.0.1", 60000)};
    s_say_state (flood.publisher, ZELECT_ROLE_LEADER, 3, "n1");
    zelect_observer_t *self = s_observer (flood.publisher);
    assert_int_equal (s_wait (self, flood.publisher, LONG_MS), 0);
    pthread_t thread;
    assert_int_equal (pthread_create (&thread, NULL, s_flood, &flood), 0);
    uint64_t start_ns = zelect_clock_ns ();
    for (int round = 0; round < 20; round++) {
        assert_int_equal (zelect_observer_wait (self, 10), -1);
        assert_int_equal (errno, EAGAIN);
    }
    assert_true (zelect_clock_ns () - start_ns < LONG_MS * ZELECT_MS);
    flood.is_over = true;
    pthread_join (thread, NULL);
    s_expect (self, "n1", 3);
    zelect_observer_destroy (&self);
    s_end (&flood.publisher);
}

//  With a poller of the host's: the socket says when to look, the deadline when
//  to look without it.

static void
test_poller (void **state)
{
    (void) state;
    publisher_t *publisher = s_publisher ("n1", "127.0.0.1", LEASE_MS);
    publisher->is_mute = true;
    zelect_observer_t *self = s_observer (publisher);
    while (publisher->subscription_count < 2)
        s_wait (self, publisher, 5);
    s_say_state (publisher, ZELECT_ROLE_LEADER, 3, "n1");
    zsock_t *socket = zelect_observer_socket (self);
    zpoller_t *poller = zpoller_new (socket, NULL);
    assert_ptr_equal (zpoller_wait (poller, LONG_MS), socket);
    assert_int_equal (zelect_observer_wait (self, 0), 0);
    s_expect (self, "n1", 3);
    int turn_count = 0;
    while (zelect_observer_leader (self) || zelect_observer_wait (self, 0)) {
        assert_in_range (zelect_observer_deadline_ms (self), 0, LEASE_MS * 3 / 2);
        zpoller_wait (poller, zelect_observer_deadline_ms (self));
        assert_true (++turn_count < 100);
        if (zelect_observer_wait (self, 0) == 0)
            break;
    }
    s_expect (self, NULL, 3);
    zpoller_destroy (&poller);
    zelect_observer_destroy (&self);
    s_end (&publisher);
}

static void
s_expect_path (zconfig_t *tree, const char *path, const char *value)
{
    const char *actual = zconfig_get (tree, path, "nothing");
    assert_string_equal (actual, value);
}

static void
test_state_tree (void **state)
{
    (void) state;
    publisher_t *leader = s_publisher ("n1", "127.0.0.1", 60000);
    publisher_t *follower = s_publisher ("n2", "127.0.0.1", 60000);
    *follower->state.state.tags = 0;
    s_say_state (leader, ZELECT_ROLE_LEADER, 3, "n1");
    s_say_state (follower, ZELECT_ROLE_FOLLOWER, 3, "n1");
    zelect_observer_t *self = s_observer (leader);
    assert_int_equal (zelect_observer_connect (self, follower->endpoint), 0);
    assert_int_equal (s_wait (self, leader, LONG_MS), 0);
    assert_int_equal (s_wait (self, follower, LONG_MS), 0);

    zconfig_t *tree = zelect_observer_state (self);
    assert_non_null (tree);
    s_expect_path (tree, "cluster", "orders");
    s_expect_path (tree, "leader", "n1");
    s_expect_path (tree, "term", "3");
    s_expect_path (tree, "members/n1/role", "leader");
    s_expect_path (tree, "members/n1/term", "3");
    s_expect_path (tree, "members/n1/leader", "n1");
    s_expect_path (tree, "members/n1/endpoint", "tcp://n1");
    s_expect_path (tree, "members/n1/priority", "7");
    s_expect_path (tree, "members/n1/voter", "1");
    s_expect_path (tree, "members/n1/reason", "LEASED");
    s_expect_path (tree, "members/n1/tags/zone", "eu");
    s_expect_path (tree, "members/n2/role", "follower");
    s_expect_path (tree, "members/n2/reason", "HEARTBEAT");
    s_expect_path (tree, "members/n2/endpoint", "nothing");
    assert_null (zconfig_locate (tree, "members/n2/tags"));
    zconfig_t *tag = zconfig_child (zconfig_locate (tree, "members/n1/tags"));
    assert_string_equal (zconfig_name (tag), "a/b");
    assert_string_equal (zconfig_value (tag), "c=d");
    zconfig_destroy (&tree);
    zelect_observer_destroy (&self);
    s_end (&leader);
    s_end (&follower);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_names_and_endpoints),
        cmocka_unit_test (test_late_observers),
        cmocka_unit_test (test_timeout),
        cmocka_unit_test (test_interrupted),
        cmocka_unit_test (test_forgotten),
        cmocka_unit_test (test_hearsay_lasts),
        cmocka_unit_test (test_does_not_ask_a_leader),
        cmocka_unit_test (test_order_and_counters),
        cmocka_unit_test (test_oversized),
        cmocka_unit_test (test_ipv6),
        cmocka_unit_test (test_flood),
        cmocka_unit_test (test_poller),
        cmocka_unit_test (test_state_tree),
    };
    return cmocka_run_group_tests_name ("observer", tests, NULL, NULL);
}
