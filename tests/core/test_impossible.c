/*  =========================================================================
    test_impossible - what no sound member, archive or shell would ever say

    The wire lets none of it through, but the core does not rely on that: such
    an input changes nothing, or, if the caller broke the contract, ends this
    node's part in the election and nothing else.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"

//  Nothing comes out, and not a byte of the ledger changes.

static void
s_is_ignored (lone_t *lone, const zelect_message_t *message)
{
    static zelect_core_t before;
    before = lone->core;
    lone_hear (lone, message);
    assert_int_equal (lone->count, 0);
    assert_memory_equal (&lone->core, &before, sizeof before);
}

static void
s_word_is_ignored (lone_t *lone, zelect_message_kind_t kind, uint8_t from, uint64_t term)
{
    zelect_message_t message = lone_word (kind, from, term);
    s_is_ignored (lone, &message);
}

//  ---- Messages ------------------------------------------------------------

static void
test_impossible_messages_change_nothing (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    zelect_message_t good = lone_word (ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    zelect_message_t bad [] = {good, good, good, good, good, good, good, good, good, good, good};
    bad [0].kind = ZELECT_MESSAGES;
    bad [1].kind = UINT8_MAX;
    bad [2].from = 3;
    bad [3].from = 0;    //  This node
    bad [4].incarnation = 0;
    bad [5].term = bad [5].about = ZELECT_TERM_MAX;
    bad [6].about = 4;    //  Who leads, leads in its own term,
    bad [7].kind = ZELECT_MESSAGE_VOTE;
    bad [7].about = 6;    //    and is voted for in its own term
    bad [8].kind = ZELECT_MESSAGE_RELEASE;
    bad [8].about = 6;    //  Nobody led in the future
    bad [9].kind = ZELECT_MESSAGE_PREVOTE;
    bad [9].about = ZELECT_TERM_MAX;
    bad [10].kind = ZELECT_MESSAGE_STATE_REPLY;
    bad [10].term = ZELECT_TERM_MAX;
    for (size_t i = 0; i < sizeof bad / sizeof bad [0]; i++)
        s_is_ignored (&lone, &bad [i]);
    //  Questions for the state are the shell's to answer
    s_word_is_ignored (&lone, ZELECT_MESSAGE_STATE, 1, 5);
    lone_hear (&lone, &good);
    assert_non_null (lone_said (&lone, ZELECT_MESSAGE_HEARTBEAT_ACK));
}

//  I11: of four members the last has no vote, whatever it says.

static void
test_non_voter_is_not_heeded (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (4, 3);
    lone_start (&lone, &options, NULL);
    s_word_is_ignored (&lone, ZELECT_MESSAGE_HEARTBEAT, 3, 5);
    s_word_is_ignored (&lone, ZELECT_MESSAGE_PREVOTE, 3, 5);
    s_word_is_ignored (&lone, ZELECT_MESSAGE_VOTE, 3, 5);
    s_word_is_ignored (&lone, ZELECT_MESSAGE_RELEASE, 3, 5);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    zelect_message_t yes = lone_answer (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 3, true);
    s_is_ignored (&lone, &yes);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_CANDIDATE);
    yes = lone_answer (&lone, ZELECT_MESSAGE_VOTE_REPLY, 3, true);
    s_is_ignored (&lone, &yes);
}

//  B15: a promise of who may not vote carries no lease.

static void
test_promise_of_non_voter_carries_no_lease (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (4, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER_ELECT);
    lone_hear_ack (&lone, 3);
    assert_null (lone_found (&lone, ZELECT_EFFECT_LEASE));
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER_ELECT);
    lone_hear_ack (&lone, 2);
    assert_non_null (lone_found (&lone, ZELECT_EFFECT_LEASE));
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER);
}

static void
test_non_voter_is_not_asked_for_its_vote (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (4, 3);
    options.self = 3;
    lone_start (&lone, &options, NULL);
    lone_run (&lone, 2 * LONE_T);
    s_word_is_ignored (&lone, ZELECT_MESSAGE_PREVOTE, 1, 5);
    s_word_is_ignored (&lone, ZELECT_MESSAGE_VOTE, 1, 5);
}

//  R10: a proof of death that concerns nobody.

static void
test_proof_of_nobodys_death_changes_nothing (void **state)
{
    (void) state;
    static lone_t lone;
    static zelect_core_t before;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    static const struct {
        uint8_t member;
        uint64_t number;
    } proofs [] = {{3, 1003}, {ZELECT_NOBODY, 1001}, {0, 1000}, {1, 0}};
    before = lone.core;
    for (size_t i = 0; i < sizeof proofs / sizeof proofs [0]; i++) {
        lone_input (&lone, (zelect_input_t){.kind = ZELECT_INPUT_DIED,
                                            .member = proofs [i].member,
                                            .number = proofs [i].number});
        assert_int_equal (lone.count, 0);
        assert_memory_equal (&lone.core, &before, sizeof before);
    }
}

//  ---- Terms and floors ----------------------------------------------------

//  DESIGN: terms live in 63 bits. The last one ends all campaigns; none wraps.

static void
test_no_campaign_beyond_the_last_term (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {.term = ZELECT_TERM_MAX - 2, .vote = ZELECT_NOBODY};
    lone_start (&lone, &options, &record);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    assert_true (lone.core.wanted.term == ZELECT_TERM_MAX - 1);
    record.term = ZELECT_TERM_MAX - 1;
    lone_start (&lone, &options, &record);
    lone_stay (&lone, ZELECT_ROLE_FOLLOWER, 100 * LONE_T);
    assert_true (lone.core.wanted.term == ZELECT_TERM_MAX - 1);
}

static zelect_message_t
s_refusal (const lone_t *lone, zelect_message_kind_t kind, uint64_t floor)
{
    zelect_message_t no = lone_answer (lone, kind, 1, false);
    no.term = lone->core.wanted.term;
    no.floor = floor;
    return no;
}

//  R17: a floor moves the next request, no term; one that helps nobody, or that
//  is too far off (I12), does nothing.

static void
test_floors_move_the_next_request (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    zelect_record_t record = {.term = 10, .vote = ZELECT_NOBODY};
    lone_start (&lone, &options, &record);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    static const uint64_t useless [] = {0, 5, 10, 10 + ZELECT_TERM_JUMP + 1, ZELECT_TERM_MAX - 1};
    for (size_t i = 0; i < sizeof useless / sizeof useless [0]; i++) {
        zelect_message_t no = s_refusal (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, useless [i]);
        lone_hear (&lone, &no);
        assert_int_equal (lone.core.role, ZELECT_ROLE_PRECANDIDATE);
        assert_int_equal (lone.core.heard_floor, 0);
    }
    zelect_message_t no = s_refusal (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 20);
    lone_hear (&lone, &no);
    assert_int_equal (lone_reason (&lone), ZELECT_REASON_NO_MAJORITY);
    assert_int_equal (lone.core.wanted.term, 10);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    assert_int_equal (lone.core.ask_term, 21);
}

//  Who follows a leader, or is voting already, need not be asked at once again.

static void
test_floor_of_who_follows_does_not_hurry (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    zelect_message_t no = s_refusal (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 20);
    no.leader = 2;
    lone_hear (&lone, &no);
    assert_int_equal (lone.core.role, ZELECT_ROLE_PRECANDIDATE);
    assert_int_equal (lone.core.heard_floor, 20);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_CANDIDATE);
    no = s_refusal (&lone, ZELECT_MESSAGE_VOTE_REPLY, 30);
    lone_hear (&lone, &no);
    assert_int_equal (lone.core.role, ZELECT_ROLE_CANDIDATE);
    assert_int_equal (lone.core.heard_floor, 30);
}

//  ---- Archive and shell ---------------------------------------------------

//  R2: the own vote counts when its own save is reported, not some other.

static void
test_report_of_another_save_is_none (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    lone.is_disk_slow = true;
    zelect_message_t yes = lone_answer (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 1, true);
    lone_hear (&lone, &yes);
    const zelect_effect_t *save = lone_found (&lone, ZELECT_EFFECT_SAVE);
    assert_non_null (save);
    uint64_t number = save->number;
    yes = lone_answer (&lone, ZELECT_MESSAGE_VOTE_REPLY, 1, true);
    lone_hear (&lone, &yes);
    zelect_input_t saved = {.kind = ZELECT_INPUT_SAVED, .number = number - 1, .ok = 1};
    lone_input (&lone, saved);
    saved.number = number + 1;
    lone_input (&lone, saved);
    assert_int_equal (lone.core.role, ZELECT_ROLE_CANDIDATE);
    saved.number = number;
    lone_input (&lone, saved);
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER_ELECT);
    //  The same once more: nothing is under way
    saved.ok = 0;
    lone_input (&lone, saved);
    assert_int_equal (lone.count, 0);
    assert_int_equal (lone.core.role, ZELECT_ROLE_LEADER_ELECT);
}

//  STYLE: our bug ends the node's part, not the process.

static void
s_break (lone_t *lone)
{
    lone_command (lone, ZELECT_INPUTS);
    assert_int_equal (lone->core.role, ZELECT_ROLE_FAULTED);
}

static void
test_broken_contract_faults_the_node (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    s_break (&lone);
    assert_int_equal (lone_reason (&lone), ZELECT_REASON_BROKEN);
    const zelect_effect_t *report = lone_found (&lone, ZELECT_EFFECT_REPORT);
    assert_non_null (report);
    assert_int_equal (report->report, ZELECT_REPORT_BROKEN);
    //  Said once
    s_break (&lone);
    assert_int_equal (lone.count, 0);
    lone_run (&lone, 20 * LONE_T);
    lone_hear_word (&lone, ZELECT_MESSAGE_VOTE, 1, 5);
    const zelect_effect_t *reply = lone_said (&lone, ZELECT_MESSAGE_VOTE_REPLY);
    assert_non_null (reply);
    assert_false (reply->message.granted);
}

static void
test_broken_leader_lets_go (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    s_break (&lone);
    assert_int_equal (lone_reason (&lone), ZELECT_REASON_BROKEN);
    const zelect_effect_t *lease = lone_found (&lone, ZELECT_EFFECT_LEASE);
    assert_non_null (lease);
    assert_int_equal (lease->until, 0);
    const zelect_effect_t *release = lone_said (&lone, ZELECT_MESSAGE_RELEASE);
    assert_non_null (release);
    assert_true (lease < release);
    assert_int_equal (release->message.about, 1);
}

//  What the broken step would have sent is not trusted. (The lease ended in it.)

static void
test_broken_step_sends_nothing (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    lone.now += LONE_T;
    s_break (&lone);
    const zelect_effect_t *lease = lone_found (&lone, ZELECT_EFFECT_LEASE);
    assert_non_null (lease);
    assert_int_equal (lease->until, 0);
    assert_null (lone_found (&lone, ZELECT_EFFECT_BROADCAST));
    assert_int_equal (lone.core.role, ZELECT_ROLE_FAULTED);
}

static unsigned
s_count (const lone_t *lone, zelect_effect_kind_t kind)
{
    unsigned count = 0;
    for (size_t at = 0; at < lone->count; at++)
        count += lone->list [at].kind == kind;
    return count;
}

//  ... but what it told its own host and the archive stands: each in its turn.

static void
test_broken_step_keeps_what_stays_here (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    lone.is_disk_slow = true;
    lone.core.broken = 1;
    lone_hear_word (&lone, ZELECT_MESSAGE_HEARTBEAT, 1, 5);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_SAVE), 1);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_ROLE), 2);

    lone_start (&lone, &options, NULL);
    lone.core.broken = 1;
    lone_hear_word (&lone, ZELECT_MESSAGE_STATE_REPLY, 1, ZELECT_TERM_MAX - 1);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_REPORT), 2);
    assert_int_equal (lone_found (&lone, ZELECT_EFFECT_REPORT)->report, ZELECT_REPORT_TERM_JUMP);

    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_LEADER);
    lone.core.broken = 1;
    lone_command (&lone, ZELECT_INPUT_RESIGN);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_ANSWER), 1);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_ROLE), 2);

    //  Of the step before nothing comes again
    lone_start (&lone, &options, NULL);
    lone_command (&lone, ZELECT_INPUT_RESIGN);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_ANSWER), 1);
    s_break (&lone);
    assert_int_equal (s_count (&lone, ZELECT_EFFECT_ANSWER), 0);
}

//  Faulted already, the node takes the failure of its last save as no news.

static void
test_save_that_fails_after_the_fault_is_no_news (void **state)
{
    (void) state;
    static lone_t lone;
    zelect_core_options_t options = lone_options (3, 3);
    lone_start (&lone, &options, NULL);
    lone_climb (&lone, ZELECT_ROLE_PRECANDIDATE);
    lone.is_disk_slow = true;
    zelect_message_t yes = lone_answer (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 1, true);
    lone_hear (&lone, &yes);
    s_break (&lone);
    lone_input (&lone,
                (zelect_input_t){.kind = ZELECT_INPUT_SAVED, .number = lone.core.save_number});
    assert_int_equal (lone.count, 0);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FAULTED);
    assert_int_equal (lone.core.save_busy, 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_impossible_messages_change_nothing),
        cmocka_unit_test (test_non_voter_is_not_heeded),
        cmocka_unit_test (test_promise_of_non_voter_carries_no_lease),
        cmocka_unit_test (test_non_voter_is_not_asked_for_its_vote),
        cmocka_unit_test (test_proof_of_nobodys_death_changes_nothing),
        cmocka_unit_test (test_no_campaign_beyond_the_last_term),
        cmocka_unit_test (test_floors_move_the_next_request),
        cmocka_unit_test (test_floor_of_who_follows_does_not_hurry),
        cmocka_unit_test (test_report_of_another_save_is_none),
        cmocka_unit_test (test_broken_contract_faults_the_node),
        cmocka_unit_test (test_broken_leader_lets_go),
        cmocka_unit_test (test_broken_step_sends_nothing),
        cmocka_unit_test (test_broken_step_keeps_what_stays_here),
        cmocka_unit_test (test_save_that_fails_after_the_fault_is_no_news),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
