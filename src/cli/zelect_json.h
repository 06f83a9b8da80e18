/*  =========================================================================
    zelect_json - one JSON object per line, for programs

    Every line is one object with "v":1 first, flushed at once, so that a
    pipeline sees it when it is written.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_JSON_H_INCLUDED
#define ZELECT_JSON_H_INCLUDED

#include <jansson.h>

//  --------------------------------------------------------------------------
//  Print an object as one line and let go of it. Returns 0, or -1 if stdout
//  could not be written.

int zelect_json_print (json_t *object);

//  --------------------------------------------------------------------------
//  A string, or null for NULL and ""; a number from its decimal digits, or
//  null; for the text that a tree of CZMQ holds.

json_t *zelect_json_text (const char *text);

json_t *zelect_json_number (const char *text);

#endif
