/*  =========================================================================
    sim - elections under every fault that has a name, simulated

    Draws runs from seeds, one after the other, and judges each step of each. A
    run that fails is shrunk to the shortest plan that fails in the same way,
    and printed as a transcript like those of tests/core/scenarios.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "shrink.h"
#include "svg.h"
#include "workers.h"
#include <errno.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHRINK_SECONDS 30
#define YEAR_NS (365.25 * 86400 * 1e9)

static const struct {
    const char *name;
    const char *text;
} s_canaries [CANARIES] = {
    {"none", ""},
    {"drift", "clocks drift by 40 %, far beyond the bound"},
    {"lease", "the lease cell is good for twice as long as it should"},
    {"forget", "the store says saved, and saves nothing"},
    {"freeze", "a clock stands still while its node is paused, as in a stopped machine"},
    {"proof", "leaders that live are proved dead"},
};

typedef struct {
    char *seed;
    char *runs;
    char *elections;
    char *only;
    char *canary;
    char *svg;
    double seconds;
    int jobs;
    int nodes;
    int events;
    int is_traced;
    int wants_help;
} s_options_t;

//  ----  Options  -------------------------------------------------------------

static void
s_print_help (void)
{
    puts ("usage: sim [--seed N] [--runs N | --seconds N | --elections N] [--jobs N]\n"
          "           [--nodes N] [--events N] [--only FAULT,...] [--canary NAME]\n"
          "           [--trace] [--svg FILE]\n\n"
          "Simulates elections and judges each step. Without a limit it makes 1000 runs.\n\n"
          "  --seed N         the first run's seed; default ZELECT_SEED, or the time\n"
          "  --runs N         stop after N runs,\n"
          "  --seconds N      or after N seconds,\n"
          "  --elections N    or after N elections\n"
          "  --jobs N         in N processes\n"
          "  --nodes N        of 1 to 9; default: drawn for each run\n"
          "  --events N       at most N faults happen in a run\n"
          "  --only FAULT,... with these faults ('all': every one) in each run; default:\n"
          "                   drawn for each run\n"
          "  --canary NAME    break the rules of the game: it has to fail\n"
          "  --trace          one run; print its transcript\n"
          "  --svg FILE       one run; draw it as a timeline\n");
    const char *group = "";
    for (unsigned fault = 0; fault < FAULTS; fault++) {
        const fault_kind_t *kind = &fault_kinds [fault];
        if (strcmp (group, kind->group))
            printf ("%s faults:\n", kind->group);
        group = kind->group;
        printf ("  %-20s %s\n", kind->name, kind->text);
    }
    printf ("\nThat makes %d kinds of faults. Canaries:\n", FAULTS);
    for (unsigned canary = 1; canary < CANARIES; canary++)
        printf ("  %-20s %s\n", s_canaries [canary].name, s_canaries [canary].text);
}

static void
s_usage (const char *what, const char *name)
{
    fprintf (stderr, "sim: %s '%s'; try --help\n", what, name);
    exit (2);
}

static void
s_read_options (s_options_t *self, int argc, const char **argv)
{
    const struct poptOption table [] = {
        {"seed", 0, POPT_ARG_STRING, &self->seed, 0, NULL, NULL},
        {"runs", 0, POPT_ARG_STRING, &self->runs, 0, NULL, NULL},
        {"elections", 0, POPT_ARG_STRING, &self->elections, 0, NULL, NULL},
        {"seconds", 0, POPT_ARG_DOUBLE, &self->seconds, 0, NULL, NULL},
        {"jobs", 0, POPT_ARG_INT, &self->jobs, 0, NULL, NULL},
        {"nodes", 0, POPT_ARG_INT, &self->nodes, 0, NULL, NULL},
        {"events", 0, POPT_ARG_INT, &self->events, 0, NULL, NULL},
        {"only", 0, POPT_ARG_STRING, &self->only, 0, NULL, NULL},
        {"canary", 0, POPT_ARG_STRING, &self->canary, 0, NULL, NULL},
        {"svg", 0, POPT_ARG_STRING, &self->svg, 0, NULL, NULL},
        {"trace", 0, POPT_ARG_NONE, &self->is_traced, 0, NULL, NULL},
        {"help", 'h', POPT_ARG_NONE, &self->wants_help, 0, NULL, NULL},
        POPT_TABLEEND,
    };
    poptContext context = poptGetContext ("sim", argc, argv, table, 0);
    if (poptGetNextOpt (context) < -1)
        s_usage ("no such option, or no such value", poptBadOption (context, 0));
    if (poptPeekArg (context))
        s_usage ("it takes no argument", poptPeekArg (context));
    poptFreeContext (context);
    if (self->jobs < 1 || self->jobs > WORKERS_MAX)
        s_usage ("so many jobs are not possible", "--jobs");
    if (self->nodes < 0 || self->nodes > SIM_NODES)
        s_usage ("so many nodes are not possible", "--nodes");
}

static const bool *
s_read_faults (char *list)
{
    static bool wanted [FAULTS];
    if (!strcmp (list, "all"))
        memset (wanted, true, sizeof wanted);
    else
        for (char *name = strtok (list, ","); name; name = strtok (NULL, ",")) {
            fault_t fault = fault_of_name (name);
            if (fault == FAULTS)
                s_usage ("no such fault", name);
            wanted [fault] = true;
        }
    return wanted;
}

static canary_t
s_read_canary (const char *name)
{
    for (unsigned canary = 1; canary < CANARIES; canary++)
        if (!strcmp (s_canaries [canary].name, name))
            return (canary_t) canary;
    s_usage ("no such canary", name);
    return CANARY_NONE;
}

static uint64_t
s_read_seed (const char *text)
{
    if (!text)
        text = getenv ("ZELECT_SEED");
    return text ? strtoull (text, NULL, 0) : (uint64_t) time (NULL) * 1000000;
}

static void
s_make_job (const s_options_t *options, job_t *job)
{
    *job = (job_t){
        .seed = s_read_seed (options->seed),
        .runs = options->runs ? strtoull (options->runs, NULL, 0) : UINT64_MAX,
        .elections = options->elections ? strtoull (options->elections, NULL, 0) : UINT64_MAX,
        .seconds = options->seconds > 0 ? options->seconds : 1e9,
        .jobs = (unsigned) options->jobs,
        .nodes = (unsigned) options->nodes,
        .events = (unsigned) options->events,
    };
    if (!options->runs && !options->elections && options->seconds <= 0)
        job->runs = 1000;
    if (options->only)
        job->wanted = s_read_faults (options->only);
    if (options->canary)
        job->canary = s_read_canary (options->canary);
}

//  ----  Results  -------------------------------------------------------------

//  Below which time, in units of T, a share of the recoveries was.

static double
s_recovery (const run_stats_t *stats, double share)
{
    uint64_t sum = 0, count = 0;
    for (unsigned place = 0; place < RUN_RECOVERIES; place++)
        sum += stats->recoveries [place];
    for (unsigned place = 0; place < RUN_RECOVERIES; place++) {
        count += stats->recoveries [place];
        if ((double) count >= share * (double) sum)
            return (place + 1) / 4.0;
    }
    return 0;
}

static void
s_print_result (const job_t *job, const result_t *result)
{
    const run_stats_t *stats = &result->stats;
    double years = (double) stats->simulated_ns / YEAR_NS;
    double cpu = result->cpu_seconds > 0 ? result->cpu_seconds : 1e-9;
    unsigned kinds = 0;
    for (unsigned fault = 0; fault < FAULTS; fault++)
        kinds += stats->fired [fault] > 0;
    printf ("seed %llu: %llu runs, %llu elections, %.4f simulated years, %.0f x real time a core "
            "(%.1f s), %llu steps\n",
            (unsigned long long) job->seed, (unsigned long long) stats->runs,
            (unsigned long long) stats->elections, years, (double) stats->simulated_ns / 1e9 / cpu,
            cpu, (unsigned long long) stats->steps);
    printf ("faults of %u kinds happened %llu times; %llu did not move a leader that had its "
            "majority\n",
            kinds, (unsigned long long) stats->events, (unsigned long long) stats->steady_events);
    printf ("led again after healing, in T: median %.2f, 99 %% %.2f, 99.9 %% %.2f, worst %.2f\n",
            s_recovery (stats, 0.5), s_recovery (stats, 0.99), s_recovery (stats, 0.999),
            s_recovery (stats, 1));
    printf ("violations: %llu\n", (unsigned long long) stats->violations);
}

static void
s_print_failure (const job_t *job, uint64_t seed)
{
    static plan_t plan;
    char verdict [120];
    workers_plan (job, seed, &plan);
    snprintf (verdict, sizeof verdict, "%s", workers_try (&plan, false));
    printf ("FAILED with --seed %llu --runs 1: %s\n", (unsigned long long) seed, verdict);
    shrink (&plan, verdict, SHRINK_SECONDS);
    printf ("the shortest plan found (%u faults):\n", plan.count + plan.steady_count);
    workers_try (&plan, true);
}

//  The picture says by which command it was made.

static int
s_draw (const plan_t *plan, const char *path, int argc, const char **argv)
{
    char caption [400] = "sim";
    for (int index = 1; index < argc; index++) {
        size_t size = strlen (caption);
        snprintf (caption + size, sizeof caption - size, " %s", argv [index]);
    }
    if (svg_write (path, plan, caption) == 0)
        return 0;
    fprintf (stderr, "sim: cannot write %s: %s\n", path, strerror (errno));
    return 2;
}

static int
s_show_one (const job_t *job, const s_options_t *options, int argc, const char **argv)
{
    static plan_t plan;
    workers_plan (job, job->seed, &plan);
    if (options->svg)
        return s_draw (&plan, options->svg, argc, argv);
    const char *verdict = workers_try (&plan, true);
    if (*verdict)
        printf ("FAILED: %s\n", verdict);
    return *verdict ? 1 : 0;
}

int
main (int argc, const char **argv)
{
    s_options_t options = {.jobs = 1};
    s_read_options (&options, argc, argv);
    if (options.wants_help) {
        s_print_help ();
        return 0;
    }
    job_t job;
    result_t result;
    s_make_job (&options, &job);
    if (options.is_traced || options.svg)
        return s_show_one (&job, &options, argc, argv);
    workers_run (&job, &result);
    s_print_result (&job, &result);
    if (result.has_failed)
        s_print_failure (&job, result.failed_seed);
    return result.has_failed ? 1 : 0;
}
