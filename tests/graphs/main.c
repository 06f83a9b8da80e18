/*  =========================================================================
    graphs - every directed graph of links, and what an election makes of it

    From a healthy cluster, its leader at each node in turn, the links are cut
    to the graph. A leader has to be there if and only if some node that can
    lead is linked both ways to a majority; and then there is no change for a
    hundred election timeouts. Prints TAP, and how long recoveries took.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "paper.h"
#include "tally.h"
#include <assert.h>
#include <inttypes.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAULTY_MAX 10    //  Faulty trials that are told of

typedef struct {
    //  The command line
    int size;
    int graph;
    int leader;
    int all;
    int drawn;
    int witness;
    int trace;
    int jobs;
    char *seed_text;

    //  The work
    uint64_t seed;
    trial_t *trials;
    outcome_t *outcomes;    //  Shared with the processes that do the work
    size_t count;
} graphs_t;

//  ----  What to try  ---------------------------------------------------------

static uint8_t
s_witness (const graphs_t *self, uint64_t seed, unsigned leader)
{
    if (!self->witness)
        return TRIAL_NOBODY;
    unsigned other = (unsigned) (seed >> 32) % ((unsigned) self->size - 1);
    return (uint8_t) (other < leader ? other : other + 1);
}

static void
s_add (graphs_t *self, graph_t graph, unsigned leader)
{
    uint64_t seed = trial_seed (self->seed, graph, leader);
    self->trials [self->count++] = (trial_t){
        .seed = seed,
        .graph = graph,
        .size = (uint8_t) self->size,
        .leader = (uint8_t) leader,
        .witness = s_witness (self, seed, leader),
    };
}

//  All leaders of a graph; of one that is not the first of its kind perhaps only
//  one that is drawn.

static void
s_add_graph (graphs_t *self, graph_t graph)
{
    unsigned size = (unsigned) self->size;
    bool is_first = graph_is_first (graph, size);
    if (!is_first && !self->all && !self->drawn)
        return;
    unsigned drawn = (unsigned) (trial_seed (self->seed, graph, size) % size);
    for (unsigned leader = 0; leader < size; leader++)
        if (is_first || self->all || leader == drawn)
            s_add (self, graph, leader);
}

static void
s_plan (graphs_t *self)
{
    graph_t count = graph_count ((unsigned) self->size);
    self->trials = calloc ((size_t) count * (size_t) self->size, sizeof *self->trials);
    assert (self->trials);
    for (graph_t graph = 0; graph < count; graph++)
        s_add_graph (self, graph);
}

//  ----  Trying  --------------------------------------------------------------

static void
s_tell_trial (const trial_t *trial)
{
    printf ("graph %" PRIu32 ", leader %u", trial->graph, trial->leader);
    if (trial->witness != TRIAL_NOBODY)
        printf (", witness %u", trial->witness);
}

//  Neighbouring graphs take as long as each other, so each process takes every
//  so manieth.

static void
s_work (graphs_t *self, size_t job)
{
    for (size_t index = job; index < self->count; index += (size_t) self->jobs)
        self->outcomes [index] = trial_run (&self->trials [index], false);
}

static bool
s_share_out (graphs_t *self)
{
    bool is_ok = true;
    for (int job = 0; job < self->jobs; job++) {
        pid_t child = fork ();
        assert (child >= 0);
        if (child == 0) {
            s_work (self, (size_t) job);
            _exit (0);
        }
    }
    int status;
    while (wait (&status) > 0)
        is_ok = is_ok && WIFEXITED (status) && WEXITSTATUS (status) == 0;
    return is_ok;
}

static void
s_tell_faults (const graphs_t *self)
{
    unsigned told = 0;
    for (size_t index = 0; index < self->count && told < FAULTY_MAX; index++) {
        unsigned faults = self->outcomes [index].faults;
        for (unsigned fault = 0; faults >> fault; fault++) {
            if (!(faults >> fault & 1))
                continue;
            printf ("# ");
            s_tell_trial (&self->trials [index]);
            printf (": %s\n", trial_fault_text (fault));
            told++;
        }
    }
}

//  ----  What is printed  -----------------------------------------------------

static unsigned
s_print_paper (const graphs_t *self)
{
    unsigned failed = 0;
    for (unsigned number = 0; number < PAPER_CASES; number++) {
        paper_case_t this = paper_case (number);
        this.trial.seed = trial_seed (self->seed, this.trial.graph, this.trial.leader);
        outcome_t outcome = trial_run (&this.trial, false);
        bool is_right = paper_is_right (&this, &outcome);
        printf ("%sok %u - Omni-Paxos, %s: %s; graph %" PRIu32 " of %u nodes, leader %u: ",
                is_right ? "" : "not ", number + 1, this.name, this.story, this.trial.graph,
                this.trial.size, this.trial.leader);
        if (outcome.changes)
            printf ("another after %" PRIu32 " ms\n", outcome.recovery_us / 1000);
        else
            printf ("it stays\n");
        failed += !is_right;
    }
    return failed;
}

static int
s_sweep (graphs_t *self)
{
    s_plan (self);
    self->outcomes = mmap (NULL, self->count * sizeof *self->outcomes, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert (self->outcomes != MAP_FAILED);
    printf ("1..%u\n", PAPER_CASES + tally_checks ());
    unsigned failed = s_print_paper (self);
    fflush (stdout);
    time_t begun = time (NULL);
    bool is_whole = s_share_out (self);
    if (!is_whole) {
        printf ("Bail out! a process that worked has failed\n");
        return 1;
    }
    tally_t tally = tally_count (self->outcomes, self->count);
    failed += tally_print (&tally, PAPER_CASES);
    printf ("# the slowest: ");
    s_tell_trial (&self->trials [tally.worst_trial]);
    printf ("; %ld s\n", (long) (time (NULL) - begun));
    s_tell_faults (self);
    return failed ? 1 : 0;
}

static int
s_show_one (const graphs_t *self)
{
    uint64_t seed = trial_seed (self->seed, (graph_t) self->graph, (unsigned) self->leader);
    trial_t trial = {
        .seed = seed,
        .graph = (graph_t) self->graph,
        .size = (uint8_t) self->size,
        .leader = (uint8_t) self->leader,
        .witness = s_witness (self, seed, (unsigned) self->leader),
    };
    outcome_t outcome = trial_run (&trial, self->trace);
    s_tell_trial (&trial);
    printf (": %u changes, the last %" PRIu32 " ms after the cut; %s leads\n", outcome.changes,
            outcome.recovery_us / 1000, outcome.is_led ? "somebody" : "nobody");
    for (unsigned fault = 0; fault < TRIAL_FAULTS; fault++)
        if (outcome.faults >> fault & 1)
            printf ("    %s\n", trial_fault_text (fault));
    return outcome.faults ? 1 : 0;
}

//  ----  The command line  ----------------------------------------------------

static bool
s_is_usable (const graphs_t *self)
{
    return self->size > 1 && self->size <= GRAPH_NODES && self->leader >= 0
           && self->leader < self->size && self->jobs > 0
           && self->graph < (int) graph_count ((unsigned) self->size);
}

static bool
s_read_arguments (graphs_t *self, int argc, const char **argv)
{
    const struct poptOption options [] = {
        {"size", 'n', POPT_ARG_INT, &self->size, 0, "Nodes of the cluster (5)", "N"},
        {"all", 'a', POPT_ARG_NONE, &self->all, 0, "All graphs, with each leader", NULL},
        {"drawn", 'd', POPT_ARG_NONE, &self->drawn, 0,
         "All graphs; each leader for one of each kind, for the others one that is drawn", NULL},
        {"witness", 'w', POPT_ARG_NONE, &self->witness, 0, "One other, drawn, has priority 0",
         NULL},
        {"jobs", 'j', POPT_ARG_INT, &self->jobs, 0, "Processes that work", "N"},
        {"seed", 's', POPT_ARG_STRING, &self->seed_text, 0, "Try the same again", "SEED"},
        {"graph", 'g', POPT_ARG_INT, &self->graph, 0, "This graph alone", "NUMBER"},
        {"leader", 'l', POPT_ARG_INT, &self->leader, 0, "... with this leader (0)", "NODE"},
        {"trace", 't', POPT_ARG_NONE, &self->trace, 0, "... and its transcript", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    poptContext context = poptGetContext ("graphs", argc, argv, options, 0);
    int rc = poptGetNextOpt (context);
    bool is_ok = rc == -1 && !poptPeekArg (context) && s_is_usable (self);
    if (!is_ok)
        poptPrintUsage (context, stderr, 0);
    poptFreeContext (context);
    return is_ok;
}

int
main (int argc, const char **argv)
{
    graphs_t self = {.size = 5, .graph = -1, .jobs = (int) sysconf (_SC_NPROCESSORS_ONLN)};
    if (!s_read_arguments (&self, argc, argv))
        return 2;
    const char *given = self.seed_text ? self.seed_text : getenv ("ZELECT_SEED");
    self.seed = given ? strtoull (given, NULL, 10) : (uint64_t) time (NULL);
    printf ("# graphs of %d nodes: ZELECT_SEED=%" PRIu64 "\n", self.size, self.seed);
    return self.graph < 0 ? s_sweep (&self) : s_show_one (&self);
}
