//  zloop - a node in a zloop: events on a socket, work on a timer
//
//  The leader works; that it still leads it asks before each piece of work, not
//  after the last event. Joins the cluster of hello.c: `zloop n3`.
//
//  This Source Code Form is subject to the terms of the Mozilla Public
//  License, v. 2.0. If a copy of the MPL was not distributed with this file,
//  You can obtain one at http://mozilla.org/MPL/2.0/.

#include <zelect.h>

#define WORK_MS 500

static int
s_on_event (zloop_t *loop, zsock_t *socket, void *arg)
{
    (void) loop;
    (void) socket;
    zelect_event_t *event = zelect_recv (arg, 0);
    if (event)
        printf ("%s\n", zelect_event_name (event));
    fflush (stdout);
    zelect_event_destroy (&event);
    return 0;
}

static int
s_on_timer (zloop_t *loop, int timer, void *arg)
{
    (void) loop;
    (void) timer;
    zelect_token_t token;
    if (zelect_token (arg, &token) == 0)
        printf ("working, with token %" PRIu64 "\n", token.term);
    fflush (stdout);
    return 0;
}

int
main (int argc, char **argv)
{
    zelect_t *node = zelect_new (argc > 1 ? argv [1] : "n3", "hello");
    if (!node)
        return 2;    //  That is no name
    zelect_add_member (node, "n1", "tcp://127.0.0.1:5680");
    zelect_add_member (node, "n2", "tcp://127.0.0.1:5690");
    zelect_add_member (node, "n3", "tcp://127.0.0.1:5700");
    zelect_set_volatile (node, true);
    int rc = zelect_start (node);
    if (rc)
        fprintf (stderr, "zloop: %s\n", zelect_error (node));
    else {
        zloop_t *loop = zloop_new ();
        zloop_reader (loop, zelect_socket (node), s_on_event, node);
        zloop_timer (loop, WORK_MS, 0, s_on_timer, node);
        zloop_start (loop);    //  Until interrupted
        zloop_destroy (&loop);
    }
    zelect_destroy (&node);    //  Resigns, so that the next one leads at once
    return rc ? 2 : 0;
}
