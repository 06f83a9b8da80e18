/*  =========================================================================
    zelect_place - a numeric address, and what shows that it is occupied

    Think of a house with a doorbell and a name plate. That nobody answers the
    bell may be a forgery: a firewall can refuse in anybody's name. So there is
    a second sign which only the occupant himself can put up and which vanishes
    with him however he dies (R10): for tcp the listener in the kernel's own table
    of sockets, known by its cookie; for ipc the lock on PATH.lock that a node holds
    while it is bound, known by the file and by the owner's number in it. Both can
    be seen by who is on the same host alone.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PLACE_H_INCLUDED
#define ZELECT_PLACE_H_INCLUDED

#include "zelect_types.h"
#include <sys/socket.h>

typedef struct {
    socklen_t size;                     //  0: no place
    struct sockaddr_storage address;    //  AF_INET, AF_INET6 or AF_UNIX
} zelect_place_t;

typedef enum {
    ZELECT_PLACE_UNKNOWN,    //  It cannot be told from here
    ZELECT_PLACE_FREE,
    ZELECT_PLACE_HELD
} zelect_hold_t;

//  The second sign of one occupant, by which he is told from the next.

typedef struct {
    uint64_t owner;     //  tcp: the listener's cookie; ipc: the mark, 0 for none
    uint64_t device;    //  ipc: of PATH.lock
    uint64_t file;
} zelect_sign_t;

//  --------------------------------------------------------------------------
//  The place of an endpoint; for tcp at the numeric address `host` (NULL: the
//  endpoint's own). Names are not looked up. Returns 0; or -1, and self is no
//  place.

int zelect_place_init (zelect_place_t *self, const char *endpoint, const char *host);

//  --------------------------------------------------------------------------
//  True if both are one place; neither is if one is no place.

bool zelect_place_same (const zelect_place_t *self, const zelect_place_t *other);

//  --------------------------------------------------------------------------
//  True if who has bound this endpoint (numeric, as ZMQ_LAST_ENDPOINT says it)
//  has bound this place: itself, or its port on all addresses.

bool zelect_place_is_bound_at (const zelect_place_t *self, const char *endpoint);

//  --------------------------------------------------------------------------
//  True for ipc.

bool zelect_place_is_ipc (const zelect_place_t *self);

//  --------------------------------------------------------------------------
//  Whether an occupant's second sign is there, and which it is. Does not disturb
//  who is about to occupy the place.

zelect_hold_t zelect_place_look (const zelect_place_t *self, zelect_sign_t *sign);

//  --------------------------------------------------------------------------
//  True if the occupant who was seen with this sign is gone, as is certain.

bool zelect_place_is_left (const zelect_place_t *self, const zelect_sign_t *sign);

//  --------------------------------------------------------------------------
//  The owner's mark in PATH.lock, written by who holds the lock. Returns 0, or -1
//  with errno.

int zelect_place_mark (int handle, uint64_t owner);

#endif
