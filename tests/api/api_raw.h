/*  =========================================================================
    api_raw - nodes by the raw actor, for the tests

    The same clusters as in api_cluster, through the other door: commands are
    strings on the pipe, and the events that come in between are written down.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef API_RAW_H_INCLUDED
#define API_RAW_H_INCLUDED

#include "api_cluster.h"

typedef struct {
    zactor_t *actor;
    zelect_lease_t *lease;
    char *reply;           //  Value or error of the last reply, or NULL
    int code;              //  Its errno, or 0
    char history [4000];   //  Names of the events so far, each with a space
    char reason [64];      //  Of the last event that had one
    char text [2000];      //  Of the last ERROR
    char leader [64];      //  As the last event said, or ""
    uint64_t term;         //  As the last event said
} api_raw_t;

//  --------------------------------------------------------------------------
//  A new actor with a lease cell.

void api_raw_init (api_raw_t *self);
void api_raw_end (api_raw_t *self);

//  --------------------------------------------------------------------------
//  Send a command, strings up to a NULL, and wait for its reply: 0 for OK, -1
//  for ERROR.

int api_raw_command (api_raw_t *self, const char *name, ...) __attribute__ ((sentinel));

//  --------------------------------------------------------------------------
//  Take the events that have come. True if one of this name is among all so far
//  ("ENTER_LEADER").

bool api_raw_has (api_raw_t *self, const char *name);

//  --------------------------------------------------------------------------
//  The settings of node `index` of the cluster; and a whole cluster, started.

void api_raw_configure (api_raw_t *self, const api_cluster_t *cluster, int index);
void api_raw_start (api_raw_t *nodes, api_cluster_t *cluster, int count);

//  --------------------------------------------------------------------------
//  Wait for a leader among the actors that are left; its index.

int api_raw_wait (api_raw_t *nodes, int count);

#endif
