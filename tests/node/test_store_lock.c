/*  =========================================================================
    test_store_lock - one holder of a vote store, whoever else was born or died

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_faults.h"

#include <spawn.h>

extern char **environ;

static void
s_is_in_use (const disk_t *disk)
{
    zelect_store_record_t found;
    zelect_store_t *store = store_new (disk);
    assert_int_equal (zelect_store_open (store, &found), -1);
    assert_int_equal (errno, EBUSY);
    assert_non_null (strstr (zelect_store_error (store), "in use"));
    assert_non_null (strstr (zelect_store_error (store), disk->store));
    zelect_store_destroy (&store);
}

//  What a child found: 0 opened, or the errno.

static int
s_open_in_child (const disk_t *disk)
{
    pid_t child = fork ();
    if (child == 0) {
        zelect_store_record_t found;
        _exit (store_look (disk, &found) == -1 ? errno : 0);
    }
    return child_wait (child);
}

static void
test_second_opener_is_refused (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    s_is_in_use (disk);
    assert_int_equal (s_open_in_child (disk), EBUSY);
    assert_int_equal (zelect_store_save (store, &record_b), 0);
    zelect_store_destroy (&store);
    assert_int_equal (s_open_in_child (disk), 0);
    store = store_new (disk);
    zelect_store_record_t found;
    assert_int_equal (zelect_store_open (store, &found), 0);
    assert_true (record_equal (&found, &record_b));
    s_is_in_use (disk);
    assert_int_equal (s_open_in_child (disk), EBUSY);
    zelect_store_destroy (&store);
}

static void
test_second_creator_is_refused (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    zelect_store_t *late = store_new (disk);
    assert_int_equal (zelect_store_open (late, &found), 1);
    zelect_store_t *early = store_create (disk, &record_a);
    assert_int_equal (zelect_store_create (late, &record_b), -1);
    assert_int_equal (errno, EBUSY);
    assert_non_null (strstr (zelect_store_error (late), "in use"));
    zelect_store_destroy (&late);
    zelect_store_destroy (&early);
    store_holds (disk, &record_a);
}

//  A process that has the store open makes a child and dies; the child lives on
//  until the pipe tells it to end. `how` makes the child and returns once it
//  runs.

static void
s_outlive (const disk_t *disk, pid_t (*how) (int handle))
{
    int pipes [2];
    zelect_store_record_t found;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    assert_int_equal (pipe (pipes), 0);
    pid_t parent = fork ();
    if (parent == 0) {
        close (pipes [1]);
        zelect_store_t *inner = store_new (disk);
        int rc = zelect_store_open (inner, &found);
        _exit (rc == 0 && how (pipes [0]) > 0 ? 0 : 1);
    }
    assert_int_equal (child_wait (parent), 0);
    close (pipes [0]);
    store_holds (disk, &record_a);
    //  The grandchild is still there: the pipe has a reader.
    struct pollfd reader = {.fd = pipes [1], .events = POLLOUT};
    assert_int_equal (poll (&reader, 1, 0), 1);
    assert_false (reader.revents & POLLERR);
    close (pipes [1]);
}

static pid_t
s_child_by_fork (int handle)
{
    char byte = 0;
    int started [2];
    if (pipe (started) == -1)
        return -1;
    pid_t child = fork ();
    if (child == 0) {
        ssize_t size = write (started [1], &byte, 1);
        _exit (size == 1 && read (handle, &byte, 1) == 0 ? 0 : 1);
    }
    return read (started [0], &byte, 1) == 1 ? child : -1;
}

static pid_t
s_child_by_spawn (int handle)
{
    pid_t child = -1;
    char name [] = "cat";
    char *arguments [] = {name, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, handle, 0);
    int rc = posix_spawnp (&child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy (&actions);
    return rc == 0 ? child : -1;
}

static void
test_child_that_outlives_its_parent_has_no_lock (void **state)
{
    s_outlive (*state, s_child_by_fork);
    disk_remove (((disk_t *) *state)->store);
    s_outlive (*state, s_child_by_spawn);
}

//  A child that got no time yet has the file open still; _Fork () makes one that
//  stays like that.

static void
test_closing_unlocks_whatever_a_child_holds (void **state)
{
    const disk_t *disk = *state;
    int pipes [2];
    zelect_store_t *store = store_create (disk, &record_a);
    assert_int_equal (pipe (pipes), 0);
    pid_t child = _Fork ();
    if (child == 0) {
        char byte;
        close (pipes [1]);
        _exit (read (pipes [0], &byte, 1) == 0 ? 0 : 1);
    }
    zelect_store_destroy (&store);
    store_holds (disk, &record_a);
    close (pipes [1]);
    close (pipes [0]);
    assert_int_equal (child_wait (child), 0);
}

static void
test_child_cannot_save_and_does_not_unlock (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    pid_t child = fork ();
    if (child == 0) {
        int rc = zelect_store_save (store, &record_b);
        bool is_refused = rc == -1 && errno == ECHILD
                          && strstr (zelect_store_error (store), "parent of this process");
        zelect_store_destroy (&store);
        zelect_test_end (is_refused ? 0 : 1);
    }
    assert_int_equal (child_wait (child), 0);
    s_is_in_use (disk);
    assert_int_equal (s_open_in_child (disk), EBUSY);
    assert_int_equal (zelect_store_save (store, &record_b), 0);
    zelect_store_destroy (&store);
    store_holds (disk, &record_b);
}

static void
test_store_is_never_a_standard_stream (void **state)
{
    const disk_t *disk = *state;
    pid_t child = fork ();
    if (child == 0) {
        close (STDIN_FILENO);
        close (STDOUT_FILENO);
        zelect_store_record_t found;
        zelect_store_t *store = store_new (disk);
        int rc = zelect_store_open (store, &found);
        rc |= zelect_store_create (store, &record_a) << 1;
        bool is_free = fcntl (STDIN_FILENO, F_GETFD) == -1 && fcntl (STDOUT_FILENO, F_GETFD) == -1;
        zelect_store_destroy (&store);
        zelect_test_end (rc == 1 && is_free ? 0 : 1);
    }
    assert_int_equal (child_wait (child), 0);
    store_holds (disk, &record_a);
}

//  Whether a child of this process could use the store still.

static bool
s_is_kept_by_child (zelect_store_t *store)
{
    pid_t child = fork ();
    if (child == 0)
        _exit (zelect_store_save (store, &record_b) == -1 && errno == ECHILD ? 0 : 1);
    return child_wait (child) != 0;
}

//  The list of locks is the process's: none is lost when another goes.

static void
test_locks_go_in_any_order (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *stores [3];
    zelect_store_record_t found;
    char path [3][700];
    for (int i = 0; i < 3; i++) {
        snprintf (path [i], sizeof path [i], "%s/store-%d", disk->root, i);
        stores [i] = zelect_store_new (path [i], "orders", "node-1");
        assert_int_equal (zelect_store_open (stores [i], &found), 1);
        assert_int_equal (zelect_store_create (stores [i], &record_a), 0);
    }
    static const int order [] = {1, 0, 2};
    for (int i = 0; i < 3; i++) {
        zelect_store_destroy (&stores [order [i]]);
        for (int j = 0; j < 3; j++) {
            zelect_store_t *other = zelect_store_new (path [j], "orders", "node-1");
            assert_int_equal (zelect_store_open (other, &found), stores [j] ? -1 : 0);
            zelect_store_destroy (&other);
            assert_false (stores [j] && s_is_kept_by_child (stores [j]));
        }
    }
}

//  Without a way to let go of locks in children there is no lock. (This comes
//  first: a process asks for it once.)

static void
test_no_lock_that_children_would_keep (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    int handles = handle_count ();
    fault_set (FAULT_pthread_atfork, ENOMEM, 0, 1);
    assert_int_equal (store_look (disk, &found), -1);
    assert_int_equal (errno, ENOMEM);
    assert_int_equal (handle_count (), handles);
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    store_holds (disk, &record_a);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_no_lock_that_children_would_keep),
        disk_test (test_second_opener_is_refused),
        disk_test (test_second_creator_is_refused),
        disk_test (test_child_that_outlives_its_parent_has_no_lock),
        disk_test (test_locks_go_in_any_order),
        disk_test (test_closing_unlocks_whatever_a_child_holds),
        disk_test (test_child_cannot_save_and_does_not_unlock),
        disk_test (test_store_is_never_a_standard_stream),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
