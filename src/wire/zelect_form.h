/*  =========================================================================
    zelect_form - are these bytes a message, and one only?

    Parsers of Protocol Buffers do not agree on what is odd: a field of another
    type than the schema's, a field or a body that stands there twice, groups,
    numbers of more than 64 bits. One ignores what another merges, and a third
    takes a string for "true". So that all members and observers see the same
    message or none, what is odd is turned away before protobuf-c sees it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_FORM_H_INCLUDED
#define ZELECT_FORM_H_INCLUDED

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

//  --------------------------------------------------------------------------
//  True if the bytes are fields, whole and in any order, and each that the
//  schema knows has the schema's type and stands there once; of fields that
//  are messages there is one at most, and it is so formed too.

bool zelect_form_is_message (const ProtobufCMessageDescriptor *schema,
                             const uint8_t *data,
                             size_t size);

#endif
