/*  =========================================================================
    test_wire - every message there and back, and the frozen bytes

    The bytes of golden/ are a promise to nodes of other versions and in other
    languages. ZELECT_REWRITE=1 writes them anew: do that only for a message
    that has never been released. doc/zelect-protocol.md shows the same bytes.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "samples.h"
#include "zelect_test.h"

#include <string.h>

//  --------------------------------------------------------------------------
//  There and back

static void
s_assert_same (const sample_t *got, const sample_t *wanted)
{
    if (got->reject)
        fail_msg ("rejected: %s", zelect_reject_text (got->reject));
    assert_memory_equal (got, wanted, sizeof *got);
}

static void
test_wire_every_message_arrives_as_it_left (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        sample_t sample = sample_make (kind);
        sample_t got = sample_unpack (kind, data, sample_pack (&sample, data));
        s_assert_same (&got, &sample);
        sample_check (kind, &got);
    }
}

//  A "no", a "nobody" and a 0 arrive as such.

static void
test_wire_empty_fields_arrive_empty (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLE_QUERY; kind++) {
        sample_t full = sample_make (kind);
        sample_t bare = full;
        memset (&bare.rpc, 0, sizeof bare.rpc);
        bare.rpc.message.kind = full.rpc.message.kind;
        bare.rpc.message.from = full.rpc.message.from;
        bare.rpc.message.incarnation = full.rpc.message.incarnation;
        bare.rpc.message.leader = ZELECT_NOBODY;
        bare.rpc.message.about = full.rpc.message.about ? 1 : 0;
        bare.rpc.message.term = full.rpc.message.about ? 1 : 0;
        if (kind == SAMPLE_STATE_REPLY) {
            bare.rpc.state.incarnation = full.rpc.message.incarnation;
            strcpy (bare.rpc.state.cluster, "orders");
            strcpy (bare.rpc.state.node, "n2");
        }
        sample_t got = sample_unpack (kind, data, sample_pack (&bare, data));
        s_assert_same (&got, &bare);
    }
}

//  --------------------------------------------------------------------------
//  Frozen bytes

static void
s_rewrite (int kind, const uint8_t *data, size_t size)
{
    char path [64];
    snprintf (path, sizeof path, "tests/wire/golden/%s.bin", sample_name (kind));
    FILE *file = fopen (path, "wb");
    assert_non_null (file);
    assert_int_equal (fwrite (data, 1, size, file), size);
    assert_int_equal (fclose (file), 0);
}

static void
test_wire_bytes_are_frozen (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    uint8_t golden [ZELECT_FEED_SIZE_MAX];
    for (int kind = 0; kind < SAMPLES; kind++) {
        sample_t sample = sample_make (kind);
        size_t size = sample_pack (&sample, data);
        if (getenv ("ZELECT_REWRITE"))
            s_rewrite (kind, data, size);
        assert_int_equal (sample_golden (kind, golden), size);
        assert_memory_equal (data, golden, size);
        sample_t got = sample_unpack (kind, golden, size);
        s_assert_same (&got, &sample);
    }
}

//  --------------------------------------------------------------------------
//  The specification shows the bytes in hexadecimal, under their name.

static size_t
s_read_vector (FILE *file, const char *name, uint8_t *data)
{
    char line [256];
    size_t size = 0;
    bool is_found = false;
    while (fgets (line, sizeof line, file)) {
        line [strcspn (line, "\n")] = 0;
        if (is_found && (*line == 0 || *line == '`'))
            break;
        char *cursor = line;
        while (is_found && *cursor && size < ZELECT_RPC_SIZE_MAX) {
            char *end;
            data [size++] = (uint8_t) strtoul (cursor, &end, 16);
            assert_true (end > cursor);
            cursor = end + strspn (end, " ");
        }
        is_found = is_found || strcmp (line, name) == 0;
    }
    return size;
}

static void
test_wire_specification_shows_the_frozen_bytes (void **state)
{
    (void) state;
    uint8_t shown [ZELECT_RPC_SIZE_MAX];
    uint8_t golden [ZELECT_FEED_SIZE_MAX];
    FILE *file = fopen ("doc/zelect-protocol.md", "r");
    assert_non_null (file);
    for (int kind = 0; kind < SAMPLES; kind++) {
        rewind (file);
        size_t size = sample_golden (kind, golden);
        if (s_read_vector (file, sample_name (kind), shown) != size
            || memcmp (shown, golden, size) != 0)
            fail_msg ("doc/zelect-protocol.md shows other bytes of %s", sample_name (kind));
    }
    fclose (file);
}

//  It also holds the schema, and the rule of observers, as they stand in the
//  sources. Nothing is written twice by hand.

static char *
s_read_text (const char *path)
{
    FILE *file = fopen (path, "r");
    if (!file)
        fail_msg ("%s cannot be read; run the test in the source directory", path);
    char *text = calloc (1, 1 << 17);
    assert_non_null (text);
    assert_true (fread (text, 1, (1 << 17) - 1, file) < (1 << 17) - 1);
    fclose (file);
    return text;
}

static void
s_assert_shown (const char *path, const char *first, const char *behind, const char *indent)
{
    char *specification = s_read_text ("doc/zelect-protocol.md");
    char *source = s_read_text (path);
    char *line = strstr (source, first);
    char *end = line && behind ? strstr (line, behind) : line ? line + strlen (line) : NULL;
    if (!end)
        fail_msg ("%s does not hold '%s' and what comes behind", path, first);
    *end = 0;
    const char *cursor = specification;
    for (line = strtok (line, "\n"); line; line = strtok (NULL, "\n")) {
        char shown [256];
        snprintf (shown, sizeof shown, "\n%s%s\n", indent, line);
        cursor = strstr (cursor, shown);
        if (!cursor)
            fail_msg ("doc/zelect-protocol.md lacks a line of %s: %s", path, line);
        cursor += strlen (shown) - 1;
    }
    free (specification);
    free (source);
}

static void
test_wire_specification_shows_the_sources (void **state)
{
    (void) state;
    s_assert_shown ("src/wire/zelect.proto", "syntax = ", NULL, "    ");
    s_assert_shown ("src/wire/zelect_belief.h", "    The words.", "    This Source Code Form", "");
}

//  --------------------------------------------------------------------------
//  Sizes

static void
s_fill (char *text, size_t size)
{
    memset (text, 'x', size);
    text [size] = 0;
}

//  The longest StateReply would be a little over the limit; then the tags,
//  which the feed has too, stay out.

static void
test_wire_longest_state_reply_fits_without_its_tags (void **state)
{
    (void) state;
    char node [ZELECT_ID_MAX + 1], cluster [ZELECT_ID_MAX + 1];
    s_fill (node, ZELECT_ID_MAX);
    s_fill (cluster, ZELECT_ID_MAX);
    const zelect_member_t list [] = {{node, true}};
    zelect_members_t members;
    assert_int_equal (zelect_members_init (&members, cluster, node, list, 1), 0);
    sample_t sample = sample_make (SAMPLE_STATE_REPLY);
    zelect_state_t *reply = &sample.rpc.state;
    s_fill (reply->leader, ZELECT_ID_MAX);
    s_fill (reply->leader_endpoint, ZELECT_ENDPOINT_MAX);
    s_fill (reply->bound, ZELECT_ENDPOINT_MAX);
    s_fill (reply->tags, ZELECT_TAGS_MAX);
    reply->tags [1] = '=';
    reply->sequence = UINT64_MAX;
    reply->lease_ns = ZELECT_PROMISE_MAX;
    sample.rpc.message.term = ZELECT_TERM_MAX - 1;
    sample.rpc.message.promise_ns = ZELECT_PROMISE_MAX;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    uint64_t request;
    zelect_state_t answer;
    size_t size = zelect_wire_pack_rpc (&members, &sample.rpc, data, sizeof data);
    assert_int_equal (zelect_wire_unpack_answer (data, size, &request, &answer), 0);
    assert_string_equal (answer.tags, "");
    assert_string_equal (answer.leader_endpoint, reply->leader_endpoint);
    s_fill (reply->leader_endpoint, 64);
    s_fill (reply->bound, 64);
    size = zelect_wire_pack_rpc (&members, &sample.rpc, data, sizeof data);
    assert_int_equal (zelect_wire_unpack_answer (data, size, &request, &answer), 0);
    assert_string_equal (answer.tags, reply->tags);
    //  They stay in as long as the frame is not over the limit
    size_t largest_size = 0;
    for (size_t length = 1; length <= ZELECT_ENDPOINT_MAX; length++) {
        s_fill (reply->leader_endpoint, length);
        size = zelect_wire_pack_rpc (&members, &sample.rpc, data, sizeof data);
        largest_size = size > largest_size ? size : largest_size;
    }
    assert_int_equal (largest_size, ZELECT_RPC_SIZE_MAX);
}

static void
test_wire_heartbeat_of_three_takes_at_most_64_bytes (void **state)
{
    (void) state;
    sample_t sample = sample_make (SAMPLE_FEED_HEARTBEAT);
    sample.feed.message.term = sample.feed.message.about = UINT64_C (1) << 40;
    sample.feed.sequence = UINT64_C (1) << 34;
    sample.feed.message.incarnation = sample.feed.boot = sample.feed.netns = UINT64_MAX;
    sample.feed.message.number = UINT64_MAX;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    assert_in_range (sample_pack (&sample, data), 1, 64);
}

static size_t
s_pack_into (const zelect_members_t *members, const sample_t *sample, uint8_t *data, size_t size)
{
    if (sample->is_feed)
        return zelect_wire_pack_feed (members, &sample->feed, data, size);
    if (sample->rpc.is_stranger)
        return zelect_wire_pack_query (sample->rpc.message.number, data, size);
    return zelect_wire_pack_rpc (members, &sample->rpc, data, size);
}

static void
test_wire_nothing_is_written_past_a_short_buffer (void **state)
{
    (void) state;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    zelect_members_t members = sample_members ("n2");
    for (int kind = 0; kind < SAMPLES; kind++) {
        sample_t sample = sample_make (kind);
        size_t size = sample_pack (&sample, data);
        assert_int_equal (s_pack_into (&members, &sample, data, size), size);
        data [size - 1] = 0xee;
        assert_int_equal (s_pack_into (&members, &sample, data, size - 1), 0);
        assert_int_equal (data [size - 1], 0xee);
    }
}

//  --------------------------------------------------------------------------
//  Strangers and observers

static void
test_wire_a_stranger_asks_and_is_answered (void **state)
{
    (void) state;
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_query (42, data, sizeof data);
    sample_t question = sample_unpack (SAMPLE_QUERY, data, size);
    assert_int_equal (question.reject, 0);
    assert_int_equal (question.rpc.is_stranger, 1);
    assert_int_equal (question.rpc.message.number, 42);
    sample_t reply = sample_make (SAMPLE_STATE_REPLY);
    reply.rpc.message.number = 42;
    size = sample_pack (&reply, data);
    uint64_t request = 0;
    zelect_state_t answer;
    assert_int_equal (zelect_wire_unpack_answer (data, size, &request, &answer), 0);
    assert_int_equal (request, 42);
    assert_memory_equal (&answer, &reply.rpc.state, sizeof answer);
}

static void
test_wire_an_answer_is_a_state_reply (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    uint64_t request;
    zelect_state_t answer;
    for (int kind = 0; kind < SAMPLE_FEED_HEARTBEAT; kind++) {
        size_t size = sample_golden (kind, data);
        int reject = zelect_wire_unpack_answer (data, size, &request, &answer);
        assert_int_equal (reject, kind == SAMPLE_STATE_REPLY ? 0 : ZELECT_REJECT_FIELD);
    }
}

static void
test_wire_an_observer_needs_no_table (void **state)
{
    (void) state;
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    char topic [ZELECT_TOPIC_SIZE_MAX];
    for (int kind = SAMPLE_FEED_HEARTBEAT; kind < SAMPLES; kind++) {
        sample_t sample = sample_make (kind);
        size_t size = sample_pack (&sample, data);
        zelect_feed_kind_t feed_kind = (zelect_feed_kind_t) sample.feed.kind;
        size_t topic_size = zelect_wire_topic (topic, feed_kind, "orders", "n2");
        zelect_feed_t feed;
        assert_int_equal (zelect_wire_observe_feed ("orders", topic, topic_size, data, size, &feed),
                          0);
        assert_int_equal (feed.message.from, ZELECT_NOBODY);
        assert_int_equal (feed.message.leader, ZELECT_NOBODY);
        feed.message.from = sample.feed.message.from;
        feed.message.leader = sample.feed.message.leader;
        assert_memory_equal (&feed, &sample.feed, sizeof feed);
    }
}

//  --------------------------------------------------------------------------
//  Topics

static void
test_wire_topics (void **state)
{
    (void) state;
    char topic [ZELECT_TOPIC_SIZE_MAX];
    assert_int_equal (zelect_wire_topic (topic, ZELECT_FEED_HEARTBEAT, "orders", "n2"), 26);
    assert_string_equal (topic, "zelect/orders/heartbeat/n2");
    zelect_wire_topic (topic, ZELECT_FEED_RELEASE, "orders", "n2");
    assert_string_equal (topic, "zelect/orders/heartbeat/n2");
    zelect_wire_topic (topic, ZELECT_FEED_STATE, "orders", "");
    assert_string_equal (topic, "zelect/orders/state/");
    char name [ZELECT_ID_MAX + 1];
    s_fill (name, ZELECT_ID_MAX);
    assert_int_equal (zelect_wire_topic (topic, ZELECT_FEED_HEARTBEAT, name, name),
                      ZELECT_TOPIC_SIZE_MAX - 1);
}

static void
s_expect_topic (const char *topic, size_t size, int reject)
{
    zelect_members_t members = sample_members ("n1");
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    size_t data_size = sample_golden (SAMPLE_FEED_HEARTBEAT, data);
    zelect_feed_t feed;
    int got = zelect_wire_unpack_feed (&members, topic, size, data, data_size, &feed);
    if (got != reject)
        fail_msg ("'%s': %s", topic, zelect_reject_name (got));
}

static void
test_wire_only_topics_of_the_feed_pass (void **state)
{
    (void) state;
    static const struct {
        const char *topic;
        int reject;
    } cases [] = {
        {"zelect/orders/heartbeat/n2", 0},
        {"zelect/orders/heartbeat/n3", 0},
        {"zelect/orders/heartbeat/n1", ZELECT_REJECT_SELF},
        {"zelect/orders/heartbeat/n4", ZELECT_REJECT_STRANGER},
        {"zelect/order/heartbeat/n2", ZELECT_REJECT_CLUSTER},
        {"zelect/orders2/heartbeat/n2", ZELECT_REJECT_CLUSTER},
        {"zelect/orders/state/n2", ZELECT_REJECT_FIELD},
        {"zelect/orders/peer/n2", ZELECT_REJECT_TOPIC},
        {"zelect/orders/heartbeat/", ZELECT_REJECT_TOPIC},
        {"zelect/orders/heartbeat", ZELECT_REJECT_TOPIC},
        {"zelect/orders/heartbeat/n2/", ZELECT_REJECT_TOPIC},
        {"zelect/orders/heartbeat/n2/x", ZELECT_REJECT_TOPIC},
        {"zelect//heartbeat/n2", ZELECT_REJECT_TOPIC},
        {"zelect/orders//n2", ZELECT_REJECT_TOPIC},
        {"/orders/heartbeat/n2", ZELECT_REJECT_TOPIC},
        {"raft/orders/heartbeat/n2", ZELECT_REJECT_TOPIC},
        {"zelect", ZELECT_REJECT_TOPIC},
        {"/", ZELECT_REJECT_TOPIC},
        {"", ZELECT_REJECT_TOPIC},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++)
        s_expect_topic (cases [index].topic, strlen (cases [index].topic), cases [index].reject);
    s_expect_topic ("zelect/orders/heartbeat/n2\0", 27, ZELECT_REJECT_TOPIC);
    s_expect_topic ("zelect/orders/heartbeat/n\0002", 27, ZELECT_REJECT_TOPIC);
    char name [ZELECT_ID_MAX + 2];
    char topic [2 * ZELECT_TOPIC_SIZE_MAX];
    s_fill (name, ZELECT_ID_MAX);
    int length = snprintf (topic, sizeof topic, "zelect/%s/heartbeat/%s", name, name);
    s_expect_topic (topic, (size_t) length, ZELECT_REJECT_CLUSTER);
    length = snprintf (topic, sizeof topic, "zelect/orders/heartbeat/%s", name);
    s_expect_topic (topic, (size_t) length, ZELECT_REJECT_STRANGER);
    s_fill (name, ZELECT_ID_MAX + 1);
    length = snprintf (topic, sizeof topic, "zelect/orders/heartbeat/%s", name);
    s_expect_topic (topic, (size_t) length, ZELECT_REJECT_TOPIC);
    char longest [4096];
    memset (longest, 'z', sizeof longest);
    longest [sizeof longest - 1] = 0;
    s_expect_topic (longest, sizeof longest - 1, ZELECT_REJECT_TOPIC);
}

//  --------------------------------------------------------------------------
//  Words

static void
test_wire_every_reason_has_words (void **state)
{
    (void) state;
    for (int reject = 0; reject < ZELECT_REJECTS; reject++) {
        assert_true (strlen (zelect_reject_name (reject)) > 3);
        assert_non_null (strchr (zelect_reject_text (reject), ' '));
    }
    assert_string_equal (zelect_reject_name (ZELECT_REJECT_TOO_BIG), "TOO_BIG");
    assert_string_equal (zelect_reject_name (-1), "?");
    assert_string_equal (zelect_reject_name (ZELECT_REJECTS), "?");
    assert_string_equal (zelect_reject_text (-1), "?");
    assert_string_equal (zelect_reject_text (ZELECT_REJECTS), "?");
}

static void
test_wire_tags (void **state)
{
    (void) state;
    static const char *const good [] = {"",
                                        "a=b",
                                        "a=",
                                        "a=b=c\nd=e\n",
                                        "k=\xc3\xa9\xe2\x82\xac",
                                        "k=\xf0\x9f\x98\x80\xe0\xa4\x85",
                                        "k= ~",
                                        "k=\xc2\xa0\xee\x80\x80\xef\xbf\xbf",
                                        "k=\xed\x9f\xbf\xf4\x8f\xbf\xbf"};
    static const char *const bad [] = {"a",
                                       "=b",
                                       "a=b\n\nc=d",
                                       "\n",
                                       "a=\t",
                                       "a=\x7f",
                                       "a=\xc3",
                                       "a=\xc0\xaf",
                                       "a=\xe0\x80\xaf",
                                       "a=\xed\xa0\x80",
                                       "a=\xf4\x90\x80\x80",
                                       "a=\xf8\x88\x80\x80\x80",
                                       "a=\xc2\x85",
                                       "a=\xff",
                                       "\xa9=b",
                                       "a=\xa9\xa9",
                                       "a=\x80\x80",
                                       "a=\xf8\x90\x80\x80",
                                       "a=\x1f"};
    for (size_t index = 0; index < sizeof good / sizeof good [0]; index++)
        assert_true (zelect_wire_are_tags (good [index]));
    for (size_t index = 0; index < sizeof bad / sizeof bad [0]; index++)
        assert_false (zelect_wire_are_tags (bad [index]));
    char longest [ZELECT_TAGS_MAX + 2];
    s_fill (longest, ZELECT_TAGS_MAX + 1);
    longest [1] = '=';
    assert_false (zelect_wire_are_tags (longest));
    longest [1] = 'x';
    longest [2] = '=';
    assert_true (zelect_wire_are_tags (longest + 1));
}

static void
test_wire_endpoints (void **state)
{
    (void) state;
    assert_true (zelect_wire_is_endpoint ("tcp://[::1]:5680"));
    assert_false (zelect_wire_is_endpoint (""));
    assert_false (zelect_wire_is_endpoint ("tcp://a b:1"));
    assert_false (zelect_wire_is_endpoint ("tcp://\xc3\xa9:1"));
    assert_false (zelect_wire_is_endpoint ("tcp://a\x7f"));
    assert_true (zelect_wire_is_endpoint ("ipc:///tmp/~a"));
    char longest [ZELECT_ENDPOINT_MAX + 2];
    s_fill (longest, ZELECT_ENDPOINT_MAX + 1);
    assert_false (zelect_wire_is_endpoint (longest));
    assert_true (zelect_wire_is_endpoint (longest + 1));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_wire_every_message_arrives_as_it_left),
        cmocka_unit_test (test_wire_empty_fields_arrive_empty),
        cmocka_unit_test (test_wire_bytes_are_frozen),
        cmocka_unit_test (test_wire_specification_shows_the_frozen_bytes),
        cmocka_unit_test (test_wire_specification_shows_the_sources),
        cmocka_unit_test (test_wire_longest_state_reply_fits_without_its_tags),
        cmocka_unit_test (test_wire_heartbeat_of_three_takes_at_most_64_bytes),
        cmocka_unit_test (test_wire_nothing_is_written_past_a_short_buffer),
        cmocka_unit_test (test_wire_a_stranger_asks_and_is_answered),
        cmocka_unit_test (test_wire_an_answer_is_a_state_reply),
        cmocka_unit_test (test_wire_an_observer_needs_no_table),
        cmocka_unit_test (test_wire_topics),
        cmocka_unit_test (test_wire_only_topics_of_the_feed_pass),
        cmocka_unit_test (test_wire_every_reason_has_words),
        cmocka_unit_test (test_wire_tags),
        cmocka_unit_test (test_wire_endpoints),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
