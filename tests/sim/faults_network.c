/*  =========================================================================
    faults_network - what may happen to links

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"

static uint64_t
s_ms (const action_t *action, unsigned place, unsigned limit)
{
    return (1 + run_part (action, place, limit)) * ZELECT_MS;
}

//  ----  Traits of all links  -------------------------------------------------

void
fault_loss (run_t *run, const action_t *action)
{
    run->sim.net.lost_permille = 1 + run_part (action, 0, 200);
}

void
fault_delay (run_t *run, const action_t *action)
{
    run->sim.net.delay_ns = s_ms (action, 0, 60) / 2;
}

void
fault_jitter (run_t *run, const action_t *action)
{
    run->sim.net.jitter_ns = s_ms (action, 0, 30);
}

void
fault_reorder (run_t *run, const action_t *action)
{
    run->sim.net.reorders = true;
    run->sim.net.late_ns = s_ms (action, 0, 500);
    run->sim.net.late_permille = 1 + run_part (action, 1, 100);
}

void
fault_duplicate (run_t *run, const action_t *action)
{
    run->sim.net.twice_ns = s_ms (action, 0, 50);
    run->sim.net.twice_permille = 1 + run_part (action, 1, 300);
}

void
fault_late_replay (run_t *run, const action_t *action)
{
    run->sim.net.twice_ns = s_ms (action, 0, 8000);
    run->sim.net.twice_permille = 1 + run_part (action, 1, 60);
}

void
fault_capacity (run_t *run, const action_t *action)
{
    run->sim.net.capacity = 2 + run_part (action, 0, 30);
    run->sim.net.waiting_max = 2 + run_part (action, 1, 60);
}

void
fault_slow_link (run_t *run, const action_t *action)
{
    run->sim.net.serial_ns = s_ms (action, 0, 8);
}

void
fault_reconnect (run_t *run, const action_t *action)
{
    run->sim.net.loses_in_flight = true;
    run->sim.net.reconnect_ns = s_ms (action, 0, 250);
}

//  ----  Events  --------------------------------------------------------------

void
fault_burst_loss (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action), other = run_other (run, action, node);
    run_say (run, "lose n%u>n%u", node + 1, other + 1);
    run->sim.lossy_until [node][other] = run->sim.now + s_ms (action, 0, 2000);
}

void
fault_old_packet (run_t *run, const action_t *action)
{
    if (!run->past_count)
        return;
    const sim_packet_t *packet = &run->past [run_part (action, 0, run->past_count)];
    if (run->victims && !(run->victims >> packet->to & 1))
        return;
    run_say (run, "replay a %s to n%u", zelect_message_name (packet->message.kind),
             packet->to + 1u);
    sim_inject (&run->sim, packet->to, &packet->message, ZELECT_MS);
}

void
fault_clog (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action), other = run_other (run, action, node);
    run_say (run, "clog n%u>n%u", node + 1, other + 1);
    run->sim.held_until [node][other] = run->sim.now + s_ms (action, 0, 6000);
}

void
fault_buffer_burst (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    uint64_t until = run->sim.now + s_ms (action, 0, 3000);
    run_say (run, "hold n%u", node + 1);
    for (unsigned from = 0; from < run->sim.count; from++)
        run->sim.held_until [from][node] = until;
}

void
fault_cut (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action), other = run_other (run, action, node);
    run_say (run, "cut n%u-n%u", node + 1, other + 1);
    sim_cut (&run->sim, node, other);
    sim_cut (&run->sim, other, node);
}

void
fault_one_way_cut (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action), other = run_other (run, action, node);
    bool is_out = run_part (action, 0, 2);
    unsigned from = is_out ? node : other, to = is_out ? other : node;
    run_say (run, "cut n%u>n%u", from + 1, to + 1);
    sim_cut (&run->sim, from, to);
}

//  Cut whatever links `is_cut` says.

static void
s_cut_some (run_t *run, bool is_cut [SIM_NODES][SIM_NODES])
{
    for (unsigned from = 0; from < run->sim.count; from++)
        for (unsigned to = 0; to < run->sim.count; to++)
            if (from != to && is_cut [from][to])
                sim_cut (&run->sim, from, to);
}

void
fault_isolate (run_t *run, const action_t *action)
{
    bool is_cut [SIM_NODES][SIM_NODES] = {{false}};
    unsigned node = run_node (run, action);
    bool hears = run_part (action, 0, 4) == 0, speaks = run_part (action, 1, 4) == 0;
    for (unsigned other = 0; other < run->sim.count; other++) {
        is_cut [node][other] = !speaks;
        is_cut [other][node] = !hears;
    }
    run_say (run, "isolate n%u%s%s", node + 1, hears ? ", it hears" : "",
             speaks ? ", it speaks" : "");
    s_cut_some (run, is_cut);
}

void
fault_partition (run_t *run, const action_t *action)
{
    bool is_cut [SIM_NODES][SIM_NODES] = {{false}};
    bool is_one_way = run_part (action, 0, 4) == 0;
    for (unsigned from = 0; from < run->sim.count; from++)
        for (unsigned to = 0; to < run->sim.count; to++) {
            unsigned one = action->word >> (from + 8) & 1, other = action->word >> (to + 8) & 1;
            is_cut [from][to] = is_one_way ? one && !other : one != other;
        }
    run_say (run, "partition");
    s_cut_some (run, is_cut);
}

void
fault_graph (run_t *run, const action_t *action)
{
    bool is_cut [SIM_NODES][SIM_NODES] = {{false}};
    for (unsigned from = 0; from < run->sim.count; from++)
        for (unsigned to = 0; to < run->sim.count; to++)
            is_cut [from][to] = run_part (action, 9 * from + to, 5) < 2;
    run_say (run, "graph");
    s_cut_some (run, is_cut);
}

void
fault_bridge (run_t *run, const action_t *action)
{
    bool is_cut [SIM_NODES][SIM_NODES] = {{false}};
    unsigned node = run_node (run, action);
    for (unsigned from = 0; from < run->sim.count; from++)
        for (unsigned to = 0; to < run->sim.count; to++)
            is_cut [from][to] = from != node && to != node;
    run_say (run, "bridge n%u", node + 1);
    s_cut_some (run, is_cut);
}

void
fault_flap (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action), other = run_other (run, action, node);
    run->sim.net.flap_ns = s_ms (action, 0, 400);
    run->sim.flaps [node][other] = run->sim.flaps [other][node] = true;
    run_say (run, "flap n%u-n%u", node + 1, other + 1);
}

void
fault_feed_cut (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action), other = run_other (run, action, node);
    if (run->victims && run_part (action, 0, 2)) {
        unsigned swap = node;
        node = other;
        other = swap;
    }
    run_say (run, "mute n%u>n%u", node + 1, other + 1);
    run->sim.feeds [node][other] = false;
}
