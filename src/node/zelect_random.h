/*  =========================================================================
    zelect_random - random words for the core

    Every node has a generator of its own, seeded by the kernel, so that nodes
    which start at the same instant do not draw the same timeouts.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_RANDOM_H_INCLUDED
#define ZELECT_RANDOM_H_INCLUDED

#include <stdint.h>

typedef struct {
    uint64_t state;
} zelect_random_t;

//  --------------------------------------------------------------------------
//  Seed from the kernel.

void zelect_random_init (zelect_random_t *self);

//  --------------------------------------------------------------------------
//  The next word.

uint64_t zelect_random_next (zelect_random_t *self);

#endif
