/*  =========================================================================
    explore_checks - what must never happen

    Judged from what was sent, saved, leased and told to the application, and
    from what the explorer knows of the past. Nothing here asks the core what is
    allowed. The numbers are those of doc/verification.md.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_step.h"
#include <string.h>

#define NODES EXPLORE_NODES
#define MAJORITY (NODES / 2 + 1)

static void
s_require (explore_step_t *self, bool condition, const char *violation)
{
    if (!condition && !self->violation)
        self->violation = violation;
}

static const explore_node_t *
s_node (const explore_step_t *self)
{
    return &self->after->nodes [self->node];
}

//  ----  Votes  ---------------------------------------------------------------

//  I2: to nobody else in this term, whatever became of the node since.

static void
s_check_one_vote (explore_step_t *self, unsigned asker, unsigned inc, unsigned term)
{
    const explore_state_t *state = self->after;
    for (unsigned other = 0; other < NODES; other++)
        for (unsigned other_inc = 0; other_inc < 2; other_inc++)
            s_require (self,
                       (other == asker && other_inc == inc)
                           || !explore_has (state->voted [self->node][other][other_inc], term),
                       "I2: two votes of one voter in a term");
    s_require (self, !state->led [term] || explore_leader (state, term) != self->node,
               "I2: it led in this term by its own vote");
}

//  I3: what the disk holds, and nothing that may be on its way there.

static void
s_check_vote (explore_step_t *self, const zelect_effect_t *effect)
{
    unsigned asker, inc, term;
    bool is_vote;
    if (!explore_is_request (effect->message.number, &asker, &inc, &is_vote, &term) || !is_vote
        || term != effect->message.about)
        return;
    if (s_node (self)->is_volatile)
        return;
    uint16_t disk = s_node (self)->disk;
    s_require (self,
               explore_term (disk) == term && explore_vote (disk) == asker
                   && explore_vote_inc (disk) == inc,
               "I3: a vote left before it was on the disk");
    s_check_one_vote (self, asker, inc, term);
}

//  I7: bound by a promise that is not over, of a leadership that lives and has
//  not been released, to somebody else.

static void
s_check_bound (explore_step_t *self, unsigned asker)
{
    const explore_state_t *state = self->after;
    unsigned term = s_node (self)->bound_term;
    if (!term || !state->led [term] || !explore_leader_inc (state, term) || state->releases [term])
        return;
    if (!state->acks [self->node][term])
        return;    //  Taken, but not promised yet: the ack waits for its save
    s_require (self, explore_leader (state, term) == asker,
               "I7: granted, or campaigned, under a promise to another");
}

static void
s_check_grant (explore_step_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    const explore_node_t *node = s_node (self);
    unsigned asker = 0;
    while (asker < NODES && effect->to != zelect_mask (asker))
        asker++;
    s_require (self, !(node->flags & EXPLORE_FAULTED), "L6: a faulted node grants");
    s_require (self, !node->cell, "I7: a leader grants under its lease");
    s_check_bound (self, asker);
    if (message->kind == ZELECT_MESSAGE_VOTE_REPLY)
        s_check_vote (self, effect);
    else
        s_require (self, node->is_volatile || message->term <= explore_term (node->disk),
                   "I3: a pre-vote tells a term that is not on the disk");
}

//  ----  Messages  ------------------------------------------------------------

static void
s_check_beat (explore_step_t *self, const zelect_message_t *message)
{
    const explore_node_t *node = s_node (self);
    if (!node->is_volatile)
        s_require (self,
                   explore_term (node->disk) == message->term
                       && explore_vote (node->disk) == self->node,
                   "I3: a heartbeat of a term and vote that are not on the disk");
    s_require (self, !(node->flags & EXPLORE_FAULTED), "L6: a faulted node leads");
}

static void
s_check_sent (explore_step_t *self, const zelect_effect_t *effect)
{
    const zelect_message_t *message = &effect->message;
    const explore_node_t *node = s_node (self);
    switch (message->kind) {
    case ZELECT_MESSAGE_PREVOTE:
        s_check_bound (self, self->node);
        s_require (self, !(node->flags & EXPLORE_FAULTED), "L6: a faulted node campaigns");
        break;
    case ZELECT_MESSAGE_PREVOTE_REPLY:
    case ZELECT_MESSAGE_VOTE_REPLY:
        if (message->granted)
            s_check_grant (self, effect);
        break;
    case ZELECT_MESSAGE_HEARTBEAT:
        s_check_beat (self, message);
        break;
    case ZELECT_MESSAGE_HEARTBEAT_ACK:
        s_require (self,
                   !message->granted || !message->promise_ns || node->is_volatile
                       || message->term <= explore_term (node->disk),
                   "I3: an acknowledgement of a term that is not on the disk");
        break;
    case ZELECT_MESSAGE_RELEASE:
        s_require (self, !node->cell || node->cell_term != message->about,
                   "I6: released while the application still holds the lease");
        break;
    default:
        break;
    }
}

//  ----  Saves  ---------------------------------------------------------------

static void
s_check_save (explore_step_t *self, const zelect_record_t *record)
{
    const explore_node_t *node = s_node (self);
    uint16_t bits;
    s_require (self, !(node->flags & EXPLORE_WRITES), "I4: two saves under way");
    if (!explore_record (record, &bits))
        return;
    unsigned term = explore_term (node->disk), vote = explore_vote (node->disk);
    s_require (self, explore_term (bits) >= term, "I4: the term on the disk would fall");
    s_require (self,
               explore_term (bits) > term || vote == EXPLORE_NOBODY
                   || (bits & 0x78) == (node->disk & 0x78),
               "I2: the vote on the disk would change within a term");
}

//  ----  Roles and leases  ----------------------------------------------------

static unsigned
s_count (const explore_step_t *self, uint8_t (*const given) [NODES][2], unsigned term)
{
    unsigned count = 1;
    for (unsigned other = 0; other < NODES; other++)
        count += other != self->node && explore_has (given [other][self->node][EXPLORE_NOW], term);
    return count;
}

static void
s_check_elected (explore_step_t *self, unsigned term)
{
    const explore_state_t *state = self->after;
    s_require (self, !state->led [term], "I1: a second leader of the term");
    s_require (self, s_count (self, self->after->voted, term) >= MAJORITY,
               "I1: elected without the votes of a majority");
    for (unsigned other = 0; other < NODES; other++)
        s_require (
            self,
            other == self->node || s_node (self)->is_volatile
                || !((state->voted [self->node][other][0] | state->voted [self->node][other][1])
                         >> term
                     & 1),
            "I2: elected by its own vote after it had voted for another");
}

//  R11: the release that names an heir is its sender's pre-vote for the next term.

static unsigned
s_count_prevotes (const explore_step_t *self, unsigned term)
{
    explore_state_t *state = self->after;
    unsigned count = s_count (self, state->prevoted, term), released = term - 1;
    if (!released || !explore_has (state->releases [released], self->node))
        return count;
    unsigned leader = explore_leader (state, released);
    return count + !explore_has (state->prevoted [leader][self->node][EXPLORE_NOW], term);
}

static void
s_check_role (explore_step_t *self, const zelect_effect_t *effect)
{
    if (effect->term >= EXPLORE_TERMS)
        return;
    unsigned term = (unsigned) effect->term;
    if (effect->role == ZELECT_ROLE_LEADER_ELECT)
        s_check_elected (self, term);
    if (effect->role == ZELECT_ROLE_CANDIDATE && !explore_is_at_will (self))
        s_require (self, s_count_prevotes (self, term) >= MAJORITY,
                   "L5: a term was used up without a pre-vote of a majority");
    if (effect->role == ZELECT_ROLE_LEADER)
        s_require (self, s_node (self)->cell, "I8: a leader without a lease");
}

//  How many acknowledged this round or a later one, the leader with them.

static unsigned
s_count_acks (const explore_step_t *self, unsigned term, unsigned round)
{
    unsigned count = 1;
    for (unsigned other = 0; other < NODES; other++)
        count += other != self->node && self->after->acks [other][term] >> round;
    return count;
}

static void
s_check_lease (explore_step_t *self, const zelect_effect_t *effect)
{
    const explore_state_t *state = self->after;
    if (!effect->until || effect->term >= EXPLORE_TERMS)
        return;
    unsigned term = (unsigned) effect->term;
    s_require (self, term >= state->top, "I9: a token that is less than an earlier leader's");
    s_require (self, state->led [term] == 2 + 2 * self->node + EXPLORE_NOW,
               "I1: a lease in a term that it was not elected in");
    for (unsigned other = 0; other < NODES; other++)
        s_require (self, other == self->node || !state->nodes [other].cell, EXPLORE_TWO_LEASES);
    if (explore_slice->ticks)
        return;
    unsigned lease = explore_lease (state, self->node, term, effect->until);
    s_require (self, lease != EXPLORE_LEASE_LATER,
               "I6: the lease is longer than from the last round sent");
    s_require (self, s_count_acks (self, term, lease) >= MAJORITY,
               "I6: a lease that no majority has acknowledged");
}

static void
s_check_report (explore_step_t *self, const zelect_effect_t *effect)
{
    s_require (self, effect->report != ZELECT_REPORT_TWO_LEADERS, "I1: the core saw two leaders");
    s_require (self, effect->report != ZELECT_REPORT_BROKEN, "the core's own invariant is broken");
}

void
explore_check_effect (explore_step_t *self, const zelect_effect_t *effect)
{
    typedef void (check_fn) (explore_step_t *, const zelect_effect_t *);
    static check_fn *const checks [ZELECT_EFFECTS] = {
        [ZELECT_EFFECT_SEND] = s_check_sent,     [ZELECT_EFFECT_BROADCAST] = s_check_sent,
        [ZELECT_EFFECT_LEASE] = s_check_lease,   [ZELECT_EFFECT_ROLE] = s_check_role,
        [ZELECT_EFFECT_REPORT] = s_check_report,
    };
    if (effect->kind == ZELECT_EFFECT_SAVE)
        s_check_save (self, &effect->record);
    else if (effect->kind < ZELECT_EFFECTS && checks [effect->kind])
        checks [effect->kind](self, effect);
}

//  ----  The whole step  ------------------------------------------------------

static bool
s_same_vote (const zelect_record_t *one, const zelect_record_t *other)
{
    return one->term == other->term && one->vote == other->vote
           && one->vote_incarnation == other->vote_incarnation;
}

//  I5: a pre-vote asked for or granted changes neither term nor vote nor promise,
//  except that the asker stands when it has a majority.

static void
s_check_prevote (explore_step_t *self)
{
    const zelect_core_t *before = self->core_before, *after = &self->core;
    if (self->action.kind == EXPLORE_PREVOTED_ACTION && after->role != before->role)
        return;
    s_require (self, s_same_vote (&before->wanted, &after->wanted),
               "I5: a pre-vote changed the term or the vote");
    s_require (self,
               before->timers [ZELECT_TIMER_HOLD] == after->timers [ZELECT_TIMER_HOLD]
                   && before->promise_leader == after->promise_leader
                   && before->promise_term == after->promise_term,
               "I5: a pre-vote changed a promise");
}

static void
s_check_record (explore_step_t *self)
{
    const zelect_record_t *before = &self->core_before->wanted, *after = &self->core.wanted;
    s_require (self, after->term >= before->term, "I4: the term fell");
    s_require (self,
               after->term > before->term || before->vote == ZELECT_NOBODY
                   || s_same_vote (before, after),
               "I2: the vote changed within a term");
    uint16_t saved;
    const explore_node_t *node = s_node (self);
    if (!node->is_volatile && explore_record (&self->core.saved, &saved))
        s_require (self, explore_term (saved) <= explore_term (node->disk),
                   "I3: it takes for saved what is not on the disk");
}

//  I8: the end of the lease ends the leadership, whatever has just arrived.

static void
s_check_over (explore_step_t *self)
{
    const explore_node_t *before = &self->before->nodes [self->node];
    const explore_node_t *after = s_node (self);
    if (self->action.kind == EXPLORE_CRASH_ACTION)
        return;
    s_require (self,
               before->role != ZELECT_ROLE_LEADER || before->expiry != EXPLORE_EXPIRY_OVER
                   || after->role != ZELECT_ROLE_LEADER,
               "I8: it leads on after its lease was over");
    s_require (self, after->role == ZELECT_ROLE_LEADER || !after->cell,
               "I8: the application holds a lease of one who does not lead");
}

void
explore_check_step (explore_step_t *self)
{
    if (self->action.kind == EXPLORE_PREVOTE_ACTION || self->action.kind == EXPLORE_PREVOTED_ACTION)
        s_check_prevote (self);
    s_check_record (self);
    s_check_over (self);
}
