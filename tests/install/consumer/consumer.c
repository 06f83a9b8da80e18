/*  =========================================================================
    consumer - the smallest program of a user: links, and tells the version

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zelect.h>

int
main (void)
{
    int major = -1;
    int minor = -1;
    int patch = -1;
    zelect_version (&major, &minor, &patch);
    zelect_t *node = zelect_new ("n1", "orders");
    bool is_right = node && !zelect_is_leader (node) && major == ZELECT_VERSION_MAJOR
                    && minor == ZELECT_VERSION_MINOR && patch == ZELECT_VERSION_PATCH;
    zelect_destroy (&node);
    printf ("zelect %d.%d.%d\n", major, minor, patch);
    return is_right ? 0 : 1;
}
