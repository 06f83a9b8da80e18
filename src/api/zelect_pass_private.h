/*  =========================================================================
    zelect_pass_private - what a pass is to the library

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PASS_PRIVATE_H_INCLUDED
#define ZELECT_PASS_PRIVATE_H_INCLUDED

#include "zelect_keys.h"
#include "zelect_pass.h"

//  --------------------------------------------------------------------------
//  The keys, NULL if the pass is not in order.

const zelect_keys_t *zelect_pass_keys (const zelect_pass_t *self);

//  --------------------------------------------------------------------------
//  The ENDPOINT in NAME@ENDPOINT, and the name's key; without a pass (NULL) the whole
//  text, and no key. NULL with errno EINVAL if it is not of this form, or there is no
//  such name.

const char *
zelect_pass_endpoint (const zelect_pass_t *self, const char *text, const char **key);

#endif
