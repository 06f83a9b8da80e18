/*  =========================================================================
    cmd_fsm - zelect fsm: the state diagram of the election

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"

#include <stdio.h>

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    const struct poptOption options [] = {ZELECT_CLI_HELP};
    int exit_code;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (!context)
        return exit_code;
    if (poptPeekArg (context)) {
        zelect_cli_error (self, "'%s': takes no arguments", poptPeekArg (context));
        exit_code = ZELECT_EXIT_USAGE;
    }
    else {
        fputs (zelect_state_diagram (), stdout);
        exit_code = ZELECT_EXIT_DONE;
    }
    poptFreeContext (context);
    return exit_code;
}

const zelect_command_t zelect_cmd_fsm = {
    .name = "fsm",
    .arguments = "[OPTION...]",
    .summary = "print the state diagram of the election for Graphviz",
    .text = "Prints the roles of a node and the moves between them, from the table that the\n"
            "election itself obeys, in the language of Graphviz (package graphviz).",
    .examples = "  zelect fsm\n"
                "  zelect fsm | dot -Tsvg -o zelect.svg\n"
                "  zelect fsm | dot -Tpng | display\n",
    .exits = "  0  done\n"
             "  2  wrong usage\n",
    .run = s_run,
};
