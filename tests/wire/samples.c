/*  =========================================================================
    samples - one message of every kind

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "samples.h"
#include "zelect_test.h"

#include <string.h>

zelect_members_t
sample_members (const char *self)
{
    static const zelect_member_t list [] = {{"n3", true}, {"n1", true}, {"n2", true}};
    zelect_members_t members;
    assert_int_equal (zelect_members_init (&members, "orders", self, list, 3), 0);
    return members;
}

//  --------------------------------------------------------------------------
//  The samples

static void
s_make_state (zelect_state_t *state)
{
    state->incarnation = UINT64_C (0x1122334455667788);
    state->term = 7;
    state->sequence = 300;
    state->lease_ns = 405 * ZELECT_MS;
    strcpy (state->cluster, "orders");
    strcpy (state->node, "n2");
    strcpy (state->leader, "n3");
    strcpy (state->leader_endpoint, "tcp://10.0.0.3:5680");
    strcpy (state->tags, "rack=b\nzone=\xc3\xa9t\xc3\xa9");
    state->role = ZELECT_ROLE_FAULTED;
    state->reason = ZELECT_REASON_STORE_FAILED;
    state->priority = 50;
    state->is_voter = 1;
    state->is_healthy = 1;
    state->is_faulted = 1;
}

static void
s_make_ranking (zelect_message_t *message)
{
    message->rank_count = 2;
    message->ranking [0] = 2;
    message->ranking [1] = 0;
}

static void
s_make_heartbeat (sample_t *sample)
{
    s_make_ranking (&sample->rpc.message);
    sample->rpc.boot = UINT64_C (0xb0b1b2b3b4b5b6b7);
    sample->rpc.netns = UINT64_C (0xf0f1f2f3f4f5f6f7);
    sample->rpc.message.about = sample->rpc.message.term;
}

static void
s_make_reply (sample_t *sample)
{
    sample->rpc.message.granted = 1;
    sample->rpc.message.leader = 2;
    sample->rpc.message.floor = 6;
    if (sample->rpc.message.kind == ZELECT_MESSAGE_VOTE_REPLY)
        sample->rpc.message.promise_ns = 500 * ZELECT_MS;
}

static void
s_make_ack (sample_t *sample)
{
    zelect_message_t *message = &sample->rpc.message;
    message->granted = 1;
    message->promise_ns = 500 * ZELECT_MS;
    message->by_feed = 1;
    message->priority = 100;
    message->healthy = 1;
    message->faulted = 1;
}

static void
s_make_release (sample_t *sample)
{
    sample->rpc.message.number = 0;
    sample->rpc.message.leader = 2;
}

static void
s_make_vote (sample_t *sample)
{
    sample->rpc.message.about = sample->rpc.message.term;
}

static void
s_make_question (sample_t *sample)
{
    sample->rpc.message.about = 0;
}

static void
s_make_state_reply (sample_t *sample)
{
    sample->rpc.message.about = 0;
    sample->rpc.message.promise_ns = 500 * ZELECT_MS;
    sample->rpc.message.floor = 6;
    s_make_state (&sample->rpc.state);
    sample->rpc.state.election_ns = 500 * ZELECT_MS;
    strcpy (sample->rpc.state.bound, "tcp://0.0.0.0:5680");
}

static void
s_make_query (sample_t *sample)
{
    sample->rpc.is_stranger = 1;
    sample->rpc.message.kind = ZELECT_MESSAGE_STATE;
    sample->rpc.message.from = ZELECT_NOBODY;
    sample->rpc.message.about = 0;
    sample->rpc.message.term = 0;
    sample->rpc.message.incarnation = 0;
}

static void
s_make_feed_heartbeat (sample_t *sample)
{
    zelect_feed_t *feed = &sample->feed;
    s_make_heartbeat (sample);
    feed->kind = ZELECT_FEED_HEARTBEAT;
    feed->message = sample->rpc.message;
    feed->message.kind = ZELECT_MESSAGE_HEARTBEAT;
    feed->message.by_feed = 1;
    feed->boot = sample->rpc.boot;
    feed->netns = sample->rpc.netns;
    feed->sequence = 1000;
}

static void
s_make_feed_release (sample_t *sample)
{
    zelect_feed_t *feed = &sample->feed;
    s_make_release (sample);
    feed->kind = ZELECT_FEED_RELEASE;
    feed->message = sample->rpc.message;
    feed->message.kind = ZELECT_MESSAGE_RELEASE;
    feed->sequence = 1001;
    strcpy (feed->heir, "n3");
}

static void
s_make_feed_state (sample_t *sample)
{
    zelect_feed_t *feed = &sample->feed;
    feed->kind = ZELECT_FEED_STATE;
    s_make_state (&feed->state);
    feed->state.wall_ms = UINT64_C (1795000000000);
    feed->sequence = feed->state.sequence;
    feed->message.from = 1;
    feed->message.leader = ZELECT_NOBODY;
}

static const struct {
    const char *name;
    void (*make) (sample_t *sample);
} s_samples [SAMPLES] = {
    [ZELECT_MESSAGE_PREVOTE] = {"rpc_prevote", NULL},
    [ZELECT_MESSAGE_PREVOTE_REPLY] = {"rpc_prevote_reply", s_make_reply},
    [ZELECT_MESSAGE_VOTE] = {"rpc_vote", s_make_vote},
    [ZELECT_MESSAGE_VOTE_REPLY] = {"rpc_vote_reply", s_make_reply},
    [ZELECT_MESSAGE_HEARTBEAT] = {"rpc_heartbeat", s_make_heartbeat},
    [ZELECT_MESSAGE_HEARTBEAT_ACK] = {"rpc_heartbeat_ack", s_make_ack},
    [ZELECT_MESSAGE_RELEASE] = {"rpc_release", s_make_release},
    [ZELECT_MESSAGE_STATE] = {"rpc_state", s_make_question},
    [ZELECT_MESSAGE_STATE_REPLY] = {"rpc_state_reply", s_make_state_reply},
    [SAMPLE_QUERY] = {"rpc_query", s_make_query},
    [SAMPLE_FEED_HEARTBEAT] = {"feed_heartbeat", s_make_feed_heartbeat},
    [SAMPLE_FEED_RELEASE] = {"feed_release", s_make_feed_release},
    [SAMPLE_FEED_STATE] = {"feed_state", s_make_feed_state},
};

const char *
sample_name (int kind)
{
    return s_samples [kind].name;
}

sample_t
sample_make (int kind)
{
    sample_t sample;
    memset (&sample, 0, sizeof sample);
    sample.is_feed = kind >= SAMPLE_FEED_HEARTBEAT;
    sample.rpc.message.kind = (uint8_t) kind;
    sample.rpc.message.from = 1;
    sample.rpc.message.leader = ZELECT_NOBODY;
    sample.rpc.message.incarnation = UINT64_C (0x1122334455667788);
    sample.rpc.message.term = 7;
    sample.rpc.message.about = 8;
    sample.rpc.message.number = UINT64_C (0xa1a2a3a4a5a6a7a8);
    if (s_samples [kind].make)
        s_samples [kind].make (&sample);
    if (sample.is_feed) {
        memset (&sample.rpc, 0, sizeof sample.rpc);
        strcpy (sample.feed.node, "n2");
    }
    return sample;
}

//  --------------------------------------------------------------------------
//  Over the wire

size_t
sample_pack (const sample_t *sample, uint8_t *data)
{
    zelect_members_t members = sample_members ("n1");
    const zelect_message_t *message =
        sample->is_feed ? &sample->feed.message : &sample->rpc.message;
    if (!sample->is_feed && sample->rpc.is_stranger)
        return zelect_wire_pack_query (message->number, data, ZELECT_RPC_SIZE_MAX);
    members.self = message->from;
    if (sample->is_feed)
        return zelect_wire_pack_feed (&members, &sample->feed, data, ZELECT_FEED_SIZE_MAX);
    return zelect_wire_pack_rpc (&members, &sample->rpc, data, ZELECT_RPC_SIZE_MAX);
}

sample_t
sample_unpack (int kind, const uint8_t *data, size_t size)
{
    static const char *const topics [] = {"zelect/orders/heartbeat/n2",
                                          "zelect/orders/heartbeat/n2", "zelect/orders/state/n2"};
    zelect_members_t members = sample_members ("n1");
    sample_t sample;
    memset (&sample, 0, sizeof sample);
    sample.is_feed = kind >= SAMPLE_FEED_HEARTBEAT;
    if (sample.is_feed) {
        const char *topic = topics [kind - SAMPLE_FEED_HEARTBEAT];
        sample.reject =
            zelect_wire_unpack_feed (&members, topic, strlen (topic), data, size, &sample.feed);
    }
    else
        sample.reject = zelect_wire_unpack_rpc (&members, data, size, &sample.rpc);
    return sample;
}

//  --------------------------------------------------------------------------
//  The limits, written down a second time

static void
s_check_ranking (const zelect_message_t *message)
{
    assert_in_range (message->rank_count, 0, 3);
    for (uint8_t rank = 0; rank < message->rank_count; rank++) {
        assert_in_range (message->ranking [rank], 0, 2);
        for (uint8_t other = 0; other < rank; other++)
            assert_int_not_equal (message->ranking [rank], message->ranking [other]);
    }
}

static void
s_check_text (const char *text, size_t size_max, bool is_name)
{
    assert_true (strlen (text) <= size_max);
    for (; *text; text++) {
        assert_true ((uint8_t) *text > ' ' || (!is_name && strchr (" \n", *text)));
        assert_false (is_name && strchr ("/\\:*? \t\"", *text));
    }
}

static void
s_check_state (const zelect_state_t *state)
{
    assert_int_not_equal (state->incarnation, 0);
    assert_int_equal (state->term >> 63, 0);
    assert_true (state->role < ZELECT_ROLES);
    assert_true (state->reason < ZELECT_REASONS);
    assert_true (state->lease_ns <= UINT64_C (3600000000000));
    assert_true (state->election_ns <= UINT64_C (3600000000000));
    assert_string_equal (state->cluster, "orders");
    s_check_text (state->node, 63, true);
    s_check_text (state->leader, 63, true);
    s_check_text (state->leader_endpoint, 255, false);
    s_check_text (state->bound, 255, false);
    s_check_text (state->tags, 512, false);
}

static void
s_check_message (const zelect_message_t *message)
{
    assert_true (message->kind < ZELECT_MESSAGES);
    assert_true (message->from == 1 || message->from == 2);
    assert_int_not_equal (message->incarnation, 0);
    assert_int_equal (message->term >> 63, 0);
    assert_int_equal (message->about >> 63, 0);
    assert_true (message->promise_ns <= UINT64_C (3600000000000));
    assert_true (message->granted <= 1 && message->by_feed <= 1);
    assert_true (message->healthy <= 1 && message->faulted <= 1);
    assert_true (message->leader <= 2 || message->leader == ZELECT_NOBODY);
    bool is_state =
        message->kind == ZELECT_MESSAGE_STATE || message->kind == ZELECT_MESSAGE_STATE_REPLY;
    assert_int_equal (message->about == 0, is_state);
    s_check_ranking (message);
}

void
sample_check (int kind, const sample_t *sample)
{
    assert_int_equal (sample->reject, 0);
    if (sample->is_feed && sample->feed.kind == ZELECT_FEED_STATE)
        s_check_state (&sample->feed.state);
    else if (sample->is_feed)
        s_check_message (&sample->feed.message);
    else if (!sample->rpc.is_stranger)
        s_check_message (&sample->rpc.message);
    if (!sample->is_feed && sample->rpc.message.kind == ZELECT_MESSAGE_STATE_REPLY)
        s_check_state (&sample->rpc.state);
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    size_t size = sample_pack (sample, data);
    assert_int_not_equal (size, 0);
    sample_t again = sample_unpack (kind, data, size);
    assert_memory_equal (&again, sample, sizeof again);
}

//  --------------------------------------------------------------------------
//  The frozen bytes

size_t
sample_golden (int kind, uint8_t *data)
{
    char path [64];
    snprintf (path, sizeof path, "tests/wire/golden/%s.bin", sample_name (kind));
    FILE *file = fopen (path, "rb");
    if (!file)
        fail_msg ("%s cannot be read; run the test in the source directory", path);
    size_t size = fread (data, 1, ZELECT_FEED_SIZE_MAX, file);
    fclose (file);
    return size;
}
