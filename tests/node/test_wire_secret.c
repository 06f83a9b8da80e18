/*  =========================================================================
    test_wire_secret - what passes between nodes, as who holds the network sees it

    All members are reached by a forwarder that keeps what it forwards.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_ports.h"
#include "zelect_secure.h"

#include <poll.h>
#include <stdatomic.h>

//  ----  The forwarder  -------------------------------------------------------

#define DOORS 6
#define ENDS 128
#define RECORD_SIZE (4 << 20)

typedef struct {
    int first;    //  Ports that it listens at; those behind begin DOORS later
    atomic_bool is_over;
    int count;    //  Listeners, then connections by twos
    struct pollfd ends [ENDS];
    size_t size;
    uint8_t *record;
    pthread_t thread;
} forwarder_t;

static struct sockaddr_in
s_address (int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) port),
                                  .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    return address;
}

static void
s_accept (forwarder_t *self, int door)
{
    int outer = accept (self->ends [door].fd, NULL, NULL);
    int inner = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = s_address (self->first + DOORS + door);
    if (self->count + 2 > ENDS || connect (inner, (struct sockaddr *) &address, sizeof (address))) {
        close (outer);
        close (inner);
        return;
    }
    self->ends [self->count++] = (struct pollfd){.fd = outer, .events = POLLIN};
    self->ends [self->count++] = (struct pollfd){.fd = inner, .events = POLLIN};
}

//  The other end of a connection has the number beside it.

static void
s_forward (forwarder_t *self, int end)
{
    int other = DOORS + ((end - DOORS) ^ 1);
    uint8_t data [65536];
    ssize_t size = read (self->ends [end].fd, data, sizeof (data));
    if (size <= 0 || send (self->ends [other].fd, data, (size_t) size, MSG_NOSIGNAL) != size) {
        close (self->ends [end].fd);
        close (self->ends [other].fd);
        self->ends [end].fd = self->ends [other].fd = -1;
        return;
    }
    assert_true (self->size + (size_t) size <= RECORD_SIZE);
    memcpy (self->record + self->size, data, (size_t) size);
    self->size += (size_t) size;
}

static void *
s_run (void *arg)
{
    forwarder_t *self = arg;
    while (!atomic_load (&self->is_over)) {
        poll (self->ends, (nfds_t) self->count, 20);
        for (int end = self->count - 1; end >= 0; end--) {
            if (self->ends [end].fd < 0 || !self->ends [end].revents)
                continue;
            if (end < DOORS)
                s_accept (self, end);
            else
                s_forward (self, end);
        }
    }
    return NULL;
}

static forwarder_t *
s_start_forwarder (void)
{
    forwarder_t *self = calloc (1, sizeof (forwarder_t));
    self->record = malloc (RECORD_SIZE);
    self->first = zelect_ports (2 * DOORS);
    for (int door = 0; door < DOORS; door++) {
        int handle = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int yes = 1;
        setsockopt (handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof (yes));
        struct sockaddr_in address = s_address (self->first + door);
        assert_int_equal (bind (handle, (struct sockaddr *) &address, sizeof (address)), 0);
        assert_int_equal (listen (handle, 16), 0);
        self->ends [self->count++] = (struct pollfd){.fd = handle, .events = POLLIN};
    }
    pthread_create (&self->thread, NULL, s_run, self);
    return self;
}

static void
s_end_forwarder (forwarder_t *self)
{
    atomic_store (&self->is_over, true);
    pthread_join (self->thread, NULL);
    for (int end = 0; end < self->count; end++)
        if (self->ends [end].fd >= 0)
            close (self->ends [end].fd);
}

//  ----  What it saw  ---------------------------------------------------------

//  A cluster behind the forwarder, with names that chance does not make, elects a
//  leader, loses it and elects another.

static void
s_play (forwarder_t *forwarder, fort_t *fort, bool is_secured)
{
    for (int index = 0; index < 3; index++) {
        node_t *node = &fort->cluster->nodes [index];
        node_destroy (node);
        snprintf (node->id, sizeof (node->id), "n%c-of-wires", '1' + index);
        snprintf (node->endpoint, sizeof (node->endpoint), "tcp://127.0.0.1:%d",
                  forwarder->first + 2 * index);
        zelect_certs_new (fort->keys, node->id);
    }
    for (int index = 0; index < 3; index++) {
        node_t *node = &fort->cluster->nodes [index];
        node_new (node);
        node_configure (fort->cluster, node);
        char bind [40];
        snprintf (bind, sizeof (bind), "tcp://127.0.0.1:%d", forwarder->first + DOORS + 2 * index);
        assert_true (ask (node, "BIND", bind, NULL));
        if (is_secured)
            fort_arm (fort, node, node->id);
    }
    cluster_start (fort->cluster);
    int leader = cluster_wait_leader (fort->cluster);
    node_end (&fort->cluster->nodes [leader]);
    assert_int_not_equal (cluster_wait_leader (fort->cluster), leader);
}

static bool
s_saw (const forwarder_t *forwarder, const char *text)
{
    return memmem (forwarder->record, forwarder->size, text, strlen (text)) != NULL;
}

static void
s_inspect (bool is_secured)
{
    fort_t fort = fort_new (3, BY_TCP, "none");
    snprintf (fort.cluster->name, sizeof (fort.cluster->name), "wirecluster");
    forwarder_t *forwarder = s_start_forwarder ();
    s_play (forwarder, &fort, is_secured);
    fort_destroy (&fort);
    s_end_forwarder (forwarder);
    assert_true (forwarder->size > 2000);
    assert_true (s_saw (forwarder, is_secured ? "CURVE" : "NULL"));
    const char *texts [] = {"wirecluster", "-of-wires", "heartbeat"};
    for (size_t index = 0; index < 3; index++)
        if (s_saw (forwarder, texts [index]) == is_secured)
            fail_msg ("'%s' is %s the wire", texts [index], is_secured ? "on" : "not on");
    free (forwarder->record);
    free (forwarder);
}

static void
test_nothing_is_in_clear (void **state)
{
    (void) state;
    s_inspect (true);
}

//  The same eyes see everything where nothing is hidden.

static void
test_everything_is_in_clear_without_keys (void **state)
{
    (void) state;
    s_inspect (false);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_nothing_is_in_clear),
        cmocka_unit_test (test_everything_is_in_clear_without_keys),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
