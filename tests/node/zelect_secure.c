/*  =========================================================================
    zelect_secure - a cluster with keys, and who knocks at its doors

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_secure.h"

//  ----  The fort  ------------------------------------------------------------

void
fort_arm (const fort_t *self, node_t *node, const char *id)
{
    char certificate [120];
    snprintf (certificate, sizeof (certificate), "%s/%s.cert_secret", self->keys, id);
    assert_true (ask (node, "SET", "security/certificate", certificate, NULL));
    assert_true (ask (node, "SET", "security/keys", self->keys, NULL));
}

fort_t
fort_new (int count, transport_t transport, const char *observers)
{
    fort_t self = {.cluster = cluster_new (count, transport)};
    snprintf (self.keys, sizeof (self.keys), "%s/keys", self.cluster->directory);
    assert_int_equal (mkdir (self.keys, 0755), 0);
    for (int index = 0; index < count; index++) {
        node_t *node = &self.cluster->nodes [index];
        self.pairs [index] = zelect_certs_new (self.keys, node->id);
        fort_arm (&self, node, node->id);
        assert_true (ask (node, "SET", "security/observers", observers, NULL));
    }
    self.observer = zelect_certs_new (self.keys, "watcher");
    return self;
}

fort_t
fort_manned (int count, transport_t transport, const char *observers)
{
    fort_t self = fort_new (count, transport, observers);
    cluster_start (self.cluster);
    self.leader_index = cluster_wait_leader (self.cluster);
    self.leader = &self.cluster->nodes [self.leader_index];
    self.term = zelect_cell_term (self.leader->cell);
    return self;
}

void
fort_destroy (fort_t *self)
{
    cluster_destroy (&self->cluster);
}

void
fort_check_unmoved (fort_t *self)
{
    assert_string_equal (zelect_cell_role (self->leader->cell), "leader");
    assert_true (zelect_cell_held (self->leader->cell));
    assert_true (zelect_cell_term (self->leader->cell) == self->term);
    fort_destroy (self);
}

//  ----  What a node says  ----------------------------------------------------

long
rejected (node_t *node, const char *reason)
{
    assert_true (ask (node, "CLUSTERSTATE", "200", NULL));
    zconfig_t *tree = zconfig_str_load (node->reply);
    assert_non_null (tree);
    char path [40];
    snprintf (path, sizeof (path), "/rejected/%s", reason);
    char *text = zconfig_get (tree, path, NULL);
    assert_non_null (text);
    long count = strtol (text, NULL, 10);
    zconfig_destroy (&tree);
    return count;
}

void
wait_rejected (node_t *node, const char *reason, long least)
{
    for (int tries = 0; tries < 200; tries++) {
        if (rejected (node, reason) >= least)
            return;
        zclock_sleep (20);
    }
    fail_msg ("%ld rejected for %s, expected %ld", rejected (node, reason), reason, least);
}

//  ----  Who knocks  ----------------------------------------------------------

zsock_t *
visitor (int type, const char *endpoint, const pair_t *own, const char *key)
{
    zsock_t *self = zsock_new (type);
    assert_non_null (self);
    zsock_set_linger (self, 0);
    zsock_set_rcvtimeo (self, 2000);
    zsock_set_reconnect_ivl (self, 50);
    zsock_set_curve_publickey (self, own->public_key);
    zsock_set_curve_secretkey (self, own->secret_key);
    zsock_set_curve_serverkey (self, key);
    if (type == ZMQ_SUB)
        zsock_set_subscribe (self, "");
    assert_int_equal (zsock_connect (self, "%s", endpoint), 0);
    return self;
}

zsock_t *
impostor (int type, const char *endpoint, const pair_t *own)
{
    zsock_t *self = zsock_new (type);
    assert_non_null (self);
    zsock_set_linger (self, 0);
    zsock_set_rcvtimeo (self, PATIENCE_MS);
    zsock_set_curve_server (self, 1);
    zsock_set_curve_publickey (self, own->public_key);
    zsock_set_curve_secretkey (self, own->secret_key);
    assert_int_not_equal (zsock_bind (self, "%s", endpoint), -1);
    return self;
}

size_t
pack_vote (const char *cluster, const char *from, uint64_t term, uint8_t *data)
{
    const zelect_member_t list [] = {{"n1", true}, {"n2", true}, {"n3", true}};
    zelect_members_t members;
    assert_int_equal (zelect_members_init (&members, cluster, from, list, 3), 0);
    zelect_rpc_t rpc = {.message = {.kind = ZELECT_MESSAGE_VOTE,
                                    .from = members.self,
                                    .incarnation = 1,
                                    .term = term,
                                    .about = term,
                                    .number = 1,
                                    .leader = ZELECT_NOBODY}};
    return zelect_wire_pack_rpc (&members, &rpc, data, ZELECT_RPC_SIZE_MAX);
}

bool
is_answered (zsock_t *dealer, int timeout_ms)
{
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = zelect_wire_pack_query (77, data, sizeof (data));
    zframe_t *question = zframe_new (data, size);
    zsock_set_sndtimeo (dealer, 0);
    zframe_send (&question, dealer, 0);
    zframe_destroy (&question);
    zsock_set_rcvtimeo (dealer, timeout_ms);
    zframe_t *answer = zframe_recv (dealer);
    uint64_t request = 0;
    zelect_state_t state;
    bool is_right =
        answer
        && zelect_wire_unpack_answer (zframe_data (answer), zframe_size (answer), &request, &state)
               == 0
        && request == 77;
    zframe_destroy (&answer);
    return is_right;
}
