/*  =========================================================================
    zelect_probe - ring the bell of a process that may be dead (R10)

    A connection is made to the place where the process listened, and one of
    five things happens:

        REFUSED   nobody listens there. Whether that is a proof is for the
                  caller to judge, who can have it asked again
        GREETED   somebody sent the first bytes of libzmq's greeting: he lives
        (reset, or closed without a word) who took the connection just died, or
                  is dying: the kernel closes the connections of a process before
                  its listeners. It is tried again at once
        (silence) the call may have been lost as the listener closed: it is made
                  again, with twice the patience
        VAIN      neither of these in the time or with the tries that there are:
                  nothing is known

    Nothing ever blocks, no name is looked up, and there is no thread: the
    caller polls the probe's descriptor and calls zelect_probe_look.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PROBE_H_INCLUDED
#define ZELECT_PROBE_H_INCLUDED

#include "zelect_place.h"

#define ZELECT_PROBE_TRIES 20    //  Connections that one probe makes at most

typedef enum {
    ZELECT_PROBE_WAITS,    //  Nothing has come out yet
    ZELECT_PROBE_REFUSED,
    ZELECT_PROBE_GREETED,
    ZELECT_PROBE_VAIN
} zelect_probe_result_t;

typedef struct {
    zelect_place_t place;
    uint64_t until;          //  When it is given up
    uint64_t next_at;        //  When it is tried again, NEVER while a connection waits
    uint64_t pause_ns;       //  Before the next try
    uint64_t silent_at;      //  When the call under way has waited long enough
    uint64_t patience_ns;    //  How long the next call will wait
    unsigned tries;          //  How many there were
    int handle;              //  The connection, or -1
    bool is_running;
} zelect_probe_t;

//  --------------------------------------------------------------------------
//  A probe that does not run; and its end, which may be said twice.

void zelect_probe_init (zelect_probe_t *self);
void zelect_probe_end (zelect_probe_t *self);

//  --------------------------------------------------------------------------
//  Begin, ending what ran before. On loopback the result is mostly known at
//  once. GREETED and VAIN end the probe.

zelect_probe_result_t zelect_probe_begin (zelect_probe_t *self,
                                          const zelect_place_t *place,
                                          uint64_t now,
                                          uint64_t until);

//  --------------------------------------------------------------------------
//  Look what has come out, when the descriptor tells something or the deadline
//  has passed; at any other time it does no harm.

zelect_probe_result_t zelect_probe_look (zelect_probe_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  The refusal did not count: go on, and ask again after a pause which doubles
//  each time. WAITS, or VAIN if time or tries are used up.

zelect_probe_result_t zelect_probe_again (zelect_probe_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  What to poll for input, or -1; errors show, too. When to look in any case.

int zelect_probe_handle (const zelect_probe_t *self);
uint64_t zelect_probe_deadline (const zelect_probe_t *self);

#endif
