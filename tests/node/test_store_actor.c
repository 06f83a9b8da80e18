/*  =========================================================================
    test_store_actor - the vote store on a thread of its own

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_faults.h"

#include "zelect_store_actor.h"

#include <signal.h>

//  ---- A system without resources, and its interruptions -------------------

//  The linker sends these here, too. The thread's own waiting fails `count`
//  times by `number`.

static struct {
    atomic_int thread_errno;    //  No new thread; 0: as usual
    atomic_int number;
    atomic_int count;
    atomic_int sends;    //  So many, by whomever, are interrupted
} refuse;

zactor_t *__real_zactor_new (zactor_fn actor, void *args);
zactor_t *__wrap_zactor_new (zactor_fn actor, void *args);
int __real_zmq_recv (void *socket, void *bytes, size_t size, int flags);
int __wrap_zmq_recv (void *socket, void *bytes, size_t size, int flags);
int __real_zmq_send (void *socket, const void *bytes, size_t size, int flags);
int __wrap_zmq_send (void *socket, const void *bytes, size_t size, int flags);

zactor_t *
__wrap_zactor_new (zactor_fn actor, void *args)
{
    errno = atomic_load (&refuse.thread_errno);
    return errno ? NULL : __real_zactor_new (actor, args);
}

int
__wrap_zmq_send (void *socket, const void *bytes, size_t size, int flags)
{
    if (atomic_load (&refuse.sends) <= 0 || atomic_fetch_sub (&refuse.sends, 1) <= 0)
        return __real_zmq_send (socket, bytes, size, flags);
    errno = EINTR;
    return -1;
}

int
__wrap_zmq_recv (void *socket, void *bytes, size_t size, int flags)
{
    bool is_thread = !(flags & ZMQ_DONTWAIT);
    if (!is_thread || atomic_fetch_sub (&refuse.count, 1) <= 0)
        return __real_zmq_recv (socket, bytes, size, flags);
    errno = atomic_load (&refuse.number);
    return -1;
}

static zactor_t *
s_actor_new (const disk_t *disk)
{
    zelect_store_t *store = store_create (disk, &record_a);
    zactor_t *actor = zelect_store_actor_new (&store);
    assert_non_null (actor);
    assert_null (store);
    return actor;
}

//  Wait for a result, as the node's loop does.

static void
s_wait (zactor_t *actor, zelect_store_result_t *result)
{
    zmq_pollitem_t item = {.socket = zsock_resolve (actor), .events = ZMQ_POLLIN};
    assert_int_equal (zmq_poll (&item, 1, 10000), 1);
    assert_int_equal (zelect_store_actor_recv (actor, result), 0);
}

static void
test_save_is_reported_by_its_number (void **state)
{
    const disk_t *disk = *state;
    zactor_t *actor = s_actor_new (disk);
    zelect_store_result_t result;
    zelect_store_record_t record = record_a;
    assert_int_equal (zelect_store_actor_recv (actor, &result), -1);
    assert_int_equal (errno, EAGAIN);
    for (uint64_t i = 0; i < 100; i++) {
        record.term++;
        assert_int_equal (zelect_store_actor_save (actor, UINT64_MAX - i, &record), 0);
        s_wait (actor, &result);
        assert_true (result.number == UINT64_MAX - i);
        assert_int_equal (result.error, 0);
        assert_string_equal (result.text, "");
        assert_true (result.duration_ns > 0 && result.duration_ns < UINT64_C (60000000000));
    }
    zelect_store_actor_destroy (&actor);
    assert_null (actor);
    zelect_store_actor_destroy (&actor);
    store_holds (disk, &record);
}

//  The disk answers when the test lets it; meanwhile the owner goes on (G6).

static void
test_slow_disk_does_not_hold_the_owner (void **state)
{
    const disk_t *disk = *state;
    zactor_t *actor = s_actor_new (disk);
    zelect_store_result_t result;
    assert_int_equal (sem_init (&fault.gate, 0, 0), 0);
    atomic_store (&fault.is_gated, 1);
    assert_int_equal (zelect_store_actor_save (actor, 1, &record_b), 0);
    zmq_pollitem_t item = {.socket = zsock_resolve (actor), .events = ZMQ_POLLIN};
    for (int i = 0; i < 10; i++) {
        assert_int_equal (zmq_poll (&item, 1, 10), 0);
        assert_int_equal (zelect_store_actor_recv (actor, &result), -1);
        assert_int_equal (errno, EAGAIN);
        if (i == 5)
            sem_post (&fault.gate);    //  One of two syncs is no result
    }
    sem_post (&fault.gate);
    s_wait (actor, &result);
    assert_int_equal (result.error, 0);
    assert_true (result.duration_ns >= 90 * ZELECT_MS);
    atomic_store (&fault.is_gated, 0);
    zelect_store_actor_destroy (&actor);
    sem_destroy (&fault.gate);
    store_holds (disk, &record_b);
}

static void
test_failed_save_is_told_and_poisons (void **state)
{
    const disk_t *disk = *state;
    zactor_t *actor = s_actor_new (disk);
    zelect_store_result_t result;
    fault_set (FAULT_fdatasync, ENOSPC, 0, 1);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal (zelect_store_actor_save (actor, i, &record_b), 0);
        s_wait (actor, &result);
        assert_true (result.number == i);
        assert_int_equal (result.error, ENOSPC);
        assert_non_null (strstr (result.text, "cannot sync"));
        assert_non_null (strstr (result.text, disk->file));
    }
    zelect_store_actor_destroy (&actor);
}

static void *
s_open_gate (void *arg)
{
    (void) arg;
    poll (NULL, 0, 100);
    sem_post (&fault.gate);
    sem_post (&fault.gate);
    return NULL;
}

static void
test_ending_finishes_the_save_and_frees_the_lock (void **state)
{
    const disk_t *disk = *state;
    zactor_t *actor = s_actor_new (disk);
    zelect_store_record_t found;
    pthread_t thread;
    assert_int_equal (store_look (disk, &found), -1);
    assert_int_equal (errno, EBUSY);
    assert_int_equal (sem_init (&fault.gate, 0, 0), 0);
    atomic_store (&fault.is_gated, 1);
    assert_int_equal (zelect_store_actor_save (actor, 1, &record_b), 0);
    assert_int_equal (pthread_create (&thread, NULL, s_open_gate, NULL), 0);
    zelect_store_actor_destroy (&actor);
    assert_int_equal (pthread_join (thread, NULL), 0);
    atomic_store (&fault.is_gated, 0);
    sem_destroy (&fault.gate);
    store_holds (disk, &record_b);
}

//  What the kernel says of the thread with the store's name.

static bool
s_find_thread (char *status, size_t size)
{
    bool is_found = false;
    DIR *directory = opendir ("/proc/self/task");
    assert_non_null (directory);
    for (struct dirent *entry = NULL; !is_found && (entry = readdir (directory));) {
        char path [300];
        snprintf (path, sizeof path, "/proc/self/task/%.20s/status", entry->d_name);
        FILE *file = fopen (path, "r");
        if (!file)
            continue;
        status [fread (status, 1, size - 1, file)] = 0;
        fclose (file);
        is_found = strstr (status, "Name:\tzelect-store\n") != NULL;
    }
    closedir (directory);
    return is_found;
}

static void
test_thread_has_a_name_and_no_signals (void **state)
{
    zactor_t *actor = s_actor_new (*state);
    char status [8192];
    sigset_t mine;
    assert_true (s_find_thread (status, sizeof status));
    const char *line = strstr (status, "SigBlk:");
    assert_non_null (line);
    unsigned long long blocked = strtoull (line + 7, NULL, 16);
    static const int signals [] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGALRM, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof signals [0]; i++) {
        assert_true (blocked >> (signals [i] - 1) & 1);
        //  The owner's own signals are as they were.
        pthread_sigmask (SIG_SETMASK, NULL, &mine);
        assert_int_equal (sigismember (&mine, signals [i]), 0);
    }
    zelect_store_actor_destroy (&actor);
    //  Its last instructions run after it has said goodbye.
    int waits = 0;
    while (s_find_thread (status, sizeof status) && ++waits < 1000)
        poll (NULL, 0, 5);
    assert_true (waits < 1000);
}

static void
test_children_of_a_busy_process_do_not_keep_the_lock (void **state)
{
    const disk_t *disk = *state;
    zactor_t *actor = s_actor_new (disk);
    zelect_store_record_t record = record_a;
    zelect_store_result_t result;
    pid_t children [20];
    int pipes [2];
    assert_int_equal (pipe (pipes), 0);
    for (uint64_t i = 0; i < 20; i++) {
        char byte;
        record.term++;
        assert_int_equal (zelect_store_actor_save (actor, i, &record), 0);
        children [i] = fork ();
        if (children [i] == 0) {
            close (pipes [1]);
            _exit (read (pipes [0], &byte, 1) == 0 ? 0 : 1);
        }
        s_wait (actor, &result);
        assert_int_equal (result.error, 0);
    }
    zelect_store_actor_destroy (&actor);
    store_holds (disk, &record);
    close (pipes [1]);
    close (pipes [0]);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal (child_wait (children [i]), 0);
}

static void
test_without_a_thread_the_store_is_the_callers (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    atomic_store (&refuse.thread_errno, EMFILE);
    assert_null (zelect_store_actor_new (&store));
    assert_int_equal (errno, EMFILE);
    atomic_store (&refuse.thread_errno, 0);
    assert_non_null (store);
    assert_int_equal (zelect_store_save (store, &record_b), 0);
    zelect_store_destroy (&store);
    store_holds (disk, &record_b);
}

//  A process that was stopped and goes on sees EINTR, signals blocked or not; so does
//  a host that changes its user.

static void
test_interrupted_thread_goes_on (void **state)
{
    const disk_t *disk = *state;
    zelect_store_result_t result;
    atomic_store (&refuse.number, EINTR);
    atomic_store (&refuse.count, 3);
    zactor_t *actor = s_actor_new (disk);
    atomic_store (&refuse.sends, 3);
    assert_int_equal (zelect_store_actor_save (actor, 1, &record_b), 0);
    assert_int_equal (atomic_load (&refuse.sends), 0);
    s_wait (actor, &result);
    assert_int_equal (result.error, 0);
    assert_true (atomic_load (&refuse.count) < 0);
    zelect_store_actor_destroy (&actor);
    store_holds (disk, &record_b);
}

//  When its owner's context ends, the thread ends, and closes the store.

static void
test_thread_ends_with_its_context (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    atomic_store (&refuse.number, ETERM);
    atomic_store (&refuse.count, 1);
    zactor_t *actor = s_actor_new (disk);
    int waits = 0;
    while (store_look (disk, &found) == -1 && ++waits < 1000)
        poll (NULL, 0, 5);
    assert_true (waits < 1000);
    assert_true (record_equal (&found, &record_a));
    zelect_store_actor_destroy (&actor);
}

//  Whoever asks for more than the pipe takes is told so, and never waits (G6).

static void
test_flood_of_requests_is_refused (void **state)
{
    const disk_t *disk = *state;
    zactor_t *actor = s_actor_new (disk);
    assert_int_equal (sem_init (&fault.gate, 0, 0), 0);
    atomic_store (&fault.no_sync, 1);
    atomic_store (&fault.is_gated, 1);
    uint64_t count = 0;
    while (zelect_store_actor_save (actor, count, &record_b) == 0 && count < 100000)
        count++;
    assert_int_equal (errno, EAGAIN);
    assert_in_range (count, 500, 99999);
    atomic_store (&fault.is_gated, 0);
    sem_post (&fault.gate);
    //  What was taken is done, in order; of so many results some may be dropped
    zmq_pollitem_t item = {.socket = zsock_resolve (actor), .events = ZMQ_POLLIN};
    zelect_store_result_t result;
    uint64_t next = 0;
    while (next < count && zmq_poll (&item, 1, 2000) == 1) {
        assert_int_equal (zelect_store_actor_recv (actor, &result), 0);
        assert_int_equal (result.error, 0);
        assert_in_range (result.number, next, count - 1);
        next = result.number + 1;
    }
    assert_true (next >= 500);
    zelect_store_actor_destroy (&actor);
    sem_destroy (&fault.gate);
    store_holds (disk, &record_b);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_save_is_reported_by_its_number),
        disk_test (test_slow_disk_does_not_hold_the_owner),
        disk_test (test_failed_save_is_told_and_poisons),
        disk_test (test_ending_finishes_the_save_and_frees_the_lock),
        disk_test (test_thread_has_a_name_and_no_signals),
        disk_test (test_children_of_a_busy_process_do_not_keep_the_lock),
        disk_test (test_without_a_thread_the_store_is_the_callers),
        disk_test (test_interrupted_thread_goes_on),
        disk_test (test_thread_ends_with_its_context),
        disk_test (test_flood_of_requests_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
