/*  =========================================================================
    faults - what may go wrong in a run, by name

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "faults.h"
#include <string.h>

const fault_kind_t fault_kinds [FAULTS] = {
#define X(group, when, steady, name, text)                                                         \
    {#name, #group, text, fault_##name, FAULT_##when, #steady [0] == 'S'},
    FAULT_MAP (X)
#undef X
};

fault_t
fault_of_name (const char *name)
{
    for (unsigned fault = 0; fault < FAULTS; fault++) {
        const char *one = fault_kinds [fault].name, *other = name;
        while (*one && (*one == *other || (*one == '_' && *other == '-')))
            one++, other++;
        if (!*one && !*other)
            return (fault_t) fault;
    }
    return FAULTS;
}
