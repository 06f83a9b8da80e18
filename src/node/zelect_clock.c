/*  =========================================================================
    zelect_clock - the clock of the election, and the place it runs at

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_clock.h"

#include <assert.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t
s_read (clockid_t id, uint64_t unit_ns)
{
    struct timespec now;
    int rc = clock_gettime (id, &now);
    assert (rc == 0);
    (void) rc;
    return ((uint64_t) now.tv_sec * UINT64_C (1000000000) + (uint64_t) now.tv_nsec) / unit_ns;
}

uint64_t
zelect_clock_ns (void)
{
    return s_read (CLOCK_BOOTTIME, 1);
}

uint64_t
zelect_clock_wall_ms (void)
{
    return s_read (CLOCK_REALTIME, UINT64_C (1000000));
}

//  FNV-1a: the boot id is 16 random bytes as text, so any hash spreads it.

uint64_t
zelect_clock_boot_id (void)
{
    int handle = open ("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return 0;
    char text [64];
    ssize_t size = read (handle, text, sizeof (text));
    close (handle);

    uint64_t hash = UINT64_C (0xcbf29ce484222325);
    for (ssize_t index = 0; index < size; index++)
        hash = (hash ^ (unsigned char) text [index]) * UINT64_C (0x100000001b3);
    return size > 0 ? hash : 0;
}

uint64_t
zelect_clock_namespace_id (void)
{
    struct stat about;
    return stat ("/proc/thread-self/ns/net", &about) == 0 ? (uint64_t) about.st_ino : 0;
}
