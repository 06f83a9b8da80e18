/*  =========================================================================
    test_leading - what a leader counts, and from when on (R4, R6, R8, R14)

    Which acknowledgements count, at the edges of the rounds that do; that a new
    leadership starts from nothing; that the ranking is stable.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"
#include "zelect_core_private.h"

#define SELF 4    //  The last of five: the others are 0 to 3
#define OTHERS 0x0f

static lone_t s_node;

static zelect_core_t *
s_start (unsigned voters)
{
    zelect_core_options_t options = lone_options (5, 5);
    options.self = SELF;
    //  Who does not vote stands in the middle, so that this node does
    options.voters &= voters == 5 ? UINT64_MAX : ~zelect_mask (3);
    lone_start (&s_node, &options, NULL);
    return &s_node.core;
}

static void
s_elect (void)
{
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    for (uint8_t from = 0; from < 3; from++) {
        zelect_message_t reply = lone_answer (&s_node, ZELECT_MESSAGE_PREVOTE_REPLY, from, true);
        lone_hear (&s_node, &reply);
    }
    for (uint8_t from = 0; from < 3 && s_node.core.role != ZELECT_ROLE_LEADER_ELECT; from++) {
        zelect_message_t reply = lone_answer (&s_node, ZELECT_MESSAGE_VOTE_REPLY, from, true);
        lone_hear (&s_node, &reply);
    }
    assert_int_equal (s_node.core.role, ZELECT_ROLE_LEADER_ELECT);
}

static void
s_ack (uint8_t from)
{
    lone_hear_ack (&s_node, from);
}

static void
s_lead (int rounds)
{
    while (rounds--) {
        for (uint8_t from = 0; from < 4; from++)
            s_ack (from);
        lone_run (&s_node, LONE_H);
    }
}

static uint64_t
s_lease_ns (void)
{
    return zelect_quorum_lease_ns (LONE_T, 100);
}

//  ----  A new leadership  ----------------------------------------------------

static void
test_a_leadership_starts_from_nothing (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (5);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 0, 1);
    beat.rank_count = 3;
    memcpy (beat.ranking, (const uint8_t []){3, SELF, 2}, 3);
    lone_hear (&s_node, &beat);
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    for (unsigned index = 0; index < 5; index++) {
        zelect_core_member_t *member = &core->members [index];
        member->acked_sent = member->acked_round = member->acked_promise = 77;
        member->feed_round = 77;
    }
    core->owed_term = core->lease_end = 77;
    core->is_last = 1;
    core->fast_tries = 5;
    core->timers [ZELECT_TIMER_CAMPAIGN] = core->timers [ZELECT_TIMER_HINT] = 60 * LONE_T;
    s_elect ();
    assert_int_equal (core->timers [ZELECT_TIMER_CAMPAIGN], ZELECT_NEVER);
    assert_int_equal (core->timers [ZELECT_TIMER_HINT], ZELECT_NEVER);
    for (unsigned index = 0; index < 4; index++) {
        const zelect_core_member_t *member = &core->members [index];
        assert_int_equal (member->acked_sent | member->acked_round, 0);
        assert_int_equal (member->acked_promise | member->feed_round, 0);
    }
    assert_int_equal (core->owed_term, 0);
    assert_int_equal (core->lease_end, 0);
    assert_int_equal (core->is_last, 0);
    assert_int_equal (core->fast_tries, 0);
    assert_int_equal (core->first_round, core->round);
    assert_int_equal (core->rank_count, 2);
    assert_memory_equal (core->ranking, ((const uint8_t []){3, 2, 0, 0}), 4);
}

static void
test_words_of_a_leader_go_to_all_others (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (5);
    s_elect ();
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_BROADCAST)->message.kind,
                      ZELECT_MESSAGE_HEARTBEAT);
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_BROADCAST)->to, OTHERS);
    s_lead (2);
    lone_command (&s_node, ZELECT_INPUT_RESIGN);
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_BROADCAST)->message.kind,
                      ZELECT_MESSAGE_RELEASE);
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_BROADCAST)->to, OTHERS);
    assert_int_equal (core->lease_end, 0);
    assert_int_equal (core->is_last, 1);
}

//  Requests that came meanwhile are decided in the step that ends it.

static void
test_who_resigns_answers_who_waited (void **state)
{
    (void) state;
    s_start (5);
    s_elect ();
    s_lead (2);
    zelect_message_t request = lone_word (ZELECT_MESSAGE_PREVOTE, 1, 1);
    request.about = 2;
    lone_hear (&s_node, &request);
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_SEND)->message.granted, 0);
    lone_command (&s_node, ZELECT_INPUT_RESIGN);
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_SEND)->to, zelect_mask (1));
    assert_int_equal (lone_found (&s_node, ZELECT_EFFECT_SEND)->message.granted, 1);
}

//  R1: until it is elected or a slot is over, it is bound to itself.

static void
test_who_is_deposed_is_bound_to_itself (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (5);
    s_elect ();
    s_lead (2);
    lone_hear_word (&s_node, ZELECT_MESSAGE_STATE_REPLY, 1, 9);
    assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (core->promise_leader, SELF);
    assert_int_equal (core->promise_term, 1);
    assert_int_equal (core->owed_term, 1);
}

//  R1: two that had no lease yet get out of step by as much as half of T.

static void
test_who_is_deposed_before_its_lease_pauses (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (5);
    s_elect ();
    const zelect_core_t before = *core;
    uint64_t longest_ns = 0;
    for (int draw = 0; draw < 1000; draw++) {
        *core = before;
        lone_hear_word (&s_node, ZELECT_MESSAGE_STATE_REPLY, 2, 9);
        assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
        uint64_t pause_ns = core->timers [ZELECT_TIMER_CAMPAIGN] - s_node.now;
        longest_ns = pause_ns > longest_ns ? pause_ns : longest_ns;
    }
    assert_in_range (longest_ns, LONE_T * 49 / 100, LONE_T / 2);
}

//  ----  What makes a lease  --------------------------------------------------

static void
test_a_lease_has_to_be_in_the_future (void **state)
{
    (void) state;
    for (uint64_t early = 0; early < 2; early++) {
        const zelect_core_t *core = s_start (5);
        s_elect ();
        uint64_t end = s_node.now + s_lease_ns ();
        lone_run (&s_node, LONE_H - 1);
        s_node.core.timers [ZELECT_TIMER_HEARTBEAT] = ZELECT_NEVER;
        s_node.now = end - early;
        s_ack (0);
        s_ack (1);
        assert_int_equal (core->role, early ? ZELECT_ROLE_LEADER : ZELECT_ROLE_LEADER_ELECT);
        assert_int_equal (core->lease_end, early ? end : 0);
    }
}

static void
test_the_same_lease_is_told_once (void **state)
{
    (void) state;
    s_start (5);
    s_elect ();
    s_ack (0);
    s_ack (1);
    assert_non_null (lone_found (&s_node, ZELECT_EFFECT_LEASE));
    s_ack (2);
    assert_null (lone_found (&s_node, ZELECT_EFFECT_LEASE));
}

//  Who never had one has none to end.

static void
test_no_lease_has_no_end (void **state)
{
    (void) state;
    s_start (5);
    s_elect ();
    lone_command (&s_node, ZELECT_INPUT_HEALTH);
    assert_int_equal (s_node.core.role, ZELECT_ROLE_FOLLOWER);
    assert_null (lone_found (&s_node, ZELECT_EFFECT_LEASE));
}

//  ----  Which acknowledgements count  ----------------------------------------

static void
s_ack_round (uint8_t from, uint64_t round, uint64_t promise_ns)
{
    zelect_message_t ack = lone_ack (&s_node, from);
    ack.number = round;
    ack.promise_ns = promise_ns;
    lone_hear (&s_node, &ack);
}

static void
test_rounds_that_count (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (5);
    const zelect_core_member_t *member = &core->members [3];
    s_elect ();
    s_ack_round (3, core->first_round - 1, LONE_T);
    s_ack_round (3, core->round + 1, LONE_T);
    zelect_message_t refusal = lone_ack (&s_node, 3);
    refusal.granted = 0;
    lone_hear (&s_node, &refusal);
    assert_int_equal (member->acked_round, 0);
    for (int round = 0; round < 70; round++) {
        for (uint8_t from = 0; from < 3; from++)
            s_ack (from);
        lone_run (&s_node, LONE_H);
    }
    s_ack_round (3, core->round - ZELECT_ROUND_WINDOW, LONE_T);
    assert_int_equal (member->acked_round, 0);
    s_ack_round (3, core->round - ZELECT_ROUND_WINDOW + 1, LONE_T);
    assert_int_equal (member->acked_round, core->round - ZELECT_ROUND_WINDOW + 1);
}

//  An older round than the last one, or the same again, is no news of how fast
//  the member is.

static void
test_late_and_repeated_answers_measure_nothing (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (5);
    const zelect_core_member_t *member = &core->members [0];
    s_elect ();
    s_node.now += 8 * ZELECT_MS;
    s_ack (0);
    assert_int_equal (member->rtt_ns, 8 * ZELECT_MS);
    s_node.now += 50 * ZELECT_MS;
    s_ack (0);
    assert_int_equal (member->rtt_ns, 8 * ZELECT_MS);
    assert_int_equal (core->rtt_ns, 8 * ZELECT_MS);
    s_ack (1);
    s_ack (2);
    lone_run (&s_node, 42 * ZELECT_MS);
    uint64_t sent = s_node.now;
    s_node.now += 16 * ZELECT_MS;
    s_ack (0);
    assert_int_equal (member->rtt_ns, 9 * ZELECT_MS);
    s_ack_round (0, core->round - 1, LONE_T);
    assert_int_equal (member->rtt_ns, 9 * ZELECT_MS);
    assert_int_equal (member->acked_sent, sent);
}

//  A voter that cannot save promises nothing, and a non-voter's word is none. How
//  fast they answer tells nothing of an election's pace.

static void
test_who_promises_nothing (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (4);
    s_elect ();
    s_node.now += 8 * ZELECT_MS;
    s_ack_round (0, core->round, 0);
    assert_int_equal (core->members [0].acked_round, core->round);
    assert_int_equal (core->members [0].acked_sent, 0);
    assert_int_equal (core->members [0].feed_round, 0);
    s_ack_round (3, core->round, LONE_T);
    assert_int_equal (core->members [3].acked_sent, 0);
    assert_int_equal (core->members [3].rtt_ns, 8 * ZELECT_MS);
    assert_int_equal (core->rtt_ns, 0);
}

//  ----  Copies beside the feed (R6)  -----------------------------------------

//  Whether a member gets one that acknowledged the feed `rounds` rounds before.

static bool
s_gets_copy (uint64_t election_ns, uint64_t rtt_ns, uint64_t rounds)
{
    zelect_core_t *core = s_start (5);
    core->options.election_ns = election_ns;
    s_elect ();
    for (unsigned index = 0; index < 4; index++)
        core->members [index].feed_round = core->round;
    core->members [2].rtt_ns = rtt_ns;
    core->members [2].feed_round = core->round + 1 - rounds;
    lone_run (&s_node, LONE_H);
    uint64_t to = lone_found (&s_node, ZELECT_EFFECT_BROADCAST)->to;
    assert_int_equal (to & ~zelect_mask (2), 0);
    return to != 0;
}

//  As many rounds are waited for as are on their way, if the lease has time for a
//  copy after them, and for its acknowledgement.

static void
test_copies_wait_for_what_is_on_its_way (void **state)
{
    (void) state;
    const uint64_t tight_ns = s_lease_ns () - 3 * LONE_H;
    const uint64_t long_ns = 4 * LONE_T;
    const struct {
        uint64_t election_ns;
        uint64_t rtt_ns;
        uint64_t rounds;
    } cases [] = {
        {long_ns, 0, 1},           {long_ns, LONE_H - 1, 1}, {long_ns, LONE_H, 2},
        {long_ns, 2 * LONE_H, 3},  {long_ns, 5 * LONE_H, 6}, {LONE_T, LONE_H, 2},
        {LONE_T, tight_ns - 1, 2}, {LONE_T, tight_ns, 1},    {LONE_T, 4 * LONE_H, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases [0]; i++) {
        assert_false (s_gets_copy (cases [i].election_ns, cases [i].rtt_ns, cases [i].rounds));
        assert_true (s_gets_copy (cases [i].election_ns, cases [i].rtt_ns, cases [i].rounds + 1));
    }
}

//  All is heard, a round trip takes one and a half H: the copies end, until the
//  feed is lost.

static void
test_copies_end_where_a_round_trip_is_long (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (5);
    core->options.election_ns = 4 * LONE_T;
    s_elect ();
    uint64_t first = core->round;
    for (int half = 1; half < 40; half++) {
        lone_run (&s_node, LONE_H / 2);
        const zelect_effect_t *beat = lone_found (&s_node, ZELECT_EFFECT_BROADCAST);
        if (beat)
            assert_int_equal (beat->to, half < 4 || half >= 22 ? OTHERS : 0);
        //  At the odd ones the round arrives that was sent three halves before
        for (uint8_t from = 0; half % 2 && half >= 3 && from < 4; from++) {
            zelect_message_t ack = lone_ack (&s_node, from);
            ack.number = first + (unsigned) half / 2 - 1;
            ack.by_feed = half < 20;
            lone_hear (&s_node, &ack);
        }
    }
    assert_int_equal (core->role, ZELECT_ROLE_LEADER);
}

//  ----  The ranking (R8)  ----------------------------------------------------

static void
test_only_who_may_lead_is_ranked (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (5);
    s_elect ();
    for (uint8_t from = 0; from < 4; from++) {
        zelect_message_t ack = lone_ack (&s_node, from);
        ack.priority = from == 0 ? 0 : 100;
        ack.healthy = from != 1;
        ack.faulted = from == 2;
        lone_hear (&s_node, &ack);
    }
    lone_run (&s_node, LONE_H);
    assert_int_equal (core->rank_count, 1);
    assert_memory_equal (core->ranking, ((const uint8_t []){3, 0, 0, 0}), 4);
}

//  A new leader ranks whom it has not heard yet as its predecessor did: those, and
//  no others.

static void
test_a_young_leader_ranks_as_the_last_one_did (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (5);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 0, 1);
    beat.rank_count = 3;
    memcpy (beat.ranking, (const uint8_t []){3, SELF, 2}, 3);
    lone_hear (&s_node, &beat);
    s_elect ();
    for (unsigned index = 0; index < 5; index++) {
        core->members [index].priority = 100;
        core->members [index].healthy = 1;
        core->members [index].faulted = 0;
    }
    for (uint8_t from = 1; from < 5; from++)
        if (from != SELF && from != 3)
            s_ack (from);
    lone_run (&s_node, LONE_H);
    uint64_t ranked = 0;
    for (unsigned rank = 0; rank < core->rank_count; rank++)
        ranked |= zelect_mask (core->ranking [rank]);
    assert_int_equal (ranked,
                      (zelect_mask (1) | zelect_mask (2) | zelect_mask (3) | zelect_mask (4))
                          & ~zelect_mask (SELF));
}

//  Priority, then speed; and who is faster later is not put before others.

static void
test_the_ranking_is_stable (void **state)
{
    (void) state;
    static const uint8_t priorities [] = {120, 110, 100, 100};
    zelect_core_t *core = s_start (5);
    s_elect ();
    for (int round = 0; round < 3; round++) {
        for (uint8_t from = 0; from < 4; from++) {
            zelect_message_t ack = lone_ack (&s_node, from);
            ack.priority = priorities [from];
            lone_hear (&s_node, &ack);
            if (from == 2)
                lone_run (&s_node, ZELECT_MS);
        }
        lone_run (&s_node, LONE_H - ZELECT_MS);
        assert_int_equal (core->rank_count, 4);
        assert_memory_equal (core->ranking, ((const uint8_t []){0, 1, 2, 3}), 4);
        core->members [3].rtt_ns = 0;
        core->members [2].rtt_ns = 50 * ZELECT_MS;
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_a_leadership_starts_from_nothing),
        cmocka_unit_test (test_words_of_a_leader_go_to_all_others),
        cmocka_unit_test (test_who_resigns_answers_who_waited),
        cmocka_unit_test (test_who_is_deposed_is_bound_to_itself),
        cmocka_unit_test (test_who_is_deposed_before_its_lease_pauses),
        cmocka_unit_test (test_a_lease_has_to_be_in_the_future),
        cmocka_unit_test (test_the_same_lease_is_told_once),
        cmocka_unit_test (test_no_lease_has_no_end),
        cmocka_unit_test (test_rounds_that_count),
        cmocka_unit_test (test_late_and_repeated_answers_measure_nothing),
        cmocka_unit_test (test_who_promises_nothing),
        cmocka_unit_test (test_copies_wait_for_what_is_on_its_way),
        cmocka_unit_test (test_copies_end_where_a_round_trip_is_long),
        cmocka_unit_test (test_only_who_may_lead_is_ranked),
        cmocka_unit_test (test_a_young_leader_ranks_as_the_last_one_did),
        cmocka_unit_test (test_the_ranking_is_stable),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
