/*  =========================================================================
    zelect_options_private - what the files of zelect_options share

    zelect_options.c has the table of keys and sets one setting,
    zelect_options_file.c reads and writes files, zelect_options_validate.c
    checks the relations. Nobody else includes this.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_OPTIONS_PRIVATE_H_INCLUDED
#define ZELECT_OPTIONS_PRIVATE_H_INCLUDED

#include "zelect_options.h"

//  What kind of thing a key holds.

typedef enum {
    ZELECT_KIND_SECTION,    //  Nothing but other keys
    ZELECT_KIND_TAGS,       //  ... and these have names of the user's
    ZELECT_KIND_MEMBER,     //  A member's id; may stand there many times
    ZELECT_KIND_NAME,
    ZELECT_KIND_BIND,        //  An endpoint that is bound here
    ZELECT_KIND_ENDPOINT,    //  An endpoint that others connect to
    ZELECT_KIND_PATH,
    ZELECT_KIND_SWITCH,    //  0 or 1
    ZELECT_KIND_CHOICE,    //  One of some words; their number in the list is kept
    ZELECT_KIND_NUMBER,
    ZELECT_KIND_TIME,    //  In milliseconds
    ZELECT_KINDS
} zelect_options_kind_t;

//  A row of the table.

typedef struct {
    const char *path;
    zelect_options_kind_t kind;
    size_t offset;    //  In zelect_options_t, or in a member
    bool is_of_member;
    uint32_t least;    //  Numbers: the range. Texts: 1 if "" is not allowed
    uint32_t most;
    uint32_t fallback;      //  Numbers: the default
    const char *const *choices;    //  Words, then NULL
    const char *shown;      //  Texts: the default, in words
    const char *meaning;    //  A sentence without its full stop
} zelect_options_key_t;

//  --------------------------------------------------------------------------
//  The rows of the table, as far as they go (then NULL); the row of a path as
//  it is in a file ("cluster/member/feed"), or NULL.

const zelect_options_key_t *zelect_options_key (size_t index);
const zelect_options_key_t *zelect_options_find_key (const char *path);

//  --------------------------------------------------------------------------
//  Where a file set a key: its line, 0 if no file did.

uint32_t *zelect_options_line (zelect_options_t *self, const zelect_options_key_t *key);

//  --------------------------------------------------------------------------
//  Keep an error, with errno; -1.

__attribute__ ((format (printf, 3, 4))) int
zelect_options_fail (zelect_options_t *self, int code, const char *format, ...);

//  --------------------------------------------------------------------------
//  Say that there is no such key, and which may have been meant; -1.

int zelect_options_fail_unknown (zelect_options_t *self, const char *path);

//  --------------------------------------------------------------------------
//  Set a key that holds a value. `owner` is self or, for a key of a member,
//  that member; `path` is for errors. 0 or -1.

int zelect_options_set_key (zelect_options_t *self,
                            const zelect_options_key_t *key,
                            void *owner,
                            const char *path,
                            const char *value);

//  --------------------------------------------------------------------------
//  Add a voter without an endpoint. It, or NULL and the error.

zelect_options_member_t *zelect_options_new_member (zelect_options_t *self, const char *id);

//  --------------------------------------------------------------------------
//  Set a tag. 0 or -1.

int zelect_options_set_tag (zelect_options_t *self, const char *name, const char *value);

#endif
