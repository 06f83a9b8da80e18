/*  =========================================================================
    zelect_keys - own key pair, and whose the other keys are

    Read from files in the format of CZMQ's zcert, which `zelect keygen` writes:
    one secret certificate of one's own, and a directory with a public one for
    everybody else, NAME.cert. Who has the secret key to it *is* that name; so
    no key stands there twice.

    Nothing of a secret certificate is ever shown or logged. The object wipes
    what it knows when it ends.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_KEYS_H_INCLUDED
#define ZELECT_KEYS_H_INCLUDED

#include "zelect_trouble.h"

#include <stddef.h>

#define ZELECT_KEY_SIZE 41      //  A key in Z85, with its closing zero
#define ZELECT_KEYS_MAX 1024    //  Certificates in a directory, at most

typedef struct _zelect_keys_t zelect_keys_t;

//  --------------------------------------------------------------------------
//  Read both. NULL, with the trouble, if there is no CURVE in libzmq, a file is
//  missing, no certificate, or open to others, or two certificates have one key.

zelect_keys_t *
zelect_keys_new (const char *certificate, const char *directory, zelect_trouble_t *trouble);
void zelect_keys_destroy (zelect_keys_t **self_p);

//  --------------------------------------------------------------------------
//  The own pair, in Z85.

const char *zelect_keys_public (const zelect_keys_t *self);
const char *zelect_keys_secret (const zelect_keys_t *self);

//  --------------------------------------------------------------------------
//  The public key of a name, and the name of a key; NULL if there is none.

const char *zelect_keys_find (const zelect_keys_t *self, const char *name);
const char *zelect_keys_owner (const zelect_keys_t *self, const char *key);

//  --------------------------------------------------------------------------
//  How many names have keys.

size_t zelect_keys_count (const zelect_keys_t *self);

#endif
