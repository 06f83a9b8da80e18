/*  =========================================================================
    sim - a cluster of real cores on a virtual clock

    A town of clockwork: the clerks in it (src/core) are the real ones; streets,
    archives and clocks around them are models that may fail in every way that
    the world does. Nothing moves but by sim_run, and the same seed moves it the
    same way. A judge (sim_judge) looks at every step: at what was sent, saved,
    leased and told to the application, and shares no code with the core.

    Files, each one idea:

        sim.c            init, start, kill, freeze, inputs
        sim_clock.h      true time and what a node's clock makes of it
        sim_queue.c      packets under way, in order
        sim_network.c    links, and what may happen to a packet
        sim_disk.c       the two slots of a record, and what may happen to them
        sim_effects.c    what a core wants done
        sim_run.c        which thing happens next
        sim_judge*.c     safety after each step
        sim_text.c       the transcript
        sim_marks.c      what a picture of the run is drawn from

    The scenarios (tests/core/scenarios), the simulator program (main.c here)
    and the link graphs (tests/graphs) all use it. It works with the core built
    for any ZELECT_MEMBERS_MAX of at least SIM_NODES.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_H_INCLUDED
#define SIM_H_INCLUDED

#include "zelect_core.h"
#include "sim_disk.h"
#include "sim_judge.h"
#include "sim_marks.h"
#include "sim_queue.h"

//  A node: the process, its clock and its disk. Options, save_ns, save_fails and
//  what else says "may be set" belong to the caller; the rest is sim's.

typedef struct {
    zelect_core_t core;
    zelect_core_options_t options;    //  May be set, for the next start
    sim_disk_t disk;
    zelect_record_t durable;     //  What its store said is saved
    zelect_record_t writing;     //  What is on its way there
    uint64_t write_number;
    uint64_t write_done;         //  True time; NEVER: none under way
    uint64_t due;                //  True time of its next TICK
    uint64_t frozen_since;       //  NEVER: it runs
    uint64_t frozen_local;       //  What its clock read then
    uint64_t lease_until;        //  The lease cell, on its own clock; 0: empty
    uint64_t lease_term;
    uint64_t base_true;          //  Its clock: at this true time
    uint64_t base_local;         //    it read this
    uint64_t save_ns;            //  May be set: how long a save takes
    uint64_t tick_late_ns;       //  May be set: timers go off up to so much late
    uint64_t grain_ns;           //  May be set: its clock stands still for so long
    uint64_t work_ns;            //  May be set: how long it is busy with an input
    uint64_t busy_until;         //  True time
    int drift_permille;          //  By how much its clock runs fast: sim_set_drift
    uint32_t parked_count;
    uint32_t parked_first;       //  Packets that wait while it is frozen
    uint32_t parked_last;
    uint32_t crash_in;           //  May be set: killed after so many effects; 0: not
    uint8_t role;                //  As told to the application
    bool has_record;
    bool save_fails;             //  May be set
    bool was_started;            //  At some time
    bool is_up;
} sim_node_t;

//  What may happen to packets; all of it may be set. Links keep order as a
//  connection of ZeroMQ does, unless `reorders`.

typedef struct {
    uint64_t delay_ns;
    uint64_t jitter_ns;          //  Each packet comes up to this much later,
    uint64_t late_ns;            //    a late one up to this much,
    uint64_t twice_ns;           //    a copy up to this much
    uint64_t serial_ns;          //  A link carries one packet in so much time
    uint64_t reconnect_ns;       //  A healed link carries nothing for so long
    uint64_t flap_ns;            //  Flapping links are up and down for so long
    uint32_t capacity;           //  Packets under way on a link, else dropped
    uint32_t waiting_max;        //  Packets that wait for a frozen node, likewise
    uint32_t late_permille;      //  How many packets come late,
    uint32_t twice_permille;     //    twice,
    uint32_t lost_permille;      //    or not at all
    uint32_t damage_permille;    //  How many have their bytes damaged,
    uint8_t damages;             //    and how: mask of what `wire` can do
    bool reorders;
    bool loses_in_flight;        //  A cut loses what is under way
    bool is_wired;               //  Every packet goes through `wire`
} sim_net_t;

typedef struct _sim_t sim_t;

//  Packets as bytes: pack, damage as `fault` says (0: not at all), unpack.
//  Returns false if the receiver turns it away.

typedef bool (sim_wire_fn) (sim_t *self, unsigned fault, sim_packet_t *packet);

struct _sim_t {
    sim_node_t nodes [SIM_NODES];
    unsigned count;
    uint64_t now;                //  True time, ns
    uint64_t random;
    uint64_t incarnations;
    sim_net_t net;
    bool links [SIM_NODES][SIM_NODES];    //  May be set: [from][to]; sim_cut loses
    bool feeds [SIM_NODES][SIM_NODES];    //  what is under way, too
    bool flaps [SIM_NODES][SIM_NODES];
    uint64_t held_until [SIM_NODES][SIM_NODES];    //  A link that buffers, then bursts
    uint64_t lossy_until [SIM_NODES][SIM_NODES];   //  A burst of loss
    uint64_t back_at [SIM_NODES][SIM_NODES];       //  Reconnected
    uint64_t last_at [2][SIM_NODES][SIM_NODES];    //  Order: rpc, feed
    uint32_t in_flight [SIM_NODES][SIM_NODES];
    sim_queue_t queue;
    sim_judge_t judge;
    sim_marks_t marks;
    uint32_t crash_stages;       //  May be set: mask; where a kill may hit a save
    sim_wire_fn *wire;
    void *wire_arg;
    uint64_t leaderships;        //  Elections: leases in a new term
    uint64_t steps;
    unsigned violations;
    const char *verdict;         //  What the first violation was
    bool forgets_saves;          //  May be set, for canaries: the store lies,
    bool stretches_leases;       //    the lease cell does
    bool is_traced;              //  May be set; true after sim_init
    bool shows_beats;
    char *text;                  //  The transcript since the last reset
    size_t text_size;
    size_t text_max;
};

//  --------------------------------------------------------------------------
//  A cluster of `count` nodes, all of them down, with the defaults H 100 ms,
//  T 500 ms, 1 ms of delay, 1 ms for a save. sim_init on one that was not freed
//  is a mistake; sim_reset uses its memory again.

void sim_init (sim_t *self, unsigned count, uint64_t seed);
void sim_reset (sim_t *self, unsigned count, uint64_t seed);
void sim_free (sim_t *self);

//  --------------------------------------------------------------------------
//  Make `self` (initialised) the same as `other`, but for transcript and marks.

void sim_copy (sim_t *self, const sim_t *other);

//  --------------------------------------------------------------------------
//  Start a node from its record; is_new: where it has none, the cluster is new.
//  False if its store refuses. Kill one: nothing of it is left but its record.

bool sim_start (sim_t *self, unsigned node, bool is_new);
void sim_kill (sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  Lose a node's record.

void sim_lose (sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  Stop a node in its tracks (SIGSTOP), and let it go on.

void sim_freeze (sim_t *self, unsigned node);
void sim_thaw (sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  From now on a node's clock runs fast by this many thousandths.

void sim_set_drift (sim_t *self, unsigned node, int permille);

//  --------------------------------------------------------------------------
//  The clock of a frozen node stood still with it: none in its bound does that.

void sim_lag (sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  Hand an input to a node now; or a proof of the death of an incarnation of
//  `dead` after a while, if the node runs then.

void sim_input (sim_t *self, unsigned node, const zelect_input_t *input);
void sim_prove_dead (sim_t *self, unsigned node, unsigned dead, uint64_t after_ns);

//  --------------------------------------------------------------------------
//  Cut a link in one direction, or heal it.

void sim_cut (sim_t *self, unsigned from, unsigned to);
void sim_heal (sim_t *self, unsigned from, unsigned to);

//  --------------------------------------------------------------------------
//  Put a message on its way as if its sender had sent it: for what insiders or
//  the past may send.

void sim_inject (sim_t *self, unsigned to, const zelect_message_t *message, uint64_t after_ns);

//  --------------------------------------------------------------------------
//  Let time pass: up to a true time, or until a leader is there that all nodes
//  that are up and linked to it follow. Returns false if there was none in time.

void sim_run (sim_t *self, uint64_t until);
bool sim_run_until_led (sim_t *self, uint64_t until);

//  --------------------------------------------------------------------------
//  The node that holds a lease at this instant, or NOBODY; whether one is there
//  that all follow; whether a node is up and not frozen.

uint8_t sim_leader (const sim_t *self);
bool sim_is_led (const sim_t *self);
bool sim_runs (const sim_t *self, unsigned node);

//  --------------------------------------------------------------------------
//  A random number below `limit`, from the run's own sequence.

uint64_t sim_random (sim_t *self, uint64_t limit);

//  --------------------------------------------------------------------------
//  Write to the transcript.

void sim_print (sim_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
