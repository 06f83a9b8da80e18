//  hello - one of three processes, of which one leads
//
//  Start `hello n1`, `hello n2` and `hello n3` in three terminals, then stop the
//  leader. The other examples in C join the same cluster.
//
//  This Source Code Form is subject to the terms of the Mozilla Public
//  License, v. 2.0. If a copy of the MPL was not distributed with this file,
//  You can obtain one at http://mozilla.org/MPL/2.0/.

#include <zelect.h>

int
main (int argc, char **argv)
{
    zelect_t *node = zelect_new (argc > 1 ? argv [1] : "n1", "hello");
    if (!node)
        return 2;    //  That is no name
    zelect_add_member (node, "n1", "tcp://127.0.0.1:5680");
    zelect_add_member (node, "n2", "tcp://127.0.0.1:5690");
    zelect_add_member (node, "n3", "tcp://127.0.0.1:5700");
    zelect_set_volatile (node, true);    //  In earnest: zelect_set_store (node, "/var/lib/hello")
    int rc = zelect_start (node);
    if (rc)
        fprintf (stderr, "hello: %s\n", zelect_error (node));
    zelect_event_t *event;
    while (rc == 0 && (event = zelect_recv (node, -1))) {
        const char *leader = zelect_event_leader (event);
        printf ("%s in term %" PRIu64 ", the leader is %s%s\n", zelect_event_name (event),
                zelect_event_term (event), leader ? leader : "unknown",
                zelect_is_leader (node) ? ": me" : "");
        fflush (stdout);
        zelect_event_destroy (&event);
    }
    zelect_destroy (&node);    //  Resigns, so that the next one leads at once
    return rc ? 2 : 0;
}
