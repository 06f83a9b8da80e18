/*  =========================================================================
    zelect_lease - "am I the leader?", answered from any thread in nanoseconds

    A leader leads until its lease ends, unless it is renewed. The lease cell
    is the one piece of memory that a node shares with its host: the node
    writes term and end, anybody reads them, and nobody ever waits. Since the
    reader compares the end with its own look at the clock, a stopped, starved
    or blocked node cannot prolong its leadership.

    An application that uses zelect_t has a cell inside and need not care. One
    that drives the raw actor hands a cell in:

        zelect_lease_t *lease = zelect_lease_new ();
        zactor_t *node = zactor_new (zelect_actor, lease);
        ...
        if (zelect_lease_held (lease))
            work ();
        ...
        zactor_destroy (&node);           //  First the node,
        zelect_lease_destroy (&lease);    //  then its cell

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_LEASE_H_INCLUDED
#define ZELECT_LEASE_H_INCLUDED

#include "zelect_library.h"

#ifdef __cplusplus
extern "C" {
#endif

//  The proof of leadership that a leader shows to others. `term` is larger
//  than that of every earlier leader: let whatever the leader writes to refuse
//  a smaller term than it has seen (fencing).
//
//  `until_ns` is for the process that holds the lease: as long as it lives, nobody
//  else leads before that time, unless it resigns. It is no promise to others. With
//  fast fail-over a leader that died is replaced at once, while the lease that it
//  may have shown to somebody still runs: judge by the term, never by the time.

typedef struct {
    uint64_t term;      //  The term of this leadership; 0: not leader
    uint64_t until_ns;  //  End of the lease, nanoseconds of CLOCK_BOOTTIME
} zelect_token_t;

//  --------------------------------------------------------------------------
//  A new cell, which says "not leader". The caller owns it.

ZELECT_EXPORT zelect_lease_t *
    zelect_lease_new (void);

//  --------------------------------------------------------------------------
//  Destroy a cell. The actor that writes to it has to be destroyed before.

ZELECT_EXPORT void
    zelect_lease_destroy (zelect_lease_t **self_p);

//  --------------------------------------------------------------------------
//  True if this node was the leader at the instant at which this call read the
//  clock. Any thread, wait-free, no system call on common machines.

ZELECT_EXPORT bool
    zelect_lease_held (const zelect_lease_t *self);

//  --------------------------------------------------------------------------
//  Fill in the token and return 0 if the lease is held, else set it to zeros
//  and return -1 with errno ENOLCK. Any thread, wait-free.

ZELECT_EXPORT int
    zelect_lease_token (const zelect_lease_t *self, zelect_token_t *token);

#ifdef __cplusplus
}
#endif

#endif
