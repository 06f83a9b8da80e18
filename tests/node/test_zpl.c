/*  =========================================================================
    test_zpl - our reader and zconfig read the same

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_files.h"
#include "zelect_zpl.h"

#include <czmq.h>

//  Every file that both take, zconfig and we, says the same to both; and zconfig
//  takes what we take, but for comments out of their column.

typedef struct {
    zelect_zpl_t zpl;
    int rc;
    bool differs;
} agreement_t;

static int
s_compare_item (zconfig_t *item, void *arg, int level)
{
    agreement_t *self = arg;
    if (level == 0)
        return 0;    //  The root
    self->rc = zelect_zpl_next (&self->zpl);
    if (self->rc != 1 || (uint32_t) level != self->zpl.level + 1
        || strcmp (self->zpl.name, zconfig_name (item))
        || strcmp (self->zpl.value, zconfig_value (item)))
        self->differs = true;
    return 0;
}

static bool
s_is_taken (void)
{
    zelect_zpl_t zpl;
    int rc = zelect_zpl_open (&zpl, file);
    assert_int_equal (rc, 0);
    while ((rc = zelect_zpl_next (&zpl)) == 1)
        ;
    zelect_zpl_close (&zpl);
    return rc == 0;
}

static bool
s_agrees (void)
{
    if (!s_is_taken ())
        return false;
    agreement_t agreement = {.differs = false};
    assert_int_equal (zelect_zpl_open (&agreement.zpl, file), 0);
    zconfig_t *root = zconfig_load (file);
    assert_non_null (root);
    zconfig_execute (root, s_compare_item, &agreement);
    zconfig_destroy (&root);
    if (agreement.differs || zelect_zpl_next (&agreement.zpl) != 0)
        fail_msg ("line %u of:\n%s", agreement.zpl.line, s_read ());
    zelect_zpl_close (&agreement.zpl);
    return true;
}

static void
test_as_zconfig (void **state)
{
    (void) state;
    s_write (FULL, strlen (FULL));
    assert_true (s_agrees ());

    static const char *const lines [] = {"node",
                                         "    name = n1",
                                         "    tags",
                                         "        a = b # c",
                                         "        d='e' # f",
                                         "        g=\"'h' # i\"",
                                         "    j=",
                                         "    z = # c",
                                         "    k  =  l  m  ",
                                         "n=\"\"#",
                                         "",
                                         "o = p\r",
                                         "q = r\"s",
                                         "# t",
                                         "        u",
                                         "v = \"w",
                                         "x.y-z_0 = 'a' b"};
    unsigned seed = (unsigned) zelect_test_seed ("test_as_zconfig");
    int agreed = 0;
    for (int round = 0; round < 1000; round++) {
        char text [1000] = "";
        for (int count = 1 + rand_r (&seed) % 6; count > 0; count--) {
            strcat (text, lines [(size_t) rand_r (&seed) % (sizeof lines / sizeof lines [0])]);
            strcat (text, "\n");
        }
        s_write (text, strlen (text));
        agreed += s_agrees ();
    }
    assert_true (agreed > 100);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_as_zconfig)};
    return cmocka_run_group_tests (tests, s_make_directory, s_remove_directory);
}
