/*  =========================================================================
    test_metadata - what a peer says of itself is no proof (sec_09)

    Libzmq lets nobody send the properties that it takes for its own, so here is
    a client of CURVE (ZeroMQ RFC 26) that is none of libzmq's: an observer, whose
    key is let in, who says that it is another.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_secure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>

typedef struct {
    int handle;
    uint64_t nonce;
    uint8_t own_public [32], own_secret [32];        //  C, c
    uint8_t short_public [32], short_secret [32];    //  C', c'
    uint8_t node_public [32];                        //  S
    uint8_t node_short [32];                         //  S'
    uint8_t cookie [96];
} client_t;

//  ----  Frames  --------------------------------------------------------------

static void
s_send (client_t *self, uint8_t flags, const uint8_t *data, size_t size)
{
    uint8_t head [9] = {flags | 2};
    for (int byte = 0; byte < 8; byte++)
        head [8 - byte] = (uint8_t) (size >> (8 * byte));
    assert_int_equal (send (self->handle, head, sizeof (head), MSG_NOSIGNAL), sizeof (head));
    assert_int_equal (send (self->handle, data, size, MSG_NOSIGNAL), size);
}

static void
s_read (client_t *self, uint8_t *data, size_t size)
{
    assert_int_equal (recv (self->handle, data, size, MSG_WAITALL), size);
}

static size_t
s_recv (client_t *self, uint8_t *data, size_t size)
{
    uint8_t head [2];
    s_read (self, head, 2);
    assert_false (head [0] & 2);
    assert_true (head [1] <= size);
    s_read (self, data, head [1]);
    return head [1];
}

//  The next nonce of 24 bytes with this beginning; its 8 own bytes go to `out`.

static void
s_nonce (client_t *self, const char *prefix, uint8_t nonce [24], uint8_t *out)
{
    memcpy (nonce, prefix, 16);
    self->nonce++;
    for (int byte = 0; byte < 8; byte++)
        nonce [23 - byte] = (uint8_t) (self->nonce >> (8 * byte));
    memcpy (out, nonce + 16, 8);
}

static void
s_box (uint8_t *box,
       const uint8_t *plain,
       size_t size,
       const uint8_t *nonce,
       const uint8_t *key,
       const uint8_t *secret)
{
    assert_int_equal (crypto_box_easy (box, plain, size, nonce, key, secret), 0);
}

//  ----  The handshake  -------------------------------------------------------

static void
s_greet (client_t *self)
{
    uint8_t greeting [64] = {0xff};
    greeting [9] = 0x7f;
    greeting [10] = 3;
    memcpy (greeting + 12, "CURVE", 5);
    assert_int_equal (send (self->handle, greeting, sizeof (greeting), MSG_NOSIGNAL), 64);
    s_read (self, greeting, sizeof (greeting));
    assert_memory_equal (greeting + 12, "CURVE", 5);
}

static void
s_hello (client_t *self)
{
    uint8_t hello [200] = "\005HELLO\001";
    uint8_t nonce [24];
    const uint8_t zeros [64] = {0};
    memcpy (hello + 80, self->short_public, 32);
    s_nonce (self, "CurveZMQHELLO---", nonce, hello + 112);
    s_box (hello + 120, zeros, 64, nonce, self->node_public, self->short_secret);
    s_send (self, 4, hello, sizeof (hello));
    uint8_t welcome [168], plain [128];
    assert_int_equal (s_recv (self, welcome, sizeof (welcome)), 168);
    memcpy (nonce, "WELCOME-", 8);
    memcpy (nonce + 8, welcome + 8, 16);
    assert_int_equal (crypto_box_open_easy (plain, welcome + 24, 144, nonce, self->node_public,
                                            self->short_secret),
                      0);
    memcpy (self->node_short, plain, 32);
    memcpy (self->cookie, plain + 32, 96);
}

static size_t
s_property (uint8_t *data, const char *name, const char *value)
{
    size_t name_size = strlen (name), size = strlen (value);
    data [0] = (uint8_t) name_size;
    memcpy (data + 1, name, name_size);
    memset (data + 1 + name_size, 0, 3);
    data [4 + name_size] = (uint8_t) size;
    memcpy (data + 5 + name_size, value, size);
    return 5 + name_size + size;
}

static void
s_initiate (client_t *self, const char *user)
{
    uint8_t plain [600], vouch [64], nonce [24];
    memcpy (plain, self->own_public, 32);
    memcpy (vouch, self->short_public, 32);
    memcpy (vouch + 32, self->node_public, 32);
    memcpy (nonce, "VOUCH---", 8);
    randombytes_buf (nonce + 8, 16);
    memcpy (plain + 32, nonce + 8, 16);
    s_box (plain + 48, vouch, 64, nonce, self->node_short, self->own_secret);
    size_t size = 128;
    size += s_property (plain + size, "Socket-Type", "DEALER");
    size += s_property (plain + size, "User-Id", user);
    size += s_property (plain + size, "Peer-Address", "10.9.8.7");
    uint8_t initiate [800] = "\010INITIATE";
    memcpy (initiate + 9, self->cookie, 96);
    s_nonce (self, "CurveZMQINITIATE", nonce, initiate + 105);
    s_box (initiate + 113, plain, size, nonce, self->node_short, self->short_secret);
    s_send (self, 4, initiate, 113 + size + 16);
    uint8_t ready [255];
    assert_true (s_recv (self, ready, sizeof (ready)) > 14);
    assert_memory_equal (ready, "\005READY", 6);
}

static client_t
s_connect (const char *endpoint, const pair_t *own, const char *key, const char *user)
{
    client_t self = {.handle = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int port = (int) strtol (strrchr (endpoint, ':') + 1, NULL, 10);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) port),
                                  .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    assert_int_equal (connect (self.handle, (struct sockaddr *) &address, sizeof (address)), 0);
    zmq_z85_decode (self.own_public, own->public_key);
    zmq_z85_decode (self.own_secret, own->secret_key);
    zmq_z85_decode (self.node_public, key);
    crypto_box_keypair (self.short_public, self.short_secret);
    s_greet (&self);
    s_hello (&self);
    s_initiate (&self, user);
    return self;
}

static void
s_say (client_t *self, const uint8_t *data, size_t size)
{
    uint8_t plain [1100] = {0}, message [1200] = "\007MESSAGE", nonce [24];
    memcpy (plain + 1, data, size);
    s_nonce (self, "CurveZMQMESSAGEC", nonce, message + 8);
    s_box (message + 16, plain, size + 1, nonce, self->node_short, self->short_secret);
    s_send (self, 0, message, 16 + size + 1 + 16);
}

//  ----  The test  ------------------------------------------------------------

static void
test_sec_09_sent_metadata (void **state)
{
    (void) state;
    assert_true (sodium_init () >= 0);
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    int other = (fort.leader_index + 1) % 3;
    client_t client =
        s_connect (fort.leader->endpoint, &fort.observer, fort.pairs [fort.leader_index].public_key,
                   fort.pairs [other].public_key);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size =
        pack_vote (fort.cluster->name, fort.cluster->nodes [other].id, fort.term + 100, data);
    for (int count = 0; count < 3; count++)
        s_say (&client, data, size);
    wait_rejected (fort.leader, "IMPERSONATION", 3);
    close (client.handle);
    fort_check_unmoved (&fort);
}

//  The client is one: with a member's key it is heard.

static void
test_the_client_of_this_test_works (void **state)
{
    (void) state;
    fort_t fort = fort_manned (3, BY_TCP, "listed");
    int other = (fort.leader_index + 1) % 3;
    client_t client =
        s_connect (fort.leader->endpoint, &fort.pairs [other],
                   fort.pairs [fort.leader_index].public_key, fort.observer.public_key);
    uint8_t data [ZELECT_RPC_SIZE_MAX];
    size_t size = pack_vote ("elsewhere", fort.cluster->nodes [other].id, fort.term, data);
    s_say (&client, data, size);
    wait_rejected (fort.leader, "CLUSTER", 1);
    size = pack_vote (fort.cluster->name, fort.cluster->nodes [other].id, fort.term, data);
    s_say (&client, data, size);
    zclock_sleep (200);
    assert_int_equal (rejected (fort.leader, "IMPERSONATION"), 0);
    close (client.handle);
    fort_check_unmoved (&fort);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_sec_09_sent_metadata),
        cmocka_unit_test (test_the_client_of_this_test_works),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
