/*  =========================================================================
    test_log - one line at a time, and not too many

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_log.h"
#include "zelect_test.h"

#include <string.h>

static char s_last [2000];
static int s_count;

static void
s_write (void *arg, char level, const char *line)
{
    assert_ptr_equal (arg, s_last);
    snprintf (s_last, sizeof (s_last), "%c %s", level, line);
    s_count++;
}

static zelect_log_t
s_log (void)
{
    zelect_log_t log;
    zelect_log_init (&log, s_write, s_last);
    zelect_log_name (&log, "orders", "n1");
    s_count = 0;
    return log;
}

static void
test_line (void **state)
{
    (void) state;
    zelect_log_t log = s_log ();
    zelect_log (&log, ZELECT_LOG_EACH, 'N', "event=%s term=%d", "role", 7);
    assert_string_equal (s_last, "N cluster=orders node=n1 event=role term=7");
    zelect_log (&log, ZELECT_LOG_EACH, 'W', "msg=\"two\nlines\t\x1b[31m\"");
    assert_string_equal (s_last, "W cluster=orders node=n1 msg=\"two?lines??[31m\"");
    zelect_log (&log, ZELECT_LOG_EACH, 'W', "%02000d", 0);
    assert_int_equal (strlen (s_last), 1023 + 2);
}

static void
test_debug_is_for_the_verbose (void **state)
{
    (void) state;
    zelect_log_t log = s_log ();
    zelect_log (&log, ZELECT_LOG_EACH, 'D', "event=sent");
    assert_int_equal (s_count, 0);
    log.verbose = true;
    zelect_log (&log, ZELECT_LOG_EACH, 'D', "event=sent");
    assert_int_equal (s_count, 1);
}

static void
test_repetition_is_counted (void **state)
{
    (void) state;
    zelect_log_t log = s_log ();
    for (int count = 0; count < 1000; count++)
        zelect_log (&log, ZELECT_LOG_REJECTED, 'W', "event=rejected");
    assert_int_equal (s_count, 1);
    assert_int_equal (log.suppressed [ZELECT_LOG_REJECTED], 999);
    //  Another kind is not held back by it
    zelect_log (&log, ZELECT_LOG_STALL, 'W', "event=stalled");
    assert_int_equal (s_count, 2);
    //  A second later
    log.last_ns [ZELECT_LOG_REJECTED] -= UINT64_C (1000000000);
    zelect_log (&log, ZELECT_LOG_REJECTED, 'W', "event=rejected");
    assert_string_equal (s_last, "W cluster=orders node=n1 event=rejected suppressed=999");
    log.last_ns [ZELECT_LOG_REJECTED] -= UINT64_C (1000000000);
    zelect_log (&log, ZELECT_LOG_REJECTED, 'W', "event=rejected");
    assert_string_equal (s_last, "W cluster=orders node=n1 event=rejected");
}

static void
test_nobody_listens (void **state)
{
    (void) state;
    zelect_log_t log;
    zelect_log_init (&log, NULL, NULL);
    zelect_log (&log, ZELECT_LOG_EACH, 'E', "event=error");
    zelect_log_stderr (NULL, 'N', "not written");
}

int
main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_line),
        cmocka_unit_test (test_debug_is_for_the_verbose),
        cmocka_unit_test (test_repetition_is_counted),
        cmocka_unit_test (test_nobody_listens),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
