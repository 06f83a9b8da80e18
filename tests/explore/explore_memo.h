/*  =========================================================================
    explore_memo - what is known to come to nothing

    Most of what can happen to a node changes nothing in it, and makes it send
    nothing, or a refusal at most. What one step of a node comes to depends on
    the node's bytes, on who leads in which term and how far that got, and on the
    action: not on the rest of the state. So each such step is taken once, and
    known from then on by 120 bits of a hash. Whatever changes anything, or sends
    anything that is judged, is taken and judged each time.

    It also keeps the core that was last made for each node.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef EXPLORE_MEMO_H_INCLUDED
#define EXPLORE_MEMO_H_INCLUDED

#include "explore_step.h"

//  --------------------------------------------------------------------------
//  The core of a node in a state. It stays as it is until the next one is made.

const zelect_core_t *
explore_memo_core (explore_local_t *locals, const explore_state_t *state, unsigned node);

//  --------------------------------------------------------------------------
//  Whether it is known that an action changes nothing in a state; and to note
//  that the step just taken changed nothing.

bool explore_memo_is_idle (explore_step_t *step,
                           const explore_state_t *state,
                           const explore_action_t *action);
void explore_memo_note (explore_step_t *step);

#endif
