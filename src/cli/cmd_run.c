/*  =========================================================================
    cmd_run - zelect run: a command that runs only while this node leads

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_supervisor.h"

#include <stdlib.h>
#include <string.h>

#define GRACE_MS 100    //  Defaults
#define MARGIN_MS 50
#define CHECK_MS 1000
#define MINUTE_MS 60000
#define DAY_MS 86400000


//  --------------------------------------------------------------------------
//  The command line

//  Words as exec wants them; the caller owns them.

static char **
s_copy (const char **words)
{
    size_t count = 0;
    while (words [count])
        count++;
    char **copy = calloc (count + 1, sizeof (char *));
    for (size_t at = 0; copy && at < count; at++)
        copy [at] = strdup (words [at]);
    return copy;
}

static void
s_free (char **words)
{
    for (char **word = words; word && *word; word++)
        free (*word);
    free (words);
}

//  The health command is one word of ours and several of exec's. There is no shell, but
//  quotes and backslashes are as in one.

static char **
s_split (const zelect_command_t *command, const char *text)
{
    int count = 0;
    const char **words = NULL;
    if (poptParseArgvString (text, &count, &words) || count == 0) {
        zelect_cli_error (command, "--health-cmd '%s': no words, or an open quote", text);
        return NULL;
    }
    char **copy = s_copy (words);
    free (words);
    return copy;
}

static int
s_serve (const zelect_command_t *self, zelect_supervisor_options_t *run, const char **words)
{
    run->check = run->check_text ? s_split (self, run->check_text) : NULL;
    if (run->check_text && !run->check)
        return ZELECT_EXIT_USAGE;
    run->command = s_copy (words);
    const int exit_code = zelect_supervise (self, run);
    s_free (run->command);
    s_free (run->check);
    return exit_code;
}

static bool
s_is_usable (const zelect_command_t *command,
             const zelect_supervisor_options_t *self,
             const char **words,
             const char *surplus)
{
    if (surplus)
        zelect_cli_error (command,
                          "'%s': the command stands behind --, as in: zelect run -c FILE "
                          "-- CMD ARG...",
                          surplus);
    else if (!self->file)
        zelect_cli_error (command, "which configuration? Say: zelect run -c FILE -- CMD ARG...");
    else if (!words || !words [0])
        zelect_cli_error (command, "which command? Say: zelect run -c %s -- CMD ARG...",
                          self->file);
    else
        return zelect_cli_in_range (command, "--grace", self->grace_ms, 0, MINUTE_MS)
               && zelect_cli_in_range (command, "--margin", self->margin_ms, 1, MINUTE_MS)
               && zelect_cli_in_range (command, "--health-interval", self->check_ms, 10, DAY_MS)
               && zelect_cli_in_range (command, "--timeout", self->timeout_ms, 0, DAY_MS);
    return false;
}

//  Where the command begins: behind the first "--". NULL if there is none.

static const char **
s_find_command (int *argc, const char **argv)
{
    for (int at = 1; at < *argc; at++)
        if (strcmp (argv [at], "--") == 0) {
            *argc = at;
            return argv + at + 1;
        }
    return NULL;
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    zelect_supervisor_options_t run = {
        .grace_ms = GRACE_MS, .margin_ms = MARGIN_MS, .check_ms = CHECK_MS};
    const struct poptOption options [] = {
        {"config", 'c', POPT_ARG_STRING, &run.file, 0, "Read the settings from this file", "FILE"},
        {"create", 0, POPT_ARG_NONE, &run.create, 0, "The cluster is new: no votes to lose", NULL},
        {"restart", 'r', POPT_ARG_NONE, &run.restart, 0,
         "Go on: run the command whenever this node leads", NULL},
        {"grace", 'g', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &run.grace_ms, 0,
         "From TERM to KILL", "MS"},
        {"margin", 'm', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &run.margin_ms, 0,
         "From KILL to the end of the lease", "MS"},
        {"health-cmd", 0, POPT_ARG_STRING, &run.check_text, 0,
         "This node is well while that succeeds", "CMD"},
        {"health-interval", 0, POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &run.check_ms, 0,
         "Between two of them, and the most that one may take", "MS"},
        {"timeout", 't', POPT_ARG_INT, &run.timeout_ms, 0, "Give up unless it leads by then", "MS"},
        {"verbose", 'v', POPT_ARG_NONE, &run.verbose, 0, "Log role changes to stderr", NULL},
        ZELECT_CLI_HELP,
    };
    const char **words = s_find_command (&argc, argv);
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (context && s_is_usable (self, &run, words, poptPeekArg (context)))
        exit_code = s_serve (self, &run, words);

    poptFreeContext (context);
    zstr_free (&run.file);
    zstr_free (&run.check_text);
    return exit_code;
}

const zelect_command_t zelect_cmd_run = {
    .name = "run",
    .arguments = "[OPTION...] -- CMD ARG...",
    .summary = "run a command only while this node leads",
    .text =
        "Runs a node and, while it leads, the command: without a shell, in a process group of\n"
        "its own. At no time does it run on two nodes. Before the lease of this node ends, all\n"
        "that the command has started is gone, detached processes too:\n\n"
        "  lease end - margin - grace  TERM, if the lease was not renewed until then\n"
        "  lease end - margin          KILL\n\n"
        "on CLOCK_BOOTTIME, by two processes that watch over each other. The lease has to be\n"
        "long enough: election * (1000 - drift) / (1000 + drift) less a 256th of it and two\n"
        "heartbeats is at least grace + margin, or the node does not start. The margin is for\n"
        "the kill itself; raise it where machines are starved.\n\n"
        "What happens, and what comes of it:\n\n"
        "  the command ends               its rest is stopped; hand over; its exit status\n"
        "  ... with --restart             hand over, stand for election again after a second\n"
        "  leadership is lost             TERM, KILL; exit 4, with --restart wait to lead again\n"
        "  the health command fails       TERM, KILL, hand over; exit 4, with --restart wait\n"
        "  ... where it does not lead     the node does not stand for election until it is well\n"
        "  TERM or INT, the command runs  passed on to its group; it ends in its own time, and\n"
        "                                 the node leads meanwhile; hand over; its exit status\n"
        "  TERM or INT, it does not run   exit 0\n"
        "  HUP, USR1, USR2                passed on to the command, not to its helpers\n"
        "  the command cannot be started  exit 126 or 127, with --restart too\n"
        "  this process is killed (KILL)  its guardian: TERM, KILL; nobody leads before\n"
        "  ... or stopped (STOP)          its guardian: TERM, KILL before the lease ends\n"
        "  the guardian is killed         everything is killed at once; hand over; exit 125\n"
        "  ... or stopped                 KILL by this process half a margin before the lease\n"
        "                                 ends, and it is woken\n"
        "  both are stopped               nobody is left to kill: ZELECT_TERM is the fence\n"
        "  both are killed at once        the kernel kills the command, but nothing detached\n"
        "  a process hangs in the kernel  it cannot be killed; the node leads until it is gone\n\n"
        "The command has ZELECT_CLUSTER, ZELECT_NODE, ZELECT_ROLE (leader), ZELECT_TERM (the\n"
        "fencing token), ZELECT_LEADER and ZELECT_REASON in its environment. The health command\n"
        "has them too; it runs on every node, so it has to succeed where ZELECT_ROLE is follower\n"
        "if nothing is wrong there. A set-user-id command loses the kernel's guard.",
    .examples =
        "  zelect run -c n1.cfg -- ./job --all\n"
        "  zelect run -c n1.cfg --restart --grace 150 -- sh -c 'echo $ZELECT_TERM; exec ./job'\n"
        "  zelect run -c n1.cfg --health-cmd 'test -w /var/lib/job' -- ./job\n",
    .exits = "  0    told to end while the command did not run\n"
             "  2    wrong usage or configuration, or the node could not start\n"
             "  4    leadership was lost, or the node unwell: the command was stopped\n"
             "  124  not leader within --timeout\n"
             "  125  zelect run itself failed\n"
             "  126  the command cannot be executed\n"
             "  127  there is no such command\n"
             "  else the command's own, 128+n if signal n ended it\n",
    .run = s_run,
};
