/*  =========================================================================
    workers - many runs, in as many processes as there are cores to use

    A run may abort (the core checks itself); so runs are made in children, and
    which seed a child was at stands in memory that the parent shares.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef WORKERS_H_INCLUDED
#define WORKERS_H_INCLUDED

#include "run.h"

#define WORKERS_MAX 64

typedef struct {
    uint64_t seed;          //  The first one
    uint64_t runs;          //  Stop after so many runs, UINT64_MAX: no limit,
    uint64_t elections;     //    or so many elections,
    double seconds;         //    or so much time
    unsigned jobs;
    unsigned nodes;         //  0: drawn for each run
    unsigned events;        //  Faults in a run at most, 0: no limit
    canary_t canary;
    const bool *wanted;     //  NULL: all
} job_t;

typedef struct {
    run_stats_t stats;
    double cpu_seconds;     //  Of all workers
    uint64_t failed_seed;
    bool has_failed;
} result_t;

//  --------------------------------------------------------------------------
//  Do the runs, until one fails.

void workers_run (const job_t *job, result_t *result);

//  --------------------------------------------------------------------------
//  The plan of a seed of this job.

void workers_plan (const job_t *job, uint64_t seed, plan_t *plan);

//  --------------------------------------------------------------------------
//  What a plan comes to, tried in a child: the verdict, "" if nothing is wrong.
//  With `is_traced` the transcript goes to stdout.

const char *workers_try (const plan_t *plan, bool is_traced);

#endif
