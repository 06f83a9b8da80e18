/*  =========================================================================
    zelect_observer - watch an election from outside, over the feed

    An observer is no member: it needs nothing but the feed endpoints of some
    nodes, and no node knows or waits for it. It believes by one rule, the same
    in every language (doc/zelect-protocol.md):

    *   the highest term wins; in a term, the node that says "leader" leads;
    *   a leader is forgotten when its lease and a margin have passed without a
        heartbeat, or when it says that it leads no more;
    *   better "unknown" than stale.

        zelect_observer_t *observer = zelect_observer_new ("orders");
        zelect_observer_connect (observer, "tcp://10.0.0.1:5681");
        while (zelect_observer_wait (observer, -1) == 0)
            puts (zelect_observer_leader (observer)? zelect_observer_leader (observer): "nobody");
        zelect_observer_destroy (&observer);

    What an observer believes is advice for people and routers, never a lock.
    An observer belongs to one thread.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_OBSERVER_H_INCLUDED
#define ZELECT_OBSERVER_H_INCLUDED

#include "zelect_library.h"

#ifdef __cplusplus
extern "C" {
#endif

//  --------------------------------------------------------------------------
//  A new observer of a cluster; NULL with errno EINVAL if the name is not one
//  (1 to 63 of A-Z a-z 0-9 . _ -). The caller owns it.

ZELECT_EXPORT zelect_observer_t *
    zelect_observer_new (const char *cluster);

ZELECT_EXPORT void
    zelect_observer_destroy (zelect_observer_t **self_p);

//  --------------------------------------------------------------------------
//  Speak CURVE from now on, with this pass, which has to outlive the observer; before
//  it connects. Returns 0, or -1 with errno EINVAL if the pass is not in order
//  (zelect_pass_error), or libzmq does not take it.

ZELECT_EXPORT int
    zelect_observer_set_pass (zelect_observer_t *self, const zelect_pass_t *pass);

//  --------------------------------------------------------------------------
//  Connect to the feed of a node; any number of times. With a pass, NAME@ENDPOINT.
//  Returns 0, or -1 with errno EINVAL if libzmq does not take the endpoint, or the
//  pass has no key of that name.

ZELECT_EXPORT int
    zelect_observer_connect (zelect_observer_t *self, const char *endpoint);

//  --------------------------------------------------------------------------
//  Wait until a node's state or the believed leader changes, at most
//  timeout_ms milliseconds (-1: for ever). Returns 0 when something changed,
//  -1 with errno EAGAIN after the time, EINTR when interrupted.

ZELECT_EXPORT int
    zelect_observer_wait (zelect_observer_t *self, int timeout_ms);

//  --------------------------------------------------------------------------
//  What changed last: the node whose state came ("n2"; NULL if a leader was
//  forgotten), its role, and the reason that it gave, as a word.

ZELECT_EXPORT const char *
    zelect_observer_node (const zelect_observer_t *self);

ZELECT_EXPORT const char *
    zelect_observer_role (const zelect_observer_t *self);

ZELECT_EXPORT const char *
    zelect_observer_reason (const zelect_observer_t *self);

//  --------------------------------------------------------------------------
//  The believed leader: its id (NULL: unknown), its RPC endpoint (NULL), its
//  term (the highest term heard when unknown).

ZELECT_EXPORT const char *
    zelect_observer_leader (const zelect_observer_t *self);

ZELECT_EXPORT const char *
    zelect_observer_leader_endpoint (const zelect_observer_t *self);

ZELECT_EXPORT uint64_t
    zelect_observer_term (const zelect_observer_t *self);

//  --------------------------------------------------------------------------
//  How many state messages of the present sources were lost on the way (gaps
//  in their sequence numbers), and how many frames were no message of this
//  cluster's feed.

ZELECT_EXPORT uint64_t
    zelect_observer_missed (const zelect_observer_t *self);

ZELECT_EXPORT uint64_t
    zelect_observer_rejected (const zelect_observer_t *self);

//  --------------------------------------------------------------------------
//  Everything known, as a tree: members/<id>/{role,term,leader,endpoint,
//  priority,voter,reason,tags/...}. The caller owns it.

ZELECT_EXPORT zconfig_t *
    zelect_observer_state (const zelect_observer_t *self);

//  --------------------------------------------------------------------------
//  The socket, for zpoller and zloop: readable means that
//  zelect_observer_wait (self, 0) is worth calling. Call it too when the time
//  of zelect_observer_deadline_ms (milliseconds from now, -1: none) is over,
//  so that a silent leader is forgotten.

ZELECT_EXPORT zsock_t *
    zelect_observer_socket (zelect_observer_t *self);

ZELECT_EXPORT int
    zelect_observer_deadline_ms (const zelect_observer_t *self);

#ifdef __cplusplus
}
#endif

#endif
