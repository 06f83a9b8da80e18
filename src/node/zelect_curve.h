/*  =========================================================================
    zelect_curve - the settings that make a socket speak CURVE, or nothing

    Libzmq fails open: a socket that listens with CURVE lets everybody in as long
    as nobody answers for ZAP, and says so nowhere. So each setting is read back,
    and a socket that would not insist is not used.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CURVE_H_INCLUDED
#define ZELECT_CURVE_H_INCLUDED

#include "zelect_keys.h"

//  What CURVE adds to a message, and the longest frame of its handshake that a SUB sends
//  (INITIATE, with the little that it says of itself).
#define ZELECT_CURVE_OVERHEAD 33
#define ZELECT_CURVE_HANDSHAKE_MAX 512

//  The domain of all network sockets. Without one, libzmq asks nobody.
#define ZELECT_CURVE_DOMAIN "zelect"

//  --------------------------------------------------------------------------
//  A socket that will be bound: it takes CURVE alone, with this node's key, and
//  whom the guard (zelect_guard) of its context lets in. Nobody comes in where
//  there is none. Returns 0, or -1 with the trouble.

int zelect_curve_listen (void *socket, const zelect_keys_t *keys, zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  A socket that will connect: it shows the own key. Before each connection it
//  has to be told whose key it will meet; to nobody else it says a word. Returns
//  0, or -1 with the trouble.

int zelect_curve_visit (void *socket, const zelect_keys_t *keys, zelect_trouble_t *trouble);
int zelect_curve_expect (void *socket, const char *key, zelect_trouble_t *trouble);

#endif
