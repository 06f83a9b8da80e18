//  actor - the raw actor, for who lives in CZMQ
//
//  The node is a zactor: commands go in and answers come out as strings, events
//  come in between. The lease cell answers "am I the leader?" without asking.
//  Joins the cluster of hello.c: `actor n2`.
//
//  This Source Code Form is subject to the terms of the Mozilla Public
//  License, v. 2.0. If a copy of the MPL was not distributed with this file,
//  You can obtain one at http://mozilla.org/MPL/2.0/.

#include <zelect.h>

//  Send a command with up to two arguments, and read its answer: OK or ERROR
//  text. START's comes after a first event; the loop in main shows the others.

static bool
s_command (zactor_t *node, const char *command, const char *first, const char *second)
{
    char *answer = NULL;
    char *text = NULL;
    zstr_sendx (node, command, first, second, NULL);
    do {
        zstr_free (&answer);
        zstr_free (&text);
        zstr_recvx (node, &answer, &text, NULL);
    } while (answer && streq (answer, "EVENT"));

    bool is_done = answer && streq (answer, "OK");
    if (!is_done)
        fprintf (stderr, "actor: %s: %s\n", command, text ? text : "interrupted");
    zstr_free (&answer);
    zstr_free (&text);
    return is_done;
}

static bool
s_start (zactor_t *node, const char *id)
{
    return s_command (node, "NAME", id, NULL) && s_command (node, "CLUSTER", "hello", NULL)
           && s_command (node, "MEMBER", "n1", "tcp://127.0.0.1:5680")
           && s_command (node, "MEMBER", "n2", "tcp://127.0.0.1:5690")
           && s_command (node, "MEMBER", "n3", "tcp://127.0.0.1:5700")
           && s_command (node, "SET", "node/volatile", "1")
           && s_command (node, "START", NULL, NULL);
}

static void
s_print (const zelect_event_t *event, const zelect_lease_t *lease)
{
    zelect_token_t token;
    printf ("%s: %s", zelect_event_name (event), zelect_event_text (event));
    if (zelect_lease_token (lease, &token) == 0)
        printf (" (leading with token %" PRIu64 ")", token.term);
    puts ("");
    fflush (stdout);
}

int
main (int argc, char **argv)
{
    zelect_lease_t *lease = zelect_lease_new ();
    zactor_t *node = zactor_new (zelect_actor, lease);
    bool is_started = s_start (node, argc > 1 ? argv [1] : "n2");
    zpoller_t *poller = zpoller_new (node, NULL);
    while (is_started && zpoller_wait (poller, -1)) {
        zelect_event_t *event = zelect_event_recv (node);
        if (event)
            s_print (event, lease);
        zelect_event_destroy (&event);
    }
    zpoller_destroy (&poller);
    zactor_destroy (&node);           //  First the node, which resigns,
    zelect_lease_destroy (&lease);    //  then its cell
    return is_started ? 0 : 2;
}
