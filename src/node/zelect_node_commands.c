/*  =========================================================================
    zelect_node_commands - what the owner asks for

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"

#define WORDS_MAX 5    //  Frames of the longest command, and one
#define SURVEY_DEFAULT_MS 1000
#define SURVEY_MOST_MS 60000

//  Which handlers run when: the settings before the start, the questions to the
//  election after it.

typedef enum { WHEN_STOPPED, WHEN_RUNNING, WHEN_EVER } s_when_t;

typedef void (s_command_fn) (zelect_node_t *self, char *const *words, size_t count);

static void
s_reply_ok (zelect_node_t *self, const char *value)
{
    if (zelect_outbox_ok (self->outbox, value, NULL))
        zelect_log (&self->log, ZELECT_LOG_OWNER, 'W', "msg=\"the owner reads no replies\"");
}

static void
s_reply_error (zelect_node_t *self, int code, const char *text)
{
    if (zelect_outbox_error (self->outbox, text, code, NULL))
        zelect_log (&self->log, ZELECT_LOG_OWNER, 'W', "msg=\"the owner reads no replies\"");
}

//  ----  Settings  ------------------------------------------------------------

static void
s_reply_options (zelect_node_t *self, int rc)
{
    if (rc)
        s_reply_error (self, errno, zelect_options_error (self->options));
    else
        s_reply_ok (self, NULL);
}

static void
s_set (zelect_node_t *self, const char *path, const char *value)
{
    s_reply_options (self, zelect_options_set (self->options, path, value));
}

static void
s_do_set (zelect_node_t *self, char *const *words, size_t count)
{
    (void) count;
    s_set (self, words [1], words [2]);
}

static void
s_do_load (zelect_node_t *self, char *const *words, size_t count)
{
    (void) count;
    s_reply_options (self, zelect_options_load (self->options, words [1]));
}

static void
s_do_save (zelect_node_t *self, char *const *words, size_t count)
{
    (void) count;
    s_reply_options (self, zelect_options_save (self->options, words [1]));
}

//  The member stays if its feed is refused: the owner is told of the feed, and
//  can set it again.

static void
s_do_member (zelect_node_t *self, char *const *words, size_t count)
{
    int rc = zelect_options_add_member (self->options, words [1], words [2]);
    if (rc == 0 && count > 3)
        rc = zelect_options_set_member_feed (self->options, words [1], words [3]);
    s_reply_options (self, rc);
}

//  With an endpoint, a setting; without, the question where the node is bound.

static void
s_do_bind (zelect_node_t *self, char *const *words, size_t count)
{
    if (count > 1 && self->run)
        s_reply_error (self, EBUSY, "BIND: the node runs, STOP it before it is bound elsewhere");
    else if (count > 1)
        s_set (self, "node/bind", words [1]);
    else if (!self->run)
        s_reply_error (self, ENOTCONN, "BIND: the node is not bound before START");
    else {
        const char *endpoint = self->run->options->bind_endpoint;
        const char *port = strrchr (endpoint, ':');
        bool is_tcp = strncmp (endpoint, "tcp://", 6) == 0;
        s_reply_ok (self, is_tcp && port ? port + 1 : "0");
    }
}

static void
s_do_verbose (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    zelect_options_set (self->options, "node/verbose", "1");
    self->log.verbose = true;
}

//  ----  Life  ----------------------------------------------------------------

static void
s_do_start (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    zelect_trouble_t trouble;
    if (zelect_node_start (self, &trouble)) {
        s_reply_error (self, trouble.code, trouble.text);
        return;
    }
    s_reply_ok (self, self->run->options->bind_endpoint);
    zelect_node_begin (self);
}

static void
s_do_stop (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    zelect_node_stop (self);
    s_reply_ok (self, NULL);
}

static void
s_do_term (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    self->is_terminated = true;
}

//  ----  Questions  -----------------------------------------------------------

static void
s_do_status (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    zelect_node_send_status (self);
    s_reply_ok (self, NULL);
}

static void
s_do_clusterstate (zelect_node_t *self, char *const *words, size_t count)
{
    char *end = "";
    unsigned long timeout_ms = SURVEY_DEFAULT_MS;
    if (count > 1)
        timeout_ms = strtoul (words [1], &end, 10);
    if (*end || timeout_ms < 1 || timeout_ms > SURVEY_MOST_MS)
        zelect_outbox_error (self->outbox, "CLUSTERSTATE: the time is 1 to 60000 milliseconds",
                             EINVAL, words [0]);
    else
        zelect_node_survey (self, timeout_ms);
}

//  ----  The election  --------------------------------------------------------

static void
s_reply_answer (zelect_node_t *self)
{
    static const int codes [ZELECT_ANSWERS] = {
        [ZELECT_ANSWER_DONE] = 0,
        [ZELECT_ANSWER_NOT_LEADER] = ENOLCK,
        [ZELECT_ANSWER_NO_MEMBER] = EINVAL,
        [ZELECT_ANSWER_IS_SELF] = EINVAL,
        [ZELECT_ANSWER_NOT_ELECTABLE] = EHOSTUNREACH,
        [ZELECT_ANSWER_SILENT] = EHOSTUNREACH,
    };
    int answer = self->run->answer;
    self->run->answer = -1;
    if (answer <= ZELECT_ANSWER_DONE || answer >= ZELECT_ANSWERS)
        s_reply_ok (self, NULL);
    else
        s_reply_error (self, codes [answer], zelect_answer_text ((zelect_answer_t) answer));
}

static void
s_do_resign (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    zelect_input_t input = {.kind = ZELECT_INPUT_RESIGN};
    zelect_node_step_asked (self, &input);
    s_reply_answer (self);
}

static void
s_do_transfer (zelect_node_t *self, char *const *words, size_t count)
{
    (void) count;
    uint8_t member = zelect_members_find (&self->run->members, words [1]);
    zelect_input_t input = {.kind = ZELECT_INPUT_TRANSFER, .member = member};
    zelect_node_step_asked (self, &input);
    s_reply_answer (self);
}

static void
s_do_healthy (zelect_node_t *self, char *const *words, size_t count)
{
    (void) count;
    bool is_healthy = streq (words [1], "1");
    if (!is_healthy && !streq (words [1], "0")) {
        s_reply_error (self, EINVAL, "HEALTHY: say 1 for healthy or 0 for not");
        return;
    }
    zelect_node_set_healthy (self, is_healthy);
    s_reply_ok (self, NULL);
}

static void
s_do_watchdog (zelect_node_t *self, char *const *words, size_t count)
{
    (void) words;
    (void) count;
    zelect_cell_kick (self->cell);
    s_reply_ok (self, NULL);
}

//  ----  Dispatch  ------------------------------------------------------------

typedef struct {
    const char *name;
    size_t least;    //  Words, the name included
    size_t most;
    s_when_t when;
    s_command_fn *handler;
    const char *path;    //  Of a mere setting, which has no handler
} s_command_t;

static const s_command_t s_commands [] = {
    {"NAME", 2, 2, WHEN_STOPPED, NULL, "node/name"},
    {"CLUSTER", 2, 2, WHEN_STOPPED, NULL, "cluster"},
    {"BIND", 1, 2, WHEN_EVER, s_do_bind, NULL},
    {"FEED", 2, 2, WHEN_STOPPED, NULL, "node/feed"},
    {"MEMBER", 3, 4, WHEN_STOPPED, s_do_member, NULL},
    {"SET", 3, 3, WHEN_STOPPED, s_do_set, NULL},
    {"LOAD", 2, 2, WHEN_STOPPED, s_do_load, NULL},
    {"SAVE", 2, 2, WHEN_EVER, s_do_save, NULL},
    {"STORE", 2, 2, WHEN_STOPPED, NULL, "node/store"},
    {"VERBOSE", 1, 1, WHEN_EVER, s_do_verbose, NULL},
    {"START", 1, 1, WHEN_STOPPED, s_do_start, NULL},
    {"STOP", 1, 1, WHEN_EVER, s_do_stop, NULL},
    {"STATUS", 1, 1, WHEN_EVER, s_do_status, NULL},
    {"CLUSTERSTATE", 1, 2, WHEN_RUNNING, s_do_clusterstate, NULL},
    {"RESIGN", 1, 1, WHEN_RUNNING, s_do_resign, NULL},
    {"TRANSFER", 2, 2, WHEN_RUNNING, s_do_transfer, NULL},
    {"HEALTHY", 2, 2, WHEN_RUNNING, s_do_healthy, NULL},
    {"WATCHDOG", 1, 1, WHEN_RUNNING, s_do_watchdog, NULL},
    {"$TERM", 1, 1, WHEN_EVER, s_do_term, NULL},
};

static const s_command_t *
s_find (const char *name)
{
    for (size_t row = 0; row < sizeof (s_commands) / sizeof (s_commands [0]); row++)
        if (streq (s_commands [row].name, name))
            return &s_commands [row];
    return NULL;
}

//  What speaks against carrying out a command; 0 if nothing does.

static int
s_refuse (const zelect_node_t *self,
          const s_command_t *command,
          const char *name,
          size_t count,
          char *text,
          size_t size)
{
    if (!command) {
        snprintf (text, size, "unknown command '%.40s': zelect.h lists them", name);
        return EINVAL;
    }
    if (count < command->least || count > command->most) {
        snprintf (text, size, "%s: wrong number of frames, see zelect.h", name);
        return EINVAL;
    }
    if (command->when == WHEN_STOPPED && self->run) {
        snprintf (text, size, "%s: the node runs, STOP it first", name);
        return EBUSY;
    }
    if (command->when == WHEN_RUNNING && !self->run) {
        snprintf (text, size, "%s: the node does not run, START it first", name);
        return ENOTCONN;
    }
    return 0;
}

static void
s_dispatch (zelect_node_t *self, char *const *words, size_t count)
{
    char text [120];
    const s_command_t *command = s_find (words [0]);
    int code = s_refuse (self, command, words [0], count, text, sizeof (text));
    if (!code && command->path)
        s_set (self, command->path, words [1]);
    else if (!code)
        command->handler (self, words, count);
    else if (command && streq (command->name, "CLUSTERSTATE"))
        zelect_outbox_error (self->outbox, text, code, command->name);
    else
        s_reply_error (self, code, text);
}

int
zelect_node_take_command (zelect_node_t *self)
{
    void *pipe = zsock_resolve (self->pipe);
    zmq_msg_t frame;
    char *words [WORDS_MAX] = {NULL};
    size_t count = 0;
    int more;
    do {
        zmq_msg_init (&frame);
        int rc;
        do
            rc = zmq_msg_recv (&frame, pipe, ZMQ_DONTWAIT);
        while (zelect_is_interrupted (rc));
        if (rc < 0)
            return -1;
        size_t size = zmq_msg_size (&frame);
        if (count < WORDS_MAX)
            words [count] = strndup (zmq_msg_data (&frame), size);
        count++;
        more = zmq_msg_more (&frame);
        zmq_msg_close (&frame);
    } while (more);
    s_dispatch (self, words, count);
    for (size_t word = 0; word < WORDS_MAX; word++)
        free (words [word]);
    return 0;
}
