/*  =========================================================================
    zelect_node_start - start and stop: store, sockets, core

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_descriptors.h"
#include "zelect_node_private.h"

#include <pthread.h>
#include <sys/timerfd.h>

//  How long a node that stops lets its last words leave (R11: the release).
#define FLUSH_MS 50

//  ----  The record  ----------------------------------------------------------

//  The disk knows ids, the core indexes. A vote for an id that has left the
//  membership is kept as it was.

static void
s_from_store (zelect_run_t *run, const zelect_store_record_t *stored, zelect_record_t *record)
{
    memset (record, 0, sizeof (*record));
    record->term = stored->term;
    record->vote_incarnation = stored->vote_incarnation;
    record->promise_ns = stored->promise_ns;
    record->floor = stored->floor;
    record->vote = ZELECT_NOBODY;
    if (!*stored->vote)
        return;
    record->vote = zelect_members_find (&run->members, stored->vote);
    if (record->vote == ZELECT_NOBODY)
        record->vote = ZELECT_STRANGER;
    snprintf (run->vote_id, sizeof (run->vote_id), "%s", stored->vote);
}

static void
s_to_store (const zelect_run_t *run, const zelect_record_t *record, zelect_store_record_t *stored)
{
    memset (stored, 0, sizeof (*stored));
    stored->term = record->term;
    stored->vote_incarnation = record->vote_incarnation;
    stored->promise_ns = record->promise_ns;
    stored->floor = record->floor;
    const char *id = run->vote_id;
    if (record->vote != ZELECT_STRANGER)
        id = zelect_members_id (&run->members, (uint8_t) record->vote);
    snprintf (stored->vote, sizeof (stored->vote), "%s", id);
}

int
zelect_node_save (zelect_node_t *self, uint64_t number, const zelect_record_t *record)
{
    zelect_run_t *run = self->run;
    assert (run->store);
    zelect_store_record_t stored;
    s_to_store (run, record, &stored);
    run->is_store_used = true;
    return zelect_store_actor_save (run->store, number, &stored);
}

void
zelect_node_take_saved (zelect_node_t *self)
{
    zelect_run_t *run = self->run;
    zelect_store_result_t result;
    while (zelect_store_actor_recv (run->store, &result) == 0) {
        if (result.error)
            snprintf (run->store_text, sizeof (run->store_text), "%s", result.text);
        zelect_log (&self->log, ZELECT_LOG_EACH, 'D',
                    "event=saved number=%" PRIu64 " ns=%" PRIu64 " errno=%d", result.number,
                    result.duration_ns, result.error);
        zelect_input_t input = {
            .kind = ZELECT_INPUT_SAVED, .number = result.number, .ok = result.error == 0};
        zelect_node_step (self, &input);
    }
}

//  A member takes a socket, four connections (votes and feed, to it and from it) and the
//  look-up of its address, and where keys count a receiver of its own with both ends of
//  its tripwire; the rest are for the store, timer, feed, guard and I/O threads.

static int
s_check_descriptors (const zelect_run_t *run, zelect_trouble_t *trouble)
{
    size_t each = *run->options->certificate ? 9 : 6;
    size_t count = each * run->options->member_count + 36;
    if (zelect_descriptors_are_left (count))
        return 0;
    return zelect_trouble_set (trouble, errno,
                               "%zu file descriptors are needed, and not so many are left: raise "
                               "the limit (ulimit -n)",
                               count);
}

//  ----  The store  -----------------------------------------------------------

static int
s_create_record (zelect_run_t *run,
                 zelect_store_t *store,
                 zelect_record_t *record,
                 zelect_trouble_t *trouble)
{
    zelect_record_init (record, run->options->create != 0);
    zelect_store_record_t stored;
    s_to_store (run, record, &stored);
    if (zelect_store_create (store, &stored))
        return zelect_trouble_set (trouble, errno, "%s", zelect_store_error (store));
    run->is_record_new = true;
    return 0;
}

static int
s_open_record (zelect_run_t *run,
               zelect_store_t *store,
               zelect_record_t *record,
               zelect_trouble_t *trouble)
{
    zelect_store_record_t stored;
    int rc = zelect_store_open (store, &stored);
    if (rc < 0)
        return zelect_trouble_set (trouble, errno, "%s", zelect_store_error (store));
    if (rc == 0)
        s_from_store (run, &stored, record);
    else if (s_create_record (run, store, record, trouble))
        return -1;
    const char *warning = zelect_store_warning (store);
    snprintf (run->store_warning, sizeof (run->store_warning), "%s", warning ? warning : "");
    return 0;
}

//  R16: no record is news to be told; only who said that the cluster is new may
//  take it for granted.

static void
s_tell_store (zelect_node_t *self)
{
    const zelect_run_t *run = self->run;
    if (run->is_record_new && !run->options->create)
        zelect_node_error (self, 'W',
                           "there was no vote record in %s, so one was made: this node takes part "
                           "once it has heard the others (node/create says that the cluster is "
                           "new)",
                           run->options->store);
    if (*run->store_warning)
        zelect_node_error (self, 'W', "%s", run->store_warning);
}

static int
s_start_store (zelect_node_t *self, zelect_record_t *record, zelect_trouble_t *trouble)
{
    zelect_run_t *run = self->run;
    const zelect_options_t *options = run->options;
    if (options->is_volatile) {
        zelect_record_init (record, false);
        return 0;
    }
    zelect_store_t *store = zelect_store_new (options->store, options->cluster, options->name);
    if (!store)
        return zelect_trouble_set (trouble, ENOMEM, "no memory for the vote store");
    if (s_open_record (run, store, record, trouble)) {
        zelect_store_destroy (&store);
        return -1;
    }
    run->store = zelect_store_actor_new (&store);
    if (run->store)
        return 0;
    zelect_trouble_set (trouble, errno, "no thread for the vote store: %s", strerror (errno));
    zelect_store_destroy (&store);
    return -1;
}

//  ----  Members, sockets, core  ----------------------------------------------

static int
s_start_options (zelect_node_t *self, zelect_trouble_t *trouble)
{
    zelect_run_t *run = self->run;
    run->options = zelect_options_dup (self->options);
    if (!run->options)
        return zelect_trouble_set (trouble, ENOMEM, "no memory for the settings");
    if (zelect_options_validate (run->options))
        return zelect_trouble_set (trouble, EINVAL, "%s", zelect_options_error (run->options));
    if (*zelect_options_warning (run->options))
        zelect_log (&self->log, ZELECT_LOG_EACH, 'W', "event=warning msg=\"%s\"",
                    zelect_options_warning (run->options));
    self->log.verbose = run->options->verbose != 0;
    zelect_log_name (&self->log, run->options->cluster, run->options->name);
    return 0;
}

//  Both tables sort alike, so an index means the same member in both.

static int
s_start_members (zelect_node_t *self, zelect_trouble_t *trouble)
{
    zelect_run_t *run = self->run;
    const zelect_options_t *options = run->options;
    zelect_member_t list [ZELECT_MEMBERS_MAX];
    for (size_t index = 0; index < options->member_count; index++) {
        list [index].id = options->members [index].id;
        list [index].is_voter = options->members [index].voter;
    }
    if (zelect_members_init (&run->members, options->cluster, options->name, list,
                             options->member_count))
        return zelect_trouble_set (trouble, EINVAL, "the members of the cluster are not valid");
    assert (run->members.self == options->self);
    for (uint8_t index = 0; index < run->members.count; index++) {
        assert (streq (run->members.ids [index], options->members [index].id));
        zelect_cell_set_member (self->cell, index, run->members.ids [index]);
    }
    return 0;
}

static int
s_start_guard (zelect_run_t *run, zelect_trouble_t *trouble)
{
    if (!*run->options->certificate)
        return 0;
    run->guard = zelect_guard_new (run->context, run->options, trouble);
    return run->guard ? 0 : -1;
}

static int
s_start_network (zelect_node_t *self, zelect_trouble_t *trouble)
{
    zelect_run_t *run = self->run;
    run->timer = timerfd_create (CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (run->timer < 0)
        return zelect_trouble_set (trouble, errno, "no timer: %s", strerror (errno));
    run->context = zelect_network_context (trouble);
    if (!run->context)
        return -1;
    run->peers = zelect_peers_new ();
    run->station = zelect_station_new ();
    if (!run->peers || !run->station)
        return zelect_trouble_set (trouble, ENOMEM, "no memory for the sockets");
    if (s_start_guard (run, trouble)
        || zelect_peers_start (run->peers, run->context, run->options, run->guard, trouble))
        return -1;
    return zelect_station_start (run->station, run->context, run->options, &run->members,
                                 run->guard, trouble);
}

static void
s_start_core (zelect_node_t *self, const zelect_record_t *record)
{
    zelect_run_t *run = self->run;
    const zelect_options_t *options = run->options;
    run->incarnation = zelect_random_next (&run->random) | 1;
    run->boot_id = zelect_clock_boot_id ();
    run->namespace_id = zelect_clock_namespace_id ();
    zelect_core_options_t core;
    memset (&core, 0, sizeof (core));
    core.incarnation = run->incarnation;
    core.heartbeat_ns = options->heartbeat_ms * ZELECT_MS;
    core.election_ns = options->election_ms * ZELECT_MS;
    core.voters = run->members.voters;
    core.drift_permille = options->drift_permille;
    core.member_count = run->members.count;
    core.self = run->members.self;
    core.priority = (uint8_t) options->priority;
    core.preempt = options->preempt ? 1 : 0;
    core.is_volatile = options->is_volatile ? 1 : 0;
    uint64_t now = zelect_clock_ns ();
    uint64_t random = zelect_random_next (&run->random);
    zelect_cell_set_leader (self->cell, ZELECT_NOBODY, run->members.self);
    zelect_core_init (&run->core, &core, record, now, random, &run->effects);
    run->due = ZELECT_NEVER;
    run->looked_at = now;
    zelect_cell_set_role (self->cell, run->core.role, run->core.wanted.term);
}

//  Threads are told apart by their names in top and gdb; 15 characters fit.

static void
s_name_thread (const char *node)
{
    char name [16];
    snprintf (name, sizeof (name), "zelect/%.8s", node);
    pthread_setname_np (pthread_self (), name);
}

//  ----  Start and stop  ------------------------------------------------------

//  Take apart what a start has built, as far as it got.

static void
s_release (zelect_node_t *self, int linger_ms)
{
    zelect_run_t *run = self->run;
    zelect_node_proof_end (self);
    if (run->guard)
        zelect_guard_close (run->guard);
    if (run->station)
        zelect_station_close (run->station, linger_ms);
    if (run->peers)
        zelect_peers_close (run->peers, linger_ms);
    if (run->context)
        zmq_ctx_term (run->context);
    zelect_station_destroy (&run->station);
    zelect_peers_destroy (&run->peers);
    zelect_guard_destroy (&run->guard);
    if (run->timer >= 0)
        close (run->timer);
    if (run->store)
        zelect_store_actor_destroy (&run->store);
    zelect_options_destroy (&run->options);
    free (run);
    self->run = NULL;
}

int
zelect_node_start (zelect_node_t *self, zelect_trouble_t *trouble)
{
    assert (!self->run);
    zelect_run_t *run = calloc (1, sizeof (zelect_run_t));
    if (!run)
        return zelect_trouble_set (trouble, ENOMEM, "no memory for the node");
    self->run = run;
    run->timer = -1;
    run->answer = -1;
    run->told_leader = ZELECT_NOBODY;
    run->is_store_used = true;
    zelect_random_init (&run->random);
    zelect_node_proof_begin (self);
    zelect_log_init (&self->log, self->args->log, self->args->log_arg);
    zelect_record_t record;
    if (s_start_options (self, trouble) || s_start_members (self, trouble)
        || s_check_descriptors (run, trouble) || s_start_store (self, &record, trouble)
        || s_start_network (self, trouble)) {
        s_release (self, 0);
        return -1;
    }
    if (self->args->callback_events && !self->callbacks)
        self->callbacks = zelect_outbox_new (self->args->callback_events);
    s_name_thread (run->options->name);
    s_start_core (self, &record);
    zelect_node_proof_show (self);
    return 0;
}

void
zelect_node_begin (zelect_node_t *self)
{
    const zelect_run_t *run = self->run;
    zelect_node_carry_out (self);
    s_tell_store (self);
    zelect_node_set_healthy (self, self->is_healthy);
    zelect_log (&self->log, ZELECT_LOG_EACH, 'N',
                "event=started endpoint=%s feed=%s incarnation=%016" PRIx64,
                run->options->bind_endpoint, run->options->feed_endpoint, run->incarnation);
    if (run->guard)
        zelect_log (&self->log, ZELECT_LOG_EACH, 'N', "event=secured keys=%zu",
                    zelect_keys_count (zelect_guard_keys (run->guard)));
}

void
zelect_node_stop (zelect_node_t *self)
{
    if (!self->run)
        return;
    zelect_node_survey_end (self);
    zelect_input_t stop = {.kind = ZELECT_INPUT_STOP};
    zelect_node_step_asked (self, &stop);
    zelect_node_leave (self);
    s_release (self, FLUSH_MS);
}
