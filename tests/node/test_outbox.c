/*  =========================================================================
    test_outbox - replies are not lost, events are counted

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_outbox.h"
#include "zelect_test.h"

//  An outbox, and the far end of its socket; both ends hold four messages.

typedef struct {
    zsock_t *near;
    zsock_t *far;
    zelect_outbox_t *outbox;
} post_t;

static int
s_setup (void **state)
{
    post_t *self = calloc (1, sizeof (post_t));
    self->near = zsock_new (ZMQ_PAIR);
    self->far = zsock_new (ZMQ_PAIR);
    zsock_set_sndhwm (self->near, 2);
    zsock_set_rcvhwm (self->far, 2);
    zsock_set_rcvtimeo (self->far, 0);
    zsock_bind (self->far, "inproc://test-outbox");
    zsock_connect (self->near, "inproc://test-outbox");
    self->outbox = zelect_outbox_new (self->near);
    *state = self;
    return self->outbox ? 0 : -1;
}

static int
s_teardown (void **state)
{
    post_t *self = *state;
    zelect_outbox_destroy (&self->outbox);
    zsock_unbind (self->far, "inproc://test-outbox");
    zsock_destroy (&self->near);
    zsock_destroy (&self->far);
    free (self);
    return 0;
}

//  The next message as words with spaces between; "" if there is none.

static const char *
s_next (post_t *self)
{
    static char text [500];
    *text = 0;
    zmsg_t *message = zmsg_recv (self->far);
    if (!message)
        return text;
    for (char *word = zmsg_popstr (message); word; word = zmsg_popstr (message)) {
        size_t used = strlen (text);
        snprintf (text + used, sizeof (text) - used, "%s%s", used ? " " : "", word);
        free (word);
    }
    zmsg_destroy (&message);
    return text;
}

static void
s_event (post_t *self, const char *name, uint64_t term)
{
    zelect_outbox_event_t event = {
        .name = name, .role = "r", .old_role = "o", .reason = "w", .term = term, .time_ns = 9};
    zelect_outbox_event (self->outbox, &event);
}

static void
test_frames (void **state)
{
    post_t *post = *state;
    zelect_outbox_event_t event = {.name = "ENTER_LEADER",
                                   .role = "leader",
                                   .old_role = "leader_elect",
                                   .leader = "n1",
                                   .reason = "LEASED",
                                   .text = "text",
                                   .term = 18446744073709551615U,
                                   .until_ns = 5,
                                   .time_ns = 6,
                                   .missed = 7};
    zelect_outbox_event (post->outbox, &event);
    assert_string_equal (
        s_next (post),
        "EVENT ENTER_LEADER leader leader_elect 18446744073709551615 n1 LEASED text 5 6 7");
    zelect_outbox_ok (post->outbox, NULL, NULL);
    assert_string_equal (s_next (post), "OK");
    zelect_outbox_ok (post->outbox, "value", NULL);
    assert_string_equal (s_next (post), "OK value");
    zelect_outbox_error (post->outbox, "text", 16, NULL);
    assert_string_equal (s_next (post), "ERROR text 16");
    zelect_outbox_error (post->outbox, "text", 16, "TAG");
    assert_string_equal (s_next (post), "ERROR text 16 TAG");
    zelect_outbox_status (post->outbox, &event);
    assert_int_equal (strncmp (s_next (post), "EVENT ENTER_LEADER", 18), 0);
    assert_false (zelect_outbox_waits (post->outbox));
}

//  Read all there is; the number of messages, and the last two.

static int
s_drain (post_t *self, char *before, char *last)
{
    int count = 0;
    *before = *last = 0;
    for (const char *text = s_next (self); *text; text = s_next (self), count++) {
        snprintf (before, 100, "%s", last);
        snprintf (last, 100, "%.99s", text);
    }
    return count;
}

static void
test_missed_events_are_counted (void **state)
{
    post_t *post = *state;
    char before [100], last [100];
    s_event (post, "ENTER_FOLLOWER", 1);
    for (int count = 0; count < 10; count++)
        s_event (post, "LEADER_CHANGED", 2);
    s_event (post, "LEAVE_FOLLOWER", 3);
    s_event (post, "ENTER_CANDIDATE", 3);
    s_event (post, "LEAVE_CANDIDATE", 4);
    s_event (post, "ENTER_LEADER", 4);
    s_event (post, "LEADER_CHANGED", 5);
    assert_true (zelect_outbox_waits (post->outbox));
    int count = s_drain (post, before, last);
    assert_in_range (count, 2, 4);
    assert_int_equal (strncmp (last, "EVENT LEADER_CHANGED r o 2", 26), 0);
    zelect_outbox_flush (post->outbox);
    char missed [100];
    snprintf (missed, sizeof (missed), " %d", 16 - count);
    assert_int_equal (s_drain (post, before, last), 2);
    assert_int_equal (strncmp (before, "EVENT MISSED r r 5", 18), 0);
    assert_string_equal (strrchr (before, ' '), missed);
    //  The present role in the present term
    assert_int_equal (strncmp (last, "EVENT ENTER_LEADER r r 5", 24), 0);
    assert_false (zelect_outbox_waits (post->outbox));
}

//  A node that stopped has no present role.

static void
test_missed_at_the_end (void **state)
{
    post_t *post = *state;
    char before [100], last [100];
    for (int count = 0; count < 5; count++)
        s_event (post, "ENTER_FOLLOWER", 1);
    s_event (post, "LEAVE_FOLLOWER", 1);
    s_drain (post, before, last);
    zelect_outbox_flush (post->outbox);
    assert_int_equal (s_drain (post, before, last), 1);
    assert_int_equal (strncmp (last, "EVENT MISSED", 12), 0);
}

static void
test_replies_wait (void **state)
{
    post_t *post = *state;
    char value [20];
    int sent = 0;
    for (; sent < 50; sent++) {
        snprintf (value, sizeof (value), "%d", sent);
        if (zelect_outbox_ok (post->outbox, value, NULL))
            break;
    }
    assert_in_range (sent, ZELECT_OUTBOX_REPLIES + 2, ZELECT_OUTBOX_REPLIES + 4);
    //  An event does not overtake them
    s_event (post, "ENTER_FOLLOWER", 1);
    for (int count = 0; count < sent; count++) {
        char wanted [30];
        snprintf (wanted, sizeof (wanted), "OK %d", count);
        const char *text = s_next (post);
        if (!*text) {
            zelect_outbox_flush (post->outbox);
            text = s_next (post);
        }
        assert_string_equal (text, wanted);
    }
    zelect_outbox_flush (post->outbox);
    assert_int_equal (strncmp (s_next (post), "EVENT MISSED", 12), 0);
    assert_int_equal (strncmp (s_next (post), "EVENT ENTER_FOLLOWER", 20), 0);
    assert_string_equal (s_next (post), "");
}

static void
test_settle_makes_room (void **state)
{
    post_t *post = *state;
    assert_int_equal (zelect_outbox_settle (post->outbox, 0), 0);
    for (int count = 0; count < 10; count++)
        s_event (post, "LEADER_CHANGED", 1);
    assert_int_equal (zelect_outbox_settle (post->outbox, 20), -1);
    assert_int_equal (errno, EAGAIN);
    char before [100], last [100];
    s_drain (post, before, last);
    assert_int_equal (zelect_outbox_settle (post->outbox, 5000), 0);
    assert_int_equal (s_drain (post, before, last), 1);
    assert_false (zelect_outbox_waits (post->outbox));
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_frames, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_missed_events_are_counted, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_missed_at_the_end, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_replies_wait, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_settle_makes_room, s_setup, s_teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
