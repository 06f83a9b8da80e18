/*  =========================================================================
    zelect_peers - the wires between this node and the other members

    Between two members there are two wires: the one that this node strung (a
    DEALER, connected to where the other is said to be) and the one that the
    other strung (a route of this node's ROUTER). A message takes the first; if
    that is down it takes the second, so that a link that works in one direction
    of connecting only is enough. A route is where a member last sent a valid
    message from; routing ids mean nothing else, and nobody is believed by them.

    Nothing here ever blocks, and nothing is kept for a member that cannot be
    reached: what is old is of no use to an election (R14).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PEERS_H_INCLUDED
#define ZELECT_PEERS_H_INCLUDED

#include "zelect_guard.h"
#include "zelect_network.h"
#include "zelect_options.h"
#include <zmq.h>

#define ZELECT_ROUTE_ID_MAX 255    //  Bytes of a routing id of libzmq

typedef struct _zelect_peers_t zelect_peers_t;

//  Which way a message came.

typedef struct {
    uint8_t wire;       //  ZELECT_NOBODY: the ROUTER; else that member's DEALER
    uint8_t sender;     //  Whose key the other end has; ZELECT_NOBODY: no member's
    bool has_key;       //  Else the sender says who it is, and is believed
    uint8_t id_size;    //  The ROUTER's: 0 means no route
    uint8_t id [ZELECT_ROUTE_ID_MAX];
} zelect_route_t;

//  --------------------------------------------------------------------------
//  No wires yet; NULL: no memory. To be destroyed after the context has ended:
//  only then is an ipc path out of use, and its lock let go.

zelect_peers_t *zelect_peers_new (void);
void zelect_peers_destroy (zelect_peers_t **self_p);

//  --------------------------------------------------------------------------
//  Bind, and connect to all others, in this context. Returns 0, or -1 with the
//  trouble. The options have been validated; they are not kept. The guard is, and
//  NULL means in clear.

int zelect_peers_start (zelect_peers_t *self,
                        void *context,
                        const zelect_options_t *options,
                        zelect_guard_t *guard,
                        zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Where members reach this node, as the ROUTER is bound.

const char *zelect_peers_bound (const zelect_peers_t *self);

//  --------------------------------------------------------------------------
//  The lock on its path; NULL if it is none of ipc.

zelect_lock_t *zelect_peers_lock (const zelect_peers_t *self);

//  --------------------------------------------------------------------------
//  Close all; what has been sent may take linger_ms milliseconds to leave.

void zelect_peers_close (zelect_peers_t *self, int linger_ms);

//  --------------------------------------------------------------------------
//  Fill in what to poll for input with zelect_poll, at most ZELECT_MEMBERS_MAX
//  items. The first is the ROUTER; where others' messages may wait a little, that
//  item asks for nothing. Returns how many.

size_t zelect_peers_poll_items (zelect_peers_t *self, bool may_wait, zmq_pollitem_t *items);

//  --------------------------------------------------------------------------
//  Take a message from one of these items (0 to their number less one). Points
//  `data` into `message`. Returns 0; or -1 with errno EAGAIN if there is none,
//  or EPROTO if there was one of another shape than one frame of at most
//  ZELECT_RPC_SIZE_MAX bytes (from a ROUTER: after its routing id).

int zelect_peers_recv (zelect_peers_t *self,
                       size_t item,
                       zelect_network_message_t *message,
                       zelect_route_t *route,
                       const uint8_t **data,
                       size_t *size);

//  --------------------------------------------------------------------------
//  A valid message of this member came by this route.

void zelect_peers_learn (zelect_peers_t *self, uint8_t member, const zelect_route_t *route);

//  --------------------------------------------------------------------------
//  Send to a member. Returns 0, or -1 with errno EHOSTUNREACH: no wire is up.

int zelect_peers_send (zelect_peers_t *self, uint8_t member, const uint8_t *data, size_t size);

//  --------------------------------------------------------------------------
//  Send back by the route that a message came by; strangers have no other.
//  Returns 0, or -1 with errno.

int zelect_peers_answer (zelect_peers_t *self,
                         const zelect_route_t *route,
                         const uint8_t *data,
                         size_t size);

#endif
