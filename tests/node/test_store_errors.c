/*  =========================================================================
    test_store_errors - the vote store when a call of the system fails, or the process dies

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_faults.h"

//  ---- Processes that die --------------------------------------------------

//  Create, save, die at the n-th call of a kind; 1 if the child came to its end.

static int
s_die_at (const disk_t *disk, fault_call_t call, int skip_count)
{
    pid_t child = fork ();
    if (child == 0) {
        zelect_store_record_t found;
        fault_set (call, FAULT_DEATH, skip_count, 1);
        zelect_store_t *store = store_new (disk);
        if (zelect_store_open (store, &found) == 1)
            zelect_store_create (store, &record_a);
        zelect_store_save (store, &record_b);
        _exit (1);
    }
    return child_wait (child);
}

static void
test_death_while_creating_leaves_nothing_or_a_record (void **state)
{
    const disk_t *disk = *state;
    int counts [3] = {0, 0, 0};
    for (int call = 0; call < FAULT_COUNT; call++)
        for (int skip = 0, is_done = 0; !is_done; skip++) {
            zelect_store_record_t found;
            is_done = s_die_at (disk, (fault_call_t) call, skip);
            assert_in_range (is_done, 0, 1);
            int rc = store_look (disk, &found);
            assert_in_range (rc, 0, 1);
            if (rc == 0)
                assert_true (record_equal (&found, &record_a) || record_equal (&found, &record_b));
            if (is_done)
                assert_true (rc == 0 && record_equal (&found, &record_b));
            counts [rc == 1 ? 0 : record_equal (&found, &record_a) ? 1 : 2]++;
            //  What it left does not stand in the way of a new start.
            assert_int_equal (s_die_at (disk, FAULT_mkdir, 99), 1);
            store_holds (disk, &record_b);
            disk_remove (disk->store);
        }
    assert_true (counts [0] > 5 && counts [1] > 0 && counts [2] > 5);
}

//  ---- Calls that fail -----------------------------------------------------

//  Which errors each call can have, by its man page and beyond: whatever file
//  systems were seen to say. What is not in the list ends the test.

static const struct {
    fault_call_t call;
    int numbers [20];
} s_failures [] = {
    {FAULT_mkdir,
     {EACCES, EDQUOT, EINVAL, EIO, ELOOP, EMLINK, ENAMETOOLONG, ENOMEM, ENOSPC, ENOTDIR, EPERM,
      EROFS, ESTALE}},
    {FAULT_open,
     {EACCES, EBUSY, EINTR, EIO, ELOOP, EMFILE, ENAMETOOLONG, ENFILE, ENODEV, ENOENT, ENOMEM,
      ENOTDIR, EPERM, EROFS, ESTALE}},
    {FAULT_openat,
     {EACCES, EDQUOT, EEXIST, EFBIG, EINTR, EINVAL, EIO, EISDIR, ELOOP, EMFILE, ENFILE, ENODEV,
      ENOMEM, ENOSPC, ENXIO, EOVERFLOW, EPERM, EROFS, ESTALE}},
    {FAULT_fcntl,
     {EACCES, EAGAIN, EDEADLK, EINTR, EINVAL, EIO, ENOLCK, ENOSYS, EOPNOTSUPP, ESTALE}},
    {FAULT_pwrite,
     {EAGAIN, EDQUOT, EFBIG, EINVAL, EIO, ENODEV, ENOMEM, ENOSPC, ENXIO, EOVERFLOW, EPERM, EROFS,
      ESTALE, ETXTBSY}},
    {FAULT_fdatasync, {EDQUOT, EINVAL, EIO, ENODEV, ENOSPC, EROFS, ESTALE}},
    {FAULT_fsync, {EDQUOT, EINTR, EINVAL, EIO, ENODEV, ENOSPC, EROFS, ESTALE}},
    {FAULT_getrandom, {EAGAIN, EINTR, EINVAL, ENOSYS, EPERM}},
    {FAULT_linkat,
     {EACCES, EDQUOT, EEXIST, EIO, ELOOP, EMLINK, ENAMETOOLONG, ENOENT, ENOMEM, ENOSPC, ENOTDIR,
      EPERM, EROFS, ESTALE, EXDEV}},
    {FAULT_fstat, {EIO, ENOMEM, EOVERFLOW, ESTALE}},
    {FAULT_calloc, {ENOMEM}},
    //  What nobody minds
    {FAULT_close, {EDQUOT, EINTR, EIO, ENOSPC}},
    {FAULT_unlinkat, {EACCES, EBUSY, EIO, ENOENT, ENOMEM, EPERM, EROFS, ESTALE}},
    {FAULT_fstatfs, {EINTR, EIO, ENOMEM, ENOSYS, EOVERFLOW, ESTALE}},
};

//  What the owner is told: mostly the error itself; 0: it is no error at all.

static int
s_told (fault_call_t call, int number)
{
    static const struct {
        fault_call_t call;
        int number;
        int told;
    } others [] = {
        {FAULT_fcntl, EACCES, EBUSY},    //  Both say that somebody else has the lock
        {FAULT_fcntl, EAGAIN, EBUSY},
        {FAULT_linkat, EEXIST, EBUSY},        //  Somebody else has just made the file
        {FAULT_linkat, EPERM, EOPNOTSUPP},    //  No hard links
    };
    if (call == FAULT_close || call == FAULT_unlinkat || call == FAULT_fstatfs)
        return 0;
    for (size_t i = 0; i < sizeof others / sizeof others [0]; i++)
        if (others [i].call == call && others [i].number == number)
            return others [i].told;
    return number;
}

//  Whether a failure may be no error: a directory's sync that is not known, or the
//  making of what is there already.

static bool
s_is_borne (fault_call_t call, int number, int skip)
{
    return s_told (call, number) == 0 || (call == FAULT_fsync && number == EINVAL)
           || (call == FAULT_mkdir && skip > 0);
}

static void
s_error_is_clear (const disk_t *disk, zelect_store_t *store, int number)
{
    const char *text = zelect_store_error (store);
    assert_non_null (text);
    assert_non_null (strstr (text, disk->store));
    if (number != EBUSY) {
        assert_non_null (strstr (text, strerror (number)));
        assert_non_null (strstr (text, "cannot "));
    }
    assert_non_null (strchr (text, ';'));
    assert_null (strchr (text, '\n'));
}

//  What an operation with one fault came to; true if the fault struck.

static bool
s_is_judged (
    const disk_t *disk, zelect_store_t *store, int rc, fault_call_t call, int number, int skip)
{
    int saved_errno = errno;
    bool has_struck = atomic_load (&fault.times) < 1;
    int told = s_told (call, number);
    if (rc == -1) {
        assert_true (has_struck);
        assert_int_equal (saved_errno, told);
        s_error_is_clear (disk, store, told);
    }
    else if (has_struck)
        assert_true (s_is_borne (call, number, skip));
    fault_clear ();
    return has_struck;
}

//  Open and create in an empty place with one fault; true if it struck.

static bool
s_create_with_fault (const disk_t *disk, fault_call_t call, int number, int skip)
{
    zelect_store_record_t found;
    int handles = handle_count ();
    zelect_store_t *store = store_new (disk);
    fault_set (call, number, skip, 1);
    int rc = zelect_store_open (store, &found);
    if (rc == 1)
        rc = zelect_store_create (store, &record_a);
    bool has_struck = s_is_judged (disk, store, rc, call, number, skip);
    zelect_store_destroy (&store);
    assert_int_equal (handle_count (), handles);
    //  Whatever happened, the next start finds nothing or the record.
    int look = store_look (disk, &found);
    assert_true (look == 0 || (look == 1 && rc == -1));
    if (look == 0)
        assert_true (record_equal (&found, &record_a));
    disk_remove (disk->store);
    return has_struck;
}

//  Each failure at each of its places, until it strikes no more.

static int
s_every_failure (const disk_t *disk,
                 bool (*strikes) (const disk_t *, fault_call_t, int, int),
                 int (*least) (fault_call_t))
{
    int count = 0;
    for (size_t i = 0; i < sizeof s_failures / sizeof s_failures [0]; i++)
        for (size_t j = 0; s_failures [i].numbers [j] != 0; j++) {
            int skip = 0;
            while (strikes (disk, s_failures [i].call, s_failures [i].numbers [j], skip))
                skip++;
            assert_true (skip >= least (s_failures [i].call));
            count += skip;
        }
    return count;
}

static int
s_once (fault_call_t call)
{
    (void) call;
    return 1;
}

static void
test_every_failure_of_creating_is_clear (void **state)
{
    printf ("figure: %d failures of calls while creating\n",
            s_every_failure (*state, s_create_with_fault, s_once));
}

static void
test_link_refused_is_explained (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    zelect_store_t *store = store_new (disk);
    assert_int_equal (zelect_store_open (store, &found), 1);
    fault_set (FAULT_linkat, EPERM, 0, 1);
    assert_int_equal (zelect_store_create (store, &record_a), -1);
    assert_int_equal (errno, EOPNOTSUPP);
    assert_non_null (strstr (zelect_store_error (store), "hard links"));
    zelect_store_destroy (&store);
    assert_int_equal (store_look (disk, &found), 1);
}

static bool
s_open_with_fault (const disk_t *disk, fault_call_t call, int number, int skip)
{
    zelect_store_record_t found;
    int handles = handle_count ();
    zelect_store_t *store = store_new (disk);
    fault_set (call, number, skip, 1);
    int rc = zelect_store_open (store, &found);
    bool has_struck = s_is_judged (disk, store, rc, call, number, skip);
    zelect_store_destroy (&store);
    assert_int_equal (handle_count (), handles);
    store_holds (disk, &record_a);
    return has_struck;
}

//  Opening what is there makes nothing.

static int
s_once_but_to_make (fault_call_t call)
{
    return call != FAULT_getrandom && call != FAULT_linkat && call != FAULT_unlinkat
           && call != FAULT_mkdir;
}

//  A directory that is there need not be made: that mkdir fails is no failure.

static bool
s_open_with_fault_but_to_make (const disk_t *disk, fault_call_t call, int number, int skip)
{
    return call != FAULT_mkdir && s_open_with_fault (disk, call, number, skip);
}

static void
test_every_failure_of_opening_is_clear (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    printf ("figure: %d failures of calls while opening\n",
            s_every_failure (disk, s_open_with_fault_but_to_make, s_once_but_to_make));
    for (size_t j = 0; s_failures [0].numbers [j] != 0; j++) {
        assert_int_equal (s_failures [0].call, FAULT_mkdir);
        fault_set (FAULT_mkdir, s_failures [0].numbers [j], 0, 1);
        store_holds (disk, &record_a);
    }
}

//  A first slot that is ahead may not be on the disk; that it cannot be brought
//  there rolls nothing back.

static void
test_failure_of_mending_rolls_nothing_back (void **state)
{
    const disk_t *disk = *state;
    static const fault_call_t calls [] = {FAULT_pwrite, FAULT_fdatasync};
    zelect_store_t *store = store_create (disk, &record_a);
    image_t ahead;
    image_t after;
    disk_read (disk, &ahead);
    assert_int_equal (zelect_store_save (store, &record_b), 0);
    zelect_store_destroy (&store);
    disk_read (disk, &after);
    memcpy (ahead.bytes, after.bytes, ZELECT_SLOT_SIZE);
    for (int i = 0; i < 2; i++)
        for (int skip = 0; skip < 4; skip++) {
            zelect_store_record_t found;
            disk_write (disk, &ahead);
            fault_set (calls [i], EIO, skip, 1);
            assert_int_equal (store_look (disk, &found), -1);
            assert_int_equal (errno, EIO);
            fault_clear ();
            store_holds (disk, &record_b);
        }
}

static void
test_unreadable_slot_is_a_damaged_one (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    for (int skip = 0; skip < 2; skip++) {
        zelect_store_record_t found;
        store = store_new (disk);
        fault_set (FAULT_pread, EIO, skip, 1);
        assert_int_equal (zelect_store_open (store, &found), 0);
        assert_true (record_equal (&found, &record_a));
        assert_non_null (strstr (zelect_store_warning (store), skip ? "copy 2" : "copy 1"));
        zelect_store_destroy (&store);
    }
    zelect_store_record_t found;
    fault_set (FAULT_pread, EIO, 0, 2);
    assert_int_equal (store_look (disk, &found), -1);
    assert_int_equal (errno, EBADMSG);
    fault_clear ();
    store_holds (disk, &record_a);
}

//  A failed save poisons: the disk is sound again, and is not even asked.

static void
s_poison (const disk_t *disk, fault_call_t call, int number, int skip)
{
    zelect_store_record_t found;
    char text [ZELECT_STORE_TEXT_MAX];
    zelect_store_t *store = store_create (disk, &record_a);
    fault_set (call, number, skip, 1);
    assert_int_equal (zelect_store_save (store, &record_b), -1);
    int expected = number == FAULT_SHORT ? EIO : number;
    assert_int_equal (errno, expected);
    if (number != FAULT_SHORT)
        s_error_is_clear (disk, store, number);
    else
        assert_non_null (strstr (zelect_store_error (store), "only 256 of 512 bytes"));
    snprintf (text, sizeof text, "%s", zelect_store_error (store));
    fault_clear ();
    int write_count = atomic_load (&fault.counts [FAULT_pwrite]);
    int sync_count = atomic_load (&fault.counts [FAULT_fdatasync]);
    for (int i = 0; i < 3; i++) {
        errno = 0;
        assert_int_equal (zelect_store_save (store, &record_b), -1);
        assert_int_equal (errno, expected);
        assert_string_equal (zelect_store_error (store), text);
    }
    assert_int_equal (atomic_load (&fault.counts [FAULT_pwrite]), write_count);
    assert_int_equal (atomic_load (&fault.counts [FAULT_fdatasync]), sync_count);
    zelect_store_destroy (&store);
    assert_int_equal (store_look (disk, &found), 0);
    assert_true (record_equal (&found, &record_a) || record_equal (&found, &record_b));
    disk_remove (disk->store);
}

static void
test_failed_save_poisons_for_life (void **state)
{
    const disk_t *disk = *state;
    for (size_t i = 0; i < sizeof s_failures / sizeof s_failures [0]; i++)
        for (size_t j = 0; s_failures [i].numbers [j] != 0; j++)
            if (s_failures [i].call == FAULT_pwrite || s_failures [i].call == FAULT_fdatasync)
                for (int skip = 0; skip < 2; skip++)
                    s_poison (disk, s_failures [i].call, s_failures [i].numbers [j], skip);
    s_poison (disk, FAULT_pwrite, FAULT_SHORT, 0);
    s_poison (disk, FAULT_pwrite, FAULT_SHORT, 1);
}

static void
test_interruptions_are_borne_but_not_for_ever (void **state)
{
    const disk_t *disk = *state;
    static const fault_call_t calls [] = {FAULT_pwrite, FAULT_fdatasync, FAULT_pread};
    for (size_t i = 0; i < 3; i++) {
        zelect_store_t *store = store_create (disk, &record_a);
        fault_set (calls [i], EINTR, 0, 20);
        assert_int_equal (zelect_store_save (store, &record_b), 0);
        zelect_store_destroy (&store);
        fault_set (calls [i], EINTR, 0, 20);
        store_holds (disk, &record_b);
        disk_remove (disk->store);
    }
    for (size_t i = 0; i < 2; i++) {
        zelect_store_t *store = store_create (disk, &record_a);
        fault_set (calls [i], EINTR, 0, 1000000);
        assert_int_equal (zelect_store_save (store, &record_b), -1);
        assert_int_equal (errno, EINTR);
        s_error_is_clear (disk, store, EINTR);
        fault_clear ();
        zelect_store_destroy (&store);
        disk_remove (disk->store);
    }
}

//  A slot that cannot be read at all is one that is damaged.

static void
test_interrupted_for_ever_is_unreadable (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    fault_set (FAULT_pread, EINTR, 0, 1000000);
    assert_int_equal (store_look (disk, &found), -1);
    assert_int_equal (errno, EBADMSG);
    fault_clear ();
    store_holds (disk, &record_a);
}

static void
test_file_system_that_cannot_sync_directories_is_borne (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    zelect_store_t *store = store_new (disk);
    fault_set (FAULT_fsync, EINVAL, 0, 1);    //  That of the parent
    assert_int_equal (zelect_store_open (store, &found), 1);
    fault_set (FAULT_fsync, EINVAL, 1, 1);    //  That of the directory
    assert_int_equal (zelect_store_create (store, &record_a), 0);
    zelect_store_destroy (&store);
    fault_set (FAULT_fsync, EINVAL, 0, 1);
    store_holds (disk, &record_a);
}

//  ---- Hooks ---------------------------------------------------------------

#ifdef ZELECT_HOOKS

//  A child that saves terms 1, 2, 3... over term 0 until it is killed, with one
//  variable set; it exits with the errno of a failed save. The highest term
//  said to be saved comes back in `told`.

static int
s_run_hooked (const disk_t *disk, const char *variable, const char *value, uint64_t *told)
{
    int pipes [2];
    zelect_store_record_t record = {.term = 0};
    assert_int_equal (pipe (pipes), 0);
    pid_t child = fork ();
    if (child == 0) {
        setenv (variable, value, 1);
        zelect_store_t *store = store_create (disk, &record);
        for (int i = 0; i < 5; i++) {
            record.term++;
            if (zelect_store_save (store, &record) == -1)
                zelect_test_end (errno);
            if (write (pipes [1], &record.term, sizeof record.term) == -1)
                zelect_test_end (255);
        }
        zelect_test_end (0);
    }
    close (pipes [1]);
    int rc = child_wait (child);
    *told = 0;
    for (uint64_t term; read (pipes [0], &term, sizeof term) == (ssize_t) sizeof term;)
        *told = term;
    close (pipes [0]);
    return rc;
}

static void
test_kill_points_kill_where_they_say (void **state)
{
    const disk_t *disk = *state;
    static const struct {
        const char *value;
        int rc;
        uint64_t told;     //  What was said to be saved
        uint64_t found;    //  What is there afterwards
    } cases [] = {
        {"before-save", -SIGKILL, 0, 0},   {"before-save:3", -SIGKILL, 2, 2},
        {"between-slots", -SIGKILL, 0, 1}, {"between-slots:3", -SIGKILL, 2, 3},
        {"after-save:1", -SIGKILL, 0, 1},  {"after-save:5", -SIGKILL, 4, 5},
        {"after-save:6", 0, 5, 5},         {"after", 0, 5, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        uint64_t told = 0;
        zelect_store_record_t found;
        assert_int_equal (s_run_hooked (disk, "ZELECT_KILL_AT", cases [i].value, &told),
                          cases [i].rc);
        assert_int_equal (told, cases [i].told);
        assert_int_equal (store_look (disk, &found), 0);
        assert_int_equal (found.term, cases [i].found);
        disk_remove (disk->store);
    }
}

static void
test_save_fail_hook_fails (void **state)
{
    const disk_t *disk = *state;
    uint64_t told = 0;
    assert_int_equal (s_run_hooked (disk, "ZELECT_SAVE_FAIL", "ENOSPC:2", &told), ENOSPC);
    assert_int_equal (told, 2);
    disk_remove (disk->store);
    assert_int_equal (s_run_hooked (disk, "ZELECT_SAVE_FAIL", "EIO", &told), EIO);
    assert_int_equal (told, 0);
}

static void
test_save_delay_hook_delays (void **state)
{
    const disk_t *disk = *state;
    struct timespec before;
    struct timespec after;
    uint64_t told = 0;
    clock_gettime (CLOCK_MONOTONIC, &before);
    assert_int_equal (s_run_hooked (disk, "ZELECT_SAVE_DELAY_MS", "20", &told), 0);
    clock_gettime (CLOCK_MONOTONIC, &after);
    assert_int_equal (told, 5);
    assert_true ((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000
                 >= 99);
}

#endif

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_death_while_creating_leaves_nothing_or_a_record),
        disk_test (test_every_failure_of_creating_is_clear),
        disk_test (test_link_refused_is_explained),
        disk_test (test_every_failure_of_opening_is_clear),
        disk_test (test_failure_of_mending_rolls_nothing_back),
        disk_test (test_unreadable_slot_is_a_damaged_one),
        disk_test (test_failed_save_poisons_for_life),
        disk_test (test_interruptions_are_borne_but_not_for_ever),
        disk_test (test_interrupted_for_ever_is_unreadable),
        disk_test (test_file_system_that_cannot_sync_directories_is_borne),
#ifdef ZELECT_HOOKS
        disk_test (test_kill_points_kill_where_they_say),
        disk_test (test_save_fail_hook_fails),
        disk_test (test_save_delay_hook_delays),
#endif
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
