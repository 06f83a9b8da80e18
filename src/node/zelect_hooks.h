/*  =========================================================================
    zelect_hooks - points at which a test can hurt a real process

    Built with ZELECT_HOOKS only; in a release all of it is nothing. What to do
    is read from the environment:

        ZELECT_KILL_AT=NAME[:N]         SIGKILL at the N-th passing of the point
                                        NAME (N is 1 if left out)
        ZELECT_SAVE_DELAY_MS=N          each save of the vote record takes N ms
                                        longer, between its two slots
        ZELECT_SAVE_FAIL=ERRNO[:N]      each save after the first N (0 if left
                                        out) fails: EIO, ENOSPC, EDQUOT, EROFS
        ZELECT_LEASE_STRETCH_MS=N       each lease runs N ms longer than it may,
                                        and is never withdrawn

    Points: before-save, between-slots, after-save (zelect_store; opening and
    creating pass none of them), before-send, after-send (the node). Passings
    are counted over all nodes of a process; one name stands in one file only.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_HOOKS_H_INCLUDED
#define ZELECT_HOOKS_H_INCLUDED

#ifdef ZELECT_HOOKS

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

//  --------------------------------------------------------------------------
//  If the variable says "NAME" or "NAME:N" with this name, store N (or the
//  given default) and return 1; else 0.

static inline int
zelect_hook_reads (const char *variable, const char *name, unsigned long *number)
{
    const char *text = getenv (variable);
    size_t size = strlen (name);
    if (!text || strncmp (text, name, size) != 0)
        return 0;
    if (text [size] == ':')
        *number = strtoul (text + size + 1, NULL, 10);
    return text [size] == ':' || text [size] == 0;
}

//  --------------------------------------------------------------------------
//  Die here, if this is the place and the time.

static inline void
zelect_hook_pass (const char *name)
{
    static atomic_ulong passed_count;
    unsigned long wanted_count = 1;
    if (zelect_hook_reads ("ZELECT_KILL_AT", name, &wanted_count)
        && atomic_fetch_add (&passed_count, 1) + 1 == wanted_count)
        raise (SIGKILL);
}

//  --------------------------------------------------------------------------
//  Be a slow disk.

static inline void
zelect_hook_delay (void)
{
    const char *text = getenv ("ZELECT_SAVE_DELAY_MS");
    if (text)
        poll (NULL, 0, (int) strtol (text, NULL, 10));
}

//  --------------------------------------------------------------------------
//  Be a broken disk: returns the errno that this save fails with, or 0.

static inline int
zelect_hook_failure (void)
{
    static const struct {
        const char *name;
        int number;
    } failures [] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};
    static atomic_ulong save_count;
    unsigned long after_count = 0;
    for (size_t i = 0; i < sizeof failures / sizeof failures [0]; i++)
        if (zelect_hook_reads ("ZELECT_SAVE_FAIL", failures [i].name, &after_count))
            return atomic_fetch_add (&save_count, 1) < after_count ? 0 : failures [i].number;
    return 0;
}

//  --------------------------------------------------------------------------
//  Be a node that holds its lease for too long, so that those who watch for two
//  leaders have something to see. Stretches the end of a lease; returns 0 if it
//  shall not be set, since it is the withdrawal of one.

static inline int
zelect_hook_stretch (uint64_t *until_ns)
{
    const char *text = getenv ("ZELECT_LEASE_STRETCH_MS");
    if (!text)
        return 1;
    if (*until_ns == 0)
        return 0;
    *until_ns += (uint64_t) strtoul (text, NULL, 10) * UINT64_C (1000000);
    return 1;
}

#define ZELECT_HOOK(name) zelect_hook_pass (name)
#define ZELECT_HOOK_DELAY() zelect_hook_delay ()
#define ZELECT_HOOK_FAILURE() zelect_hook_failure ()
#define ZELECT_HOOK_STRETCH(until_ns) zelect_hook_stretch (until_ns)

#else

#define ZELECT_HOOK(name) ((void) 0)
#define ZELECT_HOOK_DELAY() ((void) 0)
#define ZELECT_HOOK_FAILURE() 0
#define ZELECT_HOOK_STRETCH(until_ns) 1

#endif
#endif
