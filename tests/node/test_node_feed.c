/*  =========================================================================
    test_node_feed - who listens to the feed knows everything at once (G7)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"
#include "zelect_wire.h"

//  The next message of a subscriber.

static zelect_feed_t
s_hear (const cluster_t *cluster, zsock_t *sub)
{
    zmsg_t *message = zmsg_recv (sub);
    assert_non_null (message);
    assert_int_equal (zmsg_size (message), 2);
    zframe_t *topic = zmsg_first (message), *payload = zmsg_next (message);
    zelect_feed_t feed;
    int reject = zelect_wire_observe_feed (cluster->name, zframe_data (topic), zframe_size (topic),
                                           zframe_data (payload), zframe_size (payload), &feed);
    assert_int_equal (reject, 0);
    zmsg_destroy (&message);
    return feed;
}

static zsock_t *
s_subscribe (const cluster_t *cluster, const char *endpoint, const char *kind)
{
    zsock_t *sub = test_socket (ZMQ_SUB, endpoint);
    char topic [100];
    snprintf (topic, sizeof (topic), "zelect/%s/%s", cluster->name, kind);
    zsock_set_subscribe (sub, topic);
    return sub;
}

//  S8: the first, the second and the hundredth subscriber of the same topic are
//  told the state, though nothing changes any more.

static void
test_late_subscribers_know_at_once (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    node_t *leader = &cluster->nodes [cluster_wait_leader (cluster)];
    node_t *follower = &cluster->nodes [leader == &cluster->nodes [0] ? 1 : 0];
    zclock_sleep (100);
    zsock_t *subs [100];
    uint64_t sequence = 0;
    for (int index = 0; index < 100; index++) {
        node_t *node = index % 2 ? follower : leader;
        subs [index] = s_subscribe (cluster, node->feed, "state/");
        zelect_feed_t feed = s_hear (cluster, subs [index]);
        assert_int_equal (feed.kind, ZELECT_FEED_STATE);
        assert_string_equal (feed.state.node, node->id);
        assert_string_equal (feed.state.leader, leader->id);
        assert_string_equal (feed.state.leader_endpoint, leader->endpoint);
        assert_true (feed.state.term == zelect_cell_term (leader->cell));
        assert_int_equal (feed.state.role, index % 2 ? ZELECT_ROLE_FOLLOWER : ZELECT_ROLE_LEADER);
        assert_true (feed.state.lease_ns > 0 && feed.state.lease_ns < 1000 * ZELECT_MS);
        //  A state that is said again keeps its number
        if (index == 0)
            sequence = feed.sequence;
        if (index % 2 == 0)
            assert_true (feed.sequence == sequence);
    }
    for (int index = 0; index < 100; index++)
        zsock_destroy (&subs [index]);
    cluster_destroy (&cluster);
}

//  The host's own threads listen within the process.

static void
test_inproc_feed (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    wait_role (node, "leader");
    char endpoint [80];
    snprintf (endpoint, sizeof (endpoint), "inproc://zelect/%s/n1", cluster->name);
    zsock_t *sub = s_subscribe (cluster, endpoint, "state/");
    zelect_feed_t feed = s_hear (cluster, sub);
    //  The node knows that it leads before it says so on the feed
    while (feed.state.role != ZELECT_ROLE_LEADER)
        feed = s_hear (cluster, sub);
    //  The second listener is told as well, and the first is told again
    zsock_t *second = s_subscribe (cluster, endpoint, "state/");
    assert_true (s_hear (cluster, second).sequence == feed.sequence);
    assert_true (s_hear (cluster, sub).sequence == feed.sequence);
    zsock_destroy (&second);
    assert_true (ask (node, "RESIGN", NULL));
    zelect_feed_t next = s_hear (cluster, sub);
    assert_int_equal (next.state.role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (next.state.reason, ZELECT_REASON_RESIGNED);
    assert_true (next.sequence == feed.sequence + 1);
    zsock_destroy (&sub);
    cluster_destroy (&cluster);
}

//  Every transition is said, in order, without a gap.

static void
test_transitions_are_numbered (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    wait_role (node, "leader");
    zsock_t *sub = s_subscribe (cluster, node->feed, "state/n1");
    zelect_feed_t last = s_hear (cluster, sub);
    for (int count = 0; count < 5; count++) {
        wait_role (node, "leader");
        assert_true (ask (node, "RESIGN", NULL));
    }
    int leaderships = 0;
    while (leaderships < 5) {
        zelect_feed_t feed = s_hear (cluster, sub);
        assert_true (feed.sequence == last.sequence + 1 || feed.sequence == last.sequence);
        assert_true (feed.state.term >= last.state.term);
        assert_true (feed.state.incarnation == last.state.incarnation);
        leaderships += feed.state.role == ZELECT_ROLE_LEADER && feed.sequence != last.sequence;
        last = feed;
    }
    zsock_destroy (&sub);
    cluster_destroy (&cluster);
}

//  Anybody may hear heartbeats; they are numbered, and end with a release.

static void
test_heartbeats_and_release (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    wait_role (node, "leader");
    zsock_t *sub = s_subscribe (cluster, node->feed, "heartbeat/");
    zelect_feed_t last = s_hear (cluster, sub);
    for (int count = 0; count < 10; count++) {
        zelect_feed_t feed = s_hear (cluster, sub);
        assert_int_equal (feed.kind, ZELECT_FEED_HEARTBEAT);
        assert_true (feed.sequence == last.sequence + 1);
        assert_true (feed.message.number > last.message.number);
        last = feed;
    }
    assert_true (ask (node, "STOP", NULL));
    while (last.kind == ZELECT_FEED_HEARTBEAT)
        last = s_hear (cluster, sub);
    assert_int_equal (last.kind, ZELECT_FEED_RELEASE);
    zsock_destroy (&sub);
    cluster_destroy (&cluster);
}

//  S7: a subscriber that never reads costs the leader nothing.

static void
test_unread_subscriber (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    zsock_t *sub = zsock_new (ZMQ_SUB);
    zsock_set_rcvhwm (sub, 1);
    zsock_connect (sub, "%s", cluster->nodes [leader].feed);
    zsock_set_subscribe (sub, "");
    uint64_t term = zelect_cell_term (cluster->nodes [leader].cell);
    for (int count = 0; count < 500; count++)
        zsock_set_subscribe (sub, "zelect/");
    zclock_sleep (1000);
    assert_int_equal (cluster_wait_leader (cluster), leader);
    assert_true (zelect_cell_term (cluster->nodes [leader].cell) == term);
    zsock_destroy (&sub);
    cluster_destroy (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_late_subscribers_know_at_once),
        cmocka_unit_test (test_inproc_feed),
        cmocka_unit_test (test_transitions_are_numbered),
        cmocka_unit_test (test_heartbeats_and_release),
        cmocka_unit_test (test_unread_subscriber),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
