/*  =========================================================================
    zelect_main - the program: a table of commands

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_COUNT (sizeof (s_commands) / sizeof (s_commands [0]))

static const zelect_command_t *const s_commands [] = {
    &zelect_cmd_demo, &zelect_cmd_node,  &zelect_cmd_run, &zelect_cmd_watch,  &zelect_cmd_status,
    &zelect_cmd_wait, &zelect_cmd_bench, &zelect_cmd_fsm, &zelect_cmd_keygen, &zelect_cmd_version,
};

static void
s_print_usage (FILE *stream)
{
    fputs ("zelect - one leader among the processes of a ZeroMQ application\n\n"
           "Usage: zelect COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
           stream);
    for (size_t at = 0; at < COMMAND_COUNT; at++)
        fprintf (stream, "  %-9s %s\n", s_commands [at]->name, s_commands [at]->summary);
    fputs ("  help      say more about a command\n\n"
           "Exit codes:\n"
           "  0  yes, or done\n"
           "  1  no: no leader, no quorum, not in time\n"
           "  2  wrong usage or configuration\n"
           "  3  nobody could be reached\n"
           "  4, 124 to 127 and more: see 'zelect help run' and 'zelect help wait'\n\n"
           "Start with: zelect demo\n",
           stream);
}

static const zelect_command_t *
s_find (const char *name)
{
    for (size_t at = 0; at < COMMAND_COUNT; at++)
        if (strcmp (s_commands [at]->name, name) == 0)
            return s_commands [at];
    return NULL;
}

static int
s_refuse (const char *name)
{
    const char *names [COMMAND_COUNT];
    for (size_t at = 0; at < COMMAND_COUNT; at++)
        names [at] = s_commands [at]->name;
    const char *nearest = zelect_cli_nearest (name, names, COMMAND_COUNT);
    if (nearest)
        zelect_cli_error (NULL, "unknown command '%s' (did you mean '%s'?)", name, nearest);
    else
        zelect_cli_error (NULL, "unknown command '%s' ('zelect help' lists them)", name);
    return ZELECT_EXIT_USAGE;
}

//  The command sees itself as "zelect watch" in argv [0]: popt's help says so.

static int
s_run (const char *name, int argc, char **argv)
{
    const zelect_command_t *command = s_find (name);
    if (!command)
        return s_refuse (name);
    char self [32];
    snprintf (self, sizeof (self), "zelect %s", name);
    const char **arguments = calloc ((size_t) argc + 1, sizeof (char *));
    if (!arguments)
        return ZELECT_EXIT_FAILED;
    arguments [0] = self;
    for (int at = 1; at < argc; at++)
        arguments [at] = argv [at];
    const int exit_code = command->run (command, argc, arguments);
    free (arguments);
    return exit_code;
}

static int
s_help (int argc, char **argv)
{
    if (argc > 1) {
        char help [] = "--help";
        char *arguments [] = {argv [1], help, NULL};
        return s_run (argv [1], 2, arguments);
    }
    s_print_usage (stdout);
    return ZELECT_EXIT_DONE;
}

int
main (int argc, char **argv)
{
    if (argc < 2) {
        s_print_usage (stderr);
        return ZELECT_EXIT_USAGE;
    }
    const char *name = argv [1];
    if (strcmp (name, "--version") == 0)
        name = zelect_cmd_version.name;

    int exit_code;
    if (strcmp (name, "help") == 0 || strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0)
        exit_code = s_help (argc - 1, argv + 1);
    else
        exit_code = s_run (name, argc - 1, argv + 1);
    return zelect_cli_finish (exit_code);
}
