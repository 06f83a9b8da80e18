/*  =========================================================================
    zelect_options_files - files of settings, good and bad

    In a directory of their own, made and removed by the group of tests.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_OPTIONS_FILES_H_INCLUDED
#define ZELECT_OPTIONS_FILES_H_INCLUDED

#include "zelect_options.h"
#include "zelect_test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEN "1234567890"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static char directory [64];
static char file [128];

static inline int
s_make_directory (void **state)
{
    (void) state;
    snprintf (directory, sizeof directory, "/tmp/test-options-XXXXXX");
    if (!mkdtemp (directory))
        return -1;
    snprintf (file, sizeof file, "%s/zelect.cfg", directory);
    return 0;
}

static inline int
s_remove_directory (void **state)
{
    (void) state;
    unlink (file);
    return rmdir (directory);
}

static inline void
s_write (const char *data, size_t size)
{
    FILE *stream = fopen (file, "wb");
    assert_non_null (stream);
    assert_int_equal (fwrite (data, 1, size, stream), size);
    assert_int_equal (fclose (stream), 0);
}

static inline char *
s_read (void)
{
    static char data [100000];
    FILE *stream = fopen (file, "rb");
    assert_non_null (stream);
    data [fread (data, 1, sizeof data - 1, stream)] = 0;
    fclose (stream);
    return data;
}

//  The error without the directory of the tests.

static inline const char *
s_error (const zelect_options_t *options)
{
    static char text [ZELECT_OPTIONS_ERROR_MAX + 1];
    snprintf (text, sizeof text, "%s", zelect_options_error (options));
    size_t length = strlen (directory) + 1;
    for (char *found; (found = strstr (text, directory));)
        memmove (found, found + length, strlen (found + length) + 1);
    return text;
}

static inline void
s_expect (const char *what, const char *error, const char *expected)
{
    if (strcmp (error, expected))
        fail_msg ("\n%s\n  says     %s\n  expected %s", what, error, expected);
}

//  --------------------------------------------------------------------------
//  Contents

//  What a file says, and what is said of it.

typedef struct {
    const char *text;
    const char *error;
} case_t;

#define NODE "node\n    name = n1\n    store = /var/lib/orders\n"
#define N1 "    member = n1\n        endpoint = tcp://10.0.0.1:5680\n"
#define N2 "    member = n2\n        endpoint = tcp://10.0.0.2:5680\n"
#define N3 "    member = n3\n        endpoint = tcp://10.0.0.3:5680\n"
#define CLUSTER "cluster = orders\n" N1 N2 N3
#define GOOD NODE CLUSTER

//  Everything that a file can say; with quotes, comments and line ends of all
//  sorts, and the last line without one.

#define FULL                                                                                       \
    "# A comment\r\n"                                                                              \
    "node  # this one\n"                                                                           \
    "    name = n2\r\n"                                                                            \
    "    bind = tcp://*:5680\n"                                                                    \
    "    feed = \"tcp://*:7000\"   # quoted\n"                                                     \
    "    store = '/var/lib/my # orders'\n"                                                         \
    "    create = 1\n"                                                                             \
    "    priority = 7\n"                                                                           \
    "    preempt = 1\n"                                                                            \
    "    fast_failover = direct\n"                                                                 \
    "    verbose = 1\n"                                                                            \
    "    tags\n"                                                                                   \
    "        zone = Z\xc3\xbcrich West\n"                                                          \
    "        empty =\n"                                                                            \
    "        odd = \"a=b # c\"\n"                                                                  \
    "\n"                                                                                           \
    "cluster = orders\n"                                                                           \
    "    member = n3\n"                                                                            \
    "        endpoint = tcp://[fd00::3]:5680\n"                                                    \
    "    member = n1\n"                                                                            \
    "        voter = 0\n"                                                                          \
    "        endpoint = ipc:///run/orders/n1\n"                                                    \
    "    member = n2\n"                                                                            \
    "        endpoint = tcp://b.example:5680\n"                                                    \
    "        feed = tcp://b.example:7000\n"                                                        \
    "        voter = 1\n"                                                                          \
    "    member = n0\n"                                                                            \
    "        endpoint = tcp://10.0.0.10:5680\n"                                                    \
    "timing\n"                                                                                     \
    "    heartbeat = 50\n"                                                                         \
    "    election = 1 s\n"                                                                         \
    "    connect = 2s\n"                                                                           \
    "    callback = 300ms\n"                                                                       \
    "    watchdog = 60 s\n"                                                                        \
    "    notice = 0 ms\n"                                                                          \
    "    drift = 200"

//  --------------------------------------------------------------------------
//  Load and validate; what has to come of it.

static inline void
s_load_good (zelect_options_t *options, const char *text)
{
    s_write (text, strlen (text));
    if (zelect_options_load (options, file) || zelect_options_validate (options))
        fail_msg ("%s: %s", text, zelect_options_error (options));
}

static inline void
s_run_cases (const case_t *cases, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        zelect_options_t *options = zelect_options_new ();
        s_write (cases [index].text, strlen (cases [index].text));
        errno = 0;
        int rc = zelect_options_load (options, file) || zelect_options_validate (options);
        s_expect (cases [index].text, rc ? s_error (options) : "fine", cases [index].error);
        assert_int_equal (errno, EINVAL);
        zelect_options_destroy (&options);
        assert_null (options);
    }
}

#define RUN(cases) s_run_cases (cases, sizeof cases / sizeof cases [0])

#endif
