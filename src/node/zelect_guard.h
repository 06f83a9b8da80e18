/*  =========================================================================
    zelect_guard - who comes in, and as whom

    Libzmq asks the guard of a context (ZAP, ZeroMQ RFC 27) about each key that
    wants to connect to a socket that is bound. The guard has the list in its
    head: a member's key is that member, and nobody else's is; other keys are
    observers', if observers are let in at all.

    It answers when the node has its turn. Whoever waits for that is outside, and
    is given up by libzmq after a while: a slow node, or a dead one, lets nobody
    in. And it hears of those who do not even get as far as to be asked about:
    no CURVE, or a wrong idea of this node's key.

    Who is in is known by the key alone, from then on: it comes with each message
    (User-Id), from libzmq and from nobody else.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_GUARD_H_INCLUDED
#define ZELECT_GUARD_H_INCLUDED

#include "zelect_keys.h"
#include "zelect_options.h"
#include <zmq.h>

//  What to poll: the questions, and the doors.
enum { ZELECT_GUARD_QUESTIONS, ZELECT_GUARD_DOORS, ZELECT_GUARD_DOORS_MAX = 2 };
#define ZELECT_GUARD_ITEMS_MAX (ZELECT_GUARD_DOORS + ZELECT_GUARD_DOORS_MAX)

typedef struct _zelect_guard_t zelect_guard_t;

//  --------------------------------------------------------------------------
//  A guard for a context, with the keys that the validated options name; both
//  outlive it. NULL, with the trouble, if a file is not as it was when they were
//  validated, or there are no resources.

zelect_guard_t *
zelect_guard_new (void *context, const zelect_options_t *options, zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Off duty: from now on nobody new comes in. To be called while the doors are
//  open still. And its end, after that.

void zelect_guard_close (zelect_guard_t *self);
void zelect_guard_destroy (zelect_guard_t **self_p);

//  --------------------------------------------------------------------------
//  The keys.

const zelect_keys_t *zelect_guard_keys (const zelect_guard_t *self);

//  --------------------------------------------------------------------------
//  Hear of who fails at this door, a socket that is going to be bound. Returns
//  0, or -1 with the trouble.

int zelect_guard_watch (zelect_guard_t *self, void *socket, zelect_trouble_t *trouble);

//  --------------------------------------------------------------------------
//  Fill in what to poll for input with zelect_poll, at most
//  ZELECT_GUARD_ITEMS_MAX items. Returns how many.

size_t zelect_guard_poll_items (zelect_guard_t *self, zmq_pollitem_t *items);

//  --------------------------------------------------------------------------
//  Answer at most `limit` questions; or hear of that many failures at a door.
//  Returns how many were turned away.

size_t zelect_guard_serve (zelect_guard_t *self, size_t item, size_t limit);

//  --------------------------------------------------------------------------
//  The member that a key in Z85 is; ZELECT_NOBODY: an observer.

uint8_t zelect_guard_member (const zelect_guard_t *self, const char *key);

//  --------------------------------------------------------------------------
//  The key of a member, by its index in the options.

const char *zelect_guard_key (const zelect_guard_t *self, uint8_t member);

#endif
