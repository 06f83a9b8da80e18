/*  =========================================================================
    zelect_interrupt - calls that are interrupted are made again

    All signals are blocked in the threads of a node. What interrupts a call all
    the same are glibc's own, by which a host that gives up its privileges has
    each of its threads do so, and the end of a stop. A poll or a receive that is
    given up then may have read what the descriptor told, and nobody would be
    told again.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_INTERRUPT_H_INCLUDED
#define ZELECT_INTERRUPT_H_INCLUDED

#include <errno.h>
#include <stdbool.h>

//  --------------------------------------------------------------------------
//  True if a call that returned `rc` was interrupted.

static inline bool
zelect_is_interrupted (int rc)
{
    return rc < 0 && errno == EINTR;
}

#endif
