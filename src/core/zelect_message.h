/*  =========================================================================
    zelect_message - what members say to each other, as the core sees it

    One flat struct for every kind, because the core copies, compares and
    hashes messages; the table says which fields a kind uses. Bytes are the
    business of src/wire.

        kind             about               number     other fields
        PREVOTE          term asked for      request
        PREVOTE_REPLY    term asked for      request    granted, leader (hint),
                                                        floor
        VOTE             = term              request
        VOTE_REPLY       term of the request request    granted, leader (hint),
                                                        floor, promise_ns
        HEARTBEAT        = term              round      by_feed, ranking
        HEARTBEAT_ACK    term of the round   round      granted, promise_ns,
                                                        by_feed, priority,
                                                        healthy, faulted
        RELEASE          term released       –          leader (the heir)
        STATE            –                   request
        STATE_REPLY      –                   request    promise_ns, floor

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_MESSAGE_H_INCLUDED
#define ZELECT_MESSAGE_H_INCLUDED

#include "zelect_types.h"

#define ZELECT_MESSAGE_MAP(X)                                                                      \
    X (PREVOTE)                                                                                    \
    X (PREVOTE_REPLY)                                                                              \
    X (VOTE)                                                                                       \
    X (VOTE_REPLY)                                                                                 \
    X (HEARTBEAT)                                                                                  \
    X (HEARTBEAT_ACK)                                                                              \
    X (RELEASE)                                                                                    \
    X (STATE)                                                                                      \
    X (STATE_REPLY)

#define X(name) ZELECT_MESSAGE_##name,
typedef enum { ZELECT_MESSAGE_MAP (X) ZELECT_MESSAGES } zelect_message_kind_t;
#undef X

typedef struct {
    uint64_t incarnation;    //  Random number of the sender's start, never 0
    uint64_t term;           //  The sender's term
    uint64_t about;          //  The term that the message speaks of
    uint64_t number;         //  Request or round, echoed in the answer (R14)
    uint64_t promise_ns;     //  How long the sender promises to be loyal (R6);
                             //  in VOTE_REPLY and STATE_REPLY its T
    uint64_t floor;          //  R17: no vote at or below this term, whatever is
                             //  asked; 0: none. Raises nobody's term
    uint8_t kind;            //  A zelect_message_kind_t
    uint8_t from;            //  The sender's member index
    uint8_t granted;         //  1: yes. A heartbeat's ack: accepted
    uint8_t leader;          //  Hint or heir; a member index or ZELECT_NOBODY
    uint8_t by_feed;         //  1: the round came over the feed
    uint8_t priority;        //  The sender's; 0 never leads
    uint8_t healthy;         //  1: the sender's application is well
    uint8_t faulted;         //  1: the sender's store failed
    uint8_t rank_count;      //  Used entries of ranking
    uint8_t ranking [ZELECT_RANKING_SIZE];    //  Who campaigns first (R8)
    uint8_t reserved [7];
} zelect_message_t;

//  --------------------------------------------------------------------------
//  The name of a kind, such as "PREVOTE"; a constant, "?" if out of range.

const char *zelect_message_name (uint8_t kind);

#endif
