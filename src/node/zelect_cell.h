/*  =========================================================================
    zelect_cell - the piece of memory that a node shares with its host

    Picture a shop sign in a window. The node turns it, everybody in the street
    reads it, and no reader ever makes the shopkeeper wait or waits himself.
    Because the sign carries the time at which it ceases to be true, it cannot
    lie when the shopkeeper has fainted.

    One thread writes (the node's), any thread reads. A lease is {term, until}.
    A term leads once at most (R11), so a reader that finds the same term before
    and after it looks at the clock knows that this leadership covered that
    instant; and the end that it read in between is one that was granted to that
    leadership, for the node withdraws the term before it writes another's end.
    A renewal under the reader's eyes does not disturb it, since it only moves
    the end further away (R6).

    A forked child is another process, which never leads: the kernel wipes the
    sign in the child's copy of the memory.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CELL_H_INCLUDED
#define ZELECT_CELL_H_INCLUDED

#include "zelect_types.h"

//  The role of a node that does not run, beside those of zelect_role_t.
#define ZELECT_CELL_STOPPED ZELECT_ROLES

typedef struct _zelect_cell_t zelect_cell_t;

//  --------------------------------------------------------------------------
//  A new cell: no lease, stopped. NULL with errno ENOMEM, or EINVAL if the
//  kernel is older than Linux 4.14. The caller owns it.

zelect_cell_t *zelect_cell_new (void);

//  --------------------------------------------------------------------------
//  Destroy a cell; its writer has to be gone before.

void zelect_cell_destroy (zelect_cell_t **self_p);

//  --------------------------------------------------------------------------
//  Writer: the lease of `term` runs until `until_ns`; until_ns 0: no lease.

void zelect_cell_set_lease (zelect_cell_t *self, uint64_t term, uint64_t until_ns);

//  --------------------------------------------------------------------------
//  Writer: the node's role (a zelect_role_t, or ZELECT_CELL_STOPPED) and term.

void zelect_cell_set_role (zelect_cell_t *self, int role, uint64_t term);

//  --------------------------------------------------------------------------
//  Writer: the leader's member index, or ZELECT_NOBODY; and this node's own.

void zelect_cell_set_leader (zelect_cell_t *self, uint8_t leader, uint8_t own);

//  --------------------------------------------------------------------------
//  Writer, before the node starts: the id of the member with this index.

void zelect_cell_set_member (zelect_cell_t *self, uint8_t index, const char *id);

//  --------------------------------------------------------------------------
//  True if this node was the leader at the instant at which this call read the
//  clock. Wait-free.

bool zelect_cell_held (const zelect_cell_t *self);

//  --------------------------------------------------------------------------
//  The lease that is held: fills in its term and end, nanoseconds of
//  CLOCK_BOOTTIME, and returns true; false, and zeros, if none is. Wait-free.

bool zelect_cell_token (const zelect_cell_t *self, uint64_t *term, uint64_t *until_ns);

//  --------------------------------------------------------------------------
//  The role, "stopped" too, as of a moment ago; a leader whose lease is over is
//  a follower. A constant. Wait-free.

const char *zelect_cell_role (const zelect_cell_t *self);

//  --------------------------------------------------------------------------
//  The node's term, as of a moment ago. Wait-free.

uint64_t zelect_cell_term (const zelect_cell_t *self);

//  --------------------------------------------------------------------------
//  The leader's id as the node knows it, or NULL. The string is the cell's and
//  stays until the node is started again. Wait-free.

const char *zelect_cell_leader (const zelect_cell_t *self);

//  --------------------------------------------------------------------------
//  Anybody: the application is alive, now. Wait-free.

void zelect_cell_kick (zelect_cell_t *self);

//  --------------------------------------------------------------------------
//  When that was said last, in nanoseconds of CLOCK_BOOTTIME; 0: never.

uint64_t zelect_cell_kicked_ns (const zelect_cell_t *self);

//  --------------------------------------------------------------------------
//  True in a process that was forked from the cell's own: there is no node
//  here, and nothing of it may be touched. Wait-free.

bool zelect_cell_is_forked (const zelect_cell_t *self);

#endif
