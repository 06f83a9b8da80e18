/*  =========================================================================
    zelect_outbox - what a node tells its owner, who may not be listening

    Picture a pigeon-hole of fixed size. Letters go in without ringing the bell;
    when it is full, the postman keeps one slip: how many letters could not be
    delivered, and how things stand now. As soon as a letter is taken out the
    slip goes in, and delivery goes on from there. The postman never waits.

    There are up to three outboxes, each over a PAIR socket of CZMQ's:

    *   the actor's pipe: replies, and events if they have no socket of their own;
    *   `events` of zelect_node_args_t: events;
    *   `callback_events`: ENTER, LEAVE and MISSED events alone, for the thread
        that runs the callbacks, which reports on the same socket (below).

    Every message is made of strings. A reply:

        "OK" [value [tag]]
        "ERROR" text errno [tag]      the number of the errno, in decimal

    The tag is the command's name, and stands only in the replies of
    CLUSTERSTATE, which come when the members have answered, after the replies
    to commands that were sent later. A reply is never lost: up to
    ZELECT_OUTBOX_REPLIES wait for room, before all events. Events, 11 frames:

        0  "EVENT"
        1  name       ENTER_LEADER, ... (zelect_event.h), or STATUS
        2  role       after the event: zelect_role_name, or "stopped"
        3  old role   before it; the same if it did not change
        4  term       decimal
        5  leader     id; "" if it is not known
        6  reason     a word, "LOST_QUORUM"; "" if there is none
        7  text       a sentence for people
        8  until_ns   ENTER_LEADER: the end of the first lease; else 0
        9  time_ns    CLOCK_BOOTTIME when the node saw it
       10  missed     MISSED: how many events were lost; else 0

    ENTER_x and LEAVE_x alternate; the first is ENTER_FOLLOWER. After a MISSED
    comes ENTER_x of the present role, whatever was delivered last, unless the
    node is stopped. The last event of a node that stops is LEAVE_x with the role
    "stopped" and the reason STOPPED. The role "faulted" counts as follower.

    STATUS answers the command of that name, like a reply: on the pipe, never
    lost, followed by the command's OK. Its text is key=value pairs.

    The callback thread reports on its socket, so that the node can say that a
    callback takes too long or failed (both are ERROR events):

        "BEGIN" callback              "enter_leader", before it is called
        "END" callback result         after it returned; result in decimal

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_OUTBOX_H_INCLUDED
#define ZELECT_OUTBOX_H_INCLUDED

#include "zelect_types.h"
#include <czmq.h>

#define ZELECT_OUTBOX_REPLIES 16    //  Replies that may wait for room

typedef struct _zelect_outbox_t zelect_outbox_t;

//  What an event says. Strings are the caller's; NULL stands for "".

typedef struct {
    const char *name;
    const char *role;
    const char *old_role;
    const char *leader;
    const char *reason;
    const char *text;
    uint64_t term;
    uint64_t until_ns;
    uint64_t time_ns;
    uint64_t missed;
} zelect_outbox_event_t;

//  --------------------------------------------------------------------------
//  A new outbox over `socket`, which stays the caller's and has to outlive it.
//  The outbox belongs to the thread that uses the socket. NULL: no memory.

zelect_outbox_t *zelect_outbox_new (zsock_t *socket);

//  --------------------------------------------------------------------------
//  Destroy an outbox, with the replies that still wait.

void zelect_outbox_destroy (zelect_outbox_t **self_p);

//  --------------------------------------------------------------------------
//  Send a reply: OK and a value (NULL: none), or ERROR, a text and an errno;
//  and a tag (NULL: none). What finds no room waits. Returns 0, or -1 if too
//  many wait already: then this one is lost, for the owner reads nothing.

int zelect_outbox_ok (zelect_outbox_t *self, const char *value, const char *tag);
int zelect_outbox_error (zelect_outbox_t *self, const char *text, int code, const char *tag);

//  --------------------------------------------------------------------------
//  Send an event, or count it as missed if there is no room.

void zelect_outbox_event (zelect_outbox_t *self, const zelect_outbox_event_t *event);

//  --------------------------------------------------------------------------
//  Send an event that answers a command; it waits for room as a reply does.

int zelect_outbox_status (zelect_outbox_t *self, const zelect_outbox_event_t *event);

//  --------------------------------------------------------------------------
//  True if something waits for room: then poll the socket for output, and call
//  zelect_outbox_flush when it comes.

bool zelect_outbox_waits (const zelect_outbox_t *self);

//  --------------------------------------------------------------------------
//  True if the outbox used its socket since it was asked last: then zelect_poll
//  has to be told.

bool zelect_outbox_was_used (zelect_outbox_t *self);

//  --------------------------------------------------------------------------
//  Send what waits, as far as there is room: replies, then MISSED and the
//  present state.

void zelect_outbox_flush (zelect_outbox_t *self);

//  --------------------------------------------------------------------------
//  Wait until nothing waits and there is room for one message more, at most
//  timeout_ms milliseconds. An actor does this before it returns: its final
//  signal would be lost in a full pipe, and its owner would wait for ever.
//  Returns 0, or -1 with errno EAGAIN.

int zelect_outbox_settle (zelect_outbox_t *self, int timeout_ms);

#endif
