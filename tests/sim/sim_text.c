/*  =========================================================================
    sim_text - the transcript of a run

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_private.h"
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sim_print (sim_t *self, const char *format, ...)
{
    if (!self->is_traced)
        return;
    char line [512];
    va_list arguments;
    va_start (arguments, format);
    int size = vsnprintf (line, sizeof line, format, arguments);
    va_end (arguments);
    assert (size > 0 && (size_t) size < sizeof line);
    size_t needed = self->text_size + (size_t) size + 1;
    if (needed > self->text_max) {
        self->text_max = 2 * needed;
        self->text = realloc (self->text, self->text_max);
        assert (self->text);
    }
    memcpy (self->text + self->text_size, line, (size_t) size + 1);
    self->text_size += (size_t) size;
}

void
sim_stamp (sim_t *self, unsigned node)
{
    sim_print (self, "%5" PRIu64 "ms  n%u ", self->now / ZELECT_MS, node + 1);
}


const char *
sim_name (uint8_t member)
{
    static const char *const names [] = {"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"};
    return member < SIM_NODES ? names [member] : "nobody";
}

static void
s_print_mask (sim_t *self, uint64_t mask)
{
    const char *comma = "";
    for (uint8_t index = 0; index < self->count; index++)
        if (mask >> index & 1) {
            sim_print (self, "%s%s", comma, sim_name (index));
            comma = ",";
        }
}

static bool
s_is_beat (const sim_t *self, const zelect_message_t *message)
{
    bool is_beat = message->kind == ZELECT_MESSAGE_HEARTBEAT
                   || (message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK && message->granted);
    return is_beat && !self->shows_beats;
}

void
sim_print_message (sim_t *self, uint64_t to, const zelect_message_t *message, const char *arrow)
{
    if (s_is_beat (self, message))
        return;
    sim_stamp (self, message->from);
    sim_print (self, "%s ", arrow);
    s_print_mask (self, to);
    sim_print (self, " %s term %" PRIu64, zelect_message_name (message->kind), message->term);
    if (message->about != message->term)
        sim_print (self, " about %" PRIu64, message->about);
    bool is_answer = message->kind == ZELECT_MESSAGE_PREVOTE_REPLY
                     || message->kind == ZELECT_MESSAGE_VOTE_REPLY
                     || message->kind == ZELECT_MESSAGE_HEARTBEAT_ACK;
    if (is_answer)
        sim_print (self, message->granted ? " yes" : " no");
    if (message->floor)
        sim_print (self, " floor %" PRIu64, message->floor);
    if (message->leader != ZELECT_NOBODY)
        sim_print (self, message->kind == ZELECT_MESSAGE_RELEASE ? " heir %s" : " hint %s",
                   sim_name (message->leader));
    for (unsigned rank = 0; rank < message->rank_count; rank++)
        sim_print (self, "%s%s", rank ? "," : " ranking ", sim_name (message->ranking [rank]));
    sim_print (self, "\n");
}
