/*  =========================================================================
    zelect_spread - how times are spread: percentiles, and a picture of letters

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_SPREAD_H_INCLUDED
#define ZELECT_SPREAD_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

//  --------------------------------------------------------------------------
//  Sort times: the other functions want them so, and at least one.

void zelect_spread_sort (uint64_t *times_ns, size_t count);

//  --------------------------------------------------------------------------
//  The least of the times that so many of a hundred do not exceed, in ms.

double zelect_spread_ms (const uint64_t *times_ns, size_t count, unsigned percent);

//  --------------------------------------------------------------------------
//  Print how many lie where, on a logarithmic axis, a line for each span from
//  the first to the last that has any.

void zelect_spread_print (const uint64_t *times_ns, size_t count);

#endif
