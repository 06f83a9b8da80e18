/*  =========================================================================
    test_store - the vote store as its owner sees it

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_faults.h"

//  ---- Making, saving, finding again ---------------------------------------

static void
test_no_record_is_no_error (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    struct stat about;
    assert_int_equal (store_look (disk, &found), 1);
    assert_int_equal (stat (disk->store, &about), 0);
    assert_int_equal (about.st_mode & 07777, 0700);
    assert_int_equal (access (disk->file, F_OK), -1);
    assert_int_equal (store_look (disk, &found), 1);
}

static void
test_created_record_is_found (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    zelect_store_t *store = store_create (disk, &record_a);
    struct stat about;
    image_t image;
    assert_int_equal (stat (disk->file, &about), 0);
    assert_int_equal (about.st_mode & 07777, 0600);
    assert_int_equal (about.st_size, 8192);
    assert_int_equal (about.st_nlink, 1);
    assert_null (zelect_store_error (store));
    assert_null (zelect_store_warning (store));
    zelect_store_destroy (&store);
    assert_null (store);
    zelect_store_destroy (&store);
    disk_read (disk, &image);
    assert_memory_equal (image.bytes, image.bytes + 4096, 4096);
    assert_int_equal (store_look (disk, &found), 0);
    assert_true (record_equal (&found, &record_a));
    assert_int_equal (found.boot_count, 2);
    assert_int_equal (store_look (disk, &found), 0);
    assert_int_equal (found.boot_count, 3);
}

static void
test_saved_record_is_found (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_record_t record = record_b;
    record.boot_count = 99;    //  Not the owner's to say
    assert_int_equal (zelect_store_save (store, &record), 0);
    zelect_store_destroy (&store);
    assert_int_equal (store_look (disk, &record), 0);
    assert_true (record_equal (&record, &record_b));
    assert_int_equal (record.boot_count, 2);
}

static void
test_longest_names_and_no_vote_are_kept (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t record = {.term = ZELECT_TERM_MAX - 1};
    char name [ZELECT_ID_MAX + 1];
    memset (name, 'n', ZELECT_ID_MAX);
    name [ZELECT_ID_MAX] = 0;
    zelect_store_t *store = zelect_store_new (disk->store, name, name);
    assert_int_equal (zelect_store_open (store, &record), 1);
    assert_int_equal (zelect_store_create (store, &record), 0);
    memcpy (record.vote, name, sizeof name);
    assert_int_equal (zelect_store_save (store, &record), 0);
    zelect_store_destroy (&store);
    store = zelect_store_new (disk->store, name, name);
    memset (&record, 0, sizeof record);
    assert_int_equal (zelect_store_open (store, &record), 0);
    assert_string_equal (record.vote, name);
    assert_true (record.term == ZELECT_TERM_MAX - 1);
    zelect_store_destroy (&store);
}

//  ---- What was promised is not taken back ---------------------------------

static void
s_refuses (const disk_t *disk, const zelect_store_record_t *record, const char *text)
{
    zelect_store_record_t found;
    zelect_store_t *store = store_new (disk);
    assert_int_equal (zelect_store_open (store, &found), 0);
    assert_int_equal (zelect_store_save (store, record), -1);
    assert_int_equal (errno, EINVAL);
    assert_non_null (strstr (zelect_store_error (store), text));
    zelect_store_destroy (&store);
    store_holds (disk, &found);
}

static void
test_no_second_vote_and_no_lower_term (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_record_t record = record_a;
    record.floor++;
    assert_int_equal (zelect_store_save (store, &record), 0);
    zelect_store_destroy (&store);
    record.term--;
    s_refuses (disk, &record, "term 6 after the term 7");
    record.term = ZELECT_TERM_MAX;
    s_refuses (disk, &record, "term 9223372036854775808");
    record = record_a;
    memcpy (record.vote, "gamma", sizeof "gamma");
    s_refuses (disk, &record, "'gamma' after one for 'alpha'");
    record.vote [0] = 0;
    s_refuses (disk, &record, "'' after one for 'alpha'");
    record = record_a;
    record.vote_incarnation++;    //  R2: a vote is to an incarnation
    s_refuses (disk, &record, "same term 7");
}

//  ---- Directories ---------------------------------------------------------

//  Opening a store here fails like this, with words that help.

static void
s_fails_at (const char *path, int number, const char *text)
{
    zelect_store_record_t found;
    int handles = handle_count ();
    zelect_store_t *store = zelect_store_new (path, "orders", "node-1");
    assert_int_equal (zelect_store_open (store, &found), -1);
    assert_int_equal (errno, number);
    assert_non_null (strstr (zelect_store_error (store), text));
    zelect_store_destroy (&store);
    assert_int_equal (handle_count (), handles);
}

static void
test_unfit_directories_say_why (void **state)
{
    const disk_t *disk = *state;
    char path [5000];
    snprintf (path, sizeof path, "%s/a/b", disk->root);
    s_fails_at (path, ENOENT, "create its parent directory");
    snprintf (path, sizeof path, "%s/file", disk->root);
    fclose (fopen (path, "w"));
    s_fails_at (path, ENOTDIR, "name a directory");
    memset (path, 'x', sizeof path);
    path [4999] = 0;
    s_fails_at (path, ENAMETOOLONG, "choose a shorter path");
    path [300] = 0;
    s_fails_at (path, ENAMETOOLONG, "choose a shorter path");
}

static void
test_unfit_files_say_why (void **state)
{
    const disk_t *disk = *state;
    assert_int_equal (mkdir (disk->store, 0700), 0);
    assert_int_equal (mkdir (disk->file, 0700), 0);
    s_fails_at (disk->store, EISDIR, "move it away");
    assert_int_equal (rmdir (disk->file), 0);
    assert_int_equal (mkfifo (disk->file, 0600), 0);
    s_fails_at (disk->store, EMEDIUMTYPE, "no plain file");
    assert_int_equal (unlink (disk->file), 0);
    assert_int_equal (symlink ("elsewhere", disk->file), 0);
    s_fails_at (disk->store, ELOOP, "plain file");
}

static void
test_directory_without_permission_says_so (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    assert_int_equal (chmod (disk->file, 0400), 0);
    pid_t child = fork ();
    if (child == 0) {
        //  Root may write anywhere, so be somebody else.
        if (getuid () == 0 && setuid (65534) != 0)
            _exit (2);
        zelect_store_record_t found;
        store = store_new (disk);
        int rc = zelect_store_open (store, &found);
        bool is_clear = rc == -1 && errno == EACCES
                        && strstr (zelect_store_error (store), "read and write access");
        zelect_store_destroy (&store);
        _exit (is_clear ? 0 : 1);
    }
    assert_int_equal (child_wait (child), 0);
}

static void
test_directory_with_trailing_slash_is_the_same (void **state)
{
    const disk_t *disk = *state;
    char path [700];
    zelect_store_record_t found;
    snprintf (path, sizeof path, "%s/", disk->store);
    zelect_store_t *store = zelect_store_new (path, "orders", "node-1");
    assert_int_equal (zelect_store_open (store, &found), 1);
    assert_int_equal (zelect_store_create (store, &record_a), 0);
    zelect_store_destroy (&store);
    store_holds (disk, &record_a);
}

static void
test_file_systems_that_forget_are_warned_of (void **state)
{
    const disk_t *disk = *state;
    static const struct {
        unsigned magic;
        const char *text;
    } cases [] = {
        {0x6969, "NFS"},       {0x517b, "SMB"},       {0xfe534d42, "SMB"},
        {0xff534d42, "CIFS"},  {0x01021994, "tmpfs"}, {0x794c7630, "overlayfs"},
        {0x858458f6, "ramfs"}, {0xef53, NULL},        {0x58465342, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        zelect_store_record_t found;
        zelect_store_t *store = store_new (disk);
        atomic_store (&fault.magic, cases [i].magic);
        assert_int_equal (zelect_store_open (store, &found), 1);
        const char *warning = zelect_store_warning (store);
        if (cases [i].text) {
            assert_non_null (warning);
            assert_non_null (strstr (warning, cases [i].text));
            assert_non_null (strstr (warning, disk->store));
        }
        else
            assert_null (warning);
        zelect_store_destroy (&store);
    }
}

//  One warning does not hide the other.

static void
test_two_warnings_are_both_said (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    image_t image;
    disk_read (disk, &image);
    image.bytes [30] ^= 1;
    disk_write (disk, &image);
    atomic_store (&fault.magic, 0x6969);
    store = store_new (disk);
    assert_int_equal (zelect_store_open (store, &found), 0);
    const char *warning = zelect_store_warning (store);
    assert_non_null (warning);
    assert_non_null (strstr (warning, "NFS"));
    assert_non_null (strstr (warning, "local disk. copy 1 of two"));
    zelect_store_destroy (&store);
}

//  A name that leads nowhere is there and is not there.

static void
test_dangling_link_is_no_directory (void **state)
{
    const disk_t *disk = *state;
    assert_int_equal (symlink ("elsewhere", disk->store), 0);
    s_fails_at (disk->store, ENOENT, "cannot open");
}

static void
test_without_memory_there_is_no_store (void **state)
{
    const disk_t *disk = *state;
    zelect_store_record_t found;
    fault_set (FAULT_calloc, ENOMEM, 0, 1);
    assert_null (zelect_store_new (disk->store, "orders", "node-1"));
    fault_set (FAULT_strdup, ENOMEM, 0, 1);
    assert_null (zelect_store_new (disk->store, "orders", "node-1"));
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    store = store_new (disk);
    fault_set (FAULT_calloc, ENOMEM, 0, 1);
    assert_int_equal (zelect_store_open (store, &found), -1);
    assert_int_equal (errno, ENOMEM);
    assert_non_null (strstr (zelect_store_error (store), "free memory"));
    zelect_store_destroy (&store);
    store_holds (disk, &record_a);
}

//  ---- Records that must not be used ---------------------------------------

//  Write these bytes into the file; the store refuses them and leaves them.

static void
s_refuses_image (const disk_t *disk, const image_t *image, int number, const char *text)
{
    image_t after;
    disk_write (disk, image);
    s_fails_at (disk->store, number, text);
    disk_read (disk, &after);
    assert_int_equal (after.size, image->size);
    assert_memory_equal (after.bytes, image->bytes, image->size);
}

static void
s_put_slot (image_t *image, int index, const zelect_slot_t *slot)
{
    zelect_slot_pack (slot, image->bytes + index * ZELECT_STORE_SLOT_OFFSET);
}

static void
test_damage_in_both_slots_is_refused (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    image_t good;
    disk_read (disk, &good);
    image_t bad = good;
    bad.bytes [30] ^= 1;
    bad.bytes [4096 + 200] ^= 1;
    s_refuses_image (disk, &bad, EBADMSG, "damaged in both of its copies");
    memset (bad.bytes, 0, sizeof bad.bytes);
    s_refuses_image (disk, &bad, EBADMSG, "damaged");
    bad.size = 0;
    s_refuses_image (disk, &bad, EBADMSG, "move the file away");
    bad = good;
    bad.size = 511;
    s_refuses_image (disk, &bad, EBADMSG, disk->file);
    disk_write (disk, &good);
    store_holds (disk, &record_a);
}

static void
test_foreign_and_newer_records_are_refused (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    image_t good;
    zelect_slot_t ours;
    disk_read (disk, &good);
    assert_int_equal (zelect_slot_unpack (&ours, good.bytes), ZELECT_SLOT_GOOD);
    zelect_slot_t slot = ours;
    memcpy (slot.cluster, "other-cluster", sizeof "other-cluster");
    for (int i = 0; i < 2; i++) {
        //  In both slots, then in the second alone, then beside damage.
        image_t image = good;
        s_put_slot (&image, 0, i == 0 ? &slot : &ours);
        s_put_slot (&image, 1, &slot);
        s_refuses_image (disk, &image, EPERM, "'other-cluster', not to 'orders'");
        image.bytes [0] ^= 1;
        s_refuses_image (disk, &image, EPERM, "'other-cluster', not to 'orders'");
    }
    slot = ours;
    memcpy (slot.node, "node-11", sizeof "node-11");
    image_t image = good;
    s_put_slot (&image, 0, &slot);
    s_refuses_image (disk, &image, EPERM, "'node-11', not to 'node-1'");
    //  What is quoted stays one line.
    memcpy (slot.node, "a\nb\x7f", sizeof "a\nb\x7f");
    s_put_slot (&image, 0, &slot);
    s_refuses_image (disk, &image, EPERM, "'a?b?', not to 'node-1'");
}

static void
test_newer_format_is_refused (void **state)
{
    const disk_t *disk = *state;
    //  A sealed slot of format 2, made by another implementation.
    static const uint8_t digest [20] = {0x36, 0x7e, 0xf6, 0x55, 0xa1, 0x13, 0xad, 0xc1, 0x50, 0x29,
                                        0x93, 0xe3, 0xc3, 0x89, 0xff, 0xc9, 0x2c, 0x1a, 0x76, 0x11};
    image_t image = {.size = sizeof image.bytes};
    memcpy (image.bytes, "ZELVOTE\n\2\0\0", 12);
    memcpy (image.bytes + 492, digest, sizeof digest);
    memcpy (image.bytes + 4096, image.bytes, ZELECT_SLOT_SIZE);
    assert_int_equal (mkdir (disk->store, 0700), 0);
    s_refuses_image (disk, &image, ENOTSUP, "newer version");
    memset (image.bytes, 0, ZELECT_SLOT_SIZE);
    s_refuses_image (disk, &image, ENOTSUP, "newer version");
}

static void
test_slots_too_far_apart_are_refused (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    image_t image;
    zelect_slot_t slot;
    disk_read (disk, &image);
    assert_int_equal (zelect_slot_unpack (&slot, image.bytes), ZELECT_SLOT_GOOD);
    for (int i = 0; i < 2; i++) {
        image_t far = image;
        zelect_slot_t later = slot;
        later.seq += 2;
        s_put_slot (&far, i, &later);
        s_refuses_image (disk, &far, EBADMSG, "lost a save");
        later.seq = UINT64_MAX;
        s_put_slot (&far, i, &later);
        s_refuses_image (disk, &far, EBADMSG, "18446744073709551615");
        //  The same number must mean the same record.
        later = slot;
        later.record.term++;
        s_put_slot (&far, i, &later);
        s_refuses_image (disk, &far, EBADMSG, "two different records");
    }
}

static void
test_one_good_slot_is_used_and_mended (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    image_t good;
    disk_read (disk, &good);
    for (int i = 0; i < 3; i++) {
        zelect_store_record_t found;
        image_t image = good;
        if (i < 2)
            memset (image.bytes + i * 4096, 0, 4096);
        else
            image.size = 4096 + 100;    //  Cut short
        disk_write (disk, &image);
        store = store_new (disk);
        assert_int_equal (zelect_store_open (store, &found), 0);
        assert_true (record_equal (&found, &record_a));
        assert_non_null (zelect_store_warning (store));
        assert_non_null (strstr (zelect_store_warning (store), i == 0 ? "copy 1" : "copy 2"));
        zelect_store_destroy (&store);
        disk_read (disk, &image);
        assert_memory_equal (image.bytes, image.bytes + 4096, ZELECT_SLOT_SIZE);
        store = store_new (disk);
        assert_int_equal (zelect_store_open (store, &found), 0);
        assert_null (zelect_store_warning (store));
        zelect_store_destroy (&store);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_no_record_is_no_error),
        disk_test (test_created_record_is_found),
        disk_test (test_saved_record_is_found),
        disk_test (test_longest_names_and_no_vote_are_kept),
        disk_test (test_no_second_vote_and_no_lower_term),
        disk_test (test_unfit_directories_say_why),
        disk_test (test_unfit_files_say_why),
        disk_test (test_directory_without_permission_says_so),
        disk_test (test_directory_with_trailing_slash_is_the_same),
        disk_test (test_file_systems_that_forget_are_warned_of),
        disk_test (test_two_warnings_are_both_said),
        disk_test (test_dangling_link_is_no_directory),
        disk_test (test_without_memory_there_is_no_store),
        disk_test (test_damage_in_both_slots_is_refused),
        disk_test (test_foreign_and_newer_records_are_refused),
        disk_test (test_newer_format_is_refused),
        disk_test (test_slots_too_far_apart_are_refused),
        disk_test (test_one_good_slot_is_used_and_mended),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
