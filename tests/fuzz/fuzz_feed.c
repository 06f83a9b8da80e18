/*  =========================================================================
    fuzz_feed - the feed as C and as Python decode it

    The first byte chooses the topic, or says that the input has one, after a
    byte with its size; the rest is the payload. Both must take the same
    messages, and find the same in them. C alone may turn away what its arena
    has no room for (S11).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "python_link.h"

#include "zelect.pb-c.h"
#include "zelect_wire.h"

#include <inttypes.h>

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    python_start ();
    return 0;
}

//  Tags as the oracle writes them: each line ended by a semicolon.

static void
s_print_tags (const char *tags, char text [ZELECT_TAGS_MAX + 2])
{
    size_t size = strlen (tags);
    for (size_t i = 0; i < size; i++)
        text [i] = tags [i] == '\n' ? ';' : tags [i];
    if (size > 0 && tags [size - 1] != '\n')
        text [size++] = ';';
    text [size] = 0;
}

static void
s_print (const zelect_feed_t *feed, char text [PYTHON_TEXT_MAX])
{
    const zelect_state_t *state = &feed->state;
    char tags [ZELECT_TAGS_MAX + 2];
    if (feed->kind == ZELECT_FEED_HEARTBEAT)
        snprintf (text, PYTHON_TEXT_MAX, "heartbeat %s %" PRIu64 " %" PRIu64 " %" PRIu64,
                  feed->node, feed->message.incarnation, feed->sequence, feed->message.term);
    else if (feed->kind == ZELECT_FEED_RELEASE)
        snprintf (text, PYTHON_TEXT_MAX, "release %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                  feed->node, feed->message.incarnation, feed->sequence, feed->message.term,
                  feed->message.about);
    else {
        s_print_tags (state->tags, tags);
        snprintf (text, PYTHON_TEXT_MAX,
                  "state %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %d [%s] [%s] %u %u %u %" PRIu64
                  " %" PRIu64 " [%s]",
                  state->node, state->incarnation, state->sequence, state->term, state->role + 1,
                  state->reason + 1, state->leader, state->leader_endpoint, state->priority,
                  state->is_voter, state->is_healthy, state->lease_ns, state->wall_ms, tags);
    }
}

//  Whether it was the arena that had no room.

static bool
s_is_for_lack_of_room (const uint8_t *data, size_t size)
{
    Zelect__V1__FeedMessage *frame = zelect__v1__feed_message__unpack (NULL, size, data);
    if (!frame)
        return false;
    zelect__v1__feed_message__free_unpacked (frame, NULL);
    return true;
}

static void
s_compare (python_bytes_t topic, python_bytes_t payload)
{
    char here [PYTHON_TEXT_MAX] = "", there [PYTHON_TEXT_MAX];
    zelect_feed_t feed;
    int reject = zelect_wire_observe_feed ("orders", topic.data, topic.size, payload.data,
                                           payload.size, &feed);
    if (!reject)
        s_print (&feed, here);
    python_decode (topic, payload, there);
    if (strcmp (here, there) == 0)
        return;
    if (reject == ZELECT_REJECT_MALFORMED && s_is_for_lack_of_room (payload.data, payload.size))
        return;
    fprintf (stderr, "C:      %s (%s)\nPython: %s\n", here, zelect_reject_name (reject), there);
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char *const topics [] = {"zelect/orders/state/n2", "zelect/orders/heartbeat/n2"};
    if (size == 0)
        return 0;
    python_bytes_t topic, payload;
    if (*data % 4 < 2) {
        topic = (python_bytes_t){(const uint8_t *) topics [*data % 4], strlen (topics [*data % 4])};
        payload = (python_bytes_t){data + 1, size - 1};
    }
    else {
        size_t most = size > 2 ? size - 2 : 0;
        size_t topic_size = size > 1 && data [1] < most ? data [1] : most;
        topic = (python_bytes_t){data + size - most, topic_size};
        payload = (python_bytes_t){topic.data + topic_size, most - topic_size};
    }
    s_compare (topic, payload);
    return 0;
}
