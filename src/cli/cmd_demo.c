/*  =========================================================================
    cmd_demo - zelect demo: an election on this machine, and its worst days

    Starts real nodes, follows their feed as any observer would, kills the
    leader as often as asked, brings it back, and says how long each fail-over
    took. The story is told in the functions from s_begin to s_end.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_local.h"
#include "zelect_timeline.h"
#include "zelect_transition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLUSTER "demo"
#define NODES_MIN 3    //  Two are no majority without the third
#define KILLS_MAX 100
#define MINUTE_MS 60000
#define LOOK_MS 50          //  How often to look whether a node has ended
#define PATIENCE_MS 5000    //  For what should take an election timeout or two

//  What a step of the story came to, if it was not an exit code.
#define GO_ON (-1)
#define TIME_IS_OVER (-2)

typedef struct {
    const zelect_command_t *command;

    //  The command line
    int node_count;
    int kills;
    int heartbeat_ms;
    int election_ms;
    int keep;

    //  The cast
    zelect_local_t local;
    zelect_observer_t *observer;
    int signal_fd;

    //  The story so far
    uint64_t start_ns;
    zelect_transition_t last;
    zelect_timeline_t timeline;
    uint64_t term;                        //  The leader's that we know, and
    int leader;                           //    its index
    int returning;                        //  The node that was started again, or -1 once heard
    int killed;                           //  How many fail-overs there were, and
    uint64_t failovers_ns [KILLS_MAX];    //    how long each took
} demo_t;

typedef bool (until_fn) (demo_t *self);


//  --------------------------------------------------------------------------
//  Telling

static double
s_seconds (const demo_t *self)
{
    return (double) (zelect_cli_now_ns () - self->start_ns) / 1e9;
}

static void
s_tell (const demo_t *self, int index, const char *colour, const char *what)
{
    const zelect_local_node_t *node = &self->local.nodes [index];
    printf ("%7.3f s  %-8s %s%s (pid %d)%s\n", s_seconds (self), node->id,
            zelect_cli_colour (colour), what, (int) node->pid, zelect_cli_colour (NULL));
    fflush (stdout);
}

static void
s_hear (demo_t *self)
{
    char time [24];
    snprintf (time, sizeof (time), "%7.3f s", s_seconds (self));
    zelect_transition_print (&self->last, self->observer, time);

    const char *id = zelect_observer_node (self->observer);
    const int index = id ? zelect_local_find (&self->local, id) : -1;
    if (index == -1 || !self->local.nodes [index].pid)
        return;    //  A last word of the one that was killed
    if (self->returning == index)
        self->returning = -1;
    zelect_timeline_mark (&self->timeline, zelect_cli_now_ns (), index,
                          zelect_timeline_role (zelect_observer_role (self->observer)));
}


//  --------------------------------------------------------------------------
//  Waiting: follow the feed until something is true, or for a time

static bool
s_never (demo_t *self)
{
    (void) self;
    return false;
}

static bool
s_has_new_leader (demo_t *self)
{
    const char *leader = zelect_observer_leader (self->observer);
    if (!leader || zelect_observer_term (self->observer) <= self->term)
        return false;
    self->leader = zelect_local_find (&self->local, leader);
    self->term = zelect_observer_term (self->observer);
    return self->leader != -1;
}

static bool
s_has_returned (demo_t *self)
{
    return self->returning == -1;
}

static int
s_someone_ended (demo_t *self)
{
    int exit_code;
    const int index = zelect_local_find_ended (&self->local, &exit_code);
    if (index == -1)
        return GO_ON;
    char text [1024];
    zelect_local_last_words (&self->local, index, text, sizeof (text));
    zelect_cli_error (self->command, "%s ended by itself: %s", self->local.nodes [index].id, text);
    return exit_code == ZELECT_EXIT_USAGE ? ZELECT_EXIT_USAGE : ZELECT_EXIT_FAILED;
}

//  Returns GO_ON when it is true, TIME_IS_OVER after the time, or the exit code
//  if the story is over.

static int
s_follow (demo_t *self, until_fn *until, int timeout_ms)
{
    const uint64_t end_ns = zelect_cli_in_ms (timeout_ms);
    const int fd = (int) zsock_fd (zelect_observer_socket (self->observer));
    int pause_ms = 0;
    while (zelect_cli_wait (self->signal_fd, fd, pause_ms, true) >= 0) {
        if (zelect_observer_wait (self->observer, 0) == 0) {
            s_hear (self);
            if (until (self))
                return GO_ON;
            pause_ms = 0;
            continue;
        }
        pause_ms = zelect_cli_left_ms (end_ns);
        if (pause_ms == 0)
            return TIME_IS_OVER;
        if (pause_ms > LOOK_MS)
            pause_ms = LOOK_MS;
        const int exit_code = s_someone_ended (self);
        if (exit_code != GO_ON)
            return exit_code;
    }
    zelect_cli_error (self->command, "interrupted");
    return ZELECT_EXIT_NO;
}

static int
s_pause (demo_t *self)
{
    const int exit_code = s_follow (self, s_never, 2 * self->election_ms);
    return exit_code == TIME_IS_OVER ? GO_ON : exit_code;
}

static int
s_wait_for (demo_t *self, until_fn *until, const char *what)
{
    const int exit_code = s_follow (self, until, 10 * self->election_ms + PATIENCE_MS);
    if (exit_code != TIME_IS_OVER)
        return exit_code;
    zelect_cli_error (self->command, "%s in time", what);
    return ZELECT_EXIT_NO;
}


//  --------------------------------------------------------------------------
//  The story

static int
s_start_node (demo_t *self, int index, const char *what)
{
    if (zelect_local_start (&self->local, index)) {
        zelect_cli_error (self->command, "cannot start a process: %s", strerror (errno));
        return ZELECT_EXIT_FAILED;
    }
    s_tell (self, index, "\033[1m", what);
    return GO_ON;
}

static int
s_begin (demo_t *self)
{
    printf ("%d nodes, each a process of its own with its vote store on disk, heartbeat %d ms,\n"
            "election timeout %d ms, in %s. Their feed, live:\n\n",
            self->node_count, self->heartbeat_ms, self->election_ms, self->local.directory);
    self->start_ns = zelect_cli_now_ns ();
    zelect_timeline_init (&self->timeline, self->start_ns);
    for (int index = 0; index < self->node_count; index++)
        if (s_start_node (self, index, "started") != GO_ON)
            return ZELECT_EXIT_FAILED;
    return s_wait_for (self, s_has_new_leader, "no leader");
}

static int
s_kill_leader (demo_t *self)
{
    const int victim = self->leader;
    s_tell (self, victim, "\033[1;31m", "KILLED by kill -9");
    const uint64_t killed_ns = zelect_cli_now_ns ();
    zelect_local_kill (&self->local, victim);
    zelect_timeline_mark (&self->timeline, killed_ns, victim, ZELECT_MARK_KILLED);
    zelect_timeline_mark (&self->timeline, killed_ns, victim, ZELECT_MARK_GONE);

    const int exit_code = s_wait_for (self, s_has_new_leader, "no new leader");
    if (exit_code == GO_ON)
        self->failovers_ns [self->killed++] = zelect_cli_now_ns () - killed_ns;
    return exit_code;
}

static int
s_bring_back (demo_t *self, int index)
{
    int exit_code = s_start_node (self, index, "started again");
    if (exit_code != GO_ON)
        return exit_code;
    self->returning = index;
    return s_wait_for (self, s_has_returned, "the restarted node did not come back");
}

static int
s_live_through_a_kill (demo_t *self)
{
    int exit_code = s_pause (self);
    if (exit_code != GO_ON)
        return exit_code;
    const int victim = self->leader;
    exit_code = s_kill_leader (self);
    if (exit_code == GO_ON)
        exit_code = s_pause (self);
    if (exit_code == GO_ON)
        exit_code = s_bring_back (self, victim);
    return exit_code;
}

static void
s_end (const demo_t *self)
{
    printf ("\n");
    zelect_timeline_print (&self->timeline, zelect_cli_now_ns (), self->node_count);
    printf ("\n");
    for (int at = 0; at < self->killed; at++)
        printf ("fail-over %d: the next leader %.1f ms after the kill\n", at + 1,
                (double) self->failovers_ns [at] / 1e6);
}

static int
s_play (demo_t *self)
{
    int exit_code = s_begin (self);
    while (exit_code == GO_ON && self->killed < self->kills)
        exit_code = s_live_through_a_kill (self);
    if (exit_code == GO_ON)
        exit_code = s_pause (self);
    if (exit_code != GO_ON)
        return exit_code;
    s_end (self);
    return ZELECT_EXIT_DONE;
}


//  --------------------------------------------------------------------------
//  The stage

static int
s_set_up (demo_t *self)
{
    self->signal_fd = zelect_cli_catch_signals ();
    if (self->signal_fd == -1
        || zelect_local_init (&self->local, CLUSTER, self->node_count, self->heartbeat_ms,
                              self->election_ms)) {
        zelect_cli_error (self->command, "cannot set up: %s", strerror (errno));
        return -1;
    }
    self->observer = zelect_observer_new (CLUSTER);
    for (int index = 0; self->observer && index < self->node_count; index++)
        zelect_observer_connect (self->observer, self->local.nodes [index].feed);
    if (!self->observer)
        zelect_cli_error (self->command, "cannot observe: %s", strerror (errno));
    return self->observer ? 0 : -1;
}

static void
s_tear_down (demo_t *self)
{
    zelect_observer_destroy (&self->observer);
    zelect_local_stop (&self->local);
    if (self->keep && *self->local.directory)
        printf ("kept: %s\n", self->local.directory);
    else
        zelect_local_remove (&self->local);
    if (self->signal_fd != -1)
        close (self->signal_fd);
}

static bool
s_check (const demo_t *self)
{
    const zelect_command_t *command = self->command;
    return zelect_cli_in_range (command, "--nodes", self->node_count, NODES_MIN,
                                ZELECT_LOCAL_NODES_MAX)
           && zelect_cli_in_range (command, "--kills", self->kills, 0, KILLS_MAX)
           && zelect_cli_in_range (command, "--heartbeat", self->heartbeat_ms, 1, MINUTE_MS)
           && zelect_cli_in_range (command, "--election", self->election_ms, 1, MINUTE_MS);
}

static int
s_demo (demo_t *self, poptContext context)
{
    if (poptPeekArg (context))
        zelect_cli_error (self->command, "'%s': takes no arguments", poptPeekArg (context));
    else if (s_check (self)) {
        const int exit_code = s_set_up (self) ? ZELECT_EXIT_FAILED : s_play (self);
        s_tear_down (self);
        return exit_code;
    }
    return ZELECT_EXIT_USAGE;
}

static int
s_run (const zelect_command_t *command, int argc, const char **argv)
{
    demo_t *self = calloc (1, sizeof (demo_t));
    if (!self)
        return ZELECT_EXIT_FAILED;
    *self = (demo_t){.command = command,
                     .node_count = 3,
                     .kills = 2,
                     .heartbeat_ms = 100,
                     .election_ms = 500,
                     .signal_fd = -1,
                     .leader = -1,
                     .returning = -1};
    const int number = POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT;
    const struct poptOption options [] = {
        {"nodes", 'n', number, &self->node_count, 0, "How many nodes: 3 to 9", "N"},
        {"kills", 'k', number, &self->kills, 0, "How often to kill the leader", "K"},
        {"heartbeat", 0, number, &self->heartbeat_ms, 0, "Heartbeat interval", "MS"},
        {"election", 0, number, &self->election_ms, 0, "Election timeout", "MS"},
        {"keep", 0, POPT_ARG_NONE, &self->keep, 0, "Keep the directory with stores and logs", NULL},
        ZELECT_CLI_HELP,
    };
    int exit_code;
    poptContext context = zelect_cli_parse (command, options, argc, argv, &exit_code);
    if (context)
        exit_code = s_demo (self, context);
    poptFreeContext (context);
    free (self);
    return exit_code;
}

const zelect_command_t zelect_cmd_demo = {
    .name = "demo",
    .arguments = "[OPTION...]",
    .summary = "nodes on this machine elect, lose and replace their leader",
    .text = "Starts nodes as processes on this machine, shows their election live, kills the\n"
            "leader, shows the next one taking over, and says how long that took. Needs free\n"
            "ports on loopback and a temporary directory, and leaves nothing behind.",
    .examples = "  zelect demo\n"
                "  zelect demo --nodes 5 --kills 4\n"
                "  zelect demo --heartbeat 20 --election 100 --keep\n",
    .exits = "  0  done\n"
             "  1  no leader in time, or interrupted\n"
             "  2  wrong usage, or nodes refuse the settings\n"
             "  125  the system does not let us: no processes, no ports, no directory\n",
    .run = s_run,
};
