/*  =========================================================================
    explore_text - a violation as people read it

    The table knows of each state only its hash and the state before it. So the
    way is walked once more from the start: at each step, which of all actions
    leads to the hash that comes next? The nodes keep their names on this walk.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_search.h"
#include "explore_script.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES EXPLORE_NODES
#define WAY_MAX 1000

#define X(name) #name,
static const char *const s_kinds [] = {EXPLORE_ACTION_MAP (X)};
static const char *const s_timers [] = {ZELECT_TIMER_MAP (X)};
#undef X

//  ----  Actions  -------------------------------------------------------------

void
explore_describe (const explore_state_t *state,
                  const explore_action_t *action,
                  char *text,
                  size_t size)
{
    const char *kind = s_kinds [action->kind];
    unsigned node = action->node + 1u, from = action->from + 1u, term = action->term;
    const char *old = action->inc == EXPLORE_OLD ? " of a former life" : "";
    switch (action->kind) {
    case EXPLORE_FIRE_ACTION:
        snprintf (text, size, "n%u: %s timer runs out", node, s_timers [action->from]);
        break;
    case EXPLORE_CLOCK_ACTION:
        snprintf (text, size, "a tick; clocks that leave it out: %#x", action->from);
        break;
    case EXPLORE_PREVOTE_ACTION:
    case EXPLORE_VOTE_ACTION:
        snprintf (text, size, "n%u > n%u %s term %u%s", from, node, kind, term, old);
        break;
    case EXPLORE_PREVOTED_ACTION:
    case EXPLORE_VOTED_ACTION:
        snprintf (text, size, "n%u > n%u %s term %u yes%s", from, node, kind, term,
                  action->inc == EXPLORE_OLD ? ", asked in a former life" : "");
        break;
    case EXPLORE_BEAT_ACTION:
        snprintf (text, size, "n%u > n%u HEARTBEAT term %u round %u",
                  explore_leader (state, action->term) + 1, node, term, action->round);
        break;
    case EXPLORE_ACK_ACTION:
        snprintf (text, size, "n%u > n%u ACK term %u round %u", from, node, term, action->round);
        break;
    case EXPLORE_RELEASE_ACTION:
        snprintf (text, size, "n%u > n%u RELEASE term %u heir n%u",
                  explore_leader (state, action->term) + 1, node, term, from);
        break;
    case EXPLORE_FAIL_ACTION:
    case EXPLORE_CRASH_ACTION:
        snprintf (text, size, "n%u: %s%s", node, kind,
                  action->inc ? ", what was being saved is on the disk" : "");
        break;
    default:
        snprintf (text, size, "n%u: %s from n%u term %u %u", node, kind, from, term, action->inc);
        break;
    }
}

static void
s_print_state (const explore_state_t *state)
{
    for (unsigned index = 0; index < NODES; index++) {
        const explore_node_t *node = &state->nodes [index];
        printf ("#     n%u %s term %u vote n%u, disk %u/n%u, promise n%u/%u.%u hold %u,"
                " lease %u cell %u%s%s%s\n",
                index + 1, zelect_role_name ((zelect_role_t) node->role),
                explore_term (node->wanted), explore_vote (node->wanted) + 1,
                explore_term (node->disk), explore_vote (node->disk) + 1, node->promise_leader + 1,
                node->promise_term, node->promise_round, node->hold, node->lease, node->cell,
                node->flags & EXPLORE_WRITES ? ", saving" : "",
                node->flags & EXPLORE_FAULTED ? ", faulted" : "",
                node->is_down ? ", down for ever" : "");
    }
}

static void
s_print_effects (const explore_step_t *step)
{
    for (size_t count = 0; count < step->effects.count; count++) {
        const zelect_effect_t *effect = &step->effects.list [count];
        if (effect->kind == ZELECT_EFFECT_ROLE)
            printf ("#       %s -> %s (%s)\n", zelect_role_name ((zelect_role_t) effect->old_role),
                    zelect_role_name ((zelect_role_t) effect->role),
                    zelect_reason_name ((zelect_reason_t) effect->reason));
        else if (effect->kind == ZELECT_EFFECT_SAVE)
            printf ("#       saves term %" PRIu64 " vote n%" PRIu64 "\n", effect->record.term,
                    effect->record.vote + 1);
        else if (effect->kind == ZELECT_EFFECT_LEASE)
            printf ("#       lease: %s\n", effect->until ? "held" : "none");
        else if (effect->kind == ZELECT_EFFECT_SEND || effect->kind == ZELECT_EFFECT_BROADCAST)
            printf ("#       sends %s term %" PRIu64 " about %" PRIu64 "%s to %#" PRIx64 "\n",
                    zelect_message_name (effect->message.kind), effect->message.term,
                    effect->message.about, effect->message.granted ? " yes" : "", effect->to);
    }
}

//  ----  The way  -------------------------------------------------------------

static unsigned
s_way (const explore_search_t *self, uint32_t *slots)
{
    unsigned count = 0;
    for (uint32_t slot = self->parent; slot != EXPLORE_NO_PARENT && count < WAY_MAX;
         slot = self->table.parents [slot])
        slots [count++] = slot;
    return count;
}

//  The action that leads from a state to the one with a hash.

static uint64_t
s_stored (const explore_state_t *state)
{
    explore_state_t canonical = *state;
    explore_canonical (&canonical);
    return explore_print (&canonical).stored;
}

static bool
s_find (explore_search_t *self,
        const explore_state_t *state,
        uint64_t stored,
        explore_action_t *action,
        explore_state_t *after)
{
    explore_action_t actions [EXPLORE_ACTIONS];
    unsigned count = explore_actions (state, actions, false);
    for (unsigned index = 0; index < count; index++) {
        if (!explore_apply (&self->step, state, &actions [index], after))
            continue;
        if (s_stored (after) == stored) {
            *action = actions [index];
            return true;
        }
    }
    return false;
}

//  The last step: the one that breaks something, in the names of this walk.

static bool
s_find_violation (explore_search_t *self, const explore_state_t *state, explore_action_t *action)
{
    explore_action_t actions [EXPLORE_ACTIONS];
    explore_state_t after;
    unsigned count = explore_actions (state, actions, false);
    for (unsigned index = 0; index < count; index++) {
        explore_apply (&self->step, state, &actions [index], &after);
        if (self->step.violation) {
            *action = actions [index];
            return true;
        }
    }
    return false;
}

static void
s_show (explore_search_t *self,
        unsigned number,
        const explore_state_t *before,
        const explore_action_t *action)
{
    char line [200];
    explore_describe (before, action, line, sizeof line);
    printf ("# %3u %s\n", number, line);
    bool is_step = action->kind != EXPLORE_EXPIRE_ACTION && action->kind != EXPLORE_PASS_ACTION
                   && action->kind != EXPLORE_CLOCK_ACTION && action->kind != EXPLORE_STATE_ACTION;
    if (is_step)
        s_print_effects (&self->step);
}

static void
s_tell_fair (explore_search_t *self, const explore_state_t *start)
{
    static explore_state_t state, after;
    explore_action_t action;
    state = *start;
    bool goes_on = true;
    self->fair.step.violation = NULL;
    printf ("#     from here on, the fair schedule (nodes change their names):\n");
    for (unsigned count = 0; goes_on && count < 24 && !explore_fair_is_led (&state); count++) {
        explore_canonical (&state);
        goes_on = explore_fair_next (&self->fair, &state, &after, &action);
        if (!goes_on && !self->fair.step.violation)
            break;
        char line [200];
        explore_describe (&state, &action, line, sizeof line);
        printf ("#       %s\n", line);
        if (goes_on)
            state = after;
        else
            s_print_effects (&self->fair.step);
    }
    s_print_state (&state);
}

static void
s_tell (explore_search_t *self)
{
    static uint32_t slots [WAY_MAX];
    unsigned count = s_way (self, slots);
    static explore_state_t state, after;    //  A trap leaves this place, not them
    explore_action_t action;
    explore_script_t script;
    state = self->first;
    printf ("# %s, after %u steps\n", self->violation, count);
    if (self->is_early) {
        printf ("# on the way to the first leader\n");
        explore_begin (&self->step, &state);
        s_tell_fair (self, &state);
        return;
    }
    explore_script_begin (&script, self->limits.folder, self->violation);
    s_print_state (&state);
    for (unsigned number = 1; number < count; number++) {
        uint64_t stored = self->table.stored [slots [count - 1 - number]];
        after = state;
        if (explore_saturate (self, &after) && s_stored (&after) == stored) {
            printf ("# %3u what can be answered without any other change is answered\n", number);
            state = after;
            continue;
        }
        if (!s_find (self, &state, stored, &action, &after)) {
            printf ("# the way is lost here\n");
            break;
        }
        s_show (self, number, &state, &action);
        explore_script_add (&script, &state, &action);
        state = after;
    }
    if (self->is_stuck) {
        explore_canonical (&state);
        if (self->lost)
            state.nodes [self->lost - 1].is_down = 1;
        s_tell_fair (self, &state);
    }
    else if (s_find_violation (self, &state, &action)) {
        s_print_state (&state);
        s_show (self, count, &state, &action);
        explore_script_add (&script, &state, &action);
    }
    explore_script_end (&script);
    fflush (stdout);
}

//  Where the core traps, it does so again, and that is the last that happens.

void
explore_tell (explore_search_t *self)
{
    if (sigsetjmp (explore_trapped, 1) == 0) {
        s_tell (self);
        return;
    }
    const explore_step_t *step = self->is_stuck || self->is_early ? &self->fair.step : &self->step;
    char line [200];
    explore_describe (step->before, &step->action, line, sizeof line);
    printf ("# the last: %s\n", line);
    fflush (stdout);
}
