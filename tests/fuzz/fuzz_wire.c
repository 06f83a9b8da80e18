/*  =========================================================================
    fuzz_wire - bytes from the network

    The first byte chooses the door: an RPC at a member, an answer at a
    stranger, a feed message at a member or at an observer; with the feed the second
    is the length of the topic before the payload. What is let in has to keep
    the limits that the core relies on, and has to come out of another pack and
    unpack as it was. What protobuf-c asks for has to fit into the arena.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "fuzz.h"

#include "zelect.pb-c.h"
#include "zelect_arena.h"
#include "zelect_wire.h"

static const char *const s_ids [] = {"n1", "n2", "n3"};
#define S_IDS 3

//  The table as each of the members has it; the first is this node's.

static const zelect_members_t *
s_members (unsigned self)
{
    static zelect_members_t tables [S_IDS];
    static const zelect_member_t list [] = {{"n1", true}, {"n2", true}, {"n3", true}};
    if (tables [0].count == 0)
        for (unsigned i = 0; i < S_IDS; i++)
            FUZZ_CHECK (zelect_members_init (&tables [i], "orders", s_ids [i], list, S_IDS) == 0);
    return &tables [self];
}

//  A table that has two nodes, perhaps the same, as the first of them has it.

static zelect_members_t
s_pair (const char *cluster, const char *self, const char *other)
{
    zelect_members_t table;
    zelect_member_t list [] = {{self, true}, {other, true}};
    size_t count = *other && strcmp (self, other) != 0 ? 2 : 1;
    FUZZ_CHECK (zelect_members_init (&table, cluster, self, list, count) == 0);
    return table;
}

//  --------------------------------------------------------------------------
//  What may be let in

static void
s_check_text (const char *text, size_t most, bool (*is_good) (const char *))
{
    FUZZ_CHECK (strnlen (text, most + 1) <= most);
    FUZZ_CHECK (*text == 0 || is_good (text));
}

static void
s_check_state (const zelect_state_t *state)
{
    s_check_text (state->cluster, ZELECT_ID_MAX, zelect_members_is_name);
    s_check_text (state->node, ZELECT_ID_MAX, zelect_members_is_name);
    s_check_text (state->leader, ZELECT_ID_MAX, zelect_members_is_name);
    s_check_text (state->leader_endpoint, ZELECT_ENDPOINT_MAX, zelect_wire_is_endpoint);
    s_check_text (state->bound, ZELECT_ENDPOINT_MAX, zelect_wire_is_endpoint);
    s_check_text (state->tags, ZELECT_TAGS_MAX, zelect_wire_are_tags);
    FUZZ_CHECK (state->incarnation != 0);
    FUZZ_CHECK (state->term < ZELECT_TERM_MAX);
    FUZZ_CHECK (state->lease_ns <= ZELECT_PROMISE_MAX && state->election_ns <= ZELECT_PROMISE_MAX);
    FUZZ_CHECK (state->role < ZELECT_ROLES && state->reason < ZELECT_REASONS);
    FUZZ_CHECK (state->is_voter <= 1 && state->is_healthy <= 1 && state->is_faulted <= 1);
}

static void
s_check_message (const zelect_message_t *message, unsigned count)
{
    FUZZ_CHECK (message->kind < ZELECT_MESSAGES);
    FUZZ_CHECK (message->term < ZELECT_TERM_MAX && message->about < ZELECT_TERM_MAX);
    FUZZ_CHECK (message->promise_ns <= ZELECT_PROMISE_MAX);
    FUZZ_CHECK (message->floor < ZELECT_TERM_MAX);
    FUZZ_CHECK (message->leader == ZELECT_NOBODY || message->leader < count);
    FUZZ_CHECK (message->granted <= 1 && message->by_feed <= 1);
    FUZZ_CHECK (message->healthy <= 1 && message->faulted <= 1);
    FUZZ_CHECK (message->rank_count <= count);
    for (unsigned rank = 0; rank < message->rank_count; rank++) {
        FUZZ_CHECK (message->ranking [rank] < count);
        for (unsigned other = 0; other < rank; other++)
            FUZZ_CHECK (message->ranking [other] != message->ranking [rank]);
    }
}

//  --------------------------------------------------------------------------
//  The doors

static void
s_take_rpc (const uint8_t *data, size_t size)
{
    zelect_rpc_t rpc, again;
    uint8_t packed [ZELECT_RPC_SIZE_MAX];
    if (zelect_wire_unpack_rpc (s_members (0), data, size, &rpc))
        return;
    FUZZ_CHECK (size <= ZELECT_RPC_SIZE_MAX);
    s_check_message (&rpc.message, S_IDS);
    size_t packed_size;
    if (rpc.is_stranger) {
        FUZZ_CHECK (rpc.message.kind == ZELECT_MESSAGE_STATE);
        FUZZ_CHECK (rpc.message.from == ZELECT_NOBODY);
        packed_size = zelect_wire_pack_query (rpc.message.number, packed, sizeof packed);
    }
    else {
        FUZZ_CHECK (rpc.message.from > 0 && rpc.message.from < S_IDS);
        FUZZ_CHECK (rpc.message.incarnation);
        if (rpc.message.kind == ZELECT_MESSAGE_STATE_REPLY)
            s_check_state (&rpc.state);
        packed_size =
            zelect_wire_pack_rpc (s_members (rpc.message.from), &rpc, packed, sizeof packed);
    }
    FUZZ_CHECK (packed_size > 0 && packed_size <= size);
    FUZZ_CHECK (zelect_wire_unpack_rpc (s_members (0), packed, packed_size, &again) == 0);
    FUZZ_CHECK (memcmp (&rpc, &again, sizeof rpc) == 0);
}

static void
s_take_answer (const uint8_t *data, size_t size)
{
    zelect_state_t state, again;
    uint64_t request, request_again;
    uint8_t packed [ZELECT_RPC_SIZE_MAX];
    if (zelect_wire_unpack_answer (data, size, &request, &state))
        return;
    s_check_state (&state);
    zelect_members_t table = s_pair (state.cluster, state.node, "");
    zelect_rpc_t rpc;
    memset (&rpc, 0, sizeof rpc);
    rpc.message.kind = ZELECT_MESSAGE_STATE_REPLY;
    rpc.message.leader = ZELECT_NOBODY;
    rpc.message.incarnation = state.incarnation;
    rpc.message.term = state.term;
    rpc.message.number = request;
    rpc.message.promise_ns = state.election_ns;
    rpc.state = state;
    size_t packed_size = zelect_wire_pack_rpc (&table, &rpc, packed, sizeof packed);
    FUZZ_CHECK (packed_size > 0 && packed_size <= size);
    FUZZ_CHECK (zelect_wire_unpack_answer (packed, packed_size, &request_again, &again) == 0);
    FUZZ_CHECK (request_again == request && memcmp (&state, &again, sizeof state) == 0);
}

static void
s_check_feed (const zelect_feed_t *feed, unsigned count)
{
    FUZZ_CHECK (zelect_members_is_name (feed->node) && feed->sequence > 0);
    if (feed->kind == ZELECT_FEED_STATE) {
        s_check_state (&feed->state);
        FUZZ_CHECK (strcmp (feed->state.node, feed->node) == 0);
        return;
    }
    s_check_message (&feed->message, count);
    FUZZ_CHECK (feed->message.incarnation && feed->message.term && feed->message.about);
    s_check_text (feed->heir, ZELECT_ID_MAX, zelect_members_is_name);
}

static size_t
s_pack_feed (const zelect_members_t *table, const zelect_feed_t *feed, uint8_t *data)
{
    zelect_feed_t copy = *feed;
    copy.message.leader = zelect_members_find (table, feed->heir);
    return zelect_wire_pack_feed (table, &copy, data, ZELECT_FEED_SIZE_MAX);
}

static void
s_observe_feed (const uint8_t *topic, size_t topic_size, const uint8_t *data, size_t size)
{
    zelect_feed_t feed, again;
    uint8_t packed [ZELECT_FEED_SIZE_MAX];
    if (zelect_wire_observe_feed ("orders", topic, topic_size, data, size, &feed))
        return;
    s_check_feed (&feed, ZELECT_MEMBERS_MAX);
    FUZZ_CHECK (feed.message.from == ZELECT_NOBODY && feed.message.leader == ZELECT_NOBODY);
    zelect_members_t table = s_pair ("orders", feed.node, feed.heir);
    size_t packed_size = s_pack_feed (&table, &feed, packed);
    FUZZ_CHECK (packed_size > 0 && packed_size <= size);
    FUZZ_CHECK (zelect_wire_observe_feed ("orders", topic, topic_size, packed, packed_size, &again)
                == 0);
    FUZZ_CHECK (memcmp (&feed, &again, sizeof feed) == 0);
}

static void
s_take_feed (const uint8_t *topic, size_t topic_size, const uint8_t *data, size_t size)
{
    zelect_feed_t feed, again;
    uint8_t packed [ZELECT_FEED_SIZE_MAX];
    const zelect_members_t *self = s_members (0);
    if (zelect_wire_unpack_feed (self, topic, topic_size, data, size, &feed))
        return;
    s_check_feed (&feed, S_IDS);
    FUZZ_CHECK (feed.message.from > 0 && feed.message.from < S_IDS);
    size_t packed_size = s_pack_feed (s_members (feed.message.from), &feed, packed);
    FUZZ_CHECK (packed_size > 0 && packed_size <= size);
    FUZZ_CHECK (zelect_wire_unpack_feed (self, topic, topic_size, packed, packed_size, &again)
                == 0);
    FUZZ_CHECK (memcmp (&feed, &again, sizeof feed) == 0);
    //  Whatever a member takes an observer takes
    FUZZ_CHECK (zelect_wire_observe_feed ("orders", topic, topic_size, data, size, &again) == 0);
}

//  --------------------------------------------------------------------------
//  S11: one unknown field of any size is ignored, and the arena is never
//  overdrawn.

static void
s_check_arena (const uint8_t *data, size_t size, size_t most)
{
    zelect_arena_t arena;
    zelect_arena_init (&arena);
    if (size > most)
        return;
    if (most == ZELECT_RPC_SIZE_MAX)
        zelect__v1__rpc__unpack (&arena.allocator, size, data);
    else
        zelect__v1__feed_message__unpack (&arena.allocator, size, data);
    FUZZ_CHECK (arena.used <= ZELECT_ARENA_SIZE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    fuzz_bytes_t bytes = {data, size};
    uint64_t door = fuzz_take (&bytes, 1) % 4;
    if (door == 0)
        s_take_rpc (bytes.at, bytes.left);
    else if (door == 1)
        s_take_answer (bytes.at, bytes.left);
    else {
        size_t topic_size = (size_t) fuzz_take (&bytes, 1);
        if (topic_size > bytes.left)
            topic_size = bytes.left;
        const uint8_t *payload = bytes.at + topic_size;
        size_t payload_size = bytes.left - topic_size;
        if (door == 2)
            s_take_feed (bytes.at, topic_size, payload, payload_size);
        else
            s_observe_feed (bytes.at, topic_size, payload, payload_size);
        s_check_arena (payload, payload_size, ZELECT_FEED_SIZE_MAX);
        return 0;
    }
    s_check_arena (bytes.at, bytes.left, ZELECT_RPC_SIZE_MAX);
    return 0;
}
