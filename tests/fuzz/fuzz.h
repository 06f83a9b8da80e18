/*  =========================================================================
    fuzz - what the fuzz targets share

    A target gets bytes that libFuzzer made up and does something with them
    that has to hold whatever they are. FUZZ_CHECK is for that which has to
    hold; the sanitizers see the rest.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef FUZZ_H_INCLUDED
#define FUZZ_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  What libFuzzer calls, and what it offers to a mutator.
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int LLVMFuzzerInitialize (int *argc, char ***argv);
size_t LLVMFuzzerMutate (uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max_size, unsigned int seed);

#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf (stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);             \
            abort ();                                                                              \
        }                                                                                          \
    } while (0)

//  --------------------------------------------------------------------------
//  The bytes of an input, taken from the front. What is taken behind the end
//  is zero.

typedef struct {
    const uint8_t *at;
    size_t left;
} fuzz_bytes_t;

static inline uint64_t
fuzz_take (fuzz_bytes_t *self, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size && self->left > 0; i++, self->left--)
        value |= (uint64_t) *self->at++ << (8 * i);
    return value;
}

//  --------------------------------------------------------------------------
//  A mutator for an input that is a head and then records of one size: leaves
//  them aligned. Half of the time it is libFuzzer's own.

static inline size_t
fuzz_mutate_records (uint8_t *data,
                     size_t size,
                     size_t max_size,
                     unsigned int seed,
                     size_t head,
                     size_t record)
{
    size_t count = size > head ? (size - head) / record : 0;
    if (seed % 2 == 0 || count == 0)
        return LLVMFuzzerMutate (data, size, max_size);
    uint8_t *list = data + head;
    size_t one = seed / 16 % count, other = seed / 4096 % count;
    size = head + count * record;
    switch (seed / 2 % 8) {
    case 0:    //  Drop one
        memmove (list + one * record, list + (one + 1) * record, (count - one - 1) * record);
        return size - record;
    case 1:    //  Repeat one, or copy it elsewhere
    case 2:
        if (size + record > max_size)
            return size;
        memmove (list + (one + 1) * record, list + one * record, (count - one) * record);
        if (seed / 2 % 8 == 2)
            memmove (list + one * record, list + (other + (other > one)) * record, record);
        return size + record;
    case 3:    //  Overwrite one by another
        memmove (list + one * record, list + other * record, record);
        return size;
    case 4:    //  Cut off the end
        return head + (one + 1) * record;
    default:    //  Change one
        LLVMFuzzerMutate (list + one * record, record, record);
        return size;
    }
}

#endif
