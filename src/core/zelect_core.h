/*  =========================================================================
    zelect_core - the election itself

    Think of a clerk without a watch, a telephone or a memory for faces. Each
    time somebody hands in a slip (a message, a report of the archive, a tap on
    the shoulder: "it is now 12:04") the clerk changes a few figures in one
    ledger and hands out slips: send this, file that, tell the house this. The
    ledger is zelect_core_t; the slips are zelect_input_t and zelect_effects_t.

    The core is pure: libc's memory functions only, no clock, no heap, no I/O,
    no thread. The same configuration, record and inputs give the same effects,
    bit for bit. The ledger is one flat struct without pointers or padding, so
    that memcpy clones it and its bytes hash. Time is a count of nanoseconds of
    the caller's; randomness is a word that the caller hands in.

    The contract of the caller (the shell, the simulator, the explorer):

    *   Effects are carried out in their order. A SAVE may go on while later
        effects are carried out (R2); what depends on it is not handed out
        before the caller's SAVED says that it is on the disk.
    *   At most one SAVE is under way at a time.
    *   `now` never goes backwards, and runs within the drift bound.
    *   When zelect_core_deadline has passed: first everything that has arrived,
        then TICK (R15).
    *   Who noticed that it did not run for longer than a heartbeat interval
        says so by STALLED before anything else (R15).

    The rules R1 to R17 stand in doc/design.md; the code names them. The source
    is Raft (Ongaro's dissertation, 3.4, 4.2.3, 6.2 to 6.4.1 and 9.6) without
    its log, with leases.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CORE_H_INCLUDED
#define ZELECT_CORE_H_INCLUDED

#include "zelect_message.h"

//  No padding anywhere in what is copied and hashed.
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

//  What a node has to keep over a restart. The store keeps it with names
//  instead of indexes.

typedef struct {
    uint64_t term;                //  Highest term seen
    uint64_t vote_incarnation;    //  R2: a vote is to an incarnation
    uint64_t promise_ns;          //  R9: the longest promise that may be out
    uint64_t floor;               //  R17: no vote at or below this term
    uint64_t vote;                //  Member voted for in term, or NOBODY
} zelect_record_t;

//  The settings of a node, checked by the shell before they come here.

typedef struct {
    uint64_t incarnation;     //  Random, never 0, new at each start
    uint64_t heartbeat_ns;    //  H
    uint64_t election_ns;     //  T; at least 2 H
    uint64_t voters;          //  Mask: who votes. Voters have the low indexes
    uint32_t drift_permille;    //  ρ, the drift bound of clocks
    uint8_t member_count;     //  This node and all others
    uint8_t self;             //  This node's index
    uint8_t priority;         //  0: a witness, votes but never leads (R12)
    uint8_t preempt;          //  1: hand over to a higher priority (R12)
    uint8_t is_volatile;      //  1: no store; records live in memory (R17)
    uint8_t reserved [7];
} zelect_core_options_t;

//  What stands in the ledger of each member.

typedef struct {
    uint64_t dead;                //  R10: incarnation proved dead, or 0,
    uint64_t dead_term;           //    and this node's term then
    uint64_t released;            //  R11: highest term it led and released
    uint64_t kept_at;             //  R5: when the kept request came, or NEVER
    uint64_t kept_about;          //  The kept request: term asked for,
    uint64_t kept_term;           //    the sender's term,
    uint64_t kept_number;         //    its number,
    uint64_t kept_incarnation;    //    its sender
    uint64_t acked_sent;          //  R6: send time of the last round it acked
    uint64_t acked_round;         //    and the round; 0: none in this term
    uint64_t acked_promise;       //    and the promise that came with it
    uint64_t feed_round;          //  Last round it heard over the feed, or 0
    uint64_t rtt_ns;              //  Smoothed time from beat to ack, or 0
    uint8_t kept_kind;            //  PREVOTE or VOTE
    uint8_t priority;             //  R12: as it announced itself
    uint8_t healthy;
    uint8_t faulted;
    uint8_t preempt_failures;     //  R12: each doubles the delay
    uint8_t timeout_reported;     //  Its differing T was reported
    uint8_t reserved [2];
} zelect_core_member_t;

//  Everything the core waits for. Each is a time, or NEVER.

#define ZELECT_TIMER_MAP(X)                                                                        \
    X (LEASE)     /*  The lease ends; a leader-elect gives up (R6, R5)  */                         \
    X (HOLD)      /*  The promise or the start-up wait ends (R5, R9)    */                         \
    X (ROUND)     /*  The pre-candidacy or candidacy ends (R3)          */                         \
    X (CAMPAIGN)  /*  It is this node's turn to campaign (R8)           */                         \
    X (RESEND)    /*  Unanswered requests are repeated                  */                         \
    X (HEARTBEAT) /*  The next round is due                             */                         \
    X (PREEMPT)   /*  A member of higher priority takes over (R12)      */                         \
    X (SETTLE)    /*  Ask the others for the state, or again (R17)      */                         \
    X (HINT)      /*  The leader known by hearsay is forgotten          */

