/*  =========================================================================
    prog_observer - an observer that tells what it knows from the first message

    prog_observer CLUSTER ENDPOINT

    Connects, waits once, and prints a JSON object: the node heard, the leader,
    its endpoint, the term, and the microseconds from connect until then.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zelect.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t
s_now_us (void)
{
    struct timespec now;
    clock_gettime (CLOCK_BOOTTIME, &now);
    return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int
main (int argc, char **argv)
{
    if (argc != 3) {
        fprintf (stderr, "usage: prog_observer CLUSTER ENDPOINT\n");
        return 2;
    }
    zelect_observer_t *observer = zelect_observer_new (argv [1]);
    int64_t begun_us = s_now_us ();
    if (!observer || zelect_observer_connect (observer, argv [2])) {
        fprintf (stderr, "prog_observer: no observer of %s at %s\n", argv [1], argv [2]);
        zelect_observer_destroy (&observer);
        return 2;
    }
    int rc = zelect_observer_wait (observer, 10000);
    int64_t heard_us = s_now_us ();
    const char *node = zelect_observer_node (observer);
    const char *leader = zelect_observer_leader (observer);
    const char *endpoint = zelect_observer_leader_endpoint (observer);
    printf ("{\"rc\": %d, \"node\": \"%s\", \"leader\": \"%s\", \"endpoint\": \"%s\", "
            "\"term\": %" PRIu64 ", \"us\": %" PRId64 "}\n",
            rc, node ? node : "", leader ? leader : "", endpoint ? endpoint : "",
            zelect_observer_term (observer), heard_us - begun_us);
    zelect_observer_destroy (&observer);
    return rc ? 1 : 0;
}
