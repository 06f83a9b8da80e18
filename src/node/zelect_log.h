/*  =========================================================================
    zelect_log - one line of key=value at a time, to a function of the host's

    What a hostile or broken network can repeat is limited to one line a second
    for each kind; the next line of the kind says how many were left out.

    Levels: 'E'rror, 'W'arning, 'N'otice (role changes), 'I'nfo (members),
    'D'ebug (messages; only when verbose).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_LOG_H_INCLUDED
#define ZELECT_LOG_H_INCLUDED

#include "zelect_types.h"

//  Gets every line, without a line end. Must not block.

typedef void (zelect_log_fn) (void *arg, char level, const char *line);

//  Kinds of lines. EACH is never limited: only for what the node itself decides
//  seldom, or what the owner asked for.

typedef enum {
    ZELECT_LOG_EACH,
    ZELECT_LOG_REJECTED,     //  Frames that were dropped
    ZELECT_LOG_UNSENT,       //  Messages that found no way
    ZELECT_LOG_REPORT,       //  What the core reports of members
    ZELECT_LOG_STALL,        //  The process did not run
    ZELECT_LOG_OWNER,        //  The owner does not read, callbacks are late
    ZELECT_LOG_LEADER,       //  Leader changes seen by a follower
    ZELECT_LOG_KINDS
} zelect_log_kind_t;

typedef struct {
    zelect_log_fn *write;    //  NULL: nobody listens
    void *arg;
    bool verbose;            //  'D' lines are written
    char cluster [ZELECT_ID_MAX + 1];
    char node [ZELECT_ID_MAX + 1];
    uint64_t last_ns [ZELECT_LOG_KINDS];    //  0: none yet
    uint64_t suppressed [ZELECT_LOG_KINDS];
} zelect_log_t;

//  --------------------------------------------------------------------------
//  Start a log that writes to `write` (NULL: to nobody).

void zelect_log_init (zelect_log_t *self, zelect_log_fn *write, void *arg);

//  --------------------------------------------------------------------------
//  Say who speaks: both stand in every line from now on.

void zelect_log_name (zelect_log_t *self, const char *cluster, const char *node);

//  --------------------------------------------------------------------------
//  Write one line: "cluster=C node=N " and the formatted text, cut at 1023
//  bytes; control characters become '?', so that a line stays one line.

void zelect_log (zelect_log_t *self,
                 zelect_log_kind_t kind,
                 char level,
                 const char *format,
                 ...) __attribute__ ((format (printf, 4, 5)));

//  --------------------------------------------------------------------------
//  A zelect_log_fn that writes errors and warnings to stderr, as
//  "zelect: W cluster=..."; the default of the library.

void zelect_log_stderr (void *arg, char level, const char *line);

#endif
