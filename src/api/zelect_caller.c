/*  =========================================================================
    zelect_caller - runs the callbacks on a thread of its own

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_caller.h"
#include "zelect_event_private.h"
#include "zelect_handle.h"
#include "zelect_pair.h"

#include <zmq.h>

#define EVENTS_MAX 500    //  Unread events, on each side of the socket

struct _zelect_caller_t {
    zelect_t *handle;
    zelect_callbacks_t callbacks;
    void *arg;
    zsock_t *socket;    //  Events come, reports go
    zsock_t *node_socket;
    pthread_t thread;
    bool has_thread;

    //  The thread's own
    zelect_event_t *entered;    //  What was entered and not left, or NULL

    //  Between the thread and who closes it
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_ended;       //  The node: no more events will come
    bool is_closed;      //  The owner: no callback may begin any more
    bool is_busy;        //  A callback runs
    bool is_finished;    //  The thread touches nothing any more
};

zelect_caller_t *
zelect_caller_new (zelect_t *handle)
{
    assert (handle);
    zelect_caller_t *self = calloc (1, sizeof (zelect_caller_t));
    assert (self);
    self->handle = handle;
    pthread_mutex_init (&self->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init (&attributes);
    pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
    pthread_cond_init (&self->changed, &attributes);
    pthread_condattr_destroy (&attributes);
    if (zelect_pair_new (&self->socket, &self->node_socket, EVENTS_MAX)) {
        zelect_caller_destroy (&self);
        errno = EMFILE;
        return NULL;
    }
    zsock_set_sndtimeo (self->socket, 0);
    zsock_set_sndtimeo (self->node_socket, 0);
    return self;
}

void
zelect_caller_destroy (zelect_caller_t **self_p)
{
    assert (self_p);
    zelect_caller_t *self = *self_p;
    if (!self)
        return;
    zelect_event_destroy (&self->entered);
    zsock_destroy (&self->socket);
    zsock_destroy (&self->node_socket);
    pthread_mutex_destroy (&self->mutex);
    pthread_cond_destroy (&self->changed);
    free (self);
    *self_p = NULL;
}

void
zelect_caller_set (zelect_caller_t *self, const zelect_callbacks_t *callbacks, void *arg)
{
    assert (self);
    assert (callbacks);
    pthread_mutex_lock (&self->mutex);
    self->callbacks = *callbacks;
    self->arg = arg;
    pthread_mutex_unlock (&self->mutex);
}

bool
zelect_caller_has_callbacks (const zelect_caller_t *self)
{
    assert (self);
    const zelect_callbacks_t *list = &self->callbacks;
    return list->enter_leader || list->leave_leader || list->enter_follower || list->leave_follower
           || list->enter_candidate || list->leave_candidate;
}

zsock_t *
zelect_caller_socket (zelect_caller_t *self)
{
    assert (self);
    return self->node_socket;
}

//  --------------------------------------------------------------------------
//  What belongs to an event: the callback and its name in reports; NULL if none
//  does.

static zelect_callback_fn *
s_callback (const zelect_caller_t *self, zelect_event_type_t type, const char **name)
{
    const zelect_callbacks_t *list = &self->callbacks;
    const struct {
        zelect_event_type_t type;
        zelect_callback_fn *call;
        const char *name;
    } table [] = {
        {ZELECT_ENTER_LEADER, list->enter_leader, "enter_leader"},
        {ZELECT_LEAVE_LEADER, list->leave_leader, "leave_leader"},
        {ZELECT_ENTER_FOLLOWER, list->enter_follower, "enter_follower"},
        {ZELECT_LEAVE_FOLLOWER, list->leave_follower, "leave_follower"},
        {ZELECT_ENTER_CANDIDATE, list->enter_candidate, "enter_candidate"},
        {ZELECT_LEAVE_CANDIDATE, list->leave_candidate, "leave_candidate"},
    };
    for (size_t index = 0; index < sizeof (table) / sizeof (table [0]); index++)
        if (table [index].type == type) {
            *name = table [index].name;
            return table [index].call;
        }
    return NULL;
}

static bool
s_is_enter (zelect_event_type_t type)
{
    return type == ZELECT_ENTER_LEADER || type == ZELECT_ENTER_FOLLOWER
           || type == ZELECT_ENTER_CANDIDATE;
}

//  The LEAVE of an ENTER is the next in the enumeration.

static bool
s_is_leave_of (zelect_event_type_t type, const zelect_event_t *entered)
{
    return entered && type == zelect_event_type (entered) + 1;
}

static bool
s_read_flag (zelect_caller_t *self, const bool *flag)
{
    pthread_mutex_lock (&self->mutex);
    bool value = *flag;
    pthread_mutex_unlock (&self->mutex);
    return value;
}

//  --------------------------------------------------------------------------
//  Note that a callback begins or has ended, for who wants to close. False if
//  it is closed: then the socket may be gone.

static bool
s_set_busy (zelect_caller_t *self, bool is_busy)
{
    pthread_mutex_lock (&self->mutex);
    bool is_open = !self->is_closed;
    self->is_busy = is_open && is_busy;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->mutex);
    return is_open;
}

//  --------------------------------------------------------------------------
//  Call what belongs to the event, between two reports. Those are sent while
//  not busy, since who closes takes the socket of a busy caller away.

static void
s_call (zelect_caller_t *self, const zelect_event_t *event)
{
    const char *name;
    pthread_mutex_lock (&self->mutex);
    zelect_callback_fn *call = s_callback (self, zelect_event_type (event), &name);
    void *arg = self->arg;
    pthread_mutex_unlock (&self->mutex);
    if (!call || s_read_flag (self, &self->is_closed))
        return;
    zstr_sendx (self->socket, "BEGIN", name, NULL);
    if (!s_set_busy (self, true))
        return;
    int result = call (arg, self->handle, event);
    if (!s_set_busy (self, false))
        return;
    char text [16];
    snprintf (text, sizeof (text), "%d", result);
    zstr_sendx (self->socket, "END", name, text, NULL);
}

//  --------------------------------------------------------------------------
//  Leave what was entered, although no LEAVE came; `next` is what came instead.

static void
s_leave (zelect_caller_t *self, const zelect_event_t *next)
{
    zelect_event_t *leave = zelect_event_leave (self->entered, next);
    zelect_event_destroy (&self->entered);
    s_call (self, leave);
    zelect_event_destroy (&leave);
}

//  After a MISSED the present state is entered again: if it is another, or
//  another leadership, the one before has to be left.

static bool
s_is_same (const zelect_event_t *one, const zelect_event_t *other)
{
    return zelect_event_type (one) == zelect_event_type (other)
           && zelect_event_term (one) == zelect_event_term (other);
}

//  Takes the event over.

static void
s_handle (zelect_caller_t *self, zelect_event_t *event)
{
    zelect_event_type_t type = zelect_event_type (event);
    if (s_is_leave_of (type, self->entered)) {
        zelect_event_destroy (&self->entered);
        s_call (self, event);
    }
    else if (s_is_enter (type) && !(self->entered && s_is_same (self->entered, event))) {
        if (self->entered)
            s_leave (self, event);
        self->entered = event;
        s_call (self, event);
        return;
    }
    zelect_event_destroy (&event);
}

//  --------------------------------------------------------------------------
//  The next event; NULL if what came is none, or with errno EAGAIN if nothing
//  more will come. A host may exit without destroying the handle: CZMQ closes
//  its sockets then, whoever uses them.

static zelect_event_t *
s_recv (zelect_caller_t *self)
{
    bool is_ended = s_read_flag (self, &self->is_ended);
    int timeout_ms = is_ended ? 0 : -1;
    zmq_setsockopt (zsock_resolve (self->socket), ZMQ_RCVTIMEO, &timeout_ms, sizeof (timeout_ms));
    zelect_event_t *event = zelect_event_recv (self->socket);
    if (!event && (errno == ETERM || errno == ENOTSOCK))
        errno = EAGAIN;
    return event;
}

//  --------------------------------------------------------------------------
//  The thread. When the node has ended there is something to read, if only that
//  message; and what is there then is all that will come.

static void *
s_run (void *arg)
{
    zelect_caller_t *self = (zelect_caller_t *) arg;
    zelect_t *handle = self->handle;
    while (!s_read_flag (self, &self->is_closed)) {
        zelect_event_t *event = s_recv (self);
        if (event)
            s_handle (self, event);
        else if (errno == EAGAIN)
            break;
    }
    if (self->entered)
        s_leave (self, NULL);

    pthread_mutex_lock (&self->mutex);
    self->is_finished = true;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->mutex);
    zelect_unref (handle);
    return NULL;
}

int
zelect_caller_start (zelect_caller_t *self)
{
    assert (self);
    if (self->has_thread)
        return 0;
    atomic_fetch_add (&self->handle->references, 1);
    if (zelect_thread_new (&self->thread, s_run, self)) {
        atomic_fetch_sub (&self->handle->references, 1);
        return -1;
    }
    self->has_thread = true;
    return 0;
}

void
zelect_caller_end (zelect_caller_t *self)
{
    assert (self);
    pthread_mutex_lock (&self->mutex);
    zstr_send (self->node_socket, "END");
    self->is_ended = true;
    pthread_mutex_unlock (&self->mutex);
}

//  --------------------------------------------------------------------------
//  Wait until the thread has finished. When the time is over it sits in a
//  callback, or the node has not ended; it never waits for anything else.

static void
s_wait (zelect_caller_t *self, int timeout_ms)
{
    struct timespec until;
    clock_gettime (CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    bool is_late = false;
    while (!self->is_finished && !(is_late && (self->is_busy || !self->is_ended)))
        if (is_late)
            pthread_cond_wait (&self->changed, &self->mutex);
        else
            is_late = pthread_cond_timedwait (&self->changed, &self->mutex, &until) == ETIMEDOUT;
}

void
zelect_caller_close (zelect_caller_t *self, int timeout_ms)
{
    assert (self);
    if (!self->has_thread)
        return;
    bool is_inside = pthread_equal (self->thread, pthread_self ());
    pthread_mutex_lock (&self->mutex);
    if (!is_inside)
        s_wait (self, timeout_ms);
    self->is_closed = true;
    bool is_finished = self->is_finished;
    if (is_finished || self->is_busy)
        zsock_destroy (&self->socket);
    if (self->is_ended)
        zsock_destroy (&self->node_socket);
    pthread_mutex_unlock (&self->mutex);
    if (is_finished)
        pthread_join (self->thread, NULL);
    else
        pthread_detach (self->thread);
}
