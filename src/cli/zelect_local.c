/*  =========================================================================
    zelect_local - a cluster of processes on this machine

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_local.h"
#include "zelect_cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

//  Ports come in pairs, RPC and feed, from below the range that the kernel
//  takes its own from: a reconnecting client might get one of those first.
#define PORT_FIRST 20000
#define PORT_LAST 32000

#define STOP_MS 2000         //  How long a node may take to stop
#define LOOK_MS 5            //  How often to look whether it has
#define DESCRIPTORS_MAX 8    //  Of nftw


//  --------------------------------------------------------------------------
//  Ports

static bool
s_port_is_free (int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons ((uint16_t) port),
                                        .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    const int handle = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle == -1)
        return false;
    const int on = 1;
    setsockopt (handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof (on));
    const bool is_free = bind (handle, (const struct sockaddr *) &address, sizeof (address)) == 0;
    close (handle);
    return is_free;
}

//  The next free pair from a port on, or -1.

static int
s_free_pair (int port)
{
    for (; port < PORT_LAST; port += 2)
        if (s_port_is_free (port) && s_port_is_free (port + 1))
            return port;
    errno = EADDRINUSE;
    return -1;
}

static int
s_choose_ports (zelect_local_t *self)
{
    //  Two demonstrations at a time should not begin at the same port.
    int port = PORT_FIRST + (int) (getpid () % 500) * 2 * ZELECT_LOCAL_NODES_MAX;
    for (int index = 0; index < self->node_count; index++, port += 2) {
        port = s_free_pair (port);
        if (port == -1)
            return -1;
        zelect_local_node_t *node = &self->nodes [index];
        snprintf (node->endpoint, sizeof (node->endpoint), "tcp://127.0.0.1:%d", port);
        snprintf (node->feed, sizeof (node->feed), "tcp://127.0.0.1:%d", port + 1);
    }
    return 0;
}


//  --------------------------------------------------------------------------
//  The directory

#define PATH_SIZE (PATH_MAX + 32)

//  A node's file: its configuration ("cfg") or its log ("log").

static FILE *
s_open (const zelect_local_t *self, int index, const char *extension, const char *mode)
{
    char path [PATH_SIZE];
    snprintf (path, sizeof (path), "%s/%s.%s", self->directory, self->nodes [index].id, extension);
    return fopen (path, mode);
}

static int
s_configure (zelect_local_t *self, int index, int heartbeat_ms, int election_ms)
{
    const zelect_local_node_t *node = &self->nodes [index];
    FILE *file = s_open (self, index, "cfg", "we");
    if (!file)
        return -1;
    fprintf (file,
             "node\n"
             "    name = %s\n"
             "    store = \"%s/%s\"\n"
             "    create = 1\n"
             "timing\n"
             "    heartbeat = %d ms\n"
             "    election = %d ms\n"
             "cluster = %s\n",
             node->id, self->directory, node->id, heartbeat_ms, election_ms, self->name);
    for (int at = 0; at < self->node_count; at++)
        fprintf (file, "    member = %s\n        endpoint = %s\n", self->nodes [at].id,
                 self->nodes [at].endpoint);
    return fclose (file);
}

static int
s_make_directory (zelect_local_t *self)
{
    const char *parent = getenv ("TMPDIR");
    snprintf (self->directory, sizeof (self->directory), "%s/zelect-%s-XXXXXX",
              parent && *parent ? parent : "/tmp", self->name);
    return mkdtemp (self->directory) ? 0 : -1;
}

int
zelect_local_init (
    zelect_local_t *self, const char *name, int node_count, int heartbeat_ms, int election_ms)
{
    assert (node_count > 0 && node_count <= ZELECT_LOCAL_NODES_MAX);
    memset (self, 0, sizeof (*self));
    self->name = name;
    self->node_count = node_count;
    if (s_make_directory (self) || s_choose_ports (self))
        return -1;
    for (int index = 0; index < node_count; index++)
        snprintf (self->nodes [index].id, sizeof (self->nodes [index].id), "n%d", index + 1);
    for (int index = 0; index < node_count; index++)
        if (s_configure (self, index, heartbeat_ms, election_ms))
            return -1;
    return 0;
}

static int
s_remove (const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void) status;
    (void) kind;
    (void) walk;
    return remove (path);
}

void
zelect_local_remove (zelect_local_t *self)
{
    if (*self->directory)
        nftw (self->directory, s_remove, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS);
    self->directory [0] = '\0';
}


//  --------------------------------------------------------------------------
//  The processes

//  In the child, after the fork.

static void
s_become_node (const zelect_local_t *self, int index, pid_t parent)
{
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (getppid () != parent)
        _exit (ZELECT_EXIT_FAILED);    //  It died before the kernel was asked
    zelect_cli_release_signals ();
    FILE *log = s_open (self, index, "log", "ae");
    FILE *null = fopen ("/dev/null", "r+e");
    if (!log || !null)
        _exit (ZELECT_EXIT_FAILED);
    dup2 (fileno (null), STDIN_FILENO);
    dup2 (fileno (null), STDOUT_FILENO);
    dup2 (fileno (log), STDERR_FILENO);

    char config [PATH_SIZE];
    snprintf (config, sizeof (config), "%s/%s.cfg", self->directory, self->nodes [index].id);
    if (self->life)
        _exit (self->life (self->life_arg, index, config));
    execl ("/proc/self/exe", "zelect", "node", "-c", config, (char *) NULL);
    _exit (ZELECT_EXIT_FAILED);
}

int
zelect_local_start (zelect_local_t *self, int index)
{
    zelect_local_node_t *node = &self->nodes [index];
    assert (node->pid == 0);
    const pid_t parent = getpid ();
    const pid_t pid = fork ();
    if (pid == -1)
        return -1;
    if (pid == 0)
        s_become_node (self, index, parent);
    node->pid = pid;
    return 0;
}

void
zelect_local_kill (zelect_local_t *self, int index)
{
    zelect_local_node_t *node = &self->nodes [index];
    assert (node->pid != 0);
    kill (node->pid, SIGKILL);
    waitpid (node->pid, NULL, 0);
    node->pid = 0;
}

int
zelect_local_find_ended (zelect_local_t *self, int *exit_code)
{
    int status;
    for (int index = 0; index < self->node_count; index++) {
        zelect_local_node_t *node = &self->nodes [index];
        if (node->pid && waitpid (node->pid, &status, WNOHANG) == node->pid) {
            node->pid = 0;
            *exit_code = WIFEXITED (status) ? WEXITSTATUS (status) : ZELECT_EXIT_FAILED;
            return index;
        }
    }
    return -1;
}

void
zelect_local_last_words (const zelect_local_t *self, int index, char *text, size_t size)
{
    *text = '\0';
    FILE *file = s_open (self, index, "log", "re");
    if (!file)
        return;
    char line [2048];
    while (fgets (line, sizeof (line), file))
        snprintf (text, size, "%.*s", (int) strcspn (line, "\n"), line);
    fclose (file);
}

int
zelect_local_find (const zelect_local_t *self, const char *id)
{
    for (int index = 0; index < self->node_count; index++)
        if (strcmp (self->nodes [index].id, id) == 0)
            return index;
    return -1;
}

static bool
s_any_runs (zelect_local_t *self)
{
    int exit_code;
    while (zelect_local_find_ended (self, &exit_code) != -1)
        continue;
    for (int index = 0; index < self->node_count; index++)
        if (self->nodes [index].pid)
            return true;
    return false;
}

void
zelect_local_stop (zelect_local_t *self)
{
    for (int index = 0; index < self->node_count; index++)
        if (self->nodes [index].pid)
            kill (self->nodes [index].pid, SIGTERM);

    const uint64_t end_ns = zelect_cli_in_ms (STOP_MS);
    while (s_any_runs (self) && zelect_cli_left_ms (end_ns))
        zelect_cli_wait (-1, -1, LOOK_MS, false);
    for (int index = 0; index < self->node_count; index++)
        if (self->nodes [index].pid)
            zelect_local_kill (self, index);
}
