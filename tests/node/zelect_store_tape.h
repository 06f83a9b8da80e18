/*  =========================================================================
    zelect_store_tape - what the store did to the disk, and any beginning of it

    A power cut is played on a copy of the file: what a call of the store wrote
    is recorded with its syncs, and any beginning of it is put on the disk, the
    last write torn at any byte.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_STORE_TAPE_H_INCLUDED
#define ZELECT_STORE_TAPE_H_INCLUDED

#include "zelect_store_faults.h"

//  The calls of one operation, and the file before it.

typedef struct {
    image_t before;
    int count;
    fault_trace_t trace [FAULT_TRACE_MAX];
} tape_t;

//  --------------------------------------------------------------------------
//  Keep the writes and syncs that were traced, in order.

static inline void
tape_stop (tape_t *tape)
{
    int count = atomic_exchange (&fault.trace_count, -1);
    tape->count = 0;
    assert_true (count < FAULT_TRACE_MAX);
    for (int i = 0; i < count; i++) {
        fault_call_t call = fault.trace [i].call;
        if (call == FAULT_pwrite || call == FAULT_fdatasync || call == FAULT_fsync
            || call == FAULT_linkat)
            tape->trace [tape->count++] = fault.trace [i];
    }
}

//  --------------------------------------------------------------------------
//  Put `size` bytes of a write on the disk: the first ones, or the last.

static inline void
tape_apply (image_t *disk, const fault_trace_t *write, size_t size, bool from_end)
{
    size_t skip = from_end ? write->size - size : 0;
    size_t at = (size_t) write->offset + skip;
    assert_true (at + size <= sizeof disk->bytes);
    memcpy (disk->bytes + at, write->bytes + skip, size);
    if (at + size > disk->size)
        disk->size = at + size;
}

//  --------------------------------------------------------------------------
//  The disk after the first `count` entries of the tape.

static inline void
tape_replay (const tape_t *tape, int count, image_t *disk)
{
    *disk = tape->before;
    for (int i = 0; i < count; i++)
        if (tape->trace [i].call == FAULT_pwrite)
            tape_apply (disk, &tape->trace [i], tape->trace [i].size, false);
}

//  --------------------------------------------------------------------------
//  The tapes of a save of record B over A, and of an opening of the result.

static inline void
tape_save (const disk_t *disk, tape_t *tape)
{
    zelect_store_t *store = store_create (disk, &record_a);
    disk_read (disk, &tape->before);
    atomic_store (&fault.trace_count, 0);
    assert_int_equal (zelect_store_save (store, &record_b), 0);
    tape_stop (tape);
    zelect_store_destroy (&store);
}

static inline void
tape_open (const disk_t *disk, tape_t *tape)
{
    zelect_store_record_t found;
    const image_t *image = atomic_load (&fault.image);
    if (image)
        tape->before = *image;
    else
        disk_read (disk, &tape->before);
    atomic_store (&fault.trace_count, 0);
    assert_int_equal (store_look (disk, &found), 0);
    tape_stop (tape);
}

#endif
