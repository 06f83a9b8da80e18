/*  =========================================================================
    test_farewell - stopping, heirs and preemption (R11, R12)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"

//  ---- Stopping ------------------------------------------------------------

static void
s_stop (lone_t *lone)
{
    lone_command (lone, ZELECT_INPUT_STOP);
    const zelect_effect_t *answer = lone_found (lone, ZELECT_EFFECT_ANSWER);
    assert_non_null (answer);
    assert_int_equal (answer->answer, ZELECT_ANSWER_DONE);
}

//  A node that stops leaves what it was, and never campaigns again.

static void
test_stopping_ends_every_role (void **state)
{
    (void) state;
    static lone_t lone;
    static const zelect_role_t roles [] = {ZELECT_ROLE_PRECANDIDATE, ZELECT_ROLE_CANDIDATE,
                                           ZELECT_ROLE_LEADER_ELECT, ZELECT_ROLE_LEADER};
    zelect_core_options_t options = lone_options (3, 3);
    for (size_t i = 0; i < sizeof roles / sizeof roles [0]; i++) {
        lone_start (&lone, &options, NULL);
        lone_climb (&lone, roles [i]);
        s_stop (&lone);
        assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
        assert_int_equal (lone_reason (&lone), ZELECT_REASON_STOPPED);
        bool led = roles [i] >= ZELECT_ROLE_LEADER_ELECT;
        assert_int_equal (lone_said (&lone, ZELECT_MESSAGE_RELEASE) != NULL, led);
        lone_stay (&lone, ZELECT_ROLE_FOLLOWER, 20 * LONE_T);
    }
}

//  Up to its end it follows, says that it is no candidate for anything, and votes.

static void
test_stopped_follower_still_votes (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    s_stop (&lone);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    const zelect_effect_t *ack = lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK);
    assert_non_null (ack);
    assert_int_equal (ack->message.promise_ns, LONE_T);
    assert_false (ack->message.healthy);
    lone_stay (&lone, ZELECT_ROLE_FOLLOWER, 20 * LONE_T);
    lone_hear_word (&lone, ZELECT_MESSAGE_VOTE, 2, 6);
    assert_true (lone_said (&lone, ZELECT_MESSAGE_VOTE_REPLY)->message.granted);
}

//  Deposed, it holds its followers while it tries to come back (R1). Who stops, or
//  falls ill, does not come back: they are free at once, and told so once.

static void
test_who_was_deposed_leaves_nobody_waiting (void **state)
{
    (void) state;
    static lone_t lone;
    static const zelect_role_t roles [] = {ZELECT_ROLE_FOLLOWER, ZELECT_ROLE_PRECANDIDATE,
                                           ZELECT_ROLE_CANDIDATE};
    zelect_core_options_t options = lone_options (3, 3);
    for (size_t i = 0; i < 2 * sizeof roles / sizeof roles [0]; i++) {
        lone_start (&lone, &options, NULL);
        lone_climb (&lone, ZELECT_ROLE_LEADER);
        lone_hear_word (&lone, ZELECT_MESSAGE_STATE_REPLY, 1, 9);
        assert_int_equal (lone_reason (&lone), ZELECT_REASON_HIGHER_TERM);
        if (roles [i / 2] > ZELECT_ROLE_FOLLOWER)
            lone_climb (&lone, roles [i / 2]);
        //  Another asks meanwhile
        zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 9);
        request.about = 20;
        lone_hear (&lone, &request);
        assert_null (lone_said (&lone, ZELECT_MESSAGE_RELEASE));
        lone_command (&lone, i % 2 ? ZELECT_INPUT_STOP : ZELECT_INPUT_HEALTH);
        const zelect_effect_t *release = lone_said (&lone, ZELECT_MESSAGE_RELEASE);
        assert_non_null (release);
        assert_int_equal (release->message.about, 1);
        assert_int_equal (release->message.leader, ZELECT_NOBODY);
        assert_true (lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted);
        for (int turn = 0; turn < 3; turn++) {
            lone.now += LONE_T;
            lone_command (&lone, ZELECT_INPUT_TICK);
            assert_null (lone_said (&lone, ZELECT_MESSAGE_RELEASE));
        }
        assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    }
}

//  ---- Heirs ---------------------------------------------------------------

static uint8_t
s_heir_of_resignation (lone_t *lone)
{
    lone_command (lone, ZELECT_INPUT_RESIGN);
    const zelect_effect_t *release = lone_said (lone, ZELECT_MESSAGE_RELEASE);
    assert_non_null (release);
    return release->message.leader;
}

//  The ranking is as old as the last round; what was heard since counts, too.

static void
test_heir_is_well_at_this_moment (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    for (int fault = 0; fault < 4; fault++) {
        lone_start (&lone, &options, NULL);
        lone_climb (&lone, ZELECT_ROLE_LEADER);
        lone_reign (&lone, 5 * LONE_H);
        assert_int_equal (lone.core.ranking [0], 1);
        lone_run (&lone, LONE_H);
        zelect_message_t ack = lone_ack (&lone, 1);
        ack.healthy = fault != 1;
        ack.faulted = fault == 2;
        ack.priority = fault == 3 ? 0 : 100;
        lone_hear (&lone, &ack);
        assert_int_equal (s_heir_of_resignation (&lone), fault == 0 ? 1 : 2);
    }
}

//  A new leader takes the ranking over from the last one, and may leave before
//  it has heard them all.

static void
test_heir_was_heard (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (5, 5);
    lone_start (&lone, &options, NULL);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    beat.rank_count = 4;
    memcpy (beat.ranking, (uint8_t []){0, 4, 3, 2}, 4);
    lone_hear (&lone, &beat);
    lone_climb (&lone, ZELECT_ROLE_LEADER_ELECT);
    lone_hear_ack (&lone, 2);
    lone_hear_ack (&lone, 3);
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER);
    assert_int_equal (lone.core.ranking [0], 4);
    assert_int_equal (s_heir_of_resignation (&lone), 3);
}

static zelect_answer_t
s_transfer (lone_t *lone, uint8_t member)
{
    lone_input (lone, (zelect_input_t){.kind = ZELECT_INPUT_TRANSFER, .member = member});
    return (zelect_answer_t) lone_found (lone, ZELECT_EFFECT_ANSWER)->answer;
}

static void
test_transfer_says_why_not (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (5, 4);
    lone_start (&lone, &options, NULL);
    assert_int_equal (s_transfer (&lone, 1), ZELECT_ANSWER_NOT_LEADER);
    lone_climb (&lone, ZELECT_ROLE_LEADER_ELECT);
    lone_hear_ack (&lone, 1);
    lone_hear_ack (&lone, 2);
    assert_int_equal (s_transfer (&lone, 5), ZELECT_ANSWER_NO_MEMBER);
    assert_int_equal (s_transfer (&lone, 0), ZELECT_ANSWER_IS_SELF);
    assert_int_equal (s_transfer (&lone, 4), ZELECT_ANSWER_NOT_ELECTABLE);
    assert_int_equal (s_transfer (&lone, 3), ZELECT_ANSWER_SILENT);
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER);
    assert_int_equal (s_transfer (&lone, 2), ZELECT_ANSWER_DONE);
    assert_int_equal (lone_said (&lone, ZELECT_MESSAGE_RELEASE)->message.leader, 2);
}

//  ---- Health (R12) --------------------------------------------------------

static void
s_health (lone_t *lone, bool is_healthy)
{
    lone_input (lone, (zelect_input_t){.kind = ZELECT_INPUT_HEALTH, .ok = is_healthy});
    assert_int_equal (lone_found (lone, ZELECT_EFFECT_ANSWER)->answer, ZELECT_ANSWER_DONE);
}

static void
test_only_the_healthy_campaign (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, LONE_T / 2);
    uint64_t turn = lone.core.timers [ZELECT_TIMER_CAMPAIGN];
    s_health (&lone, true);    //  No news
    assert_true (lone.core.timers [ZELECT_TIMER_CAMPAIGN] == turn);
    s_health (&lone, false);
    s_health (&lone, false);
    //  Well again under a promise: its turn comes after that
    s_health (&lone, true);
    assert_true (lone.core.timers [ZELECT_TIMER_CAMPAIGN] >= lone.now + LONE_T / 2);
    s_health (&lone, false);
    lone_stay (&lone, ZELECT_ROLE_FOLLOWER, 20 * LONE_T);
    s_health (&lone, true);
    assert_true (lone.core.timers [ZELECT_TIMER_CAMPAIGN] <= lone.now + LONE_T);
    lone_run_until (&lone, ZELECT_ROLE_PRECANDIDATE);
    s_health (&lone, false);
    assert_int_equal (lone_reason (&lone), ZELECT_REASON_UNHEALTHY);
}

//  ---- Preemption ----------------------------------------------------------

//  Rounds and delays do not meet, so that something can come between them.

static zelect_core_options_t
s_preempting (void)
{
    zelect_core_options_t options = lone_options (3, 3);
    options.heartbeat_ns = 70 * ZELECT_MS;
    options.preempt = 1;
    return options;
}

//  All acknowledge each round; member 1 has a higher priority. Until this node
//  hands over or `span_ns` is over: how long that took.

static uint64_t
s_reign_below (lone_t *lone, uint64_t span_ns)
{
    uint64_t from = lone->now;
    while (lone->core.role == ZELECT_ROLE_LEADER && lone->now - from < span_ns) {
        lone->now = zelect_core_deadline (&lone->core);
        lone_command (lone, ZELECT_INPUT_TICK);
        for (uint8_t member = 1; member < 3 && lone->core.role == ZELECT_ROLE_LEADER; member++) {
            zelect_message_t ack = lone_ack (lone, member);
            ack.priority = member == 1 ? 200 : 100;
            if (lone->core.members [member].acked_round < lone->core.round)
                lone_hear (lone, &ack);
        }
    }
    return lone->now - from;
}

static void
s_is_about (uint64_t span_ns, uint64_t wanted_ns)
{
    assert_in_range (span_ns, wanted_ns, wanted_ns + 2 * 70 * ZELECT_MS);
}

static void
test_who_fell_ill_is_not_handed_over_to (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_preempting ();
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    s_reign_below (&lone, 4 * LONE_T);
    uint64_t due = lone.core.timers [ZELECT_TIMER_PREEMPT];
    assert_true (due != ZELECT_NEVER);
    while (lone.core.timers [ZELECT_TIMER_HEARTBEAT] < due)
        s_reign_below (&lone, 1);
    zelect_message_t ack = lone_ack (&lone, 1);
    ack.priority = 200;
    ack.healthy = 0;
    lone_hear (&lone, &ack);
    assert_true (lone.core.timers [ZELECT_TIMER_PREEMPT] == due);
    lone_run (&lone, due - lone.now);
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER);
    //  Well again, it has to be steady for as long once more
    s_is_about (s_reign_below (&lone, 100 * LONE_T), 10 * LONE_T);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
}

//  Nor who is no better any more by the next round.

static void
test_who_is_no_better_any_more_is_forgotten (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_preempting ();
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    s_reign_below (&lone, 4 * LONE_T);
    assert_true (lone.core.timers [ZELECT_TIMER_PREEMPT] != ZELECT_NEVER);
    lone_reign (&lone, 20 * LONE_T);
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER);
    assert_true (lone.core.timers [ZELECT_TIMER_PREEMPT] == ZELECT_NEVER);
}

//  Each hand-over that did not last doubles the delay, six times; one that lasted
//  makes good for all.

static void
test_failed_preemptions_double_the_delay (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = s_preempting ();
    lone_start (&lone, &options, NULL);
    for (unsigned turn = 0; turn < 9; turn++) {
        lone_climb (&lone, ZELECT_ROLE_LEADER);
        uint64_t delay_ns = (10 * LONE_T) << (turn < 6 ? turn : 6);
        s_is_about (s_reign_below (&lone, 2 * delay_ns), delay_ns);
        assert_int_equal (lone_reason (&lone), ZELECT_REASON_PREEMPTED);
    }
    uint64_t term = lone.core.wanted.term + 1;
    for (uint64_t round = 1; round < 100000; round++) {
        zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, term);
        beat.number = round;
        lone_hear (&lone, &beat);
        lone_run (&lone, LONE_H);
    }
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    s_is_about (s_reign_below (&lone, 100 * LONE_T), 10 * LONE_T);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_stopping_ends_every_role),
        cmocka_unit_test (test_stopped_follower_still_votes),
        cmocka_unit_test (test_who_was_deposed_leaves_nobody_waiting),
        cmocka_unit_test (test_heir_is_well_at_this_moment),
        cmocka_unit_test (test_heir_was_heard),
        cmocka_unit_test (test_transfer_says_why_not),
        cmocka_unit_test (test_only_the_healthy_campaign),
        cmocka_unit_test (test_who_fell_ill_is_not_handed_over_to),
        cmocka_unit_test (test_who_is_no_better_any_more_is_forgotten),
        cmocka_unit_test (test_failed_preemptions_double_the_delay),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
