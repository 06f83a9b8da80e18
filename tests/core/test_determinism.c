/*  =========================================================================
    test_determinism - the same inputs give the same effects, bit for bit

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim.h"
#include "zelect_test.h"
#include <string.h>

static void
s_play (sim_t *sim, uint64_t seed)
{
    sim_init (sim, 5, seed);
    for (unsigned node = 0; node < 5; node++)
        sim_start (sim, node, true);
    sim_run_until_led (sim, 5000 * ZELECT_MS);
    sim_kill (sim, sim_leader (sim));
    sim_run (sim, sim->now + 3000 * ZELECT_MS);
}

static void
test_same_seed_same_run (void **state)
{
    (void) state;
    static sim_t one, other;
    uint64_t seed = zelect_test_seed ("determinism");
    s_play (&one, seed);
    s_play (&other, seed);
    assert_string_equal (one.text, other.text);
    for (unsigned node = 0; node < 5; node++)
        assert_memory_equal (&one.nodes [node].core, &other.nodes [node].core,
                             sizeof (zelect_core_t));
    sim_free (&other);
    s_play (&other, seed + 1);
    assert_string_not_equal (one.text, other.text);
    sim_free (&one);
    sim_free (&other);
}

//  A copy of the ledger is a node in the same state: memcpy clones it.

static void
test_clone (void **state)
{
    (void) state;
    static sim_t sim;
    static zelect_effects_t one_effects, other_effects;
    s_play (&sim, 7);
    zelect_core_t one = sim.nodes [sim_leader (&sim)].core, other;
    memcpy (&other, &one, sizeof one);
    zelect_input_t tick = {.kind = ZELECT_INPUT_TICK, .random = 99};
    uint64_t now = zelect_core_deadline (&one);
    zelect_core_step (&one, now, &tick, &one_effects);
    zelect_core_step (&other, now, &tick, &other_effects);
    assert_memory_equal (&one, &other, sizeof one);
    assert_true (one_effects.count > 0);
    assert_int_equal (one_effects.count, other_effects.count);
    for (size_t index = 0; index < one_effects.count; index++)
        assert_memory_equal (&one_effects.list [index], &other_effects.list [index],
                             sizeof (zelect_effect_t));
    sim_free (&sim);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_same_seed_same_run),
        cmocka_unit_test (test_clone),
    };
    return cmocka_run_group_tests_name ("determinism", tests, NULL, NULL);
}
