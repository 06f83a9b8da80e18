/*  =========================================================================
    shrink - the shortest plan found that fails in the same way

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SHRINK_H_INCLUDED
#define SHRINK_H_INCLUDED

#include "run.h"

//  --------------------------------------------------------------------------
//  Make a plan that fails with this verdict shorter, for some seconds at most:
//  without actions, without faults, with shorter pauses.

void shrink (plan_t *plan, const char *verdict, double seconds);

#endif
