/*  =========================================================================
    cmd_watch - zelect watch: an election, live, one line per transition

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_transition.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 3000    //  Silence after which a hint is welcome
#define DAY_MS 86400000

typedef struct {
    //  The command line
    char *cluster;
    int json;
    int count;         //  0: no end
    int timeout_ms;    //  0: none
    const char **endpoints;
    zelect_cli_keys_t keys;

    //  The work
    zelect_pass_t *pass;    //  NULL: in clear
    zelect_observer_t *observer;
    zelect_transition_t last;
    int signal_fd;
    int printed;         //  Lines so far
    uint64_t end_ns;     //  When the time is over
    uint64_t hint_ns;    //  When to wonder aloud that nothing comes
} watch_t;

static int
s_print (watch_t *self)
{
    self->printed++;
    self->hint_ns = ZELECT_CLI_NEVER;
    if (self->json)
        return zelect_transition_print_json (&self->last, self->observer, self->cluster);

    char time [ZELECT_CLI_TIME_SIZE];
    zelect_cli_time (time);
    time [strlen ("2026-11-23T06:46:53.120")] = '\0';
    zelect_transition_print (&self->last, self->observer, time + strlen ("2026-11-23T"));
    return ferror (stdout) ? -1 : 0;
}

static void
s_hint (watch_t *self, const zelect_command_t *command)
{
    if (zelect_cli_left_ms (self->hint_ns))
        return;
    self->hint_ns = ZELECT_CLI_NEVER;
    zelect_cli_error (command,
                      "nothing heard of cluster '%s' so far; is it called that, and is %s a feed "
                      "(the port after the one in the configuration)?",
                      self->cluster, self->endpoints [0]);
}

static int
s_shorter_ms (int left_ms, int right_ms)
{
    if (left_ms < 0 || right_ms < 0)
        return left_ms < 0 ? right_ms : left_ms;
    return left_ms < right_ms ? left_ms : right_ms;
}

//  How long nothing needs to be done unless something comes.

static int
s_pause_ms (watch_t *self)
{
    int pause_ms =
        s_shorter_ms (zelect_cli_left_ms (self->end_ns), zelect_cli_left_ms (self->hint_ns));
    return s_shorter_ms (pause_ms, zelect_observer_deadline_ms (self->observer));
}

static int
s_time_is_over (watch_t *self)
{
    if (self->printed == 0)
        return ZELECT_EXIT_NOBODY;
    return self->count ? ZELECT_EXIT_NO : ZELECT_EXIT_DONE;
}

static int
s_follow (watch_t *self, const zelect_command_t *command)
{
    const int fd = (int) zsock_fd (zelect_observer_socket (self->observer));
    int pause_ms = 0;
    while (zelect_cli_wait (self->signal_fd, fd, pause_ms, true) >= 0) {
        if (zelect_observer_wait (self->observer, 0) == 0) {
            if (s_print (self) || self->printed == self->count)
                break;
            pause_ms = 0;
            continue;
        }
        if (zelect_cli_left_ms (self->end_ns) == 0)
            return s_time_is_over (self);
        s_hint (self, command);
        pause_ms = s_pause_ms (self);
    }
    return ZELECT_EXIT_DONE;
}

static void
s_refuse (const watch_t *self, const char *endpoint, const zelect_command_t *command)
{
    if (self->pass)
        zelect_cli_error (command,
                          "'%s' is no endpoint with a key in %s; n1@tcp://10.0.0.1:5681 is one, if "
                          "n1.cert is there",
                          endpoint, self->keys.directory);
    else
        zelect_cli_error (command, "'%s' is no endpoint; tcp://10.0.0.1:5681 is one", endpoint);
}

static int
s_connect (watch_t *self, const zelect_command_t *command)
{
    self->observer = zelect_observer_new (self->cluster);
    if (!self->observer) {
        zelect_cli_error (command, "--cluster '%s' is no name: 1 to 63 of A-Z a-z 0-9 . _ -",
                          self->cluster);
        return -1;
    }
    if (self->pass && zelect_observer_set_pass (self->observer, self->pass)) {
        zelect_cli_error (command, "--certificate '%s': libzmq does not take it",
                          self->keys.certificate);
        return -1;
    }
    for (const char **endpoint = self->endpoints; *endpoint; endpoint++)
        if (zelect_observer_connect (self->observer, *endpoint)) {
            s_refuse (self, *endpoint, command);
            return -1;
        }
    return 0;
}

static int
s_watch (watch_t *self, const zelect_command_t *command)
{
    self->signal_fd = zelect_cli_catch_signals ();
    if (self->signal_fd == -1) {
        zelect_cli_error (command, "cannot catch signals: %s", strerror (errno));
        return ZELECT_EXIT_FAILED;
    }
    int exit_code = ZELECT_EXIT_USAGE;
    if (zelect_cli_pass (command, &self->keys, &self->pass) == 0
        && s_connect (self, command) == 0) {
        self->end_ns = self->timeout_ms ? zelect_cli_in_ms (self->timeout_ms) : ZELECT_CLI_NEVER;
        self->hint_ns = zelect_cli_in_ms (PATIENCE_MS);
        exit_code = s_follow (self, command);
    }
    zelect_observer_destroy (&self->observer);
    zelect_pass_destroy (&self->pass);
    close (self->signal_fd);
    return exit_code;
}

static bool
s_check (const watch_t *self, const zelect_command_t *command)
{
    if (!self->endpoints)
        zelect_cli_error (command, "which feed? Say: zelect watch -C CLUSTER tcp://HOST:PORT...");
    else if (!self->cluster)
        zelect_cli_error (command, "which cluster? Say: zelect watch --cluster NAME %s",    //
                          self->endpoints [0]);
    else
        return zelect_cli_in_range (command, "--count", self->count, 0, INT_MAX)
               && zelect_cli_in_range (command, "--timeout", self->timeout_ms, 0, DAY_MS);
    return false;
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    watch_t watch = {0};
    const struct poptOption options [] = {
        {"cluster", 'C', POPT_ARG_STRING, &watch.cluster, 0, "The cluster to watch", "NAME"},
        {"json", 'j', POPT_ARG_NONE, &watch.json, 0, "One JSON object per line", NULL},
        {"count", 'n', POPT_ARG_INT, &watch.count, 0, "End after so many lines", "LINES"},
        {"timeout", 't', POPT_ARG_INT, &watch.timeout_ms, 0, "End after so long", "MS"},
        ZELECT_CLI_PASS (watch.keys),
        ZELECT_CLI_HELP,
    };
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (context) {
        watch.endpoints = poptGetArgs (context);
        if (s_check (&watch, self))
            exit_code = s_watch (&watch, self);
    }
    poptFreeContext (context);
    zstr_free (&watch.cluster);
    zelect_cli_free_keys (&watch.keys);
    return exit_code;
}

const zelect_command_t zelect_cmd_watch = {
    .name = "watch",
    .arguments = "[OPTION...] ENDPOINT...",
    .summary = "follow an election live, one line per transition",
    .text = "Subscribes to the feeds of some nodes (by default the port after the one that a\n"
            "node is reached at) and prints each transition: first what is, then what\n"
            "changes. The leader shown is the one of the highest term; a leader that falls\n"
            "silent is forgotten when its lease is over.\n\n"
            "Where nodes have keys (security in their configuration), --certificate and --keys\n"
            "are needed, and an endpoint says whose it is: n1@tcp://10.0.0.1:5681.\n\n"
            "With --json a line is an object with v, time, cluster, node, event (STATE,\n"
            "LEADER_CHANGED or LEADER_LOST), role, term, leader, endpoint and reason.",
    .examples = "  zelect watch -C orders tcp://10.0.0.1:5681 tcp://10.0.0.2:5681\n"
                "  zelect watch -C orders --count 1 --timeout 2000 tcp://10.0.0.1:5681\n"
                "  zelect watch -C orders --json tcp://10.0.0.1:5681 | jq -r .leader\n",
    .exits = "  0  done: interrupted, --count reached, or --timeout over without --count\n"
             "  1  fewer than --count lines in time\n"
             "  2  wrong usage\n"
             "  3  nobody was heard in time\n",
    .run = s_run,
};
