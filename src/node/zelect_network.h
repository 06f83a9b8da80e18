/*  =========================================================================
    zelect_network - network sockets with the settings that each must have

    Plain libzmq sockets in a context of the node's own: CZMQ's one global
    context would make the node share ZAP handler, exit hooks and the fate of the
    host's other sockets. No socket is made anywhere else, so that none can lack
    a setting.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_NETWORK_H_INCLUDED
#define ZELECT_NETWORK_H_INCLUDED

#include "zelect_keys.h"
#include "zelect_lock.h"
#include "zelect_trouble.h"
#include "zelect_types.h"

#define ZELECT_NETWORK_FRAMES 3         //  Frames of a message that are kept
#define ZELECT_NETWORK_FRAME_SIZE 4096    //  Bytes of a frame that are kept
#define ZELECT_NETWORK_HOST_SIZE 64       //  An IPv6 address with its zone, and a zero

//  What differs between sockets.

typedef struct {
    int type;              //  ZMQ_ROUTER, ...
    int message_size;      //  Bytes of a frame; a longer one ends its connection
    int queue_count;       //  High-water marks
    int election_ms;       //  T
    int connect_ms;        //  How long a TCP connection may take to be made
    const zelect_keys_t *keys;    //  NULL: in clear
} zelect_network_options_t;

//  A message of which the first frames are kept.

typedef struct {
    size_t count;                              //  True number of frames
    size_t sizes [ZELECT_NETWORK_FRAMES];      //  True sizes
    uint8_t frames [ZELECT_NETWORK_FRAMES] [ZELECT_NETWORK_FRAME_SIZE];
    char host [ZELECT_NETWORK_HOST_SIZE];      //  tcp: numeric address of the sender, else ""
    char key [ZELECT_KEY_SIZE];    //  On a bound socket with keys: the sender's. Elsewhere
                                   //  the sender may say what it likes here
} zelect_network_message_t;

//  --------------------------------------------------------------------------
//  A new context for network sockets. NULL, with the trouble, if libzmq is too
//  old to be safe or there are no resources. To be ended by zmq_ctx_term.

void *zelect_network_context (zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  A new socket, NULL with the trouble. To be closed by zelect_network_close. With
//  keys it speaks CURVE and nothing else (zelect_curve).

void *zelect_network_socket (void *context,
                             const zelect_network_options_t *options,
                             zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Close a socket: what has been sent may take linger_ms milliseconds to leave.

void zelect_network_close (void **socket_p, int linger_ms);

//  --------------------------------------------------------------------------
//  Bind. For ipc the lock on PATH.lock is taken before, and is the caller's; it
//  has to be held as long as the socket is bound, for libzmq would unlink a
//  living socket's path without a word (R10). Returns 0, or -1 with the trouble.

int zelect_network_bind (void *socket,
                         const char *endpoint,
                         zelect_lock_t **lock_p,
                         zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Connect. Returns 0, or -1 with the trouble.

int zelect_network_connect (void *socket, const char *endpoint, zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  A socket that receives a message of two frames each time that one of these events
//  happens to `socket`, as zmq_socket_monitor has them; one for each socket. NULL
//  with the trouble.

void *
zelect_network_monitor (void *context, void *socket, int events, zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  The same for each time that a connection is lost, for whatever reason.

void *zelect_network_tripwire (void *context, void *socket, zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Where a socket is bound, as ZMQ_LAST_ENDPOINT says it; "" if nowhere. `size`
//  is that of the text.

void zelect_network_bound (void *socket, char *endpoint, size_t size);

//  --------------------------------------------------------------------------
//  Take the next message, whatever its shape. Never blocks. Returns 0, or -1
//  with errno EAGAIN if there is none.

int zelect_network_recv (void *socket, zelect_network_message_t *message);

//  --------------------------------------------------------------------------
//  Send two frames (or one, if `head` is NULL). Never blocks. Returns 0, or -1
//  with the errno of libzmq.

int zelect_network_send (void *socket,
                         const void *head,
                         size_t head_size,
                         const void *body,
                         size_t body_size);

#endif
