/*  =========================================================================
    explore_search - breadth first through a slice, to its end

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_search.h"
#include <signal.h>
#include <string.h>
#include <time.h>

//  The core's own invariants trap. The search then ends as with any violation.

sigjmp_buf explore_trapped;

static void
s_on_trap (int signal_number)
{
    siglongjmp (explore_trapped, signal_number);
}

static double
s_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
s_found (explore_search_t *self, const char *violation, const explore_action_t *action)
{
    self->violation = violation;
    self->action = *action;
}

//  Of the states from which a leader is known to be reached; when there are too
//  many, they are found out again.

#define KNOWN_BITS 24

//  Whether an action did no more than send something: all nodes are as they were.

static bool
s_only_sends (const explore_state_t *before, const explore_state_t *after)
{
    return !memcmp (before->nodes, after->nodes, sizeof before->nodes);
}

static bool
s_is_delivery (const explore_action_t *action)
{
    return action->kind >= EXPLORE_PREVOTE_ACTION && action->kind <= EXPLORE_RELEASE_ACTION;
}

//  Let it happen, in the place of the next successor. False: a violation.

static bool
s_try (explore_search_t *self,
       const explore_state_t *state,
       const explore_action_t *action,
       bool *has_changed)
{
    self->steps++;
    *has_changed =
        explore_apply (&self->step, state, action, &self->successors [self->count].state);
    self->out += self->step.is_out;
    if (self->step.violation)
        s_found (self, self->step.violation, action);
    return !self->step.violation;
}

//  All deliveries once. What only sends goes into the state; then those before
//  have to be tried again, for they may be judged by it.

static bool
s_deliver (explore_search_t *self, explore_state_t *state, bool *has_grown)
{
    explore_action_t actions [EXPLORE_ACTIONS];
    unsigned count = explore_actions (state, actions, false);
    *has_grown = false;
    self->count = 0;
    for (unsigned index = 0; index < count; index++) {
        bool has_changed;
        if (!s_is_delivery (&actions [index]))
            continue;
        if (!s_try (self, state, &actions [index], &has_changed))
            return false;
        const explore_state_t *after = &self->successors [self->count].state;
        if (!has_changed)
            continue;
        if (s_only_sends (state, after)) {
            *state = *after;
            *has_grown = true;
        }
        else if (!*has_grown)
            self->count++;
    }
    return true;
}

bool
explore_saturate (explore_search_t *self, explore_state_t *state)
{
    bool has_grown = true;
    while (has_grown) {
        uint64_t out = self->out;
        if (!s_deliver (self, state, &has_grown))
            return false;
        if (has_grown)
            self->out = out;
    }
    return true;
}

//  The successors into the table and the queue, if they are new.

static void
s_add_successors (explore_search_t *self, uint32_t slot)
{
    for (unsigned index = 0; index < self->count; index++) {
        explore_successor_t *successor = &self->successors [index];
        explore_canonical (&successor->state);
        successor->print = explore_print (&successor->state);
        explore_table_prefetch (&self->table, successor->print);
    }
    for (unsigned index = 0; index < self->count; index++) {
        const explore_successor_t *successor = &self->successors [index];
        bool is_new;
        uint32_t place = explore_table_add (&self->table, successor->print, slot, &is_new);
        if (is_new)
            explore_queue_put (&self->queue, place, &successor->state);
    }
}

//  All that can happen in a state; its deliveries have been made. False: one of
//  it is a violation.

static bool
s_expand (explore_search_t *self, uint32_t slot)
{
    explore_action_t actions [EXPLORE_ACTIONS];
    unsigned count = explore_actions (&self->before, actions, false);
    self->parent = slot;
    for (unsigned index = 0; index < count; index++) {
        bool has_changed;
        if (s_is_delivery (&actions [index]))
            continue;
        if (!s_try (self, &self->before, &actions [index], &has_changed))
            return false;
        self->count += has_changed;
    }
    s_add_successors (self, slot);
    return true;
}

static bool
s_converges (explore_search_t *self, uint32_t slot, uint64_t number)
{
    if (!self->limits.fair_every || number % self->limits.fair_every)
        return true;
    self->parent = slot;
    self->is_stuck = true;
    self->violation = explore_fair_run (&self->fair, &self->before, true);
    self->lost = 0;
    while (explore_slice->loses_one && !self->violation && self->lost < EXPLORE_NODES)
        self->violation = explore_fair_run_without (&self->fair, &self->before, self->lost++);
    self->is_stuck = self->violation != NULL;
    return !self->violation;
}

//  One state of the queue. If it is not saturated, the one that is stands for it.

static bool
s_take (explore_search_t *self, uint32_t *slot, uint64_t number)
{
    explore_state_t taken = self->before;
    self->parent = *slot;
    if (!explore_saturate (self, &self->before))
        return false;
    if (memcmp (&taken, &self->before, sizeof taken)) {
        explore_canonical (&self->before);
        bool is_new;
        *slot = explore_table_add (&self->table, explore_print (&self->before), *slot, &is_new);
        if (!is_new)
            return true;
    }
    self->expanded++;
    return s_converges (self, *slot, number) && s_expand (self, *slot);
}

static void
s_run (explore_search_t *self)
{
    uint64_t number = 0, level_end = 1;
    uint32_t slot;
    while (explore_queue_get (&self->queue, &slot, &self->before)) {
        if (number == level_end) {
            self->depth++;
            level_end = number + self->queue.count + 1;
        }
        if (!s_take (self, &slot, number++))
            return;
        if (explore_table_is_full (&self->fair.known))
            explore_table_clear (&self->fair.known);
        if (explore_table_is_full (&self->table)
            || (self->limits.states_max && self->table.count >= self->limits.states_max))
            return;
    }
    self->is_complete = true;
}

//  What is still under way when all follow the leader comes to its end.

static void
s_settle (explore_search_t *self)
{
    for (unsigned index = 0; index < EXPLORE_NODES; index++) {
        explore_action_t action = {.kind = EXPLORE_SAVED_ACTION, .node = (uint8_t) index};
        explore_state_t after;
        if (self->first.nodes [index].flags & EXPLORE_WRITES
            && explore_apply (&self->step, &self->first, &action, &after))
            self->first = after;
    }
}

//  Where the slice starts: from the first start of all, or with a leader there.

static bool
s_begin (explore_search_t *self)
{
    explore_begin (&self->step, &self->first);
    self->violation = self->step.violation;
    if (!self->violation && explore_slice->starts_led) {
        self->violation = explore_fair_run (&self->fair, &self->first, false);
        self->first = self->fair.end;
    }
    if (!self->violation && (explore_slice->starts_led || explore_slice->starts_saved))
        s_settle (self);
    self->is_early = self->violation != NULL;
    if (self->is_early)
        return false;
    explore_canonical (&self->first);
    bool is_new;
    uint32_t slot =
        explore_table_add (&self->table, explore_print (&self->first), EXPLORE_NO_PARENT, &is_new);
    explore_queue_put (&self->queue, slot, &self->first);
    return true;
}

bool
explore_search (explore_search_t *self, const explore_limits_t *limits)
{
    memset (self, 0, sizeof *self);
    self->limits = *limits;
    self->parent = EXPLORE_NO_PARENT;
    explore_table_init (&self->table, limits->bits, true);
    explore_table_init (&self->fair.known, limits->fair_every ? KNOWN_BITS : 4, false);
    double begun = s_seconds ();
    signal (SIGILL, s_on_trap);
    signal (SIGTRAP, s_on_trap);
    if (sigsetjmp (explore_trapped, 1))
        s_found (self, "the core's own invariant is broken",
                 self->is_stuck ? &self->fair.step.action : &self->step.action);
    else if (s_begin (self))
        s_run (self);
    self->seconds = s_seconds () - begun;
    return !self->violation;
}

void
explore_search_free (explore_search_t *self)
{
    explore_table_free (&self->table);
    explore_table_free (&self->fair.known);
    explore_queue_free (&self->queue);
}
