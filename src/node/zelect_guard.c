/*  =========================================================================
    zelect_guard - who comes in, and as whom

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_guard.h"
#include "zelect_interrupt.h"
#include "zelect_network.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

//  Where libzmq asks, and how: RFC 27.
#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_VERSION "1.0"
enum { ZAP_REQUEST = 1, ZAP_MECHANISM = 5, ZAP_KEY, ZAP_FRAMES };
#define ZAP_FRAME_SIZE 256
#define KEY_BYTES 32

typedef struct {
    void *socket;    //  The node's
    void *failures;
} s_door_t;

struct _zelect_guard_t {
    void *context;
    const zelect_options_t *options;
    zelect_keys_t *keys;
    const char *members [ZELECT_MEMBERS_MAX];    //  Their keys
    void *questions;
    bool is_touched;    //  The questions were not seen empty
    size_t door_count;
    s_door_t doors [ZELECT_GUARD_DOORS_MAX];
};

//  A question; of a longer frame the beginning.

typedef struct {
    size_t count;
    size_t sizes [ZAP_FRAMES];
    char frames [ZAP_FRAMES][ZAP_FRAME_SIZE];
} s_question_t;

//  ----  Life  ----------------------------------------------------------------

static int
s_open (zelect_guard_t *self, zelect_trouble_t *trouble)
{
    const int linger_ms = 0;
    self->questions = zmq_socket (self->context, ZMQ_REP);
    if (self->questions
        && zmq_setsockopt (self->questions, ZMQ_LINGER, &linger_ms, sizeof (linger_ms)) == 0
        && zmq_bind (self->questions, ZAP_ENDPOINT) == 0)
        return 0;
    return zelect_trouble_set (trouble, errno, "no socket to guard the node with: %s",
                               zmq_strerror (errno));
}

static int
s_learn_members (zelect_guard_t *self, zelect_trouble_t *trouble)
{
    for (size_t index = 0; index < self->options->member_count; index++) {
        const char *id = self->options->members [index].id;
        self->members [index] = zelect_keys_find (self->keys, id);
        if (!self->members [index])
            return zelect_trouble_set (trouble, ENOENT, "the key of member %s has gone from %s", id,
                                       self->options->keys);
    }
    return 0;
}

zelect_guard_t *
zelect_guard_new (void *context, const zelect_options_t *options, zelect_trouble_t *trouble)
{
    assert (context);
    assert (options);
    zelect_guard_t *self = calloc (1, sizeof (zelect_guard_t));
    if (!self) {
        zelect_trouble_set (trouble, ENOMEM, "no memory for the keys");
        return NULL;
    }
    self->context = context;
    self->options = options;
    self->is_touched = true;
    self->keys = zelect_keys_new (options->certificate, options->keys, trouble);
    if (self->keys && s_learn_members (self, trouble) == 0 && s_open (self, trouble) == 0)
        return self;
    zelect_guard_close (self);
    zelect_guard_destroy (&self);
    errno = trouble->code;
    return NULL;
}

//  A door tells until it is told to stop, and would wait for ever for a reader
//  that is gone.

void
zelect_guard_close (zelect_guard_t *self)
{
    assert (self);
    zelect_network_close (&self->questions, 0);
    for (size_t index = 0; index < self->door_count; index++) {
        zmq_socket_monitor (self->doors [index].socket, NULL, 0);
        zelect_network_close (&self->doors [index].failures, 0);
    }
    self->door_count = 0;
}

void
zelect_guard_destroy (zelect_guard_t **self_p)
{
    assert (self_p);
    zelect_guard_t *self = *self_p;
    if (!self)
        return;
    assert (!self->questions);
    zelect_keys_destroy (&self->keys);
    free (self);
    *self_p = NULL;
}

const zelect_keys_t *
zelect_guard_keys (const zelect_guard_t *self)
{
    assert (self);
    return self->keys;
}

//  ----  Doors  ---------------------------------------------------------------

int
zelect_guard_watch (zelect_guard_t *self, void *socket, zelect_trouble_t *trouble)
{
    assert (self);
    assert (self->door_count < ZELECT_GUARD_DOORS_MAX);
    s_door_t door = {.socket = socket};
    door.failures = zelect_network_monitor (
        self->context, socket,
        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, trouble);
    if (!door.failures)
        return -1;
    self->doors [self->door_count++] = door;
    return 0;
}

static size_t
s_count_failures (const s_door_t *door, size_t limit)
{
    zelect_network_message_t message;
    size_t count = 0;
    while (count < limit && zelect_network_recv (door->failures, &message) == 0)
        count++;
    return count;
}

//  ----  Questions  -----------------------------------------------------------

//  Take a frame of a question. Returns -1 if there is none, else whether there are
//  more.

static int
s_recv_frame (void *socket, s_question_t *question)
{
    char buffer [ZAP_FRAME_SIZE];
    int size;
    do
        size = zmq_recv (socket, buffer, sizeof (buffer), ZMQ_DONTWAIT);
    while (zelect_is_interrupted (size));
    if (size < 0)
        return -1;
    if (question->count < ZAP_FRAMES) {
        size_t kept = (size_t) size < sizeof (buffer) ? (size_t) size : sizeof (buffer);
        memcpy (question->frames [question->count], buffer, kept);
        question->sizes [question->count] = (size_t) size;
    }
    question->count++;
    int more = 0;
    size_t more_size = sizeof (more);
    return zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &more_size) == 0 && more;
}

static int
s_recv_question (void *socket, s_question_t *question)
{
    question->count = 0;
    int more;
    do
        more = s_recv_frame (socket, question);
    while (more > 0);
    return more;
}

static bool
s_is_curve (const s_question_t *question)
{
    return question->count == ZAP_FRAMES && question->sizes [0] == strlen (ZAP_VERSION)
           && memcmp (question->frames [0], ZAP_VERSION, strlen (ZAP_VERSION)) == 0
           && question->sizes [ZAP_REQUEST] <= ZAP_FRAME_SIZE
           && question->sizes [ZAP_MECHANISM] == strlen ("CURVE")
           && memcmp (question->frames [ZAP_MECHANISM], "CURVE", strlen ("CURVE")) == 0
           && question->sizes [ZAP_KEY] == KEY_BYTES;
}

static bool
s_admits (const zelect_guard_t *self, const char *key)
{
    if (zelect_guard_member (self, key) != ZELECT_NOBODY)
        return true;
    if (self->options->observers == ZELECT_OBSERVERS_LISTED)
        return zelect_keys_owner (self->keys, key) != NULL;
    return self->options->observers == ZELECT_OBSERVERS_ANY;
}

//  A REP socket has to answer what it was asked, whatever that was. Refused is for
//  now (300): libzmq never calls again where it is refused for good (400), and a member
//  whose key comes here late would not come in before it is started again.

static void
s_answer (void *socket, const s_question_t *question, const char *key)
{
    const char *code = key ? "200" : "300";
    const char *user = key ? key : "";
    size_t request_size = question->count > ZAP_REQUEST ? question->sizes [ZAP_REQUEST] : 0;
    if (request_size > ZAP_FRAME_SIZE)
        request_size = 0;
    const struct {
        const void *data;
        size_t size;
    } frames [] = {{ZAP_VERSION, strlen (ZAP_VERSION)},
                   {question->frames [ZAP_REQUEST], request_size},
                   {code, strlen (code)},
                   {"", 0},
                   {user, strlen (user)},
                   {"", 0}};
    const size_t count = sizeof (frames) / sizeof (frames [0]);
    for (size_t index = 0; index < count; index++) {
        int flags = ZMQ_DONTWAIT | (index + 1 < count ? ZMQ_SNDMORE : 0);
        int rc;
        do
            rc = zmq_send (socket, frames [index].data, frames [index].size, flags);
        while (zelect_is_interrupted (rc));
        if (rc < 0)
            return;
    }
}

static bool
s_judge (const zelect_guard_t *self, const s_question_t *question)
{
    char key [ZELECT_KEY_SIZE];
    bool is_in = s_is_curve (question)
                 && zmq_z85_encode (key, (const uint8_t *) question->frames [ZAP_KEY], KEY_BYTES)
                 && s_admits (self, key);
    s_answer (self->questions, question, is_in ? key : NULL);
    return is_in;
}

static size_t
s_answer_questions (zelect_guard_t *self, size_t limit)
{
    size_t refused_count = 0;
    s_question_t question;
    while (limit--) {
        self->is_touched = s_recv_question (self->questions, &question) == 0;
        if (!self->is_touched)
            break;
        if (!s_judge (self, &question))
            refused_count++;
    }
    return refused_count;
}

size_t
zelect_guard_poll_items (zelect_guard_t *self, zmq_pollitem_t *items)
{
    assert (self);
    items [ZELECT_GUARD_QUESTIONS] = (zmq_pollitem_t){
        .socket = self->questions, .events = ZMQ_POLLIN, .revents = self->is_touched};
    self->is_touched = false;
    //  These are not used but here, and may not have been emptied
    for (size_t index = 0; index < self->door_count; index++)
        items [ZELECT_GUARD_DOORS + index] = (zmq_pollitem_t){
            .socket = self->doors [index].failures, .events = ZMQ_POLLIN, .revents = ZMQ_POLLIN};
    return ZELECT_GUARD_DOORS + self->door_count;
}

size_t
zelect_guard_serve (zelect_guard_t *self, size_t item, size_t limit)
{
    assert (self);
    assert (item < ZELECT_GUARD_DOORS + self->door_count);
    if (item == ZELECT_GUARD_QUESTIONS)
        return s_answer_questions (self, limit);
    return s_count_failures (&self->doors [item - ZELECT_GUARD_DOORS], limit);
}

//  ----  Who is who  ----------------------------------------------------------

uint8_t
zelect_guard_member (const zelect_guard_t *self, const char *key)
{
    assert (self);
    assert (key);
    for (size_t index = 0; index < self->options->member_count; index++)
        if (strcmp (self->members [index], key) == 0)
            return (uint8_t) index;
    return ZELECT_NOBODY;
}

const char *
zelect_guard_key (const zelect_guard_t *self, uint8_t member)
{
    assert (self);
    assert (member < self->options->member_count);
    return self->members [member];
}
