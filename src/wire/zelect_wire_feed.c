/*  =========================================================================
    zelect_wire_feed - messages for everybody

    Members and observers read the same feed. A member knows the others, so
    that names become indexes and a sender that is none is turned away; an
    observer takes the node's name as it stands in the topic.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_wire.h"
#include "zelect_arena.h"
#include "zelect_field.h"
#include "zelect_form.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef Zelect__V1__FeedMessage frame_t;

//  What an unpack function looks at.
typedef struct {
    const zelect_members_t *members;    //  NULL: an observer
    const char *cluster;
    const zelect_arena_t *arena;
    const frame_t *frame;
} source_t;

//  --------------------------------------------------------------------------
//  Topics

static const char *const s_topics [] = {
    [ZELECT_FEED_HEARTBEAT] = "heartbeat",
    [ZELECT_FEED_RELEASE] = "heartbeat",
    [ZELECT_FEED_STATE] = "state",
};

size_t
zelect_wire_topic (char *topic, zelect_feed_kind_t kind, const char *cluster, const char *node)
{
    assert (topic);
    assert (zelect_members_is_name (cluster));
    assert (*node == 0 || zelect_members_is_name (node));
    int size =
        snprintf (topic, ZELECT_TOPIC_SIZE_MAX, "zelect/%s/%s/%s", cluster, s_topics [kind], node);
    assert (size > 0 && size < ZELECT_TOPIC_SIZE_MAX);
    return (size_t) size;
}

//  Take the part up to the next slash, which must be a name, off the front.

static bool
s_take_part (const char **rest, size_t *rest_size, char *part)
{
    const char *slash = memchr (*rest, '/', *rest_size);
    size_t size = slash ? (size_t) (slash - *rest) : *rest_size;
    if (size > ZELECT_ID_MAX)
        return false;
    memcpy (part, *rest, size);
    part [size] = 0;
    size_t taken = slash ? size + 1 : size;
    *rest += taken;
    *rest_size -= taken;
    return strlen (part) == size && zelect_members_is_name (part);
}

//  The topic says of which cluster and node a message is, and whether it is a
//  state; heartbeats and releases share a topic.

typedef struct {
    char cluster [ZELECT_ID_MAX + 1];
    char node [ZELECT_ID_MAX + 1];
    bool is_state;
} topic_t;

static bool
s_unpack_topic (const char *rest, size_t size, topic_t *topic)
{
    char word [ZELECT_ID_MAX + 1];
    if (!s_take_part (&rest, &size, word) || strcmp (word, "zelect") != 0
        || !s_take_part (&rest, &size, topic->cluster) || !s_take_part (&rest, &size, word))
        return false;
    topic->is_state = strcmp (word, "state") == 0;
    bool is_known = topic->is_state || strcmp (word, "heartbeat") == 0;
    return is_known && s_take_part (&rest, &size, topic->node) && size == 0 && rest [-1] != '/';
}

//  --------------------------------------------------------------------------
//  Packing

static size_t
s_pack (frame_t *frame, uint8_t *data, size_t size)
{
    frame->version = ZELECT_WIRE_VERSION;
    size_t packed_size = zelect__v1__feed_message__get_packed_size (frame);
    return packed_size <= size ? zelect__v1__feed_message__pack (frame, data) : 0;
}

static size_t
s_pack_heartbeat (const zelect_feed_t *feed, uint8_t *data, size_t size)
{
    assert (feed->message.about == feed->message.term);
    frame_t frame;
    Zelect__V1__FeedHeartbeat body;
    zelect__v1__feed_message__init (&frame);
    zelect__v1__feed_heartbeat__init (&body);
    body.incarnation = feed->message.incarnation;
    body.sequence = feed->sequence;
    body.term = feed->message.term;
    body.round = feed->message.number;
    body.boot = feed->boot;
    body.netns = feed->netns;
    body.ranking = zelect_field_bytes (&feed->message);
    frame.body_case = ZELECT__V1__FEED_MESSAGE__BODY_HEARTBEAT;
    frame.heartbeat = &body;
    return s_pack (&frame, data, size);
}

static size_t
s_pack_release (const zelect_members_t *members,
                const zelect_feed_t *feed,
                uint8_t *data,
                size_t size)
{
    frame_t frame;
    Zelect__V1__FeedRelease body;
    zelect__v1__feed_message__init (&frame);
    zelect__v1__feed_release__init (&body);
    body.incarnation = feed->message.incarnation;
    body.sequence = feed->sequence;
    body.term = feed->message.term;
    body.released_term = feed->message.about;
    body.heir = zelect_field_text (zelect_members_id (members, feed->message.leader));
    frame.body_case = ZELECT__V1__FEED_MESSAGE__BODY_RELEASE;
    frame.release = &body;
    return s_pack (&frame, data, size);
}

static size_t
s_pack_state (const zelect_members_t *members,
              const zelect_state_t *state,
              uint8_t *data,
              size_t size)
{
    frame_t frame;
    Zelect__V1__FeedState body;
    zelect__v1__feed_message__init (&frame);
    zelect__v1__feed_state__init (&body);
    body.cluster = zelect_field_text (members->cluster);
    body.node = zelect_field_text (zelect_members_id (members, members->self));
    body.incarnation = state->incarnation;
    body.sequence = state->sequence;
    body.role = zelect_field_wire_role (state->role);
    body.term = state->term;
    body.leader = zelect_field_text (state->leader);
    body.leader_endpoint = zelect_field_text (state->leader_endpoint);
    body.reason = zelect_field_wire_reason (state->reason);
    body.priority = state->priority;
    body.voter = state->is_voter;
    body.healthy = state->is_healthy;
    body.lease_ns = state->lease_ns;
    body.wall_ms = state->wall_ms;
    body.tags = zelect_field_text (state->tags);
    frame.body_case = ZELECT__V1__FEED_MESSAGE__BODY_STATE;
    frame.state = &body;
    return s_pack (&frame, data, size);
}

size_t
zelect_wire_pack_feed (const zelect_members_t *members,
                       const zelect_feed_t *feed,
                       uint8_t *data,
                       size_t size)
{
    assert (members);
    assert (feed);
    assert (data);
    if (feed->kind == ZELECT_FEED_HEARTBEAT)
        return s_pack_heartbeat (feed, data, size);
    if (feed->kind == ZELECT_FEED_RELEASE)
        return s_pack_release (members, feed, data, size);
    assert (feed->kind == ZELECT_FEED_STATE);
    return s_pack_state (members, &feed->state, data, size);
}

//  --------------------------------------------------------------------------
//  Unpacking

static bool
s_unpack_heartbeat (const source_t *source, zelect_feed_t *feed)
{
    const Zelect__V1__FeedHeartbeat *body = source->frame->heartbeat;
    uint8_t count = source->members ? source->members->count : ZELECT_MEMBERS_MAX;
    feed->kind = ZELECT_FEED_HEARTBEAT;
    feed->message.kind = ZELECT_MESSAGE_HEARTBEAT;
    feed->message.by_feed = 1;
    feed->message.incarnation = body->incarnation;
    feed->message.about = body->term;
    feed->message.number = body->round;
    feed->sequence = body->sequence;
    feed->boot = body->boot;
    feed->netns = body->netns;
    return body->incarnation && body->sequence
           && zelect_field_term (body->term, &feed->message.term)
           && zelect_field_ranking (body->ranking, count, &feed->message);
}

static bool
s_unpack_release (const source_t *source, zelect_feed_t *feed)
{
    const Zelect__V1__FeedRelease *body = source->frame->release;
    feed->kind = ZELECT_FEED_RELEASE;
    feed->message.kind = ZELECT_MESSAGE_RELEASE;
    feed->message.incarnation = body->incarnation;
    feed->sequence = body->sequence;
    return body->incarnation && body->sequence
           && zelect_field_term (body->term, &feed->message.term)
           && zelect_field_term (body->released_term, &feed->message.about)
           && zelect_field_name (source->arena, body->heir, feed->heir)
           && zelect_field_member (source->members, feed->heir, &feed->message.leader);
}

static bool
s_unpack_state (const source_t *source, zelect_feed_t *feed)
{
    const Zelect__V1__FeedState *body = source->frame->state;
    const zelect_arena_t *arena = source->arena;
    zelect_state_t *state = &feed->state;
    feed->kind = ZELECT_FEED_STATE;
    feed->sequence = body->sequence;
    state->sequence = body->sequence;
    state->incarnation = body->incarnation;
    state->term = body->term;
    state->wall_ms = body->wall_ms;
    state->is_voter = body->voter != 0;
    state->is_healthy = body->healthy != 0;
    state->is_faulted = body->role == ZELECT__V1__ROLE__ROLE_FAULTED;
    return body->incarnation && body->sequence && body->term < ZELECT_TERM_MAX
           && zelect_field_name (arena, body->cluster, state->cluster)
           && zelect_field_name (arena, body->node, state->node)
           && strcmp (state->cluster, source->cluster) == 0 && strcmp (state->node, feed->node) == 0
           && zelect_field_role (body->role, &state->role)
           && zelect_field_reason (body->reason, &state->reason)
           && zelect_field_name (arena, body->leader, state->leader)
           && zelect_field_endpoint (arena, body->leader_endpoint, state->leader_endpoint)
           && zelect_field_priority (body->priority, &state->priority)
           && zelect_field_span (body->lease_ns, &state->lease_ns)
           && zelect_field_tags (arena, body->tags, state->tags);
}

static bool
s_unpack_body (const source_t *source, bool is_state, zelect_feed_t *feed)
{
    Zelect__V1__FeedMessage__BodyCase body_case = source->frame->body_case;
    if (is_state)
        return body_case == ZELECT__V1__FEED_MESSAGE__BODY_STATE && s_unpack_state (source, feed);
    if (body_case == ZELECT__V1__FEED_MESSAGE__BODY_HEARTBEAT)
        return s_unpack_heartbeat (source, feed);
    return body_case == ZELECT__V1__FEED_MESSAGE__BODY_RELEASE && s_unpack_release (source, feed);
}

//  The topic comes first: it costs no unpacking to turn a stranger away.

static int
s_unpack_node (
    const source_t *source, const void *data, size_t size, topic_t *topic, zelect_feed_t *feed)
{
    if (!s_unpack_topic (data, size, topic))
        return ZELECT_REJECT_TOPIC;
    if (strcmp (topic->cluster, source->cluster) != 0)
        return ZELECT_REJECT_CLUSTER;
    memset (feed, 0, sizeof *feed);
    memcpy (feed->node, topic->node, strlen (topic->node) + 1);
    feed->message.from = ZELECT_NOBODY;
    feed->message.leader = ZELECT_NOBODY;
    if (!source->members)
        return ZELECT_REJECT_NONE;
    feed->message.from = zelect_members_find (source->members, feed->node);
    if (feed->message.from == ZELECT_NOBODY)
        return ZELECT_REJECT_STRANGER;
    return feed->message.from == source->members->self ? ZELECT_REJECT_SELF : ZELECT_REJECT_NONE;
}

static int
s_unpack (source_t *source,
          const void *topic_data,
          size_t topic_size,
          const uint8_t *data,
          size_t size,
          zelect_feed_t *feed)
{
    if (size > ZELECT_FEED_SIZE_MAX)
        return ZELECT_REJECT_TOO_BIG;
    if (size == 0)
        return ZELECT_REJECT_MALFORMED;
    topic_t topic;
    int reject = s_unpack_node (source, topic_data, topic_size, &topic, feed);
    if (reject)
        return reject;
    if (!zelect_form_is_message (&zelect__v1__feed_message__descriptor, data, size))
        return ZELECT_REJECT_MALFORMED;
    zelect_arena_t arena;
    zelect_arena_init (&arena);
    source->arena = &arena;
    source->frame = zelect__v1__feed_message__unpack (&arena.allocator, size, data);
    if (!source->frame)
        return ZELECT_REJECT_MALFORMED;
    if (source->frame->version != ZELECT_WIRE_VERSION)
        return ZELECT_REJECT_VERSION;
    return s_unpack_body (source, topic.is_state, feed) ? ZELECT_REJECT_NONE : ZELECT_REJECT_FIELD;
}

int
zelect_wire_unpack_feed (const zelect_members_t *members,
                         const void *topic,
                         size_t topic_size,
                         const uint8_t *data,
                         size_t size,
                         zelect_feed_t *feed)
{
    assert (members);
    assert (topic || topic_size == 0);
    assert (data || size == 0);
    assert (feed);
    source_t source = {members, members->cluster, NULL, NULL};
    return s_unpack (&source, topic, topic_size, data, size, feed);
}

int
zelect_wire_observe_feed (const char *cluster,
                          const void *topic,
                          size_t topic_size,
                          const uint8_t *data,
                          size_t size,
                          zelect_feed_t *feed)
{
    assert (cluster);
    assert (topic || topic_size == 0);
    assert (data || size == 0);
    assert (feed);
    source_t source = {NULL, cluster, NULL, NULL};
    return s_unpack (&source, topic, topic_size, data, size, feed);
}
