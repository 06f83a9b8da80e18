/*  =========================================================================
    zelect_json - one JSON object per line, for programs

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int
zelect_json_print (json_t *object)
{
    assert (object);
    //  Twelve digits: seventeen would show what binary fractions cannot say
    const int rc = json_dumpf (object, stdout, JSON_COMPACT | JSON_REAL_PRECISION (12));
    json_decref (object);
    if (rc || putchar ('\n') == EOF)
        return -1;
    return fflush (stdout) == 0 ? 0 : -1;
}

json_t *
zelect_json_text (const char *text)
{
    return text && *text ? json_string (text) : json_null ();
}

json_t *
zelect_json_number (const char *text)
{
    if (!text || !*text)
        return json_null ();
    char *end;
    errno = 0;
    const long long value = strtoll (text, &end, 10);
    return errno || *end ? json_null () : json_integer (value);
}
