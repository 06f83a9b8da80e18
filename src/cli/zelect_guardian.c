/*  =========================================================================
    zelect_guardian - the process that starts the command, and ends it in time

    It has no thread, no network and no opinion: it follows the deadline in the page
    that it shares with its supervisor (zelect_keeper), orders, and the end of their
    wire. Whatever the command leaves behind becomes its child, so that it can tell
    when the last one is gone.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_brood.h"
#include "zelect_cli.h"
#include "zelect_keeper.h"
#include "zelect_launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C (1000000)    //  Nanoseconds
#define SWEEP_MS 2               //  Between two attempts to kill what is left

typedef struct {
    const zelect_keeper_plan_t *plan;
    const zelect_keeper_page_t *page;
    int wire;       //  To the supervisor; -1: it is gone
    int signals;    //  SIGCHLD
    int timer;      //  Of CLOCK_BOOTTIME

    bool is_busy;                     //  From a start until nothing is left of it
    pid_t pid;                        //  The command; 0: has ended
    zelect_keeper_report_t report;    //  How
    uint64_t kill_ns;     //  When the time to end by itself is over; NEVER: not stopping
    pid_t check_pid;      //  The health command; 0: none runs
    uint64_t check_ns;    //  When its time is over
    bool is_void;         //  It was ended for another reason than its time
} guardian_t;


//  --------------------------------------------------------------------------
//  The lease. A renewal moves all of it.

static uint64_t
s_before_end (const guardian_t *self, int lead_ms)
{
    const uint64_t until_ns = atomic_load (&self->page->until_ns);
    const uint64_t lead_ns = (uint64_t) lead_ms * MS;
    return until_ns > lead_ns ? until_ns - lead_ns : 0;
}

static uint64_t
s_term_ns (const guardian_t *self)
{
    return s_before_end (self, self->plan->margin_ms + self->plan->grace_ms);
}

static uint64_t
s_kill_ns (const guardian_t *self)
{
    const uint64_t last_ns = s_before_end (self, self->plan->margin_ms);
    return self->kill_ns < last_ns ? self->kill_ns : last_ns;
}


//  --------------------------------------------------------------------------
//  The command

static void
s_report (const guardian_t *self, zelect_keeper_report_t report)
{
    send (self->wire, &report, sizeof (report), MSG_NOSIGNAL);
}

static void
s_end_check (guardian_t *self, bool is_void)
{
    if (self->check_pid)
        kill (-self->check_pid, SIGKILL);
    self->check_ns = ZELECT_CLI_NEVER;
    self->is_void = is_void;
}

//  Ask all of it to end, in whatever group. Stopped processes hear nothing, so they are
//  let go on. A health command would be taken for a part of it.

static void
s_stop (guardian_t *self, zelect_keeper_news_t news)
{
    if (!self->is_busy || self->kill_ns != ZELECT_CLI_NEVER)
        return;
    self->kill_ns = zelect_cli_in_ms (self->plan->grace_ms);
    self->report.news = news;
    s_end_check (self, true);
    zelect_brood_signal (SIGTERM, 0);
    zelect_brood_signal (SIGCONT, 0);
}

static void
s_kill (guardian_t *self)
{
    if (self->pid)
        kill (-self->pid, SIGKILL);    //  Most of it, without looking for it
    zelect_brood_signal (SIGKILL, 0);
}

static void
s_start (guardian_t *self, const zelect_keeper_order_t *order)
{
    const zelect_launch_t launch = {.cluster = self->plan->cluster,
                                    .node = self->plan->node,
                                    .role = order->role,
                                    .term = order->term,
                                    .leader = order->leader,
                                    .reason = order->reason,
                                    .latest_ns = s_term_ns (self)};
    const pid_t pid = zelect_launch (&launch, self->plan->command);
    if (pid == -1 && errno == ETIME) {
        s_report (self, (zelect_keeper_report_t){.news = ZELECT_KEEPER_STOPPED});
        return;
    }
    if (pid == -1) {
        s_report (self, (zelect_keeper_report_t){.news = ZELECT_KEEPER_FAILED, .number = errno});
        return;
    }
    self->is_busy = true;
    self->pid = pid;
    self->kill_ns = ZELECT_CLI_NEVER;
}

//  What asks the command to end is for all of it; what else is for it alone, since its
//  helpers may not know the signal and die of it.

static void
s_pass_on (const guardian_t *self, int number)
{
    const bool is_end = number == SIGTERM || number == SIGINT;
    if (self->pid)
        kill (is_end ? -self->pid : self->pid, number);
}


//  --------------------------------------------------------------------------
//  The health command

static void
s_check (guardian_t *self, const zelect_keeper_order_t *order)
{
    const zelect_launch_t launch = {.cluster = self->plan->cluster,
                                    .node = self->plan->node,
                                    .role = order->role,
                                    .term = order->term,
                                    .leader = order->leader,
                                    .reason = order->reason,
                                    .latest_ns = ZELECT_CLI_NEVER};
    const pid_t pid = zelect_launch (&launch, self->plan->check);
    if (pid == -1)
        s_report (self, (zelect_keeper_report_t){.news = ZELECT_KEEPER_CHECKED, .number = 0});
    else
        self->check_pid = pid;
    self->check_ns = zelect_cli_in_ms (self->plan->check_ms);
    self->is_void = false;
}


//  --------------------------------------------------------------------------
//  Who has ended. When the command itself has, the rest of it is stopped; when nothing
//  is left, that is reported.

static void
s_bury (guardian_t *self, pid_t pid, int status)
{
    if (pid == self->pid) {
        self->pid = 0;
        self->report.number = status;
        s_stop (self, ZELECT_KEEPER_ENDED);
    }
    if (pid == self->check_pid) {
        self->check_pid = 0;
        self->check_ns = ZELECT_CLI_NEVER;
        const bool is_well = self->is_void || (WIFEXITED (status) && WEXITSTATUS (status) == 0);
        s_report (self, (zelect_keeper_report_t){.news = ZELECT_KEEPER_CHECKED, .number = is_well});
    }
}

static void
s_reap (guardian_t *self)
{
    pid_t pid;
    int status;
    while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
        s_bury (self, pid, status);
    if (pid == -1 && self->is_busy) {
        self->is_busy = false;
        s_report (self, self->report);
    }
}


//  --------------------------------------------------------------------------
//  Turns

//  Descriptors that come along are kept until this process ends.

static ssize_t
s_recv (const guardian_t *self, zelect_keeper_order_t *order)
{
    char control [CMSG_SPACE (ZELECT_KEEPER_HELD_MAX * sizeof (int))];
    struct iovec part = {.iov_base = order, .iov_len = sizeof (*order)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof (control)};
    return recvmsg (self->wire, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
}

static void
s_take_order (guardian_t *self)
{
    zelect_keeper_order_t order;
    const ssize_t size = s_recv (self, &order);
    if (size == 0 || (size == -1 && errno != EAGAIN && errno != EINTR)) {
        self->wire = -1;
        s_stop (self, ZELECT_KEEPER_STOPPED);
        s_end_check (self, true);
    }
    if (size != sizeof (order))
        return;
    if (order.verb == ZELECT_KEEPER_START)
        s_start (self, &order);
    else if (order.verb == ZELECT_KEEPER_SIGNAL)
        s_pass_on (self, order.number);
    else if (order.verb == ZELECT_KEEPER_STOP)
        s_stop (self, ZELECT_KEEPER_STOPPED);
    else if (order.verb == ZELECT_KEEPER_CHECK)
        s_check (self, &order);
}

static uint64_t
s_deadline (const guardian_t *self)
{
    uint64_t deadline_ns = self->check_ns;
    if (self->is_busy) {
        const bool is_stopping = self->kill_ns != ZELECT_CLI_NEVER;
        const uint64_t next_ns = is_stopping ? s_kill_ns (self) : s_term_ns (self);
        if (next_ns < deadline_ns)
            deadline_ns = next_ns;
    }
    return deadline_ns;
}

static void
s_act (guardian_t *self)
{
    const uint64_t now_ns = zelect_cli_now_ns ();
    if (now_ns >= self->check_ns)
        s_end_check (self, false);
    if (self->is_busy && now_ns >= s_term_ns (self))
        s_stop (self, ZELECT_KEEPER_STOPPED);
    if (self->is_busy && now_ns >= s_kill_ns (self))
        s_kill (self);
}

//  A deadline that has passed is looked at again and again: killing goes on until
//  nothing is left.

static void
s_wait (const guardian_t *self)
{
    const uint64_t soon_ns = zelect_cli_in_ms (SWEEP_MS);
    const uint64_t wanted_ns = s_deadline (self);
    const uint64_t at_ns = wanted_ns < soon_ns ? soon_ns : wanted_ns;
    struct itimerspec when = {0};
    if (at_ns != ZELECT_CLI_NEVER) {
        when.it_value.tv_sec = (time_t) (at_ns / (1000 * MS));
        when.it_value.tv_nsec = (long) (at_ns % (1000 * MS));
    }
    timerfd_settime (self->timer, TFD_TIMER_ABSTIME, &when, NULL);
    struct pollfd items [3] = {{.fd = self->wire, .events = POLLIN},
                               {.fd = self->signals, .events = POLLIN},
                               {.fd = self->timer, .events = POLLIN}};
    poll (items, 3, -1);
    struct signalfd_siginfo info;
    if ((items [1].revents & POLLIN) && read (self->signals, &info, sizeof (info)) == -1)
        return;
}

//  Everything but a few signals that nobody can block: what is meant for the command
//  comes by the wire.

static int
s_prepare (guardian_t *self)
{
    sigset_t all, children;
    sigfillset (&all);
    sigemptyset (&children);
    sigaddset (&children, SIGCHLD);
    sigprocmask (SIG_SETMASK, &all, NULL);
    self->signals = signalfd (-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    self->timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC);
    prctl (PR_SET_NAME, "zelect-guard");
    zelect_launch_hurry ();
    return self->signals == -1 || self->timer == -1 || zelect_brood_adopt () ? -1 : 0;
}

void
zelect_guardian_live (const zelect_keeper_plan_t *plan, const zelect_keeper_page_t *page, int wire)
{
    guardian_t self = {.plan = plan,
                       .page = page,
                       .wire = wire,
                       .kill_ns = ZELECT_CLI_NEVER,
                       .check_ns = ZELECT_CLI_NEVER};
    if (s_prepare (&self))
        return;
    while (self.wire != -1 || self.is_busy) {
        s_wait (&self);
        s_act (&self);    //  First: what ends after its time has not ended by itself
        if (self.wire != -1)
            s_take_order (&self);
        s_reap (&self);
    }
}
