/*  =========================================================================
    test_forgetful - a node that may have forgotten its votes (R16, R17)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"

static zelect_core_options_t
s_volatile (uint8_t count, unsigned voters)
{
    zelect_core_options_t options = lone_options (count, voters);
    options.is_volatile = 1;
    return options;
}

//  What the node has asked is answered.

static zelect_message_t
s_state (const lone_t *lone, uint8_t from, uint64_t term)
{
    zelect_message_t reply = lone_word (ZELECT_MESSAGE_STATE_REPLY, from, term);
    reply.number = lone->core.request;
    reply.promise_ns = LONE_T;
    return reply;
}

static bool
s_is_settled (const lone_t *lone)
{
    return lone->core.saved.floor != ZELECT_FLOOR_UNSETTLED;
}

static void
test_alone_it_asks_nobody (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_volatile (1, 1);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, 3 * LONE_T - 1);
    assert_false (s_is_settled (&lone));
    lone_run (&lone, 1);
    assert_true (s_is_settled (&lone));
    assert_int_equal (lone.core.saved.floor, 0);
    lone_run_until (&lone, ZELECT_ROLE_LEADER);
}

//  Who has no vote can forget none: it acknowledges at once, without a promise.

static void
test_non_voter_has_nothing_to_forget (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_volatile (4, 3);
    options.self = 3;
    lone_start (&lone, &options, NULL);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    const zelect_effect_t *ack = lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK);
    assert_non_null (ack);
    assert_true (ack->message.granted);
    assert_int_equal (ack->message.promise_ns, 0);
    for (int turn = 0; turn < 100; turn++) {
        lone_run (&lone, LONE_T / 5);
        assert_null (lone_said (&lone, ZELECT_MESSAGE_STATE));
    }
}

static void
test_it_asks_until_enough_have_answered (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_volatile (5, 5);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, 3 * LONE_T);
    const zelect_effect_t *ask = lone_said (&lone, ZELECT_MESSAGE_STATE);
    assert_non_null (ask);
    assert_int_equal (ask->to, 0x1e);
    zelect_message_t reply = s_state (&lone, 2, 7);
    lone_hear (&lone, &reply);
    for (int turn = 0; turn < 3; turn++) {
        lone_run (&lone, LONE_H);
        ask = lone_said (&lone, ZELECT_MESSAGE_STATE);
        assert_non_null (ask);
        assert_int_equal (ask->to, 0x1a);
    }
    assert_false (s_is_settled (&lone));
    reply = s_state (&lone, 4, 9);
    lone_hear (&lone, &reply);
    lone_run (&lone, LONE_H);
    assert_true (s_is_settled (&lone));
    //  Two of four others: one of those who know more may be silent
    assert_in_range (lone.core.saved.floor, 9 + ZELECT_FLOOR_MARGIN,
                     9 + ZELECT_FLOOR_MARGIN + ZELECT_TERM_JUMP / 2);
}

//  Answers to nothing, to an earlier question, of who has no vote; and a floor
//  that could end all elections.

static void
test_only_its_own_answers_count (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_volatile (4, 3);
    lone_start (&lone, &options, NULL);
    zelect_message_t early = s_state (&lone, 1, 3);
    lone_hear (&lone, &early);
    lone_run (&lone, 3 * LONE_T);
    zelect_message_t stale = s_state (&lone, 1, 3);
    stale.number--;
    lone_hear (&lone, &stale);
    zelect_message_t stranger = s_state (&lone, 3, 1000);
    lone_hear (&lone, &stranger);
    assert_int_equal (lone.core.answered, 1);
    zelect_message_t absurd = s_state (&lone, 1, 4);
    absurd.floor = ZELECT_TERM_MAX / 2 + 1;
    lone_hear (&lone, &absurd);
    zelect_message_t last = s_state (&lone, 2, 3);
    last.floor = 17;
    lone_hear (&lone, &last);
    assert_true (s_is_settled (&lone));
    assert_int_equal (lone.core.saved.floor, 17);
}

//  Somebody promises for longer than this node: so may its last run have done.

static void
test_longer_promises_elsewhere_make_it_wait_for_longer (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_volatile (3, 3);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, 3 * LONE_T);
    for (uint8_t from = 1; from < 3; from++) {
        zelect_message_t reply = s_state (&lone, from, 5);
        reply.promise_ns = 2 * LONE_T;
        lone_hear (&lone, &reply);
    }
    lone_run (&lone, 3 * LONE_T - 1);
    assert_false (s_is_settled (&lone));
    assert_null (lone_said (&lone, ZELECT_MESSAGE_STATE));
    lone_run (&lone, 1);
    //  And then it asks anew: the answers were of before
    assert_non_null (lone_said (&lone, ZELECT_MESSAGE_STATE));
    for (uint8_t from = 1; from < 3; from++) {
        zelect_message_t reply = s_state (&lone, from, 6);
        lone_hear (&lone, &reply);
    }
    assert_true (s_is_settled (&lone));
    assert_int_equal (lone.core.saved.floor, 6);
}

//  What was asked of it meanwhile is kept, though the start-up wait is over, and
//  answered when it takes part.

static void
test_request_is_kept_until_it_takes_part (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_volatile (3, 3);
    options.heartbeat_ns = LONE_T / 2;
    lone_start (&lone, &options, NULL);
    lone_hear_word (&lone, ZELECT_MESSAGE_PREVOTE, 1, 3);
    assert_false (lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted);
    lone_run (&lone, LONE_T);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY));
    lone_run (&lone, 2 * LONE_T);
    lone_hear_word (&lone, ZELECT_MESSAGE_PREVOTE, 1, 3);
    for (uint8_t from = 1; from < 3; from++) {
        assert_null (lone_found (&lone, ZELECT_EFFECT_REPORT));
        zelect_message_t reply = s_state (&lone, from, 2);
        lone_hear (&lone, &reply);
    }
    const zelect_effect_t *reply = lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY);
    assert_non_null (reply);
    assert_true (reply->message.granted);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_alone_it_asks_nobody),
        cmocka_unit_test (test_non_voter_has_nothing_to_forget),
        cmocka_unit_test (test_it_asks_until_enough_have_answered),
        cmocka_unit_test (test_only_its_own_answers_count),
        cmocka_unit_test (test_longer_promises_elsewhere_make_it_wait_for_longer),
        cmocka_unit_test (test_request_is_kept_until_it_takes_part),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
