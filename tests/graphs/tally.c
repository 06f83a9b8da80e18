/*  =========================================================================
    tally - what many trials came to, and whether that is good enough

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "tally.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define BARS 3

static int
s_compare (const void *one, const void *other)
{
    uint32_t left = *(const uint32_t *) one, right = *(const uint32_t *) other;
    return (left > right) - (left < right);
}

static void
s_count_one (tally_t *self, const outcome_t *outcome)
{
    assert (outcome->is_done);
    for (unsigned fault = 0; fault < TRIAL_FAULTS; fault++)
        self->faults [fault] += outcome->faults >> fault & 1;
    if (!outcome->is_led)
        self->unled++;
    else if (!outcome->changes)
        self->kept++;
    else
        self->changed++;
    self->twice += outcome->changes > 1;
}

tally_t
tally_count (const outcome_t *outcomes, size_t count)
{
    tally_t self = {.trials = count};
    uint32_t *times = malloc ((count + 1) * sizeof *times);
    assert (times);
    size_t kept = 0;
    for (size_t index = 0; index < count; index++) {
        s_count_one (&self, &outcomes [index]);
        if (!outcomes [index].changes)
            continue;
        times [kept] = outcomes [index].recovery_us / TRIAL_TIMEOUT_MS;
        if (times [kept] > self.worst) {
            self.worst = times [kept];
            self.worst_trial = index;
        }
        self.tenths [times [kept] / 100]++;
        kept++;
    }
    qsort (times, kept, sizeof *times, s_compare);
    if (kept) {
        self.median = times [(kept - 1) / 2];
        self.most = times [(kept - 1) * 999 / 1000];
    }
    free (times);
    return self;
}

static unsigned
s_check (bool is_ok, unsigned number, const char *what)
{
    printf ("%sok %u - %s\n", is_ok ? "" : "not ", number, what);
    return !is_ok;
}

unsigned
tally_checks (void)
{
    return TRIAL_FAULTS + BARS;
}

static void
s_print_figures (const tally_t *self)
{
    printf ("# %zu trials: leader kept %zu, changed %zu (%zu more than once), none possible %zu\n",
            self->trials, self->kept, self->changed, self->twice, self->unled);
    printf ("# recovery in T, where the leader changed: median %u.%03u, 99.9 %% %u.%03u,"
            " worst %u.%03u\n",
            self->median / 1000, self->median % 1000, self->most / 1000, self->most % 1000,
            self->worst / 1000, self->worst % 1000);
    for (unsigned tenth = 0; tenth < TALLY_TENTHS; tenth++)
        if (self->tenths [tenth])
            printf ("#     %u.%u to %u.%u T %9zu\n", tenth / 10, tenth % 10, (tenth + 1) / 10,
                    (tenth + 1) % 10, self->tenths [tenth]);
}

unsigned
tally_print (const tally_t *self, unsigned done)
{
    const struct {
        const char *what;
        unsigned is;
        unsigned most;
    } bars [BARS] = {
        {"median of the recoveries at most 1 T", self->median, TALLY_MEDIAN_MAX},
        {"99.9 % of the recoveries within 2 T", self->most, TALLY_MOST_MAX},
        {"the worst recovery within 4 T", self->worst, TALLY_WORST_MAX},
    };
    unsigned failed = 0;
    for (unsigned fault = 0; fault < TRIAL_FAULTS; fault++) {
        char what [128];
        snprintf (what, sizeof what, "%s: %zu of %zu", trial_fault_text (fault),
                  self->faults [fault], self->trials);
        failed += s_check (!self->faults [fault], ++done, what);
    }
    for (unsigned bar = 0; bar < BARS; bar++)
        failed += s_check (bars [bar].is <= bars [bar].most, ++done, bars [bar].what);
    s_print_figures (self);
    return failed;
}
