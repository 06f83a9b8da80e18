/*  =========================================================================
    test_misuse - the caller's mistakes are assertions, each and every one

    Every row runs in a child, which has to be ended by SIGABRT. The last row
    does nothing wrong: it shows that the child does not abort by itself.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"

static zelect_t *s_node;    //  New, not started
static zelect_t *s_running;

static int
s_no_callback (void *arg, zelect_t *self, const zelect_event_t *event)
{
    (void) arg;
    (void) self;
    (void) event;
    return 0;
}

static const zelect_callbacks_t s_callbacks = {.enter_leader = s_no_callback};

#define MISUSE_MAP(X)                                                                              \
    X (zelect_destroy (NULL))                                                                      \
    X (zelect_load (NULL, "file"))                                                                 \
    X (zelect_load (s_node, NULL))                                                                 \
    X (zelect_set (NULL, "cluster", "c"))                                                          \
    X (zelect_set (s_node, NULL, "c"))                                                             \
    X (zelect_set (s_node, "cluster", NULL))                                                       \
    X (zelect_bind (NULL, "tcp://*:1"))                                                            \
    X (zelect_bind (s_node, NULL))                                                                 \
    X (zelect_bind_feed (NULL, "tcp://*:1"))                                                       \
    X (zelect_bind_feed (s_node, NULL))                                                            \
    X (zelect_add_member (NULL, "n1", "tcp://h:1"))                                                \
    X (zelect_add_member (s_node, NULL, "tcp://h:1"))                                              \
    X (zelect_add_member (s_node, "n1", NULL))                                                     \
    X (zelect_set_member_feed (NULL, "n1", "tcp://h:1"))                                           \
    X (zelect_set_member_feed (s_node, NULL, "tcp://h:1"))                                         \
    X (zelect_set_member_feed (s_node, "n1", NULL))                                                \
    X (zelect_set_member_voter (NULL, "n1", true))                                                 \
    X (zelect_set_member_voter (s_node, NULL, true))                                               \
    X (zelect_set_heartbeat (NULL, 100))                                                           \
    X (zelect_set_election (NULL, 100))                                                            \
    X (zelect_set_connect_timeout (NULL, 100))                                                     \
    X (zelect_set_callback_timeout (NULL, 100))                                                    \
    X (zelect_set_watchdog (NULL, 100))                                                            \
    X (zelect_set_notice (NULL, 100))                                                              \
    X (zelect_set_store (NULL, "/tmp"))                                                            \
    X (zelect_set_store (s_node, NULL))                                                            \
    X (zelect_set_create (NULL, true))                                                             \
    X (zelect_set_volatile (NULL, true))                                                           \
    X (zelect_set_priority (NULL, 1))                                                              \
    X (zelect_set_preempt (NULL, true))                                                            \
    X (zelect_set_fast_failover (NULL, "off"))                                                     \
    X (zelect_set_fast_failover (s_node, NULL))                                                    \
    X (zelect_set_drift (NULL, 1))                                                                 \
    X (zelect_set_tag (NULL, "a", "b"))                                                            \
    X (zelect_set_tag (s_node, NULL, "b"))                                                         \
    X (zelect_set_tag (s_node, "a", NULL))                                                         \
    X (zelect_set_verbose (NULL, true))                                                            \
    X (zelect_set_log (NULL, NULL, NULL))                                                          \
    X (zelect_set_log (s_running, NULL, NULL))                                                     \
    X (zelect_set_callbacks (NULL, &s_callbacks, NULL))                                            \
    X (zelect_set_callbacks (s_running, &s_callbacks, NULL))                                       \
    X (zelect_start (NULL))                                                                        \
    X (zelect_stop (NULL))                                                                         \
    X (zelect_is_leader (NULL))                                                                    \
    X (zelect_token (NULL, &token))                                                                \
    X (zelect_token (s_node, NULL))                                                                \
    X (zelect_role (NULL))                                                                         \
    X (zelect_term (NULL))                                                                         \
    X (zelect_leader (NULL))                                                                       \
    X (zelect_cluster_state (NULL, 1))                                                             \
    X (zelect_cluster_state (s_node, -1))                                                          \
    X (zelect_query (NULL, 1))                                                                     \
    X (zelect_query (list, -1))                                                                    \
    X (zelect_resign (NULL))                                                                       \
    X (zelect_transfer (NULL, "n1"))                                                               \
    X (zelect_transfer (s_node, NULL))                                                             \
    X (zelect_set_healthy (NULL, true))                                                            \
    X (zelect_kick_watchdog (NULL))                                                                \
    X (zelect_recv (NULL, 0))                                                                      \
    X (zelect_socket (NULL))                                                                       \
    X (zelect_fd (NULL))                                                                           \
    X (zelect_error (NULL))                                                                        \
    X (zelect_lease_destroy (NULL))                                                                \
    X (zelect_lease_held (NULL))                                                                   \
    X (zelect_lease_token (NULL, &token))                                                          \
    X (zelect_lease_token (lease, NULL))                                                           \
    X (zelect_event_recv (NULL))                                                                   \
    X (zelect_event_destroy (NULL))                                                                \
    X (zelect_event_type (NULL))                                                                   \
    X (zelect_event_name (NULL))                                                                   \
    X (zelect_event_role (NULL))                                                                   \
    X (zelect_event_old_role (NULL))                                                               \
    X (zelect_event_term (NULL))                                                                   \
    X (zelect_event_leader (NULL))                                                                 \
    X (zelect_event_reason (NULL))                                                                 \
    X (zelect_event_text (NULL))                                                                   \
    X (zelect_event_until_ns (NULL))                                                               \
    X (zelect_event_time_ns (NULL))                                                                \
    X (zelect_event_missed (NULL))                                                                 \
    X (s_no_callback (NULL, NULL, NULL))

#define X(call) +1
enum { MISUSES = MISUSE_MAP (X) - 1 };
#undef X

//  Carry out one row.

static int
s_misuse (void *arg)
{
    int row = *(int *) arg, number = 0;
    if (!freopen ("/dev/null", "w", stderr))
        return 2;
    zelect_token_t token = {0, 0};
    zelect_lease_t *lease = zelect_lease_new ();
    zlist_t *list = zlist_new ();
#define X(call)                                                                                    \
    if (number++ == row)                                                                           \
        (void) call;
    MISUSE_MAP (X)
#undef X
    (void) token;
    zlist_destroy (&list);
    zelect_lease_destroy (&lease);
    return 0;
}

static void
test_misuse_aborts (void **state)
{
    (void) state;
    const char *calls [] = {
#define X(call) #call,
        MISUSE_MAP (X)
#undef X
    };
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    s_running = cluster.nodes [0];
    s_node = zelect_new ("n1", "misuse");
    for (int row = 0; row < MISUSES; row++)
        if (api_in_child (s_misuse, &row) != -SIGABRT)
            fail_msg ("no assertion: %s", calls [row]);
    int well = MISUSES;
    assert_int_equal (api_in_child (s_misuse, &well), 0);
    zelect_destroy (&s_node);
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_misuse_aborts),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
