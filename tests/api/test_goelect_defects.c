/*  =========================================================================
    test_goelect_defects - what goelect does wrong, as far as no other suite has it

    doc/goelect.md has one row for every defect of goelect that can be seen from
    outside. Tests have the defect's number in that table in their name.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_diary.h"
#include "api_raw.h"
#include "zelect_types.h"
#include "zelect_wire.h"

#include <dirent.h>

//  --------------------------------------------------------------------------
//  Support

//  How often any of the nodes entered leadership, as far as its events tell; and
//  whether two did in one term.

typedef struct {
    int enters;
    uint64_t terms [100];
    bool is_double;
} s_census_t;

static void
s_count (s_census_t *self, api_cluster_t *cluster)
{
    for (int index = 0; index < cluster->count; index++) {
        zelect_event_t *event;
        while (cluster->nodes [index] && (event = zelect_recv (cluster->nodes [index], 0))) {
            if (zelect_event_type (event) == ZELECT_ENTER_LEADER) {
                for (int enter = 0; enter < self->enters; enter++)
                    self->is_double |= self->terms [enter] == zelect_event_term (event);
                assert_true (self->enters < 100);
                self->terms [self->enters++] = zelect_event_term (event);
            }
            zelect_event_destroy (&event);
        }
    }
}

static void
s_configure_all (api_cluster_t *cluster, int count)
{
    api_cluster_init (cluster, count);
    for (int index = 0; index < count; index++)
        api_cluster_add (cluster, index);
}

static void
s_start (api_cluster_t *cluster, int index)
{
    if (zelect_start (cluster->nodes [index]))
        fail_msg ("%s", zelect_error (cluster->nodes [index]));
}

//  --------------------------------------------------------------------------
//  Defects 1 and 2

static void
s_assert_one_election_each (int count)
{
    api_cluster_t cluster;
    s_census_t census = {.enters = 0};
    api_cluster_start (&cluster, count);
    int leader = api_cluster_wait (&cluster);
    zclock_sleep (5 * API_ELECTION_MS);
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 1);
    assert_int_equal (api_cluster_wait (&cluster), leader);
    zelect_destroy (&cluster.nodes [leader]);
    api_cluster_wait (&cluster);
    zclock_sleep (5 * API_ELECTION_MS);
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 2);
    assert_false (census.is_double);
    api_cluster_end (&cluster);
}

static void
test_one_election_each_time_1_2 (void **state)
{
    (void) state;
    s_assert_one_election_each (3);
    s_assert_one_election_each (5);
}

//  --------------------------------------------------------------------------
//  Defects 5 and 6: who counts

static void
s_assert_majority_counts (int count, int killed)
{
    api_cluster_t cluster;
    api_cluster_start (&cluster, count);
    int leader = api_cluster_wait (&cluster);
    for (int index = 1; index <= killed; index++)
        zelect_destroy (&cluster.nodes [(leader + index) % count]);
    zelect_event_t *event = api_wait_for_event (cluster.nodes [leader], ZELECT_LEAVE_LEADER);
    assert_non_null (event);
    assert_string_equal (zelect_event_reason (event), "LOST_QUORUM");
    zelect_event_destroy (&event);
    int64_t end_ms = api_now_ms () + 4 * API_ELECTION_MS;
    while (api_now_ms () < end_ms)
        assert_int_equal (api_cluster_leaders (&cluster), 0);
    api_cluster_end (&cluster);
}

static void
test_half_is_no_majority_5 (void **state)
{
    (void) state;
    s_assert_majority_counts (2, 1);
    s_assert_majority_counts (4, 2);
}

static void
test_missing_non_voters_depose_nobody_6 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    s_configure_all (&cluster, 5);
    for (int index = 0; index < 3; index++) {
        for (int mute = 3; mute < 5; mute++)
            assert_int_equal (
                zelect_set_member_voter (cluster.nodes [index], cluster.ids [mute], false), 0);
        s_start (&cluster, index);
    }
    zelect_destroy (&cluster.nodes [3]);
    zelect_destroy (&cluster.nodes [4]);
    s_census_t census = {.enters = 0};
    api_cluster_wait (&cluster);
    zclock_sleep (8 * API_ELECTION_MS);
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 1);
    assert_int_equal (api_cluster_leaders (&cluster), 1);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 10 and 11: callbacks

static void
test_held_callbacks_hold_up_nobody_10 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    static api_diary_t diaries [5];
    s_configure_all (&cluster, 5);
    for (int index = 0; index < 5; index++) {
        api_diary_init (&diaries [index], cluster.nodes [index], api_diary_hold);
        atomic_store (&diaries [index].is_held, true);
    }
    for (int index = 0; index < 5; index++)
        s_start (&cluster, index);
    s_census_t census = {.enters = 0};
    int leader = api_cluster_wait (&cluster);
    zelect_destroy (&cluster.nodes [leader]);
    int next = api_cluster_wait (&cluster);
    zclock_sleep (5 * API_ELECTION_MS);
    assert_true (zelect_is_leader (cluster.nodes [next]));
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 1);
    for (int index = 0; index < 5; index++) {
        assert_int_equal (api_diary_count (&diaries [index]), 1);
        atomic_store (&diaries [index].is_held, false);
    }
    api_wait_until (api_diary_has (&diaries [next], "ENTER_LEADER"));
    api_wait_until (atomic_load (&diaries [leader].running) == 0);
    api_cluster_end (&cluster);
}

static int
s_take_a_while (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    (void) self;
    (void) node;
    (void) event;
    zclock_sleep (100);
    return 0;
}

static void
test_callback_timeout_has_a_default_11 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    s_configure_all (&cluster, 1);
    api_diary_init (&diary, cluster.nodes [0], s_take_a_while);
    s_start (&cluster, 0);
    api_wait_until (api_diary_has (&diary, "ENTER_LEADER"));
    zelect_event_t *event;
    while ((event = zelect_recv (cluster.nodes [0], 200))) {
        assert_int_not_equal (zelect_event_type (event), ZELECT_ERROR);
        zelect_event_destroy (&event);
    }
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 13, 14, 25: others that are not there, or come back

static void
test_leader_is_answered_locally_13 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    int dead = (leader + 1) % 3, asker = (leader + 2) % 3;
    zelect_destroy (&cluster.nodes [dead]);
    int64_t begun_ms = api_now_ms ();
    for (int count = 0; count < 10000; count++)
        assert_string_equal (zelect_leader (cluster.nodes [asker]), cluster.ids [leader]);
    assert_true (api_now_ms () - begun_ms < 1000);
    api_cluster_end (&cluster);
}

static void
test_rejoiner_unseats_nobody_14 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    uint64_t term = zelect_term (cluster.nodes [leader]);
    zelect_t *guest = cluster.nodes [(leader + 1) % 3];
    for (int count = 0; count < 3; count++) {
        zelect_stop (guest);
        zclock_sleep (2 * API_ELECTION_MS);
        assert_int_equal (zelect_start (guest), 0);
        api_wait_until (zelect_leader (guest) != NULL);
        zclock_sleep (2 * API_ELECTION_MS);
        assert_int_equal (api_cluster_wait (&cluster), leader);
        assert_int_equal (zelect_term (cluster.nodes [leader]), term);
    }
    api_cluster_end (&cluster);
}

static void
test_dead_member_delays_no_election_25 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    s_configure_all (&cluster, 3);
    zelect_destroy (&cluster.nodes [2]);
    int64_t begun_ms = api_now_ms ();
    s_start (&cluster, 0);
    s_start (&cluster, 1);
    api_cluster_wait (&cluster);
    assert_true (api_now_ms () - begun_ms < 10 * API_ELECTION_MS);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 18 and 19: what is left behind

static void
test_terms_survive_a_restart_18 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    uint64_t last = 0;
    for (int count = 0; count < 3; count++) {
        api_cluster_wait (&cluster);
        assert_true (zelect_term (cluster.nodes [0]) > last);
        last = zelect_term (cluster.nodes [0]);
        zelect_destroy (&cluster.nodes [0]);
        api_cluster_add (&cluster, 0);
        s_start (&cluster, 0);
    }
    api_cluster_end (&cluster);
}

static int
s_entries (const char *path)
{
    int count = 0;
    DIR *directory = opendir (path);
    assert_non_null (directory);
    while (readdir (directory))
        count++;
    closedir (directory);
    return count;
}

static void
test_nothing_is_left_behind_19 (void **state)
{
    (void) state;
    int handles = 0, threads = 0;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 3);
    for (int count = 0; count < 10; count++) {
        for (int index = 0; index < 3; index++) {
            api_cluster_add (&cluster, index);
            s_start (&cluster, index);
        }
        zclock_sleep (20);
        for (int index = 0; index < 3; index++)
            zelect_destroy (&cluster.nodes [index]);
        //  CZMQ's own come with the first use, and go a little later
        zclock_sleep (50);
        if (count == 2) {
            handles = s_entries ("/proc/self/fd");
            threads = s_entries ("/proc/self/task");
        }
    }
    api_wait_until (s_entries ("/proc/self/fd") <= handles);
    api_wait_until (s_entries ("/proc/self/task") <= threads);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 20, 27: the doors

//  A stranger campaigns and sends heartbeats of the greatest terms, in the name
//  of the cluster.

static void
test_strangers_are_not_heard_20 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    api_cluster_wait (&cluster);
    uint64_t term = zelect_term (cluster.nodes [0]);

    zelect_members_t members;
    const zelect_member_t list [] = {{"n1", true}, {"evil", true}};
    assert_int_equal (zelect_members_init (&members, cluster.name, "evil", list, 2), 0);
    zsock_t *dealer = zsock_new_dealer (cluster.endpoints [0]);
    const uint8_t kinds [] = {ZELECT_MESSAGE_PREVOTE, ZELECT_MESSAGE_VOTE,
                              ZELECT_MESSAGE_HEARTBEAT};
    for (int turn = 0; turn < 60; turn++) {
        zelect_rpc_t rpc;
        memset (&rpc, 0, sizeof (rpc));
        rpc.message.kind = kinds [turn % 3];
        rpc.message.incarnation = 666;
        rpc.message.term = turn < 30 ? ZELECT_TERM_MAX - 1 : term + 5;
        rpc.message.about = rpc.message.term;
        rpc.message.number = (uint64_t) turn + 1;
        rpc.message.leader = ZELECT_NOBODY;
        uint8_t data [ZELECT_RPC_SIZE_MAX];
        size_t size = zelect_wire_pack_rpc (&members, &rpc, data, sizeof (data));
        zmq_send (zsock_resolve (dealer), data, size, 0);
        zclock_sleep (10);
        assert_true (zelect_is_leader (cluster.nodes [0]));
    }
    assert_int_equal (zelect_term (cluster.nodes [0]), term);
    zconfig_t *tree = zelect_cluster_state (cluster.nodes [0], 100);
    assert_int_equal (atoi (zconfig_get (tree, "rejected/STRANGER", "0")), 60);
    zconfig_destroy (&tree);
    zsock_destroy (&dealer);
    api_cluster_end (&cluster);
}

static void
test_port_in_use_fails_the_start_27 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    zelect_t *other = zelect_new ("n1", "other");
    zelect_set_log (other, NULL, NULL);
    assert_int_equal (zelect_add_member (other, "n1", cluster.endpoints [0]), 0);
    assert_int_equal (zelect_set_volatile (other, true), 0);
    assert_int_equal (zelect_start (other), -1);
    assert_int_equal (errno, EADDRINUSE);
    assert_non_null (strstr (zelect_error (other), cluster.endpoints [0]));
    zelect_destroy (&other);

    api_raw_t node;
    api_raw_init (&node);
    api_raw_configure (&node, &cluster, 0);
    assert_int_equal (api_raw_command (&node, "CLUSTER", "other", NULL), 0);
    assert_int_equal (api_raw_command (&node, "STORE", "", NULL), 0);
    assert_int_equal (api_raw_command (&node, "SET", "node/create", "0", NULL), 0);
    assert_int_equal (api_raw_command (&node, "SET", "node/volatile", "1", NULL), 0);
    assert_int_equal (api_raw_command (&node, "START", NULL), -1);
    assert_int_equal (node.code, EADDRINUSE);
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_one_election_each_time_1_2),
        cmocka_unit_test (test_half_is_no_majority_5),
        cmocka_unit_test (test_missing_non_voters_depose_nobody_6),
        cmocka_unit_test (test_held_callbacks_hold_up_nobody_10),
        cmocka_unit_test (test_callback_timeout_has_a_default_11),
        cmocka_unit_test (test_leader_is_answered_locally_13),
        cmocka_unit_test (test_rejoiner_unseats_nobody_14),
        cmocka_unit_test (test_dead_member_delays_no_election_25),
        cmocka_unit_test (test_terms_survive_a_restart_18),
        cmocka_unit_test (test_nothing_is_left_behind_19),
        cmocka_unit_test (test_strangers_are_not_heard_20),
        cmocka_unit_test (test_port_in_use_fails_the_start_27),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
