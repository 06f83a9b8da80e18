/*  =========================================================================
    workers - many runs, in as many processes as there are cores to use

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "workers.h"
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VERDICT_MAX 120

//  What a worker tells its parent.

typedef struct {
    run_stats_t stats;
    double cpu_seconds;
    uint64_t seed;    //  At which it is
    bool has_failed;
    char verdict [VERDICT_MAX];
} s_slip_t;

static run_t s_run;    //  Each process has its own

static double
s_clock (clockid_t clock)
{
    struct timespec now;
    clock_gettime (clock, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static s_slip_t *
s_share (unsigned count)
{
    void *slips = mmap (NULL, count * sizeof (s_slip_t), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert (slips != MAP_FAILED);
    return slips;
}

void
workers_plan (const job_t *job, uint64_t seed, plan_t *plan)
{
    plan_draw (plan, seed, job->wanted, job->canary, job->nodes);
    if (job->events && plan->count > job->events)
        plan->count = job->events;
}

//  ----  A worker  ------------------------------------------------------------

static void
s_work (const job_t *job, unsigned worker, s_slip_t *slips)
{
    s_slip_t *slip = &slips [worker];
    double end = s_clock (CLOCK_MONOTONIC) + job->seconds;
    uint64_t share = (job->elections - 1) / job->jobs + 1;
    static plan_t plan;
    run_init (&s_run);
    for (uint64_t index = worker; index < job->runs; index += job->jobs) {
        if (s_run.stats.elections >= share || s_clock (CLOCK_MONOTONIC) >= end
            || slips [0].has_failed)
            break;
        slip->seed = job->seed + index;
        workers_plan (job, slip->seed, &plan);
        const char *verdict = run_perform (&s_run, &plan);
        slip->stats = s_run.stats;
        slip->cpu_seconds = s_clock (CLOCK_PROCESS_CPUTIME_ID);
        if (verdict) {
            slip->has_failed = slips [0].has_failed = true;
            _exit (1);
        }
    }
    _exit (0);
}

static void
s_add (run_stats_t *sum, const run_stats_t *part)
{
    uint64_t *to = (uint64_t *) sum;
    const uint64_t *from = (const uint64_t *) part;
    for (size_t index = 0; index < sizeof *sum / sizeof *to; index++)
        to [index] += from [index];
}

void
workers_run (const job_t *job, result_t *result)
{
    memset (result, 0, sizeof *result);
    s_slip_t *slips = s_share (job->jobs);
    pid_t children [WORKERS_MAX];
    fflush (NULL);
    for (unsigned worker = 0; worker < job->jobs; worker++) {
        children [worker] = fork ();
        assert (children [worker] >= 0);
        if (!children [worker])
            s_work (job, worker, slips);
    }
    for (unsigned worker = 0; worker < job->jobs; worker++) {
        int status;
        waitpid (children [worker], &status, 0);
        s_add (&result->stats, &slips [worker].stats);
        result->cpu_seconds += slips [worker].cpu_seconds;
        if (!status || (!WIFSIGNALED (status) && !slips [worker].has_failed))
            continue;
        result->stats.violations += WIFSIGNALED (status) != 0;
        result->failed_seed = slips [worker].seed;
        result->has_failed = slips [0].has_failed = true;
    }
    munmap (slips, job->jobs * sizeof *slips);
}

//  ----  One run, tried  ------------------------------------------------------

//  What is known when the core stops itself: all but the step that it was in.

static void
s_print_last (int signal_number)
{
    const sim_t *sim = &s_run.sim;
    ssize_t size = sim->text_size ? write (STDOUT_FILENO, sim->text, sim->text_size) : 0;
    (void) size;
    _exit (128 + signal_number);
}

static void
s_try (const plan_t *plan, bool is_traced, s_slip_t *slip)
{
    signal (SIGALRM, SIG_DFL);
    alarm (120);
    run_init (&s_run);
    s_run.sim.is_traced = is_traced;
    if (is_traced) {
        signal (SIGILL, s_print_last);
        signal (SIGTRAP, s_print_last);
        signal (SIGABRT, s_print_last);
    }
    const char *verdict = run_perform (&s_run, plan);
    if (verdict)
        snprintf (slip->verdict, sizeof slip->verdict, "%s", verdict);
    if (is_traced && s_run.sim.text_size)
        fputs (s_run.sim.text, stdout);
    fflush (stdout);
    _exit (0);
}

const char *
workers_try (const plan_t *plan, bool is_traced)
{
    static char verdict [VERDICT_MAX];
    s_slip_t *slip = s_share (1);
    fflush (NULL);
    pid_t child = fork ();
    assert (child >= 0);
    if (!child)
        s_try (plan, is_traced, slip);
    int status;
    waitpid (child, &status, 0);
    snprintf (verdict, sizeof verdict, "%s", status ? "the core stopped itself" : slip->verdict);
    munmap (slip, sizeof *slip);
    return verdict;
}
