/*  =========================================================================
    zelect_verdict - what the answers of some nodes come to

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_VERDICT_H_INCLUDED
#define ZELECT_VERDICT_H_INCLUDED

#include "zelect_cli.h"

//  The leader is the one that the majority of those who answered names.

typedef struct {
    int asked;
    int answered;
    int agree;          //  How many name the same leader in the same term
    zconfig_t *best;    //  The answer of one of those, or NULL
} zelect_verdict_t;

//  --------------------------------------------------------------------------
//  Ask these endpoints, with a pass where nodes have keys (else NULL): the tree of
//  zelect_query, or NULL if one of them is none.

zconfig_t *zelect_verdict_ask (zlist_t *endpoints, int timeout_ms, const zelect_pass_t *pass);

//  --------------------------------------------------------------------------
//  Judge such a tree, which has to outlive the verdict.

zelect_verdict_t zelect_verdict (zconfig_t *answers);

//  --------------------------------------------------------------------------
//  The first answer in the tree, or NULL; whether a node did not answer; and a value
//  of an answer, "" if there is none.

zconfig_t *zelect_verdict_first (zconfig_t *answers);

bool zelect_verdict_is_down (zconfig_t *answer);

const char *zelect_verdict_get (zconfig_t *answer, const char *key);

//  --------------------------------------------------------------------------
//  Say on stderr which of some endpoints is none: alone it is refused too.

void zelect_verdict_refuse (const zelect_command_t *command,
                            zlist_t *endpoints,
                            const zelect_pass_t *pass);

#endif
