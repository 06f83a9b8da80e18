/*  =========================================================================
    zelect_cli - what the commands of the program have in common

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cli.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define NAMES_MAX 32             //  Options of a command, for the suggestion
#define WORD_MAX 31              //  Bytes of a word worth a suggestion
#define MS UINT64_C (1000000)    //  Nanoseconds


//  --------------------------------------------------------------------------
//  Help and errors

static void
s_print_help (const zelect_command_t *command, poptContext context)
{
    poptPrintHelp (context, stdout, 0);
    printf ("\n%s\n\nExamples:\n%s\nExit codes:\n%s", command->text, command->examples,
            command->exits);
}

void
zelect_cli_error (const zelect_command_t *command, const char *format, ...)
{
    fprintf (stderr, "zelect%s%s: ", command ? " " : "", command ? command->name : "");
    va_list arguments;
    va_start (arguments, format);
    vfprintf (stderr, format, arguments);
    va_end (arguments);
    fputc ('\n', stderr);
}

//  One row of Levenshtein's table at a time: how many letters to change,
//  insert or leave out to make one word of the other.

static size_t
s_distance (const char *word, const char *name)
{
    size_t row [WORD_MAX + 1];
    const size_t length = strlen (name);
    if (length > WORD_MAX)
        return SIZE_MAX;
    for (size_t at = 0; at <= length; at++)
        row [at] = at;

    for (size_t line = 1; word [line - 1]; line++) {
        size_t diagonal = row [0];
        row [0] = line;
        for (size_t at = 1; at <= length; at++) {
            const size_t above = row [at];
            size_t best = diagonal + (word [line - 1] == name [at - 1] ? 0 : 1);
            if (best > above + 1)
                best = above + 1;
            if (best > row [at - 1] + 1)
                best = row [at - 1] + 1;
            row [at] = best;
            diagonal = above;
        }
    }
    return row [length];
}

const char *
zelect_cli_nearest (const char *word, const char *const *names, size_t count)
{
    //  A word of which more than about a third is wrong is another word.
    size_t best = strlen (word) / 3 + 1;
    const char *nearest = NULL;
    for (size_t at = 0; at < count; at++) {
        const size_t distance = s_distance (word, names [at]);
        if (distance <= best && (!nearest || distance < best)) {
            best = distance;
            nearest = names [at];
        }
    }
    return nearest;
}

static void
s_refuse_option (const zelect_command_t *command,
                 const struct poptOption *options,
                 poptContext context,
                 int error)
{
    const char *given = poptBadOption (context, POPT_BADOPTION_NOALIAS);
    const char *names [NAMES_MAX];
    size_t count = 0;
    for (; options->longName && count < NAMES_MAX; options++)
        names [count++] = options->longName;

    const char *nearest = NULL;
    if (error == POPT_ERROR_BADOPT && strncmp (given, "--", 2) == 0)
        nearest = zelect_cli_nearest (given + 2, names, count);
    if (nearest)
        zelect_cli_error (command, "%s: unknown option (did you mean --%s?)", given, nearest);
    else
        zelect_cli_error (command, "%s: %s ('zelect help %s' lists the options)", given,
                          poptStrerror (error), command->name);
}


//  --------------------------------------------------------------------------
//  Options

poptContext
zelect_cli_parse (const zelect_command_t *command,
                  const struct poptOption *options,
                  int argc,
                  const char **argv,
                  int *exit_code)
{
    poptContext context = poptGetContext (NULL, argc, argv, options, 0);
    poptSetOtherOptionHelp (context, command->arguments);
    const int found = poptGetNextOpt (context);
    if (found == -1)
        return context;

    if (found == 'h') {
        s_print_help (command, context);
        *exit_code = ZELECT_EXIT_DONE;
    }
    else {
        s_refuse_option (command, options, context, found);
        *exit_code = ZELECT_EXIT_USAGE;
    }
    poptFreeContext (context);
    return NULL;
}

bool
zelect_cli_in_range (
    const zelect_command_t *command, const char *option, int value, int least, int most)
{
    if (value >= least && value <= most)
        return true;
    zelect_cli_error (command, "%s %d: must be from %d to %d", option, value, least, most);
    return false;
}

int
zelect_cli_pass (const zelect_command_t *command,
                 const zelect_cli_keys_t *keys,
                 zelect_pass_t **pass)
{
    *pass = NULL;
    if (!keys->certificate && !keys->directory)
        return 0;
    if (!keys->certificate || !keys->directory) {
        zelect_cli_error (command, "--certificate FILE and --keys DIR go together; one is missing");
        return -1;
    }
    *pass = zelect_pass_new (keys->certificate, keys->directory);
    if (*pass && !zelect_pass_error (*pass))
        return 0;
    zelect_cli_error (command, "%s", *pass ? zelect_pass_error (*pass) : strerror (errno));
    zelect_pass_destroy (pass);
    return -1;
}

void
zelect_cli_free_keys (zelect_cli_keys_t *keys)
{
    zstr_free (&keys->certificate);
    zstr_free (&keys->directory);
}

//  --------------------------------------------------------------------------
//  Colour

const char *
zelect_cli_colour (const char *code)
{
    const char *no_color = getenv ("NO_COLOR");
    if ((no_color && *no_color) || !isatty (STDOUT_FILENO))
        return "";
    return code ? code : "\033[0m";
}


//  --------------------------------------------------------------------------
//  Signals and waiting. Blocked signals and a descriptor leave no gap between
//  looking and sleeping, as a handler that sets a flag does.

static void
s_stop_signals (sigset_t *signals)
{
    sigemptyset (signals);
    sigaddset (signals, SIGINT);
    sigaddset (signals, SIGTERM);
    sigaddset (signals, SIGHUP);
}

int
zelect_cli_catch_signals (void)
{
    sigset_t signals;
    s_stop_signals (&signals);
    signal (SIGPIPE, SIG_IGN);
    if (sigprocmask (SIG_BLOCK, &signals, NULL))
        return -1;
    return signalfd (-1, &signals, SFD_CLOEXEC);
}

void
zelect_cli_release_signals (void)
{
    sigset_t signals;
    s_stop_signals (&signals);
    signal (SIGPIPE, SIG_DFL);
    sigprocmask (SIG_UNBLOCK, &signals, NULL);
}

int
zelect_cli_wait (int signal_fd, int fd, int timeout_ms, bool reader_matters)
{
    //  poll passes negative descriptors over.
    struct pollfd items [3] = {
        {.fd = signal_fd, .events = POLLIN},
        {.fd = fd, .events = POLLIN},
        {.fd = reader_matters ? STDOUT_FILENO : -1},
    };
    const int ready = poll (items, 3, timeout_ms);
    if (ready <= 0)
        return 0;
    if (items [0].revents || (items [2].revents & (POLLERR | POLLHUP)))
        return -1;
    return 1;
}


//  --------------------------------------------------------------------------
//  Time

uint64_t
zelect_cli_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_BOOTTIME, &now);
    return (uint64_t) now.tv_sec * 1000 * MS + (uint64_t) now.tv_nsec;
}

int
zelect_cli_left_ms (uint64_t until_ns)
{
    if (until_ns == ZELECT_CLI_NEVER)
        return -1;
    const uint64_t now_ns = zelect_cli_now_ns ();
    if (now_ns >= until_ns)
        return 0;
    const uint64_t left_ms = (until_ns - now_ns + MS - 1) / MS;
    return left_ms < INT_MAX ? (int) left_ms : INT_MAX;
}

uint64_t
zelect_cli_in_ms (int timeout_ms)
{
    return zelect_cli_now_ns () + (uint64_t) timeout_ms * MS;
}

void
zelect_cli_time (char text [ZELECT_CLI_TIME_SIZE])
{
    struct timespec now;
    struct tm utc;
    clock_gettime (CLOCK_REALTIME, &now);
    gmtime_r (&now.tv_sec, &utc);
    const size_t length = strftime (text, ZELECT_CLI_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf (text + length, ZELECT_CLI_TIME_SIZE - length, ".%03uZ",
              (unsigned) ((uint64_t) now.tv_nsec / MS) % 1000);
}


//  --------------------------------------------------------------------------
//  The end

int
zelect_cli_finish (int exit_code)
{
    if ((fflush (stdout) == 0 && !ferror (stdout)) || errno == EPIPE)
        return exit_code;
    fprintf (stderr, "zelect: cannot write to stdout: %s\n", strerror (errno));
    return ZELECT_EXIT_FAILED;
}
