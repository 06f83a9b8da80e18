/*  =========================================================================
    test_callbacks - the six callbacks of a real node

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_diary.h"

//  A cluster of one whose node keeps a diary; not started.

static zelect_t *
s_prepare (api_cluster_t *cluster, api_diary_t *diary, api_diary_fn *act)
{
    api_cluster_init (cluster, 1);
    zelect_t *node = api_cluster_add (cluster, 0);
    api_diary_init (diary, node, act);
    return node;
}

#define TO_LEADER "ENTER_FOLLOWER LEAVE_FOLLOWER ENTER_CANDIDATE LEAVE_CANDIDATE ENTER_LEADER "

#define TO_STOP "LEAVE_LEADER ENTER_FOLLOWER LEAVE_FOLLOWER "

static void
test_callbacks_follow_the_roles (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, NULL);
    assert_int_equal (zelect_start (node), 0);
    api_wait_until (api_diary_reads (&diary, TO_LEADER));
    assert_true (api_diary_ends (&diary, "LEASED", "leader_elect"));
    assert_false (pthread_equal (api_diary_thread (&diary), pthread_self ()));
    zelect_stop (node);
    api_wait_until (api_diary_reads (&diary, TO_LEADER TO_STOP));
    assert_true (api_diary_ends (&diary, "STOPPED", "follower"));

    //  The same thread serves after the next start, too
    assert_int_equal (zelect_start (node), 0);
    api_wait_until (api_diary_reads (&diary, TO_LEADER TO_STOP TO_LEADER));
    api_cluster_end (&cluster);
    assert_true (api_diary_reads (&diary, TO_LEADER TO_STOP TO_LEADER TO_STOP));
    assert_false (api_diary_is_broken (&diary));
    assert_int_equal (atomic_load (&diary.most), 1);
}

static void
test_events_come_beside_callbacks (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, NULL);
    assert_int_equal (zelect_start (node), 0);
    zelect_event_t *event = api_wait_for_event (node, ZELECT_ENTER_LEADER);
    assert_non_null (event);
    zelect_event_destroy (&event);
    api_wait_until (api_diary_has (&diary, "ENTER_LEADER"));
    api_cluster_end (&cluster);
}

static void
test_callbacks_may_be_missing (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    zelect_callbacks_t none = {.enter_leader = NULL};
    zelect_set_callbacks (node, &none, NULL);
    zelect_set_callbacks (node, NULL, NULL);
    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);
    zelect_event_t *event;
    while ((event = zelect_recv (node, 50))) {
        assert_int_not_equal (zelect_event_type (event), ZELECT_ERROR);
        zelect_event_destroy (&event);
    }
    api_cluster_end (&cluster);
}

static int
s_fail_as_leader (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    (void) self;
    (void) node;
    return zelect_event_type (event) == ZELECT_ENTER_LEADER ? -17 : 0;
}

static void
test_failed_callback_is_an_ERROR (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, s_fail_as_leader);
    assert_int_equal (zelect_start (node), 0);
    zelect_event_t *event = api_wait_for_event (node, ZELECT_ERROR);
    assert_non_null (event);
    assert_non_null (strstr (zelect_event_text (event), "enter_leader"));
    assert_non_null (strstr (zelect_event_text (event), "-17"));
    zelect_event_destroy (&event);
    assert_true (zelect_is_leader (node));
    api_cluster_end (&cluster);
}

//  While it still runs, and once; the election goes on meanwhile.

static void
test_slow_callback_is_an_ERROR_while_it_runs (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, api_diary_hold);
    atomic_store (&diary.is_held, true);
    assert_int_equal (zelect_set_callback_timeout (node, 100), 0);
    assert_int_equal (zelect_start (node), 0);
    zelect_event_t *event = api_wait_for_event (node, ZELECT_ERROR);
    assert_non_null (event);
    assert_non_null (strstr (zelect_event_text (event), "enter_follower"));
    zelect_event_destroy (&event);
    assert_int_equal (atomic_load (&diary.running), 1);
    api_wait_until (zelect_is_leader (node));
    assert_true (api_diary_reads (&diary, "ENTER_FOLLOWER "));
    int64_t end_ms = api_now_ms () + 400;
    while (api_now_ms () < end_ms)
        if ((event = zelect_recv (node, 20))) {
            assert_int_not_equal (zelect_event_type (event), ZELECT_ERROR);
            zelect_event_destroy (&event);
        }
    assert_true (zelect_is_leader (node));
    atomic_store (&diary.is_held, false);
    api_wait_until (api_diary_reads (&diary, TO_LEADER));
    api_cluster_end (&cluster);
}

//  What was lost while a callback ran is not made up but for its ends: the
//  sequence alternates, and its end is the present.

static void
test_slow_callback_sees_an_alternating_sequence (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, api_diary_hold);
    assert_int_equal (zelect_set_heartbeat (node, 2), 0);
    assert_int_equal (zelect_set_election (node, 20), 0);
    atomic_store (&diary.is_held, true);
    assert_int_equal (zelect_start (node), 0);
    api_wait_until (api_diary_has (&diary, "ENTER_FOLLOWER"));
    for (int turn = 0; turn < 440; turn++) {
        assert_int_equal (zelect_set_healthy (node, turn % 2), 0);
        if (turn % 2)
            api_wait_until (zelect_is_leader (node));
    }
    atomic_store (&diary.is_held, false);
    int count = -1;
    while (count != api_diary_count (&diary)) {
        count = api_diary_count (&diary);
        zclock_sleep (300);
    }
    assert_true (count > 900);
    api_wait_until (zelect_is_leader (node) && api_diary_entered (&diary) == ZELECT_ENTER_LEADER);
    assert_true (count < 440 * 3);
    api_cluster_end (&cluster);
    assert_int_equal (api_diary_entered (&diary), 0);
    assert_false (api_diary_is_broken (&diary));
}

//  Callbacks may call whatever any thread may.

static int
s_use_handle (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    (void) self;
    if (zelect_event_type (event) != ZELECT_ENTER_LEADER)
        return 0;
    zelect_token_t token;
    if (!zelect_is_leader (node) || zelect_token (node, &token)
        || strneq (zelect_role (node), "leader") || zelect_term (node) != token.term)
        return 1;
    zconfig_t *tree = zelect_cluster_state (node, 200);
    if (!tree)
        return 2;
    zconfig_destroy (&tree);
    zelect_kick_watchdog (node);
    return zelect_resign (node) ? 3 : 0;
}

static void
test_callback_may_use_its_handle (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, s_use_handle);
    assert_int_equal (zelect_start (node), 0);
    zelect_event_t *event = zelect_recv (node, API_PATIENCE_MS);
    while (event && zelect_event_type (event) != ZELECT_LEAVE_LEADER) {
        if (zelect_event_type (event) == ZELECT_ERROR)
            fail_msg ("%s", zelect_event_text (event));
        zelect_event_destroy (&event);
        event = zelect_recv (node, API_PATIENCE_MS);
    }
    assert_non_null (event);
    assert_string_equal (zelect_event_reason (event), "RESIGNED");
    zelect_event_destroy (&event);
    api_wait_until (api_diary_has (&diary, "LEAVE_LEADER"));
    api_cluster_end (&cluster);
}

static int
s_stop (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    (void) self;
    if (zelect_event_type (event) == ZELECT_ENTER_LEADER)
        zelect_stop (node);
    return 0;
}

static void
test_callback_may_stop_its_node (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, s_stop);
    assert_int_equal (zelect_start (node), 0);
    api_wait_until (api_diary_reads (&diary, TO_LEADER TO_STOP));
    assert_string_equal (zelect_role (node), "stopped");
    api_cluster_end (&cluster);
}

static zelect_t *s_doomed;

static int
s_destroy (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    if (zelect_event_type (event) != ZELECT_ENTER_LEADER)
        return 0;
    zelect_destroy (&s_doomed);
    //  The handle is there as long as this callback runs
    if (zelect_is_leader (node) || strneq (zelect_role (node), "stopped")
        || zelect_resign (node) != -1 || errno != ENOTCONN)
        atomic_store (&self->is_broken, true);
    atomic_store (&self->is_held, false);
    return 0;
}

static void
test_callback_may_destroy_its_node (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    s_doomed = s_prepare (&cluster, &diary, s_destroy);
    cluster.nodes [0] = NULL;
    atomic_store (&diary.is_held, true);
    assert_int_equal (zelect_start (s_doomed), 0);
    api_wait_until (!atomic_load (&diary.is_held));
    api_wait_until (atomic_load (&diary.running) == 0);
    zclock_sleep (100);
    assert_true (api_diary_reads (&diary, TO_LEADER));
    assert_false (api_diary_is_broken (&diary));
    api_cluster_end (&cluster);
}

//  G6, and the promise of zelect_destroy: nobody waits for a callback that hangs,
//  and none begins afterwards.

static void
test_destroy_does_not_wait_for_a_callback (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    zelect_t *node = s_prepare (&cluster, &diary, api_diary_hold);
    assert_int_equal (zelect_start (node), 0);
    api_wait_until (api_diary_reads (&diary, TO_LEADER));
    atomic_store (&diary.is_held, true);
    assert_int_equal (zelect_resign (node), 0);
    api_wait_until (atomic_load (&diary.running) == 1);
    int64_t begun_ms = api_now_ms ();
    zelect_destroy (&cluster.nodes [0]);
    int64_t taken_ms = api_now_ms () - begun_ms;
    assert_in_range (taken_ms, 500, 2000);
    assert_int_equal (atomic_load (&diary.running), 1);
    atomic_store (&diary.is_held, false);
    api_wait_until (atomic_load (&diary.running) == 0);
    zclock_sleep (50);
    assert_true (api_diary_reads (&diary, TO_LEADER "LEAVE_LEADER "));
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_callbacks_follow_the_roles),
        cmocka_unit_test (test_events_come_beside_callbacks),
        cmocka_unit_test (test_callbacks_may_be_missing),
        cmocka_unit_test (test_failed_callback_is_an_ERROR),
        cmocka_unit_test (test_slow_callback_is_an_ERROR_while_it_runs),
        cmocka_unit_test (test_slow_callback_sees_an_alternating_sequence),
        cmocka_unit_test (test_callback_may_use_its_handle),
        cmocka_unit_test (test_callback_may_stop_its_node),
        cmocka_unit_test (test_callback_may_destroy_its_node),
        cmocka_unit_test (test_destroy_does_not_wait_for_a_callback),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
