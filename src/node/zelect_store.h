/*  =========================================================================
    zelect_store - the vote record on the disk

    Two notaries in two offices keep the same deed. A change is signed at the
    first, then at the second, and only then is it told to anybody; so whatever
    was told stands in both, and one office may burn down. Whoever finds the
    deeds further apart than one signature refuses to choose.

    The file is `vote` in a directory of the node's own: two slots (zelect_slot)
    at 0 and 4096, both on the disk since the file was created, so that a full
    disk cannot stop a save, unless its file system never writes in place, as
    btrfs. It stays open, and locked against every other opener, for the life of
    the store; a child of fork () loses its copy at once, so that it cannot keep
    the lock after its parent's death.

    An error while saving poisons the store for life: after a failed sync the
    kernel may show pages that never reached the disk, so that trying again
    proves nothing. What it says then is what it said first.

    The store refuses to guess: two damaged slots, another cluster's or node's
    record, slots further than one save apart, or a format from the future are
    errors. A missing record is none: zelect_store_open says so, and the caller
    decides (R16).

    The class is synchronous; a store is used by one thread at a time. Errors
    are -1 with errno and a sentence in zelect_store_error (); the errno of the
    store's own are EBUSY (in use), EBADMSG (damaged), EPERM (of another cluster
    or node), ENOTSUP (a newer format), EMEDIUMTYPE (no plain file), EINVAL (a record
    that takes back what was saved) and ECHILD (used after a fork).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_STORE_H_INCLUDED
#define ZELECT_STORE_H_INCLUDED

#include "zelect_slot.h"

typedef struct _zelect_store_t zelect_store_t;

#define ZELECT_STORE_FILE "vote"
#define ZELECT_STORE_SLOT_OFFSET 4096    //  Slots lie in different blocks
#define ZELECT_STORE_SLOTS 2
#define ZELECT_STORE_TEXT_MAX 1024    //  Longest error or warning, with its zero

//  --------------------------------------------------------------------------
//  A store, not yet open. Cluster and node are valid names (1 to ZELECT_ID_MAX
//  bytes); all strings are copied. Destroying closes the file and lets go of
//  the lock.

zelect_store_t *zelect_store_new (const char *directory, const char *cluster, const char *node);
void zelect_store_destroy (zelect_store_t **self_p);

//  --------------------------------------------------------------------------
//  Open the record, lock it, write both slots anew with the boot count raised
//  by one, and copy it to `record`. Returns 0; 1 if there is no record yet
//  (then the store is still to be created or destroyed); or -1. The last part
//  of the directory's path is made, for this user alone, if it is missing.
//  May leave a warning. Blocks for a few syncs of the disk.

int zelect_store_open (zelect_store_t *self, zelect_store_record_t *record);

//  --------------------------------------------------------------------------
//  Make the record where zelect_store_open found none, with a boot count of 1
//  (that of `record` counts for nothing), lock it and leave it open. A crash
//  meanwhile leaves no record or this one. Returns 0, or -1 (EBUSY if somebody
//  else has just made one).

int zelect_store_create (zelect_store_t *self, const zelect_store_record_t *record);

//  --------------------------------------------------------------------------
//  Save a record in an open store; its boot count is the store's own. Returns
//  0 once it stands on the disk twice, or -1, which poisons the store: every
//  later save returns the same error at once. A lower term, or another vote in
//  the same term, is such an error too: it would take back a promise.

int zelect_store_save (zelect_store_t *self, const zelect_store_record_t *record);

//  --------------------------------------------------------------------------
//  The last error, one sentence; NULL if there was none. Owned by the store.

const char *zelect_store_error (zelect_store_t *self);

//  --------------------------------------------------------------------------
//  What somebody should know though the store works: a slot that was damaged,
//  a file system that forgets or that does not sync. NULL if all is well.
//  Owned by the store.

const char *zelect_store_warning (zelect_store_t *self);

#endif
