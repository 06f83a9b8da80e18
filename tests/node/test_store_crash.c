/*  =========================================================================
    test_store_crash - the vote store, power cuts and rot

    A power cut is played on a copy of the file: what a call of the store wrote
    is recorded with its syncs, and any beginning of it is put on the disk, the
    last write torn at any byte. One thing must hold: whoever opens the store
    next finds what was last said to be saved, or what was being saved, and
    nothing else.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_tape.h"

//  --------------------------------------------------------------------------
//  Open what is on the disk: which record is it? Anything but A or B fails.

static char
s_which (const disk_t *disk, const image_t *image)
{
    static image_t copy;
    zelect_store_record_t found;
    copy = *image;
    atomic_store (&fault.image, &copy);
    assert_int_equal (store_look (disk, &found), 0);
    atomic_store (&fault.image, NULL);
    if (record_equal (&found, &record_a))
        return 'A';
    assert_true (record_equal (&found, &record_b));
    return 'B';
}

//  ---- The order of things -------------------------------------------------

static char
s_letter (const fault_trace_t *entry)
{
    switch ((int) entry->call) {
    case FAULT_pwrite:
        return entry->size > ZELECT_SLOT_SIZE ? 'w' : entry->offset == 0 ? '1' : '2';
    case FAULT_fdatasync:
        return 's';
    case FAULT_fsync:
        return 'f';
    case FAULT_linkat:
        return 'l';
    default:
        return '?';
    }
}

static void
s_order_is (const tape_t *tape, const char *order)
{
    char seen [FAULT_TRACE_MAX + 1] = "";
    for (int i = 0; i < tape->count; i++)
        seen [i] = s_letter (&tape->trace [i]);
    assert_string_equal (seen, order);
}

static void
test_every_write_is_synced_before_the_next (void **state)
{
    const disk_t *disk = *state;
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    zelect_store_record_t found;
    //  The parent of a new directory is synced.
    atomic_store (&fault.trace_count, 0);
    zelect_store_t *store = store_new (disk);
    assert_int_equal (zelect_store_open (store, &found), 1);
    tape_stop (tape);
    s_order_is (tape, "f");
    //  The file is whole before it gets its name; then the name is synced.
    atomic_store (&fault.trace_count, 0);
    assert_int_equal (zelect_store_create (store, &record_a), 0);
    tape_stop (tape);
    s_order_is (tape, "wsflf");
    atomic_store (&fault.trace_count, 0);
    assert_int_equal (zelect_store_save (store, &record_b), 0);
    tape_stop (tape);
    s_order_is (tape, "1s2s");
    zelect_store_destroy (&store);
    tape_open (disk, tape);
    s_order_is (tape, "f2s1s2s");
    //  A first slot that is ahead may not be on the disk yet.
    image_t image;
    disk_read (disk, &image);
    tape_replay (tape, 4, &image);
    disk_write (disk, &image);
    tape_open (disk, tape);
    s_order_is (tape, "f1s2s1s2s");
    free (tape);
}

//  ---- Power cuts ----------------------------------------------------------

static void
test_torn_save_is_the_old_or_the_new_record (void **state)
{
    const disk_t *disk = *state;
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    image_t image;
    int counts [2] = {0, 0};
    tape_save (disk, tape);
    atomic_store (&fault.no_sync, 1);
    for (int i = 0; i < tape->count; i++) {
        if (tape->trace [i].call != FAULT_pwrite)
            continue;
        for (size_t size = 0; size <= ZELECT_SLOT_SIZE; size++)
            for (int from_end = 0; from_end < 2; from_end++) {
                tape_replay (tape, i, &image);
                tape_apply (&image, &tape->trace [i], size, from_end == 1);
                char which = s_which (disk, &image);
                counts [which - 'A']++;
                //  Once the first slot is synced, the new record is there.
                if (tape->trace [i].offset > 0)
                    assert_int_equal (which, 'B');
            }
    }
    assert_true (counts [0] > 1000);
    assert_true (counts [1] > 1000);
    //  Success was reported: never again A.
    tape_replay (tape, tape->count, &image);
    assert_int_equal (s_which (disk, &image), 'B');
    free (tape);
}

//  The same while a store is opened whose last save was cut in the middle.

static void
s_tear_opening (const disk_t *disk, const image_t *start, char expected)
{
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    image_t image;
    disk_write (disk, start);
    tape_open (disk, tape);
    for (int i = 0; i < tape->count; i++) {
        if (tape->trace [i].call != FAULT_pwrite)
            continue;
        for (size_t size = 0; size <= ZELECT_SLOT_SIZE; size += 3)
            for (int from_end = 0; from_end < 2; from_end++) {
                tape_replay (tape, i, &image);
                tape_apply (&image, &tape->trace [i], size, from_end == 1);
                assert_int_equal (s_which (disk, &image), expected);
            }
    }
    free (tape);
}

static void
test_torn_opening_loses_nothing (void **state)
{
    const disk_t *disk = *state;
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    image_t image;
    tape_save (disk, tape);
    atomic_store (&fault.no_sync, 1);
    s_tear_opening (disk, &tape->before, 'A');
    tape_replay (tape, 1, &image);
    s_tear_opening (disk, &image, 'B');
    tape_replay (tape, tape->count, &image);
    s_tear_opening (disk, &image, 'B');
    for (int i = 0; i < 2; i++) {
        image_t torn = image;
        torn.bytes [i * 4096 + 100] ^= 1;
        s_tear_opening (disk, &torn, 'B');
    }
    free (tape);
}

static void
test_any_rotten_byte_is_survived (void **state)
{
    const disk_t *disk = *state;
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    image_t good;
    tape_save (disk, tape);
    tape_replay (tape, tape->count, &good);
    atomic_store (&fault.no_sync, 1);
    for (size_t slot = 0; slot < 2; slot++)
        for (size_t bit = 0; bit < 8 * ZELECT_SLOT_SIZE; bit++) {
            image_t image = good;
            image.bytes [slot * 4096 + bit / 8] ^= (uint8_t) (1U << (bit % 8));
            assert_int_equal (s_which (disk, &image), 'B');
        }
    free (tape);
}

//  Two misfortunes at once may leave nothing to trust; then the store says so
//  and does not invent or go back.

static void
test_torn_and_rotten_is_refused_or_right (void **state)
{
    const disk_t *disk = *state;
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    uint64_t word = zelect_test_seed ("torn and rotten");
    int counts [3] = {0, 0, 0};
    tape_save (disk, tape);
    atomic_store (&fault.no_sync, 1);
    for (int i = 0; i < zelect_test_count (10000, 1000); i++) {
        zelect_store_record_t found;
        image_t image;
        word = word * 6364136223846793005U + 1442695040888963407U;
        int entry = (word >> 60) % 2 == 0 ? 0 : 2;
        size_t rotten = ((word >> 50) % 2) * 4096 + (word >> 40) % ZELECT_SLOT_SIZE;
        tape_replay (tape, entry, &image);
        tape_apply (&image, &tape->trace [entry], (word >> 20) % (ZELECT_SLOT_SIZE + 1), false);
        image.bytes [rotten] ^= (uint8_t) (1U << ((word >> 57) % 8));
        disk_write (disk, &image);
        int rc = store_look (disk, &found);
        if (rc == -1)
            assert_int_equal (errno, EBADMSG);
        else
            assert_true (record_equal (&found, &record_a) || record_equal (&found, &record_b));
        counts [rc == -1 ? 2 : record_equal (&found, &record_a) ? 0 : 1]++;
    }
    assert_true (counts [0] > 0 && counts [1] > 0 && counts [2] > 0);
    free (tape);
}

//  ---- Histories -----------------------------------------------------------

//  A disk beside the kernel's view of it: a failed sync leaves the kernel with
//  pages that never reached the disk. What the next opening may find is the
//  last record said to be saved, or one that was tried since.

typedef struct {
    const disk_t *files;
    image_t disk;
    zelect_store_t *store;    //  NULL: not open
    zelect_store_record_t kept;
    zelect_store_record_t tried;
    uint64_t word;
    int counts [4];    //  Saves, failures, power cuts, openings
    tape_t tape;
} history_t;

static uint64_t
s_random (history_t *self, uint64_t range)
{
    self->word = self->word * 6364136223846793005U + 1442695040888963407U;
    return (self->word >> 33) % range;
}

//  Bring to the disk what the first `count` entries of the tape brought there.
//  The last sync may have failed; what it was to bring then arrived in part.

static void
s_history_sync (history_t *self, int count, bool is_failed)
{
    const fault_trace_t *pending = NULL;
    for (int i = 0; i < count; i++) {
        const fault_trace_t *entry = &self->tape.trace [i];
        if (entry->call == FAULT_pwrite)
            pending = entry;
        if (entry->call == FAULT_fdatasync && pending && !(is_failed && i == count - 1)) {
            tape_apply (&self->disk, pending, pending->size, false);
            pending = NULL;
        }
    }
    if (pending && s_random (self, 2) == 0)
        tape_apply (&self->disk, pending, s_random (self, pending->size + 1),
                    s_random (self, 2) == 0);
}

//  One operation, perhaps with a failing sync, perhaps cut by the power.

static void
s_history_step (history_t *self)
{
    bool is_open = self->store != NULL;
    bool is_failing = s_random (self, 4) == 0;
    zelect_store_record_t found;
    int rc = -1;
    if (is_failing)
        fault_set (FAULT_fdatasync, EIO, (int) s_random (self, 4), 1);
    atomic_store (&fault.trace_count, 0);
    if (is_open) {
        self->tried = self->kept;
        self->tried.term += 1 + s_random (self, 3);
        rc = zelect_store_save (self->store, &self->tried);
    }
    else {
        self->store = store_new (self->files);
        rc = zelect_store_open (self->store, &found);
    }
    tape_stop (&self->tape);
    atomic_store (&fault.number, 0);
    if (rc == -1)
        assert_int_equal (errno, EIO);
    if (rc == 0 && !is_open)
        assert_true (record_equal (&found, &self->kept) || record_equal (&found, &self->tried));
    self->counts [is_open ? 0 : 3]++;
    self->counts [1] += rc == -1;

    bool is_cut = s_random (self, 5) == 0;
    int count = is_cut ? (int) s_random (self, (uint64_t) self->tape.count + 1) : self->tape.count;
    s_history_sync (self, count, rc == -1 && count == self->tape.count);
    if (rc == 0 && count == self->tape.count)
        self->kept = self->tried = is_open ? self->tried : found;
    if (is_cut) {
        disk_write (self->files, &self->disk);
        self->counts [2]++;
    }
    if (is_cut || rc == -1 || s_random (self, 5) == 0)
        zelect_store_destroy (&self->store);
}

static void
test_any_history_keeps_what_was_saved (void **state)
{
    history_t *self = (history_t *) calloc (1, sizeof *self);
    self->files = *state;
    self->word = zelect_test_seed ("history");
    self->kept = self->tried = record_a;
    self->store = store_create (self->files, &record_a);
    disk_read (self->files, &self->disk);
    atomic_store (&fault.no_sync, 1);
    for (int i = 0; i < zelect_test_count (20000, 2000); i++)
        s_history_step (self);
    for (size_t i = 0; i < 4; i++)
        assert_true (self->counts [i] > 100);
    zelect_store_destroy (&self->store);
    free (self);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_every_write_is_synced_before_the_next),
        disk_test (test_torn_save_is_the_old_or_the_new_record),
        disk_test (test_torn_opening_loses_nothing),
        disk_test (test_any_rotten_byte_is_survived),
        disk_test (test_torn_and_rotten_is_refused_or_right),
        disk_test (test_any_history_keeps_what_was_saved),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
