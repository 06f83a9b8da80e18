/*  =========================================================================
    sim_effects - what a core wants done

    In order, and judged one by one; a node may be killed between any two.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <inttypes.h>

static void
s_send (sim_t *self, const zelect_effect_t *effect)
{
    if (self->is_traced)
        sim_print_message (self, effect->to, &effect->message, ">");
    for (uint64_t to = effect->to; to; to &= to - 1)
        sim_transmit (self, &effect->message, (unsigned) __builtin_ctzll (to), false);
}

static void
s_broadcast (sim_t *self, unsigned node, const zelect_effect_t *effect)
{
    if (self->is_traced)
        sim_print_message (self, effect->to, &effect->message, ">> feed, also");
    for (unsigned to = 0; to < self->count; to++)
        if (to != node && self->feeds [node][to])
            sim_transmit (self, &effect->message, to, true);
    for (uint64_t to = effect->to; to; to &= to - 1)
        sim_transmit (self, &effect->message, (unsigned) __builtin_ctzll (to), false);
}

static void
s_save (sim_t *self, unsigned node, const zelect_effect_t *effect)
{
    sim_judge_save (self, node, effect);
    sim_node_t *at = &self->nodes [node];
    at->writing = effect->record;
    at->write_number = effect->number;
    at->write_done = self->now + at->save_ns;
}

static void
s_lease (sim_t *self, unsigned node, const zelect_effect_t *effect, uint64_t local)
{
    sim_node_t *at = &self->nodes [node];
    at->lease_until = effect->until;
    if (effect->until) {
        sim_judge_lease (self, node, effect, local);
        if (at->lease_term != effect->term)
            self->leaderships++;
        at->lease_term = effect->term;
        if (self->stretches_leases)
            at->lease_until += effect->until - local;
    }
    if (self->marks.are_kept)
        sim_marks_add (
            &self->marks,
            &(sim_mark_t){.kind = SIM_MARK_LEASE,
                          .node = (uint8_t) node,
                          .at = self->now,
                          .value = effect->until ? sim_clock_true (at, effect->until) : 0,
                          .term = effect->term});
}

static void
s_role (sim_t *self, unsigned node, const zelect_effect_t *effect)
{
    sim_judge_role (self, node, effect);
    self->nodes [node].role = effect->role;
    sim_marks_add (&self->marks, &(sim_mark_t){.kind = SIM_MARK_ROLE,
                                               .node = (uint8_t) node,
                                               .at = self->now,
                                               .value = effect->role,
                                               .term = effect->term});
    if (!self->is_traced)
        return;
    sim_stamp (self, node);
    sim_print (self, "%s -> %s (%s) term %" PRIu64 "\n",
               zelect_role_name ((zelect_role_t) effect->old_role),
               zelect_role_name ((zelect_role_t) effect->role),
               zelect_reason_name ((zelect_reason_t) effect->reason), effect->term);
}

static void
s_tell (sim_t *self, unsigned node, const zelect_effect_t *effect)
{
    if (effect->kind == ZELECT_EFFECT_LEADER)
        sim_judge_leader (self, node, effect);
    if (!self->is_traced)
        return;
    sim_stamp (self, node);
    if (effect->kind == ZELECT_EFFECT_LEADER)
        sim_print (self, "leader is %s, term %" PRIu64 "\n", sim_name (effect->member),
                   effect->term);
    else if (effect->kind == ZELECT_EFFECT_REPORT)
        sim_print (self, "reports %s of %s, %" PRIu64 "\n",
                   zelect_report_name ((zelect_report_t) effect->report), sim_name (effect->member),
                   effect->number);
    else
        sim_print (self, "answers: %s\n", zelect_answer_text ((zelect_answer_t) effect->answer));
}

static void
s_perform_one (sim_t *self, unsigned node, const zelect_effect_t *effect, uint64_t local)
{
    switch ((zelect_effect_kind_t) effect->kind) {
    case ZELECT_EFFECT_SAVE:
        s_save (self, node, effect);
        break;
    case ZELECT_EFFECT_SEND:
        sim_judge_send (self, node, effect, local);
        s_send (self, effect);
        break;
    case ZELECT_EFFECT_BROADCAST:
        sim_judge_send (self, node, effect, local);
        s_broadcast (self, node, effect);
        break;
    case ZELECT_EFFECT_LEASE:
        s_lease (self, node, effect, local);
        break;
    case ZELECT_EFFECT_ROLE:
        s_role (self, node, effect);
        break;
    case ZELECT_EFFECT_LEADER:
    case ZELECT_EFFECT_REPORT:
    case ZELECT_EFFECT_ANSWER:
        s_tell (self, node, effect);
        break;
    case ZELECT_EFFECTS:
        break;
    }
}

void
sim_perform (sim_t *self, unsigned node, const zelect_effects_t *effects, uint64_t local)
{
    for (size_t index = 0; index < effects->count; index++) {
        s_perform_one (self, node, &effects->list [index], local);
        uint32_t *crash_in = &self->nodes [node].crash_in;
        if (*crash_in && !--*crash_in) {
            sim_kill (self, node);
            return;
        }
    }
}
