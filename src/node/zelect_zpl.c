/*  =========================================================================
    zelect_zpl - a strict reader of ZPL, line by line

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_zpl.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define S_INDENT 4    //  Spaces for a level

__attribute__ ((format (printf, 3, 4))) static int
s_fail (zelect_zpl_t *self, int code, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->error, sizeof self->error, format, args);
    va_end (args);
    errno = code;
    return -1;
}

//  --------------------------------------------------------------------------
//  The file

static int
s_read_all (zelect_zpl_t *self, int handle)
{
    self->data = malloc (ZELECT_ZPL_FILE_MAX + 1);
    if (!self->data)
        return s_fail (self, ENOMEM, "there is no memory to read it");
    while (self->size <= ZELECT_ZPL_FILE_MAX) {
        ssize_t count =
            read (handle, self->data + self->size, ZELECT_ZPL_FILE_MAX + 1 - self->size);
        if (count == 0)
            return 0;
        if (count > 0)
            self->size += (size_t) count;
        else if (errno != EINTR)
            return s_fail (self, errno, "it cannot be read: %s", strerror (errno));
    }
    return s_fail (self, EFBIG, "it is larger than %d bytes; is it the right file?",
                   ZELECT_ZPL_FILE_MAX);
}

//  A pipe or a device could keep us for ever, hence no blocking at open and
//  regular files only.

int
zelect_zpl_open (zelect_zpl_t *self, const char *filename)
{
    assert (self);
    assert (filename);
    memset (self, 0, sizeof *self);
    int handle = open (filename, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (handle == -1)
        return s_fail (self, errno, "it cannot be opened: %s", strerror (errno));
    struct stat status = {.st_mode = 0};
    int rc = -1;
    if (fstat (handle, &status))
        s_fail (self, errno, "it cannot be read: %s", strerror (errno));
    else if (S_ISDIR (status.st_mode))
        s_fail (self, EISDIR, "it is a directory; name the file in it");
    else if (!S_ISREG (status.st_mode))
        s_fail (self, EINVAL, "it is no regular file");
    else
        rc = s_read_all (self, handle);
    self->mode = status.st_mode & 07777;
    self->owner = status.st_uid;
    int code = errno;
    close (handle);
    errno = code;
    return rc;
}

void
zelect_zpl_close (zelect_zpl_t *self)
{
    assert (self);
    free (self->data);
    self->data = NULL;
}

//  --------------------------------------------------------------------------
//  A line

//  The host's locale has no say in it.

static bool
s_is_control (char byte)
{
    return (unsigned char) byte < ' ' || byte == 0x7f;
}

//  Copy the next line into `text` as a string, without its end (LF or CR LF).

static int
s_take_line (zelect_zpl_t *self, char text [ZELECT_ZPL_LINE_MAX + 1])
{
    const char *start = self->data + self->offset;
    const char *end = memchr (start, '\n', self->size - self->offset);
    size_t length = end ? (size_t) (end - start) : self->size - self->offset;
    self->offset += length + (end ? 1 : 0);
    self->line++;
    if (length > 0 && start [length - 1] == '\r')
        length--;
    if (length > ZELECT_ZPL_LINE_MAX)
        return s_fail (self, EINVAL, "the line is longer than %d bytes", ZELECT_ZPL_LINE_MAX);
    for (size_t index = 0; index < length; index++)
        if (s_is_control (start [index]) && start [index] != '\t')
            return s_fail (self, EINVAL, "byte 0x%02x in column %zu; is this a text file?",
                           (unsigned char) start [index], index + 1);
    memcpy (text, start, length);
    text [length] = 0;
    return 0;
}

static const char *
s_skip_blanks (const char *text)
{
    return text + strspn (text, " \t");
}

//  How deep the line is; at most one deeper than the line before.

static int
s_take_level (zelect_zpl_t *self, const char *text)
{
    size_t spaces = strspn (text, " ");
    if (text [spaces] == '\t')
        return s_fail (self, EINVAL, "a tab stands before the name; indent by 4 spaces");
    if (spaces % S_INDENT)
        return s_fail (self, EINVAL, "indented by %zu spaces; use 4 for each level", spaces);
    uint32_t level = (uint32_t) (spaces / S_INDENT);
    if (level > self->level + 1 || (level > 0 && !self->has_first))
        return s_fail (self, EINVAL,
                       "indented by %zu spaces, which is more than a level below the line before",
                       spaces);
    self->level = level;
    self->has_first = true;
    return 0;
}

static bool
s_is_end (const char *text)
{
    text = s_skip_blanks (text);
    return !*text || *text == '#';
}

//  What stands behind the "=": up to a comment, or between quotes.

static int
s_take_value (zelect_zpl_t *self, const char *text)
{
    text = s_skip_blanks (text);
    size_t length;
    if (*text == '"' || *text == '\'') {
        const char *end = strchr (text + 1, *text);
        if (!end)
            return s_fail (self, EINVAL, "the closing quote %c is missing", *text);
        if (!s_is_end (end + 1))
            return s_fail (self, EINVAL, "'%.40s' follows the closing quote", end + 1);
        text++;
        length = (size_t) (end - text);
    }
    else if (*text == '#')    //  Which zconfig takes for the value
        return s_fail (self, EINVAL,
                       "'%.40s' where a value should be; one that begins with # needs quotes",
                       text);
    else {
        length = strcspn (text, "#");
        while (length > 0 && strchr (" \t", text [length - 1]))
            length--;
    }
    memcpy (self->value, text, length);
    self->value [length] = 0;
    self->has_value = true;
    return 0;
}

static int
s_take_name (zelect_zpl_t *self, const char *text)
{
    size_t length = 0;
    while (isalnum ((unsigned char) text [length])
           || (text [length] && strchr ("._-", text [length])))
        length++;
    const char *rest = s_skip_blanks (text + length);
    self->value [0] = 0;
    self->has_value = false;
    if (length == 0 || (*rest != '=' && !s_is_end (rest)))
        return s_fail (self, EINVAL, "'%.40s' is not of the form NAME = VALUE", text);
    memcpy (self->name, text, length);
    self->name [length] = 0;
    return *rest == '=' ? s_take_value (self, rest + 1) : 0;
}

int
zelect_zpl_next (zelect_zpl_t *self)
{
    assert (self);
    assert (self->data);
    while (self->offset < self->size) {
        char text [ZELECT_ZPL_LINE_MAX + 1];
        if (s_take_line (self, text))
            return -1;
        if (s_is_end (text))
            continue;
        if (s_take_level (self, text) || s_take_name (self, s_skip_blanks (text)))
            return -1;
        return 1;
    }
    return 0;
}
