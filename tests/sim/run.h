/*  =========================================================================
    run - one run of the simulator, from its plan to its verdict

    A plan is a seed, the faults that are on, and a list of actions; the same
    plan runs the same way. Phases: nodes start; faults happen; all is healed,
    and a leader must be there soon (L1); in some runs then a majority is left
    in peace and the others are tormented, and the leader must stay (L3).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef RUN_H_INCLUDED
#define RUN_H_INCLUDED

#include "faults.h"

#define RUN_ACTIONS 120
#define RUN_STEADY 24       //  Actions of the steady phase, beside
#define RUN_LATERS 64
#define RUN_PAST 64
#define RUN_RECOVERIES 64    //  Classes of recovery times, each of T / 4

typedef enum {
    CANARY_NONE,
    CANARY_DRIFT,      //  Clocks drift beyond the bound
    CANARY_LEASE,      //  A lease is taken for longer than it is
    CANARY_FORGET,     //  The store says saved and saves nothing
    CANARY_FREEZE,     //  A clock stands still while its machine does
    CANARY_PROOF,      //  Living leaders are proved dead to all
    CANARIES
} canary_t;

typedef struct {
    uint64_t seed;
    bool on [FAULTS];
    canary_t canary;
    unsigned nodes;              //  0: drawn
    bool is_steady;              //  With the steady phase
    unsigned count;              //  Actions; the steady ones stand behind them
    unsigned steady_count;
    action_t actions [RUN_ACTIONS];
    action_t steady [RUN_STEADY];
} plan_t;

typedef void (later_fn) (run_t *run, unsigned node);

//  What a run, or many, came to.

typedef struct {
    uint64_t runs;
    uint64_t elections;
    uint64_t steps;
    uint64_t simulated_ns;
    uint64_t events;             //  Faults that happened
    uint64_t steady_events;      //  L3: those that a leader had to outlast
    uint64_t violations;
    uint64_t recoveries [RUN_RECOVERIES];
    uint64_t fired [FAULTS];
} run_stats_t;

struct _run_t {
    sim_t sim;
    const plan_t *plan;
    run_stats_t stats;
    struct {
        uint64_t at;
        later_fn *perform;
        unsigned node;
    } laters [RUN_LATERS];
    unsigned later_count;
    sim_packet_t past [RUN_PAST];    //  Some packets of any time ago
    unsigned past_count;
    uint64_t timeout_ns;         //  The longest T
    uint64_t cannot_start;       //  Mask: no memory, no threads
    uint64_t victims;            //  Mask: the only ones to be hit; 0: all
    uint8_t damages;             //  Mask: the ways in which bytes are damaged
    bool proves_deaths;
    bool has_lists;              //  Lists of voters differ
};

//  --------------------------------------------------------------------------
//  Get ready, and perform a plan. Returns what was violated, or NULL.

void run_init (run_t *self);
const char *run_perform (run_t *self, const plan_t *plan);
void run_free (run_t *self);

//  --------------------------------------------------------------------------
//  Draw a plan. `wanted`: the faults to choose from, NULL for all.

void plan_draw (plan_t *self, uint64_t seed, const bool *wanted, canary_t canary, unsigned nodes);

//  --------------------------------------------------------------------------
//  A word from a word: splitmix64.

static inline uint64_t
run_mix (uint64_t word)
{
    word += UINT64_C (0x9e3779b97f4a7c15);
    word = (word ^ (word >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C (0x94d049bb133111eb);
    return word ^ (word >> 31);
}

//  --------------------------------------------------------------------------
//  For faults: whom an action hits, and another node; a part of its word (each
//  `place` another one), below `limit`.

unsigned run_node (const run_t *self, const action_t *action);
unsigned run_other (const run_t *self, const action_t *action, unsigned node);

static inline unsigned
run_part (const action_t *action, unsigned place, unsigned limit)
{
    return (unsigned) (run_mix (action->word + place) % limit);
}

//  --------------------------------------------------------------------------
//  Let time pass; do something later; print a command into the transcript.

void run_pass (run_t *self, uint64_t ns);
void run_later (run_t *self, uint64_t after_ns, later_fn *perform, unsigned node);
void run_say (run_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

//  --------------------------------------------------------------------------
//  Processes: kill one that is up, and prove it to some; start one that is
//  down; freeze and thaw.

void run_kill (run_t *self, unsigned node);
void run_start (run_t *self, unsigned node);
void run_freeze (run_t *self, unsigned node, uint64_t ns);
void run_thaw (run_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  Packets as bytes (run_wire.c): ways to damage them, for sim_t's wire.

typedef enum {
    DAMAGE_NONE,
    DAMAGE_CORRUPT,
    DAMAGE_TRUNCATED,
    DAMAGE_VERSION,
    DAMAGE_CLUSTER,
    DAMAGE_STRANGER,
    DAMAGES
} damage_t;

bool run_wire (sim_t *sim, unsigned fault, sim_packet_t *packet);

#endif
