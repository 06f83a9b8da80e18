/*  =========================================================================
    ballast - makes a process heavy

    Preloaded (LD_PRELOAD) it takes BENCH_BALLAST_MIB of memory and writes to
    each page of it, as an application with a large heap has done. BENCH_BALLAST
    says how:

        small     in pages of 4 KiB
        huge      in pages of 2 MiB, where the kernel has any
        shared    in small pages, with a helper that shares them: when the
                  process dies, its memory is still in use and stays, so that
                  its sockets are closed at once. The helper dies after it, and
                  only then the kernel has to give back page by page

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIB (UINT64_C (1) << 20)
#define STACK_SIZE 65536
#define FAILED 125

//  The helper has no more to do than to be there.

static int
s_help (void *arg)
{
    (void) arg;
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    while (true)
        pause ();
    return 0;
}

static void
s_start_helper (void)
{
    static uint8_t stack [STACK_SIZE] __attribute__ ((aligned (64)));
    if (clone (s_help, stack + sizeof stack, CLONE_VM | CLONE_FS, NULL) == -1)
        _exit (FAILED);
}

__attribute__ ((constructor)) static void
s_load (void)
{
    const char *mib = getenv ("BENCH_BALLAST_MIB"), *how = getenv ("BENCH_BALLAST");
    if (!mib || !how)
        return;
    size_t size = strtoul (mib, NULL, 10) * MIB;
    void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        _exit (FAILED);
    madvise (memory, size, strcmp (how, "huge") == 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    memset (memory, 1, size);
    if (strcmp (how, "shared") == 0)
        s_start_helper ();
}
