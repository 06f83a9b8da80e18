/*  =========================================================================
    explore_memo - what is known to come to nothing

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_memo.h"
#include <stddef.h>
#include <string.h>

//  A direct table: who comes later takes the place.

#define BITS 16

typedef struct {
    uint64_t stored;
    uint64_t place;    //  Its low byte: the mask of the terms told by refusals
} entry_t;

static entry_t s_entries [1 << BITS];

//  What a step of one node reads of the state, and nothing else, comes first in
//  explore_local_t.

#define READ (offsetof (explore_local_t, aged) + EXPLORE_TERMS)

static bool
s_is_same (const explore_local_t *local, const explore_state_t *state, unsigned node)
{
    return !memcmp (&local->node, &state->nodes [node], sizeof local->node)
           && !memcmp (local->led, state->led, sizeof local->led)
           && !memcmp (local->beats, state->beats, sizeof local->beats)
           && !memcmp (local->aged, state->aged, sizeof local->aged);
}

static explore_local_t *
s_local (explore_local_t *locals, const explore_state_t *state, unsigned node)
{
    explore_local_t *local = &locals [node];
    if (local->is_known && s_is_same (local, state, node))
        return local;
    local->node = state->nodes [node];
    memcpy (local->led, state->led, sizeof local->led);
    memcpy (local->beats, state->beats, sizeof local->beats);
    memcpy (local->aged, state->aged, sizeof local->aged);
    local->print = explore_hash (local, READ);
    local->is_known = true;
    local->is_made = false;
    return local;
}

const zelect_core_t *
explore_memo_core (explore_local_t *locals, const explore_state_t *state, unsigned node)
{
    explore_local_t *local = s_local (locals, state, node);
    if (!local->is_made)
        explore_core_make (state, node, &local->core);
    local->is_made = true;
    return &local->core;
}

//  Deliveries, proofs and stalls: what happens to one node alone, and is in no
//  count that is bounded.

static bool
s_is_local (const explore_action_t *action)
{
    return action->kind >= EXPLORE_PREVOTE_ACTION && action->kind <= EXPLORE_STALLED_ACTION
           && action->kind != EXPLORE_STATE_ACTION;
}

static explore_print_t
s_print (explore_step_t *step, const explore_state_t *state, const explore_action_t *action)
{
    const explore_local_t *local = s_local (step->locals, state, action->node);
    uint64_t word = explore_told (state, action);
    word = word << 8 | action->kind;
    word = word << 8 | action->node;
    word = word << 8 | action->from;
    word = word << 8 | action->inc;
    word = word << 8 | action->term;
    word = word << 8 | action->round;
    word = word << 8 | 1;
    return (explore_print_t){
        .stored = (local->print.stored ^ word) * UINT64_C (0x9fb21c651e98df25),
        .place = (local->print.place + word) * UINT64_C (0xd6e8feb86659fd93),
    };
}

static entry_t *
s_entry (explore_print_t print)
{
    return &s_entries [print.place >> (64 - BITS)];
}

bool
explore_memo_is_idle (explore_step_t *step,
                      const explore_state_t *state,
                      const explore_action_t *action)
{
    if (!s_is_local (action))
        return false;
    step->memo = s_print (step, state, action);
    const entry_t *entry = s_entry (step->memo);
    return entry->stored == step->memo.stored && !((entry->place ^ step->memo.place) >> 8)
           && !((unsigned) (entry->place & 0xff) & ~(unsigned) state->refused);
}

//  The terms that the refusals of this step told. False: it sent something else.

static bool
s_refusals (const explore_step_t *step, unsigned *terms)
{
    *terms = 0;
    for (size_t count = 0; count < step->effects.count; count++) {
        const zelect_effect_t *effect = &step->effects.list [count];
        const zelect_message_t *message = &effect->message;
        bool is_answer = message->kind == ZELECT_MESSAGE_PREVOTE_REPLY
                         || message->kind == ZELECT_MESSAGE_VOTE_REPLY
                         || message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK;
        if (effect->kind != ZELECT_EFFECT_SEND || !is_answer || message->granted)
            return false;
        *terms |= 1u << message->term;
    }
    return true;
}

void
explore_memo_note (explore_step_t *step)
{
    unsigned terms;
    if (!s_is_local (&step->action) || !s_refusals (step, &terms))
        return;
    *s_entry (step->memo) = (entry_t){.stored = step->memo.stored,
                                      .place = (step->memo.place & ~UINT64_C (0xff)) | terms};
}
