/*  =========================================================================
    zelect_event - one thing that a node tells its application

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_event_private.h"
#include "zelect_types.h"

//  The frames of an event (zelect_outbox.h). They are kept as they came; the
//  numbers among them are read once.

typedef enum {
    FRAME_KIND,
    FRAME_NAME,
    FRAME_ROLE,
    FRAME_OLD_ROLE,
    FRAME_TERM,
    FRAME_LEADER,
    FRAME_REASON,
    FRAME_TEXT,
    FRAME_UNTIL,
    FRAME_TIME,
    FRAME_MISSED,
    FRAMES
} s_frame_t;

struct _zelect_event_t {
    zelect_event_type_t type;
    char *frames [FRAMES];    //  All are strings, none is NULL
    uint64_t term;
    uint64_t until_ns;
    uint64_t time_ns;
    uint64_t missed;
};

static const struct {
    zelect_event_type_t type;
    const char *name;
} s_types [] = {
    {ZELECT_ENTER_LEADER, "ENTER_LEADER"},
    {ZELECT_LEAVE_LEADER, "LEAVE_LEADER"},
    {ZELECT_ENTER_FOLLOWER, "ENTER_FOLLOWER"},
    {ZELECT_LEAVE_FOLLOWER, "LEAVE_FOLLOWER"},
    {ZELECT_ENTER_CANDIDATE, "ENTER_CANDIDATE"},
    {ZELECT_LEAVE_CANDIDATE, "LEAVE_CANDIDATE"},
    {ZELECT_LEADER_CHANGED, "LEADER_CHANGED"},
    {ZELECT_QUORUM_LOST, "QUORUM_LOST"},
    {ZELECT_FAULTED, "FAULTED"},
    {ZELECT_ERROR, "ERROR"},
    {ZELECT_MISSED, "MISSED"},
    {ZELECT_STATUS, "STATUS"},
};

#define TYPES (sizeof (s_types) / sizeof (s_types [0]))

//  --------------------------------------------------------------------------
//  Read the type and the numbers out of the frames. Returns 0, or -1 if they
//  are no event.

static int
s_read (zelect_event_t *self)
{
    if (!streq (self->frames [FRAME_KIND], "EVENT"))
        return -1;
    for (size_t index = 0; index < TYPES; index++)
        if (streq (self->frames [FRAME_NAME], s_types [index].name))
            self->type = s_types [index].type;
    self->term = strtoull (self->frames [FRAME_TERM], NULL, 10);
    self->until_ns = strtoull (self->frames [FRAME_UNTIL], NULL, 10);
    self->time_ns = strtoull (self->frames [FRAME_TIME], NULL, 10);
    self->missed = strtoull (self->frames [FRAME_MISSED], NULL, 10);
    return self->type ? 0 : -1;
}

static zelect_event_t *
s_new (void)
{
    zelect_event_t *self = calloc (1, sizeof (zelect_event_t));
    assert (self);
    return self;
}

zelect_event_t *
zelect_event_recv (void *source)
{
    assert (source);
    zmsg_t *message = zmsg_recv (source);
    if (!message)
        return NULL;

    zelect_event_t *self = NULL;
    if (zmsg_size (message) == FRAMES) {
        self = s_new ();
        for (size_t index = 0; index < FRAMES; index++)
            self->frames [index] = zmsg_popstr (message);
        if (s_read (self))
            zelect_event_destroy (&self);
    }
    zmsg_destroy (&message);
    if (!self)
        errno = EPROTO;
    return self;
}

void
zelect_event_destroy (zelect_event_t **self_p)
{
    assert (self_p);
    zelect_event_t *self = *self_p;
    if (!self)
        return;
    for (size_t index = 0; index < FRAMES; index++)
        free (self->frames [index]);
    free (self);
    *self_p = NULL;
}

//  --------------------------------------------------------------------------
//  The present state of `next`, or that of a node that stopped, told as the end
//  of what was entered.

zelect_event_t *
zelect_event_leave (const zelect_event_t *entered, const zelect_event_t *next)
{
    assert (entered);
    zelect_event_t *self = s_new ();
    const zelect_event_t *model = next ? next : entered;
    const char *texts [FRAMES];
    for (size_t index = 0; index < FRAMES; index++)
        texts [index] = model->frames [index];

    size_t type = 0;
    while (s_types [type].type != entered->type)
        type++;
    texts [FRAME_NAME] = s_types [type + 1].name;
    texts [FRAME_OLD_ROLE] = entered->frames [FRAME_ROLE];
    texts [FRAME_UNTIL] = "0";
    texts [FRAME_MISSED] = "0";
    if (!next) {
        texts [FRAME_ROLE] = "stopped";
        texts [FRAME_REASON] = zelect_reason_name (ZELECT_REASON_STOPPED);
        texts [FRAME_TEXT] = zelect_reason_text (ZELECT_REASON_STOPPED);
    }
    for (size_t index = 0; index < FRAMES; index++)
        self->frames [index] = strdup (texts [index]);
    int rc = s_read (self);
    assert (rc == 0);
    return self;
}

zelect_event_type_t
zelect_event_type (const zelect_event_t *self)
{
    assert (self);
    return self->type;
}

const char *
zelect_event_name (const zelect_event_t *self)
{
    assert (self);
    return self->frames [FRAME_NAME];
}

const char *
zelect_event_role (const zelect_event_t *self)
{
    assert (self);
    return self->frames [FRAME_ROLE];
}

const char *
zelect_event_old_role (const zelect_event_t *self)
{
    assert (self);
    return self->frames [FRAME_OLD_ROLE];
}

uint64_t
zelect_event_term (const zelect_event_t *self)
{
    assert (self);
    return self->term;
}

const char *
zelect_event_leader (const zelect_event_t *self)
{
    assert (self);
    const char *leader = self->frames [FRAME_LEADER];
    return *leader ? leader : NULL;
}

const char *
zelect_event_reason (const zelect_event_t *self)
{
    assert (self);
    return self->frames [FRAME_REASON];
}

const char *
zelect_event_text (const zelect_event_t *self)
{
    assert (self);
    return self->frames [FRAME_TEXT];
}

uint64_t
zelect_event_until_ns (const zelect_event_t *self)
{
    assert (self);
    return self->until_ns;
}

uint64_t
zelect_event_time_ns (const zelect_event_t *self)
{
    assert (self);
    return self->time_ns;
}

uint64_t
zelect_event_missed (const zelect_event_t *self)
{
    assert (self);
    return self->missed;
}
