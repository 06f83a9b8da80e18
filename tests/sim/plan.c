/*  =========================================================================
    plan - what will happen in a run, drawn from its seed

    Swarm testing: each run has some faults on and others off, and how many are
    on is drawn too: what hides behind one fault shows itself when that is off.
    Each fault draws its words from a sequence of its own, so that a plan
    without it is otherwise the same.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"
#include <string.h>

typedef struct {
    uint64_t state;
} s_words_t;

static uint64_t
s_word (s_words_t *self)
{
    return run_mix (self->state++);
}

static unsigned
s_below (s_words_t *self, unsigned limit)
{
    return (unsigned) (s_word (self) % limit);
}

//  ----  Which faults  --------------------------------------------------------

//  What makes two nodes forget excuses G1 and G3, so it is rare; and bytes
//  through the wire cost time.

static unsigned
s_rarity (unsigned fault)
{
    if (fault == FAULT_forgetful || fault == FAULT_missing || fault == FAULT_rolled_back
        || fault == FAULT_misdirected)
        return 6;
    if (fault == FAULT_bytes)
        return 12;
    return fault == FAULT_loss || fault == FAULT_mixed_lists ? 3 : 1;
}

static void
s_draw_faults (plan_t *self, s_words_t *words, const bool *wanted)
{
    static const unsigned permilles [] = {80, 200, 400, 700, 1000};
    unsigned permille = permilles [s_below (words, 5)];
    for (unsigned fault = 0; fault < FAULTS; fault++) {
        bool is_drawn = s_below (words, 1000 * s_rarity (fault)) < permille;
        self->on [fault] = wanted ? wanted [fault] : is_drawn;
    }
}

//  ----  Actions  -------------------------------------------------------------

static unsigned
s_list_events (const plan_t *self, bool is_steady, uint8_t *list)
{
    unsigned count = 0;
    for (unsigned fault = 0; fault < FAULTS; fault++)
        if (self->on [fault] && fault_kinds [fault].when == FAULT_EVENT
            && (!is_steady || fault_kinds [fault].is_steady))
            list [count++] = (uint8_t) fault;
    return count;
}

static void
s_draw_action (action_t *self, s_words_t *words, const uint8_t *list, unsigned count)
{
    self->word = s_word (words);
    self->node = (uint8_t) s_below (words, 252);
    self->other = (uint8_t) s_below (words, 252);
    self->is_at_leader = s_below (words, 2);
    self->pause_ms = s_below (words, 4) ? s_below (words, 40) : s_below (words, 1200);
    //  Cuts pile up; from time to time the links are healed
    self->fault = s_below (words, 8) ? list [s_below (words, count)] : FAULTS;
}

void
plan_draw (plan_t *self, uint64_t seed, const bool *wanted, canary_t canary, unsigned nodes)
{
    s_words_t words = {run_mix (seed)};
    uint8_t list [FAULTS + 1];
    memset (self, 0, sizeof *self);
    self->seed = seed;
    self->canary = canary;
    self->nodes = nodes;
    s_draw_faults (self, &words, wanted);
    unsigned count = s_list_events (self, false, list);
    self->count = count ? 40 + s_below (&words, RUN_ACTIONS - 40) : 0;
    for (unsigned place = 0; place < self->count; place++)
        s_draw_action (&self->actions [place], &words, list, count);
    count = s_list_events (self, true, list);
    //  A jump of terms that is still on its way would unseat a leader rightly
    self->is_steady = !s_below (&words, 4) && count && canary == CANARY_NONE
                      && !self->on [FAULT_preemption] && !self->on [FAULT_term_jump];
    self->steady_count = self->is_steady ? RUN_STEADY : 0;
    for (unsigned place = 0; place < self->steady_count; place++)
        s_draw_action (&self->steady [place], &words, list, count);
}
