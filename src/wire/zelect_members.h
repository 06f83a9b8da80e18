/*  =========================================================================
    zelect_members - the table of a cluster's members

    Names travel on the wire, indexes live in the core. The table translates:
    voters first, then the others, each group in the byte order of its ids, so
    that an index names the same voter on every node. It is a flat value.

    The digest stands for the set of voters: FNV-1a with 64 bits over the id of
    each voter in the order of the table, each followed by a zero byte. Nodes
    with other voters have another digest, and do not count each other.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_MEMBERS_H_INCLUDED
#define ZELECT_MEMBERS_H_INCLUDED

#include "zelect_types.h"

//  What the table is made from, in any order.

typedef struct {
    const char *id;
    bool is_voter;
} zelect_member_t;

typedef struct {
    uint64_t voters;    //  Mask
    uint64_t digest;    //  Of the voters
    char cluster [ZELECT_ID_MAX + 1];
    char ids [ZELECT_MEMBERS_MAX] [ZELECT_ID_MAX + 1];
    uint8_t count;
    uint8_t self;       //  This node's index
} zelect_members_t;

//  --------------------------------------------------------------------------
//  Fill the table. Nothing of the arguments is kept. Returns 0, or -1 with
//  errno EINVAL: the cluster or an id is not a name, an id stands there twice,
//  self_id does not stand there, or there are none or more than 64 members.

int zelect_members_init (zelect_members_t *self,
                         const char *cluster,
                         const char *self_id,
                         const zelect_member_t *list,
                         size_t count);

//  --------------------------------------------------------------------------
//  The index of an id, or ZELECT_NOBODY.

uint8_t zelect_members_find (const zelect_members_t *self, const char *id);

//  --------------------------------------------------------------------------
//  The id of an index; "" if it is none, as for ZELECT_NOBODY. The table's.

const char *zelect_members_id (const zelect_members_t *self, uint8_t index);

//  --------------------------------------------------------------------------
//  True if the text is a name: 1 to 63 of A-Z a-z 0-9 . _ -

bool zelect_members_is_name (const char *text);

#endif
