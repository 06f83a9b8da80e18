/*  =========================================================================
    zelect_supervisor - the node of zelect run, and what is decided there

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_SUPERVISOR_H_INCLUDED
#define ZELECT_SUPERVISOR_H_INCLUDED

#include "zelect_cli.h"

typedef struct {
    char *file;
    int create;
    int verbose;
    int restart;
    int grace_ms;
    int margin_ms;
    int check_ms;
    int timeout_ms;      //  0: none
    char **command;      //  The command's words
    char *check_text;    //  The health command as it was given; NULL: none
    char **check;        //  ... and its words
} zelect_supervisor_options_t;

//  --------------------------------------------------------------------------
//  Run the command whenever the node leads, until there is a reason to end. Returns
//  the exit code. No thread may have been made before.

int zelect_supervise (const zelect_command_t *command, const zelect_supervisor_options_t *options);

#endif
