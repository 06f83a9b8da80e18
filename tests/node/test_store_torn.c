/*  =========================================================================
    test_store_torn - the vote store after every power cut, with one slot rotten

    Every beginning of a save and of an opening, its last write torn at every
    byte from either end, and beside it every slot sound, rotten or stale: all
    products of these, on a disk in memory. What must be found is worked out by comparing
    bytes, without the store's code: the record of the sound slot, the later one
    of two, or a refusal if neither is sound. Nothing else, and never "there is
    no record".

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store_tape.h"

#define KNOWN_MAX 16
#define REFUSED '-'

//  A slot as it was written once, and the record that it holds.

typedef struct {
    uint8_t bytes [ZELECT_SLOT_SIZE];
    uint64_t seq;
    char letter;
} known_t;

typedef struct {
    const disk_t *disk;
    known_t known [KNOWN_MAX];
    int known_count;
    int rot_count;                                          //  In how many places a slot rots
    uint8_t lost [ZELECT_STORE_SLOTS][ZELECT_SLOT_SIZE];    //  Had its last write been lost
    size_t size_step;                                       //  1: torn at every byte
    uint64_t cases;
    uint64_t counts [3];    //  A, B, refused
} torn_t;

//  ---- What must be found --------------------------------------------------

static void
s_know (torn_t *self, const uint8_t *bytes, char letter)
{
    known_t *known = &self->known [self->known_count++];
    assert_true (self->known_count <= KNOWN_MAX);
    memcpy (known->bytes, bytes, sizeof known->bytes);
    memcpy (&known->seq, bytes + 16, sizeof known->seq);
    known->letter = letter;
}

static const known_t *
s_recognise (const torn_t *self, const uint8_t *bytes)
{
    for (int i = 0; i < self->known_count; i++)
        if (memcmp (self->known [i].bytes, bytes, ZELECT_SLOT_SIZE) == 0)
            return &self->known [i];
    return NULL;
}

static char
s_expected (const torn_t *self, const image_t *image)
{
    const known_t *first = s_recognise (self, image->bytes);
    const known_t *second = s_recognise (self, image->bytes + ZELECT_STORE_SLOT_OFFSET);
    if (first && second && first->seq != second->seq && first->seq + 1 != second->seq
        && second->seq + 1 != first->seq)
        return REFUSED;
    if (first && second)
        return second->seq > first->seq ? second->letter : first->letter;
    return first ? first->letter : second ? second->letter : REFUSED;
}

//  ---- What is found -------------------------------------------------------

static char
s_found (torn_t *self, const image_t *image)
{
    static image_t copy;
    zelect_store_record_t found;
    copy = *image;
    atomic_store (&fault.image, &copy);
    int rc = store_look (self->disk, &found);
    atomic_store (&fault.image, NULL);
    self->cases++;
    if (rc == -1) {
        assert_int_equal (errno, EBADMSG);
        assert_memory_equal (&copy, image, sizeof copy);
        self->counts [2]++;
        return REFUSED;
    }
    assert_int_equal (rc, 0);
    //  Both slots hold it now: whatever comes next, it stays
    assert_memory_equal (copy.bytes, copy.bytes + ZELECT_STORE_SLOT_OFFSET, ZELECT_SLOT_SIZE);
    bool is_a = record_equal (&found, &record_a);
    assert_true (is_a || record_equal (&found, &record_b));
    self->counts [is_a ? 0 : 1]++;
    return is_a ? 'A' : 'B';
}

static char
s_is_as_expected (torn_t *self, const image_t *image)
{
    char letter = s_found (self, image);
    assert_int_equal (letter, s_expected (self, image));
    return letter;
}

//  The ways in which a slot goes bad: a bit somewhere, all of it gone, or its
//  last write was never done, whatever the drive said.

static int
s_way_count (const torn_t *self)
{
    return self->rot_count + 3;
}

static void
s_rot (const torn_t *self, image_t *image, int slot, int way)
{
    uint8_t *bytes = image->bytes + slot * ZELECT_STORE_SLOT_OFFSET;
    int places = self->rot_count;
    if (way < places)
        bytes [(size_t) way * ZELECT_SLOT_SIZE / (size_t) places] ^= (uint8_t) (1U << way % 8);
    else if (way == places)
        memcpy (bytes, self->lost [slot], ZELECT_SLOT_SIZE);
    else
        memset (bytes, way == places + 1 ? 0 : 0xff, ZELECT_SLOT_SIZE);
}

//  What each slot held before its last write among the first `count` entries.

static void
s_lose_writes (torn_t *self, const tape_t *tape, int count)
{
    image_t image;
    for (int slot = 0; slot < ZELECT_STORE_SLOTS; slot++) {
        off_t offset = slot * ZELECT_STORE_SLOT_OFFSET;
        int last = count;
        while (last > 0
               && (tape->trace [last - 1].call != FAULT_pwrite
                   || tape->trace [last - 1].offset != offset))
            last--;
        tape_replay (tape, last > 0 ? last - 1 : 0, &image);
        memcpy (self->lost [slot], image.bytes + offset, ZELECT_SLOT_SIZE);
    }
}

//  Sound, and with each of the slots rotten in each way. Without rot nothing is
//  ever refused; what it is, is returned.

static char
s_sound_and_rotten (torn_t *self, const image_t *image)
{
    char letter = s_is_as_expected (self, image);
    assert_int_not_equal (letter, REFUSED);
    for (int slot = 0; slot < ZELECT_STORE_SLOTS; slot++)
        for (int way = 0; way < s_way_count (self); way++) {
            image_t rotten = *image;
            s_rot (self, &rotten, slot, way);
            s_is_as_expected (self, &rotten);
        }
    return letter;
}

//  ---- Power cuts ----------------------------------------------------------

//  Cut at every write of the tape, torn at every byte. `least` is what must be
//  found at least once the first write is synced, and after the last one.

static void
s_cut_everywhere (torn_t *self, const tape_t *tape, char least)
{
    image_t image;
    int write_count = 0;
    for (int i = 0; i < tape->count; i++) {
        if (tape->trace [i].call != FAULT_pwrite)
            continue;
        s_lose_writes (self, tape, i + 1);
        for (size_t size = 0; size <= ZELECT_SLOT_SIZE; size += self->size_step)
            for (int from_end = 0; from_end < 2; from_end++) {
                tape_replay (tape, i, &image);
                tape_apply (&image, &tape->trace [i], size, from_end == 1);
                char letter = s_sound_and_rotten (self, &image);
                if (write_count > 0)
                    assert_int_equal (letter, least);
            }
        write_count++;
    }
    //  Success was said: not even a rotten slot takes it back.
    s_lose_writes (self, tape, tape->count);
    tape_replay (tape, tape->count, &image);
    uint64_t others = self->counts [2] + self->counts [least == 'A' ? 1 : 0];
    assert_int_equal (s_sound_and_rotten (self, &image), least);
    assert_int_equal (self->counts [2] + self->counts [least == 'A' ? 1 : 0], others);
}

static torn_t *
s_torn_new (const disk_t *disk, tape_t *tape, int rot_count)
{
    torn_t *self = (torn_t *) calloc (1, sizeof *self);
    self->disk = disk;
    self->rot_count = rot_count;
    //  Far from a full count, as with valgrind, every byte would take too long; and
    //  one thread has no races
    self->size_step = zelect_test_count (100, 1) < 5 ? 37 : 1;
#ifdef __SANITIZE_THREAD__
    self->size_step = 37;
#endif
    tape_save (disk, tape);
    atomic_store (&fault.no_sync, 1);
    s_know (self, tape->before.bytes, 'A');
    s_know (self, tape->trace [0].bytes, 'B');
    return self;
}

static void
s_torn_free (torn_t *self, const char *what)
{
    printf ("figure: %" PRIu64 " cases of %s: %" PRIu64 " the old record, %" PRIu64
            " the new one, %" PRIu64 " refused\n",
            self->cases, what, self->counts [0], self->counts [1], self->counts [2]);
    free (self);
}

static void
test_every_cut_of_a_save_with_one_rotten_slot (void **state)
{
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    torn_t *self = s_torn_new (*state, tape, zelect_test_count (ZELECT_SLOT_SIZE, 24));
    s_cut_everywhere (self, tape, 'B');
    if (self->size_step == 1)
        assert_true (self->cases >= 100000);
    s_torn_free (self, "a torn save");
    free (tape);
}

//  Cut again while what an earlier cut left is opened: what has once been chosen
//  stays, though nobody was told of it yet.

static void
s_cut_opening (torn_t *self, const image_t *start)
{
    static image_t image;
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    int known_count = self->known_count;
    char letter = s_expected (self, start);
    assert_int_not_equal (letter, REFUSED);
    image = *start;
    atomic_store (&fault.image, &image);
    tape_open (self->disk, tape);
    atomic_store (&fault.image, NULL);
    for (int i = 0; i < tape->count; i++)
        if (tape->trace [i].call == FAULT_pwrite && !s_recognise (self, tape->trace [i].bytes))
            s_know (self, tape->trace [i].bytes, letter);
    s_cut_everywhere (self, tape, letter);
    self->known_count = known_count;
    free (tape);
}

static void
test_every_cut_of_an_opening_with_one_rotten_slot (void **state)
{
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    torn_t *self = s_torn_new (*state, tape, zelect_test_count (64, 4));
    image_t image;
    //  Before the save, in the middle of each write, between them, and after it
    s_cut_opening (self, &tape->before);
    for (int i = 0; i < tape->count; i += 2) {
        tape_replay (tape, i, &image);
        tape_apply (&image, &tape->trace [i], ZELECT_SLOT_SIZE / 2, false);
        s_cut_opening (self, &image);
        tape_apply (&image, &tape->trace [i], ZELECT_SLOT_SIZE, false);
        s_cut_opening (self, &image);
        //  And with one of two equal slots rotten, or of two different ones
        for (int slot = 0; slot < ZELECT_STORE_SLOTS; slot++) {
            image_t rotten = image;
            s_rot (self, &rotten, slot, 1);
            s_cut_opening (self, &rotten);
        }
    }
    s_torn_free (self, "a torn opening");
    free (tape);
}

//  A file that was made in one write, of which any of the 16 sectors arrived. (It
//  gets its name after its sync, so that nobody ever meets one.)

static void
test_every_subset_of_sectors_of_a_new_file (void **state)
{
    tape_t *tape = (tape_t *) calloc (1, sizeof *tape);
    torn_t *self = s_torn_new (*state, tape, 0);
    unsigned step = self->size_step == 1 ? 1 : 977;
    for (unsigned subset = 0; subset < 65536; subset += step) {
        image_t image = {.size = sizeof image.bytes};
        for (unsigned sector = 0; sector < 16; sector++)
            if (subset >> sector & 1)
                memcpy (image.bytes + 512 * sector, tape->before.bytes + 512 * sector, 512);
        char letter = s_is_as_expected (self, &image);
        assert_int_equal (letter, subset & 0x101 ? 'A' : REFUSED);
    }
    s_torn_free (self, "a new file in parts");
    free (tape);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        disk_test (test_every_cut_of_a_save_with_one_rotten_slot),
        disk_test (test_every_cut_of_an_opening_with_one_rotten_slot),
        disk_test (test_every_subset_of_sectors_of_a_new_file),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
