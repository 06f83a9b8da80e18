/*  =========================================================================
    test_node_owner - commands, replies, events, and owners who do not listen

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"

#include <signal.h>
#include <sys/resource.h>

static cluster_t *
s_single (void)
{
    return cluster_new (1, BY_TCP);
}

//  ----  Commands  ------------------------------------------------------------

static void
test_unknown_commands_are_errors (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    for (int round = 0; round < 2; round++) {
        assert_false (ask (node, "HELLO", NULL));
        assert_string_equal (node->reply, "unknown command 'HELLO': zelect.h lists them");
        assert_int_equal (node->code, EINVAL);
        assert_false (ask (node, "", NULL));
        assert_false (ask (node, "START", "now", NULL));
        assert_false (ask (node, "NAME", NULL));
        assert_false (ask (node, "STATUS", "a", "b", "c", "d", "e", "f", "g", "h", NULL));
        assert_int_equal (node->code, EINVAL);
        if (round == 0)
            cluster_start (cluster);
    }
    cluster_destroy (&cluster);
}

static void
test_commands_have_their_time (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    const char *later [] = {"RESIGN", "WATCHDOG", "CLUSTERSTATE"};
    for (size_t index = 0; index < 3; index++) {
        assert_false (ask (node, later [index], NULL));
        assert_int_equal (node->code, ENOTCONN);
    }
    assert_false (ask (node, "TRANSFER", "n1", NULL));
    assert_false (ask (node, "HEALTHY", "1", NULL));
    assert_false (ask (node, "BIND", NULL));
    assert_int_equal (node->code, ENOTCONN);
    cluster_start (cluster);
    assert_false (ask (node, "START", NULL));
    assert_int_equal (node->code, EBUSY);
    assert_false (ask (node, "SET", "timing/heartbeat", "30", NULL));
    assert_int_equal (node->code, EBUSY);
    assert_false (ask (node, "NAME", "n2", NULL));
    assert_false (ask (node, "BIND", "tcp://127.0.0.1:1", NULL));
    assert_int_equal (node->code, EBUSY);
    assert_true (ask (node, "BIND", NULL));
    assert_string_equal (node->reply, strrchr (node->endpoint, ':') + 1);
    assert_true (ask (node, "STOP", NULL));
    assert_true (ask (node, "STOP", NULL));
    assert_true (ask (node, "SET", "timing/heartbeat", "20", NULL));
    cluster_destroy (&cluster);
}

static void
test_status (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "STATUS", NULL));
    char *event = wait_event (node, "STATUS");
    assert_non_null (strstr (event, "role=stopped"));
    free (event);
    cluster_start (cluster);
    wait_role (node, "leader");
    assert_true (ask (node, "STATUS", NULL));
    event = wait_event (node, "STATUS");
    assert_non_null (strstr (event, "role=leader"));
    assert_non_null (strstr (event, "leader=n1"));
    assert_non_null (strstr (event, node->endpoint));
    assert_non_null (strstr (event, node->feed));
    free (event);
    cluster_destroy (&cluster);
}

static void
test_settings_are_saved_and_loaded (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (2, BY_TCP);
    char path [80];
    snprintf (path, sizeof (path), "%s/saved.cfg", cluster->directory);
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "SAVE", path, NULL));
    node_t *other = &cluster->nodes [1];
    assert_true (ask (other, "STOP", NULL));
    node_destroy (other);
    node_new (other);
    assert_true (ask (other, "LOAD", path, NULL));
    assert_false (ask (other, "LOAD", "/nonexistent/file", NULL));
    assert_non_null (strstr (other->reply, "/nonexistent/file"));
    assert_true (ask (other, "START", NULL));
    assert_string_equal (other->reply, node->endpoint);
    cluster_destroy (&cluster);
}

//  ----  Starts that fail  ----------------------------------------------------

static void
test_bad_settings_fail_the_start (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "SET", "timing/election", "20", NULL));
    for (int count = 0; count < 3; count++) {
        assert_false (ask (node, "START", NULL));
        assert_int_equal (node->code, EINVAL);
        assert_non_null (strstr (node->reply, "timing/election"));
    }
    assert_true (ask (node, "SET", "timing/election", "500", NULL));
    cluster_start (cluster);
    cluster_destroy (&cluster);
}

//  The port is told, and the start works once it is free.

static void
s_check_port_in_use (const char *endpoint, cluster_t *cluster)
{
    node_t *node = &cluster->nodes [0];
    zsock_t *squatter = zsock_new (ZMQ_ROUTER);
    zsock_set_ipv6 (squatter, 1);
    assert_true (zsock_bind (squatter, "%s", endpoint) >= 0);
    for (int count = 0; count < 3; count++) {
        assert_false (ask (node, "START", NULL));
        assert_int_equal (node->code, EADDRINUSE);
        assert_non_null (strstr (node->reply, endpoint));
        assert_non_null (strstr (node->reply, "in use"));
    }
    assert_string_equal (zelect_cell_role (node->cell), "stopped");
    zsock_unbind (squatter, "%s", endpoint);
    zsock_destroy (&squatter);
    uint64_t tries = 0;
    while (!ask (node, "START", NULL) && tries++ < 100)
        zclock_sleep (20);
    wait_role (node, "leader");
}

static void
test_port_in_use (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    s_check_port_in_use (cluster->nodes [0].endpoint, cluster);
    cluster_destroy (&cluster);
}

static void
test_feed_port_in_use (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    s_check_port_in_use (cluster->nodes [0].feed, cluster);
    cluster_destroy (&cluster);
}

//  Libzmq would unlink the path of a living socket without a word (R10).

static void
test_ipc_path_in_use (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (2, BY_IPC);
    node_t *owner = &cluster->nodes [0], *thief = &cluster->nodes [1];
    assert_true (ask (owner, "START", NULL));
    assert_true (ask (thief, "BIND", owner->endpoint, NULL));
    assert_true (ask (thief, "FEED", thief->feed, NULL));
    assert_false (ask (thief, "START", NULL));
    assert_int_equal (thief->code, EBUSY);
    assert_non_null (strstr (thief->reply, owner->endpoint));
    assert_non_null (strstr (thief->reply, "in use"));
    assert_true (ask (owner, "STOP", NULL));
    assert_true (ask (thief, "START", NULL));
    cluster_destroy (&cluster);
}

static void
test_same_node_twice_in_a_process (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (2, BY_TCP);
    node_t *node = &cluster->nodes [0], *twin = &cluster->nodes [1];
    assert_true (ask (node, "START", NULL));
    //  The same store
    assert_true (ask (twin, "NAME", node->id, NULL));
    assert_true (ask (twin, "BIND", twin->endpoint, NULL));
    assert_true (ask (twin, "FEED", twin->feed, NULL));
    assert_true (ask (twin, "STORE", node->store, NULL));
    assert_false (ask (twin, "START", NULL));
    assert_int_equal (twin->code, EBUSY);
    //  Another store: the feed's name within the process
    assert_true (ask (twin, "STORE", twin->store, NULL));
    assert_false (ask (twin, "START", NULL));
    assert_int_equal (twin->code, EADDRINUSE);
    assert_non_null (strstr (twin->reply, "inproc://zelect/"));
    assert_true (ask (node, "STOP", NULL));
    assert_true (ask (twin, "START", NULL));
    cluster_destroy (&cluster);
}

//  R16: no record is told, and the node abstains; a foreign record is refused.

static void
test_missing_and_foreign_records (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    assert_true (ask (node, "SET", "node/create", "0", NULL));
    cluster_start (cluster);
    char *event = wait_event (node, "ERROR");
    assert_non_null (strstr (event, node->store));
    free (event);
    //  The only voter has nobody to ask
    wait_role (node, "leader");
    assert_true (ask (node, "STOP", NULL));
    assert_true (ask (node, "CLUSTER", "another", NULL));
    assert_false (ask (node, "START", NULL));
    assert_non_null (strstr (node->reply, node->store));
    assert_true (ask (node, "CLUSTER", cluster->name, NULL));
    cluster_start (cluster);
    cluster_destroy (&cluster);
}

//  ----  The store fails while the node runs (R16)  ---------------------------

static void
test_failing_store_faults_the_node (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    cluster_start (cluster);
    wait_role (node, "leader");
    //  No file may be written any more
    struct rlimit old, none;
    signal (SIGXFSZ, SIG_IGN);
    getrlimit (RLIMIT_FSIZE, &old);
    none = old;
    none.rlim_cur = 0;
    setrlimit (RLIMIT_FSIZE, &none);
    assert_true (ask (node, "RESIGN", NULL));
    wait_role (node, "faulted");
    setrlimit (RLIMIT_FSIZE, &old);
    char *event = wait_event (node, "FAULTED");
    assert_non_null (strstr (event, "role=faulted"));
    assert_non_null (strstr (event, "reason=STORE_FAILED"));
    assert_non_null (strstr (event, node->store));
    free (event);
    assert_false (zelect_cell_held (node->cell));
    //  After a new start the disk is trusted again
    assert_true (ask (node, "STOP", NULL));
    cluster_start (cluster);
    wait_role (node, "leader");
    cluster_destroy (&cluster);
}

#ifdef ZELECT_HOOKS
//  G6: a disk that takes longer than T delays votes, not heartbeats.

static void
test_slow_store_costs_no_leader (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    int leader = cluster_wait_leader (cluster);
    uint64_t term = zelect_cell_term (cluster->nodes [leader].cell);
    setenv ("ZELECT_SAVE_DELAY_MS", "1500", 1);
    int follower = (leader + 1) % 3;
    assert_true (ask (&cluster->nodes [follower], "STOP", NULL));
    assert_true (ask (&cluster->nodes [follower], "START", NULL));
    zclock_sleep (4000);
    assert_int_equal (cluster_wait_leader (cluster), leader);
    assert_int_equal (zelect_cell_term (cluster->nodes [leader].cell), term);
    unsetenv ("ZELECT_SAVE_DELAY_MS");
    cluster_destroy (&cluster);
}

static int
s_repair_disk (void **state)
{
    (void) state;
    return unsetenv ("ZELECT_SAVE_DELAY_MS");
}
#endif

//  ----  Owners who do not listen  --------------------------------------------

//  Two ends of a small pipe for events.

static zsock_t *
s_small_pair (zsock_t **theirs)
{
    //  An address of its own: libzmq gives one back only some time after its socket
    static int pairs;
    pairs++;
    zsock_t *mine = zsock_new (ZMQ_PAIR);
    *theirs = zsock_new (ZMQ_PAIR);
    zsock_set_rcvhwm (mine, 4);
    zsock_set_sndhwm (*theirs, 4);
    zsock_set_rcvtimeo (mine, PATIENCE_MS);
    assert_true (zsock_bind (mine, "inproc://test-events-%d", pairs) >= 0);
    assert_true (zsock_connect (*theirs, "inproc://test-events-%d", pairs) == 0);
    return mine;
}

//  The name of the next event; the caller frees it.

static char *
s_next_event (zsock_t *events, char **role_p, char **missed_p)
{
    zmsg_t *message = zmsg_recv (events);
    assert_non_null (message);
    assert_int_equal (zmsg_size (message), 11);
    char *words [11];
    for (int word = 0; word < 11; word++)
        words [word] = zmsg_popstr (message);
    zmsg_destroy (&message);
    for (int word = 0; word < 11; word++)
        if (word != 1 && word != 2 && word != 10)
            free (words [word]);
    *role_p = words [2];
    *missed_p = words [10];
    return words [1];
}

//  S7: an application that never reads its events costs nothing, is told how
//  many it lost, and gets the present state.

static void
test_unread_events_are_counted (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    node_destroy (node);
    zsock_t *theirs;
    zsock_t *mine = s_small_pair (&theirs);
    node->args.events = theirs;
    node_new (node);
    node_configure (cluster, node);
    cluster_start (cluster);
    for (int count = 0; count < 10; count++) {
        wait_role (node, "leader");
        assert_true (ask (node, "RESIGN", NULL));
    }
    wait_role (node, "leader");
    assert_int_equal (zlist_size (node->events), 0);

    bool was_missed = false, was_entered = false;
    char *role, *missed;
    while (!was_entered) {
        char *name = s_next_event (mine, &role, &missed);
        if (was_missed) {
            assert_string_equal (name, "ENTER_LEADER");
            assert_string_equal (role, "leader");
            was_entered = true;
        }
        if (streq (name, "MISSED")) {
            assert_true (strtol (missed, NULL, 10) > 20);
            was_missed = true;
        }
        free (name);
        free (role);
        free (missed);
    }
    node_destroy (node);
    zsock_destroy (&mine);
    zsock_destroy (&theirs);
    cluster_destroy (&cluster);
}

//  An actor whose pipe is full ends all the same, and its final signal gets
//  through to an owner who, as zactor_destroy does, reads on until it comes.

typedef struct {
    zsock_t *pipe;
    zelect_node_args_t *args;
    int signal_rc;
} thread_t;

static void *
s_run (void *arg)
{
    thread_t *self = arg;
    zelect_node_actor (self->pipe, self->args);
    zsock_set_sndtimeo (self->pipe, 0);
    self->signal_rc = zsock_signal (self->pipe, 0);
    return NULL;
}

static void
s_command (zsock_t *pipe, const char *first, const char *second)
{
    assert_int_equal (zstr_sendx (pipe, first, second, NULL), 0);
    bool is_ok = false;
    while (!is_ok) {
        char *word = zstr_recv (pipe);
        assert_non_null (word);
        is_ok = streq (word, "OK");
        zstr_free (&word);
    }
}

static void
test_full_pipe_is_destroyed (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    char path [80];
    snprintf (path, sizeof (path), "%s/saved.cfg", cluster->directory);
    assert_true (ask (node, "SAVE", path, NULL));
    node_end (node);

    thread_t thread = {.args = &node->args, .signal_rc = -1};
    zsock_t *mine = s_small_pair (&thread.pipe);
    pthread_t id;
    assert_int_equal (pthread_create (&id, NULL, s_run, &thread), 0);
    assert_int_equal (zsock_wait (mine), 0);
    s_command (mine, "LOAD", path);
    s_command (mine, "START", NULL);
    for (int count = 0; count < 12; count++) {
        wait_role (node, "leader");
        zstr_send (mine, "RESIGN");
        uint64_t tries = 0;
        while (zelect_cell_held (node->cell) && tries++ < 1000)
            zclock_sleep (1);
    }
    int64_t began_ms = zclock_mono ();
    zstr_send (mine, "$TERM");
    assert_int_equal (zsock_wait (mine), 0);
    assert_int_equal (pthread_join (id, NULL), 0);
    assert_int_equal (thread.signal_rc, 0);
    assert_true (zclock_mono () - began_ms < 3000);
    assert_string_equal (zelect_cell_role (node->cell), "stopped");
    zsock_destroy (&mine);
    zsock_destroy (&thread.pipe);
    cluster_destroy (&cluster);
}

//  And one whose owner reads nothing at all ends in time.

static void
test_deaf_owner (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    node_end (node);
    thread_t thread = {.args = &node->args, .signal_rc = -1};
    zsock_t *mine = s_small_pair (&thread.pipe);
    pthread_t id;
    assert_int_equal (pthread_create (&id, NULL, s_run, &thread), 0);
    for (int count = 0; count < 50; count++)
        zstr_send (mine, "STATUS");
    int64_t began_ms = zclock_mono ();
    zstr_send (mine, "$TERM");
    assert_int_equal (pthread_join (id, NULL), 0);
    assert_true (zclock_mono () - began_ms < 3000);
    assert_int_equal (thread.signal_rc, -1);
    zsock_destroy (&mine);
    zsock_destroy (&thread.pipe);
    cluster_destroy (&cluster);
}

//  ----  Callbacks  -----------------------------------------------------------

static void
test_callback_reports (void **state)
{
    (void) state;
    cluster_t *cluster = s_single ();
    node_t *node = &cluster->nodes [0];
    zsock_t *theirs;
    zsock_t *mine = s_small_pair (&theirs);
    node_destroy (node);
    node->args.callback_events = theirs;
    node_new (node);
    node_configure (cluster, node);
    assert_true (ask (node, "SET", "timing/callback", "50", NULL));
    cluster_start (cluster);
    char *role, *missed;
    char *name = s_next_event (mine, &role, &missed);
    assert_string_equal (name, "ENTER_FOLLOWER");
    free (name);
    free (role);
    free (missed);
    zstr_sendx (mine, "BEGIN", "enter_follower", NULL);
    char *event = wait_event (node, "ERROR");
    assert_non_null (strstr (event, "callback enter_follower has run for"));
    free (event);
    zstr_sendx (mine, "END", "enter_follower", "0", NULL);
    zstr_sendx (mine, "BEGIN", "leave_follower", NULL);
    zstr_sendx (mine, "END", "leave_follower", "7", NULL);
    event = wait_event (node, "ERROR");
    assert_non_null (strstr (event, "callback leave_follower returned 7"));
    free (event);
    //  What is no report does no harm
    zstr_sendx (mine, "BEGIN", NULL);
    zstr_sendx (mine, "", "", "", "", NULL);
    assert_true (ask (node, "STATUS", NULL));
    node_destroy (node);
    zsock_destroy (&mine);
    zsock_destroy (&theirs);
    cluster_destroy (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_unknown_commands_are_errors),
        cmocka_unit_test (test_commands_have_their_time),
        cmocka_unit_test (test_status),
        cmocka_unit_test (test_settings_are_saved_and_loaded),
        cmocka_unit_test (test_bad_settings_fail_the_start),
        cmocka_unit_test (test_port_in_use),
        cmocka_unit_test (test_feed_port_in_use),
        cmocka_unit_test (test_ipc_path_in_use),
        cmocka_unit_test (test_same_node_twice_in_a_process),
        cmocka_unit_test (test_missing_and_foreign_records),
        cmocka_unit_test (test_failing_store_faults_the_node),
#ifdef ZELECT_HOOKS
        cmocka_unit_test_teardown (test_slow_store_costs_no_leader, s_repair_disk),
#endif
        cmocka_unit_test (test_unread_events_are_counted),
        cmocka_unit_test (test_full_pipe_is_destroyed),
        cmocka_unit_test (test_deaf_owner),
        cmocka_unit_test (test_callback_reports),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
