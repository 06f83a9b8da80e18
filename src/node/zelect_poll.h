/*  =========================================================================
    zelect_poll - wait for sockets, and look only where something can be

    zmq_poll asks every socket for its events twice at each call, two system
    calls a time: for a node with two members that is most of what it costs to
    do nothing. But a socket that was found empty and has not been used since
    says by its descriptor when there is news, so the others need not be asked.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_POLL_H_INCLUDED
#define ZELECT_POLL_H_INCLUDED

#include "zelect_types.h"
#include <zmq.h>

//  Of each member a wire, a feed and what tells of its loss; and a node's own.
#define ZELECT_POLL_MAX (3 * ZELECT_MEMBERS_MAX + 14)

//  --------------------------------------------------------------------------
//  As zmq_poll, for at most ZELECT_POLL_MAX items, descriptors for input alone.
//  On entry `revents` says whether a socket may have events that its descriptor
//  does not tell: not 0 if it was sent to, or not emptied, or not polled since
//  it was last polled here. Returns how many have events, or -1 with errno.

int zelect_poll (zmq_pollitem_t *items, size_t count, int timeout_ms);

#endif
