/*  =========================================================================
    cmd_version - zelect version: what runs here

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_json.h"

#include <stdio.h>

typedef struct {
    int major;
    int minor;
    int patch;
} version_t;

static json_t *
s_json_version (version_t version)
{
    char text [48];
    snprintf (text, sizeof (text), "%d.%d.%d", version.major, version.minor, version.patch);
    return json_string (text);
}

static void
s_print (bool json)
{
    version_t zelect, czmq;
    zelect_version (&zelect.major, &zelect.minor, &zelect.patch);
    zsys_version (&czmq.major, &czmq.minor, &czmq.patch);
    if (json)
        zelect_json_print (json_pack ("{s:i, s:o, s:o}", "v", 1, "zelect", s_json_version (zelect),
                                      "czmq", s_json_version (czmq)));
    else
        printf ("zelect %d.%d.%d (CZMQ %d.%d.%d)\n", zelect.major, zelect.minor, zelect.patch,
                czmq.major, czmq.minor, czmq.patch);
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    int json = 0;
    const struct poptOption options [] = {
        {"json", 'j', POPT_ARG_NONE, &json, 0, "One JSON object", NULL},
        ZELECT_CLI_HELP,
    };
    int exit_code;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (!context)
        return exit_code;
    if (poptPeekArg (context)) {
        zelect_cli_error (self, "'%s': takes no arguments", poptPeekArg (context));
        exit_code = ZELECT_EXIT_USAGE;
    }
    else {
        s_print (json);
        exit_code = ZELECT_EXIT_DONE;
    }
    poptFreeContext (context);
    return exit_code;
}

const zelect_command_t zelect_cmd_version = {
    .name = "version",
    .arguments = "[OPTION...]",
    .summary = "print the versions of zelect and of CZMQ",
    .text = "Prints the versions of libzelect and of CZMQ.",
    .examples = "  zelect version\n"
                "  zelect version --json\n"
                "  zelect version --json | jq -r .zelect\n",
    .exits = "  0  done\n"
             "  2  wrong usage\n",
    .run = s_run,
};
