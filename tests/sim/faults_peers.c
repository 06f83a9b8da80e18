/*  =========================================================================
    faults_peers - what others may send

    Damage to bytes is done to bytes, and src/wire has to turn it away. What
    gets through whole, though it comes from the past, from a twin or from a
    member whose term has gone mad, is handed to the core.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"

//  ----  Bytes  ---------------------------------------------------------------

static void
s_damage (run_t *run, const action_t *action, damage_t how)
{
    run->sim.wire = run_wire;
    run->sim.net.damage_permille = 1 + run_part (action, 0, 60);
    run->sim.net.damages |= (uint8_t) (1u << how);
}

void
fault_corrupt (run_t *run, const action_t *action)
{
    s_damage (run, action, DAMAGE_CORRUPT);
}

void
fault_truncated (run_t *run, const action_t *action)
{
    s_damage (run, action, DAMAGE_TRUNCATED);
}

void
fault_wrong_version (run_t *run, const action_t *action)
{
    s_damage (run, action, DAMAGE_VERSION);
}

void
fault_wrong_cluster (run_t *run, const action_t *action)
{
    s_damage (run, action, DAMAGE_CLUSTER);
}

void
fault_stranger (run_t *run, const action_t *action)
{
    s_damage (run, action, DAMAGE_STRANGER);
}

void
fault_bytes (run_t *run, const action_t *action)
{
    (void) action;
    run->sim.wire = run_wire;
    run->sim.net.is_wired = true;
}

//  ----  Messages  ------------------------------------------------------------

void
fault_replayed_boot (run_t *run, const action_t *action)
{
    unsigned from = run_node (run, action);
    unsigned left = 8;
    run_say (run, "replay the past of n%u", from + 1);
    for (unsigned index = 0; index < run->past_count && left; index++) {
        const sim_packet_t *packet = &run->past [index];
        if (packet->message.from != from
            || packet->message.incarnation == run->sim.nodes [from].options.incarnation)
            continue;
        sim_inject (&run->sim, packet->to, &packet->message, left * ZELECT_MS);
        left--;
    }
}

void
fault_term_jump (run_t *run, const action_t *action)
{
    unsigned from = run_node (run, action), to = run_other (run, action, from);
    zelect_message_t message = {
        .kind = ZELECT_MESSAGE_HEARTBEAT_ACK,
        .from = (uint8_t) from,
        .incarnation = run->sim.nodes [from].options.incarnation,
        .term = (UINT64_C (1) << run_part (action, 0, 62)) + run_part (action, 1, 1000),
        .number = 1,
        .leader = ZELECT_NOBODY,
    };
    if (!message.incarnation)
        return;
    message.about = message.term;
    run->sim.judge.had_jumps = true;
    run_say (run, "inject n%u HEARTBEAT_ACK from=n%u term=%llu", to + 1, from + 1,
             (unsigned long long) message.term);
    sim_inject (&run->sim, to, &message, ZELECT_MS);
}

//  Its requests left before its term was saved (R2), and it was killed. Who is
//  under a promise must not mind, whatever the term (R1); others may vote for it.

void
fault_late_candidate (run_t *run, const action_t *action)
{
    unsigned from = run_node (run, action);
    uint64_t term = run->sim.judge.top_claimed + 1 + run_part (action, 0, 3);
    zelect_message_t message = {
        .kind = ZELECT_MESSAGE_VOTE,
        .from = (uint8_t) from,
        .incarnation = run_mix (action->word) | 1,
        .term = term,
        .about = term,
        .number = run_mix (action->word) >> 1,
        .leader = ZELECT_NOBODY,
    };
    run_say (run, "late VOTE of n%u, term %llu", from + 1, (unsigned long long) term);
    for (unsigned to = 0; to < run->sim.count; to++)
        if (to != from && !(run->victims >> to & 1))
            sim_inject (&run->sim, to, &message, ZELECT_MS);
}

void
fault_duplicate_identity (run_t *run, const action_t *action)
{
    unsigned from = run_node (run, action);
    const sim_node_t *at = &run->sim.nodes [from];
    zelect_message_t message = {
        .kind = ZELECT_MESSAGE_PREVOTE,
        .from = (uint8_t) from,
        .incarnation = run_mix (action->word) | 1,
        .term = at->durable.term,
        .about = at->durable.term + 1 + run_part (action, 0, 3),
        .number = run_mix (action->word) >> 1,
        .leader = ZELECT_NOBODY,
    };
    run_say (run, "a twin of n%u asks for pre-votes", from + 1);
    for (unsigned to = 0; to < run->sim.count; to++)
        if (to != from)
            sim_inject (&run->sim, to, &message, ZELECT_MS);
}

void
fault_reflection (run_t *run, const action_t *action)
{
    unsigned node = run_node (run, action);
    for (unsigned index = 0; index < run->past_count; index++)
        if (run->past [index].message.from == node) {
            run_say (run, "reflect to n%u", node + 1);
            sim_inject (&run->sim, node, &run->past [index].message, ZELECT_MS);
            return;
        }
}

void
fault_flood (run_t *run, const action_t *action)
{
    unsigned from = run_node (run, action), to = run_other (run, action, from);
    for (unsigned index = 0; index < run->past_count; index++) {
        const sim_packet_t *packet = &run->past [index];
        if (packet->message.from != from || packet->to != to)
            continue;
        run_say (run, "flood n%u>n%u", from + 1, to + 1);
        for (unsigned copy = 0; copy < 100; copy++)
            sim_inject (&run->sim, to, &packet->message, copy * ZELECT_MS / 4);
        return;
    }
}
