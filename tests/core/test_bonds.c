/*  =========================================================================
    test_bonds - promises and votes at their edges (R2, R5, R9, R17)

    From when to when a node is bound, and to whom, to the nanosecond and to the
    term.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"
#include "zelect_core_private.h"

static lone_t s_node;

static zelect_core_t *
s_start (uint64_t term, uint64_t promise_ns, uint64_t floor)
{
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {
        .term = term, .vote = ZELECT_NOBODY, .promise_ns = promise_ns, .floor = floor};
    lone_start (&s_node, &options, &record);
    return &s_node.core;
}

//  ----  Promises  ------------------------------------------------------------

//  The same round once more, when the promise is over, makes no new one.

static void
test_a_round_is_promised_once (void **state)
{
    (void) state;
    s_start (0, 0, 0);
    lone_run (&s_node, LONE_T);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    lone_hear (&s_node, &beat);
    assert_non_null (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK));
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK)->message.granted, 1);
    lone_run (&s_node, LONE_T);
    beat.by_feed = 1;
    lone_hear (&s_node, &beat);
    assert_null (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK));
}

//  R17: up to its floor, who forgot does not leave one leader for another.

static void
test_bound_up_to_the_floor (void **state)
{
    (void) state;
    for (uint64_t term = 5; term <= 6; term++) {
        const zelect_core_t *core = s_start (3, 0, 5);
        lone_run (&s_node, LONE_T);
        lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 4);
        assert_int_equal (core->promise_leader, 1);
        lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 2, term);
        assert_int_equal (core->promise_leader, term == 5 ? 1 : 2);
    }
}

//  R9: what was promised in the last run ends with the leader's release.

static void
test_a_release_ends_the_wait_of_the_start (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (0, 10 * LONE_T, 0);
    uint64_t started = s_node.now;
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    assert_int_equal (core->timers [ZELECT_TIMER_HOLD], started + 10 * LONE_T);
    lone_run (&s_node, LONE_H);
    lone_hear_word (&s_node, ZELECT_MESSAGE_RELEASE, 1, 1);
    assert_int_equal (core->timers [ZELECT_TIMER_HOLD], ZELECT_NEVER);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 2, 2);
    assert_int_equal (core->timers [ZELECT_TIMER_HOLD], s_node.now + LONE_T);
}

//  R9: the record keeps the longer promise of the last run until it is over.

static void
test_the_longest_promise_is_kept (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (0, 10 * LONE_T, 0);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    assert_int_equal (core->saved.promise_ns, 10 * LONE_T);
    lone_run (&s_node, 10 * LONE_T - 1);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 3);
    assert_int_equal (core->saved.promise_ns, 10 * LONE_T);
    lone_run (&s_node, 1);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 4);
    assert_int_equal (core->saved.promise_ns, LONE_T);
}

//  Saves have numbers, so that the outcome of one is not taken for another's.

static void
test_saves_are_numbered (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (0, 0, 0);
    s_node.is_disk_slow = true;
    uint64_t number = core->save_number;
    assert_true (number > 0);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    assert_int_equal (core->save_number, number + 1);
    lone_input (&s_node, (zelect_input_t){.kind = ZELECT_INPUT_SAVED, .number = number, .ok = 1});
    assert_int_equal (core->saved.term, 0);
    lone_saved (&s_node);
    assert_int_equal (core->saved.term, 1);
}

//  R16: who cannot save has nobody to ask.

static void
test_a_fault_ends_the_asking (void **state)
{
    (void) state;
    zelect_record_t record;
    zelect_record_init (&record, false);
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&s_node, &options, &record);
    assert_int_not_equal (s_node.core.timers [ZELECT_TIMER_SETTLE], ZELECT_NEVER);
    s_node.is_disk_slow = true;
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    lone_input (&s_node,
                (zelect_input_t){.kind = ZELECT_INPUT_SAVED, .number = s_node.core.save_number});
    assert_int_equal (s_node.core.role, ZELECT_ROLE_FAULTED);
    assert_int_equal (s_node.core.timers [ZELECT_TIMER_SETTLE], ZELECT_NEVER);
}

//  What was heard before is of no account once a leader is.

static void
test_a_heartbeat_ends_all_haste (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (0, 0, 0);
    core->hint_leader = 2;
    core->timers [ZELECT_TIMER_HINT] = s_node.now + LONE_T;
    core->fast_tries = 3;
    core->is_last = 1;
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    assert_int_equal (core->hint_leader, ZELECT_NOBODY);
    assert_int_equal (core->timers [ZELECT_TIMER_HINT], ZELECT_NEVER);
    assert_int_equal (core->fast_tries | core->is_last, 0);
}

//  The ack waits for its term to be saved; if the promise ends before that,
//  in time or early, there is none.

static void
test_no_ack_of_a_promise_that_is_over (void **state)
{
    (void) state;
    for (int early = 0; early < 2; early++) {
        s_start (0, 0, 0);
        lone_run (&s_node, LONE_T);
        s_node.is_disk_slow = true;
        lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
        assert_null (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK));
        if (early)
            lone_hear_word (&s_node, ZELECT_MESSAGE_RELEASE, 1, 1);
        else
            lone_run (&s_node, LONE_T);
        lone_saved (&s_node);
        assert_null (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK));
    }
}

//  R12, R16: who has no promise to give says so at once, saved or not.

static void
test_acks_without_a_promise (void **state)
{
    (void) state;
    zelect_core_options_t options = lone_options (4, 3);
    options.self = 3;
    lone_start (&s_node, &options, NULL);
    s_node.is_disk_slow = true;
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK)->message.promise_ns, 0);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK)->message.faulted, 0);
    s_start (0, 0, 0);
    s_node.is_disk_slow = true;
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    lone_input (&s_node,
                (zelect_input_t){.kind = ZELECT_INPUT_SAVED, .number = s_node.core.save_number});
    assert_int_equal (s_node.core.role, ZELECT_ROLE_FAULTED);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 2);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK)->message.promise_ns, 0);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK)->message.faulted, 1);
}

//  R13, R14: a refusal says of which round it speaks.

static void
test_a_refusal_names_its_round (void **state)
{
    (void) state;
    s_start (7, 0, 0);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 3);
    beat.number = 33;
    beat.by_feed = 1;
    lone_hear (&s_node, &beat);
    const zelect_effect_t *refusal = lone_said (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK);
    assert_int_equal (refusal->message.granted, 0);
    assert_int_equal (refusal->message.about, 3);
    assert_int_equal (refusal->message.number, 33);
    assert_int_equal (refusal->message.by_feed, 1);
    assert_int_equal (refusal->message.term, 7);
}

//  A promise is to a member and to its incarnation, both of them.

static void
test_a_promise_is_to_one_incarnation (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (0, 0, 0);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    static zelect_effects_t effects;
    const zelect_step_t step = {&s_node.core, s_node.now, 1, &effects};
    assert_false (zelect_promise_holds (&step, 1, 1001));
    assert_true (zelect_promise_holds (&step, 2, 1001));
    assert_true (zelect_promise_holds (&step, 1, 1002));
    lone_input (&s_node, (zelect_input_t){.kind = ZELECT_INPUT_DIED, .member = 2, .number = 1001});
    assert_int_equal (core->promise_leader, 1);
}

//  R2: so is a vote.

static void
test_a_vote_is_to_one_incarnation (void **state)
{
    (void) state;
    s_start (0, 0, 0);
    lone_run (&s_node, LONE_T);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_VOTE, 1, 1);
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY)->message.granted, 1);
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY)->message.granted, 1);
    request.from = 2;
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY)->message.granted, 0);
    request.from = 1;
    request.incarnation = 1002;
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY)->message.granted, 0);
}

//  R5: a newer request of the same member takes the place of the one that waits,
//  also if it comes when the promise is over and nobody has said so yet.

static void
test_a_request_is_answered_once (void **state)
{
    (void) state;
    s_start (0, 0, 0);
    lone_run (&s_node, LONE_T);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    s_node.now += LONE_H;
    zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 1);
    request.about = 2;
    lone_hear (&s_node, &request);
    s_node.now += LONE_T - LONE_H;
    request.number = 2;
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted, 1);
    lone_command (&s_node, ZELECT_INPUT_TICK);
    assert_null (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY));
}

//  ... and not again when the next promise ends.

static void
test_a_request_that_waited_is_answered_once (void **state)
{
    (void) state;
    s_start (0, 0, 0);
    lone_run (&s_node, LONE_T);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 1);
    request.about = 5;
    lone_hear (&s_node, &request);
    lone_hear_word (&s_node, ZELECT_MESSAGE_RELEASE, 1, 1);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted, 1);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 2);
    lone_hear_word (&s_node, ZELECT_MESSAGE_RELEASE, 1, 2);
    assert_null (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY));
}

//  A promise that ends within 10 ms is waited for without a refusal; not by who
//  abstains and would refuse then, too.

static void
test_who_will_know_soon_does_not_refuse (void **state)
{
    (void) state;
    for (uint64_t late = 0; late < 2; late++) {
        const zelect_core_t *core = s_start (0, 0, 0);
        lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
        s_node.now = core->timers [ZELECT_TIMER_HOLD] - ZELECT_ANSWER_SOON_NS - late;
        lone_hear_word (&s_node, ZELECT_MESSAGE_PREVOTE, 2, 1);
        assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY) != NULL, late);
    }
    zelect_record_t record;
    zelect_record_init (&record, false);
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&s_node, &options, &record);
    s_node.now = s_node.core.timers [ZELECT_TIMER_HOLD] - 1;
    lone_hear_word (&s_node, ZELECT_MESSAGE_PREVOTE, 2, 1);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted, 0);
}

//  I3: what is granted speaks of the saved term.

static void
test_a_prevote_speaks_of_the_saved_term (void **state)
{
    (void) state;
    s_start (4, 0, 0);
    lone_run (&s_node, LONE_T);
    s_node.is_disk_slow = true;
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT_ACK, 1, 7);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 7);
    request.about = 8;
    lone_hear (&s_node, &request);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted, 1);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY)->message.term, 4);
}

//  Who votes for another in its own term does not go on asking.

static void
test_who_votes_asks_no_more (void **state)
{
    (void) state;
    s_start (5, 0, 0);
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    lone_hear_word (&s_node, ZELECT_MESSAGE_VOTE, 1, 5);
    assert_int_equal (lone_said (&s_node, ZELECT_MESSAGE_VOTE_REPLY)->message.granted, 1);
    assert_int_equal (s_node.core.role, ZELECT_ROLE_FOLLOWER);
}

//  A follower that sees two leaders reports it, and has nothing to release.

static void
test_a_follower_of_two_leaders_releases_nobody (void **state)
{
    (void) state;
    s_start (0, 0, 0);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 2, 1);
    assert_int_equal (s_node.count, 1);
    assert_int_equal (s_node.list [0].report, ZELECT_REPORT_TWO_LEADERS);
}

//  R15: whose turn comes within H of a stall waits for that long; nobody else's
//  turn is moved, and who is campaigning gets none.

static void
test_a_stall_moves_early_turns (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (0, 0, 0);
    const uint64_t until = s_node.now + LONE_H;
    const uint64_t turns [] = {until - 1, until, until + 1, until + LONE_T};
    for (size_t at = 0; at < sizeof turns / sizeof turns [0]; at++) {
        core->timers [ZELECT_TIMER_CAMPAIGN] = turns [at];
        lone_command (&s_node, ZELECT_INPUT_STALLED);
        if (at)
            assert_int_equal (core->timers [ZELECT_TIMER_CAMPAIGN], turns [at]);
        else
            assert_true (core->timers [ZELECT_TIMER_CAMPAIGN] >= until);
    }
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    lone_command (&s_node, ZELECT_INPUT_STALLED);
    assert_int_equal (core->timers [ZELECT_TIMER_CAMPAIGN], ZELECT_NEVER);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_a_round_is_promised_once),
        cmocka_unit_test (test_bound_up_to_the_floor),
        cmocka_unit_test (test_a_release_ends_the_wait_of_the_start),
        cmocka_unit_test (test_a_stall_moves_early_turns),
        cmocka_unit_test (test_the_longest_promise_is_kept),
        cmocka_unit_test (test_saves_are_numbered),
        cmocka_unit_test (test_a_fault_ends_the_asking),
        cmocka_unit_test (test_a_heartbeat_ends_all_haste),
        cmocka_unit_test (test_no_ack_of_a_promise_that_is_over),
        cmocka_unit_test (test_acks_without_a_promise),
        cmocka_unit_test (test_a_refusal_names_its_round),
        cmocka_unit_test (test_a_promise_is_to_one_incarnation),
        cmocka_unit_test (test_a_vote_is_to_one_incarnation),
        cmocka_unit_test (test_a_request_is_answered_once),
        cmocka_unit_test (test_a_request_that_waited_is_answered_once),
        cmocka_unit_test (test_who_will_know_soon_does_not_refuse),
        cmocka_unit_test (test_a_prevote_speaks_of_the_saved_term),
        cmocka_unit_test (test_who_votes_asks_no_more),
        cmocka_unit_test (test_a_follower_of_two_leaders_releases_nobody),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
