/*  =========================================================================
    zelect_lease - "am I the leader?", answered from any thread in nanoseconds

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_lease_private.h"

#include <stdatomic.h>

struct _zelect_lease_t {
    zelect_cell_t *cell;
    atomic_int references;    //  The owner's and those of actors
};

zelect_lease_t *
zelect_lease_new (void)
{
    zelect_lease_t *self = calloc (1, sizeof (zelect_lease_t));
    assert (self);
    atomic_init (&self->references, 1);
    self->cell = zelect_cell_new ();
    if (!self->cell)
        zelect_lease_destroy (&self);
    return self;
}

void
zelect_lease_destroy (zelect_lease_t **self_p)
{
    assert (self_p);
    if (*self_p)
        zelect_lease_let_go (*self_p);
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
zelect_lease_hold (zelect_lease_t *self)
{
    assert (self);
    atomic_fetch_add (&self->references, 1);
    return self->cell;
}

void
zelect_lease_let_go (zelect_lease_t *self)
{
    assert (self);
    if (atomic_fetch_sub (&self->references, 1) > 1)
        return;
    zelect_cell_destroy (&self->cell);
    free (self);
}
