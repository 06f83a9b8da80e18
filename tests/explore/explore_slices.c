/*  =========================================================================
    explore_slices - the slices and their bounds

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_slice.h"
#include <string.h>

#define ALL EXPLORE_UNLIMITED

//  The names of the slices are the same in all sets, and so is what they are for.

#define VOTES                                                                                      \
    .name = "votes", .about = "votes and crashes", .stands_at_will = true, .has_no_waits = true,   \
    .is_brief = true, .drift_permille = 100, .fair_every = 1
#define PREVOTES                                                                                   \
    .name = "prevotes", .about = "pre-votes, votes and crashes", .is_brief = true,                 \
    .starts_saved = true, .drift_permille = 100, .fair_every = 1
#define LEASES                                                                                     \
    .name = "leases", .about = "leases and promises", .stands_at_will = true, .starts_led = true,  \
    .drift_permille = 100, .fair_every = 1
#define RENEWAL                                                                                    \
    .name = "renewal", .about = "a leader's rounds, and pre-votes against it",                     \
    .asks_beyond = true, .starts_led = true, .terms = 1, .drift_permille = 100, .fair_every = 1
#define RELEASE                                                                                    \
    .name = "release", .about = "release, transfer and health", .stands_at_will = true,            \
    .starts_led = true, .drift_permille = 100, .fair_every = 1
#define DEATH                                                                                      \
    .name = "death", .about = "proof of death", .stands_at_will = true, .starts_led = true,        \
    .has_proofs = true, .drift_permille = 100, .fair_every = 1
#define VOLATILE                                                                                   \
    .name = "volatile", .about = "a node that forgets", .stands_at_will = true,                    \
    .starts_led = true, .volatiles = 1, .is_brief = true, .drift_permille = 100, .fair_every = 1
#define TIMED                                                                                      \
    .name = "timed", .about = "the lease inequality, by clocks", .stands_at_will = true,           \
    .starts_led = true, .ticks = 2, .drift_permille = 333
#define CANARY                                                                                     \
    .name = "canary", .about = "clocks beyond the bound: two leases must be found",                \
    .stands_at_will = true, .starts_led = true, .ticks = 2, .is_loose = true,                      \
    .drift_permille = 333

#if EXPLORE_NODES == 3

static const explore_slice_t s_quick [] = {
    {VOTES, .terms = 1, .crashes = 1, .failures = 1, .bits = 18},
    {PREVOTES, .terms = 1, .crashes = 0, .failures = 0, .bits = 18},
    {LEASES, .terms = 1, .rounds = 2, .crashes = 1, .bits = 18},
    {RENEWAL, .rounds = 2, .bits = 20},
    {RELEASE, .terms = 1, .rounds = 1, .orders = 2, .has_stalls = true, .bits = 18},
    {DEATH, .terms = 1, .rounds = 1, .crashes = 2, .bits = 18},
    {VOLATILE, .terms = 1, .rounds = 1, .crashes = 1, .bits = 18},
    {CANARY, .terms = 2, .rounds = 1, .bits = 22},
    {.name = NULL},
};

static const explore_slice_t s_ci [] = {
    {VOTES, .terms = 2, .crashes = 1, .failures = 1, .bits = 25},
    {LEASES, .terms = 2, .rounds = 1, .crashes = 1, .bits = 25},
    {VOTES, .terms = 1, .crashes = ALL, .failures = ALL, .bits = 20},
    {PREVOTES, .terms = 1, .crashes = 1, .failures = 1, .bits = 24},
    {RELEASE, .terms = 2, .rounds = 1, .orders = 1, .has_kept = true, .bits = 24},
    {RENEWAL, .rounds = 2, .crashes = 1, .bits = 24},
    {DEATH, .terms = 2, .rounds = 1, .crashes = 1, .bits = 24},
    {VOLATILE, .terms = 2, .rounds = 1, .crashes = 1, .bits = 24},
    {TIMED, .terms = 2, .rounds = 1, .bits = 23},
    {CANARY, .terms = 2, .rounds = 1, .bits = 22},
    {.name = NULL},
};

static const explore_slice_t s_deep [] = {
    {VOTES, .terms = 2, .crashes = ALL, .failures = ALL, .bits = 29},
    {VOTES, .terms = 3, .crashes = 1, .bits = 28},
    {LEASES, .terms = 3, .rounds = 2, .crashes = 1, .failures = 1, .bits = 29},
    {PREVOTES, .terms = 2, .crashes = 1, .failures = 1, .bits = 28},
    {RELEASE, .terms = 3, .rounds = 2, .orders = 2, .has_kept = true, .has_stalls = true,
     .bits = 28},
    {DEATH, .terms = 3, .rounds = 2, .crashes = 2, .bits = 28},
    {VOLATILE, .terms = 3, .rounds = 1, .crashes = 2, .bits = 28},
    {TIMED, .terms = 2, .rounds = 3, .crashes = 1, .bits = 28},
    {.name = NULL},
};

#else

//  Majorities of four are other than half of three

static const explore_slice_t s_quick [] = {
    {VOTES, .terms = 1, .bits = 18},
    {LEASES, .terms = 1, .rounds = 2, .bits = 18},
    {DEATH, .terms = 1, .rounds = 1, .crashes = 1, .bits = 18},
    {.name = NULL},
};

static const explore_slice_t s_ci [] = {
    {VOTES, .terms = 1, .failures = 1, .bits = 22},
    {PREVOTES, .terms = 1, .bits = 22},
    {LEASES, .terms = 1, .rounds = 2, .crashes = 1, .bits = 22},
    {.name = NULL},
};

static const explore_slice_t s_deep [] = {
    {VOTES, .terms = 2, .crashes = 1, .bits = 28},
    {LEASES, .terms = 2, .rounds = 1, .bits = 28},
    {.name = NULL},
};

#endif

const explore_slice_t *explore_slice = s_ci;

const char *const explore_cuts [] = {
    "Time has no length (but in the slices timed and canary): an armed timer may run out at any",
    "    moment, a promise only when no lease rests on a round that is as old or older.",
    "All nodes have one T and one rho; measured times, slots, ranks and jitter only choose when.",
    "Incarnations before the present one are one; a proof of death is forgotten when its node",
    "    crashes again.",
    "A pre-vote's number is its term: late grants of the same term count (more than real).",
    "Where it says 'at will', pre-votes are granted by all (more than real); the slices prevotes",
    "    and renewal have the real ones.",
    "In the slice votes start-up waits are over at once, and no heartbeat arrives.",
    "Refusals tell their term only: hints and the floor told by a refusal are left out (B19).",
    "Kept requests are dropped, and come again as messages, but in slices with kept requests.",
    "Acknowledgements without a promise (faulted nodes, non-voters) are lost.",
    "The feed and the direct way are one; ranking is any order; preemption is left out.",
    "R17: one node of the cluster forgets; too few answers put its floor above all terms.",
    "Deliveries that only make the receiver send are made at once (sound: messages are a set).",
    "A crash between two effects is a crash after them, with the rest lost (sound, as above).",
    "A torn record is for the tests of the store: here a record is written or not.",
    "L2: fair schedules have all nodes up and linked; broken links are for tests/graphs.",
    "A step that leads beyond the terms or rounds printed is not taken.",
    NULL};

const explore_slice_t *
explore_slices (const char *bounds)
{
    static const struct {
        const char *name;
        const explore_slice_t *slices;
    } sets [] = {{"quick", s_quick}, {"ci", s_ci}, {"deep", s_deep}};
    for (unsigned index = 0; index < sizeof sets / sizeof *sets; index++)
        if (!strcmp (sets [index].name, bounds))
            return sets [index].slices;
    return NULL;
}
