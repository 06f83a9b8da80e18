/*  =========================================================================
    test_types - the words that people read

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_message.h"
#include "zelect_test.h"

#include <string.h>

static void
test_words (void **state)
{
    (void) state;
    assert_string_equal (zelect_role_name (ZELECT_ROLE_LEADER_ELECT), "leader_elect");
    assert_string_equal (zelect_reason_name (ZELECT_REASON_LOST_QUORUM), "LOST_QUORUM");
    assert_string_equal (zelect_reason_text (ZELECT_REASON_RESIGNED), "it resigned");
    assert_string_equal (zelect_report_name (ZELECT_REPORT_TWO_LEADERS), "TWO_LEADERS");
    assert_string_equal (zelect_report_text (ZELECT_REPORT_TWO_LEADERS), "two leaders in one term");
    assert_string_equal (zelect_answer_text (ZELECT_ANSWER_DONE), "done");
    assert_string_equal (zelect_message_name (ZELECT_MESSAGE_PREVOTE), "PREVOTE");
}

//  A number that is no word is no reason to read beyond a table.

static void
test_numbers_that_are_no_words (void **state)
{
    (void) state;
    assert_string_equal (zelect_role_name (ZELECT_ROLES), "?");
    assert_string_equal (zelect_reason_name (ZELECT_REASONS), "?");
    assert_string_equal (zelect_reason_text (ZELECT_REASONS), "?");
    assert_string_equal (zelect_report_name (ZELECT_REPORTS), "?");
    assert_string_equal (zelect_report_text (ZELECT_REPORTS), "?");
    assert_string_equal (zelect_answer_text (ZELECT_ANSWERS), "?");
    assert_string_equal (zelect_message_name (ZELECT_MESSAGES), "?");
    assert_string_equal (zelect_message_name (UINT8_MAX), "?");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_words),
        cmocka_unit_test (test_numbers_that_are_no_words),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
