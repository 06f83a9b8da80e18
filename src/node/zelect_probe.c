/*  =========================================================================
    zelect_probe - ring the bell of a process that may be dead (R10)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_probe.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

//  The first pause is about as long as a small process takes to die.
#define PAUSE_FIRST_NS (ZELECT_MS / 5)
#define PAUSE_MOST_NS (50 * ZELECT_MS)

//  How long the first call waits for a word; each further one waits twice as long.
//  A kernel that closes a listener forgets calls that are just being made, without a
//  word to the caller, who would wait as for a process that stands still. (Of 1,000
//  leaders killed, some 5 went unproved by that.)
#define PATIENCE_FIRST_NS (2 * ZELECT_MS)

void
zelect_probe_init (zelect_probe_t *self)
{
    assert (self);
    memset (self, 0, sizeof (*self));
    self->handle = -1;
    self->next_at = ZELECT_NEVER;
}

static void
s_hang_up (zelect_probe_t *self)
{
    if (self->handle != -1)
        close (self->handle);
    self->handle = -1;
}

void
zelect_probe_end (zelect_probe_t *self)
{
    assert (self);
    s_hang_up (self);
    self->is_running = false;
    self->next_at = ZELECT_NEVER;
}

static zelect_probe_result_t
s_finish (zelect_probe_t *self, zelect_probe_result_t result)
{
    zelect_probe_end (self);
    return result;
}

static zelect_probe_result_t
s_pause (zelect_probe_t *self, uint64_t now)
{
    s_hang_up (self);
    if (self->tries >= ZELECT_PROBE_TRIES || now >= self->until)
        return s_finish (self, ZELECT_PROBE_VAIN);
    self->next_at = now + self->pause_ns;
    if (self->pause_ns < PAUSE_MOST_NS)
        self->pause_ns *= 2;
    return ZELECT_PROBE_WAITS;
}

//  To a port from which this host calls others, and where nobody listens, a call
//  can come from that very port: then it is its own other end.

static bool
s_is_own_end (const zelect_probe_t *self)
{
    zelect_place_t own = {.size = sizeof (own.address)};
    if (zelect_place_is_ipc (&self->place)
        || getsockname (self->handle, (struct sockaddr *) &own.address, &own.size))
        return false;
    return zelect_place_same (&own, &self->place);
}

//  What became of a connection: the error of the attempt to make it, or what the
//  other side has said. EAGAIN: nothing yet; 0: it was closed.

static int
s_hear (zelect_probe_t *self)
{
    int error = 0;
    socklen_t size = sizeof (error);
    if (getsockopt (self->handle, SOL_SOCKET, SO_ERROR, &error, &size) || error)
        return error ? error : errno;
    if (s_is_own_end (self))
        return ECONNRESET;
    char greeting [64];
    ssize_t rc = recv (self->handle, greeting, sizeof (greeting), MSG_DONTWAIT);
    if (rc > 0)
        return EISCONN;
    return rc == 0 ? 0 : errno;
}

static int
s_call (zelect_probe_t *self, uint64_t now)
{
    int family = self->place.address.ss_family;
    self->tries++;
    self->next_at = ZELECT_NEVER;
    self->silent_at = now + self->patience_ns;
    self->patience_ns *= 2;
    self->handle = socket (family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->handle == -1)
        return errno;
    //  Closed by a reset: many probes would use up the ports in TIME_WAIT
    const struct linger reset = {.l_onoff = 1};
    setsockopt (self->handle, SOL_SOCKET, SO_LINGER, &reset, sizeof (reset));
    if (connect (self->handle, (const struct sockaddr *) &self->place.address, self->place.size)
        && errno != EINPROGRESS)
        return errno == EAGAIN ? EBUSY : errno;    //  ipc: too many wait there
    return s_hear (self);
}

//  One connection after the other, until one has to be waited for or something
//  is known. Only a refusal says that nobody is there.

static zelect_probe_result_t
s_judge (zelect_probe_t *self, uint64_t now, int outcome)
{
    for (;;) {
        if (outcome == EAGAIN)
            return ZELECT_PROBE_WAITS;
        if (outcome == ECONNREFUSED)
            return ZELECT_PROBE_REFUSED;
        if (outcome == EISCONN)
            return s_finish (self, ZELECT_PROBE_GREETED);
        bool is_dying = outcome == 0 || outcome == ECONNRESET || outcome == EPIPE;
        if (!is_dying || self->tries >= ZELECT_PROBE_TRIES)
            return s_pause (self, now);
        s_hang_up (self);
        outcome = s_call (self, now);
    }
}

zelect_probe_result_t
zelect_probe_begin (zelect_probe_t *self, const zelect_place_t *place, uint64_t now, uint64_t until)
{
    assert (self);
    assert (place && place->size);
    zelect_probe_end (self);
    self->place = *place;
    self->until = until;
    self->pause_ns = PAUSE_FIRST_NS;
    self->patience_ns = PATIENCE_FIRST_NS;
    self->tries = 0;
    self->is_running = true;
    return s_judge (self, now, s_call (self, now));
}

zelect_probe_result_t
zelect_probe_look (zelect_probe_t *self, uint64_t now)
{
    assert (self);
    if (!self->is_running)
        return ZELECT_PROBE_VAIN;
    int outcome = EAGAIN;
    if (self->handle != -1)
        outcome = s_hear (self);
    else if (self->next_at <= now)
        outcome = s_call (self, now);
    if (outcome == EAGAIN && now >= self->until)
        return s_finish (self, ZELECT_PROBE_VAIN);
    if (outcome == EAGAIN && self->handle != -1 && now >= self->silent_at
        && self->tries < ZELECT_PROBE_TRIES) {
        s_hang_up (self);
        outcome = s_call (self, now);
    }
    return s_judge (self, now, outcome);
}

zelect_probe_result_t
zelect_probe_again (zelect_probe_t *self, uint64_t now)
{
    assert (self);
    assert (self->is_running);
    return s_pause (self, now);
}

int
zelect_probe_handle (const zelect_probe_t *self)
{
    return self->handle;
}

uint64_t
zelect_probe_deadline (const zelect_probe_t *self)
{
    if (!self->is_running)
        return ZELECT_NEVER;
    bool is_last = self->handle == -1 || self->tries >= ZELECT_PROBE_TRIES;
    uint64_t next = is_last ? self->next_at : self->silent_at;
    return next < self->until ? next : self->until;
}
