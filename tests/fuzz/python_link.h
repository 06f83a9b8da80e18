/*  =========================================================================
    python_link - functions of tests/fuzz/oracle.py, called from C

    Python lives in the process of the fuzz target. An exception that comes out
    of the oracle is a finding: it is printed, and the process ends.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef PYTHON_LINK_H_INCLUDED
#define PYTHON_LINK_H_INCLUDED

#include "fuzz.h"

#define PYTHON_TEXT_MAX 4096

//  --------------------------------------------------------------------------
//  Start Python and load the oracle.

void python_start (void);

//  --------------------------------------------------------------------------
//  A new belief, of this patience.

void python_begin (uint32_t patience);

//  --------------------------------------------------------------------------
//  The oracle's functions. The line that they return is written to `text`,
//  closed by a zero.

typedef struct {
    const uint8_t *data;
    size_t size;
} python_bytes_t;

void python_decode (python_bytes_t topic, python_bytes_t payload, char text [PYTHON_TEXT_MAX]);
void python_take (uint64_t now,
                  python_bytes_t topic,
                  python_bytes_t payload,
                  char text [PYTHON_TEXT_MAX]);
void python_look (uint64_t now, char text [PYTHON_TEXT_MAX]);
void python_asked (uint64_t now, char text [PYTHON_TEXT_MAX]);

#endif
