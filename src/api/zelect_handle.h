/*  =========================================================================
    zelect_handle - inside zelect_t: an actor, its sockets and its cell

    The handle is sugar: each call is a command to the actor, one at a time,
    under the mutex, so that any thread may call. What is asked a million times
    is read from the cell, without the mutex.

        caller ---- pipe ----> node          commands and replies
        caller <-- events ---- node          zelect_recv
        callbacks <----------> node          zelect_caller

    The threads of the handle hold references to it, so that one which cannot be
    waited for (a callback that sleeps) never loses the ground under its feet.

    A forked child inherits the memory but not the threads. The cell knows, and
    nothing else is looked at there: the mutex may have been locked at the fork,
    the sockets are the parent's.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_HANDLE_H_INCLUDED
#define ZELECT_HANDLE_H_INCLUDED

#include "zelect.h"
#include "zelect_caller.h"
#include "zelect_node.h"

#include <pthread.h>
#include <stdatomic.h>

struct _zelect_t {
    zelect_cell_t *cell;            //  Wait-free answers
    atomic_int references;          //  The owner's and those of our threads
    atomic_bool is_started;
    pthread_mutex_t mutex;          //  One command at a time; guards the rest
    bool is_closed;                 //  Destroyed: a callback may still ask
    zsock_t *pipe;                  //  To the node
    char *error;                    //  What went wrong last, or NULL
    zmsg_t *tree;                   //  A reply that another thread waits for
    pthread_mutex_t tree_mutex;     //  One waits for a tree at a time

    zelect_log_fn *_Atomic log;     //  Who gets the log, or NULL
    void *_Atomic log_arg;

    zsock_t *events;                //  The owner's
    char *shown_error;              //  What zelect_error returned
    zelect_caller_t *caller;        //  Of the callbacks
    pthread_t thread;               //  Of the node

    zelect_node_args_t args;        //  The node's, with the other ends
    zsock_t *node_pipe;
    zsock_t *node_events;
};

//  --------------------------------------------------------------------------
//  Send a command with its arguments, strings up to a NULL, and wait for the
//  reply. Returns 0, or -1 with errno and the error of the handle; ENOTCONN if
//  the handle is destroyed or this process is a forked child. Any thread.

int zelect_command (zelect_t *self, const char *name, ...) __attribute__ ((sentinel));

//  --------------------------------------------------------------------------
//  Note what went wrong in the handle itself, and set errno. Returns -1.

int zelect_fail (zelect_t *self, int code, const char *text);

//  --------------------------------------------------------------------------
//  Ask for the tree of the cluster. The caller owns the string; NULL with errno
//  as above. Other commands go on meanwhile. Any thread.

char *zelect_command_tree (zelect_t *self, int timeout_ms);

//  --------------------------------------------------------------------------
//  The node's log, which goes on to the function that the owner set. Arg is the
//  handle.

void zelect_handle_log (void *arg, char level, const char *line);

//  --------------------------------------------------------------------------
//  Drop a reference; the last one frees the handle.

void zelect_unref (zelect_t *self);

#endif
