/*  =========================================================================
    zelect_test - what every test starts from

    cmocka's header needs four others before it; this is the one place that
    knows. Beside it stands what most tests want: a seed that can be replayed.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TEST_H_INCLUDED
#define ZELECT_TEST_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

//  --------------------------------------------------------------------------
//  The seed of a randomised test: ZELECT_SEED if it is set (to replay a
//  failure), else another one each time. It is printed, so that a failure can
//  be replayed.

static inline uint64_t
zelect_test_seed (const char *test)
{
    struct timespec now = {0, 0};
    clock_gettime (CLOCK_REALTIME, &now);
    uint64_t seed = (uint64_t) now.tv_sec * 1000000007U + (uint64_t) now.tv_nsec;
    const char *given = getenv ("ZELECT_SEED");
    if (given)
        seed = strtoull (given, NULL, 0);
    printf ("%s: ZELECT_SEED=%" PRIu64 "\n", test, seed);
    return seed;
}

//  --------------------------------------------------------------------------
//  How often a repeated test repeats: `count` times ZELECT_COUNT_SCALE (a
//  number such as 0.05; 1 if it is not set), but at least `least` times.

static inline int
zelect_test_count (int count, int least)
{
    const char *scale = getenv ("ZELECT_COUNT_SCALE");
    int scaled = (int) ((double) count * (scale ? strtod (scale, NULL) : 1.0));
    return scaled > least ? scaled : least;
}

//  --------------------------------------------------------------------------
//  End a child of fork () without the exit handlers of its parent. What it did
//  counts in the coverage.

#ifdef ZELECT_COVERAGE
extern void __gcov_dump (void);
#endif

static inline _Noreturn void
zelect_test_end (int code)
{
#ifdef ZELECT_COVERAGE
    __gcov_dump ();
#endif
    _exit (code);
}

#endif
