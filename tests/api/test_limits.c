/*  =========================================================================
    test_limits - a process that runs out of descriptors gets errors, no abort

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"

#include <sys/resource.h>

#define NODES_MAX 50

//  As many handles as there are descriptors for, in a process that has few; then
//  a start with what is left.

static int
s_use_up (void *arg)
{
    int spare = *(int *) arg;
    zelect_t *nodes [NODES_MAX] = {NULL};
    struct rlimit limit = {(rlim_t) (60 + spare), (rlim_t) (60 + spare)};
    setrlimit (RLIMIT_NOFILE, &limit);
    int count = 0;
    errno = 0;
    while (count < NODES_MAX && (nodes [count] = zelect_new ("n1", "limits")))
        count++;
    if (count == 0 || count == NODES_MAX || errno != EMFILE)
        return 1;
    zelect_destroy (&nodes [--count]);
    zelect_t *node = nodes [0];
    zelect_set_log (node, NULL, NULL);
    if (zelect_add_member (node, "n1", "tcp://127.0.0.1:9999") || zelect_set_volatile (node, true))
        return 2;
    //  Nothing is left for its sockets
    if (zelect_start (node) != -1 || !*zelect_error (node)
        || strneq (zelect_role (node), "stopped"))
        return 3;
    int taken [100], taken_count = 0;
    while (taken_count < 100 && (taken [taken_count] = dup (0)) >= 0)
        taken_count++;
    char endpoint [] = "tcp://127.0.0.1:9999";
    zlist_t *list = zlist_new ();
    zlist_append (list, endpoint);
    zconfig_t *tree = zelect_query (list, 10);
    zlist_destroy (&list);
    if (tree || errno != EMFILE)
        return 4;
    while (taken_count > 0)
        close (taken [--taken_count]);
    for (int index = 0; index < count; index++)
        zelect_destroy (&nodes [index]);
    return 0;
}

static void
test_too_few_descriptors_are_an_error (void **state)
{
    (void) state;
    for (int spare = 0; spare < 12; spare++)
        assert_int_equal (api_in_child (s_use_up, &spare), 0);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_too_few_descriptors_are_an_error),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
