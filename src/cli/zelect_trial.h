/*  =========================================================================
    zelect_trial - ends the leader of a cluster, and takes the time

    Real nodes on this machine (zelect_local), which tell what their events say:
    the time of an ENTER_LEADER is the node's own, on the host's one clock. It
    is neither polled for nor heard of through the network.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TRIAL_H_INCLUDED
#define ZELECT_TRIAL_H_INCLUDED

#include "zelect_local.h"

//  How a leader ends: SIGKILL; it resigns, and lives on; SIGSTOP, and SIGCONT
//  when another leads; SIGTERM.

typedef enum {
    ZELECT_TRIAL_KILL,
    ZELECT_TRIAL_RESIGN,
    ZELECT_TRIAL_STOP,
    ZELECT_TRIAL_TERM,
    ZELECT_TRIAL_KINDS
} zelect_trial_kind_t;

//  What a fail-over cost.

typedef struct {
    uint64_t taken_ns;    //  From the end to the next ENTER_LEADER
    uint64_t terms;       //  1: the first candidate won
} zelect_failover_t;

//  How a run may end.

typedef enum {
    ZELECT_TRIAL_DONE,
    ZELECT_TRIAL_LATE,           //  No leader in time
    ZELECT_TRIAL_INTERRUPTED,    //  By a signal, or nobody reads stdout
    ZELECT_TRIAL_ENDED,          //  A node ended by itself: `ended`, `exit_code`
    ZELECT_TRIAL_FAILED          //  The system does not let us: errno
} zelect_trial_result_t;

//  A node, as far as it has told.

typedef struct {
    uint64_t life;          //  Which process of it that is; 0: none yet
    bool leads;
    uint64_t term;          //  Of what it told last
    uint64_t entered_ns;    //  When it became the leader last, and
    uint64_t led_term;      //    in which term
    char leader [16];       //  Whom it names, or ""
} zelect_trial_node_t;

typedef struct {
    zelect_local_t local;
    int heartbeat_ms;
    int election_ms;
    int signal_fd;
    int words [2];    //  Nodes write into the second what we read from the first
    zelect_trial_node_t nodes [ZELECT_LOCAL_NODES_MAX];

    uint64_t void_count;    //  Leaders that left by themselves just before they were ended

    //  The present run
    int leader;
    uint64_t term;    //  In which it led
    int leaving;    //  Was told to end, and has not yet; or -1
    uint64_t end_ns;

    //  ZELECT_TRIAL_ENDED
    int ended;
    int exit_code;
} zelect_trial_t;

//  --------------------------------------------------------------------------
//  Make a cluster and start its nodes. Returns 0, or -1 with errno; to be
//  destroyed in either case.

int zelect_trial_init (zelect_trial_t *self, int node_count, int heartbeat_ms, int election_ms);

void zelect_trial_destroy (zelect_trial_t *self);

//  --------------------------------------------------------------------------
//  When all follow one leader, end it, wait for the next one, and bring it back.

zelect_trial_result_t
zelect_trial_run (zelect_trial_t *self, zelect_trial_kind_t kind, zelect_failover_t *failover);

#endif
