/*  =========================================================================
    test_fork - in a forked child the handle is dead, and nothing hangs

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"

#define CHECK(condition)                                                                           \
    if (!(condition))                                                                              \
    return __LINE__ % 250 + 1

#define CHECK_DEAD(call)                                                                           \
    errno = 0;                                                                                     \
    CHECK (call);                                                                                  \
    CHECK (errno == ENOTCONN)

static int
s_use_in_child (void *arg)
{
    zelect_t *node = (zelect_t *) arg;
    zelect_token_t token;
    CHECK (!zelect_is_leader (node));
    CHECK (zelect_token (node, &token) == -1 && errno == ENOLCK && token.term == 0);
    CHECK (streq (zelect_role (node), "stopped"));
    CHECK (zelect_term (node) == 0);
    CHECK (zelect_leader (node) == NULL);
    CHECK_DEAD (zelect_resign (node) == -1);
    CHECK_DEAD (zelect_transfer (node, "n1") == -1);
    CHECK_DEAD (zelect_set_healthy (node, false) == -1);
    CHECK_DEAD (zelect_set_heartbeat (node, 10) == -1);
    CHECK_DEAD (zelect_cluster_state (node, 10) == NULL);
    CHECK_DEAD (zelect_recv (node, 10) == NULL);
    CHECK_DEAD (zelect_socket (node) == NULL);
    CHECK_DEAD (zelect_fd (node) == -1);
    CHECK_DEAD (zelect_start (node) == -1);
    CHECK (strstr (zelect_error (node), "fork") != NULL);
    zelect_kick_watchdog (node);
    zelect_stop (node);
    zelect_destroy (&node);
    CHECK (node == NULL);
    return 0;
}

static void
test_child_has_a_dead_handle (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    zelect_t *node = cluster.nodes [0];
    api_cluster_wait (&cluster);
    uint64_t term = zelect_term (node);
    for (int count = 0; count < 10; count++)
        assert_int_equal (api_in_child (s_use_in_child, node), 0);

    //  The parent has not noticed
    assert_true (zelect_is_leader (node));
    assert_int_equal (zelect_term (node), term);
    assert_int_equal (zelect_resign (node), 0);
    api_cluster_end (&cluster);
}

//  Whoever holds the mutex at the moment of the fork holds it for ever in the
//  child.

static void *
s_keep_busy (void *arg)
{
    api_cluster_t *cluster = (api_cluster_t *) arg;
    for (int count = 0; count < 3000; count++)
        zelect_set_healthy (cluster->nodes [0], true);
    return NULL;
}

static void
test_child_of_a_busy_process_does_not_hang (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    pthread_t thread;
    pthread_create (&thread, NULL, s_keep_busy, &cluster);
    for (int count = 0; count < 20; count++)
        assert_int_equal (api_in_child (s_use_in_child, cluster.nodes [0]), 0);
    pthread_join (thread, NULL);
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_child_has_a_dead_handle),
        cmocka_unit_test (test_child_of_a_busy_process_does_not_hang),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
