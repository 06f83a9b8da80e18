/*  =========================================================================
    zelect_pair - two sockets that talk to each other

    What zsys_create_pipe does; but a process that has no socket left gets an
    error instead of an assertion, and a signal mask of the host's stays out of
    our threads.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PAIR_H_INCLUDED
#define ZELECT_PAIR_H_INCLUDED

#include <czmq.h>
#include <pthread.h>

//  --------------------------------------------------------------------------
//  Make a pair; each side holds at most `messages_max` messages. 0, or -1 with
//  errno EMFILE, and no sockets.

int zelect_pair_new (zsock_t **near_p, zsock_t **far_p, int messages_max);

//  --------------------------------------------------------------------------
//  Start a thread that gets no signals: those are the business of the host's
//  own threads. 0, or -1 with errno EAGAIN.

int zelect_thread_new (pthread_t *thread, void *(*run) (void *), void *arg);

#endif
