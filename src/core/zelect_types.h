/*  =========================================================================
    zelect_types - the words and the limits of the whole project

    One word per idea, and each list of words in one place: an X-macro yields
    the enumeration, the name that people read and, for reasons, the sentence
    that goes with it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TYPES_H_INCLUDED
#define ZELECT_TYPES_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  The most members of a cluster: a set of members is one 64-bit mask. The
//  explorer of all interleavings builds the core with fewer.
#ifndef ZELECT_MEMBERS_MAX
#define ZELECT_MEMBERS_MAX 64
#endif

//  A list of member indexes, its size rounded up so that no struct is padded
#define ZELECT_RANKING_SIZE ((ZELECT_MEMBERS_MAX + 7) / 8 * 8)

#define ZELECT_ID_MAX 63    //  Bytes of a member's or a cluster's name

//  Terms live in 63 bits; one message moves a term by 2^20 at most (R1).
#define ZELECT_TERM_MAX (UINT64_C (1) << 63)
#define ZELECT_TERM_JUMP (UINT64_C (1) << 20)

//  R17: how far above the highest term heard a node that forgot its votes
//  stays, when too few have answered for that highest to be certain.
#define ZELECT_FLOOR_MARGIN (UINT64_C (1) << 16)
#define ZELECT_FLOOR_UNSETTLED UINT64_MAX    //  Has not asked the others yet

#define ZELECT_NEVER UINT64_MAX    //  A time that does not come

//  Member indexes: voters first, each group sorted by id, so that an index
//  names the same voter everywhere.
#define ZELECT_NOBODY 255      //  No member
#define ZELECT_STRANGER 254    //  A vote for an id that is no member any more

#define ZELECT_MS UINT64_C (1000000)    //  Nanoseconds in a millisecond

//  Nobody promises or leases longer than an hour.
#define ZELECT_PROMISE_MAX (UINT64_C (3600000) * ZELECT_MS)

//  What a node is (DESIGN: follower, precandidate, candidate, leader-elect,
//  leader, faulted).
#define ZELECT_ROLE_MAP(X)                                                                         \
    X (FOLLOWER, "follower")                                                                       \
    X (PRECANDIDATE, "precandidate")                                                               \
    X (CANDIDATE, "candidate")                                                                     \
    X (LEADER_ELECT, "leader_elect")                                                               \
    X (LEADER, "leader")                                                                           \
    X (FAULTED, "faulted")

//  Why a node became what it is; the sentence is for people.
#define ZELECT_REASON_MAP(X)                                                                       \
    X (STARTED, "the node started")                                                                \
    X (SILENCE, "no leader was heard in time")                                                     \
    X (PREVOTED, "a majority would vote for it")                                                   \
    X (ELECTED, "a majority voted for it")                                                         \
    X (LEASED, "a majority acknowledged its heartbeat")                                            \
    X (HEARTBEAT, "a leader's heartbeat was accepted")                                             \
    X (VOTED, "it voted for another")                                                              \
    X (NO_MAJORITY, "no majority answered in time")                                                \
    X (NO_LEASE, "no majority acknowledged a first heartbeat in time")                             \
    X (LOST_QUORUM, "no majority acknowledged its heartbeats in time")                             \
    X (HIGHER_TERM, "a higher term was seen")                                                      \
    X (RELEASED, "the leader released its followers")                                              \
    X (DIED, "the leader process is proved dead")                                                  \
    X (RESIGNED, "it resigned")                                                                    \
    X (TRANSFERRED, "it handed over to the member asked for")                                      \
    X (PREEMPTED, "it handed over to a member of higher priority")                                 \
    X (UNHEALTHY, "its application is not healthy")                                                \
    X (STOPPED, "the node is stopping")                                                            \
    X (TWO_LEADERS, "another leader of the same term was heard")                                   \
    X (STORE_FAILED, "the vote store failed")                                                      \
    X (BROKEN, "an invariant of the election is broken")

//  What the core thinks somebody should hear of, beside roles.
#define ZELECT_REPORT_MAP(X)                                                                       \
    X (TERM_JUMP, "a term too far ahead")                                                          \
    X (TIMEOUT_DIFFERS, "a member with another election timeout")                                  \
    X (TWO_LEADERS, "two leaders in one term")                                                     \
    X (SETTLED, "the others were heard; taking part")                                              \
    X (BROKEN, "an invariant of the election is broken")

//  What a command came to.
#define ZELECT_ANSWER_MAP(X)                                                                       \
    X (DONE, "done")                                                                               \
    X (NOT_LEADER, "this node is not the leader")                                                  \
    X (NO_MEMBER, "there is no such member")                                                       \
    X (IS_SELF, "this node leads already")                                                         \
    X (NOT_ELECTABLE, "that member cannot lead")                                                   \
    X (SILENT, "that member has not acknowledged lately")

#define X(name, text) ZELECT_ROLE_##name,
typedef enum { ZELECT_ROLE_MAP (X) ZELECT_ROLES } zelect_role_t;
#undef X

#define X(name, text) ZELECT_REASON_##name,
typedef enum { ZELECT_REASON_MAP (X) ZELECT_REASONS } zelect_reason_t;
#undef X

#define X(name, text) ZELECT_REPORT_##name,
typedef enum { ZELECT_REPORT_MAP (X) ZELECT_REPORTS } zelect_report_t;
#undef X

#define X(name, text) ZELECT_ANSWER_##name,
typedef enum { ZELECT_ANSWER_MAP (X) ZELECT_ANSWERS } zelect_answer_t;
#undef X

//  --------------------------------------------------------------------------
//  The names of a role ("leader_elect"), a reason ("LOST_QUORUM"), and the
//  sentences of reasons, reports and answers. All are constants; a value out
//  of range gives "?".

const char *zelect_role_name (zelect_role_t role);
const char *zelect_reason_name (zelect_reason_t reason);
const char *zelect_reason_text (zelect_reason_t reason);
const char *zelect_report_name (zelect_report_t report);
const char *zelect_report_text (zelect_report_t report);
const char *zelect_answer_text (zelect_answer_t answer);

#endif
