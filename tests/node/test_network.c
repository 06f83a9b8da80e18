/*  =========================================================================
    test_network - sockets that are bound, or say why not

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_network.h"
#include "zelect_ports.h"
#include "zelect_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

//  Libzmq's own limit is 1000 at each end
#define LOSSES 2500

typedef struct {
    void *context;
    void *socket;
    void *others [2];    //  Closed with it, too
    zelect_trouble_t trouble;
} net_t;

static void *
s_socket (net_t *self, int type)
{
    zelect_network_options_t options = {.type = type,
                                        .message_size = 1024,
                                        .queue_count = 32,
                                        .election_ms = 500,
                                        .connect_ms = 1000};
    return zelect_network_socket (self->context, &options, &self->trouble);
}

static int
s_setup (void **state)
{
    net_t *self = calloc (1, sizeof (net_t));
    self->context = zelect_network_context (&self->trouble);
    self->socket = s_socket (self, ZMQ_ROUTER);
    *state = self;
    return self->socket ? 0 : -1;
}

static int
s_teardown (void **state)
{
    net_t *self = *state;
    zelect_network_close (&self->socket, 0);
    zelect_network_close (&self->others [0], 0);
    zelect_network_close (&self->others [1], 0);
    zmq_ctx_term (self->context);
    free (self);
    return 0;
}

static int
s_get (void *socket, int option)
{
    int value = -1;
    size_t size = sizeof (value);
    assert_int_equal (zmq_getsockopt (socket, option, &value, &size), 0);
    return value;
}

static void
test_settings (void **state)
{
    net_t *net = *state;
    int64_t message_size;
    size_t size = sizeof (message_size);
    zmq_getsockopt (net->socket, ZMQ_MAXMSGSIZE, &message_size, &size);
    assert_int_equal (message_size, 1024);
    assert_int_equal (s_get (net->socket, ZMQ_LINGER), 0);
    assert_int_equal (s_get (net->socket, ZMQ_IPV6), 1);
    assert_int_equal (s_get (net->socket, ZMQ_SNDHWM), 32);
    assert_int_equal (s_get (net->socket, ZMQ_RCVHWM), 32);
    assert_int_equal (s_get (net->socket, ZMQ_HANDSHAKE_IVL), 1000);
    assert_int_equal (s_get (net->socket, ZMQ_HEARTBEAT_IVL), 0);
    void *dealer = net->others [0] = s_socket (net, ZMQ_DEALER);
    assert_int_equal (s_get (dealer, ZMQ_IMMEDIATE), 1);
    assert_int_equal (s_get (dealer, ZMQ_HEARTBEAT_IVL), 0);
    assert_int_equal (s_get (dealer, ZMQ_TCP_KEEPALIVE), 1);
    assert_int_equal (s_get (dealer, ZMQ_TCP_KEEPALIVE_IDLE), 1);
    assert_int_equal (s_get (dealer, ZMQ_TCP_KEEPALIVE_INTVL), 1);
    assert_int_equal (s_get (net->socket, ZMQ_TCP_KEEPALIVE_IDLE), 10);
    assert_int_equal (s_get (net->socket, ZMQ_RECONNECT_IVL), 10);
    assert_int_equal (s_get (net->socket, ZMQ_RECONNECT_IVL_MAX), 250);
    assert_int_equal (s_get (net->socket, ZMQ_CONNECT_TIMEOUT), 1000);

    char id [256];
    size = sizeof (id);
    zmq_getsockopt (net->socket, ZMQ_ROUTING_ID, id, &size);
    assert_int_equal (size, 0);
}

//  Every sentence names the endpoint and the remedy.

static void
test_binds_that_fail (void **state)
{
    net_t *net = *state;
    const struct {
        const char *endpoint;
        int code;
        const char *remedy;
    } cases [] = {
        {"tcp://192.0.2.1:20000", EADDRNOTAVAIL, "no such address on this machine"},
        {"tcp://nosuchif0:20000", ENODEV, "no such address on this machine"},
        {"ipc:///nonexistent/directory/n1", ENOENT, "no such directory"},
        {"tcp://127.0.0.1", EINVAL, "port"},
        {"http://127.0.0.1:20000", EINVAL, "tcp://"},
    };
    for (size_t index = 0; index < sizeof (cases) / sizeof (cases [0]); index++) {
        zelect_lock_t *lock = NULL;
        int rc = zelect_network_bind (net->socket, cases [index].endpoint, &lock, &net->trouble);
        assert_int_equal (rc, -1);
        assert_int_equal (net->trouble.code, cases [index].code);
        assert_non_null (strstr (net->trouble.text, cases [index].endpoint));
        assert_non_null (strstr (net->trouble.text, cases [index].remedy));
        assert_null (lock);
    }
}

//  A message of any shape is taken whole, and the next one after it.

static void
test_messages_are_taken_whole (void **state)
{
    net_t *net = *state;
    void **pair = net->others;
    for (int index = 0; index < 2; index++)
        pair [index] = zmq_socket (net->context, ZMQ_PAIR);
    assert_int_equal (zmq_bind (pair [0], "inproc://test-network"), 0);
    assert_int_equal (zmq_connect (pair [1], "inproc://test-network"), 0);
    zelect_network_message_t message;
    assert_int_equal (zelect_network_recv (pair [1], &message), -1);
    assert_int_equal (errno, EAGAIN);
    char big [ZELECT_NETWORK_FRAME_SIZE + 100] = "big";
    zmq_send (pair [0], big, sizeof (big), ZMQ_SNDMORE);
    for (int count = 0; count < 10; count++)
        zmq_send (pair [0], "more", 4, ZMQ_SNDMORE);
    zmq_send (pair [0], "", 0, 0);
    assert_int_equal (zelect_network_send (pair [0], "head", 4, "body!", 5), 0);
    assert_int_equal (zelect_network_recv (pair [1], &message), 0);
    assert_int_equal (message.count, 12);
    assert_int_equal (message.sizes [0], sizeof (big));
    assert_int_equal (message.sizes [1], 4);
    assert_int_equal (zelect_network_recv (pair [1], &message), 0);
    assert_int_equal (message.count, 2);
    assert_memory_equal (message.frames [0], "head", 4);
    assert_memory_equal (message.frames [1], "body!", 5);
}

//  R11: what a node said before it went is heard, though the connection is gone
//  when somebody listens.

static void
test_last_words_are_heard (void **state)
{
    net_t *net = *state;
    void *xpub = net->others [0] = s_socket (net, ZMQ_XPUB);
    void *sub = net->others [1] = s_socket (net, ZMQ_SUB);
    char endpoint [40];
    snprintf (endpoint, sizeof (endpoint), "tcp://127.0.0.1:%d", zelect_ports (1));
    zelect_lock_t *lock = NULL;
    assert_int_equal (zelect_network_bind (xpub, endpoint, &lock, &net->trouble), 0);
    assert_int_equal (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "topic", 5), 0);
    assert_int_equal (zelect_network_connect (sub, endpoint, &net->trouble), 0);
    char subscription [10];
    assert_int_equal (zmq_recv (xpub, subscription, sizeof (subscription), 0), 6);
    assert_int_equal (zelect_network_send (xpub, "topic", 5, "one", 3), 0);
    zelect_network_message_t message;
    zmq_pollitem_t item = {.socket = sub, .events = ZMQ_POLLIN};
    assert_int_equal (zmq_poll (&item, 1, 10000), 1);
    assert_int_equal (zelect_network_recv (sub, &message), 0);
    //  Said and gone before the other looks
    assert_int_equal (zelect_network_send (xpub, "topic", 5, "last", 4), 0);
    zelect_network_close (&net->others [0], 50);
    poll (NULL, 0, 300);
    assert_int_equal (zmq_poll (&item, 1, 10000), 1);
    assert_int_equal (zelect_network_recv (sub, &message), 0);
    assert_memory_equal (message.frames [1], "last", 4);
}

//  Libzmq's own thread tells of lost connections and would wait for room: however
//  many there were, connections go on while nobody listens.

static void
test_the_tripwire_holds_up_nobody (void **state)
{
    net_t *net = *state;
    void *sub = net->others [0] = s_socket (net, ZMQ_SUB);
    void *tripwire = net->others [1] = zelect_network_tripwire (net->context, sub, &net->trouble);
    const int pause_ms = 1;
    zmq_setsockopt (sub, ZMQ_RECONNECT_IVL, &pause_ms, sizeof (pause_ms));
    zmq_setsockopt (sub, ZMQ_RECONNECT_IVL_MAX, &pause_ms, sizeof (pause_ms));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) zelect_ports (1)),
                                  .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    //  As libzmq does: what used the port before may have connections that linger
    const int is_again = 1;
    setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &is_again, sizeof (is_again));
    assert_int_equal (bind (listener, (struct sockaddr *) &address, sizeof (address)), 0);
    assert_int_equal (listen (listener, 100), 0);
    char endpoint [40];
    snprintf (endpoint, sizeof (endpoint), "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    for (int count = 0; count < 50; count++)
        assert_int_equal (zelect_network_connect (sub, endpoint, &net->trouble), 0);
    for (int count = 0; count < LOSSES; count++) {
        struct pollfd item = {.fd = listener, .events = POLLIN};
        if (poll (&item, 1, 10000) != 1)
            fail_msg ("no connection after %d", count);
        close (accept4 (listener, NULL, NULL, SOCK_CLOEXEC));
    }
    close (listener);
    zelect_network_message_t message;
    assert_int_equal (zelect_network_recv (tripwire, &message), 0);
    zmq_socket_monitor (sub, NULL, 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_settings, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_binds_that_fail, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_last_words_are_heard, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_messages_are_taken_whole, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_the_tripwire_holds_up_nobody, s_setup, s_teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
