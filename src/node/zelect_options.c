/*  =========================================================================
    zelect_options - the settings of a node

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_private.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define S_TAGS "node/tags/"
#define S_MEMBER "cluster/member/"

//  --------------------------------------------------------------------------
//  Errors

//  The host's locale has no say in it.

static bool
s_is_control (char byte)
{
    return (unsigned char) byte < ' ' || byte == 0x7f;
}

//  What is quoted may come from anywhere; keep it off the reader's terminal.

int
zelect_options_fail (zelect_options_t *self, int code, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->error, sizeof self->error, format, args);
    va_end (args);
    for (char *byte = self->error; *byte; byte++)
        if (s_is_control (*byte))
            *byte = '?';
    errno = code;
    return -1;
}

//  --------------------------------------------------------------------------
//  Values

typedef int (s_set_fn) (zelect_options_t *self,
                        const zelect_options_key_t *key,
                        void *field,
                        const char *path,
                        const char *value);

static int
s_set_name (zelect_options_t *self,
            const zelect_options_key_t *key,
            void *field,
            const char *path,
            const char *value)
{
    (void) key;
    if (!zelect_members_is_name (value))
        return zelect_options_fail (
            self, EINVAL, "%s = '%.80s': a name is 1 to 63 of A-Z a-z 0-9 . _ -", path, value);
    memcpy (field, value, strlen (value) + 1);
    return 0;
}

static int
s_set_endpoint (zelect_options_t *self,
                const zelect_options_key_t *key,
                void *field,
                const char *path,
                const char *value)
{
    const char *wrong = NULL;
    if (*value || key->least > 0)
        wrong = key->kind == ZELECT_KIND_BIND ? zelect_endpoint_check_bind (value)
                                              : zelect_endpoint_check_connect (value);
    if (wrong)
        return zelect_options_fail (self, EINVAL, "%s = '%.120s': %s", path, value, wrong);
    memcpy (field, value, strlen (value) + 1);
    return 0;
}

//  A quote could not be written to a file again.

static bool
s_is_plain (const char *value)
{
    for (const char *byte = value; *byte; byte++)
        if (s_is_control (*byte) || *byte == '"')
            return false;
    return true;
}

static int
s_set_path (zelect_options_t *self,
            const zelect_options_key_t *key,
            void *field,
            const char *path,
            const char *value)
{
    (void) key;
    if (strlen (value) > ZELECT_PATH_MAX || !s_is_plain (value))
        return zelect_options_fail (self, EINVAL,
                                    "%s = '%.80s': a path has %d bytes at most and neither "
                                    "double quotes nor control characters",
                                    path, value, ZELECT_PATH_MAX);
    memcpy (field, value, strlen (value) + 1);
    return 0;
}

//  Digits, up to nine of them; `rest` is what follows.

static bool
s_parse_number (const char *value, uint32_t *number, const char **rest)
{
    size_t length = strspn (value, "0123456789");
    *number = length > 0 && length < 10 ? (uint32_t) strtoul (value, NULL, 10) : 0;
    *rest = value + length;
    return length > 0 && length < 10;
}

static int
s_set_switch (zelect_options_t *self,
              const zelect_options_key_t *key,
              void *field,
              const char *path,
              const char *value)
{
    (void) key;
    if (strcmp (value, "0") != 0 && strcmp (value, "1") != 0)
        return zelect_options_fail (self, EINVAL, "%s = '%.80s': write 0 or 1", path, value);
    uint32_t number = *value == '1';
    memcpy (field, &number, sizeof number);
    return 0;
}

static int
s_set_choice (zelect_options_t *self,
              const zelect_options_key_t *key,
              void *field,
              const char *path,
              const char *value)
{
    uint32_t number = 0;
    while (key->choices [number] && strcmp (key->choices [number], value) != 0)
        number++;
    if (!key->choices [number])
        return zelect_options_fail (self, EINVAL, "%s = '%.80s': write %s, %s or %s", path, value,
                                    key->choices [0], key->choices [1], key->choices [2]);
    memcpy (field, &number, sizeof number);
    return 0;
}

static int
s_set_number (zelect_options_t *self,
              const zelect_options_key_t *key,
              void *field,
              const char *path,
              const char *value)
{
    uint32_t number;
    const char *rest;
    bool is_number = s_parse_number (value, &number, &rest) && !*rest;
    if (!is_number || number < key->least || number > key->most)
        return zelect_options_fail (self, EINVAL,
                                    "%s = '%.80s': write a number from %u to %u, such as %u", path,
                                    value, key->least, key->most, key->fallback);
    memcpy (field, &number, sizeof number);
    return 0;
}

static int
s_set_time (zelect_options_t *self,
            const zelect_options_key_t *key,
            void *field,
            const char *path,
            const char *value)
{
    uint32_t number;
    const char *unit;
    bool is_time = s_parse_number (value, &number, &unit);
    unit += strspn (unit, " ");
    uint64_t time_ms = number;
    if (strcmp (unit, "s") == 0)
        time_ms *= 1000;
    else if (*unit && strcmp (unit, "ms") != 0)
        is_time = false;
    if (!is_time || time_ms < key->least || time_ms > key->most)
        return zelect_options_fail (self, EINVAL,
                                    "%s = '%.80s': write a time from %u to %u ms, such as %u ms",
                                    path, value, key->least, key->most, key->fallback);
    number = (uint32_t) time_ms;
    memcpy (field, &number, sizeof number);
    return 0;
}

//  What each kind of key does with a value; those with none hold no value.

static s_set_fn *const s_setters [ZELECT_KINDS] = {
    [ZELECT_KIND_NAME] = s_set_name,         [ZELECT_KIND_BIND] = s_set_endpoint,
    [ZELECT_KIND_ENDPOINT] = s_set_endpoint, [ZELECT_KIND_PATH] = s_set_path,
    [ZELECT_KIND_SWITCH] = s_set_switch,     [ZELECT_KIND_CHOICE] = s_set_choice,
    [ZELECT_KIND_NUMBER] = s_set_number,     [ZELECT_KIND_TIME] = s_set_time};

int
zelect_options_set_key (zelect_options_t *self,
                        const zelect_options_key_t *key,
                        void *owner,
                        const char *path,
                        const char *value)
{
    assert (s_setters [key->kind]);
    return s_setters [key->kind](self, key, (char *) owner + key->offset, path, value);
}

//  --------------------------------------------------------------------------
//  Tags: lines of name=value

//  The line of a tag in the text, or NULL.

static char *
s_find_tag (char *tags, const char *name)
{
    size_t length = strlen (name);
    for (char *line = tags; *line; line = strchr (line, '\n') + 1)
        if (strncmp (line, name, length) == 0 && line [length] == '=')
            return line;
    return NULL;
}

int
zelect_options_set_tag (zelect_options_t *self, const char *name, const char *value)
{
    if (!zelect_members_is_name (name))
        return zelect_options_fail (self, EINVAL,
                                    "tag '%.80s': a name is 1 to 63 of A-Z a-z 0-9 . _ -", name);

    char tags [ZELECT_TAGS_MAX + 1];
    memcpy (tags, self->tags, sizeof tags);
    char *old = s_find_tag (tags, name);
    if (old) {
        const char *next = strchr (old, '\n') + 1;
        memmove (old, next, strlen (next) + 1);
    }
    char line [ZELECT_TAGS_MAX + 1];
    int length = snprintf (line, sizeof line, "%s=%s\n", name, value);
    size_t used = strlen (tags);
    if (length < 0 || used + (size_t) length > ZELECT_TAGS_MAX)
        return zelect_options_fail (self, EINVAL,
                                    "node/tags/%s = '%.80s': all tags together may have %d bytes, "
                                    "with 2 more for each; shorten or drop one",
                                    name, value, ZELECT_TAGS_MAX);
    if (!s_is_plain (value) || !zelect_wire_are_tags (line))
        return zelect_options_fail (self, EINVAL,
                                    "node/tags/%s = '%.80s': a tag is printable UTF-8 without "
                                    "double quotes",
                                    name, value);
    memcpy (tags + used, line, (size_t) length + 1);
    memcpy (self->tags, tags, sizeof tags);
    return 0;
}

//  --------------------------------------------------------------------------
//  Members

uint8_t
zelect_options_find_member (const zelect_options_t *self, const char *id)
{
    assert (self);
    assert (id);
    for (size_t index = 0; index < self->member_count; index++)
        if (strcmp (self->members [index].id, id) == 0)
            return (uint8_t) index;
    return ZELECT_NOBODY;
}

zelect_options_member_t *
zelect_options_new_member (zelect_options_t *self, const char *id)
{
    int rc = 0;
    if (!zelect_members_is_name (id))
        rc = zelect_options_fail (self, EINVAL,
                                  "member '%.80s': an id is 1 to 63 of A-Z a-z 0-9 . _ -", id);
    else if (zelect_options_find_member (self, id) != ZELECT_NOBODY)
        rc = zelect_options_fail (self, EINVAL,
                                  "member '%s' is there already; each has an id of its own", id);
    else if (self->member_count == ZELECT_MEMBERS_MAX)
        rc = zelect_options_fail (self, EINVAL,
                                  "member '%s' is one too many; a cluster has %d at most", id,
                                  ZELECT_MEMBERS_MAX);
    if (rc)
        return NULL;
    zelect_options_member_t *member = &self->members [self->member_count++];
    memset (member, 0, sizeof *member);
    memcpy (member->id, id, strlen (id) + 1);
    member->voter = 1;
    return member;
}

static int
s_set_of_member (zelect_options_t *self, const char *id, const char *name, const char *value)
{
    char path [2 * ZELECT_ID_MAX + 16];
    snprintf (path, sizeof path, S_MEMBER "%.60s", name);
    const zelect_options_key_t *key = zelect_options_find_key (path);
    if (!key)
        return zelect_options_fail_unknown (self, path);
    uint8_t index = zelect_options_find_member (self, id);
    if (index == ZELECT_NOBODY)
        return zelect_options_fail (self, EINVAL, "there is no member '%.80s'; add it first", id);
    snprintf (path, sizeof path, "member %s: %s", id, name);
    if (zelect_options_set_key (self, key, &self->members [index], path, value))
        return -1;
    self->members [index].line = 0;
    return 0;
}

int
zelect_options_add_member (zelect_options_t *self, const char *id, const char *endpoint)
{
    assert (self);
    assert (id);
    assert (endpoint);
    if (!zelect_options_new_member (self, id))
        return -1;
    int rc = s_set_of_member (self, id, "endpoint", endpoint);
    if (rc)
        self->member_count--;
    return rc;
}

int
zelect_options_set_member_feed (zelect_options_t *self, const char *id, const char *endpoint)
{
    assert (self);
    assert (id);
    assert (endpoint);
    return s_set_of_member (self, id, "feed", endpoint);
}

int
zelect_options_set_member_voter (zelect_options_t *self, const char *id, bool voter)
{
    assert (self);
    assert (id);
    return s_set_of_member (self, id, "voter", voter ? "1" : "0");
}

//  --------------------------------------------------------------------------
//  One setting by its path

//  A path that goes into a member: cluster/member/ID/NAME.

static int
s_set_in_member (zelect_options_t *self, const char *path, const char *value)
{
    const char *start = path + strlen (S_MEMBER);
    const char *slash = strchr (start, '/');
    char id [ZELECT_ID_MAX + 1];
    if ((size_t) (slash - start) > ZELECT_ID_MAX)
        return zelect_options_fail (self, EINVAL, "there is no member '%.80s'; add it first",
                                    start);
    memcpy (id, start, (size_t) (slash - start));
    id [slash - start] = 0;
    return s_set_of_member (self, id, slash + 1, value);
}

int
zelect_options_set (zelect_options_t *self, const char *path, const char *value)
{
    assert (self);
    assert (path);
    assert (value);
    if (strncmp (path, S_TAGS, strlen (S_TAGS)) == 0)
        return zelect_options_set_tag (self, path + strlen (S_TAGS), value);
    if (strncmp (path, S_MEMBER, strlen (S_MEMBER)) == 0 && strchr (path + strlen (S_MEMBER), '/'))
        return s_set_in_member (self, path, value);

    const zelect_options_key_t *key = zelect_options_find_key (path);
    if (!key)
        return zelect_options_fail_unknown (self, path);
    if (key->is_of_member)
        return zelect_options_fail (self, EINVAL,
                                    "'%s' belongs to a member; write " S_MEMBER "ID/%s", path,
                                    path + strlen (S_MEMBER));
    if (key->kind == ZELECT_KIND_MEMBER)
        return zelect_options_fail (
            self, EINVAL, "'%s' cannot be set; add members with their endpoints instead", path);
    if (!s_setters [key->kind])
        return zelect_options_fail (self, EINVAL, "'%s' has no value of its own; set a key in it",
                                    path);
    if (zelect_options_set_key (self, key, self, path, value))
        return -1;
    *zelect_options_line (self, key) = 0;
    return 0;
}

//  --------------------------------------------------------------------------
//  Life

zelect_options_t *
zelect_options_new (void)
{
    zelect_options_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    const zelect_options_key_t *key;
    for (size_t row = 0; (key = zelect_options_key (row)); row++)
        if (key->most > 0 && !key->is_of_member)
            memcpy ((char *) self + key->offset, &key->fallback, sizeof key->fallback);
    return self;
}

zelect_options_t *
zelect_options_dup (const zelect_options_t *self)
{
    assert (self);
    zelect_options_t *copy = malloc (sizeof *copy);
    if (copy)
        *copy = *self;
    return copy;
}

void
zelect_options_destroy (zelect_options_t **self_p)
{
    assert (self_p);
    free (*self_p);
    *self_p = NULL;
}

const char *
zelect_options_error (const zelect_options_t *self)
{
    assert (self);
    return self->error;
}

const char *
zelect_options_warning (const zelect_options_t *self)
{
    assert (self);
    return self->warning;
}
