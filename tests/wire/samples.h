/*  =========================================================================
    samples - one message of every kind, as sent by n2 and received by n1

    The cluster is "orders", its voters are n1, n2 and n3. Every field that a
    kind uses has a value of its own, none of them 0, so that a field which is
    lost or mixed up on the way shows. What a sample holds is what n1 has to
    get. The bytes of each are frozen in golden/NAME.bin.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SAMPLES_H_INCLUDED
#define SAMPLES_H_INCLUDED

#include "zelect_wire.h"

typedef enum {
    SAMPLE_PREVOTE,    //  The RPCs, numbered as the kinds of messages
    SAMPLE_STATE_REPLY = ZELECT_MESSAGE_STATE_REPLY,
    SAMPLE_QUERY,    //  STATE, asked by a stranger
    SAMPLE_FEED_HEARTBEAT,
    SAMPLE_FEED_RELEASE,
    SAMPLE_FEED_STATE,
    SAMPLES
} sample_kind_t;

typedef struct {
    int reject;
    bool is_feed;
    zelect_rpc_t rpc;    //  ... or
    zelect_feed_t feed;
} sample_t;

//  --------------------------------------------------------------------------
//  The table of members, as node `self` ("n1") has it.

zelect_members_t sample_members (const char *self);

//  --------------------------------------------------------------------------
//  The name of a sample ("rpc_prevote"), and what n1 has to get of it.

const char *sample_name (int kind);
sample_t sample_make (int kind);

//  --------------------------------------------------------------------------
//  Pack what one node got, as its sender had packed it; into
//  ZELECT_FEED_SIZE_MAX bytes. Returns the size.

size_t sample_pack (const sample_t *sample, uint8_t *data);

//  --------------------------------------------------------------------------
//  Unpack bytes at n1 in the way that suits the kind of sample.

sample_t sample_unpack (int kind, const uint8_t *data, size_t size);

//  --------------------------------------------------------------------------
//  Assert that a message which was not rejected may be shown to a node: all
//  limits are kept, and it survives another way over the wire.

void sample_check (int kind, const sample_t *sample);

//  --------------------------------------------------------------------------
//  Read golden/NAME.bin into ZELECT_FEED_SIZE_MAX bytes; returns the size.

size_t sample_golden (int kind, uint8_t *data);

#endif
