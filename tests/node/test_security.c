/*  =========================================================================
    test_security - strangers, insiders and observers at a node with keys

    The numbers are those of the matrix of hostile peers (doc/security.md).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_ports.h"
#include "zelect_secure.h"

//  ----  It works  ------------------------------------------------------------

//  A leader is elected over CURVE, and another one when it is killed.

static void
s_elect (transport_t transport)
{
    fort_t fort = fort_manned (3, transport, "listed");
    node_end (fort.leader);
    int next = cluster_wait_leader (fort.cluster);
    assert_int_not_equal (next, fort.leader_index);
    node_t *leader = &fort.cluster->nodes [next];
    assert_true (zelect_cell_term (leader->cell) > fort.term);
    assert_int_equal (rejected (leader, "IMPERSONATION"), 0);
    assert_int_equal (rejected (leader, "UNKNOWN_KEY"), 0);
    assert_int_equal (rejected (leader, "HANDSHAKE"), 0);
    fort_destroy (&fort);
}

static void
test_election_by_tcp (void **state)
{
    (void) state;
    s_elect (BY_TCP);
}

static void
test_election_by_ipc (void **state)
{
    (void) state;
    s_elect (BY_IPC);
}

//  A member may subscribe to a feed, too.

static void
test_members_may_listen (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    zsock_t *sub = visitor (ZMQ_SUB, fort.leader->feed, &fort.pairs [0],
                            fort.pairs [fort.leader_index].public_key);
    for (int count = 0; count < 5; count++) {
        zmsg_t *message = zmsg_recv (sub);
        assert_non_null (message);
        zmsg_destroy (&message);
    }
    zsock_destroy (&sub);
    fort_check_unmoved (&fort);
}

//  ----  Strangers  -----------------------------------------------------------

//  No byte of a stranger's reaches the core: what is said is garbage, and would be
//  counted as that.

static void
s_babble (zsock_t *socket)
{
    zsock_set_sndtimeo (socket, 20);
    for (int count = 0; count < 10; count++)
        zstr_send (socket, "\001garbage");
}

static void
s_check_outside (fort_t *fort, zsock_t *dealer, zsock_t *sub, const char *reason, long least)
{
    s_babble (dealer);
    assert_false (is_answered (dealer, 500));
    zsock_set_rcvtimeo (sub, 300);
    zmsg_t *message = zmsg_recv (sub);
    assert_null (message);
    wait_rejected (fort->leader, reason, least);
    assert_int_equal (rejected (fort->leader, "MALFORMED"), 0);
    zsock_destroy (&dealer);
    zsock_destroy (&sub);
    fort_check_unmoved (fort);
}

static void
test_sec_01_unknown_key (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    const char *key = fort.pairs [fort.leader_index].public_key;
    pair_t stranger;
    assert_int_equal (zmq_curve_keypair (stranger.public_key, stranger.secret_key), 0);
    s_check_outside (&fort, visitor (ZMQ_DEALER, fort.leader->endpoint, &stranger, key),
                     visitor (ZMQ_SUB, fort.leader->feed, &stranger, key), "UNKNOWN_KEY", 2);
}

static void
test_sec_02_wrong_key_of_the_node (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "any");
    int insider = (fort.leader_index + 1) % 3;
    const pair_t *own = &fort.pairs [insider];
    const char *key = fort.observer.public_key;
    s_check_outside (&fort, visitor (ZMQ_DEALER, fort.leader->endpoint, own, key),
                     visitor (ZMQ_SUB, fort.leader->feed, own, key), "HANDSHAKE", 2);
}

static zsock_t *
s_plain (int type, const char *endpoint)
{
    zsock_t *self = zsock_new (type);
    zsock_set_linger (self, 0);
    zsock_set_plain_username (self, "n1");
    zsock_set_plain_password (self, "n1");
    if (type == ZMQ_SUB)
        zsock_set_subscribe (self, "");
    assert_int_equal (zsock_connect (self, "%s", endpoint), 0);
    return self;
}

static void
test_sec_03_no_curve (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "any");
    zsock_t *sub = test_socket (ZMQ_SUB, fort.leader->feed);
    zsock_set_subscribe (sub, "");
    s_check_outside (&fort, test_socket (ZMQ_DEALER, fort.leader->endpoint), sub, "HANDSHAKE", 2);
    fort = fort_manned (3, BY_TCP, "any");
    s_check_outside (&fort, s_plain (ZMQ_DEALER, fort.leader->endpoint),
                     s_plain (ZMQ_SUB, fort.leader->feed), "HANDSHAKE", 2);
}

//  ----  Observers  -----------------------------------------------------------

//  Who has this key may ask for the state and hear the feed, and no more; or neither.

static void
s_check_observer (fort_t *fort, const pair_t *own, bool is_let_in)
{
    const char *key = fort->pairs [fort->leader_index].public_key;
    zsock_t *dealer = visitor (ZMQ_DEALER, fort->leader->endpoint, own, key);
    zsock_t *sub = visitor (ZMQ_SUB, fort->leader->feed, own, key);
    if (is_let_in)
        zclock_sleep (300);
    assert_int_equal (is_answered (dealer, is_let_in ? PATIENCE_MS : 500), is_let_in);
    zsock_set_rcvtimeo (sub, is_let_in ? PATIENCE_MS : 300);
    zmsg_t *message = zmsg_recv (sub);
    assert_int_equal (message != NULL, is_let_in);
    zmsg_destroy (&message);
    if (is_let_in) {
        uint8_t data [ZELECT_RPC_SIZE_MAX];
        size_t size = pack_vote (fort->cluster->name, fort->leader_index ? "n1" : "n2",
                                 fort->term + 100, data);
        zframe_t *frame = zframe_new (data, size);
        assert_int_equal (zframe_send (&frame, dealer, 0), 0);
        wait_rejected (fort->leader, "IMPERSONATION", 1);
    }
    zsock_destroy (&dealer);
    zsock_destroy (&sub);
}

static void
test_observers_that_are_listed (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    s_check_observer (&fort, &fort.observer, true);
    fort_check_unmoved (&fort);
}

static void
test_observers_of_any_key (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "any");
    pair_t stranger;
    assert_int_equal (zmq_curve_keypair (stranger.public_key, stranger.secret_key), 0);
    s_check_observer (&fort, &stranger, true);
    fort_check_unmoved (&fort);
}

static void
test_no_observers (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "none");
    s_check_observer (&fort, &fort.observer, false);
    wait_rejected (fort.leader, "UNKNOWN_KEY", 2);
    fort_check_unmoved (&fort);
}

//  ----  Insiders  ------------------------------------------------------------

//  A member that follows has gone, and its key is in wrong hands.

static int
s_steal_key (fort_t *fort)
{
    int thief = (fort->leader_index + 1) % 3;
    node_end (&fort->cluster->nodes [thief]);
    return thief;
}

static const char *
s_other_follower (const fort_t *fort)
{
    return fort->cluster->nodes [(fort->leader_index + 2) % 3].id;
}

static void
test_sec_06_insider_calls_in_anothers_name (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    int thief = s_steal_key (&fort);
    zsock_t *dealer = visitor (ZMQ_DEALER, fort.leader->endpoint, &fort.pairs [thief],
                               fort.pairs [fort.leader_index].public_key);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = pack_vote (fort.cluster->name, s_other_follower (&fort), fort.term + 100, data);
    for (int count = 0; count < 5; count++) {
        zframe_t *frame = zframe_new (data, size);
        assert_int_equal (zframe_send (&frame, dealer, 0), 0);
    }
    wait_rejected (fort.leader, "IMPERSONATION", 5);
    //  In its own name it is heard: the same message is no impersonation
    size = pack_vote (fort.cluster->name, fort.cluster->nodes [thief].id, fort.term, data);
    zframe_t *frame = zframe_new (data, size);
    assert_int_equal (zframe_send (&frame, dealer, 0), 0);
    zclock_sleep (200);
    assert_int_equal (rejected (fort.leader, "IMPERSONATION"), 5);
    zsock_destroy (&dealer);
    fort_check_unmoved (&fort);
}

//  The leader calls a member, which answers as another.

static void
test_sec_06_insider_answers_in_anothers_name (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    int thief = s_steal_key (&fort);
    zsock_t *router =
        impostor (ZMQ_ROUTER, fort.cluster->nodes [thief].endpoint, &fort.pairs [thief]);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = pack_vote (fort.cluster->name, s_other_follower (&fort), fort.term + 100, data);
    //  The other follower calls, too: the route is whose it is
    for (int count = 0; count < 20; count++) {
        zmsg_t *message = zmsg_recv (router);
        assert_non_null (message);
        zframe_t *route = zmsg_pop (message);
        zmsg_destroy (&message);
        zframe_send (&route, router, ZFRAME_MORE);
        zframe_t *frame = zframe_new (data, size);
        zframe_send (&frame, router, 0);
    }
    wait_rejected (fort.leader, "IMPERSONATION", 1);
    zsock_destroy (&router);
    fort_check_unmoved (&fort);
}

//  A node of which the members b and bb are somebody else; b's topic begins bb's.

static node_t
s_start_alone (fort_t *fort, pair_t *b)
{
    fort_t self = {.cluster = calloc (1, sizeof (cluster_t))};
    cluster_t *cluster = self.cluster;
    snprintf (cluster->name, sizeof (cluster->name), "alone");
    snprintf (cluster->directory, sizeof (cluster->directory), "/tmp/zelect-node-XXXXXX");
    assert_non_null (mkdtemp (cluster->directory));
    snprintf (self.keys, sizeof (self.keys), "%s", cluster->directory);
    node_t node = {.id = "a"};
    int port = zelect_ports (6);
    snprintf (node.endpoint, sizeof (node.endpoint), "tcp://127.0.0.1:%d", port);
    cluster->count = 3;
    const char *ids [] = {"a", "b", "bb"};
    for (int index = 0; index < 3; index++) {
        node_t *member = &cluster->nodes [index];
        snprintf (member->id, sizeof (member->id), "%s", ids [index]);
        snprintf (member->endpoint, sizeof (member->endpoint), "tcp://127.0.0.1:%d",
                  port + 2 * index);
        snprintf (member->feed, sizeof (member->feed), "tcp://127.0.0.1:%d", port + 2 * index + 1);
        pair_t pair = zelect_certs_new (self.keys, ids [index]);
        if (index == 1)
            *b = pair;
    }
    node_new (&node);
    node_configure (cluster, &node);
    fort_arm (&self, &node, "a");
    assert_true (ask (&node, "START", NULL));
    *fort = self;
    return node;
}

static void
test_sec_06_insider_speaks_on_the_feed_in_anothers_name (void **state)
{
    (void) state;
    fort_t fort;
    pair_t b;
    node_t node = s_start_alone (&fort, &b);
    zsock_t *xpub = impostor (ZMQ_PUB, fort.cluster->nodes [1].feed, &b);
    const zelect_member_t list [] = {{"a", true}, {"b", true}, {"bb", true}};
    zelect_members_t members;
    assert_int_equal (zelect_members_init (&members, "alone", "bb", list, 3), 0);
    zelect_feed_t feed = {.kind = ZELECT_FEED_HEARTBEAT,
                          .message = {.kind = ZELECT_MESSAGE_HEARTBEAT,
                                      .from = members.self,
                                      .incarnation = 1,
                                      .term = 50,
                                      .about = 50,
                                      .number = 1,
                                      .leader = ZELECT_NOBODY}};
    uint8_t data [ZELECT_FEED_SIZE_MAX];
    for (int count = 0; count < 200 && rejected (&node, "IMPERSONATION") == 0; count++) {
        feed.sequence = feed.message.number = (uint64_t) count + 1;
        size_t size = zelect_wire_pack_feed (&members, &feed, data, sizeof (data));
        zstr_sendm (xpub, "zelect/alone/heartbeat/bb");
        zframe_t *frame = zframe_new (data, size);
        assert_int_equal (zframe_send (&frame, xpub, 0), 0);
        zclock_sleep (20);
    }
    assert_true (rejected (&node, "IMPERSONATION") > 0);
    assert_null (zelect_cell_leader (node.cell));
    assert_true (zelect_cell_term (node.cell) < 50);
    zsock_destroy (&xpub);
    node_destroy (&node);
    zdir_t *directory = zdir_new (fort.cluster->directory, NULL);
    zdir_remove (directory, true);
    zdir_destroy (&directory);
    rmdir (fort.keys);
    free (fort.cluster);
}

//  Routing ids mean nothing: who takes a member's gets nothing of the member's.

static void
test_sec_07_squatted_routing_id (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    const char *key = fort.pairs [fort.leader_index].public_key;
    zsock_t *squatters [3];
    for (int index = 0; index < 3; index++) {
        zsock_t *self = squatters [index] = zsock_new (ZMQ_DEALER);
        zsock_set_linger (self, 0);
        zsock_set_identity (self, fort.cluster->nodes [index].id);
        zsock_set_curve_publickey (self, fort.observer.public_key);
        zsock_set_curve_secretkey (self, fort.observer.secret_key);
        zsock_set_curve_serverkey (self, key);
        assert_int_equal (zsock_connect (self, "%s", fort.leader->endpoint), 0);
        assert_true (is_answered (self, PATIENCE_MS));
    }
    //  A restarted member gets in and takes part, and all that comes is its own
    int follower = (fort.leader_index + 1) % 3;
    assert_true (ask (&fort.cluster->nodes [follower], "STOP", NULL));
    assert_true (ask (&fort.cluster->nodes [follower], "START", NULL));
    assert_int_equal (cluster_wait_leader (fort.cluster), fort.leader_index);
    for (int index = 0; index < 3; index++) {
        zsock_set_rcvtimeo (squatters [index], 100);
        zmsg_t *message = zmsg_recv (squatters [index]);
        assert_null (message);
        zsock_destroy (&squatters [index]);
    }
    fort_check_unmoved (&fort);
}

//  The right key, the right member, another cluster.

static void
test_sec_21_other_cluster (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    int thief = s_steal_key (&fort);
    zsock_t *dealer = visitor (ZMQ_DEALER, fort.leader->endpoint, &fort.pairs [thief],
                               fort.pairs [fort.leader_index].public_key);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = pack_vote ("elsewhere", fort.cluster->nodes [thief].id, fort.term + 100, data);
    zframe_t *frame = zframe_new (data, size);
    assert_int_equal (zframe_send (&frame, dealer, 0), 0);
    wait_rejected (fort.leader, "CLUSTER", 1);
    zsock_destroy (&dealer);
    fort_check_unmoved (&fort);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_election_by_tcp),
        cmocka_unit_test (test_election_by_ipc),
        cmocka_unit_test (test_members_may_listen),
        cmocka_unit_test (test_sec_01_unknown_key),
        cmocka_unit_test (test_sec_02_wrong_key_of_the_node),
        cmocka_unit_test (test_sec_03_no_curve),
        cmocka_unit_test (test_observers_that_are_listed),
        cmocka_unit_test (test_observers_of_any_key),
        cmocka_unit_test (test_no_observers),
        cmocka_unit_test (test_sec_06_insider_calls_in_anothers_name),
        cmocka_unit_test (test_sec_06_insider_answers_in_anothers_name),
        cmocka_unit_test (test_sec_06_insider_speaks_on_the_feed_in_anothers_name),
        cmocka_unit_test (test_sec_07_squatted_routing_id),
        cmocka_unit_test (test_sec_21_other_cluster),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
