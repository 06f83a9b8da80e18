/*  =========================================================================
    tally - counts who takes memory from the heap, by the library that asks

    Preloaded into a process (LD_PRELOAD) it counts the calls of malloc and its
    kin into the file that BENCH_TALLY names, which any process may read: eight
    numbers, one for each of s_owners below. A call of the C library's own (by
    strdup, say) counts for whoever called that.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OWNERS 8
#define SEGMENTS_MAX 64
#define DEPTH 12

//  Whose calls are told apart; for some it is their caller who counts. The rest
//  is the program's and others'.
static const char *const s_owners [OWNERS] = {
    "/libzelect.so", "/libzmq.so",    "/libczmq.so", "/libprotobuf-c.so",
    "/libc.so",      "/libstdc++.so", "/tally.so",   NULL,
};

#define OWNER_AGENT 4    //  The first who acts for another
#define OWNER_OTHER 7

typedef struct {
    uintptr_t first;
    uintptr_t last;
    size_t owner;
} segment_t;

static segment_t s_segments [SEGMENTS_MAX];
static size_t s_segment_count;
static _Atomic uint64_t *s_counts;    //  NULL until all is set up
static _Thread_local bool s_is_inside __attribute__ ((tls_model ("initial-exec")));

//  The C library's own.
extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t count, size_t size);
extern void *__libc_realloc (void *memory, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);

static size_t
s_owner (const void *address)
{
    uintptr_t place = (uintptr_t) address;
    for (size_t at = 0; at < s_segment_count; at++)
        if (place >= s_segments [at].first && place < s_segments [at].last)
            return s_segments [at].owner;
    return OWNER_OTHER;
}

//  Note where the code of a library lies.

static int
s_note (struct dl_phdr_info *info, size_t size, void *arg)
{
    (void) size;
    (void) arg;
    size_t owner = 0;
    while (s_owners [owner] && !strstr (info->dlpi_name, s_owners [owner]))
        owner++;
    for (size_t at = 0; at < info->dlpi_phnum && s_segment_count < SEGMENTS_MAX; at++)
        if (info->dlpi_phdr [at].p_type == PT_LOAD && (info->dlpi_phdr [at].p_flags & PF_X)) {
            uintptr_t first = info->dlpi_addr + info->dlpi_phdr [at].p_vaddr;
            s_segments [s_segment_count++] =
                (segment_t){first, first + info->dlpi_phdr [at].p_memsz, owner};
        }
    return 0;
}

__attribute__ ((constructor)) static void
s_set_up (void)
{
    const char *filename = getenv ("BENCH_TALLY");
    int handle = filename ? open (filename, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    const size_t size = OWNERS * sizeof (uint64_t);
    if (handle < 0 || ftruncate (handle, (off_t) size))
        return;
    void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close (handle);
    //  The first walk over a stack loads a library
    void *frames [DEPTH];
    backtrace (frames, DEPTH);
    dl_iterate_phdr (s_note, NULL);
    if (memory != MAP_FAILED)
        s_counts = memory;
}

static void
s_count (void)
{
    if (!s_counts || s_is_inside)
        return;
    s_is_inside = true;
    void *frames [DEPTH];
    int count = backtrace (frames, DEPTH);
    size_t owner = OWNER_OTHER;
    for (int at = 0; at < count; at++) {
        owner = s_owner (frames [at]);
        if (owner < OWNER_AGENT || owner == OWNER_OTHER)
            break;
    }
    atomic_fetch_add (&s_counts [owner], 1);
    s_is_inside = false;
}

//  --------------------------------------------------------------------------
//  What is called instead of the C library's

void *
malloc (size_t size)
{
    s_count ();
    return __libc_malloc (size);
}

void *
calloc (size_t count, size_t size)
{
    s_count ();
    return __libc_calloc (count, size);
}

void *
realloc (void *memory, size_t size)
{
    s_count ();
    return __libc_realloc (memory, size);
}

void *
memalign (size_t alignment, size_t size)
{
    s_count ();
    return __libc_memalign (alignment, size);
}

void *
aligned_alloc (size_t alignment, size_t size)
{
    s_count ();
    return __libc_memalign (alignment, size);
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
    s_count ();
    *memory = __libc_memalign (alignment, size);
    return *memory ? 0 : ENOMEM;
}
