/*  =========================================================================
    test_random - random faults, and the safety checks of sim after each step

    A run draws a cluster and its settings from the seed, lets faults happen for
    a while, then heals everything and demands a leader soon (G4). The seed of a
    failing run is printed; ZELECT_SEED replays from it. ZELECT_RUNS, or
    30,000 times ZELECT_COUNT_SCALE, is how many runs there are.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim.h"
#include "zelect_test.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 30000
#define FAULTS 60

typedef struct {
    sim_t sim;
    uint64_t random;
} run_t;

static unsigned
s_draw (run_t *self, unsigned limit)
{
    self->random += UINT64_C (0x9e3779b97f4a7c15);
    uint64_t word = self->random;
    word = (word ^ (word >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C (0x94d049bb133111eb);
    return (unsigned) ((word ^ (word >> 31)) % limit);
}

//  Links that delay, reorder, repeat and lose: each of it in some runs only.

static void
s_draw_network (run_t *self)
{
    sim_t *sim = &self->sim;
    sim->delay_ns = (1 + s_draw (self, 20)) * ZELECT_MS / 2;
    sim->jitter_ns = s_draw (self, 2) * s_draw (self, 30) * ZELECT_MS;
    sim->late_ns = (1 + s_draw (self, 8000)) * ZELECT_MS;
    sim->late_permille = s_draw (self, 2) * s_draw (self, 100);
    sim->twice_permille = s_draw (self, 2) * s_draw (self, 300);
    sim->lost_permille = s_draw (self, 4) ? 0 : s_draw (self, 200);
    sim->tears_writes = true;
}

static void
s_draw_cluster (run_t *self)
{
    static const unsigned sizes [] = {1, 2, 3, 3, 3, 4, 5, 5, 7};
    sim_init (&self->sim, sizes [s_draw (self, 9)], self->random);
    sim_t *sim = &self->sim;
    bool mixed = s_draw (self, 4) == 0, preempt = s_draw (self, 4) == 0;
    unsigned witness = s_draw (self, 8), non_voter = s_draw (self, 8);
    s_draw_network (self);
    for (unsigned index = 0; index < sim->count; index++) {
        sim_node_t *node = &sim->nodes [index];
        node->drift_permille = (int) s_draw (self, 201) - 100;
        node->save_ns = s_draw (self, 8) * s_draw (self, 20) * ZELECT_MS / 2;
        node->options.preempt = preempt;
        node->options.priority = preempt ? (uint8_t) (100 + s_draw (self, 3)) : 100;
        if (mixed)
            node->options.election_ns = (300 + 100 * s_draw (self, 8)) * ZELECT_MS;
        if (witness == index && sim->count > 2)
            node->options.priority = 0;
        if (non_voter == 0 && sim->count > 2)
            node->options.voters = (UINT64_C (1) << (sim->count - 1)) - 1;
    }
    for (unsigned index = 0; index < sim->count; index++)
        sim_start (sim, index, true);
}

static void
s_command (run_t *self, unsigned node)
{
    static const zelect_input_kind_t kinds [] = {ZELECT_INPUT_RESIGN, ZELECT_INPUT_TRANSFER,
                                                 ZELECT_INPUT_HEALTH, ZELECT_INPUT_HEALTH};
    zelect_input_t input = {
        .kind = (uint8_t) kinds [s_draw (self, 4)],
        .member = (uint8_t) s_draw (self, self->sim.count),
        .ok = (uint8_t) s_draw (self, 2),
    };
    sim_input (&self->sim, node, &input);
}

//  R10: the others learn of a death, each sooner or later or not at all.

static void
s_prove_dead (run_t *self, unsigned dead)
{
    for (unsigned index = 0; index < self->sim.count; index++) {
        sim_node_t *node = &self->sim.nodes [index];
        zelect_input_t input = {
            .kind = ZELECT_INPUT_DIED,
            .member = (uint8_t) dead,
            .number = self->sim.nodes [dead].options.incarnation,
        };
        if (node->is_up && node->frozen_since == ZELECT_NEVER && s_draw (self, 3))
            sim_input (&self->sim, index, &input);
    }
}

static void
s_toggle (run_t *self, unsigned node)
{
    sim_t *sim = &self->sim;
    if (!sim->nodes [node].is_up) {
        //  R9: another T than in the last run, at times
        if (s_draw (self, 6) == 0)
            sim->nodes [node].options.election_ns = (300 + 100 * s_draw (self, 8)) * ZELECT_MS;
        sim_start (sim, node, true);
        return;
    }
    sim_kill (sim, node);
    if (s_draw (self, 2))
        s_prove_dead (self, node);
}

//  R9: quick restarts of all but one node, the leader if there is one: whoever
//  forgets what it promised breaks the lease.

static void
s_bounce (run_t *self)
{
    sim_t *sim = &self->sim;
    uint8_t spared = sim_leader (sim);
    for (unsigned index = 0; index < sim->count; index++) {
        sim_node_t *node = &sim->nodes [index];
        if (index == spared || !node->is_up || node->frozen_since != ZELECT_NEVER)
            continue;
        sim_kill (sim, index);
        if (s_draw (self, 3) == 0)
            node->options.election_ns = (300 + 100 * s_draw (self, 8)) * ZELECT_MS;
        sim_start (sim, index, true);
    }
    if (spared != ZELECT_NOBODY && s_draw (self, 2))
        for (unsigned index = 0; index < sim->count; index++)
            sim->links [spared][index] = sim->links [index][spared] = false;
}

static void
s_fault (run_t *self)
{
    sim_t *sim = &self->sim;
    unsigned node = s_draw (self, sim->count), other = s_draw (self, sim->count);
    sim_node_t *at = &sim->nodes [node];
    switch (s_draw (self, 11)) {
    case 0:
    case 1:
        if (at->frozen_since == ZELECT_NEVER)
            s_toggle (self, node);
        break;
    case 2:
        if (at->is_up && at->frozen_since == ZELECT_NEVER)
            sim_freeze (sim, node);
        else if (at->is_up)
            sim_thaw (sim, node);
        break;
    case 3:
    case 4:
        sim->links [node][other] = !sim->links [node][other];
        break;
    case 5:
        sim->feeds [node][other] = !sim->feeds [node][other];
        break;
    case 6:
        s_bounce (self);
        break;
    case 7:
        memset (sim->links, true, sizeof sim->links);
        break;
    case 8:
        sim->held_until [node][other] = sim->now + s_draw (self, 6000) * ZELECT_MS;
        break;
    default:
        if (at->is_up && at->frozen_since == ZELECT_NEVER)
            s_command (self, node);
        break;
    }
}

//  Everything is well again; G4: a leader soon.

static bool
s_heal (run_t *self)
{
    sim_t *sim = &self->sim;
    memset (sim->links, true, sizeof sim->links);
    memset (sim->held_until, 0, sizeof sim->held_until);
    sim->late_permille = sim->twice_permille = sim->lost_permille = 0;
    for (unsigned index = 0; index < sim->count; index++) {
        sim_node_t *node = &sim->nodes [index];
        if (!node->is_up)
            sim_start (sim, index, true);
        else if (node->frozen_since != ZELECT_NEVER)
            sim_thaw (sim, index);
        zelect_input_t well = {.kind = ZELECT_INPUT_HEALTH, .ok = 1};
        sim_input (sim, index, &well);
    }
    return sim_run_until_led (sim, sim->now + 8000 * ZELECT_MS);
}

static void
s_one_run (uint64_t seed)
{
    run_t run = {.random = seed};
    s_draw_cluster (&run);
    for (unsigned fault = 0; fault < FAULTS && !run.sim.violations; fault++) {
        uint64_t pause = s_draw (&run, 4) ? s_draw (&run, 40) : s_draw (&run, 1500);
        sim_run (&run.sim, run.sim.now + pause * ZELECT_MS);
        s_fault (&run);
        if (!getenv ("ZELECT_TRACE") && !run.sim.violations)
            run.sim.text_size = 0;
    }
    bool led = run.sim.violations || s_heal (&run);
    if (run.sim.violations || !led) {
        fputs (run.sim.text ? run.sim.text : "", stderr);
        fail_msg ("ZELECT_SEED=%" PRIu64 " ZELECT_RUNS=1: %u violations, %s", seed,
                  run.sim.violations, led ? "led" : "no leader after everything was healed");
    }
    sim_free (&run.sim);
}

static void
test_random_faults (void **state)
{
    (void) state;
    uint64_t seed = zelect_test_seed ("random faults");
    const char *given = getenv ("ZELECT_RUNS");
    const char *scale = getenv ("ZELECT_COUNT_SCALE");
    unsigned runs = (unsigned) (RUNS * (scale ? strtod (scale, NULL) : 0.05));
    if (given)
        runs = (unsigned) strtoul (given, NULL, 10);
    for (unsigned index = 0; index < runs; index++)
        s_one_run (seed + index);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_random_faults),
    };
    return cmocka_run_group_tests_name ("random", tests, NULL, NULL);
}
