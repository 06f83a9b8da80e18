/*  =========================================================================
    zelect_brood - all that descends from this process, to the last grandchild

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_brood.h"
#include "zelect_cli.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAT_SIZE 512    //  Bytes of /proc/PID/stat that hold the parent
#define LOOK_MS 2        //  How often the dying are looked at

//  A process and its parent, as they were found.

typedef struct {
    pid_t pid;
    pid_t parent;
    bool is_ours;
} relation_t;

typedef struct {
    relation_t *list;
    size_t count;
    size_t room;
} census_t;

int
zelect_brood_adopt (void)
{
    return prctl (PR_SET_CHILD_SUBREAPER, 1);
}

//  The parent of a process; 0 if there is no such process. Its name, in brackets, may
//  hold anything. One that is said to be a zombie may be so with its first thread alone,
//  and alive with the others.

static pid_t
s_parent (pid_t pid)
{
    char path [32], text [STAT_SIZE];
    snprintf (path, sizeof (path), "/proc/%d/stat", (int) pid);
    FILE *file = fopen (path, "re");
    if (!file)
        return 0;
    const size_t size = fread (text, 1, sizeof (text) - 1, file);
    fclose (file);
    text [size] = '\0';
    const char *end = strrchr (text, ')');
    if (!end || strlen (end) < 5 || end [2] == 'X')
        return 0;
    return (pid_t) strtol (end + 4, NULL, 10);
}

static void
s_note (census_t *census, pid_t pid)
{
    if (census->count == census->room) {
        const size_t room = census->room ? 2 * census->room : 256;
        relation_t *list = realloc (census->list, room * sizeof (relation_t));
        if (!list)
            return;    //  The next look may find the memory
        census->list = list;
        census->room = room;
    }
    const pid_t parent = s_parent (pid);
    if (parent)
        census->list [census->count++] = (relation_t){.pid = pid, .parent = parent};
}

static void
s_count (census_t *census)
{
    DIR *folder = opendir ("/proc");
    if (!folder)
        return;
    const struct dirent *entry;
    while ((entry = readdir (folder))) {
        char *end;
        const long pid = strtol (entry->d_name, &end, 10);
        if (pid > 0 && !*end)
            s_note (census, (pid_t) pid);
    }
    closedir (folder);
}

static bool
s_is_ours (const census_t *census, pid_t pid)
{
    if (pid == getpid ())
        return true;
    for (size_t at = 0; at < census->count; at++)
        if (census->list [at].pid == pid)
            return census->list [at].is_ours;
    return false;
}

//  A number may have got another bearer since it was read, so the bearer is held
//  first, and asked again. Who is killed has to run once more to die, which may take long
//  where others go before it.

static void
s_signal (const relation_t *relation, int number)
{
    const int handle = pidfd_open (relation->pid, 0);
    if (handle == -1)
        return;
    const struct sched_param first = {.sched_priority = sched_get_priority_min (SCHED_RR)};
    if (s_parent (relation->pid) == relation->parent
        && pidfd_send_signal (handle, number, NULL, 0) == 0 && number == SIGKILL)
        sched_setscheduler (relation->pid, SCHED_RR, &first);
    close (handle);
}

void
zelect_brood_signal (int number, pid_t spared)
{
    census_t census = {0};
    s_count (&census);
    bool grew = true;
    while (grew) {
        grew = false;
        for (size_t at = 0; at < census.count; at++) {
            relation_t *relation = &census.list [at];
            if (relation->is_ours || !s_is_ours (&census, relation->parent))
                continue;
            relation->is_ours = grew = true;
            if (relation->pid != spared)
                s_signal (relation, number);
        }
    }
    free (census.list);
}

int
zelect_brood_end (int timeout_ms)
{
    const uint64_t end_ns = zelect_cli_in_ms (timeout_ms);
    do {
        zelect_brood_signal (SIGKILL, 0);
        pid_t pid;
        while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
            continue;
        if (pid == -1 && errno == ECHILD)
            return 0;
        poll (NULL, 0, LOOK_MS);
    } while (zelect_cli_left_ms (end_ns));
    return -1;
}
