/*  =========================================================================
    sim_disk - the two slots of a record, and what may happen to them

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "sim_disk.h"
#include <string.h>

static uint64_t
s_top (const sim_disk_t *self)
{
    uint64_t first = self->slots [0].is_good ? self->slots [0].seq : 0;
    uint64_t second = self->slots [1].is_good ? self->slots [1].seq : 0;
    return first > second ? first : second;
}

static void
s_write (sim_disk_t *self, unsigned slot, const zelect_record_t *record, uint64_t seq)
{
    self->slots [slot] = (sim_slot_t){*record, seq, true};
}

void
sim_disk_create (sim_disk_t *self, const zelect_record_t *record)
{
    memset (self, 0, sizeof *self);
    s_write (self, 0, record, 1);
    s_write (self, 1, record, 1);
}

//  A write that goes astray is one that did not happen: the slot stays old, and
//  the store does not know.

void
sim_disk_save (sim_disk_t *self, const zelect_record_t *record)
{
    uint64_t seq = s_top (self) + 1;
    if (!self->misdirects)
        s_write (self, 0, record, seq);
    self->misdirects = false;
    s_write (self, 1, record, seq);
}

void
sim_disk_fail (sim_disk_t *self, const zelect_record_t *record, unsigned chance)
{
    uint64_t seq = s_top (self) + 1;
    uint8_t how = self->fails;
    self->fails = SIM_SAVE_WELL;
    if (how == SIM_SAVE_SHORT || (how == SIM_SAVE_EIO_SYNC && chance % 3 == 0))
        self->slots [0].is_good = false;
    else if (how == SIM_SAVE_EIO_SYNC && chance % 3 == 1)
        s_write (self, 0, record, seq);
}

void
sim_disk_crash (sim_disk_t *self, const zelect_record_t *record, unsigned stage)
{
    uint64_t seq = s_top (self) + 1;
    if (stage == 1)
        self->slots [0].is_good = false;
    if (stage >= 2)
        s_write (self, 0, record, seq);
    if (stage == 3)
        self->slots [1].is_good = false;
    if (stage >= 4)
        s_write (self, 1, record, seq);
}

void
sim_disk_rot (sim_disk_t *self, unsigned slot)
{
    self->slots [slot & 1].is_good = false;
}

void
sim_disk_roll_back (sim_disk_t *self, unsigned slot)
{
    sim_slot_t *victim = &self->slots [slot & 1];
    if (victim->seq > 2)
        victim->seq -= 2;
}

bool
sim_disk_open (sim_disk_t *self, zelect_record_t *record)
{
    const sim_slot_t *first = &self->slots [0], *second = &self->slots [1];
    if (self->is_foreign || (!first->is_good && !second->is_good))
        return false;
    if (first->is_good && second->is_good) {
        uint64_t gap =
            first->seq > second->seq ? first->seq - second->seq : second->seq - first->seq;
        bool differ = memcmp (&first->record, &second->record, sizeof first->record) != 0;
        if (gap > 1 || (!gap && differ))
            return false;
    }
    *record = !second->is_good || (first->is_good && first->seq >= second->seq) ? first->record
                                                                                : second->record;
    uint64_t seq = s_top (self) + 1;
    s_write (self, 0, record, seq);
    s_write (self, 1, record, seq);
    self->misdirects = false;
    return true;
}
