/*  =========================================================================
    zelect_store_actor - saves the vote record beside the node's loop

    On the pipe go the two structs below as they are, one frame each; a frame
    of another size is the owner's $TERM.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_actor.h"
#include "zelect_clock.h"
#include "zelect_interrupt.h"

#include <pthread.h>
#include <signal.h>

typedef struct {
    uint64_t number;
    zelect_store_record_t record;
} s_request_t;

//  CZMQ's signals are frames of 8 bytes, which are neither of these.
_Static_assert(sizeof (s_request_t) > sizeof (uint64_t), "a request is no signal");
_Static_assert(sizeof (zelect_store_result_t) > sizeof (uint64_t), "a result is no signal");


//  --------------------------------------------------------------------------
//  Save one record and note how it went.

static void
s_save (zelect_store_t *store, const s_request_t *request, zelect_store_result_t *result)
{
    memset (result, 0, sizeof *result);
    uint64_t started_ns = zelect_clock_ns ();
    int rc = zelect_store_save (store, &request->record);
    result->error = rc == 0 ? 0 : errno;
    result->duration_ns = zelect_clock_ns () - started_ns;
    result->number = request->number;
    if (rc == -1)
        snprintf (result->text, sizeof result->text, "%s", zelect_store_error (store));
}

//  --------------------------------------------------------------------------
//  One frame, sent or received.

static int
s_send (void *pipe, const void *data, size_t size)
{
    int rc;
    do
        rc = zmq_send (pipe, data, size, ZMQ_DONTWAIT);
    while (zelect_is_interrupted (rc));
    return rc;
}

static int
s_recv (void *pipe, void *data, size_t size, int flags)
{
    int rc;
    do
        rc = zmq_recv (pipe, data, size, flags);
    while (zelect_is_interrupted (rc));
    return rc;
}

//  --------------------------------------------------------------------------
//  Take the next request: false if it is time to end.

static bool
s_next (void *pipe, s_request_t *request)
{
    return s_recv (pipe, request, sizeof *request, 0) == (int) sizeof *request;
}

//  --------------------------------------------------------------------------
//  The thread. Results never wait: the owner has room for the one it is due,
//  or is gone.

static void
s_actor (zsock_t *pipe, void *args)
{
    zelect_store_t *store = (zelect_store_t *) args;
    void *handle = zsock_resolve (pipe);
    s_request_t request;
    pthread_setname_np (pthread_self (), "zelect-store");
    zsock_signal (pipe, 0);
    while (s_next (handle, &request)) {
        zelect_store_result_t result;
        s_save (store, &request, &result);
        s_send (handle, &result, sizeof result);
    }
    zelect_store_destroy (&store);
}

//  --------------------------------------------------------------------------
//  Block all signals in this thread. A thread that is made now starts like
//  that, and waiting for a thread is not cut short.

static void
s_block_signals (sigset_t *before)
{
    sigset_t all;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, before);
}

//  --------------------------------------------------------------------------
//  Start the thread.

zactor_t *
zelect_store_actor_new (zelect_store_t **store_p)
{
    assert (store_p && *store_p);
    sigset_t before;
    s_block_signals (&before);
    zactor_t *self = zactor_new (s_actor, *store_p);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    if (self)
        *store_p = NULL;
    return self;
}

//  --------------------------------------------------------------------------
//  End the thread after the save under way.

void
zelect_store_actor_destroy (zactor_t **self_p)
{
    assert (self_p);
    sigset_t before;
    s_block_signals (&before);
    zactor_destroy (self_p);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
}

//  --------------------------------------------------------------------------
//  Have a record saved.

int
zelect_store_actor_save (zactor_t *self, uint64_t number, const zelect_store_record_t *record)
{
    assert (self && record);
    s_request_t request;
    memset (&request, 0, sizeof request);
    request.number = number;
    request.record = *record;
    int rc = s_send (zsock_resolve (self), &request, sizeof request);
    return rc == (int) sizeof request ? 0 : -1;
}

//  --------------------------------------------------------------------------
//  Take a result.

int
zelect_store_actor_recv (zactor_t *self, zelect_store_result_t *result)
{
    assert (self && result);
    int size = s_recv (zsock_resolve (self), result, sizeof *result, ZMQ_DONTWAIT);
    assert (size == -1 || size == (int) sizeof *result);
    return size == -1 ? -1 : 0;
}
