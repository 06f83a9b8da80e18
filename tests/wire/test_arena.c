/*  =========================================================================
    test_arena - the memory that a hostile frame may cost

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_arena.h"
#include "zelect_test.h"

#include <string.h>

static void
test_arena_ends_where_it_ends (void **state)
{
    (void) state;
    zelect_arena_t arena;
    zelect_arena_init (&arena);
    ProtobufCAllocator *allocator = &arena.allocator;
    assert_null (allocator->alloc (allocator->allocator_data, SIZE_MAX));
    size_t largest_size = ZELECT_ARENA_SIZE - 2 * alignof (max_align_t);
    assert_null (allocator->alloc (allocator->allocator_data, largest_size + 1));
    assert_non_null (allocator->alloc (allocator->allocator_data, largest_size));
    assert_null (allocator->alloc (allocator->allocator_data, 1));
    zelect_arena_init (&arena);
    size_t count = 0;
    for (void *block; (block = allocator->alloc (allocator->allocator_data, 100)); count++) {
        assert_int_equal ((uintptr_t) block % alignof (max_align_t), 0);
        assert_int_equal (zelect_arena_block_size (&arena, block), 100);
        memset (block, 0xff, 100);
        allocator->free (allocator->allocator_data, block);
    }
    assert_in_range (count, 60, 81);
    assert_int_equal (zelect_arena_block_size (&arena, &count), 0);
    //  The size before the first block is no block
    assert_int_equal (zelect_arena_block_size (&arena, arena.bytes), 0);
    assert_int_equal (zelect_arena_block_size (&arena, NULL), 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_arena_ends_where_it_ends),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
