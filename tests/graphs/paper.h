/*  =========================================================================
    paper - the three partial partitions of the Omni-Paxos paper, by name

    Source: Ng, Haridi, Carbone: Omni-Paxos (EuroSys 2023), figure 1.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef PAPER_H_INCLUDED
#define PAPER_H_INCLUDED

#include "trial.h"

#define PAPER_CASES 3

typedef struct {
    const char *name;
    const char *story;
    trial_t trial;      //  Without a seed
    uint8_t changes;    //  How often the leader has to change
} paper_case_t;

//  --------------------------------------------------------------------------
//  One of the cases.

paper_case_t paper_case (unsigned number);

//  --------------------------------------------------------------------------
//  Whether a case came to what it has to, within 4 T.

bool paper_is_right (const paper_case_t *self, const outcome_t *outcome);

#endif
