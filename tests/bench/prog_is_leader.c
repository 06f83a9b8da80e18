/*  =========================================================================
    prog_is_leader - what it costs to ask "am I the leader?"

    prog_is_leader ENDPOINT THREADS RUNS

    One node of one elects itself and from then on renews its lease every two
    milliseconds. Meanwhile so many threads ask, ten million times each and run,
    and each prints its nanoseconds a call, a line each.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zelect.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define CALLS 10000000
#define THREADS_MAX 64

static uint64_t
s_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

static void *
s_ask (void *arg)
{
    const zelect_t *node = (const zelect_t *) arg;
    uint64_t yes = 0, start_ns = s_now_ns ();
    for (uint64_t call = 0; call < CALLS; call++)
        yes += zelect_is_leader (node);
    double each_ns = (double) (s_now_ns () - start_ns) / CALLS;
    if (yes < CALLS / 2)
        fprintf (stderr, "prog_is_leader: it was the leader for less than half of the time\n");
    else
        printf ("%.2f\n", each_ns);
    return NULL;
}

static void
s_run (zelect_t *node, long thread_count)
{
    pthread_t threads [THREADS_MAX];
    for (long at = 0; at < thread_count; at++)
        if (pthread_create (&threads [at], NULL, s_ask, node))
            exit (1);
    for (long at = 0; at < thread_count; at++)
        pthread_join (threads [at], NULL);
}

static int
s_start (zelect_t *node, const char *endpoint)
{
    zelect_add_member (node, "n1", endpoint);
    zelect_set_volatile (node, true);
    zelect_set_heartbeat (node, 2);
    zelect_set_election (node, 100);
    if (zelect_start (node)) {
        fprintf (stderr, "%s\n", zelect_error (node));
        return -1;
    }
    while (!zelect_is_leader (node))
        zelect_event_destroy (&(zelect_event_t *){zelect_recv (node, 1000)});
    return 0;
}

int
main (int argc, char **argv)
{
    long thread_count = argc == 4 ? strtol (argv [2], NULL, 10) : 0;
    if (thread_count < 1 || thread_count > THREADS_MAX) {
        fprintf (stderr, "usage: prog_is_leader ENDPOINT THREADS RUNS\n");
        return 2;
    }
    zelect_t *node = zelect_new ("n1", "bench");
    if (!node)
        return 1;
    int rc = s_start (node, argv [1]);
    for (long run = strtol (argv [3], NULL, 10); rc == 0 && run > 0; run--)
        s_run (node, thread_count);
    zelect_destroy (&node);
    return rc ? 1 : 0;
}
