#include "zelect_cluster.h"
#include "zelect_clock.h"
static void
test_release (void **state)
{
    (void) state;
    for (int round = 0; round < 5; round++) {
        cluster_t *cluster = cluster_new (3, BY_TCP);
        for (int i = 0; i < 3; i++) {
            ask (&cluster->nodes [i], "SET", "timing/heartbeat", "1000", NULL);
            ask (&cluster->nodes [i], "SET", "timing/election", "5000", NULL);
            tell (&cluster->nodes [i], "VERBOSE", NULL);
        }
        cluster_start (cluster);
        int leader = cluster_wait_leader (cluster);
        zclock_sleep (10 * round);
        fprintf (stderr, "---- STOP %d\n", leader);
        uint64_t began = zelect_clock_ns ();
        ask (&cluster->nodes [leader], "STOP", NULL);
        cluster_wait_leader (cluster);
        fprintf (stderr, "---- round %d took %.1f ms\n", round, (double) (zelect_clock_ns () - began) / 1e6);
        cluster_destroy (&cluster);
    }
}
int
main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_release)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
