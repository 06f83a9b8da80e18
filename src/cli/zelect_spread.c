/*  =========================================================================
    zelect_spread - how times are spread: percentiles, and a picture of letters

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_spread.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 50    //  Columns of the longest bar
#define STEPS ((size_t) 6)
#define SPANS (STEPS * 7)    //  From 0.1 ms to 1000 s; what lies beyond is in the last

//  Where the spans of a decade begin, in tenths.
static const unsigned s_steps [STEPS] = {10, 15, 20, 30, 50, 70};

static double
s_bound_ms (size_t span)
{
    double bound_ms = 0.01 * s_steps [span % STEPS];
    for (size_t decade = span / STEPS; decade > 0; decade--)
        bound_ms *= 10;
    return bound_ms;
}

static size_t
s_span (uint64_t time_ns)
{
    size_t span = 0;
    while (span + 1 < SPANS && (double) time_ns / 1e6 >= s_bound_ms (span + 1))
        span++;
    return span;
}

static int
s_compare (const void *left, const void *right)
{
    const uint64_t one = *(const uint64_t *) left, other = *(const uint64_t *) right;
    return (one > other) - (one < other);
}

void
zelect_spread_sort (uint64_t *times_ns, size_t count)
{
    assert (count > 0);
    qsort (times_ns, count, sizeof (*times_ns), s_compare);
}

double
zelect_spread_ms (const uint64_t *times_ns, size_t count, unsigned percent)
{
    assert (count > 0 && percent <= 100);
    size_t rank = (count * percent + 99) / 100;
    return (double) times_ns [rank ? rank - 1 : 0] / 1e6;
}

void
zelect_spread_print (const uint64_t *times_ns, size_t count)
{
    assert (count > 0);
    char bar [WIDTH + 1];
    memset (bar, '#', WIDTH);
    size_t counts [SPANS] = {0}, most = 0;
    for (size_t at = 0; at < count; at++) {
        const size_t number = ++counts [s_span (times_ns [at])];
        most = number > most ? number : most;
    }
    const size_t last = s_span (times_ns [count - 1]);
    for (size_t span = s_span (times_ns [0]); span <= last; span++) {
        //  None is no bar, and one is at least a short one
        const size_t length = (counts [span] * WIDTH + most - 1) / most;
        printf ("  %7g ms  %-*.*s %zu\n", s_bound_ms (span), WIDTH, (int) length, bar,
                counts [span]);
    }
}
