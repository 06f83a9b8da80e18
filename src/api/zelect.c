/*  =========================================================================
    zelect - one leader among the processes of a ZeroMQ application

    Life of the handle, and its questions.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_handle.h"
#include "zelect_clock.h"
#include "zelect_lease_private.h"
#include "zelect_members.h"
#include "zelect_pair.h"
#include "zelect_role.h"

#define PIPE_MAX 100      //  Messages; commands wait for their replies
#define EVENTS_MAX 500    //  Unread events, on each side of the socket

#define TREE_LEAST_MS 1    //  What CLUSTERSTATE takes
#define TREE_MOST_MS 60000

//  zelect_destroy promises a second in all. The node says its farewells in far
//  less, unless the machine is starved.
#define NODE_END_MS 700
#define DESTROY_MS 900

//  --------------------------------------------------------------------------
//  The node's thread: a zactor's, but one that can be waited for.

static void *
s_run_node (void *arg)
{
    zelect_t *self = (zelect_t *) arg;
    zelect_node_actor (self->node_pipe, &self->args);
    zelect_caller_end (self->caller);
    zsock_signal (self->node_pipe, 0);
    zelect_unref (self);
    return NULL;
}

//  --------------------------------------------------------------------------
//  Wait for a signal of the node, at most timeout_ms milliseconds (-1: for
//  ever); replies that nobody waits for are dropped. 0, or -1.

static int
s_wait_for_signal (zelect_t *self, int timeout_ms)
{
    uint64_t deadline_ns = zelect_clock_ns () + (uint64_t) timeout_ms * ZELECT_MS;
    int rc = -1;
    while (rc < 0) {
        uint64_t now_ns = zelect_clock_ns ();
        if (timeout_ms >= 0 && now_ns >= deadline_ns)
            break;
        int left_ms = timeout_ms < 0 ? -1 : (int) ((deadline_ns - now_ns) / ZELECT_MS) + 1;
        zsock_set_rcvtimeo (self->pipe, left_ms);
        zmsg_t *message = zmsg_recv (self->pipe);
        if (message)
            rc = zmsg_signal (message);
        else if (errno != EINTR && errno != EAGAIN)
            break;
        zmsg_destroy (&message);
    }
    if (rc > 0)
        errno = ENOMEM;    //  The node could not be made
    return rc == 0 ? 0 : -1;
}

//  --------------------------------------------------------------------------
//  Make what the node's thread needs, and start it. 0, or -1 with errno.

static int
s_start_thread (zelect_t *self)
{
    self->cell = zelect_cell_new ();
    if (!self->cell)
        return -1;
    self->caller = zelect_caller_new (self);
    if (!self->caller || zelect_pair_new (&self->pipe, &self->node_pipe, PIPE_MAX)
        || zelect_pair_new (&self->events, &self->node_events, EVENTS_MAX))
        return -1;
    self->args.cell = self->cell;
    self->args.events = self->node_events;
    self->args.log = zelect_handle_log;
    self->args.log_arg = self;

    atomic_fetch_add (&self->references, 1);
    if (zelect_thread_new (&self->thread, s_run_node, self)) {
        atomic_fetch_sub (&self->references, 1);
        return -1;
    }
    return s_wait_for_signal (self, -1);
}

zelect_t *
zelect_new (const char *node, const char *cluster)
{
    if ((node && !zelect_members_is_name (node))
        || (cluster && !zelect_members_is_name (cluster))) {
        errno = EINVAL;
        return NULL;
    }
    zelect_t *self = calloc (1, sizeof (zelect_t));
    assert (self);
    atomic_init (&self->references, 1);
    atomic_init (&self->is_started, false);
    atomic_init (&self->log, zelect_log_stderr);
    atomic_init (&self->log_arg, NULL);
    pthread_mutex_init (&self->mutex, NULL);
    pthread_mutex_init (&self->tree_mutex, NULL);
    if (s_start_thread (self)) {
        int code = errno;
        zelect_unref (self);
        errno = code;
        return NULL;
    }
    int rc = node ? zelect_command (self, "NAME", node, NULL) : 0;
    if (rc == 0 && cluster)
        rc = zelect_command (self, "CLUSTER", cluster, NULL);
    assert (rc == 0);
    return self;
}

void
zelect_unref (zelect_t *self)
{
    assert (self);
    if (atomic_fetch_sub (&self->references, 1) > 1)
        return;
    zelect_caller_destroy (&self->caller);
    zsock_destroy (&self->pipe);
    zsock_destroy (&self->node_pipe);
    zsock_destroy (&self->events);
    zsock_destroy (&self->node_events);
    zmsg_destroy (&self->tree);
    zelect_cell_destroy (&self->cell);
    pthread_mutex_destroy (&self->mutex);
    pthread_mutex_destroy (&self->tree_mutex);
    free (self->error);
    free (self->shown_error);
    free (self);
}

//  --------------------------------------------------------------------------
//  Let the node end: it resigns first. True if its thread has ended; one that
//  does not in time goes on by itself, with its reference, and frees the handle.

static bool
s_end_node (zelect_t *self)
{
    pthread_mutex_lock (&self->mutex);
    self->is_closed = true;
    zsock_set_sndtimeo (self->pipe, 0);
    zstr_send (self->pipe, "$TERM");
    bool has_ended = s_wait_for_signal (self, NODE_END_MS) == 0;
    pthread_mutex_unlock (&self->mutex);
    if (has_ended)
        pthread_join (self->thread, NULL);
    else
        pthread_detach (self->thread);
    return has_ended;
}

void
zelect_destroy (zelect_t **self_p)
{
    assert (self_p);
    zelect_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    if (zelect_cell_is_forked (self->cell)) {
        //  The rest belongs to threads and sockets that this process lacks
        zelect_cell_destroy (&self->cell);
        free (self);
        return;
    }
    uint64_t begun_ns = zelect_clock_ns ();
    bool has_ended = s_end_node (self);
    int taken_ms = (int) ((zelect_clock_ns () - begun_ns) / ZELECT_MS);
    zelect_caller_close (self->caller, taken_ms < DESTROY_MS ? DESTROY_MS - taken_ms : 0);
    zsock_destroy (&self->pipe);
    zsock_destroy (&self->events);
    if (has_ended) {
        zsock_destroy (&self->node_pipe);
        zsock_destroy (&self->node_events);
    }
    zelect_unref (self);
}

static int
s_start_caller (zelect_t *self)
{
    if (self->is_started || !zelect_caller_has_callbacks (self->caller))
        return 0;
    if (zelect_caller_start (self->caller))
        return zelect_fail (self, errno, "no thread for the callbacks; raise the limit of threads");
    self->args.callback_events = zelect_caller_socket (self->caller);
    return 0;
}

//  The first callback may destroy the handle before this returns.

int
zelect_start (zelect_t *self)
{
    assert (self);
    if (zelect_cell_is_forked (self->cell)) {
        errno = ENOTCONN;
        return -1;
    }
    atomic_fetch_add (&self->references, 1);
    //  Said before it is true: the first callback may want to stop the node
    //  before the answer to START has been read.
    int rc = s_start_caller (self);
    bool was_started = atomic_exchange (&self->is_started, true);
    if (rc == 0)
        rc = zelect_command (self, "START", NULL);
    if (rc)
        self->is_started = was_started;
    int code = errno;
    zelect_unref (self);
    errno = code;
    return rc;
}

void
zelect_stop (zelect_t *self)
{
    assert (self);
    if (self->is_started && zelect_command (self, "STOP", NULL) == 0)
        self->is_started = false;
}

//  --------------------------------------------------------------------------
//  Questions

bool
zelect_is_leader (const zelect_t *self)
{
    assert (self);
    return zelect_cell_held (self->cell);
}

int
zelect_token (const zelect_t *self, zelect_token_t *token)
{
    assert (self);
    return zelect_lease_read (self->cell, token);
}

const char *
zelect_role (const zelect_t *self)
{
    assert (self);
    return zelect_cell_role (self->cell);
}

uint64_t
zelect_term (const zelect_t *self)
{
    assert (self);
    return zelect_cell_term (self->cell);
}

const char *
zelect_leader (const zelect_t *self)
{
    assert (self);
    return zelect_cell_leader (self->cell);
}

zconfig_t *
zelect_cluster_state (zelect_t *self, int timeout_ms)
{
    assert (timeout_ms >= 0);
    int asked_ms = timeout_ms < TREE_LEAST_MS ? TREE_LEAST_MS : timeout_ms;
    char *text = zelect_command_tree (self, asked_ms < TREE_MOST_MS ? asked_ms : TREE_MOST_MS);
    if (!text)
        return NULL;
    zconfig_t *tree = zconfig_str_load (text);
    free (text);
    return tree;
}

//  --------------------------------------------------------------------------
//  Doing

int
zelect_resign (zelect_t *self)
{
    return zelect_command (self, "RESIGN", NULL);
}

int
zelect_transfer (zelect_t *self, const char *id)
{
    assert (id);
    return zelect_command (self, "TRANSFER", id, NULL);
}

int
zelect_set_healthy (zelect_t *self, bool healthy)
{
    return zelect_command (self, "HEALTHY", healthy ? "1" : "0", NULL);
}

void
zelect_kick_watchdog (zelect_t *self)
{
    assert (self);
    zelect_cell_kick (self->cell);
}

//  --------------------------------------------------------------------------
//  Hearing

zsock_t *
zelect_socket (zelect_t *self)
{
    assert (self);
    if (!zelect_cell_is_forked (self->cell))
        return self->events;
    errno = ENOTCONN;
    return NULL;
}

int
zelect_fd (zelect_t *self)
{
    zsock_t *socket = zelect_socket (self);
    return socket ? zsock_fd (socket) : -1;
}

//  A signal that comes just before the wait begins does not end it, so the wait
//  is made of slices, and between them one looks whether CZMQ's handler, if the
//  host uses it, has seen one.

#define SLICE_MS 100

zelect_event_t *
zelect_recv (zelect_t *self, int timeout_ms)
{
    zsock_t *socket = zelect_socket (self);
    if (!socket)
        return NULL;
    int left_ms = timeout_ms;
    while (!zsys_interrupted) {
        int slice_ms = left_ms < 0 || left_ms > SLICE_MS ? SLICE_MS : left_ms;
        zsock_set_rcvtimeo (socket, slice_ms);
        zelect_event_t *event = zelect_event_recv (socket);
        if (event || errno != EAGAIN)
            return event;
        if (left_ms >= 0 && (left_ms -= slice_ms) <= 0) {
            errno = EAGAIN;
            return NULL;
        }
    }
    errno = EINTR;
    return NULL;
}

//  --------------------------------------------------------------------------
//  The library

void
zelect_version (int *major, int *minor, int *patch)
{
    if (major)
        *major = ZELECT_VERSION_MAJOR;
    if (minor)
        *minor = ZELECT_VERSION_MINOR;
    if (patch)
        *patch = ZELECT_VERSION_PATCH;
}

const char *
zelect_state_diagram (void)
{
    return zelect_role_diagram ();
}
