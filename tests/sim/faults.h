/*  =========================================================================
    faults - what may go wrong in a run, by name

    A table. A fault of the kind START is a trait of the whole run, drawn once;
    one of the kind EVENT happens again and again. Each is a function that does
    it to the simulated cluster; what it decides comes from the words of the
    action that it is handed, so that a run without one fault differs in nothing
    else.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef FAULTS_H_INCLUDED
#define FAULTS_H_INCLUDED

#include "sim.h"

//  Where it belongs, when it happens, whom it may hit while a leader must stay
//  (S: followers may suffer it in the steady phase), its name and what it does.

#define FAULT_MAP(X)                                                                               \
    X (NETWORK, START, -, loss, "packets are lost, up to 20 %")                                    \
    X (NETWORK, EVENT, S, burst_loss, "a link loses most packets for up to 2 s")                   \
    X (NETWORK, START, -, delay, "packets take up to 30 ms")                                       \
    X (NETWORK, START, -, jitter, "... or up to 30 ms more, each another time")                    \
    X (NETWORK, START, -, reorder, "packets overtake each other")                                  \
    X (NETWORK, START, -, duplicate, "packets come twice")                                         \
    X (NETWORK, START, -, late_replay, "packets come again, up to 8 s later")                      \
    X (NETWORK, EVENT, S, old_packet, "a packet of any time ago comes again")                      \
    X (NETWORK, START, -, capacity, "queues are short, and drop without a word")                   \
    X (NETWORK, START, -, slow_link, "a link carries one packet in some milliseconds")             \
    X (NETWORK, START, -, reconnect, "a cut loses what is under way; healing takes time")          \
    X (NETWORK, EVENT, S, clog, "a link stands still, then carries what waited")                   \
    X (NETWORK, EVENT, S, buffer_burst, "nothing reaches a node, then everything at once")         \
    X (NETWORK, EVENT, S, cut, "a link is cut in both directions")                                 \
    X (NETWORK, EVENT, S, one_way_cut, "a link is cut in one direction")                           \
    X (NETWORK, EVENT, S, isolate, "all links of a node are cut")                                  \
    X (NETWORK, EVENT, -, partition, "the nodes fall into two groups")                             \
    X (NETWORK, EVENT, -, graph, "any directed graph of links")                                    \
    X (NETWORK, EVENT, -, bridge, "only one node is linked to all others")                         \
    X (NETWORK, EVENT, S, flap, "a link is there and not there, by turns")                         \
    X (NETWORK, EVENT, S, feed_cut, "a node's feed does not reach another")                        \
    X (PROCESS, EVENT, S, crash, "a process is killed")                                            \
    X (PROCESS, EVENT, S, crash_between, "... between any two effects of a step")                  \
    X (PROCESS, EVENT, S, restart, "... and started again at once")                                \
    X (PROCESS, EVENT, S, restart_storm, "... many times in a row")                                \
    X (PROCESS, EVENT, S, kill_at_start, "... while it starts")                                    \
    X (PROCESS, EVENT, -, bounce, "all but the leader are restarted")                              \
    X (PROCESS, START, -, proof_of_death, "whoever is killed is proved dead to some")              \
    X (PROCESS, EVENT, S, pause, "a process is stopped for up to 3 s")                             \
    X (PROCESS, EVENT, S, stall, "a node's loop is blocked for up to 400 ms")                      \
    X (PROCESS, START, -, slow_node, "a node takes milliseconds for each input")                   \
    X (PROCESS, EVENT, S, stop, "a node is stopped in good order")                                 \
    X (CLOCK, START, -, drift, "clocks run wrong, up to the bound")                                \
    X (CLOCK, EVENT, S, wander, "a clock's drift changes")                                         \
    X (CLOCK, START, -, origin, "clocks count from anywhere")                                      \
    X (CLOCK, EVENT, S, suspend, "a machine sleeps; its clock goes on, its links don't")           \
    X (CLOCK, START, -, tick_stretch, "timers go off late, up to 10 ms")                           \
    X (CLOCK, START, -, frozen_clock, "clocks stand still and leap, within the margin")            \
    X (STORAGE, START, -, slow_sync, "a save takes up to 80 ms")                                   \
    X (STORAGE, EVENT, S, slow_disk, "a node's saves take up to 2 s for a while")                  \
    X (STORAGE, EVENT, S, eio_write, "the next write fails")                                       \
    X (STORAGE, EVENT, S, eio_sync, "the next sync fails, whatever was written")                   \
    X (STORAGE, EVENT, S, enospc, "the disk is full")                                              \
    X (STORAGE, EVENT, S, short_write, "half a slot is written")                                   \
    X (STORAGE, START, -, torn_slot, "a kill may tear the slot being written")                     \
    X (STORAGE, START, -, half_saved, "a kill may come after one slot, or after both")             \
    X (STORAGE, EVENT, S, lost_write, "a process is killed while it saves")                        \
    X (STORAGE, EVENT, S, bit_rot, "a slot of a record rots")                                      \
    X (STORAGE, EVENT, S, misdirected, "a write of a slot goes astray")                            \
    X (STORAGE, EVENT, S, rolled_back, "a slot is an old one again")                               \
    X (STORAGE, EVENT, S, wrong_owner, "another node's record lies there for a while")             \
    X (STORAGE, EVENT, S, missing, "the record is gone")                                           \
    X (RESOURCES, EVENT, S, emfile, "no descriptors: lost connections stay lost")                  \
    X (RESOURCES, EVENT, S, no_memory, "a restart fails for lack of memory")                       \
    X (RESOURCES, EVENT, S, no_thread, "a restart fails for lack of threads")                      \
    X (PEERS, START, -, corrupt, "bytes of packets are damaged")                                   \
    X (PEERS, START, -, truncated, "packets are cut short")                                        \
    X (PEERS, START, -, wrong_version, "packets are of another protocol version")                  \
    X (PEERS, START, -, wrong_cluster, "packets are of another cluster")                           \
    X (PEERS, START, -, stranger, "packets are of no member")                                      \
    X (PEERS, EVENT, S, replayed_boot, "packets of an earlier life of a node come again")          \
    X (PEERS, EVENT, -, term_jump, "a member tells a term far ahead")                              \
    X (PEERS, EVENT, S, late_candidate, "a vote is asked for by a candidate that is gone")        \
    X (PEERS, EVENT, S, duplicate_identity, "a twin of a node asks for pre-votes")                 \
    X (PEERS, EVENT, S, reflection, "a node gets its own packets back")                            \
    X (PEERS, EVENT, S, flood, "a member sends the same a hundred times")                          \
    X (SETTINGS, START, -, mixed_timeouts, "nodes have different election timeouts")               \
    X (SETTINGS, EVENT, S, changed_timeout, "a node is restarted with another timeout")            \
    X (SETTINGS, START, -, mixed_heartbeats, "nodes have different heartbeat intervals")           \
    X (SETTINGS, START, -, mixed_lists, "a node has another list of voters")                       \
    X (SETTINGS, START, -, preemption, "priorities differ, and preemption is on")                  \
    X (SETTINGS, START, -, witness, "a node has priority 0")                                       \
    X (SETTINGS, START, -, non_voter, "a node has no vote")                                        \
    X (SETTINGS, START, -, forgetful, "a node keeps no store")                                     \
    X (APPLICATION, EVENT, -, resign, "the leader resigns")                                        \
    X (APPLICATION, EVENT, -, transfer, "... in favour of another")                                \
    X (APPLICATION, EVENT, -, unhealthy, "an application falls ill, or recovers")                  \
    X (BYTES, START, -, bytes, "every packet is packed and unpacked by src/wire")

#define X(group, when, steady, name, text) FAULT_##name,
typedef enum { FAULT_MAP (X) FAULTS } fault_t;
#undef X

typedef enum { FAULT_START, FAULT_EVENT } fault_when_t;

//  Something done to the cluster: a fault with its choices, after a pause.

typedef struct {
    uint64_t word;         //  Whatever else is left to choose
    uint32_t pause_ms;
    uint8_t fault;         //  A fault_t, or FAULTS: heal the links
    uint8_t node;
    uint8_t other;         //  Another node
    bool is_at_leader;     //  Instead of `node`, the leader if there is one
} action_t;

typedef struct _run_t run_t;

typedef struct {
    const char *name;
    const char *group;
    const char *text;
    void (*perform) (run_t *run, const action_t *action);
    fault_when_t when;
    bool is_steady;
} fault_kind_t;

extern const fault_kind_t fault_kinds [FAULTS];

//  --------------------------------------------------------------------------
//  The fault of a name ("burst-loss" or "burst_loss"); FAULTS if there is none.

fault_t fault_of_name (const char *name);

//  --------------------------------------------------------------------------
//  The functions of the table.

#define X(group, when, steady, name, text)                                                         \
    void fault_##name (run_t *run, const action_t *action);
FAULT_MAP (X)
#undef X

#endif
