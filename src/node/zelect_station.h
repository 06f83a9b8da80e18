/*  =========================================================================
    zelect_station - the node's end of the feed

    A small radio station. It broadcasts this node's state, each time it changes
    and again whenever somebody tunes in, so that the hundredth listener knows
    as much as the first; and, while the node leads, its heartbeats. And it has a
    receiver of its own, tuned to the heartbeats of the other members; or one for
    each of them, where keys count (zelect_receiver).

    It broadcasts on two XPUB sockets, one for the network and one, in CZMQ's
    context, for the threads of the host: inproc://zelect/<cluster>/<node>. A
    listener that is too slow misses messages and sees it by their numbers; the
    node does not wait for it.

    What is said on the air is the wire's zelect_feed_t.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_STATION_H_INCLUDED
#define ZELECT_STATION_H_INCLUDED

#include "zelect_guard.h"
#include "zelect_network.h"
#include "zelect_options.h"
#include "zelect_wire.h"
#include <zmq.h>

//  The sockets to poll: the two senders, for who tunes in; the receivers; and for each
//  what tells of its lost connections, after what came over them.
enum {
    ZELECT_STATION_NETWORK,
    ZELECT_STATION_LOCAL,
    ZELECT_STATION_RECEIVERS,
    ZELECT_STATION_ITEMS_MAX = ZELECT_STATION_RECEIVERS + 2 * ZELECT_MEMBERS_MAX
};

typedef struct _zelect_station_t zelect_station_t;

//  --------------------------------------------------------------------------
//  Off the air; NULL: no memory. To be destroyed after the context has ended:
//  only then is an ipc path out of use, and its lock let go.

zelect_station_t *zelect_station_new (void);
void zelect_station_destroy (zelect_station_t **self_p);

//  --------------------------------------------------------------------------
//  Bind, connect to the feeds of all others and subscribe to their heartbeats.
//  Returns 0, or -1 with the trouble. Options and members are those that the
//  node runs with; they have to outlive the station. So has the guard, and NULL means
//  in clear.

int zelect_station_start (zelect_station_t *self,
                          void *context,
                          const zelect_options_t *options,
                          const zelect_members_t *members,
                          zelect_guard_t *guard,
                          zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Close; what has been said may take linger_ms milliseconds to leave.

void zelect_station_close (zelect_station_t *self, int linger_ms);

//  --------------------------------------------------------------------------
//  Say something: a heartbeat, a release or a state, of which sequence (and the
//  wall clock of a state) are set here. A state is kept for those who tune in.
//  Returns the sequence number.

uint64_t zelect_station_say (zelect_station_t *self, zelect_feed_t *feed);

//  --------------------------------------------------------------------------
//  The number of the last state that was said.

uint64_t zelect_station_sequence (const zelect_station_t *self);

//  --------------------------------------------------------------------------
//  Fill in what to poll for input with zelect_poll, at most ZELECT_STATION_ITEMS_MAX
//  items. Returns how many. From ZELECT_STATION_RECEIVERS on there are as many
//  receivers as are said here, and as many tripwires.

size_t zelect_station_receiver_count (const zelect_station_t *self);
size_t zelect_station_poll_items (zelect_station_t *self, zmq_pollitem_t *items);

//  --------------------------------------------------------------------------
//  See who tuned in at a sender, at most `limit` of them; the state will be due
//  for them. Returns how many frames were no subscription.

size_t zelect_station_listen (zelect_station_t *self, size_t item, size_t limit, uint64_t now);

//  --------------------------------------------------------------------------
//  When the state is due again, ZELECT_NEVER if nobody tuned in; and say it if
//  it is due by now. At most once a millisecond.

uint64_t zelect_station_deadline (const zelect_station_t *self);
void zelect_station_repeat (zelect_station_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  Take a message of another member's feed, from the receiver of this number. Returns
//  0 and its two frames (in `message`), or -1 with errno EAGAIN if there is none, or
//  EPROTO if there was one of another shape. `member` is who said it, by the key of
//  its feed; ZELECT_NOBODY: who the message says.

int zelect_station_recv (zelect_station_t *self,
                         size_t receiver,
                         zelect_network_message_t *message,
                         uint8_t *member);

//  --------------------------------------------------------------------------
//  True if a connection to another member's feed was lost since the last call.
//  It may have been anybody's, and for any reason.

bool zelect_station_lost (zelect_station_t *self);

#endif
