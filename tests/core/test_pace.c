/*  =========================================================================
    test_pace - how long candidates wait for each other (R8)

    The scenarios show that the waits do their work; here are their lengths, to
    the nanosecond, for ordinary and for tiny election timeouts.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"
#include "zelect_core_private.h"

#define US UINT64_C (1000)

static lone_t s_node;

static zelect_core_t *
s_core (uint64_t election_ns)
{
    zelect_core_options_t options = lone_options (5, 5);
    options.election_ns = election_ns;
    options.self = 1;
    lone_start (&s_node, &options, NULL);
    s_node.core.save_ns = s_node.core.rtt_ns = 0;
    return &s_node.core;
}

static void
test_slots (void **state)
{
    (void) state;
    static const struct {
        uint64_t election_ns, measured_ns, slot_ns, short_ns;
    } rows [] = {
        {500 * ZELECT_MS, 0, 20 * ZELECT_MS, 5 * ZELECT_MS},
        {100 * ZELECT_MS, 0, 10 * ZELECT_MS, 5 * ZELECT_MS},
        {250 * ZELECT_MS, 0, 10 * ZELECT_MS, 5 * ZELECT_MS},
        {1000 * ZELECT_MS, 0, 25 * ZELECT_MS, 5 * ZELECT_MS},
        {500 * ZELECT_MS, 7 * ZELECT_MS, 28 * ZELECT_MS, 28 * ZELECT_MS},
        {16 * ZELECT_MS, 0, 4 * ZELECT_MS, 4 * ZELECT_MS},
        {100 * ZELECT_MS, 7 * ZELECT_MS, 25 * ZELECT_MS, 25 * ZELECT_MS},
    };
    for (size_t index = 0; index < sizeof rows / sizeof rows [0]; index++) {
        zelect_core_t *core = s_core (rows [index].election_ns);
        core->save_ns = core->rtt_ns = rows [index].measured_ns;
        assert_int_equal (zelect_campaign_slot_ns (core), rows [index].slot_ns);
        assert_int_equal (zelect_campaign_short_slot_ns (core), rows [index].short_ns);
    }
}

//  Six times at most, and never beyond T / 4.

static void
test_short_slots_double (void **state)
{
    (void) state;
    zelect_core_t *core = s_core (60000 * ZELECT_MS);
    zelect_campaign_hurry (core, ZELECT_REASON_RELEASED);
    assert_int_equal (core->haste_reason, ZELECT_REASON_RELEASED);
    for (unsigned failed = 0; failed < 10; failed++, core->fast_tries--)
        assert_int_equal (zelect_campaign_short_slot_ns (core),
                          5 * ZELECT_MS << (failed < 6 ? failed : 6));
    assert_int_equal (core->fast_tries, 0);
    assert_int_equal (zelect_campaign_short_slot_ns (core), 5 * ZELECT_MS);
    core = s_core (500 * ZELECT_MS);
    core->fast_tries = 1;
    assert_int_equal (zelect_campaign_short_slot_ns (core), 125 * ZELECT_MS);
}

//  The first round trip counts as it is, each later one for a quarter, none for
//  more than T / 8.

static void
test_round_trips_are_smoothed (void **state)
{
    (void) state;
    zelect_core_t *core = s_core (800 * ZELECT_MS);
    zelect_campaign_note_rtt (core, 8 * ZELECT_MS);
    assert_int_equal (core->rtt_ns, 8 * ZELECT_MS);
    zelect_campaign_note_rtt (core, 16 * ZELECT_MS);
    assert_int_equal (core->rtt_ns, 10 * ZELECT_MS);
    zelect_campaign_note_rtt (core, 900 * ZELECT_MS);
    assert_int_equal (core->rtt_ns, 7500 * US + 25000 * US);
    core = s_core (800 * ZELECT_MS);
    zelect_campaign_note_rtt (core, 900 * ZELECT_MS);
    assert_int_equal (core->rtt_ns, 100 * ZELECT_MS);
}

//  The least and the most that a wait takes beyond 10 s, over many random words.

typedef void (wait_fn) (zelect_step_t *step, uint64_t base);

static void
s_waits (zelect_core_t *core, wait_fn *wait, uint64_t least_ns, uint64_t most_ns)
{
    static zelect_effects_t effects;
    const uint64_t base = 10000 * ZELECT_MS;
    uint64_t least = UINT64_MAX, most = 0;
    for (uint64_t word = 0; word < 4000; word++) {
        zelect_step_t step = {core, s_node.now, word * UINT64_C (0xd1342543de82ef95), &effects};
        wait (&step, base);
        uint64_t turn = core->timers [ZELECT_TIMER_CAMPAIGN] - base;
        least = turn < least ? turn : least;
        most = turn > most ? turn : most;
    }
    //  4,000 words come closer than a hundredth to the ends of what they may draw
    uint64_t span = most_ns - least_ns;
    assert_in_range (least, least_ns, least_ns + span / 100);
    assert_in_range (most, most_ns - span / 100, most_ns);
}

static void
s_rank_second (zelect_core_t *core)
{
    core->rank_count = 3;
    core->ranking [0] = 4;
    core->ranking [1] = 1;
    core->ranking [2] = 2;
}

static void
test_turns_by_rank (void **state)
{
    (void) state;
    zelect_core_t *core = s_core (500 * ZELECT_MS);
    s_rank_second (core);
    s_waits (core, zelect_campaign_by_rank, 22 * ZELECT_MS, 23 * ZELECT_MS);
    s_waits (core, zelect_campaign_fast, 5 * ZELECT_MS, 5 * ZELECT_MS);
    core->ranking [1] = 3;    //  Not in the ranking: after all of it
    s_waits (core, zelect_campaign_by_rank, 62 * ZELECT_MS, 63 * ZELECT_MS);
    s_waits (core, zelect_campaign_fast, 15 * ZELECT_MS, 15500 * US);
    core->is_last = 1;
    s_waits (core, zelect_campaign_by_rank, 82 * ZELECT_MS, 83 * ZELECT_MS);
    s_waits (core, zelect_campaign_fast, 20 * ZELECT_MS, 20500 * US);
}

static void
test_turns_without_a_ranking (void **state)
{
    (void) state;
    zelect_core_t *core = s_core (500 * ZELECT_MS);
    s_waits (core, zelect_campaign_by_rank, 0, 500 * ZELECT_MS);
    s_waits (core, zelect_campaign_at_random, 0, 500 * ZELECT_MS);
    s_waits (core, zelect_campaign_fast, 5 * ZELECT_MS, 5500 * US);
    core->is_last = 1;
    s_waits (core, zelect_campaign_fast, 25 * ZELECT_MS, 25500 * US);
}

//  Slack, jitter and slots shrink with T. With jitters this small each value is
//  drawn.

static void
test_turns_of_tiny_timeouts (void **state)
{
    (void) state;
    zelect_core_t *core = s_core (9900);
    s_rank_second (core);
    s_waits (core, zelect_campaign_by_rank, 198 + 2475, 198 + 2475 + 99);
    s_waits (core, zelect_campaign_fast, 2475, 2475);
    s_waits (core, zelect_campaign_at_random, 0, 9900);
}

//  After a defeat: at random within T; after a release two short slots at most.

static void
test_turns_after_a_defeat (void **state)
{
    (void) state;
    for (unsigned tries = 0; tries < 3; tries++) {
        uint64_t most = 0, least = UINT64_MAX;
        for (uint64_t word = 0; word < 2000; word++) {
            zelect_core_t *core = s_core (500 * ZELECT_MS);
            lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
            core->fast_tries = (uint8_t) tries;
            s_node.random = word * UINT64_C (0xd1342543de82ef95);
            s_node.now = core->timers [ZELECT_TIMER_ROUND];
            core->timers [ZELECT_TIMER_RESEND] = ZELECT_NEVER;
            lone_command (&s_node, ZELECT_INPUT_TICK);
            assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
            assert_int_equal (core->fast_tries, tries ? tries - 1 : 0);
            uint64_t turn = core->timers [ZELECT_TIMER_CAMPAIGN] - s_node.now;
            most = turn > most ? turn : most;
            least = turn < least ? turn : least;
        }
        //  With one try left, the slots have doubled to T / 4; this is rank 1
        bool is_fast = tries == 2;
        assert_in_range (least, is_fast ? 125 * ZELECT_MS : 0, (is_fast ? 128 : 3) * ZELECT_MS);
        assert_in_range (most, (is_fast ? 370 : 495) * ZELECT_MS,
                         is_fast ? 375500 * US : 500 * ZELECT_MS);
    }
}

//  Who votes in haste lets that candidate have eight short slots.

static void
test_turns_after_a_vote_in_haste (void **state)
{
    (void) state;
    for (uint64_t word = 0; word < 100; word++) {
        zelect_core_t *core = s_core (500 * ZELECT_MS);
        lone_run (&s_node, 500 * ZELECT_MS);
        zelect_campaign_hurry (core, ZELECT_REASON_RELEASED);
        s_node.random = word * UINT64_C (0xd1342543de82ef95);
        lone_hear_word (&s_node, ZELECT_MESSAGE_VOTE, 2, 1);
        assert_in_range (core->timers [ZELECT_TIMER_CAMPAIGN] - s_node.now, 45 * ZELECT_MS,
                         45500 * US);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_slots),
        cmocka_unit_test (test_short_slots_double),
        cmocka_unit_test (test_round_trips_are_smoothed),
        cmocka_unit_test (test_turns_by_rank),
        cmocka_unit_test (test_turns_without_a_ranking),
        cmocka_unit_test (test_turns_of_tiny_timeouts),
        cmocka_unit_test (test_turns_after_a_defeat),
        cmocka_unit_test (test_turns_after_a_vote_in_haste),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
