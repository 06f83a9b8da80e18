/*  =========================================================================
    zelect_node_messages - what arrives on the network

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"

//  G6: no frame does more than to be counted, unless it is a message of this
//  cluster.

static void
s_reject (zelect_node_t *self, int reject)
{
    zelect_run_t *run = self->run;
    run->rejected [reject]++;
    zelect_log (&self->log, ZELECT_LOG_REJECTED, 'W',
                "event=rejected reason=%s count=%" PRIu64 " msg=\"%s\"",
                zelect_reject_name (reject), run->rejected [reject], zelect_reject_text (reject));
}

//  One key, one member (sec_06). Who is none may ask for the state as a stranger, and
//  the decoder lets a stranger do no more.

static bool
s_is_impersonation (const zelect_rpc_t *rpc, const zelect_route_t *route)
{
    return route->has_key && !rpc->is_stranger && rpc->message.from != route->sender;
}

static void
s_hand_in (zelect_node_t *self, const zelect_message_t *message)
{
    zelect_log (&self->log, ZELECT_LOG_EACH, 'D',
                "event=received kind=%s from=%s term=%" PRIu64 " number=%" PRIu64 " granted=%d",
                zelect_message_name (message->kind),
                zelect_members_id (&self->run->members, message->from), message->term,
                message->number, message->granted);
    zelect_input_t input = {.kind = ZELECT_INPUT_MESSAGE, .message = *message};
    zelect_node_step (self, &input);
}

//  ----  RPC  -----------------------------------------------------------------

//  Anybody may ask for the state, and gets it by the way that the question came.

static void
s_answer_state (zelect_node_t *self, const zelect_rpc_t *question, const zelect_route_t *route)
{
    zelect_run_t *run = self->run;
    zelect_rpc_t rpc = {.message = {.kind = ZELECT_MESSAGE_STATE_REPLY,
                                    .from = run->members.self,
                                    .incarnation = run->incarnation,
                                    .term = run->core.wanted.term,
                                    .number = question->message.number,
                                    .promise_ns = run->core.options.election_ns,
                                    .floor = zelect_core_floor (&run->core),
                                    .leader = ZELECT_NOBODY}};
    zelect_node_describe (self, &rpc.state);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_rpc (&run->members, &rpc, data, sizeof (data));
    zelect_peers_answer (run->peers, route, data, size);
}

//  R10: who asks for a vote while this node is bound to a leader may know more of
//  that leader than this node.

static void
s_take_rpc (zelect_node_t *self,
            const zelect_rpc_t *rpc,
            const zelect_route_t *route,
            const char *host)
{
    int kind = rpc->message.kind;
    if (!rpc->is_stranger)
        zelect_peers_learn (self->run->peers, rpc->message.from, route);
    if (kind == ZELECT_MESSAGE_STATE) {
        s_answer_state (self, rpc, route);
        return;
    }
    if (kind == ZELECT_MESSAGE_STATE_REPLY)
        zelect_node_survey_answer (self, rpc);
    s_hand_in (self, &rpc->message);
    if (kind == ZELECT_MESSAGE_STATE_REPLY)
        zelect_node_proof_answer (self, rpc, route, host);
    else if (kind == ZELECT_MESSAGE_HEARTBEAT)
        zelect_node_proof_beat (self, &rpc->message, rpc->boot, rpc->netns);
    else if (kind == ZELECT_MESSAGE_PREVOTE || kind == ZELECT_MESSAGE_VOTE)
        zelect_node_proof_suspect (self);
}

void
zelect_node_take_rpcs (zelect_node_t *self, size_t item)
{
    zelect_run_t *run = self->run;
    zelect_network_message_t message;
    zelect_route_t route;
    const uint8_t *data;
    size_t size;
    for (size_t count = 0; count < ZELECT_TURN_MESSAGES; count++) {
        if (zelect_peers_recv (run->peers, item, &message, &route, &data, &size)) {
            if (errno != EPROTO)
                break;
            s_reject (self, ZELECT_REJECT_MALFORMED);
            continue;
        }
        zelect_rpc_t rpc;
        int reject = zelect_wire_unpack_rpc (&run->members, data, size, &rpc);
        if (!reject && s_is_impersonation (&rpc, &route))
            reject = ZELECT_REJECT_IMPERSONATION;
        if (reject)
            s_reject (self, reject);
        else
            s_take_rpc (self, &rpc, &route, message.host);
    }
}

//  ----  Feed  ----------------------------------------------------------------

void
zelect_node_take_feed (zelect_node_t *self, size_t receiver)
{
    zelect_run_t *run = self->run;
    zelect_network_message_t message;
    uint8_t sender;
    for (size_t count = 0; count < ZELECT_TURN_MESSAGES; count++) {
        if (zelect_station_recv (run->station, receiver, &message, &sender)) {
            if (errno != EPROTO)
                break;
            s_reject (self, ZELECT_REJECT_MALFORMED);
            continue;
        }
        zelect_feed_t feed;
        int reject = zelect_wire_unpack_feed (&run->members, message.frames [0], message.sizes [0],
                                              message.frames [1], message.sizes [1], &feed);
        if (!reject && sender != ZELECT_NOBODY && feed.message.from != sender)
            reject = ZELECT_REJECT_IMPERSONATION;
        if (reject)
            s_reject (self, reject);
        else if (feed.kind != ZELECT_FEED_STATE)
            s_hand_in (self, &feed.message);
        if (!reject && feed.kind == ZELECT_FEED_HEARTBEAT)
            zelect_node_proof_beat (self, &feed.message, feed.boot, feed.netns);
    }
}

void
zelect_node_take_losses (zelect_node_t *self)
{
    if (zelect_station_lost (self->run->station))
        zelect_node_proof_suspect (self);
}

void
zelect_node_take_listeners (zelect_node_t *self, size_t item)
{
    zelect_run_t *run = self->run;
    size_t rejected =
        zelect_station_listen (run->station, item, ZELECT_TURN_MESSAGES, zelect_clock_ns ());
    while (rejected--)
        s_reject (self, ZELECT_REJECT_MALFORMED);
}

//  ----  Visitors  ------------------------------------------------------------

void
zelect_node_take_visitors (zelect_node_t *self, size_t item)
{
    size_t refused = zelect_guard_serve (self->run->guard, item, ZELECT_TURN_VISITORS);
    while (refused--)
        s_reject (self, item == ZELECT_GUARD_QUESTIONS ? ZELECT_REJECT_UNKNOWN_KEY
                                                       : ZELECT_REJECT_HANDSHAKE);
}
