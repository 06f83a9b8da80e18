/*  =========================================================================
    zelect_node_proof - is the leader dead? (R10)

    While this node is bound by a promise to a leader, this file knows where
    that very incarnation of it answered: it was asked for its state over the
    connection to its endpoint, and the answer had the number of the question.
    When a connection to a feed is lost, or a member asks for a vote though the
    promise holds, the leader is suspected and its place is probed. There are
    two proofs:

        refused      nobody listens where it listened
        successor    another incarnation answers from its place. The question
                     left after the leader's own answer had come by the same
                     DEALER, which has one connection at a time: so this is a
                     later one, and the place has a new occupant

    Both can be forged by who stands in between. So on this host they count only
    if what the leader alone could hold there is gone, too (zelect_place), or has
    passed to another.

    Which members are believed is the setting node/fast_failover. In `local` it
    is those whose heartbeats carry this kernel's and this network namespace's
    id, who say that they are bound at the very place where they answer, and
    whose second sign could be seen when they said so.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_node_private.h"

//  After a probe in vain the next one waits, lest a babbler make a storm of them
#define REST_NS (20 * ZELECT_MS)

//  A question that finds no answer is repeated, after pauses that double. The
//  first one waits, too: a new leader has more urgent things to do.
#define PAUSE_FIRST_NS (2 * ZELECT_MS)
#define PAUSE_DOUBLINGS 9

//  ----  State  ---------------------------------------------------------------

static bool
s_is_promised (const zelect_run_t *run, uint64_t now)
{
    const zelect_core_t *core = &run->core;
    const zelect_proof_t *proof = &run->proof;
    uint64_t hold = core->timers [ZELECT_TIMER_HOLD];
    bool leads = core->role == ZELECT_ROLE_LEADER || core->role == ZELECT_ROLE_LEADER_ELECT;
    return proof->incarnation && !leads && core->promise_leader == proof->member
           && core->promise_incarnation == proof->incarnation && hold != ZELECT_NEVER && hold > now;
}

static void
s_forget (zelect_proof_t *proof)
{
    zelect_probe_end (&proof->probe);
    memset (proof, 0, sizeof (*proof));
    zelect_probe_init (&proof->probe);
    proof->ask_at = proof->probe_at = ZELECT_NEVER;
}

void
zelect_node_proof_begin (zelect_node_t *self)
{
    zelect_probe_init (&self->run->proof.probe);
    s_forget (&self->run->proof);
}

void
zelect_node_proof_end (zelect_node_t *self)
{
    zelect_probe_end (&self->run->proof.probe);
}

//  ----  Where it is  ---------------------------------------------------------

//  "What is your state?" The number is new each time: an answer is to this very
//  question.

static void
s_ask (zelect_node_t *self, uint64_t now)
{
    zelect_run_t *run = self->run;
    zelect_proof_t *proof = &run->proof;
    proof->number = zelect_random_next (&run->random) | 1;
    proof->ask_at = now + (PAUSE_FIRST_NS << proof->asked_count);
    if (proof->asked_count < PAUSE_DOUBLINGS)
        proof->asked_count++;
    zelect_rpc_t rpc = {.message = {.kind = ZELECT_MESSAGE_STATE,
                                    .from = run->members.self,
                                    .incarnation = run->incarnation,
                                    .term = run->core.wanted.term,
                                    .number = proof->number,
                                    .leader = ZELECT_NOBODY}};
    zelect_node_send (self, UINT64_C (1) << proof->member, &rpc);
}

void
zelect_node_proof_beat (zelect_node_t *self,
                        const zelect_message_t *beat,
                        uint64_t boot,
                        uint64_t netns)
{
    zelect_run_t *run = self->run;
    zelect_proof_t *proof = &run->proof;
    if (run->options->fast_failover == ZELECT_FAILOVER_OFF || run->core.promise_leader != beat->from
        || run->core.promise_incarnation != beat->incarnation)
        return;
    if (proof->member == beat->from && proof->incarnation == beat->incarnation)
        return;
    s_forget (proof);
    proof->member = beat->from;
    proof->incarnation = beat->incarnation;
    proof->is_neighbour = boot && netns && boot == run->boot_id && netns == run->namespace_id;
    proof->ask_at = zelect_clock_ns () + PAUSE_FIRST_NS;
}

//  Whether a refusal shall be believed is settled while the leader lives: only
//  now can be seen that its second sign is up, and that this node can see it. A
//  lock has to be marked as this incarnation's: a file that somebody made in the
//  place of the leader's own says nothing of it.

static void
s_settle (zelect_node_t *self, const zelect_place_t *place, const char *bound)
{
    zelect_proof_t *proof = &self->run->proof;
    bool is_direct = self->run->options->fast_failover == ZELECT_FAILOVER_DIRECT;
    bool is_ipc = zelect_place_is_ipc (place);
    bool is_local = proof->is_neighbour && zelect_place_is_bound_at (place, bound);
    bool is_seen = zelect_place_look (place, &proof->sign) == ZELECT_PLACE_HELD
                   && (!is_ipc || proof->sign.owner == proof->incarnation);
    proof->place = *place;
    proof->has_sign = is_seen && (is_local || is_ipc);
    //  Without the sign a refusal of an ipc path says that its last user died
    proof->is_believed = is_direct ? proof->has_sign || !is_ipc : proof->has_sign && is_local;
    zelect_log (&self->log, ZELECT_LOG_EACH, 'D', "event=place member=%s believed=%d local=%d",
                zelect_members_id (&self->run->members, proof->member), proof->is_believed,
                proof->has_sign);
}

//  This node puts up its own sign, and looks whether it can be seen. The first look
//  can take long, since the kernel may have to load a module for it: better now
//  than when a leader has died.

void
zelect_node_proof_show (zelect_node_t *self)
{
    const zelect_run_t *run = self->run;
    zelect_lock_t *lock = zelect_peers_lock (run->peers);
    if (lock)
        zelect_place_mark (zelect_lock_handle (lock), run->incarnation);
    zelect_place_t place;
    zelect_sign_t sign;
    bool is_seen = !zelect_place_init (&place, zelect_peers_bound (run->peers), NULL)
                   && zelect_place_look (&place, &sign) == ZELECT_PLACE_HELD
                   && (!lock || sign.owner == run->incarnation);
    if (is_seen || run->options->fast_failover == ZELECT_FAILOVER_OFF)
        return;
    const char *lack = lock ? "the lock of its path cannot be marked"
                            : "the kernel does not show who listens where";
    zelect_log (&self->log, ZELECT_LOG_EACH, 'I',
                "event=unproved endpoint=%s msg=\"%s, so on this host nobody can prove that this "
                "node is dead: as a leader it is replaced after the election timeout\"",
                zelect_peers_bound (run->peers), lack);
}

//  ----  Proof  ---------------------------------------------------------------

static void
s_prove (zelect_node_t *self, const char *how)
{
    zelect_proof_t *proof = &self->run->proof;
    zelect_input_t input = {
        .kind = ZELECT_INPUT_DIED, .member = proof->member, .number = proof->incarnation};
    zelect_log (&self->log, ZELECT_LOG_EACH, 'N', "event=died member=%s proof=%s",
                zelect_members_id (&self->run->members, proof->member), how);
    s_forget (proof);
    zelect_node_step (self, &input);
}

//  What speaks for the leader's death, is it true?

static bool
s_is_proof (const zelect_proof_t *proof)
{
    return proof->is_believed
           && (!proof->has_sign || zelect_place_is_left (&proof->place, &proof->sign));
}

//  Somebody lives at the leader's place: itself, or a successor who can say so.

static void
s_take_result (zelect_node_t *self, zelect_probe_result_t result, uint64_t now)
{
    zelect_proof_t *proof = &self->run->proof;
    if (result == ZELECT_PROBE_REFUSED && s_is_proof (proof)) {
        s_prove (self, "refused");
        return;
    }
    if (result == ZELECT_PROBE_REFUSED)
        result = zelect_probe_again (&proof->probe, now);
    if (result == ZELECT_PROBE_WAITS)
        return;
    proof->rest_until = now + REST_NS;
    if (result == ZELECT_PROBE_GREETED) {
        proof->asked_count = 0;
        s_ask (self, now);
    }
}

void
zelect_node_proof_suspect (zelect_node_t *self)
{
    zelect_proof_t *proof = &self->run->proof;
    uint64_t now = zelect_clock_ns ();
    if (!proof->is_believed || proof->probe.is_running || !s_is_promised (self->run, now))
        return;
    if (now < proof->rest_until) {
        proof->probe_at = proof->rest_until;
        return;
    }
    proof->probe_at = ZELECT_NEVER;
    uint64_t until = now + self->run->core.options.election_ns;
    s_take_result (self, zelect_probe_begin (&proof->probe, &proof->place, now, until), now);
}

void
zelect_node_proof_answer (zelect_node_t *self,
                          const zelect_rpc_t *rpc,
                          const zelect_route_t *route,
                          const char *host)
{
    zelect_run_t *run = self->run;
    zelect_proof_t *proof = &run->proof;
    zelect_place_t place;
    if (!proof->number || rpc->message.number != proof->number || route->wire != proof->member
        || rpc->message.from != proof->member
        || zelect_place_init (&place, run->options->members [proof->member].endpoint, host))
        return;
    bool is_itself = rpc->message.incarnation == proof->incarnation;
    if (is_itself || proof->place.size) {
        proof->number = 0;
        proof->ask_at = ZELECT_NEVER;
    }
    if (is_itself && !proof->place.size)
        s_settle (self, &place, rpc->state.bound);
    else if (!is_itself && zelect_place_same (&place, &proof->place) && s_is_proof (proof)
             && s_is_promised (run, zelect_clock_ns ()))
        s_prove (self, "successor");
}

//  ----  Time  ----------------------------------------------------------------

int
zelect_node_proof_handle (const zelect_node_t *self)
{
    return zelect_probe_handle (&self->run->proof.probe);
}

uint64_t
zelect_node_proof_deadline (const zelect_node_t *self)
{
    const zelect_proof_t *proof = &self->run->proof;
    uint64_t deadline = zelect_probe_deadline (&proof->probe);
    if (proof->probe_at < deadline)
        deadline = proof->probe_at;
    return proof->ask_at < deadline ? proof->ask_at : deadline;
}

void
zelect_node_proof_check (zelect_node_t *self, uint64_t now)
{
    zelect_proof_t *proof = &self->run->proof;
    if (proof->incarnation && zelect_node_proof_deadline (self) <= now
        && !s_is_promised (self->run, now))
        s_forget (proof);
    if (proof->ask_at <= now)
        s_ask (self, now);
    if (proof->probe.is_running)
        s_take_result (self, zelect_probe_look (&proof->probe, now), now);
    else if (proof->probe_at <= now)
        zelect_node_proof_suspect (self);
}
