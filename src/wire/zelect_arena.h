/*  =========================================================================
    zelect_arena - a purse of fixed size for protobuf-c to spend

    protobuf-c asks an allocator for each string and each unknown field of a
    message. This one gives from a fixed array, usually on the caller's stack,
    and takes nothing back: when the array is used up, unpacking fails, and
    when the function returns, everything is gone. The array is large enough
    for every message of zelect.proto with some dozens of unknown fields.

    It also remembers how much each block was asked for, which tells a string
    with a zero byte inside from one without (protobuf-c keeps no lengths).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_ARENA_H_INCLUDED
#define ZELECT_ARENA_H_INCLUDED

#include <protobuf-c/protobuf-c.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#define ZELECT_ARENA_SIZE 8192

typedef struct {
    ProtobufCAllocator allocator;    //  Hand this to protobuf-c
    size_t used;
    alignas (max_align_t) uint8_t bytes [ZELECT_ARENA_SIZE];
} zelect_arena_t;

//  --------------------------------------------------------------------------
//  Empty the arena. It must not be moved while it is in use.

void zelect_arena_init (zelect_arena_t *self);

//  --------------------------------------------------------------------------
//  The size that was asked for when this block was given out; 0 if the block
//  is not of this arena, as protobuf-c's default "" is not.

size_t zelect_arena_block_size (const zelect_arena_t *self, const void *block);

#endif
