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
        {"tcp://127.0.0.1:5680", NULL, 0},
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

//  As a node binds; the listener goes with the context.

static void
s_check_listener (const char *bind, const char *host, int port)
{
    char endpoint [TEXT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "tcp://a:%d", port);
    zelect_place_t place = s_place (endpoint, host);
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_FREE);

    void *context = zmq_ctx_new ();
    zmq_ctx_set (context, ZMQ_IPV6, 1);
    void *socket = zmq_socket (context, ZMQ_ROUTER);
    snprintf (endpoint, sizeof (endpoint), "tcp://%s:%d", bind, port);
    assert_int_equal (zmq_bind (socket, endpoint), 0);
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_HELD);
    zmq_close (socket);
    zmq_ctx_term (context);
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_FREE);
}

static void
test_tcp_is_held_by_its_listener (void **state)
{
    (void) state;
    s_check_listener ("127.0.0.1", "127.0.0.1", zelect_ports (1));
    s_check_listener ("127.0.0.2", "127.0.0.2", zelect_ports (1));
    s_check_listener ("*", "127.0.0.1", zelect_ports (1));
    s_check_listener ("*", "::1", zelect_ports (1));
    s_check_listener ("[::1]", "::1", zelect_ports (1));
}

static void
test_another_address_does_not_count (void **state)
{
    (void) state;
    int port = zelect_ports (1);
    char endpoint [TEXT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "tcp://127.0.0.2:%d", port);
    void *context = zmq_ctx_new ();
    void *socket = zmq_socket (context, ZMQ_ROUTER);
    assert_int_equal (zmq_bind (socket, endpoint), 0);
    zelect_place_t place = s_place (endpoint, "127.0.0.1");
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_FREE);
    zmq_close (socket);
    zmq_ctx_term (context);
}

static void
test_ipc_is_held_by_its_lock (void **state)
{
    (void) state;
    char directory [] = "/tmp/zelect-place-XXXXXX";
    assert_non_null (mkdtemp (directory));
    char path [TEXT_SIZE], endpoint [TEXT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "ipc://%s/n1", directory);
    snprintf (path, sizeof (path), "%s/n1.lock", directory);
    zelect_place_t place = s_place (endpoint, NULL);
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_UNKNOWN);

    zelect_lock_t *lock = zelect_lock_new (AT_FDCWD, path, O_CREAT);
    assert_non_null (lock);
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_HELD);
    assert_null (zelect_lock_new (AT_FDCWD, path, 0));
    zelect_lock_destroy (&lock);
    assert_int_equal (zelect_place_look (&place), ZELECT_PLACE_FREE);
    unlink (path);
    rmdir (directory);
}

static void
test_no_place_tells_nothing (void **state)
{
    (void) state;
    zelect_place_t none = {.size = 0};
    assert_int_equal (zelect_place_look (&none), ZELECT_PLACE_UNKNOWN);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_addresses),
        cmocka_unit_test (test_same),
        cmocka_unit_test (test_bound_at),
        cmocka_unit_test (test_tcp_is_held_by_its_listener),
        cmocka_unit_test (test_another_address_does_not_count),
        cmocka_unit_test (test_ipc_is_held_by_its_lock),
        cmocka_unit_test (test_no_place_tells_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
