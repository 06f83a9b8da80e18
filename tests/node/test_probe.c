/*  =========================================================================
    test_probe - what a probe makes of the living, the dead and the dying

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_clock.h"
#include "zelect_ports.h"
#include "zelect_probe.h"
#include "zelect_test.h"

#include <dirent.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <zmq.h>

#define PATIENCE_MS 20000
#define LONG_NS (60000 * ZELECT_MS)
#define PATH_SIZE 80
#define UNABLE 77    //  Exit code of a child that may not make a network

typedef struct {
    char directory [40];
    zelect_place_t tcp;
    zelect_place_t ipc;
    zelect_probe_t probe;
    size_t descriptor_count;    //  Open before the test
} ring_t;

static size_t
s_count_descriptors (void)
{
    size_t count = 0;
    DIR *directory = opendir ("/proc/self/fd");
    while (readdir (directory))
        count++;
    closedir (directory);
    return count;
}

static int
s_setup (void **state)
{
    ring_t *self = calloc (1, sizeof (ring_t));
    snprintf (self->directory, sizeof (self->directory), "/tmp/zelect-probe-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
    char endpoint [PATH_SIZE];
    snprintf (endpoint, sizeof (endpoint), "tcp://127.0.0.1:%d", zelect_ports (1));
    assert_int_equal (zelect_place_init (&self->tcp, endpoint, "127.0.0.1"), 0);
    snprintf (endpoint, sizeof (endpoint), "ipc://%s/n1", self->directory);
    assert_int_equal (zelect_place_init (&self->ipc, endpoint, NULL), 0);
    zelect_probe_init (&self->probe);
    self->descriptor_count = s_count_descriptors ();
    *state = self;
    return 0;
}

//  Whatever came out of it, an ended probe keeps no descriptor.

static int
s_teardown (void **state)
{
    ring_t *self = *state;
    zelect_probe_end (&self->probe);
    zelect_probe_end (&self->probe);
    assert_int_equal (zelect_probe_handle (&self->probe), -1);
    assert_int_equal (zelect_probe_deadline (&self->probe), ZELECT_NEVER);
    assert_int_equal (s_count_descriptors (), self->descriptor_count);
    char path [PATH_SIZE];
    snprintf (path, sizeof (path), "%s/n1", self->directory);
    unlink (path);
    rmdir (self->directory);
    free (self);
    return 0;
}

static int
s_listen (const zelect_place_t *place, int backlog)
{
    int handle = socket (place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    setsockopt (handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof (yes));
    assert_int_equal (bind (handle, (const struct sockaddr *) &place->address, place->size), 0);
    assert_int_equal (listen (handle, backlog), 0);
    return handle;
}

static zelect_probe_result_t
s_begin (ring_t *self, const zelect_place_t *place)
{
    uint64_t now = zelect_clock_ns ();
    return zelect_probe_begin (&self->probe, place, now, now + LONG_NS);
}

//  Poll as a node does, until something comes out.

static zelect_probe_result_t
s_wait (ring_t *self)
{
    zelect_probe_result_t result = ZELECT_PROBE_WAITS;
    uint64_t end = zelect_clock_ns () + PATIENCE_MS * ZELECT_MS;
    while (result == ZELECT_PROBE_WAITS) {
        uint64_t now = zelect_clock_ns ();
        assert_true (now < end);
        struct pollfd item = {.fd = zelect_probe_handle (&self->probe), .events = POLLIN};
        poll (&item, 1, 1);
        if (item.revents || zelect_probe_deadline (&self->probe) <= now)
            result = zelect_probe_look (&self->probe, zelect_clock_ns ());
    }
    return result;
}

//  ----  Nobody there  --------------------------------------------------------

static void
test_tcp_refused (void **state)
{
    ring_t *ring = *state;
    assert_int_equal (s_begin (ring, &ring->tcp), ZELECT_PROBE_REFUSED);
    assert_int_equal (ring->probe.tries, 1);
}

static void
test_ipc_refused (void **state)
{
    ring_t *ring = *state;
    close (s_listen (&ring->ipc, 1));    //  The path stays
    assert_int_equal (s_begin (ring, &ring->ipc), ZELECT_PROBE_REFUSED);
}

//  No path: the node may never have been there. It is asked again, and then no
//  more.

static void
test_ipc_without_a_path_proves_nothing (void **state)
{
    ring_t *ring = *state;
    assert_int_equal (s_begin (ring, &ring->ipc), ZELECT_PROBE_WAITS);
    assert_int_equal (zelect_probe_handle (&ring->probe), -1);
    assert_int_equal (s_wait (ring), ZELECT_PROBE_VAIN);
    assert_int_equal (ring->probe.tries, ZELECT_PROBE_TRIES);
}

//  A network of the child's own, in which calls are made from these ports.

static void
s_enter_network (int first_port, int last_port)
{
    if (unshare (CLONE_NEWNET) && unshare (CLONE_NEWUSER | CLONE_NEWNET))
        _exit (UNABLE);
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int handle = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    FILE *range = fopen ("/proc/sys/net/ipv4/ip_local_port_range", "w");
    if (ioctl (handle, SIOCSIFFLAGS, &loopback) || !range)
        _exit (UNABLE);
    fprintf (range, "%d %d\n", first_port, last_port);
    if (fclose (range))
        _exit (UNABLE);
    close (handle);
}

static int
s_call_own_port (ring_t *ring)
{
    struct sockaddr_in address;
    memcpy (&address, &ring->tcp.address, sizeof (address));
    int port = ntohs (address.sin_port);
    s_enter_network (port, port);
    if (s_begin (ring, &ring->tcp) != ZELECT_PROBE_VAIN || ring->probe.tries != ZELECT_PROBE_TRIES)
        return 1;
    s_enter_network (port + 1, port + 2);
    return s_begin (ring, &ring->tcp) == ZELECT_PROBE_REFUSED ? 0 : 2;
}

//  Nobody listens, and the only port from which a call can be made is the port that
//  is called: the call is answered by itself. It is none, and made again.

static void
test_a_call_is_not_its_own_answer (void **state)
{
    pid_t child = fork ();
    if (child == 0)
        _exit (s_call_own_port (*state));
    int status;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status));
    if (WEXITSTATUS (status) == UNABLE)
        fail_msg ("no network namespace of its own: run as root, or allow user namespaces");
    assert_int_equal (WEXITSTATUS (status), 0);
}

//  ----  Somebody there  ------------------------------------------------------

static void
s_check_router (ring_t *ring, const zelect_place_t *place, const char *endpoint)
{
    void *context = zmq_ctx_new ();
    void *router = zmq_socket (context, ZMQ_ROUTER);
    assert_int_equal (zmq_bind (router, endpoint), 0);
    zelect_probe_result_t result = s_begin (ring, place);
    if (result == ZELECT_PROBE_WAITS)
        result = s_wait (ring);
    assert_int_equal (result, ZELECT_PROBE_GREETED);
    assert_int_equal (ring->probe.tries, 1);
    zmq_close (router);
    zmq_ctx_term (context);
}

static void
test_who_listens_greets (void **state)
{
    ring_t *ring = *state;
    char endpoint [PATH_SIZE];
    struct sockaddr_in address;
    memcpy (&address, &ring->tcp.address, sizeof (address));
    snprintf (endpoint, sizeof (endpoint), "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    s_check_router (ring, &ring->tcp, endpoint);
    snprintf (endpoint, sizeof (endpoint), "ipc://%s/n1", ring->directory);
    s_check_router (ring, &ring->ipc, endpoint);
}

//  A stopped process: the kernel takes the connection, and nobody says a word.

static void
test_silence_proves_nothing (void **state)
{
    ring_t *ring = *state;
    int handle = s_listen (&ring->tcp, 5);
    uint64_t now = zelect_clock_ns ();
    uint64_t until = now + 1000 * ZELECT_MS;
    assert_int_equal (zelect_probe_begin (&ring->probe, &ring->tcp, now, until),
                      ZELECT_PROBE_WAITS);
    while ((now = zelect_probe_deadline (&ring->probe)) < until) {
        assert_int_equal (zelect_probe_look (&ring->probe, now - 1), ZELECT_PROBE_WAITS);
        assert_int_equal (zelect_probe_look (&ring->probe, now), ZELECT_PROBE_WAITS);
    }
    assert_in_range (ring->probe.tries, 5, 10);
    assert_int_equal (zelect_probe_look (&ring->probe, until), ZELECT_PROBE_VAIN);
    assert_int_equal (zelect_probe_handle (&ring->probe), -1);
    close (handle);
}

//  A listener that closes forgets calls that are just being made, and their callers
//  are not told: fail-overs of T instead of 3 ms, 1 in 200. Here nobody answers the
//  first call, and the second is answered.

static void
test_a_call_that_was_forgotten_is_made_again (void **state)
{
    ring_t *ring = *state;
    int listener = s_listen (&ring->tcp, 5);
    assert_int_equal (s_begin (ring, &ring->tcp), ZELECT_PROBE_WAITS);
    int forgotten = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
    uint64_t later = zelect_probe_deadline (&ring->probe);
    assert_int_equal (zelect_probe_look (&ring->probe, later), ZELECT_PROBE_WAITS);
    assert_int_equal (ring->probe.tries, 2);
    int answered = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
    assert_int_equal (write (answered, "hello", 5), 5);
    assert_int_equal (s_wait (ring), ZELECT_PROBE_GREETED);
    close (answered);
    close (forgotten);
    close (listener);
}

//  A full queue: EAGAIN for ipc, for tcp an answer that does not come.

static void
test_a_full_queue_proves_nothing (void **state)
{
    ring_t *ring = *state;
    int listener = s_listen (&ring->ipc, 0);
    int handles [8];
    size_t count = 0;
    for (int rc = 0; rc == 0; count++) {
        assert_true (count < 8);
        handles [count] = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        rc =
            connect (handles [count], (const struct sockaddr *) &ring->ipc.address, ring->ipc.size);
    }
    assert_int_equal (s_begin (ring, &ring->ipc), ZELECT_PROBE_WAITS);
    assert_int_equal (zelect_probe_handle (&ring->probe), -1);
    assert_int_equal (s_wait (ring), ZELECT_PROBE_VAIN);
    while (count)
        close (handles [--count]);
    close (listener);
}

//  ----  Somebody who dies  ---------------------------------------------------

//  A child listens and never accepts. It is killed while the probe waits.

static void
s_check_dying (ring_t *ring, const zelect_place_t *place)
{
    int handle = s_listen (place, 5);
    pid_t child = fork ();
    if (child == 0)
        for (;;)
            pause ();
    close (handle);
    assert_int_equal (s_begin (ring, place), ZELECT_PROBE_WAITS);
    assert_true (zelect_probe_handle (&ring->probe) >= 0);
    kill (child, SIGKILL);
    assert_int_equal (s_wait (ring), ZELECT_PROBE_REFUSED);
    assert_true (ring->probe.tries > 1);
    waitpid (child, NULL, 0);
}

static void
test_who_dies_resets_and_is_asked_again (void **state)
{
    ring_t *ring = *state;
    s_check_dying (ring, &ring->tcp);
    s_check_dying (ring, &ring->ipc);
}

//  ----  Bounds  --------------------------------------------------------------

//  Who takes each connection and closes it without a word, for ever.

static void
test_closing_for_ever_ends_the_probe (void **state)
{
    ring_t *ring = *state;
    int listener = s_listen (&ring->tcp, 5);
    zelect_probe_result_t result = s_begin (ring, &ring->tcp);
    unsigned accepted = 0;
    while (result == ZELECT_PROBE_WAITS) {
        struct pollfd item = {.fd = listener, .events = POLLIN};
        if (poll (&item, 1, 1) == 1) {
            close (accept4 (listener, NULL, NULL, SOCK_CLOEXEC));
            accepted++;
        }
        result = zelect_probe_look (&ring->probe, zelect_clock_ns ());
    }
    assert_int_equal (result, ZELECT_PROBE_VAIN);
    assert_in_range (accepted, 2, ZELECT_PROBE_TRIES);
    close (listener);
}

//  A refusal that the caller does not believe: pauses double, tries are few.

static void
test_again_is_bounded (void **state)
{
    ring_t *ring = *state;
    uint64_t now = zelect_clock_ns (), pause = 0;
    zelect_probe_result_t result =
        zelect_probe_begin (&ring->probe, &ring->tcp, now, now + LONG_NS);
    for (unsigned count = 1; count < ZELECT_PROBE_TRIES; count++) {
        assert_int_equal (result, ZELECT_PROBE_REFUSED);
        assert_int_equal (zelect_probe_again (&ring->probe, now), ZELECT_PROBE_WAITS);
        uint64_t next = zelect_probe_deadline (&ring->probe);
        assert_true (next - now >= pause);
        pause = next - now;
        assert_int_equal (zelect_probe_look (&ring->probe, next - 1), ZELECT_PROBE_WAITS);
        now = next;
        result = zelect_probe_look (&ring->probe, now);
    }
    assert_int_equal (zelect_probe_again (&ring->probe, now), ZELECT_PROBE_VAIN);
    assert_int_equal (zelect_probe_look (&ring->probe, now), ZELECT_PROBE_VAIN);
}

static void
test_again_after_its_time_is_over (void **state)
{
    ring_t *ring = *state;
    uint64_t now = zelect_clock_ns ();
    zelect_probe_begin (&ring->probe, &ring->tcp, now, now + 5);
    assert_int_equal (zelect_probe_again (&ring->probe, now + 5), ZELECT_PROBE_VAIN);
}

//  Beginning anew ends what ran.

static void
test_begin_again (void **state)
{
    ring_t *ring = *state;
    int handle = s_listen (&ring->tcp, 5);
    assert_int_equal (s_begin (ring, &ring->tcp), ZELECT_PROBE_WAITS);
    assert_int_equal (s_begin (ring, &ring->tcp), ZELECT_PROBE_WAITS);
    assert_int_equal (s_count_descriptors (), ring->descriptor_count + 2);
    close (handle);
}

static void
test_no_descriptor_left_proves_nothing (void **state)
{
    ring_t *ring = *state;
    struct rlimit limit, none = {0, 0};
    getrlimit (RLIMIT_NOFILE, &limit);
    none.rlim_max = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &none);
    zelect_probe_result_t result = s_begin (ring, &ring->tcp);
    zelect_sign_t sign;
    zelect_hold_t hold = zelect_place_look (&ring->tcp, &sign);
    zelect_hold_t lock = zelect_place_look (&ring->ipc, &sign);
    setrlimit (RLIMIT_NOFILE, &limit);
    assert_int_equal (result, ZELECT_PROBE_WAITS);
    assert_int_equal (hold, ZELECT_PLACE_UNKNOWN);
    assert_int_equal (lock, ZELECT_PLACE_UNKNOWN);
    assert_int_equal (s_wait (ring), ZELECT_PROBE_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown (name, s_setup, s_teardown)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (test_tcp_refused),
        TEST (test_ipc_refused),
        TEST (test_ipc_without_a_path_proves_nothing),
        TEST (test_a_call_is_not_its_own_answer),
        TEST (test_who_listens_greets),
        TEST (test_silence_proves_nothing),
        TEST (test_a_call_that_was_forgotten_is_made_again),
        TEST (test_a_full_queue_proves_nothing),
        TEST (test_who_dies_resets_and_is_asked_again),
        TEST (test_closing_for_ever_ends_the_probe),
        TEST (test_again_is_bounded),
        TEST (test_again_after_its_time_is_over),
        TEST (test_begin_again),
        TEST (test_no_descriptor_left_proves_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
