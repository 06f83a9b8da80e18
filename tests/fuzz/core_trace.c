/*  =========================================================================
    core_trace - what happened, for who looks into a finding

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "core_trace.h"

#include <inttypes.h>

static const char *const s_inputs [] = {
#define X(name) #name,
    ZELECT_INPUT_MAP (X)
#undef X
};

static void
s_print_message (const zelect_message_t *message)
{
    printf (" %s from=%u/%" PRIx64 " term=%" PRIu64 " about=%" PRIu64 " number=%" PRIx64
            " granted=%u promise=%" PRIu64 " leader=%u floor=%" PRIu64 "\n",
            zelect_message_name (message->kind), message->from, message->incarnation, message->term,
            message->about, message->number, message->granted, message->promise_ns, message->leader,
            message->floor);
}

static void
s_print_effect (const zelect_effect_t *effect)
{
    switch (effect->kind) {
    case ZELECT_EFFECT_SAVE:
        printf ("    SAVE %" PRIu64 " term=%" PRIu64 " vote=%" PRIu64 "/%" PRIx64 " floor=%" PRIx64
                " promise=%" PRIu64 "\n",
                effect->number, effect->record.term, effect->record.vote,
                effect->record.vote_incarnation, effect->record.floor, effect->record.promise_ns);
        break;
    case ZELECT_EFFECT_SEND:
    case ZELECT_EFFECT_BROADCAST:
        printf ("    to %" PRIx64, effect->to);
        s_print_message (&effect->message);
        break;
    case ZELECT_EFFECT_ROLE:
        printf ("    ROLE %s term=%" PRIu64 " by %s\n",
                zelect_role_name ((zelect_role_t) effect->role), effect->term,
                zelect_reason_name ((zelect_reason_t) effect->reason));
        break;
    case ZELECT_EFFECT_REPORT:
        printf ("    REPORT %s about %u: %" PRIu64 "\n",
                zelect_report_name ((zelect_report_t) effect->report), effect->member,
                effect->number);
        break;
    default:
        printf ("    %s term=%" PRIu64 " until=%" PRIu64 " member=%u answer=%u\n",
                effect->kind == ZELECT_EFFECT_LEASE    ? "LEASE"
                : effect->kind == ZELECT_EFFECT_LEADER ? "LEADER"
                                                       : "ANSWER",
                effect->term, effect->until, effect->member, effect->answer);
        break;
    }
}

static void
s_print_effects (const zelect_effects_t *effects)
{
    for (size_t i = 0; i < effects->count; i++)
        s_print_effect (&effects->list [i]);
    fflush (stdout);
}

void
core_trace_start (uint64_t now,
                  const zelect_core_options_t *options,
                  const zelect_effects_t *effects)
{
    printf ("%" PRIu64 " START self=%u of %u, voters=%" PRIx64 " T=%" PRIu64 " H=%" PRIu64
            " priority=%u volatile=%u incarnation=%" PRIx64 "\n",
            now, options->self, options->member_count, options->voters, options->election_ns,
            options->heartbeat_ns, options->priority, options->is_volatile, options->incarnation);
    s_print_effects (effects);
}

void
core_trace_step (uint64_t now, const zelect_input_t *input, const zelect_effects_t *effects)
{
    printf ("%" PRIu64 " %s", now, s_inputs [input->kind]);
    if (input->kind == ZELECT_INPUT_MESSAGE)
        s_print_message (&input->message);
    else
        printf (" number=%" PRIx64 " member=%u ok=%u\n", input->number, input->member, input->ok);
    s_print_effects (effects);
}
