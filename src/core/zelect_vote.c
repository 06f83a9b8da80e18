/*  =========================================================================
    zelect_vote - pre-vote and vote, the answering side (R2, R3, R5)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_core_private.h"
#include "zelect_pure.h"

//  ----  Answers  -------------------------------------------------------------

static zelect_message_t
s_reply_to (const zelect_step_t *step, const zelect_message_t *request)
{
    zelect_message_t reply = zelect_step_message (step, request->kind == ZELECT_MESSAGE_VOTE
                                                            ? ZELECT_MESSAGE_VOTE_REPLY
                                                            : ZELECT_MESSAGE_PREVOTE_REPLY);
    reply.about = request->about;
    reply.number = request->number;
    return reply;
}

//  A refusal tells who leads, and this node's term, which raises the asker's
//  (R1). Who refuses for its floor tells that, else the asker could not know
//  how far it has to go (R17).

static void
s_refuse (zelect_step_t *step, const zelect_message_t *request)
{
    const zelect_core_t *core = step->core;
    zelect_message_t reply = s_reply_to (step, request);
    uint64_t floor = zelect_core_floor (core);
    if (request->about <= floor)
        reply.floor = floor;
    reply.leader = zelect_core_leader (core, step->now);
    zelect_step_send (step, zelect_mask (request->from), &reply);
}

static bool
s_is_vote_free (const zelect_core_t *core, const zelect_message_t *request)
{
    return core->wanted.vote == ZELECT_NOBODY
           || (core->wanted.vote == request->from
               && core->wanted.vote_incarnation == request->incarnation);
}

//  R2, R3: whether this node would vote for the sender in the term asked for.

static bool
s_may_grant (const zelect_core_t *core, const zelect_message_t *request)
{
    if (!zelect_core_takes_part (core) || request->about <= core->saved.floor)
        return false;
    if (request->about == core->wanted.term)
        return s_is_vote_free (core, request);
    return request->kind == ZELECT_MESSAGE_PREVOTE && request->about > core->wanted.term;
}

//  R3: a pre-vote changes nothing here. The term that it carries is the saved
//  one: nothing that is granted speaks of a term that could be forgotten (I3).

static void
s_grant_prevote (zelect_step_t *step, const zelect_message_t *request)
{
    zelect_message_t reply = s_reply_to (step, request);
    reply.granted = 1;
    reply.term = step->core->saved.term;
    step->core->heir_of = ZELECT_NOBODY;    //  Or the two would split the votes
    zelect_step_send (step, zelect_mask (request->from), &reply);
}

//  R2: the vote is given now and sent when it is saved. It is no promise, but
//  the one voted for gets its time.

static void
s_grant_vote (zelect_step_t *step, const zelect_message_t *request)
{
    zelect_core_t *core = step->core;
    core->wanted.vote = request->from;
    core->wanted.vote_incarnation = request->incarnation;
    core->grant_member = request->from;
    core->grant_number = request->number;
    zelect_step_become (step, ZELECT_ROLE_FOLLOWER, ZELECT_REASON_VOTED);
    if (core->fast_tries)
        zelect_campaign_fast (step, step->now + 8 * zelect_campaign_short_slot_ns (core));
    else
        zelect_campaign_at_random (step, step->now + core->options.election_ns);
}

void
zelect_vote_grant_saved (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    uint8_t member = core->grant_member;
    if (member == ZELECT_NOBODY || !zelect_record_has_vote (core, member))
        return;
    zelect_message_t reply = zelect_step_message (step, ZELECT_MESSAGE_VOTE_REPLY);
    reply.about = core->saved.term;
    reply.number = core->grant_number;
    reply.promise_ns = core->options.election_ns;
    reply.granted = 1;
    core->grant_member = ZELECT_NOBODY;
    zelect_step_send (step, zelect_mask (member), &reply);
}

static void
s_answer (zelect_step_t *step, const zelect_message_t *request)
{
    bool is_real = request->kind == ZELECT_MESSAGE_VOTE;
    if (is_real && !zelect_step_adopt (step, request))
        return;
    if (!s_may_grant (step->core, request))
        s_refuse (step, request);
    else if (is_real)
        s_grant_vote (step, request);
    else
        s_grant_prevote (step, request);
}

//  ----  Requests under a promise (R5)  ---------------------------------------

static void
s_keep (zelect_step_t *step, const zelect_message_t *request)
{
    zelect_core_member_t *member = &step->core->members [request->from];
    member->kept_at = step->now;
    member->kept_kind = request->kind;
    member->kept_about = request->about;
    member->kept_term = request->term;
    member->kept_number = request->number;
    member->kept_incarnation = request->incarnation;
}

//  Whether the answer to a kept request comes so soon that a refusal, which
//  costs the asker a round, would be the greater delay.

static bool
s_is_decided_soon (const zelect_step_t *step)
{
    const zelect_core_t *core = step->core;
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
    return !zelect_core_leads (core) && zelect_settle_is_done (core)
           && hold <= step->now + ZELECT_ANSWER_SOON_NS;
}

void
zelect_vote_request (zelect_step_t *step, const zelect_message_t *message)
{
    zelect_core_t *core = step->core;
    if (!zelect_core_is_voter (core, core->options.self)
        || !zelect_core_is_voter (core, message->from))
        return;
    if (zelect_promise_holds (step, message->from, message->incarnation)) {
        s_keep (step, message);
        if (!s_is_decided_soon (step))
            s_refuse (step, message);
        return;
    }
    core->members [message->from].kept_at = ZELECT_NEVER;
    s_answer (step, message);
}

void
zelect_vote_decide_kept (zelect_step_t *step)
{
    zelect_core_t *core = step->core;
    for (uint8_t index = 0; index < core->options.member_count; index++) {
        zelect_core_member_t *member = &core->members [index];
        uint64_t kept_at = member->kept_at;
        if (kept_at == ZELECT_NEVER || zelect_promise_holds (step, index, member->kept_incarnation))
            continue;
        member->kept_at = ZELECT_NEVER;
        if (step->now - kept_at >= core->options.election_ns)
            continue;
        zelect_message_t request = {
            .incarnation = member->kept_incarnation,
            .term = member->kept_term,
            .about = member->kept_about,
            .number = member->kept_number,
            .kind = member->kept_kind,
            .from = index,
        };
        s_answer (step, &request);
    }
}
