/*  =========================================================================
    prog_worker - a command for zelect run that notes from when to when it lived

        prog_worker DIRECTORY [deaf] [detach] [headless] [linger MS] [exit CODE]

    Each process of it has a file there, NODE.LIFE.PID, LIFE being the pid of the first
    one: four numbers of 64 bits, which are when it began, when it was last alive (both
    CLOCK_BOOTTIME, a stamp each fraction of a millisecond), the term that it was told,
    and the last of HUP, USR1 and USR2 that it got.

        deaf      ignore TERM and INT
        detach    leave a grandchild in a session of its own, which is deaf
        headless  the same, and its first thread ends
        linger    after TERM or INT, live on so long
        exit      end at once with this code

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 300000
#define MS UINT64_C (1000000)

typedef struct {
    volatile uint64_t began_ns;
    volatile uint64_t alive_ns;
    volatile uint64_t term;
    volatile uint64_t got;
} note_t;

static volatile sig_atomic_t s_ended, s_got;

static void
s_end (int number)
{
    s_ended = number;
}

static void
s_get (int number)
{
    s_got = number;
}

static uint64_t
s_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_BOOTTIME, &now);
    return (uint64_t) now.tv_sec * 1000 * MS + (uint64_t) now.tv_nsec;
}

static const char *
s_told (const char *name)
{
    const char *value = getenv (name);
    return value ? value : "";
}

static note_t *
s_open (const char *directory, int life)
{
    char path [4096];
    snprintf (path, sizeof (path), "%s/%s.%d.%d", directory, s_told ("ZELECT_NODE"), life,
              (int) getpid ());
    const int file = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file == -1 || ftruncate (file, sizeof (note_t)))
        exit (99);
    void *note = mmap (NULL, sizeof (note_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (note == MAP_FAILED)
        exit (99);
    return note;
}

static void
s_live (const char *directory, int life, uint64_t began_ns, uint64_t linger_ns)
{
    note_t *note = s_open (directory, life);
    note->term = strtoull (s_told ("ZELECT_TERM"), NULL, 10);
    note->alive_ns = began_ns;
    note->began_ns = began_ns;
    uint64_t end_ns = UINT64_MAX;
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    while (note->alive_ns < end_ns) {
        ppoll (NULL, 0, &pause, NULL);
        note->got = (uint64_t) s_got;
        note->alive_ns = s_now_ns ();
        if (s_ended && end_ns == UINT64_MAX)
            end_ns = note->alive_ns + linger_ns;
    }
}

static const char *s_directory;

static void *
s_live_on (void *life)
{
    s_live (s_directory, *(const int *) life, s_now_ns (), 0);
    _exit (0);
}

//  Twice forked, so that its parent is gone.

static void
s_detach (int life, bool is_headless)
{
    static int own_life;
    if (fork ())
        return;
    setsid ();
    if (fork ())
        _exit (0);
    signal (SIGTERM, SIG_IGN);
    own_life = life;
    pthread_t thread;
    if (is_headless && pthread_create (&thread, NULL, s_live_on, &own_life) == 0)
        pthread_exit (NULL);
    s_live_on (&own_life);
}

int
main (int argc, char **argv)
{
    const uint64_t began_ns = s_now_ns ();
    uint64_t linger_ns = 0;
    signal (SIGTERM, s_end);
    signal (SIGINT, s_end);
    signal (SIGHUP, s_get);
    signal (SIGUSR1, s_get);
    signal (SIGUSR2, s_get);
    if (argc < 2)
        return 98;
    s_directory = argv [1];
    for (int at = 2; at < argc; at++)
        if (strcmp (argv [at], "deaf") == 0) {
            signal (SIGTERM, SIG_IGN);
            signal (SIGINT, SIG_IGN);
        }
        else if (strcmp (argv [at], "detach") == 0 || strcmp (argv [at], "headless") == 0)
            s_detach ((int) getpid (), argv [at][0] == 'h');
        else if (strcmp (argv [at], "linger") == 0 && at + 1 < argc)
            linger_ns = strtoull (argv [++at], NULL, 10) * MS;
        else if (strcmp (argv [at], "exit") == 0 && at + 1 < argc)
            return (int) strtol (argv [++at], NULL, 10);
    s_live (argv [1], (int) getpid (), began_ns, linger_ns);
    return 0;
}
