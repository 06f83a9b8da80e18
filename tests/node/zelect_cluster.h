/*  =========================================================================
    zelect_cluster - real nodes in one process, for the tests of the node

    Each node is an actor with sockets, store and clock of its own; the test
    talks to it over the pipe, as an owner of the raw actor does. Events that
    come while a reply is awaited are kept.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CLUSTER_H_INCLUDED
#define ZELECT_CLUSTER_H_INCLUDED

#include "zelect_node.h"
#include "zelect_test.h"

#define CLUSTER_MAX 5
#define PATIENCE_MS 20000    //  For what takes milliseconds on an idle machine

typedef struct {
    char id [16];
    char endpoint [80];
    char feed [80];
    char store [80];    //  "": volatile
    zactor_t *actor;
    zelect_cell_t *cell;
    zelect_node_args_t args;
    zlist_t *events;      //  "NAME role reason", in order
    zlist_t *lines;       //  Of the log; read it when the actor is gone
    char reply [4096];    //  Last OK's value, or ERROR's text
    int code;             //  ... and its errno
} node_t;

typedef struct {
    char name [20];
    char directory [40];
    int count;
    node_t nodes [CLUSTER_MAX];
} cluster_t;

//  Transports of a cluster.
typedef enum { BY_TCP, BY_TCP6, BY_IPC } transport_t;

//  A cluster of `count` actors, configured but not started; and its end.
cluster_t *cluster_new (int count, transport_t transport);
void cluster_destroy (cluster_t **self_p);

//  Start all; wait for one leader that all the running nodes name; its index.
void cluster_start (cluster_t *self);
int cluster_wait_leader (cluster_t *self);

//  Make an actor for a node (T is such that a busy machine rarely costs a leader),
//  configure it, end it; and forget all about it.
void node_new (node_t *self);
void node_configure (cluster_t *self, node_t *node);
void node_end (node_t *self);
void node_destroy (node_t *self);

//  Send a command, words up to NULL. Returns true for OK, false for ERROR.
bool ask (node_t *self, ...);

//  Send without waiting for a reply, and wait for one.
void tell (node_t *self, ...);
bool hear (node_t *self);

//  Wait for an event of this name, and take it and those before it out of the
//  list. Returns it; the caller frees it.
char *wait_event (node_t *self, const char *name);

//  Wait until the node's role is this one.
void wait_role (node_t *self, const char *role);

//  A socket of CZMQ's that gives up after PATIENCE_MS.
zsock_t *test_socket (int type, const char *endpoint);

#endif
