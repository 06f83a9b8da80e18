/*  =========================================================================
    test_slot - the bytes of the vote record

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"

#include "zelect_slot.h"

#include <czmq.h>

#include <string.h>

static const zelect_slot_t example = {.seq = 0x0102030405060708,
                                      .cluster = "orders",
                                      .node = "node-1",
                                      .record = {.term = 0x1112131415161718,
                                                 .vote_incarnation = 0x2122232425262728,
                                                 .promise_ns = 0x0000003335363738,
                                                 .floor = 0x4142434445464748,
                                                 .boot_count = 0x5152535455565758,
                                                 .vote = "node-2"}};

//  Of the same 492 bytes, by another implementation of SHA-1.
static const uint8_t example_digest [20] = {0xdf, 0x19, 0x22, 0x1c, 0x48, 0x4f, 0x8c,
                                            0x42, 0x1a, 0x71, 0xae, 0x68, 0x7f, 0x3f,
                                            0xf0, 0xe0, 0xd4, 0x0c, 0xa2, 0xad};

//  Seal bytes that a test has changed, so that only the change speaks.

static void
s_seal (uint8_t bytes [ZELECT_SLOT_SIZE])
{
    zdigest_t *digest = zdigest_new ();
    zdigest_update (digest, bytes, ZELECT_SLOT_SIZE - 20);
    memcpy (bytes + ZELECT_SLOT_SIZE - 20, zdigest_data (digest), 20);
    zdigest_destroy (&digest);
}

static bool
s_equal (const zelect_slot_t *one, const zelect_slot_t *other)
{
    const zelect_store_record_t *a = &one->record;
    const zelect_store_record_t *b = &other->record;
    return one->seq == other->seq && strcmp (one->cluster, other->cluster) == 0
           && strcmp (one->node, other->node) == 0 && strcmp (a->vote, b->vote) == 0
           && a->term == b->term && a->vote_incarnation == b->vote_incarnation
           && a->promise_ns == b->promise_ns && a->floor == b->floor
           && a->boot_count == b->boot_count;
}

static void
test_layout_is_frozen (void **state)
{
    (void) state;
    uint8_t bytes [ZELECT_SLOT_SIZE];
    zelect_slot_pack (&example, bytes);
    static const uint8_t head [] = {
        'Z',  'E',  'L',  'V',  'O',  'T',  'E',  '\n', 1,    0,    0,    0,    0,    2,
        0,    0,    0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x18, 0x17, 0x16, 0x15,
        0x14, 0x13, 0x12, 0x11, 0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21, 0x38, 0x37,
        0x36, 0x35, 0x33, 0x00, 0x00, 0x00, 0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41,
        0x58, 0x57, 0x56, 0x55, 0x54, 0x53, 0x52, 0x51, 'o',  'r',  'd',  'e',  'r',  's'};
    assert_memory_equal (bytes, head, sizeof head);
    assert_memory_equal (bytes + 128, "node-1", 7);
    assert_memory_equal (bytes + 192, "node-2", 7);
    assert_memory_equal (bytes + 492, example_digest, sizeof example_digest);
}

static void
test_what_is_packed_is_unpacked (void **state)
{
    (void) state;
    uint64_t word = zelect_test_seed ("slot");
    for (int i = 0; i < 1000; i++) {
        zelect_slot_t slot = example;
        zelect_slot_t again;
        uint8_t bytes [ZELECT_SLOT_SIZE];
        word = word * 6364136223846793005U + 1442695040888963407U;
        slot.seq = word;
        slot.record.term = word >> 1;
        slot.record.floor = word % 5 ? ~word >> 1 : ZELECT_FLOOR_UNSETTLED;
        slot.record.promise_ns = (word ^ 0x5555) % (ZELECT_PROMISE_MAX + 1);
        slot.record.vote_incarnation = word * 3;
        memset (slot.record.vote, 'x', ZELECT_ID_MAX);
        slot.record.vote [(word >> 33) % (ZELECT_ID_MAX + 1)] = 0;
        zelect_slot_pack (&slot, bytes);
        assert_int_equal (zelect_slot_unpack (&again, bytes), ZELECT_SLOT_GOOD);
        assert_true (s_equal (&again, &slot));
    }
}

static void
test_any_flipped_bit_is_seen (void **state)
{
    (void) state;
    uint8_t bytes [ZELECT_SLOT_SIZE];
    zelect_slot_t slot;
    static const zelect_slot_t zeros;
    zelect_slot_pack (&example, bytes);
    for (size_t bit = 0; bit < 8 * ZELECT_SLOT_SIZE; bit++) {
        bytes [bit / 8] ^= (uint8_t) (1U << (bit % 8));
        assert_int_equal (zelect_slot_unpack (&slot, bytes), ZELECT_SLOT_DAMAGED);
        assert_true (s_equal (&slot, &zeros));
        bytes [bit / 8] ^= (uint8_t) (1U << (bit % 8));
    }
    assert_int_equal (zelect_slot_unpack (&slot, bytes), ZELECT_SLOT_GOOD);
}

//  Sealed slots that say what no zelect of this format wrote.

static void
test_impossible_fields_are_damage (void **state)
{
    (void) state;
    static const struct {
        size_t at;
        uint8_t value;
        zelect_slot_state_t answer;
    } cases [] = {
        {0, 'z', ZELECT_SLOT_DAMAGED},          //  Another magic
        {8, 2, ZELECT_SLOT_NEWER},              //  A later format
        {11, 1, ZELECT_SLOT_NEWER},             //  A much later one
        {8, 0, ZELECT_SLOT_DAMAGED},            //  No format
        {12, 1, ZELECT_SLOT_DAMAGED},           //  Another size
        {31, 0x80, ZELECT_SLOT_DAMAGED},        //  A term of 2^63
        {47, 0xff, ZELECT_SLOT_DAMAGED},        //  A promise that a time cannot be added to
        {64 + 63, 'x', ZELECT_SLOT_DAMAGED},    //  Names without an end
        {128 + 63, 'x', ZELECT_SLOT_DAMAGED},
        {192 + 63, 'x', ZELECT_SLOT_DAMAGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        uint8_t bytes [ZELECT_SLOT_SIZE];
        zelect_slot_t slot;
        zelect_slot_pack (&example, bytes);
        bytes [cases [i].at] = cases [i].value;
        s_seal (bytes);
        assert_int_equal (zelect_slot_unpack (&slot, bytes), cases [i].answer);
    }
}

static void
test_numbers_have_limits (void **state)
{
    (void) state;
    static const struct {
        zelect_store_record_t record;
        zelect_slot_state_t answer;
    } cases [] = {
        {{.term = ZELECT_TERM_MAX - 1}, ZELECT_SLOT_GOOD},
        {{.term = ZELECT_TERM_MAX}, ZELECT_SLOT_DAMAGED},
        {{.promise_ns = ZELECT_PROMISE_MAX}, ZELECT_SLOT_GOOD},
        {{.promise_ns = ZELECT_PROMISE_MAX + 1}, ZELECT_SLOT_DAMAGED},
        {{.promise_ns = UINT64_MAX}, ZELECT_SLOT_DAMAGED},
        {{.floor = ZELECT_TERM_MAX - 1}, ZELECT_SLOT_GOOD},
        {{.floor = ZELECT_TERM_MAX}, ZELECT_SLOT_DAMAGED},
        {{.floor = ZELECT_FLOOR_UNSETTLED - 1}, ZELECT_SLOT_DAMAGED},
        {{.floor = ZELECT_FLOOR_UNSETTLED}, ZELECT_SLOT_GOOD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        uint8_t bytes [ZELECT_SLOT_SIZE];
        zelect_slot_t slot = example;
        slot.record = cases [i].record;
        zelect_slot_pack (&slot, bytes);
        assert_int_equal (zelect_slot_unpack (&slot, bytes), cases [i].answer);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_layout_is_frozen),
        cmocka_unit_test (test_what_is_packed_is_unpacked),
        cmocka_unit_test (test_any_flipped_bit_is_seen),
        cmocka_unit_test (test_impossible_fields_are_damage),
        cmocka_unit_test (test_numbers_have_limits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
