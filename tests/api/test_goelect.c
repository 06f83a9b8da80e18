/*  =========================================================================
    test_goelect - what goelect does, as far as no other suite has it

    doc/goelect.md has one row for every feature of goelect, and the test that
    goes with it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_diary.h"
#include "api_raw.h"
#include "zelect_clock.h"
#include "zelect_network.h"
#include "zelect_types.h"

#include <fcntl.h>

//  --------------------------------------------------------------------------
//  Support

static void
s_configure_all (api_cluster_t *cluster, int count)
{
    api_cluster_init (cluster, count);
    for (int index = 0; index < count; index++)
        api_cluster_add (cluster, index);
}

static void
s_start (api_cluster_t *cluster, int index)
{
    if (zelect_start (cluster->nodes [index]))
        fail_msg ("%s", zelect_error (cluster->nodes [index]));
}

//  --------------------------------------------------------------------------
//  Features: settings that do something

static void
test_defaults_are_written_down (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    api_raw_t node;
    api_raw_init (&node);
    char path [100];
    snprintf (path, sizeof (path), "%s/defaults.cfg", cluster.directory);
    assert_int_equal (api_raw_command (&node, "SAVE", path, NULL), 0);
    zconfig_t *tree = zconfig_load (path);
    const struct {
        const char *path;
        int value;
    } defaults [] = {
        {"timing/heartbeat", 100}, {"timing/election", 500}, {"timing/connect", 1000},
        {"timing/callback", 1000}, {"timing/watchdog", 0},   {"timing/drift", 100},
        {"node/priority", 100},    {"node/preempt", 0},
    };
    for (size_t row = 0; row < sizeof (defaults) / sizeof (defaults [0]); row++)
        assert_int_equal (atoi (zconfig_get (tree, defaults [row].path, "-1")),
                          defaults [row].value);
    zconfig_destroy (&tree);
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

//  Heartbeats on the feed in a second.

static int
s_beats (api_cluster_t *cluster, int heartbeat_ms)
{
    api_cluster_init (cluster, 1);
    zelect_t *node = api_cluster_add (cluster, 0);
    assert_int_equal (zelect_set_election (node, 1000), 0);
    assert_int_equal (zelect_set_heartbeat (node, heartbeat_ms), 0);
    s_start (cluster, 0);
    zsock_t *feed = zsock_new_sub (NULL, "zelect/");
    assert_int_equal (zsock_connect (feed, "inproc://zelect/%s/n1", cluster->name), 0);
    api_cluster_wait (cluster);
    int beats = 0;
    int64_t end_ms = api_now_ms () + 1000;
    zsock_set_rcvtimeo (feed, 20);
    while (api_now_ms () < end_ms) {
        char *topic = zstr_recv (feed);
        if (topic && strstr (topic, "/heartbeat/"))
            beats++;
        zstr_free (&topic);
    }
    zsock_destroy (&feed);
    api_cluster_end (cluster);
    return beats;
}

static void
test_heartbeat_interval_is_kept (void **state)
{
    (void) state;
    api_cluster_t cluster;
    assert_in_range (s_beats (&cluster, 50), 10, 24);
    assert_in_range (s_beats (&cluster, 200), 3, 7);
}

//  How long a lease is left at most, in milliseconds.

static uint64_t
s_lease_ms (int election_ms)
{
    api_cluster_t cluster;
    s_configure_all (&cluster, 1);
    assert_int_equal (zelect_set_election (cluster.nodes [0], election_ms), 0);
    s_start (&cluster, 0);
    api_cluster_wait (&cluster);
    uint64_t longest_ns = 0;
    for (int count = 0; count < 50; count++) {
        zelect_token_t token;
        uint64_t now_ns = zelect_clock_ns ();
        if (zelect_token (cluster.nodes [0], &token) == 0 && token.until_ns > now_ns + longest_ns)
            longest_ns = token.until_ns - now_ns;
        zclock_sleep (2);
    }
    api_cluster_end (&cluster);
    return longest_ns / ZELECT_MS;
}

static void
test_election_timeout_sets_the_lease (void **state)
{
    (void) state;
    assert_in_range (s_lease_ms (300), 150, 300);
    assert_in_range (s_lease_ms (900), 600, 900);
}

//  Defect 24.

static void
test_connect_timeout_reaches_the_sockets_24 (void **state)
{
    (void) state;
    zelect_trouble_t trouble;
    void *context = zelect_network_context (&trouble);
    const zelect_network_options_t options = {.type = ZMQ_DEALER,
                                              .message_size = 1024,
                                              .queue_count = 16,
                                              .election_ms = 300,
                                              .connect_ms = 77};
    void *socket = zelect_network_socket (context, &options, &trouble);
    assert_non_null (socket);
    int value = 0;
    size_t size = sizeof (value);
    assert_int_equal (zmq_getsockopt (socket, ZMQ_CONNECT_TIMEOUT, &value, &size), 0);
    assert_int_equal (value, 77);
    zelect_network_close (&socket, 0);
    zmq_ctx_term (context);
}

//  goelect's NoVote: follows, and never counts. With one of two voters gone
//  nobody leads, however many others there are.

static void
test_non_voters_do_not_count_R12 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    s_configure_all (&cluster, 4);
    for (int index = 0; index < 4; index++)
        for (int mute = 2; mute < 4; mute++)
            assert_int_equal (
                zelect_set_member_voter (cluster.nodes [index], cluster.ids [mute], false), 0);
    for (int index = 0; index < 4; index++)
        s_start (&cluster, index);
    int leader = api_cluster_wait (&cluster);
    assert_in_range (leader, 0, 1);
    zelect_destroy (&cluster.nodes [1 - leader]);
    api_wait_until (!zelect_is_leader (cluster.nodes [leader]));
    int64_t end_ms = api_now_ms () + 4 * API_ELECTION_MS;
    while (api_now_ms () < end_ms) {
        assert_int_equal (api_cluster_leaders (&cluster), 0);
        for (int mute = 2; mute < 4; mute++)
            assert_string_equal (zelect_role (cluster.nodes [mute]), "follower");
    }
    api_cluster_end (&cluster);
}

static void
test_raw_non_voters_do_not_count_R12 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_raw_t nodes [3];
    api_cluster_init (&cluster, 3);
    for (int index = 0; index < 3; index++) {
        api_raw_init (&nodes [index]);
        api_raw_configure (&nodes [index], &cluster, index);
        assert_int_equal (
            api_raw_command (&nodes [index], "SET", "cluster/member/n3/voter", "0", NULL), 0);
        assert_int_equal (api_raw_command (&nodes [index], "START", NULL), 0);
    }
    int leader = api_raw_wait (nodes, 3);
    assert_in_range (leader, 0, 1);
    api_raw_end (&nodes [1 - leader]);
    api_wait_until (!zelect_lease_held (nodes [leader].lease));
    int64_t end_ms = api_now_ms () + 4 * API_ELECTION_MS;
    while (api_now_ms () < end_ms)
        assert_false (zelect_lease_held (nodes [leader].lease)
                      || zelect_lease_held (nodes [2].lease));
    assert_false (api_raw_has (&nodes [2], "ENTER_CANDIDATE"));
    api_raw_end (&nodes [leader]);
    api_raw_end (&nodes [2]);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Features through the raw actor

static void
test_raw_tags_are_shown (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    api_raw_t node;
    api_raw_init (&node);
    api_raw_configure (&node, &cluster, 0);
    assert_int_equal (api_raw_command (&node, "SET", "node/tags/zone", "a b", NULL), 0);
    assert_int_equal (api_raw_command (&node, "START", NULL), 0);
    assert_int_equal (api_raw_command (&node, "CLUSTERSTATE", "500", NULL), 0);
    zconfig_t *tree = zconfig_str_load (node.reply);
    assert_string_equal (zconfig_get (tree, "members/n1/tags/zone", ""), "a b");
    zconfig_destroy (&tree);
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

//  goelect's error channel.

static void
test_raw_errors_are_events (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    api_raw_t node;
    api_raw_init (&node);
    api_raw_configure (&node, &cluster, 0);
    assert_int_equal (api_raw_command (&node, "SET", "timing/watchdog", "100", NULL), 0);
    assert_int_equal (api_raw_command (&node, "START", NULL), 0);
    api_wait_until (api_raw_has (&node, "ERROR"));
    assert_non_null (strstr (node.text, "watchdog"));
    assert_int_equal (api_raw_command (&node, "WATCHDOG", NULL), 0);
    api_wait_until (zelect_lease_held (node.lease));
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

//  State and source state mean the same in ENTER and in LEAVE.

static void
test_raw_events_tell_state_and_source (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_raw_t node;
    api_raw_start (&node, &cluster, 1);
    zsock_set_rcvtimeo (node.actor, API_PATIENCE_MS);
    const char *expected [][3] = {{"ENTER_FOLLOWER", "follower", NULL},
                                  {"LEAVE_FOLLOWER", "precandidate", "follower"},
                                  {"ENTER_CANDIDATE", "precandidate", "follower"},
                                  {"LEAVE_CANDIDATE", "leader", "leader_elect"},
                                  {"ENTER_LEADER", "leader", "leader_elect"}};
    //  START has been read with all that came before its OK
    bool has_first = api_raw_has (&node, "ENTER_FOLLOWER");
    zsock_set_rcvtimeo (node.actor, API_PATIENCE_MS);
    for (int row = has_first ? 1 : 0; row < 5; row++) {
        zelect_event_t *event = zelect_event_recv (node.actor);
        assert_non_null (event);
        assert_string_equal (zelect_event_name (event), expected [row][0]);
        assert_string_equal (zelect_event_role (event), expected [row][1]);
        if (expected [row][2])
            assert_string_equal (zelect_event_old_role (event), expected [row][2]);
        zelect_event_destroy (&event);
    }
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

//  goelect loses the eleventh unread error without a word.

static void
test_raw_unread_events_are_counted (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    api_raw_t node;
    api_raw_init (&node);
    api_raw_configure (&node, &cluster, 0);
    assert_int_equal (api_raw_command (&node, "SET", "timing/heartbeat", "2", NULL), 0);
    assert_int_equal (api_raw_command (&node, "SET", "timing/election", "20", NULL), 0);
    assert_int_equal (api_raw_command (&node, "START", NULL), 0);
    for (int turn = 0; turn < 600; turn++) {
        zstr_sendx (node.actor, "HEALTHY", turn % 2 ? "1" : "0", NULL);
        if (turn % 2)
            api_wait_until (zelect_lease_held (node.lease));
        else
            api_wait_until (!zelect_lease_held (node.lease));
    }
    uint64_t missed = 0;
    zelect_event_t *event;
    zsock_set_rcvtimeo (node.actor, 500);
    while ((event = zelect_event_recv (node.actor)) || errno == EPROTO) {
        missed += event ? zelect_event_missed (event) : 0;
        zelect_event_destroy (&event);
    }
    assert_true (missed > 100);
    assert_int_equal (api_raw_command (&node, "BIND", NULL), 0);
    api_raw_end (&node);
    api_cluster_end (&cluster);
}

//  goelect's logger: without one, warnings go to stderr, and nothing to stdout.

static int
s_redirect (int handle, const char *path)
{
    fflush (NULL);
    int saved = dup (handle);
    int file = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true (saved >= 0 && file >= 0);
    assert_int_equal (dup2 (file, handle), handle);
    close (file);
    return saved;
}

static void
s_restore (int handle, int saved)
{
    fflush (NULL);
    dup2 (saved, handle);
    close (saved);
}

static void
s_warn (api_cluster_t *cluster)
{
    api_raw_t node;
    api_raw_init (&node);
    api_raw_configure (&node, cluster, 0);
    char feed [64];
    snprintf (feed, sizeof (feed), "tcp://127.0.0.1:%d", api_ports (1));
    assert_int_equal (api_raw_command (&node, "FEED", feed, NULL), 0);
    assert_int_equal (api_raw_command (&node, "START", NULL), 0);
    api_raw_end (&node);
}

static char *
s_slurp (const char *path)
{
    zchunk_t *chunk = zchunk_slurp (path, 0);
    char *text = chunk ? zchunk_strdup (chunk) : NULL;
    zchunk_destroy (&chunk);
    return text;
}

static void
test_raw_warnings_go_to_stderr (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    char errors [100], output [100];
    snprintf (errors, sizeof (errors), "%s/stderr", cluster.directory);
    snprintf (output, sizeof (output), "%s/stdout", cluster.directory);
    int saved_errors = s_redirect (STDERR_FILENO, errors);
    int saved_output = s_redirect (STDOUT_FILENO, output);
    s_warn (&cluster);
    s_restore (STDERR_FILENO, saved_errors);
    s_restore (STDOUT_FILENO, saved_output);

    char *text = s_slurp (errors);
    assert_non_null (text);
    assert_non_null (strstr (text, "zelect: W "));
    assert_non_null (strstr (text, "node/feed"));
    free (text);
    assert_int_equal (zsys_file_size (output), 0);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  The table itself: every test and scenario that it names is there.

#define ROOT_FROM_HERE "/../.."

//  Everything below tests/, in one string.

static char *
s_slurp_tests (const char *root)
{
    char command [600];
    snprintf (command, sizeof (command), "cd '%s/tests' && cat */*.c */*.py && ls core/scenarios",
              root);
    FILE *pipe = popen (command, "r");
    assert_non_null (pipe);
    size_t size = 0, room = 4 << 20;
    char *text = malloc (room);
    while (size < room - 1 && !feof (pipe))
        size += fread (text + size, 1, room - 1 - size, pipe);
    assert_true (size < room - 1);
    text [size] = 0;
    pclose (pipe);
    return text;
}

//  A definition, or the file of a scenario.

static bool
s_is_there (const char *tests, const char *name)
{
    char patterns [3][100];
    snprintf (patterns [0], 100, "\n%s (void", name);
    snprintf (patterns [1], 100, "def %s(", name);
    snprintf (patterns [2], 100, "%s.txt", name);
    for (int index = 0; index < 3; index++)
        if (strstr (tests, patterns [index]))
            return true;
    return false;
}

static void
test_table_names_tests_that_exist (void **state)
{
    (void) state;
    char root [500], path [600];
    snprintf (root, sizeof (root), "%s", __FILE__);
    *strrchr (root, '/') = 0;
    strncat (root, ROOT_FROM_HERE, sizeof (root) - strlen (root) - 1);
    snprintf (path, sizeof (path), "%s/doc/goelect.md", root);
    char *table = s_slurp (path), *tests = s_slurp_tests (root), *rest = NULL;
    assert_non_null (table);
    int names = 0, missing = 0;
    for (char *word = strtok_r (table, "`", &rest); word; word = strtok_r (NULL, "`", &rest)) {
        bool is_name = strncmp (word, "test_", 5) == 0 || strncmp (word, "bug_", 4) == 0
                       || (word [0] == 'r' && isdigit (word [1]) && isdigit (word [2]));
        if (!is_name || strstr (word, "…") || streq (word, "test_goelect"))
            continue;
        names++;
        if (!s_is_there (tests, word)) {
            print_error ("doc/goelect.md names %s, which is nowhere\n", word);
            missing++;
        }
    }
    assert_true (names > 100);
    assert_int_equal (missing, 0);
    free (table);
    free (tests);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_defaults_are_written_down),
        cmocka_unit_test (test_heartbeat_interval_is_kept),
        cmocka_unit_test (test_election_timeout_sets_the_lease),
        cmocka_unit_test (test_connect_timeout_reaches_the_sockets_24),
        cmocka_unit_test (test_non_voters_do_not_count_R12),
        cmocka_unit_test (test_raw_non_voters_do_not_count_R12),
        cmocka_unit_test (test_raw_tags_are_shown),
        cmocka_unit_test (test_raw_errors_are_events),
        cmocka_unit_test (test_raw_events_tell_state_and_source),
        cmocka_unit_test (test_raw_unread_events_are_counted),
        cmocka_unit_test (test_raw_warnings_go_to_stderr),
        cmocka_unit_test (test_table_names_tests_that_exist),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
