/*  =========================================================================
    zelect_lock - a file that only one holder in the whole machine has open

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct _zelect_lock_t {
    zelect_lock_t *next;    //  Another lock of this process
    atomic_int handle;      //  Atomic: fork () may take it from under a user
};

//  The locks of this process. The mutex covers the time from before a file is
//  opened to when it stands in the list: a child made in between would keep it.
static struct {
    pthread_mutex_t mutex;
    zelect_lock_t *first;
    bool is_watching;    //  fork () calls us
} s_locks = {.mutex = PTHREAD_MUTEX_INITIALIZER};


static void
s_before_fork (void)
{
    pthread_mutex_lock (&s_locks.mutex);
}

static void
s_after_fork_in_parent (void)
{
    pthread_mutex_unlock (&s_locks.mutex);
}

static void
s_after_fork_in_child (void)
{
    for (zelect_lock_t *lock = s_locks.first; lock; lock = lock->next)
        close (atomic_exchange (&lock->handle, -1));
    s_locks.first = NULL;
    pthread_mutex_unlock (&s_locks.mutex);
}

//  --------------------------------------------------------------------------
//  Open the file, but not as 0, 1 or 2: in a process that closed those, a
//  stray print would go into the file.

static int
s_open (int directory, const char *name, int flags)
{
    int handle = openat (directory, name, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
                         S_IRUSR | S_IWUSR);
    if (handle == -1 || handle > STDERR_FILENO)
        return handle;
    int higher = fcntl (handle, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int saved_errno = errno;
    close (handle);
    errno = saved_errno;
    return higher;
}

//  --------------------------------------------------------------------------
//  Open the file and put it into the list, as one step to fork ().

static int
s_register (zelect_lock_t *self, int directory, const char *name, int flags)
{
    int rc = 0;
    pthread_mutex_lock (&s_locks.mutex);
    if (!s_locks.is_watching)
        rc = pthread_atfork (s_before_fork, s_after_fork_in_parent, s_after_fork_in_child);
    s_locks.is_watching = rc == 0;
    int handle = rc == 0 ? s_open (directory, name, flags) : -1;
    if (handle != -1) {
        atomic_store (&self->handle, handle);
        self->next = s_locks.first;
        s_locks.first = self;
    }
    pthread_mutex_unlock (&s_locks.mutex);
    if (rc != 0)
        errno = rc;
    return handle == -1 ? -1 : 0;
}

//  --------------------------------------------------------------------------
//  Lock the whole file (F_WRLCK) or let go of it (F_UNLCK).

static int
s_set (int handle, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl (handle, F_OFD_SETLK, &whole);
}

//  --------------------------------------------------------------------------
//  Lock the file; -1 with EBUSY if another has it.

static int
s_lock (zelect_lock_t *self)
{
    struct stat about;
    int handle = atomic_load (&self->handle);
    if (fstat (handle, &about) == -1)
        return -1;
    if (!S_ISREG (about.st_mode)) {
        errno = EMEDIUMTYPE;
        return -1;
    }
    if (s_set (handle, F_WRLCK) == 0)
        return 0;
    if (errno == EAGAIN || errno == EACCES)
        errno = EBUSY;
    return -1;
}

//  --------------------------------------------------------------------------
//  Open a regular file for reading and writing, and lock it.

zelect_lock_t *
zelect_lock_new (int directory, const char *name, int flags)
{
    assert (name);
    zelect_lock_t *self = (zelect_lock_t *) calloc (1, sizeof *self);
    if (!self)
        return NULL;
    atomic_init (&self->handle, -1);
    if (s_register (self, directory, name, flags) == -1 || s_lock (self) == -1) {
        int saved_errno = errno;
        zelect_lock_destroy (&self);
        errno = saved_errno;
    }
    return self;
}

//  --------------------------------------------------------------------------
//  Close the file and let go of the lock.

void
zelect_lock_destroy (zelect_lock_t **self_p)
{
    assert (self_p);
    zelect_lock_t *self = *self_p;
    if (!self)
        return;
    pthread_mutex_lock (&s_locks.mutex);
    zelect_lock_t **link = &s_locks.first;
    while (*link && *link != self)
        link = &(*link)->next;
    if (*link)
        *link = self->next;
    int handle = atomic_load (&self->handle);
    //  Closing alone would leave the lock to a child that has not run yet.
    if (handle != -1) {
        s_set (handle, F_UNLCK);
        close (handle);
    }
    pthread_mutex_unlock (&s_locks.mutex);
    free (self);
    *self_p = NULL;
}

//  --------------------------------------------------------------------------
//  The descriptor of the file; -1 in a child of the process that opened it.

int
zelect_lock_handle (zelect_lock_t *self)
{
    assert (self);
    return atomic_load (&self->handle);
}
