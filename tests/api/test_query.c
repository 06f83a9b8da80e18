/*  =========================================================================
    test_query - ask nodes as a stranger: alive, dead and foreign ones

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_test.h"
#include "api_cluster.h"
#include "zelect_wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static zconfig_t *
s_query (int timeout_ms, int count, char endpoints [][64])
{
    zlist_t *list = zlist_new ();
    for (int index = 0; index < count; index++)
        zlist_append (list, endpoints [index]);
    zconfig_t *tree = zelect_query (list, timeout_ms);
    int code = errno;
    zlist_destroy (&list);
    errno = code;
    return tree;
}

//  The item of a position in the order asked.

static zconfig_t *
s_item (zconfig_t *tree, int position)
{
    zconfig_t *item = zconfig_child (zconfig_locate (tree, "nodes"));
    while (position-- > 0)
        item = zconfig_next (item);
    return item;
}

static void
test_live_nodes_answer_a_stranger (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_init (&cluster, 3);
    for (int index = 0; index < 3; index++)
        api_cluster_add (&cluster, index);
    assert_int_equal (zelect_set_tag (cluster.nodes [2], "zone", "c"), 0);
    for (int index = 0; index < 3; index++)
        assert_int_equal (zelect_start (cluster.nodes [index]), 0);
    int leader = api_cluster_wait (&cluster);
    zconfig_t *tree = s_query (5000, 3, cluster.endpoints);
    assert_non_null (tree);
    for (int index = 0; index < 3; index++) {
        zconfig_t *item = s_item (tree, index);
        assert_string_equal (zconfig_get (item, "endpoint", ""), cluster.endpoints [index]);
        assert_string_equal (zconfig_get (item, "id", ""), cluster.ids [index]);
        assert_string_equal (zconfig_get (item, "cluster", ""), cluster.name);
        assert_string_equal (zconfig_get (item, "state", ""),
                             index == leader ? "leader" : "follower");
        assert_string_equal (zconfig_get (item, "leader", ""), cluster.ids [leader]);
        assert_int_equal (strtoull (zconfig_get (item, "term", "0"), NULL, 10),
                          zelect_term (cluster.nodes [leader]));
    }
    assert_string_equal (zconfig_get (s_item (tree, 2), "tags/zone", ""), "c");
    zconfig_destroy (&tree);
    api_cluster_end (&cluster);
}

//  Nobody there; a listener that never speaks; one that talks nonsense; a ROUTER
//  of another application; a live node in between.

static void
test_dead_and_foreign_endpoints_are_down (void **state)
{
    (void) state;
    api_cluster_t cluster;
    api_cluster_start (&cluster, 1);
    api_cluster_wait (&cluster);
    char endpoints [6][64];
    int port = api_ports (4);
    for (int index = 0; index < 4; index++)
        snprintf (endpoints [index], 64, "tcp://127.0.0.1:%d", port + index);
    snprintf (endpoints [4], 64, "ipc:///tmp/zelect-no-such-socket");
    snprintf (endpoints [5], 64, "%s", cluster.endpoints [0]);

    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) (port + 1)),
                                  .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    int silent = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    setsockopt (silent, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof (yes));
    assert_int_equal (bind (silent, (struct sockaddr *) &address, sizeof (address)), 0);
    assert_int_equal (listen (silent, 5), 0);
    zsock_t *foreign = zsock_new_rep (endpoints [2]);
    zsock_t *router = zsock_new_router (endpoints [3]);
    assert_non_null (foreign);
    assert_non_null (router);

    int64_t begun_ms = api_now_ms ();
    zconfig_t *tree = s_query (500, 6, endpoints);
    int64_t taken_ms = api_now_ms () - begun_ms;
    assert_in_range (taken_ms, 490, 3000);
    for (int index = 0; index < 5; index++) {
        assert_string_equal (zconfig_get (s_item (tree, index), "state", ""), "down");
        assert_string_equal (zconfig_get (s_item (tree, index), "endpoint", ""), endpoints [index]);
    }
    assert_string_equal (zconfig_get (s_item (tree, 5), "state", ""), "leader");
    zconfig_destroy (&tree);

    zsock_destroy (&foreign);
    zsock_destroy (&router);
    close (silent);
    api_cluster_end (&cluster);
}

//  A well-formed answer to another question.

static size_t
s_pack_other_answer (uint8_t data [ZELECT_RPC_SIZE_MAX])
{
    zelect_members_t members;
    const zelect_member_t list [] = {{"liar", true}};
    assert_int_equal (zelect_members_init (&members, "test", "liar", list, 1), 0);
    zelect_rpc_t rpc;
    memset (&rpc, 0, sizeof (rpc));
    rpc.message.kind = ZELECT_MESSAGE_STATE_REPLY;
    rpc.message.incarnation = 7;
    rpc.message.term = 7;
    rpc.message.number = 12345;
    rpc.message.promise_ns = 300 * ZELECT_MS;
    rpc.message.leader = ZELECT_NOBODY;
    rpc.state.election_ns = 300 * ZELECT_MS;
    rpc.state.priority = 100;
    rpc.state.is_voter = 1;
    rpc.state.is_healthy = 1;
    size_t size = zelect_wire_pack_rpc (&members, &rpc, data, ZELECT_RPC_SIZE_MAX);
    uint64_t request;
    zelect_state_t answer;
    assert_int_equal (zelect_wire_unpack_answer (data, size, &request, &answer), 0);
    assert_int_equal (request, 12345);
    return size;
}

//  A liar that answers with rubbish and with the answer to another question.

static void
s_lie (zsock_t *pipe, void *args)
{
    zsock_t *router = (zsock_t *) args;
    zpoller_t *poller = zpoller_new (pipe, router, NULL);
    zsock_signal (pipe, 0);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = s_pack_other_answer (data);
    while (zpoller_wait (poller, -1) == router) {
        zmsg_t *message = zmsg_recv (router);
        zframe_t *route = zmsg_pop (message);
        zmsg_destroy (&message);
        zframe_send (&route, router, ZFRAME_MORE + ZFRAME_REUSE);
        zsock_send (router, "b", data, size);
        const char *lies [] = {"", "rubbish", "\x08\x01\x12\x01x"};
        for (int lie = 0; lie < 3; lie++) {
            zframe_send (&route, router, ZFRAME_MORE + ZFRAME_REUSE);
            zstr_send (router, lies [lie]);
            zframe_send (&route, router, ZFRAME_MORE + ZFRAME_REUSE);
            zstr_sendx (router, lies [lie], "and more", NULL);
        }
        zframe_destroy (&route);
    }
    zpoller_destroy (&poller);
}

static void
test_liar_is_down (void **state)
{
    (void) state;
    char endpoints [1][64];
    snprintf (endpoints [0], 64, "tcp://127.0.0.1:%d", api_ports (1));
    zsock_t *router = zsock_new_router (endpoints [0]);
    assert_non_null (router);
    zactor_t *liar = zactor_new (s_lie, router);
    zconfig_t *tree = s_query (300, 1, endpoints);
    assert_string_equal (zconfig_get (s_item (tree, 0), "state", ""), "down");
    zconfig_destroy (&tree);
    zactor_destroy (&liar);
    zsock_destroy (&router);
}

static void
test_no_endpoint_is_EINVAL (void **state)
{
    (void) state;
    char bad [][64] = {"", "tcp://127.0.0.1", "http://127.0.0.1:80", "tcp://*:5680", "inproc://a"};
    for (size_t index = 0; index < sizeof (bad) / sizeof (bad [0]); index++) {
        errno = 0;
        assert_null (s_query (100, 1, &bad [index]));
        assert_int_equal (errno, EINVAL);
    }
    zconfig_t *tree = s_query (100, 0, NULL);
    assert_non_null (tree);
    assert_null (s_item (tree, 0));
    zconfig_destroy (&tree);
}

//  A name that nobody can look up costs the time-out and no more.

static void
test_unknown_host_is_down_in_time (void **state)
{
    (void) state;
    char endpoints [1][64] = {"tcp://no-such-host.invalid:5680"};
    int64_t begun_ms = api_now_ms ();
    zconfig_t *tree = s_query (200, 1, endpoints);
    assert_true (api_now_ms () - begun_ms < 2000);
    assert_string_equal (zconfig_get (s_item (tree, 0), "state", ""), "down");
    zconfig_destroy (&tree);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_live_nodes_answer_a_stranger),
        cmocka_unit_test (test_dead_and_foreign_endpoints_are_down),
        cmocka_unit_test (test_liar_is_down),
        cmocka_unit_test (test_no_endpoint_is_EINVAL),
        cmocka_unit_test (test_unknown_host_is_down_in_time),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
