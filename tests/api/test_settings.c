/*  =========================================================================
    test_settings - every setting of the handle: taken, refused, too late

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"

typedef int (s_number_fn) (zelect_t *self, int number);
typedef int (s_text_fn) (zelect_t *self, const char *text);
typedef int (s_switch_fn) (zelect_t *self, bool is_on);

//  A number that is taken, two that are not.

static const struct {
    s_number_fn *set;
    int good;
    int bad [2];
} s_numbers [] = {
    {zelect_set_heartbeat, 50, {0, 10001}},        {zelect_set_election, 300, {9, 60001}},
    {zelect_set_connect_timeout, 500, {0, 60001}}, {zelect_set_callback_timeout, 500, {0, -1}},
    {zelect_set_watchdog, 500, {-1, 3600001}},     {zelect_set_notice, 100, {-1, 60001}},
    {zelect_set_priority, 255, {-1, 256}},         {zelect_set_drift, 1, {0, 301}},
};

static const struct {
    s_text_fn *set;
    const char *good;
    const char *bad;
} s_texts [] = {
    {zelect_bind, "tcp://127.0.0.1:5680", "tcp://127.0.0.1"},
    {zelect_bind_feed, "ipc:///tmp/zelect.feed", "inproc://feed"},
    {zelect_set_store, "/tmp", "a \"quoted\" name"},
    {zelect_set_fast_failover, "direct", "perhaps"},
    {zelect_set_certificate, "/tmp/n1.cert_secret", "a \"quoted\" name"},
    {zelect_set_keys, "/tmp", "a \"quoted\" name"},
    {zelect_set_observers, "none", "perhaps"},
    {zelect_load, NULL, "/nonexistent/zelect.cfg"},
};

static s_switch_fn *const s_switches [] = {
    zelect_set_create,
    zelect_set_volatile,
    zelect_set_preempt,
    zelect_set_verbose,
};

#define COUNT(table) (sizeof (table) / sizeof (table [0]))

//  -1, errno, and a sentence that names what is wrong.

static void
s_assert_refused (zelect_t *node, int rc, int code, const char *word)
{
    assert_int_equal (errno, code);
    assert_int_equal (rc, -1);
    if (!strstr (zelect_error (node), word))
        fail_msg ("'%s' does not name '%s'", zelect_error (node), word);
}

static void
test_numbers_have_ranges (void **state)
{
    (void) state;
    zelect_t *node = zelect_new ("n1", "test");
    for (size_t row = 0; row < COUNT (s_numbers); row++) {
        assert_int_equal (s_numbers [row].set (node, s_numbers [row].good), 0);
        for (int index = 0; index < 2; index++) {
            char word [16];
            snprintf (word, sizeof (word), "%d", s_numbers [row].bad [index]);
            errno = 0;
            int rc = s_numbers [row].set (node, s_numbers [row].bad [index]);
            s_assert_refused (node, rc, EINVAL, word);
        }
    }
    zelect_destroy (&node);
}

static void
test_texts_are_checked_at_once (void **state)
{
    (void) state;
    zelect_t *node = zelect_new ("n1", "test");
    for (size_t row = 0; row < COUNT (s_texts); row++) {
        if (s_texts [row].good)
            assert_int_equal (s_texts [row].set (node, s_texts [row].good), 0);
        int rc = s_texts [row].set (node, s_texts [row].bad);
        s_assert_refused (node, rc, s_texts [row].good ? EINVAL : ENOENT, s_texts [row].bad);
    }
    for (size_t row = 0; row < COUNT (s_switches); row++) {
        assert_int_equal (s_switches [row](node, true), 0);
        assert_int_equal (s_switches [row](node, false), 0);
    }
    zelect_destroy (&node);
}

static void
test_members_are_checked_at_once (void **state)
{
    (void) state;
    zelect_t *node = zelect_new ("n1", "test");
    const char *endpoint = "tcp://127.0.0.1:5680";
    assert_int_equal (zelect_add_member (node, "n1", endpoint), 0);
    s_assert_refused (node, zelect_add_member (node, "n1", "tcp://127.0.0.1:5690"), EINVAL, "n1");
    s_assert_refused (node, zelect_add_member (node, "n/2", endpoint), EINVAL, "n/2");
    s_assert_refused (node, zelect_add_member (node, "n2", "udp://x:1"), EINVAL, "udp://x:1");
    assert_int_equal (zelect_set_member_feed (node, "n1", "tcp://127.0.0.1:5700"), 0);
    s_assert_refused (node, zelect_set_member_feed (node, "n9", endpoint), EINVAL, "n9");
    s_assert_refused (node, zelect_set_member_feed (node, "n1", "x"), EINVAL, "x");
    assert_int_equal (zelect_set_member_voter (node, "n1", false), 0);
    assert_int_equal (zelect_set_member_voter (node, "n1", true), 0);
    s_assert_refused (node, zelect_set_member_voter (node, "n9", true), EINVAL, "n9");
    for (int member = 2; member <= 64; member++) {
        char id [16], other [64];
        snprintf (id, sizeof (id), "m%d", member);
        snprintf (other, sizeof (other), "tcp://127.0.0.1:%d", 6000 + 2 * member);
        assert_int_equal (zelect_add_member (node, id, other), 0);
    }
    s_assert_refused (node, zelect_add_member (node, "m65", "tcp://127.0.0.1:7000"), EINVAL, "64");
    zelect_destroy (&node);
}

static void
test_tags_are_checked_at_once (void **state)
{
    (void) state;
    zelect_t *node = zelect_new ("n1", "test");
    assert_int_equal (zelect_set_tag (node, "zone", "a b=c"), 0);
    assert_int_equal (zelect_set_tag (node, "zone", ""), 0);
    s_assert_refused (node, zelect_set_tag (node, "a/b", "x"), EINVAL, "a/b");
    s_assert_refused (node, zelect_set_tag (node, "zone", "a\nb"), EINVAL, "zone");
    char value [600];
    memset (value, 'x', sizeof (value));
    value [sizeof (value) - 1] = 0;
    s_assert_refused (node, zelect_set_tag (node, "long", value), EINVAL, "long");
    zelect_destroy (&node);
}

static void
test_set_knows_every_path (void **state)
{
    (void) state;
    zelect_t *node = zelect_new (NULL, NULL);
    assert_int_equal (zelect_set (node, "node/name", "n1"), 0);
    assert_int_equal (zelect_set (node, "cluster", "test"), 0);
    assert_int_equal (zelect_set (node, "timing/heartbeat", "50 ms"), 0);
    s_assert_refused (node, zelect_set (node, "timing/hartbeat", "50"), EINVAL, "timing/heartbeat");
    s_assert_refused (node, zelect_set (node, "timing/heartbeat", "soon"), EINVAL, "soon");
    zelect_destroy (&node);
}

//  What each of them says after the start.

static void
test_settings_are_EBUSY_after_the_start (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    zelect_t *node = cluster.nodes [0];
    for (size_t row = 0; row < COUNT (s_numbers); row++)
        s_assert_refused (node, s_numbers [row].set (node, s_numbers [row].good), EBUSY, "STOP");
    for (size_t row = 0; row < COUNT (s_texts); row++)
        s_assert_refused (node, s_texts [row].set (node, s_texts [row].bad), EBUSY, "STOP");
    for (size_t row = 0; row < COUNT (s_switches); row++)
        s_assert_refused (node, s_switches [row](node, true), EBUSY, "STOP");
    s_assert_refused (node, zelect_add_member (node, "n2", "tcp://127.0.0.1:5690"), EBUSY, "STOP");
    s_assert_refused (node, zelect_set_member_voter (node, "n1", true), EBUSY, "STOP");
    s_assert_refused (node, zelect_set_member_feed (node, "n1", ""), EBUSY, "STOP");
    s_assert_refused (node, zelect_set_tag (node, "zone", "a"), EBUSY, "STOP");
    s_assert_refused (node, zelect_set (node, "timing/heartbeat", "50"), EBUSY, "STOP");
    zelect_stop (node);
    for (size_t row = 0; row < COUNT (s_numbers); row++)
        assert_int_equal (s_numbers [row].set (node, s_numbers [row].good), 0);
    api_cluster_end (&cluster);
}

//  Relations are checked by the start, each with the key to blame.

static void
s_assert_start_fails (zelect_t *node, const char *word)
{
    s_assert_refused (node, zelect_start (node), EINVAL, word);
    assert_string_equal (zelect_role (node), "stopped");
}

static void
test_relations_are_checked_by_the_start (void **state)
{
    (void) state;
    zelect_t *node = zelect_new (NULL, NULL);
    zelect_set_log (node, NULL, NULL);
    s_assert_start_fails (node, "node/name");
    assert_int_equal (zelect_set (node, "node/name", "n1"), 0);
    s_assert_start_fails (node, "cluster");
    assert_int_equal (zelect_set (node, "cluster", "test"), 0);
    s_assert_start_fails (node, "members");
    assert_int_equal (zelect_add_member (node, "n2", "tcp://127.0.0.1:5690"), 0);
    s_assert_start_fails (node, "n1");
    assert_int_equal (zelect_add_member (node, "n1", "tcp://127.0.0.1:5680"), 0);
    s_assert_start_fails (node, "node/store");
    assert_int_equal (zelect_set_volatile (node, true), 0);
    assert_int_equal (zelect_set_heartbeat (node, 400), 0);
    s_assert_start_fails (node, "timing/election");
    assert_int_equal (zelect_set_heartbeat (node, 100), 0);
    assert_int_equal (zelect_set_member_voter (node, "n1", false), 0);
    assert_int_equal (zelect_set_member_voter (node, "n2", false), 0);
    s_assert_start_fails (node, "voter");
    zelect_destroy (&node);
}

static void
test_load_reads_what_a_file_says (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    char path [100];
    snprintf (path, sizeof (path), "%s/zelect.cfg", cluster.directory);
    FILE *file = fopen (path, "w");
    fprintf (file,
             "node\n    name = n1\n    volatile = 1\n"
             "cluster = %s\n    member = n1\n        endpoint = %s\n"
             "timing\n    heartbeat = 30 ms\n    election = 300 ms\n",
             cluster.name, cluster.endpoints [0]);
    fclose (file);
    zelect_t *node = zelect_new (NULL, NULL);
    cluster.nodes [0] = node;
    zelect_set_log (node, NULL, NULL);
    assert_int_equal (zelect_load (node, path), 0);
    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);

    file = fopen (path, "a");
    fprintf (file, "    hartbeat = 5\n");
    fclose (file);
    zelect_stop (node);
    s_assert_refused (node, zelect_load (node, path), EINVAL, "zelect.cfg:10");
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_numbers_have_ranges),
        cmocka_unit_test (test_texts_are_checked_at_once),
        cmocka_unit_test (test_members_are_checked_at_once),
        cmocka_unit_test (test_tags_are_checked_at_once),
        cmocka_unit_test (test_set_knows_every_path),
        cmocka_unit_test (test_settings_are_EBUSY_after_the_start),
        cmocka_unit_test (test_relations_are_checked_by_the_start),
        cmocka_unit_test (test_load_reads_what_a_file_says),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
