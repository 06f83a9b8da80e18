/*  =========================================================================
    test_rounds - requests, heartbeats and their answers, one by one (R2 to R6, R14)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"

//  ---- Votes ---------------------------------------------------------------

//  B01: the term may be saved already and the vote not.

static void
test_vote_in_a_saved_term_waits_for_its_own_save (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, LONE_T - 1);
    lone_hear_word (&lone, ZELECT_MESSAGE_STATE_REPLY, 2, 5);
    assert_int_equal (lone.core.saved.term, 5);
    lone.is_disk_slow = true;
    lone.now++;
    lone_hear_word (&lone, ZELECT_MESSAGE_VOTE, 1, 5);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_VOTE_REPLY));
    const zelect_effect_t *save = lone_found (&lone, ZELECT_EFFECT_SAVE);
    assert_non_null (save);
    assert_int_equal (save->record.vote, 1);
    assert_int_equal (save->record.vote_incarnation, 1001);
    lone_saved (&lone);
    const zelect_effect_t *reply = lone_said (&lone, ZELECT_MESSAGE_VOTE_REPLY);
    assert_non_null (reply);
    assert_true (reply->message.granted);
}

static void
test_prevote_is_for_a_term_to_come (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {.term = 5, .vote = 2, .vote_incarnation = 1002};
    lone_start (&lone, &options, &record);
    lone.now += LONE_T;
    for (uint64_t term = 4; term <= 6; term++) {
        lone_hear_word (&lone, ZELECT_MESSAGE_PREVOTE, 1, term);
        const zelect_effect_t *reply = lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY);
        assert_non_null (reply);
        assert_int_equal (reply->message.granted, term == 6);
        assert_int_equal (reply->message.term, 5);
    }
}

//  R17: a vote is worth as much as the voter's timeout says, from the asking.

static void
test_vote_that_has_run_out_is_none (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    for (uint64_t late_ms = 49; late_ms <= 50; late_ms++) {
        lone_start (&lone, &options, NULL);
        lone_climb (&lone, ZELECT_ROLE_CANDIDATE);
        lone.now += late_ms * ZELECT_MS;
        zelect_message_t yes = lone_answer (&lone, ZELECT_MESSAGE_VOTE_REPLY, 1, true);
        yes.promise_ns = 50 * ZELECT_MS;
        lone_hear (&lone, &yes);
        bool is_in_time = late_ms < 50;
        assert_int_equal (lone.core.role,
                          is_in_time ? ZELECT_ROLE_LEADER_ELECT : ZELECT_ROLE_CANDIDATE);
        if (!is_in_time) {
            lone_run (&lone, 0);
            assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
        }
    }
}

//  R5: a hint that this node leads is no news to it; one of an older term is none.

static void
test_hints_name_another_of_this_term (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (4, 3);
    zelect_record_t record = {.term = 5, .vote = ZELECT_NOBODY};
    static const struct {
        uint64_t term;
        uint8_t leader;
        uint8_t believed;
    } cases [] = {
        {5, 0, ZELECT_NOBODY},
        {5, 3, ZELECT_NOBODY},
        {4, 2, ZELECT_NOBODY},
        {5, ZELECT_NOBODY, ZELECT_NOBODY},
        {5, 2, 2},
    };
    lone_start (&lone, &options, &record);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        zelect_message_t no = lone_answer (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 1, false);
        no.term = cases [i].term;
        no.leader = cases [i].leader;
        lone_hear (&lone, &no);
        assert_int_equal (zelect_core_leader (&lone.core, lone.now), cases [i].believed);
    }
}

//  ---- Heartbeats ----------------------------------------------------------

//  R9: restarted with a longer timeout, it promises nothing that is not on record.

static void
test_longer_promise_is_saved_before_it_is_given (void **state)
{
    (void) state;
    static lone_t lone;
    static zelect_effects_t effects;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {.term = 5, .vote = ZELECT_NOBODY, .promise_ns = LONE_T - 1};
    memset (&lone, 0, sizeof lone);
    lone.is_disk_slow = true;
    zelect_core_init (&lone.core, &options, &record, lone.now, 42, &effects);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK));
    lone_saved (&lone);
    const zelect_effect_t *ack = lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK);
    assert_non_null (ack);
    assert_int_equal (ack->message.promise_ns, LONE_T);
}

static const zelect_effect_t *
s_beat (lone_t *lone, uint64_t round, bool by_feed)
{
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    beat.number = round;
    beat.by_feed = by_feed;
    lone_hear (lone, &beat);
    return lone_said (lone, ZELECT_MESSAGE_HEARTBEAT_ACK);
}

//  A round is acknowledged once, and once more if it comes over the feed: the
//  leader wants to know. None prolongs the promise twice (R14).

static void
test_round_is_acknowledged_once_each_way (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, LONE_T - 1);
    assert_non_null (s_beat (&lone, 7, false));
    uint64_t hold = lone.core.timers [ZELECT_TIMER_HOLD];
    lone.now += LONE_H;
    assert_null (s_beat (&lone, 7, false));
    assert_null (s_beat (&lone, 6, true));
    const zelect_effect_t *ack = s_beat (&lone, 7, true);
    assert_non_null (ack);
    assert_int_equal (ack->message.by_feed, 1);
    assert_int_equal (ack->message.number, 7);
    assert_null (s_beat (&lone, 7, true));
    assert_true (lone.core.timers [ZELECT_TIMER_HOLD] == hold);
    //  The promise over, the old round makes none anew
    lone_run (&lone, LONE_T);
    assert_null (s_beat (&lone, 7, true));
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), ZELECT_NOBODY);
    assert_non_null (s_beat (&lone, 8, true));
}

//  ---- Acknowledgements ----------------------------------------------------

//  What a member said last counts, not what arrived last.

static void
test_late_ack_is_no_news (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    zelect_message_t old = lone_ack (&lone, 1);
    old.healthy = 0;
    old.priority = 7;
    old.by_feed = 1;
    lone_run (&lone, LONE_H);
    zelect_message_t recent = lone_ack (&lone, 1);
    recent.by_feed = 1;
    lone_hear (&lone, &recent);
    uint64_t lease_end = lone.core.lease_end;
    lone_hear (&lone, &old);
    const zelect_core_member_t *member = &lone.core.members [1];
    assert_int_equal (member->healthy, 1);
    assert_int_equal (member->priority, 100);
    assert_true (member->feed_round == recent.number && member->acked_round == recent.number);
    assert_true (lone.core.lease_end == lease_end);
}

//  R8: priority first. A member that changes its own changes the order.

static void
test_ranking_follows_priorities (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    lone_reign (&lone, 5 * LONE_H);
    assert_memory_equal (lone.core.ranking, ((uint8_t []){1, 2}), 2);
    zelect_message_t ack = lone_ack (&lone, 2);
    ack.priority = 101;
    lone_hear (&lone, &ack);
    lone_run (&lone, LONE_H);
    const zelect_effect_t *beat = lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT);
    assert_non_null (beat);
    assert_int_equal (beat->message.rank_count, 2);
    assert_memory_equal (beat->message.ranking, ((uint8_t []){2, 1}), 2);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_vote_in_a_saved_term_waits_for_its_own_save),
        cmocka_unit_test (test_prevote_is_for_a_term_to_come),
        cmocka_unit_test (test_vote_that_has_run_out_is_none),
        cmocka_unit_test (test_hints_name_another_of_this_term),
        cmocka_unit_test (test_longer_promise_is_saved_before_it_is_given),
        cmocka_unit_test (test_round_is_acknowledged_once_each_way),
        cmocka_unit_test (test_late_ack_is_no_news),
        cmocka_unit_test (test_ranking_follows_priorities),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
