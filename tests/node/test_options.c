/*  =========================================================================
    test_options - settings by path, relations between them, and the table

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_files.h"

//  --------------------------------------------------------------------------
//  Defaults

static void
test_defaults (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    s_load_good (options, GOOD);
    assert_string_equal (zelect_options_error (options), "");
    assert_string_equal (zelect_options_warning (options), "");
    assert_int_equal (options->heartbeat_ms, 100);
    assert_int_equal (options->election_ms, 500);
    assert_int_equal (options->connect_ms, 1000);
    assert_int_equal (options->callback_ms, 1000);
    assert_int_equal (options->watchdog_ms, 0);
    assert_int_equal (options->notice_ms, 0);
    assert_int_equal (options->drift_permille, 100);
    assert_int_equal (options->priority, 100);
    assert_int_equal (options->preempt + options->create + options->is_volatile, 0);
    assert_int_equal (options->verbose, 0);
    assert_int_equal (options->fast_failover, ZELECT_FAILOVER_LOCAL);
    assert_string_equal (options->bind_endpoint, "tcp://10.0.0.1:5680");
    assert_string_equal (options->feed_endpoint, "tcp://10.0.0.1:5681");
    assert_string_equal (options->members [1].feed_endpoint, "tcp://10.0.0.2:5681");
    zelect_options_destroy (&options);
}

//  --------------------------------------------------------------------------
//  Settings by path

static void
test_set (void **state)
{
    (void) state;
    static const char *const good [][2] = {{"node/name", "n1"},
                                           {"node/bind", "tcp://*:5680"},
                                           {"node/bind", ""},
                                           {"node/feed", "ipc:///run/feed"},
                                           {"node/feed", ""},
                                           {"node/store", "/var/lib/\xc3\xb6"},
                                           {"node/create", "1"},
                                           {"node/create", "0"},
                                           {"node/volatile", "0"},
                                           {"node/priority", "0"},
                                           {"node/preempt", "1"},
                                           {"node/fast_failover", "local"},
                                           {"node/fast_failover", "off"},
                                           {"node/fast_failover", "direct"},
                                           {"node/verbose", "1"},
                                           {"node/tags/zone", "a"},
                                           {"node/tags/zone", ""},
                                           {"cluster", "orders"},
                                           {"cluster/member/n2/endpoint", "tcp://10.0.0.3:1"},
                                           {"cluster/member/n2/feed", "tcp://10.0.0.3:7"},
                                           {"cluster/member/n2/feed", ""},
                                           {"cluster/member/n2/voter", "0"},
                                           {"timing/heartbeat", "50"},
                                           {"timing/election", "2 s"},
                                           {"timing/connect", "250 ms"},
                                           {"timing/callback", "1ms"},
                                           {"timing/watchdog", "0"},
                                           {"timing/notice", "0"},
                                           {"timing/drift", "50"}};
    zelect_options_t *options = zelect_options_new ();
    assert_int_equal (zelect_options_add_member (options, "n1", "tcp://10.0.0.1:1"), 0);
    assert_int_equal (zelect_options_add_member (options, "n2", "tcp://10.0.0.2:1"), 0);
    for (size_t index = 0; index < sizeof good / sizeof good [0]; index++)
        if (zelect_options_set (options, good [index][0], good [index][1]))
            fail_msg ("%s: %s", good [index][0], zelect_options_error (options));
    assert_int_equal (zelect_options_validate (options), 0);
    assert_int_equal (options->election_ms, 2000);
    assert_int_equal (options->preempt, 1);
    assert_int_equal (options->fast_failover, ZELECT_FAILOVER_DIRECT);
    assert_string_equal (options->tags, "zone=\n");
    assert_string_equal (options->members [1].id, "n2");
    assert_string_equal (options->members [1].endpoint, "tcp://10.0.0.3:1");
    assert_int_equal (options->members [1].voter, 0);
    zelect_options_destroy (&options);
}

static void
test_bad_set (void **state)
{
    (void) state;
    static const struct {
        const char *path, *value, *error;
    } cases [] = {
        {"timing/hartbeet", "5",
         "unknown key 'timing/hartbeet' (did you mean 'timing/heartbeat'?)"},
        {"", "5", "unknown key '' (known: node, cluster, timing, security)"},
        {"/", "5", "unknown key '/' (known: node, cluster, timing, security)"},
        {"timing/", "5", "unknown key 'timing/' (did you mean 'timing'?)"},
        {"timing/heart\nbeat", "5",
         "unknown key 'timing/heart?beat' (did you mean 'timing/heartbeat'?)"},
        {"cluster/member", "n1",
         "'cluster/member' cannot be set; add members with their endpoints instead"},
        {"cluster/member/endpoint", "tcp://a:1",
         "'cluster/member/endpoint' belongs to a member; write cluster/member/ID/endpoint"},
        {"cluster/member/n9/voter", "1", "there is no member 'n9'; add it first"},
        {"cluster/member/n1/vote", "1",
         "unknown key 'cluster/member/vote' (did you mean 'cluster/member/voter'?)"},
        {"cluster/member/n1/endpoint", "",
         "member n1: endpoint = '': an endpoint is 1 to 255 characters of printable ASCII without "
         "blanks"},
        {"cluster/member/" HUNDRED "/voter", "1",
         "there is no member '" TEN TEN TEN TEN TEN TEN TEN TEN "'; add it first"},
        {"node", "1", "'node' has no value of its own; set a key in it"},
        {"node/tags", "1", "'node/tags' has no value of its own; set a key in it"},
        {"node/tags/", "1", "tag '': a name is 1 to 63 of A-Z a-z 0-9 . _ -"},
        {"node/tags/a b", "1", "tag 'a b': a name is 1 to 63 of A-Z a-z 0-9 . _ -"},
        {"node/tags/a", "1\n2",
         "node/tags/a = '1?2': a tag is printable UTF-8 without double quotes"},
        {"node/store", "a\x1b[31m",
         "node/store = 'a?[31m': a path has 900 bytes at most and neither double quotes nor "
         "control characters"},
        {"cluster", "", "cluster = '': a name is 1 to 63 of A-Z a-z 0-9 . _ -"},
        {"timing/heartbeat", "",
         "timing/heartbeat = '': write a time from 1 to 10000 ms, such as 100 ms"},
        {"timing/heartbeat", "99999999999999999999",
         "timing/heartbeat = '99999999999999999999': write a time from 1 to 10000 ms, such as 100 "
         "ms"},
        {"node/bind", "tcp://lo:",
         "node/bind = 'tcp://lo:': the port must be a number from 1 to "
         "65535"}};
    zelect_options_t *options = zelect_options_new ();
    assert_int_equal (zelect_options_add_member (options, "n1", "tcp://10.0.0.1:1"), 0);
    zelect_options_t *before = zelect_options_dup (options);
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++) {
        errno = 0;
        int rc = zelect_options_set (options, cases [index].path, cases [index].value);
        s_expect (cases [index].path, rc ? s_error (options) : "fine", cases [index].error);
        assert_int_equal (errno, EINVAL);
    }
    memcpy (before->error, options->error, sizeof before->error);
    assert_memory_equal (options, before, sizeof *options);
    zelect_options_destroy (&before);
    zelect_options_destroy (&options);
}

static void
test_members (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    for (int index = 0; index < ZELECT_MEMBERS_MAX; index++) {
        char id [16], endpoint [32];
        snprintf (id, sizeof id, "n%d", index);
        snprintf (endpoint, sizeof endpoint, "tcp://10.0.0.%d:1", index);
        assert_int_equal (zelect_options_add_member (options, id, endpoint), 0);
        if (index == 0) {
            assert_int_equal (zelect_options_add_member (options, "n0", endpoint), -1);
            s_expect ("twice", s_error (options),
                      "member 'n0' is there already; each has an id of its own");
            assert_int_equal (zelect_options_add_member (options, "n1", "tcp://a"), -1);
            assert_int_equal (options->member_count, 1);
        }
    }
    assert_int_equal (zelect_options_add_member (options, "n64", "tcp://10.0.0.64:1"), -1);
    s_expect ("65", s_error (options), "member 'n64' is one too many; a cluster has 64 at most");
    assert_int_equal (zelect_options_set_member_feed (options, "n64", "tcp://a:1"), -1);
    s_expect ("64", s_error (options), "there is no member 'n64'; add it first");
    assert_int_equal (zelect_options_set_member_feed (options, "n63", "tcp://a:1"), 0);

    //  As many members as there may be load from the file that they make
    assert_int_equal (zelect_options_save (options, file), 0);
    zelect_options_t *loaded = zelect_options_new ();
    assert_int_equal (zelect_options_load (loaded, file), 0);
    assert_int_equal (loaded->member_count, ZELECT_MEMBERS_MAX);
    zelect_options_destroy (&loaded);

    assert_int_equal (zelect_options_set (options, "node/name", "x"), 0);
    assert_int_equal (zelect_options_set (options, "cluster", "orders"), 0);
    assert_int_equal (zelect_options_validate (options), -1);
    s_expect ("self", s_error (options),
              "node 'x' is not among the members (n0, n1, n10, n11, n12, ...); add it with its "
              "endpoint");
    zelect_options_destroy (&options);
}

static void
test_tags (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    assert_int_equal (zelect_options_set (options, "node/tags/zone", "a"), 0);
    assert_int_equal (zelect_options_set (options, "node/tags/zo", "b"), 0);
    assert_string_equal (options->tags, "zone=a\nzo=b\n");
    assert_int_equal (zelect_options_set (options, "node/tags/zone", "cc"), 0);
    assert_string_equal (options->tags, "zo=b\nzone=cc\n");
    char value [ZELECT_TAGS_MAX + 1];
    memset (value, 'x', sizeof value);
    value [ZELECT_TAGS_MAX - strlen ("zo=b\nzone=\n")] = 0;
    assert_int_equal (zelect_options_set (options, "node/tags/zone", value), 0);
    assert_int_equal (strlen (options->tags), ZELECT_TAGS_MAX);
    assert_int_equal (zelect_options_set (options, "node/tags/zo", "bb"), -1);
    assert_int_equal (strlen (options->tags), ZELECT_TAGS_MAX);
    zelect_options_destroy (&options);
}

//  --------------------------------------------------------------------------
//  Relations that hold, and warnings

static void
test_good_relations (void **state)
{
    (void) state;
    static const char *const texts [] = {
        GOOD "timing\n    heartbeat = 10 ms\n    election = 50 ms\n",
        GOOD "timing\n    election = 300 ms\n",
        GOOD "timing\n    election = 375 ms\n    drift = 300\n",
        GOOD "timing\n    watchdog = 100\n",
        GOOD "timing\n    notice = 207\n",
        "node\n    name = n1\n    volatile = 1\n" CLUSTER,
        "node\n    name = n4\n" CLUSTER
        "    member = n4\n        voter = 0\n        endpoint = tcp://10.0.0.4:5680\n",
        NODE "    create = 1\n" CLUSTER,
        NODE "    bind = tcp://eth0:5680\ncluster = orders\n    member = n1\n"
             "        endpoint = tcp://a:5680\n        feed = tcp://10.0.0.1:5681\n"};
    for (size_t index = 0; index < sizeof texts / sizeof texts [0]; index++) {
        zelect_options_t *options = zelect_options_new ();
        s_load_good (options, texts [index]);
        assert_string_equal (zelect_options_warning (options), "");
        zelect_options_destroy (&options);
    }
}

//  The feed of a member is bound where its file says that it is found.

static void
test_feed_of_self (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    s_load_good (options, NODE "cluster = orders\n" N1 "        feed = tcp://10.0.0.1:7000\n");
    assert_string_equal (options->feed_endpoint, "tcp://10.0.0.1:7000");
    assert_string_equal (zelect_options_warning (options), "");
    zelect_options_destroy (&options);
}

static void
test_warnings (void **state)
{
    (void) state;
    static const case_t cases [] = {
        {NODE "cluster = orders\n" N1 N2,
         "with 2 voters none may fail; a third, be it a witness with priority 0, lets one fail"},
        {NODE CLUSTER "    member = n4\n        endpoint = tcp://10.0.0.4:1\n",
         "4 voters stand the loss of no more than 3 would; make their number odd"},
        {NODE "    bind = tcp://*:5690\n" CLUSTER,
         "node/bind is bound at 'tcp://*:5690', but the others look for it at "
         "'tcp://10.0.0.1:5680'; make them agree unless something forwards between them; "
         "node/feed is bound at 'tcp://*:5691', but the others look for it at "
         "'tcp://10.0.0.1:5681'; make them agree unless something forwards between them"},
        {NODE "    bind = ipc:///a\n    feed = tcp://*:5681\n" CLUSTER,
         "node/bind is bound at 'ipc:///a', but the others look for it at "
         "'tcp://10.0.0.1:5680'; make them agree unless something forwards between them"},
        {NODE CLUSTER, ""}};
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++) {
        zelect_options_t *options = zelect_options_new ();
        s_load_good (options, cases [index].text);
        s_expect (cases [index].text, zelect_options_warning (options), cases [index].error);
        assert_int_equal (zelect_options_validate (options), 0);
        s_expect ("again", zelect_options_warning (options), cases [index].error);
        zelect_options_destroy (&options);
    }
}

//  An error says where a file set the value, unless it was set later.

static void
test_origin (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    s_load_good (options, GOOD "timing\n    election = 400\n");
    assert_int_equal (zelect_options_set (options, "timing/election", "200"), 0);
    assert_int_equal (zelect_options_validate (options), -1);
    assert_int_equal (strncmp (s_error (options), "timing/election = 200 ms", 24), 0);
    assert_int_equal (zelect_options_set (options, "timing/election", "400"), 0);
    assert_int_equal (zelect_options_set_member_feed (options, "n1", "tcp://10.0.0.2:5680"), 0);
    assert_int_equal (zelect_options_validate (options), -1);
    assert_int_equal (strncmp (s_error (options), "'tcp://10.0.0.2:5680' is the feed", 33), 0);
    zelect_options_destroy (&options);
}

//  --------------------------------------------------------------------------
//  The table of keys says what is so: each default that it shows for a number
//  is accepted, and is what new settings have.

static void
test_table (void **state)
{
    (void) state;
    FILE *stream = fopen (file, "w+");
    zelect_options_print_table (stream);
    rewind (stream);
    char row [512], path [64], initial [64];
    int rows = 0;
    zelect_options_t *options = zelect_options_new (), *fresh = zelect_options_new ();
    while (fgets (row, sizeof row, stream)) {
        int columns = 0;
        for (const char *byte = row; *byte; byte++)
            columns += *byte == '|';
        assert_int_equal (columns, 5);
        if (sscanf (row, "| `%63[^`]` | %63[0-9 ms] |", path, initial) != 2)
            continue;
        initial [strlen (initial) - 1] = 0;
        if (strncmp (path, "cluster/member", 14) == 0)
            continue;
        rows++;
        if (zelect_options_set (options, path, initial))
            fail_msg ("%s", zelect_options_error (options));
    }
    fclose (stream);
    assert_int_equal (rows, 12);
    assert_memory_equal (options, fresh, sizeof *options);
    zelect_options_destroy (&fresh);
    zelect_options_destroy (&options);
}

//  The README has the table as it is printed; when it differs, paste what this
//  test prints.

static void
test_readme (void **state)
{
    (void) state;
    FILE *stream = fopen (file, "w");
    zelect_options_print_table (stream);
    fclose (stream);
    char *table = strdup (s_read ());

    static char readme [200000];
    stream = fopen ("README.md", "r");
    if (stream) {
        readme [fread (readme, 1, sizeof readme - 1, stream)] = 0;
        fclose (stream);
    }
    if (!strstr (readme, table))
        fail_msg ("README.md lacks this table of keys:\n%s", table);
    free (table);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_defaults),     cmocka_unit_test (test_set),
        cmocka_unit_test (test_bad_set),      cmocka_unit_test (test_members),
        cmocka_unit_test (test_tags),         cmocka_unit_test (test_good_relations),
        cmocka_unit_test (test_feed_of_self), cmocka_unit_test (test_warnings),
        cmocka_unit_test (test_origin),       cmocka_unit_test (test_table),
        cmocka_unit_test (test_readme)};
    return cmocka_run_group_tests (tests, s_make_directory, s_remove_directory);
}
