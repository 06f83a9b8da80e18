/*  =========================================================================
    zelect_options - the settings of a node

    One table of keys (zelect_options.c) says for each setting its path, type,
    default, range and meaning. Setting by path, reading and writing a file,
    every error text and the table in the README come from it. Relations
    between settings are checked in one place, zelect_options_validate, which
    also settles what was left to default.

        zelect_options_t *options = zelect_options_new ();
        if (zelect_options_load (options, "zelect.cfg")
            || zelect_options_set (options, "timing/heartbeat", "50 ms")
            || zelect_options_validate (options))
            puts (zelect_options_error (options));

    The file is ZPL (ZeroMQ RFC 4), read strictly: a key that does not exist, a
    key that stands twice or a line out of its column is an error with file,
    line, value and remedy.

        node
            name = n1
            store = /var/lib/zelect/orders
            tags
                zone = a
        cluster = orders
            member = n1
                endpoint = tcp://10.0.0.1:5680
            member = n2
                endpoint = tcp://10.0.0.2:5680
        timing
            heartbeat = 100 ms

    The settings are one flat struct without pointers: an assignment copies
    them. Read its fields as you like, but write them by the functions here.
    An object belongs to one thread.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_OPTIONS_H_INCLUDED
#define ZELECT_OPTIONS_H_INCLUDED

#include "zelect_endpoint.h"

#include <stdio.h>

#define ZELECT_PATH_MAX 900              //  Bytes of a path; a line of the file holds it
#define ZELECT_OPTIONS_KEYS_MAX 32       //  Rows of the table of keys, at most
#define ZELECT_OPTIONS_ERROR_MAX 1791    //  Bytes of an error or a warning

//  For which members a refused connection is believed to prove that the process
//  there is dead (R10).

typedef enum {
    ZELECT_FAILOVER_OFF,       //  For none: a dead leader is waited for as a silent one
    ZELECT_FAILOVER_LOCAL,     //  For those on this host, with nothing in between
    ZELECT_FAILOVER_DIRECT,    //  For all
    ZELECT_FAILOVERS
} zelect_failover_t;

//  Which observers come in where CURVE guards the doors.

typedef enum {
    ZELECT_OBSERVERS_ANY,       //  All who know the key of the node
    ZELECT_OBSERVERS_LISTED,    //  Those whose public keys are here, too
    ZELECT_OBSERVERS_NONE,      //  Members alone
    ZELECT_OBSERVERS
} zelect_observers_t;

//  A member of the cluster.

typedef struct {
    char id [ZELECT_ID_MAX + 1];
    char endpoint [ZELECT_ENDPOINT_MAX + 1];    //  Where it is reached
    char feed [ZELECT_ENDPOINT_MAX + 1];        //  As set; "": the default
    uint32_t voter;                             //  1: votes and counts; 0: only follows
    uint32_t line;                              //  Where it stands in the file, or 0

    //  Settled by validate
    char feed_endpoint [ZELECT_ENDPOINT_MAX + 1];    //  Where its feed is
} zelect_options_member_t;

typedef struct {
    //  Node
    char name [ZELECT_ID_MAX + 1];          //  This node's member id; ""
    char bind [ZELECT_ENDPOINT_MAX + 1];    //  As set; "": the default
    char feed [ZELECT_ENDPOINT_MAX + 1];    //  As set; "": the default
    char store [ZELECT_PATH_MAX + 1];       //  Directory of the votes; ""
    char tags [ZELECT_TAGS_MAX + 1];        //  "name=value\n" for each tag
    uint32_t create;                        //  1: the cluster is new
    uint32_t is_volatile;                   //  1: keeps nothing over a restart
    uint32_t priority;                      //  0 (witness) to 255
    uint32_t preempt;                       //  1: hands over to a higher one
    uint32_t fast_failover;                 //  A zelect_failover_t
    uint32_t verbose;                       //  1: log every step

    //  Cluster
    char cluster [ZELECT_ID_MAX + 1];    //  Its name; ""
    size_t member_count;
    zelect_options_member_t members [ZELECT_MEMBERS_MAX];    //  After validate:
                                                             //  voters first, then by id

    //  Timing
    uint32_t heartbeat_ms;
    uint32_t election_ms;
    uint32_t connect_ms;
    uint32_t callback_ms;
    uint32_t watchdog_ms;    //  0: none
    uint32_t notice_ms;      //  What the leader's work needs to stop
    uint32_t drift_permille;

    //  Security
    char certificate [ZELECT_PATH_MAX + 1];    //  File of this node's secret key;
    char keys [ZELECT_PATH_MAX + 1];           //  directory of the public ones. "": in clear
    uint32_t observers;                        //  A zelect_observers_t

    //  Settled by validate
    uint32_t self;                                   //  This node's index in members
    uint32_t voter_count;                            //  Members [0 .. voter_count - 1] vote
    char bind_endpoint [ZELECT_ENDPOINT_MAX + 1];    //  What to bind: the ROUTER,
    char feed_endpoint [ZELECT_ENDPOINT_MAX + 1];    //  the XPUB

    //  Private: where each key was set, for errors, and what went wrong
    char file [ZELECT_PATH_MAX + 1];
    uint32_t lines [ZELECT_OPTIONS_KEYS_MAX];
    char error [ZELECT_OPTIONS_ERROR_MAX + 1];
    char warning [ZELECT_OPTIONS_ERROR_MAX + 1];
} zelect_options_t;

//  --------------------------------------------------------------------------
//  New settings, all at their defaults, or a copy of others; the caller owns
//  them. NULL with errno ENOMEM.

zelect_options_t *zelect_options_new (void);
zelect_options_t *zelect_options_dup (const zelect_options_t *self);
void zelect_options_destroy (zelect_options_t **self_p);

//  --------------------------------------------------------------------------
//  Set one setting by its path: "timing/heartbeat" to "50" or "50 ms",
//  "node/priority", "node/tags/zone", "cluster", and of a member that was
//  added "cluster/member/n1/endpoint", ".../feed" or ".../voter". Feeds, bind
//  and store may be set to "", their default. Returns 0, or -1 with errno
//  EINVAL and the error; then nothing has changed.

int zelect_options_set (zelect_options_t *self, const char *path, const char *value);

//  --------------------------------------------------------------------------
//  Add a voter. 0, or -1 with errno EINVAL and the error: no id, no endpoint,
//  there already, or one too many.

int zelect_options_add_member (zelect_options_t *self, const char *id, const char *endpoint);

//  --------------------------------------------------------------------------
//  Change a member: where its feed is ("": the default), whether it votes. 0,
//  or -1 with errno EINVAL and the error.

int zelect_options_set_member_feed (zelect_options_t *self, const char *id, const char *endpoint);
int zelect_options_set_member_voter (zelect_options_t *self, const char *id, bool voter);

//  --------------------------------------------------------------------------
//  Set what a file says, as if its settings were set one by one; what it does
//  not name stays, but a member that it names is as it says. 0, or -1 with
//  errno and the error, which begins with file:line; then nothing has changed.

int zelect_options_load (zelect_options_t *self, const char *filename);

//  --------------------------------------------------------------------------
//  Write all settings to a file, which loads back equal. An old file is
//  replaced in one step. 0, or -1 with errno and the error.

int zelect_options_save (zelect_options_t *self, const char *filename);

//  --------------------------------------------------------------------------
//  Check the settings against each other, sort the members, and settle what
//  was left to default. May be called again after changes. 0, or -1 with errno
//  EINVAL and the error.

int zelect_options_validate (zelect_options_t *self);

//  --------------------------------------------------------------------------
//  The last error, in one sentence without a line end; "" if there was none.
//  What the last validate finds allowed but unwise, sentences with "; "
//  between; "" if nothing. Both strings are the object's.

const char *zelect_options_error (const zelect_options_t *self);
const char *zelect_options_warning (const zelect_options_t *self);

//  --------------------------------------------------------------------------
//  The index of a member by its id, or ZELECT_NOBODY. It changes when members
//  are added, and in validate.

uint8_t zelect_options_find_member (const zelect_options_t *self, const char *id);

//  --------------------------------------------------------------------------
//  Print the table of keys in Markdown: key, default, range, meaning. The
//  README shows exactly this.

void zelect_options_print_table (FILE *stream);

#endif
