/*  =========================================================================
    zelect_trouble - what went wrong, as a number and as a sentence

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_trouble.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int
zelect_trouble_set (zelect_trouble_t *self, int code, const char *format, ...)
{
    assert (self);
    va_list args;
    va_start (args, format);
    vsnprintf (self->text, sizeof (self->text), format, args);
    va_end (args);
    self->code = errno = code;
    return -1;
}
