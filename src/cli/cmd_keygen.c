/*  =========================================================================
    cmd_keygen - zelect keygen: a pair of keys, as two certificates

    The format is that of CZMQ's zcert, which can read them; but its zcert_save
    overwrites what is there.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 1024
#define NAME_MAX_BYTES 63

typedef struct {
    const char *name;
    char *directory;    //  From the command line; NULL: here
    zcert_t *certificate;
    char public_path [PATH_SIZE];
    char secret_path [PATH_SIZE];
} keygen_t;

//  Whose name it may become: a member's, by whose rules it goes.

static bool
s_is_name (const char *text)
{
    static const char letters [] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789._-";
    const size_t length = strlen (text);
    return length > 0 && length <= NAME_MAX_BYTES && strspn (text, letters) == length;
}

//  Open a file that is not there yet, and is nobody else's for a moment.

static FILE *
s_create (const zelect_command_t *command, const char *path, mode_t mode)
{
    const int handle = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (handle >= 0)
        return fdopen (handle, "w");
    if (errno == EEXIST)
        zelect_cli_error (command,
                          "%s is there already; keys are not overwritten: remove it, or "
                          "choose another name",
                          path);
    else
        zelect_cli_error (command, "%s cannot be written: %s", path, strerror (errno));
    return NULL;
}

static int
s_write (const keygen_t *self, const zelect_command_t *command, bool is_secret)
{
    const char *path = is_secret ? self->secret_path : self->public_path;
    FILE *stream = s_create (command, path, is_secret ? 0600 : 0644);
    if (!stream)
        return -1;
    fprintf (stream, "#   ZeroMQ CURVE %s certificate of %s, made by zelect keygen\n",
             is_secret ? "secret" : "public", self->name);
    fputs (is_secret ? "#   For its owner alone, with mode 0600.\n"
                     : "#   To be given to all who talk with its owner, by a way that can be "
                       "trusted.\n",
           stream);
    fprintf (stream, "metadata\n    name = \"%s\"\ncurve\n    public-key = \"%s\"\n", self->name,
             zcert_public_txt (self->certificate));
    if (is_secret)
        fprintf (stream, "    secret-key = \"%s\"\n", zcert_secret_txt (self->certificate));
    const bool is_written = fflush (stream) == 0 && fsync (fileno (stream)) == 0;
    const int code = errno;
    if (fclose (stream) == 0 && is_written)
        return 0;
    zelect_cli_error (command, "%s cannot be written: %s", path, strerror (code));
    unlink (path);
    return -1;
}

static int
s_make_directory (const keygen_t *self, const zelect_command_t *command)
{
    if (!self->directory || mkdir (self->directory, 0755) == 0 || errno == EEXIST)
        return 0;
    zelect_cli_error (command, "--directory '%s' cannot be made: %s", self->directory,
                      strerror (errno));
    return -1;
}

//  Both or neither; what was there before stays.

static int
s_generate (keygen_t *self, const zelect_command_t *command)
{
    if (s_make_directory (self, command))
        return ZELECT_EXIT_USAGE;
    self->certificate = zcert_new ();
    int rc = s_write (self, command, true);
    if (rc == 0) {
        rc = s_write (self, command, false);
        if (rc)
            unlink (self->secret_path);
    }
    zcert_destroy (&self->certificate);
    if (rc)
        return ZELECT_EXIT_USAGE;
    printf ("%s\n%s\n", self->public_path, self->secret_path);
    return ZELECT_EXIT_DONE;
}

static bool
s_name_files (keygen_t *self, const zelect_command_t *command)
{
    const char *directory = self->directory ? self->directory : ".";
    const int length =
        snprintf (self->secret_path, PATH_SIZE, "%s/%s.cert_secret", directory, self->name);
    if (length >= PATH_SIZE) {
        zelect_cli_error (command, "--directory '%.40s...' is too long", directory);
        return false;
    }
    snprintf (self->public_path, PATH_SIZE, "%s/%s.cert", directory, self->name);
    return true;
}

static bool
s_check (keygen_t *self, const zelect_command_t *command, poptContext context)
{
    self->name = poptGetArg (context);
    if (!self->name)
        zelect_cli_error (command, "whose keys? Say: zelect keygen NAME");
    else if (poptPeekArg (context))
        zelect_cli_error (command, "'%s': one name at a time", poptPeekArg (context));
    else if (!s_is_name (self->name))
        zelect_cli_error (command, "'%s' is no name: 1 to 63 of A-Z a-z 0-9 . _ -", self->name);
    else if (!zsys_has_curve ())
        zelect_cli_error (command, "libzmq was built without CURVE: install one that has it");
    else
        return s_name_files (self, command);
    return false;
}

static int
s_run (const zelect_command_t *self, int argc, const char **argv)
{
    keygen_t keygen = {0};
    const struct poptOption options [] = {
        {"directory", 'd', POPT_ARG_STRING, &keygen.directory, 0,
         "Where to put them; it is made if need be", "DIR"},
        ZELECT_CLI_HELP,
    };
    int exit_code = ZELECT_EXIT_USAGE;
    poptContext context = zelect_cli_parse (self, options, argc, argv, &exit_code);
    if (context && s_check (&keygen, self, context))
        exit_code = s_generate (&keygen, self);
    poptFreeContext (context);
    zstr_free (&keygen.directory);
    return exit_code;
}

const zelect_command_t zelect_cmd_keygen = {
    .name = "keygen",
    .arguments = "[OPTION...] NAME",
    .summary = "make a pair of keys for a node or an observer",
    .text = "Writes two files: NAME.cert, the public key, which all who talk with NAME get into\n"
            "their directory security/keys; and NAME.cert_secret, for NAME alone, which its\n"
            "security/certificate names. A node's NAME is its id. Nothing is overwritten.",
    .examples = "  zelect keygen n1\n"
                "  zelect keygen --directory keys watcher\n"
                "  zelect keygen -d /etc/zelect/keys n2 >/dev/null\n",
    .exits = "  0  done\n"
             "  2  wrong usage, or the files cannot be written\n",
    .run = s_run,
};
