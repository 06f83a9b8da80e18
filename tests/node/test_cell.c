/*  =========================================================================
    test_cell - the lease cell: never true for longer than it may be (R6)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cell.h"
#include "zelect_clock.h"
#include "zelect_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR_NS (UINT64_C (3600000) * ZELECT_MS)

static void
test_new_cell_is_stopped (void **state)
{
    (void) state;
    zelect_cell_t *cell = zelect_cell_new ();
    assert_false (zelect_cell_held (cell));
    assert_string_equal (zelect_cell_role (cell), "stopped");
    assert_null (zelect_cell_leader (cell));
    assert_true (zelect_cell_term (cell) == 0);
    zelect_cell_destroy (&cell);
    assert_null (cell);
    zelect_cell_destroy (&cell);
}

static void
test_lease_ends_by_itself (void **state)
{
    (void) state;
    zelect_cell_t *cell = zelect_cell_new ();
    uint64_t term, until;
    uint64_t now = zelect_clock_ns ();
    zelect_cell_set_role (cell, ZELECT_ROLE_LEADER, 7);
    zelect_cell_set_lease (cell, 7, now + 30 * ZELECT_MS);
    while (zelect_cell_token (cell, &term, &until)) {
        assert_true (term == 7);
        assert_true (until == now + 30 * ZELECT_MS);
    }
    assert_true (zelect_clock_ns () >= now + 30 * ZELECT_MS);
    assert_true (term == 0 && until == 0);
    assert_string_equal (zelect_cell_role (cell), "follower");
    zelect_cell_set_lease (cell, 7, now + HOUR_NS);
    assert_string_equal (zelect_cell_role (cell), "leader");
    zelect_cell_set_lease (cell, 7, 0);
    assert_false (zelect_cell_held (cell));
    zelect_cell_destroy (&cell);
}

static void
test_leader_is_named (void **state)
{
    (void) state;
    zelect_cell_t *cell = zelect_cell_new ();
    zelect_cell_set_member (cell, 0, "n1");
    zelect_cell_set_member (cell, 1, "n2");
    zelect_cell_set_leader (cell, 1, 0);
    assert_string_equal (zelect_cell_leader (cell), "n2");
    //  It names itself as long as it holds the lease
    zelect_cell_set_leader (cell, 0, 0);
    assert_null (zelect_cell_leader (cell));
    zelect_cell_set_lease (cell, 1, zelect_clock_ns () + HOUR_NS);
    assert_string_equal (zelect_cell_leader (cell), "n1");
    zelect_cell_set_leader (cell, ZELECT_NOBODY, 0);
    assert_null (zelect_cell_leader (cell));
    zelect_cell_destroy (&cell);
}

//  A child does not lead, whatever its parent does.

static void
test_child_holds_no_lease (void **state)
{
    (void) state;
    zelect_cell_t *cell = zelect_cell_new ();
    zelect_cell_set_role (cell, ZELECT_ROLE_LEADER, 1);
    zelect_cell_set_lease (cell, 1, zelect_clock_ns () + HOUR_NS);
    assert_true (zelect_cell_held (cell));
    pid_t child = fork ();
    if (child == 0)
        _exit (zelect_cell_held (cell) || strcmp (zelect_cell_role (cell), "stopped") != 0);
    int status = -1;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_int_equal (status, 0);
    assert_true (zelect_cell_held (cell));
    zelect_cell_destroy (&cell);
}

//  One writes leases, whose end tells their term; others read. No reader ever
//  sees the term of one and the end of another, nor a renewal as a loss.

#define TERM_UNIT_NS (HOUR_NS / 1000)

typedef struct {
    zelect_cell_t *cell;
    uint64_t base;
    atomic_bool is_over;
    atomic_ulong held;
} race_t;

static void *
s_read (void *arg)
{
    race_t *race = arg;
    while (!atomic_load (&race->is_over)) {
        uint64_t term, until;
        if (!zelect_cell_token (race->cell, &term, &until))
            continue;
        if ((until - race->base) / TERM_UNIT_NS != term)
            return race;
        atomic_fetch_add (&race->held, 1);
    }
    return NULL;
}

static void
test_readers_see_whole_leases (void **state)
{
    (void) state;
    race_t race = {.cell = zelect_cell_new (), .base = zelect_clock_ns () + HOUR_NS};
    pthread_t readers [2];
    for (int index = 0; index < 2; index++)
        pthread_create (&readers [index], NULL, s_read, &race);
    uint64_t end = zelect_clock_ns () + 300 * ZELECT_MS;
    for (uint64_t term = 1; zelect_clock_ns () < end; term++) {
        for (uint64_t renewal = 0; renewal < 10; renewal++)
            zelect_cell_set_lease (race.cell, term, race.base + term * TERM_UNIT_NS + renewal);
        if (term % 2)
            zelect_cell_set_lease (race.cell, term, 0);
    }
    atomic_store (&race.is_over, true);
    for (int index = 0; index < 2; index++) {
        void *failure;
        pthread_join (readers [index], &failure);
        assert_null (failure);
    }
    assert_true (atomic_load (&race.held) > 0);
    zelect_cell_destroy (&race.cell);
}

//  A leader that renews all the time is a leader all the time.

static void *
s_read_held (void *arg)
{
    race_t *race = arg;
    while (!atomic_load (&race->is_over))
        if (!zelect_cell_held (race->cell))
            return race;
    return NULL;
}

static void
test_renewal_is_no_loss (void **state)
{
    (void) state;
    race_t race = {.cell = zelect_cell_new (), .base = zelect_clock_ns () + HOUR_NS};
    zelect_cell_set_lease (race.cell, 1, race.base);
    pthread_t reader;
    pthread_create (&reader, NULL, s_read_held, &race);
    uint64_t end = zelect_clock_ns () + 200 * ZELECT_MS;
    for (uint64_t renewal = 1; zelect_clock_ns () < end; renewal++)
        zelect_cell_set_lease (race.cell, 1, race.base + renewal);
    atomic_store (&race.is_over, true);
    void *failure;
    pthread_join (reader, &failure);
    assert_null (failure);
    zelect_cell_destroy (&race.cell);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_new_cell_is_stopped),
        cmocka_unit_test (test_lease_ends_by_itself),
        cmocka_unit_test (test_leader_is_named),
        cmocka_unit_test (test_child_holds_no_lease),
        cmocka_unit_test (test_readers_see_whole_leases),
        cmocka_unit_test (test_renewal_is_no_loss),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
