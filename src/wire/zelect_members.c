/*  =========================================================================
    zelect_members - the table of a cluster's members

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_members.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

#define FNV_BASIS UINT64_C (14695981039346656037)
#define FNV_PRIME UINT64_C (1099511628211)

bool
zelect_members_is_name (const char *text)
{
    assert (text);
    size_t size = strspn (text, NAME_CHARACTERS);
    return size > 0 && size <= ZELECT_ID_MAX && text [size] == 0;
}

uint8_t
zelect_members_find (const zelect_members_t *self, const char *id)
{
    assert (self);
    assert (id);
    for (uint8_t index = 0; index < self->count; index++)
        if (strcmp (self->ids [index], id) == 0)
            return index;
    return ZELECT_NOBODY;
}

const char *
zelect_members_id (const zelect_members_t *self, uint8_t index)
{
    assert (self);
    return index < self->count ? self->ids [index] : "";
}

//  The zero byte after each id keeps {"ab", "c"} apart from {"a", "bc"}.

static uint64_t
s_digest (const zelect_members_t *self)
{
    uint64_t digest = FNV_BASIS;
    for (uint8_t index = 0; index < self->count; index++) {
        if (!(self->voters >> index & 1))
            continue;
        size_t size = strlen (self->ids [index]) + 1;
        for (size_t byte = 0; byte < size; byte++)
            digest = (digest ^ (uint8_t) self->ids [index][byte]) * FNV_PRIME;
    }
    return digest;
}

static bool
s_stands_before (const zelect_member_t *left, const zelect_member_t *right)
{
    if (left->is_voter != right->is_voter)
        return left->is_voter;
    return strcmp (left->id, right->id) < 0;
}

//  A member's index is the number of members that stand before it.

static uint8_t
s_place (const zelect_member_t *list, size_t count, const zelect_member_t *member)
{
    uint8_t place = 0;
    for (size_t index = 0; index < count; index++)
        place = (uint8_t) (place + s_stands_before (&list [index], member));
    return place;
}

static bool
s_is_list (const zelect_member_t *list, size_t count)
{
    if (count == 0 || count > ZELECT_MEMBERS_MAX)
        return false;
    for (size_t index = 0; index < count; index++) {
        if (!zelect_members_is_name (list [index].id))
            return false;
        for (size_t other = 0; other < index; other++)
            if (strcmp (list [index].id, list [other].id) == 0)
                return false;
    }
    return true;
}

int
zelect_members_init (zelect_members_t *self,
                     const char *cluster,
                     const char *self_id,
                     const zelect_member_t *list,
                     size_t count)
{
    assert (self);
    assert (cluster);
    assert (self_id);
    assert (list || count == 0);
    memset (self, 0, sizeof *self);
    if (!zelect_members_is_name (cluster) || !s_is_list (list, count)) {
        errno = EINVAL;
        return -1;
    }
    memcpy (self->cluster, cluster, strlen (cluster));
    self->count = (uint8_t) count;
    for (size_t index = 0; index < count; index++) {
        uint8_t place = s_place (list, count, &list [index]);
        memcpy (self->ids [place], list [index].id, strlen (list [index].id));
        if (list [index].is_voter)
            self->voters |= UINT64_C (1) << place;
    }
    self->digest = s_digest (self);
    self->self = zelect_members_find (self, self_id);
    if (self->self == ZELECT_NOBODY) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}
