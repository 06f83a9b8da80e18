/*  =========================================================================
    sim_judge - safety after each step

    A judge who was told the law (doc/design.md, promises and rules) and sits
    where everything passes: each message that leaves or arrives, each save,
    each lease, each word to the application. It keeps its own books and never
    asks the core what it meant; the arithmetic of leases is done anew. What it
    reads of a ledger is what a node would tell anybody (its term), and, for
    pre-votes, that nothing in it moved.

        I1  one leader in a term        I8  no leader past its lease (L4)
        I2  one vote in a term          I9  tokens grow (G3)
        I3  saved before it leaves      I10 events alternate
        I4  terms do not go back        I11 who has no vote moves nothing
        I5  pre-votes change nothing    I12 no term jumps far
        I6  one lease at an instant     L5  no term without a pre-vote won
        I7  promises are kept           L6  who cannot save does nothing

    I13 (bounded state) is a matter of the core's types; that a step's effects
    fit is checked by the core itself, which aborts.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_JUDGE_H_INCLUDED
#define SIM_JUDGE_H_INCLUDED

#include "zelect_core.h"

#define SIM_NODES 9
#define SIM_ITEMS 64     //  Requests, or heartbeats, of one node that another
                         //  has heard and remembers
#define SIM_ROUNDS 64    //  Rounds of a leader that are remembered
#define SIM_TERMS 1024   //  Terms that are remembered

typedef struct {
    uint64_t number;
    uint64_t incarnation;
    uint64_t at;             //  Beats, rounds: time on the node's own clock
} sim_item_t;

typedef struct {
    sim_item_t list [SIM_ITEMS];
    uint32_t next;
} sim_items_t;

typedef struct {
    sim_items_t asks [SIM_NODES];               //  What others asked it
    sim_items_t beats [SIM_NODES];              //  What it heard
    sim_item_t rounds [SIM_ROUNDS];             //  What it sent
    uint64_t heard_term [SIM_NODES];            //  In this life, of whom
    uint64_t heard_incarnation [SIM_NODES];
    uint64_t acked_until [SIM_NODES];           //  Till when each is bound to it
    uint64_t voted_term;                        //  The last vote that left it
    uint64_t voted_incarnation;
    uint64_t asked_term;                        //  The last term it saved or wants to
    uint64_t asked_vote;                        //    and the vote in it
    uint64_t bound_until;                       //  I7, on its clock
    uint64_t bound_term;
    uint64_t bound_incarnation;
    uint64_t wait_until;                        //  R9
    uint64_t prevote_number;                    //  Its campaign
    uint64_t prevote_term;
    uint64_t prevote_mask;
    uint64_t heir_mask;                         //  Whose release named it, and it
    uint64_t heir_term;                         //    was bound; of that term
    uint64_t vote_number;
    uint64_t vote_term;
    uint64_t vote_mask;
    uint64_t led_term;                          //  It heartbeats in
    uint64_t role_term;                         //  It was told to lead in
    uint64_t leader_term;                       //  Of the last leader told
    uint8_t voted_for;
    uint8_t bound_leader;
    bool was_bound_here;    //  In this life
    bool is_failed;         //  A save failed in this life
    bool is_well;           //  Its application says so
    bool is_stopped;
    bool forgot;            //  Something of it and has not heard it again
} sim_judge_node_t;

typedef struct {
    sim_judge_node_t nodes [SIM_NODES];
    uint64_t terms [SIM_TERMS];         //  I1: terms that were led, hashed,
    uint64_t stamps [SIM_TERMS];        //    valid if the stamp is of this run
    uint8_t leaders [SIM_TERMS];
    uint32_t term_count;
    uint64_t stamp;
    uint64_t top_claimed;               //  The highest that was heartbeaten in
    uint64_t top_led;                   //  G3: of the last leadership
    bool is_excused;                    //  G1 and G3 do not hold: too many forgot
    bool had_jumps;                     //  The test made terms jump
} sim_judge_t;

//  What a ledger held before a step.

typedef struct {
    uint64_t term;
    uint64_t vote;
    uint64_t hold;
    uint64_t promise_incarnation;
    uint8_t role;
} sim_before_t;

typedef struct _sim_t sim_t;

//  --------------------------------------------------------------------------
//  A new run.

void sim_judge_reset (sim_judge_t *self);

//  --------------------------------------------------------------------------
//  A node starts (with what is on its disk, or having forgotten), or is gone.

void sim_judge_started (sim_t *sim, unsigned node, bool forgot);
void sim_judge_killed (sim_t *sim, unsigned node);

//  --------------------------------------------------------------------------
//  An input is handed in at `local`; the step is done.

void sim_judge_input (sim_t *sim, unsigned node, const zelect_input_t *input, uint64_t local);
void sim_judge_stepped (sim_t *sim,
                        unsigned node,
                        const zelect_input_t *input,
                        const sim_before_t *before,
                        uint64_t local);

//  --------------------------------------------------------------------------
//  Effects, at `local`.

void sim_judge_save (sim_t *sim, unsigned node, const zelect_effect_t *effect);
void sim_judge_send (sim_t *sim, unsigned node, const zelect_effect_t *effect, uint64_t local);
void sim_judge_lease (sim_t *sim, unsigned node, const zelect_effect_t *effect, uint64_t local);
void sim_judge_role (sim_t *sim, unsigned node, const zelect_effect_t *effect);
void sim_judge_leader (sim_t *sim, unsigned node, const zelect_effect_t *effect);

//  --------------------------------------------------------------------------
//  Remember an item unless it is known (or, where only the latest counts, long
//  overtaken); find one by its number, NULL if there is none.

void sim_judge_remember (sim_items_t *self,
                         uint64_t number,
                         uint64_t incarnation,
                         uint64_t at,
                         bool in_order);
const sim_item_t *sim_judge_recall (const sim_items_t *self, uint64_t number);

//  --------------------------------------------------------------------------
//  What may be relied on of a promise P, where clocks drift by rho at most: D, the
//  longest for which D (1 + rho) <= P (1 - rho).

uint64_t sim_judge_lease_ns (uint64_t promise_ns, uint32_t permille);

//  --------------------------------------------------------------------------
//  Parts of the above that have files of their own: requests and votes; and
//  promises.

void sim_judge_campaign (sim_t *sim, unsigned node, const zelect_message_t *message);
void sim_judge_reply (sim_t *sim, unsigned node, const zelect_message_t *message);
void sim_judge_grant (sim_t *sim,
                      unsigned node,
                      unsigned to,
                      const zelect_message_t *message,
                      uint64_t local);
void sim_judge_is_free (sim_t *sim,
                        unsigned node,
                        unsigned to,
                        uint64_t incarnation,
                        uint64_t term,
                        uint64_t local);
void sim_judge_promise (sim_t *sim, unsigned node, const zelect_effect_t *effect);
void sim_judge_freed (sim_t *sim, unsigned node, const zelect_input_t *input, uint64_t local);

//  --------------------------------------------------------------------------
//  A violation was found.

void sim_violation (sim_t *self, const char *what, unsigned node, uint64_t term);

#endif
