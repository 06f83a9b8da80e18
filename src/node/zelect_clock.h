/*  =========================================================================
    zelect_clock - the clock of the election, and the place it runs at

    Leases and promises are measured on CLOCK_BOOTTIME: it goes on while the
    machine is suspended, and nobody can set it (R7). The wall clock is for
    people only. Two processes share a host when they agree on the boot id and
    on the network namespace.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CLOCK_H_INCLUDED
#define ZELECT_CLOCK_H_INCLUDED

#include <stdint.h>

//  --------------------------------------------------------------------------
//  Nanoseconds of CLOCK_BOOTTIME. Any thread; no system call on common machines.

uint64_t zelect_clock_ns (void);

//  --------------------------------------------------------------------------
//  Milliseconds since 1970 on the wall clock, to show to people.

uint64_t zelect_clock_wall_ms (void);

//  --------------------------------------------------------------------------
//  A number that stands for this boot of this machine; 0 if it cannot be told.

uint64_t zelect_clock_boot_id (void);

//  --------------------------------------------------------------------------
//  A number that stands for this thread's network namespace on this boot; 0 if
//  it cannot be told.

uint64_t zelect_clock_namespace_id (void);

#endif
