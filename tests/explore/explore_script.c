/*  =========================================================================
    explore_script - a trace as a scenario of tests/core/scenarios

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_script.h"
#include <limits.h>

#define NODES EXPLORE_NODES

void
explore_script_begin (explore_script_t *self, const char *folder, const char *violation)
{
    char path [PATH_MAX];
    self->file = NULL;
    if (!folder)
        return;
    snprintf (path, sizeof path, "%s/explored_%s.txt", folder, explore_slice->name);
    self->file = fopen (path, "w");
    if (!self->file) {
        printf ("# %s can't be written\n", path);
        return;
    }
    printf ("# as a scenario: %s\n", path);
    fprintf (self->file, "# Explored, slice %s: %s.\ncluster n=%d seed=1\nstart all\n%scut all\n",
             explore_slice->name, violation, NODES,
             explore_slice->starts_led ? "run until=leader\n" : "");
}

static void
s_inject (explore_script_t *self, const explore_state_t *state, const explore_action_t *action)
{
    static const char *const kinds [EXPLORE_ACTION_KINDS] = {
        [EXPLORE_PREVOTE_ACTION] = "PREVOTE",         [EXPLORE_VOTE_ACTION] = "VOTE",
        [EXPLORE_PREVOTED_ACTION] = "PREVOTE_REPLY",  [EXPLORE_VOTED_ACTION] = "VOTE_REPLY",
        [EXPLORE_REFUSED_ACTION] = "HEARTBEAT_ACK",   [EXPLORE_BEAT_ACTION] = "HEARTBEAT",
        [EXPLORE_ACK_ACTION] = "HEARTBEAT_ACK",       [EXPLORE_RELEASE_ACTION] = "RELEASE",
        [EXPLORE_STATE_REPLY_ACTION] = "STATE_REPLY",
    };
    bool is_leaders = action->kind == EXPLORE_BEAT_ACTION || action->kind == EXPLORE_RELEASE_ACTION;
    bool is_granted = action->kind == EXPLORE_PREVOTED_ACTION
                      || action->kind == EXPLORE_VOTED_ACTION || action->kind == EXPLORE_ACK_ACTION;
    bool is_prevote =
        action->kind == EXPLORE_PREVOTE_ACTION || action->kind == EXPLORE_PREVOTED_ACTION;
    unsigned from = is_leaders ? explore_leader (state, action->term) : action->from;
    fprintf (self->file, "inject n%u %s from=n%u term=%u about=%u number=%u", action->node + 1,
             kinds [action->kind], from + 1, is_prevote ? action->term - 1u : action->term,
             action->term, action->round ? action->round : 1u);
    if (is_granted)
        fprintf (self->file, " granted=1");
    if (action->kind == EXPLORE_ACK_ACTION || action->kind == EXPLORE_VOTED_ACTION)
        fprintf (self->file, " promise=500");
    if (action->kind == EXPLORE_RELEASE_ACTION && action->from < NODES)
        fprintf (self->file, " leader=n%u", action->from + 1);
    fputc ('\n', self->file);
}

void
explore_script_add (explore_script_t *self,
                    const explore_state_t *state,
                    const explore_action_t *action)
{
    if (!self->file)
        return;
    unsigned node = action->node + 1, other = action->from + 1;
    char line [200];
    explore_describe (state, action, line, sizeof line);
    fprintf (self->file, "# %s\n", line);
    if (action->kind == EXPLORE_CRASH_ACTION)
        fprintf (self->file, "kill n%u\nstart n%u\n", node, node);
    else if (action->kind == EXPLORE_FAIL_ACTION)
        fprintf (self->file, "set n%u savefails=1\n", node);
    else if (action->kind == EXPLORE_DIED_ACTION)
        fprintf (self->file, "died n%u n%u old\n", node, other);
    else if (action->kind == EXPLORE_RESIGN_ACTION)
        fprintf (self->file, "resign n%u\n", node);
    else if (action->kind == EXPLORE_TRANSFER_ACTION)
        fprintf (self->file, "transfer n%u n%u\n", node, other);
    else if (action->kind == EXPLORE_STOP_ACTION)
        fprintf (self->file, "stop n%u\n", node);
    else if (action->kind == EXPLORE_HEALTH_ACTION)
        fprintf (self->file, "healthy n%u %u\n", node, action->inc);
    else if (action->kind == EXPLORE_SAVED_ACTION)
        fprintf (self->file, "run for=2\n");
    else if (action->kind >= EXPLORE_PREVOTE_ACTION && action->kind <= EXPLORE_STATE_REPLY_ACTION
             && action->kind != EXPLORE_STATE_ACTION)
        s_inject (self, state, action);
    else if (action->kind == EXPLORE_EXPIRE_ACTION || action->kind == EXPLORE_PASS_ACTION
             || action->kind == EXPLORE_FIRE_ACTION)
        fprintf (self->file, "run for=%u\n",
                 action->kind == EXPLORE_FIRE_ACTION && action->from == ZELECT_TIMER_HEARTBEAT
                     ? 100
                     : 500);
}

void
explore_script_end (explore_script_t *self)
{
    if (!self->file)
        return;
    fprintf (self->file, "show\n----\n");
    fclose (self->file);
}
