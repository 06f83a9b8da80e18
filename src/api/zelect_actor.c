/*  =========================================================================
    zelect_actor - the raw actor, for who lives in CZMQ

    The node itself, given what the caller of zactor_new hands in: a lease cell
    or nothing. Errors and warnings go to stderr.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect.h"
#include "zelect_lease_private.h"
#include "zelect_node.h"

#include <signal.h>

void
zelect_actor (zsock_t *pipe, void *args)
{
    //  The signals of the process are the business of the host's own threads
    sigset_t all;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, NULL);

    zelect_lease_t *lease = (zelect_lease_t *) args;
    zelect_node_args_t node_args = {
        .cell = lease ? zelect_lease_hold (lease) : NULL,
        .log = zelect_log_stderr,
    };
    zelect_node_actor (pipe, &node_args);
    if (lease)
        zelect_lease_let_go (lease);
}
