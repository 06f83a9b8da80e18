/*  =========================================================================
    zelect_wire - bytes to messages and back

    The customs house between the network and the core: what is not a message
    of this cluster, whole, possible and addressed to this node, is turned away
    with a reason, and nobody behind the counter ever sees it. Every limit on
    input is checked here and nowhere else; no input leads to an assertion.

    No heap, no clock, no state: protobuf-c unpacks into an arena on the stack,
    so that a hostile frame costs bounded memory. Any thread may call anything.

    The schema is zelect.proto, the specification doc/zelect-protocol.md.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_WIRE_H_INCLUDED
#define ZELECT_WIRE_H_INCLUDED

#include "zelect_members.h"
#include "zelect_message.h"

#define ZELECT_WIRE_VERSION 1

#define ZELECT_RPC_SIZE_MAX 1024     //  Bytes of an RPC frame
#define ZELECT_FEED_SIZE_MAX 4096    //  Bytes of a feed payload
#define ZELECT_TOPIC_SIZE_MAX 145    //  Of a topic, with its closing zero
#define ZELECT_ENDPOINT_MAX 255      //  Bytes of an endpoint
#define ZELECT_TAGS_MAX 512          //  Bytes of all tags of a node

//  Why a frame was turned away; the sentence goes into the log.

#define ZELECT_REJECT_MAP(X)                                                                       \
    X (TOO_BIG, "the frame is too big")                                                            \
    X (MALFORMED, "the frame is no message")                                                       \
    X (VERSION, "the message is of another protocol version")                                      \
    X (TOPIC, "the topic is none of the feed's")                                                   \
    X (CLUSTER, "the message is of another cluster")                                               \
    X (STRANGER, "the sender is no member")                                                        \
    X (SELF, "the message claims to come from this node")                                          \
    X (VOTERS, "the sender has another list of voters")                                            \
    X (FIELD, "a field has an impossible value")                                                   \
    X (IMPERSONATION, "the sender's key is not that of the member it claims to be")                \
    X (UNKNOWN_KEY, "somebody's key is none of those that are let in")                             \
    X (HANDSHAKE, "no CURVE, a wrong key for this node, or gone before the end of the handshake")

#define X(name, text) ZELECT_REJECT_##name,
typedef enum { ZELECT_REJECT_NONE, ZELECT_REJECT_MAP (X) ZELECT_REJECTS } zelect_reject_t;
#undef X

//  What a node says about itself, in a STATE_REPLY and on the feed. Texts are
//  always terminated; "" is "none".

typedef struct {
    uint64_t incarnation;
    uint64_t term;
    uint64_t sequence;       //  Of the last state on the feed, from 1
    uint64_t lease_ns;       //  Reply: what is left of the lease, 0: leads not.
                             //  Feed: the length of a lease, 0: leads not
    uint64_t election_ns;    //  Reply only: the election timeout
    uint64_t wall_ms;        //  Feed only: Unix time of the transition
    char cluster [ZELECT_ID_MAX + 1];
    char node [ZELECT_ID_MAX + 1];
    char leader [ZELECT_ID_MAX + 1];
    char leader_endpoint [ZELECT_ENDPOINT_MAX + 1];
    char tags [ZELECT_TAGS_MAX + 1];    //  Lines of key=value
    char bound [ZELECT_ENDPOINT_MAX + 1];    //  Reply only: where its ROUTER is bound (R10)
    uint8_t role;            //  A zelect_role_t
    uint8_t reason;          //  A zelect_reason_t
    uint8_t priority;
    uint8_t is_voter;
    uint8_t is_healthy;
    uint8_t is_faulted;      //  On the feed: the role is FAULTED
} zelect_state_t;

//  An RPC: the core's message and what the shell needs beside it.

typedef struct {
    zelect_message_t message;    //  from: NOBODY if is_stranger
    uint64_t boot;               //  HEARTBEAT: the sender's kernel, 0: unknown
    uint64_t netns;              //    and its network namespace, 0: unknown
    zelect_state_t state;        //  STATE_REPLY
    uint8_t is_stranger;         //  STATE: asked by somebody who is no member;
                                 //  of the message only kind and number count
} zelect_rpc_t;

//  A message of the feed.

typedef enum {
    ZELECT_FEED_HEARTBEAT,    //  On the heartbeat topic
    ZELECT_FEED_RELEASE,      //  On the heartbeat topic, too
    ZELECT_FEED_STATE         //  On the state topic
} zelect_feed_kind_t;

typedef struct {
    zelect_message_t message;        //  HEARTBEAT, RELEASE: for the core; to an
                                     //  observer, from and leader are NOBODY
    uint64_t sequence;               //  Of the topic, from 1
    uint64_t boot;                   //  HEARTBEAT, as in an RPC
    uint64_t netns;
    char node [ZELECT_ID_MAX + 1];   //  Who sent it
    char heir [ZELECT_ID_MAX + 1];   //  RELEASE: who shall follow, or ""
    zelect_state_t state;            //  STATE
    uint8_t kind;                    //  A zelect_feed_kind_t
} zelect_feed_t;

//  --------------------------------------------------------------------------
//  The name of a reject reason ("TOO_BIG") and its sentence; constants, "?" if
//  out of range.

const char *zelect_reject_name (int reject);
const char *zelect_reject_text (int reject);

//  --------------------------------------------------------------------------
//  True if the text is an endpoint as far as the wire is concerned: 1 to 255
//  printable ASCII characters; if it may travel as tags: at most 512 bytes of
//  UTF-8 without control characters but line ends, each line with a "=" that
//  is not its first character (or no line at all). A tag is last if the text
//  ends, or at a line end.

bool zelect_wire_is_endpoint (const char *text);
bool zelect_wire_are_tags (const char *text);

//  --------------------------------------------------------------------------
//  Pack an RPC of this node (members->self). What its kind uses has to be set,
//  but the sender is always this node: `message.from`, `state.cluster` and
//  `state.node` do not count; and in a STATE_REPLY incarnation, term and
//  election timeout (promise_ns) are the message's, not the state's. Returns
//  the size; 0 if it would be more than `size`, which cannot happen with
//  ZELECT_RPC_SIZE_MAX: should names, endpoints and tags of a STATE_REPLY be too
//  long together, the tags stay out (the feed has them).

size_t zelect_wire_pack_rpc (const zelect_members_t *members,
                             const zelect_rpc_t *rpc,
                             uint8_t *data,
                             size_t size);

//  --------------------------------------------------------------------------
//  Unpack an RPC that arrived. Returns 0, or why it is turned away; then `rpc`
//  is not to be used. What a kind does not use is 0, indexes are NOBODY.

int zelect_wire_unpack_rpc (const zelect_members_t *members,
                            const uint8_t *data,
                            size_t size,
                            zelect_rpc_t *rpc);

//  --------------------------------------------------------------------------
//  For who is no member: pack the question for a node's state, and unpack the
//  answer, which echoes the number of the request. Sizes and results as above.

size_t zelect_wire_pack_query (uint64_t request, uint8_t *data, size_t size);

int zelect_wire_unpack_answer (const uint8_t *data,
                               size_t size,
                               uint64_t *request,
                               zelect_state_t *state);

//  --------------------------------------------------------------------------
//  Write the topic of a kind of message of a node, closed by a zero byte, into
//  ZELECT_TOPIC_SIZE_MAX bytes. With the node "" it is the prefix to subscribe
//  to for all nodes. Returns its length without the zero.

size_t zelect_wire_topic (char *topic,
                          zelect_feed_kind_t kind,
                          const char *cluster,
                          const char *node);

//  --------------------------------------------------------------------------
//  Pack the payload of a feed message of this node. HEARTBEAT and RELEASE are
//  made of `message` (the heir is its leader), `sequence`, `boot` and `netns`;
//  a STATE is made of `state` alone, but for its cluster and node, which are
//  this node's. Returns the size; 0 if it would be more than `size`, which
//  cannot happen with ZELECT_RPC_SIZE_MAX.

size_t zelect_wire_pack_feed (const zelect_members_t *members,
                              const zelect_feed_t *feed,
                              uint8_t *data,
                              size_t size);

//  --------------------------------------------------------------------------
//  Unpack a feed message that arrived: as a member, who knows the others; or
//  as an observer, who knows the name of the cluster alone. Returns 0, or why
//  it is turned away; then `feed` is not to be used. `node` is always set.

int zelect_wire_unpack_feed (const zelect_members_t *members,
                             const void *topic,
                             size_t topic_size,
                             const uint8_t *data,
                             size_t size,
                             zelect_feed_t *feed);

int zelect_wire_observe_feed (const char *cluster,
                              const void *topic,
                              size_t topic_size,
                              const uint8_t *data,
                              size_t size,
                              zelect_feed_t *feed);

#endif
