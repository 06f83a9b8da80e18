/*  =========================================================================
    prog_pulse [MS] - does this machine run?

    A virtual machine may stand still for a while, whole or one processor of it,
    and no program in it can tell, but for the clock. One thread on each
    processor takes its own pulse, and prints a line when a beat was missed: the
    processor, when it stood still (ns of CLOCK_BOOTTIME) and for how long (ns), if
    that was longer than MS milliseconds (40).

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 2000000L
#define MISSED_MS 40

static uint64_t
s_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_BOOTTIME, &now);
    return (uint64_t) now.tv_sec * UINT64_C (1000000000) + (uint64_t) now.tv_nsec;
}

typedef struct {
    size_t processor;
    uint64_t missed_ns;
} pulse_t;

static void *
s_beat (void *arg)
{
    const pulse_t self = *(pulse_t *) arg;
    const struct timespec pause = {0, PAUSE_NS};
    uint64_t last_ns = s_now_ns ();
    while (1) {
        clock_nanosleep (CLOCK_MONOTONIC, 0, &pause, NULL);
        uint64_t now_ns = s_now_ns ();
        if (now_ns - last_ns > self.missed_ns) {
            printf ("%zu %" PRIu64 " %" PRIu64 "\n", self.processor, last_ns, now_ns - last_ns);
            fflush (stdout);
        }
        last_ns = now_ns;
    }
    return NULL;
}

int
main (int argc, char **argv)
{
    static pulse_t pulses [CPU_SETSIZE];
    const uint64_t missed_ms = argc > 1 ? strtoull (argv [1], NULL, 10) : MISSED_MS;
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    cpu_set_t allowed;
    sched_getaffinity (0, sizeof allowed, &allowed);
    for (size_t processor = 0; processor < CPU_SETSIZE; processor++) {
        if (!CPU_ISSET (processor, &allowed))
            continue;
        pthread_attr_t attributes;
        cpu_set_t own;
        pthread_t thread;
        CPU_ZERO (&own);
        CPU_SET (processor, &own);
        pthread_attr_init (&attributes);
        pthread_attr_setaffinity_np (&attributes, sizeof own, &own);
        pulses [processor] = (pulse_t){processor, missed_ms * UINT64_C (1000000)};
        if (pthread_create (&thread, &attributes, s_beat, &pulses [processor]))
            return 1;
        pthread_attr_destroy (&attributes);
    }
    pause ();
    return 0;
}
