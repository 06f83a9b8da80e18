/*  =========================================================================
    prog_crowd - very many subscribers of some feeds

    prog_crowd COUNT TOPIC ENDPOINT...

    So many connections to each of the feeds, each a subscriber of its own that
    gets every message of the topic. When one and the same message has come to
    all of those of a feed, prints a line: when it came to the first, to half of
    them and to the last (ns of CLOCK_BOOTTIME), its topic, and its payload in
    hexadecimal digits. Ends when stdin does.

    A SUB connects to an endpoint once only; an XSUB connects as often as it is
    told to, and its publisher cannot tell the difference.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zmq.h>

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define FEEDS_MAX 9
#define FRAME_SIZE 4096
#define TOPIC_SIZE 256
#define MESSAGES 16    //  Under way at a time

typedef struct {
    size_t arrived;    //  How often it has come; 0: no message
    uint64_t first_ns;
    uint64_t middle_ns;
    size_t topic_size;
    size_t size;
    char topic [TOPIC_SIZE];
    uint8_t payload [FRAME_SIZE];
} message_t;

typedef struct {
    void *socket;
    size_t next;                      //  Where the next new message goes
    message_t messages [MESSAGES];    //  The latest: one may overtake another
} feed_t;

static uint64_t
s_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_BOOTTIME, &now);
    return (uint64_t) now.tv_sec * UINT64_C (1000000000) + (uint64_t) now.tv_nsec;
}

static void
s_tell (const message_t *self, uint64_t last_ns)
{
    printf ("%" PRIu64 " %" PRIu64 " %" PRIu64 " %.*s ", self->first_ns, self->middle_ns, last_ns,
            (int) self->topic_size, self->topic);
    for (size_t at = 0; at < self->size; at++)
        printf ("%02x", self->payload [at]);
    putchar ('\n');
    fflush (stdout);
}

//  Receive a frame; returns its size, or -1 if there is none.

static int
s_receive (void *socket, void *data, size_t most)
{
    int size = zmq_recv (socket, data, most, ZMQ_DONTWAIT);
    return size > (int) most ? (int) most : size;
}

//  The message with this payload, which may be a new one.

static message_t *
s_find (feed_t *self, const message_t *arrival)
{
    for (size_t at = 0; at < MESSAGES; at++) {
        message_t *known = &self->messages [at];
        if (known->size == arrival->size
            && memcmp (known->payload, arrival->payload, arrival->size) == 0)
            return known;
    }
    message_t *fresh = &self->messages [self->next];
    self->next = (self->next + 1) % MESSAGES;
    *fresh = *arrival;
    fresh->first_ns = s_now_ns ();
    return fresh;
}

//  Take one message, if there is one.

static bool
s_take (feed_t *self, size_t count)
{
    static message_t arrival;
    int topic_size = s_receive (self->socket, arrival.topic, sizeof arrival.topic);
    if (topic_size < 0)
        return false;
    int size = s_receive (self->socket, arrival.payload, sizeof arrival.payload);
    if (size < 0)
        return true;
    arrival.topic_size = (size_t) topic_size;
    arrival.size = (size_t) size;
    message_t *message = s_find (self, &arrival);
    message->arrived++;
    if (message->arrived == count / 2)
        message->middle_ns = s_now_ns ();
    if (message->arrived == count)
        s_tell (message, s_now_ns ());
    return true;
}

static void
s_connect (feed_t *self, void *context, const char *topic, const char *endpoint, size_t count)
{
    const int no = 0, pause_ms = 500;
    char subscription [TOPIC_SIZE];
    int size = snprintf (subscription, sizeof subscription, "\1%s", topic);
    self->socket = zmq_socket (context, ZMQ_XSUB);
    assert (self->socket && size > 0 && size < TOPIC_SIZE);
    zmq_setsockopt (self->socket, ZMQ_RCVHWM, &no, sizeof no);
    //  Whose publisher has gone comes back in its own time, not in a storm
    zmq_setsockopt (self->socket, ZMQ_RECONNECT_IVL, &pause_ms, sizeof pause_ms);
    zmq_setsockopt (self->socket, ZMQ_LINGER, &no, sizeof no);
    for (size_t at = 0; at < count; at++)
        if (zmq_connect (self->socket, endpoint)) {
            fprintf (stderr, "prog_crowd: %s: %s\n", endpoint, zmq_strerror (zmq_errno ()));
            exit (2);
        }
    zmq_send (self->socket, subscription, (size_t) size, 0);
}

static void
s_listen (feed_t *feeds, size_t feed_count, size_t count)
{
    zmq_pollitem_t items [FEEDS_MAX + 1] = {{.fd = STDIN_FILENO, .events = ZMQ_POLLIN}};
    for (size_t at = 0; at < feed_count; at++)
        items [at + 1] = (zmq_pollitem_t){.socket = feeds [at].socket, .events = ZMQ_POLLIN};
    while (zmq_poll (items, (int) feed_count + 1, -1) >= 0 && !items [0].revents)
        for (size_t at = 0; at < feed_count; at++)
            while (items [at + 1].revents && s_take (&feeds [at], count))
                continue;
}

int
main (int argc, char **argv)
{
    static feed_t feeds [FEEDS_MAX];
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    size_t count = argc > 1 ? strtoul (argv [1], NULL, 10) : 0;
    if (argc < 4 || argc - 3 > FEEDS_MAX || count < 2) {
        fprintf (stderr, "usage: prog_crowd COUNT TOPIC ENDPOINT...\n");
        return 2;
    }
    size_t feed_count = (size_t) argc - 3;
    void *context = zmq_ctx_new ();
    for (size_t at = 0; at < feed_count; at++)
        s_connect (&feeds [at], context, argv [2], argv [at + 3], count);
    s_listen (feeds, feed_count, count);
    for (size_t at = 0; at < feed_count; at++)
        zmq_close (feeds [at].socket);
    zmq_ctx_term (context);
    return 0;
}
