/*  =========================================================================
    test_endpoint - good and bad endpoints, feeds, and which are the same

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_endpoint.h"
#include "zelect_test.h"

#include <string.h>

#define TEN "1234567890"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

//  `wrong` is what the check says; NULL: nothing is wrong.

typedef struct {
    const char *endpoint;
    const char *wrong;
} case_t;

#define PRINTABLE "an endpoint is 1 to 255 characters of printable ASCII without blanks"
#define PORT_MISSING "the port is missing: tcp://HOST:PORT"
#define PORT_RANGE "the port must be a number from 1 to 65535"
#define PORT_FIXED "the port must be a fixed one, because the others have to know it"
#define HOST_MISSING "the host is missing: tcp://HOST:PORT"
#define IPV4 "the host is no IPv4 address, such as 10.0.0.1"
#define IPV6 "the host is no IPv6 address, such as [fd00::1]"
#define BRACKETS "an IPv6 address stands in brackets: tcp://[::1]:5680"
#define NO_HOST "the host is no address and no host name"
#define PREFIX "it must begin with tcp:// or ipc://"
#define IPC_FILE "an ipc endpoint must be the path of a file: ipc:///run/orders/n1"

static const case_t connect_cases [] = {
    {"tcp://10.0.0.1:5680", NULL},
    {"tcp://[::1]:5680", NULL},
    {"tcp://[fe80::1%eth0]:1", NULL},
    {"tcp://node-1.orders_x.example:65535", NULL},
    {"ipc:///run/orders/n1", NULL},
    {"ipc://n1", NULL},
    {"ipc:///" HUNDRED "123456", NULL},
    {"", PRINTABLE},
    {" tcp://10.0.0.1:5680", PRINTABLE},
    {"tcp://10.0.0.1:5680 ", PRINTABLE},
    {"tcp://10.0.0.1:5680\n", PRINTABLE},
    {"tcp://" HUNDRED HUNDRED HUNDRED ":1", PRINTABLE},
    {"10.0.0.1:5680", PREFIX},
    {"TCP://10.0.0.1:5680", PREFIX},
    {"udp://10.0.0.1:5680", PREFIX},
    {"inproc://n1", "inproc:// reaches no other process: use tcp:// or ipc://"},
    {"tcp://10.0.0.1", PORT_MISSING},
    {"tcp://[::1]", PORT_MISSING},
    {"tcp://10.0.0.1:", PORT_RANGE},
    {"tcp://10.0.0.1:65536", PORT_RANGE},
    {"tcp://10.0.0.1:000000080", PORT_RANGE},
    {"tcp://10.0.0.1:-1", PORT_RANGE},
    {"tcp://10.0.0.1:56x", PORT_RANGE},
    {"tcp://10.0.0.1:00", PORT_RANGE},
    {"tcp://10.0.0.1:0", PORT_FIXED},
    {"tcp://10.0.0.1:*", PORT_FIXED},
    {"tcp://:5680", HOST_MISSING},
    {"tcp://[]:5680", HOST_MISSING},
    {"tcp://10.0.0.256:5680", IPV4},
    {"tcp://127.1:5680", IPV4},
    {"tcp://::1:5680", BRACKETS},
    {"tcp://[::g]:5680", IPV6},
    {"tcp://[10.0.0.1]:5680", IPV6},
    {"tcp://[fe80::1%]:5680", "the zone after % is no network interface"},
    {"tcp://a;b:5680", NO_HOST},
    {"tcp://-a:5680", NO_HOST},
    {"tcp://[::1:5680", BRACKETS},
    {"tcp://*:5680", "all interfaces are to bind only: say the address that others connect to"},
    {"tcp://0.0.0.0:5680",
     "all interfaces are to bind only: say the address that others connect to"},
    {"tcp://[::]:5680", "all interfaces are to bind only: say the address that others connect to"},
    {"ipc://", "the path is missing: ipc:///run/orders/n1"},
    {"ipc://@orders", IPC_FILE},
    {"ipc://*", IPC_FILE},
    {"ipc:///a\"b", "an ipc path may not hold a double quote"},
    {"ipc:///" HUNDRED "1234567", "the path of an ipc endpoint may have 107 bytes"}};

static void
s_expect (const char *what, const char *wrong, const char *expected)
{
    if (!wrong != !expected || (wrong && strcmp (wrong, expected)))
        fail_msg ("%s: '%s' instead of '%s'", what, wrong ? wrong : "fine",
                  expected ? expected : "fine");
}

static void
test_connect (void **state)
{
    (void) state;
    for (size_t index = 0; index < sizeof connect_cases / sizeof connect_cases [0]; index++) {
        const case_t *test = &connect_cases [index];
        s_expect (test->endpoint, zelect_endpoint_check_connect (test->endpoint), test->wrong);
    }
}

static void
test_bind (void **state)
{
    (void) state;
    assert_null (zelect_endpoint_check_bind ("tcp://*:5680"));
    assert_null (zelect_endpoint_check_bind ("tcp://0.0.0.0:5680"));
    assert_null (zelect_endpoint_check_bind ("tcp://[::]:5680"));
    assert_null (zelect_endpoint_check_bind ("tcp://eth0:5680"));
    s_expect ("wild port", zelect_endpoint_check_bind ("tcp://*:*"), PORT_FIXED);
}

static void
test_parts (void **state)
{
    (void) state;
    zelect_endpoint_t parts;
    assert_null (zelect_endpoint_parse (&parts, "tcp://[0:0::1%lo]:5680"));
    assert_string_equal (parts.host, "::1%lo");
    assert_int_equal (parts.port, 5680);
    assert_true (parts.is_numeric && !parts.is_wildcard && !parts.is_ipc);
    assert_null (zelect_endpoint_parse (&parts, "tcp://Example.ORG:1"));
    assert_string_equal (parts.host, "example.org");
    assert_true (!parts.is_numeric && !parts.is_wildcard && !parts.is_ipc);
    assert_null (zelect_endpoint_parse (&parts, "tcp://*:1"));
    assert_true (parts.is_numeric && parts.is_wildcard);
    assert_null (zelect_endpoint_parse (&parts, "ipc:///run/N1"));
    assert_string_equal (parts.host, "/run/N1");
    assert_true (parts.is_ipc && parts.port == 0);
}

static void
test_feed (void **state)
{
    (void) state;
    static const struct {
        const char *endpoint;
        const char *feed;
        const char *wrong;
    } cases [] = {
        {"tcp://10.0.0.1:5680", "tcp://10.0.0.1:5681", NULL},
        {"tcp://*:9", "tcp://*:10", NULL},
        {"tcp://[0::1]:65534", "tcp://[0::1]:65535", NULL},
        {"ipc:///run/n1", "ipc:///run/n1.feed", NULL},
        {"ipc:///" HUNDRED "1", "ipc:///" HUNDRED "1.feed", NULL},
        {"tcp://10.0.0.1:65535", "",
         "its feed takes the next port, and there is none: lower the port or set the feed"},
        {"ipc:///" HUNDRED "12", "",
         "its feed adds \".feed\", so its path may have 102 bytes: shorten it or set the feed"},
        {"tcp://" HUNDRED HUNDRED TEN TEN TEN TEN "123456a:9", "",
         "its feed would be longer than 255 bytes"},
        {"nonsense", "", PREFIX}};
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++) {
        char feed [ZELECT_ENDPOINT_MAX + 1] = "garbage";
        s_expect (cases [index].endpoint, zelect_endpoint_feed (cases [index].endpoint, feed),
                  cases [index].wrong);
        assert_string_equal (feed, cases [index].feed);
    }
}

static void
test_same (void **state)
{
    (void) state;
    static const struct {
        const char *one, *other;
        bool is_same;
    } cases [] = {{"tcp://10.0.0.1:5680", "tcp://10.0.0.1:5680", true},
                  {"tcp://10.0.0.1:5680", "tcp://10.0.0.1:05680", true},
                  {"tcp://10.0.0.1:5680", "tcp://10.0.0.1:5681", false},
                  {"tcp://10.0.0.1:5680", "tcp://10.0.0.2:5680", false},
                  {"tcp://[::1]:5680", "tcp://[0::0:1]:5680", true},
                  {"tcp://[::1]:5680", "tcp://[::2]:5680", false},
                  {"tcp://A.example:5680", "tcp://a.Example:5680", true},
                  {"tcp://*:5680", "tcp://10.0.0.1:5680", true},
                  {"tcp://a:5680", "tcp://[::]:5680", true},
                  {"tcp://*:5680", "tcp://10.0.0.1:5681", false},
                  {"ipc:///a", "ipc:///a", true},
                  {"ipc:///a", "ipc:///A", false},
                  {"ipc://a", "tcp://a:1", false},
                  {"nonsense", "nonsense", false}};
    for (size_t index = 0; index < sizeof cases / sizeof cases [0]; index++) {
        bool is_same = zelect_endpoint_same (cases [index].one, cases [index].other);
        if (is_same != cases [index].is_same)
            fail_msg ("'%s', '%s': %d", cases [index].one, cases [index].other, is_same);
    }
}

int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_connect),
                                        cmocka_unit_test (test_bind), cmocka_unit_test (test_parts),
                                        cmocka_unit_test (test_feed), cmocka_unit_test (test_same)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
