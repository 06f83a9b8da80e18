/*  =========================================================================
    zelect_supervisor - the node of zelect run, and what is decided there

    Each turn looks at what is, not at what has been told: does this node lead, in which
    term, does a command run for that term. The guard (zelect_keeper) starts and kills it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_supervisor.h"
#include "zelect_config.h"
#include "zelect_keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define RENEW_MOST_MS 100                //  Between two looks at the lease, at most
#define HELP_NS UINT64_C (2000000000)    //  How long a guardian that is late is helped
#define REST_MS 1000                     //  A command that ended is not begun again before
#define EXIT_NOT_FOUND 127               //  As env(1)
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_SIGNAL 128    //  ... and the signal's number, as a shell says it

typedef struct {
    const zelect_command_t *command;    //  For errors
    const zelect_supervisor_options_t *options;
    zelect_keeper_plan_t plan;
    zelect_config_t *config;
    zelect_keeper_t *guard;
    zelect_t *node;
    int signal_fd;
    bool is_done;
    int exit_code;

    bool is_busy;        //  A command runs, or something of it
    uint64_t term;       //  ... for this term
    bool is_stopping;    //  ... and was told to stop
    bool is_ending;      //  We were told to end
    bool has_led;
    char reason [32];         //  Why this node leads, or does not
    uint64_t entered_term;    //  The last in which we heard that it leads
    uint64_t end_ns;          //  When to give up waiting

    bool is_well;             //  As the health command says
    bool is_well_expected;    //  It would be news that it is not
    bool is_told_well;        //  As the node was told
    bool is_checking;
    uint64_t check_ns;    //  When to ask it again
    uint64_t rest_ns;     //  When a command may begin again
} zelect_supervisor_t;


//  --------------------------------------------------------------------------
//  Orders

static void
s_end (zelect_supervisor_t *self, int exit_code)
{
    self->is_done = true;
    self->exit_code = exit_code;
}

static void
s_tell (zelect_supervisor_t *self, zelect_keeper_verb_t verb, int number)
{
    const bool leads = self->is_busy || zelect_is_leader (self->node);
    const char *leader = leads ? self->config->node : zelect_leader (self->node);
    zelect_keeper_order_t order = {.verb = verb, .number = number};
    order.term = self->is_busy ? self->term : zelect_term (self->node);
    snprintf (order.role, sizeof (order.role), "%s", leads ? "leader" : "follower");
    snprintf (order.leader, sizeof (order.leader), "%s", leader ? leader : "");
    snprintf (order.reason, sizeof (order.reason), "%s", self->reason);
    if (zelect_keeper_tell (self->guard, &order)) {
        zelect_cli_error (self->command, "the process that guards the command is gone");
        s_end (self, ZELECT_EXIT_FAILED);
    }
}

static void
s_start (zelect_supervisor_t *self, const zelect_token_t *token)
{
    self->is_busy = true;
    self->is_stopping = false;
    self->has_led = true;
    self->term = token->term;
    zelect_keeper_renew (self->guard, token->until_ns);
    s_tell (self, ZELECT_KEEPER_START, 0);
}

static void
s_stop (zelect_supervisor_t *self)
{
    if (self->is_stopping)
        return;
    self->is_stopping = true;
    s_tell (self, ZELECT_KEEPER_STOP, 0);
}


//  --------------------------------------------------------------------------
//  Reports

static int
s_code_of (int status)
{
    return WIFSIGNALED (status) ? EXIT_SIGNAL + WTERMSIG (status) : WEXITSTATUS (status);
}

//  With --restart it runs again, but elsewhere first: this node is not well for a while.

static void
s_take_end (zelect_supervisor_t *self, int status)
{
    if (self->options->restart && !self->is_ending)
        self->rest_ns = zelect_cli_in_ms (REST_MS);
    else
        s_end (self, s_code_of (status));
}

static void
s_take_stop (zelect_supervisor_t *self)
{
    zelect_cli_error (self->command, "%s: %s stopped",
                      self->is_well ? "leadership lost" : "unhealthy", self->options->command [0]);
    if (!self->options->restart || self->is_ending)
        s_end (self, ZELECT_EXIT_LOST);
}

static void
s_take_failure (zelect_supervisor_t *self, int code)
{
    zelect_cli_error (self->command, "%s: %s", self->options->command [0], strerror (code));
    if (code == ENOENT)
        s_end (self, EXIT_NOT_FOUND);
    else
        s_end (self, code == EAGAIN || code == ENOMEM || code == EMFILE || code == ENFILE
                         ? ZELECT_EXIT_FAILED
                         : EXIT_NOT_EXECUTABLE);
}

static void
s_take_check (zelect_supervisor_t *self, bool is_well)
{
    if (!is_well && self->is_well_expected)
        zelect_cli_error (self->command, "'%s' failed: this node is not well",
                          self->options->check_text);
    self->is_well = self->is_well_expected = is_well;
    self->is_checking = false;
    self->check_ns = zelect_cli_in_ms (self->options->check_ms);
}

static void
s_take_report (zelect_supervisor_t *self, const zelect_keeper_report_t *report)
{
    if (report->news == ZELECT_KEEPER_CHECKED) {
        s_take_check (self, report->number == 1);
        return;
    }
    self->is_busy = false;
    if (report->news == ZELECT_KEEPER_ENDED)
        s_take_end (self, report->number);
    else if (report->news == ZELECT_KEEPER_FAILED)
        s_take_failure (self, report->number);
    else
        s_take_stop (self);
}

//  A guardian that let a deadline pass is helped. One that is gone, or does not come to
//  itself, leaves its work to us; this ends the run, and zelect_keeper_destroy kills what is
//  left before the node resigns.

static void
s_help (zelect_supervisor_t *self)
{
    const uint64_t deadline_ns = zelect_keeper_deadline_ns (self->guard);
    if (!self->is_busy || zelect_cli_left_ms (deadline_ns))
        return;
    zelect_keeper_kill (self->guard);
    if (zelect_cli_left_ms (deadline_ns + HELP_NS))
        return;
    zelect_cli_error (self->command, "the process that guards the command does not answer");
    s_end (self, ZELECT_EXIT_LOST);
}

static void
s_take_reports (zelect_supervisor_t *self)
{
    zelect_keeper_report_t report;
    int rc = 0;
    while (!self->is_done && (rc = zelect_keeper_recv (self->guard, &report)) == 1)
        s_take_report (self, &report);
    if (!self->is_done && rc == -1) {
        zelect_cli_error (self->command, "the process that guards the command is gone");
        s_end (self, ZELECT_EXIT_FAILED);
    }
    if (!self->is_done)
        s_help (self);
}


//  --------------------------------------------------------------------------
//  Signals

static void
s_take_signal (zelect_supervisor_t *self)
{
    struct signalfd_siginfo info;
    if (read (self->signal_fd, &info, sizeof (info)) != sizeof (info))
        return;
    const int number = (int) info.ssi_signo;
    const bool is_end = number == SIGTERM || number == SIGINT;
    self->is_ending = self->is_ending || is_end;
    if (self->is_busy)
        s_tell (self, ZELECT_KEEPER_SIGNAL, number);
    else if (is_end)
        s_end (self, ZELECT_EXIT_DONE);
}

//  Those of a terminal that would stop us are not for us.

static int
s_catch_signals (void)
{
    static const int caught [] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    static const int ignored [] = {SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t signals;
    sigemptyset (&signals);
    for (size_t at = 0; at < sizeof (caught) / sizeof (caught [0]); at++)
        sigaddset (&signals, caught [at]);
    for (size_t at = 0; at < sizeof (ignored) / sizeof (ignored [0]); at++)
        signal (ignored [at], SIG_IGN);
    if (sigprocmask (SIG_BLOCK, &signals, NULL))
        return -1;
    return signalfd (-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}


//  --------------------------------------------------------------------------
//  Turns

static void
s_take_events (zelect_supervisor_t *self)
{
    zelect_event_t *event;
    while ((event = zelect_recv (self->node, 0))) {
        const zelect_event_type_t type = zelect_event_type (event);
        if (type == ZELECT_ENTER_LEADER || type == ZELECT_LEAVE_LEADER)
            snprintf (self->reason, sizeof (self->reason), "%s", zelect_event_reason (event));
        if (type == ZELECT_ENTER_LEADER)
            self->entered_term = zelect_event_term (event);
        zelect_event_destroy (&event);
    }
}

//  The health of this node, of which the election hears while nothing runs here: who is
//  not well resigns, and what runs has to have ended by then.

static void
s_look_after_health (zelect_supervisor_t *self)
{
    const bool is_due = !self->is_checking && zelect_cli_left_ms (self->check_ns) == 0;
    if (self->options->check && is_due && !(self->is_busy && self->is_stopping)) {
        self->is_checking = true;
        s_tell (self, ZELECT_KEEPER_CHECK, 0);
    }
    const bool is_well = self->is_well && zelect_cli_left_ms (self->rest_ns) == 0;
    if (self->is_busy || is_well == self->is_told_well)
        return;
    zelect_set_healthy (self->node, is_well);
    self->is_told_well = is_well;
}

//  The lease is there a moment before its event, which says why.

static bool
s_may_start (const zelect_supervisor_t *self, const zelect_token_t *token)
{
    return !self->is_busy && self->is_told_well && !self->is_ending
           && token->term == self->entered_term;
}

static void
s_look_after_command (zelect_supervisor_t *self)
{
    zelect_token_t token;
    const bool leads = zelect_token (self->node, &token) == 0;
    if (leads && s_may_start (self, &token))
        s_start (self, &token);
    else if (self->is_busy && !self->is_stopping && leads && token.term == self->term
             && self->is_well)
        zelect_keeper_renew (self->guard, token.until_ns);
    else if (self->is_busy)
        s_stop (self);
}

//  When to look again if nothing happens: at the lease more often, the less is left of it.

static int
s_pause_ms (const zelect_supervisor_t *self)
{
    zelect_token_t token;
    if (zelect_token (self->node, &token) == 0 && s_may_start (self, &token))
        return 0;
    uint64_t next_ns = self->has_led ? ZELECT_CLI_NEVER : self->end_ns;
    if (self->options->check && !self->is_checking && self->check_ns < next_ns)
        next_ns = self->check_ns;
    if (!self->is_busy && !self->is_told_well && self->is_well && self->rest_ns < next_ns)
        next_ns = self->rest_ns;
    int pause_ms = zelect_cli_left_ms (next_ns);
    if (!self->is_busy)
        return pause_ms;
    const int left_ms = zelect_cli_left_ms (zelect_keeper_deadline_ns (self->guard));
    int look_ms = (left_ms - self->options->grace_ms - self->options->margin_ms / 2) / 2;
    if (look_ms > RENEW_MOST_MS)
        look_ms = RENEW_MOST_MS;
    if (look_ms < 1)
        look_ms = 1;
    return pause_ms >= 0 && pause_ms < look_ms ? pause_ms : look_ms;
}

static void
s_wait (const zelect_supervisor_t *self)
{
    struct pollfd items [3] = {{.fd = self->signal_fd, .events = POLLIN},
                               {.fd = zelect_keeper_fd (self->guard), .events = POLLIN},
                               {.fd = zelect_fd (self->node), .events = POLLIN}};
    poll (items, 3, s_pause_ms (self));
}

//  The lease is renewed before anything else is done: it is what is urgent.

static void
s_supervise (zelect_supervisor_t *self)
{
    while (!self->is_done) {
        s_take_events (self);
        s_look_after_command (self);
        s_take_reports (self);
        if (self->is_done)
            break;
        s_take_signal (self);
        s_look_after_health (self);
        if (!self->has_led && zelect_cli_left_ms (self->end_ns) == 0) {
            zelect_cli_error (self->command, "not leader within %d ms", self->options->timeout_ms);
            s_end (self, ZELECT_EXIT_LATE);
        }
        if (!self->is_done)
            s_wait (self);
    }
}


//  --------------------------------------------------------------------------
//  Life

static void
s_log (void *arg, char level, const char *line)
{
    (void) arg;
    char time [ZELECT_CLI_TIME_SIZE];
    zelect_cli_time (time);
    fprintf (stderr, "%s %c %s\n", time, level, line);
}

//  What the command needs to stop is the notice of the node, which is what checks that a
//  lease has room for it. Whether the application is alive is no question of its kicks.

static int
s_start_node (zelect_supervisor_t *self)
{
    char notice [16];
    snprintf (notice, sizeof (notice), "%d", self->options->grace_ms + self->options->margin_ms);
    if (self->options->verbose)
        zelect_set_log (self->node, s_log, NULL);
    if (zelect_load (self->node, self->options->file)
        || zelect_set (self->node, "timing/notice", notice)
        || zelect_set (self->node, "timing/watchdog", "0")
        || (self->options->create && zelect_set_create (self->node, true))
        || zelect_start (self->node)) {
        zelect_cli_error (NULL, "%s", zelect_error (self->node));
        if (strstr (zelect_error (self->node), "timing/notice"))
            zelect_cli_error (self->command, "timing/notice is --grace %d and --margin %d together",
                              self->options->grace_ms, self->options->margin_ms);
        return ZELECT_EXIT_USAGE;
    }
    if (zelect_keeper_hold (self->guard)) {
        zelect_cli_error (self->command, "cannot share the node's sockets: %s", strerror (errno));
        return ZELECT_EXIT_FAILED;
    }
    return ZELECT_EXIT_DONE;
}

static void
s_begin (zelect_supervisor_t *self)
{
    self->is_well = !self->options->check;
    self->is_told_well = self->is_well_expected = true;
    self->end_ns =
        self->options->timeout_ms ? zelect_cli_in_ms (self->options->timeout_ms) : ZELECT_CLI_NEVER;
    s_look_after_health (self);
    s_supervise (self);
}

static void
s_prepare (zelect_supervisor_t *self)
{
    const zelect_supervisor_options_t *options = self->options;
    self->config = zelect_config_new (options->file);
    self->signal_fd = self->config ? s_catch_signals () : -1;
    if (self->signal_fd == -1)
        return;
    self->plan = (zelect_keeper_plan_t){.cluster = self->config->cluster,
                                        .node = self->config->node,
                                        .command = options->command,
                                        .check = options->check,
                                        .grace_ms = options->grace_ms,
                                        .margin_ms = options->margin_ms,
                                        .check_ms = options->check_ms};
    self->guard = zelect_keeper_new (&self->plan);
    self->node = self->guard ? zelect_new (NULL, NULL) : NULL;
}

//  The guard goes first: nothing of the command is left when the node resigns.

int
zelect_supervise (const zelect_command_t *command, const zelect_supervisor_options_t *options)
{
    zelect_supervisor_t self = {
        .command = command, .options = options, .exit_code = ZELECT_EXIT_FAILED};
    s_prepare (&self);
    if (self.node) {
        self.exit_code = s_start_node (&self);
        if (self.exit_code == ZELECT_EXIT_DONE)
            s_begin (&self);
    }
    else
        zelect_cli_error (command, "cannot make a node: %s", strerror (errno));
    zelect_keeper_destroy (&self.guard);
    zelect_destroy (&self.node);
    zelect_config_destroy (&self.config);
    if (self.signal_fd != -1)
        close (self.signal_fd);
    return self.exit_code;
}
