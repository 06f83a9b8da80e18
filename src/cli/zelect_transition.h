/*  =========================================================================
    zelect_transition - what an observer saw change, as one line

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TRANSITION_H_INCLUDED
#define ZELECT_TRANSITION_H_INCLUDED

#include "zelect.h"

//  The line before, as far as the next one depends on it. All zeros to begin.

typedef struct {
    char leader [64];    //  The leader believed in, or ""
    uint64_t term;       //  Its term
} zelect_transition_t;

//  --------------------------------------------------------------------------
//  Print what changed last, for people: the time as given, node, role, term
//  and reason, and the leader where another one is believed in.

void zelect_transition_print (zelect_transition_t *self,
                              const zelect_observer_t *observer,
                              const char *time);

//  --------------------------------------------------------------------------
//  The same for programs, as a line of JSON with the wall clock's time; its
//  event is STATE, or LEADER_CHANGED or LEADER_LOST if the state that came also
//  changed who is believed to lead. Returns 0, or -1 if stdout could not be
//  written.

int zelect_transition_print_json (zelect_transition_t *self,
                                  const zelect_observer_t *observer,
                                  const char *cluster);

#endif
