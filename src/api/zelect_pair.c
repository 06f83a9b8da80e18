/*  =========================================================================
    zelect_pair - two sockets that talk to each other

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_pair.h"
#include "zelect_descriptors.h"
#include "zelect_random.h"

#include <inttypes.h>
#include <signal.h>

//  A socket takes a descriptor, and the first of a process some more.
#define DESCRIPTORS 16

int
zelect_pair_new (zsock_t **near_p, zsock_t **far_p, int messages_max)
{
    assert (near_p);
    assert (far_p);
    *near_p = NULL;
    *far_p = NULL;
    if (zelect_descriptors_are_left (DESCRIPTORS)) {
        *near_p = zsock_new (ZMQ_PAIR);
        *far_p = zsock_new (ZMQ_PAIR);
        zsock_set_sndhwm (*near_p, messages_max);
        zsock_set_rcvhwm (*near_p, messages_max);
        zsock_set_sndhwm (*far_p, messages_max);
        zsock_set_rcvhwm (*far_p, messages_max);
        //  A name is free again only some time after its socket is destroyed
        zelect_random_t random;
        zelect_random_init (&random);
        uint64_t name = zelect_random_next (&random);
        if (zsock_bind (*near_p, "inproc://zelect-pair/%016" PRIx64, name) == 0
            && zsock_connect (*far_p, "inproc://zelect-pair/%016" PRIx64, name) == 0)
            return 0;
    }
    zsock_destroy (near_p);
    zsock_destroy (far_p);
    errno = EMFILE;
    return -1;
}

int
zelect_thread_new (pthread_t *thread, void *(*run) (void *), void *arg)
{
    assert (thread);
    assert (run);
    sigset_t all, before;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    int rc = pthread_create (thread, NULL, run, arg);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    errno = rc;
    return rc ? -1 : 0;
}
