/*  =========================================================================
    test_guard - nobody comes in where nobody is asked (sec_04), and who does

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_guard.h"
#include "zelect_network.h"
#include "zelect_ports.h"
#include "zelect_secure.h"

#include <stdatomic.h>

//  A listening socket with keys, in a context with or without a guard; and a member
//  with the right keys who wants to come in.

typedef struct {
    char directory [40];
    char endpoint [40];
    pair_t own, member;
    zelect_options_t *options;
    void *context;
    void *router;
    zelect_guard_t *guard;
    zsock_t *visitor;
    zelect_trouble_t trouble;
} gate_t;

static zelect_options_t *
s_options (const gate_t *self)
{
    char certificate [80];
    snprintf (certificate, sizeof (certificate), "%s/n1.cert_secret", self->directory);
    zelect_options_t *options = zelect_options_new ();
    const char *settings [][2] = {{"node/name", "n1"},
                                  {"node/volatile", "1"},
                                  {"cluster", "gate"},
                                  {"security/certificate", certificate},
                                  {"security/keys", self->directory}};
    for (size_t row = 0; row < 5; row++)
        assert_int_equal (zelect_options_set (options, settings [row][0], settings [row][1]), 0);
    assert_int_equal (zelect_options_add_member (options, "n1", "tcp://127.0.0.1:5680"), 0);
    assert_int_equal (zelect_options_add_member (options, "n2", "tcp://127.0.0.1:5690"), 0);
    if (zelect_options_validate (options))
        fail_msg ("%s", zelect_options_error (options));
    return options;
}

static int
s_setup (void **state)
{
    gate_t *self = calloc (1, sizeof (gate_t));
    snprintf (self->directory, sizeof (self->directory), "/tmp/zelect-gate-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
    self->own = zelect_certs_new (self->directory, "n1");
    self->member = zelect_certs_new (self->directory, "n2");
    self->options = s_options (self);
    self->context = zelect_network_context (&self->trouble);
    snprintf (self->endpoint, sizeof (self->endpoint), "tcp://127.0.0.1:%d", zelect_ports (1));
    *state = self;
    return 0;
}

static void
s_post_guard (gate_t *self)
{
    self->guard = zelect_guard_new (self->context, self->options, &self->trouble);
    assert_non_null (self->guard);
}

static void
s_open (gate_t *self)
{
    zelect_keys_t *keys =
        zelect_keys_new (self->options->certificate, self->options->keys, &self->trouble);
    zelect_network_options_t settings = {.type = ZMQ_ROUTER,
                                         .keys = keys,
                                         .message_size = 1024,
                                         .queue_count = 32,
                                         .election_ms = 500,
                                         .connect_ms = 1000};
    self->router = zelect_network_socket (self->context, &settings, &self->trouble);
    assert_non_null (self->router);
    zelect_keys_destroy (&keys);
    zelect_lock_t *lock = NULL;
    assert_int_equal (zelect_network_bind (self->router, self->endpoint, &lock, &self->trouble), 0);
    self->visitor = visitor (ZMQ_DEALER, self->endpoint, &self->member, self->own.public_key);
    zsock_set_sndtimeo (self->visitor, 0);
    zstr_send (self->visitor, "hello");
}

static int
s_teardown (void **state)
{
    gate_t *self = *state;
    zsock_destroy (&self->visitor);
    if (self->guard)
        zelect_guard_close (self->guard);
    zelect_network_close (&self->router, 0);
    zmq_ctx_term (self->context);
    zelect_guard_destroy (&self->guard);
    zelect_options_destroy (&self->options);
    zdir_t *directory = zdir_new (self->directory, NULL);
    zdir_remove (directory, true);
    zdir_destroy (&directory);
    rmdir (self->directory);
    free (self);
    return 0;
}

//  Does the visitor's word come within the time? The guard, if it is on duty, does
//  its part meanwhile.

static bool
s_comes_in (gate_t *self, bool is_on_duty, int timeout_ms, zelect_network_message_t *message)
{
    for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += 10) {
        if (is_on_duty)
            zelect_guard_serve (self->guard, ZELECT_GUARD_QUESTIONS, 16);
        if (zelect_network_recv (self->router, message) == 0)
            return true;
        zclock_sleep (10);
    }
    return false;
}

static void
test_the_guard_lets_a_member_in (void **state)
{
    gate_t *gate = *state;
    s_post_guard (gate);
    s_open (gate);
    zelect_network_message_t message;
    assert_true (s_comes_in (gate, true, PATIENCE_MS, &message));
    assert_string_equal (message.key, gate->member.public_key);
    assert_int_equal (zelect_guard_member (gate->guard, message.key), 1);
}

static void
test_sec_04_no_guard (void **state)
{
    gate_t *gate = *state;
    s_open (gate);
    zelect_network_message_t message;
    assert_false (s_comes_in (gate, false, 1000, &message));
}

//  There is one, but it does not answer: a node that hangs.

static void
test_sec_04_slow_guard (void **state)
{
    gate_t *gate = *state;
    s_post_guard (gate);
    s_open (gate);
    zelect_network_message_t message;
    assert_false (s_comes_in (gate, false, 2500, &message));
    assert_true (s_comes_in (gate, true, PATIENCE_MS, &message));
}

static void
test_sec_04_dead_guard (void **state)
{
    gate_t *gate = *state;
    s_post_guard (gate);
    s_open (gate);
    zclock_sleep (50);
    zelect_guard_close (gate->guard);
    zelect_network_message_t message;
    assert_false (s_comes_in (gate, false, 1000, &message));
}

//  Who has been let in stays in, and what follows needs no guard; nobody else gets in.

static void
test_sec_04_guard_dies_later (void **state)
{
    gate_t *gate = *state;
    s_post_guard (gate);
    s_open (gate);
    zelect_network_message_t message;
    assert_true (s_comes_in (gate, true, PATIENCE_MS, &message));
    zelect_guard_close (gate->guard);
    zsock_t *late = visitor (ZMQ_DEALER, gate->endpoint, &gate->member, gate->own.public_key);
    zsock_set_sndtimeo (late, 0);
    zstr_send (late, "late");
    assert_false (s_comes_in (gate, false, 500, &message));
    zsock_destroy (&late);
}

//  What is asked in a way that libzmq does not ask in is refused, and answered.

static void
test_odd_questions (void **state)
{
    gate_t *gate = *state;
    s_post_guard (gate);
    void *asker = zmq_socket (gate->context, ZMQ_REQ);
    const int linger_ms = 0;
    zmq_setsockopt (asker, ZMQ_LINGER, &linger_ms, sizeof (linger_ms));
    assert_int_equal (zmq_connect (asker, "inproc://zeromq.zap.01"), 0);
    static const char long_frame [5000] = {0};
    uint8_t key [32];
    assert_non_null (zmq_z85_decode (key, gate->member.public_key));
    const struct {
        const char *version;
        const char *mechanism;
        int frames;
        size_t key_size;
        const char *code;
    } cases [] = {{"1.0", "CURVE", 7, 32, "200"}, {"1.0", "CURVE", 8, 32, "300"},
                  {"1.0", "CURVE", 6, 32, "300"}, {"1.0", "CURVE", 1, 32, "300"},
                  {"1.0", "PLAIN", 7, 32, "300"}, {"1.0", "NULL", 7, 32, "300"},
                  {"1.1", "CURVE", 7, 32, "300"}, {"1.0", "CURVE", 7, 31, "300"},
                  {"1.0", "CURVE", 7, 0, "300"}};
    for (size_t row = 0; row < sizeof (cases) / sizeof (cases [0]); row++) {
        const void *data [] = {cases [row].version,   "7", "zelect",  "127.0.0.1", long_frame,
                               cases [row].mechanism, key, long_frame};
        const size_t sizes [] = {3,
                                 1,
                                 6,
                                 9,
                                 sizeof (long_frame),
                                 strlen (cases [row].mechanism),
                                 cases [row].key_size,
                                 sizeof (long_frame)};
        for (int frame = 0; frame < cases [row].frames; frame++)
            zmq_send (asker, data [frame], sizes [frame],
                      frame + 1 < cases [row].frames ? ZMQ_SNDMORE : 0);
        size_t refused = zelect_guard_serve (gate->guard, ZELECT_GUARD_QUESTIONS, 16);
        assert_int_equal (refused, strcmp (cases [row].code, "200") ? 1 : 0);
        zelect_network_message_t reply;
        assert_int_equal (zelect_network_recv (asker, &reply), 0);
        assert_int_equal (reply.count, 6);
        assert_memory_equal (reply.frames [2], cases [row].code, 3);
    }
    zmq_close (asker);
}

//  A connection may be told another key than the one before, on the same socket.

static void
test_expected_keys_are_of_a_connection (void **state)
{
    gate_t *gate = *state;
    zsock_t *one = impostor (ZMQ_PUB, gate->endpoint, &gate->own);
    char endpoint [40];
    snprintf (endpoint, sizeof (endpoint), "tcp://127.0.0.1:%d", zelect_ports (1));
    zsock_t *other = impostor (ZMQ_PUB, endpoint, &gate->member);
    zsock_t *sub = visitor (ZMQ_SUB, gate->endpoint, &gate->member, gate->own.public_key);
    zsock_set_curve_serverkey (sub, gate->member.public_key);
    assert_int_equal (zsock_connect (sub, "%s", endpoint), 0);
    int heard_one = 0, heard_other = 0;
    zsock_set_rcvtimeo (sub, 10);
    for (int tries = 0; tries < 2000 && (!heard_one || !heard_other); tries++) {
        zstr_send (one, "1");
        zstr_send (other, "2");
        char *word = zstr_recv (sub);
        heard_one += word && *word == '1';
        heard_other += word && *word == '2';
        zstr_free (&word);
    }
    assert_true (heard_one && heard_other);
    zsock_destroy (&one);
    zsock_destroy (&other);
    zsock_destroy (&sub);
}

//  ----  Settings that libzmq does not take  -----------------------------------

//  Which option the next call fails for, or reads as something else; 0: none.
static atomic_int failing_option;
static atomic_int lying_option;

int __real_zmq_setsockopt (void *socket, int option, const void *value, size_t size);
int __wrap_zmq_setsockopt (void *socket, int option, const void *value, size_t size);

__attribute__ ((visibility ("default"))) int
__wrap_zmq_setsockopt (void *socket, int option, const void *value, size_t size)
{
    if (option == failing_option) {
        errno = EINVAL;
        return -1;
    }
    return __real_zmq_setsockopt (socket, option, value, size);
}

int __real_zmq_getsockopt (void *socket, int option, void *value, size_t *size);
int __wrap_zmq_getsockopt (void *socket, int option, void *value, size_t *size);

__attribute__ ((visibility ("default"))) int
__wrap_zmq_getsockopt (void *socket, int option, void *value, size_t *size)
{
    int rc = __real_zmq_getsockopt (socket, option, value, size);
    if (option == lying_option)
        memset (value, 0, *size);
    return rc;
}

int __real_zmq_has (const char *capability);
int __wrap_zmq_has (const char *capability);
static atomic_bool is_without_curve;

__attribute__ ((visibility ("default"))) int
__wrap_zmq_has (const char *capability)
{
    return is_without_curve ? 0 : __real_zmq_has (capability);
}

static void
s_expect_no_start (const char *text)
{
    fort_t fort = fort_new (1, BY_TCP, "listed");
    node_t *node = &fort.cluster->nodes [0];
    assert_false (ask (node, "START", NULL));
    if (!strstr (node->reply, text))
        fail_msg ("'%s' does not say '%s'", node->reply, text);
    failing_option = lying_option = 0;
    is_without_curve = false;
    assert_true (ask (node, "START", NULL));
    cluster_wait_leader (fort.cluster);
    fort_destroy (&fort);
}

#define ENFORCE_DOMAIN 93

static void
test_no_start_without_enforcement (void **state)
{
    (void) state;
    const int options [] = {ENFORCE_DOMAIN, ZMQ_CURVE_SERVER, ZMQ_CURVE_SECRETKEY};
    for (size_t index = 0; index < 3; index++) {
        failing_option = options [index];
        s_expect_no_start ("CURVE cannot be enforced with this libzmq");
    }
    const int lies [] = {ENFORCE_DOMAIN, ZMQ_CURVE_SERVER, ZMQ_ZAP_DOMAIN, ZMQ_MECHANISM};
    for (size_t index = 0; index < 4; index++) {
        lying_option = lies [index];
        s_expect_no_start ("CURVE cannot be enforced with this libzmq");
    }
}

static void
test_no_start_without_curve (void **state)
{
    (void) state;
    is_without_curve = true;
    s_expect_no_start ("libzmq was built without CURVE");
}

//  ----  The host's own  --------------------------------------------------------

//  A zauth in CZMQ's context goes on judging the host's sockets, and no others.

static void
test_sec_05_zauth_of_the_host (void **state)
{
    gate_t *gate = *state;
    zactor_t *auth = zactor_new (zauth, NULL);
    assert_non_null (auth);
    zstr_sendx (auth, "CURVE", gate->directory, NULL);
    zsock_wait (auth);
    fort_t fort = fort_manned (3, BY_TCP, "listed");

    zsock_t *host = zsock_new (ZMQ_PULL);
    zsock_set_zap_domain (host, "host");
    zsock_set_curve_server (host, 1);
    zsock_set_curve_publickey (host, gate->own.public_key);
    zsock_set_curve_secretkey (host, gate->own.secret_key);
    zsock_set_rcvtimeo (host, 500);
    assert_int_not_equal (zsock_bind (host, "%s", gate->endpoint), -1);
    //  A member of the cluster is nobody to the host, and the other way round
    zsock_t *known = visitor (ZMQ_PUSH, gate->endpoint, &gate->member, gate->own.public_key);
    zsock_t *unknown = visitor (ZMQ_PUSH, gate->endpoint, &fort.pairs [0], gate->own.public_key);
    zstr_send (unknown, "unknown");
    zstr_send (known, "known");
    char *word = zstr_recv (host);
    assert_string_equal (word, "known");
    zstr_free (&word);
    assert_null (zstr_recv (host));
    zsock_t *dealer = visitor (ZMQ_DEALER, fort.leader->endpoint, &gate->member,
                               fort.pairs [fort.leader_index].public_key);
    assert_false (is_answered (dealer, 300));
    zsock_destroy (&dealer);
    zsock_destroy (&known);
    zsock_destroy (&unknown);
    zsock_destroy (&host);
    fort_check_unmoved (&fort);
    zactor_destroy (&auth);
}

#define WITH_GATE(test) cmocka_unit_test_setup_teardown (test, s_setup, s_teardown)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        WITH_GATE (test_the_guard_lets_a_member_in),
        WITH_GATE (test_sec_04_no_guard),
        WITH_GATE (test_sec_04_slow_guard),
        WITH_GATE (test_sec_04_dead_guard),
        WITH_GATE (test_sec_04_guard_dies_later),
        WITH_GATE (test_odd_questions),
        WITH_GATE (test_expected_keys_are_of_a_connection),
        cmocka_unit_test (test_no_start_without_enforcement),
        cmocka_unit_test (test_no_start_without_curve),
        WITH_GATE (test_sec_05_zauth_of_the_host),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
