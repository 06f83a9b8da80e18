/*  =========================================================================
    zelect_event - one thing that a node tells its application

    An event is a value: it stays true of the moment it speaks of, whatever
    happened since. To know whether this node leads *now*, ask the lease
    (zelect_is_leader), not the last event.

    ENTER_x and LEAVE_x alternate strictly, x being LEADER, FOLLOWER or
    CANDIDATE (a precandidate, candidate or leader-elect). An application that
    does not read loses old events, never new ones: MISSED then says how many,
    and the events after it start from the present state.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_EVENT_H_INCLUDED
#define ZELECT_EVENT_H_INCLUDED

#include "zelect_library.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ZELECT_ENTER_LEADER = 1,    //  This node leads, from now until its lease ends
    ZELECT_LEAVE_LEADER,        //  ... and no longer; `reason` says why
    ZELECT_ENTER_FOLLOWER,
    ZELECT_LEAVE_FOLLOWER,
    ZELECT_ENTER_CANDIDATE,
    ZELECT_LEAVE_CANDIDATE,
    ZELECT_LEADER_CHANGED,      //  `leader` is another, or NULL: unknown
    ZELECT_QUORUM_LOST,         //  A leader lost touch with the majority
    ZELECT_FAULTED,             //  The vote store failed: neither votes nor leads
    ZELECT_ERROR,               //  `text` says what went wrong; life goes on
    ZELECT_MISSED,              //  `missed` events were not read and are lost
    ZELECT_STATUS               //  Raw actor: the answer to STATUS
} zelect_event_type_t;

//  --------------------------------------------------------------------------
//  Receive the next event of a raw actor or of zelect_socket; waits as the
//  socket's rcvtimeo says. NULL if there was none in time, if interrupted, or
//  if what came is no event (errno EPROTO). The caller owns the event.

ZELECT_EXPORT zelect_event_t *
    zelect_event_recv (void *source);

//  --------------------------------------------------------------------------
//  Destroy an event.

ZELECT_EXPORT void
    zelect_event_destroy (zelect_event_t **self_p);

//  --------------------------------------------------------------------------
//  The type, and its name: "ENTER_LEADER", "MISSED", ...

ZELECT_EXPORT zelect_event_type_t
    zelect_event_type (const zelect_event_t *self);

ZELECT_EXPORT const char *
    zelect_event_name (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  The role of the node after the event: "follower", "precandidate",
//  "candidate", "leader_elect", "leader", "faulted" or "stopped"; and the role
//  before.

ZELECT_EXPORT const char *
    zelect_event_role (const zelect_event_t *self);

ZELECT_EXPORT const char *
    zelect_event_old_role (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  The node's term.

ZELECT_EXPORT uint64_t
    zelect_event_term (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  The leader's id, or NULL if it is not known.

ZELECT_EXPORT const char *
    zelect_event_leader (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  Why, as a word for programs ("LOST_QUORUM") and as a sentence for people.
//  An ERROR or MISSED has the whole message as its text.

ZELECT_EXPORT const char *
    zelect_event_reason (const zelect_event_t *self);

ZELECT_EXPORT const char *
    zelect_event_text (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  ENTER_LEADER: the end of the first lease (it is renewed with each heartbeat
//  thereafter), in nanoseconds of CLOCK_BOOTTIME; else 0. It binds nobody but this
//  process: should it die before, another can lead before (see zelect_token_t).

ZELECT_EXPORT uint64_t
    zelect_event_until_ns (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  When the node saw it, in nanoseconds of CLOCK_BOOTTIME.

ZELECT_EXPORT uint64_t
    zelect_event_time_ns (const zelect_event_t *self);

//  --------------------------------------------------------------------------
//  MISSED: how many events were lost; else 0.

ZELECT_EXPORT uint64_t
    zelect_event_missed (const zelect_event_t *self);

#ifdef __cplusplus
}
#endif

#endif
