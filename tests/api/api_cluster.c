/*  =========================================================================
    api_cluster - several nodes in one process, for the tests

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_ports.h"

#include <sys/resource.h>
#include <sys/wait.h>

int64_t
api_now_ms (void)
{
    return zclock_mono ();
}

void
api_no_log (void *arg, char level, const char *line)
{
    (void) arg;
    (void) level;
    (void) line;
}

int
api_ports (int count)
{
    return zelect_ports (count);
}

void
api_cluster_init (api_cluster_t *self, int count)
{
    assert_in_range (count, 1, API_NODES_MAX);
    memset (self, 0, sizeof (*self));
    self->count = count;
    static int number = 0;
    snprintf (self->name, sizeof (self->name), "test%d", ++number);
    int port = api_ports (2 * count);
    for (int index = 0; index < count; index++) {
        snprintf (self->ids [index], sizeof (self->ids [0]), "n%d", index + 1);
        snprintf (self->endpoints [index], sizeof (self->endpoints [0]), "tcp://127.0.0.1:%d",
                  port + 2 * index);
    }
    snprintf (self->directory, sizeof (self->directory), "/tmp/zelect-api-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
}

const char *
api_cluster_store (const api_cluster_t *self, int index)
{
    static char path [128];
    snprintf (path, sizeof (path), "%s/%s", self->directory, self->ids [index]);
    return path;
}

zelect_t *
api_cluster_add (api_cluster_t *self, int index)
{
    zelect_t *node = zelect_new (self->ids [index], self->name);
    assert_non_null (node);
    zelect_set_log (node, api_no_log, NULL);
    for (int member = 0; member < self->count; member++)
        assert_int_equal (zelect_add_member (node, self->ids [member], self->endpoints [member]),
                          0);
    assert_int_equal (zelect_set_heartbeat (node, API_HEARTBEAT_MS), 0);
    assert_int_equal (zelect_set_election (node, API_ELECTION_MS), 0);
    const char *store = api_cluster_store (self, index);
    zsys_dir_create ("%s", store);
    assert_int_equal (zelect_set_store (node, store), 0);
    assert_int_equal (zelect_set_create (node, true), 0);
    self->nodes [index] = node;
    return node;
}

void
api_cluster_start (api_cluster_t *self, int count)
{
    api_cluster_init (self, count);
    for (int index = 0; index < count; index++)
        api_cluster_add (self, index);
    for (int index = 0; index < count; index++)
        if (zelect_start (self->nodes [index]))
            fail_msg ("%s: %s", self->ids [index], zelect_error (self->nodes [index]));
}

void
api_cluster_end (api_cluster_t *self)
{
    for (int index = 0; index < self->count; index++)
        zelect_destroy (&self->nodes [index]);
    zdir_t *directory = zdir_new (self->directory, NULL);
    zdir_remove (directory, true);
    zdir_destroy (&directory);
}

int
api_cluster_leaders (const api_cluster_t *self)
{
    int leaders = 0;
    for (int index = 0; index < self->count; index++)
        if (self->nodes [index] && zelect_is_leader (self->nodes [index]))
            leaders++;
    return leaders;
}

//  The index of a leader that every running node names, or -1.

static int
s_agreed_leader (const api_cluster_t *self)
{
    int leader = -1;
    for (int index = 0; index < self->count; index++)
        if (self->nodes [index] && zelect_is_leader (self->nodes [index]))
            leader = index;
    for (int index = 0; leader >= 0 && index < self->count; index++) {
        const zelect_t *node = self->nodes [index];
        if (!node || streq (zelect_role (node), "stopped"))
            continue;
        const char *id = zelect_leader (node);
        if (!id || strneq (id, self->ids [leader]))
            leader = -1;
    }
    return leader;
}

int
api_cluster_wait (api_cluster_t *self)
{
    int leader = -1;
    api_wait_until ((leader = s_agreed_leader (self)) >= 0);
    return leader;
}

zelect_event_t *
api_wait_for_event (zelect_t *node, zelect_event_type_t type)
{
    int64_t end_ms = api_now_ms () + API_PATIENCE_MS;
    while (api_now_ms () < end_ms) {
        zelect_event_t *event = zelect_recv (node, 100);
        if (event && zelect_event_type (event) == type)
            return event;
        zelect_event_destroy (&event);
    }
    return NULL;
}

//  The child tells its result through a pipe and kills itself: a memory checker
//  would hold what the parent's threads own against it if it exited.

int
api_in_child (int (*run) (void *arg), void *arg)
{
    int ends [2];
    assert_int_equal (pipe (ends), 0);
    fflush (NULL);
    pid_t child = fork ();
    assert_true (child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit (RLIMIT_CORE, &none);
        signal (SIGABRT, SIG_DFL);
        alarm (60);
        int result = run (arg);
        if (write (ends [1], &result, sizeof (result)) == sizeof (result))
            kill (getpid (), SIGKILL);
        _exit (99);
    }
    close (ends [1]);
    int result, status;
    bool has_result = read (ends [0], &result, sizeof (result)) == sizeof (result);
    close (ends [0]);
    assert_int_equal (waitpid (child, &status, 0), child);
    if (has_result)
        return result;
    return WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
}
