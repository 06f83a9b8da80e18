/*  =========================================================================
    prog_bare - what libzmq alone takes for a cluster's heartbeats

    prog_bare leader FEED RPC       publishes 48 bytes each 100 ms, takes answers
    prog_bare follower FEED RPC     answers each with 60 bytes

    The sockets and messages of a cluster at rest, and nothing else: no election,
    no lease, no store, no settings of sockets. Who stands on libzmq pays this.
    Ends when stdin does.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zmq.h>

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define HEARTBEAT_NS 100000000
#define PAYLOAD_SIZE 48
#define ANSWER_SIZE 60

static char s_bytes [256];

static void *
s_socket (void *context, int type)
{
    void *socket = zmq_socket (context, type);
    assert (socket);
    const int linger_ms = 0;
    int rc = zmq_setsockopt (socket, ZMQ_LINGER, &linger_ms, sizeof (linger_ms));
    assert (rc == 0);
    return socket;
}

static void
s_drain (void *socket)
{
    while (zmq_recv (socket, s_bytes, sizeof (s_bytes), ZMQ_DONTWAIT) >= 0)
        continue;
}

static void
s_beat (void *publisher, int timer)
{
    static const char topic [] = "zelect/bench/heartbeat/n1";
    uint64_t expirations;
    ssize_t size = read (timer, &expirations, sizeof (expirations));
    assert (size == sizeof (expirations));
    zmq_send (publisher, topic, sizeof (topic) - 1, ZMQ_SNDMORE);
    zmq_send (publisher, s_bytes, PAYLOAD_SIZE, 0);
}

static void
s_lead (void *context, const char *feed, const char *rpc)
{
    void *publisher = s_socket (context, ZMQ_XPUB);
    void *router = s_socket (context, ZMQ_ROUTER);
    int rc = zmq_bind (publisher, feed) || zmq_bind (router, rpc);
    assert (rc == 0);
    int timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC);
    struct itimerspec each = {.it_value = {.tv_nsec = HEARTBEAT_NS},
                              .it_interval = {.tv_nsec = HEARTBEAT_NS}};
    rc = timerfd_settime (timer, 0, &each, NULL);
    assert (rc == 0);
    zmq_pollitem_t items [] = {{.socket = router, .events = ZMQ_POLLIN},
                               {.socket = publisher, .events = ZMQ_POLLIN},
                               {.fd = timer, .events = ZMQ_POLLIN},
                               {.fd = STDIN_FILENO, .events = ZMQ_POLLIN}};
    while (zmq_poll (items, 4, -1) > 0 && !items [3].revents) {
        if (items [0].revents)
            s_drain (router);
        if (items [1].revents)
            s_drain (publisher);
        if (items [2].revents)
            s_beat (publisher, timer);
    }
    close (timer);
    zmq_close (router);
    zmq_close (publisher);
}

static void
s_follow (void *context, const char *feed, const char *rpc)
{
    void *subscriber = s_socket (context, ZMQ_SUB);
    void *dealer = s_socket (context, ZMQ_DEALER);
    int rc = zmq_setsockopt (subscriber, ZMQ_SUBSCRIBE, "zelect/", 7)
             || zmq_connect (subscriber, feed) || zmq_connect (dealer, rpc);
    assert (rc == 0);
    zmq_pollitem_t items [] = {{.socket = subscriber, .events = ZMQ_POLLIN},
                               {.fd = STDIN_FILENO, .events = ZMQ_POLLIN}};
    while (zmq_poll (items, 2, -1) > 0 && !items [1].revents) {
        s_drain (subscriber);
        zmq_send (dealer, s_bytes, ANSWER_SIZE, ZMQ_DONTWAIT);
    }
    zmq_close (dealer);
    zmq_close (subscriber);
}

int
main (int argc, char **argv)
{
    if (argc != 4) {
        fprintf (stderr, "usage: prog_bare leader|follower FEED RPC\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    assert (context);
    (strcmp (argv [1], "leader") ? s_follow : s_lead) (context, argv [2], argv [3]);
    zmq_ctx_term (context);
    return 0;
}
