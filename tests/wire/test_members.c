/*  =========================================================================
    test_members - the table of members, its order and its digest

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_members.h"
#include "zelect_test.h"

#include <errno.h>
#include <string.h>

#define NAME_63 "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ.0123456_9"

static int
s_init (zelect_members_t *members, const char *self, const zelect_member_t *list, size_t count)
{
    return zelect_members_init (members, "orders", self, list, count);
}

static void
test_members_voters_come_first_then_by_id (void **state)
{
    (void) state;
    static const zelect_member_t list [] = {
        {"a", false}, {"n10", true}, {"n2", true}, {"Z", false}, {"B", true}};
    zelect_members_t members;
    assert_int_equal (s_init (&members, "a", list, 5), 0);
    static const char *const order [] = {"B", "n10", "n2", "Z", "a"};
    for (uint8_t index = 0; index < 5; index++) {
        assert_string_equal (zelect_members_id (&members, index), order [index]);
        assert_int_equal (zelect_members_find (&members, order [index]), index);
    }
    assert_int_equal (members.voters, 7);
    assert_int_equal (members.count, 5);
    assert_int_equal (members.self, 4);
}

static void
test_members_unknown_is_nobody (void **state)
{
    (void) state;
    static const zelect_member_t list [] = {{"n1", true}};
    zelect_members_t members;
    assert_int_equal (s_init (&members, "n1", list, 1), 0);
    assert_int_equal (zelect_members_find (&members, "n"), ZELECT_NOBODY);
    assert_int_equal (zelect_members_find (&members, ""), ZELECT_NOBODY);
    assert_string_equal (zelect_members_id (&members, 1), "");
    assert_string_equal (zelect_members_id (&members, ZELECT_NOBODY), "");
}

//  The values are those of the specification; computed by another program.

static void
test_members_digest_is_fnv_of_sorted_voters (void **state)
{
    (void) state;
    static const zelect_member_t list [] = {{"n3", true}, {"n1", true}, {"w", false}, {"n2", true}};
    zelect_members_t members;
    assert_int_equal (s_init (&members, "n1", list, 4), 0);
    assert_true (members.digest == UINT64_C (0x4d0b74d0eae5f719));
    static const zelect_member_t ab_c [] = {{"ab", true}, {"c", true}};
    static const zelect_member_t a_bc [] = {{"a", true}, {"bc", true}};
    zelect_members_t other;
    assert_int_equal (s_init (&members, "ab", ab_c, 2), 0);
    assert_int_equal (s_init (&other, "a", a_bc, 2), 0);
    assert_true (members.digest == UINT64_C (0xad22872f536e4705));
    assert_true (other.digest == UINT64_C (0x401801fc84f3ca79));
}

static void
test_members_names (void **state)
{
    (void) state;
    assert_true (zelect_members_is_name ("n"));
    assert_true (zelect_members_is_name (NAME_63));
    static const char *const others [] = {"",    NAME_63 "x", "a b", "a/b", "n\xc3\xa9",
                                          "a\n", "$TERM",     "a:1", "*"};
    for (size_t index = 0; index < sizeof others / sizeof others [0]; index++)
        assert_false (zelect_members_is_name (others [index]));
}

static void
s_refuse (const char *cluster, const char *self, const zelect_member_t *list, size_t count)
{
    zelect_members_t members;
    errno = 0;
    assert_int_equal (zelect_members_init (&members, cluster, self, list, count), -1);
    assert_int_equal (errno, EINVAL);
}

static void
test_members_refuses_what_is_no_cluster (void **state)
{
    (void) state;
    static const zelect_member_t good [] = {{"n1", true}, {"n2", true}};
    static const zelect_member_t twice [] = {{"n1", true}, {"n2", true}, {"n1", false}};
    static const zelect_member_t bad [] = {{"n1", true}, {"n 2", true}};
    s_refuse ("orders", "n3", good, 2);
    s_refuse ("or/ders", "n1", good, 2);
    s_refuse ("", "n1", good, 2);
    s_refuse ("orders", "n1", good, 0);
    s_refuse ("orders", "n1", twice, 3);
    s_refuse ("orders", "n1", bad, 2);
}

static void
test_members_64_fit_and_65_do_not (void **state)
{
    (void) state;
    char ids [65][16];
    zelect_member_t list [65];
    for (int index = 0; index < 65; index++) {
        snprintf (ids [index], sizeof ids [index], "n%02d", index);
        list [index] = (zelect_member_t){ids [index], true};
    }
    zelect_members_t members;
    assert_int_equal (s_init (&members, "n63", list, 64), 0);
    assert_true (members.voters == UINT64_MAX);
    assert_int_equal (members.self, 63);
    s_refuse ("orders", "n63", list, 65);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_members_voters_come_first_then_by_id),
        cmocka_unit_test (test_members_unknown_is_nobody),
        cmocka_unit_test (test_members_digest_is_fnv_of_sorted_voters),
        cmocka_unit_test (test_members_names),
        cmocka_unit_test (test_members_refuses_what_is_no_cluster),
        cmocka_unit_test (test_members_64_fit_and_65_do_not),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
