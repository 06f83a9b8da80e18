/*  =========================================================================
    test_tree - what a foreign node says of itself can always be written and read

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "zelect_tree.h"

static zconfig_t *
s_round_trip (const zelect_state_t *state)
{
    zconfig_t *tree = zconfig_new ("root", NULL);
    zelect_tree_put_state (tree, state);
    char *text = zconfig_str_save (tree);
    zconfig_destroy (&tree);
    tree = zconfig_str_load (text);
    zstr_free (&text);
    assert_non_null (tree);
    return tree;
}

static void
test_state (void **state)
{
    (void) state;
    zelect_state_t said = {.role = ZELECT_ROLE_LEADER_ELECT,
                           .reason = ZELECT_REASON_ELECTED,
                           .term = 18446744073709551615U,
                           .priority = 100,
                           .is_voter = 1,
                           .leader = "n1",
                           .tags = "zone=a\nrack=\nurl=http://x/?a=b\n"};
    zconfig_t *tree = s_round_trip (&said);
    assert_string_equal (zconfig_get (tree, "/state", ""), "leader_elect");
    assert_string_equal (zconfig_get (tree, "/reason", ""), "ELECTED");
    assert_string_equal (zconfig_get (tree, "/term", ""), "18446744073709551615");
    assert_string_equal (zconfig_get (tree, "/priority", ""), "100");
    assert_string_equal (zconfig_get (tree, "/voter", ""), "1");
    assert_string_equal (zconfig_get (tree, "/healthy", ""), "0");
    assert_string_equal (zconfig_get (tree, "/leader", ""), "n1");
    assert_string_equal (zconfig_get (tree, "/tags/zone", ""), "a");
    assert_string_equal (zconfig_get (tree, "/tags/rack", "?"), "");
    assert_string_equal (zconfig_get (tree, "/tags/url", ""), "http://x/?a=b");
    zconfig_destroy (&tree);
}

static void
test_hostile_tags (void **state)
{
    (void) state;
    zelect_state_t said = {.role = ZELECT_ROLE_FOLLOWER,
                           .tags = "a=\"\nb=x\" y\nstate/deep=1\n../up=2\nbad name=3\nc=# no"
                                   "\nd='\"\ne=\xc3\xa4\nno value\n=f\n"};
    zconfig_t *tree = s_round_trip (&said);
    assert_string_equal (zconfig_get (tree, "/state", ""), "follower");
    assert_string_equal (zconfig_get (tree, "/tags/a", ""), "'");
    assert_string_equal (zconfig_get (tree, "/tags/b", ""), "x' y");
    assert_string_equal (zconfig_get (tree, "/tags/c", ""), "# no");
    assert_string_equal (zconfig_get (tree, "/tags/d", ""), "''");
    assert_string_equal (zconfig_get (tree, "/tags/e", ""), "\xc3\xa4");
    assert_null (zconfig_locate (tree, "tags/state"));
    assert_null (zconfig_locate (tree, "up"));
    zconfig_destroy (&tree);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_state),
        cmocka_unit_test (test_hostile_tags),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
