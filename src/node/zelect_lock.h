/*  =========================================================================
    zelect_lock - a file that only one holder in the whole machine has open

    For what must not be used twice at a time, by two processes or by two nodes
    of one process: the vote store, the path of an ipc endpoint. The lock is an
    open file description lock, so it goes when its holder goes, however it
    dies, and closing the file elsewhere in the process does not lose it, as it
    would a POSIX record lock.

    Such a lock has one flaw: a child of fork () inherits it, and would keep it
    after its parent's death. Therefore the class remembers which locks the
    process holds and closes them in every child. That list is the one variable
    that the whole library shares among its users; a mutex guards it, which
    fork () holds too. Children made by vfork (), posix_spawn () or system ()
    close the file when they start their program. What remains is the moment
    between a fork () and the first instruction of the child, should the parent
    die in it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_LOCK_H_INCLUDED
#define ZELECT_LOCK_H_INCLUDED

typedef struct _zelect_lock_t zelect_lock_t;

//  --------------------------------------------------------------------------
//  Open a regular file for reading and writing, and lock it. `directory` is a
//  descriptor or AT_FDCWD, `flags` are those of open () beyond the access mode
//  (O_CREAT makes a file for this user alone). Returns NULL with errno; EBUSY
//  if somebody else has the lock, EMEDIUMTYPE if it is no regular file. May be
//  called from any thread.

zelect_lock_t *zelect_lock_new (int directory, const char *name, int flags);

//  --------------------------------------------------------------------------
//  Close the file and let go of the lock.

void zelect_lock_destroy (zelect_lock_t **self_p);

//  --------------------------------------------------------------------------
//  The descriptor of the file; -1 in a child of the process that opened it.

int zelect_lock_handle (zelect_lock_t *self);

#endif
