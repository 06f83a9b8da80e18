/*  =========================================================================
    test_store_bugs - what other vote stores got wrong, by the number of the bug

    The list of the bugs stands in doc/verification.md; for each of these there
    is a mutant in tests/mutants that this file has to kill.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_faults.h"

//  B07: whichever slot rots after a save, the record is the saved one.

static void
test_bug_07_record_rolled_back (void **state)
{
    const disk_t *disk = *state;
    for (size_t slot = 0; slot < 2; slot++) {
        zelect_store_t *store = store_create (disk, &record_a);
        assert_int_equal (zelect_store_save (store, &record_b), 0);
        zelect_store_destroy (&store);
        image_t image;
        disk_read (disk, &image);
        image.bytes [slot * ZELECT_STORE_SLOT_OFFSET + 100] ^= 1;
        disk_write (disk, &image);
        store_holds (disk, &record_b);
        assert_int_equal (unlink (disk->file), 0);
    }
}

//  B08: a node does not start on the record of another, not even where one slot
//  of the two is its own.

static void
test_bug_08_record_of_another_node (void **state)
{
    const disk_t *disk = *state;
    zelect_store_t *store = store_create (disk, &record_a);
    zelect_store_destroy (&store);
    image_t image;
    zelect_slot_t slot;
    disk_read (disk, &image);
    assert_int_equal (zelect_slot_unpack (&slot, image.bytes), ZELECT_SLOT_GOOD);
    memcpy (slot.node, "node-2", sizeof "node-2");
    for (size_t index = 2; index > 0; index--) {
        zelect_store_record_t found;
        zelect_slot_pack (&slot, image.bytes + (index - 1) * ZELECT_STORE_SLOT_OFFSET);
        disk_write (disk, &image);
        assert_int_equal (store_look (disk, &found), -1);
        assert_int_equal (errno, EPERM);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_bug_07_record_rolled_back),
        disk_test (test_bug_08_record_of_another_node),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
