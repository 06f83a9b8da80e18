/*  =========================================================================
    test_floors - a node that forgot, at the edges of what it heard (R17)

    When it takes part, from which term on, and whose answers count.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"
#include "zelect_core_private.h"

static lone_t s_node;

static zelect_core_t *
s_forget (void)
{
    zelect_core_options_t options = lone_options (3, 3);
    options.is_volatile = 1;
    lone_start (&s_node, &options, NULL);
    return &s_node.core;
}

static void
s_answer (uint8_t from, uint64_t term, uint64_t promise_ns, uint64_t floor)
{
    zelect_message_t reply = lone_word (ZELECT_MESSAGE_STATE_REPLY, from, term);
    reply.number = s_node.core.request;
    reply.promise_ns = promise_ns;
    reply.floor = floor;
    lone_hear (&s_node, &reply);
}

//  The highest term that it has heard, from whomever and however.

static void
test_the_floor_is_the_highest_term_heard (void **state)
{
    (void) state;
    const zelect_core_t *core = s_forget ();
    lone_run (&s_node, 3 * LONE_T);
    lone_hear_word (&s_node, ZELECT_MESSAGE_STATE_REPLY, 1, 9);
    s_answer (1, 2, LONE_T, 0);
    assert_false (zelect_core_takes_part (core));
    s_answer (2, 4, LONE_T, 0);
    assert_true (zelect_core_takes_part (core));
    assert_int_equal (zelect_core_floor (core), 9);
    //  It is settled once
    s_answer (1, 2, LONE_T, 0);
    assert_int_equal (s_node.count, 0);
}

static void
test_floors_of_others_have_a_bound (void **state)
{
    (void) state;
    for (uint64_t above = 0; above < 2; above++) {
        const zelect_core_t *core = s_forget ();
        lone_run (&s_node, 3 * LONE_T);
        s_answer (1, 1, LONE_T, ZELECT_TERM_MAX / 2 + above);
        assert_int_equal (core->heard_floor, above ? 0 : ZELECT_TERM_MAX / 2);
    }
}

//  Answers to what was not asked yet, or was asked before, count for nothing.

static void
test_only_present_answers_count (void **state)
{
    (void) state;
    const zelect_core_t *core = s_forget ();
    s_answer (1, 1, LONE_T, 0);
    assert_int_equal (core->answered, 0);
    lone_run (&s_node, 3 * LONE_T);
    uint64_t first = core->request;
    //  Somebody keeps promises of 1.2 T: this node's last run may have, too
    s_answer (1, 1, LONE_T + LONE_H, 0);
    s_answer (2, 1, LONE_T, 0);
    assert_false (zelect_core_takes_part (core));
    lone_run (&s_node, 3 * LONE_H - 1);
    assert_int_equal (core->request, first);
    lone_run (&s_node, 1);
    assert_int_not_equal (core->request, first);
    zelect_message_t late = lone_word (ZELECT_MESSAGE_STATE_REPLY, 1, 1);
    late.number = first;
    lone_hear (&s_node, &late);
    assert_int_equal (core->answered, 1);
}

//  What came meanwhile is decided in the step in which it begins to take part.

static void
test_who_settles_answers_who_waited (void **state)
{
    (void) state;
    s_forget ();
    lone_run (&s_node, 3 * LONE_T);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_VOTE, 1, 6);
    lone_hear (&s_node, &request);
    s_answer (1, 5, LONE_T, 0);
    s_answer (2, 5, LONE_T, 0);
    assert_non_null (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY));
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY)->message.granted, 1);
}

//  Unless it is bound to a leader by then.

static void
test_who_settles_keeps_its_promise (void **state)
{
    (void) state;
    s_forget ();
    lone_run (&s_node, 3 * LONE_T);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    s_node.now += ZELECT_MS;
    zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 1);
    request.about = 2;
    lone_hear (&s_node, &request);
    s_answer (1, 1, LONE_T, 0);
    s_answer (2, 1, LONE_T, 0);
    assert_true (zelect_core_takes_part (&s_node.core));
    assert_null (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY));
    lone_run (&s_node, LONE_T - ZELECT_MS);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted, 1);
}

//  Who follows a leader when it settles has its place in the leader's order.

static void
test_who_settles_has_its_turn (void **state)
{
    (void) state;
    const zelect_core_t *core = s_forget ();
    lone_run (&s_node, 3 * LONE_T);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    beat.rank_count = 1;
    lone_hear (&s_node, &beat);
    s_answer (1, 1, LONE_T, 0);
    s_answer (2, 1, LONE_T, 0);
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
    assert_int_equal (hold, s_node.now + LONE_T);
    assert_in_range (core->timers [ZELECT_TIMER_CAMPAIGN], hold + 2 * ZELECT_MS,
                     hold + 3 * ZELECT_MS);
}

//  No vote at the floor, and the refusal tells it; the next term is free.

static void
test_the_first_term_above_the_floor (void **state)
{
    (void) state;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {.term = 3, .vote = ZELECT_NOBODY, .floor = 5};
    lone_start (&s_node, &options, &record);
    lone_run (&s_node, LONE_T);
    for (uint64_t term = 5; term <= 6; term++) {
        zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 1, 3);
        request.about = term;
        lone_hear (&s_node, &request);
        const zelect_effect_t *reply = lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY);
        assert_int_equal (reply->message.granted, term == 6);
        assert_int_equal (reply->message.floor, term == 6 ? 0 : 5);
    }
    //  A refusal for another reason tells no floor
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 6);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 6);
    request.about = 7;
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted, 0);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.floor, 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_the_floor_is_the_highest_term_heard),
        cmocka_unit_test (test_floors_of_others_have_a_bound),
        cmocka_unit_test (test_only_present_answers_count),
        cmocka_unit_test (test_who_settles_answers_who_waited),
        cmocka_unit_test (test_who_settles_keeps_its_promise),
        cmocka_unit_test (test_who_settles_has_its_turn),
        cmocka_unit_test (test_the_first_term_above_the_floor),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
