/*  =========================================================================
    sim_clock - true time and what a node's clock makes of it

    Each node's clock runs at its own rate from its own origin, and may stand
    still for a grain of time. Kept in one place, and inline, as it is asked for
    in every step.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_CLOCK_H_INCLUDED
#define SIM_CLOCK_H_INCLUDED

#include "sim.h"

//  What the clock reads at a true time; it counts microseconds

static inline uint64_t
sim_clock_local (const sim_node_t *node, uint64_t now)
{
    uint64_t since = now - node->base_true;
    uint64_t rate = (uint64_t) (1000 + node->drift_permille);
    uint64_t local = node->base_local + since / 1000 * rate;
    return node->grain_ns ? local - local % node->grain_ns : local;
}

//  The first true time at which it reads at least `local`

static inline uint64_t
sim_clock_true (const sim_node_t *node, uint64_t local)
{
    if (local == ZELECT_NEVER)
        return ZELECT_NEVER;
    if (node->grain_ns)
        local += (node->grain_ns - local % node->grain_ns) % node->grain_ns;
    if (local <= node->base_local)
        return node->base_true;
    uint64_t rate = (uint64_t) (1000 + node->drift_permille);
    return node->base_true + (local - node->base_local + rate - 1) / rate * 1000;
}

//  Whether the application of a node would be told now that it leads

static inline bool
sim_clock_leads (const sim_node_t *node, uint64_t now)
{
    return node->is_up && node->lease_until && sim_clock_local (node, now) < node->lease_until;
}

#endif
