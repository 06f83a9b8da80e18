/*  =========================================================================
    zelect_descriptors - are there file descriptors left?

    CZMQ and libzmq abort the process when a socket finds none (zsock_new, the
    resolver of addresses). So who is about to make sockets asks first.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_DESCRIPTORS_H_INCLUDED
#define ZELECT_DESCRIPTORS_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>

//  --------------------------------------------------------------------------
//  True if the process can open so many descriptors more, at this moment. False
//  with errno EMFILE, ENFILE or ENOMEM.

bool zelect_descriptors_are_left (size_t count);

#endif
