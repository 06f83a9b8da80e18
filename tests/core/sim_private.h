/*  =========================================================================
    sim_private - what the files of sim share

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_PRIVATE_H_INCLUDED
#define SIM_PRIVATE_H_INCLUDED

#include "sim.h"

//  sim_text.c: lines of the transcript; the first two words of one; a name.
void sim_stamp (sim_t *self, unsigned node);
const char *sim_name (uint8_t member);
void sim_print_message (sim_t *self,
                        uint64_t to,
                        const zelect_message_t *message,
                        const char *arrow);

//  sim_checks.c: a new lease; what leaves a node; a violation that was found.
void sim_check_lease (sim_t *self, unsigned node, uint64_t term);
void sim_check_sent (sim_t *self, const zelect_message_t *message);
void sim_check_vote (sim_t *self, uint8_t to, const zelect_message_t *message);
void sim_violation (sim_t *self, const char *what, unsigned node, uint64_t term);

#endif