#define X(name) ZELECT_TIMER_##name,
typedef enum { ZELECT_TIMER_MAP (X) ZELECT_TIMERS } zelect_timer_t;
#undef X

#define ZELECT_ROUND_WINDOW 64    //  Rounds whose send time is remembered (R14)

//  The ledger. Nobody but the core writes to it; everybody may read it.

typedef struct {
    zelect_core_options_t options;
    zelect_record_t wanted;    //  What the record shall be
    zelect_record_t saving;    //  What is being saved
    zelect_record_t saved;     //  What is known to be saved
    uint64_t save_number;      //  Of the last SAVE handed out
    uint64_t started_at;
    uint64_t wait_end;    //  R9: no grant before, whatever is promised anew

    uint64_t timers [ZELECT_TIMERS];

    //  R5: to whom this node is loyal until timers [HOLD]
    uint64_t promise_term;
    uint64_t promise_incarnation;
    uint64_t promise_round;    //  Last round accepted
    uint64_t known_term;       //  Of the leader last told to the application

    //  R3: the campaign under way
    uint64_t ask_term;
    uint64_t request;     //  Number of the last request; starts at random
    uint64_t asked_at;
    uint64_t votes_ns;    //  R17: how long the votes may be relied on
    uint64_t granted;     //  Mask: who said yes
    uint64_t answered;    //  Mask: who need not be asked again

    //  R2: the grant that waits for its save
    uint64_t grant_number;

    //  R4, R6: leadership
    uint64_t round;          //  Last round sent; starts at random
    uint64_t first_round;    //  The first one of this leadership
    uint64_t lease_end;      //  0: no lease
    uint64_t owed_term;      //  R1: deposed in this term, not yet released
    uint64_t round_sent [ZELECT_ROUND_WINDOW];

    //  R17: what the others answered
    uint64_t heard_term;
    uint64_t heard_promise;

    //  R8: measured, for the length of a short slot
    uint64_t save_started;
    uint64_t save_ns;
    uint64_t rtt_ns;

    uint64_t preempted_at;    //  R12: when this node last handed over by it
    uint64_t heard_floor;     //  R17: the highest that a refusal or a state told
    uint64_t heir_term;       //  R11: what the heir of heir_of may ask for as such

    zelect_core_member_t members [ZELECT_MEMBERS_MAX];
    uint8_t ranking [ZELECT_RANKING_SIZE];    //  The leader's, as last heard or made

    uint8_t role;              //  A zelect_role_t
    uint8_t promise_leader;    //  NOBODY: the start-up wait, or none
    uint8_t known_leader;      //  As last told to the application
    uint8_t hint_leader;
    uint8_t grant_member;      //  NOBODY: no grant waits
    uint8_t rank_count;
    uint8_t save_busy;         //  1: a SAVE is under way
    uint8_t ack_pending;       //  1: an ack waits for a save
    uint8_t ack_by_feed;
    uint8_t fast_tries;        //  R8: short retries left after a proof or release
    uint8_t is_last;           //  R11: left the leadership, so ranks last
    uint8_t is_healthy;
    uint8_t is_stopped;
    uint8_t is_faulted;
    uint8_t preempt_target;    //  R12: to whom the last preemption went
    uint8_t preempt_waits;     //  R12: to whom the next one will
    uint8_t broken;            //  1: an invariant failed
    uint8_t is_asking;         //  R17: State was asked
    uint8_t is_settled;        //  R17: takes part since it was settled
    uint8_t haste_reason;      //  R8: why fast_tries are to be had
    uint8_t heir_of;           //  R11: whose heir campaigns next; NOBODY: no heir
    uint8_t reserved [3];
} zelect_core_t;

#pragma GCC diagnostic pop

//  What goes in.

