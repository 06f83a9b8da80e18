/*  =========================================================================
    test_form - odd bytes, which parsers do not agree on, are no message

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_form.h"
#include "zelect_test.h"

#include "zelect.pb-c.h"

typedef struct {
    bool is_message;
    size_t size;
    const char *bytes;
} form_t;

#define YES(text)                                                                                  \
    {                                                                                              \
        true, sizeof text - 1, text                                                                \
    }
#define NO(text)                                                                                   \
    {                                                                                              \
        false, sizeof text - 1, text                                                               \
    }

static const form_t s_forms [] = {
    //  Fields that the schema knows: version, heartbeat with its incarnation,
    //  sequence and ranking
    YES (""),
    YES ("\x08\x01"),
    YES ("\x12\x00"),
    YES ("\x08\x01\x12\x0d\x09"
         "88888888"
         "\x10\x01\x3a\x00"),
    YES ("\x12\x04\x3a\x02\x01\x02\x08\x01"),
    //  ... once
    NO ("\x08\x01\x08\x01"),
    NO ("\x12\x04\x10\x01\x10\x01"),
    NO ("\x12\x00\x12\x00"),
    NO ("\x12\x00\x1a\x00"),
    //  ... and of its type
    NO ("\x0a\x01x"),
    NO ("\x09"
        "88888888"),
    NO ("\x10\x01"),
    NO ("\x12\x04\x0d"
        "444"),
    NO ("\x12\x02\x08\x01"),
    NO ("\x12\x02\x38\x01"),
    NO ("\x1a\x03\x62\x01x"),
    //  Fields that it does not know: as often as they like
    YES ("\x80\x02\x01\x80\x02\x01"),
    YES ("\x81\x02"
         "88888888"
         "\x82\x02\x01x\x85\x02"
         "4444"),
    YES ("\xf8\xff\xff\xff\x0f\x01"),
    //  Cut short
    NO ("\x08"),
    NO ("\x80"),
    NO ("\x08\x80"),
    NO ("\x81\x02"
        "8888888"),
    NO ("\x85\x02"
        "444"),
    NO ("\x82\x02\x02x"),
    NO ("\x82\x02\x80"),
    NO ("\x12\x02\x10"),
    //  Groups, and what there is no such thing as
    NO ("\x83\x02\x84\x02"),
    NO ("\x84\x02"),
    NO ("\x86\x02\x01"),
    NO ("\x87\x02\x01"),
    NO ("\x00\x01"),
    NO ("\x82\x80\x00\x00"),
    NO ("\x07\x01"),
    //  Keys, lengths and numbers with more bytes or bits than they have room for
    YES ("\x88\x80\x80\x80\x00\x01"),
    NO ("\x88\x80\x80\x80\x80\x00\x01"),
    NO ("\xf8\xff\xff\xff\x1f\x01"),
    NO ("\x82\x02\x80\x80\x80\x80\x80\x00"),
    YES ("\x80\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    NO ("\x80\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
    NO ("\x80\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
};


static void
test_form_odd_bytes_are_no_message (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof s_forms / sizeof s_forms [0]; i++) {
        const form_t *form = &s_forms [i];
        bool is_message = zelect_form_is_message (&zelect__v1__feed_message__descriptor,
                                                  (const uint8_t *) form->bytes, form->size);
        if (is_message != form->is_message)
            fail_msg ("form %zu", i);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_form_odd_bytes_are_no_message),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
