/*  =========================================================================
    test_caller - the callback thread, with a node that the test plays

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_caller.h"
#include "zelect_event_private.h"
#include "zelect_handle.h"
#include "zelect_pair.h"

//  What the callbacks write down: the events' names, and what one of them does.

typedef struct {
    char text [1000];
    pthread_mutex_t mutex;
    atomic_int result;
    atomic_int sleep_ms;
    atomic_bool is_running;
    zelect_t *expected;
    atomic_bool closes;
} s_diary_t;

static s_diary_t s_diary;
static zelect_t *s_handle;
static zsock_t *s_node;

static int
s_write (void *arg, zelect_t *handle, const zelect_event_t *event)
{
    s_diary_t *self = (s_diary_t *) arg;
    atomic_store (&self->is_running, true);
    assert (handle == self->expected);
    pthread_mutex_lock (&self->mutex);
    size_t length = strlen (self->text);
    snprintf (self->text + length, sizeof (self->text) - length, "%s%s", length ? " " : "",
              zelect_event_name (event));
    pthread_mutex_unlock (&self->mutex);
    zclock_sleep (atomic_load (&self->sleep_ms));
    if (atomic_load (&self->closes))
        zelect_caller_close (handle->caller, 5000);
    atomic_store (&self->is_running, false);
    return atomic_load (&self->result);
}

static bool
s_reads (const char *text)
{
    pthread_mutex_lock (&s_diary.mutex);
    bool is_equal = streq (s_diary.text, text);
    pthread_mutex_unlock (&s_diary.mutex);
    return is_equal;
}

//  A handle with nothing but a caller.

static int
s_setup_with (const zelect_callbacks_t *callbacks)
{
    memset (&s_diary, 0, sizeof (s_diary));
    pthread_mutex_init (&s_diary.mutex, NULL);
    s_handle = calloc (1, sizeof (zelect_t));
    atomic_init (&s_handle->references, 1);
    pthread_mutex_init (&s_handle->mutex, NULL);
    pthread_mutex_init (&s_handle->tree_mutex, NULL);
    s_diary.expected = s_handle;
    s_handle->caller = zelect_caller_new (s_handle);
    assert_non_null (s_handle->caller);
    assert_false (zelect_caller_has_callbacks (s_handle->caller));
    zelect_caller_set (s_handle->caller, callbacks, &s_diary);
    assert_true (zelect_caller_has_callbacks (s_handle->caller));
    s_node = zelect_caller_socket (s_handle->caller);
    zsock_set_rcvtimeo (s_node, API_PATIENCE_MS);
    assert_int_equal (zelect_caller_start (s_handle->caller), 0);
    assert_int_equal (zelect_caller_start (s_handle->caller), 0);
    return 0;
}

static int
s_setup (void **state)
{
    (void) state;
    const zelect_callbacks_t all = {s_write, s_write, s_write, s_write, s_write, s_write};
    return s_setup_with (&all);
}

static int
s_setup_one (void **state)
{
    (void) state;
    const zelect_callbacks_t one = {.leave_leader = s_write};
    return s_setup_with (&one);
}

static int
s_teardown (void **state)
{
    (void) state;
    zelect_caller_end (s_handle->caller);
    zelect_caller_close (s_handle->caller, API_PATIENCE_MS);
    zelect_unref (s_handle);
    return 0;
}

static void
s_say (const char *name, const char *term)
{
    zstr_sendx (s_node, "EVENT", name, "role", "old", term, "", "", "", "0", "0", "0", NULL);
}

static void
test_calls_in_the_order_of_the_events (void **state)
{
    (void) state;
    s_say ("ENTER_FOLLOWER", "0");
    s_say ("LEAVE_FOLLOWER", "1");
    s_say ("ENTER_CANDIDATE", "1");
    s_say ("LEAVE_CANDIDATE", "1");
    s_say ("ENTER_LEADER", "1");
    s_say ("LEAVE_LEADER", "2");
    s_say ("ENTER_FOLLOWER", "2");
    api_wait_until (s_reads ("ENTER_FOLLOWER LEAVE_FOLLOWER ENTER_CANDIDATE LEAVE_CANDIDATE "
                             "ENTER_LEADER LEAVE_LEADER ENTER_FOLLOWER"));
}

static void
test_reports_begin_and_end (void **state)
{
    (void) state;
    atomic_store (&s_diary.result, -5);
    s_say ("ENTER_LEADER", "1");
    char *words [5];
    for (int index = 0; index < 5; index++)
        words [index] = zstr_recv (s_node);
    assert_string_equal (words [0], "BEGIN");
    assert_string_equal (words [1], "enter_leader");
    assert_string_equal (words [2], "END");
    assert_string_equal (words [3], "enter_leader");
    assert_string_equal (words [4], "-5");
    for (int index = 0; index < 5; index++)
        zstr_free (&words [index]);
}

//  The node's outbox was full: what is missing is made up.

static void
test_lost_events_leave_no_gap (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "1");
    s_say ("MISSED", "5");
    s_say ("ENTER_FOLLOWER", "5");
    s_say ("MISSED", "6");
    s_say ("LEAVE_CANDIDATE", "6");
    s_say ("ENTER_LEADER", "6");
    api_wait_until (s_reads ("ENTER_LEADER LEAVE_LEADER ENTER_FOLLOWER LEAVE_FOLLOWER "
                             "ENTER_LEADER"));
}

static void
test_another_leadership_is_entered_anew (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "1");
    s_say ("MISSED", "1");
    s_say ("ENTER_LEADER", "1");
    s_say ("MISSED", "3");
    s_say ("ENTER_LEADER", "3");
    api_wait_until (s_reads ("ENTER_LEADER LEAVE_LEADER ENTER_LEADER"));
}

static void
test_end_leaves_what_was_entered (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "1");
    zelect_caller_end (s_handle->caller);
    api_wait_until (s_reads ("ENTER_LEADER LEAVE_LEADER"));
}

static void
test_missing_callbacks_are_not_called (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "1");
    s_say ("LEAVE_LEADER", "2");
    s_say ("ENTER_FOLLOWER", "2");
    api_wait_until (s_reads ("LEAVE_LEADER"));
}

static void
test_close_waits_for_a_short_callback (void **state)
{
    (void) state;
    atomic_store (&s_diary.sleep_ms, 100);
    s_say ("ENTER_LEADER", "1");
    api_wait_until (s_reads ("ENTER_LEADER"));
    zelect_caller_end (s_handle->caller);
    zelect_caller_close (s_handle->caller, API_PATIENCE_MS);
    assert_true (s_reads ("ENTER_LEADER LEAVE_LEADER"));
    zelect_unref (s_handle);
}

static void
test_close_does_not_wait_for_a_long_callback (void **state)
{
    (void) state;
    atomic_store (&s_diary.sleep_ms, 1500);
    s_say ("ENTER_LEADER", "1");
    s_say ("LEAVE_LEADER", "1");
    api_wait_until (s_reads ("ENTER_LEADER"));
    zelect_caller_end (s_handle->caller);
    int64_t begun_ms = api_now_ms ();
    zelect_caller_close (s_handle->caller, 50);
    assert_true (api_now_ms () - begun_ms < 1000);
    assert_true (atomic_load (&s_diary.is_running));

    //  No callback begins any more; the handle lives until the thread is gone
    api_wait_until (!atomic_load (&s_diary.is_running));
    api_wait_until (atomic_load (&s_handle->references) == 1);
    assert_true (s_reads ("ENTER_LEADER"));
    zelect_unref (s_handle);
}

static void
test_close_in_a_callback_returns_at_once (void **state)
{
    (void) state;
    atomic_store (&s_diary.closes, true);
    s_say ("ENTER_LEADER", "1");
    s_say ("LEAVE_LEADER", "1");
    api_wait_until (atomic_load (&s_handle->references) == 1);
    assert_true (s_reads ("ENTER_LEADER"));
    zelect_unref (s_handle);
}

//  A node that hangs is not waited for, and nothing is called afterwards.

static void
test_close_without_end_lets_nothing_begin (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "1");
    api_wait_until (s_reads ("ENTER_LEADER"));
    zelect_caller_close (s_handle->caller, 10);
    s_say ("LEAVE_LEADER", "1");
    zelect_caller_end (s_handle->caller);
    api_wait_until (atomic_load (&s_handle->references) == 1);
    assert_true (s_reads ("ENTER_LEADER"));
    zelect_unref (s_handle);
}

#define WITH_TEARDOWN(test) cmocka_unit_test_setup_teardown (test, s_setup, s_teardown)
#define WITHOUT_TEARDOWN(test) cmocka_unit_test_setup (test, s_setup)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        WITH_TEARDOWN (test_calls_in_the_order_of_the_events),
        WITH_TEARDOWN (test_reports_begin_and_end),
        WITH_TEARDOWN (test_lost_events_leave_no_gap),
        WITH_TEARDOWN (test_another_leadership_is_entered_anew),
        WITH_TEARDOWN (test_end_leaves_what_was_entered),
        cmocka_unit_test_setup_teardown (test_missing_callbacks_are_not_called, s_setup_one,
                                         s_teardown),
        WITHOUT_TEARDOWN (test_close_waits_for_a_short_callback),
        WITHOUT_TEARDOWN (test_close_does_not_wait_for_a_long_callback),
        WITHOUT_TEARDOWN (test_close_in_a_callback_returns_at_once),
        WITHOUT_TEARDOWN (test_close_without_end_lets_nothing_begin),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
