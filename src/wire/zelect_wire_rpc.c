/*  =========================================================================
    zelect_wire_rpc - messages from node to node, and from strangers

    The envelope is the same for all kinds: is the message of this protocol,
    of this cluster, from a member? Then the body gets its turn (zelect_body).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_wire.h"
#include "zelect_arena.h"
#include "zelect_body.h"
#include "zelect_field.h"
#include "zelect_form.h"

#include <assert.h>
#include <string.h>

//  --------------------------------------------------------------------------
//  Packing

static size_t
s_pack_frame (const Zelect__V1__Rpc *frame, uint8_t *data, size_t size)
{
    size_t packed_size = zelect__v1__rpc__get_packed_size (frame);
    return packed_size <= size ? zelect__v1__rpc__pack (frame, data) : 0;
}

size_t
zelect_wire_pack_rpc (const zelect_members_t *members,
                      const zelect_rpc_t *rpc,
                      uint8_t *data,
                      size_t size)
{
    assert (members);
    assert (rpc);
    assert (data);
    assert (rpc->message.kind < ZELECT_MESSAGES);
    uint8_t kind = rpc->message.kind;
    zelect_body_t body;
    Zelect__V1__Rpc frame;
    zelect__v1__rpc__init (&frame);
    frame.version = ZELECT_WIRE_VERSION;
    frame.cluster = zelect_field_text (members->cluster);
    frame.sender = zelect_field_text (zelect_members_id (members, members->self));
    frame.incarnation = rpc->message.incarnation;
    frame.term = rpc->message.term;
    frame.voters_digest = zelect_body_has_digest (kind) ? members->digest : 0;
    zelect_body_pack (members, rpc, &frame, &body);
    if (kind == ZELECT_MESSAGE_STATE_REPLY
        && zelect__v1__rpc__get_packed_size (&frame) > ZELECT_RPC_SIZE_MAX)
        body.state_reply.tags = NULL;
    return s_pack_frame (&frame, data, size);
}

size_t
zelect_wire_pack_query (uint64_t request, uint8_t *data, size_t size)
{
    assert (data);
    Zelect__V1__Rpc frame;
    Zelect__V1__State body;
    zelect__v1__rpc__init (&frame);
    zelect__v1__state__init (&body);
    body.request = request;
    frame.version = ZELECT_WIRE_VERSION;
    frame.body_case = ZELECT__V1__RPC__BODY_STATE;
    frame.state = &body;
    return s_pack_frame (&frame, data, size);
}

//  --------------------------------------------------------------------------
//  Unpacking

//  What must be true of every envelope, whoever sent it.

static int
s_unpack_envelope (const Zelect__V1__Rpc *frame, zelect_rpc_t *rpc)
{
    if (frame->version != ZELECT_WIRE_VERSION)
        return ZELECT_REJECT_VERSION;
    if (frame->term >= ZELECT_TERM_MAX)
        return ZELECT_REJECT_FIELD;
    uint8_t kind = zelect_body_kind (frame->body_case);
    if (kind == ZELECT_MESSAGES)
        return ZELECT_REJECT_FIELD;
    memset (rpc, 0, sizeof *rpc);
    rpc->message.kind = kind;
    rpc->message.from = ZELECT_NOBODY;
    rpc->message.leader = ZELECT_NOBODY;
    rpc->message.incarnation = frame->incarnation;
    rpc->message.term = frame->term;
    return ZELECT_REJECT_NONE;
}

//  A stranger may ask for the state, without saying who it is or of which
//  cluster; of everybody else all has to fit.

static int
s_unpack_sender (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    const zelect_members_t *members = source->members;
    char cluster [ZELECT_ID_MAX + 1];
    char sender [ZELECT_ID_MAX + 1];
    if (!zelect_field_name (source->arena, source->frame->cluster, cluster)
        || !zelect_field_name (source->arena, source->frame->sender, sender))
        return ZELECT_REJECT_FIELD;
    uint8_t from = zelect_members_find (members, sender);
    bool is_query = rpc->message.kind == ZELECT_MESSAGE_STATE && from == ZELECT_NOBODY;
    if (strcmp (cluster, members->cluster) != 0 && !(is_query && *cluster == 0))
        return ZELECT_REJECT_CLUSTER;
    if (is_query) {
        rpc->is_stranger = 1;
        rpc->message.incarnation = 0;
        rpc->message.term = 0;
        return ZELECT_REJECT_NONE;
    }
    if (from == ZELECT_NOBODY)
        return ZELECT_REJECT_STRANGER;
    if (from == members->self)
        return ZELECT_REJECT_SELF;
    rpc->message.from = from;
    return rpc->message.incarnation ? ZELECT_REJECT_NONE : ZELECT_REJECT_FIELD;
}

static int
s_unpack_message (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    int reject = s_unpack_envelope (source->frame, rpc);
    if (!reject)
        reject = s_unpack_sender (source, rpc);
    if (reject)
        return reject;
    if (zelect_body_has_digest (rpc->message.kind)
        && source->frame->voters_digest != source->members->digest)
        return ZELECT_REJECT_VOTERS;
    return zelect_body_unpack (source, rpc) ? ZELECT_REJECT_NONE : ZELECT_REJECT_FIELD;
}

//  An answer comes from whoever was asked, of any cluster.

static int
s_unpack_answer (const zelect_source_t *source, zelect_rpc_t *rpc)
{
    int reject = s_unpack_envelope (source->frame, rpc);
    if (reject)
        return reject;
    bool is_answer = rpc->message.kind == ZELECT_MESSAGE_STATE_REPLY && rpc->message.incarnation
                     && zelect_body_unpack (source, rpc) && *rpc->state.cluster && *rpc->state.node;
    return is_answer ? ZELECT_REJECT_NONE : ZELECT_REJECT_FIELD;
}

//  Both ways in: bounds first, then protobuf-c, then the meaning.

static int
s_unpack (const zelect_members_t *members, const uint8_t *data, size_t size, zelect_rpc_t *rpc)
{
    if (size > ZELECT_RPC_SIZE_MAX)
        return ZELECT_REJECT_TOO_BIG;
    if (size == 0 || !zelect_form_is_message (&zelect__v1__rpc__descriptor, data, size))
        return ZELECT_REJECT_MALFORMED;
    zelect_arena_t arena;
    zelect_arena_init (&arena);
    zelect_source_t source = {members, &arena,
                              zelect__v1__rpc__unpack (&arena.allocator, size, data)};
    if (!source.frame)
        return ZELECT_REJECT_MALFORMED;
    return members ? s_unpack_message (&source, rpc) : s_unpack_answer (&source, rpc);
}

int
zelect_wire_unpack_rpc (const zelect_members_t *members,
                        const uint8_t *data,
                        size_t size,
                        zelect_rpc_t *rpc)
{
    assert (members);
    assert (data || size == 0);
    assert (rpc);
    return s_unpack (members, data, size, rpc);
}

int
zelect_wire_unpack_answer (const uint8_t *data,
                           size_t size,
                           uint64_t *request,
                           zelect_state_t *state)
{
    assert (data || size == 0);
    assert (request);
    assert (state);
    zelect_rpc_t rpc;
    int reject = s_unpack (NULL, data, size, &rpc);
    if (reject)
        return reject;
    *request = rpc.message.number;
    *state = rpc.state;
    return ZELECT_REJECT_NONE;
}
