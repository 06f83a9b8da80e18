/*  =========================================================================
    api_diary - callbacks that write down what they were called for

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_diary.h"

static void
s_check_turn (api_diary_t *self, zelect_event_type_t type)
{
    bool is_leave = type == ZELECT_LEAVE_LEADER || type == ZELECT_LEAVE_FOLLOWER
                    || type == ZELECT_LEAVE_CANDIDATE;
    int entered = atomic_load (&self->entered);
    if (is_leave ? entered + 1 != (int) type : entered != 0)
        atomic_store (&self->is_broken, true);
    atomic_store (&self->entered, is_leave ? 0 : (int) type);
}

static int
s_write (void *arg, zelect_t *node, const zelect_event_t *event)
{
    api_diary_t *self = (api_diary_t *) arg;
    int running = atomic_fetch_add (&self->running, 1) + 1;
    if (running > atomic_load (&self->most))
        atomic_store (&self->most, running);
    pthread_mutex_lock (&self->mutex);
    size_t length = strlen (self->text);
    snprintf (self->text + length, sizeof (self->text) - length, "%s ", zelect_event_name (event));
    snprintf (self->reason, sizeof (self->reason), "%s", zelect_event_reason (event));
    snprintf (self->source, sizeof (self->source), "%s", zelect_event_old_role (event));
    self->thread = pthread_self ();
    self->count++;
    s_check_turn (self, zelect_event_type (event));
    pthread_mutex_unlock (&self->mutex);
    int result = self->act ? self->act (self, node, event) : 0;
    atomic_fetch_sub (&self->running, 1);
    return result;
}

void
api_diary_init (api_diary_t *self, zelect_t *node, api_diary_fn *act)
{
    memset (self, 0, sizeof (*self));
    pthread_mutex_init (&self->mutex, NULL);
    self->act = act;
    const zelect_callbacks_t callbacks = {s_write, s_write, s_write, s_write, s_write, s_write};
    zelect_set_callbacks (node, &callbacks, self);
}

bool
api_diary_has (api_diary_t *self, const char *name)
{
    char padded [40];
    snprintf (padded, sizeof (padded), "%s ", name);
    pthread_mutex_lock (&self->mutex);
    bool has = strstr (self->text, padded) != NULL;
    pthread_mutex_unlock (&self->mutex);
    return has;
}

bool
api_diary_reads (api_diary_t *self, const char *text)
{
    pthread_mutex_lock (&self->mutex);
    bool is_equal = strcmp (self->text, text) == 0;
    pthread_mutex_unlock (&self->mutex);
    return is_equal;
}

int
api_diary_count (api_diary_t *self)
{
    pthread_mutex_lock (&self->mutex);
    int count = self->count;
    pthread_mutex_unlock (&self->mutex);
    return count;
}

bool
api_diary_ends (api_diary_t *self, const char *reason, const char *source)
{
    pthread_mutex_lock (&self->mutex);
    bool is_equal = strcmp (self->reason, reason) == 0 && strcmp (self->source, source) == 0;
    pthread_mutex_unlock (&self->mutex);
    return is_equal;
}

zelect_event_type_t
api_diary_entered (api_diary_t *self)
{
    return (zelect_event_type_t) atomic_load (&self->entered);
}

bool
api_diary_is_broken (api_diary_t *self)
{
    return atomic_load (&self->is_broken);
}

pthread_t
api_diary_thread (api_diary_t *self)
{
    pthread_mutex_lock (&self->mutex);
    pthread_t thread = self->thread;
    pthread_mutex_unlock (&self->mutex);
    return thread;
}

int
api_diary_hold (api_diary_t *self, zelect_t *node, const zelect_event_t *event)
{
    (void) node;
    (void) event;
    while (atomic_load (&self->is_held))
        zclock_sleep (5);
    return 0;
}
