/*  =========================================================================
    zelect_body - the bodies of RPCs

    One row of one table for each kind of message: which body of the envelope
    it is, whether sender and receiver must have the same voters, and how it is
    packed and unpacked. The envelope is the business of zelect_wire_rpc.
    Private to the wire.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_BODY_H_INCLUDED
#define ZELECT_BODY_H_INCLUDED

#include "zelect.pb-c.h"
#include "zelect_arena.h"
#include "zelect_wire.h"

//  Where a body lives while it is packed.

typedef union {
    Zelect__V1__PreVote prevote;
    Zelect__V1__PreVoteReply prevote_reply;
    Zelect__V1__Vote vote;
    Zelect__V1__VoteReply vote_reply;
    Zelect__V1__Heartbeat heartbeat;
    Zelect__V1__HeartbeatAck heartbeat_ack;
    Zelect__V1__Release release;
    Zelect__V1__State state;
    Zelect__V1__StateReply state_reply;
} zelect_body_t;

//  Where a body comes from. Only a STATE_REPLY is unpacked without members.

typedef struct {
    const zelect_members_t *members;
    const zelect_arena_t *arena;
    const Zelect__V1__Rpc *frame;
} zelect_source_t;

//  --------------------------------------------------------------------------
//  The kind of message that a body is; ZELECT_MESSAGES if it is none.

uint8_t zelect_body_kind (Zelect__V1__Rpc__BodyCase body_case);

//  --------------------------------------------------------------------------
//  True if the kind counts in a majority, so that the voters must agree.

bool zelect_body_has_digest (uint8_t kind);

//  --------------------------------------------------------------------------
//  Make the body of an RPC and hang it into the frame, where it must outlive
//  the packing.

void zelect_body_pack (const zelect_members_t *members,
                       const zelect_rpc_t *rpc,
                       Zelect__V1__Rpc *frame,
                       zelect_body_t *body);

//  --------------------------------------------------------------------------
//  Fill in what the body says; the envelope's part is filled in already. False
//  if a field has an impossible value.

bool zelect_body_unpack (const zelect_source_t *source, zelect_rpc_t *rpc);

#endif
