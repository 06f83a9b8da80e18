/*  =========================================================================
    test_interrupted - a node whose calls are interrupted misses nothing

    The threads of a node block all signals, but not those of glibc's own: a host
    that changes its user or group interrupts all of its threads. Here so does a
    poll of the test's own, far more often, in the node's threads and in libzmq
    as it works for them.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cluster.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMMANDS 300    //  Sent before a reply is read, more than a turn takes
#define ROUNDS 20

//  ----  Polls that are interrupted  ------------------------------------------

static atomic_uint s_every;    //  Each so many-th poll of a node's thread; 0: none
static atomic_uint s_polls;
static atomic_uint s_interrupted;

static bool
s_is_of_a_node (void)
{
    char name [16] = "";
    pthread_getname_np (pthread_self (), name, sizeof (name));
    return strncmp (name, "zelect", 6) == 0;
}

//  In place of the C library's, for libzmq as well.

__attribute__ ((visibility ("default"))) int
poll (struct pollfd *items, nfds_t count, int timeout_ms)
{
    unsigned every = atomic_load (&s_every);
    if (every && s_is_of_a_node () && atomic_fetch_add (&s_polls, 1) % every == 0) {
        atomic_fetch_add (&s_interrupted, 1);
        errno = EINTR;
        return -1;
    }
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = timeout_ms % 1000 * 1000000L};
    return (int) syscall (SYS_ppoll, items, count, timeout_ms < 0 ? NULL : &timeout, NULL,
                          _NSIG / 8);
}

//  ----  What has to go on  ---------------------------------------------------

static void
s_expect_replies (node_t *node)
{
    for (int command = 0; command < COMMANDS; command++)
        tell (node, "BIND", NULL);
    for (int command = 0; command < COMMANDS; command++)
        assert_true (hear (node));
}

//  A term to be saved, by three who have to hear of it.

static void
s_expect_elections (cluster_t *cluster)
{
    int leader = cluster_wait_leader (cluster);
    assert_true (ask (&cluster->nodes [leader], "RESIGN", NULL));
    cluster_wait_leader (cluster);
}

static void
test_interrupted_polls_lose_nothing (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    for (unsigned every = 2; every < 2 + ROUNDS / 2; every++) {
        atomic_store (&s_every, every);
        s_expect_replies (&cluster->nodes [every % 3]);
        s_expect_elections (cluster);
        atomic_store (&s_every, 0);
    }
    assert_true (atomic_load (&s_interrupted) > COMMANDS);
    cluster_destroy (&cluster);
}

//  ----  A host that changes its group  ---------------------------------------

static atomic_bool s_is_over;

static void *
s_change_group (void *arg)
{
    atomic_uint *count = arg;
    while (!atomic_load (&s_is_over)) {
        if (setegid (getegid ()))
            return "setegid";
        atomic_fetch_add (count, 1);
        struct timespec pause = {.tv_nsec = 200000};
        nanosleep (&pause, NULL);
    }
    return NULL;
}

static void
test_a_host_that_changes_its_group_loses_nothing (void **state)
{
    (void) state;
    cluster_t *cluster = cluster_new (3, BY_TCP);
    cluster_start (cluster);
    atomic_uint changes = 0;
    pthread_t thread;
    assert_int_equal (pthread_create (&thread, NULL, s_change_group, &changes), 0);
    for (int round = 0; round < ROUNDS; round++) {
        s_expect_replies (&cluster->nodes [round % 3]);
        s_expect_elections (cluster);
    }
    atomic_store (&s_is_over, true);
    void *failed;
    assert_int_equal (pthread_join (thread, &failed), 0);
    assert_null (failed);
    assert_true (atomic_load (&changes) > ROUNDS);
    cluster_destroy (&cluster);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_interrupted_polls_lose_nothing),
        cmocka_unit_test (test_a_host_that_changes_its_group_loses_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
