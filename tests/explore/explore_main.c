/*  =========================================================================
    explore - all that can happen in an election, one thing after the other

    Breadth first over all interleavings of real cores, within bounds that are
    printed. Slices run side by side, as many as there are processors. Prints
    TAP, a line a slice; the exit code is 1 if something was found.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_search.h"
#include <assert.h>
#include <inttypes.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *slice;
    char *bounds;
    char *folder;
    int jobs;
    int fair;
    int shows_cuts;
    long states;
} options_t;

//  ----  One slice  -----------------------------------------------------------

static void
s_print_limit (const char *name, unsigned limit)
{
    if (limit == EXPLORE_UNLIMITED)
        printf (", %s unlimited", name);
    else
        printf (", %s %u", name, limit);
}

static void
s_print_bounds (void)
{
    const explore_slice_t *slice = explore_slice;
    printf ("#   %d nodes, terms up to %u, rounds %u", EXPLORE_NODES, slice->terms, slice->rounds);
    s_print_limit ("crashes", slice->crashes);
    s_print_limit ("failed saves", slice->failures);
    s_print_limit ("orders", slice->orders);
    const struct {
        bool is_so;
        const char *text;
    } notes [] = {
        {slice->volatiles, "a volatile node"},
        {slice->ticks, "clocks of ticks that drift"},
        {slice->has_proofs, "proofs of death"},
        {slice->has_stalls, "stalls"},
        {slice->has_kept, "kept requests"},
        {slice->has_hints, "hints"},
        {slice->has_order, "an order of succession"},
        {slice->stands_at_will, "pre-votes at will"},
        {slice->has_no_waits, "no start-up wait"},
        {slice->is_brief, "promises end and are seen to end at once"},
        {slice->starts_led, "starts with a leader"},
        {slice->loses_one, "L2 also without any one node"},
    };
    for (unsigned index = 0; index < sizeof notes / sizeof *notes; index++)
        if (notes [index].is_so)
            printf (", %s", notes [index].text);
    putchar ('\n');
}

static void
s_print_result (const explore_search_t *search)
{
    const explore_fair_t *fair = &search->fair;
    printf ("#   %" PRIu64 " states (%" PRIu64 " saturated), depth %u, %s, %.1f s, %" PRIu64
            " steps, %" PRIu64 " led out of the bounds\n",
            search->table.count, search->expanded, search->depth,
            search->is_complete         ? "complete"
            : explore_slice->is_bounded ? "bounded, NOT complete"
                                        : "NOT complete",
            search->seconds, search->steps, search->out);
    printf ("#   expected number of states missed: %.1e\n", explore_table_missed (&search->table));
    if (search->limits.fair_every)
        printf ("#   a leader is reached by each of %" PRIu64
                " fair runs (every %u. state), longest %u"
                " steps; %" PRIu64 " steps\n",
                fair->runs, search->limits.fair_every, fair->longest, fair->steps);
    struct rusage usage;
    getrusage (RUSAGE_SELF, &usage);
    printf ("#   memory %.2f GB\n", (double) usage.ru_maxrss / 1e6);
}

static int
s_run_slice (const explore_slice_t *slice,
             const options_t *options,
             unsigned number,
             uint64_t *states)
{
    static explore_search_t search;
    explore_limits_t limits = {
        .bits = slice->bits,
        .fair_every = options->fair < 0 ? slice->fair_every : (unsigned) options->fair,
        .states_max = options->states ? (uint64_t) options->states : slice->states_max,
        .folder = options->folder,
    };
    explore_slice = slice;
    bool is_good = explore_search (&search, &limits);
    bool is_whole = search.is_complete || options->states || slice->is_bounded;
    bool is_found = !is_good && !strcmp (search.violation, EXPLORE_TWO_LEASES);
    bool is_right = slice->is_loose ? is_found : is_good && is_whole;
    printf ("%s %u - %s: %s%s%s\n", is_right ? "ok" : "not ok", number, slice->name, slice->about,
            is_good ? "" : ": ", is_good ? "" : search.violation);
    *states = slice->is_loose ? 0 : search.table.count;
    s_print_bounds ();
    s_print_result (&search);
    if (!is_good)
        explore_tell (&search);
    fflush (stdout);
    explore_search_free (&search);
    return is_right ? 0 : 1;
}

//  ----  All of them  ---------------------------------------------------------

//  Each slice is a child of its own, whose output is shown when it has ended.

static int
s_run_child (const explore_slice_t *slice,
             const options_t *options,
             unsigned number,
             FILE *output,
             uint64_t *states)
{
    fflush (stdout);
    pid_t child = fork ();
    if (child == 0) {
        dup2 (fileno (output), STDOUT_FILENO);
        _exit (s_run_slice (slice, options, number, states));
    }
    return (int) child;
}

static void
s_show (FILE *output)
{
    char buffer [4096];
    rewind (output);
    for (size_t size; (size = fread (buffer, 1, sizeof buffer, output)) > 0;)
        fwrite (buffer, 1, size, stdout);
    fclose (output);
    fflush (stdout);
}

#define SLICES 32

typedef struct {
    pid_t children [SLICES];
    FILE *outputs [SLICES];
    uint64_t *states;    //  Of each, shared with the children
    unsigned running;
    int failed;
} runs_t;

static void
s_wait (runs_t *self, unsigned count, const explore_slice_t *const *chosen)
{
    int status;
    pid_t child = wait (&status);
    for (unsigned index = 0; index < count; index++) {
        if (self->children [index] != child)
            continue;
        self->running--;
        s_show (self->outputs [index]);
        if (WIFEXITED (status) && !WEXITSTATUS (status))
            continue;
        self->failed = 1;
        if (!WIFEXITED (status))
            printf ("not ok %u - %s: killed by signal %d\n", index + 1, chosen [index]->name,
                    WTERMSIG (status));
    }
}

static void *
s_share (size_t size)
{
    void *bytes = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert (bytes != MAP_FAILED);
    return bytes;
}

//  How far all slices together have to go.

static void
s_sum (runs_t *self, unsigned count, uint64_t least)
{
    uint64_t sum = 0;
    for (unsigned index = 0; index < count; index++)
        sum += self->states [index];
    printf ("%s %u - %" PRIu64 " states in all, of %" PRIu64 " wanted\n",
            sum >= least ? "ok" : "not ok", count + 1, sum, least);
    self->failed |= sum < least;
}

static int
s_run_all (const options_t *options)
{
    const explore_slice_t *chosen [SLICES], *slice = explore_slices (options->bounds);
    unsigned count = 0;
    for (; slice && slice->name; slice++)
        if (!options->slice || !strcmp (slice->name, options->slice))
            chosen [count++] = slice;
    if (!count) {
        fprintf (stderr, "explore: no such slice or bounds\n");
        return 2;
    }
    uint64_t least = options->slice || options->states ? 0 : explore_least (options->bounds);
    runs_t runs = {.states = s_share (sizeof (uint64_t [SLICES]))};
    printf ("1..%u\n", count + (least > 0));
    for (unsigned index = 0; index < count; index++) {
        if (runs.running == (unsigned) options->jobs)
            s_wait (&runs, count, chosen);
        runs.outputs [index] = tmpfile ();
        runs.children [index] = s_run_child (chosen [index], options, index + 1,
                                             runs.outputs [index], &runs.states [index]);
        runs.running++;
    }
    while (runs.running)
        s_wait (&runs, count, chosen);
    if (least)
        s_sum (&runs, count, least);
    return runs.failed;
}

int
main (int argc, const char **argv)
{
    options_t options = {.fair = -1, .jobs = (int) sysconf (_SC_NPROCESSORS_ONLN)};
    const struct poptOption table [] = {
        {"slice", 's', POPT_ARG_STRING, &options.slice, 0, "Only this slice", "NAME"},
        {"bounds", 'b', POPT_ARG_STRING, &options.bounds, 0, "How far: quick, ci or deep", "SET"},
        {"jobs", 'j', POPT_ARG_INT, &options.jobs, 0, "Slices at a time", "N"},
        {"fair", 'f', POPT_ARG_INT, &options.fair, 0,
         "From every K-th state a leader is to be reached; 0: none", "K"},
        {"states", 'n', POPT_ARG_LONG, &options.states, 0, "Stop after so many states", "N"},
        {"folder", 'o', POPT_ARG_STRING, &options.folder, 0, "Where to write scenarios", "DIR"},
        {"cuts", 'c', POPT_ARG_NONE, &options.shows_cuts, 0, "What is left out", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    poptContext context = poptGetContext ("explore", argc, argv, table, 0);
    int rc = poptGetNextOpt (context);
    if (rc < -1 || poptPeekArg (context)) {
        poptPrintUsage (context, stderr, 0);
        return 2;
    }
    if (!options.bounds)
        options.bounds = strdup ("ci");
    if (options.shows_cuts)
        for (unsigned index = 0; explore_cuts [index]; index++)
            printf ("%s\n", explore_cuts [index]);
    else
        rc = s_run_all (&options);
    poptFreeContext (context);
    free (options.slice);
    free (options.bounds);
    free (options.folder);
    return options.shows_cuts ? 0 : rc;
}
