/*  =========================================================================
    zelect_launch - start a program of the user's

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_launch.h"
#include "zelect_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

//  How this process was scheduled before it was in a hurry.
static struct {
    bool is_known;
    int policy;
    struct sched_param parameters;
} s_before;

void
zelect_launch_hurry (void)
{
    s_before.policy = sched_getscheduler (0);
    s_before.is_known = s_before.policy != -1 && sched_getparam (0, &s_before.parameters) == 0;
    const struct sched_param first = {.sched_priority = sched_get_priority_min (SCHED_RR)};
    if (s_before.is_known)
        sched_setscheduler (0, SCHED_RR, &first);
    mlockall (MCL_CURRENT);
}

static void
s_tell (const zelect_launch_t *self)
{
    char term [24];
    snprintf (term, sizeof (term), "%" PRIu64, self->term);
    setenv ("ZELECT_CLUSTER", self->cluster, 1);
    setenv ("ZELECT_NODE", self->node, 1);
    setenv ("ZELECT_ROLE", self->role, 1);
    setenv ("ZELECT_TERM", term, 1);
    setenv ("ZELECT_LEADER", self->leader, 1);
    setenv ("ZELECT_REASON", self->reason, 1);
}

//  In the child. What was ignored or blocked above stays so over an exec unless it is
//  undone.

static void
s_become (const zelect_launch_t *self, char *const *words, pid_t parent, int trouble)
{
    setpgid (0, 0);
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (getppid () != parent)
        _exit (1);    //  It died before the kernel was asked
    if (s_before.is_known)
        sched_setscheduler (0, s_before.policy, &s_before.parameters);
    for (int number = 1; number < NSIG; number++)
        signal (number, SIG_DFL);
    sigset_t none;
    sigemptyset (&none);
    sigprocmask (SIG_SETMASK, &none, NULL);
    s_tell (self);

    int code = ETIME;
    if (zelect_cli_now_ns () < self->latest_ns) {
        execvp (words [0], words);
        code = errno;
    }
    if (write (trouble, &code, sizeof (code)) == -1)
        _exit (2);
    _exit (1);
}

pid_t
zelect_launch (const zelect_launch_t *self, char *const *words)
{
    int trouble [2];
    if (pipe2 (trouble, O_CLOEXEC))
        return -1;
    const pid_t parent = getpid ();
    const pid_t pid = fork ();
    if (pid == 0)
        s_become (self, words, parent, trouble [1]);
    const int fork_code = errno;
    close (trouble [1]);
    int code = 0;
    if (pid > 0 && read (trouble [0], &code, sizeof (code)) == sizeof (code))
        waitpid (pid, NULL, 0);
    close (trouble [0]);
    if (pid > 0 && code == 0) {
        setpgid (pid, pid);    //  Whoever is first, child or parent
        return pid;
    }
    errno = pid > 0 ? code : fork_code;
    return -1;
}
