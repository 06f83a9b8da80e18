/*  =========================================================================
    zelect_tree - what a node says of itself, as a ZPL tree for people and tools

    The tree can always be written as ZPL text and read back: what a foreign
    node may put into its tags is made harmless here.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TREE_H_INCLUDED
#define ZELECT_TREE_H_INCLUDED

#include "zelect_wire.h"
#include <czmq.h>

//  --------------------------------------------------------------------------
//  Put a value at a path below an item. Characters that ZPL cannot quote are
//  replaced.

void zelect_tree_put (zconfig_t *item, const char *path, const char *value);
void zelect_tree_put_number (zconfig_t *item, const char *path, uint64_t value);

//  --------------------------------------------------------------------------
//  Put what a node says of itself below an item: state (the role's name), term,
//  leader, voter, priority, reason, healthy, tags/<name>.

void zelect_tree_put_state (zconfig_t *item, const zelect_state_t *state);

#endif
