/*  =========================================================================
    test_loyalty - to whom a node is loyal, and when no more (R5, R10, R11, R17)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"

static bool
s_acks (lone_t *lone, uint8_t from, uint64_t term, uint64_t round)
{
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, from, term);
    beat.number = round;
    lone_hear (lone, &beat);
    const zelect_effect_t *ack = lone_said (lone, ZELECT_MESSAGE_HEARTBEAT_ACK);
    return ack && ack->message.granted;
}

//  ---- Two leaders in one term ---------------------------------------------

static void
s_duel_is_reported (const lone_t *lone, uint8_t member, uint64_t term)
{
    const zelect_effect_t *report = lone_found (lone, ZELECT_EFFECT_REPORT);
    assert_non_null (report);
    assert_int_equal (report->report, ZELECT_REPORT_TWO_LEADERS);
    assert_int_equal (report->member, member);
    assert_int_equal (report->number, term);
}

static void
test_follower_reports_two_leaders_and_stays (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    assert_false (s_acks (&lone, 2, 5, 1));
    s_duel_is_reported (&lone, 2, 5);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 1);
    //  Another process of the same member is another leader
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    beat.incarnation++;
    lone_hear (&lone, &beat);
    s_duel_is_reported (&lone, 1, 5);
}

//  R17: all voters forgot, and a term is led in again. What was promised is over,
//  but stays known: what comes again from the past is no heartbeat, and the other
//  leader is reported, once, and followed.

static void
test_who_is_bound_no_more_follows_the_second_leader_of_a_term (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    options.priority = 0;
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 3));
    lone_run (&lone, LONE_T);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), ZELECT_NOBODY);
    assert_false (s_acks (&lone, 1, 5, 3));
    assert_true (s_acks (&lone, 2, 5, 1));
    s_duel_is_reported (&lone, 2, 5);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 2);
    assert_true (s_acks (&lone, 2, 5, 2));
    assert_null (lone_found (&lone, ZELECT_EFFECT_REPORT));
    assert_false (s_acks (&lone, 1, 5, 4));
    s_duel_is_reported (&lone, 1, 5);
}

static void
test_leader_that_hears_another_of_its_term_steps_down (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    assert_false (s_acks (&lone, 1, 1, 1));
    s_duel_is_reported (&lone, 1, 1);
    assert_int_equal (lone_reason (&lone), ZELECT_REASON_TWO_LEADERS);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (lone_found (&lone, ZELECT_EFFECT_LEASE)->until, 0);
}

//  R1, I12: a heartbeat from too far ahead moves the term as far as one message
//  may, and is not heeded.

static void
test_heartbeat_from_too_far_ahead_is_not_accepted (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_false (s_acks (&lone, 1, ZELECT_TERM_JUMP + 1, 1));
    assert_int_equal (lone_found (&lone, ZELECT_EFFECT_REPORT)->report, ZELECT_REPORT_TERM_JUMP);
    assert_int_equal (lone.core.wanted.term, ZELECT_TERM_JUMP);
    assert_true (s_acks (&lone, 1, ZELECT_TERM_JUMP + 1, 1));
}

//  ---- Ends of promises ----------------------------------------------------

//  R10: a proof that was false voids what was led until then, not what the living
//  process is elected to afterwards.

static void
test_living_leader_proved_dead_may_lead_again (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    lone_input (&lone, (zelect_input_t){.kind = ZELECT_INPUT_DIED, .member = 1, .number = 1001});
    assert_false (s_acks (&lone, 1, 5, 2));
    assert_true (s_acks (&lone, 1, 6, 3));
}

//  R11: released, this node waits for the head start of the heir; but who has
//  voted since lets its candidate have its time, heir or not.

static uint64_t
s_wait_after_release (lone_t *lone, uint8_t heir)
{
    zelect_message_t release = lone_word (ZELECT_MESSAGE_RELEASE, 1, 6);
    release.about = 5;
    release.leader = heir;
    lone_hear (lone, &release);
    uint64_t from = lone->now;
    lone_run_until (lone, ZELECT_ROLE_PRECANDIDATE);
    return lone->now - from;
}

static void
test_release_after_a_vote_is_no_call_to_campaign (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    static const struct {
        bool votes;
        uint8_t heir;
        uint64_t least_ms;
        uint64_t most_ms;
    } cases [] = {
        {false, 0, 0, 0},  {false, ZELECT_NOBODY, 0, 5},  {false, 2, 15, 20},
        {true, 0, 40, 45}, {true, ZELECT_NOBODY, 40, 45}, {true, 2, 40, 45},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        lone_start (&lone, &options, NULL);
        assert_true (s_acks (&lone, 1, 5, 1));
        if (cases [i].votes) {
            lone_hear_word (&lone, ZELECT_MESSAGE_VOTE, 1, 6);
            assert_true (lone_said (&lone, ZELECT_MESSAGE_VOTE_REPLY)->message.granted);
        }
        uint64_t wait_ns = s_wait_after_release (&lone, cases [i].heir);
        assert_in_range (wait_ns, cases [i].least_ms * ZELECT_MS, cases [i].most_ms * ZELECT_MS);
    }
}

//  R1: a deposed leader still owes its followers their release. It tries to be
//  elected first, and gives up for the one who deposed it.

static void
test_deposed_leader_releases_when_it_follows (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    lone_hear_word (&lone, ZELECT_MESSAGE_STATE_REPLY, 2, 6);
    assert_int_equal (lone_reason (&lone), ZELECT_REASON_HIGHER_TERM);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_RELEASE));
    assert_true (s_acks (&lone, 2, 6, 1));
    const zelect_effect_t *release = lone_said (&lone, ZELECT_MESSAGE_RELEASE);
    assert_non_null (release);
    assert_int_equal (release->message.about, 1);
    assert_int_equal (release->message.leader, ZELECT_NOBODY);
    //  Once
    assert_true (s_acks (&lone, 2, 6, 2));
    assert_null (lone_said (&lone, ZELECT_MESSAGE_RELEASE));
}

//  The term alone may have moved on: that is no vote.

static void
test_release_after_a_term_without_a_vote_is_heeded (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    lone_hear_word (&lone, ZELECT_MESSAGE_STATE_REPLY, 2, 6);
    assert_int_equal (lone.core.wanted.term, 6);
    assert_int_equal (s_wait_after_release (&lone, 0), 0);
}

//  R11: late, repeated and overtaken releases, and those of another process.

static void
test_release_of_something_else_ends_nothing (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    zelect_message_t release = lone_word (ZELECT_MESSAGE_RELEASE, 1, 5);
    zelect_message_t others [] = {release, release, release};
    others [0].from = 2;
    others [1].incarnation++;
    others [2].about = 4;
    for (size_t i = 0; i < sizeof others / sizeof others [0]; i++) {
        lone_start (&lone, &options, NULL);
        assert_true (s_acks (&lone, 1, 5, 1));
        lone_hear (&lone, &others [i]);
        assert_int_equal (zelect_core_leader (&lone.core, lone.now), 1);
    }
    lone_hear (&lone, &release);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), ZELECT_NOBODY);
}

//  R12: who cannot lead is named as the heir in vain.

static void
test_heir_that_cannot_lead_stays_what_it_is (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    options.priority = 0;
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    zelect_message_t release = lone_word (ZELECT_MESSAGE_RELEASE, 1, 5);
    release.leader = 0;
    lone_hear (&lone, &release);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), ZELECT_NOBODY);
    lone_stay (&lone, ZELECT_ROLE_FOLLOWER, 20 * LONE_T);
}

//  R10: the proof is about a process, not about a member.

static void
test_death_of_an_earlier_process_ends_nothing (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    lone_input (&lone, (zelect_input_t){.kind = ZELECT_INPUT_DIED, .member = 1, .number = 999});
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 1);
    lone_input (&lone, (zelect_input_t){.kind = ZELECT_INPUT_DIED, .member = 2, .number = 1002});
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 1);
}

//  ---- Own stalls (R15) ----------------------------------------------------

static void
test_stall_gives_the_leader_one_more_heartbeat (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    uint64_t hold = lone.core.timers [ZELECT_TIMER_HOLD];
    //  There is time enough: nothing changes
    lone_command (&lone, ZELECT_INPUT_STALLED);
    assert_true (lone.core.timers [ZELECT_TIMER_HOLD] == hold);
    //  There is not, or the promise is over and nobody noticed
    for (int late = 0; late < 2; late++) {
        lone.now = hold + (late ? LONE_T : 0) - 1;
        lone_command (&lone, ZELECT_INPUT_STALLED);
        assert_true (lone.core.timers [ZELECT_TIMER_HOLD] == lone.now + LONE_H);
        assert_true (lone.core.timers [ZELECT_TIMER_CAMPAIGN] >= lone.now + LONE_H);
    }
    lone_run (&lone, LONE_H - 1);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    lone_run_until (&lone, ZELECT_ROLE_PRECANDIDATE);
}

static void
test_stall_of_a_leader_or_a_witness (void **state)
{
    (void) state;
    static lone_t lone;
    static zelect_core_t before;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    before = lone.core;
    lone_command (&lone, ZELECT_INPUT_STALLED);
    assert_int_equal (lone.count, 0);
    assert_memory_equal (&lone.core, &before, sizeof before);
    options.priority = 0;
    lone_start (&lone, &options, NULL);
    lone_run (&lone, 2 * LONE_T);
    lone_command (&lone, ZELECT_INPUT_STALLED);
    assert_true (lone.core.timers [ZELECT_TIMER_HOLD] == lone.now + LONE_H);
    assert_true (lone.core.timers [ZELECT_TIMER_CAMPAIGN] == ZELECT_NEVER);
}

//  A round that fails in the meantime is no reason to ask again before the
//  leader has had its chance.

static void
test_stalled_candidate_waits_for_the_leader (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 5, 1));
    assert_in_range (s_wait_after_release (&lone, ZELECT_NOBODY), 0, 5 * ZELECT_MS);
    lone_command (&lone, ZELECT_INPUT_STALLED);
    uint64_t until = lone.now + LONE_H;
    lone_run_until (&lone, ZELECT_ROLE_FOLLOWER);
    assert_true (lone.core.timers [ZELECT_TIMER_CAMPAIGN] < until);
    lone_run_until (&lone, ZELECT_ROLE_PRECANDIDATE);
    assert_true (lone.now >= until);
}

//  What arrives after the promise has run out, but before the clock was looked
//  at, finds it over.

static void
test_promise_ends_in_time_though_nobody_said_so (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_run (&lone, LONE_T - 1);
    assert_true (s_acks (&lone, 1, 5, 1));
    lone.now += LONE_T - 20 * ZELECT_MS;
    lone_hear_word (&lone, ZELECT_MESSAGE_PREVOTE, 2, 6);
    assert_false (lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted);
    //  A refusal is not worth it if the answer may soon be another
    lone.now += 20 * ZELECT_MS - 1;
    lone_hear_word (&lone, ZELECT_MESSAGE_PREVOTE, 2, 6);
    assert_int_equal (lone.count, 0);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 1);
    lone.now++;
    lone_hear_word (&lone, ZELECT_MESSAGE_PREVOTE, 2, 6);
    assert_true (lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), ZELECT_NOBODY);
}

//  R6: asked after the end of its lease, a leader names nobody.

static void
test_leader_is_nobody_after_the_lease (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    assert_int_equal (zelect_core_leader (&lone.core, lone.core.lease_end - 1), 0);
    assert_int_equal (zelect_core_leader (&lone.core, lone.core.lease_end), ZELECT_NOBODY);
}

//  ---- Below the floor of one who forgot (R17) -----------------------------

static void
test_below_the_floor_only_the_promised_leader_is_heeded (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {.term = 50, .floor = 100, .vote = ZELECT_NOBODY};
    lone_start (&lone, &options, &record);
    lone_run (&lone, LONE_T - 1);
    assert_true (s_acks (&lone, 1, 60, 1));
    assert_false (s_acks (&lone, 2, 70, 1));
    assert_int_equal (lone.core.wanted.term, 60);
    assert_true (s_acks (&lone, 1, 60, 2));
    //  Above it an election proves that older leases are over
    assert_true (s_acks (&lone, 2, 101, 1));
    //  And so does the end of the promise
    lone_start (&lone, &options, &record);
    lone_run (&lone, LONE_T - 1);
    assert_true (s_acks (&lone, 1, 60, 1));
    lone.now += LONE_T;
    assert_true (s_acks (&lone, 2, 70, 1));
}

//  R13: who forgot all may lead again below a term that it once released. What it
//  says there is void, but it is told so.

static void
test_leader_below_its_own_release_is_refused (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    assert_true (s_acks (&lone, 1, 9, 1));
    lone_hear_word (&lone, ZELECT_MESSAGE_RELEASE, 1, 9);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 3);
    const zelect_effect_t *refusal = lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK);
    assert_non_null (refusal);
    assert_false (refusal->message.granted);
    assert_int_equal (refusal->message.term, 9);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 9);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK));
}

//  R8: who is in no ranking draws a hundredth of T, so as not to meet another.

static void
test_who_is_not_ranked_draws_a_little_chance (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    options.heartbeat_ns = 4 * ZELECT_MS;
    options.election_ns = 20 * ZELECT_MS;
    lone_start (&lone, &options, NULL);
    lone_run (&lone, options.election_ns / 2);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    beat.rank_count = 1;
    beat.ranking [0] = 2;
    lone_hear (&lone, &beat);
    static zelect_core_t before;
    before = lone.core;
    uint64_t first = ZELECT_NEVER, last = 0;
    for (int draw = 0; draw < 3000; draw++) {
        lone.core = before;
        lone_hear_word (&lone, ZELECT_MESSAGE_RELEASE, 1, 5);
        uint64_t turn = lone.core.timers [ZELECT_TIMER_CAMPAIGN];
        first = turn < first ? turn : first;
        last = turn > last ? turn : last;
    }
    assert_in_range (last - first, options.election_ns / 100 * 995 / 1000,
                     options.election_ns / 100);
}

//  R11: who has no vote hears of the end as well, though it takes up no term by it.

static void
test_non_voter_hears_a_release_of_a_later_term (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (4, 4);
    options.voters = 14;    //  All but us
    options.priority = 0;
    lone_start (&lone, &options, NULL);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 1);
    lone_hear_word (&lone, ZELECT_MESSAGE_RELEASE, 1, 6);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), ZELECT_NOBODY);
    assert_int_equal (lone.core.wanted.term, 5);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_follower_reports_two_leaders_and_stays),
        cmocka_unit_test (test_who_is_bound_no_more_follows_the_second_leader_of_a_term),
        cmocka_unit_test (test_who_is_not_ranked_draws_a_little_chance),
        cmocka_unit_test (test_non_voter_hears_a_release_of_a_later_term),
        cmocka_unit_test (test_leader_that_hears_another_of_its_term_steps_down),
        cmocka_unit_test (test_heartbeat_from_too_far_ahead_is_not_accepted),
        cmocka_unit_test (test_living_leader_proved_dead_may_lead_again),
        cmocka_unit_test (test_release_after_a_vote_is_no_call_to_campaign),
        cmocka_unit_test (test_deposed_leader_releases_when_it_follows),
        cmocka_unit_test (test_release_after_a_term_without_a_vote_is_heeded),
        cmocka_unit_test (test_release_of_something_else_ends_nothing),
        cmocka_unit_test (test_heir_that_cannot_lead_stays_what_it_is),
        cmocka_unit_test (test_death_of_an_earlier_process_ends_nothing),
        cmocka_unit_test (test_stall_gives_the_leader_one_more_heartbeat),
        cmocka_unit_test (test_stall_of_a_leader_or_a_witness),
        cmocka_unit_test (test_stalled_candidate_waits_for_the_leader),
        cmocka_unit_test (test_promise_ends_in_time_though_nobody_said_so),
        cmocka_unit_test (test_leader_is_nobody_after_the_lease),
        cmocka_unit_test (test_below_the_floor_only_the_promised_leader_is_heeded),
        cmocka_unit_test (test_leader_below_its_own_release_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
