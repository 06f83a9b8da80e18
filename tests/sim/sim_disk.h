/*  =========================================================================
    sim_disk - the two slots of a record, and what may happen to them

    What the store of src/node gives a node, without bytes: two slots, written
    one after the other, each with a running number. Opening uses the good one
    with the higher number, or refuses, by the rules of zelect_store.h; the
    store itself is proved beside this (tests/node).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_DISK_H_INCLUDED
#define SIM_DISK_H_INCLUDED

#include "zelect_core.h"

typedef struct {
    zelect_record_t record;
    uint64_t seq;
    bool is_good;
} sim_slot_t;

//  How a save fails, if it does. Whatever the cause, the store is told once and
//  writes no more; what is on the disk then differs.

typedef enum {
    SIM_SAVE_WELL,
    SIM_SAVE_EIO_WRITE,     //  Nothing was written
    SIM_SAVE_ENOSPC,        //  ... neither here
    SIM_SAVE_EIO_SYNC,      //  The first slot may be old, new or torn
    SIM_SAVE_SHORT,         //  The first slot is torn
} sim_save_t;

typedef struct {
    sim_slot_t slots [2];
    bool is_foreign;        //  May be set: another node's file lies here
    bool misdirects;        //  May be set: the next write of slot 0 goes astray
    uint8_t fails;          //  May be set: a sim_save_t for the next save
} sim_disk_t;

//  How far a save had come when the process was killed.

#define SIM_DISK_STAGES 5   //  Nothing; slot 0 torn; slot 0; slot 1 torn; both

//  --------------------------------------------------------------------------
//  Make both slots; save both; fail to save; be killed while saving.

void sim_disk_create (sim_disk_t *self, const zelect_record_t *record);
void sim_disk_save (sim_disk_t *self, const zelect_record_t *record);
void sim_disk_fail (sim_disk_t *self, const zelect_record_t *record, unsigned chance);
void sim_disk_crash (sim_disk_t *self, const zelect_record_t *record, unsigned stage);

//  --------------------------------------------------------------------------
//  Damage a slot; set one back to what it was two saves ago.

void sim_disk_rot (sim_disk_t *self, unsigned slot);
void sim_disk_roll_back (sim_disk_t *self, unsigned slot);

//  --------------------------------------------------------------------------
//  Read the record as at a start, and write both slots anew. False: the store
//  refuses.

bool sim_disk_open (sim_disk_t *self, zelect_record_t *record);

#endif
