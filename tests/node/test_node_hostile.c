/*  =========================================================================
    test_node_hostile - garbage on every port is dropped and counted (G6)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"
#include "zelect_random.h"
#include "zelect_wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

//  A cluster with a leader that nothing shall unseat.

typedef struct {
    cluster_t *cluster;
    node_t *leader;
    uint64_t term;
    zelect_random_t random;
} victim_t;

static victim_t
s_victim (const char *test)
{
    victim_t self;
    self.random.state = zelect_test_seed (test);
    self.cluster = cluster_new (3, BY_TCP);
    cluster_start (self.cluster);
    self.leader = &self.cluster->nodes [cluster_wait_leader (self.cluster)];
    self.term = zelect_cell_term (self.leader->cell);
    return self;
}

static void
s_check_unmoved (victim_t *self)
{
    assert_string_equal (zelect_cell_role (self->leader->cell), "leader");
    assert_true (zelect_cell_held (self->leader->cell));
    assert_true (zelect_cell_term (self->leader->cell) == self->term);
    cluster_destroy (&self->cluster);
}

//  How many frames the leader says that it rejected for this reason.

static long
s_rejected (const victim_t *self, const char *reason)
{
    assert_true (ask (self->leader, "CLUSTERSTATE", "2000", NULL));
    zconfig_t *tree = zconfig_str_load (self->leader->reply);
    assert_non_null (tree);
    char path [40];
    snprintf (path, sizeof (path), "/rejected/%s", reason);
    char *text = zconfig_get (tree, path, NULL);
    assert_non_null (text);
    long count = strtol (text, NULL, 10);
    zconfig_destroy (&tree);
    return count;
}

static void
s_wait_rejected (const victim_t *self, const char *reason, long least)
{
    for (int tries = 0; tries < 200; tries++) {
        if (s_rejected (self, reason) >= least)
            return;
        zclock_sleep (20);
    }
    fail_msg ("%ld frames rejected for %s, expected %ld", s_rejected (self, reason), reason, least);
}

static void
s_fill (zelect_random_t *random, uint8_t *data, size_t size)
{
    for (size_t index = 0; index < size; index++)
        data [index] = (uint8_t) zelect_random_next (random);
}

//  ----  ZMTP with wrong contents  --------------------------------------------

static void
test_random_frames (void **state)
{
    (void) state;
    victim_t victim = s_victim ("random_frames");
    zsock_t *dealer = test_socket (ZMQ_DEALER, victim.leader->endpoint);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    const int frames = 300;
    for (int count = 0; count < frames; count++) {
        size_t size = zelect_random_next (&victim.random) % sizeof (data);
        s_fill (&victim.random, data, size);
        zframe_t *frame = zframe_new (data, size);
        assert_int_equal (zframe_send (&frame, dealer, 0), 0);
        if (count % 20 == 0)
            zclock_sleep (2);
    }
    s_wait_rejected (&victim, "MALFORMED", frames / 2);
    zsock_destroy (&dealer);
    s_check_unmoved (&victim);
}

//  A message is one frame.

static void
test_frames_of_another_shape (void **state)
{
    (void) state;
    victim_t victim = s_victim ("frames_of_another_shape");
    zsock_t *dealer = test_socket (ZMQ_DEALER, victim.leader->endpoint);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_query (1, data, sizeof (data));
    for (int count = 0; count < 10; count++) {
        zmsg_t *message = zmsg_new ();
        for (int frames = 0; frames < count + 2; frames++)
            zmsg_addmem (message, data, size);
        zmsg_send (&message, dealer);
    }
    s_wait_rejected (&victim, "MALFORMED", 10);
    zsock_destroy (&dealer);
    s_check_unmoved (&victim);
}

//  Who writes to a feed instead of listening to it.

static void
test_frames_to_the_feed (void **state)
{
    (void) state;
    victim_t victim = s_victim ("frames_to_the_feed");
    zsock_t *xsub = test_socket (ZMQ_XSUB, victim.leader->feed);
    uint8_t data [200];
    for (int count = 0; count < 50; count++) {
        s_fill (&victim.random, data, sizeof (data));
        data [0] = 2;
        zframe_t *frame = zframe_new (data, sizeof (data));
        zframe_send (&frame, xsub, 0);
    }
    //  A subscription to everything, again and again
    for (int count = 0; count < 50; count++) {
        zframe_t *frame = zframe_new ("\001", 1);
        zframe_send (&frame, xsub, 0);
    }
    s_wait_rejected (&victim, "MALFORMED", 1);
    zsock_destroy (&xsub);
    s_check_unmoved (&victim);
}

//  ----  No ZMTP at all  ------------------------------------------------------

static int
s_raw (const char *endpoint)
{
    int handle = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = (int) strtol (strrchr (endpoint, ':') + 1, NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) port),
                                  .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    int rc = connect (handle, (struct sockaddr *) &address, sizeof (address));
    (void) rc;
    return handle;
}

static void
s_write (const char *endpoint, const void *data, size_t size)
{
    int handle = s_raw (endpoint);
    ssize_t written = send (handle, data, size, MSG_NOSIGNAL);
    (void) written;
    close (handle);
}

static void
test_foreign_protocols (void **state)
{
    (void) state;
    victim_t victim = s_victim ("foreign_protocols");
    const char *greetings [] = {"GET / HTTP/1.1\r\nHost: n1\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "", "\xff"};
    const char *ports [] = {victim.leader->endpoint, victim.leader->feed};
    for (size_t port = 0; port < 2; port++) {
        for (size_t index = 0; index < 5; index++)
            s_write (ports [port], greetings [index], strlen (greetings [index]));
        uint8_t data [4096];
        for (int count = 0; count < 30; count++) {
            s_fill (&victim.random, data, sizeof (data));
            s_write (ports [port], data, zelect_random_next (&victim.random) % sizeof (data));
        }
    }
    cluster_wait_leader (victim.cluster);
    s_check_unmoved (&victim);
}

//  Somebody babbles while the node starts and stops.

typedef struct {
    const char *endpoints [2];
    atomic_bool is_over;
} babbler_t;

static void *
s_babble (void *arg)
{
    babbler_t *self = arg;
    while (!atomic_load (&self->is_over))
        for (size_t port = 0; port < 2; port++)
            s_write (self->endpoints [port], "\x01\x02\x03\x04 GET /", 10);
    return NULL;
}

static void
test_stop_under_garbage (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (1, BY_TCP);
    node_t *node = &cluster->nodes [0];
    babbler_t babbler = {.endpoints = {node->endpoint, node->feed}};
    pthread_t thread;
    pthread_create (&thread, NULL, s_babble, &babbler);
    for (int count = 0; count < 20; count++) {
        assert_true (ask (node, "START", NULL));
        zclock_sleep (10);
        assert_true (ask (node, "STOP", NULL));
    }
    atomic_store (&babbler.is_over, true);
    pthread_join (thread, NULL);
    cluster_destroy (&cluster);
}

//  ----  Messages of others  --------------------------------------------------

//  What is a message, but not of this cluster.

static void
test_messages_of_strangers (void **state)
{
    (void) state;
    victim_t victim = s_victim ("messages_of_strangers");
    zsock_t *dealer = test_socket (ZMQ_DEALER, victim.leader->endpoint);
    const zelect_member_t list [] = {{"x1", true}, {"x2", true}};
    zelect_members_t others;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    zelect_rpc_t rpc = {.message = {.kind = ZELECT_MESSAGE_VOTE,
                                    .incarnation = 1,
                                    .term = 1000,
                                    .about = 1000,
                                    .number = 1,
                                    .leader = ZELECT_NOBODY}};
    const char *clusters [] = {"elsewhere", victim.cluster->name};
    for (int index = 0; index < 2; index++) {
        assert_int_equal (zelect_members_init (&others, clusters [index], "x1", list, 2), 0);
        size_t size = zelect_wire_pack_rpc (&others, &rpc, data, sizeof (data));
        for (int count = 0; count < 5; count++) {
            zframe_t *frame = zframe_new (data, size);
            zframe_send (&frame, dealer, 0);
        }
    }
    s_wait_rejected (&victim, "CLUSTER", 5);
    s_wait_rejected (&victim, "STRANGER", 5);
    zsock_destroy (&dealer);
    s_check_unmoved (&victim);
}

//  What is repeated is logged once a second, with a count.

static void
test_log_is_limited (void **state)
{
    (void) state;
    victim_t victim = s_victim ("log_is_limited");
    zsock_t *dealer = test_socket (ZMQ_DEALER, victim.leader->endpoint);
    for (int count = 0; count < 200; count++) {
        zstr_send (dealer, "garbage");
        if (count % 20 == 0)
            zclock_sleep (5);
    }
    s_wait_rejected (&victim, "MALFORMED", 100);
    zsock_destroy (&dealer);
    node_end (victim.leader);
    int count = 0;
    zlist_t *lines = victim.leader->lines;
    for (char *line = zlist_first (lines); line; line = zlist_next (lines))
        if (strstr (line, "event=rejected"))
            count++;
    assert_in_range (count, 1, 20);
    cluster_destroy (&victim.cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_random_frames),      cmocka_unit_test (test_frames_of_another_shape),
        cmocka_unit_test (test_frames_to_the_feed), cmocka_unit_test (test_foreign_protocols),
        cmocka_unit_test (test_stop_under_garbage), cmocka_unit_test (test_messages_of_strangers),
        cmocka_unit_test (test_log_is_limited),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
