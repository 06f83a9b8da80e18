/*  =========================================================================
    shrink - the shortest plan found that fails in the same way

    Whatever can be left out is: first halves of the actions, then quarters, down
    to single ones; then faults; then pauses are halved; and again, until
    nothing helps. Leaving something out changes what chance does later, so this
    finds short plans, not the shortest.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "shrink.h"
#include "workers.h"
#include <string.h>
#include <time.h>

typedef struct {
    plan_t *plan;
    char verdict [120];
    time_t end;
} s_shrink_t;

static bool
s_is_time (const s_shrink_t *self)
{
    return time (NULL) < self->end;
}

//  Whether a changed plan fails too; then it is the plan from now on.

static bool
s_try (s_shrink_t *self, const plan_t *changed)
{
    if (strcmp (workers_try (changed, false), self->verdict))
        return false;
    *self->plan = *changed;
    return true;
}

//  ----  Actions  -------------------------------------------------------------

static bool
s_drop (s_shrink_t *self, unsigned first, unsigned count)
{
    static plan_t changed;
    changed = *self->plan;
    memmove (changed.actions + first, changed.actions + first + count,
             (changed.count - first - count) * sizeof (action_t));
    changed.count -= count;
    return s_try (self, &changed);
}

static bool
s_drop_steady (s_shrink_t *self, unsigned first, unsigned count)
{
    static plan_t changed;
    changed = *self->plan;
    memmove (changed.steady + first, changed.steady + first + count,
             (changed.steady_count - first - count) * sizeof (action_t));
    changed.steady_count -= count;
    changed.is_steady = changed.steady_count > 0;
    return s_try (self, &changed);
}

static bool
s_drop_actions (s_shrink_t *self,
                const unsigned *count,
                bool (*drop) (s_shrink_t *self, unsigned first, unsigned count))
{
    bool has_helped = false;
    for (unsigned size = *count; size; size /= 2)
        for (unsigned first = 0; first + size <= *count && s_is_time (self);) {
            if (drop (self, first, size))
                has_helped = true;
            else
                first += size;
        }
    return has_helped;
}

//  ----  Faults and pauses  ---------------------------------------------------

static bool
s_drop_faults (s_shrink_t *self)
{
    static plan_t changed;
    bool has_helped = false;
    for (unsigned fault = 0; fault < FAULTS && s_is_time (self); fault++) {
        if (!self->plan->on [fault] || fault_kinds [fault].when != FAULT_START)
            continue;
        changed = *self->plan;
        changed.on [fault] = false;
        has_helped |= s_try (self, &changed);
    }
    return has_helped;
}

static bool
s_shorten_pauses (s_shrink_t *self)
{
    static plan_t changed;
    bool has_helped = false;
    for (unsigned place = 0; place < self->plan->count && s_is_time (self); place++) {
        if (!self->plan->actions [place].pause_ms)
            continue;
        changed = *self->plan;
        changed.actions [place].pause_ms /= 2;
        has_helped |= s_try (self, &changed);
    }
    return has_helped;
}

void
shrink (plan_t *plan, const char *verdict, double seconds)
{
    s_shrink_t self = {.plan = plan, .end = time (NULL) + (time_t) seconds};
    strncpy (self.verdict, verdict, sizeof self.verdict - 1);
    bool has_helped = true;
    while (has_helped && s_is_time (&self)) {
        has_helped = s_drop_actions (&self, &plan->count, s_drop);
        has_helped |= s_drop_actions (&self, &plan->steady_count, s_drop_steady);
        has_helped |= s_drop_faults (&self);
        has_helped |= s_shorten_pauses (&self);
    }
}
