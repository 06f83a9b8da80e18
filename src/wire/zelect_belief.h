/*  =========================================================================
    zelect_belief - what somebody who only hears the feed may believe

    Think of a reader of newspapers. Each paper speaks for itself and writes of
    others; some issues come late, some twice, some are lost, and one paper has
    stopped without saying so. The reader keeps the last word of each paper and
    how old it is, and would rather say "I do not know" than name a president
    who left office. This class is that reader: no socket and no clock, the
    time is an argument. It is the one rule of every observer, whatever the
    language; tests/observer/vectors holds all of them to it.

    The words. A *source* is a node that was heard, in its present incarnation.
    A source's own lease is the lease_ns of its last state, or 1 s if it says 0
    or has said no state. A word is *fresh* for 1.5 leases of its source: its
    lease, and half of it as a margin. Times are those of receipt.

    B1  What is no message of this cluster's feed (topic, size, version,
        cluster, impossible field) is rejected, counted, and changes nothing.
    B2  A source is known by node and incarnation. Another incarnation of a node
        is a restart: all that the old one said is forgotten. The last 4 old
        incarnations of a node are remembered, and what they say is ignored. Of
        64 sources, the one unheard for longest (of such, the one with the lowest
        id) gives way to a 65th.
    B3  Each topic of a source has a sequence. A number below or equal to the
        last is ignored; but a state with the last number was sent again, and
        shows that the source still stands by it. A state whose number leaves
        some out counts them as missed; the first state of a source does not.
    B4  A source claims one of three things, or nothing:
        OWN      Its last state says "leader" in term t: it leads in t.
        ELECTED  Its last heartbeat is of a higher term t than its last state; or
                 that state says "leader_elect", or "candidate" with the last
                 heartbeat in the same term: somebody was elected in t, but it
                 is not known that it leads. Only a state makes a leader.
        HEARSAY  Its last state, as "follower" or "faulted" in term t, names
                 another as the leader: that one leads in t.
        OWN and ELECTED are void when the source released t or a higher term.
        HEARSAY is void while the one it names has a fresh word of its own,
        whatever it says: nobody knows better.
    B5  OWN is as fresh as the last state, or as the last heartbeat of the same
        term if that is later; ELECTED as the last heartbeat if that is of term
        t, else as the state; HEARSAY as the state. What is not fresh is no
        claim.
    B6  Of all claims the one of the highest term is believed; in a term OWN
        goes before ELECTED before HEARSAY, then the one first made later, then
        the lower id. If it is ELECTED, or there is none, the leader is unknown.
    B7  A claim below the highest term ever believed is none: an old leader that
        wakes up is not believed again when its successor falls silent. That
        height is forgotten 30 s after it was last believed, and when the source
        that it was believed of comes back with another incarnation and a lower
        term: then the cluster has lost its terms, and started again.
    B8  The term is the believed leader's; else the highest that any source has
        said.
    B9  When the believed word has not been renewed for 3/4 to 1 of the lease (a
        fraction that each observer draws once), and as often again, an observer
        subscribes again to the state topic, and the feed sends its states
        again. For a leader that is heard that is never. For ELECTED the time
        runs from when it was first claimed: heartbeats cannot say more. While
        there is no claim it runs from the last word of any source, with a lease
        of 1 s. Since all subscribers get what one asks for, most need not ask.

    A follower answers B9 for as long as it lives and follows; so an observer
    that can reach followers only knows the leader all the time.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_BELIEF_H_INCLUDED
#define ZELECT_BELIEF_H_INCLUDED

#include "zelect_wire.h"

#define ZELECT_BELIEF_SOURCES_MAX ZELECT_MEMBERS_MAX
#define ZELECT_BELIEF_RETIRED_MAX 4
#define ZELECT_BELIEF_LEASE_NS (1000 * ZELECT_MS)     //  Of who has said none
#define ZELECT_BELIEF_HEIGHT_NS (30000 * ZELECT_MS)   //  B7

//  A node that was heard, in its present incarnation.

typedef struct {
    uint64_t incarnation;
    uint64_t retired [ZELECT_BELIEF_RETIRED_MAX];    //  Its incarnations before, latest first
    uint64_t beat_sequence;     //  Last on the heartbeat topic; 0: none
    uint64_t beat_term;         //  Of the last heartbeat; 0: none
    uint64_t released_term;     //  The highest that it released; 0: none
    uint64_t state_ns;          //  When the last state came, or came again
    uint64_t state_since_ns;    //  When it came for the first time
    uint64_t beat_ns;           //  When the last heartbeat came
    uint64_t beat_since_ns;     //  When the first one of beat_term came
    uint64_t heard_ns;          //  When anything came
    zelect_state_t state;       //  Its last; state.sequence 0: none yet
    char node [ZELECT_ID_MAX + 1];
} zelect_source_t;

//  The answer to "who leads?". The texts are the belief's, until it is changed.

typedef struct {
    const char *leader;      //  Id; NULL: unknown
    const char *endpoint;    //  The leader's; NULL: unknown
    uint64_t term;           //  The leader's, or the highest heard
} zelect_view_t;

typedef struct {
    uint64_t height;             //  B7: the highest term believed; 0: none
    uint64_t height_until_ns;    //  When it is forgotten
    uint64_t asked_ns;           //  B9: when this observer asked last; 0: never
    uint64_t missed;             //  States that were lost on the way
    uint64_t rejected;           //  Frames that were no message of this feed
    uint64_t leader_term;        //  Of `leader`
    uint32_t patience;           //  B9: 0 (asks first) to 255
    uint8_t source_count;
    uint8_t role;                //  What changed last: the node's role
    uint8_t reason;              //    and its reason
    char cluster [ZELECT_ID_MAX + 1];
    char leader [ZELECT_ID_MAX + 1];           //  Last reported; "": unknown
    char node [ZELECT_ID_MAX + 1];             //  What changed last: whose state
                                               //  it is; "": a leader forgotten
    char height_node [ZELECT_ID_MAX + 1];      //  B7: of whom it was believed
    zelect_source_t sources [ZELECT_BELIEF_SOURCES_MAX];
} zelect_belief_t;

//  --------------------------------------------------------------------------
//  Begin with nothing heard of a cluster, whose name has to be one. Patience is
//  a random number; its low 8 bits count.

void zelect_belief_init (zelect_belief_t *self, const char *cluster, uint32_t patience);

//  --------------------------------------------------------------------------
//  Take a message that arrived. True if a node's state or the leader changed:
//  then `node`, `role` and `reason` say what. Time never goes backwards.

bool zelect_belief_take (zelect_belief_t *self,
                         uint64_t now,
                         const void *topic,
                         size_t topic_size,
                         const uint8_t *data,
                         size_t size);

//  --------------------------------------------------------------------------
//  Count a message that cannot be one, since it has not two parts.

void zelect_belief_reject (zelect_belief_t *self);

//  --------------------------------------------------------------------------
//  Time has passed and nothing has come, or what has come is taken. True if the
//  leader changed (as a rule: was forgotten).

bool zelect_belief_look (zelect_belief_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  Who leads at `now`.

zelect_view_t zelect_belief_view (const zelect_belief_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  When the present belief ends if nothing comes: zelect_belief_look is worth
//  calling then. ZELECT_NEVER if there is none.

uint64_t zelect_belief_deadline (const zelect_belief_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  When to ask for the present states (B9), ZELECT_NEVER if not; and: this was
//  done.

uint64_t zelect_belief_ask_at (const zelect_belief_t *self, uint64_t now);
void zelect_belief_asked (zelect_belief_t *self, uint64_t now);

#endif
