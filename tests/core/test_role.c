/*  =========================================================================
    test_role - the table of roles, and the picture of it in doc/

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_message.h"
#include "zelect_role.h"
#include "zelect_test.h"
#include <string.h>

//  Every pair of roles, judged by a table of our own: 1 is allowed.

static void
test_moves (void **state)
{
    (void) state;
    static const char allowed [ZELECT_ROLES][ZELECT_ROLES + 1] = {
        //                          F P C E L X
        [ZELECT_ROLE_FOLLOWER] = "010001",  [ZELECT_ROLE_PRECANDIDATE] = "101001",
        [ZELECT_ROLE_CANDIDATE] = "100101", [ZELECT_ROLE_LEADER_ELECT] = "100011",
        [ZELECT_ROLE_LEADER] = "100001",    [ZELECT_ROLE_FAULTED] = "000000",
    };
    for (int from = 0; from < ZELECT_ROLES; from++)
        for (int to = 0; to < ZELECT_ROLES; to++)
            assert_int_equal (zelect_role_allows ((zelect_role_t) from, (zelect_role_t) to),
                              allowed [from][to] == '1');
    assert_false (zelect_role_allows (ZELECT_ROLES, ZELECT_ROLE_FOLLOWER));
    assert_false (zelect_role_allows (ZELECT_ROLE_FOLLOWER, ZELECT_ROLES));
}

static void
test_diagram_is_the_one_in_doc (void **state)
{
    (void) state;
    char text [8192];
    FILE *file = fopen ("doc/states.dot", "r");
    assert_non_null (file);
    size_t size = fread (text, 1, sizeof text - 1, file);
    fclose (file);
    text [size] = 0;
    assert_string_equal (zelect_role_diagram (), text);
}

//  A value out of range has a name too: it may come from a later version.

static void
test_names (void **state)
{
    (void) state;
    assert_string_equal (zelect_role_name (ZELECT_ROLE_LEADER_ELECT), "leader_elect");
    assert_string_equal (zelect_role_name (ZELECT_ROLES), "?");
    assert_string_equal (zelect_reason_name (ZELECT_REASON_LOST_QUORUM), "LOST_QUORUM");
    assert_string_equal (zelect_reason_name (ZELECT_REASONS), "?");
    assert_string_equal (zelect_reason_text (ZELECT_REASON_RESIGNED), "it resigned");
    assert_string_equal (zelect_reason_text (ZELECT_REASONS), "?");
    assert_string_equal (zelect_report_name (ZELECT_REPORT_TERM_JUMP), "TERM_JUMP");
    assert_string_equal (zelect_report_text (ZELECT_REPORTS), "?");
    assert_string_equal (zelect_answer_text (ZELECT_ANSWER_DONE), "done");
    assert_string_equal (zelect_message_name (ZELECT_MESSAGE_RELEASE), "RELEASE");
    assert_string_equal (zelect_message_name (ZELECT_MESSAGES), "?");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_moves),
        cmocka_unit_test (test_diagram_is_the_one_in_doc),
        cmocka_unit_test (test_names),
    };
    return cmocka_run_group_tests_name ("role", tests, NULL, NULL);
}
