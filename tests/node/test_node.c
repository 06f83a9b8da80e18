/*  =========================================================================
    test_node - real nodes elect, hand over, stop and start again

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"

//  Three nodes elect one leader; when it stops, the next leads in a higher term;
//  when it starts again, it follows.

static void
s_elect_and_fail_over (transport_t transport)
{
    cluster_t *cluster = cluster_new (3, transport);
    cluster_start (cluster);
    int first = cluster_wait_leader (cluster);
    uint64_t first_term = zelect_cell_term (cluster->nodes [first].cell);

    assert_true (ask (&cluster->nodes [first], "STOP", NULL));
    assert_false (zelect_cell_held (cluster->nodes [first].cell));
    assert_string_equal (zelect_cell_role (cluster->nodes [first].cell), "stopped");
    assert_null (zelect_cell_leader (cluster->nodes [first].cell));
    int second = cluster_wait_leader (cluster);
    uint64_t second_term = zelect_cell_term (cluster->nodes [second].cell);
    assert_int_not_equal (first, second);
    assert_true (second_term > first_term);

    if (!ask (&cluster->nodes [first], "START", NULL))
        fail_msg ("%s", cluster->nodes [first].reply);
    assert_int_equal (cluster_wait_leader (cluster), second);
    cluster_destroy (&cluster);
}

static void
test_three_nodes_over_tcp (void **state)
{
    (void) state;
    s_elect_and_fail_over (BY_TCP);
}

static void
test_three_nodes_over_ipv6 (void **state)
{
    (void) state;
    s_elect_and_fail_over (BY_TCP6);
}

static void
test_three_nodes_over_ipc (void **state)
{
    (void) state;
    s_elect_and_fail_over (BY_IPC);
}

static void
test_volatile_nodes_elect (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    for (int index = 0; index < 3; index++) {
        node_t *node = &cluster->nodes [index];
        assert_true (ask (node, "STORE", "", NULL));
        assert_true (ask (node, "SET", "node/create", "0", NULL));
        assert_true (ask (node, "SET", "node/volatile", "1", NULL));
    }
    cluster_start (cluster);
    cluster_wait_leader (cluster);
    cluster_destroy (&cluster);
}

//  ENTER and LEAVE alternate from the first start to the last stop, over a
//  leadership, a resignation and a second start.

static void
s_check_alternation (zlist_t *events, int least_count)
{
    char entered [32] = "";
    int count = 0;
    for (char *event = zlist_first (events); event; event = zlist_next (events)) {
        bool is_enter = strncmp (event, "ENTER_", 6) == 0;
        bool is_leave = strncmp (event, "LEAVE_", 6) == 0;
        if (!is_enter && !is_leave)
            continue;
        char category [32];
        snprintf (category, sizeof (category), "%.*s", (int) strcspn (event + 6, " "), event + 6);
        assert_string_equal (entered, is_enter ? "" : category);
        if (count == 0)
            assert_string_equal (category, "FOLLOWER");
        snprintf (entered, sizeof (entered), "%s", is_enter ? category : "");
        count++;
    }
    assert_string_equal (entered, "");
    assert_true (count >= least_count);
}

static void
test_events_alternate (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    wait_role (node, "leader");
    assert_true (ask (node, "RESIGN", NULL));
    assert_false (zelect_cell_held (node->cell));
    wait_role (node, "leader");
    assert_true (ask (node, "STOP", NULL));
    assert_true (ask (node, "START", NULL));
    wait_role (node, "leader");
    assert_true (ask (node, "STOP", NULL));
    s_check_alternation (node->events, 20);
    cluster_destroy (&cluster);
}

static void
test_enter_leader_tells_the_lease (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    //  The reply to START comes before all events
    assert_int_equal (zlist_size (node->events), 0);
    char *event = wait_event (node, "ENTER_LEADER");
    assert_non_null (strstr (event, "role=leader old=leader_elect term=1 leader=n1 reason=LEASED"));
    assert_null (strstr (event, "until=0 "));
    free (event);
    event = wait_event (node, "LEADER_CHANGED");
    assert_non_null (strstr (event, "leader=n1"));
    free (event);
    assert_true (ask (node, "STOP", NULL));
    event = wait_event (node, "LEAVE_LEADER");
    assert_non_null (strstr (event, "reason=STOPPED"));
    free (event);
    event = wait_event (node, "LEAVE_FOLLOWER");
    assert_non_null (strstr (event, "role=stopped"));
    free (event);
    cluster_destroy (&cluster);
}

//  A leader alone steps down at the end of its lease, and says why.

static void
test_lost_quorum_is_told (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (2, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    node_t *node = &cluster->nodes [leader];
    node_destroy (&cluster->nodes [1 - leader]);
    free (wait_event (node, "QUORUM_LOST"));
    char *event = wait_event (node, "LEAVE_LEADER");
    assert_non_null (strstr (event, "reason=LOST_QUORUM"));
    free (event);
    assert_false (zelect_cell_held (node->cell));
    cluster_destroy (&cluster);
}

static void
test_transfer (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    int target = (leader + 1) % 3;
    node_t *node = &cluster->nodes [leader];
    assert_false (ask (node, "TRANSFER", "n9", NULL));
    assert_int_equal (node->code, EINVAL);
    assert_false (ask (node, "TRANSFER", node->id, NULL));
    assert_int_equal (node->code, EINVAL);
    assert_false (ask (&cluster->nodes [target], "TRANSFER", "n1", NULL));
    assert_int_equal (cluster->nodes [target].code, ENOLCK);
    //  A follower that has not acknowledged lately cannot be handed to
    uint64_t tries = 0;
    while (!ask (node, "TRANSFER", cluster->nodes [target].id, NULL) && tries++ < 100)
        zclock_sleep (10);
    assert_false (zelect_cell_held (node->cell));
    wait_role (&cluster->nodes [target], "leader");
    assert_int_equal (cluster_wait_leader (cluster), target);
    cluster_destroy (&cluster);
}

static void
test_unhealthy_leader_resigns (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    node_t *node = &cluster->nodes [leader];
    assert_true (ask (node, "HEALTHY", "0", NULL));
    assert_false (zelect_cell_held (node->cell));
    char *event = wait_event (node, "LEAVE_LEADER");
    assert_non_null (strstr (event, "reason=UNHEALTHY"));
    free (event);
    assert_int_not_equal (cluster_wait_leader (cluster), leader);
    assert_true (ask (node, "HEALTHY", "1", NULL));
    assert_false (ask (node, "HEALTHY", "maybe", NULL));
    assert_int_equal (node->code, EINVAL);
    cluster_destroy (&cluster);
}

//  A leader that is not kicked gives up; once it is kicked, it leads again.

static void
test_watchdog (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "SET", "timing/watchdog", "1000", NULL));
    cluster_start (cluster);
    wait_role (node, "leader");
    for (int count = 0; count < 20; count++) {
        assert_true (ask (node, "WATCHDOG", NULL));
        zclock_sleep (30);
    }
    assert_true (zelect_cell_held (node->cell));
    char *event = wait_event (node, "ERROR");
    assert_non_null (strstr (event, "watchdog"));
    free (event);
    event = wait_event (node, "LEAVE_LEADER");
    assert_non_null (strstr (event, "reason=UNHEALTHY"));
    free (event);
    zelect_cell_kick (node->cell);
    free (wait_event (node, "ENTER_LEADER"));
    cluster_destroy (&cluster);
}

//  A node that is destroyed hands over first, and in time (G6).

static void
test_destroy_resigns_within_a_second (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    int64_t began_ms = zclock_mono ();
    node_destroy (&cluster->nodes [leader]);
    assert_true (zclock_mono () - began_ms < 3000);
    cluster_wait_leader (cluster);
    cluster_destroy (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_three_nodes_over_tcp),
        cmocka_unit_test (test_three_nodes_over_ipv6),
        cmocka_unit_test (test_three_nodes_over_ipc),
        cmocka_unit_test (test_volatile_nodes_elect),
        cmocka_unit_test (test_events_alternate),
        cmocka_unit_test (test_enter_leader_tells_the_lease),
        cmocka_unit_test (test_lost_quorum_is_told),
        cmocka_unit_test (test_transfer),
        cmocka_unit_test (test_unhealthy_leader_resigns),
        cmocka_unit_test (test_watchdog),
        cmocka_unit_test (test_destroy_resigns_within_a_second),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
