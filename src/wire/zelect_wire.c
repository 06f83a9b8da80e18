/*  =========================================================================
    zelect_wire - the words of the wire

    What RPCs and feed messages share: the reasons for turning a frame away.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_wire.h"

static const struct {
    const char *name;
    const char *text;
} s_rejects [ZELECT_REJECTS] = {[ZELECT_REJECT_NONE] = {"NONE", "the message is in order"},
#define X(name, text) [ZELECT_REJECT_##name] = {#name, text},
                                ZELECT_REJECT_MAP (X)
#undef X
};

const char *
zelect_reject_name (int reject)
{
    return reject >= 0 && reject < ZELECT_REJECTS ? s_rejects [reject].name : "?";
}

const char *
zelect_reject_text (int reject)
{
    return reject >= 0 && reject < ZELECT_REJECTS ? s_rejects [reject].text : "?";
}
