/*  =========================================================================
    run - one run of the simulator, from its plan to its verdict

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"
#include "sim_clock.h"
#include "sim_private.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

//  ----  What faults need  ----------------------------------------------------

static unsigned
s_victim (const run_t *self, unsigned number)
{
    unsigned left = number % (unsigned) __builtin_popcountll (self->victims);
    uint64_t mask = self->victims;
    while (left--)
        mask &= mask - 1;
    return (unsigned) __builtin_ctzll (mask);
}

unsigned
run_node (const run_t *self, const action_t *action)
{
    if (self->victims)
        return s_victim (self, action->node);
    uint8_t leader = action->is_at_leader ? sim_leader (&self->sim) : ZELECT_NOBODY;
    return leader == ZELECT_NOBODY ? action->node % self->sim.count : leader;
}

unsigned
run_other (const run_t *self, const action_t *action, unsigned node)
{
    unsigned count = self->sim.count;
    return count < 2 ? node : (node + 1 + action->other % (count - 1)) % count;
}

void
run_say (run_t *self, const char *format, ...)
{
    if (!self->sim.is_traced)
        return;
    char line [200];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (line, sizeof line, format, arguments);
    va_end (arguments);
    sim_print (&self->sim, "\n%s\n----\n", line);
    sim_marks_say (&self->sim.marks, SIM_MARK_NOTE, 0, self->sim.now, line);
}

//  ----  Time  ----------------------------------------------------------------

void
run_later (run_t *self, uint64_t after_ns, later_fn *perform, unsigned node)
{
    if (self->later_count == RUN_LATERS) {
        perform (self, node);
        return;
    }
    unsigned place = self->later_count++;
    self->laters [place].at = self->sim.now + after_ns;
    self->laters [place].perform = perform;
    self->laters [place].node = node;
}

//  What was put off and is due next, up to `until`; its place, or -1.

static int
s_next_later (const run_t *self, uint64_t until)
{
    int best = -1;
    for (unsigned place = 0; place < self->later_count; place++)
        if (self->laters [place].at <= until
            && (best < 0 || self->laters [place].at < self->laters [best].at))
            best = (int) place;
    return best;
}

static void
s_perform_later (run_t *self, int place)
{
    later_fn *perform = self->laters [place].perform;
    unsigned node = self->laters [place].node;
    self->laters [place] = self->laters [--self->later_count];
    perform (self, node);
}

void
run_pass (run_t *self, uint64_t ns)
{
    uint64_t until = self->sim.now + ns;
    for (;;) {
        int place = s_next_later (self, until);
        if (place < 0)
            break;
        if (self->laters [place].at > self->sim.now)
            sim_run (&self->sim, self->laters [place].at);
        s_perform_later (self, place);
    }
    sim_run (&self->sim, until);
}

//  ----  Processes  -----------------------------------------------------------

//  R10: the others learn of a death, each sooner or later or not at all.

static void
s_prove_dead (run_t *self, unsigned dead)
{
    for (unsigned node = 0; node < self->sim.count; node++)
        if (node != dead && sim_random (&self->sim, 3))
            sim_prove_dead (&self->sim, node, dead, sim_random (&self->sim, 20) * ZELECT_MS / 2);
}

void
run_kill (run_t *self, unsigned node)
{
    run_say (self, "kill n%u", node + 1);
    sim_kill (&self->sim, node);
    if (self->proves_deaths)
        s_prove_dead (self, node);
}

void
run_start (run_t *self, unsigned node)
{
    if (self->sim.nodes [node].is_up || self->cannot_start >> node & 1)
        return;
    run_say (self, "start n%u", node + 1);
    sim_start (&self->sim, node, !self->sim.nodes [node].was_started);
}

void
run_thaw (run_t *self, unsigned node)
{
    const sim_node_t *at = &self->sim.nodes [node];
    if (!at->is_up || at->frozen_since == ZELECT_NEVER)
        return;
    run_say (self, "thaw n%u", node + 1);
    if (self->plan->canary == CANARY_FREEZE)
        sim_lag (&self->sim, node);
    sim_thaw (&self->sim, node);
}

void
run_freeze (run_t *self, unsigned node, uint64_t ns)
{
    if (!sim_runs (&self->sim, node))
        return;
    run_say (self, "freeze n%u", node + 1);
    sim_freeze (&self->sim, node);
    run_later (self, ns, run_thaw, node);
}

//  ----  Begin  ---------------------------------------------------------------

static void
s_set_timeout (run_t *self)
{
    self->timeout_ns = 0;
    for (unsigned node = 0; node < self->sim.count; node++)
        if (self->sim.nodes [node].options.election_ns > self->timeout_ns)
            self->timeout_ns = self->sim.nodes [node].options.election_ns;
}

static void
s_set_canary (run_t *self)
{
    sim_t *sim = &self->sim;
    if (self->plan->canary == CANARY_DRIFT)
        for (unsigned node = 0; node < sim->count; node++)
            sim_set_drift (sim, node, node % 2 ? 400 : -400);
    sim->stretches_leases = self->plan->canary == CANARY_LEASE;
    sim->forgets_saves = self->plan->canary == CANARY_FORGET;
}

static void
s_say_cluster (run_t *self)
{
    run_say (self, "cluster n=%u seed=%llu", self->sim.count,
             (unsigned long long) self->plan->seed);
    for (unsigned node = 0; node < self->sim.count; node++) {
        const sim_node_t *at = &self->sim.nodes [node];
        run_say (self, "set n%u election=%u priority=%u drift=%d%s", node + 1,
                 (unsigned) (at->options.election_ns / ZELECT_MS), at->options.priority,
                 at->drift_permille, at->options.is_volatile ? " volatile=1" : "");
    }
}

static void
s_begin (run_t *self)
{
    static const uint8_t sizes [] = {1, 2, 3, 3, 3, 4, 5, 5, 5, 5, 6, 7};
    const plan_t *plan = self->plan;
    uint64_t word = run_mix (plan->seed);
    unsigned count = plan->nodes ? plan->nodes : sizes [word % sizeof sizes];
    sim_reset (&self->sim, count, word);
    self->later_count = self->past_count = 0;
    self->cannot_start = self->victims = 0;
    self->proves_deaths = self->has_lists = false;
    for (unsigned fault = 0; fault < FAULTS; fault++) {
        if (!plan->on [fault] || fault_kinds [fault].when != FAULT_START)
            continue;
        action_t action = {.word = run_mix (plan->seed ^ run_mix (fault)),
                           .fault = (uint8_t) fault};
        action.node = (uint8_t) (action.word >> 50);
        fault_kinds [fault].perform (self, &action);
        self->stats.fired [fault]++;
    }
    s_set_canary (self);
    s_say_cluster (self);
    for (unsigned node = 0; node < count; node++)
        run_start (self, node);
}

//  ----  Faults  --------------------------------------------------------------

static void
s_heal_links (run_t *self)
{
    sim_t *sim = &self->sim;
    run_say (self, "heal all");
    for (unsigned from = 0; from < sim->count; from++)
        for (unsigned to = 0; to < sim->count; to++)
            sim_heal (sim, from, to);
    memset (sim->feeds, true, sizeof sim->feeds);
    memset (sim->flaps, 0, sizeof sim->flaps);
}

//  One packet in a while is remembered, to come again.

static void
s_remember_packet (run_t *self)
{
    const sim_queue_t *queue = &self->sim.queue;
    if (!queue->count)
        return;
    uint32_t place = (uint32_t) sim_random (&self->sim, queue->count);
    const sim_packet_t *packet = &queue->packets [queue->heap [place].order & 0xffff];
    if (packet->is_proof || packet->is_forged)
        return;
    unsigned kept = self->past_count < RUN_PAST ? self->past_count++
                                                : (unsigned) sim_random (&self->sim, RUN_PAST);
    self->past [kept] = *packet;
}

static void
s_act (run_t *self, const action_t *action)
{
    run_pass (self, action->pause_ms * ZELECT_MS);
    if (self->sim.violations)
        return;
    self->stats.events++;
    s_remember_packet (self);
    if (action->fault == FAULTS) {
        s_heal_links (self);
        return;
    }
    self->stats.fired [action->fault]++;
    fault_kinds [action->fault].perform (self, action);
}

//  The canary that tells a lie to all: that the living leader is dead.

static void
s_lie (run_t *self)
{
    uint8_t leader = sim_leader (&self->sim);
    if (self->plan->canary != CANARY_PROOF || leader == ZELECT_NOBODY)
        return;
    for (unsigned node = 0; node < self->sim.count; node++)
        if (node != leader)
            sim_prove_dead (&self->sim, node, leader, ZELECT_MS);
}

//  ----  Healing (L1)  --------------------------------------------------------

//  The operator mends what refuses to start: with an empty store, as on a new
//  disk.

static void
s_mend_node (run_t *self, unsigned node)
{
    sim_node_t *at = &self->sim.nodes [node];
    bool is_faulted = at->is_up && at->role == ZELECT_ROLE_FAULTED;
    at->disk.is_foreign = at->disk.misdirects = false;
    at->disk.fails = SIM_SAVE_WELL;
    at->crash_in = 0;
    run_thaw (self, node);
    if (at->is_up && (is_faulted || self->sim.judge.nodes [node].is_stopped))
        run_kill (self, node);
    run_start (self, node);
    if (!at->is_up) {
        run_say (self, "lose n%u", node + 1);
        sim_lose (&self->sim, node);
        run_start (self, node);
    }
    if (at->is_up)
        sim_input (&self->sim, node, &(zelect_input_t){.kind = ZELECT_INPUT_HEALTH, .ok = 1});
}

static void
s_mend_network (run_t *self)
{
    sim_t *sim = &self->sim;
    sim_net_t *net = &sim->net;
    net->late_permille = net->twice_permille = net->lost_permille = net->damage_permille = 0;
    net->capacity = net->waiting_max = SIM_PACKETS_MAX;
    net->serial_ns = 0;
    s_heal_links (self);
    memset (sim->held_until, 0, sizeof sim->held_until);
    memset (sim->lossy_until, 0, sizeof sim->lossy_until);
    memset (sim->last_at, 0, sizeof sim->last_at);
}

//  How long it took, in quarters of the longest T; at most what is demanded.

static void
s_note_recovery (run_t *self, uint64_t took_ns)
{
    uint64_t place = took_ns * 4 / self->timeout_ns;
    self->stats.recoveries [place < RUN_RECOVERIES ? place : RUN_RECOVERIES - 1]++;
}

//  Who may have forgotten its votes waits for three T and asks (R17).

static bool
s_is_settled (const run_t *self)
{
    for (unsigned node = 0; node < self->sim.count; node++)
        if (self->sim.nodes [node].core.saved.floor == ZELECT_FLOOR_UNSETTLED)
            return false;
    return true;
}

static void
s_heal (run_t *self)
{
    sim_t *sim = &self->sim;
    while (self->later_count)
        s_perform_later (self, (int) self->later_count - 1);
    self->cannot_start = 0;
    s_mend_network (self);
    for (unsigned node = 0; node < sim->count && !sim->violations; node++)
        s_mend_node (self, node);
    s_set_timeout (self);
    uint64_t healed = sim->now, limit = healed + 16 * self->timeout_ns;
    bool is_settled = s_is_settled (self);
    if (sim->violations)
        return;
    if (!sim_run_until_led (sim, limit) && !sim->violations)
        sim_violation (sim, "no leader after everything was healed", 0, 0);
    if (is_settled)
        s_note_recovery (self, sim->now - healed);
}

//  ----  The steady phase (L3)  -----------------------------------------------

static bool
s_is_timely (const sim_packet_t *packet, const void *arg)
{
    return packet->is_proof || packet->message.term <= *(const uint64_t *) arg;
}

//  Whether a lease on this node's promise lasts from one heartbeat until the next one
//  is acknowledged, in this network and by the leader's clock. A hundredth is for
//  margins. No leader keeps a majority whose promises are shorter than that.

static bool
s_is_in_time (const sim_t *sim, unsigned node, uint8_t leader)
{
    const zelect_core_options_t *options = &sim->nodes [leader].options;
    uint64_t promise_ns = sim->nodes [node].options.election_ns;
    if (promise_ns > options->election_ns)
        promise_ns = options->election_ns;
    uint64_t lease_ns = sim_judge_lease_ns (promise_ns, options->drift_permille);
    uint64_t late_ns =
        2 * (sim->net.delay_ns + sim->net.jitter_ns) + sim->nodes [leader].tick_late_ns;
    late_ns += late_ns * options->drift_permille / 1000;
    return options->heartbeat_ns + late_ns < lease_ns - lease_ns / 100;
}

//  Whether a node does what a leader's majority does: its disk has kept up.

static bool
s_supports (const sim_t *sim, unsigned node, uint8_t leader)
{
    const sim_node_t *at = &sim->nodes [node];
    bool has_saved = at->options.is_volatile || at->durable.term >= sim->nodes [leader].lease_term;
    return at->options.voters == sim->nodes [leader].options.voters && has_saved
           && s_is_in_time (sim, node, leader) && zelect_core_takes_part (&at->core);
}

//  Leave the leader and just a majority in peace. Others are victims.

static bool
s_choose_victims (run_t *self, uint8_t leader)
{
    const sim_t *sim = &self->sim;
    uint64_t voters = sim->nodes [leader].options.voters;
    uint64_t spared = UINT64_C (1) << leader;
    unsigned first = (unsigned) (run_mix (self->plan->seed + 1) % sim->count);
    for (unsigned step = 0; step < sim->count; step++) {
        unsigned node = (first + step) % sim->count;
        if (!sim_is_majority (voters, spared) && s_supports (sim, node, leader))
            spared |= UINT64_C (1) << node;
    }
    self->victims = ((UINT64_C (1) << sim->count) - 1) & ~spared;
    return self->victims && sim_is_majority (voters, spared);
}

static void
s_torment (run_t *self)
{
    sim_t *sim = &self->sim;
    run_pass (self, 2 * self->timeout_ns);
    uint8_t leader = sim_leader (sim);
    if (sim->violations || leader == ZELECT_NOBODY || !s_choose_victims (self, leader))
        return;
    //  Where terms were forgotten and used again, what comes again from the past
    //  may speak of the present one (R17)
    if (sim->judge.is_excused)
        return;
    uint64_t term = sim->nodes [leader].lease_term, elections = sim->leaderships;
    run_say (self, "steady, leader n%u", leader + 1u);
    //  Who needs milliseconds for each packet is not in peace in a flood of them
    for (unsigned node = 0; node < sim->count; node++)
        sim->nodes [node].work_ns = 0;
    sim_queue_filter (&sim->queue, s_is_timely, &term);
    for (unsigned place = 0; place < self->past_count; place++)
        if (self->past [place].message.term > term)
            self->past [place] = self->past [--self->past_count], place--;
    for (unsigned place = 0; place < self->plan->steady_count && !sim->violations; place++) {
        s_act (self, &self->plan->steady [place]);
        self->stats.steady_events++;
        if (sim->leaderships != elections || sim_leader (sim) != leader)
            sim_violation (sim, "a needless change of leader", leader, term);
    }
}

//  ----  The whole  -----------------------------------------------------------

static void
s_count (run_t *self)
{
    run_stats_t *stats = &self->stats;
    stats->runs++;
    stats->elections += self->sim.leaderships;
    stats->simulated_ns += self->sim.now;
    stats->steps += self->sim.steps;
    stats->violations += self->sim.violations > 0;
    self->sim.steps = 0;
}

const char *
run_perform (run_t *self, const plan_t *plan)
{
    sim_t *sim = &self->sim;
    self->plan = plan;
    s_begin (self);
    for (unsigned place = 0; place < plan->count && !sim->violations; place++) {
        s_act (self, &plan->actions [place]);
        s_lie (self);
    }
    if (!sim->violations)
        s_heal (self);
    if (plan->is_steady && !sim->violations)
        s_torment (self);
    s_count (self);
    return sim->verdict;
}

void
run_init (run_t *self)
{
    memset (self, 0, sizeof *self);
    sim_init (&self->sim, 1, 1);
    self->sim.is_traced = false;
}

void
run_free (run_t *self)
{
    sim_free (&self->sim);
}
