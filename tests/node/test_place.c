/*  =========================================================================
    test_place - addresses, and who is seen to occupy them

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_lock.h"
#include "zelect_place.h"
#include "zelect_ports.h"
#include "zelect_test.h"

#include <fcntl.h>
#include <string.h>
#include <zmq.h>

#define TEXT_SIZE 200

static zelect_place_t
s_place (const char *endpoint, const char *host)
{
    zelect_place_t place;
    assert_int_equal (zelect_place_init (&place, endpoint, host), 0);
    return place;
}

//  ----  Addresses  -----------------------------------------------------------

static void
test_addresses (void **state)
{
    (void) state;
    static const struct {
        const char *endpoint, *host;
        int family;    //  0: no place
    } cases [] = {
        {"tcp://10.0.0.1:5680", "10.0.0.1", AF_INET},
        {"tcp://alpha.example:5680", "10.0.0.1", AF_INET},
        {"tcp://alpha.example:5680", "::ffff:10.0.0.1", AF_INET},
        {"tcp://[::1]:5680", "::1", AF_INET6},
        {"tcp://[fe80::1%lo]:5680", "fe80::1%lo", AF_INET6},
        {"tcp://alpha.example:5680", "alpha.example", 0},    //  No name is looked up
        {"tcp://127.0.0.1:5680", "localhost", 0},
        {"tcp://127.0.0.1:5680", "", 0},
        {"tcp://127.0.0.1:5680", NULL, AF_INET},
        {"tcp://[::]:5680", NULL, AF_INET6},
        {"tcp://[::ffff:0.0.0.0]:5680", NULL, AF_INET},
        {"tcp://alpha.example:5680", NULL, 0},
        {"nonsense", "127.0.0.1", 0},
        {"ipc:///run/orders/n1", "", AF_UNIX},
        {"ipc:///run/orders/n1", NULL, AF_UNIX},
    };
    for (size_t row = 0; row < sizeof (cases) / sizeof (cases [0]); row++) {
        zelect_place_t place;
        int rc = zelect_place_init (&place, cases [row].endpoint, cases [row].host);
        if (rc != (cases [row].family ? 0 : -1) || place.address.ss_family != cases [row].family)
            fail_msg ("%s at %s: %d", cases [row].endpoint, cases [row].host, rc);
        assert_int_equal (place.size == 0, rc == -1);
        assert_int_equal (zelect_place_is_ipc (&place), cases [row].family == AF_UNIX);
    }
}

static void
test_same (void **state)
{
    (void) state;
    zelect_place_t one = s_place ("tcp://a:5680", "10.0.0.1");
    zelect_place_t mapped = s_place ("tcp://b:5680", "::ffff:10.0.0.1");
    zelect_place_t port = s_place ("tcp://a:5681", "10.0.0.1");
    zelect_place_t host = s_place ("tcp://a:5680", "10.0.0.2");
    zelect_place_t path = s_place ("ipc:///run/n1", NULL);
    zelect_place_t none = {.size = 0};
    assert_true (zelect_place_same (&one, &mapped));
    assert_false (zelect_place_same (&one, &port));
    assert_false (zelect_place_same (&one, &host));
    assert_false (zelect_place_same (&one, &path));
    assert_false (zelect_place_same (&one, &none));
    assert_false (zelect_place_same (&none, &none));
}

static void
test_bound_at (void **state)
{
    (void) state;
    static const struct {
        const char *endpoint, *host, *bound;
        bool is_bound;
    } cases [] = {
        {"tcp://a:5680", "10.0.0.1", "tcp://10.0.0.1:5680", true},
        {"tcp://a:5680", "10.0.0.1", "tcp://[::ffff:10.0.0.1]:5680", true},
        {"tcp://a:5680", "10.0.0.1", "tcp://0.0.0.0:5680", true},
        {"tcp://a:5680", "10.0.0.1", "tcp://[::ffff:0.0.0.0]:5680", true},
        {"tcp://a:5680", "10.0.0.1", "tcp://[::]:5680", true},
        {"tcp://a:5680", "10.0.0.1", "tcp://10.0.0.1:5681", false},    //  A forwarder
        {"tcp://a:5680", "10.0.0.1", "tcp://10.0.0.2:5680", false},
        {"tcp://a:5680", "10.0.0.1", "tcp://[::]:5681", false},
        {"tcp://a:5680", "10.0.0.1", "tcp://a:5680", false},
        {"tcp://a:5680", "10.0.0.1", "ipc:///run/n1", false},
        {"tcp://a:5680", "10.0.0.1", "", false},
        {"tcp://a:5680", "::1", "tcp://[::1]:5680", true},
        {"tcp://a:5680", "::1", "tcp://[::]:5680", true},
        {"tcp://a:5680", "::1", "tcp://0.0.0.0:5680", false},
        {"tcp://a:5680", "::1", "tcp://[::ffff:0.0.0.0]:5680", false},
        {"tcp://a:5680", "10.0.0.1", "tcp://[::ffff:0.0.0.0]:5681", false},
        {"ipc:///run/n1", NULL, "ipc:///run/n1", true},
        {"ipc:///run/n1", NULL, "ipc:///run/n2", false},
        {"ipc:///run/n1", NULL, "tcp://[::]:5680", false},
    };
    for (size_t row = 0; row < sizeof (cases) / sizeof (cases [0]); row++) {
        zelect_place_t place = s_place (cases [row].endpoint, cases [row].host);
        if (zelect_place_is_bound_at (&place, cases [row].bound) != cases [row].is_bound)
            fail_msg ("%s at %s, bound at %s", cases [row].endpoint, cases [row].host,
                      cases [row].bound);
    }
    zelect_place_t none = {.size = 0};
    assert_false (zelect_place_is_bound_at (&none, "tcp://[::]:5680"));
}

//  ----  What is held  --------------------------------------------------------

static zelect_hold_t
s_look (const zelect_place_t *place)
{
    zelect_sign_t sign;
    return zelect_place_look (place, &sign);
}

static void *
s_bind (void *context, const char *host, int port)
{
    void *socket = zmq_socket (context, ZMQ_ROUTER);
    char endpoint [TEXT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "tcp://%s:%d", host, port);
    assert_int_equal (zmq_bind (socket, endpoint), 0);
    return socket;
}

//  Whose listener it is does not matter: what libzmq says of its own is understood.

static void
s_check_bound (void *socket, const zelect_place_t *place)
{
    char endpoint [TEXT_SIZE];
    size_t size = sizeof (endpoint);
    assert_int_equal (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    zelect_place_t own = s_place (endpoint, NULL);
    if (!zelect_place_is_bound_at (place, endpoint) || s_look (&own) != ZELECT_PLACE_HELD)
        fail_msg ("%s is not seen", endpoint);
}

//  As a node binds; the listener goes with the context. Two have a place one after
//  the other, and are told apart.

static void
s_check_listener (const char *bind, const char *host, int port)
{
    char endpoint [TEXT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "tcp://a:%d", port);
    zelect_place_t place = s_place (endpoint, host);
    assert_int_equal (s_look (&place), ZELECT_PLACE_FREE);
    zelect_sign_t signs [2];
    for (int turn = 0; turn < 2; turn++) {
        void *context = zmq_ctx_new ();
        zmq_ctx_set (context, ZMQ_IPV6, 1);
        void *socket = s_bind (context, bind, port);
        s_check_bound (socket, &place);
        assert_int_equal (zelect_place_look (&place, &signs [turn]), ZELECT_PLACE_HELD);
        assert_false (zelect_place_is_left (&place, &signs [turn]));
        assert_int_equal (zelect_place_is_left (&place, &signs [0]), turn == 1);
        zmq_close (socket);
        zmq_ctx_term (context);
        assert_int_equal (s_look (&place), ZELECT_PLACE_FREE);
        assert_true (zelect_place_is_left (&place, &signs [turn]));
    }
}

static void
test_tcp_is_held_by_its_listener (void **state)
{
    (void) state;
    s_check_listener ("127.0.0.1", "127.0.0.1", zelect_ports (1));
    s_check_listener ("127.0.0.2", "127.0.0.2", zelect_ports (1));
    s_check_listener ("0.0.0.0", "127.0.0.1", zelect_ports (1));
    s_check_listener ("*", "127.0.0.1", zelect_ports (1));
    s_check_listener ("*", "::1", zelect_ports (1));
    s_check_listener ("[::1]", "::1", zelect_ports (1));
}

//  192.0.2.1 is nobody's, 2001:db8::1 neither: who has bound all addresses of this
//  host has not bound those of another, whatever the table says.

static void
test_another_address_does_not_count (void **state)
{
    (void) state;
    int port = zelect_ports (2);
    void *context = zmq_ctx_new ();
    zmq_ctx_set (context, ZMQ_IPV6, 1);
    void *one = s_bind (context, "127.0.0.2", port);
    void *all = s_bind (context, "*", port + 1);
    static const struct {
        const char *host;
        int port;
        zelect_hold_t hold;
    } cases [] = {
        {"127.0.0.2", 0, ZELECT_PLACE_HELD},    {"127.0.0.1", 0, ZELECT_PLACE_FREE},
        {"127.0.0.1", 1, ZELECT_PLACE_HELD},    {"192.0.2.1", 1, ZELECT_PLACE_UNKNOWN},
        {"192.0.2.1", 0, ZELECT_PLACE_UNKNOWN}, {"2001:db8::1", 1, ZELECT_PLACE_UNKNOWN},
    };
    for (size_t row = 0; row < sizeof (cases) / sizeof (cases [0]); row++) {
        char endpoint [TEXT_SIZE];
        snprintf (endpoint, sizeof (endpoint), "tcp://a:%d", port + cases [row].port);
        zelect_place_t place = s_place (endpoint, cases [row].host);
        if (s_look (&place) != cases [row].hold)
            fail_msg ("%s at %s", endpoint, cases [row].host);
    }
    zmq_close (one);
    zmq_close (all);
    zmq_ctx_term (context);
}

//  ----  The lock of an ipc path  ---------------------------------------------

typedef struct {
    char directory [40];
    char path [60];    //  Of the lock
    zelect_place_t place;
} den_t;

static int
s_setup (void **state)
{
    den_t *self = calloc (1, sizeof (den_t));
    snprintf (self->directory, sizeof (self->directory), "/tmp/zelect-place-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
    snprintf (self->path, sizeof (self->path), "%s/n1.lock", self->directory);
    char endpoint [TEXT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "ipc://%s/n1", self->directory);
    self->place = s_place (endpoint, NULL);
    *state = self;
    return 0;
}

static int
s_teardown (void **state)
{
    den_t *self = *state;
    unlink (self->path);
    rmdir (self->directory);
    free (self);
    return 0;
}

//  Take the lock of whatever file stands there, and write that number.

static zelect_lock_t *
s_occupy (const den_t *self, uint64_t owner)
{
    zelect_lock_t *lock = zelect_lock_new (AT_FDCWD, self->path, O_CREAT);
    assert_non_null (lock);
    assert_int_equal (zelect_place_mark (zelect_lock_handle (lock), owner), 0);
    return lock;
}

static void
test_ipc_is_held_by_its_lock (void **state)
{
    const den_t *den = *state;
    assert_int_equal (s_look (&den->place), ZELECT_PLACE_UNKNOWN);
    zelect_lock_t *lock = zelect_lock_new (AT_FDCWD, den->path, O_CREAT);
    assert_non_null (lock);
    assert_null (zelect_lock_new (AT_FDCWD, den->path, 0));
    zelect_sign_t sign;
    assert_int_equal (zelect_place_look (&den->place, &sign), ZELECT_PLACE_HELD);
    assert_true (sign.owner == 0);
    assert_int_equal (zelect_place_mark (zelect_lock_handle (lock), UINT64_C (0xabc) << 50), 0);
    assert_int_equal (zelect_place_look (&den->place, &sign), ZELECT_PLACE_HELD);
    assert_true (sign.owner == UINT64_C (0xabc) << 50);
    assert_false (zelect_place_is_left (&den->place, &sign));
    zelect_lock_destroy (&lock);
    assert_int_equal (s_look (&den->place), ZELECT_PLACE_FREE);
    assert_true (zelect_place_is_left (&den->place, &sign));
}

//  The next occupant is known by the number that it writes; that somebody has the
//  lock says nothing.

static void
test_the_next_owner_of_a_lock_is_told_apart (void **state)
{
    const den_t *den = *state;
    zelect_lock_t *lock = s_occupy (den, 1);
    zelect_sign_t sign;
    zelect_place_look (&den->place, &sign);
    zelect_lock_destroy (&lock);
    lock = zelect_lock_new (AT_FDCWD, den->path, 0);
    assert_false (zelect_place_is_left (&den->place, &sign));
    assert_int_equal (zelect_place_mark (zelect_lock_handle (lock), 2), 0);
    assert_true (zelect_place_is_left (&den->place, &sign));
    zelect_lock_destroy (&lock);
    assert_true (zelect_place_is_left (&den->place, &sign));
}

//  Somebody deletes the lock file of a living node, and another makes a new one: what
//  becomes of that one says nothing of the first, whatever is written in it.

static void
test_a_lock_file_made_anew_says_nothing (void **state)
{
    const den_t *den = *state;
    zelect_lock_t *lock = s_occupy (den, 1);
    zelect_sign_t sign;
    zelect_place_look (&den->place, &sign);
    unlink (den->path);
    assert_false (zelect_place_is_left (&den->place, &sign));
    for (uint64_t owner = 1; owner <= 2; owner++) {
        zelect_lock_t *other = s_occupy (den, owner);
        assert_false (zelect_place_is_left (&den->place, &sign));
        zelect_lock_destroy (&other);
        assert_int_equal (s_look (&den->place), ZELECT_PLACE_FREE);
        assert_false (zelect_place_is_left (&den->place, &sign));
    }
    zelect_lock_destroy (&lock);
}

static void
test_no_place_tells_nothing (void **state)
{
    (void) state;
    zelect_place_t none = {.size = 0};
    zelect_sign_t sign;
    assert_int_equal (zelect_place_look (&none, &sign), ZELECT_PLACE_UNKNOWN);
    assert_false (zelect_place_is_left (&none, &sign));
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, s_teardown)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_addresses),
        cmocka_unit_test (test_same),
        cmocka_unit_test (test_bound_at),
        cmocka_unit_test (test_tcp_is_held_by_its_listener),
        cmocka_unit_test (test_another_address_does_not_count),
        TEST (test_ipc_is_held_by_its_lock),
        TEST (test_the_next_owner_of_a_lock_is_told_apart),
        TEST (test_a_lock_file_made_anew_says_nothing),
        cmocka_unit_test (test_no_place_tells_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
