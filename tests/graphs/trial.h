/*  =========================================================================
    trial - a healthy cluster whose links are cut to a graph, and what then

    In the end all links are healed, and there has to be a leader again: the one
    that is there, if there is one.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef TRIAL_H_INCLUDED
#define TRIAL_H_INCLUDED

#include "graph.h"

#define TRIAL_TIMEOUT_MS 500u    //  T, the election timeout
#define TRIAL_QUIET 100u         //  In units of T: how long nothing may change
#define TRIAL_HEALED 10u         //  ... after all links were healed
#define TRIAL_LIMIT 5u           //  In units of T: when nothing may change any more
#define TRIAL_NOBODY 255u

#define TRIAL_FAULT_MAP(X)                                                                         \
    X (SICK, "there was no healthy cluster to begin with")                                         \
    X (UNSAFE, "a safety violation")                                                               \
    X (UNLED, "no leader, though a node is linked both ways to a majority")                        \
    X (POWERLESS, "a leader, though no node is linked both ways to a majority")                    \
    X (RESTLESS, "a change of leader after the cluster had had its time")                          \
    X (UNHEALED, "no leader that stays, though all links were healed")                             \
    X (UNSEATED, "another leader when the links were healed, though one was there")

#define X(name, text) TRIAL_##name,
typedef enum { TRIAL_FAULT_MAP (X) TRIAL_FAULTS } trial_fault_t;
#undef X

//  What there is to try.

typedef struct {
    uint64_t seed;
    graph_t graph;
    uint8_t size;
    uint8_t leader;     //  Who leads when the links are cut
    uint8_t witness;    //  Who has priority 0, or TRIAL_NOBODY
} trial_t;

//  What came of it.

typedef struct {
    uint32_t recovery_us;    //  From the cut to the last change of leader
    uint8_t changes;         //  How many leaders there were after the cut
    uint8_t faults;          //  Mask of trial_fault_t
    uint8_t is_led;          //  Somebody leads in the end
    uint8_t is_done;
} outcome_t;

//  --------------------------------------------------------------------------
//  The seed of one trial of many, so that each can be tried again alone.

uint64_t trial_seed (uint64_t seed, graph_t graph, unsigned leader);

//  --------------------------------------------------------------------------
//  Try. The transcript, if it is wanted, is printed to stdout.

outcome_t trial_run (const trial_t *trial, bool is_traced);

//  --------------------------------------------------------------------------
//  The sentence that goes with a fault.

const char *trial_fault_text (unsigned fault);

#endif
