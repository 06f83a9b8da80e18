/*  =========================================================================
    api_cluster - several nodes in one process, for the tests

    A cluster of handles over tcp on loopback, with stores in a temporary
    directory, quick timeouts and its log thrown away. Node I is "nI", counting
    from 1; its index here counts from 0.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef API_CLUSTER_H_INCLUDED
#define API_CLUSTER_H_INCLUDED

#include "zelect.h"

#define API_NODES_MAX 9

#define API_HEARTBEAT_MS 40
#define API_ELECTION_MS 400

//  Nothing here takes this long unless it hangs.
#define API_PATIENCE_MS 20000

typedef struct {
    int count;
    char name [16];                     //  Another one for each cluster
    zelect_t *nodes [API_NODES_MAX];    //  NULL: destroyed
    char ids [API_NODES_MAX] [16];
    char endpoints [API_NODES_MAX] [64];
    char directory [64];
} api_cluster_t;

//  --------------------------------------------------------------------------
//  The first of so many free ports in a row (zelect_ports, which each source
//  file has to itself).

int api_ports (int count);

//  --------------------------------------------------------------------------
//  Find a place for a cluster: names, endpoints and a directory, no nodes.

void api_cluster_init (api_cluster_t *self, int count);

//  --------------------------------------------------------------------------
//  Make one node with all settings; not started. It stays the cluster's.

zelect_t *api_cluster_add (api_cluster_t *self, int index);

//  --------------------------------------------------------------------------
//  The above for all nodes, and start them.

void api_cluster_start (api_cluster_t *self, int count);

//  --------------------------------------------------------------------------
//  Destroy the nodes that are left, and the directory.

void api_cluster_end (api_cluster_t *self);

//  --------------------------------------------------------------------------
//  Wait until one node leads and all running nodes say so; its index. Fails the
//  test if that takes too long.

int api_cluster_wait (api_cluster_t *self);

//  --------------------------------------------------------------------------
//  How many nodes say at this moment that they lead.

int api_cluster_leaders (const api_cluster_t *self);

//  --------------------------------------------------------------------------
//  The store directory of a node; valid until the next call.

const char *api_cluster_store (const api_cluster_t *self, int index);

//  --------------------------------------------------------------------------
//  Wait for the next event of a type; NULL after API_PATIENCE_MS. The caller
//  owns it. Events of other types are destroyed.

zelect_event_t *api_wait_for_event (zelect_t *node, zelect_event_type_t type);

//  --------------------------------------------------------------------------
//  Milliseconds since some moment, for patience and for rough bounds.

int64_t api_now_ms (void);

//  --------------------------------------------------------------------------
//  Throw a line of the log away: a zelect_log_fn.

void api_no_log (void *arg, char level, const char *line);

//  --------------------------------------------------------------------------
//  Run a function in a forked child, and return how it ended: its result, not
//  negative; or, if it did not return, its exit code or minus its signal.

int api_in_child (int (*run) (void *arg), void *arg);

//  Wait until a condition holds; fails the test if it takes too long.

#define api_wait_until(condition)                                                                  \
    do {                                                                                           \
        int64_t api_end_ms = api_now_ms () + API_PATIENCE_MS;                                      \
        while (!(condition)) {                                                                     \
            if (api_now_ms () > api_end_ms)                                                        \
                fail_msg ("%s:%d: never came true: %s", __FILE__, __LINE__, #condition);           \
            zclock_sleep (2);                                                                      \
        }                                                                                          \
    } while (0)

#endif
