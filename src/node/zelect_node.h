/*  =========================================================================
    zelect_node - the shell around the core: one actor, one poll loop

    The node does for the core (zelect_core.h) what it cannot do itself: look at
    the clock, send and receive, save votes, wait, and tell the owner. It runs
    in a thread of its own, never waits for anybody but all of them at once, and
    carries out what the core decides, in order.

        wait      for a message, a command, a report of the store, a deadline
        drain     what has arrived on the network (bounded per turn)
        reports   of the store and of the callback thread
        commands  of the owner
        deadline  if it has passed: TICK

    The actor speaks the commands that zelect.h lists; replies and events have
    the form that zelect_outbox.h gives. CLUSTERSTATE and the STATUS text also
    hold what is only of use to an operator:

        CLUSTERSTATE: OK tree         leader = id, term = n, self = id
                                      members/<id>/{state,term,leader,endpoint,
                                      voter,priority,tags/...}; rejected/<reason>
        STATUS text                   cluster= node= endpoint= feed= rejected=
                                      healthy= missed=
        START: OK endpoint            where the node is bound
        BIND without endpoint: OK n   after START: the port; 0 for ipc

    Of zelect_node_args_t the actor reads cell and events before it signals that
    it is ready, and the others at each START. The reply to START comes before all
    events of the new run, that to STOP after all of the old one.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_NODE_H_INCLUDED
#define ZELECT_NODE_H_INCLUDED

#include "zelect_cell.h"
#include "zelect_log.h"
#include <czmq.h>

//  What the owner hands to the actor. Cell and sockets stay the owner's and
//  have to outlive the actor; the sockets belong to the actor's thread while it
//  runs. All may be NULL.

typedef struct {
    zelect_cell_t *cell;         //  Lease and local answers
    zsock_t *events;             //  Where events go; NULL: to the pipe
    zsock_t *_Atomic callback_events;    //  A second copy, for the callback
                                         //  thread; may be set until START
    zelect_log_fn *log;          //  NULL: no log
    void *log_arg;
} zelect_node_args_t;

//  --------------------------------------------------------------------------
//  The actor, for zactor_new. args is a zelect_node_args_t *.

void zelect_node_actor (zsock_t *pipe, void *args);

#endif
