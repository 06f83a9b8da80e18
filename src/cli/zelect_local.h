/*  =========================================================================
    zelect_local - a cluster of processes on this machine

    Real nodes, each its own process (this very program as "zelect node", or what
    else its maker has it live for), with a configuration, a vote store and a log
    in a temporary directory, at loopback ports that were free. The kernel kills
    them if their maker dies.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_LOCAL_H_INCLUDED
#define ZELECT_LOCAL_H_INCLUDED

#include "zelect.h"

#define ZELECT_LOCAL_NODES_MAX 9

//  The life of a node's process instead of `zelect node`: returns its exit code.
//  Its maker may not have touched the library before, nor made a thread.

typedef int (zelect_local_life_fn) (void *arg, int index, const char *config);

typedef struct {
    char id [16];    //  "n1"
    char endpoint [40];
    char feed [40];
    pid_t pid;    //  0: not running
} zelect_local_node_t;

typedef struct {
    const char *name;              //  Of the cluster, and in that of the directory
    zelect_local_life_fn *life;    //  NULL: zelect node
    void *life_arg;
    char directory [PATH_MAX];
    int node_count;
    zelect_local_node_t nodes [ZELECT_LOCAL_NODES_MAX];
} zelect_local_t;

//  --------------------------------------------------------------------------
//  Make the directory and the configurations of a cluster. The name is the
//  caller's to keep. Returns 0, or -1 with errno.

int zelect_local_init (
    zelect_local_t *self, const char *name, int node_count, int heartbeat_ms, int election_ms);

//  --------------------------------------------------------------------------
//  Start a node that does not run. Returns 0, or -1 with errno.

int zelect_local_start (zelect_local_t *self, int index);

//  --------------------------------------------------------------------------
//  Kill a node as by kill -9, and wait for its end.

void zelect_local_kill (zelect_local_t *self, int index);

//  --------------------------------------------------------------------------
//  The index of a node that ended by itself and its exit code, or -1 if all
//  that were started run; and the last line of a node's log.

int zelect_local_find_ended (zelect_local_t *self, int *exit_code);

void zelect_local_last_words (const zelect_local_t *self, int index, char *text, size_t size);

//  --------------------------------------------------------------------------
//  The index of a node by its id, or -1.

int zelect_local_find (const zelect_local_t *self, const char *id);

//  --------------------------------------------------------------------------
//  Stop all nodes, within two seconds.

void zelect_local_stop (zelect_local_t *self);

//  --------------------------------------------------------------------------
//  Remove the directory and all in it.

void zelect_local_remove (zelect_local_t *self);

#endif
