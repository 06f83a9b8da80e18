/*  =========================================================================
    zelect_descriptors - are there file descriptors left?

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool
zelect_descriptors_are_left (size_t count)
{
    int *handles = calloc (count + 1, sizeof (int));
    size_t opened = 0;
    if (!handles)
        return false;
    while (opened < count && (handles [opened] = eventfd (0, EFD_CLOEXEC)) >= 0)
        opened++;
    int code = errno;
    bool are_left = opened == count;
    while (opened > 0)
        close (handles [--opened]);
    free (handles);
    errno = code;
    return are_left;
}
