/*  =========================================================================
    zelect_cluster - real nodes in one process, for the tests of the node

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"
#include "zelect_clock.h"
#include "zelect_interrupt.h"
#include "zelect_ports.h"

//  ----  One node  ------------------------------------------------------------

static void
s_log (void *arg, char level, const char *line)
{
    char text [1100];
    snprintf (text, sizeof (text), "%c %s", level, line);
    zlist_append (arg, text);
    if (getenv ("ZELECT_TEST_LOG"))
        fprintf (stderr, "%.3f %s\n", (double) zelect_clock_ns () / 1e6, text);
}

static zlist_t *
s_strings (void)
{
    zlist_t *list = zlist_new ();
    zlist_autofree (list);
    return list;
}

void
node_new (node_t *self)
{
    self->events = s_strings ();
    self->lines = s_strings ();
    self->cell = zelect_cell_new ();
    self->args.cell = self->cell;
    self->args.log = s_log;
    self->args.log_arg = self->lines;
    self->actor = zactor_new (zelect_node_actor, &self->args);
    assert_non_null (self->actor);
}

void
node_end (node_t *self)
{
    zactor_destroy (&self->actor);
    assert_string_equal (zelect_cell_role (self->cell), "stopped");
}

void
node_destroy (node_t *self)
{
    node_end (self);
    zelect_cell_destroy (&self->cell);
    zlist_destroy (&self->events);
    zlist_destroy (&self->lines);
}

static void
s_keep_event (node_t *self, zmsg_t *message)
{
    assert_int_equal (zmsg_size (message), 10);
    char *words [11] = {NULL};
    for (int word = 1; word < 11; word++)
        words [word] = zmsg_popstr (message);
    char text [2048];
    snprintf (text, sizeof (text),
              "%s role=%s old=%s term=%s leader=%s reason=%s missed=%s until=%s text=%s", words [1],
              words [2], words [3], words [4], words [5], words [6], words [10], words [8],
              words [7]);
    zlist_append (self->events, text);
    for (int word = 0; word < 11; word++)
        free (words [word]);
}

static void
s_keep_reply (node_t *self, zmsg_t *message)
{
    char *value = zmsg_popstr (message);
    char *code = zmsg_popstr (message);
    snprintf (self->reply, sizeof (self->reply), "%s", value ? value : "");
    self->code = code ? (int) strtol (code, NULL, 10) : 0;
    free (value);
    free (code);
}

//  Take one message from the pipe: 'O'k, 'E'rror, 'V' for an event, 0 for none.

static char
s_take (node_t *self, int timeout_ms)
{
    zmq_pollitem_t item = {.socket = zsock_resolve (self->actor), .events = ZMQ_POLLIN};
    int rc;
    do
        rc = zmq_poll (&item, 1, timeout_ms);
    while (zelect_is_interrupted (rc));
    if (rc <= 0)
        return 0;
    zmsg_t *message = zmsg_recv (self->actor);
    assert_non_null (message);
    char *kind = zmsg_popstr (message);
    char result = streq (kind, "EVENT") ? 'V' : kind [0];
    if (result == 'V')
        s_keep_event (self, message);
    else
        s_keep_reply (self, message);
    free (kind);
    zmsg_destroy (&message);
    return result;
}

static void
s_tell (node_t *self, va_list words)
{
    zmsg_t *message = zmsg_new ();
    for (const char *word; (word = va_arg (words, const char *));)
        zmsg_addstr (message, word);
    int rc;
    do
        rc = zmsg_send (&message, self->actor);
    while (zelect_is_interrupted (rc));
    assert_int_equal (rc, 0);
}

void
tell (node_t *self, ...)
{
    va_list words;
    va_start (words, self);
    s_tell (self, words);
    va_end (words);
}

bool
hear (node_t *self)
{
    char kind;
    do
        kind = s_take (self, PATIENCE_MS);
    while (kind == 'V');
    assert_true (kind == 'O' || kind == 'E');
    return kind == 'O';
}

bool
ask (node_t *self, ...)
{
    va_list words;
    va_start (words, self);
    s_tell (self, words);
    va_end (words);
    return hear (self);
}

char *
wait_event (node_t *self, const char *name)
{
    uint64_t end = zelect_clock_ns () + PATIENCE_MS * ZELECT_MS;
    while (zelect_clock_ns () < end) {
        char *event = zlist_pop (self->events);
        if (event && strncmp (event, name, strlen (name)) == 0)
            return event;
        if (!event)
            s_take (self, 100);
        free (event);
    }
    fail_msg ("node %s: no event %s", self->id, name);
    return NULL;
}

void
wait_role (node_t *self, const char *role)
{
    uint64_t end = zelect_clock_ns () + PATIENCE_MS * ZELECT_MS;
    while (zelect_clock_ns () < end && !streq (zelect_cell_role (self->cell), role))
        zclock_sleep (2);
    assert_string_equal (zelect_cell_role (self->cell), role);
}

//  ----  The cluster  ---------------------------------------------------------

static void
s_name_endpoints (cluster_t *self, transport_t transport)
{
    int port = zelect_ports (2 * self->count);
    for (int index = 0; index < self->count; index++, port += 2) {
        node_t *node = &self->nodes [index];
        snprintf (node->id, sizeof (node->id), "n%d", index + 1);
        const char *host = transport == BY_TCP6 ? "[::1]" : "127.0.0.1";
        snprintf (node->endpoint, sizeof (node->endpoint), "tcp://%s:%d", host, port);
        snprintf (node->feed, sizeof (node->feed), "tcp://%s:%d", host, port + 1);
        if (transport != BY_IPC)
            continue;
        snprintf (node->endpoint, sizeof (node->endpoint), "ipc://%s/n%d", self->directory,
                  index + 1);
        snprintf (node->feed, sizeof (node->feed), "ipc://%s/n%d.feed", self->directory, index + 1);
    }
}

void
node_configure (cluster_t *self, node_t *node)
{
    assert_true (ask (node, "NAME", node->id, NULL));
    assert_true (ask (node, "CLUSTER", self->name, NULL));
    const char *election_ms = self->count > 1 ? "1000" : "500";
    assert_true (ask (node, "SET", "timing/heartbeat", "25", NULL));
    assert_true (ask (node, "SET", "timing/election", election_ms, NULL));
    if (*node->store) {
        assert_true (ask (node, "STORE", node->store, NULL));
        assert_true (ask (node, "SET", "node/create", "1", NULL));
    }
    else
        assert_true (ask (node, "SET", "node/volatile", "1", NULL));
    for (int index = 0; index < self->count; index++)
        assert_true (
            ask (node, "MEMBER", self->nodes [index].id, self->nodes [index].endpoint, NULL));
}

cluster_t *
cluster_new (int count, transport_t transport)
{
    static int cluster_count = 0;
    cluster_t *self = calloc (1, sizeof (cluster_t));
    self->count = count;
    snprintf (self->name, sizeof (self->name), "test%d", ++cluster_count);
    snprintf (self->directory, sizeof (self->directory), "/tmp/zelect-node-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
    s_name_endpoints (self, transport);
    for (int index = 0; index < count; index++) {
        node_t *node = &self->nodes [index];
        snprintf (node->store, sizeof (node->store), "%s/store%d", self->directory, index + 1);
        node_new (node);
        node_configure (self, node);
    }
    return self;
}

void
cluster_destroy (cluster_t **self_p)
{
    cluster_t *self = *self_p;
    for (int index = 0; index < self->count; index++)
        if (self->nodes [index].cell)
            node_destroy (&self->nodes [index]);
    zdir_t *directory = zdir_new (self->directory, NULL);
    zdir_remove (directory, true);
    zdir_destroy (&directory);
    rmdir (self->directory);
    free (self);
    *self_p = NULL;
}

void
cluster_start (cluster_t *self)
{
    for (int index = 0; index < self->count; index++)
        if (!ask (&self->nodes [index], "START", NULL))
            fail_msg ("START: %s", self->nodes [index].reply);
}

//  The index of the leader if all that run name one and it holds its lease.

static int
s_leader (const cluster_t *self)
{
    int leader = -1;
    for (int index = 0; index < self->count; index++) {
        const node_t *node = &self->nodes [index];
        if (!node->actor || streq (zelect_cell_role (node->cell), "stopped"))
            continue;
        const char *id = zelect_cell_leader (node->cell);
        int named = id ? id [1] - '1' : -1;
        if (named < 0 || (leader >= 0 && named != leader))
            return -1;
        leader = named;
    }
    if (leader < 0 || !self->nodes [leader].actor)
        return -1;
    return zelect_cell_held (self->nodes [leader].cell) ? leader : -1;
}

int
cluster_wait_leader (cluster_t *self)
{
    uint64_t end = zelect_clock_ns () + PATIENCE_MS * ZELECT_MS;
    while (zelect_clock_ns () < end) {
        int leader = s_leader (self);
        if (leader >= 0)
            return leader;
        zclock_sleep (2);
    }
    fail_msg ("no leader");
    return -1;
}

zsock_t *
test_socket (int type, const char *endpoint)
{
    zsock_t *self = zsock_new (type);
    assert_non_null (self);
    zsock_set_linger (self, 0);
    zsock_set_ipv6 (self, 1);
    zsock_set_rcvtimeo (self, PATIENCE_MS);
    assert_int_equal (zsock_connect (self, "%s", endpoint), 0);
    return self;
}
