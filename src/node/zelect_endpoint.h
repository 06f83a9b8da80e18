/*  =========================================================================
    zelect_endpoint - where a node can be reached

        tcp://10.0.0.1:5680     an address, a host name or, to bind, a network
                                interface
        tcp://[::1]:5680        IPv6 stands in brackets
        tcp://0.0.0.0:5680      every interface, as "*"; to bind only
        ipc:///run/orders/n1    a path, 107 bytes at most

    Stricter than libzmq, which takes a missing or a random port, spaces and
    half an address, and connects to the wrong place or for ever to nowhere.
    There is no inproc://, because nodes are processes, and no random port,
    because the others have to know it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_ENDPOINT_H_INCLUDED
#define ZELECT_ENDPOINT_H_INCLUDED

#include "zelect_wire.h"

#define ZELECT_IPC_PATH_MAX 107    //  sockaddr_un, less the final zero

typedef struct {
    bool is_ipc;
    bool is_wildcard;                       //  tcp: all interfaces ("*", 0.0.0.0 or [::])
    bool is_numeric;                        //  tcp: the host is an address (or a wildcard)
    uint16_t port;                          //  tcp only
    char host [ZELECT_ENDPOINT_MAX + 1];    //  tcp: in its usual spelling, without
                                            //  brackets; ipc: the path
} zelect_endpoint_t;

//  --------------------------------------------------------------------------
//  Take an endpoint apart. Returns NULL, or what is wrong with it and what it
//  should be, as a constant clause ("the port is missing: ..."); then self is
//  not to be used.

const char *zelect_endpoint_parse (zelect_endpoint_t *self, const char *endpoint);

//  --------------------------------------------------------------------------
//  The same without the parts: can a node bind it, can others connect to it?
//  NULL or a constant clause.

const char *zelect_endpoint_check_bind (const char *endpoint);
const char *zelect_endpoint_check_connect (const char *endpoint);

//  --------------------------------------------------------------------------
//  The feed of a node whose member endpoint is this: the next port, or the
//  path and ".feed". NULL or a constant clause; then feed is "". `endpoint` and
//  `feed` may not be the same memory.

const char *zelect_endpoint_feed (const char *endpoint, char feed [ZELECT_ENDPOINT_MAX + 1]);

//  --------------------------------------------------------------------------
//  True if both are the same place: spelling does not count ([::1], [0::1]),
//  and a wildcard is every host. Names are not looked up. False if one of them
//  is no endpoint.

bool zelect_endpoint_same (const char *one, const char *other);

#endif
