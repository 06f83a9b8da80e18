/*  =========================================================================
    zelect_pass - what an observer shows at doors that CURVE guards

    Its own secret certificate, and the public ones of those whom it wants to
    reach, by their names: a key is known before a word is said to who has it. So
    with a pass an endpoint is written NAME@ENDPOINT, and DIRECTORY/NAME.cert says
    whose key is expected there.

        zelect_pass_t *pass = zelect_pass_new ("keys/watcher.cert_secret", "keys");
        if (zelect_pass_error (pass))
            puts (zelect_pass_error (pass));
        zelect_observer_set_pass (observer, pass);
        zelect_observer_connect (observer, "n1@tcp://10.0.0.1:5681");

    A pass belongs to one thread, and outlives the observers that have it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PASS_H_INCLUDED
#define ZELECT_PASS_H_INCLUDED

#include "zelect_library.h"

#ifdef __cplusplus
extern "C" {
#endif

//  --------------------------------------------------------------------------
//  Read the file of the own secret key (its mode has to be 0600) and a directory
//  of public certificates. Ask zelect_pass_error whether it went well. The caller
//  owns it; NULL with errno ENOMEM.

ZELECT_EXPORT zelect_pass_t *
    zelect_pass_new (const char *certificate, const char *directory);

//  --------------------------------------------------------------------------
//  Destroy a pass; its keys are wiped.

ZELECT_EXPORT void
    zelect_pass_destroy (zelect_pass_t **self_p);

//  --------------------------------------------------------------------------
//  What is wrong with it, in a sentence that names the file and the remedy; NULL if
//  it is in order. One that is not opens no door.

ZELECT_EXPORT const char *
    zelect_pass_error (const zelect_pass_t *self);

#ifdef __cplusplus
}
#endif

#endif
