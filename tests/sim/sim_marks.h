/*  =========================================================================
    sim_marks - what a picture of a run is drawn from

    A list of what happened, kept only if somebody wants it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef SIM_MARKS_H_INCLUDED
#define SIM_MARKS_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    SIM_MARK_UP,         //  node started
    SIM_MARK_DOWN,       //  node killed
    SIM_MARK_FROZEN,
    SIM_MARK_THAWED,
    SIM_MARK_ROLE,       //  value: the role, term
    SIM_MARK_LEASE,      //  value: true time of its end, 0: dropped; term
    SIM_MARK_MESSAGE,    //  from node to other, sent at `at`, value: arrived
    SIM_MARK_LOST,       //  ... value: sent at, and lost
    SIM_MARK_NOTE,       //  text: what the test did
    SIM_MARK_VIOLATION   //  text
} sim_mark_kind_t;

typedef struct {
    uint64_t at;
    uint64_t value;
    uint64_t term;
    uint8_t kind;       //  A sim_mark_kind_t
    uint8_t node;
    uint8_t other;
    uint8_t message;    //  Its kind
    uint8_t granted;
    char text [43];
} sim_mark_t;

typedef struct {
    sim_mark_t *list;
    size_t count;
    size_t size;
    bool are_kept;      //  May be set
} sim_marks_t;

//  --------------------------------------------------------------------------
//  Add a mark, if they are kept; one with a text, which is cut if it is too
//  long; free the list.

void sim_marks_add (sim_marks_t *self, const sim_mark_t *mark);
void sim_marks_say (sim_marks_t *self,
                    sim_mark_kind_t kind,
                    unsigned node,
                    uint64_t at,
                    const char *text);
void sim_marks_free (sim_marks_t *self);

#endif
