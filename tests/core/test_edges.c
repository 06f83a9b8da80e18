/*  =========================================================================
    test_edges - the last value that is still good, and the first that is not

    Where a rule compares, these stand on both sides of the comparison; and what
    a record or an effect carries beside what the scenarios show.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"
#include "zelect_core_private.h"

static lone_t s_node;

static zelect_core_t *
s_start_at (uint64_t term)
{
    zelect_core_options_t options = lone_options (5, 5);
    zelect_record_t record = {.term = term, .vote = ZELECT_NOBODY};
    lone_start (&s_node, &options, &record);
    return &s_node.core;
}

static size_t
s_place (zelect_effect_kind_t kind)
{
    const zelect_effect_t *effect = lone_found (&s_node, kind);
    assert_non_null (effect);
    return (size_t) (effect - s_node.list);
}

//  Ask, be granted and stand; the last step is the one that stands.

static zelect_core_t *
s_climb (zelect_role_t role)
{
    zelect_core_t *core = s_start_at (0);
    lone_climb (&s_node, role);
    return core;
}

static zelect_core_t *
s_lead (void)
{
    zelect_core_t *core = s_climb (ZELECT_ROLE_LEADER_ELECT);
    for (uint8_t from = 1; from < 5; from++) {
        lone_hear_ack (&s_node, from);
        if (from == 2) {
            assert_int_equal (core->role, ZELECT_ROLE_LEADER);
            assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_ROLE)->until, core->lease_end);
        }
    }
    return core;
}

//  ----  The start  -----------------------------------------------------------

static void
test_a_start_presumes_the_best (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start_at (0);
    assert_int_equal (core->is_healthy, 1);
    assert_int_equal (core->promise_term, 0);
    for (unsigned index = 0; index < ZELECT_MEMBERS_MAX; index++) {
        assert_int_equal (core->members [index].kept_at, ZELECT_NEVER);
        assert_int_equal (core->members [index].priority, 1);
        assert_int_equal (core->members [index].healthy, 1);
    }
}

//  R14: numbers start at random, in 63 bits, and never at 0.

static void
test_numbers_start_anywhere (void **state)
{
    (void) state;
    static zelect_effects_t effects;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t none = {.vote = ZELECT_NOBODY};
    uint64_t request_bits = 0, round_bits = 0;
    for (uint64_t word = 0; word < 200; word++) {
        static zelect_core_t core;
        zelect_core_init (&core, &options, &none, 0, word * 77, &effects);
        assert_true (core.request % 2 && core.round % 2);
        request_bits |= core.request;
        round_bits |= core.round;
    }
    assert_int_equal (request_bits, UINT64_MAX >> 1);
    assert_int_equal (round_bits, UINT64_MAX >> 1);
}

static void
test_who_abstains_takes_no_part (void **state)
{
    (void) state;
    zelect_core_options_t options = lone_options (3, 3);
    options.is_volatile = 1;
    lone_start (&s_node, &options, NULL);
    assert_false (zelect_core_takes_part (&s_node.core));
    assert_int_equal (zelect_core_floor (&s_node.core), 0);
}

//  ----  Terms (R1)  ----------------------------------------------------------

static void
test_terms_end_before_the_last_bit (void **state)
{
    (void) state;
    zelect_core_t *core = s_start_at (ZELECT_TERM_MAX - 1);
    lone_run (&s_node, 10 * LONE_T);
    assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
    core = s_start_at (ZELECT_TERM_MAX - 2);
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    assert_int_equal (core->ask_term, ZELECT_TERM_MAX - 1);
}

static void
test_impossible_terms_and_members (void **state)
{
    (void) state;
    const zelect_core_t *core = s_lead ();
    zelect_message_t word = lone_word (ZELECT_MESSAGE_PREVOTE_REPLY, 1, 1);
    word.term = ZELECT_TERM_MAX;
    lone_hear (&s_node, &word);
    assert_int_equal (s_node.count, 0);
    word = lone_word (ZELECT_MESSAGE_RELEASE, 1, ZELECT_TERM_MAX);
    lone_hear (&s_node, &word);
    assert_int_equal (s_node.count, 0);
    word = lone_ack (&s_node, 5);
    word.promise_ns = 7;
    lone_hear (&s_node, &word);
    assert_int_equal (s_node.count, 0);
    assert_int_equal (core->wanted.term, 1);
}

//  A message from too far ahead raises the term by 2^20 and does nothing else.

static void
test_a_jump_is_all_that_comes_of_it (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start_at (0);
    lone_run (&s_node, LONE_T);
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 1);
    zelect_message_t release = lone_word (ZELECT_MESSAGE_RELEASE, 1, 1);
    release.term = 2 + ZELECT_TERM_JUMP;
    lone_hear (&s_node, &release);
    assert_int_equal (core->wanted.term, 1 + ZELECT_TERM_JUMP);
    assert_int_equal (core->promise_leader, 1);
}

//  R15: what is due waits for the TICK.

static void
test_a_message_is_no_tick (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start_at (0);
    while (core->timers [ZELECT_TIMER_CAMPAIGN] != zelect_core_deadline (core))
        lone_run (&s_node, LONE_H);
    s_node.now = zelect_core_deadline (core);
    lone_hear_word (&s_node, ZELECT_MESSAGE_VOTE_REPLY, 1, 0);
    assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
    lone_command (&s_node, ZELECT_INPUT_TICK);
    assert_int_equal (core->role, ZELECT_ROLE_PRECANDIDATE);
}

static void
test_a_new_term_has_no_vote (void **state)
{
    (void) state;
    s_start_at (0);
    lone_run (&s_node, LONE_T);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_VOTE, 1, 5);
    lone_hear (&s_node, &request);
    assert_int_equal (s_node.core.saved.vote, 1);
    lone_hear_word (&s_node, ZELECT_MESSAGE_STATE_REPLY, 2, 6);
    const zelect_effect_t *save = lone_found (&s_node, ZELECT_EFFECT_SAVE);
    assert_int_equal (save->record.term, 6);
    assert_int_equal (save->record.vote, ZELECT_NOBODY);
    assert_int_equal (save->record.vote_incarnation, 0);
}

//  ----  The asking side (R2, R3, R17)  ---------------------------------------

//  The save is on its way before the requests are: the two overlap.

static void
test_the_own_vote_is_saved_while_others_are_asked (void **state)
{
    (void) state;
    s_climb (ZELECT_ROLE_CANDIDATE);
    assert_true (s_place (ZELECT_EFFECT_SAVE) < s_place (ZELECT_EFFECT_SEND));
    const zelect_effect_t *save = lone_found (&s_node, ZELECT_EFFECT_SAVE);
    assert_int_equal (save->record.vote, 0);
    assert_int_equal (save->record.vote_incarnation, 1000);
}

static void
test_a_prevote_limits_no_votes (void **state)
{
    (void) state;
    zelect_core_t *core = s_start_at (0);
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    uint64_t round = core->timers [ZELECT_TIMER_ROUND];
    zelect_message_t reply = lone_answer (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY, 1, true);
    reply.promise_ns = ZELECT_MS;
    lone_hear (&s_node, &reply);
    assert_int_equal (core->timers [ZELECT_TIMER_ROUND], round);
    assert_true (zelect_mask_has (core->granted, 1));
}

static void
s_refuse_by_floor (uint64_t floor, uint8_t leader)
{
    zelect_message_t reply = lone_answer (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY, 1, false);
    reply.term = 0;
    reply.floor = floor;
    reply.leader = leader;
    lone_hear (&s_node, &reply);
}

static void
test_floors_that_are_followed (void **state)
{
    (void) state;
    const uint64_t start = UINT64_C (1) << 40;
    const struct {
        uint64_t floor;
        bool is_taken;
    } rows [] = {
        {start, false},
        {start + 1, true},
        {start + ZELECT_TERM_JUMP, true},
        {start + ZELECT_TERM_JUMP + 1, false},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows [0]; row++) {
        const zelect_core_t *core = s_start_at (start);
        lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
        s_refuse_by_floor (rows [row].floor, ZELECT_NOBODY);
        assert_int_equal (core->heard_floor, rows [row].is_taken ? rows [row].floor : 0);
        assert_int_equal (core->role,
                          rows [row].is_taken ? ZELECT_ROLE_FOLLOWER : ZELECT_ROLE_PRECANDIDATE);
    }
}

//  Who knows a leader goes on asking; the same floor once more is no news.

static void
test_a_floor_is_news_once (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start_at (10);
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    s_refuse_by_floor (100, 2);
    assert_int_equal (core->heard_floor, 100);
    assert_int_equal (core->role, ZELECT_ROLE_PRECANDIDATE);
    s_refuse_by_floor (100, ZELECT_NOBODY);
    assert_int_equal (core->role, ZELECT_ROLE_PRECANDIDATE);
}

//  ----  Who must not campaign (R12)  -----------------------------------------

static void
s_follow_and_lose (void)
{
    lone_hear_word (&s_node, ZELECT_MESSAGE_HEARTBEAT, 1, 3);
    assert_int_equal (zelect_core_leader (&s_node.core, s_node.now), 1);
    lone_run (&s_node, 10 * LONE_T);
    assert_int_equal (s_node.core.role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (s_node.core.timers [ZELECT_TIMER_CAMPAIGN], ZELECT_NEVER);
}

static void
test_unhealthy_and_stopping_nodes_do_not_campaign (void **state)
{
    (void) state;
    s_start_at (0);
    lone_command (&s_node, ZELECT_INPUT_HEALTH);
    s_follow_and_lose ();
    s_start_at (0);
    lone_command (&s_node, ZELECT_INPUT_STOP);
    s_follow_and_lose ();
}

//  ----  Sets and leases (R6)  ------------------------------------------------

static void
test_the_last_member_and_what_is_none (void **state)
{
    (void) state;
    zelect_core_t *core = s_start_at (0);
    core->options.voters = UINT64_C (1) << 63 | 1;
    assert_true (zelect_core_is_voter (core, 63));
    assert_true (zelect_core_is_voter (core, 0));
    assert_false (zelect_core_is_voter (core, 62));
    assert_false (zelect_core_is_voter (core, 64));
    assert_false (zelect_core_is_voter (core, ZELECT_NOBODY));
}

static void
test_lengths_of_a_lease (void **state)
{
    (void) state;
    const uint64_t most = UINT64_MAX / 1000;
    assert_int_equal (zelect_quorum_lease_ns (256000, 0), 255000);
    assert_int_equal (zelect_quorum_lease_ns (1100 * 256, 100), 900 * 256 - 1100);
    assert_int_equal (zelect_quorum_lease_ns (1000000, 1000), 0);
    assert_int_equal (zelect_quorum_lease_ns (1000000, 1001), 0);
    assert_int_equal (zelect_quorum_lease_ns (most, 0), most - most / 256);
    assert_int_equal (zelect_quorum_lease_ns (most + most / 2, 0), 0);
}

//  ----  Leadership (R6)  -----------------------------------------------------

static void
test_the_lease_ends_at_its_end (void **state)
{
    (void) state;
    const zelect_core_t *core = s_lead ();
    s_node.now = core->lease_end - 1;
    lone_command (&s_node, ZELECT_INPUT_STALLED);
    assert_int_equal (core->role, ZELECT_ROLE_LEADER);
    s_node.now = core->lease_end;
    lone_command (&s_node, ZELECT_INPUT_STALLED);
    assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_ROLE)->until, 0);
}

static void
test_a_broken_node_says_so_and_stops (void **state)
{
    (void) state;
    zelect_core_t *core = s_start_at (0);
    core->broken = 1;
    lone_command (&s_node, ZELECT_INPUT_STALLED);
    const zelect_effect_t *report = lone_found (&s_node, ZELECT_EFFECT_REPORT);
    assert_int_equal (report->report, ZELECT_REPORT_BROKEN);
    assert_int_equal (report->member, 0);
    assert_int_equal (report->number, 0);
    assert_int_equal (core->role, ZELECT_ROLE_FAULTED);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_a_start_presumes_the_best),
        cmocka_unit_test (test_numbers_start_anywhere),
        cmocka_unit_test (test_who_abstains_takes_no_part),
        cmocka_unit_test (test_terms_end_before_the_last_bit),
        cmocka_unit_test (test_impossible_terms_and_members),
        cmocka_unit_test (test_a_jump_is_all_that_comes_of_it),
        cmocka_unit_test (test_a_message_is_no_tick),
        cmocka_unit_test (test_a_new_term_has_no_vote),
        cmocka_unit_test (test_the_own_vote_is_saved_while_others_are_asked),
        cmocka_unit_test (test_a_prevote_limits_no_votes),
        cmocka_unit_test (test_floors_that_are_followed),
        cmocka_unit_test (test_a_floor_is_news_once),
        cmocka_unit_test (test_unhealthy_and_stopping_nodes_do_not_campaign),
        cmocka_unit_test (test_the_last_member_and_what_is_none),
        cmocka_unit_test (test_lengths_of_a_lease),
        cmocka_unit_test (test_the_lease_ends_at_its_end),
        cmocka_unit_test (test_a_broken_node_says_so_and_stops),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
