/*  =========================================================================
    zelect_outbox - what a node tells its owner, who may not be listening

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_outbox.h"
#include "zelect_clock.h"
#include "zelect_interrupt.h"

#include <assert.h>
#include <inttypes.h>

#define NUMBER_SIZE 24    //  A 64-bit number in decimal, and its end
#define WORD_SIZE 32      //  Names of events, roles and reasons are shorter
#define EVENT_FRAMES 11

//  How things stand, for the time after MISSED.

typedef struct {
    uint64_t term;
    uint64_t until_ns;
    uint64_t time_ns;
    char entered [WORD_SIZE];    //  ENTER_x of the present role; "": stopped
    char role [WORD_SIZE];
    char reason [WORD_SIZE];
    char leader [ZELECT_ID_MAX + 1];
} s_present_t;

struct _zelect_outbox_t {
    void *socket;
    zmsg_t *replies [ZELECT_OUTBOX_REPLIES];    //  Waiting, oldest first
    size_t reply_count;
    bool is_used;    //  The socket, since zelect_outbox_was_used
    uint64_t missed;
    s_present_t present;
};

zelect_outbox_t *
zelect_outbox_new (zsock_t *socket)
{
    assert (socket);
    zelect_outbox_t *self = calloc (1, sizeof (zelect_outbox_t));
    if (!self)
        return NULL;
    self->socket = zsock_resolve (socket);
    self->is_used = true;
    return self;
}

void
zelect_outbox_destroy (zelect_outbox_t **self_p)
{
    assert (self_p);
    zelect_outbox_t *self = *self_p;
    if (!self)
        return;
    while (self->reply_count)
        zmsg_destroy (&self->replies [--self->reply_count]);
    free (self);
    *self_p = NULL;
}

static bool
s_has_room (zelect_outbox_t *self, int timeout_ms)
{
    zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLOUT};
    self->is_used = true;
    int rc;
    do
        rc = zmq_poll (&item, 1, timeout_ms);
    while (zelect_is_interrupted (rc));
    return rc > 0 && (item.revents & ZMQ_POLLOUT);
}

//  A PAIR takes a message whole or not at all: only the first frame can find
//  its pipe full. It may find it full when it is no more, because libzmq looks
//  at what the reader has taken only now and then; a poll makes it look.

static int
s_send_frame (zelect_outbox_t *self, const char *text, int flags)
{
    int rc;
    do
        rc = zmq_send (self->socket, text, strlen (text), flags);
    while (zelect_is_interrupted (rc));
    return rc;
}

static int
s_send (zelect_outbox_t *self, const char *const *frames, size_t count)
{
    self->is_used = true;
    for (size_t index = 0; index < count; index++) {
        int flags = ZMQ_DONTWAIT | (index + 1 < count ? ZMQ_SNDMORE : 0);
        const char *text = frames [index] ? frames [index] : "";
        if (s_send_frame (self, text, flags) < 0
            && (!s_has_room (self, 0) || s_send_frame (self, text, flags) < 0))
            return -1;
    }
    return 0;
}

//  ----  Replies  -------------------------------------------------------------

static zmsg_t *
s_pack (const char *const *frames, size_t count)
{
    zmsg_t *message = zmsg_new ();
    for (size_t index = 0; index < count; index++)
        zmsg_addstr (message, frames [index] ? frames [index] : "");
    return message;
}

static int
s_send_or_keep (zelect_outbox_t *self, const char *const *frames, size_t count)
{
    if (self->reply_count == 0 && s_send (self, frames, count) == 0)
        return 0;
    if (self->reply_count == ZELECT_OUTBOX_REPLIES)
        return -1;
    self->replies [self->reply_count++] = s_pack (frames, count);
    return 0;
}

int
zelect_outbox_ok (zelect_outbox_t *self, const char *value, const char *tag)
{
    assert (self);
    const char *frames [] = {"OK", value, tag};
    return s_send_or_keep (self, frames, tag ? 3 : value ? 2 : 1);
}

int
zelect_outbox_error (zelect_outbox_t *self, const char *text, int code, const char *tag)
{
    assert (self);
    char number [NUMBER_SIZE];
    snprintf (number, sizeof (number), "%d", code);
    const char *frames [] = {"ERROR", text, number, tag};
    return s_send_or_keep (self, frames, tag ? 4 : 3);
}

//  Send the oldest replies, as long as there is room.

static void
s_flush_replies (zelect_outbox_t *self)
{
    size_t sent = 0;
    while (sent < self->reply_count && s_has_room (self, 0)
           && zmsg_send (&self->replies [sent], self->socket) == 0)
        sent++;
    self->reply_count -= sent;
    memmove (self->replies, self->replies + sent, self->reply_count * sizeof (zmsg_t *));
}

//  ----  Events  --------------------------------------------------------------

typedef struct {
    char term [NUMBER_SIZE];
    char until_ns [NUMBER_SIZE];
    char time_ns [NUMBER_SIZE];
    char missed [NUMBER_SIZE];
    const char *frames [EVENT_FRAMES];
} s_frames_t;

static void
s_frame_event (s_frames_t *self, const zelect_outbox_event_t *event)
{
    snprintf (self->term, NUMBER_SIZE, "%" PRIu64, event->term);
    snprintf (self->until_ns, NUMBER_SIZE, "%" PRIu64, event->until_ns);
    snprintf (self->time_ns, NUMBER_SIZE, "%" PRIu64, event->time_ns);
    snprintf (self->missed, NUMBER_SIZE, "%" PRIu64, event->missed);
    const char *frames [EVENT_FRAMES] = {
        "EVENT",       event->name, event->role,    event->old_role, self->term,  event->leader,
        event->reason, event->text, self->until_ns, self->time_ns,   self->missed};
    memcpy (self->frames, frames, sizeof (frames));
}

static int
s_send_event (zelect_outbox_t *self, const zelect_outbox_event_t *event)
{
    s_frames_t framed;
    s_frame_event (&framed, event);
    return s_send (self, framed.frames, EVENT_FRAMES);
}

static void
s_copy (char *target, size_t size, const char *source)
{
    snprintf (target, size, "%s", source ? source : "");
}

//  What is remembered is how things stand after the event, delivered or not.

static void
s_remember (zelect_outbox_t *self, const zelect_outbox_event_t *event)
{
    s_present_t *present = &self->present;
    present->term = event->term;
    s_copy (present->role, WORD_SIZE, event->role);
    s_copy (present->leader, sizeof (present->leader), event->leader);
    bool is_leave = strncmp (event->name, "LEAVE_", 6) == 0;
    bool is_enter = strncmp (event->name, "ENTER_", 6) == 0;
    if (!is_leave && !is_enter)
        return;
    s_copy (present->entered, WORD_SIZE, is_enter ? event->name : "");
    s_copy (present->reason, WORD_SIZE, event->reason);
    present->until_ns = event->until_ns;
    present->time_ns = event->time_ns;
}

//  Everything in its order: an event never overtakes a reply that waits.

void
zelect_outbox_event (zelect_outbox_t *self, const zelect_outbox_event_t *event)
{
    assert (self);
    assert (event->name);
    zelect_outbox_flush (self);
    s_remember (self, event);
    if (zelect_outbox_waits (self) || s_send_event (self, event))
        self->missed++;
}

int
zelect_outbox_status (zelect_outbox_t *self, const zelect_outbox_event_t *event)
{
    assert (self);
    s_frames_t framed;
    s_frame_event (&framed, event);
    return s_send_or_keep (self, framed.frames, EVENT_FRAMES);
}

//  The slip of the postman: how many, and how things stand. If the slip goes in
//  and the present state does not, that is one event missed again.

static void
s_flush_missed (zelect_outbox_t *self)
{
    const s_present_t *present = &self->present;
    char text [80];
    snprintf (text, sizeof (text), "%" PRIu64 " events were not read in time, lost", self->missed);
    zelect_outbox_event_t event = {.name = "MISSED",
                                   .role = present->role,
                                   .old_role = present->role,
                                   .leader = present->leader,
                                   .term = present->term,
                                   .text = text,
                                   .time_ns = zelect_clock_ns (),
                                   .missed = self->missed};
    if (s_send_event (self, &event))
        return;
    self->missed = 0;
    if (!*present->entered)
        return;
    event.name = present->entered;
    event.reason = present->reason;
    event.text = "the state after events that were lost";
    event.until_ns = present->until_ns;
    event.time_ns = present->time_ns;
    event.missed = 0;
    if (s_send_event (self, &event))
        self->missed = 1;
}

//  ----  Room  ----------------------------------------------------------------

bool
zelect_outbox_waits (const zelect_outbox_t *self)
{
    assert (self);
    return self->reply_count > 0 || self->missed > 0;
}

bool
zelect_outbox_was_used (zelect_outbox_t *self)
{
    assert (self);
    bool is_used = self->is_used;
    self->is_used = false;
    return is_used;
}

void
zelect_outbox_flush (zelect_outbox_t *self)
{
    assert (self);
    if (self->reply_count)
        s_flush_replies (self);
    if (self->missed && self->reply_count == 0)
        s_flush_missed (self);
}

int
zelect_outbox_settle (zelect_outbox_t *self, int timeout_ms)
{
    assert (self);
    uint64_t end = zelect_clock_ns () + (uint64_t) timeout_ms * ZELECT_MS;
    while (true) {
        zelect_outbox_flush (self);
        uint64_t now = zelect_clock_ns ();
        int left_ms = now < end ? (int) ((end - now) / ZELECT_MS) : 0;
        bool has_room = s_has_room (self, left_ms);
        if (has_room && !zelect_outbox_waits (self))
            return 0;
        if (!has_room || now >= end)
            break;
    }
    errno = EAGAIN;
    return -1;
}
