/*  =========================================================================
    zelect_network - network sockets with the settings that each must have

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_network.h"
#include "zelect_curve.h"
#include "zelect_endpoint.h"
#include "zelect_interrupt.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

//  Libzmq looks host names up in its I/O thread, at each reconnection. A slow look-up
//  must not hold up the other members, so named ones have a thread of their own
//  (B40). And a state that goes out to a thousand listeners must not hold up votes.
//  These are masks of threads.
#define THREAD_OF_ALL UINT64_C (1)
#define THREAD_OF_NAMES UINT64_C (2)
#define THREAD_OF_LISTENERS UINT64_C (4)
#define THREADS 3

#define HANDSHAKE_MS 1000    //  For the greeting of a new connection
#define RECONNECT_MS 10      //  First pause; doubles up to T / 2
#define REFUSED_MS 100       //  First pause where a key may be refused: none doubles then
#define PAUSE_LEAST_MS 100
#define STRANGER_S 10    //  A silent observer is asked this often

//  Before this a raw TCP peer could block a node (CVE-2020-15166).
#define LIBZMQ_LEAST 40303

static int
s_max (int one, int other)
{
    return one > other ? one : other;
}

void *
zelect_network_context (zelect_trouble_t *trouble)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    if (major * 10000 + minor * 100 + patch < LIBZMQ_LEAST) {
        zelect_trouble_set (trouble, ENOTSUP,
                            "libzmq %d.%d.%d can be blocked by any peer: install 4.3.3 or newer",
                            major, minor, patch);
        return NULL;
    }
    void *context = zmq_ctx_new ();
    if (!context) {
        zelect_trouble_set (trouble, errno, "no context for sockets: %s", zmq_strerror (errno));
        return NULL;
    }
    zmq_ctx_set (context, ZMQ_IO_THREADS, THREADS);
    zmq_ctx_set (context, ZMQ_BLOCKY, 0);
    zmq_ctx_set (context, ZMQ_IPV6, 1);
    return context;
}

static bool
s_is_bound (const zelect_network_options_t *options)
{
    return options->type == ZMQ_ROUTER || options->type == ZMQ_XPUB;
}

//  The kernel finds out within seconds that the other host, or its end of the
//  connection, is gone, and wakes nobody for it. Libzmq's own heartbeats are off: one
//  that is due while a broken connection still has input for a full queue aborts the
//  process (4.3.4 and later, issue 4364), and a partition that heals fills queues.

static int
s_keepalive_s (const zelect_network_options_t *options)
{
    return s_is_bound (options) ? STRANGER_S : s_max (options->election_ms / 500, 1);
}

static int
s_set_thread (void *socket, uint64_t threads)
{
    return zmq_setsockopt (socket, ZMQ_AFFINITY, &threads, sizeof (threads));
}

//  A socket with a domain takes ZMTP 3 alone: before that anything at all passes for a
//  greeting, and libzmq 4.3.4 aborts the process if such a peer is there while the
//  socket closes. In clear there is no guard of the domain, and none is needed.

static int
s_set_domain (void *socket)
{
    return zmq_setsockopt (socket, ZMQ_ZAP_DOMAIN, ZELECT_CURVE_DOMAIN,
                           strlen (ZELECT_CURVE_DOMAIN));
}

//  Libzmq measures frames as they are on the wire.

static int
s_frame_size (const zelect_network_options_t *options)
{
    if (!options->keys)
        return options->message_size;
    return s_max (options->message_size + ZELECT_CURVE_OVERHEAD, ZELECT_CURVE_HANDSHAKE_MAX);
}

//  One row a setting.

static int
s_set_options (void *socket, const zelect_network_options_t *options)
{
    int pause_ms = s_max (options->election_ms / 2, PAUSE_LEAST_MS);
    int keepalive_s = s_keepalive_s (options);
    const struct {
        int name;
        int value;
    } settings [] = {
        {ZMQ_LINGER, 0},
        {ZMQ_SNDHWM, options->queue_count},
        {ZMQ_RCVHWM, options->queue_count},
        {ZMQ_IPV6, 1},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, 0},
        {ZMQ_RECONNECT_IVL, options->keys ? REFUSED_MS : RECONNECT_MS},
        {ZMQ_RECONNECT_IVL_MAX, pause_ms},
        {ZMQ_CONNECT_TIMEOUT, options->connect_ms},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, keepalive_s},
        {ZMQ_TCP_KEEPALIVE_INTVL, keepalive_s},
        {ZMQ_TCP_MAXRT, s_max (options->election_ms, HANDSHAKE_MS)},
    };
    int64_t message_size = s_frame_size (options);
    bool is_feed = options->type == ZMQ_XPUB;
    if (s_set_thread (socket, is_feed ? THREAD_OF_LISTENERS : THREAD_OF_ALL)
        || zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &message_size, sizeof (message_size))
        || s_set_domain (socket))
        return -1;
    for (size_t row = 0; row < sizeof (settings) / sizeof (settings [0]); row++)
        if (zmq_setsockopt (socket, settings [row].name, &settings [row].value, sizeof (int)))
            return -1;
    return 0;
}

//  The settings of one type of socket alone. A ROUTER says when it cannot reach
//  somebody, and lets nobody take another's place. A DEALER queues for a living
//  connection only; not a SUB, for libzmq drops what such a socket has received
//  and not yet handed out when the connection ends: a stopping leader's release.
//  An XPUB says who subscribed, however many did before.

static int
s_set_type_options (void *socket, int type)
{
    static const struct {
        int type;
        int name;
        int value;
    } settings [] = {
        {ZMQ_ROUTER, ZMQ_ROUTER_MANDATORY, 1},
        {ZMQ_ROUTER, ZMQ_ROUTER_HANDOVER, 0},
        {ZMQ_DEALER, ZMQ_IMMEDIATE, 1},
        {ZMQ_XPUB, ZMQ_XPUB_VERBOSE, 1},
    };
    for (size_t row = 0; row < sizeof (settings) / sizeof (settings [0]); row++)
        if (settings [row].type == type
            && zmq_setsockopt (socket, settings [row].name, &settings [row].value, sizeof (int)))
            return -1;
    return 0;
}

static int
s_secure (void *socket, const zelect_network_options_t *options, zelect_trouble_t *trouble)
{
    if (!options->keys)
        return 0;
    if (s_is_bound (options))
        return zelect_curve_listen (socket, options->keys, trouble);
    return zelect_curve_visit (socket, options->keys, trouble);
}

void *
zelect_network_socket (void *context,
                       const zelect_network_options_t *options,
                       zelect_trouble_t *trouble)
{
    assert (context);
    void *socket = zmq_socket (context, options->type);
    if (!socket || s_set_options (socket, options) || s_set_type_options (socket, options->type))
        zelect_trouble_set (trouble, errno, "no socket: %s", zmq_strerror (errno));
    else if (s_secure (socket, options, trouble) == 0)
        return socket;
    zelect_network_close (&socket, 0);
    errno = trouble->code;
    return NULL;
}

void
zelect_network_close (void **socket_p, int linger_ms)
{
    assert (socket_p);
    if (!*socket_p)
        return;
    zmq_setsockopt (*socket_p, ZMQ_LINGER, &linger_ms, sizeof (linger_ms));
    zmq_close (*socket_p);
    *socket_p = NULL;
}

static const char *
s_bind_remedy (int code)
{
    switch (code) {
    case EADDRINUSE:
    case EBUSY:
        return "in use: stop what listens there, or choose another endpoint";
    case EADDRNOTAVAIL:
    case ENODEV:
        return "no such address on this machine: bind one of its own, or *";
    case EACCES:
    case EPERM:
        return "not allowed: choose a port above 1023, or a directory that this user may "
               "write to";
    case ENOENT:
    case ENOTDIR:
        return "no such directory: make it first";
    default:
        return zmq_strerror (code);
    }
}

//  Libzmq binds "[::1]" only in this spelling and "*" as it stands, which is how
//  endpoints are written here, too.

int
zelect_network_bind (void *socket,
                     const char *endpoint,
                     zelect_lock_t **lock_p,
                     zelect_trouble_t *trouble)
{
    assert (socket);
    zelect_endpoint_t parts;
    const char *clause = zelect_endpoint_parse (&parts, endpoint);
    if (clause)
        return zelect_trouble_set (trouble, EINVAL, "cannot bind %s: %s", endpoint, clause);
    if (parts.is_ipc) {
        char path [ZELECT_ENDPOINT_MAX + sizeof (".lock")];
        snprintf (path, sizeof (path), "%s.lock", parts.host);
        *lock_p = zelect_lock_new (AT_FDCWD, path, O_CREAT);
        if (!*lock_p)
            return zelect_trouble_set (trouble, errno, "cannot bind %s: %s", endpoint,
                                       s_bind_remedy (errno));
    }
    if (zmq_bind (socket, endpoint) == 0)
        return 0;
    zelect_trouble_set (trouble, errno, "cannot bind %s: %s", endpoint, s_bind_remedy (errno));
    zelect_lock_destroy (lock_p);
    errno = trouble->code;
    return -1;
}

int
zelect_network_connect (void *socket, const char *endpoint, zelect_trouble_t *trouble)
{
    assert (socket);
    zelect_endpoint_t parts;
    bool is_named = !zelect_endpoint_parse (&parts, endpoint) && !parts.is_ipc && !parts.is_numeric;
    int rc = is_named ? s_set_thread (socket, THREAD_OF_NAMES) : 0;
    rc = rc ? rc : zmq_connect (socket, endpoint);
    if (rc == 0)
        return s_set_thread (socket, THREAD_OF_ALL);
    return zelect_trouble_set (trouble, errno, "cannot connect to %s: %s", endpoint,
                               zmq_strerror (errno));
}

//  Libzmq waits for room when it tells of a connection, in the thread that works for
//  all of them: so there is always room.

void *
zelect_network_monitor (void *context, void *socket, int events, zelect_trouble_t *trouble)
{
    assert (context);
    assert (socket);
    char endpoint [40];
    snprintf (endpoint, sizeof (endpoint), "inproc://monitor-%p", socket);
    void *self = NULL;
    if (zmq_socket_monitor (socket, endpoint, events) == 0)
        self = zmq_socket (context, ZMQ_PAIR);
    const int boundless = 0;
    if (self && zmq_setsockopt (self, ZMQ_RCVHWM, &boundless, sizeof (boundless)) == 0
        && zmq_connect (self, endpoint) == 0)
        return self;
    zelect_trouble_set (trouble, errno, "no socket: %s", zmq_strerror (errno));
    zelect_network_close (&self, 0);
    errno = trouble->code;
    return NULL;
}

void *
zelect_network_tripwire (void *context, void *socket, zelect_trouble_t *trouble)
{
    return zelect_network_monitor (context, socket, ZMQ_EVENT_DISCONNECTED, trouble);
}

void
zelect_network_bound (void *socket, char *endpoint, size_t size)
{
    assert (socket);
    if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size))
        *endpoint = 0;
}

static bool
s_has_more (void *socket)
{
    int more = 0;
    size_t size = sizeof (more);
    return zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size) == 0 && more;
}

//  Only libzmq itself says the address of a tcp connection; a peer that sends a
//  property of this name does not replace it. The same goes for the key where a guard
//  says it, and nowhere else.

static void
s_note_sender (zelect_network_message_t *message, zmq_msg_t *frame)
{
    const char *host = zmq_msg_gets (frame, "Peer-Address");
    const char *key = zmq_msg_gets (frame, "User-Id");
    snprintf (message->host, sizeof (message->host), "%s", host ? host : "");
    snprintf (message->key, sizeof (message->key), "%s", key ? key : "");
}

//  Take a frame, and keep it if there is room. Returns -1 with errno, else whether
//  there are more.

static int
s_recv_frame (void *socket, zelect_network_message_t *message)
{
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    int rc;
    do
        rc = zmq_msg_recv (&frame, socket, ZMQ_DONTWAIT);
    while (zelect_is_interrupted (rc));
    if (rc < 0)
        return -1;
    if (message->count < ZELECT_NETWORK_FRAMES) {
        size_t size = zmq_msg_size (&frame);
        size_t kept = size < ZELECT_NETWORK_FRAME_SIZE ? size : ZELECT_NETWORK_FRAME_SIZE;
        memcpy (message->frames [message->count], zmq_msg_data (&frame), kept);
        message->sizes [message->count] = size;
    }
    int more = zmq_msg_more (&frame);
    if (!more)
        s_note_sender (message, &frame);
    message->count++;
    zmq_msg_close (&frame);
    return more;
}

//  A message may have millions of frames. What is left of one at the end of a call
//  is skipped by the next calls: libzmq remembers that more of it is to come.

#define FRAMES_MOST 64

int
zelect_network_recv (void *socket, zelect_network_message_t *message)
{
    assert (socket);
    message->count = 0;
    message->host [0] = message->key [0] = 0;
    bool is_rest = s_has_more (socket);
    int more;
    do
        more = s_recv_frame (socket, message);
    while (more > 0 && message->count < FRAMES_MOST);
    if (more < 0)
        return -1;
    if (!is_rest && !more)
        return 0;
    errno = EPROTO;
    return -1;
}

static int
s_send_frame (void *socket, const void *data, size_t size, int flags)
{
    int rc;
    do
        rc = zmq_send (socket, data, size, ZMQ_DONTWAIT | flags);
    while (zelect_is_interrupted (rc));
    return rc < 0 ? -1 : 0;
}

int
zelect_network_send (
    void *socket, const void *head, size_t head_size, const void *body, size_t body_size)
{
    assert (socket);
    if (head && s_send_frame (socket, head, head_size, ZMQ_SNDMORE))
        return -1;
    return s_send_frame (socket, body, body_size, 0);
}
