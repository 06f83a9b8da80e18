/*  =========================================================================
    zelect_store_actor - saves the vote record beside the node's loop

    The clerk must not wait for the archive: a sync of a disk takes from 0.1 ms
    to many seconds, in which heartbeats must go on (G6, R2). So an open store
    is handed to a thread of its own, which takes one record at a time and says
    how it went. It blocks all signals, prints nothing and installs nothing.

    Poll the actor's socket (zactor_sock) for ZMQ_POLLIN; there is a result for
    every record. The owner keeps at most one record under way.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_STORE_ACTOR_H_INCLUDED
#define ZELECT_STORE_ACTOR_H_INCLUDED

#include "zelect_store.h"

#include <czmq.h>

typedef struct {
    uint64_t number;         //  As it came with the record
    uint64_t duration_ns;    //  How long the save took
    int error;               //  0: it is on the disk; else an errno
    char text [ZELECT_STORE_TEXT_MAX];    //  The store's error; empty if none
} zelect_store_result_t;

//  --------------------------------------------------------------------------
//  Start the thread. It takes over the open store: *store_p becomes NULL.
//  Returns NULL, with errno, if there are no resources; the store is then the
//  caller's as before.

zactor_t *zelect_store_actor_new (zelect_store_t **store_p);

//  --------------------------------------------------------------------------
//  End the thread after the save under way, if any, and close the store: when
//  this returns its lock is free.

void zelect_store_actor_destroy (zactor_t **self_p);

//  --------------------------------------------------------------------------
//  Have a record saved. Never blocks. The result bears `number`. Returns 0, or
//  -1 with errno if the thread cannot be reached.

int zelect_store_actor_save (zactor_t *self,
                             uint64_t number,
                             const zelect_store_record_t *record);

//  --------------------------------------------------------------------------
//  Take a result. Never blocks. Returns 0, or -1 with EAGAIN if there is none
//  yet, or another errno.

int zelect_store_actor_recv (zactor_t *self, zelect_store_result_t *result);

#endif
