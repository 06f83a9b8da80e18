/*  =========================================================================
    zelect_node_health - health, watchdog, callbacks that take too long

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"

//  ----  Health (R12)  --------------------------------------------------------

//  The core hears one word of health: what the application says, and whether it
//  shows signs of life.

static void
s_tell_core (zelect_node_t *self)
{
    zelect_run_t *run = self->run;
    bool is_healthy = self->is_healthy && !run->is_starved;
    if (is_healthy == (run->core.is_healthy != 0))
        return;
    zelect_input_t input = {.kind = ZELECT_INPUT_HEALTH, .ok = is_healthy};
    if (self->is_healthy)
        zelect_node_step (self, &input);
    else
        zelect_node_step_asked (self, &input);
    zelect_node_say_state (self);
    zelect_log (&self->log, ZELECT_LOG_EACH, 'N', "event=health healthy=%d", is_healthy);
}

void
zelect_node_set_healthy (zelect_node_t *self, bool is_healthy)
{
    self->is_healthy = is_healthy;
    s_tell_core (self);
}

//  ----  Watchdog  ------------------------------------------------------------

//  Only a leader has to be alive: the watch begins when it begins to lead.

static uint64_t
s_watch_end (const zelect_node_t *self)
{
    const zelect_run_t *run = self->run;
    uint64_t kicked = zelect_cell_kicked_ns (self->cell);
    if (!run->options->watchdog_ms || run->is_starved || run->core.role != ZELECT_ROLE_LEADER)
        return ZELECT_NEVER;
    uint64_t since = kicked > run->leading_since ? kicked : run->leading_since;
    return since + run->options->watchdog_ms * ZELECT_MS;
}

static void
s_check_watchdog (zelect_node_t *self, uint64_t now)
{
    zelect_run_t *run = self->run;
    if (s_watch_end (self) <= now) {
        run->is_starved = true;
        run->starved_at = now;
        zelect_node_error (self, 'W',
                           "the application did not kick the watchdog for %" PRIu32
                           " ms (timing/watchdog): leadership is given up",
                           run->options->watchdog_ms);
        s_tell_core (self);
    }
    else if (run->is_starved && zelect_cell_kicked_ns (self->cell) > run->starved_at) {
        run->is_starved = false;
        s_tell_core (self);
    }
}

//  ----  Callbacks  -----------------------------------------------------------

static uint64_t
s_callback_end (const zelect_node_t *self)
{
    const zelect_callback_t *callback = &self->callback;
    if (!callback->since || callback->is_reported)
        return ZELECT_NEVER;
    return callback->since + self->run->options->callback_ms * ZELECT_MS;
}

static void
s_check_callback (zelect_node_t *self, uint64_t now)
{
    zelect_callback_t *callback = &self->callback;
    if (s_callback_end (self) > now)
        return;
    callback->is_reported = true;
    zelect_node_error (self, 'W',
                       "callback %s has run for %" PRIu64 " ms, longer than timing/callback; the "
                       "next ones wait for it",
                       callback->name, (now - callback->since) / ZELECT_MS);
}

static void
s_begin_callback (zelect_node_t *self, const char *name)
{
    zelect_callback_t *callback = &self->callback;
    snprintf (callback->name, sizeof (callback->name), "%s", name);
    callback->since = zelect_clock_ns ();
    callback->is_reported = false;
}

static void
s_end_callback (zelect_node_t *self, const char *name, const char *result)
{
    self->callback.since = 0;
    if (!streq (result, "0"))
        zelect_node_error (self, 'W', "callback %s returned %s", name, result);
}

void
zelect_node_take_callbacks (zelect_node_t *self)
{
    zsock_t *socket = self->args->callback_events;
    zelect_network_message_t message;
    for (size_t count = 0; count < ZELECT_TURN_MESSAGES; count++) {
        if (zelect_network_recv (zsock_resolve (socket), &message))
            break;
        char words [ZELECT_NETWORK_FRAMES][32] = {""};
        for (size_t word = 0; word < message.count && word < ZELECT_NETWORK_FRAMES; word++) {
            int size = message.sizes [word] < 31 ? (int) message.sizes [word] : 31;
            snprintf (words [word], 32, "%.*s", size, (const char *) message.frames [word]);
        }
        if (streq (words [0], "BEGIN"))
            s_begin_callback (self, words [1]);
        else if (streq (words [0], "END"))
            s_end_callback (self, words [1], words [2]);
    }
}

//  ----  Time  ----------------------------------------------------------------

uint64_t
zelect_node_health_deadline (const zelect_node_t *self)
{
    uint64_t watch = s_watch_end (self);
    uint64_t callback = s_callback_end (self);
    return watch < callback ? watch : callback;
}

void
zelect_node_health_check (zelect_node_t *self, uint64_t now)
{
    s_check_watchdog (self, now);
    s_check_callback (self, now);
}
