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

//  The longest stand first, as they run side by side. The names of the slices are
//  the same in all sets, and so is what they are for.

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
    .asks_beyond = true, .starts_led = true, .has_hints = true, .loses_one = true, .terms = 1,     \
    .drift_permille = 100, .fair_every = 1
#define SUCCESSION                                                                                 \
    .name = "succession", .about = "any order of succession, and who is lost", .starts_led = true, \
    .has_order = true, .loses_one = true, .terms = 1, .drift_permille = 100, .fair_every = 1
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
    .starts_led = true, .ticks = 2, .drift_permille = 333, .fair_every = 1
#define CANARY                                                                                     \
    .name = "canary", .about = "clocks beyond the bound: two leases must be found",                \
    .stands_at_will = true, .starts_led = true, .ticks = 2, .is_loose = true,                      \
    .drift_permille = 333

#if EXPLORE_NODES == 3

#define CI_LEAST 25000000

static const explore_slice_t s_quick [] = {
    {VOTES, .terms = 1, .crashes = 1, .failures = 1, .bits = 18},
    {PREVOTES, .terms = 1, .crashes = 0, .failures = 0, .bits = 18},
    {LEASES, .terms = 1, .rounds = 2, .crashes = 1, .bits = 18},
    {RENEWAL, .rounds = 2, .bits = 20},
    {SUCCESSION, .rounds = 2, .bits = 20},
    {RELEASE, .terms = 1, .rounds = 1, .orders = 2, .has_stalls = true, .bits = 18},
    {DEATH, .terms = 1, .rounds = 1, .crashes = 2, .bits = 18},
    {VOLATILE, .terms = 1, .rounds = 1, .crashes = 1, .bits = 18},
    {CANARY, .terms = 2, .rounds = 1, .bits = 22},
    {.name = NULL},
};

static const explore_slice_t s_ci [] = {
    {VOLATILE, .terms = 2, .rounds = 1, .crashes = 1, .bits = 23},
    {RELEASE, .terms = 2, .rounds = 1, .orders = 1, .has_kept = true, .bits = 23},
    {LEASES, .terms = 2, .rounds = 1, .crashes = 1, .failures = 1, .bits = 23},
    {VOTES, .terms = 2, .crashes = 2, .bits = 23},
    {VOTES, .terms = 2, .crashes = 1, .failures = 1, .bits = 23},
    {DEATH, .terms = 2, .rounds = 1, .crashes = 1, .is_brief = true, .bits = 22},
    {RENEWAL, .rounds = 2, .crashes = 1, .bits = 21},
    {TIMED, .terms = 2, .rounds = 1, .bits = 22},
    {SUCCESSION, .rounds = 3, .crashes = 1, .bits = 20},
    {PREVOTES, .terms = 1, .crashes = 1, .failures = 1, .bits = 20},
    {VOTES, .terms = 1, .crashes = ALL, .failures = ALL, .bits = 20},
    {CANARY, .terms = 2, .rounds = 1, .bits = 20},
    {.name = NULL},
};

#define BOUNDED .is_bounded = true, .states_max = 60000000, .bits = 27

static const explore_slice_t s_deep [] = {
    {VOTES, .terms = 2, .crashes = 2, .failures = 1, .bits = 25},
    {VOTES, .terms = 2, .crashes = ALL, .failures = ALL, BOUNDED},
    {VOTES, .terms = 3, .crashes = 1, BOUNDED},
    {LEASES, .terms = 2, .rounds = 2, .crashes = 1, .failures = 1, BOUNDED},
    {LEASES, .terms = 3, .rounds = 1, .crashes = 1, BOUNDED},
    {PREVOTES, .terms = 2, .crashes = 1, BOUNDED},
    {RELEASE, .terms = 2, .rounds = 2, .orders = 2, .has_kept = true, .has_stalls = true, BOUNDED},
    {DEATH, .terms = 3, .rounds = 1, .crashes = 2, BOUNDED},
    {VOLATILE, .terms = 2, .rounds = 2, .crashes = 2, BOUNDED},
    {TIMED, .terms = 2, .rounds = 2, .crashes = 1, BOUNDED},
    {.name = NULL},
};

#else

#define CI_LEAST 0

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

#define BOUNDED .is_bounded = true, .states_max = 30000000, .bits = 26

static const explore_slice_t s_deep [] = {
    {VOTES, .terms = 1, .crashes = ALL, .failures = ALL, BOUNDED},
    {VOTES, .terms = 2, .crashes = 1, BOUNDED},
    {PREVOTES, .terms = 1, .crashes = 1, BOUNDED},
    {LEASES, .terms = 2, .rounds = 1, .crashes = 1, BOUNDED},
    {RELEASE, .terms = 2, .rounds = 1, .orders = 1, BOUNDED},
    {DEATH, .terms = 2, .rounds = 1, .crashes = 1, BOUNDED},
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
    "Where it says 'at will', pre-votes are granted by all (more than real); the slices prevotes,",
    "    renewal and succession have the real ones.",
    "In the slice votes start-up waits are over at once, and no heartbeat arrives.",
    "Refusals tell their term only, whoever sent them; in slices with hints also whom the sender",
    "    takes for the leader when they arrive. The floor that they tell is left out.",
    "Kept requests are dropped, and come again as messages, but in slices with kept requests.",
    "Acknowledgements without a promise (faulted nodes, non-voters) are lost.",
    "The feed and the direct way are one; preemption is left out. The order of succession is any,",
    "    and who heard it remembers its first only in the slice succession.",
    "R17: one node of the cluster forgets; too few answers put its floor above all terms.",
    "Deliveries that only make the receiver send are made at once (sound: messages are a set).",
    "A crash between two effects is a crash after them, with the rest lost (sound, as above).",
    "A torn record is for the tests of the store: here a record is written or not.",
    "L2: fair schedules have all nodes up and linked, or (renewal, succession) all but one, which "
    "is",
    "    down for ever and whose messages are lost; broken links are for tests/graphs.",
    "A step that leads beyond the terms or rounds printed is not taken.",
    NULL};

typedef struct {
    const char *name;
    const explore_slice_t *slices;
    uint64_t least;
} set_t;

static const set_t *
s_set (const char *bounds)
{
    static const set_t sets [] = {
        {"quick", s_quick, 0}, {"ci", s_ci, CI_LEAST}, {"deep", s_deep, 0}};
    for (unsigned index = 0; index < sizeof sets / sizeof *sets; index++)
        if (!strcmp (sets [index].name, bounds))
            return &sets [index];
    return NULL;
}

const explore_slice_t *
explore_slices (const char *bounds)
{
    const set_t *set = s_set (bounds);
    return set ? set->slices : NULL;
}

uint64_t
explore_least (const char *bounds)
{
    const set_t *set = s_set (bounds);
    return set ? set->least : 0;
}
