/*  =========================================================================
    zelect_caller - runs the callbacks on a thread of its own

    The caller reads its own copy of the events (zelect_outbox.h) and calls what
    belongs to them, one at a time. What it entered, it leaves: if events were
    lost because a callback took long, the missing LEAVE is made up before the
    next ENTER or at the end, so that the application always sees a strictly
    alternating sequence. It tells the node when a callback begins and ends, and
    the node reports those that fail or take too long.

    Nobody can wait for a callback that sleeps. So the caller is closed rather
    than joined: from then on no callback begins, and the thread goes away by
    itself when the one that runs returns.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CALLER_H_INCLUDED
#define ZELECT_CALLER_H_INCLUDED

#include "zelect.h"

typedef struct _zelect_caller_t zelect_caller_t;

//  --------------------------------------------------------------------------
//  A new caller for a handle, without callbacks and without a thread yet. NULL
//  with errno EMFILE if there is no socket for it.

zelect_caller_t *zelect_caller_new (zelect_t *handle);

//  --------------------------------------------------------------------------
//  Free it; its thread must have ended or never begun.

void zelect_caller_destroy (zelect_caller_t **self_p);

//  --------------------------------------------------------------------------
//  Set the callbacks, before zelect_caller_start; true if there are any.

void zelect_caller_set (zelect_caller_t *self, const zelect_callbacks_t *callbacks, void *arg);
bool zelect_caller_has_callbacks (const zelect_caller_t *self);

//  --------------------------------------------------------------------------
//  The socket that the node writes to, until zelect_caller_end.

zsock_t *zelect_caller_socket (zelect_caller_t *self);

//  --------------------------------------------------------------------------
//  Start the thread, which holds a reference to the handle; once is enough. 0,
//  or -1 with errno EAGAIN.

int zelect_caller_start (zelect_caller_t *self);

//  --------------------------------------------------------------------------
//  The node's thread: this was the last event. The caller delivers what has
//  come, leaves what it entered, and its thread ends.

void zelect_caller_end (zelect_caller_t *self);

//  --------------------------------------------------------------------------
//  Wait for that, at most timeout_ms milliseconds, and not at all in a callback;
//  then let no callback begin any more. Without a thread this does nothing.

void zelect_caller_close (zelect_caller_t *self, int timeout_ms);

#endif
