/*  =========================================================================
    prog_is_leader - what it costs to ask "am I the leader?"

    One node of one elects itself; then the question is asked ten million times,
    of a leader. Prints the figures of five such runs, in nanoseconds a call.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zelect.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define CALLS 10000000

static uint64_t
s_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

static void
s_measure (const zelect_t *node)
{
    uint64_t yes = 0, start_ns = s_now_ns ();
    for (uint64_t call = 0; call < CALLS; call++)
        yes += zelect_is_leader (node);
    double each_ns = (double) (s_now_ns () - start_ns) / CALLS;
    printf ("is_leader %.1f ns a call, %" PRIu64 " of %d true\n", each_ns, yes, CALLS);
}

int
main (int argc, char **argv)
{
    const char *endpoint = argc > 1 ? argv [1] : "tcp://127.0.0.1:21870";
    zelect_t *node = zelect_new ("n1", "bench");
    if (!node)
        return 1;
    zelect_add_member (node, "n1", endpoint);
    zelect_set_volatile (node, true);
    if (zelect_start (node)) {
        fprintf (stderr, "%s\n", zelect_error (node));
        zelect_destroy (&node);
        return 1;
    }
    while (!zelect_is_leader (node))
        zelect_event_destroy (&(zelect_event_t *){zelect_recv (node, 1000)});
    for (unsigned run = 0; run < 5; run++)
        s_measure (node);
    zelect_destroy (&node);
    return 0;
}
