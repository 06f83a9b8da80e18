/*  =========================================================================
    api_raw - nodes by the raw actor, for the tests

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_raw.h"

void
api_raw_init (api_raw_t *self)
{
    memset (self, 0, sizeof (*self));
    self->lease = zelect_lease_new ();
    assert_non_null (self->lease);
    self->actor = zactor_new (zelect_actor, self->lease);
    assert_non_null (self->actor);
}

void
api_raw_end (api_raw_t *self)
{
    //  With a shorter time zactor_destroy would not wait for the actor
    zsock_set_rcvtimeo (self->actor, -1);
    zactor_destroy (&self->actor);
    zelect_lease_destroy (&self->lease);
    zstr_free (&self->reply);
}

//  An event, whose first frame has been taken.

static void
s_write_down (api_raw_t *self, zmsg_t *message)
{
    char *frames [10];
    assert_int_equal (zmsg_size (message), 10);
    for (int index = 0; index < 10; index++)
        frames [index] = zmsg_popstr (message);
    size_t length = strlen (self->history);
    snprintf (self->history + length, sizeof (self->history) - length, "%s ", frames [0]);
    self->term = strtoull (frames [3], NULL, 10);
    snprintf (self->leader, sizeof (self->leader), "%s", frames [4]);
    if (*frames [5])
        snprintf (self->reason, sizeof (self->reason), "%s", frames [5]);
    if (streq (frames [0], "ERROR") || streq (frames [0], "STATUS"))
        snprintf (self->text, sizeof (self->text), "%s", frames [6]);
    for (int index = 0; index < 10; index++)
        zstr_free (&frames [index]);
}

//  The next message; events are written down. Returns the first word of a reply,
//  or NULL if what came was none, or nothing came.

static char *
s_recv (api_raw_t *self, int timeout_ms)
{
    zsock_set_rcvtimeo (self->actor, timeout_ms);
    zmsg_t *message = zmsg_recv (self->actor);
    char *word = message ? zmsg_popstr (message) : NULL;
    if (word && streq (word, "EVENT")) {
        s_write_down (self, message);
        zstr_free (&word);
        word = strdup ("");
    }
    else if (word) {
        zstr_free (&self->reply);
        self->reply = zmsg_popstr (message);
        char *code = zmsg_popstr (message);
        self->code = streq (word, "ERROR") ? atoi (code) : 0;
        zstr_free (&code);
    }
    zmsg_destroy (&message);
    return word;
}

int
api_raw_command (api_raw_t *self, const char *name, ...)
{
    zmsg_t *command = zmsg_new ();
    va_list args;
    va_start (args, name);
    for (const char *part = name; part; part = va_arg (args, const char *))
        zmsg_addstr (command, part);
    va_end (args);
    assert_int_equal (zmsg_send (&command, self->actor), 0);
    char *word = s_recv (self, API_PATIENCE_MS);
    while (word && !*word) {
        zstr_free (&word);
        word = s_recv (self, API_PATIENCE_MS);
    }
    assert_non_null (word);
    int rc = streq (word, "OK") ? 0 : -1;
    zstr_free (&word);
    return rc;
}

bool
api_raw_has (api_raw_t *self, const char *name)
{
    char *word;
    while ((word = s_recv (self, 0)))
        zstr_free (&word);
    char padded [40];
    snprintf (padded, sizeof (padded), "%s ", name);
    return strstr (self->history, padded) != NULL;
}

#define OK(...) assert_int_equal (api_raw_command (self, __VA_ARGS__, NULL), 0)

void
api_raw_configure (api_raw_t *self, const api_cluster_t *cluster, int index)
{
    OK ("NAME", cluster->ids [index]);
    OK ("CLUSTER", cluster->name);
    for (int member = 0; member < cluster->count; member++)
        OK ("MEMBER", cluster->ids [member], cluster->endpoints [member]);
    char number [16];
    snprintf (number, sizeof (number), "%d", API_HEARTBEAT_MS);
    OK ("SET", "timing/heartbeat", number);
    snprintf (number, sizeof (number), "%d", API_ELECTION_MS);
    OK ("SET", "timing/election", number);
    const char *store = api_cluster_store (cluster, index);
    zsys_dir_create ("%s", store);
    OK ("STORE", store);
    OK ("SET", "node/create", "1");
}

void
api_raw_start (api_raw_t *nodes, api_cluster_t *cluster, int count)
{
    api_cluster_init (cluster, count);
    for (int index = 0; index < count; index++) {
        api_raw_init (&nodes [index]);
        api_raw_configure (&nodes [index], cluster, index);
    }
    for (int index = 0; index < count; index++)
        if (api_raw_command (&nodes [index], "START", NULL))
            fail_msg ("%s", nodes [index].reply);
}

int
api_raw_wait (api_raw_t *nodes, int count)
{
    int leader = -1;
    int64_t end_ms = api_now_ms () + API_PATIENCE_MS;
    while (leader < 0) {
        assert_true (api_now_ms () < end_ms);
        for (int index = 0; index < count; index++)
            if (nodes [index].actor && zelect_lease_held (nodes [index].lease))
                leader = index;
        zclock_sleep (2);
    }
    return leader;
}
