/*  =========================================================================
    explore_script - a trace as a scenario of tests/core/scenarios

    As near as can be: messages are injected, links are cut, so that nothing
    arrives but what arrived in the trace. A timer can't be made to run out alone:
    time passes for all.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_SCRIPT_H_INCLUDED
#define EXPLORE_SCRIPT_H_INCLUDED

#include "explore_step.h"
#include <stdio.h>

typedef struct {
    FILE *file;    //  NULL: none is written
} explore_script_t;

void explore_script_begin (explore_script_t *self, const char *folder, const char *violation);
void explore_script_add (explore_script_t *self,
                         const explore_state_t *state,
                         const explore_action_t *action);
void explore_script_end (explore_script_t *self);

#endif
