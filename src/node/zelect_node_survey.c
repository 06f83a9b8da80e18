/*  =========================================================================
    zelect_node_survey - CLUSTERSTATE: ask every member

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"
#include "zelect_tree.h"

#define TAG "CLUSTERSTATE"

//  A wire that is down when the question is asked may be up a moment later.
#define RETRY_NS (50 * ZELECT_MS)

//  ----  The tree  ------------------------------------------------------------

static void
s_put_member (const zelect_node_t *self,
              zelect_survey_t *survey,
              uint8_t member,
              const zelect_state_t *state)
{
    const zelect_options_member_t *options = &self->run->options->members [member];
    char path [sizeof ("members/") + ZELECT_ID_MAX];
    snprintf (path, sizeof (path), "members/%s", options->id);
    zconfig_put (survey->tree, path, NULL);
    zconfig_t *item = zconfig_locate (survey->tree, path);
    if (!item)
        return;
    zelect_tree_put (item, "endpoint", options->endpoint);
    if (!state) {
        zelect_tree_put (item, "state", "down");
        zelect_tree_put_number (item, "voter", options->voter ? 1 : 0);
        return;
    }
    zelect_tree_put_state (item, state);
    if (state->term > survey->term)
        survey->term = state->term;
    if (state->role == ZELECT_ROLE_LEADER && state->term >= survey->leader_term) {
        survey->leader_term = state->term;
        snprintf (survey->leader, sizeof (survey->leader), "%s", options->id);
    }
}

static void
s_put_rejected (const zelect_run_t *run, zconfig_t *tree)
{
    for (int reject = 1; reject < ZELECT_REJECTS; reject++) {
        char path [64];
        snprintf (path, sizeof (path), "rejected/%s", zelect_reject_name (reject));
        zelect_tree_put_number (tree, path, run->rejected [reject]);
    }
}

//  ----  Life  ----------------------------------------------------------------

static void
s_close (zelect_survey_t *survey)
{
    zconfig_destroy (&survey->tree);
    memset (survey, 0, sizeof (*survey));
}

//  Who has not answered is down, and is part of the answer all the same.

static void
s_finish (zelect_node_t *self, zelect_survey_t *survey)
{
    const zelect_run_t *run = self->run;
    for (uint8_t member = 0; member < run->members.count; member++)
        if (survey->waiting & UINT64_C (1) << member)
            s_put_member (self, survey, member, NULL);
    zelect_tree_put (survey->tree, "leader", survey->leader);
    zelect_tree_put_number (survey->tree, "term", survey->term);
    zelect_tree_put (survey->tree, "self", run->options->name);
    s_put_rejected (run, survey->tree);
    char *text = zconfig_str_save (survey->tree);
    zelect_outbox_ok (self->outbox, text, TAG);
    zstr_free (&text);
    s_close (survey);
}

static void
s_ask (zelect_node_t *self, zelect_survey_t *survey, uint64_t to)
{
    const zelect_run_t *run = self->run;
    zelect_rpc_t rpc = {.message = {.kind = ZELECT_MESSAGE_STATE,
                                    .from = run->members.self,
                                    .incarnation = run->incarnation,
                                    .term = run->core.wanted.term,
                                    .number = survey->number,
                                    .leader = ZELECT_NOBODY}};
    survey->unsent = zelect_node_send (self, to, &rpc);
}

static zelect_survey_t *
s_find (zelect_run_t *run, uint64_t number)
{
    for (size_t index = 0; index < ZELECT_SURVEYS_MAX; index++)
        if (run->surveys [index].number == number)
            return &run->surveys [index];
    return NULL;
}

//  Nobody waits for a member to which there was no wire at the second try.

static bool
s_is_over (const zelect_survey_t *survey)
{
    return survey->retry_at == ZELECT_NEVER && survey->waiting == survey->unsent;
}

void
zelect_node_survey (zelect_node_t *self, uint64_t timeout_ms)
{
    zelect_run_t *run = self->run;
    zelect_survey_t *survey = s_find (run, 0);
    zconfig_t *tree = survey ? zconfig_new ("root", NULL) : NULL;
    if (!tree) {
        zelect_outbox_error (self->outbox,
                             "too many CLUSTERSTATE commands are under way: wait for their "
                             "answers",
                             EAGAIN, TAG);
        return;
    }
    uint64_t now = zelect_clock_ns ();
    uint64_t all = UINT64_MAX >> (64 - run->members.count);
    survey->tree = tree;
    survey->number = zelect_random_next (&run->random) | 1;
    survey->deadline = now + timeout_ms * ZELECT_MS;
    survey->waiting = all & ~(UINT64_C (1) << run->members.self);
    zelect_state_t own;
    zelect_node_describe (self, &own);
    s_put_member (self, survey, run->members.self, &own);
    s_ask (self, survey, survey->waiting);
    survey->retry_at = survey->unsent ? now + RETRY_NS : ZELECT_NEVER;
    if (s_is_over (survey))
        s_finish (self, survey);
}

void
zelect_node_survey_answer (zelect_node_t *self, const zelect_rpc_t *rpc)
{
    zelect_survey_t *survey = s_find (self->run, rpc->message.number);
    uint64_t mask = UINT64_C (1) << rpc->message.from;
    if (!survey || rpc->message.number == 0 || !(survey->waiting & mask))
        return;
    survey->waiting &= ~mask;
    s_put_member (self, survey, rpc->message.from, &rpc->state);
    if (s_is_over (survey))
        s_finish (self, survey);
}

//  ----  Time  ----------------------------------------------------------------

uint64_t
zelect_node_survey_deadline (const zelect_node_t *self)
{
    uint64_t deadline = ZELECT_NEVER;
    for (size_t index = 0; index < ZELECT_SURVEYS_MAX; index++) {
        const zelect_survey_t *survey = &self->run->surveys [index];
        if (survey->number && survey->deadline < deadline)
            deadline = survey->deadline;
        if (survey->number && survey->retry_at < deadline)
            deadline = survey->retry_at;
    }
    return deadline;
}

static void
s_retry (zelect_node_t *self, zelect_survey_t *survey)
{
    survey->retry_at = ZELECT_NEVER;
    s_ask (self, survey, survey->unsent);
    if (s_is_over (survey))
        s_finish (self, survey);
}

void
zelect_node_survey_check (zelect_node_t *self, uint64_t now)
{
    for (size_t index = 0; index < ZELECT_SURVEYS_MAX; index++) {
        zelect_survey_t *survey = &self->run->surveys [index];
        if (!survey->number)
            continue;
        if (survey->deadline <= now)
            s_finish (self, survey);
        else if (survey->retry_at <= now)
            s_retry (self, survey);
    }
}

void
zelect_node_survey_end (zelect_node_t *self)
{
    for (size_t index = 0; index < ZELECT_SURVEYS_MAX; index++) {
        zelect_survey_t *survey = &self->run->surveys [index];
        if (!survey->number)
            continue;
        zelect_outbox_error (self->outbox, "the node was stopped", ENOTCONN, TAG);
        s_close (survey);
    }
}
