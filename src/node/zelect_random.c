/*  =========================================================================
    zelect_random - random words for the core

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_random.h"
#include "zelect_clock.h"

#include <assert.h>
#include <sys/random.h>

//  Without the kernel's help (a seccomp filter may forbid the call) the clock
//  and the address of the generator still tell nodes apart.

void
zelect_random_init (zelect_random_t *self)
{
    assert (self);
    if (getrandom (&self->state, sizeof (self->state), 0) != sizeof (self->state))
        self->state = zelect_clock_ns () ^ (uintptr_t) self;
}

//  Source: splitmix64 (Steele, Lea, Flood 2014).

uint64_t
zelect_random_next (zelect_random_t *self)
{
    self->state += UINT64_C (0x9e3779b97f4a7c15);
    uint64_t word = self->state;
    word = (word ^ (word >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C (0x94d049bb133111eb);
    return word ^ (word >> 31);
}
