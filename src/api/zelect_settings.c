/*  =========================================================================
    zelect_settings - the settings of the handle

    Each is a command; what is allowed is the business of the node's table of
    settings alone (zelect_options).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_handle.h"

#define NUMBER_SIZE 16    //  An int in decimal, and its end

int
zelect_set (zelect_t *self, const char *path, const char *value)
{
    assert (path);
    assert (value);
    return zelect_command (self, "SET", path, value, NULL);
}

static int
s_set_number (zelect_t *self, const char *path, int number)
{
    char value [NUMBER_SIZE];
    snprintf (value, sizeof (value), "%d", number);
    return zelect_set (self, path, value);
}

static int
s_set_switch (zelect_t *self, const char *path, bool is_on)
{
    return zelect_set (self, path, is_on ? "1" : "0");
}

//  --------------------------------------------------------------------------
//  Set "PREFIX/ID" or "PREFIX/ID/KEY"; an id that is none makes a path that is
//  none, which the node refuses by name.

static int
s_set_below (zelect_t *self, const char *prefix, const char *id, const char *key, const char *value)
{
    assert (id);
    assert (value);
    char *path = zsys_sprintf ("%s/%s%s", prefix, id, key);
    int rc = zelect_set (self, path, value);
    int code = errno;
    free (path);
    errno = code;
    return rc;
}

int
zelect_load (zelect_t *self, const char *filename)
{
    assert (filename);
    return zelect_command (self, "LOAD", filename, NULL);
}

int
zelect_bind (zelect_t *self, const char *endpoint)
{
    assert (endpoint);
    return zelect_command (self, "BIND", endpoint, NULL);
}

int
zelect_bind_feed (zelect_t *self, const char *endpoint)
{
    assert (endpoint);
    return zelect_command (self, "FEED", endpoint, NULL);
}

int
zelect_add_member (zelect_t *self, const char *id, const char *endpoint)
{
    assert (id);
    assert (endpoint);
    return zelect_command (self, "MEMBER", id, endpoint, NULL);
}

int
zelect_set_member_feed (zelect_t *self, const char *id, const char *endpoint)
{
    return s_set_below (self, "cluster/member", id, "/feed", endpoint);
}

int
zelect_set_member_voter (zelect_t *self, const char *id, bool voter)
{
    return s_set_below (self, "cluster/member", id, "/voter", voter ? "1" : "0");
}

int
zelect_set_heartbeat (zelect_t *self, int heartbeat_ms)
{
    return s_set_number (self, "timing/heartbeat", heartbeat_ms);
}

int
zelect_set_election (zelect_t *self, int election_ms)
{
    return s_set_number (self, "timing/election", election_ms);
}

int
zelect_set_connect_timeout (zelect_t *self, int timeout_ms)
{
    return s_set_number (self, "timing/connect", timeout_ms);
}

int
zelect_set_callback_timeout (zelect_t *self, int timeout_ms)
{
    return s_set_number (self, "timing/callback", timeout_ms);
}

int
zelect_set_watchdog (zelect_t *self, int timeout_ms)
{
    return s_set_number (self, "timing/watchdog", timeout_ms);
}

int
zelect_set_notice (zelect_t *self, int notice_ms)
{
    return s_set_number (self, "timing/notice", notice_ms);
}

int
zelect_set_store (zelect_t *self, const char *directory)
{
    assert (directory);
    return zelect_command (self, "STORE", directory, NULL);
}

int
zelect_set_create (zelect_t *self, bool create)
{
    return s_set_switch (self, "node/create", create);
}

int
zelect_set_volatile (zelect_t *self, bool is_volatile)
{
    return s_set_switch (self, "node/volatile", is_volatile);
}

int
zelect_set_priority (zelect_t *self, int priority)
{
    return s_set_number (self, "node/priority", priority);
}

int
zelect_set_preempt (zelect_t *self, bool preempt)
{
    return s_set_switch (self, "node/preempt", preempt);
}

int
zelect_set_fast_failover (zelect_t *self, const char *mode)
{
    assert (mode);
    return zelect_set (self, "node/fast_failover", mode);
}

int
zelect_set_drift (zelect_t *self, int permille)
{
    return s_set_number (self, "timing/drift", permille);
}

int
zelect_set_tag (zelect_t *self, const char *name, const char *value)
{
    return s_set_below (self, "node/tags", name, "", value);
}

int
zelect_set_certificate (zelect_t *self, const char *filename)
{
    assert (filename);
    return zelect_set (self, "security/certificate", filename);
}

int
zelect_set_keys (zelect_t *self, const char *directory)
{
    assert (directory);
    return zelect_set (self, "security/keys", directory);
}

int
zelect_set_observers (zelect_t *self, const char *mode)
{
    assert (mode);
    return zelect_set (self, "security/observers", mode);
}

int
zelect_set_verbose (zelect_t *self, bool verbose)
{
    return s_set_switch (self, "node/verbose", verbose);
}

void
zelect_set_log (zelect_t *self, zelect_log_fn *log, void *arg)
{
    assert (self);
    assert (!self->is_started);
    atomic_store (&self->log_arg, arg);
    atomic_store (&self->log, log);
}

void
zelect_handle_log (void *arg, char level, const char *line)
{
    zelect_t *self = (zelect_t *) arg;
    zelect_log_fn *log = atomic_load (&self->log);
    if (log)
        log (atomic_load (&self->log_arg), level, line);
}

void
zelect_set_callbacks (zelect_t *self, const zelect_callbacks_t *callbacks, void *arg)
{
    assert (self);
    assert (!self->is_started);
    const zelect_callbacks_t none = {NULL, NULL, NULL, NULL, NULL, NULL};
    zelect_caller_set (self->caller, callbacks ? callbacks : &none, arg);
}
