/*  =========================================================================
    cmd_status - zelect status: ask some nodes who leads

    One question to each node that is named, one table of the answers, and one
    verdict: the leader that the majority of those who answered names.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_json.h"
#include "zelect_verdict.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 1000
#define HOUR_MS 3600000

//  Columns of the table: key of the answer, title. The last one is not padded.

static const char *const s_columns [][2] = {
    {"endpoint", "ENDPOINT"}, {"cluster", "CLUSTER"}, {"id", "NODE"},
    {"state", "STATE"},       {"term", "TERM"},       {"leader", "LEADER"},
};
#define COLUMN_COUNT (sizeof (s_columns) / sizeof (s_columns [0]))

static int
s_exit_code (const zelect_verdict_t *verdict)
{
    if (verdict->answered == 0)
        return ZELECT_EXIT_NOBODY;
    return verdict->best ? ZELECT_EXIT_DONE : ZELECT_EXIT_NO;
}


//  --------------------------------------------------------------------------
//  For people

static const char *
s_cell (zconfig_t *node, size_t column)
{
    const char *value = zelect_verdict_get (node, s_columns [column][0]);
    return *value ? value : "-";
}

static int
s_width (zconfig_t *answers, size_t column)
{
    size_t width = strlen (s_columns [column][1]);
    for (zconfig_t *node = zelect_verdict_first (answers); node; node = zconfig_next (node))
        if (width < strlen (s_cell (node, column)))
            width = strlen (s_cell (node, column));
    return (int) width;
}

static void
s_print_row (zconfig_t *node, const int widths [COLUMN_COUNT])
{
    for (size_t column = 0; column + 1 < COLUMN_COUNT; column++)
        printf ("%-*s  ", widths [column], node ? s_cell (node, column) : s_columns [column][1]);
    puts (node ? s_cell (node, COLUMN_COUNT - 1) : s_columns [COLUMN_COUNT - 1][1]);
}

static const char *
s_row_colour (zconfig_t *node)
{
    if (zelect_verdict_is_down (node)
        || strcmp (zelect_verdict_get (node, "state"), "faulted") == 0)
        return zelect_cli_colour ("\033[31m");
    if (strcmp (zelect_verdict_get (node, "state"), "leader") == 0)
        return zelect_cli_colour ("\033[1;32m");
    return "";
}

static void
s_print_table (zconfig_t *answers)
{
    int widths [COLUMN_COUNT];
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        widths [column] = s_width (answers, column);
    s_print_row (NULL, widths);
    for (zconfig_t *node = zelect_verdict_first (answers); node; node = zconfig_next (node)) {
        const char *colour = s_row_colour (node);
        fputs (colour, stdout);
        s_print_row (node, widths);
        fputs (*colour ? zelect_cli_colour (NULL) : "", stdout);
    }
}

static void
s_print_verdict (const zelect_verdict_t *verdict)
{
    if (verdict->answered == 0)
        printf ("\nNobody answered in time.\n");
    else if (verdict->best)
        printf ("\n%s leads %s in term %s: %d of %d asked say so.\n",
                zelect_verdict_get (verdict->best, "leader"),
                zelect_verdict_get (verdict->best, "cluster"),
                zelect_verdict_get (verdict->best, "term"), verdict->agree, verdict->asked);
    else
        printf ("\nNo leader: %d of %d asked answered, and no majority of those names one.\n",
                verdict->answered, verdict->asked);
}


//  --------------------------------------------------------------------------
//  For programs

static json_t *
s_json_node (zconfig_t *node)
{
    json_t *object = json_object ();
    for (size_t column = 0; column < COLUMN_COUNT; column++) {
        const char *key = s_columns [column][0];
        json_object_set_new (object, strcmp (key, "id") == 0 ? "node" : key,
                             strcmp (key, "term") == 0
                                 ? zelect_json_number (zelect_verdict_get (node, key))
                                 : zelect_json_text (zelect_verdict_get (node, key)));
    }
    return object;
}

static void
s_print_json (zconfig_t *answers, const zelect_verdict_t *verdict)
{
    zconfig_t *best = verdict->best;
    json_t *nodes = json_array ();
    for (zconfig_t *node = zelect_verdict_first (answers); node; node = zconfig_next (node))
        json_array_append_new (nodes, s_json_node (node));

    char time [ZELECT_CLI_TIME_SIZE];
    zelect_cli_time (time);
    json_t *object = json_object ();
    json_object_set_new (object, "v", json_integer (1));
    json_object_set_new (object, "time", json_string (time));
    json_object_set_new (object, "cluster",
                         zelect_json_text (best ? zelect_verdict_get (best, "cluster") : NULL));
    json_object_set_new (object, "leader",
                         zelect_json_text (best ? zelect_verdict_get (best, "leader") : NULL));
    json_object_set_new (object, "term",
                         zelect_json_number (best ? zelect_verdict_get (best, "term") : NULL));
    json_object_set_new (object, "asked", json_integer (verdict->asked));
    json_object_set_new (object, "answered", json_integer (verdict->answered));
    json_object_set_new (object, "agree", json_integer (best ? verdict->agree : 0));
    json_object_set_new (object, "nodes", nodes);
    zelect_json_print (object);
}


//  --------------------------------------------------------------------------
//  The command

static zlist_t *
s_list (const char **endpoints)
{
    zlist_t *list = zlist_new ();
    for (; *endpoints; endpoints++) {
        char *endpoint = strdup (*endpoints);
        zlist_append (list, endpoint);
        zlist_freefn (list, endpoint, free, true);
    }
    return list;
}

static int
s_status (const zelect_command_t *self,
          const char **endpoints,
          int timeout_ms,
          bool json,
          const zelect_pass_t *pass)
{
    signal (SIGPIPE, SIG_IGN);
    zlist_t *list = s_list (endpoints);
    zconfig_t *answers = zelect_verdict_ask (list, timeout_ms, pass);
    int exit_code = ZELECT_EXIT_USAGE;
    if (answers) {
        const zelect_verdict_t verdict = zelect_verdict (answers);
        if (json)
            s_print_json (answers, &verdict);
        else {
            s_print_table (answers);
            s_print_verdict (&verdict);
        }
        exit_code = s_exit_code (&verdict);
    }
    else
        zelect_verdict_refuse (self, list, pass);
    zconfig_destroy (&answers);
    zlist_destroy (&list);
    return exit_code;
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    int json = 0;
    int timeout_ms = TIMEOUT_MS;
    zelect_cli_keys_t keys = {NULL, NULL};
    zelect_pass_t *pass = NULL;
    const struct poptOption options [] = {
        {"json", 'j', POPT_ARG_NONE, &json, 0, "One JSON object in one line", NULL},
        {"timeout", 't', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &timeout_ms, 0,
         "How long to wait for answers", "MS"},
        ZELECT_CLI_PASS (keys),
        ZELECT_CLI_HELP,
    };
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (context) {
        const char **endpoints = poptGetArgs (context);
        if (!endpoints)
            zelect_cli_error (self, "which nodes? Say: zelect status tcp://HOST:PORT...");
        else if (zelect_cli_in_range (self, "--timeout", timeout_ms, 1, HOUR_MS)
                 && zelect_cli_pass (self, &keys, &pass) == 0)
            exit_code = s_status (self, endpoints, timeout_ms, json, pass);
    }
    poptFreeContext (context);
    zelect_pass_destroy (&pass);
    zelect_cli_free_keys (&keys);
    return exit_code;
}

const zelect_command_t zelect_cmd_status = {
    .name = "status",
    .arguments = "[OPTION...] ENDPOINT...",
    .summary = "ask some nodes who leads",
    .text = "Asks the nodes at these endpoints (those of the configuration, not of the feed)\n"
            "for their state, and says which leader the majority of those who answer names.\n\n"
            "Where nodes have keys (security in their configuration), --certificate and --keys\n"
            "are needed, and an endpoint says whose it is: n1@tcp://10.0.0.1:5680.",
    .examples =
        "  zelect status tcp://10.0.0.1:5680 tcp://10.0.0.2:5680 tcp://10.0.0.3:5680\n"
        "  zelect status --timeout 200 tcp://10.0.0.1:5680 >/dev/null && echo has a leader\n"
        "  zelect status --json tcp://10.0.0.1:5680 | jq -r .leader\n",
    .exits = "  0  there is a leader\n"
             "  1  no leader, or no majority of the answers names one\n"
             "  2  wrong usage\n"
             "  3  nobody answered in time\n",
    .run = s_run,
};
