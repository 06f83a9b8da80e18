/*  =========================================================================
    test_handle - zelect_t: life, questions and doing

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_clock.h"
#include "zelect_types.h"

//  --------------------------------------------------------------------------
//  Life

static void
test_new_takes_names_only (void **state)
{
    (void) state;
    const char *bad [] = {"", "a b", "n/1", "ä",
                          "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t index = 0; index < sizeof (bad) / sizeof (bad [0]); index++) {
        errno = 0;
        assert_null (zelect_new (bad [index], "test"));
        assert_int_equal (errno, EINVAL);
        errno = 0;
        assert_null (zelect_new ("n1", bad [index]));
        assert_int_equal (errno, EINVAL);
    }
    zelect_t *node = zelect_new (NULL, NULL);
    assert_non_null (node);
    zelect_destroy (&node);
    assert_null (node);
    zelect_destroy (&node);
}

static void
test_node_that_does_not_run_says_so (void **state)
{
    (void) state;
    zelect_t *node = zelect_new ("n1", "test");
    zelect_token_t token;
    assert_false (zelect_is_leader (node));
    assert_int_equal (zelect_token (node, &token), -1);
    assert_int_equal (errno, ENOLCK);
    assert_string_equal (zelect_role (node), "stopped");
    assert_int_equal (zelect_term (node), 0);
    assert_null (zelect_leader (node));
    assert_string_equal (zelect_error (node), "");
    assert_null (zelect_cluster_state (node, 100));
    assert_int_equal (errno, ENOTCONN);
    assert_int_equal (zelect_resign (node), -1);
    assert_int_equal (errno, ENOTCONN);
    assert_int_equal (zelect_transfer (node, "n2"), -1);
    assert_int_equal (errno, ENOTCONN);
    assert_int_equal (zelect_set_healthy (node, false), -1);
    assert_int_equal (errno, ENOTCONN);
    assert_true (strlen (zelect_error (node)) > 0);
    zelect_kick_watchdog (node);
    zelect_stop (node);
    assert_null (zelect_recv (node, 0));
    assert_int_equal (errno, EAGAIN);
    zelect_destroy (&node);
}

static void
test_single_node_leads (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    zelect_t *node = cluster.nodes [0];
    api_cluster_wait (&cluster);
    zelect_token_t token;
    assert_int_equal (zelect_token (node, &token), 0);
    assert_true (token.term > 0);
    assert_int_equal (token.term, zelect_term (node));
    assert_true (token.until_ns > zelect_clock_ns ());
    assert_true (token.until_ns < zelect_clock_ns () + API_ELECTION_MS * ZELECT_MS);
    assert_string_equal (zelect_role (node), "leader");
    assert_string_equal (zelect_leader (node), "n1");
    api_cluster_end (&cluster);
}

static void
test_start_twice_is_EBUSY (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    assert_int_equal (zelect_start (cluster.nodes [0]), -1);
    assert_int_equal (errno, EBUSY);
    api_cluster_end (&cluster);
}

static void
test_stop_leaves_and_start_comes_back (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    zelect_t *node = cluster.nodes [0];
    api_cluster_wait (&cluster);
    uint64_t term = zelect_term (node);
    zelect_stop (node);
    assert_false (zelect_is_leader (node));
    assert_string_equal (zelect_role (node), "stopped");
    assert_null (zelect_leader (node));
    zelect_event_t *event = api_wait_for_event (node, ZELECT_LEAVE_LEADER);
    assert_non_null (event);
    assert_string_equal (zelect_event_reason (event), "STOPPED");
    zelect_event_destroy (&event);
    zelect_stop (node);

    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);
    assert_true (zelect_term (node) > term);
    event = api_wait_for_event (node, ZELECT_ENTER_LEADER);
    assert_non_null (event);
    zelect_event_destroy (&event);
    api_cluster_end (&cluster);
}

//  A failed start leaves a handle that can be put right.

static void
test_start_can_be_tried_again (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    assert_int_equal (zelect_set_store (node, "/nonexistent/zelect"), 0);
    assert_int_equal (zelect_start (node), -1);
    assert_non_null (strstr (zelect_error (node), "/nonexistent/zelect"));
    assert_string_equal (zelect_role (node), "stopped");
    assert_int_equal (zelect_set_store (node, api_cluster_store (&cluster, 0)), 0);
    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Three nodes

static void
test_three_nodes_agree (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    assert_int_equal (api_cluster_leaders (&cluster), 1);
    for (int index = 0; index < 3; index++) {
        const zelect_t *node = cluster.nodes [index];
        zelect_token_t token;
        assert_string_equal (zelect_leader (node), cluster.ids [leader]);
        assert_int_equal (zelect_term (node), zelect_term (cluster.nodes [leader]));
        assert_string_equal (zelect_role (node), index == leader ? "leader" : "follower");
        assert_int_equal (zelect_token (node, &token), index == leader ? 0 : -1);
    }
    api_cluster_end (&cluster);
}

static void
test_resign_is_over_when_it_returns_R11 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    uint64_t term = zelect_term (cluster.nodes [leader]);
    int follower = (leader + 1) % 3;
    assert_int_equal (zelect_resign (cluster.nodes [follower]), -1);
    assert_int_equal (errno, ENOLCK);
    assert_int_equal (zelect_resign (cluster.nodes [leader]), 0);
    zelect_token_t token;
    bool is_new = zelect_token (cluster.nodes [leader], &token) == 0;
    assert_true (!is_new || token.term > term);
    api_wait_until (api_cluster_leaders (&cluster) == 1);
    int next = api_cluster_wait (&cluster);
    assert_true (zelect_term (cluster.nodes [next]) > term);
    zelect_event_t *event = api_wait_for_event (cluster.nodes [leader], ZELECT_LEAVE_LEADER);
    assert_non_null (event);
    assert_string_equal (zelect_event_reason (event), "RESIGNED");
    zelect_event_destroy (&event);
    api_cluster_end (&cluster);
}

static void
test_transfer_goes_where_it_shall_R11 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    zelect_t *node = cluster.nodes [leader];
    int heir = (leader + 1) % 3;
    assert_int_equal (zelect_transfer (cluster.nodes [heir], cluster.ids [heir]), -1);
    assert_int_equal (errno, ENOLCK);
    assert_int_equal (zelect_transfer (node, "nobody"), -1);
    assert_int_equal (errno, EINVAL);
    assert_int_equal (zelect_transfer (node, cluster.ids [leader]), -1);
    assert_int_equal (errno, EINVAL);
    assert_true (zelect_is_leader (node));
    for (int turn = 0; turn < 3; turn++) {
        leader = api_cluster_wait (&cluster);
        heir = (leader + 1) % 3;
        //  It can lead from the moment it has acknowledged
        api_wait_until (zelect_transfer (cluster.nodes [leader], cluster.ids [heir]) == 0);
        assert_false (zelect_is_leader (cluster.nodes [leader]));
        api_wait_until (zelect_is_leader (cluster.nodes [heir]));
    }
    api_cluster_end (&cluster);
}

static void
test_transfer_to_the_dead_is_refused_R11 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    int dead = (leader + 1) % 3;
    zelect_destroy (&cluster.nodes [dead]);
    //  Until it has been silent for a while it counts as there
    zclock_sleep (API_ELECTION_MS);
    assert_int_equal (zelect_transfer (cluster.nodes [leader], cluster.ids [dead]), -1);
    assert_int_equal (errno, EHOSTUNREACH);
    assert_true (strlen (zelect_error (cluster.nodes [leader])) > 0);
    assert_true (zelect_is_leader (cluster.nodes [leader]));
    api_cluster_end (&cluster);
}

static void
test_unhealthy_leader_makes_room_R12 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    zelect_t *node = cluster.nodes [leader];
    assert_int_equal (zelect_set_healthy (node, false), 0);
    assert_false (zelect_is_leader (node));
    int next = api_cluster_wait (&cluster);
    assert_int_not_equal (next, leader);
    zelect_event_t *event = api_wait_for_event (node, ZELECT_LEAVE_LEADER);
    assert_string_equal (zelect_event_reason (event), "UNHEALTHY");
    zelect_event_destroy (&event);

    api_wait_until (zelect_transfer (cluster.nodes [next], cluster.ids [leader]) == -1);
    assert_int_equal (errno, EHOSTUNREACH);
    assert_int_equal (zelect_set_healthy (node, true), 0);
    api_wait_until (zelect_transfer (cluster.nodes [next], cluster.ids [leader]) == 0);
    api_wait_until (zelect_is_leader (node));
    api_cluster_end (&cluster);
}

static void
test_watchdog_wants_to_be_kicked_R12 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    assert_int_equal (zelect_set_watchdog (node, 800), 0);
    assert_int_equal (zelect_start (node), 0);
    api_wait_until (zelect_is_leader (node));
    zelect_event_t *event;
    int64_t end_ms = api_now_ms () + 2000;
    while (api_now_ms () < end_ms) {
        zelect_kick_watchdog (node);
        if ((event = zelect_recv (node, 20)))
            assert_int_not_equal (zelect_event_type (event), ZELECT_ERROR);
        zelect_event_destroy (&event);
    }
    event = api_wait_for_event (node, ZELECT_ERROR);
    assert_non_null (strstr (zelect_event_text (event), "watchdog"));
    zelect_event_destroy (&event);
    event = api_wait_for_event (node, ZELECT_LEAVE_LEADER);
    assert_string_equal (zelect_event_reason (event), "UNHEALTHY");
    zelect_event_destroy (&event);
    assert_false (zelect_is_leader (node));
    zelect_kick_watchdog (node);
    api_wait_until (zelect_is_leader (node));
    api_cluster_end (&cluster);
}

//  A leader whose work needs notice frees nobody before its lease ends, unless it is
//  asked to lead no more.

static uint64_t
s_lease_of (const zelect_t *node)
{
    zelect_token_t token;
    uint64_t until_ns = 0;
    while (zelect_token (node, &token) == 0)
        until_ns = token.until_ns;
    return until_ns;
}

static void
test_notice_keeps_the_lease_from_others_R11 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 3);
    for (int index = 0; index < 3; index++) {
        zelect_t *node = api_cluster_add (&cluster, index);
        assert_int_equal (zelect_set_notice (node, 50), 0);
        assert_int_equal (zelect_set_watchdog (node, 500), 0);
        assert_int_equal (zelect_start (node), 0);
    }
    int first = api_cluster_wait (&cluster);
    const uint64_t until_ns = s_lease_of (cluster.nodes [first]);    //  It starves
    zelect_t *one = cluster.nodes [(first + 1) % 3], *other = cluster.nodes [(first + 2) % 3];
    api_wait_until (zelect_is_leader (one) || zelect_is_leader (other));
    zelect_t *next = zelect_is_leader (one) ? one : other;
    zelect_event_t *event = api_wait_for_event (next, ZELECT_ENTER_LEADER);
    assert_non_null (event);
    assert_true (zelect_event_time_ns (event) >= until_ns);
    zelect_event_destroy (&event);

    while (!zelect_is_leader (next))
        zelect_kick_watchdog (next);
    zelect_kick_watchdog (next);
    zelect_token_t token;
    assert_int_equal (zelect_token (next, &token), 0);
    assert_int_equal (zelect_resign (next), 0);
    zelect_t *heir = next == one ? other : one;
    event = api_wait_for_event (heir, ZELECT_ENTER_LEADER);
    assert_non_null (event);
    zelect_event_destroy (&event);
    api_cluster_end (&cluster);
}

//  The one who steps aside says why.

static void
test_preempting_leader_steps_aside_R12 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 3);
    for (int index = 0; index < 3; index++)
        assert_int_equal (zelect_set_preempt (api_cluster_add (&cluster, index), true), 0);
    assert_int_equal (zelect_set_priority (cluster.nodes [0], 200), 0);
    for (int index = 0; index < 3; index++)
        assert_int_equal (zelect_start (cluster.nodes [index]), 0);
    api_wait_until (zelect_is_leader (cluster.nodes [0]));
    assert_int_equal (zelect_set_healthy (cluster.nodes [0], false), 0);
    int deputy = api_cluster_wait (&cluster);
    assert_int_not_equal (deputy, 0);
    assert_int_equal (zelect_set_healthy (cluster.nodes [0], true), 0);
    api_wait_until (zelect_is_leader (cluster.nodes [0]));
    zelect_event_t *event = api_wait_for_event (cluster.nodes [deputy], ZELECT_LEAVE_LEADER);
    while (event && strneq (zelect_event_reason (event), "PREEMPTED")) {
        zelect_event_destroy (&event);
        event = api_wait_for_event (cluster.nodes [deputy], ZELECT_LEAVE_LEADER);
    }
    assert_non_null (event);
    zelect_event_destroy (&event);
    api_cluster_end (&cluster);
}

static void
test_drift_shortens_the_lease_R6 (void **state)
{
    (void) state;
    uint64_t longest_ns [2] = {0, 0};
    for (int turn = 0; turn < 2; turn++) {
        api_cluster_t cluster;
        api_cluster_init (&cluster, 1);
        zelect_t *node = api_cluster_add (&cluster, 0);
        assert_int_equal (zelect_set_drift (node, turn ? 300 : 1), 0);
        assert_int_equal (zelect_start (node), 0);
        api_cluster_wait (&cluster);
        for (int count = 0; count < 50; count++) {
            zelect_token_t token;
            uint64_t now_ns = zelect_clock_ns ();
            if (zelect_token (node, &token) == 0 && token.until_ns > now_ns + longest_ns [turn])
                longest_ns [turn] = token.until_ns - now_ns;
            zclock_sleep (2);
        }
        api_cluster_end (&cluster);
    }
    assert_true (longest_ns [0] > 300 * ZELECT_MS);
    assert_true (longest_ns [1] < 220 * ZELECT_MS);
}

static void
s_expect (zconfig_t *tree, const char *id, const char *key, const char *value)
{
    char path [100];
    snprintf (path, sizeof (path), "members/%s/%s", id, key);
    assert_string_equal (zconfig_get (tree, path, "(missing)"), value);
}

static void
test_cluster_state_survives_the_dead (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 3);
    for (int index = 0; index < 3; index++)
        api_cluster_add (&cluster, index);
    assert_int_equal (zelect_set_tag (cluster.nodes [1], "zone", "a b"), 0);
    assert_int_equal (zelect_set_priority (cluster.nodes [1], 7), 0);
    for (int index = 0; index < 3; index++)
        assert_int_equal (zelect_start (cluster.nodes [index]), 0);
    int leader = api_cluster_wait (&cluster);
    const char *leader_id = cluster.ids [leader];
    int dead = leader == 0 ? 2 : 0;
    zelect_destroy (&cluster.nodes [dead]);

    for (int asker = 0; asker < 3; asker++) {
        if (asker == dead)
            continue;
        int64_t begun_ms = api_now_ms ();
        zconfig_t *tree = zelect_cluster_state (cluster.nodes [asker], 2000);
        assert_true (api_now_ms () - begun_ms < 4000);
        assert_non_null (tree);
        assert_string_equal (zconfig_get (tree, "leader", ""), leader_id);
        s_expect (tree, cluster.ids [dead], "state", "down");
        s_expect (tree, cluster.ids [dead], "endpoint", cluster.endpoints [dead]);
        s_expect (tree, leader_id, "state", "leader");
        s_expect (tree, leader_id, "leader", leader_id);
        s_expect (tree, leader_id, "voter", "1");
        s_expect (tree, "n2", "tags/zone", "a b");
        s_expect (tree, "n2", "priority", "7");
        zconfig_destroy (&tree);
    }
    api_cluster_end (&cluster);
}

//  Everybody asks, while commands go on; and the time 0 is a time.

static void *
s_ask_for_state (void *arg)
{
    zelect_t *node = (zelect_t *) arg;
    for (int count = 0; count < 10; count++) {
        zconfig_t *tree = zelect_cluster_state (node, count % 2 ? 300 : 0);
        assert (tree && zconfig_get (tree, "members/n1/state", NULL));
        zconfig_destroy (&tree);
    }
    return NULL;
}

static void
test_cluster_state_holds_up_nobody (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    zelect_t *node = cluster.nodes [leader];
    zelect_destroy (&cluster.nodes [(leader + 1) % 3]);
    pthread_t threads [4];
    for (int index = 0; index < 4; index++)
        pthread_create (&threads [index], NULL, s_ask_for_state, node);
    int64_t slowest_ms = 0;
    for (int count = 0; count < 100; count++) {
        int64_t begun_ms = api_now_ms ();
        assert_int_equal (zelect_set_healthy (node, true), 0);
        int64_t taken_ms = api_now_ms () - begun_ms;
        slowest_ms = taken_ms > slowest_ms ? taken_ms : slowest_ms;
        zclock_sleep (2);
    }
    for (int index = 0; index < 4; index++)
        pthread_join (threads [index], NULL);
    assert_true (slowest_ms < 1000);
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_new_takes_names_only),
        cmocka_unit_test (test_node_that_does_not_run_says_so),
        cmocka_unit_test (test_single_node_leads),
        cmocka_unit_test (test_start_twice_is_EBUSY),
        cmocka_unit_test (test_stop_leaves_and_start_comes_back),
        cmocka_unit_test (test_start_can_be_tried_again),
        cmocka_unit_test (test_three_nodes_agree),
        cmocka_unit_test (test_resign_is_over_when_it_returns_R11),
        cmocka_unit_test (test_transfer_goes_where_it_shall_R11),
        cmocka_unit_test (test_transfer_to_the_dead_is_refused_R11),
        cmocka_unit_test (test_unhealthy_leader_makes_room_R12),
        cmocka_unit_test (test_watchdog_wants_to_be_kicked_R12),
        cmocka_unit_test (test_notice_keeps_the_lease_from_others_R11),
        cmocka_unit_test (test_preempting_leader_steps_aside_R12),
        cmocka_unit_test (test_drift_shortens_the_lease_R6),
        cmocka_unit_test (test_cluster_state_survives_the_dead),
        cmocka_unit_test (test_cluster_state_holds_up_nobody),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
