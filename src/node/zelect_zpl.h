/*  =========================================================================
    zelect_zpl - a strict reader of ZPL, line by line

    ZPL (ZeroMQ RFC 4) is what CZMQ's zconfig reads too: "name = value" lines,
    4 spaces for each level, # for comments, quotes around a value that needs
    them. zconfig forgets where a line stood, cuts long lines and prints what
    it does not like; this one says file, line and remedy, and reads nothing
    that zconfig would read otherwise.

        zelect_zpl_t zpl;
        if (zelect_zpl_open (&zpl, "zelect.cfg") == 0)
            while (zelect_zpl_next (&zpl) == 1)
                printf ("%u: %s\n", zpl.line, zpl.name);
        puts (zpl.error);
        zelect_zpl_close (&zpl);

    It allocates once, at open, and never more than the largest file allowed.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_ZPL_H_INCLUDED
#define ZELECT_ZPL_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  64 members with all their keys take 50 KiB; the rest is for comments.
#define ZELECT_ZPL_FILE_MAX 262144

#define ZELECT_ZPL_LINE_MAX 1024    //  zconfig cuts what is longer
#define ZELECT_ZPL_ERROR_MAX 255

typedef struct {
    //  The line read last
    uint32_t line;     //  Its number, from 1
    uint32_t level;    //  How deep it is: 0, 1, ...
    char name [ZELECT_ZPL_LINE_MAX + 1];
    char value [ZELECT_ZPL_LINE_MAX + 1];
    bool has_value;    //  There is a "=", be it with nothing behind

    char error [ZELECT_ZPL_ERROR_MAX + 1];    //  A sentence without the file's name
    uint32_t mode;                            //  The file's permissions, once it is open
    uint32_t owner;                           //  The number of the user whose it is

    //  Private
    char *data;
    size_t size;
    size_t offset;
    bool has_first;
} zelect_zpl_t;

//  --------------------------------------------------------------------------
//  Read a regular file into memory. 0, or -1 with errno and the error, which
//  is about the file as a whole. Close it in either case.

int zelect_zpl_open (zelect_zpl_t *self, const char *filename);
void zelect_zpl_close (zelect_zpl_t *self);

//  --------------------------------------------------------------------------
//  The next line that is not blank and no comment: 1; 0 at the end; -1 with
//  errno EINVAL and the error, which is about self->line.

int zelect_zpl_next (zelect_zpl_t *self);

#endif
