/*  =========================================================================
    test_bugs - what other libraries told their users wrong, by the number of
    the bug

    The list of the bugs stands in doc/verification.md; for each of these there
    is a mutant in tests/mutants that this file has to kill.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_caller.h"
#include "zelect_handle.h"

//  What the callbacks wrote down.

typedef struct {
    pthread_mutex_t mutex;
    char text [200];
} s_diary_t;

static int
s_write (void *arg, zelect_t *handle, const zelect_event_t *event)
{
    (void) handle;
    s_diary_t *self = (s_diary_t *) arg;
    pthread_mutex_lock (&self->mutex);
    size_t size = strlen (self->text);
    snprintf (self->text + size, sizeof (self->text) - size, "%s %d, ", zelect_event_name (event),
              (int) zelect_event_term (event));
    pthread_mutex_unlock (&self->mutex);
    return 0;
}

//  A handle with nothing but the thread of the callbacks; the test is its node.

static zelect_t *
s_handle_new (s_diary_t *diary)
{
    const zelect_callbacks_t all = {s_write, s_write, s_write, s_write, s_write, s_write};
    zelect_t *self = calloc (1, sizeof (zelect_t));
    assert_non_null (self);
    atomic_init (&self->references, 1);
    pthread_mutex_init (&self->mutex, NULL);
    pthread_mutex_init (&self->tree_mutex, NULL);
    self->caller = zelect_caller_new (self);
    assert_non_null (self->caller);
    zelect_caller_set (self->caller, &all, diary);
    assert_int_equal (zelect_caller_start (self->caller), 0);
    return self;
}

static void
s_say (zelect_t *handle, const char *name, const char *term)
{
    zstr_sendx (zelect_caller_socket (handle->caller), "EVENT", name, "role", "old", term, "", "",
                "", "0", "0", "0", NULL);
}

//  B38: the end of a leadership and the start of the next were not read in time.
//  Nobody runs two loops of a leader: the first is ended before the second begins.

static void
test_bug_38_leadership_event_lost_or_reordered (void **state)
{
    (void) state;
    s_diary_t diary = {.text = ""};
    pthread_mutex_init (&diary.mutex, NULL);
    zelect_t *handle = s_handle_new (&diary);
    s_say (handle, "ENTER_LEADER", "1");
    s_say (handle, "MISSED", "3");
    s_say (handle, "ENTER_LEADER", "3");
    s_say (handle, "ENTER_LEADER", "3");
    s_say (handle, "LEAVE_LEADER", "4");
    zelect_caller_end (handle->caller);
    zelect_caller_close (handle->caller, API_PATIENCE_MS);
    assert_string_equal (diary.text, "ENTER_LEADER 1, LEAVE_LEADER 3, ENTER_LEADER 3, "
                                     "LEAVE_LEADER 4, ");
    zelect_unref (handle);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bug_38_leadership_event_lost_or_reordered),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
