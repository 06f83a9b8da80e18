/*  =========================================================================
    zelect_role - which role may follow which, and why

        follower <----> precandidate ----> candidate ----> leader_elect
            ^                |                 |               |    |
            |<---------------+-----------------+---------------+    v
            +------------------------------------------------- leader

    From each of them the way to faulted is open; there is none back.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_ROLE_H_INCLUDED
#define ZELECT_ROLE_H_INCLUDED

#include "zelect_types.h"

//  --------------------------------------------------------------------------
//  True if a node in the role `from` may become `to`.

bool zelect_role_allows (zelect_role_t from, zelect_role_t to);

//  --------------------------------------------------------------------------
//  The table as a state diagram: Graphviz text, a constant.

const char *zelect_role_diagram (void);

#endif
