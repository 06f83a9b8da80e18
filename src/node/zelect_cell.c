/*  =========================================================================
    zelect_cell - the piece of memory that a node shares with its host

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_cell.h"
#include "zelect_clock.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

struct _zelect_cell_t {
    bool is_own;                     //  False in a forked child: wiped
    _Atomic uint64_t lease_term;     //  Term of the lease; 0: none
    _Atomic uint64_t lease_until;    //  Its end, in nanoseconds
    _Atomic uint64_t term;           //  The node's term
    _Atomic int role;                //  A zelect_role_t or ZELECT_CELL_STOPPED
    _Atomic uint16_t leader;         //  Index of the leader; own index above it
    _Atomic uint64_t kicked_ns;      //  When the application said that it lives
    char ids [ZELECT_MEMBERS_MAX][ZELECT_ID_MAX + 1];
};

static_assert (ATOMIC_LLONG_LOCK_FREE == 2, "the cell needs lock-free 64-bit atomics");

//  A lease that a child inherited would go on for as long as the parent's did at
//  the fork, and the parent leads on meanwhile (G2): hence pages of its own,
//  which a fork hands on empty.

zelect_cell_t *
zelect_cell_new (void)
{
    zelect_cell_t *self = mmap (NULL, sizeof (zelect_cell_t), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self == MAP_FAILED)
        return NULL;
    if (madvise (self, sizeof (zelect_cell_t), MADV_WIPEONFORK)) {
        zelect_cell_destroy (&self);
        errno = EINVAL;
        return NULL;
    }
    self->is_own = true;
    atomic_init (&self->lease_term, 0);
    atomic_init (&self->lease_until, 0);
    atomic_init (&self->term, 0);
    atomic_init (&self->role, ZELECT_CELL_STOPPED);
    atomic_init (&self->leader, ZELECT_NOBODY);
    atomic_init (&self->kicked_ns, 0);
    return self;
}

void
zelect_cell_destroy (zelect_cell_t **self_p)
{
    assert (self_p);
    if (*self_p)
        munmap (*self_p, sizeof (zelect_cell_t));
    *self_p = NULL;
}

//  R6: the order of the stores is what the readers rely on. An end is written
//  while the term that it does not belong to is withdrawn.

void
zelect_cell_set_lease (zelect_cell_t *self, uint64_t term, uint64_t until_ns)
{
    assert (self);
    uint64_t shown = atomic_load_explicit (&self->lease_term, memory_order_relaxed);
    if (until_ns == 0 || shown != term)
        atomic_store_explicit (&self->lease_term, 0, memory_order_release);
    if (until_ns == 0)
        return;
    atomic_store_explicit (&self->lease_until, until_ns, memory_order_release);
    atomic_store_explicit (&self->lease_term, term, memory_order_release);
}

void
zelect_cell_set_role (zelect_cell_t *self, int role, uint64_t term)
{
    assert (self);
    assert (role >= 0 && role <= ZELECT_CELL_STOPPED);
    atomic_store_explicit (&self->term, term, memory_order_release);
    atomic_store_explicit (&self->role, role, memory_order_release);
}

//  The own index stands beside the leader's in one word, so that a reader can
//  tell whether the leader is this node.

void
zelect_cell_set_leader (zelect_cell_t *self, uint8_t leader, uint8_t own)
{
    assert (self);
    uint16_t word = (uint16_t) (own << 8 | leader);
    atomic_store_explicit (&self->leader, word, memory_order_release);
}

void
zelect_cell_set_member (zelect_cell_t *self, uint8_t index, const char *id)
{
    assert (self);
    assert (index < ZELECT_MEMBERS_MAX);
    assert (strlen (id) <= ZELECT_ID_MAX);
    if (strcmp (self->ids [index], id) != 0)
        memcpy (self->ids [index], id, strlen (id) + 1);
}

bool
zelect_cell_token (const zelect_cell_t *self, uint64_t *term, uint64_t *until_ns)
{
    assert (self);
    *term = atomic_load_explicit (&self->lease_term, memory_order_acquire);
    *until_ns = atomic_load_explicit (&self->lease_until, memory_order_acquire);
    if (*term) {
        uint64_t now = zelect_clock_ns ();
        uint64_t again = atomic_load_explicit (&self->lease_term, memory_order_acquire);
        if (again == *term && now < *until_ns)
            return true;
    }
    *term = 0;
    *until_ns = 0;
    return false;
}

bool
zelect_cell_held (const zelect_cell_t *self)
{
    uint64_t term, until_ns;
    return zelect_cell_token (self, &term, &until_ns);
}

const char *
zelect_cell_role (const zelect_cell_t *self)
{
    assert (self);
    int role = atomic_load_explicit (&self->role, memory_order_acquire);
    if (role == ZELECT_CELL_STOPPED || zelect_cell_is_forked (self))
        return "stopped";
    if (role == ZELECT_ROLE_LEADER && !zelect_cell_held (self))
        role = ZELECT_ROLE_FOLLOWER;
    return zelect_role_name ((zelect_role_t) role);
}

uint64_t
zelect_cell_term (const zelect_cell_t *self)
{
    assert (self);
    return atomic_load_explicit (&self->term, memory_order_acquire);
}

const char *
zelect_cell_leader (const zelect_cell_t *self)
{
    assert (self);
    uint16_t word = atomic_load_explicit (&self->leader, memory_order_acquire);
    uint8_t leader = (uint8_t) (word & 0xff);
    if (leader >= ZELECT_MEMBERS_MAX || zelect_cell_is_forked (self))
        return NULL;
    if (leader == word >> 8 && !zelect_cell_held (self))
        return NULL;
    return self->ids [leader];
}

void
zelect_cell_kick (zelect_cell_t *self)
{
    assert (self);
    atomic_store_explicit (&self->kicked_ns, zelect_clock_ns (), memory_order_release);
}

uint64_t
zelect_cell_kicked_ns (const zelect_cell_t *self)
{
    assert (self);
    return atomic_load_explicit (&self->kicked_ns, memory_order_acquire);
}

bool
zelect_cell_is_forked (const zelect_cell_t *self)
{
    assert (self);
    return !self->is_own;
}
