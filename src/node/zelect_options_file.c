/*  =========================================================================
    zelect_options_file - read and write the settings as ZPL

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_private.h"
#include "zelect_zpl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define S_LEVELS 4    //  cluster, member, endpoint; and what cannot be below
#define S_TAGS "node/tags/"
#define S_CLUSTER "cluster"
#define S_SECURITY "security"

//  What a load is at.

typedef struct {
    zelect_options_t *options;          //  A copy; taken over if all goes well
    zelect_options_member_t *member;    //  The one whose keys are read
    size_t line_count;                  //  Lines that say something
    size_t ends [S_LEVELS];             //  Where each name of the path ends
    char path [S_LEVELS * (ZELECT_ID_MAX + 1) + 1];
    char tags [ZELECT_TAGS_MAX + 1];    //  Names of the tags read, "\nzone\nrack\n"
    zelect_zpl_t zpl;
} s_load_t;

//  --------------------------------------------------------------------------
//  Take one line

//  The path of the line: that of the line above it, up to its level, and its
//  name.

static int
s_make_path (s_load_t *self)
{
    const zelect_zpl_t *zpl = &self->zpl;
    assert (zpl->level < S_LEVELS);
    if (strlen (zpl->name) > ZELECT_ID_MAX)
        return zelect_options_fail_unknown (self->options, zpl->name);
    size_t start = zpl->level > 0 ? self->ends [zpl->level - 1] : 0;
    int length = snprintf (self->path + start, sizeof self->path - start, "%s%s",
                           zpl->level > 0 ? "/" : "", zpl->name);
    self->ends [zpl->level] = start + (size_t) length;
    return 0;
}

static int
s_fail_duplicate (s_load_t *self, uint32_t line)
{
    return zelect_options_fail (self->options, EINVAL,
                                "duplicate key '%s' (it stands in line %u already); remove one",
                                self->path, line);
}

static int
s_fail_no_value (s_load_t *self)
{
    return zelect_options_fail (self->options, EINVAL, "'%s' needs a value; write %s = VALUE",
                                self->path, self->zpl.name);
}

//  A tag may be empty. All names together fit, because all tags do.

static int
s_take_tag (s_load_t *self)
{
    const char *name = self->zpl.name;
    if (!self->zpl.has_value)
        return s_fail_no_value (self);
    char mark [ZELECT_ID_MAX + 3];
    snprintf (mark, sizeof mark, "\n%.*s\n", ZELECT_ID_MAX, name);
    if (strstr (self->tags, mark))
        return zelect_options_fail (self->options, EINVAL, "duplicate tag '%s'; remove one",
                                    self->path);
    if (zelect_options_set_tag (self->options, name, self->zpl.value))
        return -1;
    size_t length = strlen (self->tags);
    snprintf (self->tags + length, sizeof self->tags - length, "%s\n", name);
    return 0;
}

//  A member that was there before the load is made anew.

static int
s_take_member (s_load_t *self)
{
    zelect_options_t *options = self->options;
    if (!*self->zpl.value)
        return s_fail_no_value (self);
    uint8_t index = zelect_options_find_member (options, self->zpl.value);
    if (index != ZELECT_NOBODY) {
        self->member = &options->members [index];
        if (self->member->line)
            return zelect_options_fail (options, EINVAL,
                                        "duplicate member '%s' (it stands in line %u already); "
                                        "each has an id of its own",
                                        self->member->id, self->member->line);
        self->member->endpoint [0] = self->member->feed [0] = 0;
        self->member->voter = 1;
    }
    else
        self->member = zelect_options_new_member (options, self->zpl.value);
    if (!self->member)
        return -1;
    self->member->line = self->zpl.line;
    const zelect_options_key_t *key;
    for (size_t row = 0; (key = zelect_options_key (row)); row++)
        if (key->is_of_member)
            *zelect_options_line (options, key) = 0;
    return 0;
}

static int
s_take_value (s_load_t *self, const zelect_options_key_t *key)
{
    if (!self->zpl.has_value && strcmp (self->path, S_CLUSTER) == 0)
        return 0;    //  Its name may be given by the program
    if (!*self->zpl.value)
        return s_fail_no_value (self);
    if (!key->is_of_member)
        return zelect_options_set_key (self->options, key, self->options, self->path,
                                       self->zpl.value);
    char path [2 * ZELECT_ID_MAX + 16];
    snprintf (path, sizeof path, "member %s: %.*s", self->member->id, ZELECT_ID_MAX,
              self->zpl.name);
    return zelect_options_set_key (self->options, key, self->member, path, self->zpl.value);
}

static int
s_take_line (s_load_t *self)
{
    if (s_make_path (self))
        return -1;
    self->line_count++;
    if (self->zpl.level == 2 && strncmp (self->path, S_TAGS, strlen (S_TAGS)) == 0)
        return s_take_tag (self);
    const zelect_options_key_t *key = zelect_options_find_key (self->path);
    if (!key)
        return zelect_options_fail_unknown (self->options, self->path);
    if (key->kind == ZELECT_KIND_MEMBER)
        return s_take_member (self);

    uint32_t *line = zelect_options_line (self->options, key);
    if (*line)
        return s_fail_duplicate (self, *line);
    *line = self->zpl.line;
    if (key->kind != ZELECT_KIND_SECTION && key->kind != ZELECT_KIND_TAGS)
        return s_take_value (self, key);
    if (self->zpl.has_value)
        return zelect_options_fail (self->options, EINVAL,
                                    "'%s' has no value of its own; its keys stand below it, "
                                    "4 spaces further in",
                                    self->path);
    return 0;
}

//  --------------------------------------------------------------------------
//  Load

//  Forget which lines an earlier file had.

static void
s_forget_lines (zelect_options_t *options)
{
    memset (options->lines, 0, sizeof options->lines);
    for (size_t index = 0; index < options->member_count; index++)
        options->members [index].line = 0;
}

//  All of the file into the copy. 0, or -1 with errno and the error in `self`,
//  whose text begins with file:line.

static int
s_load (s_load_t *self, zelect_options_t *options, const char *filename)
{
    zelect_zpl_t *zpl = &self->zpl;
    if (zelect_zpl_open (zpl, filename))
        return zelect_options_fail (options, errno, "%s: %s", filename, zpl->error);
    int rc = zelect_zpl_next (zpl);
    for (; rc == 1; rc = zelect_zpl_next (zpl))
        if (s_take_line (self))
            return zelect_options_fail (options, EINVAL, "%s:%u: %s", filename, zpl->line,
                                        self->options->error);
    if (rc)
        return zelect_options_fail (options, EINVAL, "%s:%u: %s", filename, zpl->line, zpl->error);
    if (self->line_count == 0)
        return zelect_options_fail (
            options, EINVAL, "%s: it is empty; it needs at least node and cluster", filename);
    return 0;
}

int
zelect_options_load (zelect_options_t *self, const char *filename)
{
    assert (self);
    assert (filename);
    if (strlen (filename) > ZELECT_PATH_MAX)
        return zelect_options_fail (self, ENAMETOOLONG, "%.40s...: a path has %d bytes at most",
                                    filename, ZELECT_PATH_MAX);
    s_load_t *load = calloc (1, sizeof *load);
    zelect_options_t *copy = zelect_options_dup (self);
    int rc;
    if (load && copy) {
        load->options = copy;
        load->tags [0] = '\n';
        s_forget_lines (copy);
        rc = s_load (load, self, filename);
        zelect_zpl_close (&load->zpl);
    }
    else
        rc = zelect_options_fail (self, ENOMEM, "%s: there is no memory to read it", filename);
    if (rc == 0) {
        memcpy (copy->file, filename, strlen (filename) + 1);
        *self = *copy;
    }
    int code = errno;
    free (load);
    zelect_options_destroy (&copy);
    errno = code;
    return rc;
}

//  --------------------------------------------------------------------------
//  Save

//  A line of the file; quotes where the value needs them.

static void
s_print (FILE *stream, int level, const char *name, const char *value)
{
    static const char plain [] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789._-:/*[]%";
    bool is_plain = *value && value [strspn (value, plain)] == 0;
    const char *quote = is_plain ? "" : "\"";
    fprintf (stream, "%*s%s = %s%s%s\n", 4 * level, "", name, quote, value, quote);
}

static void
s_print_key (FILE *stream, int level, const zelect_options_key_t *key, const void *owner)
{
    const char *name = strrchr (key->path, '/');
    name = name ? name + 1 : key->path;
    const char *field = (const char *) owner + key->offset;
    if (key->most == 0) {
        if (*field)
            s_print (stream, level, name, field);
        else if (level == 0)
            fprintf (stream, "%s\n", name);    //  Members stand below it all the same
        return;
    }
    uint32_t number;
    memcpy (&number, field, sizeof number);
    const char *unit = key->kind == ZELECT_KIND_TIME ? " ms" : "";
    if (key->choices)
        s_print (stream, level, name, key->choices [number]);
    else
        fprintf (stream, "%*s%s = %u%s\n", 4 * level, "", name, number, unit);
}

static void
s_print_tags (FILE *stream, const char *tags)
{
    if (*tags)
        fprintf (stream, "    tags\n");
    while (*tags) {
        char line [ZELECT_TAGS_MAX + 1];
        size_t length = strcspn (tags, "\n");
        memcpy (line, tags, length);
        line [length] = 0;
        char *equals = strchr (line, '=');
        *equals = 0;
        s_print (stream, 2, line, equals + 1);
        tags += length + 1;
    }
}

static void
s_print_members (FILE *stream, const zelect_options_t *self)
{
    for (size_t index = 0; index < self->member_count; index++) {
        const zelect_options_member_t *member = &self->members [index];
        s_print (stream, 1, "member", member->id);
        const zelect_options_key_t *key;
        for (size_t row = 0; (key = zelect_options_key (row)); row++)
            if (key->is_of_member)
                s_print_key (stream, 2, key, member);
    }
}

//  A section that says nothing of security is none: it would be taken for one.

static bool
s_is_left_out (const zelect_options_t *self, const zelect_options_key_t *key)
{
    return strncmp (key->path, S_SECURITY, strlen (S_SECURITY)) == 0 && !*self->certificate
           && !*self->keys && self->observers == ZELECT_OBSERVERS_LISTED;
}

static void
s_print_all (FILE *stream, const zelect_options_t *self)
{
    const zelect_options_key_t *key;
    for (size_t row = 0; (key = zelect_options_key (row)); row++) {
        if (s_is_left_out (self, key))
            continue;
        if (key->kind == ZELECT_KIND_TAGS)
            s_print_tags (stream, self->tags);
        else if (key->kind == ZELECT_KIND_MEMBER)
            s_print_members (stream, self);
        else if (key->kind == ZELECT_KIND_SECTION)
            fprintf (stream, "%s\n", key->path);
        else if (!key->is_of_member)
            s_print_key (stream, strchr (key->path, '/') ? 1 : 0, key, self);
    }
}

//  Beside the old file first, so that a full disk does not cost it.

int
zelect_options_save (zelect_options_t *self, const char *filename)
{
    assert (self);
    assert (filename);
    char beside [ZELECT_PATH_MAX + 5];
    if (strlen (filename) > ZELECT_PATH_MAX)
        return zelect_options_fail (self, ENAMETOOLONG, "%.40s...: a path has %d bytes at most",
                                    filename, ZELECT_PATH_MAX);
    snprintf (beside, sizeof beside, "%s.new", filename);
    FILE *stream = fopen (beside, "we");
    if (!stream)
        return zelect_options_fail (self, errno, "%s: it cannot be written: %s", beside,
                                    strerror (errno));
    s_print_all (stream, self);
    bool is_written = fflush (stream) == 0 && !ferror (stream) && fsync (fileno (stream)) == 0;
    int code = errno;
    fclose (stream);
    errno = code;
    if (is_written && rename (beside, filename) == 0)
        return 0;
    code = errno;
    unlink (beside);
    return zelect_options_fail (self, code, "%s: it cannot be written: %s", filename,
                                strerror (code));
}
