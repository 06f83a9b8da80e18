/*  =========================================================================
    test_belief - the rule of observers, by the vectors that every language
    has to pass

    A vector (vectors/README.md) is a sequence of messages, each with its time
    and with what has to be believed after it. Each file is one test.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"

#include "zelect_belief.h"

#include <glob.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define FOLDER "tests/observer/vectors"
#define VECTORS_LEAST 25
#define VECTORS_MAX 200
#define OTHERS 4                          //  Tests beside the vectors
#define START_NS (3600000 * ZELECT_MS)    //  Vectors' times count from here

//  --------------------------------------------------------------------------
//  Messages

typedef struct {
    char topic [256];
    size_t topic_size;
    uint8_t data [8192];
    size_t size;
} frames_t;

static const char *
s_text (json_t *object, const char *key)
{
    json_t *value = json_object_get (object, key);
    return value ? json_string_value (value) : "";
}

static uint64_t
s_number (json_t *object, const char *key, uint64_t otherwise)
{
    json_t *value = json_object_get (object, key);
    return value ? (uint64_t) json_integer_value (value) : otherwise;
}

static uint8_t
s_role (const char *name)
{
    for (int role = 0; role < ZELECT_ROLES; role++)
        if (strcmp (zelect_role_name ((zelect_role_t) role), name) == 0)
            return (uint8_t) role;
    fail_msg ("no such role: %s", name);
    return 0;
}

static void
s_fill_state (zelect_feed_t *feed, json_t *what)
{
    zelect_state_t *state = &feed->state;
    feed->kind = ZELECT_FEED_STATE;
    state->incarnation = s_number (what, "incarnation", 0);
    state->sequence = s_number (what, "sequence", 0);
    state->term = s_number (what, "term", 0);
    state->lease_ns = s_number (what, "lease_ms", 0) * ZELECT_MS;
    state->role = s_role (s_text (what, "role"));
    state->reason = ZELECT_REASON_STARTED;
    state->priority = 100;
    state->is_voter = state->is_healthy = 1;
    snprintf (state->leader, sizeof state->leader, "%s", s_text (what, "leader"));
    snprintf (state->leader_endpoint, sizeof state->leader_endpoint, "%s",
              s_text (what, "leader_endpoint"));
}

static void
s_fill_beat (zelect_feed_t *feed, json_t *what, bool is_release)
{
    feed->kind = is_release ? ZELECT_FEED_RELEASE : ZELECT_FEED_HEARTBEAT;
    feed->sequence = s_number (what, "sequence", 0);
    feed->message.incarnation = s_number (what, "incarnation", 0);
    feed->message.term = s_number (what, "term", 0);
    feed->message.about = s_number (what, "released_term", feed->message.term);
    feed->message.leader = *s_text (what, "heir") ? 1 : ZELECT_NOBODY;
}

static void
s_pack (zelect_feed_t *feed, const char *cluster, json_t *what, frames_t *frames)
{
    const char *node = s_text (what, "node");
    const char *heir = s_text (what, "heir");
    const zelect_member_t list [] = {{node, true}, {heir, true}};
    zelect_members_t members;
    assert_int_equal (zelect_members_init (&members, cluster, node, list, *heir ? 2 : 1), 0);
    if (*heir)
        feed->message.leader = zelect_members_find (&members, heir);
    frames->topic_size =
        zelect_wire_topic (frames->topic, (zelect_feed_kind_t) feed->kind, cluster, node);
    frames->size = zelect_wire_pack_feed (&members, feed, frames->data, sizeof frames->data);
    assert_true (frames->size > 0);
}

static void
s_unhex (const char *text, frames_t *frames)
{
    frames->size = strlen (text) / 2;
    assert_true (frames->size <= sizeof frames->data);
    for (size_t at = 0; at < frames->size; at++) {
        unsigned byte;
        assert_int_equal (sscanf (text + 2 * at, "%2x", &byte), 1);
        frames->data [at] = (uint8_t) byte;
    }
}

//  False if the step has no message: time passes, that is all.

static bool
s_message (json_t *vector, json_t *step, frames_t *frames)
{
    static const char *const kinds [] = {"state", "heartbeat", "release"};
    for (size_t kind = 0; kind < 3; kind++) {
        json_t *what = json_object_get (step, kinds [kind]);
        if (!what)
            continue;
        zelect_feed_t feed = {.sequence = 0};
        if (kind == 0)
            s_fill_state (&feed, what);
        else
            s_fill_beat (&feed, what, kind == 2);
        s_pack (&feed, s_text (vector, "cluster"), what, frames);
        return true;
    }
    if (!json_object_get (step, "payload"))
        return false;
    snprintf (frames->topic, sizeof frames->topic, "%s", s_text (step, "topic"));
    frames->topic_size = strlen (frames->topic);
    s_unhex (s_text (step, "payload"), frames);
    return true;
}

//  --------------------------------------------------------------------------
//  Expectations

static void
s_expect_text (json_t *expect, const char *key, const char *actual)
{
    json_t *value = json_object_get (expect, key);
    if (!value)
        return;
    const char *expected = json_is_null (value) ? "nobody" : json_string_value (value);
    if (strcmp (expected, actual ? actual : "nobody") != 0)
        fail_msg ("%s is %s, not %s", key, actual ? actual : "nobody", expected);
}

static void
s_expect_time (json_t *expect, const char *key, uint64_t actual)
{
    json_t *value = json_object_get (expect, key);
    if (!value)
        return;
    uint64_t expected =
        json_is_null (value) ? ZELECT_NEVER : START_NS + s_number (expect, key, 0) * ZELECT_MS;
    if (expected != actual)
        fail_msg ("%s is at %" PRId64 " us, not at %" PRId64, key,
                  (int64_t) (actual - START_NS) / 1000, (int64_t) (expected - START_NS) / 1000);
}

static void
s_expect_number (json_t *expect, const char *key, uint64_t otherwise, uint64_t actual)
{
    uint64_t expected = s_number (expect, key, otherwise);
    if (expected != actual)
        fail_msg ("%s is %" PRIu64 ", not %" PRIu64, key, actual, expected);
}

static void
s_step (zelect_belief_t *belief, json_t *vector, json_t *step)
{
    uint64_t now = START_NS + s_number (step, "at", 0) * ZELECT_MS;
    uint64_t missed = belief->missed;
    uint64_t rejected = belief->rejected;
    json_t *expect = json_object_get (step, "expect");
    static frames_t frames;
    bool has_message = s_message (vector, step, &frames);
    bool changed = has_message ? zelect_belief_take (belief, now, frames.topic, frames.topic_size,
                                                     frames.data, frames.size)
                               : zelect_belief_look (belief, now);

    zelect_view_t view = zelect_belief_view (belief, now);
    assert_true (json_is_boolean (json_object_get (expect, "changed")));
    assert_true (json_object_get (expect, "leader"));
    assert_int_equal (changed, json_is_true (json_object_get (expect, "changed")));
    s_expect_text (expect, "leader", view.leader);
    s_expect_text (expect, "endpoint", view.endpoint);
    s_expect_text (expect, "node", *belief->node ? belief->node : NULL);
    s_expect_text (expect, "role", zelect_role_name ((zelect_role_t) belief->role));
    s_expect_number (expect, "term", UINT64_MAX, view.term);
    s_expect_number (expect, "missed", missed, belief->missed);
    s_expect_number (expect, "rejected", rejected, belief->rejected);
    s_expect_time (expect, "deadline", zelect_belief_deadline (belief, now));
    s_expect_time (expect, "ask", zelect_belief_ask_at (belief, now));
}

static void
test_vector (void **state)
{
    json_error_t error;
    json_t *vector = json_load_file (*state, JSON_REJECT_DUPLICATES, &error);
    if (!vector)
        fail_msg ("%s:%d: %s", error.source, error.line, error.text);
    json_t *steps = json_object_get (vector, "steps");
    assert_true (json_array_size (steps) > 0);

    static zelect_belief_t belief;
    zelect_belief_init (&belief, s_text (vector, "cluster"), 0);
    for (size_t at = 0; at < json_array_size (steps); at++) {
        json_t *step = json_array_get (steps, at);
        printf ("    step %zu, %" PRIu64 " ms\n", at + 1, s_number (step, "at", 0));
        s_step (&belief, vector, step);
    }
    json_decref (vector);
}

//  B9: patience lies in 3/4 to 1 of the lease, and an ask puts the next off.

static void
test_patience (void **state)
{
    (void) state;
    static zelect_belief_t belief;
    frames_t frames;
    json_t *what =
        json_pack ("{s:s, s:i, s:i, s:s, s:i, s:s, s:i}", "node", "n2", "incarnation", 1,
                   "sequence", 1, "role", "follower", "term", 3, "leader", "n1", "lease_ms", 1024);
    for (uint32_t patience = 0; patience < 256; patience++) {
        zelect_feed_t feed = {.sequence = 0};
        s_fill_state (&feed, what);
        s_pack (&feed, "orders", what, &frames);
        zelect_belief_init (&belief, "orders", patience + 0x100);
        assert_true (zelect_belief_take (&belief, START_NS, frames.topic, frames.topic_size,
                                         frames.data, frames.size));
        uint64_t at = START_NS + (768 + patience) * ZELECT_MS;
        assert_int_equal (zelect_belief_ask_at (&belief, START_NS), at);
        zelect_belief_asked (&belief, at);
        assert_int_equal (zelect_belief_ask_at (&belief, at), at + (768 + patience) * ZELECT_MS);
    }
    json_decref (what);
}

//  Who asks too late for the end of a belief is told that it is now.

static void
test_deadline_that_was_missed_is_now (void **state)
{
    (void) state;
    static zelect_belief_t belief;
    frames_t frames;
    json_t *what =
        json_pack ("{s:s, s:i, s:i, s:s, s:i, s:s, s:i}", "node", "n1", "incarnation", 1,
                   "sequence", 1, "role", "leader", "term", 3, "leader", "n1", "lease_ms", 400);
    zelect_feed_t feed = {.sequence = 0};
    s_fill_state (&feed, what);
    s_pack (&feed, "orders", what, &frames);
    zelect_belief_init (&belief, "orders", 0);
    zelect_belief_take (&belief, START_NS, frames.topic, frames.topic_size, frames.data,
                        frames.size);
    uint64_t end = START_NS + 600 * ZELECT_MS;
    assert_true (zelect_belief_deadline (&belief, end - 1) == end);
    assert_true (zelect_belief_deadline (&belief, end + 7) == end + 7);
    assert_true (zelect_belief_look (&belief, end + 7));
    assert_true (zelect_belief_deadline (&belief, end + 7) == ZELECT_NEVER);
    json_decref (what);
}

//  B3: absurd numbers do not make the count start again.

static void
test_missed_is_bounded (void **state)
{
    (void) state;
    static zelect_belief_t belief;
    frames_t frames;
    zelect_belief_init (&belief, "orders", 0);
    uint64_t sequence = 1;
    for (int turn = 0; turn < 4; turn++) {
        json_t *what = json_pack ("{s:s, s:i, s:s}", "node", turn < 2 ? "n1" : "n2", "incarnation",
                                  1, "role", "follower");
        zelect_feed_t feed = {.sequence = 0};
        s_fill_state (&feed, what);
        feed.state.sequence = sequence;
        s_pack (&feed, "orders", what, &frames);
        assert_true (zelect_belief_take (&belief, START_NS, frames.topic, frames.topic_size,
                                         frames.data, frames.size));
        sequence = sequence == 1 ? UINT64_MAX : 1;
        json_decref (what);
    }
    assert_int_equal (belief.missed, UINT64_MAX);
}

//  B1: whatever the bytes, the belief survives and counts.

static void
test_random_bytes (void **state)
{
    (void) state;
    uint64_t seed = zelect_test_seed ("test_random_bytes");
    static zelect_belief_t belief;
    zelect_belief_init (&belief, "orders", 0);
    for (int round = 0; round < 100000; round++) {
        uint8_t data [64];
        for (size_t at = 0; at < sizeof data; at++) {
            seed = seed * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
            data [at] = (uint8_t) (seed >> 56);
        }
        data [0] = 8;    //  The version, so that some get further
        data [1] = 1;
        const char *topic = round & 1 ? "zelect/orders/state/n1" : "zelect/orders/heartbeat/n1";
        zelect_belief_take (&belief, START_NS, topic, strlen (topic), data, data [2] % 62u + 2);
    }
    assert_true (belief.rejected > 90000);
    zelect_belief_reject (&belief);
    assert_null (zelect_belief_view (&belief, START_NS).leader);
}

int
main (void)
{
    glob_t found;
    int rc = glob (FOLDER "/*.json", 0, NULL, &found);
    if (rc || found.gl_pathc < VECTORS_LEAST || found.gl_pathc > VECTORS_MAX) {
        fprintf (stderr, "test_belief: too few or too many vectors in " FOLDER "\n");
        return 1;
    }
    static struct CMUnitTest tests [VECTORS_MAX + OTHERS] = {
        {"test_patience", test_patience, NULL, NULL, NULL},
        {"test_deadline_that_was_missed_is_now", test_deadline_that_was_missed_is_now, NULL, NULL,
         NULL},
        {"test_missed_is_bounded", test_missed_is_bounded, NULL, NULL, NULL},
        {"test_random_bytes", test_random_bytes, NULL, NULL, NULL},
    };
    for (size_t at = 0; at < found.gl_pathc; at++) {
        char *path = found.gl_pathv [at];
        const char *name = strrchr (path, '/') + 1;
        tests [at + OTHERS] = (struct CMUnitTest){name, test_vector, NULL, NULL, path};
    }
    rc = _cmocka_run_group_tests ("belief", tests, found.gl_pathc + OTHERS, NULL, NULL);
    globfree (&found);
    return rc;
}
