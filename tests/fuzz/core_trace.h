/*  =========================================================================
    core_trace - what happened, for who looks into a finding

    Prints to stdout, if the environment has ZELECT_FUZZ_TRACE.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef CORE_TRACE_H_INCLUDED
#define CORE_TRACE_H_INCLUDED

#include "fuzz.h"

#include "zelect_core.h"

//  --------------------------------------------------------------------------
//  A start, and a step: what went in and what came out.

void core_trace_start (uint64_t now,
                       const zelect_core_options_t *options,
                       const zelect_effects_t *effects);
void core_trace_step (uint64_t now, const zelect_input_t *input, const zelect_effects_t *effects);

#endif
