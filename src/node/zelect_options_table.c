/*  =========================================================================
    zelect_options_table - every key of the settings, in one table

    Whoever adds a setting adds a field and a row.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

//  --------------------------------------------------------------------------
//  The table of keys, in the order of the documentation and of a saved file.

#define OF(field) .offset = offsetof (zelect_options_t, field)
#define OF_MEMBER(field) .is_of_member = true, .offset = offsetof (zelect_options_member_t, field)

static const char *const s_failovers [] = {[ZELECT_FAILOVER_OFF] = "off",
                                           [ZELECT_FAILOVER_LOCAL] = "local",
                                           [ZELECT_FAILOVER_DIRECT] = "direct",
                                           [ZELECT_FAILOVERS] = NULL};

static const char *const s_observers [] = {[ZELECT_OBSERVERS_ANY] = "any",
                                           [ZELECT_OBSERVERS_LISTED] = "listed",
                                           [ZELECT_OBSERVERS_NONE] = "none",
                                           [ZELECT_OBSERVERS] = NULL};

static const zelect_options_key_t s_keys [] = {
    {"node", ZELECT_KIND_SECTION, .meaning = "This node"},
    {"node/name", ZELECT_KIND_NAME, OF (name), .least = 1, .shown = "none: needed",
     .meaning = "Which of the members this node is"},
    {"node/bind", ZELECT_KIND_BIND, OF (bind), .shown = "own endpoint",
     .meaning = "Where members reach this node, if not at its endpoint as a member"},
    {"node/feed", ZELECT_KIND_BIND, OF (feed), .shown = "port of bind + 1; ipc: path + .feed",
     .meaning = "Where observers and members listen to this node"},
    {"node/store", ZELECT_KIND_PATH, OF (store), .shown = "none",
     .meaning = "The directory of its votes, which outlives the process; a voter needs it, "
                "or volatile"},
    {"node/create", ZELECT_KIND_SWITCH, OF (create), .most = 1,
     .meaning = "1: the cluster is new, so an empty store has forgotten nothing"},
    {"node/volatile", ZELECT_KIND_SWITCH, OF (is_volatile), .most = 1,
     .meaning = "1: keep nothing over a restart; after a restart of all nodes terms start again "
                "and are no fencing tokens"},
    {"node/priority", ZELECT_KIND_NUMBER, OF (priority), .most = 255, .fallback = 100,
     .meaning = "The highest campaigns first; 0: a witness, which votes but never leads"},
    {"node/preempt", ZELECT_KIND_SWITCH, OF (preempt), .most = 1,
     .meaning = "1: while it leads, hand over to a member of higher priority"},
    {"node/fast_failover", ZELECT_KIND_CHOICE, OF (fast_failover), .most = ZELECT_FAILOVERS - 1,
     .fallback = ZELECT_FAILOVER_LOCAL, .choices = s_failovers,
     .meaning = "Whose refused connections prove at once that a leader is dead: nobody's, those of "
                "members on this host, or everybody's (only where no firewall, proxy or address "
                "that moves stands between members)"},
    {"node/verbose", ZELECT_KIND_SWITCH, OF (verbose), .most = 1, .meaning = "1: log every step"},
    {"node/tags", ZELECT_KIND_TAGS,
     .meaning = "Names and values of your own, shown in the feed and the cluster state"},
    {"cluster", ZELECT_KIND_NAME, OF (cluster), .least = 1, .shown = "none: needed",
     .meaning = "The cluster's name, the same on all nodes"},
    {"cluster/member", ZELECT_KIND_MEMBER,
     .meaning = "The id of a member, this node too; once for each"},
    {"cluster/member/endpoint", ZELECT_KIND_ENDPOINT, OF_MEMBER (endpoint), .least = 1,
     .shown = "none: needed", .meaning = "Where the others reach it"},
    {"cluster/member/feed", ZELECT_KIND_ENDPOINT, OF_MEMBER (feed),
     .shown = "port of endpoint + 1; ipc: path + .feed",
     .meaning = "Where the others listen to it"},
    {"cluster/member/voter", ZELECT_KIND_SWITCH, OF_MEMBER (voter), .most = 1, .fallback = 1,
     .meaning = "0: it follows, but neither votes nor leads nor counts"},
    {"timing", ZELECT_KIND_SECTION, .meaning = "The same on all nodes"},
    {"timing/heartbeat", ZELECT_KIND_TIME, OF (heartbeat_ms), .least = 1, .most = 10000,
     .fallback = 100, .meaning = "The interval of the leader's heartbeats"},
    {"timing/election", ZELECT_KIND_TIME, OF (election_ms), .least = 10, .most = 60000,
     .fallback = 500,
     .meaning = "How long followers stay loyal to a silent leader; at least 3 heartbeats"},
    {"timing/connect", ZELECT_KIND_TIME, OF (connect_ms), .least = 1, .most = 60000,
     .fallback = 1000, .meaning = "How long a TCP connection may take to be made"},
    {"timing/callback", ZELECT_KIND_TIME, OF (callback_ms), .least = 1, .most = 3600000,
     .fallback = 1000, .meaning = "How long a callback may run before an ERROR event says so"},
    {"timing/watchdog", ZELECT_KIND_TIME, OF (watchdog_ms), .most = 3600000,
     .meaning = "How often a leader's application has to say that it is alive; 0: never"},
    {"timing/notice", ZELECT_KIND_TIME, OF (notice_ms), .most = 60000,
     .meaning = "How long the leader's work needs to stop: unless it is asked to, this node frees "
                "nobody to lead before the lease that it had ends; 0: the work stops at once"},
    {"timing/drift", ZELECT_KIND_NUMBER, OF (drift_permille), .least = 1, .most = 300,
     .fallback = 100,
     .meaning = "By how many parts of a thousand the clocks of the cluster may run fast or slow"},
    {"security", ZELECT_KIND_SECTION,
     .meaning = "With it, all members and observers speak CURVE; without, everybody is believed"},
    {"security/certificate", ZELECT_KIND_PATH, OF (certificate), .shown = "none",
     .meaning = "The file of this node's secret key, with mode 0600 (`zelect keygen`)"},
    {"security/keys", ZELECT_KIND_PATH, OF (keys), .shown = "none",
     .meaning = "A directory of public certificates: ID.cert for each member, this node too; other "
                "names are observers"},
    {"security/observers", ZELECT_KIND_CHOICE, OF (observers), .most = ZELECT_OBSERVERS - 1,
     .fallback = ZELECT_OBSERVERS_LISTED, .choices = s_observers,
     .meaning = "Who may watch but is no member: all who know this node's public key, those whose "
                "certificates are among the keys, or nobody"}};

#define S_KEY_COUNT (sizeof s_keys / sizeof s_keys [0])
_Static_assert(S_KEY_COUNT <= ZELECT_OPTIONS_KEYS_MAX, "lines has an entry for each key");

const zelect_options_key_t *
zelect_options_key (size_t index)
{
    return index < S_KEY_COUNT ? &s_keys [index] : NULL;
}

const zelect_options_key_t *
zelect_options_find_key (const char *path)
{
    for (size_t index = 0; index < S_KEY_COUNT; index++)
        if (strcmp (s_keys [index].path, path) == 0)
            return &s_keys [index];
    return NULL;
}

uint32_t *
zelect_options_line (zelect_options_t *self, const zelect_options_key_t *key)
{
    return &self->lines [key - s_keys];
}

//  --------------------------------------------------------------------------
//  Which key was meant?

//  The edits (a letter more, less or another, or two swapped) that make one
//  path from the other; paths longer than any key are far from all.

#define S_FAR 99
#define S_PATH_MAX 32

static size_t
s_distance (const char *one, const char *other)
{
    size_t rows = strlen (one), columns = strlen (other);
    if (rows > S_PATH_MAX || columns > S_PATH_MAX)
        return S_FAR;
    size_t cost [S_PATH_MAX + 1][S_PATH_MAX + 1];
    for (size_t row = 0; row <= rows; row++)
        for (size_t column = 0; column <= columns; column++) {
            if (row == 0 || column == 0) {
                cost [row][column] = row + column;
                continue;
            }
            bool differs = one [row - 1] != other [column - 1];
            size_t least = cost [row - 1][column - 1] + differs;
            if (least > cost [row - 1][column] + 1)
                least = cost [row - 1][column] + 1;
            if (least > cost [row][column - 1] + 1)
                least = cost [row][column - 1] + 1;
            if (row > 1 && column > 1 && one [row - 1] == other [column - 2]
                && one [row - 2] == other [column - 1] && least > cost [row - 2][column - 2] + 1)
                least = cost [row - 2][column - 2] + 1;
            cost [row][column] = least;
        }
    return cost [rows][columns];
}

//  A path without what stands before its last "/".

static const char *
s_last (const char *path)
{
    const char *slash = strrchr (path, '/');
    return slash ? slash + 1 : path;
}

//  The key that was meant: a slip of the pen away, or in another section.

static const char *
s_suggestion (const char *path)
{
    const char *best = NULL;
    size_t best_distance = S_FAR;
    for (size_t index = 0; index < S_KEY_COUNT; index++) {
        const char *key = s_keys [index].path;
        size_t distance = s_distance (path, key);
        if (distance > 1 && s_distance (s_last (path), s_last (key)) == 0)
            distance = 1;
        if (distance < best_distance && distance * 3 <= strlen (s_last (key))) {
            best = key;
            best_distance = distance;
        }
    }
    return best;
}

//  The keys that stand beside a path, as "name, bind, feed".

static void
s_list_neighbours (const char *path, char *list, size_t size)
{
    size_t parent = (size_t) (s_last (path) - path);
    size_t length = 0;
    for (size_t index = 0; index < S_KEY_COUNT; index++) {
        const char *key = s_keys [index].path;
        bool is_beside = strncmp (key, path, parent) == 0 && key + parent == s_last (key);
        if (is_beside && length < size)
            length += (size_t) snprintf (list + length, size - length, "%s%s", length ? ", " : "",
                                         key + parent);
    }
}

int
zelect_options_fail_unknown (zelect_options_t *self, const char *path)
{
    const char *meant = s_suggestion (path);
    if (meant)
        return zelect_options_fail (self, EINVAL, "unknown key '%.80s' (did you mean '%s'?)", path,
                                    meant);
    char list [ZELECT_OPTIONS_ERROR_MAX / 2] = "";
    s_list_neighbours (path, list, sizeof list);
    if (!*list)
        s_list_neighbours ("", list, sizeof list);
    return zelect_options_fail (self, EINVAL, "unknown key '%.80s' (known: %s)", path, list);
}

//  --------------------------------------------------------------------------
//  Documentation

//  How the range of each kind reads; numbers have theirs in the table.

static const char *const s_ranges [ZELECT_KINDS] = {
    [ZELECT_KIND_SECTION] = "a section",
    [ZELECT_KIND_TAGS] = "a section; 512 bytes in all",
    [ZELECT_KIND_MEMBER] = "1 to 63 of A-Z a-z 0-9 . _ -; 64 members at most",
    [ZELECT_KIND_NAME] = "1 to 63 of A-Z a-z 0-9 . _ -",
    [ZELECT_KIND_BIND] = "tcp://ADDRESS:PORT, tcp://*:PORT or ipc://PATH",
    [ZELECT_KIND_ENDPOINT] = "tcp://HOST:PORT or ipc://PATH",
    [ZELECT_KIND_PATH] = "a path of 900 bytes at most",
    [ZELECT_KIND_SWITCH] = "0 or 1"};

//  All but the last two of a list of words are followed by a comma.

static void
s_print_choices (FILE *stream, const char *const *choices)
{
    for (; *choices; choices++)
        fprintf (stream, "%s%s", *choices, !choices [1] ? "" : choices [2] ? ", " : " or ");
}

static void
s_print_row (FILE *stream, const zelect_options_key_t *key)
{
    const char *unit = key->kind == ZELECT_KIND_TIME ? " ms" : "";
    fprintf (stream, "| `%s` | ", key->path);
    if (key->choices)
        fprintf (stream, "%s | ", key->choices [key->fallback]);
    else if (key->most > 0)
        fprintf (stream, "%u%s | ", key->fallback, unit);
    else
        fprintf (stream, "%s | ", key->shown ? key->shown : "none");
    if (key->choices)
        s_print_choices (stream, key->choices);
    else if (s_ranges [key->kind])
        fprintf (stream, "%s", s_ranges [key->kind]);
    else
        fprintf (stream, "%u to %u%s", key->least, key->most, unit);
    fprintf (stream, " | %s |\n", key->meaning);
}

void
zelect_options_print_table (FILE *stream)
{
    assert (stream);
    fprintf (stream, "| key | default | range | meaning |\n|---|---|---|---|\n");
    for (size_t index = 0; index < S_KEY_COUNT; index++)
        s_print_row (stream, &s_keys [index]);
}
