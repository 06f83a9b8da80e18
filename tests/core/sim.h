/*  =========================================================================
    sim - a cluster of real cores on a virtual clock, for scenarios

    Nodes, links, disks and clocks are modelled; the election is the real one.
    The safety checks look at what was sent, saved and leased, and share no code
    with the core. Whatever happens is written to a transcript.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_H_INCLUDED
#define SIM_H_INCLUDED

#include "zelect_core.h"

#define SIM_NODES 9
#define SIM_TERMS 4096

typedef struct {
    uint64_t at;      //  True time of delivery
    uint64_t order;
    zelect_message_t message;
    uint8_t to;
} sim_packet_t;

typedef struct {
    zelect_core_t core;
    zelect_core_options_t options;
    zelect_record_t durable;     //  What is on the disk
    zelect_record_t writing;     //  What is on its way there
    uint64_t write_number;
    uint64_t write_done;         //  True time; NEVER: none under way
    uint64_t save_ns;
    uint64_t frozen_since;       //  NEVER: it runs
    uint64_t lease_end;          //  True time; 0: none
    uint64_t lease_term;
    uint64_t voted_term;         //  I2: the last vote that left this node
    uint64_t voted_incarnation;
    int drift_permille;          //  By how much its clock runs fast
    uint8_t voted_for;
    bool has_record;
    bool save_fails;
    bool is_up;
} sim_node_t;

typedef struct {
    sim_node_t nodes [SIM_NODES];
    unsigned count;
    uint64_t now;                //  True time, ns
    uint64_t random;
    uint64_t delay_ns;
    uint64_t order;
    uint64_t incarnations;
    bool links [SIM_NODES][SIM_NODES];    //  [from][to]
    bool feeds [SIM_NODES][SIM_NODES];
    bool shows_beats;
    bool tears_writes;           //  A kill may come just after the write
    uint64_t jitter_ns;          //  Each packet comes up to this much later,
    uint64_t late_ns;            //    a late one or a copy up to this much
    unsigned late_permille;      //  How many packets come late,
    unsigned twice_permille;     //    twice,
    unsigned lost_permille;      //    or not at all
    uint64_t held_until [SIM_NODES][SIM_NODES];    //  A link that buffers
    sim_packet_t *packets;
    size_t packet_count;
    uint64_t led [SIM_TERMS];       //  I1: terms that were led, hashed; 0: free
    uint8_t leaders [SIM_TERMS];    //    and by whom
    uint64_t top_term;           //  G3: of the last leadership
    unsigned leaderships;
    unsigned violations;
    char *text;                  //  The transcript since the last reset
    size_t text_size;
} sim_t;

//  --------------------------------------------------------------------------
//  A cluster of `count` nodes, all of them down, with the defaults H 100 ms,
//  T 500 ms, 1 ms of delay, 1 ms for a save.

void sim_init (sim_t *self, unsigned count, uint64_t seed);
void sim_free (sim_t *self);

//  --------------------------------------------------------------------------
//  Start a node from its record; is_new: where it has none, the cluster is new.
//  Kill one: nothing of it is left but its record.

void sim_start (sim_t *self, unsigned node, bool is_new);
void sim_kill (sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  Stop a node in its tracks (SIGSTOP), and let it go on.

void sim_freeze (sim_t *self, unsigned node);
void sim_thaw (sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  Hand an input to a node now.

void sim_input (sim_t *self, unsigned node, const zelect_input_t *input);

//  --------------------------------------------------------------------------
//  Let time pass: up to a true time, or until a leader is there that all nodes
//  that are up and linked to it follow. Returns false if there was none in time.

void sim_run (sim_t *self, uint64_t until);
bool sim_run_until_led (sim_t *self, uint64_t until);

//  --------------------------------------------------------------------------
//  The node that holds a lease at this instant, or NOBODY.

uint8_t sim_leader (const sim_t *self);

//  --------------------------------------------------------------------------
//  Write to the transcript.

void sim_print (sim_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
