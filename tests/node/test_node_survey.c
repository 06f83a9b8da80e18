/*  =========================================================================
    test_node_survey - the state of the cluster, and of the links

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"
#include "zelect_place.h"
#include "zelect_ports.h"
#include "zelect_wire.h"

static zconfig_t *
s_tree (node_t *node)
{
    zconfig_t *tree = zconfig_str_load (node->reply);
    assert_non_null (tree);
    return tree;
}

static const char *
s_get (zconfig_t *tree, const char *id, const char *key)
{
    char path [100];
    snprintf (path, sizeof (path), "/members/%s/%s", id, key);
    return zconfig_get (tree, path, "(none)");
}

static void
test_all_members_answer (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    assert_true (ask (&cluster->nodes [1], "SET", "node/tags/zone", "a zone", NULL));
    cluster_start (cluster);
    node_t *leader = &cluster->nodes [cluster_wait_leader (cluster)];
    for (int index = 0; index < 3; index++) {
        assert_true (ask (&cluster->nodes [index], "CLUSTERSTATE", "5000", NULL));
        zconfig_t *tree = s_tree (&cluster->nodes [index]);
        assert_string_equal (zconfig_get (tree, "/leader", ""), leader->id);
        assert_string_equal (zconfig_get (tree, "/self", ""), cluster->nodes [index].id);
        for (int member = 0; member < 3; member++) {
            node_t *node = &cluster->nodes [member];
            assert_string_equal (s_get (tree, node->id, "state"),
                                 node == leader ? "leader" : "follower");
            assert_string_equal (s_get (tree, node->id, "leader"), leader->id);
            assert_string_equal (s_get (tree, node->id, "endpoint"), node->endpoint);
            assert_string_equal (s_get (tree, node->id, "voter"), "1");
            assert_string_equal (s_get (tree, node->id, "priority"), "100");
        }
        assert_string_equal (s_get (tree, "n2", "tags/zone"), "a zone");
        zconfig_destroy (&tree);
    }
    cluster_destroy (&cluster);
}

//  GOELECT 3, defect 13: one unreachable member does not fail the answer.

static void
test_dead_member_is_down (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    int dead = (leader + 1) % 3;
    node_destroy (&cluster->nodes [dead]);
    node_t *node = &cluster->nodes [leader];
    assert_true (ask (node, "CLUSTERSTATE", "3000", NULL));
    zconfig_t *tree = s_tree (node);
    assert_string_equal (s_get (tree, cluster->nodes [dead].id, "state"), "down");
    assert_string_equal (s_get (tree, cluster->nodes [dead].id, "endpoint"),
                         cluster->nodes [dead].endpoint);
    assert_string_equal (zconfig_get (tree, "/leader", ""), node->id);
    zconfig_destroy (&tree);
    cluster_destroy (&cluster);
}

//  A member that hangs delays the answer until its time is over, and nothing
//  else: other commands are answered meanwhile.

static void
test_hung_member_delays_nothing (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    node_t *hung = &cluster->nodes [2];
    zsock_t *listener = zsock_new (ZMQ_ROUTER);
    assert_true (zsock_bind (listener, "%s", hung->endpoint) >= 0);
    assert_true (ask (&cluster->nodes [0], "START", NULL));
    assert_true (ask (&cluster->nodes [1], "START", NULL));
    free (wait_event (&cluster->nodes [0], "LEADER_CHANGED"));
    zclock_sleep (500);

    node_t *node = &cluster->nodes [0];
    int64_t began_ms = zclock_mono ();
    tell (node, "CLUSTERSTATE", "2000", NULL);
    for (int count = 0; count < 5; count++) {
        assert_true (ask (node, "WATCHDOG", NULL));
        assert_string_equal (node->reply, "");
    }
    assert_true (zclock_mono () - began_ms < 1900);
    assert_true (hear (node));
    assert_true (zclock_mono () - began_ms >= 1990);
    zconfig_t *tree = s_tree (node);
    assert_string_equal (s_get (tree, "n3", "state"), "down");
    assert_string_not_equal (s_get (tree, "n2", "state"), "down");
    zconfig_destroy (&tree);
    zsock_destroy (&listener);
    cluster_destroy (&cluster);
}

static void
test_too_many_at_once (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (2, BY_TCP);
    zsock_t *listener = zsock_new (ZMQ_ROUTER);
    assert_true (zsock_bind (listener, "%s", cluster->nodes [1].endpoint) >= 0);
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "START", NULL));
    zclock_sleep (200);
    assert_false (ask (node, "CLUSTERSTATE", "0", NULL));
    assert_false (ask (node, "CLUSTERSTATE", "soon", NULL));
    assert_false (ask (node, "CLUSTERSTATE", "60001", NULL));
    for (int count = 0; count < 8; count++)
        tell (node, "CLUSTERSTATE", "60000", NULL);
    assert_false (ask (node, "CLUSTERSTATE", "60000", NULL));
    assert_int_equal (node->code, EAGAIN);
    //  A stop ends them all
    tell (node, "STOP", NULL);
    for (int count = 0; count < 8; count++) {
        assert_false (hear (node));
        assert_int_equal (node->code, ENOTCONN);
    }
    assert_true (hear (node));
    zsock_destroy (&listener);
    cluster_destroy (&cluster);
}

//  State may be asked by a stranger.

static void
test_stranger_may_ask (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    wait_role (node, "leader");
    zsock_t *dealer = test_socket (ZMQ_DEALER, node->endpoint);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_query (4711, data, sizeof (data));
    zframe_t *frame = zframe_new (data, size);
    assert_int_equal (zframe_send (&frame, dealer, 0), 0);
    frame = zframe_recv (dealer);
    assert_non_null (frame);
    uint64_t request;
    zelect_state_t answer;
    assert_int_equal (
        zelect_wire_unpack_answer (zframe_data (frame), zframe_size (frame), &request, &answer), 0);
    assert_true (request == 4711);
    assert_string_equal (answer.node, "n1");
    assert_string_equal (answer.leader, "n1");
    assert_int_equal (answer.role, ZELECT_ROLE_LEADER);
    assert_true (answer.lease_ns > 0);
    zelect_place_t place;
    assert_int_equal (zelect_place_init (&place, node->endpoint, "127.0.0.1"), 0);
    assert_true (zelect_place_is_bound_at (&place, answer.bound));
    zframe_destroy (&frame);
    zsock_destroy (&dealer);
    cluster_destroy (&cluster);
}

//  A node that is told a wrong endpoint for another cannot connect to it; the
//  other's connection serves both ways.

static void
test_link_in_one_direction (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (2, BY_TCP);
    char nowhere [40];
    snprintf (nowhere, sizeof (nowhere), "tcp://127.0.0.1:%d", zelect_ports (2));
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "SET", "cluster/member/n2/endpoint", nowhere, NULL));
    //  The feed of n2 is out of reach for n1, too, so if n2 leads its heartbeats
    //  come by the ROUTER as well
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    zclock_sleep (500);
    assert_int_equal (cluster_wait_leader (cluster), leader);
    assert_true (ask (node, "CLUSTERSTATE", "5000", NULL));
    zconfig_t *tree = s_tree (node);
    assert_string_not_equal (s_get (tree, "n2", "state"), "down");
    zconfig_destroy (&tree);
    cluster_destroy (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_all_members_answer),
        cmocka_unit_test (test_dead_member_is_down),
        cmocka_unit_test (test_hung_member_delays_nothing),
        cmocka_unit_test (test_too_many_at_once),
        cmocka_unit_test (test_stranger_may_ask),
        cmocka_unit_test (test_link_in_one_direction),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
