/*  =========================================================================
    zelect_trouble - what went wrong, as a number and as a sentence

    Filled in where a failure is understood, shown where somebody asked for what
    failed. The sentence names the value that is to blame and the remedy.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_TROUBLE_H_INCLUDED
#define ZELECT_TROUBLE_H_INCLUDED

//  Options and store say their troubles in up to 1,791 bytes.
#define ZELECT_TROUBLE_SIZE 1800

typedef struct {
    int code;    //  An errno
    char text [ZELECT_TROUBLE_SIZE];
} zelect_trouble_t;

//  --------------------------------------------------------------------------
//  Fill in; sets errno, too. Returns -1, so that a function can end with it.

int zelect_trouble_set (zelect_trouble_t *self, int code, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

#endif
