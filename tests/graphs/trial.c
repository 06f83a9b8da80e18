/*  =========================================================================
    trial - a healthy cluster whose links are cut to a graph, and what then

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "trial.h"
#include "sim.h"
#include <stdio.h>

#define TIMEOUT (TRIAL_TIMEOUT_MS * ZELECT_MS)
#define SLICE (TIMEOUT / 100)

const char *
trial_fault_text (unsigned fault)
{
    static const char *const texts [] = {
#define X(name, text) text,
        TRIAL_FAULT_MAP (X)
#undef X
    };
    return fault < TRIAL_FAULTS ? texts [fault] : "?";
}

//  Source: the finaliser of splitmix64 (Steele, Lea, Flood 2014)

uint64_t
trial_seed (uint64_t seed, graph_t graph, unsigned leader)
{
    uint64_t word = seed + (graph * UINT64_C (8) + leader + 1) * UINT64_C (0x9e3779b97f4a7c15);
    word = (word ^ (word >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C (0x94d049bb133111eb);
    return word ^ (word >> 31);
}

//  A cluster that has elected, has handed over to whom it shall lead, and has
//  had the time to agree on an order of succession. The links are cut at any
//  moment between two heartbeats.

static bool
s_raise (sim_t *sim, const trial_t *trial)
{
    for (unsigned node = 0; node < trial->size; node++) {
        sim->nodes [node].options.election_ns = TIMEOUT;
        if (node == trial->witness)
            sim->nodes [node].options.priority = 0;
        sim_start (sim, node, true);
    }
    if (!sim_run_until_led (sim, 20 * TIMEOUT))
        return false;
    sim_run (sim, sim->now + TIMEOUT);
    if (sim_leader (sim) != trial->leader) {
        zelect_input_t transfer = {.kind = ZELECT_INPUT_TRANSFER, .member = trial->leader};
        sim_input (sim, sim_leader (sim), &transfer);
        sim_run (sim, sim->now + TIMEOUT);
    }
    sim_run (sim, sim->now + trial->seed % sim->nodes [0].options.heartbeat_ns);
    return sim_leader (sim) == trial->leader && sim_is_led (sim);
}

static void
s_cut (sim_t *sim, const trial_t *trial)
{
    for (unsigned from = 0; from < trial->size; from++)
        for (unsigned to = 0; to < trial->size; to++)
            if (!graph_links (trial->graph, trial->size, from, to))
                sim_cut (sim, from, to);
}

static void
s_heal (sim_t *sim, const trial_t *trial)
{
    for (unsigned from = 0; from < trial->size; from++)
        for (unsigned to = 0; to < trial->size; to++)
            if (!graph_links (trial->graph, trial->size, from, to))
                sim_heal (sim, from, to);
}

//  Let the cluster have its time. Returns how often the leader changed, and when
//  it last did.

static uint8_t
s_recover (sim_t *sim, uint64_t *changed_ns)
{
    uint64_t begun = sim->now, leaderships = sim->leaderships, last = leaderships;
    *changed_ns = 0;
    while (sim->now < begun + TRIAL_LIMIT * TIMEOUT) {
        sim_run (sim, sim->now + SLICE);
        if (sim->leaderships != last)
            *changed_ns = sim->now - begun;
        last = sim->leaderships;
    }
    return (uint8_t) (last - leaderships);
}

static bool
s_is_quiet (sim_t *sim, unsigned timeouts)
{
    uint64_t leaderships = sim->leaderships;
    uint8_t leader = sim_leader (sim);
    for (unsigned quiet = 0; quiet < timeouts; quiet++) {
        sim_run (sim, sim->now + TIMEOUT);
        if (sim->leaderships != leaderships || sim_leader (sim) != leader)
            return false;
    }
    return true;
}

static bool
s_is_led (const sim_t *sim)
{
    return sim_leader (sim) != ZELECT_NOBODY;
}

static void
s_note (outcome_t *outcome, trial_fault_t fault, bool is_faulty)
{
    outcome->faults = (uint8_t) (outcome->faults | is_faulty << fault);
}

static void
s_try (sim_t *sim, const trial_t *trial, outcome_t *outcome)
{
    bool is_healthy = s_raise (sim, trial);
    s_note (outcome, TRIAL_SICK, !is_healthy);
    if (!is_healthy)
        return;
    uint32_t centres = graph_centres (trial->graph, trial->size);
    if (trial->witness != TRIAL_NOBODY)
        centres &= ~(1u << trial->witness);
    uint64_t changed_ns;
    s_cut (sim, trial);
    outcome->changes = s_recover (sim, &changed_ns);
    outcome->recovery_us = (uint32_t) (changed_ns / 1000);
    outcome->is_led = s_is_led (sim);
    s_note (outcome, TRIAL_UNLED, centres && !outcome->is_led);
    s_note (outcome, TRIAL_POWERLESS, !centres && outcome->is_led);
    s_note (outcome, TRIAL_RESTLESS, !s_is_quiet (sim, TRIAL_QUIET));
    bool was_led = outcome->is_led;
    s_heal (sim, trial);
    s_note (outcome, TRIAL_UNSEATED, s_recover (sim, &changed_ns) && was_led);
    s_note (outcome, TRIAL_UNHEALED, !s_is_led (sim) || !s_is_quiet (sim, TRIAL_HEALED));
}

outcome_t
trial_run (const trial_t *trial, bool is_traced)
{
    static sim_t sim;
    outcome_t outcome = {.is_done = 1};
    sim_init (&sim, trial->size, trial->seed);
    sim.is_traced = is_traced;
    s_try (&sim, trial, &outcome);
    if (sim.violations)
        outcome.faults |= 1 << TRIAL_UNSAFE;
    if (is_traced)
        fputs (sim.text, stdout);
    sim_free (&sim);
    return outcome;
}
