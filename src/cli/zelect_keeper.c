/*  =========================================================================
    zelect_keeper - a command that never outlives the lease that it works under

    The supervisor's side.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_keeper.h"
#include "zelect_brood.h"
#include "zelect_cli.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C (1000000)    //  Nanoseconds
#define LAST_MS 10000            //  How long the dying are waited for
#define LOCK_SUFFIX ".lock"      //  Beside the path of an ipc endpoint

struct _zelect_keeper_t {
    const zelect_keeper_plan_t *plan;
    zelect_keeper_page_t *page;
    int wire;
    pid_t pid;
};


//  --------------------------------------------------------------------------
//  Life

//  In the child. The guardian is no member of the supervisor's group, so that what
//  stops or kills a whole group leaves it; when the supervisor dies, the kernel lets
//  it go on if it was stopped.

static void
s_become_guardian (const zelect_keeper_t *self, int wire, pid_t parent)
{
    setpgid (0, 0);
    prctl (PR_SET_PDEATHSIG, SIGCONT);
    if (getppid () != parent)
        _exit (0);    //  There is nothing to guard yet
    close (self->wire);
    zelect_guardian_live (self->plan, self->page, wire);
    _exit (0);
}

zelect_keeper_t *
zelect_keeper_new (const zelect_keeper_plan_t *plan)
{
    int wires [2];
    zelect_keeper_t *self = calloc (1, sizeof (zelect_keeper_t));
    if (!self || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires)) {
        free (self);
        return NULL;
    }
    void *page = mmap (NULL, sizeof (zelect_keeper_page_t), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    self->plan = plan;
    self->wire = wires [0];
    self->page = page == MAP_FAILED ? NULL : page;
    const pid_t parent = getpid ();
    self->pid = self->page && zelect_brood_adopt () == 0 ? fork () : -1;
    if (self->pid == 0)
        s_become_guardian (self, wires [1], parent);
    close (wires [1]);
    if (self->pid == -1)
        zelect_keeper_destroy (&self);
    return self;
}

void
zelect_keeper_destroy (zelect_keeper_t **self_p)
{
    zelect_keeper_t *self = *self_p;
    if (!self)
        return;
    const int code = errno;
    while (zelect_brood_end (LAST_MS))
        zelect_cli_error (NULL, "something of the command cannot be killed; until it is gone this "
                                "node goes on leading, and nobody else does the work");
    close (self->wire);
    if (self->page)
        munmap (self->page, sizeof (zelect_keeper_page_t));
    free (self);
    *self_p = NULL;
    errno = code;
}


//  --------------------------------------------------------------------------
//  What the guardian holds

static bool
s_is_held (int folder, const char *name, int handle)
{
    int listens = 0;
    socklen_t size = sizeof (listens);
    if (getsockopt (handle, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0)
        return listens != 0;
    char path [PATH_MAX];
    const ssize_t length = readlinkat (folder, name, path, sizeof (path));
    const ssize_t suffix = (ssize_t) strlen (LOCK_SUFFIX);
    return length > suffix && memcmp (path + length - suffix, LOCK_SUFFIX, (size_t) suffix) == 0;
}

static size_t
s_find_held (int held [ZELECT_KEEPER_HELD_MAX])
{
    size_t count = 0;
    DIR *folder = opendir ("/proc/self/fd");
    if (!folder)
        return 0;
    const struct dirent *entry;
    while ((entry = readdir (folder)) && count < ZELECT_KEEPER_HELD_MAX) {
        char *end;
        const long handle = strtol (entry->d_name, &end, 10);
        if (end != entry->d_name && !*end
            && s_is_held (dirfd (folder), entry->d_name, (int) handle))
            held [count++] = (int) handle;
    }
    closedir (folder);
    return count;
}

int
zelect_keeper_hold (zelect_keeper_t *self)
{
    int held [ZELECT_KEEPER_HELD_MAX];
    const size_t size = s_find_held (held) * sizeof (int);
    if (size == 0) {
        errno = ENOENT;
        return -1;
    }
    zelect_keeper_order_t order = {.verb = ZELECT_KEEPER_HOLD};
    struct iovec part = {.iov_base = &order, .iov_len = sizeof (order)};
    union {
        struct cmsghdr header;
        char room [CMSG_SPACE (sizeof (held))];
    } control = {0};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN (size);
    memcpy (CMSG_DATA (&control.header), held, size);
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = CMSG_SPACE (size)};
    return sendmsg (self->wire, &message, MSG_NOSIGNAL) == -1 ? -1 : 0;
}


//  --------------------------------------------------------------------------
//  Orders and reports. A guardian that is stopped reads nothing: never wait for it.

int
zelect_keeper_tell (zelect_keeper_t *self, const zelect_keeper_order_t *order)
{
    const ssize_t sent = send (self->wire, order, sizeof (*order), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == sizeof (*order) || errno == EAGAIN ? 0 : -1;
}

void
zelect_keeper_renew (zelect_keeper_t *self, uint64_t until_ns)
{
    atomic_store (&self->page->until_ns, until_ns);
}

int
zelect_keeper_fd (const zelect_keeper_t *self)
{
    return self->wire;
}

int
zelect_keeper_recv (zelect_keeper_t *self, zelect_keeper_report_t *report)
{
    const ssize_t size = recv (self->wire, report, sizeof (*report), MSG_DONTWAIT);
    if (size == sizeof (*report))
        return 1;
    return size == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

uint64_t
zelect_keeper_deadline_ns (const zelect_keeper_t *self)
{
    return atomic_load (&self->page->until_ns) - (uint64_t) self->plan->margin_ms * MS / 2;
}

void
zelect_keeper_kill (zelect_keeper_t *self)
{
    zelect_brood_signal (SIGKILL, self->pid);
    kill (self->pid, SIGCONT);
}
