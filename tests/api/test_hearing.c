/*  =========================================================================
    test_hearing - what a handle tells: events, log; and of the library itself

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_clock.h"

#include <poll.h>
#include <sys/resource.h>

static void
test_events_tell_the_whole_life (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    api_cluster_wait (&cluster);
    const zelect_event_type_t expected [] = {
        ZELECT_ENTER_FOLLOWER,  ZELECT_LEAVE_FOLLOWER, ZELECT_ENTER_CANDIDATE,
        ZELECT_LEAVE_CANDIDATE, ZELECT_ENTER_LEADER,   ZELECT_LEADER_CHANGED,
    };
    zelect_t *node = cluster.nodes [0];
    for (size_t index = 0; index < sizeof (expected) / sizeof (expected [0]); index++) {
        zelect_event_t *event = zelect_recv (node, API_PATIENCE_MS);
        assert_non_null (event);
        assert_int_equal (zelect_event_type (event), expected [index]);
        assert_true (zelect_event_time_ns (event) <= zelect_clock_ns ());
        if (expected [index] == ZELECT_ENTER_LEADER) {
            assert_string_equal (zelect_event_role (event), "leader");
            assert_string_equal (zelect_event_old_role (event), "leader_elect");
            assert_string_equal (zelect_event_reason (event), "LEASED");
            assert_true (zelect_event_until_ns (event) > zelect_event_time_ns (event));
            assert_true (zelect_event_term (event) > 0);
        }
        else
            assert_int_equal (zelect_event_until_ns (event), 0);
        if (expected [index] == ZELECT_LEADER_CHANGED)
            assert_string_equal (zelect_event_leader (event), "n1");
        zelect_event_destroy (&event);
    }
    api_cluster_end (&cluster);
}

static void
test_poller_and_descriptor_wake_up (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    zpoller_t *poller = zpoller_new (zelect_socket (node), NULL);
    assert_null (zpoller_wait (poller, 0));
    assert_int_equal (zelect_start (node), 0);
    assert_ptr_equal (zpoller_wait (poller, API_PATIENCE_MS), zelect_socket (node));
    zpoller_destroy (&poller);

    //  The descriptor is edge-triggered: it is read until nothing is left
    zelect_event_t *event;
    bool has_entered = false;
    struct pollfd item = {.fd = zelect_fd (node), .events = POLLIN};
    while (!has_entered) {
        while ((event = zelect_recv (node, 0))) {
            has_entered |= zelect_event_type (event) == ZELECT_ENTER_LEADER;
            zelect_event_destroy (&event);
        }
        if (!has_entered)
            assert_int_equal (poll (&item, 1, API_PATIENCE_MS), 1);
    }
    api_cluster_end (&cluster);
}

//  G6: an owner that does not read loses the old events, is told how many, and
//  goes on from the present.

static void
test_unread_events_are_counted (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    assert_int_equal (zelect_set_heartbeat (node, 2), 0);
    assert_int_equal (zelect_set_election (node, 20), 0);
    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);
    //  Each pair of turns makes eight events; a thousand find room
    for (int turn = 0; turn < 320; turn++) {
        assert_int_equal (zelect_set_healthy (node, turn % 2), 0);
        if (turn % 2)
            api_wait_until (zelect_is_leader (node));
    }
    uint64_t missed = 0, read = 0;
    bool has_missed = false;
    zelect_event_type_t first_after = ZELECT_MISSED;
    zelect_event_t *event;
    while ((event = zelect_recv (node, 500))) {
        if (has_missed && first_after == ZELECT_MISSED)
            first_after = zelect_event_type (event);
        if (zelect_event_type (event) == ZELECT_MISSED) {
            has_missed = true;
            missed += zelect_event_missed (event);
            assert_true (strlen (zelect_event_text (event)) > 0);
        }
        else
            read++;
        zelect_event_destroy (&event);
    }
    assert_true (has_missed);
    assert_true (missed > 100);
    assert_true (read > 500);
    assert_true (first_after == ZELECT_ENTER_LEADER || first_after == ZELECT_ENTER_FOLLOWER
                 || first_after == ZELECT_ENTER_CANDIDATE);
    api_cluster_end (&cluster);
}

typedef struct {
    pthread_mutex_t mutex;
    int counts [256];
    char line [200];
} s_log_t;

static void
s_log (void *arg, char level, const char *line)
{
    s_log_t *self = (s_log_t *) arg;
    pthread_mutex_lock (&self->mutex);
    self->counts [(unsigned char) level]++;
    if (level == 'N')
        snprintf (self->line, sizeof (self->line), "%s", line);
    pthread_mutex_unlock (&self->mutex);
}

static int
s_count (s_log_t *self, char level)
{
    pthread_mutex_lock (&self->mutex);
    int count = self->counts [(unsigned char) level];
    pthread_mutex_unlock (&self->mutex);
    return count;
}

static void
test_log_goes_where_it_is_told (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    s_log_t log = {.line = ""};
    pthread_mutex_init (&log.mutex, NULL);
    zelect_set_log (node, s_log, &log);
    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);
    zelect_stop (node);
    assert_true (s_count (&log, 'N') > 3);
    assert_int_equal (s_count (&log, 'D'), 0);
    pthread_mutex_lock (&log.mutex);
    bool is_named = strstr (log.line, " node=n1 ") != NULL;
    pthread_mutex_unlock (&log.mutex);
    assert_true (is_named);
    assert_int_equal (zelect_set_verbose (node, true), 0);
    assert_int_equal (zelect_start (node), 0);
    api_cluster_wait (&cluster);
    api_wait_until (s_count (&log, 'D') > 0);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  The library

static void
test_version_is_the_header_s (void **state)
{
    (void) state;
    int major = -1, minor = -1, patch = -1;
    zelect_version (&major, &minor, &patch);
    assert_int_equal (major, ZELECT_VERSION_MAJOR);
    assert_int_equal (minor, ZELECT_VERSION_MINOR);
    assert_int_equal (patch, ZELECT_VERSION_PATCH);
    zelect_version (NULL, NULL, NULL);
}

static void
test_state_diagram_is_complete (void **state)
{
    (void) state;
    const char *diagram = zelect_state_diagram ();
    assert_int_equal (strncmp (diagram, "digraph", 7), 0);
    const char *roles [] = {"follower",     "precandidate", "candidate",
                            "leader_elect", "leader",       "faulted"};
    for (size_t index = 0; index < sizeof (roles) / sizeof (roles [0]); index++)
        assert_non_null (strstr (diagram, roles [index]));
    assert_ptr_equal (diagram, zelect_state_diagram ());
}

static void
test_many_instances_live_in_one_process (void **state)
{
    (void) state;
    //  Each takes some twenty descriptors
    struct rlimit limit;
    getrlimit (RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal (setrlimit (RLIMIT_NOFILE, &limit), 0);
    zelect_t *nodes [64];
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    for (int index = 0; index < 64; index++) {
        char endpoint [120], name [16];
        snprintf (name, sizeof (name), "many%d", index);
        snprintf (endpoint, sizeof (endpoint), "ipc://%s/%d.sock", cluster.directory, index);
        nodes [index] = zelect_new ("n1", name);
        assert_non_null (nodes [index]);
        zelect_set_log (nodes [index], api_no_log, NULL);
        assert_int_equal (zelect_add_member (nodes [index], "n1", endpoint), 0);
        assert_int_equal (zelect_set_volatile (nodes [index], true), 0);
    }
    for (int index = 0; index < 64; index++)
        if (zelect_start (nodes [index]))
            fail_msg ("%s", zelect_error (nodes [index]));
    for (int index = 0; index < 64; index++)
        api_wait_until (zelect_is_leader (nodes [index]));
    for (int index = 0; index < 64; index++)
        zelect_destroy (&nodes [index]);
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_events_tell_the_whole_life),
        cmocka_unit_test (test_poller_and_descriptor_wake_up),
        cmocka_unit_test (test_unread_events_are_counted),
        cmocka_unit_test (test_log_goes_where_it_is_told),
        cmocka_unit_test (test_version_is_the_header_s),
        cmocka_unit_test (test_state_diagram_is_complete),
        cmocka_unit_test (test_many_instances_live_in_one_process),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
