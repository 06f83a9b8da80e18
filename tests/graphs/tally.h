/*  =========================================================================
    tally - what many trials came to, and whether that is good enough

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef TALLY_H_INCLUDED
#define TALLY_H_INCLUDED

#include "trial.h"
#include <stddef.h>

//  Bars, in thousandths of T: of all recoveries in which the leader changed.
#define TALLY_MEDIAN_MAX 1000u
#define TALLY_MOST_MAX 2000u    //  99.9 % of them
#define TALLY_WORST_MAX 4000u

#define TALLY_TENTHS (10 * TRIAL_LIMIT + 1)

typedef struct {
    size_t trials;
    size_t faults [TRIAL_FAULTS];
    size_t unled;          //  Trials in which nobody can lead, and nobody does
    size_t kept;           //  ... in which the leader stays
    size_t changed;        //  ... in which another one leads, or the same anew
    size_t twice;          //  ... after more than one change
    size_t worst_trial;    //  The index of the slowest
    unsigned median;       //  In thousandths of T
    unsigned most;
    unsigned worst;
    size_t tenths [TALLY_TENTHS];    //  How many recoveries in each tenth of T
} tally_t;

//  --------------------------------------------------------------------------
//  Count outcomes.

tally_t tally_count (const outcome_t *outcomes, size_t count);

//  --------------------------------------------------------------------------
//  Print the outcome as TAP, with the figures as comments; `done` lines were
//  printed before. Returns how many checks failed.

unsigned tally_print (const tally_t *self, unsigned done);

//  --------------------------------------------------------------------------
//  How many checks tally_print makes.

unsigned tally_checks (void);

#endif
