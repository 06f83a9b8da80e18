/*  =========================================================================
    faults_process - what may happen to processes, clocks and applications

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"

//  ----  Processes  -----------------------------------------------------------

//  Who is down is started instead: else all would soon be.

void
fault_crash (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
    else
        run_start (run, node);
}

void
fault_crash_between (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (!run->sim.nodes [node].is_up) {
        run_start (run, node);
        return;
    }
    run_say (run, "kill n%u after some effects", node + 1);
    run->sim.nodes [node].crash_in = 1 + run_part (action, 0, 12);
}

static void
s_restart (run_t *run, unsigned node)
{
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
    run_start (run, node);
}

void
fault_restart (run_t *run, const action_t *action)
{
    s_restart (run, run_node (run, action));
}

void
fault_restart_storm (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    unsigned times = 2 + run_part (action, 0, 6);
    for (unsigned time = 0; time < times; time++) {
        s_restart (run, node);
        run_pass (run, run_part (action, 1 + time, 60) * ZELECT_MS);
    }
}

void
fault_kill_at_start (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
    run->sim.nodes [node].crash_in = 1 + run_part (action, 0, 4);
    run_start (run, node);
}

//  R9: quick restarts of all but the leader: whoever forgets what it promised
//  breaks the lease.

void
fault_bounce (run_t *run, const action_t *action)
{
    sim_t *sim = &run->sim;
    uint8_t spared = sim_leader (sim);
    for (unsigned node = 0; node < sim->count; node++) {
        if (node == spared || !sim->nodes [node].is_up)
            continue;
        run_kill (run, node);
        if (run->plan->on [FAULT_changed_timeout] && !sim->nodes [node].options.is_volatile
            && run_part (action, node, 3) == 0)
            sim->nodes [node].options.election_ns =
                (300 + 100 * run_part (action, 16 + node, 8)) * ZELECT_MS;
        run_start (run, node);
    }
    if (spared == ZELECT_NOBODY || run_part (action, 99, 2))
        return;
    run_say (run, "isolate n%u", spared + 1u);
    for (unsigned node = 0; node < sim->count; node++) {
        sim_cut (sim, spared, node);
        sim_cut (sim, node, spared);
    }
}

void
fault_proof_of_death (run_t *run, const action_t *action)
{
    (void) action;
    run->proves_deaths = true;
}

void
fault_pause (run_t *run, const action_t *action)
{
    run_freeze (run, run_node (run, action), run_part (action, 0, 3000) * ZELECT_MS);
}

void
fault_stall (run_t *run, const action_t *action)
{
    run_freeze (run, run_node (run, action), run_part (action, 0, 400) * ZELECT_MS);
}

void
fault_slow_node (run_t *run, const action_t *action)
{
    run->sim.nodes [action->node % run->sim.count].work_ns =
        (1 + run_part (action, 0, 8)) * ZELECT_MS / 4;
}

static void
s_kill_stopped (run_t *run, unsigned node)
{
    if (run->sim.nodes [node].is_up)
        run_kill (run, node);
}

void
fault_stop (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (!sim_runs (&run->sim, node)) {
        if (!run->sim.nodes [node].is_up)
            run_start (run, node);
        return;
    }
    run_say (run, "stop n%u", node + 1);
    sim_input (&run->sim, node, &(zelect_input_t){.kind = ZELECT_INPUT_STOP});
    run_later (run, run_part (action, 0, 20) * ZELECT_MS, s_kill_stopped, node);
}

//  ----  Clocks  --------------------------------------------------------------

static int
s_drift (const run_t *run, const action_t *action, unsigned place)
{
    int bound = (int) run->sim.nodes [0].options.drift_permille;
    unsigned how = run_part (action, 64 + place, 4);    //  Often at the bound
    if (how < 2)
        return how ? bound : -bound;
    return (int) run_part (action, place, (unsigned) (2 * bound + 1)) - bound;
}

void
fault_drift (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        sim_set_drift (&run->sim, node, s_drift (run, action, node));
}

void
fault_wander (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    int drift = s_drift (run, action, node);
    run_say (run, "set n%u drift=%d", node + 1, drift);
    sim_set_drift (&run->sim, node, drift);
}

void
fault_origin (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        run->sim.nodes [node].base_local = run_mix (action->word + node) >> 10;
}

static void
s_wake (run_t *run, unsigned node)
{
    for (unsigned other = 0; other < run->sim.count; other++) {
        sim_heal (&run->sim, node, other);
        sim_heal (&run->sim, other, node);
    }
    run_thaw (run, node);
}

void
fault_suspend (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    if (!sim_runs (&run->sim, node))
        return;
    run_say (run, "suspend n%u", node + 1);
    sim_freeze (&run->sim, node);
    for (unsigned other = 0; other < run->sim.count; other++) {
        sim_cut (&run->sim, node, other);
        sim_cut (&run->sim, other, node);
    }
    run_later (run, run_part (action, 0, 4000) * ZELECT_MS, s_wake, node);
}

void
fault_tick_stretch (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        run->sim.nodes [node].tick_late_ns = run_part (action, node, 10000) * ZELECT_MS / 1000;
}

//  The margin of a lease is a 256th of the promise: two clocks that stand still
//  for a 1024th of it each stay within.

void
fault_frozen_clock (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        run->sim.nodes [node].grain_ns = (1 + run_part (action, node, 280)) * ZELECT_MS / 1000;
}

//  ----  Settings  ------------------------------------------------------------

void
fault_mixed_timeouts (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        run->sim.nodes [node].options.election_ns =
            (300 + 100 * run_part (action, node, 8)) * ZELECT_MS;
}

void
fault_changed_timeout (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    sim_node_t *at = &run->sim.nodes [node];
    if (at->options.is_volatile || (at->is_up && at->frozen_since != ZELECT_NEVER))
        return;
    if (at->is_up)
        run_kill (run, node);
    unsigned election_ms = 300 + 100 * run_part (action, 0, 8);
    run_say (run, "set n%u election=%u", node + 1, election_ms);
    at->options.election_ns = election_ms * ZELECT_MS;
    run_start (run, node);
}

void
fault_mixed_heartbeats (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++)
        run->sim.nodes [node].options.heartbeat_ns =
            (50 + 10 * run_part (action, node, 8)) * ZELECT_MS;
}

//  One node does not know that the last one votes. What carries the digest of
//  the list is dropped between it and the others (run.c).

void
fault_mixed_lists (run_t *run, const action_t *action)
{
    sim_t *sim = &run->sim;
    if (sim->count < 4 || run->plan->on [FAULT_non_voter])
        return;
    unsigned node = run_part (action, 0, sim->count - 1);
    sim->nodes [node].options.voters &= ~(UINT64_C (1) << (sim->count - 1));
    run->has_lists = true;
}

void
fault_preemption (run_t *run, const action_t *action)
{
    for (unsigned node = 0; node < run->sim.count; node++) {
        run->sim.nodes [node].options.preempt = 1;
        run->sim.nodes [node].options.priority = (uint8_t) (100 + run_part (action, node, 3));
    }
}

void
fault_witness (run_t *run, const action_t *action)
{
    if (run->sim.count > 2)
        run->sim.nodes [run_part (action, 0, run->sim.count)].options.priority = 0;
}

void
fault_non_voter (run_t *run, const action_t *action)
{
    (void) action;
    sim_t *sim = &run->sim;
    for (unsigned node = 0; sim->count > 2 && node < sim->count; node++)
        sim->nodes [node].options.voters = (UINT64_C (1) << (sim->count - 1)) - 1;
}

void
fault_forgetful (run_t *run, const action_t *action)
{
    unsigned all = run_part (action, 0, 4) == 0;
    for (unsigned node = 0; node < run->sim.count; node++)
        if (all || node == action->node % run->sim.count)
            run->sim.nodes [node].options.is_volatile = 1;
}

//  ----  The application  -----------------------------------------------------

static void
s_command (run_t *run, const action_t *action, unsigned node, zelect_input_kind_t kind)
{
    if (!sim_runs (&run->sim, node))
        return;
    zelect_input_t input = {
        .kind = (uint8_t) kind,
        .member = (uint8_t) run_part (action, 0, run->sim.count),
        .ok = (uint8_t) run_part (action, 1, 2),
    };
    if (kind == ZELECT_INPUT_TRANSFER)
        run_say (run, "transfer n%u n%u", node + 1, input.member + 1u);
    else if (kind == ZELECT_INPUT_RESIGN)
        run_say (run, "resign n%u", node + 1);
    else
        run_say (run, "healthy n%u %u", node + 1, input.ok);
    sim_input (&run->sim, node, &input);
}

void
fault_resign (run_t *run, const action_t *action)
{
    s_command (run, action, run_node (run, action), ZELECT_INPUT_RESIGN);
}

void
fault_transfer (run_t *run, const action_t *action)
{
    s_command (run, action, run_node (run, action), ZELECT_INPUT_TRANSFER);
}

void
fault_unhealthy (run_t *run, const action_t *action)
{
    s_command (run, action, run_node (run, action), ZELECT_INPUT_HEALTH);
}
