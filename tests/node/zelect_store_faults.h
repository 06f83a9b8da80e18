/*  =========================================================================
    zelect_store_faults - a disk that obeys the test

    The linker sends the store's system calls here (--wrap, see CMakeLists.txt).
    As a rule they go on to the system; a test may have one fail with an errno,
    may look at what was called in which order, and may skip the syncs, which
    cost time and prove nothing as long as the machine stays up.

    What the store's thread reads here is atomic. Included by one file of each
    program.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_STORE_FAULTS_H_INCLUDED
#define ZELECT_STORE_FAULTS_H_INCLUDED

#include "zelect_test.h"

#include "zelect_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULT_CALLS(X)                                                                             \
    X (mkdir)                                                                                      \
    X (open)                                                                                       \
    X (close)                                                                                      \
    X (openat)                                                                                     \
    X (fcntl)                                                                                      \
    X (pread)                                                                                      \
    X (pwrite)                                                                                     \
    X (fdatasync)                                                                                  \
    X (fsync)                                                                                      \
    X (getrandom)                                                                                  \
    X (linkat)                                                                                     \
    X (unlinkat)                                                                                   \
    X (fstat)                                                                                      \
    X (fstatfs)                                                                                    \
    X (calloc)                                                                                     \
    X (strdup)                                                                                     \
    X (pthread_atfork)

#define X(name) FAULT_##name,
typedef enum { FAULT_CALLS (X) FAULT_COUNT } fault_call_t;
#undef X

#define FAULT_SHORT (-1)    //  Instead of an errno: half a write
#define FAULT_DEATH (-2)    //  Instead of an errno: the process dies here
#define FAULT_TRACE_MAX 64

typedef struct {
    fault_call_t call;
    off_t offset;    //  Of a pwrite
    size_t size;
    uint8_t bytes [2 * ZELECT_STORE_SLOT_OFFSET];
} fault_trace_t;

//  A file of the store, as it is or as a test wants it.

typedef struct {
    size_t size;
    uint8_t bytes [2 * ZELECT_STORE_SLOT_OFFSET];
} image_t;

static struct {
    atomic_int call;              //  Which call fails
    atomic_int number;            //  by which errno; 0: none
    atomic_int skip_count;        //  after how many that do not
    atomic_int times;             //  how often
    atomic_int no_sync;           //  1: syncs are skipped
    atomic_int is_gated;          //  1: each fdatasync waits for the gate
    atomic_uint magic;            //  The file system's number
    _Atomic (image_t *) image;    //  Reads and writes go here; NULL: to the file
    atomic_int counts [FAULT_COUNT];
    sem_t gate;
    atomic_int trace_count;    //  -1: not tracing
    fault_trace_t trace [FAULT_TRACE_MAX];
} fault = {.trace_count = -1};

//  --------------------------------------------------------------------------
//  Forget all faults; the disk is sound, and is called ext4 whatever it is.

static inline void
fault_clear (void)
{
    atomic_store (&fault.number, 0);
    atomic_store (&fault.no_sync, 0);
    atomic_store (&fault.is_gated, 0);
    atomic_store (&fault.magic, 0xef53);
    atomic_store (&fault.image, NULL);
    atomic_store (&fault.trace_count, -1);
}

//  --------------------------------------------------------------------------
//  From now on, after `skip_count` more calls, `times` calls fail.

static inline void
fault_set (fault_call_t call, int number, int skip_count, int times)
{
    atomic_store (&fault.call, (int) call);
    atomic_store (&fault.skip_count, skip_count);
    atomic_store (&fault.times, times);
    atomic_store (&fault.number, number);
}

//  --------------------------------------------------------------------------
//  Count and trace a call. Returns what it shall fail by: 0 if not at all.

static inline int
fault_pass (fault_call_t call, off_t offset, const void *bytes, size_t size)
{
    atomic_fetch_add (&fault.counts [call], 1);
    int at = atomic_load (&fault.trace_count);
    if (at >= 0 && at < FAULT_TRACE_MAX) {
        atomic_store (&fault.trace_count, at + 1);
        fault_trace_t *entry = &fault.trace [at];
        entry->call = call;
        entry->offset = offset;
        entry->size = size;
        if (bytes && size <= sizeof entry->bytes)
            memcpy (entry->bytes, bytes, size);
    }
    int number = atomic_load (&fault.number);
    if (number == 0 || atomic_load (&fault.call) != (int) call
        || atomic_fetch_sub (&fault.skip_count, 1) > 0 || atomic_fetch_sub (&fault.times, 1) <= 0)
        return 0;
    if (number == FAULT_DEATH)
        _exit (0);
    errno = number;
    return number;
}

int __real_mkdir (const char *path, mode_t mode);
int __wrap_mkdir (const char *path, mode_t mode);
int __real_open (const char *path, int flags, ...);
int __wrap_open (const char *path, int flags, ...);
int __real_openat (int directory, const char *path, int flags, ...);
int __wrap_openat (int directory, const char *path, int flags, ...);
int __real_close (int handle);
int __wrap_close (int handle);
int __real_fcntl (int handle, int command, ...);
int __wrap_fcntl (int handle, int command, ...);
ssize_t __real_pread (int handle, void *bytes, size_t size, off_t offset);
ssize_t __wrap_pread (int handle, void *bytes, size_t size, off_t offset);
ssize_t __real_pwrite (int handle, const void *bytes, size_t size, off_t offset);
ssize_t __wrap_pwrite (int handle, const void *bytes, size_t size, off_t offset);
int __real_fdatasync (int handle);
int __wrap_fdatasync (int handle);
int __real_fsync (int handle);
int __wrap_fsync (int handle);
ssize_t __real_getrandom (void *bytes, size_t size, unsigned flags);
ssize_t __wrap_getrandom (void *bytes, size_t size, unsigned flags);
int __real_linkat (int from, const char *old, int to, const char *path, int flags);
int __wrap_linkat (int from, const char *old, int to, const char *path, int flags);
int __real_unlinkat (int directory, const char *path, int flags);
int __wrap_unlinkat (int directory, const char *path, int flags);
int __real_fstat (int handle, struct stat *about);
int __wrap_fstat (int handle, struct stat *about);
int __real_fstatfs (int handle, struct statfs *about);
int __wrap_fstatfs (int handle, struct statfs *about);
void *__real_calloc (size_t count, size_t size);
void *__wrap_calloc (size_t count, size_t size);
char *__real_strdup (const char *text);
char *__wrap_strdup (const char *text);
int __real_pthread_atfork (void (*before) (void), void (*parent) (void), void (*child) (void));
int __wrap_pthread_atfork (void (*before) (void), void (*parent) (void), void (*child) (void));

int
__wrap_mkdir (const char *path, mode_t mode)
{
    return fault_pass (FAULT_mkdir, 0, NULL, 0) ? -1 : __real_mkdir (path, mode);
}

int
__wrap_open (const char *path, int flags, ...)
{
    //  The store opens directories only, which needs no mode.
    return fault_pass (FAULT_open, 0, NULL, 0) ? -1 : __real_open (path, flags);
}

int
__wrap_openat (int directory, const char *path, int flags, ...)
{
    return fault_pass (FAULT_openat, 0, NULL, 0)
               ? -1
               : __real_openat (directory, path, flags, S_IRUSR | S_IWUSR);
}

//  A close that fails has closed all the same.

int
__wrap_close (int handle)
{
    int number = fault_pass (FAULT_close, 0, NULL, 0);
    int rc = __real_close (handle);
    if (number == 0)
        return rc;
    errno = number;
    return -1;
}

int
__wrap_fcntl (int handle, int command, ...)
{
    va_list arguments;
    va_start (arguments, command);
    void *argument = va_arg (arguments, void *);
    va_end (arguments);
    return fault_pass (FAULT_fcntl, 0, NULL, 0) ? -1 : __real_fcntl (handle, command, argument);
}

ssize_t
__wrap_pread (int handle, void *bytes, size_t size, off_t offset)
{
    if (fault_pass (FAULT_pread, offset, NULL, size))
        return -1;
    const image_t *image = atomic_load (&fault.image);
    if (!image)
        return __real_pread (handle, bytes, size, offset);
    size_t end = image->size > (size_t) offset ? image->size - (size_t) offset : 0;
    size_t got = size < end ? size : end;
    memcpy (bytes, image->bytes + offset, got);
    return (ssize_t) got;
}

//  Write into the image: only what lies within a file of the store.

static inline ssize_t
fault_write (image_t *image, const void *bytes, size_t size, off_t offset)
{
    size_t end = (size_t) offset + size;
    assert_true (end <= sizeof image->bytes);
    memcpy (image->bytes + offset, bytes, size);
    image->size = end > image->size ? end : image->size;
    return (ssize_t) size;
}

ssize_t
__wrap_pwrite (int handle, const void *bytes, size_t size, off_t offset)
{
    int number = fault_pass (FAULT_pwrite, offset, bytes, size);
    if (number == FAULT_SHORT)
        return __real_pwrite (handle, bytes, size / 2, offset);
    image_t *image = atomic_load (&fault.image);
    if (number)
        return -1;
    return image ? fault_write (image, bytes, size, offset)
                 : __real_pwrite (handle, bytes, size, offset);
}

int
__wrap_fdatasync (int handle)
{
    if (atomic_load (&fault.is_gated))
        sem_wait (&fault.gate);
    if (fault_pass (FAULT_fdatasync, 0, NULL, 0))
        return -1;
    return atomic_load (&fault.no_sync) ? 0 : __real_fdatasync (handle);
}

int
__wrap_fsync (int handle)
{
    if (fault_pass (FAULT_fsync, 0, NULL, 0))
        return -1;
    return atomic_load (&fault.no_sync) ? 0 : __real_fsync (handle);
}

ssize_t
__wrap_getrandom (void *bytes, size_t size, unsigned flags)
{
    return fault_pass (FAULT_getrandom, 0, NULL, 0) ? -1 : __real_getrandom (bytes, size, flags);
}

int
__wrap_linkat (int from, const char *old, int to, const char *path, int flags)
{
    return fault_pass (FAULT_linkat, 0, NULL, 0) ? -1 : __real_linkat (from, old, to, path, flags);
}

int
__wrap_fstatfs (int handle, struct statfs *about)
{
    if (fault_pass (FAULT_fstatfs, 0, NULL, 0))
        return -1;
    int rc = __real_fstatfs (handle, about);
    about->f_type = (__fsword_t) atomic_load (&fault.magic);
    return rc;
}

int
__wrap_unlinkat (int directory, const char *path, int flags)
{
    return fault_pass (FAULT_unlinkat, 0, NULL, 0) ? -1 : __real_unlinkat (directory, path, flags);
}

int
__wrap_fstat (int handle, struct stat *about)
{
    return fault_pass (FAULT_fstat, 0, NULL, 0) ? -1 : __real_fstat (handle, about);
}

void *
__wrap_calloc (size_t count, size_t size)
{
    return fault_pass (FAULT_calloc, 0, NULL, 0) ? NULL : __real_calloc (count, size);
}

char *
__wrap_strdup (const char *text)
{
    return fault_pass (FAULT_strdup, 0, NULL, 0) ? NULL : __real_strdup (text);
}

//  This one returns its error, and leaves errno alone.

int
__wrap_pthread_atfork (void (*before) (void), void (*parent) (void), void (*child) (void))
{
    int saved_errno = errno;
    int number = fault_pass (FAULT_pthread_atfork, 0, NULL, 0);
    errno = saved_errno;
    return number ? number : __real_pthread_atfork (before, parent, child);
}

//  --------------------------------------------------------------------------
//  A directory for each test, below the build; `store` in it is for the store.

typedef struct {
    char root [512];
    char store [600];
    char file [700];
} disk_t;

static inline void
disk_remove (const char *path)
{
    DIR *directory = opendir (path);
    for (struct dirent *entry = NULL; directory && (entry = readdir (directory));) {
        char inner [1024];
        if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
            continue;
        snprintf (inner, sizeof inner, "%.700s/%.255s", path, entry->d_name);
        disk_remove (inner);
    }
    if (directory)
        closedir (directory);
    remove (path);
}

static inline int
disk_setup (void **state)
{
    const char *build = getenv ("ZELECT_BUILD_DIR");
    disk_t *self = (disk_t *) calloc (1, sizeof *self);
    snprintf (self->root, sizeof self->root, "%.400s/store-XXXXXX", build ? build : ".");
    if (!mkdtemp (self->root))
        return -1;
    snprintf (self->store, sizeof self->store, "%s/store", self->root);
    snprintf (self->file, sizeof self->file, "%s/" ZELECT_STORE_FILE, self->store);
    fault_clear ();
    *state = self;
    return 0;
}

static inline int
disk_teardown (void **state)
{
    disk_t *self = (disk_t *) *state;
    fault_clear ();
    disk_remove (self->root);
    free (self);
    return 0;
}

#define disk_test(name) cmocka_unit_test_setup_teardown (name, disk_setup, disk_teardown)

//  --------------------------------------------------------------------------
//  Read the file of the store, and write it anew.

static inline void
disk_read (const disk_t *self, image_t *image)
{
    FILE *file = fopen (self->file, "rb");
    assert_non_null (file);
    memset (image, 0, sizeof *image);
    image->size = fread (image->bytes, 1, sizeof image->bytes, file);
    fclose (file);
}

static inline void
disk_write (const disk_t *self, const image_t *image)
{
    FILE *file = fopen (self->file, "wb");
    assert_non_null (file);
    assert_int_equal (fwrite (image->bytes, 1, image->size, file), image->size);
    assert_int_equal (fclose (file), 0);
}

//  --------------------------------------------------------------------------
//  Records to save, and stores that hold one.

static const zelect_store_record_t record_a = {
    .term = 7, .vote = "alpha", .vote_incarnation = 0x1111, .promise_ns = 500000000, .floor = 3};
static const zelect_store_record_t record_b = {.term = 8,
                                               .vote = "gone-from-the-cluster",
                                               .vote_incarnation = UINT64_MAX,
                                               .promise_ns = 900000000,
                                               .floor = UINT64_MAX};

//  True if two records say the same; the boot count is the store's own matter.

static inline bool
record_equal (const zelect_store_record_t *one, const zelect_store_record_t *other)
{
    return one->term == other->term && strcmp (one->vote, other->vote) == 0
           && one->vote_incarnation == other->vote_incarnation
           && one->promise_ns == other->promise_ns && one->floor == other->floor;
}

static inline zelect_store_t *
store_new (const disk_t *disk)
{
    zelect_store_t *self = zelect_store_new (disk->store, "orders", "node-1");
    assert_non_null (self);
    return self;
}

//  A new store with a record in it, open.

static inline zelect_store_t *
store_create (const disk_t *disk, const zelect_store_record_t *record)
{
    zelect_store_t *self = store_new (disk);
    zelect_store_record_t found;
    assert_int_equal (zelect_store_open (self, &found), 1);
    assert_int_equal (zelect_store_create (self, record), 0);
    return self;
}

//  Open, look and close: what zelect_store_open said.

static inline int
store_look (const disk_t *disk, zelect_store_record_t *record)
{
    zelect_store_t *self = store_new (disk);
    int rc = zelect_store_open (self, record);
    int saved_errno = errno;
    zelect_store_destroy (&self);
    errno = saved_errno;
    return rc;
}

//  Assert that the store on the disk holds this record.

static inline void
store_holds (const disk_t *disk, const zelect_store_record_t *record)
{
    zelect_store_record_t found;
    assert_int_equal (store_look (disk, &found), 0);
    assert_true (record_equal (&found, record));
}

//  How many descriptors this process has.

static inline int
handle_count (void)
{
    int count = 0;
    DIR *directory = opendir ("/proc/self/fd");
    assert_non_null (directory);
    while (readdir (directory))
        count++;
    closedir (directory);
    return count;
}

//  Wait for a child; what it exited with, or minus the signal it died by.

static inline int
child_wait (pid_t child)
{
    int status = 0;
    assert_true (child > 0);
    assert_int_equal (waitpid (child, &status, 0), child);
    return WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
}

#endif