#define ZELECT_INPUT_MAP(X)                                                                        \
    X (MESSAGE)    /*  `message` arrived                                  */                       \
    X (TICK)       /*  A deadline has passed                              */                       \
    X (SAVED)      /*  SAVE `number` ended; `ok` tells how                */                       \
    X (RESIGN)     /*  Give leadership up                                 */                       \
    X (TRANSFER)   /*  ... to `member`                                    */                       \
    X (STOP)       /*  ... and take no further part: the node stops       */                       \
    X (HEALTH)     /*  `ok`: the application is well, or is not           */                       \
    X (DIED)       /*  `member` with incarnation `number` is proved dead  */                       \
    X (STALLED)    /*  This node did not run for longer than H            */

#define X(name) ZELECT_INPUT_##name,
typedef enum { ZELECT_INPUT_MAP (X) ZELECT_INPUTS } zelect_input_kind_t;
#undef X

typedef struct {
    uint64_t random;    //  A new random word each time
    uint64_t number;
    zelect_message_t message;
    uint8_t kind;    //  A zelect_input_kind_t
    uint8_t member;
    uint8_t ok;
} zelect_input_t;

//  What comes out.

#define ZELECT_EFFECT_MAP(X)                                                                       \
    X (SAVE)         /*  Save `record`; report by SAVED with `number`     */                       \
    X (SEND)         /*  `message` to each member of the mask `to`        */                       \
    X (BROADCAST)    /*  `message` on the feed, and to each member of `to`*/                       \
    X (LEASE)        /*  Leader of `term` until `until`; 0: no longer     */                       \
    X (ROLE)         /*  `old_role` became `role`, in `term`, by `reason` */                       \
    X (LEADER)       /*  The leader of `term` is `member`, or NOBODY      */                       \
    X (REPORT)       /*  `report` about `member`, with a `number`         */                       \
    X (ANSWER)       /*  What the command came to                         */

#define X(name) ZELECT_EFFECT_##name,
typedef enum { ZELECT_EFFECT_MAP (X) ZELECT_EFFECTS } zelect_effect_kind_t;
#undef X

typedef struct {
    uint64_t to;        //  Mask of members
    uint64_t term;
    uint64_t until;
    uint64_t number;
    zelect_record_t record;
    zelect_message_t message;
    uint8_t kind;    //  A zelect_effect_kind_t
    uint8_t role;
    uint8_t old_role;
    uint8_t reason;
    uint8_t member;
    uint8_t report;
    uint8_t answer;
} zelect_effect_t;

#define ZELECT_EFFECTS_MAX (2 * ZELECT_MEMBERS_MAX + 16)

typedef struct {
    size_t count;
    zelect_effect_t list [ZELECT_EFFECTS_MAX];
} zelect_effects_t;

//  --------------------------------------------------------------------------
//  A record for a node that has none. `is_new`: the cluster is new, so nothing
//  can have been forgotten; else the node abstains until it has heard the
//  others (R16, R17).

void zelect_record_init (zelect_record_t *self, bool is_new);

//  --------------------------------------------------------------------------
//  Begin: `saved` is what the store holds (or zelect_record_init), `now` the
//  present time, `random` a random word. A volatile node always abstains at
//  first. The effects hold the first SAVE and ROLE.

void zelect_core_init (zelect_core_t *self,
                       const zelect_core_options_t *options,
                       const zelect_record_t *saved,
                       uint64_t now,
                       uint64_t random,
                       zelect_effects_t *effects);

//  --------------------------------------------------------------------------
//  Take one input at the time `now`; `effects` is overwritten with what has to
//  be done, in order.

void zelect_core_step (zelect_core_t *self,
                       uint64_t now,
                       const zelect_input_t *input,
                       zelect_effects_t *effects);

//  --------------------------------------------------------------------------
//  When to hand in a TICK if nothing arrives before; NEVER if not at all.

uint64_t zelect_core_deadline (const zelect_core_t *self);

//  --------------------------------------------------------------------------
//  Who leads, as far as this node knows at `now`: by its own lease, by a
//  promise, or by hearsay; else NOBODY.

uint8_t zelect_core_leader (const zelect_core_t *self, uint64_t now);

//  --------------------------------------------------------------------------
//  R17: the term at or below which this node votes for nobody, to be told to
//  who asks for the state; 0 if there is none, or it is not known yet.

uint64_t zelect_core_floor (const zelect_core_t *self);

//  --------------------------------------------------------------------------
//  True if this node takes part: votes, or acknowledges heartbeats, and is
//  neither abstaining (R17) nor faulted (R16).

bool zelect_core_takes_part (const zelect_core_t *self);

#endif
