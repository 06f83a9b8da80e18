/*  =========================================================================
    zelect_node_effects - what the core decided is carried out

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_hooks.h"
#include "zelect_node_private.h"

//  ----  Messages  ------------------------------------------------------------

static void
s_note_link (zelect_node_t *self, uint8_t member, bool is_up)
{
    zelect_run_t *run = self->run;
    uint64_t mask = UINT64_C (1) << member;
    bool was_up = !(run->unreachable & mask);
    if (is_up == was_up)
        return;
    run->unreachable ^= mask;
    zelect_log (&self->log, ZELECT_LOG_UNSENT, 'I', "event=link member=%s up=%d",
                zelect_members_id (&run->members, member), is_up);
}

//  Votes are what a crash must not make twice, so tests may kill the process on
//  either side of sending one.

static int
s_send_packed (
    zelect_run_t *run, uint8_t member, const zelect_rpc_t *rpc, const uint8_t *data, size_t size)
{
    bool is_vote = rpc->message.kind == ZELECT_MESSAGE_VOTE_REPLY && rpc->message.granted;
    if (is_vote)
        ZELECT_HOOK ("before-send");
    int rc = zelect_peers_send (run->peers, member, data, size);
    if (is_vote)
        ZELECT_HOOK ("after-send");
    return rc;
}

uint64_t
zelect_node_send (zelect_node_t *self, uint64_t to, zelect_rpc_t *rpc)
{
    zelect_run_t *run = self->run;
    rpc->boot = run->boot_id;
    rpc->netns = run->namespace_id;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_rpc (&run->members, rpc, data, sizeof (data));
    uint64_t unsent = 0;
    for (uint8_t member = 0; member < run->members.count; member++) {
        uint64_t mask = UINT64_C (1) << member;
        if (!(to & mask) || member == run->members.self)
            continue;
        int rc = s_send_packed (run, member, rpc, data, size);
        s_note_link (self, member, rc == 0);
        if (rc)
            unsent |= mask;
        zelect_log (&self->log, ZELECT_LOG_EACH, 'D',
                    "event=%s kind=%s to=%s term=%" PRIu64 " number=%" PRIu64,
                    rc ? "unsent" : "sent", zelect_message_name (rpc->message.kind),
                    zelect_members_id (&run->members, member), rpc->message.term,
                    rpc->message.number);
    }
    return unsent;
}

//  The work of a leader that needs notice goes on when its leadership is over, until
//  the lease ends that its owner knew of. The node is silent about whatever might let
//  another lead before: releases, and its own vote, since the others of the majority
//  that the lease rests on are bound already (R5). To the others these messages are
//  lost, which they may always be.

static bool
s_is_kept (zelect_node_t *self, const zelect_message_t *message)
{
    const zelect_run_t *run = self->run;
    bool is_reply =
        message->kind == ZELECT_MESSAGE_VOTE_REPLY || message->kind == ZELECT_MESSAGE_PREVOTE_REPLY;
    bool frees = message->kind == ZELECT_MESSAGE_RELEASE || (is_reply && message->granted);
    if (!frees || run->is_asked || zelect_clock_ns () >= run->kept_until)
        return false;
    zelect_log (&self->log, ZELECT_LOG_EACH, 'D', "event=kept kind=%s term=%" PRIu64,
                zelect_message_name (message->kind), message->term);
    return true;
}

static void
s_note_lease (zelect_run_t *run, uint64_t until)
{
    bool is_lost = until == 0 && run->options->notice_ms && !run->is_asked;
    if (is_lost && run->lease_until > run->kept_until)
        run->kept_until = run->lease_until;
    run->lease_until = until;
}

static void
s_do_send (zelect_node_t *self, const zelect_effect_t *effect)
{
    if (s_is_kept (self, &effect->message))
        return;
    zelect_rpc_t rpc = {.message = effect->message};
    zelect_node_send (self, effect->to, &rpc);
}

//  How long acknowledgements may wait for each other: a hundredth of H, and what no
//  ranking and no slot (R8) needs to know better.

static uint64_t
s_gather_ns (const zelect_run_t *run)
{
    uint64_t part_ns = run->core.options.heartbeat_ns / 100;
    return part_ns < ZELECT_MS ? part_ns : ZELECT_MS;
}

static void
s_do_broadcast (zelect_node_t *self, const zelect_effect_t *effect)
{
    zelect_run_t *run = self->run;
    if (s_is_kept (self, &effect->message))
        return;
    bool is_release = effect->message.kind == ZELECT_MESSAGE_RELEASE;
    zelect_feed_t feed = {.kind = is_release ? ZELECT_FEED_RELEASE : ZELECT_FEED_HEARTBEAT,
                          .message = effect->message,
                          .boot = run->boot_id,
                          .netns = run->namespace_id};
    zelect_station_say (run->station, &feed);
    if (effect->to)
        s_do_send (self, effect);
    uint64_t now = zelect_clock_ns ();
    if (now >= run->gather_from)
        run->gather_until = now + s_gather_ns (run);
}

//  ----  The rest  ------------------------------------------------------------

static void
s_do_save (zelect_node_t *self, const zelect_effect_t *effect)
{
    if (zelect_node_save (self, effect->number, &effect->record))
        self->run->lost_save = effect->number;
}

static void
s_do_lease (zelect_node_t *self, const zelect_effect_t *effect)
{
    uint64_t until = effect->until;
    s_note_lease (self->run, until);
    if (ZELECT_HOOK_STRETCH (&until))
        zelect_cell_set_lease (self->cell, effect->term, until);
}

static void
s_do_report (zelect_node_t *self, const zelect_effect_t *effect)
{
    static const char levels [ZELECT_REPORTS] = {
        [ZELECT_REPORT_TERM_JUMP] = 'W',   [ZELECT_REPORT_TIMEOUT_DIFFERS] = 'W',
        [ZELECT_REPORT_TWO_LEADERS] = 'E', [ZELECT_REPORT_SETTLED] = 'I',
        [ZELECT_REPORT_BROKEN] = 'E',
    };
    zelect_report_t report = (zelect_report_t) effect->report;
    char level = 'E';
    if (report < ZELECT_REPORTS)
        level = levels [report];
    const char *member = zelect_members_id (&self->run->members, effect->member);
    if (level == 'E')
        zelect_node_error (self, level, "%s (member %s, %" PRIu64 ")", zelect_report_text (report),
                           member, effect->number);
    else
        zelect_log (&self->log, ZELECT_LOG_REPORT, level,
                    "event=%s member=%s number=%" PRIu64 " msg=\"%s\"", zelect_report_name (report),
                    member, effect->number, zelect_report_text (report));
}

static void
s_do_answer (zelect_node_t *self, const zelect_effect_t *effect)
{
    self->run->answer = effect->answer;
}

typedef void (effect_fn) (zelect_node_t *, const zelect_effect_t *);

static void
s_carry_out (zelect_node_t *self, effect_fn *const *handlers)
{
    const zelect_effects_t *effects = &self->run->effects;
    for (size_t index = 0; index < effects->count; index++) {
        const zelect_effect_t *effect = &effects->list [index];
        assert (effect->kind < ZELECT_EFFECTS);
        if (handlers [effect->kind])
            handlers [effect->kind](self, effect);
    }
}

//  In order, but for two things. A save begins before all else: the disk takes
//  longest, and what depends on the save is not among these effects (R2). What the
//  feed is told comes last: a thousand may listen there, and the others wait for
//  votes.

void
zelect_node_carry_out (zelect_node_t *self)
{
    static effect_fn *const first [ZELECT_EFFECTS] = {
        [ZELECT_EFFECT_SAVE] = s_do_save,
    };
    static effect_fn *const in_order [ZELECT_EFFECTS] = {
        [ZELECT_EFFECT_SEND] = s_do_send,
        [ZELECT_EFFECT_BROADCAST] = s_do_broadcast,
        [ZELECT_EFFECT_LEASE] = s_do_lease,
        [ZELECT_EFFECT_ROLE] = zelect_node_take_role,
        [ZELECT_EFFECT_LEADER] = zelect_node_take_leader,
        [ZELECT_EFFECT_REPORT] = s_do_report,
        [ZELECT_EFFECT_ANSWER] = s_do_answer,
    };
    static effect_fn *const last [ZELECT_EFFECTS] = {
        [ZELECT_EFFECT_ROLE] = zelect_node_say_role,
        [ZELECT_EFFECT_LEADER] = zelect_node_say_leader,
    };
    s_carry_out (self, first);
    s_carry_out (self, in_order);
    s_carry_out (self, last);
}

//  R15: who overslept by more than H, in the poll or at its work, says so before
//  anything else.

bool
zelect_node_note_stall (zelect_node_t *self, uint64_t due)
{
    zelect_run_t *run = self->run;
    uint64_t now = zelect_clock_ns ();
    run->looked_at = now;
    if (now <= due || now - due <= run->core.options.heartbeat_ns)
        return false;
    zelect_log (&self->log, ZELECT_LOG_STALL, 'W',
                "event=stalled ms=%" PRIu64 " msg=\"this process did not run in time\"",
                (now - due) / ZELECT_MS);
    zelect_node_input (self, ZELECT_INPUT_STALLED);
    return true;
}

//  A save that could not even be handed over has failed; that is an input of its
//  own, and the last such one, since a faulted core saves no more.

void
zelect_node_step (zelect_node_t *self, zelect_input_t *input)
{
    zelect_run_t *run = self->run;
    if (input->kind != ZELECT_INPUT_STALLED)
        zelect_node_note_stall (self, run->looked_at);
    input->random = zelect_random_next (&run->random);
    zelect_core_step (&run->core, zelect_clock_ns (), input, &run->effects);
    zelect_node_carry_out (self);
    zelect_cell_set_role (self->cell, run->core.role, run->core.wanted.term);
    if (!run->lost_save)
        return;
    zelect_input_t failed = {.kind = ZELECT_INPUT_SAVED, .number = run->lost_save};
    run->lost_save = 0;
    zelect_node_step (self, &failed);
}

void
zelect_node_step_asked (zelect_node_t *self, zelect_input_t *input)
{
    self->run->is_asked = true;
    zelect_node_step (self, input);
    self->run->is_asked = false;
}

void
zelect_node_input (zelect_node_t *self, zelect_input_kind_t kind)
{
    zelect_input_t input = {.kind = (uint8_t) kind};
    zelect_node_step (self, &input);
}
