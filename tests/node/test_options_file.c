/*  =========================================================================
    test_options_file - what a good file says, and back again

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_files.h"

//  --------------------------------------------------------------------------
//  Good files

static void
test_full (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    s_load_good (options, FULL);
    assert_string_equal (options->name, "n2");
    assert_string_equal (options->store, "/var/lib/my # orders");
    assert_string_equal (options->tags, "zone=Z\xc3\xbcrich West\nempty=\nodd=a=b # c\n");
    assert_int_equal (options->create + options->preempt + options->verbose, 3);
    assert_int_equal (options->priority, 7);
    assert_int_equal (options->fast_failover, ZELECT_FAILOVER_DIRECT);
    assert_string_equal (options->cluster, "orders");
    assert_int_equal (options->heartbeat_ms, 50);
    assert_int_equal (options->election_ms, 1000);
    assert_int_equal (options->connect_ms, 2000);
    assert_int_equal (options->callback_ms, 300);
    assert_int_equal (options->watchdog_ms, 60000);
    assert_int_equal (options->notice_ms, 0);
    assert_int_equal (options->drift_permille, 200);

    //  Voters first, then by id
    assert_int_equal (options->member_count, 4);
    assert_int_equal (options->voter_count, 3);
    assert_string_equal (options->members [0].id, "n0");
    assert_string_equal (options->members [1].id, "n2");
    assert_string_equal (options->members [2].id, "n3");
    assert_string_equal (options->members [3].id, "n1");
    assert_int_equal (options->self, 1);
    assert_int_equal (zelect_options_find_member (options, "n1"), 3);
    assert_int_equal (zelect_options_find_member (options, "n9"), ZELECT_NOBODY);
    assert_string_equal (options->bind_endpoint, "tcp://*:5680");
    assert_string_equal (options->feed_endpoint, "tcp://*:7000");
    assert_string_equal (options->members [1].feed_endpoint, "tcp://b.example:7000");
    assert_string_equal (options->members [2].feed_endpoint, "tcp://[fd00::3]:5681");
    assert_string_equal (options->members [3].feed_endpoint, "ipc:///run/orders/n1.feed");
    assert_string_equal (zelect_options_warning (options), "");
    zelect_options_destroy (&options);
}

static void
test_comment_out_of_column (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    s_load_good (options, "  # odd\n" NODE " \t # odder\n" CLUSTER);
    zelect_options_destroy (&options);
}

//  --------------------------------------------------------------------------
//  Load and save

static void
test_load_keeps_and_replaces (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    assert_int_equal (zelect_options_set (options, "node/name", "n3"), 0);
    assert_int_equal (zelect_options_set (options, "timing/heartbeat", "20"), 0);
    assert_int_equal (zelect_options_set (options, "node/tags/zone", "a"), 0);
    assert_int_equal (zelect_options_add_member (options, "n1", "tcp://10.0.0.9:1"), 0);
    assert_int_equal (zelect_options_set_member_voter (options, "n1", false), 0);
    s_load_good (options, "node\n    volatile = 1\n    tags\n        zone = b\n        rack = 1\n"
                          "cluster = orders\n" N1 N3 "timing\n    election = 200\n");
    assert_string_equal (options->name, "n3");
    assert_int_equal (options->heartbeat_ms, 20);
    assert_int_equal (options->election_ms, 200);
    assert_string_equal (options->tags, "zone=b\nrack=1\n");
    assert_int_equal (options->member_count, 2);
    assert_string_equal (options->members [0].endpoint, "tcp://10.0.0.1:5680");
    assert_int_equal (options->members [0].voter, 1);

    //  The same again is not a duplicate
    assert_int_equal (zelect_options_load (options, file), 0);
    assert_int_equal (options->member_count, 2);
    zelect_options_destroy (&options);
}

static void
test_failed_load_changes_nothing (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    s_load_good (options, GOOD);
    zelect_options_t *before = zelect_options_dup (options);
    const char *text = NODE "    priority = 1\ncluster = b\n    member = n9\ntiming\n    x = 1\n";
    s_write (text, strlen (text));
    assert_int_equal (zelect_options_load (options, file), -1);
    memcpy (before->error, options->error, sizeof before->error);
    assert_memory_equal (options, before, sizeof *options);
    zelect_options_destroy (&before);
    zelect_options_destroy (&options);
}

static void
test_save_and_load (void **state)
{
    (void) state;
    static const char *const texts [] = {FULL, GOOD, "node\n    verbose = 1\n",
                                         "cluster\n    member = n1\n", "timing\n"};
    for (size_t index = 0; index < sizeof texts / sizeof texts [0]; index++) {
        zelect_options_t *saved = zelect_options_new ();
        s_write (texts [index], strlen (texts [index]));
        assert_int_equal (zelect_options_load (saved, file), 0);
        assert_int_equal (zelect_options_save (saved, file), 0);

        zelect_options_t *loaded = zelect_options_new ();
        if (zelect_options_load (loaded, file))
            fail_msg ("%s\n%s", zelect_options_error (loaded), s_read ());
        memset (saved->lines, 0, sizeof saved->lines);
        memset (loaded->lines, 0, sizeof loaded->lines);
        for (size_t member = 0; member < saved->member_count; member++)
            loaded->members [member].line = saved->members [member].line;
        assert_memory_equal (loaded, saved, sizeof *saved);
        zelect_options_destroy (&loaded);
        zelect_options_destroy (&saved);
    }
}

static void
test_saved_text (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    assert_int_equal (zelect_options_set (options, "node/store", "/a b"), 0);
    assert_int_equal (zelect_options_set (options, "node/tags/zone", ""), 0);
    assert_int_equal (zelect_options_add_member (options, "n1", "tcp://[::1]:1"), 0);
    assert_int_equal (zelect_options_save (options, file), 0);
    assert_string_equal (s_read (), "node\n"
                                    "    store = \"/a b\"\n"
                                    "    create = 0\n"
                                    "    volatile = 0\n"
                                    "    priority = 100\n"
                                    "    preempt = 0\n"
                                    "    fast_failover = local\n"
                                    "    verbose = 0\n"
                                    "    tags\n"
                                    "        zone = \"\"\n"
                                    "cluster\n"
                                    "    member = n1\n"
                                    "        endpoint = tcp://[::1]:1\n"
                                    "        voter = 1\n"
                                    "timing\n"
                                    "    heartbeat = 100 ms\n"
                                    "    election = 500 ms\n"
                                    "    connect = 1000 ms\n"
                                    "    callback = 1000 ms\n"
                                    "    watchdog = 0 ms\n"
                                    "    notice = 0 ms\n"
                                    "    drift = 100\n");
    zelect_options_destroy (&options);
}

static void
test_failed_save (void **state)
{
    (void) state;
    zelect_options_t *options = zelect_options_new ();
    char name [256];
    snprintf (name, sizeof name, "%s/none/zelect.cfg", directory);
    errno = 0;
    assert_int_equal (zelect_options_save (options, name), -1);
    assert_int_equal (errno, ENOENT);
    s_expect ("save", s_error (options),
              "none/zelect.cfg.new: it cannot be written: No such file or directory");

    //  A full disk costs neither the old file nor leaves half a new one
    s_write ("old", 3);
    snprintf (name, sizeof name, "%s.new", file);
    assert_int_equal (symlink ("/dev/full", name), 0);
    errno = 0;
    assert_int_equal (zelect_options_save (options, file), -1);
    assert_int_equal (errno, ENOSPC);
    s_expect ("save", s_error (options),
              "zelect.cfg: it cannot be written: No space left on device");
    assert_string_equal (s_read (), "old");
    assert_int_equal (access (name, F_OK), -1);
    zelect_options_destroy (&options);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_full),
                                        cmocka_unit_test (test_comment_out_of_column),
                                        cmocka_unit_test (test_load_keeps_and_replaces),
                                        cmocka_unit_test (test_failed_load_changes_nothing),
                                        cmocka_unit_test (test_save_and_load),
                                        cmocka_unit_test (test_saved_text),
                                        cmocka_unit_test (test_failed_save)};
    return cmocka_run_group_tests (tests, s_make_directory, s_remove_directory);
}
