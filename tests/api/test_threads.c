/*  =========================================================================
    test_threads - many threads ask and do, while the leader changes

    Of use under ThreadSanitizer above all; but what they see has to make sense
    in any case: one leader at a time, and terms that never go back.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_clock.h"

#include <stdatomic.h>

#define TURN_MS 1500

typedef struct {
    api_cluster_t *cluster;
    atomic_bool is_over;
    atomic_ulong answers;
    atomic_ulong wrong;
    atomic_ulong changes;
} s_world_t;

typedef struct {
    s_world_t *world;
    int index;
    pthread_t thread;
} s_worker_t;

static bool
s_is_member (const api_cluster_t *cluster, const char *id)
{
    for (int index = 0; index < cluster->count; index++)
        if (streq (cluster->ids [index], id))
            return true;
    return false;
}

static bool
s_is_role (const char *role)
{
    const char *roles [] = {"follower", "precandidate", "candidate", "leader_elect", "leader"};
    for (size_t index = 0; index < sizeof (roles) / sizeof (roles [0]); index++)
        if (streq (role, roles [index]))
            return true;
    return false;
}

//  Asks one node, over and over.

static void *
s_ask (void *arg)
{
    s_worker_t *self = (s_worker_t *) arg;
    s_world_t *world = self->world;
    const zelect_t *node = world->cluster->nodes [self->index];
    uint64_t last_term = 0, last_token = 0;
    while (!atomic_load (&world->is_over)) {
        uint64_t term = zelect_term (node);
        const char *leader = zelect_leader (node);
        zelect_token_t token;
        bool is_wrong = term < last_term || !s_is_role (zelect_role (node))
                        || (leader && !s_is_member (world->cluster, leader));
        if (zelect_token (node, &token) == 0) {
            is_wrong |= token.term < last_token || token.until_ns == 0;
            last_token = token.term;
        }
        last_term = term;
        atomic_fetch_add (&world->answers, zelect_is_leader (node) ? 2 : 1);
        atomic_fetch_add (&world->wrong, is_wrong ? 1 : 0);
    }
    return NULL;
}

//  Looks whether two nodes lead at one instant: the first still leads after the
//  second was seen to lead.

static void *
s_watch (void *arg)
{
    s_worker_t *self = (s_worker_t *) arg;
    s_world_t *world = self->world;
    const api_cluster_t *cluster = world->cluster;
    while (!atomic_load (&world->is_over))
        for (int one = 0; one < cluster->count; one++)
            for (int other = 0; other < cluster->count; other++) {
                zelect_token_t before, after, second;
                if (one == other || zelect_token (cluster->nodes [one], &before)
                    || zelect_token (cluster->nodes [other], &second)
                    || zelect_token (cluster->nodes [one], &after))
                    continue;
                if (before.term == after.term)
                    atomic_fetch_add (&world->wrong, 1);
            }
    return NULL;
}

//  Makes the leader change, by whatever any thread may do.

static void *
s_stir (void *arg)
{
    s_worker_t *self = (s_worker_t *) arg;
    s_world_t *world = self->world;
    zelect_t *node = world->cluster->nodes [self->index];
    const char *next = world->cluster->ids [(self->index + 1) % world->cluster->count];
    for (int turn = self->index; !atomic_load (&world->is_over); turn++) {
        if (turn % 3 == 0 && zelect_transfer (node, next) == 0)
            atomic_fetch_add (&world->changes, 1);
        else if (turn % 3 == 1 && zelect_resign (node) == 0)
            atomic_fetch_add (&world->changes, 1);
        else if (turn % 3 == 2) {
            zelect_set_healthy (node, false);
            zelect_set_healthy (node, true);
        }
        zelect_kick_watchdog (node);
        zconfig_t *tree = turn % 16 == 0 ? zelect_cluster_state (node, 50) : NULL;
        zconfig_destroy (&tree);
        zclock_sleep (1 + turn % 7);
    }
    return NULL;
}

static void
test_answers_make_sense_while_the_leader_changes (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 3);
    api_cluster_wait (&cluster);
    s_world_t world = {.cluster = &cluster};
    s_worker_t workers [10];
    for (int index = 0; index < 10; index++) {
        workers [index] = (s_worker_t){.world = &world, .index = index % 3};
        void *(*run) (void *) = index < 6 ? s_ask : index < 9 ? s_stir : s_watch;
        assert_int_equal (pthread_create (&workers [index].thread, NULL, run, &workers [index]), 0);
    }
    int64_t end_ms = api_now_ms () + TURN_MS;
    while (api_now_ms () < end_ms || !atomic_load (&world.changes)) {
        assert_true (api_now_ms () < end_ms + API_PATIENCE_MS);
        zelect_event_t *event = zelect_recv (cluster.nodes [0], 10);
        zelect_event_destroy (&event);
    }
    atomic_store (&world.is_over, true);
    for (int index = 0; index < 10; index++)
        pthread_join (workers [index].thread, NULL);
    assert_true (atomic_load (&world.answers) > 0);
    assert_int_equal (atomic_load (&world.wrong), 0);
    api_cluster_end (&cluster);
}

//  --------------------------------------------------------------------------
//  zelect_destroy keeps its promise in every state that a node can be in.

static void
s_assert_quick (zelect_t **node_p)
{
    int64_t begun_ms = api_now_ms ();
    zelect_destroy (node_p);
    assert_true (api_now_ms () - begun_ms < 2000);
}

static void
test_destroy_is_quick_in_every_state (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 3);
    //  New; set, not started; failed to start
    zelect_t *node = zelect_new (NULL, NULL);
    s_assert_quick (&node);
    api_cluster_add (&cluster, 0);
    s_assert_quick (&cluster.nodes [0]);
    node = api_cluster_add (&cluster, 0);
    assert_int_equal (zelect_set_store (node, "/nonexistent/zelect"), 0);
    assert_int_equal (zelect_start (node), -1);
    s_assert_quick (&cluster.nodes [0]);
    //  Started this moment; alone, so a follower that waits, then a campaigner
    for (int wait_ms = 0; wait_ms < 4 * API_ELECTION_MS; wait_ms += API_ELECTION_MS / 2) {
        node = api_cluster_add (&cluster, 0);
        assert_int_equal (zelect_start (node), 0);
        zclock_sleep (wait_ms);
        s_assert_quick (&cluster.nodes [0]);
    }
    //  Leader, follower, stopped, survivor
    for (int index = 0; index < 3; index++) {
        api_cluster_add (&cluster, index);
        assert_int_equal (zelect_start (cluster.nodes [index]), 0);
    }
    int leader = api_cluster_wait (&cluster);
    s_assert_quick (&cluster.nodes [(leader + 1) % 3]);
    s_assert_quick (&cluster.nodes [leader]);
    int last = (leader + 2) % 3;
    zelect_stop (cluster.nodes [last]);
    s_assert_quick (&cluster.nodes [last]);
    api_cluster_end (&cluster);
}

//  Peers that cannot be reached in any way, and names that cannot be looked up.

static void
test_destroy_is_quick_whatever_the_network (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 1);
    zelect_t *node = api_cluster_add (&cluster, 0);
    assert_int_equal (zelect_add_member (node, "n2", "tcp://192.0.2.1:5680"), 0);
    assert_int_equal (zelect_add_member (node, "n3", "tcp://no-such-host.invalid:5680"), 0);
    assert_int_equal (zelect_start (node), 0);
    zclock_sleep (200);
    s_assert_quick (&cluster.nodes [0]);
    //  A thread that was left behind goes away by itself
    zclock_sleep (500);
    api_cluster_end (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_answers_make_sense_while_the_leader_changes),
        cmocka_unit_test (test_destroy_is_quick_in_every_state),
        cmocka_unit_test (test_destroy_is_quick_whatever_the_network),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
