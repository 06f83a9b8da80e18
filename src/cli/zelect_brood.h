/*  =========================================================================
    zelect_brood - all that descends from this process, to the last grandchild

    A process that called setsid, or was left by its parent, is in no group that
    could be signalled. But who is a subreaper stays the ancestor of all that ever
    came from it, so they are found by their parents, in /proc.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_BROOD_H_INCLUDED
#define ZELECT_BROOD_H_INCLUDED

#include <sys/types.h>

//  --------------------------------------------------------------------------
//  Become the parent of whatever loses its own below this process.

int zelect_brood_adopt (void);

//  --------------------------------------------------------------------------
//  Send a signal to every descendant that there is at this moment, but not to the one
//  that is spared (0: none). One that is being forked may be missed: whoever kills, does
//  so until none is left.

void zelect_brood_signal (int number, pid_t spared);

//  --------------------------------------------------------------------------
//  Kill every descendant and wait for its end, at most timeout_ms milliseconds.
//  Returns 0 when none is left, else -1: one hangs in the kernel.

int zelect_brood_end (int timeout_ms);

#endif
