/*  =========================================================================
    test_succession - who comes next: ranking, heirs, preemption (R8, R11, R12)

    A leader's view of its followers, at the edges of what it counts: how many
    rounds they may miss, how long a better one waits, whom it hands over to.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "lone.h"
#include "zelect_core_private.h"

#define SELF 4    //  The last of five: the others are 0 to 3

static lone_t s_node;
static uint8_t s_priorities [5];    //  As the others announce them; 0: silent

static zelect_core_t *
s_start (bool preempts)
{
    zelect_core_options_t options = lone_options (5, 5);
    options.self = SELF;
    options.preempt = preempts;
    lone_start (&s_node, &options, NULL);
    memset (s_priorities, 100, sizeof s_priorities);
    return &s_node.core;
}

static void
s_elect (void)
{
    lone_run_until (&s_node, ZELECT_ROLE_PRECANDIDATE);
    for (uint8_t from = 0; from < 4; from++) {
        bool is_asked = s_node.core.role == ZELECT_ROLE_PRECANDIDATE;
        zelect_message_t reply = lone_answer (
            &s_node, is_asked ? ZELECT_MESSAGE_PREVOTE_REPLY : ZELECT_MESSAGE_VOTE_REPLY, from, 1);
        lone_hear (&s_node, &reply);
    }
    assert_int_equal (s_node.core.role, ZELECT_ROLE_LEADER_ELECT);
}

static void
s_acknowledge (void)
{
    for (uint8_t from = 0; from < 4; from++) {
        zelect_message_t ack = lone_ack (&s_node, from);
        ack.priority = s_priorities [from];
        if (ack.priority)
            lone_hear (&s_node, &ack);
    }
}

//  Lead on for so many rounds, acknowledged by who isn't silent.

static void
s_lead (int rounds)
{
    while (rounds--) {
        s_acknowledge ();
        lone_run (&s_node, LONE_H);
    }
}

static zelect_answer_t
s_transfer (uint8_t member)
{
    lone_input (&s_node, (zelect_input_t){.kind = ZELECT_INPUT_TRANSFER, .member = member});
    return (zelect_answer_t) s_node.list [s_node.count - 1].answer;
}

static uint8_t
s_released_to (void)
{
    for (size_t at = 0; at < s_node.count; at++)
        if (s_node.list [at].message.kind == ZELECT_MESSAGE_RELEASE)
            return s_node.list [at].message.leader;
    return ZELECT_STRANGER;
}

static bool
s_is_in_ranking (uint8_t member)
{
    return memchr (s_node.core.ranking, member, s_node.core.rank_count) != NULL;
}

//  ----  Who is there  --------------------------------------------------------

static void
test_three_rounds_may_be_missed (void **state)
{
    (void) state;
    for (int missed = 3; missed <= 4; missed++) {
        const zelect_core_t *core = s_start (false);
        s_elect ();
        s_lead (6);
        s_acknowledge ();
        s_priorities [1] = 0;
        s_lead (missed);
        assert_int_equal (zelect_lead_hears (core, 1), missed == 3);
        assert_int_equal (core->rank_count, missed == 3 ? 4 : 3);
        assert_int_equal (core->ranking [3] != 0, missed == 3);
        assert_int_equal (s_transfer (1), missed == 3 ? ZELECT_ANSWER_DONE : ZELECT_ANSWER_SILENT);
    }
}

//  A new leader takes its predecessor's word for its followers, for three rounds.

static void
test_a_young_leader_knows_the_old_ranking (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (false);
    zelect_message_t beat = lone_word (ZELECT_MESSAGE_HEARTBEAT, 0, 1);
    beat.rank_count = 3;
    memcpy (beat.ranking, (const uint8_t []){3, 2, SELF}, 3);
    lone_hear (&s_node, &beat);
    s_elect ();
    assert_int_equal (core->rank_count, 2);
    s_priorities [3] = 0;
    s_lead (2);
    assert_int_equal (core->round - core->first_round, 2);
    assert_true (s_is_in_ranking (3));
    assert_int_equal (core->rank_count, 4);
    s_lead (1);
    assert_false (s_is_in_ranking (3));
    assert_int_equal (core->rank_count, 3);
}

//  Who is not ranked yet is no heir, even if it has acknowledged.

static void
test_an_heir_is_ranked (void **state)
{
    (void) state;
    s_start (false);
    s_elect ();
    s_acknowledge ();
    lone_command (&s_node, ZELECT_INPUT_RESIGN);
    assert_int_equal (s_released_to (), ZELECT_NOBODY);
    s_start (false);
    s_elect ();
    s_priorities [2] = 101;
    s_lead (2);
    lone_command (&s_node, ZELECT_INPUT_RESIGN);
    assert_int_equal (s_released_to (), 2);
}

static void
test_who_stops_campaigns_no_more (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (false);
    lone_run (&s_node, LONE_T / 2);
    lone_command (&s_node, ZELECT_INPUT_STOP);
    assert_int_equal (core->is_stopped, 1);
    lone_run (&s_node, 10 * LONE_T);
    assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
}

//  ----  Preemption  ----------------------------------------------------------

static void
test_preemption_is_off (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (false);
    s_elect ();
    s_priorities [1] = 150;
    s_lead (70);
    assert_int_equal (core->role, ZELECT_ROLE_LEADER);
    assert_int_equal (core->timers [ZELECT_TIMER_PREEMPT], ZELECT_NEVER);
}

//  Ten times T after the round that saw it, to the best of those who are better.

static void
test_the_best_takes_over (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (true);
    s_elect ();
    s_priorities [1] = 150;
    s_priorities [2] = 120;
    s_lead (1);
    uint64_t due = core->timers [ZELECT_TIMER_PREEMPT];
    assert_int_equal (due, core->round_sent [core->round % ZELECT_ROUND_WINDOW] + 10 * LONE_T);
    s_lead (49);
    assert_int_equal (core->role, ZELECT_ROLE_LEADER);
    s_acknowledge ();
    s_node.now = due;
    lone_command (&s_node, ZELECT_INPUT_TICK);
    assert_int_equal (core->role, ZELECT_ROLE_FOLLOWER);
    assert_int_equal (s_released_to (), 1);
    assert_int_equal (core->preempt_target, 1);
    assert_int_equal (core->preempted_at, due);
}

//  Not who was heard once, nor for who does not lead yet.

static void
test_a_better_one_has_to_be_there (void **state)
{
    (void) state;
    zelect_core_t *core = s_start (true);
    s_elect ();
    memset (s_priorities, 0, sizeof s_priorities);
    s_priorities [1] = 150;
    s_lead (2);
    assert_int_equal (core->role, ZELECT_ROLE_LEADER_ELECT);
    assert_int_equal (core->timers [ZELECT_TIMER_PREEMPT], ZELECT_NEVER);
    memset (s_priorities, 100, sizeof s_priorities);
    s_priorities [1] = 150;
    s_lead (2);
    assert_int_not_equal (core->timers [ZELECT_TIMER_PREEMPT], ZELECT_NEVER);
    assert_int_equal (core->preempt_waits, 1);
    s_priorities [1] = 0;
    s_lead (5);
    assert_int_equal (core->timers [ZELECT_TIMER_PREEMPT], ZELECT_NEVER);
    assert_int_equal (core->preempt_waits, ZELECT_NOBODY);
    //  Due at the moment at which it is not there any more
    static zelect_effects_t effects;
    zelect_step_t step = {core, s_node.now, 1, &effects};
    core->preempt_waits = 1;
    zelect_handover_preempt (&step);
    assert_int_equal (core->preempt_waits, ZELECT_NOBODY);
    assert_int_equal (core->role, ZELECT_ROLE_LEADER);
}

//  It waits for a leader only.

static void
test_nobody_waits_for_who_has_left (void **state)
{
    (void) state;
    const zelect_core_t *core = s_start (true);
    s_elect ();
    s_priorities [1] = 150;
    s_lead (2);
    assert_int_not_equal (core->timers [ZELECT_TIMER_PREEMPT], ZELECT_NEVER);
    lone_command (&s_node, ZELECT_INPUT_RESIGN);
    assert_int_equal (core->timers [ZELECT_TIMER_PREEMPT], ZELECT_NEVER);
}

//  What did not last ten delays doubles the next delay, six times at most.

static void
test_failed_preemptions_double_the_delay (void **state)
{
    (void) state;
    const struct {
        uint64_t lasted_ns;
        uint8_t before, after;
    } rows [] = {
        {100 * LONE_T, 0, 1},     {100 * LONE_T + 1, 0, 0}, {200 * LONE_T, 1, 2},
        {200 * LONE_T + 1, 1, 0}, {LONE_T, 5, 6},           {LONE_T, 6, 6},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows [0]; row++) {
        static zelect_effects_t effects;
        zelect_core_t *core = s_start (true);
        zelect_step_t step = {core, s_node.now + 1000 * LONE_T, 1, &effects};
        core->preempt_target = 1;
        core->preempt_waits = 2;
        core->preempted_at = step.now - rows [row].lasted_ns;
        core->members [1].preempt_failures = rows [row].before;
        zelect_handover_elected (&step);
        assert_int_equal (core->members [1].preempt_failures, rows [row].after);
        assert_int_equal (core->preempt_target, ZELECT_NOBODY);
        assert_int_equal (core->preempt_waits, ZELECT_NOBODY);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_three_rounds_may_be_missed),
        cmocka_unit_test (test_a_young_leader_knows_the_old_ranking),
        cmocka_unit_test (test_an_heir_is_ranked),
        cmocka_unit_test (test_who_stops_campaigns_no_more),
        cmocka_unit_test (test_preemption_is_off),
        cmocka_unit_test (test_the_best_takes_over),
        cmocka_unit_test (test_a_better_one_has_to_be_there),
        cmocka_unit_test (test_nobody_waits_for_who_has_left),
        cmocka_unit_test (test_failed_preemptions_double_the_delay),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
