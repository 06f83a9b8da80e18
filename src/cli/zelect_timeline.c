/*  =========================================================================
    zelect_timeline - who was what and when, drawn with letters

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_timeline.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 66    //  Columns of a lane

//  The marks, the least interesting first.
static const char s_marks [] = " .?#!x";

static const struct {
    const char *role;
    char mark;
} s_roles [] = {
    {"follower", '.'},     {"precandidate", '?'}, {"candidate", '?'},
    {"leader_elect", '?'}, {"leader", '#'},       {"faulted", '!'},
};

void
zelect_timeline_init (zelect_timeline_t *self, uint64_t start_ns)
{
    self->start_ns = start_ns;
    self->mark_count = 0;
}

void
zelect_timeline_mark (zelect_timeline_t *self, uint64_t now_ns, int lane, char mark)
{
    assert (now_ns >= self->start_ns);
    assert (mark && strchr (s_marks, mark));
    if (self->mark_count < ZELECT_TIMELINE_MARKS_MAX)
        self->marks [self->mark_count++] = (zelect_mark_t){now_ns, lane, mark};
}

char
zelect_timeline_role (const char *role)
{
    for (size_t at = 0; at < sizeof (s_roles) / sizeof (s_roles [0]); at++)
        if (strcmp (s_roles [at].role, role) == 0)
            return s_roles [at].mark;
    return ZELECT_MARK_GONE;
}

static size_t
s_column (const zelect_timeline_t *self, uint64_t time_ns, uint64_t end_ns)
{
    const uint64_t length_ns = end_ns - self->start_ns;
    return length_ns ? (size_t) ((time_ns - self->start_ns) * (WIDTH - 1) / length_ns) : 0;
}

static void
s_draw (char line [WIDTH + 1], char mark, size_t first, size_t last)
{
    for (size_t column = first; column <= last && column < WIDTH; column++)
        if (strchr (s_marks, mark) > strchr (s_marks, line [column]))
            line [column] = mark;
}

static void
s_print_lane (const zelect_timeline_t *self, uint64_t end_ns, int lane)
{
    char line [WIDTH + 1];
    memset (line, ZELECT_MARK_GONE, WIDTH);
    line [WIDTH] = '\0';
    char mark = ZELECT_MARK_GONE;
    size_t since = 0;
    for (size_t at = 0; at < self->mark_count; at++) {
        if (self->marks [at].lane != lane)
            continue;
        const size_t column = s_column (self, self->marks [at].time_ns, end_ns);
        s_draw (line, mark, since, column);
        mark = self->marks [at].mark;
        since = column;
    }
    s_draw (line, mark, since, WIDTH - 1);
    printf ("  n%-2d %s\n", lane + 1, line);
}

void
zelect_timeline_print (const zelect_timeline_t *self, uint64_t now_ns, int lane_count)
{
    const double length_s = (double) (now_ns - self->start_ns) / 1e9;
    printf ("      0 s%*.1f s\n", WIDTH - 5, length_s);
    for (int lane = 0; lane < lane_count; lane++)
        s_print_lane (self, now_ns, lane);
    printf ("      . follower   ? candidate   # leader   x killed\n");
}
