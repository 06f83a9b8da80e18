/*  =========================================================================
    test_options_bad - what is said of a bad file

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_options_files.h"
#include "zelect_zpl.h"

//  --------------------------------------------------------------------------
//  Bad files. Each is loaded and validated; the error has to be this one.

static const case_t syntax_cases [] = {
    {"", "zelect.cfg: it is empty; it needs at least node and cluster"},
    {"\n# nothing\n   \n", "zelect.cfg: it is empty; it needs at least node and cluster"},
    {"node\n   name = n1\n", "zelect.cfg:2: indented by 3 spaces; use 4 for each level"},
    {"node\n\tname = n1\n", "zelect.cfg:2: a tab stands before the name; indent by 4 spaces"},
    {"node\n        name = n1\n",
     "zelect.cfg:2: indented by 8 spaces, which is more than a level below the line before"},
    {"    node\n",
     "zelect.cfg:1: indented by 4 spaces, which is more than a level below the line before"},
    {"node\n    name n1\n", "zelect.cfg:2: 'name n1' is not of the form NAME = VALUE"},
    {"timing/heartbeat = 5\n",
     "zelect.cfg:1: 'timing/heartbeat = 5' is not of the form NAME = VALUE"},
    {"= 5\n", "zelect.cfg:1: '= 5' is not of the form NAME = VALUE"},
    {"cluster = \"orders\n", "zelect.cfg:1: the closing quote \" is missing"},
    {"cluster = 'orders' x\n", "zelect.cfg:1: ' x' follows the closing quote"},
    {"cluster = a\x01\n", "zelect.cfg:1: byte 0x01 in column 12; is this a text file?"},
    {"\x7f"
     "ELF\x02\x01",
     "zelect.cfg:1: byte 0x7f in column 1; is this a text file?"},
    {"cluster = a\n#" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
         HUNDRED HUNDRED "\n",
     "zelect.cfg:2: the line is longer than 1024 bytes"}};

static const case_t key_cases [] = {
    {GOOD "\ntiming\n    hearbeat = 100\n",
     "zelect.cfg:13: unknown key 'timing/hearbeat' (did you mean 'timing/heartbeat'?)"},
    {"nod\n", "zelect.cfg:1: unknown key 'nod' (did you mean 'node'?)"},
    {"heartbeat = 5\n", "zelect.cfg:1: unknown key 'heartbeat' (did you mean 'timing/heartbeat'?)"},
    {"node\n    election = 5\n",
     "zelect.cfg:2: unknown key 'node/election' (did you mean 'timing/election'?)"},
    {"node\n    pirority = 5\n",
     "zelect.cfg:2: unknown key 'node/pirority' (did you mean 'node/priority'?)"},
    {"timing\n    colour = red\n",
     "zelect.cfg:2: unknown key 'timing/colour' (known: heartbeat, election, connect, callback, "
     "watchdog, notice, drift)"},
    {"logging\n", "zelect.cfg:1: unknown key 'logging' (known: node, cluster, timing, security)"},
    {"cluster = a\n    member = n1\n        endpoint = tcp://a:1\n            deep = 1\n",
     "zelect.cfg:4: unknown key 'cluster/member/endpoint/deep' (known: node, cluster, timing, "
     "security)"},
    {"cluster = a\n    member = n1\n        endpont = tcp://a:1\n",
     "zelect.cfg:3: unknown key 'cluster/member/endpont' (did you mean "
     "'cluster/member/endpoint'?)"},
    {"node\n    tags\n        zone = a\n            x = 1\n",
     "zelect.cfg:4: unknown key 'node/tags/zone/x' (known: node, cluster, timing, security)"},
    {HUNDRED " = 1\n", "zelect.cfg:1: unknown key '" TEN TEN TEN TEN TEN TEN TEN TEN
                       "' (known: node, cluster, timing, security)"},
    {"node\n    name = n1\n    name = n2\n",
     "zelect.cfg:3: duplicate key 'node/name' (it stands in line 2 already); remove one"},
    {"node\n    name = n1\ncluster = a\nnode\n",
     "zelect.cfg:4: duplicate key 'node' (it stands in line 1 already); remove one"},
    {"cluster = a\n" N1 "        endpoint = tcp://10.0.0.1:5690\n",
     "zelect.cfg:4: duplicate key 'cluster/member/endpoint' (it stands in line 3 already); remove "
     "one"},
    {"cluster = a\n" N1 N2 N1,
     "zelect.cfg:6: duplicate member 'n1' (it stands in line 2 already); each has an id of its "
     "own"},
    {"node\n    tags\n        zone = a\n        zon = b\n        zone = b\n",
     "zelect.cfg:5: duplicate tag 'node/tags/zone'; remove one"},
    {"node = n1\n",
     "zelect.cfg:1: 'node' has no value of its own; its keys stand below it, 4 spaces further in"},
    {"node\n    tags = a\n",
     "zelect.cfg:2: 'node/tags' has no value of its own; its keys stand below it, 4 spaces "
     "further in"},
    {"node\n    name\n", "zelect.cfg:2: 'node/name' needs a value; write name = VALUE"},
    {"node\n    store = # later\n",
     "zelect.cfg:2: '# later' where a value should be; one that begins with # needs quotes"},
    {"node\n    store =\n", "zelect.cfg:2: 'node/store' needs a value; write store = VALUE"},
    {"cluster = a\n    member\n",
     "zelect.cfg:2: 'cluster/member' needs a value; write member = VALUE"},
    {"node\n    tags\n        zone\n",
     "zelect.cfg:3: 'node/tags/zone' needs a value; write zone = VALUE"}};

static const case_t value_cases [] = {
    {"node\n    name = n 1\n",
     "zelect.cfg:2: node/name = 'n 1': a name is 1 to 63 of A-Z a-z 0-9 . _ -"},
    {"cluster = or/ders\n",
     "zelect.cfg:1: cluster = 'or/ders': a name is 1 to 63 of A-Z a-z 0-9 . _ -"},
    {"cluster = a\n    member = n:1\n",
     "zelect.cfg:2: member 'n:1': an id is 1 to 63 of A-Z a-z 0-9 . _ -"},
    {"node\n    bind = tcp://*:*\n",
     "zelect.cfg:2: node/bind = 'tcp://*:*': the port must be a fixed one, because the others "
     "have to know it"},
    {"node\n    feed = tcp://10.0.0.1\n",
     "zelect.cfg:2: node/feed = 'tcp://10.0.0.1': the port is missing: tcp://HOST:PORT"},
    {"cluster = a\n    member = n1\n        endpoint = tcp://*:5680\n",
     "zelect.cfg:3: member n1: endpoint = 'tcp://*:5680': all interfaces are to bind only: say "
     "the address that others connect to"},
    {"cluster = a\n    member = n1\n        endpoint = 10.0.0.1:5680\n",
     "zelect.cfg:3: member n1: endpoint = '10.0.0.1:5680': it must begin with tcp:// or ipc://"},
    {"cluster = a\n    member = n1\n        voter = no\n",
     "zelect.cfg:3: member n1: voter = 'no': write 0 or 1"},
    {"node\n    create = yes\n", "zelect.cfg:2: node/create = 'yes': write 0 or 1"},
    {"node\n    volatile = 2\n", "zelect.cfg:2: node/volatile = '2': write 0 or 1"},
    {"node\n    priority = 256\n",
     "zelect.cfg:2: node/priority = '256': write a number from 0 to 255, such as 100"},
    {"node\n    priority = -1\n",
     "zelect.cfg:2: node/priority = '-1': write a number from 0 to 255, such as 100"},
    {"node\n    priority = 4294967297\n",
     "zelect.cfg:2: node/priority = '4294967297': write a number from 0 to 255, such as 100"},
    {"node\n    priority = 10 ms\n",
     "zelect.cfg:2: node/priority = '10 ms': write a number from 0 to 255, such as 100"},
    {"node\n    fast_failover = on\n",
     "zelect.cfg:2: node/fast_failover = 'on': write off, local or direct"},
    {"node\n    fast_failover = 1\n",
     "zelect.cfg:2: node/fast_failover = '1': write off, local or direct"},
    {"node\n    store = 'a\"b'\n",
     "zelect.cfg:2: node/store = 'a\"b': a path has 900 bytes at most and neither double quotes "
     "nor control characters"},
    {"timing\n    heartbeat = 0\n",
     "zelect.cfg:2: timing/heartbeat = '0': write a time from 1 to 10000 ms, such as 100 ms"},
    {"timing\n    heartbeat = fast\n",
     "zelect.cfg:2: timing/heartbeat = 'fast': write a time from 1 to 10000 ms, such as 100 ms"},
    {"timing\n    election = 1 min\n",
     "zelect.cfg:2: timing/election = '1 min': write a time from 10 to 60000 ms, such as 500 ms"},
    {"timing\n    election = 61 s\n",
     "zelect.cfg:2: timing/election = '61 s': write a time from 10 to 60000 ms, such as 500 ms"},
    {"timing\n    election = 9\n",
     "zelect.cfg:2: timing/election = '9': write a time from 10 to 60000 ms, such as 500 ms"},
    {"timing\n    connect = 0.5 s\n",
     "zelect.cfg:2: timing/connect = '0.5 s': write a time from 1 to 60000 ms, such as 1000 ms"},
    {"timing\n    drift = 301\n",
     "zelect.cfg:2: timing/drift = '301': write a number from 1 to 300, such as 100"},
    {"timing\n    drift = 0\n",
     "zelect.cfg:2: timing/drift = '0': write a number from 1 to 300, such as 100"},
    {"node\n    tags\n        " HUNDRED " = a\n",
     "zelect.cfg:3: unknown key '" TEN TEN TEN TEN TEN TEN TEN TEN
     "' (known: node, cluster, timing, security)"},
    {"node\n    tags\n        zone = 'a\"b'\n",
     "zelect.cfg:3: node/tags/zone = 'a\"b': a tag is printable UTF-8 without double quotes"},
    {"node\n    tags\n        zone = \xff\n",
     "zelect.cfg:3: node/tags/zone = '\xff': a tag is printable UTF-8 without double quotes"},
    {"node\n    tags\n        a = " HUNDRED HUNDRED HUNDRED "\n        b = " HUNDRED HUNDRED TEN
     "\n",
     "zelect.cfg:4: node/tags/b = '" TEN TEN TEN TEN TEN TEN TEN TEN
     "': all tags together may have 512 bytes, with 2 more for each; shorten or drop one"}};

static const case_t relation_cases [] = {
    {CLUSTER, "node/name is missing; say which of the members this node is"},
    {NODE "cluster\n" N1, "cluster is missing; give it the name that all its nodes have"},
    {NODE "cluster = orders\n",
     "zelect.cfg:4: cluster 'orders' has no members; add each with its endpoint, this node too"},
    {NODE "cluster = orders\n" N1 "        voter = 0\n",
     "zelect.cfg:4: cluster 'orders' has no voter; let a member have voter = 1"},
    {NODE "cluster = orders\n" N3 N2,
     "zelect.cfg:2: node 'n1' is not among the members (n2, n3); add it with its endpoint"},
    {NODE CLUSTER "    member = n4\n",
     "zelect.cfg:11: member n4 has no endpoint; give it endpoint = tcp://HOST:PORT"},
    {NODE CLUSTER "    member = n4\n        endpoint = tcp://10.0.0.2:5680\n",
     "zelect.cfg:11: 'tcp://10.0.0.2:5680' is the endpoint of member n4 and the endpoint of member "
     "n2; each needs its own"},
    {NODE CLUSTER "    member = n4\n        endpoint = tcp://10.0.0.2:5681\n",
     "zelect.cfg:7: 'tcp://10.0.0.2:5681' is the feed of member n2 and the endpoint of member n4; "
     "each needs its own"},
    {NODE CLUSTER "        feed = tcp://10.0.0.2:5681\n",
     "zelect.cfg:9: 'tcp://10.0.0.2:5681' is the feed of member n3 and the feed of member n2; "
     "each needs its own"},
    {NODE CLUSTER "    member = n4\n        endpoint = tcp://10.0.0.4:65535\n",
     "zelect.cfg:11: member n4: endpoint = 'tcp://10.0.0.4:65535': its feed takes the next port, "
     "and there is none: lower the port or set the feed"},
    {NODE "    bind = tcp://*:65535\n" CLUSTER,
     "zelect.cfg:4: node/bind = 'tcp://*:65535': its feed takes the next port, and there is none: "
     "lower the port or set the feed"},
    {NODE "    feed = tcp://*:5680\n" CLUSTER,
     "zelect.cfg:4: node/feed = 'tcp://*:5680' is where node/bind is; each needs its own"},
    {NODE "cluster = orders\n    member = n1\n        endpoint = tcp://localhost:5680\n",
     "zelect.cfg:5: 'tcp://localhost:5680' cannot be bound, because its host is a name; set "
     "node/bind to an address of this machine or to 'tcp://*:5680'"},
    {NODE "cluster = orders\n" N1 "        feed = tcp://localhost:5690\n",
     "zelect.cfg:5: 'tcp://localhost:5690' cannot be bound, because its host is a name; set "
     "node/feed to an address of this machine or to 'tcp://*:5690'"},
    {GOOD "timing\n    heartbeat = 100 ms\n    election = 299 ms\n",
     "zelect.cfg:13: timing/election = 299 ms is too short for timing/heartbeat = 100 ms and "
     "timing/drift = 100, because a lease has to outlast two lost heartbeats; set timing/election "
     "to 300 ms or more, or lower timing/heartbeat"},
    {GOOD "timing\n    heartbeat = 1 s\n",
     "zelect.cfg:12: timing/election = 500 ms is too short for timing/heartbeat = 1000 ms and "
     "timing/drift = 100, because a lease has to outlast two lost heartbeats; set timing/election "
     "to 3000 ms or more, or lower timing/heartbeat"},
    {GOOD "timing\n    drift = 300\n    election = 373\n",
     "zelect.cfg:13: timing/election = 373 ms is too short for timing/heartbeat = 100 ms and "
     "timing/drift = 300, because a lease has to outlast two lost heartbeats; set timing/election "
     "to 375 ms or more, or lower timing/heartbeat"},
    {GOOD "timing\n    notice = 208\n",
     "zelect.cfg:12: timing/notice = 208 ms is more than the 207 ms that timing/election = 500 ms, "
     "timing/heartbeat = 100 ms and timing/drift = 100 leave of a lease after two lost heartbeats; "
     "set timing/election to 502 ms or more, or lower timing/notice"},
    {"node\n    name = n1\n    volatile = 1\n    preempt = 1\n" CLUSTER "timing\n    notice = 50\n",
     "zelect.cfg:4: node/preempt = 1 does not go with timing/notice = 50 ms, since a leader whose "
     "work needs time to stop cannot hand over at once; set one of them to 0"},
    {GOOD "timing\n    watchdog = 99\n",
     "zelect.cfg:12: timing/watchdog = 99 ms is shorter than timing/heartbeat = 100 ms; set it to "
     "100 ms or more, or to 0 for none"},
    {"node\n    name = n1\n" CLUSTER,
     "zelect.cfg:1: node 'n1' votes and has nowhere to keep its votes; set node/store to a "
     "directory that outlives the process, or node/volatile to 1"},
    {NODE "    volatile = 1\n" CLUSTER,
     "zelect.cfg:4: node/volatile = 1 keeps nothing, yet node/store = '/var/lib/orders'; remove "
     "one"},
    {"node\n    name = n1\n    create = 1\n    volatile = 1\n" CLUSTER,
     "zelect.cfg:3: node/create = 1 is about a store, and node/volatile = 1 has none; remove one"},
    {"node\n    name = n1\n    create = 1\n" CLUSTER,
     "zelect.cfg:3: node/create = 1 is about a store; set node/store to a directory"}};

static void
test_bad_files (void **state)
{
    (void) state;
    RUN (syntax_cases);
    RUN (key_cases);
    RUN (value_cases);
    RUN (relation_cases);
}

//  --------------------------------------------------------------------------
//  Files that are none

static void
s_expect_load (const char *filename, int code, const char *error)
{
    zelect_options_t *options = zelect_options_new ();
    errno = 0;
    assert_int_equal (zelect_options_load (options, filename), -1);
    assert_int_equal (errno, code);
    s_expect (filename, s_error (options), error);
    zelect_options_destroy (&options);
}

static void
test_strange_files (void **state)
{
    (void) state;
    unlink (file);
    s_expect_load (file, ENOENT, "zelect.cfg: it cannot be opened: No such file or directory");
    assert_int_equal (mkdir (file, 0700), 0);
    s_expect_load (file, EISDIR, "zelect.cfg: it is a directory; name the file in it");
    assert_int_equal (rmdir (file), 0);
    assert_int_equal (mkfifo (file, 0600), 0);
    s_expect_load (file, EINVAL, "zelect.cfg: it is no regular file");
    assert_int_equal (unlink (file), 0);
    s_expect_load ("/dev/zero", EINVAL, "/dev/zero: it is no regular file");
    s_expect_load (file, ENOENT, "zelect.cfg: it cannot be opened: No such file or directory");

    char name [ZELECT_PATH_MAX + 2];
    memset (name, 'a', sizeof name - 1);
    name [sizeof name - 1] = 0;
    s_expect_load (name, ENAMETOOLONG,
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...: a path has 900 bytes at most");

    s_write ("node\n    name = n1\0n2\n", 23);
    s_expect_load (file, EINVAL, "zelect.cfg:2: byte 0x00 in column 14; is this a text file?");
    //  Root may read everything, so be somebody else for a moment
    uid_t user = geteuid ();
    assert_int_equal (chmod (file, 0), 0);
    assert_int_equal (user == 0 ? seteuid (65534) : 0, 0);
    s_expect_load (file, EACCES, "zelect.cfg: it cannot be opened: Permission denied");
    assert_int_equal (seteuid (user), 0);

    static char blanks [ZELECT_ZPL_FILE_MAX + 1];
    memset (blanks, '\n', sizeof blanks);
    unlink (file);
    s_write (blanks, sizeof blanks);
    s_expect_load (file, EFBIG,
                   "zelect.cfg: it is larger than 262144 bytes; is it the right file?");
    s_write (blanks, sizeof blanks - 1);
    s_expect_load (file, EINVAL, "zelect.cfg: it is empty; it needs at least node and cluster");
}

//  Whatever bytes come, an error or settings come back, and nothing else.

static void
test_random_files (void **state)
{
    (void) state;
    static const char *const words [] = {"node",     "name",
                                         "=",        " ",
                                         "    ",     "\n",
                                         "\n    ",   "tags",
                                         "cluster",  "member",
                                         "n1",       "\"",
                                         "'",        "#",
                                         "\r",       "\t",
                                         "timing",   "heartbeat",
                                         "100 ms",   "0",
                                         "endpoint", "tcp://10.0.0.1:1",
                                         "ipc://",   "\xff",
                                         "/"};
    unsigned seed = (unsigned) zelect_test_seed ("test_random_files");
    zelect_options_t *options = zelect_options_new ();
    for (int round = 0; round < 2000; round++) {
        char text [2000];
        size_t length = 0;
        for (int count = rand_r (&seed) % 100; count > 0; count--) {
            const char *word = words [(size_t) rand_r (&seed) % (sizeof words / sizeof words [0])];
            memcpy (text + length, word, strlen (word));
            length += strlen (word);
        }
        s_write (text, length);
        int rc = zelect_options_load (options, file);
        assert_true (rc == 0 || strncmp (s_error (options), "zelect.cfg:", 11) == 0);
    }
    zelect_options_destroy (&options);
}

int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_bad_files),
                                        cmocka_unit_test (test_strange_files),
                                        cmocka_unit_test (test_random_files)};
    return cmocka_run_group_tests (tests, s_make_directory, s_remove_directory);
}
