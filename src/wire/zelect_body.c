/*  =========================================================================
    zelect_body - the bodies of RPCs

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_body.h"
#include "zelect_field.h"

#include <assert.h>

//  --------------------------------------------------------------------------
//  PREVOTE

static void
s_pack_prevote (const zelect_members_t *members,
                const zelect_rpc_t *rpc,
                Zelect__V1__Rpc *frame,
                zelect_body_t *body)
{
    (void) members;
    zelect__v1__pre_vote__init (&body->prevote);
    body->prevote.ask_term = rpc->message.about;
    body->prevote.request = rpc->message.number;
    frame->prevote = &body->prevote;
}

static bool
s_unpack_prevote (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__PreVote *body = source->frame->prevote;
    rpc->message.number = body->request;
    return zelect_field_term (body->ask_term, &rpc->message.about);
}

//  --------------------------------------------------------------------------
//  PREVOTE_REPLY

static bool
s_unpack_member (const zelect_source_t *source, const char *text, uint8_t *member)
{
    char name [ZELECT_ID_MAX + 1];
    return zelect_field_name (source->arena, text, name)
           && zelect_field_member (source->members, name, member);
}

//  A floor of 0 is none.

static bool
s_unpack_floor (uint64_t floor, zelect_rpc_t *rpc)
{
    rpc->message.floor = floor;
    return floor < ZELECT_TERM_MAX;
}

static void
s_pack_prevote_reply (const zelect_members_t *members,
                      const zelect_rpc_t *rpc,
                      Zelect__V1__Rpc *frame,
                      zelect_body_t *body)
{
    zelect__v1__pre_vote_reply__init (&body->prevote_reply);
    body->prevote_reply.ask_term = rpc->message.about;
    body->prevote_reply.request = rpc->message.number;
    body->prevote_reply.granted = rpc->message.granted;
    body->prevote_reply.leader =
        zelect_field_text (zelect_members_id (members, rpc->message.leader));
    body->prevote_reply.floor = rpc->message.floor;
    frame->prevote_reply = &body->prevote_reply;
}

static bool
s_unpack_prevote_reply (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__PreVoteReply *body = source->frame->prevote_reply;
    rpc->message.number = body->request;
    rpc->message.granted = body->granted != 0;
    return zelect_field_term (body->ask_term, &rpc->message.about)
           && s_unpack_floor (body->floor, rpc)
           && s_unpack_member (source, body->leader, &rpc->message.leader);
}

//  --------------------------------------------------------------------------
//  VOTE

static void
s_pack_vote (const zelect_members_t *members,
             const zelect_rpc_t *rpc,
             Zelect__V1__Rpc *frame,
             zelect_body_t *body)
{
    (void) members;
    assert (rpc->message.about == rpc->message.term);
    zelect__v1__vote__init (&body->vote);
    body->vote.request = rpc->message.number;
    frame->vote = &body->vote;
}

static bool
s_unpack_vote (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    rpc->message.number = source->frame->vote->request;
    return zelect_field_term (source->frame->term, &rpc->message.about);
}

//  --------------------------------------------------------------------------
//  VOTE_REPLY

static void
s_pack_vote_reply (const zelect_members_t *members,
                   const zelect_rpc_t *rpc,
                   Zelect__V1__Rpc *frame,
                   zelect_body_t *body)
{
    zelect__v1__vote_reply__init (&body->vote_reply);
    body->vote_reply.vote_term = rpc->message.about;
    body->vote_reply.request = rpc->message.number;
    body->vote_reply.granted = rpc->message.granted;
    body->vote_reply.leader = zelect_field_text (zelect_members_id (members, rpc->message.leader));
    body->vote_reply.floor = rpc->message.floor;
    body->vote_reply.election_ns = rpc->message.promise_ns;
    frame->vote_reply = &body->vote_reply;
}

static bool
s_unpack_vote_reply (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__VoteReply *body = source->frame->vote_reply;
    rpc->message.number = body->request;
    rpc->message.granted = body->granted != 0;
    //  Who relies on a vote has to know for how long (R17)
    return zelect_field_term (body->vote_term, &rpc->message.about)
           && zelect_field_span (body->election_ns, &rpc->message.promise_ns)
           && (body->election_ns != 0 || !body->granted) && s_unpack_floor (body->floor, rpc)
           && s_unpack_member (source, body->leader, &rpc->message.leader);
}

//  --------------------------------------------------------------------------
//  HEARTBEAT

static void
s_pack_heartbeat (const zelect_members_t *members,
                  const zelect_rpc_t *rpc,
                  Zelect__V1__Rpc *frame,
                  zelect_body_t *body)
{
    (void) members;
    assert (rpc->message.about == rpc->message.term);
    zelect__v1__heartbeat__init (&body->heartbeat);
    body->heartbeat.round = rpc->message.number;
    body->heartbeat.boot = rpc->boot;
    body->heartbeat.netns = rpc->netns;
    body->heartbeat.ranking = zelect_field_bytes (&rpc->message);
    frame->heartbeat = &body->heartbeat;
}

static bool
s_unpack_heartbeat (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__Heartbeat *body = source->frame->heartbeat;
    rpc->message.number = body->round;
    rpc->boot = body->boot;
    rpc->netns = body->netns;
    return zelect_field_term (source->frame->term, &rpc->message.about)
           && zelect_field_ranking (body->ranking, source->members->count, &rpc->message);
}

//  --------------------------------------------------------------------------
//  HEARTBEAT_ACK

static void
s_pack_heartbeat_ack (const zelect_members_t *members,
                      const zelect_rpc_t *rpc,
                      Zelect__V1__Rpc *frame,
                      zelect_body_t *body)
{
    (void) members;
    zelect__v1__heartbeat_ack__init (&body->heartbeat_ack);
    body->heartbeat_ack.round_term = rpc->message.about;
    body->heartbeat_ack.round = rpc->message.number;
    body->heartbeat_ack.accepted = rpc->message.granted;
    body->heartbeat_ack.promise_ns = rpc->message.promise_ns;
    body->heartbeat_ack.by_feed = rpc->message.by_feed;
    body->heartbeat_ack.priority = rpc->message.priority;
    body->heartbeat_ack.healthy = rpc->message.healthy;
    body->heartbeat_ack.faulted = rpc->message.faulted;
    frame->heartbeat_ack = &body->heartbeat_ack;
}

static bool
s_unpack_heartbeat_ack (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__HeartbeatAck *body = source->frame->heartbeat_ack;
    zelect_message_t *message = &rpc->message;
    message->number = body->round;
    message->granted = body->accepted != 0;
    message->by_feed = body->by_feed != 0;
    message->healthy = body->healthy != 0;
    message->faulted = body->faulted != 0;
    return zelect_field_term (body->round_term, &message->about)
           && zelect_field_span (body->promise_ns, &message->promise_ns)
           && zelect_field_priority (body->priority, &message->priority);
}

//  --------------------------------------------------------------------------
//  RELEASE

static void
s_pack_release (const zelect_members_t *members,
                const zelect_rpc_t *rpc,
                Zelect__V1__Rpc *frame,
                zelect_body_t *body)
{
    zelect__v1__release__init (&body->release);
    body->release.released_term = rpc->message.about;
    body->release.heir = zelect_field_text (zelect_members_id (members, rpc->message.leader));
    frame->release = &body->release;
}

static bool
s_unpack_release (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__Release *body = source->frame->release;
    return zelect_field_term (body->released_term, &rpc->message.about)
           && s_unpack_member (source, body->heir, &rpc->message.leader);
}

//  --------------------------------------------------------------------------
//  STATE

static void
s_pack_state (const zelect_members_t *members,
              const zelect_rpc_t *rpc,
              Zelect__V1__Rpc *frame,
              zelect_body_t *body)
{
    (void) members;
    zelect__v1__state__init (&body->state);
    body->state.request = rpc->message.number;
    frame->state = &body->state;
}

static bool
s_unpack_state (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    rpc->message.number = source->frame->state->request;
    return true;
}

//  --------------------------------------------------------------------------
//  STATE_REPLY

static void
s_pack_state_reply (const zelect_members_t *members,
                    const zelect_rpc_t *rpc,
                    Zelect__V1__Rpc *frame,
                    zelect_body_t *body)
{
    (void) members;
    const zelect_state_t *state = &rpc->state;
    zelect__v1__state_reply__init (&body->state_reply);
    body->state_reply.request = rpc->message.number;
    body->state_reply.election_ns = rpc->message.promise_ns;
    body->state_reply.role = zelect_field_wire_role (state->role);
    body->state_reply.reason = zelect_field_wire_reason (state->reason);
    body->state_reply.leader = zelect_field_text (state->leader);
    body->state_reply.leader_endpoint = zelect_field_text (state->leader_endpoint);
    body->state_reply.priority = state->priority;
    body->state_reply.voter = state->is_voter;
    body->state_reply.healthy = state->is_healthy;
    body->state_reply.faulted = state->is_faulted;
    body->state_reply.lease_ns = state->lease_ns;
    body->state_reply.sequence = state->sequence;
    body->state_reply.tags = zelect_field_text (state->tags);
    body->state_reply.bound = zelect_field_text (state->bound);
    body->state_reply.floor = rpc->message.floor;
    frame->state_reply = &body->state_reply;
}

static bool
s_unpack_state_reply (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const Zelect__V1__StateReply *body = source->frame->state_reply;
    const zelect_arena_t *arena = source->arena;
    zelect_state_t *state = &rpc->state;
    rpc->message.number = body->request;
    rpc->message.promise_ns = body->election_ns;
    state->incarnation = rpc->message.incarnation;
    state->term = rpc->message.term;
    state->sequence = body->sequence;
    state->is_voter = body->voter != 0;
    state->is_healthy = body->healthy != 0;
    state->is_faulted = body->faulted != 0;
    return zelect_field_name (arena, source->frame->cluster, state->cluster)
           && zelect_field_name (arena, source->frame->sender, state->node)
           && zelect_field_role (body->role, &state->role)
           && zelect_field_reason (body->reason, &state->reason)
           && zelect_field_name (arena, body->leader, state->leader)
           && zelect_field_endpoint (arena, body->leader_endpoint, state->leader_endpoint)
           && zelect_field_span (body->election_ns, &state->election_ns)
           && zelect_field_priority (body->priority, &state->priority)
           && zelect_field_span (body->lease_ns, &state->lease_ns)
           && s_unpack_floor (body->floor, rpc)
           && zelect_field_tags (arena, body->tags, state->tags)
           && zelect_field_endpoint (arena, body->bound, state->bound);
}

//  --------------------------------------------------------------------------
//  The table

typedef void (pack_fn) (const zelect_members_t *members,
                        const zelect_rpc_t *rpc,
                        Zelect__V1__Rpc *frame,
                        zelect_body_t *body);

typedef bool (unpack_fn) (const zelect_source_t *source, zelect_rpc_t *rpc);

static const struct {
    Zelect__V1__Rpc__BodyCase body_case;
    bool has_digest;
    pack_fn *pack;
    unpack_fn *unpack;
} s_kinds [ZELECT_MESSAGES] = {
#define ROW(name, body, digest)                                                                    \
    [ZELECT_MESSAGE_##name] = {ZELECT__V1__RPC__BODY_##name, digest, s_pack_##body, s_unpack_##body}
    ROW (PREVOTE, prevote, true),
    ROW (PREVOTE_REPLY, prevote_reply, true),
    ROW (VOTE, vote, true),
    ROW (VOTE_REPLY, vote_reply, true),
    ROW (HEARTBEAT, heartbeat, false),
    ROW (HEARTBEAT_ACK, heartbeat_ack, true),
    ROW (RELEASE, release, true),
    ROW (STATE, state, false),
    ROW (STATE_REPLY, state_reply, false),
#undef ROW
};

uint8_t
zelect_body_kind (Zelect__V1__Rpc__BodyCase body_case)
{
    uint8_t kind = 0;
    while (kind < ZELECT_MESSAGES && s_kinds [kind].body_case != body_case)
        kind++;
    return kind;
}

bool
zelect_body_has_digest (uint8_t kind)
{
    assert (kind < ZELECT_MESSAGES);
    return s_kinds [kind].has_digest;
}

void
zelect_body_pack (const zelect_members_t *members,
                  const zelect_rpc_t *rpc,
                  Zelect__V1__Rpc *frame,
                  zelect_body_t *body)
{
    uint8_t kind = rpc->message.kind;
    assert (kind < ZELECT_MESSAGES);
    frame->body_case = s_kinds [kind].body_case;
    s_kinds [kind].pack (members, rpc, frame, body);
}

bool
zelect_body_unpack (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    uint8_t kind = rpc->message.kind;
    assert (kind < ZELECT_MESSAGES);
    return s_kinds [kind].unpack (source, rpc);
}
