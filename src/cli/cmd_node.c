/*  =========================================================================
    cmd_node - zelect node: one node of a cluster, in the foreground

    The host of a node that has no application: it reads the configuration,
    starts the node, and waits for a signal. What the node says goes to stderr
    as it says it; role changes are notices among it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *file;
    int create;
    int verbose;
} node_options_t;

static void
s_log (void *arg, char level, const char *line)
{
    (void) arg;
    char time [ZELECT_CLI_TIME_SIZE];
    zelect_cli_time (time);
    fprintf (stderr, "%s %c %s\n", time, level, line);
}

//  The log has told already what the events say. They are read all the same,
//  so that none is ever reported missed.

static void
s_wait_for_signal (zelect_t *node, int signal_fd)
{
    do {
        zelect_event_t *event;
        while ((event = zelect_recv (node, 0)))
            zelect_event_destroy (&event);
    } while (zelect_cli_wait (signal_fd, zelect_fd (node), -1, false) >= 0);
}

static int
s_configure (zelect_t *node, const node_options_t *options)
{
    if (zelect_load (node, options->file))
        return -1;
    if (options->create && zelect_set_create (node, true))
        return -1;
    if (options->verbose && zelect_set_verbose (node, true))
        return -1;
    return zelect_start (node);
}

static int
s_serve (const zelect_command_t *self, const node_options_t *options)
{
    const int signal_fd = zelect_cli_catch_signals ();
    zelect_t *node = signal_fd == -1 ? NULL : zelect_new (NULL, NULL);
    if (!node) {
        zelect_cli_error (self, "cannot make a node: %s", strerror (errno));
        return ZELECT_EXIT_FAILED;
    }
    int exit_code = ZELECT_EXIT_DONE;
    zelect_set_log (node, s_log, NULL);
    if (s_configure (node, options)) {
        zelect_cli_error (NULL, "%s", zelect_error (node));
        exit_code = ZELECT_EXIT_USAGE;
    }
    else
        s_wait_for_signal (node, signal_fd);

    zelect_destroy (&node);    //  Resigns first
    close (signal_fd);
    return exit_code;
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    node_options_t node = {0};
    const struct poptOption options [] = {
        {"config", 'c', POPT_ARG_STRING, &node.file, 0, "Read the settings from this file", "FILE"},
        {"create", 0, POPT_ARG_NONE, &node.create, 0, "The cluster is new: no votes to lose", NULL},
        {"verbose", 'v', POPT_ARG_NONE, &node.verbose, 0, "Log every step", NULL},
        ZELECT_CLI_HELP,
    };
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (context && poptPeekArg (context))
        zelect_cli_error (self, "'%s': takes no arguments", poptPeekArg (context));
    else if (context && !node.file)
        zelect_cli_error (self, "which configuration? Say: zelect node -c FILE");
    else if (context)
        exit_code = s_serve (self, &node);

    poptFreeContext (context);
    zstr_free (&node.file);
    return exit_code;
}

const zelect_command_t zelect_cmd_node = {
    .name = "node",
    .arguments = "[OPTION...]",
    .summary = "run one node of a cluster in the foreground",
    .text = "Runs one node until SIGINT or SIGTERM, upon which it resigns and stops. The log\n"
            "goes to stderr, a line for each role change; nothing goes to stdout.",
    .examples = "  zelect node -c n1.cfg\n"
                "  zelect node -c n1.cfg --create         for the first start of a new cluster\n"
                "  zelect node -c n1.cfg --verbose 2>n1.log\n",
    .exits = "  0  stopped by a signal\n"
             "  2  wrong usage or configuration, or the node could not start\n",
    .run = s_run,
};
