/*  =========================================================================
    test_scenarios - elections as readable transcripts

    Each file of tests/core/scenarios is a play: a command, a line of dashes,
    and what has to happen, up to an empty line. ZELECT_REWRITE=1 writes what
    does happen into the files: commit that only if you understand what changed
    and want it. Whatever the transcript says, a line with VIOLATION fails.

    Commands:

        cluster n=3 [seed=1] [heartbeat=100] [election=500] [voters=3]
                [volatile] [save=1] [delay=1] [preempt] [beats]
        set n1 [priority=0] [election=700] [drift=-100] [save=50] [savefails=1]
                [volatile=1]
        start n1|all [old]       old: the cluster is not new (R16)
        kill n1                  freeze n1       thaw n1        lose n1
        cut n1-n2 | n1>n2        heal n1-n2 | n1>n2 | all       mute n1>n2
        resign n1                transfer n1 n2  stop n1        healthy n1 0|1
        died n2 n1 [old]         n2 learns that n1 is proved dead
        inject n1 KIND from=n2 term=5 [about=5] [number=1] [granted=1]
                [leader=n3] [promise=500] [incarnation=7]
        run for=500 | until=leader
        show                     leaderships=, and each node's state

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim.h"
#include "zelect_test.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/core/scenarios"
#define WORDS 16

typedef struct {
    sim_t sim;
    char *words [WORDS];
    unsigned count;
    const char *file;
} play_t;

//  ----  Reading a command  ---------------------------------------------------

static void
s_wrong (const play_t *self, const char *what)
{
    fail_msg ("%s: %s: '%s'", self->file, what, self->count ? self->words [0] : "");
}

static const char *
s_option (const play_t *self, const char *name)
{
    size_t size = strlen (name);
    for (unsigned index = 1; index < self->count; index++)
        if (!strncmp (self->words [index], name, size)) {
            if (self->words [index][size] == '=')
                return self->words [index] + size + 1;
            if (!self->words [index][size])
                return "";
        }
    return NULL;
}

static int64_t
s_number (const play_t *self, const char *name, int64_t otherwise)
{
    const char *value = s_option (self, name);
    return value ? strtoll (value, NULL, 10) : otherwise;
}

static unsigned
s_node_of (const play_t *self, const char *word)
{
    if (!word || word [0] != 'n' || word [1] < '1' || word [1] > '9')
        s_wrong (self, "a node is missing");
    unsigned node = (unsigned) (word [1] - '1');
    if (node >= self->sim.count)
        s_wrong (self, "no such node");
    return node;
}

static unsigned
s_node (const play_t *self, unsigned position)
{
    return s_node_of (self, position < self->count ? self->words [position] : NULL);
}

//  ----  Commands  ------------------------------------------------------------

static void
s_cluster (play_t *self)
{
    sim_free (&self->sim);
    unsigned count = (unsigned) s_number (self, "n", 3);
    sim_init (&self->sim, count, (uint64_t) s_number (self, "seed", 1));
    self->sim.net.delay_ns = (uint64_t) s_number (self, "delay", 1) * ZELECT_MS;
    self->sim.shows_beats = s_option (self, "beats") != NULL;
    for (unsigned index = 0; index < count; index++) {
        sim_node_t *node = &self->sim.nodes [index];
        node->options.heartbeat_ns = (uint64_t) s_number (self, "heartbeat", 100) * ZELECT_MS;
        node->options.election_ns = (uint64_t) s_number (self, "election", 500) * ZELECT_MS;
        node->options.voters = (UINT64_C (1) << s_number (self, "voters", count)) - 1;
        node->options.is_volatile = s_option (self, "volatile") != NULL;
        node->options.preempt = s_option (self, "preempt") != NULL;
        node->save_ns = (uint64_t) s_number (self, "save", 1) * ZELECT_MS;
    }
}

static void
s_set (play_t *self)
{
    sim_node_t *node = &self->sim.nodes [s_node (self, 1)];
    zelect_core_options_t *options = &node->options;
    options->priority = (uint8_t) s_number (self, "priority", options->priority);
    options->is_volatile = (uint8_t) s_number (self, "volatile", options->is_volatile);
    uint64_t election_ms = options->election_ns / ZELECT_MS;
    election_ms = (uint64_t) s_number (self, "election", (int64_t) election_ms);
    options->election_ns = election_ms * ZELECT_MS;
    sim_set_drift (&self->sim, options->self, (int) s_number (self, "drift", node->drift_permille));
    node->save_ns =
        (uint64_t) s_number (self, "save", (int64_t) (node->save_ns / ZELECT_MS)) * ZELECT_MS;
    node->save_fails = s_number (self, "savefails", node->save_fails);
}

static void
s_start (play_t *self)
{
    bool is_new = s_option (self, "old") == NULL;
    if (self->count > 1 && !strcmp (self->words [1], "all"))
        for (unsigned index = 0; index < self->sim.count; index++)
            sim_start (&self->sim, index, is_new);
    else
        sim_start (&self->sim, s_node (self, 1), is_new);
}

static void
s_kill (play_t *self)
{
    sim_kill (&self->sim, s_node (self, 1));
}

static void
s_lose (play_t *self)
{
    self->sim.nodes [s_node (self, 1)].has_record = false;
}

static void
s_freeze (play_t *self)
{
    sim_freeze (&self->sim, s_node (self, 1));
}

static void
s_thaw (play_t *self)
{
    sim_thaw (&self->sim, s_node (self, 1));
}

static void
s_set_link (play_t *self, bool table [SIM_NODES][SIM_NODES], bool up)
{
    const char *pair = self->count > 1 ? self->words [1] : "";
    if (!strcmp (pair, "all")) {
        memset (table, up, sizeof (bool) * SIM_NODES * SIM_NODES);
        return;
    }
    if (strlen (pair) != 5 || (pair [2] != '-' && pair [2] != '>'))
        s_wrong (self, "a link is n1-n2 or n1>n2");
    unsigned from = s_node_of (self, pair), to = s_node_of (self, pair + 3);
    table [from][to] = up;
    if (pair [2] == '-')
        table [to][from] = up;
}

static void
s_cut (play_t *self)
{
    s_set_link (self, self->sim.links, false);
}

static void
s_heal (play_t *self)
{
    s_set_link (self, self->sim.links, true);
}

static void
s_mute (play_t *self)
{
    s_set_link (self, self->sim.feeds, false);
}

static void
s_give (play_t *self, zelect_input_kind_t kind)
{
    zelect_input_t input = {.kind = (uint8_t) kind};
    sim_input (&self->sim, s_node (self, 1), &input);
}

static void
s_resign (play_t *self)
{
    s_give (self, ZELECT_INPUT_RESIGN);
}

static void
s_stop (play_t *self)
{
    s_give (self, ZELECT_INPUT_STOP);
}

static void
s_transfer (play_t *self)
{
    zelect_input_t input = {.kind = ZELECT_INPUT_TRANSFER, .member = ZELECT_STRANGER};
    if (strcmp (self->words [2], "nobody"))
        input.member = (uint8_t) s_node (self, 2);
    sim_input (&self->sim, s_node (self, 1), &input);
}

static void
s_healthy (play_t *self)
{
    bool ok = self->count > 2 && self->words [2][0] == '1';
    zelect_input_t input = {.kind = ZELECT_INPUT_HEALTH, .ok = ok};
    sim_input (&self->sim, s_node (self, 1), &input);
}

static void
s_died (play_t *self)
{
    unsigned dead = s_node (self, 2);
    uint64_t incarnation = self->sim.nodes [dead].core.options.incarnation;
    zelect_input_t input = {
        .kind = ZELECT_INPUT_DIED,
        .member = (uint8_t) dead,
        .number = s_option (self, "old") ? incarnation - 1 : incarnation,
    };
    sim_input (&self->sim, s_node (self, 1), &input);
}

static void
s_inject (play_t *self)
{
    unsigned to = s_node (self, 1);
    unsigned from = s_node_of (self, s_option (self, "from"));
    zelect_input_t input = {.kind = ZELECT_INPUT_MESSAGE};
    zelect_message_t *message = &input.message;
    message->kind = ZELECT_MESSAGES;
    for (uint8_t kind = 0; kind < ZELECT_MESSAGES; kind++)
        if (!strcmp (zelect_message_name (kind), self->words [2]))
            message->kind = kind;
    if (message->kind == ZELECT_MESSAGES)
        s_wrong (self, "no such message");
    message->from = (uint8_t) from;
    message->term = (uint64_t) s_number (self, "term", 0);
    message->about = (uint64_t) s_number (self, "about", (int64_t) message->term);
    message->number = (uint64_t) s_number (self, "number", 1);
    message->granted = (uint8_t) s_number (self, "granted", 0);
    message->promise_ns = (uint64_t) s_number (self, "promise", 0) * ZELECT_MS;
    message->leader = ZELECT_NOBODY;
    if (s_option (self, "leader"))
        message->leader = (uint8_t) s_node_of (self, s_option (self, "leader"));
    uint64_t incarnation = self->sim.nodes [from].core.options.incarnation;
    if (!incarnation)    //  It was never started
        incarnation = 900 + from;
    message->incarnation = (uint64_t) s_number (self, "incarnation", (int64_t) incarnation);
    if (s_option (self, "request"))    //  Answer what was asked last
        message->number = self->sim.nodes [to].core.request;
    if (s_option (self, "round"))
        message->number = self->sim.nodes [to].core.round;
    sim_input (&self->sim, to, &input);
}

static void
s_run (play_t *self)
{
    if (!s_option (self, "until"))
        sim_run (&self->sim, self->sim.now + (uint64_t) s_number (self, "for", 0) * ZELECT_MS);
    else if (!sim_run_until_led (&self->sim, self->sim.now + 60000 * ZELECT_MS))
        sim_print (&self->sim, "no leader in a minute\n");
}

static void
s_show (play_t *self)
{
    sim_t *sim = &self->sim;
    sim_print (sim, "leaderships=%" PRIu64, sim->leaderships);
    uint8_t leader = sim_leader (sim);
    sim_print (sim, leader == ZELECT_NOBODY ? " lease=nobody\n" : " lease=n%u\n", leader + 1u);
    for (unsigned index = 0; index < sim->count; index++) {
        const zelect_core_t *core = &sim->nodes [index].core;
        if (!sim->nodes [index].is_up) {
            sim_print (sim, "n%u down\n", index + 1);
            continue;
        }
        sim_print (sim, "n%u %s term %" PRIu64 " saved %" PRIu64, index + 1,
                   zelect_role_name ((zelect_role_t) core->role), core->wanted.term,
                   core->saved.term);
        if (core->wanted.vote != ZELECT_NOBODY)
            sim_print (sim, " vote n%u", (unsigned) core->wanted.vote + 1);
        if (core->wanted.floor == ZELECT_FLOOR_UNSETTLED)
            sim_print (sim, " abstains");
        else if (core->wanted.floor)
            sim_print (sim, " floor %" PRIu64, core->wanted.floor);
        sim_print (sim, "\n");
    }
}

static void
s_perform (play_t *self, char *line)
{
    static const struct {
        const char *name;
        void (*perform) (play_t *self);
    } commands [] = {
        {"cluster", s_cluster}, {"set", s_set},       {"start", s_start},
        {"kill", s_kill},       {"lose", s_lose},     {"freeze", s_freeze},
        {"thaw", s_thaw},       {"cut", s_cut},       {"heal", s_heal},
        {"mute", s_mute},       {"resign", s_resign}, {"transfer", s_transfer},
        {"stop", s_stop},       {"died", s_died},     {"healthy", s_healthy},
        {"inject", s_inject},   {"run", s_run},       {"show", s_show},
    };
    self->count = 0;
    for (char *word = strtok (line, " "); word && self->count < WORDS; word = strtok (NULL, " "))
        self->words [self->count++] = word;
    for (size_t index = 0; index < sizeof commands / sizeof commands [0]; index++)
        if (!strcmp (commands [index].name, self->words [0])) {
            commands [index].perform (self);
            return;
        }
    s_wrong (self, "unknown command");
}

//  ----  Files  ---------------------------------------------------------------

typedef struct {
    char *text;
    size_t size;
} text_t;

static void
s_append (text_t *self, const char *line)
{
    size_t size = strlen (line);
    self->text = realloc (self->text, self->size + size + 1);
    assert_non_null (self->text);
    memcpy (self->text + self->size, line, size + 1);
    self->size += size;
}

static char *
s_read (const char *path)
{
    FILE *file = fopen (path, "r");
    assert_non_null (file);
    text_t text = {NULL, 0};
    char line [1024];
    s_append (&text, "");
    while (fgets (line, sizeof line, file))
        s_append (&text, line);
    fclose (file);
    return text.text;
}

//  Perform a whole file; returns it as it should be.

static char *
s_play (const char *path, const char *script)
{
    play_t play = {.file = path};
    text_t out = {NULL, 0};
    char *copy = strdup (script), *rest = copy;
    bool in_output = false;
    while (rest && *rest) {
        char *line = strsep (&rest, "\n");
        bool is_dashes = !strncmp (line, "----", 4);
        if (in_output && *line)
            continue;    //  What was expected; it is compared as a whole
        in_output = is_dashes;
        s_append (&out, line);
        s_append (&out, "\n");
        if (is_dashes) {
            s_append (&out, play.sim.text_size ? play.sim.text : "ok\n");
            play.sim.text_size = 0;
        }
        else if (*line && *line != '#')
            s_perform (&play, line);
    }
    if (play.sim.violations)
        fail_msg ("%s: %u violations:\n%s", path, play.sim.violations, out.text);
    sim_free (&play.sim);
    free (copy);
    return out.text;
}

static void
s_print_difference (const char *path, const char *expected, const char *actual)
{
    unsigned line = 1;
    while (*expected && *expected == *actual) {
        line += *expected == '\n';
        expected++, actual++;
    }
    fail_msg ("%s:%u: the transcript differs from here on:\nexpected: %.200s\nactual:   %.200s",
              path, line, expected, actual);
}

static void
test_scenario (void **state)
{
    const char *path = *state;
    char *expected = s_read (path);
    char *actual = s_play (path, expected);
    if (getenv ("ZELECT_REWRITE")) {
        FILE *file = fopen (path, "w");
        assert_non_null (file);
        fputs (actual, file);
        fclose (file);
    }
    else if (strcmp (expected, actual))
        s_print_difference (path, expected, actual);
    free (expected);
    free (actual);
}

static int
s_is_scenario (const struct dirent *entry)
{
    size_t size = strlen (entry->d_name);
    return size > 4 && !strcmp (entry->d_name + size - 4, ".txt");
}

int
main (void)
{
    struct dirent **entries;
    int count = scandir (FOLDER, &entries, s_is_scenario, alphasort);
    if (count < 1) {
        fprintf (stderr, "no scenario in " FOLDER "\n");
        return 1;
    }
    struct CMUnitTest *tests = calloc ((size_t) count, sizeof *tests);
    char (*paths) [320] = calloc ((size_t) count, sizeof *paths);
    if (!tests || !paths)
        return 1;
    for (int index = 0; index < count; index++) {
        snprintf (paths [index], sizeof paths [index], FOLDER "/%s", entries [index]->d_name);
        tests [index].name = paths [index] + sizeof FOLDER;
        tests [index].test_func = test_scenario;
        tests [index].initial_state = paths [index];
        free (entries [index]);
    }
    free (entries);
    int rc = _cmocka_run_group_tests ("scenarios", tests, (size_t) count, NULL, NULL);
    free (tests);
    free (paths);
    return rc;
}
