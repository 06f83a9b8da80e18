/*  =========================================================================
    zelect_trial - ends the leader of a cluster, and takes the time

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_trial.h"
#include "zelect_cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESIGN SIGUSR1
#define LOOK_MS 50           //  How often to look whether a node has ended
#define QUIET_MS 50          //  After the end of a leader: who looks is in the way
#define PATIENCE_MS 10000    //  For what should take an election timeout or two
#define TRIES 10             //  To end a leader while it leads

//  One event of a node, on its way to us.

typedef struct {
    int node;
    zelect_event_type_t type;
    uint64_t life;
    uint64_t term;
    uint64_t time_ns;
    char leader [16];
} word_t;


//  --------------------------------------------------------------------------
//  A node's process

static void
s_tell (const zelect_trial_t *self, int index, const zelect_event_t *event)
{
    word_t word = {.node = index,
                   .type = zelect_event_type (event),
                   .life = self->nodes [index].life,
                   .term = zelect_event_term (event),
                   .time_ns = zelect_event_time_ns (event)};
    const char *leader = zelect_event_leader (event);
    snprintf (word.leader, sizeof (word.leader), "%s", leader ? leader : "");
    //  If we are gone, so is the node: the kernel sees to it
    send (self->words [1], &word, sizeof (word), MSG_NOSIGNAL);
}

static void
s_tell_all (const zelect_trial_t *self, int index, zelect_t *node)
{
    zelect_event_t *event;
    while ((event = zelect_recv (node, 0))) {
        s_tell (self, index, event);
        zelect_event_destroy (&event);
    }
}

static int
s_catch_resignations (void)
{
    sigset_t signals;
    sigemptyset (&signals);
    sigaddset (&signals, RESIGN);
    return sigprocmask (SIG_BLOCK, &signals, NULL) ? -1 : signalfd (-1, &signals, SFD_CLOEXEC);
}

static void
s_serve (const zelect_trial_t *self, int index, zelect_t *node, int ends, int resignations)
{
    struct pollfd items [] = {{.fd = ends, .events = POLLIN},
                              {.fd = resignations, .events = POLLIN},
                              {.fd = zelect_fd (node), .events = POLLIN}};
    while (!items [0].revents) {
        //  The descriptor tells of changes only: read all events, then wait
        s_tell_all (self, index, node);
        struct signalfd_siginfo info;
        if (poll (items, 3, -1) > 0 && items [1].revents
            && read (resignations, &info, sizeof (info)) == (ssize_t) sizeof (info))
            zelect_resign (node);
    }
}

static int
s_live (void *arg, int index, const char *config)
{
    const zelect_trial_t *self = arg;
    const int ends = zelect_cli_catch_signals ();
    const int resignations = s_catch_resignations ();
    zelect_t *node = ends == -1 || resignations == -1 ? NULL : zelect_new (NULL, NULL);
    if (!node) {
        zelect_cli_error (NULL, "cannot make a node: %s", strerror (errno));
        return ZELECT_EXIT_FAILED;
    }
    int exit_code = ZELECT_EXIT_DONE;
    if (zelect_load (node, config) || zelect_start (node)) {
        zelect_cli_error (NULL, "%s", zelect_error (node));
        exit_code = ZELECT_EXIT_USAGE;
    }
    else
        s_serve (self, index, node, ends, resignations);
    zelect_destroy (&node);    //  Resigns first
    return exit_code;
}


//  --------------------------------------------------------------------------
//  What the nodes tell

static void
s_take (zelect_trial_t *self, const word_t *word)
{
    zelect_trial_node_t *node = &self->nodes [word->node];
    if (word->life != node->life || word->type == ZELECT_ERROR || word->type == ZELECT_MISSED)
        return;
    node->term = word->term;
    snprintf (node->leader, sizeof (node->leader), "%s", word->leader);
    if (word->type == ZELECT_LEAVE_LEADER)
        node->leads = false;
    if (word->type == ZELECT_ENTER_LEADER) {
        node->leads = true;
        node->entered_ns = word->time_ns;
        node->led_term = word->term;
    }
}

static void
s_listen (zelect_trial_t *self)
{
    word_t word;
    while (recv (self->words [0], &word, sizeof (word), MSG_DONTWAIT) == (ssize_t) sizeof (word))
        s_take (self, &word);
}

//  Who ended, if it was not told to.

static bool
s_has_someone_ended (zelect_trial_t *self)
{
    self->ended = zelect_local_find_ended (&self->local, &self->exit_code);
    if (self->ended == -1)
        return false;
    const bool was_told = self->ended == self->leaving;
    if (was_told)
        self->leaving = -1;
    return !was_told;
}

typedef bool (until_fn) (zelect_trial_t *self);

//  Listen until something is true (NULL: never), for so long at most.

static zelect_trial_result_t
s_follow (zelect_trial_t *self, until_fn *until, int timeout_ms)
{
    const uint64_t end_ns = zelect_cli_in_ms (timeout_ms);
    int pause_ms = 0;
    while (zelect_cli_wait (self->signal_fd, self->words [0], pause_ms, true) >= 0) {
        s_listen (self);
        if (s_has_someone_ended (self))
            return ZELECT_TRIAL_ENDED;
        if (until && until (self))
            return ZELECT_TRIAL_DONE;
        pause_ms = zelect_cli_left_ms (end_ns);
        if (pause_ms == 0)
            return ZELECT_TRIAL_LATE;
        if (pause_ms > LOOK_MS)
            pause_ms = LOOK_MS;
    }
    return ZELECT_TRIAL_INTERRUPTED;
}


//  --------------------------------------------------------------------------
//  What is waited for

static bool
s_follows (const zelect_trial_node_t *node, const zelect_trial_node_t *leader, const char *id)
{
    return strcmp (node->leader, id) == 0 && node->term >= leader->led_term;
}

static bool
s_is_settled (zelect_trial_t *self)
{
    self->leader = -1;
    for (int index = 0; index < self->local.node_count; index++)
        if (self->nodes [index].leads
            && (self->leader == -1
                || self->nodes [index].led_term > self->nodes [self->leader].led_term))
            self->leader = index;
    if (self->leader == -1)
        return false;
    const char *id = self->local.nodes [self->leader].id;
    for (int index = 0; index < self->local.node_count; index++)
        if (!s_follows (&self->nodes [index], &self->nodes [self->leader], id))
            return false;
    return true;
}

//  The index of who leads in a later term than the one that was ended, or -1.

static int
s_next (const zelect_trial_t *self)
{
    for (int index = 0; index < self->local.node_count; index++)
        if (self->nodes [index].leads && self->nodes [index].led_term > self->term)
            return index;
    return -1;
}

static bool
s_has_next (zelect_trial_t *self)
{
    return s_next (self) != -1;
}

static bool
s_has_left (zelect_trial_t *self)
{
    return self->leaving == -1;
}


//  --------------------------------------------------------------------------
//  A run

static int
s_start (zelect_trial_t *self, int index)
{
    self->nodes [index] = (zelect_trial_node_t){.life = self->nodes [index].life + 1};
    return zelect_local_start (&self->local, index);
}

static zelect_trial_result_t
s_pause (zelect_trial_t *self, int pause_ms)
{
    const zelect_trial_result_t result = s_follow (self, NULL, pause_ms);
    return result == ZELECT_TRIAL_LATE ? ZELECT_TRIAL_DONE : result;
}

//  Wait until all follow one leader, and then until a random moment between two
//  of its heartbeats, when it has told them the order of succession.

static zelect_trial_result_t
s_settle (zelect_trial_t *self)
{
    uint32_t random;
    if (getrandom (&random, sizeof (random), 0) != (ssize_t) sizeof (random))
        return ZELECT_TRIAL_FAILED;
    const int pause_ms =
        7 * self->heartbeat_ms / 2 + (int) (random % (unsigned) self->heartbeat_ms);
    zelect_trial_result_t result;
    do {
        result = s_follow (self, s_is_settled, 10 * self->election_ms + PATIENCE_MS);
        if (result == ZELECT_TRIAL_DONE)
            result = s_pause (self, pause_ms);
    } while (result == ZELECT_TRIAL_DONE && !s_is_settled (self));
    return result;
}

static void
s_end_leader (zelect_trial_t *self, zelect_trial_kind_t kind)
{
    static const int signals [ZELECT_TRIAL_KINDS] = {
        [ZELECT_TRIAL_RESIGN] = RESIGN,
        [ZELECT_TRIAL_STOP] = SIGSTOP,
        [ZELECT_TRIAL_TERM] = SIGTERM,
    };
    self->end_ns = zelect_cli_now_ns ();
    if (kind == ZELECT_TRIAL_KILL)
        zelect_local_kill (&self->local, self->leader);
    else
        kill (self->local.nodes [self->leader].pid, signals [kind]);
    if (kind == ZELECT_TRIAL_TERM)
        self->leaving = self->leader;
}

static zelect_trial_result_t
s_bring_back (zelect_trial_t *self, zelect_trial_kind_t kind)
{
    if (kind == ZELECT_TRIAL_RESIGN)
        return ZELECT_TRIAL_DONE;
    if (kind == ZELECT_TRIAL_STOP) {
        kill (self->local.nodes [self->leader].pid, SIGCONT);
        return ZELECT_TRIAL_DONE;
    }
    zelect_trial_result_t result = s_follow (self, s_has_left, PATIENCE_MS);
    if (result == ZELECT_TRIAL_DONE && s_start (self, self->leader))
        result = ZELECT_TRIAL_FAILED;
    return result;
}

//  End the leader once. It may have lost its leadership by itself just before, on
//  a machine that is busy: then nothing was measured, and taken_ns is 0.

static zelect_trial_result_t
s_try (zelect_trial_t *self, zelect_trial_kind_t kind, zelect_failover_t *failover)
{
    zelect_trial_result_t result = s_settle (self);
    if (result != ZELECT_TRIAL_DONE)
        return result;
    self->term = self->nodes [self->leader].led_term;
    s_end_leader (self, kind);
    const int quiet_ms = kind == ZELECT_TRIAL_STOP ? self->election_ms : QUIET_MS;
    if (zelect_cli_wait (self->signal_fd, -1, quiet_ms, true) == -1)
        return ZELECT_TRIAL_INTERRUPTED;
    result = s_follow (self, s_has_next, 10 * self->election_ms + PATIENCE_MS);
    if (result != ZELECT_TRIAL_DONE)
        return result;
    const zelect_trial_node_t *next = &self->nodes [s_next (self)];
    const bool is_other = next != &self->nodes [self->leader];
    if (is_other && next->entered_ns > self->end_ns)
        failover->taken_ns = next->entered_ns - self->end_ns;
    failover->terms = next->led_term - self->term;
    return s_bring_back (self, kind);
}

zelect_trial_result_t
zelect_trial_run (zelect_trial_t *self, zelect_trial_kind_t kind, zelect_failover_t *failover)
{
    for (int tries = 0; tries < TRIES; tries++) {
        *failover = (zelect_failover_t){0};
        const zelect_trial_result_t result = s_try (self, kind, failover);
        if (result != ZELECT_TRIAL_DONE || failover->taken_ns)
            return result;
        self->void_count++;
    }
    return ZELECT_TRIAL_LATE;
}


//  --------------------------------------------------------------------------
//  The cluster

int
zelect_trial_init (zelect_trial_t *self, int node_count, int heartbeat_ms, int election_ms)
{
    memset (self, 0, sizeof (*self));
    self->heartbeat_ms = heartbeat_ms;
    self->election_ms = election_ms;
    self->leader = self->leaving = self->ended = -1;
    self->words [0] = self->words [1] = -1;
    self->signal_fd = zelect_cli_catch_signals ();
    if (self->signal_fd == -1 || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, self->words)
        || zelect_local_init (&self->local, "bench", node_count, heartbeat_ms, election_ms))
        return -1;
    self->local.life = s_live;
    self->local.life_arg = self;
    for (int index = 0; index < node_count; index++)
        if (s_start (self, index))
            return -1;
    return 0;
}

void
zelect_trial_destroy (zelect_trial_t *self)
{
    //  One that is stopped cannot end
    for (int index = 0; index < self->local.node_count; index++)
        if (self->local.nodes [index].pid)
            kill (self->local.nodes [index].pid, SIGCONT);
    zelect_local_stop (&self->local);
    zelect_local_remove (&self->local);
    const int handles [] = {self->signal_fd, self->words [0], self->words [1]};
    for (size_t at = 0; at < sizeof (handles) / sizeof (handles [0]); at++)
        if (handles [at] != -1)
            close (handles [at]);
}
