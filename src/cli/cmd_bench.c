/*  =========================================================================
    cmd_bench - zelect bench: how fast is a fail-over on this machine?

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_json.h"
#include "zelect_spread.h"
#include "zelect_trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MIN 3    //  Two are no majority without the third
#define RUNS_MAX 10000
#define MINUTE_MS 60000

static const struct {
    const char *name;
    const char *deed;    //  What is done to the leader
} s_kinds [ZELECT_TRIAL_KINDS] = {
    [ZELECT_TRIAL_KILL] = {"kill", "is killed by kill -9"},
    [ZELECT_TRIAL_RESIGN] = {"resign", "resigns"},
    [ZELECT_TRIAL_STOP] = {"stop", "is frozen by kill -STOP"},
    [ZELECT_TRIAL_TERM] = {"term", "is stopped by kill -TERM"},
};

typedef struct {
    const zelect_command_t *command;

    //  The command line
    int node_count;
    int run_count;
    char *kind_name;
    zelect_trial_kind_t kind;
    int heartbeat_ms;
    int election_ms;
    int json;

    //  The work
    zelect_trial_t trial;
    size_t done_count;
    size_t one_term_count;    //  Fail-overs that cost no more than one
    uint64_t times_ns [RUNS_MAX];
} bench_t;


//  --------------------------------------------------------------------------
//  Telling

static void
s_print_head (const bench_t *self)
{
    printf ("%d nodes, each a process of its own with its vote store in %s,\n"
            "heartbeat %d ms, election timeout %d ms. The leader %s: %d times.\n",
            self->node_count, self->trial.local.directory, self->heartbeat_ms, self->election_ms,
            s_kinds [self->kind].deed, self->run_count);
    fflush (stdout);
}

static void
s_print_figures (const bench_t *self)
{
    const uint64_t *times_ns = self->times_ns;
    const size_t count = self->done_count;
    printf ("\n\nFrom then to the ENTER_LEADER of the next leader:\n\n");
    zelect_spread_print (times_ns, count);
    printf ("\nn %zu, p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, most %.2f ms; "
            "one term was enough in %zu\n",
            count, zelect_spread_ms (times_ns, count, 50), zelect_spread_ms (times_ns, count, 90),
            zelect_spread_ms (times_ns, count, 99), zelect_spread_ms (times_ns, count, 100),
            self->one_term_count);
    if (self->trial.void_count)
        printf ("%" PRIu64 " more were void: the leader changed by itself, on a machine so busy\n",
                self->trial.void_count);
}

static int
s_print_json (const bench_t *self)
{
    const uint64_t *times_ns = self->times_ns;
    const size_t count = self->done_count;
    json_t *times = json_array ();
    for (size_t at = 0; at < count; at++)
        json_array_append_new (times, json_real ((double) times_ns [at] / 1e6));
    json_t *object = json_object ();
    json_object_set_new (object, "v", json_integer (1));
    json_object_set_new (object, "kind", json_string (s_kinds [self->kind].name));
    json_object_set_new (object, "nodes", json_integer (self->node_count));
    json_object_set_new (object, "heartbeat_ms", json_integer (self->heartbeat_ms));
    json_object_set_new (object, "election_ms", json_integer (self->election_ms));
    json_object_set_new (object, "runs", json_integer ((json_int_t) count));
    json_object_set_new (object, "one_term", json_integer ((json_int_t) self->one_term_count));
    json_object_set_new (object, "void", json_integer ((json_int_t) self->trial.void_count));
    json_object_set_new (object, "p50_ms", json_real (zelect_spread_ms (times_ns, count, 50)));
    json_object_set_new (object, "p90_ms", json_real (zelect_spread_ms (times_ns, count, 90)));
    json_object_set_new (object, "p99_ms", json_real (zelect_spread_ms (times_ns, count, 99)));
    json_object_set_new (object, "max_ms", json_real (zelect_spread_ms (times_ns, count, 100)));
    json_object_set_new (object, "times_ms", times);
    return zelect_json_print (object);
}


//  --------------------------------------------------------------------------
//  The work

static int
s_give_up (const bench_t *self, zelect_trial_result_t result)
{
    const zelect_trial_t *trial = &self->trial;
    const int number = errno;
    if (!self->json && self->done_count)
        putchar ('\n');
    fflush (stdout);
    char text [1024];
    switch (result) {
    case ZELECT_TRIAL_ENDED:
        zelect_local_last_words (&trial->local, trial->ended, text, sizeof (text));
        zelect_cli_error (self->command, "%s ended by itself: %s",
                          trial->local.nodes [trial->ended].id, text);
        return trial->exit_code == ZELECT_EXIT_USAGE ? ZELECT_EXIT_USAGE : ZELECT_EXIT_FAILED;
    case ZELECT_TRIAL_FAILED:
        zelect_cli_error (self->command, "cannot start a process: %s", strerror (number));
        return ZELECT_EXIT_FAILED;
    case ZELECT_TRIAL_INTERRUPTED:
        zelect_cli_error (self->command, "interrupted");
        return ZELECT_EXIT_NO;
    case ZELECT_TRIAL_LATE:
    case ZELECT_TRIAL_DONE:
    default:    //  Nothing else ends a run early
        zelect_cli_error (self->command, "no leader in time");
        return ZELECT_EXIT_NO;
    }
}

static void
s_note (bench_t *self, const zelect_failover_t *failover)
{
    self->times_ns [self->done_count++] = failover->taken_ns;
    self->one_term_count += failover->terms == 1;
    if (!self->json) {
        putchar ('.');
        fflush (stdout);
    }
}

static int
s_measure (bench_t *self)
{
    if (!self->json)
        s_print_head (self);
    while (self->done_count < (size_t) self->run_count) {
        zelect_failover_t failover;
        const zelect_trial_result_t result = zelect_trial_run (&self->trial, self->kind, &failover);
        if (result != ZELECT_TRIAL_DONE)
            return s_give_up (self, result);
        s_note (self, &failover);
    }
    zelect_spread_sort (self->times_ns, self->done_count);
    if (self->json)
        return s_print_json (self) ? ZELECT_EXIT_FAILED : ZELECT_EXIT_DONE;
    s_print_figures (self);
    return ZELECT_EXIT_DONE;
}

static int
s_bench (bench_t *self)
{
    int exit_code = ZELECT_EXIT_FAILED;
    if (zelect_trial_init (&self->trial, self->node_count, self->heartbeat_ms, self->election_ms))
        zelect_cli_error (self->command, "cannot set up: %s", strerror (errno));
    else
        exit_code = s_measure (self);
    zelect_trial_destroy (&self->trial);
    return exit_code;
}


//  --------------------------------------------------------------------------
//  The command line

static bool
s_find_kind (bench_t *self)
{
    for (int kind = 0; kind < ZELECT_TRIAL_KINDS; kind++)
        if (strcmp (s_kinds [kind].name, self->kind_name ? self->kind_name : "kill") == 0) {
            self->kind = (zelect_trial_kind_t) kind;
            return true;
        }
    zelect_cli_error (self->command, "--kind '%s': must be kill, resign, stop or term",
                      self->kind_name);
    return false;
}

static bool
s_check (bench_t *self)
{
    const zelect_command_t *command = self->command;
    return s_find_kind (self)
           && zelect_cli_in_range (command, "--nodes", self->node_count, NODES_MIN,
                                   ZELECT_LOCAL_NODES_MAX)
           && zelect_cli_in_range (command, "--runs", self->run_count, 1, RUNS_MAX)
           && zelect_cli_in_range (command, "--heartbeat", self->heartbeat_ms, 1, MINUTE_MS)
           && zelect_cli_in_range (command, "--election", self->election_ms, 1, MINUTE_MS);
}

static int
s_run (const zelect_command_t *command, int argc, const char **argv)
{
    bench_t *self = calloc (1, sizeof (bench_t));
    if (!self)
        return ZELECT_EXIT_FAILED;
    self->command = command;
    self->node_count = 3;
    self->run_count = 20;
    self->heartbeat_ms = 100;
    self->election_ms = 500;
    const int number = POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT;
    const struct poptOption options [] = {
        {"nodes", 'n', number, &self->node_count, 0, "How many nodes: 3 to 9", "N"},
        {"runs", 'r', number, &self->run_count, 0, "How often the leader ends", "N"},
        {"kind", 'k', POPT_ARG_STRING, &self->kind_name, 0,
         "How it ends: kill (default), resign, stop, term", "KIND"},
        {"heartbeat", 0, number, &self->heartbeat_ms, 0, "Heartbeat interval", "MS"},
        {"election", 0, number, &self->election_ms, 0, "Election timeout", "MS"},
        {"json", 'j', POPT_ARG_NONE, &self->json, 0, "One JSON object, all times in it", NULL},
        ZELECT_CLI_HELP,
    };
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (command, options, argc, argv, &exit_code);
    if (context && poptPeekArg (context))
        zelect_cli_error (command, "'%s': takes no arguments", poptPeekArg (context));
    else if (context && s_check (self))
        exit_code = s_bench (self);
    poptFreeContext (context);
    free (self->kind_name);
    free (self);
    return exit_code;
}

const zelect_command_t zelect_cmd_bench = {
    .name = "bench",
    .arguments = "[OPTION...]",
    .summary = "how fast a fail-over is on this machine",
    .text = "Starts nodes as processes on this machine, ends their leader again and again, and\n"
            "takes the time until another one leads, by the nodes' own events. The vote stores\n"
            "are in TMPDIR: a fail-over saves votes, so let that be on the disk in question.\n"
            "Measure on a machine that has nothing else to do. kill finds out what a crash\n"
            "costs, resign and term a planned change, stop a process that hangs (which takes\n"
            "an election timeout by intent).\n\n"
            "With --json the object has v, kind, nodes, heartbeat_ms, election_ms, runs, one_term\n"
            "(fail-overs that cost a single term), void (those that were not, since the leader\n"
            "had left by itself), p50_ms, p90_ms, p99_ms, max_ms and times_ms.",
    .examples = "  zelect bench\n"
                "  zelect bench --kind term --nodes 5 --runs 100\n"
                "  zelect bench --json | jq .p99_ms\n",
    .exits = "  0  done\n"
             "  1  no leader in time, or interrupted\n"
             "  2  wrong usage, or nodes refuse the settings\n"
             "  125  the system does not let us: no processes, no ports, no directory\n",
    .run = s_run,
};
