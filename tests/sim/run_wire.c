/*  =========================================================================
    run_wire - packets as bytes, through src/wire

    Each packet is packed as its sender would, damaged if that is its fate, and
    unpacked as its receiver would. What is whole has to come out as it went in;
    what is of another version, cluster or sender has to be turned away. Where
    damaged bytes still make a message, the checksum of the transport would have
    told, so it is dropped here.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "run.h"
#include "sim_private.h"
#include "zelect_wire.h"
#include "zelect.pb-c.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    zelect_members_t members [SIM_NODES];
    unsigned count;
    uint64_t voters;
} s_table_t;

static s_table_t s_table;    //  Of the run under way; one at a time

static void
s_fill_table (const sim_t *sim)
{
    uint64_t voters = sim->nodes [0].options.voters;
    if (s_table.count == sim->count && s_table.voters == voters)
        return;
    static const char *const names [SIM_NODES] = {"n1", "n2", "n3", "n4", "n5",
                                                  "n6", "n7", "n8", "n9"};
    zelect_member_t list [SIM_NODES];
    for (unsigned node = 0; node < sim->count; node++)
        list [node] = (zelect_member_t){names [node], voters >> node & 1};
    for (unsigned node = 0; node < sim->count; node++) {
        int rc = zelect_members_init (&s_table.members [node], "simulated", names [node], list,
                                      sim->count);
        assert (rc == 0);
    }
    s_table.count = sim->count;
    s_table.voters = voters;
}

static void
s_damage (sim_t *sim, unsigned fault, uint8_t *data, size_t *size)
{
    if (fault == DAMAGE_TRUNCATED)
        *size = sim_random (sim, *size);
    else
        for (unsigned flips = 1 + (unsigned) sim_random (sim, 4); flips; flips--)
            data [sim_random (sim, *size)] ^= (uint8_t) (1u << sim_random (sim, 8));
}

//  Who sends it: with other settings than the receiver expects, if so damaged.

static zelect_members_t
s_sender (unsigned fault, unsigned from)
{
    zelect_members_t sender = s_table.members [from];
    if (fault == DAMAGE_CLUSTER)
        snprintf (sender.cluster, sizeof sender.cluster, "other");
    if (fault == DAMAGE_STRANGER)
        snprintf (sender.ids [from], sizeof sender.ids [from], "stranger");
    return sender;
}

static size_t
s_pack (unsigned fault, const sim_packet_t *packet, uint8_t *data, size_t size)
{
    zelect_rpc_t rpc;
    memset (&rpc, 0, sizeof rpc);
    rpc.message = packet->message;
    zelect_members_t sender = s_sender (fault, packet->message.from);
    return zelect_wire_pack_rpc (&sender, &rpc, data, size);
}

static size_t
s_change_version (uint8_t *data, size_t size)
{
    Zelect__V1__Rpc *frame = zelect__v1__rpc__unpack (NULL, size, data);
    assert (frame);
    frame->version = ZELECT_WIRE_VERSION + 1;
    size = zelect__v1__rpc__pack (frame, data);
    zelect__v1__rpc__free_unpacked (frame, NULL);
    return size;
}

//  Whether the same message came out. What a kind does not use is zeroed on the
//  way, and whether a round came over the feed only the receiver knows.

static bool
s_is_same (const zelect_message_t *sent, const zelect_message_t *came)
{
    return sent->kind == came->kind && sent->from == came->from && sent->term == came->term
           && sent->incarnation == came->incarnation && sent->number == came->number
           && sent->granted == came->granted && sent->promise_ns == came->promise_ns
           && sent->floor == came->floor && sent->rank_count == came->rank_count
           && !memcmp (sent->ranking, came->ranking, sizeof sent->ranking);
}

bool
run_wire (sim_t *sim, unsigned fault, sim_packet_t *packet)
{
    if (packet->is_proof || packet->is_forged || packet->message.kind >= ZELECT_MESSAGES)
        return true;
    uint8_t data [ZELECT_RPC_SIZE_MAX + 16];
    zelect_rpc_t rpc;
    s_fill_table (sim);
    size_t size = s_pack (fault, packet, data, ZELECT_RPC_SIZE_MAX);
    assert (size);
    if (fault == DAMAGE_VERSION)
        size = s_change_version (data, size);
    else if (fault == DAMAGE_CORRUPT || fault == DAMAGE_TRUNCATED)
        s_damage (sim, fault, data, &size);
    bool rejected = zelect_wire_unpack_rpc (&s_table.members [packet->to], data, size, &rpc) != 0;
    //  Anybody may ask for the state; the core does not hear of it
    rejected = rejected || rpc.is_stranger;
    if (fault >= DAMAGE_VERSION && !rejected)
        sim_violation (sim, "what is not of this cluster got in", packet->to, packet->message.term);
    if (fault)
        return false;
    if (rejected || !s_is_same (&packet->message, &rpc.message))
        sim_violation (sim, "the wire changed a message", packet->to, packet->message.term);
    uint8_t by_feed = packet->message.by_feed;
    packet->message = rpc.message;
    packet->message.by_feed = by_feed;
    return true;
}
