/*  =========================================================================
    zelect_cli - what the commands of the program have in common

    A command is a row: its name, what it does, its examples and exit codes,
    and a function. Its options are one popt table, which both parses and
    explains them. Answers go to stdout, everything else to stderr.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CLI_H_INCLUDED
#define ZELECT_CLI_H_INCLUDED

#include "zelect.h"

#include <popt.h>

//  What the program's exit code says.
#define ZELECT_EXIT_DONE 0        //  Yes, or done
#define ZELECT_EXIT_NO 1          //  No: no leader, no quorum, not in time
#define ZELECT_EXIT_USAGE 2       //  Wrong usage or configuration
#define ZELECT_EXIT_NOBODY 3      //  Nobody could be reached
#define ZELECT_EXIT_LOST 4        //  Leadership was lost, and a command was stopped for it
#define ZELECT_EXIT_LATE 124      //  Not in time, as in timeout(1)
#define ZELECT_EXIT_FAILED 125    //  The program itself failed, as in env(1)

typedef struct _zelect_command_t zelect_command_t;

typedef int (zelect_command_fn) (const zelect_command_t *self, int argc, const char **argv);

struct _zelect_command_t {
    const char *name;          //  "watch"
    const char *arguments;     //  "[OPTION...] ENDPOINT..."
    const char *summary;       //  One line for the list of commands
    const char *text;          //  A paragraph for its own help
    const char *examples;      //  Three lines
    const char *exits;         //  One line for each exit code
    zelect_command_fn *run;    //  Returns the exit code
};

extern const zelect_command_t zelect_cmd_demo;
extern const zelect_command_t zelect_cmd_node;
extern const zelect_command_t zelect_cmd_run;
extern const zelect_command_t zelect_cmd_watch;
extern const zelect_command_t zelect_cmd_status;
extern const zelect_command_t zelect_cmd_wait;
extern const zelect_command_t zelect_cmd_bench;
extern const zelect_command_t zelect_cmd_fsm;
extern const zelect_command_t zelect_cmd_keygen;
extern const zelect_command_t zelect_cmd_version;

//  The last rows of each command's table of options.
#define ZELECT_CLI_HELP                                                                            \
    {"help", 'h', POPT_ARG_NONE, NULL, 'h', "Show this help", NULL}, POPT_TABLEEND

//  --------------------------------------------------------------------------
//  Parse the options of a command by its table. Returns the context, which
//  the caller frees and of which poptGetArgs gives the arguments; or NULL when
//  there is nothing left to do but to exit with *exit_code: help was asked
//  for and given, or the usage was wrong and that was said.

poptContext zelect_cli_parse (const zelect_command_t *command,
                              const struct poptOption *options,
                              int argc,
                              const char **argv,
                              int *exit_code);

//  --------------------------------------------------------------------------
//  True if an option's value lies within its bounds; else says so.

bool zelect_cli_in_range (
    const zelect_command_t *command, const char *option, int value, int least, int most);

//  --------------------------------------------------------------------------
//  The options of who watches a cluster with keys, and the pass that they make (NULL
//  for neither). Returns 0, or -1 if they make none, and says why.

#define ZELECT_CLI_PASS(keys)                                                                      \
    {"certificate", 's', POPT_ARG_STRING, &(keys).certificate, 0, "Own secret key, if needed",     \
     "FILE"},                                                                                      \
    {"keys", 'k', POPT_ARG_STRING, &(keys).directory, 0, "Public keys of NAME@ENDPOINTs", "DIR"}

typedef struct {
    char *certificate;
    char *directory;
} zelect_cli_keys_t;

int zelect_cli_pass (const zelect_command_t *command,
                     const zelect_cli_keys_t *keys,
                     zelect_pass_t **pass);

void zelect_cli_free_keys (zelect_cli_keys_t *keys);

//  --------------------------------------------------------------------------
//  "zelect watch: ..." and a line end to stderr; command may be NULL.

void zelect_cli_error (const zelect_command_t *command, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

//  --------------------------------------------------------------------------
//  The one of count names that the user may have meant, or NULL.

const char *zelect_cli_nearest (const char *word, const char *const *names, size_t count);

//  --------------------------------------------------------------------------
//  "\033[1;32m" and the like if stdout is a terminal and NO_COLOR is not set,
//  else "". zelect_cli_colour (NULL) ends a colour.

const char *zelect_cli_colour (const char *code);

//  --------------------------------------------------------------------------
//  From here on SIGINT and SIGTERM, and for a terminal's end SIGHUP, come
//  through the descriptor that this returns, in whatever thread; -1 with errno
//  if the system does not let us. To be called before any thread is made.

int zelect_cli_catch_signals (void);

//  Let a child that is about to exec have its signals as usual.
void zelect_cli_release_signals (void);

//  --------------------------------------------------------------------------
//  Wait until a descriptor is readable (-1: none), at most timeout_ms (-1: for
//  ever). Returns 1 if it is, 0 after the time, and -1 if the program is to
//  stop: a signal came or, where reader_matters, nobody reads stdout any more.

int zelect_cli_wait (int signal_fd, int fd, int timeout_ms, bool reader_matters);

//  --------------------------------------------------------------------------
//  CLOCK_BOOTTIME in nanoseconds, and the milliseconds left until then, rounded
//  up; ZELECT_CLI_NEVER has -1 left, as poll wants it.

#define ZELECT_CLI_NEVER UINT64_MAX

uint64_t zelect_cli_now_ns (void);

int zelect_cli_left_ms (uint64_t until_ns);

//  A time that many milliseconds from now.
uint64_t zelect_cli_in_ms (int timeout_ms);

//  --------------------------------------------------------------------------
//  The wall clock, for people: "2026-11-23T06:46:53.120Z".

#define ZELECT_CLI_TIME_SIZE 32

void zelect_cli_time (char text [ZELECT_CLI_TIME_SIZE]);

//  --------------------------------------------------------------------------
//  Flush stdout and return the exit code: the one given, unless stdout could
//  not be written for another reason than that its reader has gone.

int zelect_cli_finish (int exit_code);

#endif
