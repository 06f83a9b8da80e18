/*  =========================================================================
    zelect_event_private - events that the library makes itself

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_EVENT_PRIVATE_H_INCLUDED
#define ZELECT_EVENT_PRIVATE_H_INCLUDED

#include "zelect_event.h"

//  --------------------------------------------------------------------------
//  The LEAVE that belongs to an ENTER event and was never received, since
//  events were lost: as it was when `next`, the event after it, came, or at the
//  end of the node if `next` is NULL. The caller owns it.

zelect_event_t *zelect_event_leave (const zelect_event_t *entered, const zelect_event_t *next);

#endif
