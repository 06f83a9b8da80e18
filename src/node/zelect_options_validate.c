/*  =========================================================================
    zelect_options_validate - do the settings fit together?

    The one place for relations between settings. Each check is a function in
    the table at the end; what one of them settles the later ones use.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_keys.h"
#include "zelect_options_private.h"
#include "zelect_quorum.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

//  --------------------------------------------------------------------------
//  Errors and warnings

#define S_TEXT_MAX 800    //  Bytes of a sentence; with the file's path it fits

__attribute__ ((format (printf, 3, 0))) static int
s_fail_in_line (zelect_options_t *self, uint32_t line, const char *format, va_list args)
{
    char text [S_TEXT_MAX];
    vsnprintf (text, sizeof text, format, args);
    if (line == 0)
        return zelect_options_fail (self, EINVAL, "%s", text);
    return zelect_options_fail (self, EINVAL, "%s:%u: %s", self->file, line, text);
}

//  The fault is in what a key says, wherever it was set.

__attribute__ ((format (printf, 3, 4))) static int
s_fail (zelect_options_t *self, const char *path, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    uint32_t line = *zelect_options_line (self, zelect_options_find_key (path));
    int rc = s_fail_in_line (self, line, format, args);
    va_end (args);
    return rc;
}

__attribute__ ((format (printf, 3, 4))) static int
s_fail_member (zelect_options_t *self,
               const zelect_options_member_t *member,
               const char *format,
               ...)
{
    va_list args;
    va_start (args, format);
    int rc = s_fail_in_line (self, member->line, format, args);
    va_end (args);
    return rc;
}

__attribute__ ((format (printf, 2, 3))) static void
s_warn (zelect_options_t *self, const char *format, ...)
{
    char text [S_TEXT_MAX];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    size_t length = strlen (self->warning);
    snprintf (self->warning + length, sizeof self->warning - length, "%s%s", length > 0 ? "; " : "",
              text);
}

//  --------------------------------------------------------------------------
//  Who

static int
s_check_names (zelect_options_t *self)
{
    if (!*self->name)
        return zelect_options_fail (self, EINVAL,
                                    "node/name is missing; say which of the members this node is");
    if (!*self->cluster)
        return zelect_options_fail (self, EINVAL,
                                    "cluster is missing; give it the name that all its nodes have");
    return 0;
}

//  Voters first, then by id: the same index for a voter everywhere.

static int
s_compare_members (const void *one, const void *other)
{
    const zelect_options_member_t *left = one, *right = other;
    if (left->voter != right->voter)
        return left->voter ? -1 : 1;
    return strcmp (left->id, right->id);
}

//  The first ids, for whoever looks for the one that is missing.

static void
s_list_members (const zelect_options_t *self, char *list, size_t size)
{
    size_t length = 0;
    for (size_t index = 0; index < self->member_count && index < 6 && length < size; index++)
        length += (size_t) snprintf (list + length, size - length, "%s%s", index ? ", " : "",
                                     index < 5 ? self->members [index].id : "...");
}

static int
s_settle_members (zelect_options_t *self)
{
    if (self->member_count == 0)
        return s_fail (self, "cluster",
                       "cluster '%s' has no members; add each with its endpoint, this node too",
                       self->cluster);
    qsort (self->members, self->member_count, sizeof self->members [0], s_compare_members);
    self->voter_count = 0;
    for (size_t index = 0; index < self->member_count; index++)
        self->voter_count += self->members [index].voter;
    if (self->voter_count == 0)
        return s_fail (self, "cluster", "cluster '%s' has no voter; let a member have voter = 1",
                       self->cluster);
    self->self = zelect_options_find_member (self, self->name);
    if (self->self == ZELECT_NOBODY) {
        char list [6 * (ZELECT_ID_MAX + 2)] = "";
        s_list_members (self, list, sizeof list);
        return s_fail (self, "node/name",
                       "node '%s' is not among the members (%s); add it with its endpoint",
                       self->name, list);
    }
    return 0;
}

//  --------------------------------------------------------------------------
//  Where

static int
s_settle_feeds (zelect_options_t *self)
{
    for (size_t index = 0; index < self->member_count; index++) {
        zelect_options_member_t *member = &self->members [index];
        if (!*member->endpoint)
            return s_fail_member (self, member,
                                  "member %s has no endpoint; give it endpoint = tcp://HOST:PORT",
                                  member->id);
        memcpy (member->feed_endpoint, member->feed, sizeof member->feed);
        if (*member->feed)
            continue;
        const char *wrong = zelect_endpoint_feed (member->endpoint, member->feed_endpoint);
        if (wrong)
            return s_fail_member (self, member, "member %s: endpoint = '%s': %s", member->id,
                                  member->endpoint, wrong);
    }
    return 0;
}

//  Endpoint `which` of all: those of the members, then their feeds.

static const char *
s_endpoint (const zelect_options_t *self, size_t which)
{
    return which < self->member_count ? self->members [which].endpoint
                                      : self->members [which - self->member_count].feed_endpoint;
}

static int
s_check_distinct (zelect_options_t *self)
{
    size_t count = self->member_count;
    for (size_t one = 0; one < 2 * count; one++)
        for (size_t other = 0; other < one; other++)
            if (zelect_endpoint_same (s_endpoint (self, one), s_endpoint (self, other)))
                return s_fail_member (self, &self->members [one % count],
                                      "'%s' is the %s of member %s and the %s of member %s; "
                                      "each needs its own",
                                      s_endpoint (self, one), one < count ? "endpoint" : "feed",
                                      self->members [one % count].id,
                                      other < count ? "endpoint" : "feed",
                                      self->members [other % count].id);
    return 0;
}

//  libzmq binds addresses and interfaces, and looks no names up to bind.

static bool
s_can_be_bound (const char *endpoint)
{
    zelect_endpoint_t parts;
    return !zelect_endpoint_parse (&parts, endpoint) && (parts.is_ipc || parts.is_numeric);
}

static int
s_settle_bind (zelect_options_t *self)
{
    const char *endpoint = *self->bind ? self->bind : self->members [self->self].endpoint;
    memcpy (self->bind_endpoint, endpoint, sizeof self->bind_endpoint);
    if (*self->bind || s_can_be_bound (endpoint))
        return 0;
    return s_fail_member (self, &self->members [self->self],
                          "'%s' cannot be bound, because its host is a name; set node/bind to an "
                          "address of this machine or to 'tcp://*%s'",
                          endpoint, strrchr (endpoint, ':'));
}

//  Whoever said where the feed of this node is found does not want it bound
//  elsewhere.

static int
s_settle_bind_feed (zelect_options_t *self)
{
    const char *feed = *self->feed ? self->feed : self->members [self->self].feed;
    const char *wrong = NULL;
    if (*feed)
        memcpy (self->feed_endpoint, feed, sizeof self->feed_endpoint);
    else
        wrong = zelect_endpoint_feed (self->bind_endpoint, self->feed_endpoint);
    if (wrong)
        return s_fail (self, "node/bind", "node/bind = '%s': %s", self->bind_endpoint, wrong);
    if (!*self->feed && *feed && !s_can_be_bound (feed))
        return s_fail_member (self, &self->members [self->self],
                              "'%s' cannot be bound, because its host is a name; set node/feed to "
                              "an address of this machine or to 'tcp://*%s'",
                              feed, strrchr (feed, ':'));
    if (zelect_endpoint_same (self->bind_endpoint, self->feed_endpoint))
        return s_fail (self, "node/feed",
                       "node/feed = '%s' is where node/bind is; each needs its own",
                       self->feed_endpoint);
    return 0;
}

//  --------------------------------------------------------------------------
//  When

//  Two heartbeats in a row may get lost without the leader losing its lease:
//  the promises of its followers, T, have to last for the third, and the lease
//  that they give (R6), shorter than they for the drift of clocks, for more
//  than two.

static uint32_t
s_least_election_ms (const zelect_options_t *self)
{
    uint32_t least_ms = 3 * self->heartbeat_ms;
    while (zelect_quorum_lease_ns (least_ms * ZELECT_MS, self->drift_permille)
           <= UINT64_C (2) * self->heartbeat_ms * ZELECT_MS)
        least_ms++;
    return least_ms;
}

//  What is left of a lease, at least, while no two heartbeats in a row get lost.

static uint64_t
s_left_ns (const zelect_options_t *self, uint32_t election_ms)
{
    uint64_t lease_ns = zelect_quorum_lease_ns (election_ms * ZELECT_MS, self->drift_permille);
    uint64_t lost_ns = UINT64_C (2) * self->heartbeat_ms * ZELECT_MS;
    return lease_ns > lost_ns ? lease_ns - lost_ns : 0;
}

static int
s_check_notice (zelect_options_t *self)
{
    uint64_t notice_ns = self->notice_ms * ZELECT_MS;
    if (self->notice_ms && self->preempt)
        return s_fail (self, "node/preempt",
                       "node/preempt = 1 does not go with timing/notice = %u ms, since a leader "
                       "whose work needs time to stop cannot hand over at once; set one of them "
                       "to 0",
                       self->notice_ms);
    if (!self->notice_ms || s_left_ns (self, self->election_ms) >= notice_ns)
        return 0;
    uint32_t least_ms = self->election_ms;
    while (s_left_ns (self, least_ms) < notice_ns)
        least_ms++;
    return s_fail (self, "timing/notice",
                   "timing/notice = %u ms is more than the %u ms that timing/election = %u ms, "
                   "timing/heartbeat = %u ms and timing/drift = %u leave of a lease after two lost "
                   "heartbeats; set timing/election to %u ms or more, or lower timing/notice",
                   self->notice_ms, (uint32_t) (s_left_ns (self, self->election_ms) / ZELECT_MS),
                   self->election_ms, self->heartbeat_ms, self->drift_permille, least_ms);
}

static int
s_check_timing (zelect_options_t *self)
{
    uint32_t least_ms = s_least_election_ms (self);
    if (self->election_ms < least_ms)
        return s_fail (self,
                       *zelect_options_line (self, zelect_options_find_key ("timing/election"))
                           ? "timing/election"
                           : "timing/heartbeat",
                       "timing/election = %u ms is too short for timing/heartbeat = %u ms and "
                       "timing/drift = %u, because a lease has to outlast two lost heartbeats; "
                       "set timing/election to %u ms or more, or lower timing/heartbeat",
                       self->election_ms, self->heartbeat_ms, self->drift_permille, least_ms);
    if (self->watchdog_ms > 0 && self->watchdog_ms < self->heartbeat_ms)
        return s_fail (self, "timing/watchdog",
                       "timing/watchdog = %u ms is shorter than timing/heartbeat = %u ms; set it "
                       "to %u ms or more, or to 0 for none",
                       self->watchdog_ms, self->heartbeat_ms, self->heartbeat_ms);
    return 0;
}

//  --------------------------------------------------------------------------
//  What is kept

static int
s_check_store (zelect_options_t *self)
{
    bool has_store = *self->store;
    if (has_store && self->is_volatile)
        return s_fail (self, "node/volatile",
                       "node/volatile = 1 keeps nothing, yet node/store = '%.200s'; remove one",
                       self->store);
    if (self->create && self->is_volatile)
        return s_fail (self, "node/create",
                       "node/create = 1 is about a store, and node/volatile = 1 has none; "
                       "remove one");
    if (self->create && !has_store)
        return s_fail (self, "node/create",
                       "node/create = 1 is about a store; set node/store to a directory");
    if (!has_store && !self->is_volatile && self->members [self->self].voter)
        return s_fail (self, "node",
                       "node '%s' votes and has nowhere to keep its votes; set node/store to a "
                       "directory that outlives the process, or node/volatile to 1",
                       self->name);
    return 0;
}

//  --------------------------------------------------------------------------
//  Who comes in

//  What was said about security, if anything; whoever began to say something does not
//  want to go without it.

static const char *
s_said (zelect_options_t *self)
{
    if (*self->keys)
        return "security/keys";
    if (self->observers != ZELECT_OBSERVERS_LISTED)
        return "security/observers";
    bool has_section = *zelect_options_line (self, zelect_options_find_key ("security")) > 0;
    return has_section ? "security" : NULL;
}

static int
s_check_clear (zelect_options_t *self)
{
    if (*self->certificate)
        return s_fail (self, "security/certificate",
                       "security/certificate = '%.200s' is of no use alone; set security/keys to "
                       "the directory of the public certificates",
                       self->certificate);
    const char *said = s_said (self);
    if (said)
        return s_fail (self, said,
                       "%s without security/certificate secures nothing; set that to the file of "
                       "this node's secret key",
                       said);
    return 0;
}

//  Each member has a key, and this node has its own.

static int
s_check_keys (zelect_options_t *self, const zelect_keys_t *keys)
{
    for (size_t index = 0; index < self->member_count; index++) {
        const zelect_options_member_t *member = &self->members [index];
        if (!zelect_keys_find (keys, member->id))
            return s_fail_member (self, member,
                                  "member %s has no public key; put its certificate at "
                                  "%.400s/%s.cert",
                                  member->id, self->keys, member->id);
    }
    const char *owner = zelect_keys_owner (keys, zelect_keys_public (keys));
    if (!owner || strcmp (owner, self->name) != 0)
        return s_fail (self, "security/certificate",
                       "security/certificate = '%.200s' is not the one of %.200s/%s.cert (it is "
                       "%s%s); name the secret certificate of this node",
                       self->certificate, self->keys, self->name, owner ? "that of " : "nobody's",
                       owner ? owner : "");
    return 0;
}

static int
s_check_security (zelect_options_t *self)
{
    if (!*self->certificate || !*self->keys)
        return s_check_clear (self);
    zelect_trouble_t trouble;
    zelect_keys_t *keys = zelect_keys_new (self->certificate, self->keys, &trouble);
    if (!keys)
        return s_fail (self, "security", "%s", trouble.text);
    int rc = s_check_keys (self, keys);
    zelect_keys_destroy (&keys);
    errno = EINVAL;
    return rc;
}

//  --------------------------------------------------------------------------
//  What is allowed but unwise

//  A forwarder in between makes it right; more often it is a mistake.

static void
s_warn_if_elsewhere (zelect_options_t *self, const char *key, const char *bound, const char *sought)
{
    zelect_endpoint_t left, right;
    if (zelect_endpoint_parse (&left, bound) || zelect_endpoint_parse (&right, sought))
        return;
    bool is_elsewhere = left.is_ipc != right.is_ipc || left.port != right.port
                        || (left.is_ipc && strcmp (left.host, right.host) != 0);
    if (is_elsewhere)
        s_warn (self,
                "%s is bound at '%s', but the others look for it at '%s'; make them agree unless "
                "something forwards between them",
                key, bound, sought);
}

static int
s_find_warnings (zelect_options_t *self)
{
    const zelect_options_member_t *member = &self->members [self->self];
    s_warn_if_elsewhere (self, "node/bind", self->bind_endpoint, member->endpoint);
    s_warn_if_elsewhere (self, "node/feed", self->feed_endpoint, member->feed_endpoint);
    if (self->voter_count == 2)
        s_warn (self,
                "with 2 voters none may fail; a third, be it a witness with priority 0, lets one "
                "fail");
    else if (self->voter_count % 2 == 0)
        s_warn (self, "%u voters stand the loss of no more than %u would; make their number odd",
                self->voter_count, self->voter_count - 1);
    return 0;
}

int
zelect_options_validate (zelect_options_t *self)
{
    static int (*const checks []) (zelect_options_t *) = {
        s_check_names, s_settle_members,   s_settle_feeds, s_check_distinct,
        s_settle_bind, s_settle_bind_feed, s_check_timing, s_check_notice,
        s_check_store, s_check_security,   s_find_warnings};
    assert (self);
    self->warning [0] = 0;
    for (size_t index = 0; index < sizeof checks / sizeof checks [0]; index++)
        if (checks [index](self))
            return -1;
    return 0;
}
