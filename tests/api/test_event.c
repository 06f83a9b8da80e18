/*  =========================================================================
    test_event - events as values, and what is no event

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "zelect_event_private.h"
#include "zelect_pair.h"

static zsock_t *s_source;
static zsock_t *s_node;

static int
s_setup (void **state)
{
    (void) state;
    return zelect_pair_new (&s_source, &s_node, 10);
}

static int
s_teardown (void **state)
{
    (void) state;
    zsock_destroy (&s_source);
    zsock_destroy (&s_node);
    return 0;
}

static void
s_say (const char *name, const char *role, const char *leader)
{
    zstr_sendx (s_node, "EVENT", name, role, "candidate", "18446744073709551615", leader, "LEASED",
                "a sentence", "12", "34", "56", NULL);
}

static void
test_event_has_what_was_sent (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "leader", "n2");
    zelect_event_t *event = zelect_event_recv (s_source);
    assert_non_null (event);
    assert_int_equal (zelect_event_type (event), ZELECT_ENTER_LEADER);
    assert_string_equal (zelect_event_name (event), "ENTER_LEADER");
    assert_string_equal (zelect_event_role (event), "leader");
    assert_string_equal (zelect_event_old_role (event), "candidate");
    assert_true (zelect_event_term (event) == UINT64_MAX);
    assert_string_equal (zelect_event_leader (event), "n2");
    assert_string_equal (zelect_event_reason (event), "LEASED");
    assert_string_equal (zelect_event_text (event), "a sentence");
    assert_int_equal (zelect_event_until_ns (event), 12);
    assert_int_equal (zelect_event_time_ns (event), 34);
    assert_int_equal (zelect_event_missed (event), 56);
    zelect_event_destroy (&event);
    assert_null (event);
    zelect_event_destroy (&event);
}

static void
test_every_name_has_its_type (void **state)
{
    (void) state;
    const char *names [] = {"ENTER_LEADER",   "LEAVE_LEADER",    "ENTER_FOLLOWER",
                            "LEAVE_FOLLOWER", "ENTER_CANDIDATE", "LEAVE_CANDIDATE",
                            "LEADER_CHANGED", "QUORUM_LOST",     "FAULTED",
                            "ERROR",          "MISSED",          "STATUS"};
    for (int index = 0; index < ZELECT_STATUS; index++) {
        s_say (names [index], "follower", "");
        zelect_event_t *event = zelect_event_recv (s_source);
        assert_non_null (event);
        assert_int_equal (zelect_event_type (event), index + 1);
        assert_string_equal (zelect_event_name (event), names [index]);
        assert_null (zelect_event_leader (event));
        zelect_event_destroy (&event);
    }
}

static void
test_what_is_no_event_is_EPROTO (void **state)
{
    (void) state;
    s_say ("ENTER_KING", "leader", "n2");
    zstr_send (s_node, "OK");
    zstr_sendx (s_node, "EVENT", "ENTER_LEADER", "leader", NULL);
    zstr_sendx (s_node, "REPLY", "ENTER_LEADER", "a", "b", "1", "c", "d", "e", "1", "2", "3", NULL);
    zstr_sendx (s_node, "EVENT", "ENTER_LEADER", "a", "b", "1", "c", "d", "e", "1", "2", "3", "4",
                NULL);
    for (int count = 0; count < 5; count++) {
        errno = 0;
        assert_null (zelect_event_recv (s_source));
        assert_int_equal (errno, EPROTO);
    }
    zsock_set_rcvtimeo (s_source, 0);
    assert_null (zelect_event_recv (s_source));
    assert_int_equal (errno, EAGAIN);
}

static void
test_leave_tells_the_next_state_or_the_stop (void **state)
{
    (void) state;
    s_say ("ENTER_LEADER", "leader", "n1");
    s_say ("ENTER_FOLLOWER", "follower", "n3");
    zelect_event_t *entered = zelect_event_recv (s_source);
    zelect_event_t *next = zelect_event_recv (s_source);
    zelect_event_t *leave = zelect_event_leave (entered, next);
    assert_int_equal (zelect_event_type (leave), ZELECT_LEAVE_LEADER);
    assert_string_equal (zelect_event_name (leave), "LEAVE_LEADER");
    assert_string_equal (zelect_event_role (leave), "follower");
    assert_string_equal (zelect_event_old_role (leave), "leader");
    assert_string_equal (zelect_event_leader (leave), "n3");
    assert_int_equal (zelect_event_until_ns (leave), 0);
    zelect_event_destroy (&leave);

    leave = zelect_event_leave (next, NULL);
    assert_int_equal (zelect_event_type (leave), ZELECT_LEAVE_FOLLOWER);
    assert_string_equal (zelect_event_role (leave), "stopped");
    assert_string_equal (zelect_event_reason (leave), "STOPPED");
    zelect_event_destroy (&leave);
    zelect_event_destroy (&next);
    zelect_event_destroy (&entered);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_event_has_what_was_sent, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_every_name_has_its_type, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_what_is_no_event_is_EPROTO, s_setup, s_teardown),
        cmocka_unit_test_setup_teardown (test_leave_tells_the_next_state_or_the_stop, s_setup,
                                         s_teardown),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
