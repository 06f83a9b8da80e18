/*  =========================================================================
    zelect_lease_private - the cell of a lease, for the actor that writes it

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_LEASE_PRIVATE_H_INCLUDED
#define ZELECT_LEASE_PRIVATE_H_INCLUDED

#include "zelect_cell.h"
#include "zelect_lease.h"

//  --------------------------------------------------------------------------
//  The cell, for an actor, until it lets it go. The owner may destroy the lease
//  meanwhile: zactor_destroy does not wait for an actor whose pipe has a receive
//  time-out.

zelect_cell_t *zelect_lease_hold (zelect_lease_t *self);
void zelect_lease_let_go (zelect_lease_t *self);

//  --------------------------------------------------------------------------
//  What zelect_lease_token does, for any cell.

int zelect_lease_read (const zelect_cell_t *cell, zelect_token_t *token);

#endif
