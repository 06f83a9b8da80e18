/*  =========================================================================
    zelect_timeline - who was what and when, drawn with letters

    One lane for each node, time from left to right. A column shows the most
    interesting thing that was true while it lasted.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TIMELINE_H_INCLUDED
#define ZELECT_TIMELINE_H_INCLUDED

#include <stddef.h>
#include <stdint.h>

#define ZELECT_TIMELINE_LANES_MAX 9
#define ZELECT_TIMELINE_MARKS_MAX 8192    //  What comes after is not drawn

typedef struct {
    uint64_t time_ns;
    int lane;
    char mark;
} zelect_mark_t;

typedef struct {
    uint64_t start_ns;
    size_t mark_count;
    zelect_mark_t marks [ZELECT_TIMELINE_MARKS_MAX];
} zelect_timeline_t;

//  --------------------------------------------------------------------------
//  Begin an empty timeline.

void zelect_timeline_init (zelect_timeline_t *self, uint64_t start_ns);

//  --------------------------------------------------------------------------
//  From now on a lane has this mark: one for a role, or those for a process
//  that does not run and for the moment at which it was killed.

#define ZELECT_MARK_GONE ' '
#define ZELECT_MARK_KILLED 'x'

void zelect_timeline_mark (zelect_timeline_t *self, uint64_t now_ns, int lane, char mark);

char zelect_timeline_role (const char *role);

//  --------------------------------------------------------------------------
//  Draw the timeline up to now on stdout. The lanes are called n1, n2, ...

void zelect_timeline_print (const zelect_timeline_t *self, uint64_t now_ns, int lane_count);

#endif
