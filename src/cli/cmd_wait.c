/*  =========================================================================
    cmd_wait - zelect wait: until there is a leader, a quorum, or this node leads

    It asks again and again, as a stranger may; it is no member.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"
#include "zelect_config.h"
#include "zelect_verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 500    //  How long an answer may take
#define PAUSE_MS 50      //  Between two questions
#define DAY_MS 86400000

typedef enum { FOR_LEADER, FOR_QUORUM, FOR_SELF, FOR_NOTHING } goal_t;

typedef struct {
    char *goal_name;
    char *file;
    zelect_cli_keys_t keys;
    int timeout_ms;    //  -1: none; 0: one look
    goal_t goal;
    zelect_config_t *config;
    zlist_t *endpoints;
    zelect_pass_t *pass;
    int signal_fd;
    bool was_answered;
} wait_t;

//  A node that cannot vote does not make a quorum.

static bool
s_has_quorum (zconfig_t *answers, const zelect_verdict_t *verdict)
{
    int able = verdict->answered;
    zconfig_t *node = zelect_verdict_first (answers);
    for (; node; node = zconfig_next (node))
        able -= strcmp (zelect_verdict_get (node, "state"), "faulted") == 0;
    return 2 * able > verdict->asked;
}

static bool
s_is_reached (wait_t *self, zconfig_t *answers)
{
    const zelect_verdict_t verdict = zelect_verdict (answers);
    self->was_answered = self->was_answered || verdict.answered > 0;
    if (self->goal == FOR_LEADER)
        return verdict.best != NULL;
    if (self->goal == FOR_QUORUM)
        return s_has_quorum (answers, &verdict);
    zconfig_t *own = zelect_verdict_first (answers);
    return own && strcmp (zelect_verdict_get (own, "state"), "leader") == 0;
}

static int
s_not_reached (const wait_t *self)
{
    if (!self->was_answered)
        return ZELECT_EXIT_NOBODY;
    return self->timeout_ms ? ZELECT_EXIT_LATE : ZELECT_EXIT_NO;
}

static int
s_ask_on (wait_t *self, const zelect_command_t *command)
{
    const uint64_t end_ns =
        self->timeout_ms < 0 ? ZELECT_CLI_NEVER : zelect_cli_in_ms (self->timeout_ms);
    for (;;) {
        int answer_ms = self->timeout_ms ? zelect_cli_left_ms (end_ns) : ANSWER_MS;
        if (answer_ms < 0 || answer_ms > ANSWER_MS)
            answer_ms = ANSWER_MS;
        zconfig_t *answers =
            zelect_verdict_ask (self->endpoints, answer_ms > 0 ? answer_ms : 1, self->pass);
        if (!answers) {
            zelect_verdict_refuse (command, self->endpoints, self->pass);
            return ZELECT_EXIT_USAGE;
        }
        const bool is_reached = s_is_reached (self, answers);
        zconfig_destroy (&answers);
        if (is_reached)
            return ZELECT_EXIT_DONE;
        if (zelect_cli_left_ms (end_ns) == 0
            || zelect_cli_wait (self->signal_fd, -1, PAUSE_MS, false) < 0)
            return s_not_reached (self);
    }
}


//  --------------------------------------------------------------------------
//  The command line

static goal_t
s_goal (const char *name)
{
    static const char *const names [FOR_NOTHING] = {"leader", "quorum", "self"};
    for (int goal = 0; name && goal < FOR_NOTHING; goal++)
        if (strcmp (names [goal], name) == 0)
            return (goal_t) goal;
    return FOR_NOTHING;
}

//  Whom to ask: who is named, or the voters of the file, or this node alone.

static int
s_find_endpoints (wait_t *self, const zelect_command_t *command, const char **named)
{
    self->endpoints = zlist_new ();
    zlist_autofree (self->endpoints);
    for (; named && *named; named++)
        zlist_append (self->endpoints, strdupa (*named));
    if (!self->file)
        return 0;
    zelect_t *node = zelect_new (NULL, NULL);
    const int rc = node ? zelect_load (node, self->file) : -1;
    if (rc)
        zelect_cli_error (NULL, "%s", node ? zelect_error (node) : strerror (errno));
    zelect_destroy (&node);
    self->config = rc ? NULL : zelect_config_new (self->file);
    if (!self->config)
        return -1;
    if (self->goal == FOR_SELF && !self->config->own) {
        zelect_cli_error (command, "%s: does not say which member this node is (node/name)",
                          self->file);
        return -1;
    }
    if (self->goal == FOR_SELF)
        zlist_append (self->endpoints, self->config->own);
    char *endpoint = (char *) zlist_first (self->config->endpoints);
    for (; self->goal != FOR_SELF && endpoint;
         endpoint = (char *) zlist_next (self->config->endpoints))
        zlist_append (self->endpoints, endpoint);
    return 0;
}

//  The keys that are named, or those of the configuration.

static int
s_find_pass (wait_t *self, const zelect_command_t *command)
{
    zelect_cli_keys_t keys = self->keys;
    if (!keys.certificate && !keys.directory && self->config)
        keys = (zelect_cli_keys_t){self->config->certificate, self->config->keys};
    return zelect_cli_pass (command, &keys, &self->pass);
}

static bool
s_is_usable (const wait_t *self, const zelect_command_t *command, const char **named)
{
    if (self->goal == FOR_NOTHING)
        zelect_cli_error (command, "--for '%s': wait for leader, quorum or self?",
                          self->goal_name ? self->goal_name : "");
    else if (self->file && named)
        zelect_cli_error (command, "'%s': name endpoints or a configuration, not both", named [0]);
    else if (self->goal == FOR_SELF && !self->file)
        zelect_cli_error (command, "who is self? Say: zelect wait --for self -c FILE");
    else if (!self->file && !named)
        zelect_cli_error (command, "whom to ask? Say: zelect wait --for %s -c FILE, or ENDPOINT...",
                          self->goal_name);
    else
        return zelect_cli_in_range (command, "--timeout", self->timeout_ms, -1, DAY_MS);
    return false;
}

static int
s_wait (wait_t *self, const zelect_command_t *command, const char **named)
{
    self->signal_fd = zelect_cli_catch_signals ();
    if (self->signal_fd == -1) {
        zelect_cli_error (command, "cannot catch signals: %s", strerror (errno));
        return ZELECT_EXIT_FAILED;
    }
    int exit_code = ZELECT_EXIT_USAGE;
    if (s_find_endpoints (self, command, named) == 0 && s_find_pass (self, command) == 0)
        exit_code = s_ask_on (self, command);
    zelect_pass_destroy (&self->pass);
    zlist_destroy (&self->endpoints);
    zelect_config_destroy (&self->config);
    close (self->signal_fd);
    return exit_code;
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    wait_t wait = {.timeout_ms = -1};
    const struct poptOption options [] = {
        {"for", 'f', POPT_ARG_STRING, &wait.goal_name, 0, "Wait for leader, quorum or self",
         "GOAL"},
        {"config", 'c', POPT_ARG_STRING, &wait.file, 0, "Ask the voters of this configuration",
         "FILE"},
        {"timeout", 't', POPT_ARG_INT, &wait.timeout_ms, 0,
         "Give up after so long; 0: look once; default: never", "MS"},
        ZELECT_CLI_PASS (wait.keys),
        ZELECT_CLI_HELP,
    };
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (context) {
        const char **named = poptGetArgs (context);
        wait.goal = s_goal (wait.goal_name);
        if (s_is_usable (&wait, self, named))
            exit_code = s_wait (&wait, self, named);
    }
    poptFreeContext (context);
    zstr_free (&wait.goal_name);
    zstr_free (&wait.file);
    zelect_cli_free_keys (&wait.keys);
    return exit_code;
}

const zelect_command_t zelect_cmd_wait = {
    .name = "wait",
    .arguments = "[OPTION...] [ENDPOINT...]",
    .summary = "wait until there is a leader, a quorum, or this node leads",
    .text =
        "Asks the nodes at these endpoints, or the voters of a configuration, until what is\n"
        "waited for is so:\n\n"
        "  leader  a majority of those who answer names the same leader\n"
        "  quorum  more than half of those who are asked answer, and can vote\n"
        "  self    the node of the configuration leads (needs --config)\n\n"
        "It is so at that moment; what comes next may be otherwise. Where nodes have keys, those\n"
        "of the configuration are shown, or --certificate and --keys, as for status.",
    .examples = "  zelect wait --for leader -c n1.cfg --timeout 5000 && ./deploy\n"
                "  zelect wait --for quorum tcp://10.0.0.1:5680 tcp://10.0.0.2:5680\n"
                "  zelect wait --for self -c n1.cfg --timeout 0    is this node the leader?\n",
    .exits = "  0    it is so\n"
             "  1    it is not so: --timeout 0\n"
             "  2    wrong usage or configuration\n"
             "  3    nobody could be reached\n"
             "  124  it was not so in time, or until a signal came\n",
    .run = s_run,
};
