/*  =========================================================================
    zelect_record - the record and what waits for it (R2, R9, R16)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include <string.h>
#include "zelect_pure.h"

void
zelect_record_init (zelect_record_t *self, bool is_new)
{
    memset (self, 0, sizeof *self);
    self->vote = ZELECT_NOBODY;
    self->floor = is_new ? 0 : ZELECT_FLOOR_UNSETTLED;
}

bool
zelect_record_has_term (const zelect_core_t *core)
{
    return core->saved.term == core->wanted.term
           && core->saved.promise_ns >= core->options.election_ns;
}

bool
zelect_record_has_vote (const zelect_core_t *core, uint64_t member)
{
    return zelect_record_has_term (core) && core->saved.vote == member;
}

void
zelect_record_put (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    //  R9: once the start-up wait is over, no promise of an earlier run is out
    if (step->now >= core->wait_end)
        core->wanted.promise_ns = core->options.election_ns;
    if (core->options.is_volatile)
        core->saved = core->wanted;
    //  R16: what failed once is never tried again
    if (core->save_busy || core->is_faulted)
        return;
    if (!memcmp (&core->saved, &core->wanted, sizeof core->saved))
        return;
    core->saving = core->wanted;
    core->save_busy = 1;
    core->save_started = step->now;
    zelect_effect_t *effect = zelect_step_effect (step, ZELECT_EFFECT_SAVE);
    effect->record = core->saving;
    effect->number = ++core->save_number;
}

void
zelect_record_saved (zelect_step_t *step, uint64_t number, bool ok)
{
    zelect_core_t *core = step->core;
    if (!core->save_busy || number != core->save_number)
        return;
    core->save_busy = 0;
    if (!ok) {
        zelect_record_fault (step, ZELECT_REASON_STORE_FAILED);
        return;
    }
    ZELECT_CHECK (step, core->saving.term >= core->saved.term);
    core->saved = core->saving;
    uint64_t took_ns = step->now - core->save_started;
    core->save_ns = core->save_ns ? core->save_ns - core->save_ns / 4 + took_ns / 4 : took_ns;
}

void
zelect_record_fault (zelect_step_t *step, zelect_reason_t reason)
{
    zelect_core_t *core = step->core;
    if (core->is_faulted)
        return;
    core->is_faulted = 1;
    core->grant_member = ZELECT_NOBODY;
    core->timers [ZELECT_TIMER_CAMPAIGN] = ZELECT_NEVER;
    core->timers [ZELECT_TIMER_SETTLE] = ZELECT_NEVER;
    if (zelect_core_leads (core))
        zelect_lead_end (step, reason, ZELECT_NOBODY);
    zelect_step_become (step, ZELECT_ROLE_FAULTED, reason);
}
