/*  =========================================================================
    test_heirs - whom a leader names when it leaves (R11)

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"

static void
s_follow (lone_t *lone, uint8_t leader, uint64_t term)
{
    lone_hear_word (lone, ZELECT_MESSAGE_HEARTBEAT, leader, term);
    assert_int_equal (zelect_core_leader (&lone->core, lone->now), leader);
}

//  R3, R11: the release that names an heir is its sender's pre-vote. In three nodes
//  it makes a majority, so the heir asks for votes at once; in five it asks the others
//  whether they would, and needs one of them.

static void
s_release_to_us (lone_t *lone, uint64_t term)
{
    zelect_message_t release = lone_word (ZELECT_MESSAGE_RELEASE, 1, term);
    release.about = 5;
    release.leader = 0;
    lone_hear (lone, &release);
}

static void
s_start_following (lone_t *lone, uint8_t count, const zelect_record_t *record)
{
    zelect_core_options_t options = lone_options (count, count);
    lone_start (lone, &options, record);
    s_follow (lone, 1, 5);
}

static void
test_release_is_a_prevote_for_the_heir (void **state)
{
    (void) state;
    static lone_t lone;
    s_start_following (&lone, 3, NULL);
    s_release_to_us (&lone, 5);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    lone_command (&lone, ZELECT_INPUT_TICK);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_PREVOTE));
    const zelect_effect_t *vote = lone_said (&lone, ZELECT_MESSAGE_VOTE);
    assert_non_null (vote);
    assert_int_equal (vote->message.about, 6);
    assert_int_equal (vote->to, 6);
    //  Once: the next campaign is one like others
    lone_run_until (&lone, ZELECT_ROLE_FOLLOWER);
    lone_run_until (&lone, ZELECT_ROLE_PRECANDIDATE);
    assert_int_equal (lone_said (&lone, ZELECT_MESSAGE_PREVOTE)->to, 6);

    s_start_following (&lone, 5, NULL);
    s_release_to_us (&lone, 5);
    lone_command (&lone, ZELECT_INPUT_TICK);
    assert_null (lone_said (&lone, ZELECT_MESSAGE_VOTE));
    const zelect_effect_t *ask = lone_said (&lone, ZELECT_MESSAGE_PREVOTE);
    assert_non_null (ask);
    assert_int_equal (ask->message.about, 6);
    assert_int_equal (ask->to, 28);    //  Not the one who released
    zelect_message_t yes = lone_answer (&lone, ZELECT_MESSAGE_PREVOTE_REPLY, 3, true);
    lone_hear (&lone, &yes);
    assert_int_equal (lone.core.role, ZELECT_ROLE_CANDIDATE);
}

//  ... but for the term after the one released alone: where this node would ask for a
//  later one, somebody may lead in between whom it would depose. (Two scenarios of a
//  review: a release that was late, and an heir with a floor.)

static void
test_late_release_is_no_prevote (void **state)
{
    (void) state;
    static lone_t lone;
    const zelect_record_t floored = {.vote = ZELECT_NOBODY, .floor = 9};
    const struct {
        const zelect_record_t *record;
        uint64_t term;
    } cases [] = {{NULL, 6}, {&floored, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        s_start_following (&lone, 3, cases [i].record);
        s_release_to_us (&lone, cases [i].term);
        lone_command (&lone, ZELECT_INPUT_TICK);
        assert_int_equal (lone.core.role, ZELECT_ROLE_PRECANDIDATE);
        assert_int_equal (lone_said (&lone, ZELECT_MESSAGE_PREVOTE)->to, 6);
    }
}

//  ... and not when there is news: an heir that was stopped finds the release, and
//  behind it the heartbeats of who leads since; or it is told that it was stopped, and
//  waits for them; or it has said that it would vote for another, with whom it would
//  split the votes.

static void
test_heir_hears_the_rest_first (void **state)
{
    (void) state;
    static lone_t lone;
    s_start_following (&lone, 3, NULL);
    s_release_to_us (&lone, 5);
    s_follow (&lone, 2, 6);
    lone_command (&lone, ZELECT_INPUT_TICK);
    assert_int_equal (lone.core.role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (zelect_core_leader (&lone.core, lone.now), 2);

    s_start_following (&lone, 3, NULL);
    s_release_to_us (&lone, 5);
    lone_command (&lone, ZELECT_INPUT_STALLED);
    while (lone.core.role == ZELECT_ROLE_FOLLOWER) {
        lone.now = zelect_core_deadline (&lone.core);
        lone_command (&lone, ZELECT_INPUT_TICK);
    }
    assert_int_equal (lone.core.role, ZELECT_ROLE_PRECANDIDATE);
    assert_int_equal (lone_said (&lone, ZELECT_MESSAGE_PREVOTE)->to, 6);

    for (int is_kept = 0; is_kept < 2; is_kept++) {
        s_start_following (&lone, 3, NULL);
        zelect_message_t ask = lone_word (ZELECT_MESSAGE_PREVOTE, 2, 5);
        ask.about = 6;
        if (is_kept)
            lone_hear (&lone, &ask);
        s_release_to_us (&lone, 5);
        if (!is_kept)
            lone_hear (&lone, &ask);
        assert_true (lone_said (&lone, ZELECT_MESSAGE_PREVOTE_REPLY)->message.granted);
        lone_command (&lone, ZELECT_INPUT_TICK);
        assert_int_equal (lone.core.role, ZELECT_ROLE_PRECANDIDATE);
        assert_int_equal (lone_said (&lone, ZELECT_MESSAGE_PREVOTE)->to, 6);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_release_is_a_prevote_for_the_heir),
        cmocka_unit_test (test_late_release_is_no_prevote),
        cmocka_unit_test (test_heir_hears_the_rest_first),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
