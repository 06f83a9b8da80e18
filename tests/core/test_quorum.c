/*  =========================================================================
    test_quorum - majorities, and until when one is bound

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_quorum.h"
#include "zelect_test.h"
#include <string.h>

static void
test_size (void **state)
{
    (void) state;
    static const unsigned sizes [] = {1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
    for (unsigned count = 1; count < 10; count++)
        assert_int_equal (zelect_quorum_size ((UINT64_C (1) << count) - 1), sizes [count]);
    assert_int_equal (zelect_quorum_size (UINT64_MAX), 33);
}

//  B14: the empty set is no majority, and has none; half is none either.

static void
test_empty_and_half (void **state)
{
    (void) state;
    assert_false (zelect_quorum_won (0, 0));
    assert_false (zelect_quorum_won (0, UINT64_MAX));
    assert_false (zelect_quorum_won (15, 3));
    assert_true (zelect_quorum_won (15, 7));
    assert_false (zelect_quorum_won (1, 2));
    assert_true (zelect_quorum_won (1, 1));
}

//  B15: only voters count.

static void
test_strangers_do_not_count (void **state)
{
    (void) state;
    assert_false (zelect_quorum_won (7, 0xf9));
    assert_true (zelect_quorum_won (7, 0xfb));
}

//  Two majorities of the same voters always share one: all sets of five.

static void
test_majorities_meet (void **state)
{
    (void) state;
    for (uint64_t one = 0; one < 32; one++)
        for (uint64_t other = 0; other < 32; other++)
            if (zelect_quorum_won (31, one) && zelect_quorum_won (31, other))
                assert_true (one & other);
}

//  The latest time to which a majority is bound, against the plain definition,
//  for all times 0 to 3 of four members.

static void
test_until (void **state)
{
    (void) state;
    for (unsigned code = 0; code < 256; code++) {
        uint64_t until [ZELECT_MEMBERS_MAX] = {0}, best = 0;
        for (unsigned index = 0; index < 4; index++)
            until [index] = code >> 2 * index & 3;
        for (uint64_t limit = 1; limit < 4; limit++) {
            unsigned bound = 0;
            for (unsigned index = 0; index < 4; index++)
                bound += until [index] >= limit;
            if (bound >= 3)
                best = limit;
        }
        assert_int_equal (zelect_quorum_until (15, until), best);
    }
}

//  R6: the lease on the slowest clock ends before the promise on the fastest.

static void
test_lease_inequality (void **state)
{
    (void) state;
    for (uint32_t drift = 0; drift <= 300; drift++)
        for (uint64_t promise_ms = 10; promise_ms <= 60000; promise_ms = promise_ms * 3 / 2) {
            uint64_t lease_ns = zelect_quorum_lease_ns (promise_ms * ZELECT_MS, drift);
            double lease_true = (double) lease_ns / (1000 - (int) drift);
            double promise_true = (double) (promise_ms * ZELECT_MS) / (1000 + (int) drift);
            assert_true (lease_true < promise_true);
            assert_true (lease_true > promise_true * 0.98);
        }
    assert_int_equal (zelect_quorum_lease_ns (500 * ZELECT_MS, 1000), 0);
    assert_int_equal (zelect_quorum_lease_ns (UINT64_MAX, 100), 0);
    assert_int_equal (zelect_quorum_lease_ns (0, 100), 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_size),
        cmocka_unit_test (test_empty_and_half),
        cmocka_unit_test (test_strangers_do_not_count),
        cmocka_unit_test (test_majorities_meet),
        cmocka_unit_test (test_until),
        cmocka_unit_test (test_lease_inequality),
    };
    return cmocka_run_group_tests_name ("quorum", tests, NULL, NULL);
}
