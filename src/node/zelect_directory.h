/*  =========================================================================
    zelect_directory - a directory whose files shall outlive the machine's power

    A file system may forget the name of a file that it keeps well: names live
    in directories, which are synced by themselves. And some file systems forget
    the whole of it, or promise what they cannot hold.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_DIRECTORY_H_INCLUDED
#define ZELECT_DIRECTORY_H_INCLUDED

//  --------------------------------------------------------------------------
//  Open a directory. If the last part of its path is missing it is made, for
//  this user alone, and its parent synced. Returns a descriptor, or -1 with
//  errno: ENOENT if the parent is missing.

int zelect_directory_open (const char *path);

//  --------------------------------------------------------------------------
//  Sync the names in it. Returns 0, or -1 with errno.

int zelect_directory_sync (int directory);

//  --------------------------------------------------------------------------
//  Why a file here may not outlive the machine's power, as in "is on tmpfs,
//  which is empty after a reboot"; NULL if nothing is known against it.

const char *zelect_directory_hazard (int directory);

#endif
