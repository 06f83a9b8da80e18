/*  =========================================================================
    test_pass - observers of a cluster with keys

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_certs.h"

//  Three handles with keys, a pass for who is listed, and endpoints as it has them.

typedef struct {
    api_cluster_t cluster;
    char certificate [120];
    zelect_pass_t *pass;
    char feeds [3][80];
} fort_t;

static void
s_start (fort_t *self)
{
    api_cluster_t *cluster = &self->cluster;
    api_cluster_init (cluster, 3);
    zelect_certs_new (cluster->directory, "watcher");
    for (int index = 0; index < 3; index++)
        zelect_certs_new (cluster->directory, cluster->ids [index]);
    for (int index = 0; index < 3; index++) {
        zelect_t *node = api_cluster_add (cluster, index);
        char path [120];
        snprintf (path, sizeof (path), "%s/n%c.cert_secret", cluster->directory, '1' + index);
        assert_int_equal (zelect_set_certificate (node, path), 0);
        assert_int_equal (zelect_set_keys (node, cluster->directory), 0);
        assert_int_equal (zelect_set_observers (node, "listed"), 0);
        if (zelect_start (node))
            fail_msg ("%s", zelect_error (node));
        int port = (int) strtol (strrchr (cluster->endpoints [index], ':') + 1, NULL, 10);
        snprintf (self->feeds [index], sizeof (self->feeds [0]), "n%c@tcp://127.0.0.1:%d",
                  '1' + index, port + 1);
    }
    snprintf (self->certificate, sizeof (self->certificate), "%s/watcher.cert_secret",
              cluster->directory);
    self->pass = zelect_pass_new (self->certificate, cluster->directory);
    assert_null (zelect_pass_error (self->pass));
}

static void
s_end (fort_t *self)
{
    zelect_pass_destroy (&self->pass);
    assert_null (self->pass);
    api_cluster_end (&self->cluster);
}

//  Whether the observer names who leads. A slow machine may change the leader while
//  this is asked, so it is asked again.

static bool
s_knows_the_leader (fort_t *self, const zelect_observer_t *observer)
{
    const char *leader = zelect_observer_leader (observer);
    return leader && zelect_is_leader (self->cluster.nodes [leader [1] - '1']);
}

//  One observer, several keys: each connection expects its own.

static void
test_observer_with_a_pass (void **state)
{
    (void) state;
    fort_t fort;
    s_start (&fort);
    api_cluster_wait (&fort.cluster);
    zelect_observer_t *observer = zelect_observer_new (fort.cluster.name);
    assert_int_equal (zelect_observer_set_pass (observer, fort.pass), 0);
    for (int index = 0; index < 3; index++)
        assert_int_equal (zelect_observer_connect (observer, fort.feeds [index]), 0);
    bool is_known [3] = {false, false, false};
    int64_t end = api_now_ms () + API_PATIENCE_MS;
    while (api_now_ms () < end
           && !(is_known [0] && is_known [1] && is_known [2]
                && s_knows_the_leader (&fort, observer))) {
        if (zelect_observer_wait (observer, 100) == 0 && zelect_observer_node (observer))
            is_known [zelect_observer_node (observer) [1] - '1'] = true;
    }
    assert_true (is_known [0] && is_known [1] && is_known [2]);
    assert_true (api_now_ms () < end);
    zelect_observer_destroy (&observer);
    s_end (&fort);
}

static void
test_observer_without_the_right_key (void **state)
{
    (void) state;
    fort_t fort;
    s_start (&fort);
    api_cluster_wait (&fort.cluster);
    zelect_observer_t *plain = zelect_observer_new (fort.cluster.name);
    assert_int_equal (zelect_observer_connect (plain, strchr (fort.feeds [0], '@') + 1), 0);
    assert_int_equal (zelect_observer_wait (plain, 500), -1);
    zelect_observer_destroy (&plain);
    //  n2's key is expected where n1 is
    zelect_observer_t *wrong = zelect_observer_new (fort.cluster.name);
    assert_int_equal (zelect_observer_set_pass (wrong, fort.pass), 0);
    fort.feeds [0][1] = '2';
    assert_int_equal (zelect_observer_connect (wrong, fort.feeds [0]), 0);
    assert_int_equal (zelect_observer_wait (wrong, 500), -1);
    //  Of n9 there is none, and without a name none is known
    const char *bad [] = {"n9@tcp://127.0.0.1:5681", "tcp://127.0.0.1:5681",
                          "@tcp://127.0.0.1:5681", "n1@nonsense", ""};
    for (size_t index = 0; index < sizeof (bad) / sizeof (bad [0]); index++) {
        errno = 0;
        assert_int_equal (zelect_observer_connect (wrong, bad [index]), -1);
        assert_int_equal (errno, EINVAL);
    }
    zelect_observer_destroy (&wrong);
    s_end (&fort);
}

static int
s_count_answers (fort_t *self, const zelect_pass_t *pass, int timeout_ms)
{
    zlist_t *list = zlist_new ();
    char texts [3][100];
    for (int index = 0; index < 3; index++) {
        snprintf (texts [index], sizeof (texts [0]), "%s%s%s",
                  pass ? self->cluster.ids [index] : "", pass ? "@" : "",
                  self->cluster.endpoints [index]);
        zlist_append (list, texts [index]);
    }
    zconfig_t *tree =
        pass ? zelect_query_with (list, timeout_ms, pass) : zelect_query (list, timeout_ms);
    zlist_destroy (&list);
    assert_non_null (tree);
    int count = 0;
    int index = 0;
    zconfig_t *node = zconfig_child (zconfig_locate (tree, "nodes"));
    for (; node; node = zconfig_next (node)) {
        assert_string_equal (zconfig_get (node, "endpoint", ""), self->cluster.endpoints [index++]);
        count += strcmp (zconfig_get (node, "state", "down"), "down") != 0;
    }
    zconfig_destroy (&tree);
    return count;
}

static void
test_query_with_a_pass (void **state)
{
    (void) state;
    fort_t fort;
    s_start (&fort);
    assert_int_equal (s_count_answers (&fort, fort.pass, API_PATIENCE_MS), 3);
    assert_int_equal (s_count_answers (&fort, NULL, 500), 0);
    zlist_t *list = zlist_new ();
    zlist_append (list, fort.cluster.endpoints [0]);
    errno = 0;
    zconfig_t *tree = zelect_query_with (list, 100, fort.pass);
    assert_null (tree);
    assert_int_equal (errno, EINVAL);
    zlist_destroy (&list);
    s_end (&fort);
}

//  One that is not in order opens nothing, and above all not in clear.

static void
test_pass_that_is_not_in_order (void **state)
{
    (void) state;
    zelect_pass_t *pass = zelect_pass_new ("/nonexistent/x.cert_secret", "/nonexistent");
    assert_non_null (strstr (zelect_pass_error (pass), "/nonexistent/x.cert_secret"));
    zelect_observer_t *observer = zelect_observer_new ("orders");
    errno = 0;
    assert_int_equal (zelect_observer_set_pass (observer, pass), -1);
    assert_int_equal (errno, EINVAL);
    assert_int_equal (zelect_observer_connect (observer, "tcp://127.0.0.1:5681"), -1);
    zlist_t *list = zlist_new ();
    char endpoint [] = "tcp://127.0.0.1:5680";
    zlist_append (list, endpoint);
    zconfig_t *tree = zelect_query_with (list, 100, pass);
    assert_null (tree);
    zlist_destroy (&list);
    zelect_observer_destroy (&observer);
    zelect_pass_destroy (&pass);
    zelect_pass_destroy (&pass);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_observer_with_a_pass),
        cmocka_unit_test (test_observer_without_the_right_key),
        cmocka_unit_test (test_query_with_a_pass),
        cmocka_unit_test (test_pass_that_is_not_in_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
