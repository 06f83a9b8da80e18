/*  =========================================================================
    zelect_log - one line of key=value at a time, to a function of the host's

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_log.h"
#include "zelect_clock.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 1024
#define LIMIT_NS UINT64_C (1000000000)    //  One line of a kind in this time

void
zelect_log_init (zelect_log_t *self, zelect_log_fn *write, void *arg)
{
    assert (self);
    memset (self, 0, sizeof (zelect_log_t));
    self->write = write;
    self->arg = arg;
}

void
zelect_log_name (zelect_log_t *self, const char *cluster, const char *node)
{
    assert (self);
    snprintf (self->cluster, sizeof (self->cluster), "%s", cluster);
    snprintf (self->node, sizeof (self->node), "%s", node);
}

//  True if a line of this kind may be written now. Counts it if not.

static bool
s_admits (zelect_log_t *self, zelect_log_kind_t kind)
{
    if (kind == ZELECT_LOG_EACH)
        return true;
    uint64_t now = zelect_clock_ns ();
    if (self->last_ns [kind] && now - self->last_ns [kind] < LIMIT_NS) {
        self->suppressed [kind]++;
        return false;
    }
    self->last_ns [kind] = now;
    return true;
}

//  How far a text of `wanted` bytes got in a line that has `room` for it.

static size_t
s_used (int wanted, size_t room)
{
    if (wanted < 0)
        return 0;
    return (size_t) wanted < room ? (size_t) wanted : room - 1;
}

void
zelect_log (zelect_log_t *self, zelect_log_kind_t kind, char level, const char *format, ...)
{
    assert (self);
    assert (kind < ZELECT_LOG_KINDS);
    if (!self->write || (level == 'D' && !self->verbose) || !s_admits (self, kind))
        return;

    char line [LINE_SIZE];
    int wanted = snprintf (line, LINE_SIZE, "cluster=%s node=%s ", self->cluster, self->node);
    size_t used = s_used (wanted, LINE_SIZE);
    va_list args;
    va_start (args, format);
    wanted = vsnprintf (line + used, LINE_SIZE - used, format, args);
    va_end (args);
    used += s_used (wanted, LINE_SIZE - used);
    if (self->suppressed [kind])
        snprintf (line + used, LINE_SIZE - used, " suppressed=%" PRIu64, self->suppressed [kind]);
    self->suppressed [kind] = 0;

    for (char *at = line; *at; at++)
        if (iscntrl ((unsigned char) *at))
            *at = '?';
    self->write (self->arg, level, line);
}

void
zelect_log_stderr (void *arg, char level, const char *line)
{
    (void) arg;
    struct pollfd item = {.fd = STDERR_FILENO, .events = POLLOUT};
    if ((level == 'E' || level == 'W') && poll (&item, 1, 0) == 1 && (item.revents & POLLOUT))
        dprintf (STDERR_FILENO, "zelect: %c %s\n", level, line);
}
