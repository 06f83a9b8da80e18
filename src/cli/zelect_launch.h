/*  =========================================================================
    zelect_launch - start a program of the user's

    No shell: the words are the program and its arguments. It has a process group
    of its own and its signals as usual, it dies with the process that started it,
    and it is told about the election by its environment.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_LAUNCH_H_INCLUDED
#define ZELECT_LAUNCH_H_INCLUDED

#include <stdint.h>
#include <sys/types.h>

//  What becomes ZELECT_CLUSTER, ZELECT_NODE, ZELECT_ROLE, ZELECT_TERM (the fencing
//  token), ZELECT_LEADER and ZELECT_REASON.

typedef struct {
    const char *cluster;
    const char *node;
    const char *role;
    uint64_t term;
    const char *leader;    //  "" if it is not known
    const char *reason;
    uint64_t latest_ns;    //  It must not begin at or after that time, CLOCK_BOOTTIME
} zelect_launch_t;

//  --------------------------------------------------------------------------
//  Start it, from a process without threads. Returns its pid, or -1 with errno
//  if it cannot be executed; ETIME if it is too late.

pid_t zelect_launch (const zelect_launch_t *self, char *const *words);

//  --------------------------------------------------------------------------
//  Let this process go before others, so far as it may. What it launches is
//  treated as before.

void zelect_launch_hurry (void);

#endif
