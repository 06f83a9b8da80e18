/*  =========================================================================
    explore_core - between a node of the explorer and a core

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "explore_core.h"
#include <string.h>

#define NODES EXPLORE_NODES
#define NOW EXPLORE_NOW_NS
#define TICK EXPLORE_TICK_NS

#define FAR_TERM (UINT64_C (1) << 18)    //  A floor above all terms explored
#define LONG_AGO_NS (1000 * 1000 * ZELECT_MS)
#define LATELY_NS (50 * ZELECT_MS)

uint64_t
explore_election_ns (void)
{
    return explore_slice->ticks ? explore_slice->ticks * TICK : 500 * ZELECT_MS;
}

//  ----  Numbers  -------------------------------------------------------------

uint64_t
explore_incarnation (unsigned node, unsigned inc)
{
    return 1000 + 2 * node + inc;
}

uint64_t
explore_request (unsigned node, unsigned inc, bool is_vote, unsigned term)
{
    return 1000000 + ((node * 2 + inc) * 2 + is_vote) * 16 + term;
}

bool
explore_is_request (uint64_t number, unsigned *node, unsigned *inc, bool *is_vote, unsigned *term)
{
    if (number < 1000000 || number >= 1000000 + NODES * 64)
        return false;
    unsigned code = (unsigned) (number - 1000000);
    *term = code & 15;
    *is_vote = code >> 4 & 1;
    *inc = code >> 5 & 1;
    *node = code >> 6;
    return true;
}

uint64_t
explore_round_base (unsigned node, unsigned inc, unsigned term)
{
    return (node * 2 + inc + 2) * UINT64_C (1000000) + term * 1000;
}

//  ----  Records  -------------------------------------------------------------

static bool
s_floor (uint64_t floor, unsigned *bits)
{
    if (floor == ZELECT_FLOOR_UNSETTLED)
        *bits = EXPLORE_FLOOR_UNSETTLED;
    else if (floor < EXPLORE_TERMS)
        *bits = (unsigned) floor;
    else
        *bits = EXPLORE_FLOOR_FAR;
    return true;
}

bool
explore_record (const zelect_record_t *record, uint16_t *bits)
{
    unsigned floor = 0, vote = EXPLORE_NOBODY, inc = 0;
    if (record->term >= EXPLORE_TERMS || !s_floor (record->floor, &floor))
        return false;
    if (record->vote < NODES) {
        vote = (unsigned) record->vote;
        inc = record->vote_incarnation == explore_incarnation (vote, EXPLORE_NOW);
    }
    unsigned has_promise = record->promise_ns >= explore_election_ns ();
    *bits = (uint16_t) (record->term | vote << 3 | inc << 6 | has_promise << 7 | floor << 8);
    return true;
}

static void
s_make_record (uint16_t bits, zelect_record_t *record)
{
    unsigned vote = explore_vote (bits), floor = bits >> 8 & 15;
    record->term = explore_term (bits);
    record->vote = vote == EXPLORE_NOBODY ? ZELECT_NOBODY : vote;
    record->vote_incarnation =
        vote == EXPLORE_NOBODY ? 0 : explore_incarnation (vote, explore_vote_inc (bits));
    record->promise_ns = bits >> 7 & 1 ? explore_election_ns () : 0;
    record->floor = floor == EXPLORE_FLOOR_UNSETTLED ? ZELECT_FLOOR_UNSETTLED
                    : floor == EXPLORE_FLOOR_FAR     ? FAR_TERM
                                                     : floor;
}

//  ----  A core from bytes  ---------------------------------------------------

static void
s_make_options (const explore_state_t *state, unsigned node, zelect_core_options_t *options)
{
    memset (options, 0, sizeof *options);
    options->incarnation = explore_incarnation (node, EXPLORE_NOW);
    options->election_ns = explore_election_ns ();
    options->heartbeat_ns = explore_slice->ticks ? TICK : 100 * ZELECT_MS;
    options->voters = (UINT64_C (1) << NODES) - 1;
    options->drift_permille = (uint32_t) explore_slice->drift_permille;
    options->member_count = NODES;
    options->self = (uint8_t) node;
    options->priority = 1;
    options->is_volatile = state->nodes [node].is_volatile;
}

//  When a round of this node's leadership was sent. In the timed slice a round
//  is a little older than its ticks, an earlier one a little more.

static uint64_t
s_sent (const explore_state_t *state, unsigned node, unsigned term, unsigned round)
{
    if (explore_slice->ticks)
        return NOW - state->nodes [node].age [round] * TICK - (8 - round) * 1000;
    uint64_t since_ns = round <= state->aged [term] ? LONG_AGO_NS : LATELY_NS;
    return NOW - since_ns + round * ZELECT_MS;
}

//  Written out once more, apart from the core's: how long a lease may last.

static uint64_t
s_lease_ns (void)
{
    uint64_t promise_ns = explore_election_ns (), drift = explore_slice->drift_permille;
    return promise_ns / (1000 + drift) * (1000 - drift) - promise_ns / 256;
}

uint8_t
explore_lease (const explore_state_t *state, unsigned node, unsigned term, uint64_t until)
{
    if (explore_slice->ticks)
        return (uint8_t) (until <= NOW ? 1 : 1 + (until - NOW + TICK - 1) / TICK);
    if (NODES == 1)
        return state->beats [term];    //  Its own round is a majority at once
    //  A millionth to spare for the order of rounding
    uint64_t base = until - s_lease_ns () - explore_election_ns () / 1000000;
    for (unsigned round = 1; round <= EXPLORE_ROUNDS; round++)
        if (round <= state->beats [term] && base <= s_sent (state, node, term, round))
            return (uint8_t) round;
    return EXPLORE_LEASE_LATER;
}

static uint64_t
s_lease_end (const explore_state_t *state, unsigned index)
{
    const explore_node_t *node = &state->nodes [index];
    if (!node->lease)
        return 0;
    if (explore_slice->ticks)
        return NOW + (node->lease - 1u) * TICK;
    if (node->expiry == EXPLORE_EXPIRY_OVER)
        return NOW;
    if (node->lease == EXPLORE_LEASE_LATER)
        return NOW + explore_election_ns ();
    return s_sent (state, index, explore_term (node->wanted), node->lease) + s_lease_ns ();
}

static uint64_t
s_hold (const explore_node_t *node)
{
    if (!node->hold)
        return ZELECT_NEVER;
    if (explore_slice->ticks)
        return NOW + (node->hold - 1u) * TICK;
    if (node->hold == EXPLORE_HOLD_OVER)
        return NOW;
    return node->hold == EXPLORE_HOLD_SHORT ? NOW + LATELY_NS
                                            : NOW + explore_election_ns () - ZELECT_MS;
}

static void
s_make_timers (const explore_state_t *state, unsigned index, zelect_core_t *core)
{
    const explore_node_t *node = &state->nodes [index];
    const uint64_t later = NOW + 4 * explore_election_ns ();
    for (unsigned timer = 0; timer < ZELECT_TIMERS; timer++)
        core->timers [timer] = ZELECT_NEVER;
    if (node->timers & EXPLORE_CAMPAIGN)
        core->timers [ZELECT_TIMER_CAMPAIGN] = later;
    if (node->timers & EXPLORE_ROUND)
        core->timers [ZELECT_TIMER_ROUND] = core->timers [ZELECT_TIMER_RESEND] = later;
    if (node->timers & EXPLORE_BEAT)
        core->timers [ZELECT_TIMER_HEARTBEAT] = later;
    if (node->timers & EXPLORE_SETTLE)
        core->timers [ZELECT_TIMER_SETTLE] = later;
    if (node->timers & EXPLORE_HINT)
        core->timers [ZELECT_TIMER_HINT] = later;
    core->timers [ZELECT_TIMER_HOLD] = s_hold (node);
    core->lease_end = s_lease_end (state, index);
    if (node->expiry == EXPLORE_EXPIRY_OVER)
        core->timers [ZELECT_TIMER_LEASE] = NOW;
    else if (node->expiry == EXPLORE_EXPIRY_SET)
        core->timers [ZELECT_TIMER_LEASE] = core->lease_end > NOW ? core->lease_end : later;
}

static void
s_make_promise (const explore_state_t *state, unsigned index, zelect_core_t *core)
{
    const explore_node_t *node = &state->nodes [index];
    core->promise_leader =
        node->promise_leader == EXPLORE_NOBODY ? ZELECT_NOBODY : node->promise_leader;
    core->promise_term = node->promise_term;
    if (node->promise_term) {
        unsigned leader = explore_leader (state, node->promise_term);
        core->promise_incarnation = explore_incarnation (leader, node->promise_inc);
        core->promise_round =
            explore_round_base (leader, explore_leader_inc (state, node->promise_term),
                                node->promise_term)
            + node->promise_round;
    }
    core->ack_pending = node->flags & EXPLORE_ACK ? 1 : 0;
    core->owed_term = node->owed;
}

static void
s_make_campaign (const explore_node_t *node, unsigned index, zelect_core_t *core)
{
    core->ask_term = node->ask;
    core->request =
        node->flags & EXPLORE_ASKING
            ? explore_request (index, EXPLORE_NOW, false, 15)
            : explore_request (index, EXPLORE_NOW, core->role == ZELECT_ROLE_CANDIDATE, node->ask);
    core->asked_at = NOW - ZELECT_MS;
    core->votes_ns = explore_election_ns ();
    core->granted = node->granted;
    core->answered = node->answered;
    core->heir_of = node->heir_of == EXPLORE_NOBODY ? ZELECT_NOBODY : node->heir_of;
    core->heir_term = core->wanted.term + 1;
    core->grant_member = ZELECT_NOBODY;
    if (node->grant != EXPLORE_NOBODY) {
        core->grant_member = node->grant;
        core->grant_number = explore_request (node->grant, explore_vote_inc (node->wanted), true,
                                              explore_term (node->wanted));
    }
}

static void
s_make_lead (const explore_state_t *state, unsigned index, zelect_core_t *core)
{
    const explore_node_t *node = &state->nodes [index];
    unsigned term = explore_term (node->wanted);
    uint64_t base = explore_round_base (index, EXPLORE_NOW, term);
    core->round = base + node->round;
    if (!zelect_core_leads (core)) {
        core->rank_count = node->first != EXPLORE_NOBODY;
        core->ranking [0] = core->rank_count ? node->first : 0;
        return;
    }
    core->first_round = base + 1;
    for (unsigned round = 1; round <= node->round; round++)
        core->round_sent [(base + round) % ZELECT_ROUND_WINDOW] =
            s_sent (state, index, term, round);
    for (unsigned other = 0; other < NODES; other++) {
        unsigned acked = node->acked [other];
        if (!acked)
            continue;
        core->members [other].acked_round = base + acked;
        core->members [other].acked_sent = s_sent (state, index, term, acked);
        core->members [other].acked_promise = explore_election_ns ();
    }
    for (unsigned other = 0; other < NODES; other++)
        if (other != index)
            core->ranking [core->rank_count++] = (uint8_t) other;
}

static void
s_make_member (const explore_node_t *node, unsigned other, zelect_core_member_t *member)
{
    unsigned kept = node->kept [other];
    member->priority = member->healthy = 1;
    member->released = node->released [other];
    if (node->dead [other]) {
        member->dead = explore_incarnation (other, EXPLORE_OLD);
        member->dead_term = node->dead [other] - 1u;
    }
    member->kept_at = ZELECT_NEVER;
    if (!kept)
        return;
    unsigned inc = kept & 32 ? EXPLORE_NOW : EXPLORE_OLD, term = kept & 31;
    bool is_vote = (kept & 64) != 0;
    member->kept_at = NOW - ZELECT_MS;
    member->kept_kind = is_vote ? ZELECT_MESSAGE_VOTE : ZELECT_MESSAGE_PREVOTE;
    member->kept_about = term;
    member->kept_term = is_vote ? term : term - 1;
    member->kept_number = explore_request (other, inc, is_vote, term);
    member->kept_incarnation = explore_incarnation (other, inc);
}

void
explore_core_make (const explore_state_t *state, unsigned index, zelect_core_t *core)
{
    const explore_node_t *node = &state->nodes [index];
    memset (core, 0, sizeof *core);
    s_make_options (state, index, &core->options);
    s_make_record (node->wanted, &core->wanted);
    s_make_record (node->saved, &core->saved);
    if (node->flags & EXPLORE_BUSY)
        s_make_record (node->saving, &core->saving);
    core->save_number = 1;
    core->save_busy = node->flags & EXPLORE_BUSY ? 1 : 0;
    core->save_started = NOW;
    core->role = node->role;
    core->started_at = NOW - LONG_AGO_NS;
    core->wait_end = NOW;
    core->heard_term = node->heard_term;
    core->heard_floor = node->heard_floor == EXPLORE_FLOOR_FAR ? FAR_TERM : node->heard_floor;
    for (unsigned other = 0; other < NODES; other++)
        s_make_member (node, other, &core->members [other]);
    s_make_timers (state, index, core);
    s_make_promise (state, index, core);
    s_make_campaign (node, index, core);
    s_make_lead (state, index, core);
    core->is_healthy = node->flags & EXPLORE_UNWELL ? 0 : 1;
    core->is_stopped = node->flags & EXPLORE_STOPPED ? 1 : 0;
    core->is_faulted = node->flags & EXPLORE_FAULTED ? 1 : 0;
    core->is_asking = node->flags & EXPLORE_ASKING ? 1 : 0;
    core->is_settled = node->flags & EXPLORE_SETTLED ? 1 : 0;
    core->preempt_target = core->preempt_waits = ZELECT_NOBODY;
    core->hint_leader = node->hint == EXPLORE_NOBODY ? ZELECT_NOBODY : node->hint;
    core->known_leader = zelect_core_leader (core, NOW);
    core->known_term =
        core->promise_leader == core->known_leader ? core->promise_term : core->wanted.term;
}

void
explore_core_start (const explore_state_t *state,
                    unsigned node,
                    zelect_core_t *core,
                    zelect_effects_t *effects)
{
    zelect_core_options_t options;
    zelect_record_t record;
    s_make_options (state, node, &options);
    s_make_record (state->nodes [node].disk, &record);
    zelect_core_init (core, &options, &record, NOW, 1, effects);
    core->save_number = 1;
}

//  ----  Bytes from a core  ---------------------------------------------------

static uint8_t
s_read_hold (const explore_node_t *node, const zelect_core_t *core)
{
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD], election_ns = explore_election_ns ();
    if (hold == ZELECT_NEVER)
        return EXPLORE_HOLD_NONE;
    if (explore_slice->ticks)
        return (uint8_t) (hold <= NOW ? 1 : 1 + (hold - NOW) / TICK);
    if (hold <= NOW)
        return EXPLORE_HOLD_OVER;
    if (hold >= NOW + election_ns)
        return EXPLORE_HOLD_FULL;
    //  As it was before the step, so it is as good as it was
    if (hold == NOW + election_ns - ZELECT_MS)
        return node->hold;
    return EXPLORE_HOLD_SHORT;
}

static void
s_read_timers (explore_node_t *node, const zelect_core_t *core)
{
    static const struct {
        uint8_t timer, bit;
    } free_timers [] = {
        {ZELECT_TIMER_CAMPAIGN, EXPLORE_CAMPAIGN},
        {ZELECT_TIMER_ROUND, EXPLORE_ROUND},
        {ZELECT_TIMER_HEARTBEAT, EXPLORE_BEAT},
        {ZELECT_TIMER_SETTLE, EXPLORE_SETTLE},
    };
    node->timers = 0;
    for (unsigned count = 0; count < 4; count++)
        if (core->timers [free_timers [count].timer] != ZELECT_NEVER)
            node->timers |= free_timers [count].bit;
    node->hint = EXPLORE_NOBODY;
    if (explore_slice->has_hints && core->hint_leader != ZELECT_NOBODY) {
        node->hint = core->hint_leader;
        node->timers |= EXPLORE_HINT;
    }
    node->hold = s_read_hold (node, core);
    uint64_t lease = core->timers [ZELECT_TIMER_LEASE];
    node->expiry = lease == ZELECT_NEVER ? EXPLORE_EXPIRY_NONE
                   : lease <= NOW        ? EXPLORE_EXPIRY_OVER
                                         : EXPLORE_EXPIRY_SET;
}

static void
s_read_promise (explore_state_t *state, explore_node_t *node, const zelect_core_t *core)
{
    node->promise_leader =
        core->promise_leader == ZELECT_NOBODY ? EXPLORE_NOBODY : core->promise_leader;
    unsigned term = (unsigned) core->promise_term;
    node->promise_term = node->promise_round = node->promise_inc = 0;
    if (term && term < EXPLORE_TERMS && state->led [term]) {
        unsigned leader = explore_leader (state, term);
        uint64_t base = explore_round_base (leader, explore_leader_inc (state, term), term);
        node->promise_term = (uint8_t) term;
        node->promise_inc = core->promise_incarnation == explore_incarnation (leader, EXPLORE_NOW);
        if (core->promise_round > base && core->promise_round <= base + EXPLORE_ROUNDS)
            node->promise_round = (uint8_t) (core->promise_round - base);
    }
    node->owed = (uint8_t) core->owed_term;
}

static void
s_read_lead (explore_state_t *state, unsigned index, const zelect_core_t *core)
{
    explore_node_t *node = &state->nodes [index];
    memset (node->acked, 0, sizeof node->acked);
    uint8_t age [EXPLORE_ROUNDS + 1];
    memcpy (age, node->age, sizeof age);
    memset (node->age, 0, sizeof node->age);
    node->round = 0;
    node->lease = 0;
    if (!zelect_core_leads (core))
        return;
    unsigned term = (unsigned) core->wanted.term;
    uint64_t base = explore_round_base (index, EXPLORE_NOW, term);
    node->round = (uint8_t) (core->round - base);
    if (core->lease_end)
        node->lease = explore_lease (state, index, term, core->lease_end);
    for (unsigned other = 0; other < NODES; other++)
        if (core->members [other].acked_round > base && core->members [other].acked_promise)
            node->acked [other] = (uint8_t) (core->members [other].acked_round - base);
    if (explore_slice->ticks)
        for (unsigned round = 1; round <= node->round; round++) {
            bool is_new = core->round_sent [(base + round) % ZELECT_ROUND_WINDOW] == NOW;
            node->age [round] = is_new ? 0 : age [round];
        }
}

//  A proof makes a difference only to heartbeats of what was led until then.

static uint8_t
s_read_dead (const explore_state_t *state, unsigned other, const zelect_core_member_t *member)
{
    if (member->dead != explore_incarnation (other, EXPLORE_OLD))
        return 0;
    for (unsigned term = EXPLORE_TERMS - 1; term > 0; term--)
        if (term <= member->dead_term && state->led [term] && explore_leader (state, term) == other
            && explore_leader_inc (state, term) == EXPLORE_OLD)
            return (uint8_t) (1 + term);
    return 0;
}

static void
s_read_member (explore_state_t *state,
               explore_node_t *node,
               unsigned other,
               const zelect_core_member_t *member)
{
    node->released [other] = (uint8_t) member->released;
    node->dead [other] = s_read_dead (state, other, member);
    node->kept [other] = 0;
    if (!explore_slice->has_kept || member->kept_at == ZELECT_NEVER)
        return;
    unsigned kept = 128 | ((unsigned) member->kept_about & 31);
    if (member->kept_kind == ZELECT_MESSAGE_VOTE)
        kept |= 64;
    if (member->kept_incarnation == explore_incarnation (other, EXPLORE_NOW))
        kept |= 32;
    node->kept [other] = (uint8_t) kept;
}

//  Who led chose an order itself, and is taken to know none.

static void
s_read_order (explore_node_t *node, const zelect_core_t *core, bool has_led)
{
    node->first = EXPLORE_NOBODY;
    if (explore_slice->has_order && !has_led && core->rank_count)
        node->first = core->ranking [0];
}

static void
s_read_flags (explore_node_t *node, const zelect_core_t *core)
{
    node->flags &= EXPLORE_WRITES;
    const struct {
        bool is_set;
        uint8_t flag;
    } flags [] = {
        {core->save_busy, EXPLORE_BUSY},     {core->ack_pending, EXPLORE_ACK},
        {core->is_faulted, EXPLORE_FAULTED}, {!core->is_healthy, EXPLORE_UNWELL},
        {core->is_stopped, EXPLORE_STOPPED}, {core->is_asking, EXPLORE_ASKING},
        {core->is_settled, EXPLORE_SETTLED},
    };
    for (unsigned count = 0; count < sizeof flags / sizeof *flags; count++)
        if (flags [count].is_set)
            node->flags |= flags [count].flag;
}

//  It makes no difference any more once the term has moved on: only terms above that are
//  asked for.

static uint8_t
s_read_heir (const zelect_core_t *core)
{
    bool is_heir = core->heir_of != ZELECT_NOBODY && core->heir_term == core->wanted.term + 1;
    return is_heir ? core->heir_of : EXPLORE_NOBODY;
}

static void
s_read_campaign (explore_node_t *node, const zelect_core_t *core)
{
    node->heir_of = s_read_heir (core);
    bool campaigns = zelect_core_campaigns (core);
    node->ask = campaigns ? (uint8_t) core->ask_term : 0;
    node->granted = campaigns ? (uint8_t) core->granted : 0;
    node->grant = core->grant_member == ZELECT_NOBODY ? EXPLORE_NOBODY : core->grant_member;
    node->answered = core->is_asking ? (uint8_t) core->answered : 0;
    node->heard_term = core->is_asking ? (uint8_t) core->heard_term : 0;
    node->heard_floor =
        core->heard_floor < EXPLORE_TERMS ? (uint8_t) core->heard_floor : EXPLORE_FLOOR_FAR;
}

bool
explore_core_read (explore_state_t *state, unsigned index, const zelect_core_t *core)
{
    explore_node_t *node = &state->nodes [index];
    if (!explore_record (&core->wanted, &node->wanted)
        || !explore_record (&core->saved, &node->saved) || core->ask_term >= EXPLORE_TERMS
        || core->heard_term >= EXPLORE_TERMS)
        return false;
    node->saving = EXPLORE_NO_RECORD;
    if (core->save_busy && !explore_record (&core->saving, &node->saving))
        return false;
    bool has_led = node->role == ZELECT_ROLE_LEADER || node->role == ZELECT_ROLE_LEADER_ELECT;
    s_read_order (node, core, has_led || zelect_core_leads (core));
    node->role = core->role;
    s_read_flags (node, core);
    s_read_timers (node, core);
    s_read_promise (state, node, core);
    s_read_campaign (node, core);
    s_read_lead (state, index, core);
    for (unsigned other = 0; other < NODES; other++)
        s_read_member (state, node, other, &core->members [other]);
    return node->round <= EXPLORE_ROUNDS;
}
