/*  =========================================================================
    zelect_keeper - a command that never outlives the lease that it works under

    There are two processes. The supervisor has the node, renews the deadline and
    gives orders; the guardian, its child, starts the command and kills it. Each of
    them can kill by itself:

        lease end - margin - grace      the guardian sends TERM
        lease end - margin              the guardian sends KILL to all of them
        lease end - margin / 2          the supervisor sends KILL, if the guardian did not

    so that the death or the stop of one of them leaves nothing running:

    *   The supervisor is stopped, or its threads starve: the deadline in the shared
        page is not renewed, and the guardian acts on it.
    *   The supervisor dies: the guardian sees the end of their wire, and stops the
        command. It holds a copy of the descriptors by which the others know that the
        node lives (zelect_keeper_hold), so nobody is elected while the command ends.
        Should the guardian have been stopped, the kernel wakes it (PDEATHSIG).
    *   The guardian dies: the kernel kills the command, and the supervisor, which
        inherits what is left, the rest.
    *   The guardian is stopped: the supervisor acts on the deadline, and wakes it.

    If both are stopped, nobody is left to kill; if both are killed at once, the kernel
    still kills the command, but not what detached itself from it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_KEEPER_H_INCLUDED
#define ZELECT_KEEPER_H_INCLUDED

#include "zelect.h"

#include <stdatomic.h>

#define ZELECT_KEEPER_HELD_MAX 32    //  Descriptors that it holds

//  What the guardian is to do; it knows it from before it is born.

typedef struct {
    const char *cluster;
    const char *node;
    char *const *command;    //  Its words
    char *const *check;      //  Of the health command; NULL: none
    int grace_ms;            //  From TERM to KILL
    int margin_ms;           //  From KILL to the end of the lease
    int check_ms;            //  The most that a health command may take
} zelect_keeper_plan_t;

//  What the guardian has to tell.

typedef enum {
    ZELECT_KEEPER_ENDED,      //  The command ended by itself; number: its wait status
    ZELECT_KEEPER_STOPPED,    //  It was stopped, by order or for the lease
    ZELECT_KEEPER_FAILED,     //  It could not be executed; number: errno
    ZELECT_KEEPER_CHECKED     //  The health command ended; number: 1 if it succeeded
} zelect_keeper_news_t;

typedef struct {
    zelect_keeper_news_t news;
    int number;
} zelect_keeper_report_t;

//  The supervisor's orders.

typedef enum {
    ZELECT_KEEPER_HOLD,      //  Keep the descriptors that come along
    ZELECT_KEEPER_START,     //  Start the command
    ZELECT_KEEPER_SIGNAL,    //  Pass a signal on; number
    ZELECT_KEEPER_STOP,      //  TERM, then KILL
    ZELECT_KEEPER_CHECK      //  Run the health command
} zelect_keeper_verb_t;

typedef struct {
    zelect_keeper_verb_t verb;
    int number;
    uint64_t term;
    char role [16];
    char leader [64];    //  "" if it is not known
    char reason [32];
} zelect_keeper_order_t;

//  The page that both share: until when the command may run.

typedef struct {
    _Atomic uint64_t until_ns;
} zelect_keeper_page_t;

typedef struct _zelect_keeper_t zelect_keeper_t;

//  --------------------------------------------------------------------------
//  Make the guardian. To be called before there is any thread; the plan has to stay.
//  NULL with errno.

zelect_keeper_t *zelect_keeper_new (const zelect_keeper_plan_t *plan);

//  --------------------------------------------------------------------------
//  Kill what still runs, end the guardian and destroy the guard. Does not return as
//  long as something lives on: the node has to lead, or another command would begin.

void zelect_keeper_destroy (zelect_keeper_t **self_p);

//  --------------------------------------------------------------------------
//  Give the guardian a copy of this process's listening sockets, and of the locks of
//  their paths: by these the other nodes judge whether this process is dead (R10).

int zelect_keeper_hold (zelect_keeper_t *self);

//  --------------------------------------------------------------------------
//  Give an order. 0, or -1 if the guardian is gone.

int zelect_keeper_tell (zelect_keeper_t *self, const zelect_keeper_order_t *order);

//  --------------------------------------------------------------------------
//  The command may run until then; to be said before START, and again whenever the
//  lease is renewed.

void zelect_keeper_renew (zelect_keeper_t *self, uint64_t until_ns);

//  --------------------------------------------------------------------------
//  What becomes readable when the guardian has told something, and that: 1, or 0 if
//  there is nothing, or -1 if the guardian is gone.

int zelect_keeper_fd (const zelect_keeper_t *self);

int zelect_keeper_recv (zelect_keeper_t *self, zelect_keeper_report_t *report);

//  --------------------------------------------------------------------------
//  When the supervisor itself has to kill, which is when the guardian did not; and that:
//  all but the guardian, which is let go on in case it was stopped. To be called until
//  the guardian reports.

uint64_t zelect_keeper_deadline_ns (const zelect_keeper_t *self);

void zelect_keeper_kill (zelect_keeper_t *self);

//  --------------------------------------------------------------------------
//  The life of the guardian (zelect_guardian), which ends with its supervisor's.

void zelect_guardian_live (const zelect_keeper_plan_t *plan,
                           const zelect_keeper_page_t *page,
                           int wire);

#endif
