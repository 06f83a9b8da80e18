/*  =========================================================================
    test_hostile - nothing that arrives can hurt

    Frames that are cut off, bent, stuffed, forged or random: each is rejected
    for the right reason, or is a possible message. AddressSanitizer watches.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "samples.h"
#include "zelect.pb-c.h"
#include "zelect_arena.h"
#include "zelect_test.h"

#include <string.h>

typedef Zelect__V1__Rpc rpc_t;
typedef Zelect__V1__FeedMessage feed_t;

static void
s_assert_rejected (const char *what, int got, int wanted)
{
    if (got != wanted)
        fail_msg ("%s: %s instead of %s", what, zelect_reject_name (got),
                  zelect_reject_name (wanted));
}

//  Rejected, or possible; a sanitizer sees what else may be wrong.

static void
s_survive (int kind, const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc (size + 1);
    assert_non_null (exact);
    memcpy (exact, data, size);
    sample_t sample = sample_unpack (kind, exact, size);
    if (!sample.reject)
        sample_check (kind, &sample);
    free (exact);
}

//  --------------------------------------------------------------------------
//  Cut off and bent

static void
test_hostile_a_cut_off_message_is_none (void **state)
{
    (void) state;
    uint8_t golden [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        size_t full_size = sample_golden (kind, golden);
        for (size_t size = 0; size < full_size; size++) {
            assert_int_not_equal (sample_unpack (kind, golden, size).reject, 0);
            s_survive (kind, golden, size);
        }
    }
}

static void
test_hostile_any_bit_may_flip (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        size_t size = sample_golden (kind, data);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            data [bit / 8] = (uint8_t) (data [bit / 8] ^ 1 << bit % 8);
            s_survive (kind, data, size);
            data [bit / 8] = (uint8_t) (data [bit / 8] ^ 1 << bit % 8);
        }
    }
}

//  --------------------------------------------------------------------------
//  Forged: unpack the frozen bytes, change a field, pack again

#define TEXT(name, text) static char s_##name [] = text;
TEXT (payments, "payments")
TEXT (n1, "n1")
TEXT (n4, "n4")
TEXT (spaced, "n 2")
TEXT (accent, "n\xc3\xa9")
TEXT (newline, "tcp://a\n:1")
TEXT (untagged, "rack")
#undef TEXT

static char s_name_64 [65];
static char s_endpoint_256 [257];
static char s_tags_513 [514];

static int
s_fill_long_texts (void **state)
{
    (void) state;
    memset (s_name_64, 'x', sizeof s_name_64 - 1);
    memset (s_endpoint_256, 'x', sizeof s_endpoint_256 - 1);
    memset (s_tags_513, '=', sizeof s_tags_513 - 1);
    s_tags_513 [0] = 'x';
    return 0;
}

#define IMPOSSIBLE_TERM (UINT64_C (1) << 63)
#define TOO_LONG_NS UINT64_C (3600000000001)

//  X (name, sample, statement that changes the frame `rpc`, reason)
#define RPC_FORGERIES(X)                                                                           \
    X (version_0, VOTE, rpc->version = 0, VERSION)                                                 \
    X (version_2, VOTE, rpc->version = 2, VERSION)                                                 \
    X (no_body, VOTE, rpc->body_case = ZELECT__V1__RPC__BODY__NOT_SET, FIELD)                      \
    X (other_cluster, VOTE, rpc->cluster = s_payments, CLUSTER)                                    \
    X (no_cluster, VOTE, rpc->cluster = NULL, CLUSTER)                                             \
    X (no_cluster_from_member, STATE, rpc->cluster = NULL, CLUSTER)                                \
    X (bad_cluster, VOTE, rpc->cluster = s_spaced, FIELD)                                          \
    X (stranger, VOTE, rpc->sender = s_n4, STRANGER)                                               \
    X (stranger_beat, HEARTBEAT, rpc->sender = s_n4, STRANGER)                                     \
    X (stranger_reply, STATE_REPLY, rpc->sender = s_n4, STRANGER)                                  \
    X (nameless, VOTE, rpc->sender = NULL, STRANGER)                                               \
    X (reflection, VOTE, rpc->sender = s_n1, SELF)                                                 \
    X (reflected_question, STATE, rpc->sender = s_n1, SELF)                                        \
    X (long_sender, VOTE, rpc->sender = s_name_64, FIELD)                                          \
    X (spaced_sender, STATE, rpc->sender = s_spaced, FIELD)                                        \
    X (accent_sender, VOTE, rpc->sender = s_accent, FIELD)                                         \
    X (no_incarnation, VOTE, rpc->incarnation = 0, FIELD)                                          \
    X (no_incarnation_state, STATE, rpc->incarnation = 0, FIELD)                                   \
    X (term_63, PREVOTE, rpc->term = IMPOSSIBLE_TERM, FIELD)                                       \
    X (term_64, VOTE, rpc->term = UINT64_MAX, FIELD)                                               \
    X (term_63_ack, HEARTBEAT_ACK, rpc->term = IMPOSSIBLE_TERM, FIELD)                             \
    X (term_63_query, QUERY, rpc->term = IMPOSSIBLE_TERM, FIELD)                                   \
    X (vote_in_term_0, VOTE, rpc->term = 0, FIELD)                                                 \
    X (beat_in_term_0, HEARTBEAT, rpc->term = 0, FIELD)                                            \
    X (voters_prevote, PREVOTE, rpc->voters_digest ^= 1, VOTERS)                                   \
    X (voters_prevote_reply, PREVOTE_REPLY, rpc->voters_digest = 0, VOTERS)                        \
    X (voters_vote, VOTE, rpc->voters_digest ^= 1, VOTERS)                                         \
    X (voters_vote_reply, VOTE_REPLY, rpc->voters_digest ^= 1, VOTERS)                             \
    X (voters_ack, HEARTBEAT_ACK, rpc->voters_digest ^= 1, VOTERS)                                 \
    X (voters_release, RELEASE, rpc->voters_digest ^= 1, VOTERS)                                   \
    X (ask_term_0, PREVOTE, rpc->prevote->ask_term = 0, FIELD)                                     \
    X (ask_term_63, PREVOTE, rpc->prevote->ask_term = IMPOSSIBLE_TERM, FIELD)                      \
    X (reply_term_63, PREVOTE_REPLY, rpc->prevote_reply->ask_term = IMPOSSIBLE_TERM, FIELD)        \
    X (reply_leader, PREVOTE_REPLY, rpc->prevote_reply->leader = s_n4, FIELD)                      \
    X (vote_term_0, VOTE_REPLY, rpc->vote_reply->vote_term = 0, FIELD)                             \
    X (vote_term_63, VOTE_REPLY, rpc->vote_reply->vote_term = IMPOSSIBLE_TERM, FIELD)              \
    X (vote_leader, VOTE_REPLY, rpc->vote_reply->leader = s_spaced, FIELD)                         \
    X (prevote_floor, PREVOTE_REPLY, rpc->prevote_reply->floor = IMPOSSIBLE_TERM, FIELD)           \
    X (vote_floor, VOTE_REPLY, rpc->vote_reply->floor = UINT64_MAX, FIELD)                         \
    X (vote_for_hours, VOTE_REPLY, rpc->vote_reply->election_ns = TOO_LONG_NS, FIELD)              \
    X (vote_for_no_time, VOTE_REPLY, rpc->vote_reply->election_ns = 0, FIELD)                      \
    X (reply_floor, STATE_REPLY, rpc->state_reply->floor = IMPOSSIBLE_TERM, FIELD)                 \
    X (ranking_3, HEARTBEAT, rpc->heartbeat->ranking.data [0] = 3, FIELD)                          \
    X (ranking_255, HEARTBEAT, rpc->heartbeat->ranking.data [0] = 255, FIELD)                      \
    X (ranking_twice, HEARTBEAT, rpc->heartbeat->ranking.data [0] = 0, FIELD)                      \
    X (round_term_0, HEARTBEAT_ACK, rpc->heartbeat_ack->round_term = 0, FIELD)                     \
    X (round_term_63, HEARTBEAT_ACK, rpc->heartbeat_ack->round_term = UINT64_MAX, FIELD)           \
    X (long_promise, HEARTBEAT_ACK, rpc->heartbeat_ack->promise_ns = TOO_LONG_NS, FIELD)           \
    X (priority_256, HEARTBEAT_ACK, rpc->heartbeat_ack->priority = 256, FIELD)                     \
    X (released_0, RELEASE, rpc->release->released_term = 0, FIELD)                                \
    X (released_63, RELEASE, rpc->release->released_term = IMPOSSIBLE_TERM, FIELD)                 \
    X (heir_unknown, RELEASE, rpc->release->heir = s_n4, FIELD)                                    \
    X (role_0, STATE_REPLY, rpc->state_reply->role = 0, FIELD)                                     \
    X (role_7, STATE_REPLY, rpc->state_reply->role = 7, FIELD)                                     \
    X (role_257, STATE_REPLY, rpc->state_reply->role = 257, FIELD)                                 \
    X (reason_0, STATE_REPLY, rpc->state_reply->reason = 0, FIELD)                                 \
    X (reason_22, STATE_REPLY, rpc->state_reply->reason = 22, FIELD)                               \
    X (long_leader, STATE_REPLY, rpc->state_reply->leader = s_name_64, FIELD)                      \
    X (long_endpoint, STATE_REPLY, rpc->state_reply->leader_endpoint = s_endpoint_256, FIELD)      \
    X (bad_endpoint, STATE_REPLY, rpc->state_reply->leader_endpoint = s_newline, FIELD)            \
    X (bad_bound, STATE_REPLY, rpc->state_reply->bound = s_newline, FIELD)                         \
    X (long_election, STATE_REPLY, rpc->state_reply->election_ns = TOO_LONG_NS, FIELD)             \
    X (long_lease, STATE_REPLY, rpc->state_reply->lease_ns = UINT64_MAX, FIELD)                    \
    X (reply_priority, STATE_REPLY, rpc->state_reply->priority = 1000, FIELD)                      \
    X (long_tags, STATE_REPLY, rpc->state_reply->tags = s_tags_513, FIELD)                         \
    X (bad_tags, STATE_REPLY, rpc->state_reply->tags = s_untagged, FIELD)                          \
    X (query_any_cluster, QUERY, rpc->cluster = s_payments, CLUSTER)                               \
    X (query_by_name, QUERY, rpc->sender = s_n4, NONE)                                             \
    X (query_our_cluster, STATE, rpc->sender = s_n4, NONE)                                         \
    X (highest_term, VOTE, rpc->term = IMPOSSIBLE_TERM - 1, NONE)                                  \
    X (priority_255, HEARTBEAT_ACK, rpc->heartbeat_ack->priority = 255, NONE)                      \
    X (last_reason, STATE_REPLY, rpc->state_reply->reason = 21, NONE)                              \
    X (longest_promise, HEARTBEAT_ACK, rpc->heartbeat_ack->promise_ns = TOO_LONG_NS - 1, NONE)     \
    X (unchanged, STATE_REPLY, (void) rpc, NONE)

//  X (name, sample, statement that changes the frame `feed`, reason)
#define FEED_FORGERIES(X)                                                                          \
    X (feed_version, FEED_STATE, feed->version = 2, VERSION)                                       \
    X (feed_no_body, FEED_STATE, feed->body_case = ZELECT__V1__FEED_MESSAGE__BODY__NOT_SET, FIELD) \
    X (beat_incarnation, FEED_HEARTBEAT, feed->heartbeat->incarnation = 0, FIELD)                  \
    X (beat_sequence, FEED_HEARTBEAT, feed->heartbeat->sequence = 0, FIELD)                        \
    X (beat_term_0, FEED_HEARTBEAT, feed->heartbeat->term = 0, FIELD)                              \
    X (beat_term_63, FEED_HEARTBEAT, feed->heartbeat->term = IMPOSSIBLE_TERM, FIELD)               \
    X (beat_ranking, FEED_HEARTBEAT, feed->heartbeat->ranking.data [1] = 3, FIELD)                 \
    X (beat_twice, FEED_HEARTBEAT, feed->heartbeat->ranking.data [1] = 2, FIELD)                   \
    X (rel_incarnation, FEED_RELEASE, feed->release->incarnation = 0, FIELD)                       \
    X (rel_sequence, FEED_RELEASE, feed->release->sequence = 0, FIELD)                             \
    X (rel_term, FEED_RELEASE, feed->release->term = IMPOSSIBLE_TERM, FIELD)                       \
    X (rel_released, FEED_RELEASE, feed->release->released_term = 0, FIELD)                        \
    X (rel_heir, FEED_RELEASE, feed->release->heir = s_n4, FIELD)                                  \
    X (rel_long_heir, FEED_RELEASE, feed->release->heir = s_name_64, FIELD)                        \
    X (state_cluster, FEED_STATE, feed->state->cluster = s_payments, FIELD)                        \
    X (state_node, FEED_STATE, feed->state->node = s_n1, FIELD)                                    \
    X (state_incarnation, FEED_STATE, feed->state->incarnation = 0, FIELD)                         \
    X (state_sequence, FEED_STATE, feed->state->sequence = 0, FIELD)                               \
    X (state_term, FEED_STATE, feed->state->term = IMPOSSIBLE_TERM, FIELD)                         \
    X (state_role_0, FEED_STATE, feed->state->role = 0, FIELD)                                     \
    X (state_role_7, FEED_STATE, feed->state->role = 7, FIELD)                                     \
    X (state_reason, FEED_STATE, feed->state->reason = 99, FIELD)                                  \
    X (state_leader, FEED_STATE, feed->state->leader = s_spaced, FIELD)                            \
    X (state_endpoint, FEED_STATE, feed->state->leader_endpoint = s_newline, FIELD)                \
    X (state_priority, FEED_STATE, feed->state->priority = 256, FIELD)                             \
    X (state_lease, FEED_STATE, feed->state->lease_ns = TOO_LONG_NS, FIELD)                        \
    X (state_tags, FEED_STATE, feed->state->tags = s_tags_513, FIELD)                              \
    X (state_term_0, FEED_STATE, feed->state->term = 0, NONE)                                      \
    X (feed_unchanged, FEED_RELEASE, (void) feed, NONE)

#define SAMPLE_VOTE ((int) ZELECT_MESSAGE_VOTE)
#define SAMPLE_PREVOTE_REPLY ((int) ZELECT_MESSAGE_PREVOTE_REPLY)
#define SAMPLE_VOTE_REPLY ((int) ZELECT_MESSAGE_VOTE_REPLY)
#define SAMPLE_HEARTBEAT ((int) ZELECT_MESSAGE_HEARTBEAT)
#define SAMPLE_HEARTBEAT_ACK ((int) ZELECT_MESSAGE_HEARTBEAT_ACK)
#define SAMPLE_RELEASE ((int) ZELECT_MESSAGE_RELEASE)
#define SAMPLE_STATE ((int) ZELECT_MESSAGE_STATE)

#define X(name, sample, change, reject)                                                            \
    static void s_forge_##name (rpc_t *rpc)                                                        \
    {                                                                                              \
        change;                                                                                    \
    }
RPC_FORGERIES (X)
#undef X
#define X(name, sample, change, reject)                                                            \
    static void s_forge_##name (feed_t *feed)                                                      \
    {                                                                                              \
        change;                                                                                    \
    }
FEED_FORGERIES (X)
#undef X

static rpc_t *
s_golden_rpc (zelect_arena_t *arena, int kind)
{
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    zelect_arena_init (arena);
    rpc_t *rpc = zelect__v1__rpc__unpack (&arena->allocator, sample_golden (kind, data), data);
    assert_non_null (rpc);
    return rpc;
}

static feed_t *
s_golden_feed (zelect_arena_t *arena, int kind)
{
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    zelect_arena_init (arena);
    size_t size = sample_golden (kind, data);
    feed_t *feed = zelect__v1__feed_message__unpack (&arena->allocator, size, data);
    assert_non_null (feed);
    return feed;
}

static void
test_hostile_forged_rpcs_are_rejected (void **state)
{
    (void) state;
    static const struct {
        const char *name;
        int kind;
        void (*forge) (rpc_t *rpc);
        int reject;
    } cases [] = {
#define X(name, sample, change, reject)                                                            \
    {#name, SAMPLE_##sample, s_forge_##name, ZELECT_REJECT_##reject},
        RPC_FORGERIES (X)
#undef X
    };
    zelect_arena_t arena;
    uint8_t data [2 * ZELECT_RPC_SIZE_MAX];
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++) {
        rpc_t *rpc = s_golden_rpc (&arena, cases [index].kind);
        cases [index].forge (rpc);
        size_t size = zelect__v1__rpc__pack (rpc, data);
        sample_t sample = sample_unpack (cases [index].kind, data, size);
        s_assert_rejected (cases [index].name, sample.reject, cases [index].reject);
        s_survive (cases [index].kind, data, size);
    }
}

static void
test_hostile_forged_feed_messages_are_rejected (void **state)
{
    (void) state;
    static const struct {
        const char *name;
        int kind;
        void (*forge) (feed_t *feed);
        int reject;
    } cases [] = {
#define X(name, sample, change, reject)                                                            \
    {#name, SAMPLE_##sample, s_forge_##name, ZELECT_REJECT_##reject},
        FEED_FORGERIES (X)
#undef X
    };
    zelect_arena_t arena;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++) {
        feed_t *feed = s_golden_feed (&arena, cases [index].kind);
        cases [index].forge (feed);
        size_t size = zelect__v1__feed_message__pack (feed, data);
        sample_t sample = sample_unpack (cases [index].kind, data, size);
        s_assert_rejected (cases [index].name, sample.reject, cases [index].reject);
    }
}

//  The same query may come from anybody, but is nobody's message to the core.

static void
test_hostile_a_stranger_has_no_incarnation_and_no_term (void **state)
{
    (void) state;
    zelect_arena_t arena;
    rpc_t *rpc = s_golden_rpc (&arena, ZELECT_MESSAGE_STATE);
    rpc->sender = s_n4;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    sample_t sample = sample_unpack (SAMPLE_QUERY, data, zelect__v1__rpc__pack (rpc, data));
    assert_int_equal (sample.reject, 0);
    assert_int_equal (sample.rpc.is_stranger, 1);
    assert_int_equal (sample.rpc.message.from, ZELECT_NOBODY);
    assert_int_equal (sample.rpc.message.incarnation, 0);
    assert_int_equal (sample.rpc.message.term, 0);
}

//  An answer says who answers, and of which cluster, in words of this version.

static void
test_hostile_an_answer_is_not_nameless (void **state)
{
    (void) state;
    for (int field = 0; field < 8; field++) {
        zelect_arena_t arena;
        rpc_t *rpc = s_golden_rpc (&arena, SAMPLE_STATE_REPLY);
        rpc->cluster = field == 1 ? NULL : field == 7 ? s_spaced : s_payments;
        rpc->sender = field == 2 ? NULL : field == 4 ? s_accent : s_n4;
        rpc->incarnation = field == 3 ? 0 : 1;
        rpc->state_reply->bound = field == 5 ? s_newline : rpc->state_reply->bound;
        rpc->version = field == 6 ? 2 : 1;
        uint8_t data [ZELECT_RPC_SIZE_MAX];
        uint64_t request;
        zelect_state_t answer;
        size_t size = zelect__v1__rpc__pack (rpc, data);
        int reject = zelect_wire_unpack_answer (data, size, &request, &answer);
        assert_int_equal (reject, field == 0   ? ZELECT_REJECT_NONE
                                  : field == 6 ? ZELECT_REJECT_VERSION
                                               : ZELECT_REJECT_FIELD);
    }
}

//  An observer has no table, so any index below 64 is possible.

static void
test_hostile_an_observer_checks_what_it_can (void **state)
{
    (void) state;
    zelect_arena_t arena;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    static const char topic [] = "zelect/orders/heartbeat/n2";
    feed_t *frame = s_golden_feed (&arena, SAMPLE_FEED_HEARTBEAT);
    for (int index = 0; index < 256; index++) {
        frame->heartbeat->ranking.data [0] = (uint8_t) index;
        size_t size = zelect__v1__feed_message__pack (frame, data);
        zelect_feed_t feed;
        int got = zelect_wire_observe_feed ("orders", topic, sizeof topic - 1, data, size, &feed);
        bool is_possible = index != 0 && index < 64;
        assert_int_equal (got, is_possible ? ZELECT_REJECT_NONE : ZELECT_REJECT_FIELD);
    }
}

//  --------------------------------------------------------------------------
//  Stuffed

//  Append a field of unknown number, `size` bytes in all (at least 4).

static size_t
s_append_unknown (uint8_t *data, size_t at, size_t size)
{
    size_t length = size - 4;
    data [at] = 0xba;    //  Field 1023, length-delimited
    data [at + 1] = 0x3f;
    data [at + 2] = (uint8_t) (0x80 | (length & 0x7f));
    data [at + 3] = (uint8_t) (length >> 7);
    memset (data + at + 4, 'x', length);
    return at + size;
}

static void
test_hostile_the_size_is_limited_before_anything_else (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX + 1];
    for (int kind = 0; kind < SAMPLES; kind++) {
        size_t limit = kind < SAMPLE_FEED_HEARTBEAT ? ZELECT_RPC_SIZE_MAX : ZELECT_FEED_SIZE_MAX;
        size_t size = sample_golden (kind, data);
        s_append_unknown (data, size, limit - size);
        s_assert_rejected ("limit", sample_unpack (kind, data, limit).reject, 0);
        s_append_unknown (data, size, limit + 1 - size);
        s_assert_rejected ("limit + 1", sample_unpack (kind, data, limit + 1).reject,
                           ZELECT_REJECT_TOO_BIG);
        s_assert_rejected ("0", sample_unpack (kind, data, 0).reject, ZELECT_REJECT_MALFORMED);
    }
}

//  A later version may say more, in the envelope and in each body.

static void
test_hostile_unknown_fields_are_ignored (void **state)
{
    (void) state;
    static uint8_t extra [] = {1, 2, 3, 4, 5, 6, 7, 8};
    ProtobufCMessageUnknownField fields [] = {
        {1000, PROTOBUF_C_WIRE_TYPE_VARINT, 1, extra},
        {1001, PROTOBUF_C_WIRE_TYPE_64BIT, 8, extra},
        {1002, PROTOBUF_C_WIRE_TYPE_32BIT, 4, extra},
        {1003, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, 2, extra},
    };
    zelect_arena_t arena;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        bool is_feed = kind >= SAMPLE_FEED_HEARTBEAT;
        rpc_t *rpc = is_feed ? NULL : s_golden_rpc (&arena, kind);
        feed_t *feed = is_feed ? s_golden_feed (&arena, kind) : NULL;
        ProtobufCMessage *frame = is_feed ? &feed->base : &rpc->base;
        ProtobufCMessage *body = is_feed ? &feed->state->base : &rpc->state->base;
        frame->n_unknown_fields = body->n_unknown_fields = 4;
        frame->unknown_fields = body->unknown_fields = fields;
        size_t size = protobuf_c_message_pack (frame, data);
        sample_t got = sample_unpack (kind, data, size);
        sample_t wanted = sample_make (kind);
        assert_memory_equal (&got, &wanted, sizeof got);
    }
}

static void
test_hostile_a_flood_of_unknown_fields_is_malformed (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        size_t limit = kind < SAMPLE_FEED_HEARTBEAT ? ZELECT_RPC_SIZE_MAX : ZELECT_FEED_SIZE_MAX;
        size_t size = sample_golden (kind, data);
        for (; size + 3 <= limit; size += 3)
            memcpy (data + size, "\xb8\x3f\x01", 3);
        sample_t sample = sample_unpack (kind, data, size);
        s_assert_rejected (sample_name (kind), sample.reject, ZELECT_REJECT_MALFORMED);
    }
}

//  Of bodies there is one: parsers do not agree on what a second one does.

static void
test_hostile_a_second_body_is_malformed (void **state)
{
    (void) state;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    for (int kind = 0; kind < SAMPLE_QUERY; kind++) {
        size_t size = sample_golden (kind, data);
        memcpy (data + size,
                "\x7a\x09\x09"
                "BBBBBBBB",
                11);
        s_assert_rejected (sample_name (kind), sample_unpack (kind, data, size + 11).reject,
                           ZELECT_REJECT_MALFORMED);
    }
}

static void
test_hostile_a_flood_of_bodies_is_malformed (void **state)
{
    (void) state;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    for (uint8_t field = 8; field <= 15; field++) {
        size_t size = sample_golden (ZELECT_MESSAGE_STATE_REPLY, data);
        for (; size + 2 <= sizeof data; size += 2) {
            data [size] = (uint8_t) (field << 3 | 2);
            data [size + 1] = 0;
        }
        int reject = sample_unpack (ZELECT_MESSAGE_STATE_REPLY, data, size).reject;
        s_assert_rejected ("bodies", reject, ZELECT_REJECT_MALFORMED);
    }
}

static void
test_hostile_a_string_has_no_zero_byte_inside (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "orders", "n2", "n3", "tcp://10.0.0.3:5680", "rack=b", "tcp://0.0.0.0:5680"};
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        size_t size = sample_golden (kind, data);
        for (size_t at = 0; at < size; at++)
            for (size_t text = 0; text < sizeof texts / sizeof texts [0]; text++) {
                size_t length = strlen (texts [text]);
                if (at + length > size || memcmp (data + at, texts [text], length) != 0)
                    continue;
                uint8_t kept = data [at + length - 1];
                data [at + length - 1] = 0;
                int reject = sample_unpack (kind, data, size).reject;
                s_assert_rejected (texts [text], reject, ZELECT_REJECT_FIELD);
                data [at + length - 1] = kept;
            }
    }
}

//  --------------------------------------------------------------------------
//  Random

static uint64_t
s_random (uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void
test_hostile_random_bytes (void **state)
{
    (void) state;
    uint64_t seed = zelect_test_seed ("test_hostile_random_bytes") | 1;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    for (int run = 0; run < 100000; run++) {
        size_t size = s_random (&seed) % 200;
        for (size_t at = 0; at < size; at++)
            data [at] = (uint8_t) (s_random (&seed) >> 24);
        s_survive ((int) (s_random (&seed) % SAMPLES), data, size);
    }
}

//  One to eight bytes of a frozen message are overwritten, taken out or put in.

static void
test_hostile_random_damage (void **state)
{
    (void) state;
    uint64_t seed = zelect_test_seed ("test_hostile_random_damage") | 1;
    uint8_t golden [SAMPLES][ZELECT_FEED_SIZE_MAX];
    size_t sizes [SAMPLES];
    for (int kind = 0; kind < SAMPLES; kind++)
        sizes [kind] = sample_golden (kind, golden [kind]);
    for (int run = 0; run < 100000; run++) {
        int kind = (int) (s_random (&seed) % SAMPLES);
        uint8_t data [ZELECT_FEED_SIZE_MAX];
        size_t size = sizes [kind];
        memcpy (data, golden [kind], size);
        for (uint64_t count = 1 + s_random (&seed) % 8; count > 0; count--) {
            size_t at = s_random (&seed) % size;
            uint64_t way = s_random (&seed) % 8;
            if (way == 0)
                memmove (data + at, data + at + 1, --size - at);
            else if (way == 1)
                memmove (data + at + 1, data + at, size++ - at);
            else
                data [at] = (uint8_t) (s_random (&seed) >> 24);
        }
        s_survive (kind, data, size);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_hostile_a_cut_off_message_is_none),
        cmocka_unit_test (test_hostile_any_bit_may_flip),
        cmocka_unit_test (test_hostile_forged_rpcs_are_rejected),
        cmocka_unit_test (test_hostile_forged_feed_messages_are_rejected),
        cmocka_unit_test (test_hostile_a_stranger_has_no_incarnation_and_no_term),
        cmocka_unit_test (test_hostile_an_answer_is_not_nameless),
        cmocka_unit_test (test_hostile_an_observer_checks_what_it_can),
        cmocka_unit_test (test_hostile_the_size_is_limited_before_anything_else),
        cmocka_unit_test (test_hostile_unknown_fields_are_ignored),
        cmocka_unit_test (test_hostile_a_flood_of_unknown_fields_is_malformed),
        cmocka_unit_test (test_hostile_a_second_body_is_malformed),
        cmocka_unit_test (test_hostile_a_flood_of_bodies_is_malformed),
        cmocka_unit_test (test_hostile_a_string_has_no_zero_byte_inside),
        cmocka_unit_test (test_hostile_random_bytes),
        cmocka_unit_test (test_hostile_random_damage),
    };
    return cmocka_run_group_tests (tests, s_fill_long_texts, NULL);
}
