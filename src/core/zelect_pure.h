/*  =========================================================================
    zelect_pure - included last by each source of the core: what it may not use

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PURE_H_INCLUDED
#define ZELECT_PURE_H_INCLUDED

#pragma GCC poison malloc calloc realloc free
#pragma GCC poison rand srand time clock_gettime gettimeofday
#pragma GCC poison printf fprintf puts open read write

#endif
