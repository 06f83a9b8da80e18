/*  =========================================================================
    print_table - print the table of settings, for readme.py to compare

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options.h"

int
main (void)
{
    zelect_options_print_table (stdout);
    return 0;
}
