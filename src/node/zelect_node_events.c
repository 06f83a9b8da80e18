/*  =========================================================================
    zelect_node_events - roles and leaders: events, cell, feed

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"
#include "zelect_quorum.h"

#include <stdarg.h>

//  What an application is told of a role: goelect's three states. A faulted node
//  goes on following.

static const char *const s_categories [ZELECT_ROLES] = {
    [ZELECT_ROLE_FOLLOWER] = "FOLLOWER",   [ZELECT_ROLE_PRECANDIDATE] = "CANDIDATE",
    [ZELECT_ROLE_CANDIDATE] = "CANDIDATE", [ZELECT_ROLE_LEADER_ELECT] = "CANDIDATE",
    [ZELECT_ROLE_LEADER] = "LEADER",       [ZELECT_ROLE_FAULTED] = "FOLLOWER",
};

//  ----  Who leads  -----------------------------------------------------------

//  The core looks at the end of its step; a step may lead through several roles.

static uint8_t
s_leader (const zelect_node_t *self, uint8_t role)
{
    const zelect_run_t *run = self->run;
    uint8_t leader = zelect_core_leader (&run->core, zelect_clock_ns ());
    if (role == ZELECT_ROLE_LEADER)
        return run->members.self;
    return leader == run->members.self ? ZELECT_NOBODY : leader;
}

static const char *
s_id (const zelect_node_t *self, uint8_t member)
{
    if (member == ZELECT_NOBODY)
        return NULL;
    return zelect_members_id (&self->run->members, member);
}

const char *
zelect_node_leader_id (const zelect_node_t *self)
{
    if (!self->run)
        return NULL;
    return s_id (self, s_leader (self, self->run->core.role));
}

//  ----  The feed  ------------------------------------------------------------

static void
s_describe_role (const zelect_node_t *self, uint8_t role, zelect_state_t *state)
{
    const zelect_run_t *run = self->run;
    const zelect_options_t *options = run->options;
    uint8_t leader = s_leader (self, role);
    memset (state, 0, sizeof (*state));
    state->incarnation = run->incarnation;
    state->term = run->core.wanted.term;
    state->sequence = zelect_station_sequence (run->station);
    state->election_ns = run->core.options.election_ns;
    snprintf (state->cluster, sizeof (state->cluster), "%s", options->cluster);
    snprintf (state->node, sizeof (state->node), "%s", options->name);
    snprintf (state->tags, sizeof (state->tags), "%s", options->tags);
    if (leader != ZELECT_NOBODY) {
        const zelect_options_member_t *member = &options->members [leader];
        snprintf (state->leader, sizeof (state->leader), "%s", member->id);
        snprintf (state->leader_endpoint, sizeof (state->leader_endpoint), "%s", member->endpoint);
    }
    state->role = role;
    state->reason = run->reason;
    state->priority = run->core.options.priority;
    state->is_voter = options->members [options->self].voter ? 1 : 0;
    state->is_healthy = run->core.is_healthy;
    state->is_faulted = run->core.is_faulted;
}

//  To who asks: what is left of the lease.

void
zelect_node_describe (const zelect_node_t *self, zelect_state_t *state)
{
    const zelect_core_t *core = &self->run->core;
    s_describe_role (self, core->role, state);
    snprintf (state->bound, sizeof (state->bound), "%s", zelect_peers_bound (self->run->peers));
    uint64_t now = zelect_clock_ns ();
    if (core->role == ZELECT_ROLE_LEADER && now < core->lease_end)
        state->lease_ns = core->lease_end - now;
}

//  To who listens: how long a lease is, which tells how long to believe it.

static void
s_say_role (zelect_node_t *self, uint8_t role)
{
    zelect_run_t *run = self->run;
    const zelect_core_options_t *options = &run->core.options;
    zelect_feed_t feed = {.kind = ZELECT_FEED_STATE};
    s_describe_role (self, role, &feed.state);
    feed.state.lease_ns = zelect_quorum_lease_ns (options->election_ns, options->drift_permille);
    run->told_leader = s_leader (self, role);
    run->told_term = feed.state.term;
    zelect_station_say (run->station, &feed);
}

void
zelect_node_say_state (zelect_node_t *self)
{
    s_say_role (self, self->run->core.role);
}

void
zelect_node_say_role (zelect_node_t *self, const zelect_effect_t *effect)
{
    self->run->reason = effect->reason;
    s_say_role (self, effect->role);
}

void
zelect_node_say_leader (zelect_node_t *self, const zelect_effect_t *effect)
{
    zelect_run_t *run = self->run;
    //  To observers: it is a follower by this leader's heartbeat now
    if (effect->member != ZELECT_NOBODY && run->core.role == ZELECT_ROLE_FOLLOWER)
        run->reason = ZELECT_REASON_HEARTBEAT;
    if (run->told_leader != effect->member || run->told_term != effect->term)
        zelect_node_say_state (self);
}

//  ----  Events  --------------------------------------------------------------

static void
s_emit (zelect_node_t *self, zelect_outbox_event_t *event)
{
    event->time_ns = zelect_clock_ns ();
    zelect_outbox_event (self->events, event);
    bool is_turn =
        strncmp (event->name, "ENTER_", 6) == 0 || strncmp (event->name, "LEAVE_", 6) == 0;
    if (self->callbacks && is_turn)
        zelect_outbox_event (self->callbacks, event);
}

//  ENTER or LEAVE a category; `event` says the rest.

static void
s_emit_turn (zelect_node_t *self,
             const char *verb,
             const char *category,
             zelect_outbox_event_t event)
{
    char name [32];
    snprintf (name, sizeof (name), "%s_%s", verb, category);
    event.name = name;
    if (!streq (name, "ENTER_LEADER"))
        event.until_ns = 0;
    s_emit (self, &event);
}

static void
s_emit_named (zelect_node_t *self, const char *name, zelect_outbox_event_t event)
{
    event.name = name;
    event.until_ns = 0;
    s_emit (self, &event);
}

//  LEAVE_x, ENTER_y and what is between, if the category changes.

static void
s_emit_role (zelect_node_t *self, const zelect_effect_t *effect, zelect_outbox_event_t event)
{
    const char *category = s_categories [effect->role];
    bool is_fault = effect->role == ZELECT_ROLE_FAULTED;
    if (effect->reason == ZELECT_REASON_LOST_QUORUM && effect->old_role == ZELECT_ROLE_LEADER)
        s_emit_named (self, "QUORUM_LOST", event);
    if (self->entered && self->entered != category)
        s_emit_turn (self, "LEAVE", self->entered, event);
    if (is_fault)
        s_emit_named (self, "FAULTED", event);
    if (self->entered != category)
        s_emit_turn (self, "ENTER", category, event);
    self->entered = category;
}

void
zelect_node_take_role (zelect_node_t *self, const zelect_effect_t *effect)
{
    zelect_run_t *run = self->run;
    zelect_role_t role = (zelect_role_t) effect->role;
    zelect_reason_t reason = (zelect_reason_t) effect->reason;
    if (role == ZELECT_ROLE_LEADER)
        run->leading_since = zelect_clock_ns ();
    zelect_cell_set_role (self->cell, (int) role, effect->term);

    const char *text = zelect_reason_text (reason);
    if (role == ZELECT_ROLE_FAULTED && *run->store_text)
        text = run->store_text;
    zelect_outbox_event_t event = {.role = zelect_role_name (role),
                                   .old_role = zelect_role_name (effect->old_role),
                                   .term = effect->term,
                                   .leader = s_id (self, s_leader (self, effect->role)),
                                   .reason = zelect_reason_name (reason),
                                   .text = text,
                                   .until_ns = effect->until};
    s_emit_role (self, effect, event);
    zelect_log (&self->log, ZELECT_LOG_EACH, role == ZELECT_ROLE_FAULTED ? 'E' : 'N',
                "event=role role=%s old=%s term=%" PRIu64 " reason=%s msg=\"%s\"", event.role,
                event.old_role, event.term, event.reason, text);
}

void
zelect_node_take_leader (zelect_node_t *self, const zelect_effect_t *effect)
{
    zelect_run_t *run = self->run;
    const char *role = zelect_role_name (run->core.role);
    const char *leader = s_id (self, effect->member);
    zelect_cell_set_leader (self->cell, effect->member, run->members.self);
    zelect_outbox_event_t event = {.role = role,
                                   .old_role = role,
                                   .term = effect->term,
                                   .leader = leader,
                                   .text = leader ? "the cluster has a leader"
                                                  : "the leader is not known"};
    s_emit_named (self, "LEADER_CHANGED", event);
    zelect_log (&self->log, ZELECT_LOG_LEADER, 'N', "event=leader leader=%s term=%" PRIu64,
                leader ? leader : "", effect->term);
}

//  ----  Other events  --------------------------------------------------------

static zelect_outbox_event_t
s_present (const zelect_node_t *self)
{
    const char *role = zelect_cell_role (self->cell);
    zelect_outbox_event_t event = {.role = role,
                                   .old_role = role,
                                   .term = zelect_cell_term (self->cell),
                                   .leader = zelect_node_leader_id (self)};
    return event;
}

void
zelect_node_error (zelect_node_t *self, char level, const char *format, ...)
{
    char text [ZELECT_TROUBLE_SIZE];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof (text), format, args);
    va_end (args);
    zelect_outbox_event_t event = s_present (self);
    event.text = text;
    s_emit_named (self, "ERROR", event);
    zelect_log (&self->log, ZELECT_LOG_EACH, level, "event=error msg=\"%s\"", text);
}

static uint64_t
s_sum_rejected (const zelect_run_t *run)
{
    uint64_t sum = 0;
    for (size_t reason = 0; reason < ZELECT_REJECTS; reason++)
        sum += run->rejected [reason];
    return sum;
}

void
zelect_node_send_status (zelect_node_t *self)
{
    const zelect_run_t *run = self->run;
    char text [3 * ZELECT_ENDPOINT_MAX];
    snprintf (text, sizeof (text),
              "cluster=%s node=%s endpoint=%s feed=%s healthy=%d rejected=%" PRIu64,
              run ? run->options->cluster : self->options->cluster,
              run ? run->options->name : self->options->name,
              run ? run->options->bind_endpoint : "", run ? run->options->feed_endpoint : "",
              run ? run->core.is_healthy : self->is_healthy, run ? s_sum_rejected (run) : 0);
    zelect_outbox_event_t event = s_present (self);
    event.name = "STATUS";
    event.text = text;
    event.reason = run ? zelect_reason_name (run->reason) : "";
    event.time_ns = zelect_clock_ns ();
    uint64_t term;
    zelect_cell_token (self->cell, &term, &event.until_ns);
    zelect_outbox_status (self->outbox, &event);
}

void
zelect_node_leave (zelect_node_t *self)
{
    zelect_outbox_event_t event = s_present (self);
    zelect_cell_set_lease (self->cell, 0, 0);
    zelect_cell_set_leader (self->cell, ZELECT_NOBODY, ZELECT_NOBODY);
    zelect_cell_set_role (self->cell, ZELECT_CELL_STOPPED, event.term);
    event.role = "stopped";
    event.leader = NULL;
    event.reason = zelect_reason_name (ZELECT_REASON_STOPPED);
    event.text = zelect_reason_text (ZELECT_REASON_STOPPED);
    if (self->entered)
        s_emit_turn (self, "LEAVE", self->entered, event);
    self->entered = NULL;
    zelect_log (&self->log, ZELECT_LOG_EACH, 'N', "event=stopped");
}
