/*  =========================================================================
    zelect_config - what a command wants to know of a node's configuration

    The library reads the file, and is the judge of it; here are the names and endpoints
    that it has no need to tell.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CONFIG_H_INCLUDED
#define ZELECT_CONFIG_H_INCLUDED

#include "zelect.h"

#define ZELECT_CONFIG_NAME_SIZE 64    //  Bytes of an id or a cluster's name, and its end

typedef struct {
    char node [ZELECT_CONFIG_NAME_SIZE];
    char cluster [ZELECT_CONFIG_NAME_SIZE];
    char *certificate;    //  The file of this node's secret key; NULL: in clear
    char *keys;           //  The directory of public ones
    char *own;            //  This node's endpoint; with keys as NAME@ENDPOINT
    zlist_t *endpoints;   //  Of all voters, in the order of the file, likewise
} zelect_config_t;

//  --------------------------------------------------------------------------
//  Read a file, without making a thread. Whatever is not there stays empty. NULL: no
//  memory.

zelect_config_t *zelect_config_new (const char *file);

void zelect_config_destroy (zelect_config_t **self_p);

#endif
