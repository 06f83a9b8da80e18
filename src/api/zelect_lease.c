/*  =========================================================================
    zelect_lease - "am I the leader?", answered from any thread in nanoseconds

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_lease_private.h"

struct _zelect_lease_t {
    zelect_cell_t *cell;
};

zelect_lease_t *
zelect_lease_new (void)
{
    zelect_lease_t *self = calloc (1, sizeof (zelect_lease_t));
    assert (self);
    self->cell = zelect_cell_new ();
    if (!self->cell)
        zelect_lease_destroy (&self);
    return self;
}

void
zelect_lease_destroy (zelect_lease_t **self_p)
{
    assert (self_p);
    zelect_lease_t *self = *self_p;
    if (!self)
        return;
    zelect_cell_destroy (&self->cell);
    free (self);
    *self_p = NULL;
}

bool
zelect_lease_held (const zelect_lease_t *self)
{
    assert (self);
    return zelect_cell_held (self->cell);
}

int
zelect_lease_token (const zelect_lease_t *self, zelect_token_t *token)
{
    assert (self);
    return zelect_lease_read (self->cell, token);
}

int
zelect_lease_read (const zelect_cell_t *cell, zelect_token_t *token)
{
    assert (token);
    if (zelect_cell_token (cell, &token->term, &token->until_ns))
        return 0;
    errno = ENOLCK;
    return -1;
}

zelect_cell_t *
zelect_lease_cell (zelect_lease_t *self)
{
    assert (self);
    return self->cell;
}
