/*  =========================================================================
    sim_marks - what a picture of a run is drawn from

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_marks.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sim_marks_add (sim_marks_t *self, const sim_mark_t *mark)
{
    if (!self->are_kept)
        return;
    if (self->count == self->size) {
        self->size = self->size ? 2 * self->size : 1024;
        self->list = realloc (self->list, self->size * sizeof *self->list);
        assert (self->list);
    }
    self->list [self->count++] = *mark;
}

void
sim_marks_say (
    sim_marks_t *self, sim_mark_kind_t kind, unsigned node, uint64_t at, const char *text)
{
    sim_mark_t mark = {.kind = (uint8_t) kind, .node = (uint8_t) node, .at = at};
    snprintf (mark.text, sizeof mark.text, "%s", text);
    sim_marks_add (self, &mark);
}

void
sim_marks_free (sim_marks_t *self)
{
    free (self->list);
    memset (self, 0, sizeof *self);
}
