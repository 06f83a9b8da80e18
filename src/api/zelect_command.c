/*  =========================================================================
    zelect_command - commands of the handle to its node, and their replies

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_handle.h"

#include <poll.h>

#define TREE_TAG "CLUSTERSTATE"    //  The last frame of its reply
#define LOOK_MS 10                 //  How often to look whether it was taken along

//  --------------------------------------------------------------------------
//  Note an error; takes the text over. The mutex is held. Returns -1.

static int
s_fail (zelect_t *self, int code, char *text)
{
    assert (text);
    free (self->error);
    self->error = text;
    errno = code;
    return -1;
}

//  --------------------------------------------------------------------------
//  Take the mutex of a handle that lives, or return -1 with errno ENOTCONN.

static int
s_enter (zelect_t *self)
{
    if (zelect_cell_is_forked (self->cell)) {
        errno = ENOTCONN;
        return -1;
    }
    pthread_mutex_lock (&self->mutex);
    if (!self->is_closed)
        return 0;
    pthread_mutex_unlock (&self->mutex);
    errno = ENOTCONN;
    return -1;
}

//  Unlocking leaves errno as it was.

static void
s_leave (zelect_t *self)
{
    int code = errno;
    pthread_mutex_unlock (&self->mutex);
    errno = code;
}

int
zelect_fail (zelect_t *self, int code, const char *text)
{
    assert (self);
    pthread_mutex_lock (&self->mutex);
    int rc = s_fail (self, code, strdup (text));
    s_leave (self);
    return rc;
}

//  --------------------------------------------------------------------------
//  The next message of the node, or NULL if there is none in time. A signal
//  interrupts nothing: a reply that is not read would be taken for the next.

static zmsg_t *
s_recv (zelect_t *self, int timeout_ms)
{
    zsock_set_rcvtimeo (self->pipe, timeout_ms);
    zmsg_t *message;
    do
        message = zmsg_recv (self->pipe);
    while (!message && errno == EINTR);
    return message;
}

//  --------------------------------------------------------------------------
//  True if a message is the reply that zelect_command_tree waits for.

static bool
s_is_tree (zmsg_t *message)
{
    zframe_t *last = zmsg_last (message);
    return zmsg_size (message) > 2 && zframe_streq (last, TREE_TAG);
}

//  Keep a tree for who waits for it.

static void
s_keep_tree (zelect_t *self, zmsg_t **tree_p)
{
    zmsg_destroy (&self->tree);
    self->tree = *tree_p;
    *tree_p = NULL;
}

//  --------------------------------------------------------------------------
//  Take a reply apart and destroy it. Returns 0 and, if asked for, the value,
//  which the caller owns; or -1 with errno and the error.

static int
s_take_reply (zelect_t *self, zmsg_t **reply_p, char **value_p)
{
    char *status = zmsg_popstr (*reply_p);
    char *value = zmsg_popstr (*reply_p);
    char *code = zmsg_popstr (*reply_p);
    bool is_ok = status && streq (status, "OK");
    zmsg_destroy (reply_p);
    free (status);
    int rc = 0;
    if (is_ok && value_p) {
        *value_p = value;
        value = NULL;
    }
    else if (!is_ok) {
        rc = s_fail (self, code ? (int) strtol (code, NULL, 10) : EPROTO, value);
        value = NULL;
    }
    int saved = errno;
    free (value);
    free (code);
    errno = saved;
    return rc;
}

//  --------------------------------------------------------------------------
//  Wait for the reply to a command other than CLUSTERSTATE.

static int
s_wait_for_reply (zelect_t *self)
{
    zmsg_t *reply = s_recv (self, -1);
    while (reply && s_is_tree (reply)) {
        s_keep_tree (self, &reply);
        reply = s_recv (self, -1);
    }
    if (!reply)
        return s_fail (self, ENOTCONN, strdup ("the node is gone: CZMQ was shut down"));
    return s_take_reply (self, &reply, NULL);
}

int
zelect_command (zelect_t *self, const char *name, ...)
{
    assert (self);
    assert (name);
    zmsg_t *command = zmsg_new ();
    va_list args;
    va_start (args, name);
    for (const char *part = name; part; part = va_arg (args, const char *))
        zmsg_addstr (command, part);
    va_end (args);

    int rc = s_enter (self);
    if (rc == 0) {
        zmsg_send (&command, self->pipe);
        rc = s_wait_for_reply (self);
        s_leave (self);
    }
    zmsg_destroy (&command);
    return rc;
}

//  --------------------------------------------------------------------------
//  Look for the tree; between two looks others use the pipe and may take it
//  along. Returns 1 if it is not there yet, 0 with the text, or -1.

static int
s_look_for_tree (zelect_t *self, char **text_p)
{
    if (s_enter (self))
        return -1;
    if (!self->tree) {
        zmsg_t *reply = s_recv (self, 0);
        if (reply)
            s_keep_tree (self, &reply);
    }
    int rc = self->tree ? s_take_reply (self, &self->tree, text_p) : 1;
    s_leave (self);
    return rc;
}

//  --------------------------------------------------------------------------
//  Ask, and return the descriptor that becomes readable when something came.

static int
s_ask_for_tree (zelect_t *self, int timeout_ms)
{
    char text [16];
    snprintf (text, sizeof (text), "%d", timeout_ms);
    if (s_enter (self))
        return -1;
    zstr_sendx (self->pipe, TREE_TAG, text, NULL);
    int handle = zsock_fd (self->pipe);
    s_leave (self);
    return handle;
}

char *
zelect_command_tree (zelect_t *self, int timeout_ms)
{
    assert (self);
    if (zelect_cell_is_forked (self->cell)) {
        errno = ENOTCONN;
        return NULL;
    }
    pthread_mutex_lock (&self->tree_mutex);
    struct pollfd item = {.fd = s_ask_for_tree (self, timeout_ms), .events = POLLIN};
    char *text = NULL;
    if (item.fd >= 0)
        while (s_look_for_tree (self, &text) > 0)
            poll (&item, 1, LOOK_MS);
    int code = errno;
    pthread_mutex_unlock (&self->tree_mutex);
    errno = code;
    return text;
}

const char *
zelect_error (zelect_t *self)
{
    assert (self);
    if (zelect_cell_is_forked (self->cell))
        return "the node lives in the process that this one was forked from";
    pthread_mutex_lock (&self->mutex);
    char *error = strdup (self->error ? self->error : "");
    pthread_mutex_unlock (&self->mutex);
    free (self->shown_error);
    self->shown_error = error;
    return error;
}
