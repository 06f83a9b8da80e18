/*  =========================================================================
    zelect_store - the vote record on the disk

    Why opening writes slots again before it counts itself: after a failed sync
    the kernel may show what the disk does not hold, and nobody can ask which.
    But it can be told from the numbers. The first slot is always written and
    synced before the second, and no number is used before both slots hold the
    last one for certain. So of two slots with one number the second may be
    missing on the disk, and of a first one that is ahead, the first. That one
    is written again while the other, which is certain, stays as it is.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store.h"
#include "zelect_directory.h"
#include "zelect_hooks.h"
#include "zelect_lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define FILE_SIZE (ZELECT_STORE_SLOTS * ZELECT_STORE_SLOT_OFFSET)
#define TRIES_MAX 64    //  Interruptions borne before they are an error

struct _zelect_store_t {
    char *directory;
    zelect_lock_t *file;    //  NULL: not open
    zelect_slot_t slot;     //  What both slots hold
    int poison;             //  errno of the first failed save; 0: none
    char error [ZELECT_STORE_TEXT_MAX];
    char warning [ZELECT_STORE_TEXT_MAX];
};

//  What is read from the disk, before it is judged.
typedef struct {
    uint8_t bytes [ZELECT_STORE_SLOTS][ZELECT_SLOT_SIZE];
    zelect_slot_t slots [ZELECT_STORE_SLOTS];
    zelect_slot_state_t states [ZELECT_STORE_SLOTS];
} s_copies_t;

//  What a person can do about an error of the system.
static const struct {
    int number;
    const char *remedy;
} s_remedies [] = {
    {EACCES, "give the user of this process read and write access to it"},
    {EPERM, "give the user of this process read and write access to it"},
    {ENOENT, "create its parent directory first"},
    {ENOTDIR, "name a directory"},
    {EISDIR, "move it away"},
    {ELOOP, "put a plain file or directory in its place"},
    {ENAMETOOLONG, "choose a shorter path"},
    {ENOSPC, "free space on its file system, then restart the node"},
    {EDQUOT, "raise the disk quota of this user, then restart the node"},
    {EROFS, "mount its file system writable, then restart the node"},
    {EMFILE, "raise the limit of open files (ulimit -n)"},
    {ENFILE, "raise the system's limit of open files (fs.file-max)"},
    {ENOMEM, "free memory"},
    {ENOLCK, "use a file system that supports locks"},
    {EOPNOTSUPP, "use a directory on a file system with locks and hard links, as ext4 or xfs"},
    {ENOSYS, "use a directory on a file system with locks and hard links, as ext4 or xfs"},
    {0, "check the disk and the kernel's log, then restart the node"},
};

//  --------------------------------------------------------------------------
//  Note what is wrong and how to put it right. Returns -1, with errno.

static int s_refuse (zelect_store_t *self, int number, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

static int
s_refuse (zelect_store_t *self, int number, const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (self->error, sizeof self->error, format, arguments);
    va_end (arguments);
    //  A name in a file may be anything; keep it off the reader's terminal
    for (char *byte = self->error; *byte; byte++)
        if ((unsigned char) *byte < ' ' || *byte == 0x7f)
            *byte = '?';
    errno = number;
    return -1;
}

//  --------------------------------------------------------------------------
//  Note that an operation of the system failed by errno.

static int
s_fail (zelect_store_t *self, const char *operation, const char *file)
{
    char buffer [128];
    int number = errno;
    size_t i = 0;
    while (s_remedies [i].number != 0 && s_remedies [i].number != number)
        i++;
    return s_refuse (self, number, "cannot %s the vote store %.600s%s%s: %s; %s", operation,
                     self->directory, *file ? "/" : "", file,
                     strerror_r (number, buffer, sizeof buffer), s_remedies [i].remedy);
}

static void s_warn (zelect_store_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void
s_warn (zelect_store_t *self, const char *format, ...)
{
    va_list arguments;
    size_t size = strlen (self->warning);
    if (size > 0)
        self->warning [size++] = ' ';
    assert (size < sizeof self->warning);
    va_start (arguments, format);
    vsnprintf (self->warning + size, sizeof self->warning - size, format, arguments);
    va_end (arguments);
}

//  --------------------------------------------------------------------------
//  A store, not yet open.

zelect_store_t *
zelect_store_new (const char *directory, const char *cluster, const char *node)
{
    assert (directory && *directory);
    assert (cluster && *cluster && strlen (cluster) <= ZELECT_ID_MAX);
    assert (node && *node && strlen (node) <= ZELECT_ID_MAX);
    zelect_store_t *self = (zelect_store_t *) calloc (1, sizeof *self);
    if (self)
        self->directory = strdup (directory);
    if (!self || !self->directory) {
        free (self);
        return NULL;
    }
    memcpy (self->slot.cluster, cluster, strlen (cluster));
    memcpy (self->slot.node, node, strlen (node));
    return self;
}

void
zelect_store_destroy (zelect_store_t **self_p)
{
    assert (self_p);
    zelect_store_t *self = *self_p;
    if (!self)
        return;
    zelect_lock_destroy (&self->file);
    free (self->directory);
    free (self);
    *self_p = NULL;
}

//  --------------------------------------------------------------------------
//  Open the directory: a descriptor, or -1.

static int
s_open_directory (zelect_store_t *self)
{
    int directory = zelect_directory_open (self->directory);
    return directory == -1 ? s_fail (self, "open", "") : directory;
}

//  --------------------------------------------------------------------------
//  Write bytes at a place, then sync. A write that ends early is an error:
//  the file has had its full size since it was created.

static int
s_write (zelect_store_t *self, const uint8_t *bytes, size_t size, off_t offset)
{
    int handle = zelect_lock_handle (self->file);
    if (handle == -1)
        return s_refuse (self, ECHILD,
                         "the vote store %.600s was opened by the parent of this process; open a "
                         "store of its own in the child",
                         self->directory);
    ssize_t written = -1;
    int tries = 0;
    do
        written = pwrite (handle, bytes, size, offset);
    while (written == -1 && errno == EINTR && ++tries < TRIES_MAX);
    if (written >= 0 && (size_t) written != size)
        return s_refuse (self, EIO,
                         "cannot write the vote store %.600s/" ZELECT_STORE_FILE
                         ": only %zd of %zu bytes were written; check the disk and its free space, "
                         "then restart the node",
                         self->directory, written, size);
    if (written == -1)
        return s_fail (self, "write", ZELECT_STORE_FILE);
    int rc = -1;
    do
        rc = fdatasync (handle);
    while (rc == -1 && errno == EINTR && ++tries < TRIES_MAX);
    return rc == -1 ? s_fail (self, "sync", ZELECT_STORE_FILE) : 0;
}

static int
s_write_slot (zelect_store_t *self, int index, const uint8_t bytes [ZELECT_SLOT_SIZE])
{
    return s_write (self, bytes, ZELECT_SLOT_SIZE, (off_t) index * ZELECT_STORE_SLOT_OFFSET);
}

//  --------------------------------------------------------------------------
//  Read both slots. What cannot be read, as a bad sector or behind the end of
//  a file cut short, stays zero and counts as damaged.

static void
s_read (zelect_store_t *self, s_copies_t *copies)
{
    memset (copies, 0, sizeof *copies);
    for (int i = 0; i < ZELECT_STORE_SLOTS; i++) {
        uint8_t bytes [ZELECT_SLOT_SIZE];
        ssize_t size = -1;
        int tries = 0;
        do
            size = pread (zelect_lock_handle (self->file), bytes, sizeof bytes,
                          (off_t) i * ZELECT_STORE_SLOT_OFFSET);
        while (size == -1 && errno == EINTR && ++tries < TRIES_MAX);
        if (size == (ssize_t) sizeof bytes)
            memcpy (copies->bytes [i], bytes, sizeof bytes);
        copies->states [i] = zelect_slot_unpack (&copies->slots [i], copies->bytes [i]);
    }
}

//  --------------------------------------------------------------------------
//  Refuse a slot that this node must not use, whatever the other one says.

static int
s_check_slot (zelect_store_t *self, const zelect_slot_t *slot, zelect_slot_state_t state)
{
    if (state == ZELECT_SLOT_NEWER)
        return s_refuse (self, ENOTSUP,
                         "the vote store %.600s was written by a newer version of zelect; run "
                         "that version or a later one",
                         self->directory);
    if (state == ZELECT_SLOT_DAMAGED)
        return 0;
    if (strcmp (slot->cluster, self->slot.cluster) != 0)
        return s_refuse (self, EPERM,
                         "the vote store %.600s belongs to the cluster '%s', not to '%s'; give "
                         "each node of each cluster a directory of its own",
                         self->directory, slot->cluster, self->slot.cluster);
    if (strcmp (slot->node, self->slot.node) != 0)
        return s_refuse (self, EPERM,
                         "the vote store %.600s belongs to the node '%s', not to '%s'; give each "
                         "node a directory of its own",
                         self->directory, slot->node, self->slot.node);
    return 0;
}

//  --------------------------------------------------------------------------
//  Refuse two good slots that cannot both be what a sound disk holds.

static int
s_check_pair (zelect_store_t *self, const s_copies_t *copies)
{
    uint64_t first = copies->slots [0].seq;
    uint64_t second = copies->slots [1].seq;
    uint64_t distance = first > second ? first - second : second - first;
    if (distance > 1)
        return s_refuse (self, EBADMSG,
                         "the vote store %.500s/" ZELECT_STORE_FILE
                         " lost a save (its copies bear the numbers %" PRIu64 " and %" PRIu64
                         "); check the disk, and move the file away: the node then abstains until "
                         "it has heard the others",
                         self->directory, first, second);
    if (distance == 0 && memcmp (copies->bytes [0], copies->bytes [1], ZELECT_SLOT_SIZE) != 0)
        return s_refuse (self, EBADMSG,
                         "the vote store %.500s/" ZELECT_STORE_FILE
                         " holds two different records with the number %" PRIu64
                         "; move the file away: the node then abstains until it has heard the "
                         "others",
                         self->directory, first);
    return 0;
}

//  --------------------------------------------------------------------------
//  Choose the slot that counts: its index, or -1.

static int
s_choose (zelect_store_t *self, const s_copies_t *copies)
{
    bool has_first = copies->states [0] == ZELECT_SLOT_GOOD;
    bool has_second = copies->states [1] == ZELECT_SLOT_GOOD;
    for (int i = 0; i < ZELECT_STORE_SLOTS; i++)
        if (s_check_slot (self, &copies->slots [i], copies->states [i]) == -1)
            return -1;
    if (has_first && has_second) {
        if (s_check_pair (self, copies) == -1)
            return -1;
        return copies->slots [1].seq > copies->slots [0].seq ? 1 : 0;
    }
    if (!has_first && !has_second)
        return s_refuse (self, EBADMSG,
                         "the vote store %.500s/" ZELECT_STORE_FILE
                         " is damaged in both of its copies; check the disk, and move the file "
                         "away: the node then abstains until it has heard the others",
                         self->directory);
    s_warn (self,
            "copy %d of two in the vote store %.300s/" ZELECT_STORE_FILE
            " was damaged, by a crash while it was saved or by the disk, and was restored from "
            "the other; if it happens again without a crash, replace the disk.",
            has_first ? 2 : 1, self->directory);
    return has_first ? 0 : 1;
}

//  --------------------------------------------------------------------------
//  Make certain that both slots hold the chosen record, whatever the disk holds
//  in truth. If it stands in the second slot alone, the next save does that: it
//  begins with the first.

static int
s_mend (zelect_store_t *self, const s_copies_t *copies, int chosen)
{
    const uint8_t *bytes = copies->bytes [chosen];
    bool is_ahead =
        copies->states [1] == ZELECT_SLOT_GOOD && copies->slots [0].seq != copies->slots [1].seq;
    if (chosen == 1)
        return 0;
    if (is_ahead && s_write_slot (self, 0, bytes) == -1)
        return -1;
    return s_write_slot (self, 1, bytes);
}

//  --------------------------------------------------------------------------
//  Write the slots, the first one first.

static int
s_write_slots (zelect_store_t *self, const zelect_slot_t *slot)
{
    uint8_t bytes [ZELECT_SLOT_SIZE];
    zelect_slot_pack (slot, bytes);
    return s_write_slot (self, 0, bytes) == -1 ? -1 : s_write_slot (self, 1, bytes);
}

//  --------------------------------------------------------------------------
//  Take over what the file holds, and count this opening.

static int
s_recover (zelect_store_t *self)
{
    s_copies_t copies;
    s_read (self, &copies);
    int chosen = s_choose (self, &copies);
    if (chosen == -1 || s_mend (self, &copies, chosen) == -1)
        return -1;
    zelect_slot_t slot = copies.slots [chosen];
    slot.seq++;
    slot.record.boot_count++;
    if (s_write_slots (self, &slot) == -1)
        return -1;
    self->slot = slot;
    return 0;
}

//  --------------------------------------------------------------------------
//  Open the record in a directory that is open: 0, 1 if there is none, or -1.

static int
s_open_file (zelect_store_t *self, int directory)
{
    self->file = zelect_lock_new (directory, ZELECT_STORE_FILE, 0);
    if (!self->file && errno == ENOENT)
        return 1;
    if (!self->file && errno == EBUSY)
        return s_refuse (self, EBUSY,
                         "the vote store %.600s is in use by another node or process; stop that "
                         "one, or give each node a directory of its own",
                         self->directory);
    if (!self->file && errno == EMEDIUMTYPE)
        return s_refuse (self, EMEDIUMTYPE,
                         "the vote store %.600s/" ZELECT_STORE_FILE
                         " is no plain file; move it away",
                         self->directory);
    if (!self->file)
        return s_fail (self, "open", ZELECT_STORE_FILE);
    //  Whoever made the file may have died before its name was synced.
    if (zelect_directory_sync (directory) == -1)
        return s_fail (self, "sync the directory of", ZELECT_STORE_FILE);
    return s_recover (self);
}

//  --------------------------------------------------------------------------
//  Open the record.

int
zelect_store_open (zelect_store_t *self, zelect_store_record_t *record)
{
    assert (self && record);
    assert (!self->file);
    self->warning [0] = 0;
    int directory = s_open_directory (self);
    if (directory == -1)
        return -1;
    const char *hazard = zelect_directory_hazard (directory);
    if (hazard)
        s_warn (self,
                "the vote store %.300s %s, and a node that forgets may vote twice; move it "
                "to a local disk.",
                self->directory, hazard);
    int rc = s_open_file (self, directory);
    int saved_errno = errno;
    close (directory);
    if (rc == 0)
        *record = self->slot.record;
    else
        zelect_lock_destroy (&self->file);
    errno = saved_errno;
    return rc;
}

//  --------------------------------------------------------------------------
//  Fill the whole of a new file, so that its blocks are there for good.

static int
s_fill (zelect_store_t *self, const zelect_slot_t *slot)
{
    uint8_t bytes [FILE_SIZE] = {0};
    for (int i = 0; i < ZELECT_STORE_SLOTS; i++)
        zelect_slot_pack (slot, bytes + (size_t) i * ZELECT_STORE_SLOT_OFFSET);
    if (s_write (self, bytes, sizeof bytes, 0) == -1)
        return -1;
    return fsync (zelect_lock_handle (self->file)) == -1 ? s_fail (self, "sync", "") : 0;
}

//  --------------------------------------------------------------------------
//  Give a complete file its name. A link, unlike rename (), never replaces
//  the record of somebody who was faster.

static int
s_publish (zelect_store_t *self, int directory, const char *draft)
{
    if (linkat (directory, draft, directory, ZELECT_STORE_FILE, 0) == -1) {
        if (errno == EPERM)
            errno = EOPNOTSUPP;    //  A file system without hard links
        return errno == EEXIST
                   ? s_refuse (self, EBUSY,
                               "the vote store %.600s is in use by another node or process, which "
                               "has just created it; give each node a directory of its own",
                               self->directory)
                   : s_fail (self, "create", ZELECT_STORE_FILE);
    }
    return 0;
}

//  --------------------------------------------------------------------------
//  Make the record under a draft's name that nobody else uses, then publish
//  it. A crash in between leaves the draft, which means nothing to anybody.

static int
s_create_file (zelect_store_t *self, int directory, const zelect_slot_t *slot)
{
    uint64_t random = 0;
    char draft [64];
    if (getrandom (&random, sizeof random, 0) != (ssize_t) sizeof random)
        return s_fail (self, "choose a name in", "");
    snprintf (draft, sizeof draft, ZELECT_STORE_FILE ".new-%016" PRIx64, random);
    self->file = zelect_lock_new (directory, draft, O_CREAT | O_EXCL);
    if (!self->file)
        return s_fail (self, "create", draft);
    int rc = s_fill (self, slot);
    if (rc == 0)
        rc = s_publish (self, directory, draft);
    int saved_errno = errno;
    unlinkat (directory, draft, 0);
    errno = saved_errno;
    if (rc == 0 && zelect_directory_sync (directory) == -1)
        rc = s_fail (self, "sync the directory of", ZELECT_STORE_FILE);
    return rc;
}

//  --------------------------------------------------------------------------
//  Make the record where there is none.

int
zelect_store_create (zelect_store_t *self, const zelect_store_record_t *record)
{
    assert (self && record);
    assert (!self->file);
    assert (record->term < ZELECT_TERM_MAX);
    zelect_slot_t slot = self->slot;
    slot.seq = 1;
    slot.record = *record;
    slot.record.boot_count = 1;
    int directory = s_open_directory (self);
    if (directory == -1)
        return -1;
    int rc = s_create_file (self, directory, &slot);
    int saved_errno = errno;
    close (directory);
    if (rc == 0)
        self->slot = slot;
    else
        zelect_lock_destroy (&self->file);
    errno = saved_errno;
    return rc;
}

//  --------------------------------------------------------------------------
//  Refuse a record that takes back a promise of the last one (R1, R2). The
//  election never asks for it; this is the last door before a second vote.

static int
s_check_record (zelect_store_t *self, const zelect_store_record_t *record)
{
    const zelect_store_record_t *last = &self->slot.record;
    bool is_other_vote = strcmp (record->vote, last->vote) != 0
                         || record->vote_incarnation != last->vote_incarnation;
    if (record->term < last->term || record->term >= ZELECT_TERM_MAX)
        return s_refuse (self, EINVAL,
                         "the vote store %.600s refuses the term %" PRIu64 " after the term "
                         "%" PRIu64 "; report this error of zelect",
                         self->directory, record->term, last->term);
    if (record->term == last->term && *last->vote && is_other_vote)
        return s_refuse (self, EINVAL,
                         "the vote store %.500s refuses a vote for '%s' after one for '%s' in the "
                         "same term %" PRIu64 "; report this error of zelect",
                         self->directory, record->vote, last->vote, record->term);
    return 0;
}

//  --------------------------------------------------------------------------
//  Write a slot at a time, with the points at which a test may stop it.

static int
s_save_in_steps (zelect_store_t *self, const zelect_slot_t *slot)
{
    uint8_t bytes [ZELECT_SLOT_SIZE];
    zelect_slot_pack (slot, bytes);
    ZELECT_HOOK ("before-save");
    if (s_write_slot (self, 0, bytes) == -1)
        return -1;
    ZELECT_HOOK ("between-slots");
    ZELECT_HOOK_DELAY ();
    if ((errno = ZELECT_HOOK_FAILURE ()) != 0)
        return s_fail (self, "sync", ZELECT_STORE_FILE);
    if (s_write_slot (self, 1, bytes) == -1)
        return -1;
    ZELECT_HOOK ("after-save");
    return 0;
}

//  --------------------------------------------------------------------------
//  Save a record in an open store.

int
zelect_store_save (zelect_store_t *self, const zelect_store_record_t *record)
{
    assert (self && record);
    assert (self->file);
    if (self->poison != 0) {
        errno = self->poison;
        return -1;
    }
    zelect_slot_t slot = self->slot;
    slot.seq++;
    slot.record = *record;
    slot.record.boot_count = self->slot.record.boot_count;
    if (s_check_record (self, record) == -1 || s_save_in_steps (self, &slot) == -1) {
        self->poison = errno;
        return -1;
    }
    self->slot = slot;
    return 0;
}

const char *
zelect_store_error (zelect_store_t *self)
{
    assert (self);
    return *self->error ? self->error : NULL;
}

const char *
zelect_store_warning (zelect_store_t *self)
{
    assert (self);
    return *self->warning ? self->warning : NULL;
}
