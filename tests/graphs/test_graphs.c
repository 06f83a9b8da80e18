/*  =========================================================================
    test_graphs - graphs, the three cases of a paper, and that bars can be missed

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "paper.h"
#include "tally.h"
#include "zelect_test.h"
#include <string.h>

//  ----  Graphs  --------------------------------------------------------------

//  Source: OEIS A000273, the number of directed graphs up to renaming

static void
test_kinds_of_graphs (void **state)
{
    static const unsigned kinds [] = {0, 1, 3, 16, 218, 9608};
    (void) state;
    for (unsigned size = 1; size <= GRAPH_NODES; size++) {
        unsigned found = 0;
        for (graph_t graph = 0; graph < graph_count (size); graph++)
            found += graph_is_first (graph, size);
        assert_int_equal (found, kinds [size]);
    }
}

static void
test_links (void **state)
{
    (void) state;
    graph_t graph = graph_with (0, 3, 2, 0);
    assert_true (graph_links (graph, 3, 2, 0));
    assert_false (graph_links (graph, 3, 0, 2));
    assert_true (graph_links (graph, 3, 1, 1));
    for (unsigned from = 0; from < 3; from++)
        for (unsigned to = 0; to < 3; to++)
            assert_true (graph_links (graph_full (3), 3, from, to));
    graph = graph_cut (graph_full (3), 3, 0, 1);
    assert_false (graph_links (graph, 3, 0, 1) || graph_links (graph, 3, 1, 0));
    assert_true (graph_links (graph, 3, 0, 2) && graph_links (graph, 3, 2, 1));
}

//  A ring of three, with links in one direction, links nobody both ways.

static void
test_centres (void **state)
{
    (void) state;
    graph_t ring = graph_with (graph_with (graph_with (0, 3, 0, 1), 3, 1, 2), 3, 2, 0);
    assert_int_equal (graph_centres (ring, 3), 0);
    assert_int_equal (graph_centres (graph_with (ring, 3, 1, 0), 3), 3);
    assert_int_equal (graph_centres (graph_full (5), 5), 31);
    assert_int_equal (graph_centres (graph_cut (graph_full (3), 3, 1, 2), 3), 7);
    assert_int_equal (graph_centres (0, 2), 0);
    assert_int_equal (graph_centres (0, 1), 1);
}

//  ----  The three cases of the Omni-Paxos paper  -----------------------------

static void
s_play (unsigned number, const char *name)
{
    paper_case_t this = paper_case (number);
    assert_string_equal (this.name, name);
    for (this.trial.seed = 1; this.trial.seed <= 20; this.trial.seed++) {
        outcome_t outcome = trial_run (&this.trial, false);
        assert_true (paper_is_right (&this, &outcome));
    }
}

static void
test_omni_paxos_quorum_loss (void **state)
{
    (void) state;
    s_play (0, "quorum loss");
}

static void
test_omni_paxos_constrained_election (void **state)
{
    (void) state;
    s_play (1, "constrained election");
}

static void
test_omni_paxos_chained (void **state)
{
    (void) state;
    s_play (2, "chained");
}

//  The same trial comes to the same.

static void
test_a_trial_can_be_replayed (void **state)
{
    (void) state;
    trial_t trial = {.seed = 7, .graph = 69919, .size = 5, .leader = 4, .witness = TRIAL_NOBODY};
    outcome_t one = trial_run (&trial, false), other = trial_run (&trial, false);
    assert_true (one.changes);
    assert_memory_equal (&one, &other, sizeof one);
}

//  ----  That a trial can fail  -----------------------------------------------

//  Where all that could lead are witnesses, the expectation of somebody who did
//  not know that is not met; here one who takes node 0 for electable though it
//  is not would wait in vain.

static void
test_canary_a_witness_never_leads (void **state)
{
    (void) state;
    paper_case_t this = paper_case (0);
    this.trial.witness = 0;
    outcome_t outcome = trial_run (&this.trial, false);
    assert_int_equal (outcome.faults, 0);
    assert_false (outcome.is_led);
    assert_false (paper_is_right (&this, &outcome));
}

//  ----  That a bar can be missed  --------------------------------------------

#define OUTCOMES 2000

static unsigned
s_failed (const outcome_t *outcomes)
{
    tally_t tally = tally_count (outcomes, OUTCOMES);
    return tally_print (&tally, 0);
}

static void
s_set (outcome_t *outcomes, size_t first, size_t count, unsigned timeout_permille)
{
    for (size_t index = first; index < first + count; index++)
        outcomes [index] = (outcome_t){
            .recovery_us = timeout_permille * TRIAL_TIMEOUT_MS,
            .changes = 1,
            .is_led = 1,
            .is_done = 1,
        };
}

static void
test_bars (void **state)
{
    (void) state;
    static outcome_t outcomes [OUTCOMES];
    s_set (outcomes, 0, OUTCOMES, 1000);
    assert_int_equal (s_failed (outcomes), 0);
    s_set (outcomes, 0, OUTCOMES / 2 + 1, 1001);
    assert_int_equal (s_failed (outcomes), 1);
    s_set (outcomes, 0, OUTCOMES, 900);
    s_set (outcomes, 0, 2, 2001);
    assert_int_equal (s_failed (outcomes), 0);
    s_set (outcomes, 0, 3, 2001);
    assert_int_equal (s_failed (outcomes), 1);
    s_set (outcomes, 0, 3, 900);
    s_set (outcomes, 77, 1, 4001);
    assert_int_equal (s_failed (outcomes), 1);
    assert_int_equal (tally_count (outcomes, OUTCOMES).worst_trial, 77);
}

static void
test_every_fault_counts (void **state)
{
    (void) state;
    static outcome_t outcomes [OUTCOMES];
    s_set (outcomes, 0, OUTCOMES, 900);
    for (unsigned fault = 0; fault < TRIAL_FAULTS; fault++) {
        outcomes [5].faults = (uint8_t) (1u << fault);
        assert_int_equal (s_failed (outcomes), 1);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_kinds_of_graphs),
        cmocka_unit_test (test_links),
        cmocka_unit_test (test_centres),
        cmocka_unit_test (test_omni_paxos_quorum_loss),
        cmocka_unit_test (test_omni_paxos_constrained_election),
        cmocka_unit_test (test_omni_paxos_chained),
        cmocka_unit_test (test_a_trial_can_be_replayed),
        cmocka_unit_test (test_canary_a_witness_never_leads),
        cmocka_unit_test (test_bars),
        cmocka_unit_test (test_every_fault_counts),
    };
    return cmocka_run_group_tests_name ("graphs", tests, NULL, NULL);
}
