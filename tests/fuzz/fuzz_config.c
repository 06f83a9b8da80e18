/*  =========================================================================
    fuzz_config - any text as settings

    The first byte chooses the door: a file, lines of "path=value" that are set
    one by one ("+id=endpoint" adds a member), or two endpoints, a line each.
    Whatever goes wrong is said in one line, in a file with its name and the
    line, and leaves the settings as they were. Whatever was taken survives
    being saved and loaded, is within its range, and is understood by CZMQ's
    zconfig in the same way, if at all.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "fuzz.h"

#include "zelect_options.h"
#include "zelect_zpl.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define S_LINES_MAX 16

static char s_directory [256];
static char s_file [300];     //  What is read
static char s_saved [300];    //  What is written

//  --------------------------------------------------------------------------
//  Files

static void
s_remove (void)
{
    unlink (s_file);
    unlink (s_saved);
    rmdir (s_directory);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    const char *parent = getenv ("TMPDIR");
    snprintf (s_directory, sizeof s_directory, "%s/zelect-fuzz-XXXXXX", parent ? parent : "/tmp");
    FUZZ_CHECK (mkdtemp (s_directory));
    snprintf (s_file, sizeof s_file, "%s/n1.cfg", s_directory);
    snprintf (s_saved, sizeof s_saved, "%s/saved.cfg", s_directory);
    atexit (s_remove);
    return 0;
}

static void
s_write (const uint8_t *data, size_t size)
{
    int handle = open (s_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK (handle != -1 && write (handle, data, size) == (ssize_t) size);
    close (handle);
}

//  --------------------------------------------------------------------------
//  Errors

//  One line, and nothing in it that a terminal would act on.

static void
s_check_line (const char *text)
{
    FUZZ_CHECK (*text);
    for (; *text; text++)
        FUZZ_CHECK ((unsigned char) *text >= ' ' && *text != 0x7f);
}

//  It names the file and, unless it is about the file as a whole, a line that
//  the file has.

static void
s_check_file_error (const char *error, const uint8_t *data, size_t size)
{
    s_check_line (error);
    size_t length = strlen (s_file);
    FUZZ_CHECK (strncmp (error, s_file, length) == 0 && error [length] == ':');
    error += length + 1;
    if (*error == ' ')
        return;
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data [i] == '\n';
    char *end;
    unsigned long line = strtoul (error, &end, 10);
    FUZZ_CHECK (line >= 1 && line <= lines && strncmp (end, ": ", 2) == 0 && end [2]);
}

//  --------------------------------------------------------------------------
//  Settings

static void
s_check_same_member (const zelect_options_member_t *one, const zelect_options_member_t *other)
{
    FUZZ_CHECK (streq (one->id, other->id) && streq (one->endpoint, other->endpoint));
    FUZZ_CHECK (streq (one->feed, other->feed) && one->voter == other->voter);
}

static void
s_check_same (const zelect_options_t *one, const zelect_options_t *other)
{
    FUZZ_CHECK (streq (one->name, other->name) && streq (one->cluster, other->cluster));
    FUZZ_CHECK (streq (one->bind, other->bind) && streq (one->feed, other->feed));
    FUZZ_CHECK (streq (one->store, other->store) && streq (one->tags, other->tags));
    FUZZ_CHECK (one->create == other->create && one->is_volatile == other->is_volatile);
    FUZZ_CHECK (one->priority == other->priority && one->preempt == other->preempt);
    FUZZ_CHECK (one->verbose == other->verbose && one->drift_permille == other->drift_permille);
    FUZZ_CHECK (one->heartbeat_ms == other->heartbeat_ms);
    FUZZ_CHECK (one->election_ms == other->election_ms && one->connect_ms == other->connect_ms);
    FUZZ_CHECK (one->notice_ms == other->notice_ms);
    FUZZ_CHECK (one->callback_ms == other->callback_ms && one->watchdog_ms == other->watchdog_ms);
    FUZZ_CHECK (one->member_count == other->member_count);
    for (size_t i = 0; i < one->member_count; i++)
        s_check_same_member (&one->members [i], &other->members [i]);
}

//  Whatever was set one by one is within its own range.

static void
s_check_ranges (const zelect_options_t *self)
{
    FUZZ_CHECK (self->member_count <= ZELECT_MEMBERS_MAX);
    FUZZ_CHECK (self->create <= 1 && self->is_volatile <= 1 && self->preempt <= 1);
    FUZZ_CHECK (self->verbose <= 1 && self->priority <= 255);
    FUZZ_CHECK (self->heartbeat_ms >= 1 && self->heartbeat_ms <= 10000);
    FUZZ_CHECK (self->election_ms >= 10 && self->election_ms <= 60000);
    FUZZ_CHECK (self->notice_ms <= 60000 && self->notice_ms < self->election_ms);
    FUZZ_CHECK (self->drift_permille >= 1 && self->drift_permille <= 300);
    FUZZ_CHECK (zelect_wire_are_tags (self->tags));
    FUZZ_CHECK (!*self->name || zelect_members_is_name (self->name));
    FUZZ_CHECK (!*self->cluster || zelect_members_is_name (self->cluster));
    FUZZ_CHECK (!*self->bind || !zelect_endpoint_check_bind (self->bind));
    FUZZ_CHECK (!*self->feed || !zelect_endpoint_check_bind (self->feed));
    for (size_t i = 0; i < self->member_count; i++) {
        const zelect_options_member_t *member = &self->members [i];
        FUZZ_CHECK (zelect_members_is_name (member->id) && member->voter <= 1);
        FUZZ_CHECK (!*member->endpoint || !zelect_endpoint_check_connect (member->endpoint));
        FUZZ_CHECK (!*member->feed || !zelect_endpoint_check_connect (member->feed));
        for (size_t other = 0; other < i; other++)
            FUZZ_CHECK (!streq (member->id, self->members [other].id));
    }
}

//  ... and what fits together: what the node and its core rely on.

static void
s_check_valid (const zelect_options_t *self)
{
    FUZZ_CHECK (self->self < self->member_count && self->voter_count >= 1);
    FUZZ_CHECK (streq (self->members [self->self].id, self->name));
    for (size_t i = 0; i < self->member_count; i++) {
        const zelect_options_member_t *member = &self->members [i];
        FUZZ_CHECK (member->voter == (i < self->voter_count));
        FUZZ_CHECK (i == 0 || i == self->voter_count
                    || strcmp (self->members [i - 1].id, member->id) < 0);
        FUZZ_CHECK (!zelect_endpoint_check_connect (member->endpoint));
        FUZZ_CHECK (!zelect_endpoint_check_connect (member->feed_endpoint));
    }
    FUZZ_CHECK (!zelect_endpoint_check_bind (self->bind_endpoint));
    FUZZ_CHECK (!zelect_endpoint_check_bind (self->feed_endpoint));
    FUZZ_CHECK (!zelect_endpoint_same (self->bind_endpoint, self->feed_endpoint));
    uint64_t drift = self->drift_permille;
    FUZZ_CHECK (self->election_ms >= 3 * self->heartbeat_ms);
    FUZZ_CHECK (self->election_ms * (1000 - drift) > 2 * self->heartbeat_ms * (1000 + drift));
    FUZZ_CHECK (!*self->store || !self->is_volatile);
    FUZZ_CHECK (*self->store || self->is_volatile || !self->members [self->self].voter);
    if (*zelect_options_warning (self))
        s_check_line (zelect_options_warning (self));
}

static void
s_check_settings (zelect_options_t *self)
{
    s_check_ranges (self);
    zelect_options_t *again = zelect_options_new ();
    FUZZ_CHECK (again);
    FUZZ_CHECK (zelect_options_save (self, s_saved) == 0);
    FUZZ_CHECK (zelect_options_load (again, s_saved) == 0);
    s_check_same (self, again);
    int rc = zelect_options_validate (self);
    FUZZ_CHECK (zelect_options_validate (again) == rc);
    if (rc) {
        FUZZ_CHECK (rc == -1 && errno == EINVAL);
        s_check_line (zelect_options_error (self));
    }
    else {
        s_check_valid (self);
        s_check_valid (again);
        s_check_same (self, again);
        FUZZ_CHECK (zelect_options_validate (self) == 0);
        s_check_same (self, again);
    }
    zelect_options_destroy (&again);
}

//  --------------------------------------------------------------------------
//  zconfig reads the same, if it reads it

typedef struct {
    zelect_zpl_t zpl;
    bool has_ended;
} s_reader_t;

static int
s_compare_item (zconfig_t *item, void *argument, int level)
{
    s_reader_t *reader = argument;
    if (level == 0)    //  The root
        return 0;
    FUZZ_CHECK (zelect_zpl_next (&reader->zpl) == 1);
    FUZZ_CHECK (reader->zpl.level == (uint32_t) level - 1);
    FUZZ_CHECK (streq (reader->zpl.name, zconfig_name (item)));
    const char *value = zconfig_value (item);
    FUZZ_CHECK (streq (reader->zpl.value, value ? value : ""));
    return 0;
}

static void
s_compare_with_zconfig (const uint8_t *data, size_t size)
{
    s_reader_t reader;
    memset (&reader, 0, sizeof reader);
    zchunk_t *chunk = zchunk_new (data, size);
    zconfig_t *root = zconfig_chunk_load (chunk);
    zchunk_destroy (&chunk);
    if (!root)    //  It does not like every comment
        return;
    FUZZ_CHECK (zelect_zpl_open (&reader.zpl, s_file) == 0);
    zconfig_execute (root, s_compare_item, &reader);
    FUZZ_CHECK (zelect_zpl_next (&reader.zpl) == 0);
    zelect_zpl_close (&reader.zpl);
    zconfig_destroy (&root);
}

//  --------------------------------------------------------------------------
//  The doors

static void
s_take_file (zelect_options_t *self, const uint8_t *data, size_t size)
{
    zelect_options_t before = *self;
    s_write (data, size);
    if (zelect_options_load (self, s_file) == 0) {
        s_compare_with_zconfig (data, size);
        s_check_settings (self);
        return;
    }
    s_check_file_error (zelect_options_error (self), data, size);
    memcpy (before.error, self->error, sizeof before.error);
    FUZZ_CHECK (memcmp (&before, self, sizeof before) == 0);
}

static void
s_take_setting (zelect_options_t *self, char *line)
{
    zelect_options_t before = *self;
    char *value = strchr (line, '=');
    if (!value)
        return;
    *value++ = 0;
    int rc = *line == '+' ? zelect_options_add_member (self, line + 1, value)
                          : zelect_options_set (self, line, value);
    if (rc == 0)
        return;
    FUZZ_CHECK (rc == -1 && errno == EINVAL);
    s_check_line (zelect_options_error (self));
    //  What a member was before is not erased behind the end of the list
    FUZZ_CHECK (self->member_count == before.member_count);
    s_check_same (self, &before);
}

static void
s_take_settings (zelect_options_t *self, char *text)
{
    char *rest, *line = strtok_r (text, "\n", &rest);
    for (int count = 0; line && count < S_LINES_MAX; count++) {
        s_take_setting (self, line);
        line = strtok_r (NULL, "\n", &rest);
    }
    s_check_settings (self);
}

static void
s_take_endpoint (const char *text)
{
    zelect_endpoint_t parts;
    char feed [ZELECT_ENDPOINT_MAX + 1];
    const char *wrong = zelect_endpoint_parse (&parts, text);
    FUZZ_CHECK (!wrong == !zelect_endpoint_check_bind (text));
    FUZZ_CHECK (!wrong || zelect_endpoint_check_connect (text));
    FUZZ_CHECK (zelect_endpoint_same (text, text) == !wrong);
    const char *no_feed = zelect_endpoint_feed (text, feed);
    if (wrong || no_feed) {
        s_check_line (wrong ? wrong : no_feed);
        FUZZ_CHECK (no_feed && !*feed);
        return;
    }
    if (!parts.is_ipc) {
        const char *port = strrchr (text, ':') + 1;
        FUZZ_CHECK (strlen (port) <= 5 && strtoul (port, NULL, 10) == parts.port && parts.port);
    }
    zelect_endpoint_t of_feed;
    FUZZ_CHECK (!zelect_endpoint_parse (&of_feed, feed) && !zelect_endpoint_same (text, feed));
    FUZZ_CHECK (of_feed.is_ipc == parts.is_ipc);
    FUZZ_CHECK (parts.is_ipc
                || (of_feed.port == parts.port + 1 && streq (of_feed.host, parts.host)));
}

static void
s_take_endpoints (char *text)
{
    char *rest;
    const char *one = strtok_r (text, "\n", &rest), *other = strtok_r (NULL, "\n", &rest);
    if (!one)
        return;
    s_take_endpoint (one);
    if (!other)
        return;
    s_take_endpoint (other);
    FUZZ_CHECK (zelect_endpoint_same (one, other) == zelect_endpoint_same (other, one));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    zelect_options_t *options = zelect_options_new ();
    char *text = malloc (size);
    FUZZ_CHECK (options && text);
    memcpy (text, data + 1, size - 1);
    text [size - 1] = 0;
    if (*data % 4 == 1)
        s_take_settings (options, text);
    else if (*data % 4 == 2)
        s_take_endpoints (text);
    else
        s_take_file (options, data + 1, size - 1);
    free (text);
    zelect_options_destroy (&options);
    return 0;
}
