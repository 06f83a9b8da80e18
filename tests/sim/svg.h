/*  =========================================================================
    svg - a run as a timeline

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SVG_H_INCLUDED
#define SVG_H_INCLUDED

#include "run.h"

//  --------------------------------------------------------------------------
//  Perform a plan and draw it: a lane a node, roles as colours, leases as bars,
//  messages as arrows. Returns 0, or -1 if the file cannot be written.

int svg_write (const char *path, const plan_t *plan, const char *caption);

#endif
