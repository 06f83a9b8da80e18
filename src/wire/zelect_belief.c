/*  =========================================================================
    zelect_belief - what somebody who only hears the feed may believe

    The table of sources holds what was said; who leads is worked out from it
    anew each time, so that no event can leave a stale answer behind.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_belief.h"

#include <assert.h>
#include <string.h>

//  B4, in rising order of weight.
typedef enum { NOTHING, HEARSAY, ELECTED, OWN } claim_kind_t;

typedef struct {
    const zelect_source_t *source;    //  Who claims it
    const char *leader;               //  "": unknown
    uint64_t term;
    uint64_t since_ns;    //  When it was first claimed
    uint64_t heard_ns;    //  When it was last confirmed
    claim_kind_t kind;
} claim_t;

static uint64_t
s_later (uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

//  --------------------------------------------------------------------------
//  Claims

static uint64_t
s_lease_ns (const zelect_source_t *source)
{
    return source->state.lease_ns ? source->state.lease_ns : ZELECT_BELIEF_LEASE_NS;
}

static uint64_t
s_end_ns (const zelect_source_t *source, uint64_t heard_ns)
{
    return heard_ns + s_lease_ns (source) * 3 / 2;
}

static bool
s_beats_in_its_term (const zelect_source_t *source)
{
    return source->beat_term && source->beat_term == source->state.term;
}

//  Was a leader elected whom no state calls one yet?

static bool
s_is_elected (const zelect_source_t *source)
{
    uint8_t role = source->state.role;
    return source->beat_term > source->state.term || role == ZELECT_ROLE_LEADER_ELECT
           || (role == ZELECT_ROLE_CANDIDATE && s_beats_in_its_term (source));
}

//  A follower that names itself does no harm: its own word is fresh (B4).

static bool
s_names_leader (const zelect_state_t *state)
{
    return (state->role == ZELECT_ROLE_FOLLOWER || state->role == ZELECT_ROLE_FAULTED)
           && *state->leader;
}

static claim_t
s_elected (const zelect_source_t *source)
{
    bool by_beat = source->beat_term && source->beat_term >= source->state.term;
    return (claim_t){
        .kind = ELECTED,
        .source = source,
        .leader = "",
        .term = by_beat ? source->beat_term : source->state.term,
        .since_ns = by_beat ? source->beat_since_ns : source->state_since_ns,
        .heard_ns = by_beat ? source->beat_ns : source->state_ns,
    };
}

//  What the last state says about a leader: the node itself, or another.

static claim_t
s_stated (const zelect_source_t *source, claim_kind_t kind, const char *leader)
{
    return (claim_t){
        .kind = kind,
        .source = source,
        .leader = leader,
        .term = source->state.term,
        .since_ns = source->state_since_ns,
        .heard_ns = source->state_ns,
    };
}

//  B4 without what depends on others and on the time.

static claim_t
s_claim (const zelect_source_t *source)
{
    claim_t claim = {.leader = ""};
    if (s_is_elected (source))
        claim = s_elected (source);
    else if (s_names_leader (&source->state))
        return s_stated (source, HEARSAY, source->state.leader);
    else if (source->state.role == ZELECT_ROLE_LEADER) {
        claim = s_stated (source, OWN, source->node);
        if (s_beats_in_its_term (source))
            claim.heard_ns = s_later (claim.heard_ns, source->beat_ns);
    }
    if (claim.term <= source->released_term)
        claim.kind = NOTHING;
    return claim;
}

static const zelect_source_t *
s_find (const zelect_belief_t *self, const char *node)
{
    for (uint8_t at = 0; at < self->source_count; at++)
        if (strcmp (self->sources [at].node, node) == 0)
            return &self->sources [at];
    return NULL;
}

static uint64_t
s_height (const zelect_belief_t *self, uint64_t now)
{
    return now < self->height_until_ns ? self->height : 0;
}

static bool
s_counts (const zelect_belief_t *self, const claim_t *claim, uint64_t now)
{
    if (claim->kind == NOTHING || claim->term < s_height (self, now)
        || now >= s_end_ns (claim->source, claim->heard_ns))
        return false;
    if (claim->kind != HEARSAY)
        return true;
    const zelect_source_t *named = s_find (self, claim->leader);
    return !named || now >= s_end_ns (named, named->heard_ns);
}

//  B6

static bool
s_goes_before (const claim_t *left, const claim_t *right)
{
    if (left->term != right->term)
        return left->term > right->term;
    if (left->kind != right->kind)
        return left->kind > right->kind;
    if (left->since_ns != right->since_ns)
        return left->since_ns > right->since_ns;
    return strcmp (left->source->node, right->source->node) < 0;
}

static claim_t
s_believed (const zelect_belief_t *self, uint64_t now)
{
    claim_t best = {.leader = ""};
    for (uint8_t at = 0; at < self->source_count; at++) {
        claim_t claim = s_claim (&self->sources [at]);
        if (s_counts (self, &claim, now) && (best.kind == NOTHING || s_goes_before (&claim, &best)))
            best = claim;
    }
    return best;
}

//  --------------------------------------------------------------------------
//  Sources

//  B2: whoever was not heard for longer is the first to be forgotten.

static bool
s_gives_way (const zelect_source_t *left, const zelect_source_t *right)
{
    if (left->heard_ns != right->heard_ns)
        return left->heard_ns < right->heard_ns;
    return strcmp (left->node, right->node) < 0;
}

static zelect_source_t *
s_room (zelect_belief_t *self)
{
    if (self->source_count < ZELECT_BELIEF_SOURCES_MAX)
        return &self->sources [self->source_count++];
    zelect_source_t *oldest = &self->sources [0];
    for (uint8_t at = 1; at < ZELECT_BELIEF_SOURCES_MAX; at++)
        if (s_gives_way (&self->sources [at], oldest))
            oldest = &self->sources [at];
    return oldest;
}

static bool
s_is_retired (const zelect_source_t *source, uint64_t incarnation)
{
    for (size_t at = 0; at < ZELECT_BELIEF_RETIRED_MAX; at++)
        if (source->retired [at] == incarnation)
            return true;
    return false;
}

//  B2: the node runs anew; only the list of those it has been survives. A
//  height that was believed of it falls if its term does (B7).

static void
s_restart (zelect_belief_t *self, zelect_source_t *source, uint64_t incarnation, uint64_t term)
{
    zelect_source_t fresh = {.incarnation = incarnation, .retired = {source->incarnation}};
    memcpy (fresh.retired + 1, source->retired, sizeof fresh.retired - sizeof fresh.retired [0]);
    memcpy (fresh.node, source->node, sizeof fresh.node);
    *source = fresh;
    if (term < self->height && strcmp (self->height_node, source->node) == 0)
        self->height = 0;
}

//  The source of a message; NULL if it is one that has ended.

static zelect_source_t *
s_source (zelect_belief_t *self, const char *node, uint64_t incarnation, uint64_t term)
{
    for (uint8_t at = 0; at < self->source_count; at++) {
        zelect_source_t *source = &self->sources [at];
        if (strcmp (source->node, node) != 0)
            continue;
        if (s_is_retired (source, incarnation))
            return NULL;
        if (source->incarnation != incarnation)
            s_restart (self, source, incarnation, term);
        return source;
    }
    zelect_source_t *source = s_room (self);
    *source = (zelect_source_t){.incarnation = incarnation};
    memcpy (source->node, node, strlen (node) + 1);
    return source;
}

//  --------------------------------------------------------------------------
//  Messages (B3)

//  True if it is a new state, as opposed to one sent again or an old one.

static bool
s_take_state (zelect_belief_t *self, uint64_t now, const zelect_state_t *state)
{
    zelect_source_t *source = s_source (self, state->node, state->incarnation, state->term);
    if (!source || state->sequence < source->state.sequence)
        return false;
    source->state_ns = source->heard_ns = now;
    if (state->sequence == source->state.sequence)
        return false;
    uint64_t lost = source->state.sequence ? state->sequence - source->state.sequence - 1 : 0;
    self->missed = lost > UINT64_MAX - self->missed ? UINT64_MAX : self->missed + lost;
    source->state = *state;
    source->state_since_ns = now;
    return true;
}

static void
s_take_beat (zelect_belief_t *self, uint64_t now, const zelect_feed_t *feed)
{
    zelect_source_t *source =
        s_source (self, feed->node, feed->message.incarnation, feed->message.term);
    if (!source || feed->sequence <= source->beat_sequence)
        return;
    source->beat_sequence = feed->sequence;
    source->heard_ns = now;
    if (feed->kind == ZELECT_FEED_RELEASE) {
        source->released_term = s_later (source->released_term, feed->message.about);
        return;
    }
    if (feed->message.term != source->beat_term)
        source->beat_since_ns = now;
    source->beat_term = feed->message.term;
    source->beat_ns = now;
}

//  --------------------------------------------------------------------------
//  What changed

static void
s_note (zelect_belief_t *self, const zelect_source_t *source)
{
    memset (self->node, 0, sizeof self->node);
    if (!source)
        return;
    memcpy (self->node, source->node, sizeof self->node);
    self->role = source->state.role;
    self->reason = source->state.reason;
}

static uint64_t
s_leader_term (const claim_t *claim)
{
    return *claim->leader ? claim->term : 0;
}

static bool
s_is_reported (const zelect_belief_t *self, const claim_t *claim)
{
    return strcmp (claim->leader, self->leader) == 0 && s_leader_term (claim) == self->leader_term;
}

//  Renew the height (B7) and compare the leader with the one last reported.

static bool
s_conclude (zelect_belief_t *self, uint64_t now)
{
    claim_t claim = s_believed (self, now);
    if (claim.kind != NOTHING) {
        self->height = claim.term;
        self->height_until_ns = claim.heard_ns + ZELECT_BELIEF_HEIGHT_NS;
        memcpy (self->height_node, claim.source->node, sizeof self->height_node);
    }
    if (s_is_reported (self, &claim))
        return false;
    memset (self->leader, 0, sizeof self->leader);
    memcpy (self->leader, claim.leader, strlen (claim.leader));
    self->leader_term = s_leader_term (&claim);
    s_note (self, *claim.leader ? claim.source : NULL);
    return true;
}

void
zelect_belief_init (zelect_belief_t *self, const char *cluster, uint32_t patience)
{
    assert (self);
    assert (zelect_members_is_name (cluster));
    memset (self, 0, sizeof *self);
    memcpy (self->cluster, cluster, strlen (cluster));
    self->patience = patience & 0xff;
}

bool
zelect_belief_take (zelect_belief_t *self,
                    uint64_t now,
                    const void *topic,
                    size_t topic_size,
                    const uint8_t *data,
                    size_t size)
{
    assert (self);
    zelect_feed_t feed;
    if (zelect_wire_observe_feed (self->cluster, topic, topic_size, data, size, &feed)) {
        self->rejected++;
        return false;
    }
    bool is_new_state = false;
    if (feed.kind == ZELECT_FEED_STATE)
        is_new_state = s_take_state (self, now, &feed.state);
    else
        s_take_beat (self, now, &feed);
    bool is_new_leader = s_conclude (self, now);
    if (is_new_state)
        s_note (self, s_find (self, feed.node));
    return is_new_state || is_new_leader;
}

void
zelect_belief_reject (zelect_belief_t *self)
{
    assert (self);
    self->rejected++;
}

bool
zelect_belief_look (zelect_belief_t *self, uint64_t now)
{
    assert (self);
    return s_conclude (self, now);
}

//  --------------------------------------------------------------------------
//  Answers

static const char *
s_endpoint (const claim_t *claim)
{
    const zelect_state_t *state = &claim->source->state;
    bool is_leaders = strcmp (state->leader, claim->leader) == 0;
    return is_leaders && *state->leader_endpoint ? state->leader_endpoint : NULL;
}

static uint64_t
s_highest_term (const zelect_belief_t *self)
{
    uint64_t term = 0;
    for (uint8_t at = 0; at < self->source_count; at++) {
        const zelect_source_t *source = &self->sources [at];
        term = s_later (term, s_later (source->state.term, source->beat_term));
    }
    return term;
}

zelect_view_t
zelect_belief_view (const zelect_belief_t *self, uint64_t now)
{
    assert (self);
    claim_t claim = s_believed (self, now);
    if (*claim.leader)
        return (zelect_view_t){claim.leader, s_endpoint (&claim), claim.term};
    return (zelect_view_t){NULL, NULL, s_highest_term (self)};
}

uint64_t
zelect_belief_deadline (const zelect_belief_t *self, uint64_t now)
{
    assert (self);
    claim_t claim = s_believed (self, now);
    if (!s_is_reported (self, &claim))
        return now;
    return claim.kind == NOTHING ? ZELECT_NEVER : s_end_ns (claim.source, claim.heard_ns);
}

static uint64_t
s_last_word_ns (const zelect_belief_t *self)
{
    uint64_t heard_ns = 0;
    for (uint8_t at = 0; at < self->source_count; at++)
        heard_ns = s_later (heard_ns, self->sources [at].heard_ns);
    return heard_ns;
}

uint64_t
zelect_belief_ask_at (const zelect_belief_t *self, uint64_t now)
{
    assert (self);
    if (self->source_count == 0)
        return ZELECT_NEVER;
    claim_t claim = s_believed (self, now);
    uint64_t lease_ns = claim.source ? s_lease_ns (claim.source) : ZELECT_BELIEF_LEASE_NS;
    uint64_t from_ns = claim.kind == NOTHING   ? s_last_word_ns (self)
                       : claim.kind == ELECTED ? claim.since_ns
                                               : claim.heard_ns;
    return s_later (from_ns, self->asked_ns) + lease_ns * (768 + self->patience) / 1024;
}

void
zelect_belief_asked (zelect_belief_t *self, uint64_t now)
{
    assert (self);
    self->asked_ns = now;
}
