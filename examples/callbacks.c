//  callbacks - the six moments of a node's life, and its log in CZMQ's
//
//  Callbacks run on a thread of the handle's; a slow one is reported and delays
//  nobody but the next callback. Joins the cluster of hello.c: `callbacks n1`.
//
//  This Source Code Form is subject to the terms of the Mozilla Public
//  License, v. 2.0. If a copy of the MPL was not distributed with this file,
//  You can obtain one at http://mozilla.org/MPL/2.0/.

#include <zelect.h>

static int
s_enter_leader (void *arg, zelect_t *self, const zelect_event_t *event)
{
    printf ("%s: I lead, with token %" PRIu64 "\n", (char *) arg, zelect_event_term (event));
    fflush (stdout);
    //  Between the event and now the lease may have ended: ask before you work.
    return zelect_is_leader (self) ? 0 : -1;
}

static int
s_leave_leader (void *arg, zelect_t *self, const zelect_event_t *event)
{
    (void) self;
    printf ("%s: I lead no more: %s\n", (char *) arg, zelect_event_text (event));
    fflush (stdout);
    return 0;
}

static int
s_other (void *arg, zelect_t *self, const zelect_event_t *event)
{
    (void) self;
    printf ("%s: %s\n", (char *) arg, zelect_event_name (event));
    fflush (stdout);
    return 0;
}

//  The adapter to zsys.

static void
s_log (void *arg, char level, const char *line)
{
    (void) arg;
    void (*log) (const char *format, ...) = level == 'E'   ? zsys_error
                                            : level == 'W' ? zsys_warning
                                                           : zsys_info;
    log ("%s", line);
}

int
main (int argc, char **argv)
{
    char *id = argc > 1 ? argv [1] : (char []){"n1"};
    zsys_set_logstream (stderr);    //  Else zsys writes to stdout

    zelect_t *node = zelect_new (id, "hello");
    if (!node)
        return 2;    //  That is no name
    zelect_add_member (node, "n1", "tcp://127.0.0.1:5680");
    zelect_add_member (node, "n2", "tcp://127.0.0.1:5690");
    zelect_add_member (node, "n3", "tcp://127.0.0.1:5700");
    zelect_set_volatile (node, true);
    zelect_set_log (node, s_log, NULL);
    zelect_callbacks_t callbacks = {
        .enter_leader = s_enter_leader,
        .leave_leader = s_leave_leader,
        .enter_follower = s_other,
        .leave_follower = s_other,
        .enter_candidate = s_other,
        .leave_candidate = s_other,
    };
    zelect_set_callbacks (node, &callbacks, id);
    int rc = zelect_start (node);
    if (rc)
        fprintf (stderr, "callbacks: %s\n", zelect_error (node));
    while (rc == 0 && !zsys_interrupted)
        zclock_sleep (100);    //  Here would be the application
    zelect_destroy (&node);
    return rc ? 2 : 0;
}
