/*  =========================================================================
    zelect_directory - a directory whose files shall outlive the machine's power

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_directory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

//  The numbers are Linux's own, of linux/magic.h or, where that lacks them, of
//  the file system's source.
static const struct {
    uint32_t magic;
    const char *hazard;
} s_hazards [] = {
    {0x6969, "is on NFS, which may lose locks and synced writes"},
    {0x517b, "is on SMB, which may lose locks and synced writes"},
    {0xfe534d42, "is on SMB, which may lose locks and synced writes"},
    {0xff534d42, "is on CIFS, which may lose locks and synced writes"},
    {0x5346414f, "is on AFS, which may lose locks and synced writes"},
    {0x01021997, "is on 9p, which may lose locks and synced writes"},
    {0x01021994, "is on tmpfs, which is empty after a reboot"},
    {0x858458f6, "is on ramfs, which is empty after a reboot"},
    {0x794c7630, "is on overlayfs, which may go with its container"},
};


static void
s_close (int handle)
{
    int saved_errno = errno;
    close (handle);
    errno = saved_errno;
}

static int
s_sync_parent (int directory)
{
    int parent = openat (directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent == -1)
        return -1;
    int rc = zelect_directory_sync (parent);
    s_close (parent);
    return rc;
}

//  --------------------------------------------------------------------------
//  Open a directory; make it if it is missing.

int
zelect_directory_open (const char *path)
{
    assert (path);
    bool is_new = mkdir (path, S_IRWXU) == 0;
    int made_errno = errno;
    int directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    //  What kept it from being made says more than that it is not there.
    if (directory == -1 && errno == ENOENT && !is_new && made_errno != EEXIST)
        errno = made_errno;
    if (directory != -1 && is_new && s_sync_parent (directory) == -1) {
        s_close (directory);
        directory = -1;
    }
    return directory;
}

//  --------------------------------------------------------------------------
//  Sync the names in it. Some file systems keep them in other ways and say
//  EINVAL.

int
zelect_directory_sync (int directory)
{
    return fsync (directory) == 0 || errno == EINVAL ? 0 : -1;
}

//  --------------------------------------------------------------------------
//  Why a file here may not outlive the machine's power.

const char *
zelect_directory_hazard (int directory)
{
    struct statfs about;
    if (fstatfs (directory, &about) == -1)
        return NULL;
    for (size_t i = 0; i < sizeof s_hazards / sizeof s_hazards [0]; i++)
        if ((uint32_t) about.f_type == s_hazards [i].magic)
            return s_hazards [i].hazard;
    return NULL;
}
