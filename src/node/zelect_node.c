/*  =========================================================================
    zelect_node - the shell around the core: one actor, one poll loop

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"
#include "zelect_poll.h"

#include <pthread.h>
#include <signal.h>
#include <sys/timerfd.h>

#define GATHER_PAUSE 32     //  Heartbeats without gathering, if it gathers too few
#define TURN_COMMANDS 64    //  Taken from the owner in one turn

//  An owner who destroys the actor reads what is in the pipe. One who does not is
//  not waited for.
#define SETTLE_MS 500

//  What is polled, in the order in which it is served: what has arrived on the
//  network, reports, commands (R15).

typedef void (s_serve_fn) (zelect_node_t *self, size_t index, short events);

typedef struct {
    size_t count;
    bool is_gathering;    //  Item 0, the ROUTER, is left out
    zmq_pollitem_t items [ZELECT_POLL_MAX];
    s_serve_fn *serve [ZELECT_POLL_MAX];
    size_t indexes [ZELECT_POLL_MAX];    //  For s_serve: which of its kind
    bool is_network [ZELECT_POLL_MAX];
} s_poll_t;

//  ----  How each kind of item is served  -------------------------------------

static void
s_serve_peers (zelect_node_t *self, size_t index, short events)
{
    (void) events;
    zelect_node_take_rpcs (self, index);
}

static void
s_serve_station (zelect_node_t *self, size_t index, short events)
{
    (void) events;
    if (index < ZELECT_STATION_RECEIVERS)
        zelect_node_take_listeners (self, index);
    else if (index - ZELECT_STATION_RECEIVERS < zelect_station_receiver_count (self->run->station))
        zelect_node_take_feed (self, index - ZELECT_STATION_RECEIVERS);
    else
        zelect_node_take_losses (self);
}

static void
s_serve_guard (zelect_node_t *self, size_t index, short events)
{
    (void) events;
    zelect_node_take_visitors (self, index);
}

static void
s_serve_probe (zelect_node_t *self, size_t index, short events)
{
    (void) index;
    (void) events;
    zelect_node_proof_check (self, zelect_clock_ns ());
}

static void
s_serve_store (zelect_node_t *self, size_t index, short events)
{
    (void) index;
    (void) events;
    zelect_node_take_saved (self);
}

static void
s_serve_timer (zelect_node_t *self, size_t index, short events)
{
    (void) index;
    (void) events;
    //  Reading makes the timer silent; what it says is told by the clock
    uint64_t expirations;
    ssize_t size = read (self->run->timer, &expirations, sizeof (expirations));
    (void) size;
    self->run->armed = 0;
}

static void
s_serve_events (zelect_node_t *self, size_t index, short events)
{
    (void) index;
    (void) events;
    zelect_outbox_flush (self->events);
}

static void
s_serve_callbacks (zelect_node_t *self, size_t index, short events)
{
    (void) index;
    if (events & ZMQ_POLLOUT)
        zelect_outbox_flush (self->callbacks);
    if (events & ZMQ_POLLIN)
        zelect_node_take_callbacks (self);
}

static void
s_serve_pipe (zelect_node_t *self, size_t index, short events)
{
    (void) index;
    if (events & ZMQ_POLLOUT)
        zelect_outbox_flush (self->outbox);
    if (!(events & ZMQ_POLLIN))
        return;
    self->is_pipe_used = true;
    for (size_t count = 0; count < TURN_COMMANDS && !self->is_terminated; count++)
        if (zelect_node_take_command (self)) {
            self->is_pipe_used = errno != EAGAIN;
            break;
        }
}

//  ----  What to wait for  ----------------------------------------------------

static void
s_add (s_poll_t *poll, s_serve_fn *serve, size_t index, zmq_pollitem_t item)
{
    assert (poll->count < ZELECT_POLL_MAX);
    poll->items [poll->count] = item;
    poll->serve [poll->count] = serve;
    poll->indexes [poll->count] = index;
    poll->is_network [poll->count] =
        serve == s_serve_peers || serve == s_serve_station || serve == s_serve_guard;
    poll->count++;
}

//  A leader at rest takes the acknowledgements of a heartbeat together: each would
//  cost a wake-up, and what they renew is far from its end.

static bool
s_gathers (const zelect_run_t *run, uint64_t now)
{
    const zelect_core_t *core = &run->core;
    return core->role == ZELECT_ROLE_LEADER && now < run->gather_until
           && core->lease_end > run->gather_until + core->options.heartbeat_ns;
}

//  Whether all came that are there. If not, to wait for them spares nothing.

static bool
s_has_gathered (const zelect_core_t *core)
{
    size_t count = 0;
    for (size_t index = 0; index < core->options.member_count; index++) {
        uint64_t acked = core->members [index].acked_round;
        if (index == core->options.self)
            continue;
        if (acked + 1 == core->round)
            return false;
        count += acked == core->round;
    }
    return count > 0;
}

static void
s_add_network (const zelect_run_t *run, s_poll_t *poll, uint64_t now)
{
    zmq_pollitem_t items [ZELECT_STATION_ITEMS_MAX];
    poll->is_gathering = s_gathers (run, now);
    size_t count = zelect_peers_poll_items (run->peers, poll->is_gathering, items);
    for (size_t index = 0; index < count; index++)
        s_add (poll, s_serve_peers, index, items [index]);
    count = zelect_station_poll_items (run->station, items);
    for (size_t index = 0; index < count; index++)
        s_add (poll, s_serve_station, index, items [index]);
    count = run->guard ? zelect_guard_poll_items (run->guard, items) : 0;
    for (size_t index = 0; index < count; index++)
        s_add (poll, s_serve_guard, index, items [index]);
}

//  A socket that was used since the last poll may have something that its
//  descriptor does not tell (zelect_poll).

static void
s_add_socket (s_poll_t *poll, s_serve_fn *serve, void *socket, int events, bool is_used)
{
    zmq_pollitem_t item = {
        .socket = zsock_resolve (socket), .events = (short) events, .revents = is_used};
    s_add (poll, serve, 0, item);
}

static void
s_prepare (zelect_node_t *self, s_poll_t *poll, uint64_t now)
{
    zelect_run_t *run = self->run;
    poll->count = 0;
    poll->is_gathering = false;
    if (run) {
        s_add_network (run, poll, now);
        zmq_pollitem_t timer = {.fd = run->timer, .events = ZMQ_POLLIN};
        s_add (poll, s_serve_timer, 0, timer);
        zmq_pollitem_t probe = {.fd = zelect_node_proof_handle (self), .events = ZMQ_POLLIN};
        if (probe.fd >= 0)
            s_add (poll, s_serve_probe, 0, probe);
    }
    if (run && run->store) {
        s_add_socket (poll, s_serve_store, run->store, ZMQ_POLLIN, run->is_store_used);
        run->is_store_used = false;
    }
    if (self->callbacks) {
        int room = zelect_outbox_waits (self->callbacks) ? ZMQ_POLLOUT : 0;
        s_add_socket (poll, s_serve_callbacks, self->args->callback_events, ZMQ_POLLIN | room,
                      true);
    }
    if (self->events != self->outbox && zelect_outbox_waits (self->events))
        s_add_socket (poll, s_serve_events, self->args->events, ZMQ_POLLOUT, true);
    int room = zelect_outbox_waits (self->outbox) ? ZMQ_POLLOUT : 0;
    bool is_used = zelect_outbox_was_used (self->outbox) || self->is_pipe_used || room;
    self->is_pipe_used = false;
    s_add_socket (poll, s_serve_pipe, self->pipe, ZMQ_POLLIN | room, is_used);
}

//  ----  Time  ----------------------------------------------------------------

static uint64_t
s_min (uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

//  The next turn begins when something is due; and soon after H in any case, so
//  that a node can tell a long wait from a long sleep (R15). A follower that hears
//  its leader each H is not woken by this.

static uint64_t
s_due (const zelect_node_t *self, uint64_t now)
{
    const zelect_run_t *run = self->run;
    uint64_t due = now + run->core.options.heartbeat_ns * 3 / 2;
    if (s_gathers (run, now))
        due = s_min (due, run->gather_until);
    due = s_min (due, zelect_core_deadline (&run->core));
    due = s_min (due, zelect_node_survey_deadline (self));
    due = s_min (due, zelect_node_health_deadline (self));
    due = s_min (due, zelect_node_proof_deadline (self));
    return s_min (due, zelect_station_deadline (run->station));
}

//  Poll in milliseconds is too coarse for slots of a few of them, so a timer
//  descriptor is polled. Returns the time-out for the poll: none, or at once.

static int
s_arm (zelect_node_t *self, uint64_t now)
{
    zelect_run_t *run = self->run;
    if (!run)
        return -1;
    run->due = s_due (self, now);
    if (run->due <= now)
        return 0;
    if (run->due == run->armed)
        return -1;
    const uint64_t second_ns = 1000 * ZELECT_MS;
    struct itimerspec when = {.it_value = {.tv_sec = (time_t) (run->due / second_ns),
                                           .tv_nsec = (long) (run->due % second_ns)}};
    if (timerfd_settime (run->timer, TFD_TIMER_ABSTIME, &when, NULL))
        return 1;
    run->armed = run->due;
    return -1;
}

static void
s_end_gathering (zelect_run_t *run)
{
    if (!s_has_gathered (&run->core))
        run->gather_from = run->looked_at + GATHER_PAUSE * run->core.options.heartbeat_ns;
}

static void
s_serve_time (zelect_node_t *self)
{
    uint64_t now = zelect_clock_ns ();
    bool is_stalled = now - self->run->looked_at > self->run->core.options.heartbeat_ns;
    if (!is_stalled && zelect_core_deadline (&self->run->core) <= now)
        zelect_node_input (self, ZELECT_INPUT_TICK);
    zelect_node_survey_check (self, now);
    zelect_node_health_check (self, now);
    if (zelect_node_proof_deadline (self) <= now)
        zelect_node_proof_check (self, now);
    zelect_station_repeat (self->run->station, now);
}

//  ----  The turn  ------------------------------------------------------------

//  R15: what has arrived is taken before a deadline counts. The poll has just said
//  where something has; who could not poll, or overslept, looks everywhere, and who
//  has gathered looks there.

static bool
s_has_gathering_ended (const zelect_node_t *self, const s_poll_t *poll)
{
    return poll->is_gathering && self->run && self->run->looked_at >= self->run->gather_until;
}

//  What a poll that failed had found out already is lost.

static void
s_doubt_all (zelect_node_t *self)
{
    self->is_pipe_used = true;
    if (self->run)
        self->run->is_store_used = true;
}

static void
s_turn (zelect_node_t *self)
{
    s_poll_t poll;
    uint64_t now = zelect_clock_ns ();
    s_prepare (self, &poll, now);
    int timeout_ms = s_arm (self, now);
    int rc = zelect_poll (poll.items, poll.count, timeout_ms);
    if (rc < 0 && errno == ETERM) {
        self->is_terminated = true;
        return;
    }
    if (rc < 0)
        s_doubt_all (self);
    bool is_blind = (self->run && zelect_node_note_stall (self, self->run->due)) || rc < 0;
    if (s_has_gathering_ended (self, &poll)) {
        zelect_node_take_rpcs (self, 0);
        s_end_gathering (self->run);
    }
    for (size_t item = 0; item < poll.count; item++) {
        short events = 0;
        if (rc > 0)
            events = poll.items [item].revents;
        if (events || (is_blind && poll.is_network [item]))
            poll.serve [item](self, poll.indexes [item], events);
    }
    if (self->run)
        s_serve_time (self);
}

//  ----  The actor  -----------------------------------------------------------

static void
s_destroy (zelect_node_t **self_p)
{
    zelect_node_t *self = *self_p;
    if (self->events != self->outbox)
        zelect_outbox_destroy (&self->events);
    zelect_outbox_destroy (&self->outbox);
    zelect_outbox_destroy (&self->callbacks);
    zelect_cell_destroy (&self->own_cell);
    zelect_options_destroy (&self->options);
    free (self);
    *self_p = NULL;
}

static zelect_node_t *
s_new (zsock_t *pipe, const zelect_node_args_t *args)
{
    zelect_node_t *self = calloc (1, sizeof (zelect_node_t));
    if (!self)
        return NULL;
    self->pipe = pipe;
    self->args = args;
    self->is_healthy = true;
    zelect_log_init (&self->log, args->log, args->log_arg);
    if (!args->cell)
        self->own_cell = zelect_cell_new ();
    self->cell = args->cell ? args->cell : self->own_cell;
    self->options = zelect_options_new ();
    self->outbox = zelect_outbox_new (pipe);
    self->events = args->events ? zelect_outbox_new (args->events) : self->outbox;
    if (!self->cell || !self->options || !self->outbox || !self->events)
        s_destroy (&self);
    return self;
}

//  Signals are the host's.

static void
s_block_signals (void)
{
    sigset_t all;
    sigfillset (&all);
    pthread_sigmask (SIG_BLOCK, &all, NULL);
}

void
zelect_node_actor (zsock_t *pipe, void *args)
{
    assert (pipe);
    assert (args);
    s_block_signals ();
    zelect_node_t *self = s_new (pipe, args);
    zsock_signal (pipe, self ? 0 : 1);
    if (!self)
        return;
    while (!self->is_terminated)
        s_turn (self);
    zelect_node_stop (self);
    zelect_outbox_settle (self->outbox, SETTLE_MS);
    //  The last touch of what is the owner's: who has seen the actor end and
    //  reads the cell sees all that the node did.
    zelect_cell_set_role (self->cell, ZELECT_CELL_STOPPED, zelect_cell_term (self->cell));
    s_destroy (&self);
}
