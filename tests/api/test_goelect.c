/*  =========================================================================
    test_goelect - what goelect does, and what it does wrong: the rest

    doc/goelect.md has one row for every feature and defect of goelect, and the
    test that goes with it. Here are those that no other suite has. Tests of
    defects have its number in goelect.md in their name.

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
#include "zelect_wire.h"

#include <dirent.h>
#include <fcntl.h>

//  --------------------------------------------------------------------------
//  Support

//  How often any of the nodes entered leadership, as far as its events tell; and
//  whether two did in one term.

typedef struct {
    int enters;
    uint64_t terms [100];
    bool is_double;
} s_census_t;

static void
s_count (s_census_t *self, api_cluster_t *cluster)
{
    for (int index = 0; index < cluster->count; index++) {
        zelect_event_t *event;
        while (cluster->nodes [index] && (event = zelect_recv (cluster->nodes [index], 0))) {
            if (zelect_event_type (event) == ZELECT_ENTER_LEADER) {
                for (int enter = 0; enter < self->enters; enter++)
                    self->is_double |= self->terms [enter] == zelect_event_term (event);
                assert_true (self->enters < 100);
                self->terms [self->enters++] = zelect_event_term (event);
            }
            zelect_event_destroy (&event);
        }
    }
}

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
//  Defects 1 and 2

static void
s_assert_one_election_each (int count)
{
    api_cluster_t cluster;
    s_census_t census = {.enters = 0};
    api_cluster_start (&cluster, count);
    int leader = api_cluster_wait (&cluster);
    zclock_sleep (5 * API_ELECTION_MS);
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 1);
    assert_int_equal (api_cluster_wait (&cluster), leader);
    zelect_destroy (&cluster.nodes [leader]);
    api_cluster_wait (&cluster);
    zclock_sleep (5 * API_ELECTION_MS);
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 2);
    assert_false (census.is_double);
    api_cluster_end (&cluster);
}

static void
test_one_election_each_time_1_2 (void **state)
{
    (void) state;
    s_assert_one_election_each (3);
    s_assert_one_election_each (5);
}

//  --------------------------------------------------------------------------
//  Defects 5 and 6: who counts

static void
s_assert_majority_counts (int count, int killed)
{
    api_cluster_t cluster;
    api_cluster_start (&cluster, count);
    int leader = api_cluster_wait (&cluster);
    for (int index = 1; index <= killed; index++)
        zelect_destroy (&cluster.nodes [(leader + index) % count]);
    zelect_event_t *event = api_wait_for_event (cluster.nodes [leader], ZELECT_LEAVE_LEADER);
    assert_non_null (event);
    assert_string_equal (zelect_event_reason (event), "LOST_QUORUM");
    zelect_event_destroy (&event);
    int64_t end_ms = api_now_ms () + 4 * API_ELECTION_MS;
    while (api_now_ms () < end_ms)
        assert_int_equal (api_cluster_leaders (&cluster), 0);
    api_cluster_end (&cluster);
}

static void
test_half_is_no_majority_5 (void **state)
{
    (void) state;
    s_assert_majority_counts (2, 1);
    s_assert_majority_counts (4, 2);
}

static void
test_missing_non_voters_depose_nobody_6 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    s_configure_all (&cluster, 5);
    for (int index = 0; index < 3; index++) {
        for (int mute = 3; mute < 5; mute++)
            assert_int_equal (
                zelect_set_member_voter (cluster.nodes [index], cluster.ids [mute], false), 0);
        s_start (&cluster, index);
    }
    zelect_destroy (&cluster.nodes [3]);
    zelect_destroy (&cluster.nodes [4]);
    s_census_t census = {.enters = 0};
    api_cluster_wait (&cluster);
    zclock_sleep (8 * API_ELECTION_MS);
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 1);
    assert_int_equal (api_cluster_leaders (&cluster), 1);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 10 and 11: callbacks

static void
test_held_callbacks_hold_up_nobody_10 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    static api_diary_t diaries [5];
    s_configure_all (&cluster, 5);
    for (int index = 0; index < 5; index++) {
        api_diary_init (&diaries [index], cluster.nodes [index], api_diary_hold);
        atomic_store (&diaries [index].is_held, true);
    }
    for (int index = 0; index < 5; index++)
        s_start (&cluster, index);
    s_census_t census = {.enters = 0};
    int leader = api_cluster_wait (&cluster);
    zelect_destroy (&cluster.nodes [leader]);
    int next = api_cluster_wait (&cluster);
    zclock_sleep (5 * API_ELECTION_MS);
    assert_true (zelect_is_leader (cluster.nodes [next]));
    s_count (&census, &cluster);
    assert_int_equal (census.enters, 1);
    for (int index = 0; index < 5; index++) {
        assert_int_equal (api_diary_count (&diaries [index]), 1);
        atomic_store (&diaries [index].is_held, false);
    }
    api_wait_until (api_diary_has (&diaries [next], "ENTER_LEADER"));
    api_wait_until (atomic_load (&diaries [leader].running) == 0);
    api_cluster_end (&cluster);
}

static int
s_take_a_while (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    (void) self;
    (void) node;
    (void) event;
    zclock_sleep (100);
    return 0;
}

static void
test_callback_timeout_has_a_default_11 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_diary_t diary;
    s_configure_all (&cluster, 1);
    api_diary_init (&diary, cluster.nodes [0], s_take_a_while);
    s_start (&cluster, 0);
    api_wait_until (api_diary_has (&diary, "ENTER_LEADER"));
    zelect_event_t *event;
    while ((event = zelect_recv (cluster.nodes [0], 200))) {
        assert_int_not_equal (zelect_event_type (event), ZELECT_ERROR);
        zelect_event_destroy (&event);
    }
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 13, 14, 25: others that are not there, or come back

static void
test_leader_is_answered_locally_13 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    int dead = (leader + 1) % 3, asker = (leader + 2) % 3;
    zelect_destroy (&cluster.nodes [dead]);
    int64_t begun_ms = api_now_ms ();
    for (int count = 0; count < 10000; count++)
        assert_string_equal (zelect_leader (cluster.nodes [asker]), cluster.ids [leader]);
    assert_true (api_now_ms () - begun_ms < 1000);
    api_cluster_end (&cluster);
}

static void
test_rejoiner_unseats_nobody_14 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    int leader = api_cluster_wait (&cluster);
    uint64_t term = zelect_term (cluster.nodes [leader]);
    zelect_t *guest = cluster.nodes [(leader + 1) % 3];
    for (int count = 0; count < 3; count++) {
        zelect_stop (guest);
        zclock_sleep (2 * API_ELECTION_MS);
        assert_int_equal (zelect_start (guest), 0);
        api_wait_until (zelect_leader (guest) != NULL);
        zclock_sleep (2 * API_ELECTION_MS);
        assert_int_equal (api_cluster_wait (&cluster), leader);
        assert_int_equal (zelect_term (cluster.nodes [leader]), term);
    }
    api_cluster_end (&cluster);
}

static void
test_dead_member_delays_no_election_25 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    s_configure_all (&cluster, 3);
    zelect_destroy (&cluster.nodes [2]);
    int64_t begun_ms = api_now_ms ();
    s_start (&cluster, 0);
    s_start (&cluster, 1);
    api_cluster_wait (&cluster);
    assert_true (api_now_ms () - begun_ms < 10 * API_ELECTION_MS);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  Defects 18 and 19: what is left behind

static void
test_terms_survive_a_restart_18 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    uint64_t last = 0;
    for (int count = 0; count < 3; count++) {
        api_cluster_wait (&cluster);
        assert_true (zelect_term (cluster.nodes [0]) > last);
        last = zelect_term (cluster.nodes [0]);
        zelect_destroy (&cluster.nodes [0]);
        api_cluster_add (&cluster, 0);
        s_start (&cluster, 0);
    }
    api_cluster_end (&cluster);
}

static int
s_entries (const char *path)
{
    int count = 0;
    DIR *directory = opendir (path);
    assert_non_null (directory);
    while (readdir (directory))
        count++;
    closedir (directory);
    return count;
}

static void
test_nothing_is_left_behind_19 (void **state)
{
    (void) state;
    int handles = 0, threads = 0;
    for (int count = 0; count < 10; count++) {
        api_cluster_t cluster;
        api_cluster_start (&cluster, 3);
        zclock_sleep (20);
        api_cluster_end (&cluster);
        //  CZMQ's own come with the first use, and go a little later
        zclock_sleep (50);
        if (count == 2) {
            handles = s_entries ("/proc/self/fd");
            threads = s_entries ("/proc/self/task");
        }
    }
    api_wait_until (s_entries ("/proc/self/fd") <= handles);
    api_wait_until (s_entries ("/proc/self/task") <= threads);
}

//  --------------------------------------------------------------------------
//  Defects 20, 27: the doors

//  A stranger campaigns and sends heartbeats of the greatest terms, in the name
//  of the cluster.

static void
test_strangers_are_not_heard_20 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    api_cluster_wait (&cluster);
    uint64_t term = zelect_term (cluster.nodes [0]);

    zelect_members_t members;
    const zelect_member_t list [] = {{"n1", true}, {"evil", true}};
    assert_int_equal (zelect_members_init (&members, cluster.name, "evil", list, 2), 0);
    zsock_t *dealer = zsock_new_dealer (cluster.endpoints [0]);
    const uint8_t kinds [] = {ZELECT_MESSAGE_PREVOTE, ZELECT_MESSAGE_VOTE,
                              ZELECT_MESSAGE_HEARTBEAT};
    for (int turn = 0; turn < 60; turn++) {
        zelect_rpc_t rpc;
        memset (&rpc, 0, sizeof (rpc));
        rpc.message.kind = kinds [turn % 3];
        rpc.message.incarnation = 666;
        rpc.message.term = turn < 30 ? ZELECT_TERM_MAX - 1 : term + 5;
        rpc.message.about = rpc.message.term;
        rpc.message.number = (uint64_t) turn + 1;
        rpc.message.leader = ZELECT_NOBODY;
        uint8_t data [ZELECT_RPC_SIZE_MAX];
        size_t size = zelect_wire_pack_rpc (&members, &rpc, data, sizeof (data));
        zmq_send (zsock_resolve (dealer), data, size, 0);
        zclock_sleep (10);
        assert_true (zelect_is_leader (cluster.nodes [0]));
    }
    assert_int_equal (zelect_term (cluster.nodes [0]), term);
    zconfig_t *tree = zelect_cluster_state (cluster.nodes [0], 100);
    assert_int_equal (atoi (zconfig_get (tree, "rejected/STRANGER", "0")), 60);
    zconfig_destroy (&tree);
    zsock_destroy (&dealer);
    api_cluster_end (&cluster);
}

static void
test_port_in_use_fails_the_start_27 (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    zelect_t *other = zelect_new ("n1", "other");
    zelect_set_log (other, NULL, NULL);
    assert_int_equal (zelect_add_member (other, "n1", cluster.endpoints [0]), 0);
    assert_int_equal (zelect_set_volatile (other, true), 0);
    assert_int_equal (zelect_start (other), -1);
    assert_int_equal (errno, EADDRINUSE);
    assert_non_null (strstr (zelect_error (other), cluster.endpoints [0]));
    zelect_destroy (&other);

    api_raw_t node;
    api_raw_init (&node);
    api_raw_configure (&node, &cluster, 0);
    assert_int_equal (api_raw_command (&node, "CLUSTER", "other", NULL), 0);
    assert_int_equal (api_raw_command (&node, "STORE", "", NULL), 0);
    assert_int_equal (api_raw_command (&node, "SET", "node/create", "0", NULL), 0);
    assert_int_equal (api_raw_command (&node, "SET", "node/volatile", "1", NULL), 0);
    assert_int_equal (api_raw_command (&node, "START", NULL), -1);
    assert_int_equal (node.code, EADDRINUSE);
    api_raw_end (&node);
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
        cmocka_unit_test (test_one_election_each_time_1_2),
        cmocka_unit_test (test_half_is_no_majority_5),
        cmocka_unit_test (test_missing_non_voters_depose_nobody_6),
        cmocka_unit_test (test_held_callbacks_hold_up_nobody_10),
        cmocka_unit_test (test_callback_timeout_has_a_default_11),
        cmocka_unit_test (test_leader_is_answered_locally_13),
        cmocka_unit_test (test_rejoiner_unseats_nobody_14),
        cmocka_unit_test (test_dead_member_delays_no_election_25),
        cmocka_unit_test (test_terms_survive_a_restart_18),
        cmocka_unit_test (test_nothing_is_left_behind_19),
        cmocka_unit_test (test_strangers_are_not_heard_20),
        cmocka_unit_test (test_port_in_use_fails_the_start_27),
        cmocka_unit_test (test_table_names_tests_that_exist),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
