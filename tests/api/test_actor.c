/*  =========================================================================
    test_actor - the raw actor: every command, its replies, events and lease

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_raw.h"

#define OK(self, ...) assert_int_equal (api_raw_command (self, __VA_ARGS__, NULL), 0)
#define REFUSED(self, errno_, ...)                                                                 \
    do {                                                                                           \
        assert_int_equal (api_raw_command (self, __VA_ARGS__, NULL), -1);                          \
        assert_int_equal ((self)->code, errno_);                                                   \
        assert_true (strlen ((self)->reply) > 0);                                                  \
    } while (0)

static void
test_actor_needs_no_lease (void **state)
{
    (void) state;
    zactor_t *actor = zactor_new (zelect_actor, NULL);
    assert_non_null (actor);
    zstr_sendx (actor, "NAME", "n1", NULL);
    char *reply = zstr_recv (actor);
    assert_string_equal (reply, "OK");
    zstr_free (&reply);
    zactor_destroy (&actor);
}

static void
test_unknown_command_is_an_error (void **state)
{
    (void) state;
    api_raw_t node;
    api_raw_init (&node);
    REFUSED (&node, EINVAL, "DANCE");
    assert_non_null (strstr (node.reply, "DANCE"));
    REFUSED (&node, EINVAL, "");
    REFUSED (&node, EINVAL, "NAME");
    REFUSED (&node, EINVAL, "NAME", "n1", "n2");
    REFUSED (&node, EINVAL, "NAME", "n1", "n2", "n3", "n4", "n5", "n6", "n7");
    REFUSED (&node, EINVAL, "NAME", "n/1");
    REFUSED (&node, EINVAL, "SET", "timing/hartbeat", "5");
    REFUSED (&node, ENOTCONN, "RESIGN");
    REFUSED (&node, ENOTCONN, "TRANSFER", "n2");
    REFUSED (&node, ENOTCONN, "BIND");
    OK (&node, "NAME", "n1");
    api_raw_end (&node);
}

static void
test_settings_travel_through_a_file (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    api_raw_t node, twin;
    api_raw_init (&node);
    api_raw_init (&twin);
    api_raw_configure (&node, &cluster, 0);
    char feed [120];
    snprintf (feed, sizeof (feed), "ipc://%s/feed", cluster.directory);
    OK (&node, "FEED", feed);
    char path [100];
    snprintf (path, sizeof (path), "%s/saved.cfg", cluster.directory);
    OK (&node, "SAVE", path);
    REFUSED (&node, ENOENT, "SAVE", "/nonexistent/saved.cfg");
    REFUSED (&twin, ENOENT, "LOAD", "/nonexistent/saved.cfg");
    OK (&twin, "LOAD", path);
    OK (&twin, "START");
    api_raw_wait (&twin, 1);
    api_raw_end (&node);
    api_raw_end (&twin);
    api_cluster_end (&cluster);
}

static void
test_verbose_answers_nothing (void **state)
{
    (void) state;
    api_raw_t node;
    api_raw_init (&node);
    zstr_send (node.actor, "VERBOSE");
    OK (&node, "NAME", "n1");
    zsock_set_rcvtimeo (node.actor, 50);
    assert_null (zstr_recv (node.actor));
    api_raw_end (&node);
}

static void
test_life_of_a_single_node (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_raw_t node;
    api_raw_start (&node, &cluster, 1);
    assert_string_equal (node.reply, cluster.endpoints [0]);
    REFUSED (&node, EBUSY, "START");
    REFUSED (&node, EBUSY, "SET", "timing/heartbeat", "50");
    REFUSED (&node, EBUSY, "BIND", "tcp://*:1");
    OK (&node, "BIND");
    assert_non_null (strstr (cluster.endpoints [0], node.reply));
    api_raw_wait (&node, 1);
    zelect_token_t token;
    assert_int_equal (zelect_lease_token (node.lease, &token), 0);
    api_wait_until (api_raw_has (&node, "LEADER_CHANGED"));
    assert_string_equal (node.history, "ENTER_FOLLOWER LEAVE_FOLLOWER ENTER_CANDIDATE "
                                       "LEAVE_CANDIDATE ENTER_LEADER LEADER_CHANGED ");
    assert_int_equal (node.term, token.term);
    assert_string_equal (node.leader, "n1");
    OK (&node, "WATCHDOG");
    REFUSED (&node, EINVAL, "HEALTHY", "perhaps");

    //  STATUS is an event before its OK
    OK (&node, "STATUS");
    assert_true (api_raw_has (&node, "STATUS"));
    assert_non_null (strstr (node.text, cluster.endpoints [0]));

    OK (&node, "STOP");
    assert_false (zelect_lease_held (node.lease));
    assert_true (api_raw_has (&node, "LEAVE_LEADER"));
    assert_string_equal (node.reason, "STOPPED");
    OK (&node, "START");
    api_raw_wait (&node, 1);
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

static void
test_status_is_an_event (void **state)
{
    (void) state;
    api_raw_t node;
    api_raw_init (&node);
    zstr_send (node.actor, "STATUS");
    zelect_event_t *event = zelect_event_recv (node.actor);
    assert_non_null (event);
    assert_int_equal (zelect_event_type (event), ZELECT_STATUS);
    assert_string_equal (zelect_event_role (event), "stopped");
    zelect_event_destroy (&event);
    errno = 0;
    assert_null (zelect_event_recv (node.actor));
    assert_int_equal (errno, EPROTO);
    api_raw_end (&node);
}

static void
test_three_actors_elect_resign_and_transfer (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_raw_t nodes [3];
    api_raw_start (nodes, &cluster, 3);
    int leader = api_raw_wait (nodes, 3);
    REFUSED (&nodes [(leader + 1) % 3], ENOLCK, "RESIGN");
    OK (&nodes [leader], "RESIGN");
    assert_true (api_raw_has (&nodes [leader], "LEAVE_LEADER"));
    assert_string_equal (nodes [leader].reason, "RESIGNED");
    leader = api_raw_wait (nodes, 3);
    int heir = (leader + 1) % 3;
    REFUSED (&nodes [leader], EINVAL, "TRANSFER", "nobody");
    REFUSED (&nodes [leader], EINVAL, "TRANSFER", cluster.ids [leader]);
    api_wait_until (api_raw_command (&nodes [leader], "TRANSFER", cluster.ids [heir], NULL) == 0);
    assert_false (zelect_lease_held (nodes [leader].lease));
    api_wait_until (zelect_lease_held (nodes [heir].lease));
    OK (&nodes [heir], "HEALTHY", "0");
    assert_false (zelect_lease_held (nodes [heir].lease));
    assert_int_not_equal (api_raw_wait (nodes, 3), heir);
    for (int index = 0; index < 3; index++)
        api_raw_end (&nodes [index]);
    api_cluster_end (&cluster);
}

static void
test_cluster_state_names_the_dead (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_raw_t nodes [3];
    api_raw_start (nodes, &cluster, 3);
    int leader = api_raw_wait (nodes, 3);
    int dead = (leader + 1) % 3, asker = (leader + 2) % 3;
    api_raw_end (&nodes [dead]);
    REFUSED (&nodes [asker], EINVAL, "CLUSTERSTATE", "soon");
    OK (&nodes [asker], "CLUSTERSTATE", "2000");
    zconfig_t *tree = zconfig_str_load (nodes [asker].reply);
    assert_string_equal (zconfig_get (tree, "leader", ""), cluster.ids [leader]);
    char path [40];
    snprintf (path, sizeof (path), "members/%s/state", cluster.ids [dead]);
    assert_string_equal (zconfig_get (tree, path, ""), "down");
    snprintf (path, sizeof (path), "members/%s/state", cluster.ids [leader]);
    assert_string_equal (zconfig_get (tree, path, ""), "leader");
    zconfig_destroy (&tree);
    OK (&nodes [asker], "CLUSTERSTATE");
    api_raw_end (&nodes [leader]);
    api_raw_end (&nodes [asker]);
    api_cluster_end (&cluster);
}

//  An actor whose owner reads nothing ends all the same.

static void
test_deaf_owner_can_destroy (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_raw_t node;
    api_raw_start (&node, &cluster, 1);
    api_raw_wait (&node, 1);
    for (int count = 0; count < 3000; count++)
        zstr_sendx (node.actor, "HEALTHY", count % 2 ? "1" : "0", NULL);
    int64_t begun_ms = api_now_ms ();
    api_raw_end (&node);
    assert_true (api_now_ms () - begun_ms < 3000);
    api_cluster_end (&cluster);
}

//  zactor_destroy does not wait for an actor whose pipe has a time-out: then the
//  lease is destroyed under its hands.

static void
test_lease_may_be_destroyed_too_early (void **state)
{
    (void) state;
    for (int count = 0; count < 20; count++) {
        api_cluster_t cluster;
        api_raw_t node;
        api_raw_start (&node, &cluster, 1);
        zsock_set_rcvtimeo (node.actor, 0);
        zactor_destroy (&node.actor);
        zelect_lease_destroy (&node.lease);
        zstr_free (&node.reply);
        api_cluster_end (&cluster);
    }
    //  Time for the actors to end: at exit CZMQ closes what is open
    zclock_sleep (500);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_actor_needs_no_lease),
        cmocka_unit_test (test_unknown_command_is_an_error),
        cmocka_unit_test (test_settings_travel_through_a_file),
        cmocka_unit_test (test_verbose_answers_nothing),
        cmocka_unit_test (test_life_of_a_single_node),
        cmocka_unit_test (test_status_is_an_event),
        cmocka_unit_test (test_three_actors_elect_resign_and_transfer),
        cmocka_unit_test (test_cluster_state_names_the_dead),
        cmocka_unit_test (test_deaf_owner_can_destroy),
        cmocka_unit_test (test_lease_may_be_destroyed_too_early),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
