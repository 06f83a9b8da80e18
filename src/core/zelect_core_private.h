/*  =========================================================================
    zelect_core_private - what the files of the core share, and nobody else

    One step of the core is a walk through several files; zelect_step_t is the
    bag that it carries. The files, each one concern:

        zelect_core.c        init, step, deadline, roles, terms (R1)
        zelect_record.c      the record and what waits for it (R2, R16)
        zelect_campaign.c    pre-vote and vote, the asking side (R3, R8)
        zelect_vote.c        ... the answering side, kept requests (R2, R5)
        zelect_promise.c     heartbeats heard, promises, their ends (R5, R9,
                             R10, R13, R15)
        zelect_lead.c        leadership: rounds, lease, ranking (R4, R6, R8)
        zelect_handover.c    resign, transfer, health, preemption (R11, R12)
        zelect_settle.c      a node that may have forgotten (R16, R17)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CORE_PRIVATE_H_INCLUDED
#define ZELECT_CORE_PRIVATE_H_INCLUDED

#include "zelect_core.h"
#include "zelect_quorum.h"
#include "zelect_role.h"

typedef struct {
    zelect_core_t *core;
    uint64_t now;
    uint64_t random;
    zelect_effects_t *effects;
} zelect_step_t;

//  An invariant. When it is broken the node is faulted at the end of the step:
//  it leads no more, and the host lives. Tests abort on the spot.
#ifdef ZELECT_CHECK_ABORTS
#define ZELECT_CHECK(step, condition)                                                              \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap ();                                                                     \
    } while (0)
#else
#define ZELECT_CHECK(step, condition)                                                              \
    do {                                                                                           \
        if (!(condition))                                                                          \
            (step)->core->broken = 1;                                                              \
    } while (0)
#endif

//  R5: a request that will be decided within this time is not refused before
#define ZELECT_ANSWER_SOON_NS (10 * ZELECT_MS)

//  R8, R11: a member that missed this many rounds is not there
#define ZELECT_ROUNDS_MISSED 3

//  R8: how often a round that did not win after a proof or a release is tried
//  again after short slots, before the pace is the ordinary one
#define ZELECT_FAST_TRIES 10

//  ----  zelect_core.c  ------------------------------------------------------

static inline uint64_t
zelect_step_min (uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static inline uint64_t
zelect_step_max (uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

//  A number from 0 to limit, both included, from the caller's random word.
uint64_t zelect_step_random (zelect_step_t *step, uint64_t limit);

//  Append an effect; zeros but for its kind.
zelect_effect_t *zelect_step_effect (zelect_step_t *step, zelect_effect_kind_t kind);

//  A message of this node's: incarnation, term, sender and kind are set.
zelect_message_t zelect_step_message (const zelect_step_t *step, zelect_message_kind_t kind);

void zelect_step_send (zelect_step_t *step, uint64_t to, const zelect_message_t *message);
void zelect_step_report (zelect_step_t *step,
                         zelect_report_t report,
                         uint8_t member,
                         uint64_t number);
void zelect_step_answer (zelect_step_t *step, zelect_answer_t answer);

//  Take a role, if the node is not in it; tells the application. A faulted
//  node stays faulted.
void zelect_step_become (zelect_step_t *step, zelect_role_t role, zelect_reason_t reason);

//  R1: adopt the term of a message if it is higher. False: the term was too
//  far ahead, the message has to be dropped.
bool zelect_step_adopt (zelect_step_t *step, const zelect_message_t *message);

//  Sets of members: all voters but this node; is it, or another, a voter.
uint64_t zelect_core_others (const zelect_core_t *core);
bool zelect_core_is_voter (const zelect_core_t *core, unsigned member);

//  R12, R16, R17: whether this node may campaign.
bool zelect_core_is_electable (const zelect_core_t *core);

static inline bool
zelect_core_leads (const zelect_core_t *core)
{
    return core->role == ZELECT_ROLE_LEADER || core->role == ZELECT_ROLE_LEADER_ELECT;
}

static inline bool
zelect_core_campaigns (const zelect_core_t *core)
{
    return core->role == ZELECT_ROLE_PRECANDIDATE || core->role == ZELECT_ROLE_CANDIDATE;
}

//  ----  zelect_record.c  ----------------------------------------------------

//  Have the wanted record saved, if it is not and no save is under way.
void zelect_record_put (zelect_step_t *step);
void zelect_record_saved (zelect_step_t *step, uint64_t number, bool ok);

//  True if the present term (and the vote in it) is saved.
bool zelect_record_has_term (const zelect_core_t *core);
bool zelect_record_has_vote (const zelect_core_t *core, uint64_t member);

//  R16: take no further part.
void zelect_record_fault (zelect_step_t *step, zelect_reason_t reason);

//  ----  zelect_campaign.c  --------------------------------------------------

//  R8: wait for this node's turn, counted from `base`: by rank; by rank in
//  short slots after a proof or a release; or at random when there is no order.
void zelect_campaign_by_rank (zelect_step_t *step, uint64_t base);
void zelect_campaign_fast (zelect_step_t *step, uint64_t base);
void zelect_campaign_at_random (zelect_step_t *step, uint64_t base);

//  R8: the length of a slot, and of a short one; a measured round trip, which
//  bounds them.
void zelect_campaign_note_rtt (zelect_core_t *core, uint64_t rtt_ns);
uint64_t zelect_campaign_slot_ns (const zelect_core_t *core);
uint64_t zelect_campaign_short_slot_ns (const zelect_core_t *core);

//  R11: campaign as the heir of this leader, whose release of that term is its pre-vote.
//  Whatever sets another time to campaign ends that.
void zelect_campaign_inherit (zelect_step_t *step, uint8_t leader, uint64_t released);

//  R8: a proof or a release grants some quick tries.
void zelect_campaign_hurry (zelect_core_t *core, zelect_reason_t reason);

void zelect_campaign_begin (zelect_step_t *step);     //  CAMPAIGN
void zelect_campaign_repeat (zelect_step_t *step);    //  RESEND
void zelect_campaign_fail (zelect_step_t *step);      //  ROUND
void zelect_campaign_count (zelect_step_t *step);     //  Own vote saved
void zelect_campaign_reply (zelect_step_t *step, const zelect_message_t *message);

//  Whether this answer is one that the node waits for.
bool zelect_campaign_awaits (const zelect_core_t *core, const zelect_message_t *message);
void zelect_campaign_forget_hint (zelect_step_t *step);    //  HINT

//  ----  zelect_vote.c  ------------------------------------------------------

void zelect_vote_request (zelect_step_t *step, const zelect_message_t *message);
void zelect_vote_decide_kept (zelect_step_t *step);
void zelect_vote_grant_saved (zelect_step_t *step);

//  ----  zelect_promise.c  ---------------------------------------------------

void zelect_promise_heartbeat (zelect_step_t *step, const zelect_message_t *message);
void zelect_promise_release (zelect_step_t *step, const zelect_message_t *message);
void zelect_promise_died (zelect_step_t *step, uint8_t member, uint64_t incarnation);
void zelect_promise_stalled (zelect_step_t *step);
void zelect_promise_over (zelect_step_t *step);    //  HOLD
void zelect_promise_ack (zelect_step_t *step);     //  The pending one, if it may go

//  R5: whether a request of this member must wait.
bool zelect_promise_holds (const zelect_step_t *step, uint8_t member, uint64_t incarnation);

//  ----  zelect_lead.c  ------------------------------------------------------

void zelect_lead_begin (zelect_step_t *step);
void zelect_lead_beat (zelect_step_t *step);    //  HEARTBEAT
void zelect_lead_ack (zelect_step_t *step, const zelect_message_t *message);

//  Whether this acknowledgement, or refusal, is one that the leader waits for.
bool zelect_lead_awaits (const zelect_core_t *core, const zelect_message_t *message);

void zelect_lead_expire (zelect_step_t *step);    //  LEASE
void zelect_lead_depose (zelect_step_t *step);    //  R1
void zelect_lead_release (zelect_step_t *step, uint64_t term, uint8_t heir);

//  End a leadership, and release the followers.
void zelect_lead_end (zelect_step_t *step, zelect_reason_t reason, uint8_t heir);

//  Whether a member acknowledged lately.
bool zelect_lead_hears (const zelect_core_t *core, unsigned member);

//  ----  zelect_handover.c  --------------------------------------------------

void zelect_handover_resign (zelect_step_t *step);
void zelect_handover_transfer (zelect_step_t *step, uint8_t member);
void zelect_handover_stop (zelect_step_t *step);
void zelect_handover_health (zelect_step_t *step, bool is_healthy);
void zelect_handover_review (zelect_step_t *step);     //  Each round
void zelect_handover_preempt (zelect_step_t *step);    //  PREEMPT
void zelect_handover_elected (zelect_step_t *step);

//  ----  zelect_settle.c  ----------------------------------------------------

bool zelect_settle_is_done (const zelect_core_t *core);
void zelect_settle_begin (zelect_step_t *step);
void zelect_settle_ask (zelect_step_t *step);    //  SETTLE
void zelect_settle_finish (zelect_step_t *step);
void zelect_settle_reply (zelect_step_t *step, const zelect_message_t *message);

#endif
