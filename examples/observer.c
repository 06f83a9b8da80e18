//  observer - who leads? Watches the feeds of a cluster and prints each change
//
//  `observer hello tcp://127.0.0.1:5681` watches the cluster of hello.c by the
//  feed of n1, be n1 its leader or not.
//
//  This Source Code Form is subject to the terms of the Mozilla Public
//  License, v. 2.0. If a copy of the MPL was not distributed with this file,
//  You can obtain one at http://mozilla.org/MPL/2.0/.

#include <inttypes.h>
#include <stdio.h>
#include <zelect_observer.h>

int
main (int argc, char *argv [])
{
    zelect_observer_t *observer = argc > 2 ? zelect_observer_new (argv [1]) : NULL;
    if (!observer) {
        fprintf (stderr, "usage: observer CLUSTER FEED...\n");
        return 2;
    }
    for (int at = 2; at < argc; at++)
        if (zelect_observer_connect (observer, argv [at]))
            fprintf (stderr, "observer: '%s' is no endpoint\n", argv [at]);
    while (zelect_observer_wait (observer, -1) == 0) {
        const char *node = zelect_observer_node (observer);
        const char *leader = zelect_observer_leader (observer);
        if (node)
            printf ("%s is %s: ", node, zelect_observer_role (observer));
        printf ("%s leads, term %" PRIu64 "\n", leader ? leader : "nobody",
                zelect_observer_term (observer));
        fflush (stdout);
    }
    zelect_observer_destroy (&observer);
    return 0;
}
