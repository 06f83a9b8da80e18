/*  =========================================================================
    test_bugs - what other shells got wrong, by the number of the bug

    The list of the bugs stands in doc/verification.md; for each of these there
    is a mutant in tests/mutants that this file has to kill. Those of the core
    are scenarios under tests/core, those of the store in test_store_bugs.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_clock.h"
#include "zelect_cluster.h"
#include "zelect_ports.h"
#include "zelect_random.h"

//  ----  B30  -----------------------------------------------------------------

//  The linker hands every question for the time to this one first.

static _Thread_local clockid_t s_asked;

int __real_clock_gettime (clockid_t id, struct timespec *now);
int __wrap_clock_gettime (clockid_t id, struct timespec *now);

int
__wrap_clock_gettime (clockid_t id, struct timespec *now)
{
    s_asked = id;
    return __real_clock_gettime (id, now);
}

//  Neither a clock that somebody sets, nor one that stands still in a suspend.

static void
test_bug_30_wrong_clock (void **state)
{
    (void) state;
    struct timespec before, after;
    __real_clock_gettime (CLOCK_BOOTTIME, &before);
    uint64_t now = zelect_clock_ns ();
    clockid_t asked = s_asked;
    __real_clock_gettime (CLOCK_BOOTTIME, &after);
    assert_int_equal (asked, CLOCK_BOOTTIME);
    assert_true (now >= (uint64_t) before.tv_sec * 1000000000U + (uint64_t) before.tv_nsec);
    assert_true (now <= (uint64_t) after.tv_sec * 1000000000U + (uint64_t) after.tv_nsec);
}

//  ----  B35  -----------------------------------------------------------------

//  Nodes that start in the same second do not draw the same words.

static void
test_bug_35_equal_seeds (void **state)
{
    (void) state;
    zelect_random_t words [8];
    uint64_t first [8];
    for (int index = 0; index < 8; index++) {
        zelect_random_init (&words [index]);
        first [index] = zelect_random_next (&words [index]);
        for (int other = 0; other < index; other++)
            assert_true (first [index] != first [other]);
    }
}

//  ----  B39  -----------------------------------------------------------------

//  A callback that works on while the lease runs out can see that it did, though
//  nobody, not even its own node, says a word.

static void
test_bug_39_callback_outlives_lease (void **state)
{
    (void) state;
    zelect_cell_t *cell = zelect_cell_new ();
    uint64_t term, until_ns, end_ns = zelect_clock_ns () + 100 * ZELECT_MS;
    zelect_cell_set_role (cell, ZELECT_ROLE_LEADER, 7);
    zelect_cell_set_lease (cell, 7, end_ns);
    bool was_held = zelect_cell_held (cell);
    assert_true (was_held || zelect_clock_ns () >= end_ns);
    while (zelect_clock_ns () < end_ns)
        zclock_sleep (10);
    assert_false (zelect_cell_held (cell));
    assert_false (zelect_cell_token (cell, &term, &until_ns));
    assert_string_not_equal (zelect_cell_role (cell), "leader");
    zelect_cell_destroy (&cell);
}

//  ----  B40  -----------------------------------------------------------------

//  A member that takes connections and says nothing, and one whose name nobody
//  can look up: the other three of five elect, and the leader stays.

static void
test_bug_40_black_hole_and_dns (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (5, BY_TCP);
    node_t *nodes = cluster->nodes;
    snprintf (nodes [4].endpoint, sizeof (nodes [4].endpoint), "tcp://no-such-host.invalid:5680");
    zsock_t *hole = zsock_new (ZMQ_STREAM);
    assert_int_not_equal (zsock_bind (hole, "%s", nodes [3].endpoint), -1);
    for (int index = 0; index < 3; index++) {
        node_destroy (&nodes [index]);
        node_new (&nodes [index]);
        node_configure (cluster, &nodes [index]);
        assert_true (ask (&nodes [index], "START", NULL));
    }
    int leader = cluster_wait_leader (cluster);
    uint64_t term = zelect_cell_term (nodes [leader].cell);
    zclock_sleep (2000);
    assert_int_equal (cluster_wait_leader (cluster), leader);
    assert_int_equal (zelect_cell_term (nodes [leader].cell), term);
    cluster_destroy (&cluster);
    zsock_destroy (&hole);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bug_30_wrong_clock),
        cmocka_unit_test (test_bug_35_equal_seeds),
        cmocka_unit_test (test_bug_39_callback_outlives_lease),
        cmocka_unit_test (test_bug_40_black_hole_and_dns),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
