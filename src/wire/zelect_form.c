/*  =========================================================================
    zelect_form - are these bytes a message, and one only?

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_form.h"

#include <assert.h>

#define KEY_SIZE_MAX 5        //  Bytes of a key, and of a length
#define NUMBER_SIZE_MAX 10    //  Bytes of a number of 64 bits

//  How each type of the schema travels; all that is not here as a number. (The
//  schema has no other types: tests/wire/check_schema.py sees to that.)
static const uint8_t s_wire_types [] = {
    [PROTOBUF_C_TYPE_FIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
    [PROTOBUF_C_TYPE_STRING] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_BYTES] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
    [PROTOBUF_C_TYPE_MESSAGE] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
};

//  What is left to read.
typedef struct {
    const uint8_t *at;
    const uint8_t *end;
} rest_t;


//  The tenth byte of a number has room for one bit more.

static bool
s_take_number (rest_t *rest, unsigned most, uint64_t *number)
{
    *number = 0;
    for (unsigned count = 0; count < most && rest->at < rest->end; count++) {
        uint8_t byte = *rest->at++;
        *number |= (uint64_t) (byte & 0x7f) << 7 * count;
        if (byte < 0x80)
            return count < NUMBER_SIZE_MAX - 1 || byte <= 1;
    }
    return false;
}

//  A key is the number of the field, which is not 0, and how it travels.

static bool
s_take_key (rest_t *rest, uint64_t *key)
{
    return s_take_number (rest, KEY_SIZE_MAX, key) && *key >= 8 && *key <= UINT32_MAX;
}

static bool
s_take_value (rest_t *rest, uint64_t wire_type, rest_t *value)
{
    uint64_t size = 0;
    if (wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
        return s_take_number (rest, NUMBER_SIZE_MAX, &size);
    if (wire_type == PROTOBUF_C_WIRE_TYPE_64BIT)
        size = 8;
    else if (wire_type == PROTOBUF_C_WIRE_TYPE_32BIT)
        size = 4;
    else if (wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
             || !s_take_number (rest, KEY_SIZE_MAX, &size))
        return false;
    if (size > (size_t) (rest->end - rest->at))
        return false;
    *value = (rest_t){rest->at, rest->at + size};
    rest->at = value->end;
    return true;
}

//  `seen` has a bit for each field that stood there, and one for all messages;
//  the schema's numbers are small.

static bool
s_take_field (rest_t *rest, const ProtobufCMessageDescriptor *schema, uint64_t *seen)
{
    uint64_t key;
    rest_t value = {NULL, NULL};
    if (!s_take_key (rest, &key) || !s_take_value (rest, key & 7, &value))
        return false;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field (schema, (unsigned) (key >> 3));
    if (!field)
        return true;
    assert (field->id < 64);
    bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
    uint64_t bit = is_message ? 1 : UINT64_C (1) << field->id;
    if ((*seen & bit) || s_wire_types [field->type] != (key & 7))
        return false;
    *seen |= bit;
    return !is_message
           || zelect_form_is_message (field->descriptor, value.at, (size_t) (value.end - value.at));
}

bool
zelect_form_is_message (const ProtobufCMessageDescriptor *schema, const uint8_t *data, size_t size)
{
    assert (schema);
    assert (data);
    rest_t rest = {data, data + size};
    uint64_t seen = 0;
    while (rest.at < rest.end)
        if (!s_take_field (&rest, schema, &seen))
            return false;
    return true;
}
