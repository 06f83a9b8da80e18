/*  =========================================================================
    api_diary - callbacks that write down what they were called for

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef API_DIARY_H_INCLUDED
#define API_DIARY_H_INCLUDED

#include "api_cluster.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct _api_diary_t api_diary_t;

//  What a callback does when it has written: its result is the callback's.
typedef int (api_diary_fn) (api_diary_t *self, zelect_t *node, const zelect_event_t *event);

struct _api_diary_t {
    pthread_mutex_t mutex;
    char text [8000];        //  Names of the events, each with a space
    int count;
    atomic_bool is_broken;   //  ENTER and LEAVE did not alternate
    atomic_int entered;      //  A zelect_event_type_t, or 0
    char reason [64];        //  Of the last event
    char source [64];        //  The old role that the last event told
    pthread_t thread;        //  On which the last callback ran
    api_diary_fn *act;       //  NULL: nothing
    atomic_int running;      //  Callbacks that run now
    atomic_int most;         //  ... at most
    atomic_bool is_held;     //  A callback that acts by api_diary_hold waits
};

//  --------------------------------------------------------------------------
//  An empty diary, with all six callbacks set on the node.

void api_diary_init (api_diary_t *self, zelect_t *node, api_diary_fn *act);

//  --------------------------------------------------------------------------
//  True if an event of this name is written down; or if all of them are these.

bool api_diary_has (api_diary_t *self, const char *name);
bool api_diary_reads (api_diary_t *self, const char *text);
int api_diary_count (api_diary_t *self);

//  --------------------------------------------------------------------------
//  Reason and old role of the last event; what is entered now (0: nothing);
//  whether ENTER and LEAVE did not alternate; the thread of the last call.

bool api_diary_ends (api_diary_t *self, const char *reason, const char *source);
zelect_event_type_t api_diary_entered (api_diary_t *self);
bool api_diary_is_broken (api_diary_t *self);
pthread_t api_diary_thread (api_diary_t *self);

//  --------------------------------------------------------------------------
//  An act: wait while is_held.

int api_diary_hold (api_diary_t *self, zelect_t *node, const zelect_event_t *event);

#endif
