/*  =========================================================================
    zelect_secure - a cluster with keys, and who knocks at its doors

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_SECURE_H_INCLUDED
#define ZELECT_SECURE_H_INCLUDED

#include "zelect_certs.h"
#include "zelect_cluster.h"
#include "zelect_wire.h"

//  Three nodes with a leader, and an observer who is listed.

typedef struct {
    cluster_t *cluster;
    char keys [80];    //  The directory
    pair_t pairs [CLUSTER_MAX];
    pair_t observer;
    node_t *leader;
    int leader_index;
    uint64_t term;
} fort_t;

//  Nodes that are configured; the same with a leader; and the end. Unmoved: the same
//  leads in the same term.
fort_t fort_new (int count, transport_t transport, const char *observers);
fort_t fort_manned (int count, transport_t transport, const char *observers);
void fort_destroy (fort_t *self);
void fort_check_unmoved (fort_t *self);

//  Give a node the settings of security.
void fort_arm (const fort_t *self, node_t *node, const char *id);

//  How many a node says that it rejected for this reason, and the wait for so many.
long rejected (node_t *node, const char *reason);
void wait_rejected (node_t *node, const char *reason, long least);

//  A socket with keys: to connect, to where the key is expected; or to be bound, with
//  nobody to ask who comes. Give-up time 2 s.
zsock_t *visitor (int type, const char *endpoint, const pair_t *own, const char *key);
zsock_t *impostor (int type, const char *endpoint, const pair_t *own);

//  A message of a member in this cluster (by its real list of members) or another.
size_t pack_vote (const char *cluster, const char *from, uint64_t term, uint8_t *data);

//  Ask for the state as a stranger. True if it came within the time.
bool is_answered (zsock_t *dealer, int timeout_ms);

#endif
