/*  =========================================================================
    test_lease - the lease cell: expired, cleared, renewed, never torn

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_clock.h"
#include "zelect_lease_private.h"

#include <stdatomic.h>

#define HOUR_NS UINT64_C (3600000000000)

static void
test_new_lease_is_not_held (void **state)
{
    (void) state;
    zelect_lease_t *lease = zelect_lease_new ();
    assert_non_null (lease);
    assert_false (zelect_lease_held (lease));
    zelect_token_t token = {7, 7};
    errno = 0;
    assert_int_equal (zelect_lease_token (lease, &token), -1);
    assert_int_equal (errno, ENOLCK);
    assert_int_equal (token.term, 0);
    assert_int_equal (token.until_ns, 0);
    zelect_lease_destroy (&lease);
    assert_null (lease);
    zelect_lease_destroy (&lease);
}

static void
test_lease_is_held_until_its_end_R6 (void **state)
{
    (void) state;
    zelect_lease_t *lease = zelect_lease_new ();
    zelect_cell_t *cell = zelect_lease_hold (lease);
    uint64_t until_ns = zelect_clock_ns () + HOUR_NS;
    zelect_cell_set_lease (cell, 5, until_ns);
    zelect_token_t token;
    assert_true (zelect_lease_held (lease));
    assert_int_equal (zelect_lease_token (lease, &token), 0);
    assert_int_equal (token.term, 5);
    assert_int_equal (token.until_ns, until_ns);

    //  Nobody writes: it ends all the same
    zelect_cell_set_lease (cell, 6, zelect_clock_ns () + 20 * ZELECT_MS);
    assert_true (zelect_lease_held (lease));
    api_wait_until (!zelect_lease_held (lease));
    assert_int_equal (zelect_lease_token (lease, &token), -1);
    assert_int_equal (token.term, 0);

    zelect_cell_set_lease (cell, 7, zelect_clock_ns () - 1);
    assert_false (zelect_lease_held (lease));
    zelect_cell_set_lease (cell, 8, until_ns);
    assert_true (zelect_lease_held (lease));
    zelect_cell_set_lease (cell, 8, 0);
    assert_false (zelect_lease_held (lease));
    zelect_lease_let_go (lease);
    zelect_lease_destroy (&lease);
}

//  A leader whose lease is over is a follower, and nobody's leader.

static void
test_role_and_leader_end_with_the_lease (void **state)
{
    (void) state;
    zelect_cell_t *cell = zelect_cell_new ();
    assert_string_equal (zelect_cell_role (cell), "stopped");
    assert_null (zelect_cell_leader (cell));
    zelect_cell_set_member (cell, 0, "n1");
    zelect_cell_set_member (cell, 1, "n2");
    zelect_cell_set_role (cell, ZELECT_ROLE_LEADER, 3);
    zelect_cell_set_leader (cell, 1, 1);
    zelect_cell_set_lease (cell, 3, zelect_clock_ns () + HOUR_NS);
    assert_string_equal (zelect_cell_role (cell), "leader");
    assert_string_equal (zelect_cell_leader (cell), "n2");
    assert_int_equal (zelect_cell_term (cell), 3);
    zelect_cell_set_lease (cell, 3, zelect_clock_ns () - 1);
    assert_string_equal (zelect_cell_role (cell), "follower");
    assert_null (zelect_cell_leader (cell));
    zelect_cell_set_leader (cell, 0, 1);
    assert_string_equal (zelect_cell_leader (cell), "n1");
    zelect_cell_destroy (&cell);
}

//  --------------------------------------------------------------------------
//  One writer, several readers. Each leadership has an end that tells its term,
//  and half of them are over before they begin: a reader that mixes two of them
//  gets a pair that does not belong together, or one that is over.

#define TERMS 200000
#define READERS 3

typedef struct {
    zelect_lease_t *lease;
    uint64_t base_ns;    //  In the future for all the test
    atomic_bool is_over;
    atomic_ulong seen_count;
    atomic_ulong wrong_count;
} s_race_t;

static uint64_t
s_end_of (const s_race_t *self, uint64_t term)
{
    return term % 2 ? self->base_ns + 2 * term : term;
}

static void *
s_read (void *arg)
{
    s_race_t *self = (s_race_t *) arg;
    uint64_t last_term = 0;
    while (!atomic_load (&self->is_over)) {
        zelect_token_t token;
        if (zelect_lease_token (self->lease, &token))
            continue;
        //  A renewal adds 1
        uint64_t end_ns = s_end_of (self, token.term);
        bool is_right = token.term % 2 == 1 && token.term >= last_term
                        && (token.until_ns == end_ns || token.until_ns == end_ns + 1);
        atomic_fetch_add (is_right ? &self->seen_count : &self->wrong_count, 1);
        last_term = token.term;
    }
    return NULL;
}

static void
test_readers_never_mix_two_leases (void **state)
{
    (void) state;
    s_race_t race = {.lease = zelect_lease_new (), .base_ns = zelect_clock_ns () + HOUR_NS};
    pthread_t readers [READERS];
    for (int reader = 0; reader < READERS; reader++)
        assert_int_equal (pthread_create (&readers [reader], NULL, s_read, &race), 0);
    zelect_cell_t *cell = zelect_lease_hold (race.lease);
    for (uint64_t term = 1; term < TERMS || !atomic_load (&race.seen_count); term++) {
        zelect_cell_set_lease (cell, term, s_end_of (&race, term));
        if (term % 2)
            zelect_cell_set_lease (cell, term, s_end_of (&race, term) + 1);
        if (term % 3 == 0)
            zelect_cell_set_lease (cell, term, 0);
    }
    atomic_store (&race.is_over, true);
    for (int reader = 0; reader < READERS; reader++)
        pthread_join (readers [reader], NULL);
    assert_int_equal (atomic_load (&race.wrong_count), 0);
    zelect_lease_let_go (race.lease);
    zelect_lease_destroy (&race.lease);
}

static int
s_held_in_child (void *arg)
{
    zelect_lease_t *lease = (zelect_lease_t *) arg;
    int held = zelect_lease_held (lease);
    int forked = zelect_cell_is_forked (zelect_lease_hold (lease));
    zelect_lease_let_go (lease);
    zelect_lease_destroy (&lease);
    return held + 2 * forked;
}

static void
test_forked_child_holds_no_lease (void **state)
{
    (void) state;
    zelect_lease_t *lease = zelect_lease_new ();
    zelect_cell_set_lease (zelect_lease_hold (lease), 5, zelect_clock_ns () + HOUR_NS);
    zelect_lease_let_go (lease);
    assert_int_equal (api_in_child (s_held_in_child, lease), 2);
    assert_true (zelect_lease_held (lease));
    zelect_lease_destroy (&lease);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_new_lease_is_not_held),
        cmocka_unit_test (test_lease_is_held_until_its_end_R6),
        cmocka_unit_test (test_role_and_leader_end_with_the_lease),
        cmocka_unit_test (test_readers_never_mix_two_leases),
        cmocka_unit_test (test_forked_child_holds_no_lease),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
