/*  =========================================================================
    prog_member - an application with a member of a cluster in it

    prog_member FILE [--runs FILE] [--pause US] [--sleep S] [--deaf]

    A process as a user would write it, over the public API alone. It reads the
    settings from FILE, joins the cluster, and says everything that it is told
    on stdout, as JSON Lines.

    A thread of its own asks zelect_is_leader all the time: the witness. A run
    is an unbroken row of true answers within one term; its start is stamped
    after the first of them and its end before the last, so that a run never
    claims an instant at which nobody was told "yes". Runs are kept in a file
    mapped into memory (--runs), which outlives SIGKILL to the last answer:

        8 numbers      polls, true answers, time of the last poll, runs, longest
                       time between two polls, time when that began, 0, 0
        3 for a run    start, end, term; times in ns of CLOCK_BOOTTIME

        --pause US     between two questions of the witness; 0: only a yield
        --sleep S      each callback sleeps so many seconds
        --deaf         read no events, until the command `listen`

    Commands come on stdin, a line each: resign, transfer ID, healthy 0|1, kick,
    state, listen, deaf, stop, quit; the end of stdin and SIGTERM are `quit`.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include <zelect.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 8191
#define LINE_SIZE 4096
#define TEXT_SIZE 1500

//  What the witness writes down.

typedef struct {
    _Atomic uint64_t start_ns;
    _Atomic uint64_t end_ns;
    _Atomic uint64_t term;
} run_t;

typedef struct {
    _Atomic uint64_t poll_count;
    _Atomic uint64_t true_count;
    _Atomic uint64_t polled_ns;
    _Atomic uint64_t run_count;
    _Atomic uint64_t gap_ns;
    _Atomic uint64_t gap_at_ns;
    uint64_t reserved [2];
    run_t runs [RUNS_MAX];
} book_t;

typedef struct {
    zelect_t *node;
    book_t *book;
    long pause_us;
    long sleep_s;
    int terminations;    //  Readable after SIGTERM
    bool is_deaf;
    atomic_bool is_over;    //  The witness may go
} member_t;

static uint64_t
s_now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_BOOTTIME, &now);
    return (uint64_t) now.tv_sec * UINT64_C (1000000000) + (uint64_t) now.tv_nsec;
}

//  --------------------------------------------------------------------------
//  Lines: each is one write, so that those of two threads never mix and none
//  is lost in a buffer when the process is killed.

static void s_say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static void
s_say (const char *format, ...)
{
    char line [LINE_SIZE];
    va_list args;
    va_start (args, format);
    int size = vsnprintf (line, sizeof line - 1, format, args);
    va_end (args);
    assert (size > 0 && size < LINE_SIZE - 1);
    line [size++] = '\n';
    ssize_t written = write (STDOUT_FILENO, line, (size_t) size);
    (void) written;
}

//  A string as JSON has it, or null.

static const char *
s_quote (char *buffer, const char *text)
{
    if (!text)
        return "null";
    char *at = buffer;
    *at++ = '"';
    for (; *text && at < buffer + TEXT_SIZE - 8; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = (unsigned char) *text < ' ' ? ' ' : *text;
    }
    *at++ = '"';
    *at = 0;
    return buffer;
}

//  --------------------------------------------------------------------------
//  The witness

//  Begin another run. The end is written last: until then the run is empty.

static run_t *
s_begin_run (book_t *book, uint64_t start_ns, uint64_t end_ns, uint64_t term)
{
    uint64_t count = atomic_load (&book->run_count);
    assert (count < RUNS_MAX);
    run_t *run = &book->runs [count];
    atomic_store (&run->start_ns, start_ns);
    atomic_store (&run->term, term);
    atomic_store (&run->end_ns, end_ns);
    atomic_store (&book->run_count, count + 1);
    return run;
}

//  Note when the process ran, so that one that was starved is known as such.

static void
s_note_poll (book_t *book, uint64_t now_ns)
{
    uint64_t last_ns = atomic_exchange (&book->polled_ns, now_ns);
    atomic_fetch_add (&book->poll_count, 1);
    if (last_ns && now_ns - last_ns > atomic_load (&book->gap_ns)) {
        atomic_store (&book->gap_at_ns, last_ns);
        atomic_store (&book->gap_ns, now_ns - last_ns);
    }
}

//  Ask once. Returns the run that goes on, or NULL. A term leads once at most,
//  so that two true answers of one term have no gap between them, even if the
//  process was stopped meanwhile.

static run_t *
s_ask (const zelect_t *node, book_t *book, run_t *run)
{
    uint64_t before_ns = s_now_ns ();
    bool is_leader = zelect_is_leader (node);
    uint64_t after_ns = s_now_ns ();
    s_note_poll (book, before_ns);
    if (!is_leader)
        return NULL;
    atomic_fetch_add (&book->true_count, 1);
    zelect_token_t token;
    if (zelect_token (node, &token))
        token.term = run ? atomic_load (&run->term) : 0;    //  Over just now
    if (!run || atomic_load (&run->term) != token.term)
        return s_begin_run (book, after_ns, before_ns, token.term);
    atomic_store (&run->end_ns, before_ns);
    return run;
}

static void *
s_witness (void *arg)
{
    member_t *self = (member_t *) arg;
    const struct timespec pause = {0, self->pause_us * 1000};
    run_t *run = NULL;
    while (!atomic_load (&self->is_over)) {
        run = s_ask (self->node, self->book, run);
        if (self->pause_us)
            clock_nanosleep (CLOCK_MONOTONIC, 0, &pause, NULL);
        else
            sched_yield ();
    }
    return NULL;
}

//  The book, in a file if there is a name for it. NULL: errno says why.

static book_t *
s_open_book (const char *filename)
{
    int handle = filename ? open (filename, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (filename && (handle < 0 || ftruncate (handle, sizeof (book_t))))
        return NULL;
    int flags = filename ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void *memory = mmap (NULL, sizeof (book_t), PROT_READ | PROT_WRITE, flags, handle, 0);
    if (handle >= 0)
        close (handle);
    return memory == MAP_FAILED ? NULL : (book_t *) memory;
}

//  --------------------------------------------------------------------------
//  Events and callbacks

static void
s_say_event (const char *kind, const zelect_event_t *event)
{
    char leader [TEXT_SIZE], text [TEXT_SIZE];
    s_say ("{\"kind\": \"%s\", \"name\": \"%s\", \"role\": \"%s\", \"old_role\": \"%s\", "
           "\"term\": %" PRIu64 ", \"leader\": %s, \"reason\": \"%s\", \"text\": %s, "
           "\"until_ns\": %" PRIu64 ", \"time_ns\": %" PRIu64 ", \"missed\": %" PRIu64
           ", \"read_ns\": %" PRIu64 "}",
           kind, zelect_event_name (event), zelect_event_role (event),
           zelect_event_old_role (event), zelect_event_term (event),
           s_quote (leader, zelect_event_leader (event)), zelect_event_reason (event),
           s_quote (text, zelect_event_text (event)), zelect_event_until_ns (event),
           zelect_event_time_ns (event), zelect_event_missed (event), s_now_ns ());
}

static int
s_callback (void *arg, zelect_t *node, const zelect_event_t *event)
{
    member_t *self = (member_t *) arg;
    (void) node;
    s_say_event ("callback", event);
    const struct timespec length = {self->sleep_s, 0};
    clock_nanosleep (CLOCK_MONOTONIC, 0, &length, NULL);
    s_say ("{\"kind\": \"callback_end\", \"name\": \"%s\", \"time_ns\": %" PRIu64 "}",
           zelect_event_name (event), s_now_ns ());
    return 0;
}

static void
s_read_events (member_t *self)
{
    zelect_event_t *event;
    while (!self->is_deaf && (event = zelect_recv (self->node, 0))) {
        s_say_event ("event", event);
        zelect_event_destroy (&event);
    }
}

static void
s_log (void *arg, char level, const char *line)
{
    (void) arg;
    fprintf (stderr, "%" PRIu64 " %c %s\n", s_now_ns (), level, line);
}

//  --------------------------------------------------------------------------
//  Commands

static void
s_say_state (member_t *self)
{
    char leader [TEXT_SIZE];
    s_say ("{\"kind\": \"state\", \"role\": \"%s\", \"term\": %" PRIu64 ", \"leader\": %s, "
           "\"is_leader\": %s, \"poll_count\": %" PRIu64 ", \"time_ns\": %" PRIu64 "}",
           zelect_role (self->node), zelect_term (self->node),
           s_quote (leader, zelect_leader (self->node)),
           zelect_is_leader (self->node) ? "true" : "false", atomic_load (&self->book->poll_count),
           s_now_ns ());
}

static int
s_do (member_t *self, const char *verb, const char *value)
{
    if (streq (verb, "resign"))
        return zelect_resign (self->node);
    if (streq (verb, "transfer"))
        return zelect_transfer (self->node, value);
    if (streq (verb, "healthy"))
        return zelect_set_healthy (self->node, streq (value, "1"));
    if (streq (verb, "kick"))
        zelect_kick_watchdog (self->node);
    else if (streq (verb, "stop"))
        zelect_stop (self->node);
    else if (streq (verb, "state"))
        s_say_state (self);
    else if (streq (verb, "listen") || streq (verb, "deaf"))
        self->is_deaf = streq (verb, "deaf");
    else {
        errno = ENOSYS;
        return -1;
    }
    return 0;
}

//  Carry out a line and answer it. False: the process shall end.

static bool
s_command (member_t *self, char *line)
{
    char *place = NULL;
    const char *verb = strtok_r (line, " \n", &place);
    const char *value = strtok_r (NULL, " \n", &place);
    if (!verb)
        return true;
    if (streq (verb, "quit"))
        return false;
    uint64_t asked_ns = s_now_ns ();
    int rc = s_do (self, verb, value ? value : "");
    int code = rc ? errno : 0;
    char text [TEXT_SIZE];
    s_say ("{\"kind\": \"answer\", \"command\": \"%s\", \"rc\": %d, \"errno\": %d, \"error\": %s, "
           "\"asked_ns\": %" PRIu64 ", \"time_ns\": %" PRIu64 "}",
           verb, rc, code, s_quote (text, rc ? zelect_error (self->node) : ""), asked_ns,
           s_now_ns ());
    return true;
}

//  Take what has come on stdin, which is not to be waited for. False: the end.

static bool
s_read_commands (member_t *self)
{
    static char buffer [LINE_SIZE];
    static size_t size = 0;
    ssize_t got = read (STDIN_FILENO, buffer + size, sizeof buffer - 1 - size);
    if (got <= 0)
        return got < 0 && errno == EINTR;
    size += (size_t) got;
    buffer [size] = 0;
    char *line = buffer, *end;
    while ((end = strchr (line, '\n'))) {
        *end = 0;
        if (!s_command (self, line))
            return false;
        line = end + 1;
    }
    size = (size_t) (buffer + size - line);
    memmove (buffer, line, size);
    return size < sizeof buffer - 1;
}

static void
s_serve (member_t *self)
{
    struct pollfd wait [] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = self->terminations, .events = POLLIN},
                             {.fd = zelect_fd (self->node), .events = POLLIN}};
    bool goes_on = true;
    while (goes_on) {
        //  The descriptor of the events tells of changes only: read them all
        s_read_events (self);
        int ready = poll (wait, self->is_deaf ? 2 : 3, -1);
        if (ready > 0 && wait [0].revents)
            goes_on = s_read_commands (self);
        if (ready > 0 && wait [1].revents)
            goes_on = false;
    }
}

//  --------------------------------------------------------------------------
//  Life

static int
s_fail (const char *what, const char *text)
{
    char quoted [TEXT_SIZE];
    int code = errno;
    s_say ("{\"kind\": \"failed\", \"what\": \"%s\", \"errno\": %d, \"error\": %s}", what, code,
           s_quote (quoted, text));
    return 2;
}

static int
s_start (member_t *self, const char *filename)
{
    const zelect_callbacks_t callbacks = {s_callback, s_callback, s_callback,
                                          s_callback, s_callback, s_callback};
    zelect_set_log (self->node, s_log, NULL);
    if (self->sleep_s)
        zelect_set_callbacks (self->node, &callbacks, self);
    if (zelect_load (self->node, filename))
        return -1;
    return zelect_start (self->node);
}

//  The witness begins before the node starts and ends after it has stopped.

static int
s_live (member_t *self, const char *filename)
{
    pthread_t witness;
    if (pthread_create (&witness, NULL, s_witness, self))
        return s_fail ("witness", "no thread for the witness");
    int exit_code = 0;
    if (s_start (self, filename))
        exit_code = s_fail ("start", zelect_error (self->node));
    else {
        s_say ("{\"kind\": \"started\", \"process\": %d, \"time_ns\": %" PRIu64 "}",
               (int) getpid (), s_now_ns ());
        s_serve (self);
        zelect_stop (self->node);
        s_read_events (self);
        s_say ("{\"kind\": \"stopped\", \"time_ns\": %" PRIu64 "}", s_now_ns ());
    }
    atomic_store (&self->is_over, true);
    pthread_join (witness, NULL);
    return exit_code;
}

//  SIGTERM is as good as `quit`. Blocked before there is any other thread.

static int
s_open_terminations (void)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGTERM);
    pthread_sigmask (SIG_BLOCK, &set, NULL);
    return signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static long
s_number (const char *text)
{
    char *end;
    errno = 0;
    long value = strtol (text, &end, 10);
    return errno || *end || value < 0 || value > 1000000 ? -1 : value;
}

static bool
s_read_arguments (member_t *self, int argc, char **argv, const char **runs)
{
    static const struct option options [] = {
        {"runs", required_argument, NULL, 'r'},
        {"pause", required_argument, NULL, 'p'},
        {"sleep", required_argument, NULL, 's'},
        {"deaf", no_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long (argc, argv, "", options, NULL)) != -1) {
        if (option == 'r')
            *runs = optarg;
        else if (option == 'p')
            self->pause_us = s_number (optarg);
        else if (option == 's')
            self->sleep_s = s_number (optarg);
        else if (option == 'd')
            self->is_deaf = true;
        else
            return false;
    }
    return argc - optind == 1 && self->pause_us >= 0 && self->sleep_s >= 0;
}

int
main (int argc, char **argv)
{
    //  Nobody is left behind when the test is killed
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    member_t self = {.pause_us = 100};
    const char *runs = NULL;
    if (!s_read_arguments (&self, argc, argv, &runs)) {
        fprintf (stderr,
                 "usage: prog_member FILE [--runs FILE] [--pause US] [--sleep S] [--deaf]\n");
        return 2;
    }
    self.book = s_open_book (runs);
    if (!self.book)
        return s_fail ("runs", strerror (errno));
    self.terminations = s_open_terminations ();
    if (self.terminations == -1)
        return s_fail ("signals", strerror (errno));
    self.node = zelect_new (NULL, NULL);
    if (!self.node)
        return s_fail ("node", strerror (errno));
    int exit_code = s_live (&self, argv [optind]);
    zelect_destroy (&self.node);
    return exit_code;
}
