/*  =========================================================================
    fuzz_core - one core in a world that does what it likes

    The input is a head of 16 bytes (settings and record) and then orders of 8:
    what happens next. The world lies, repeats itself, answers what was asked or
    what was not, lets saves fail, crashes the node and starts it again from
    what its disk holds. It keeps to the contract in zelect_core.h alone: time
    goes forward, one save is reported once, settings and messages are such as
    src/node and src/wire let through (or such as the core says it does not
    rely on). The invariants in the core are on (ZELECT_CHECK_ABORTS); what
    comes out is for core_judge.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "core_judge.h"
#include "core_trace.h"

#define S_HEAD_SIZE 16
#define S_ORDER_SIZE 8
#define S_TIME_MAX (UINT64_C (1) << 62)
#define S_REIGNS_MAX 4    //  In an input; they take their time
#define S_TICKS_MAX 16    //  In a row, at one time, until nothing is due
#define S_MINUTE (60000 * ZELECT_MS)
#define S_HOUR (60 * S_MINUTE)

//  What can happen.
enum {
    S_WAIT,          //  Time passes
    S_TICK,          //  ... and a deadline is kept
    S_NEXT,          //  ... the next one, at its time
    S_SAVED,         //  What is being saved is, or that fails
    S_MESSAGE,       //  Somebody says something
    S_ANSWER,        //  Somebody answers what was asked last
    S_CONSENT,       //  All voters say yes to it
    S_REIGN,         //  ... and so on for a while, with each deadline kept
    S_COMMAND,       //  Resign, transfer, health, stop
    S_DIED,          //  Somebody is said to be dead
    S_STALLED,       //  This node did not run
    S_RESTART,       //  It crashed
    S_IMPOSSIBLE,    //  A message that cannot be
    S_ORDERS
};

typedef struct {
    uint8_t kind, who, a, b;
    uint16_t c, d;
} s_order_t;

typedef struct {
    zelect_core_t core;
    zelect_core_t before;
    zelect_core_options_t options;
    zelect_effects_t effects;
    zelect_effects_t again;
    judge_t judge;
    uint64_t now;
    uint64_t random;
    zelect_message_t asked;    //  The last question that went out
    uint64_t save_number;
    bool is_saving;
    bool is_twice;    //  Take each step twice and compare
    bool is_traced;
    unsigned reign_count;
} s_world_t;

//  --------------------------------------------------------------------------
//  Steps

static uint64_t
s_random (s_world_t *self)
{
    self->random = self->random * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
    return self->random ^ self->random >> 29;
}

static void
s_note_effects (s_world_t *self)
{
    static const bool is_question [ZELECT_MESSAGES] = {
        [ZELECT_MESSAGE_PREVOTE] = true,
        [ZELECT_MESSAGE_VOTE] = true,
        [ZELECT_MESSAGE_HEARTBEAT] = true,
        [ZELECT_MESSAGE_STATE] = true,
    };
    for (size_t i = 0; i < self->effects.count; i++) {
        const zelect_effect_t *effect = &self->effects.list [i];
        if (effect->kind == ZELECT_EFFECT_SAVE) {
            self->is_saving = true;
            self->save_number = effect->number;
        }
        else if ((effect->kind == ZELECT_EFFECT_SEND || effect->kind == ZELECT_EFFECT_BROADCAST)
                 && is_question [effect->message.kind])
            self->asked = effect->message;
    }
}

//  The same ledger and input: the same effects, bit for bit.

static void
s_check_twice (s_world_t *self, const zelect_input_t *input)
{
    zelect_core_t clone = self->before;
    memset (&self->again, 0xa5, sizeof self->again);
    zelect_core_step (&clone, self->now, input, &self->again);
    FUZZ_CHECK (memcmp (&clone, &self->core, sizeof clone) == 0);
    FUZZ_CHECK (self->again.count == self->effects.count);
    FUZZ_CHECK (memcmp (self->again.list, self->effects.list,
                        self->effects.count * sizeof self->effects.list [0])
                == 0);
}

static void
s_step (s_world_t *self, zelect_input_t *input)
{
    input->random = s_random (self);
    self->before = self->core;
    zelect_core_step (&self->core, self->now, input, &self->effects);
    if (self->is_traced)
        core_trace_step (self->now, input, &self->effects);
    if (self->is_twice)
        s_check_twice (self, input);
    judge_step (&self->judge, self->now, input, &self->effects, &self->before, &self->core);
    s_note_effects (self);
}

//  TICK until nothing is due: soon, or a shell would spin.

static void
s_tick (s_world_t *self)
{
    unsigned count = 0;
    do {
        zelect_input_t input = {.kind = ZELECT_INPUT_TICK};
        s_step (self, &input);
        FUZZ_CHECK (++count < S_TICKS_MAX);
    } while (zelect_core_deadline (&self->core) <= self->now);
}

static void
s_wait (s_world_t *self, const s_order_t *order)
{
    self->now += (uint64_t) order->c << (order->a % 32);
    if (self->now > S_TIME_MAX)
        self->now = S_TIME_MAX;
}

static void
s_wait_and_tick (s_world_t *self, const s_order_t *order)
{
    s_wait (self, order);
    s_tick (self);
}

//  To the next deadline, or just before or behind it.

static void
s_next (s_world_t *self, const s_order_t *order)
{
    uint64_t deadline = zelect_core_deadline (&self->core);
    if (deadline == ZELECT_NEVER || deadline > S_TIME_MAX)
        return;
    if (order->a % 8 == 1)
        deadline--;
    if (order->a % 8 == 2)
        deadline += order->c;
    if (deadline > self->now)
        self->now = deadline;
    s_tick (self);
}

static void
s_saved (s_world_t *self, const s_order_t *order)
{
    bool is_own = order->a % 16 != 15;    //  Else a report that nobody waits for
    if (is_own && !self->is_saving)
        return;
    zelect_input_t input = {
        .kind = ZELECT_INPUT_SAVED,
        .number = is_own ? self->save_number : self->save_number - 1,
        .ok = order->b % 16 != 15,
    };
    if (is_own)
        self->is_saving = false;
    s_step (self, &input);
}

//  --------------------------------------------------------------------------
//  Messages

//  Each member has lived a few times.

static uint64_t
s_incarnation (uint8_t member, uint8_t life)
{
    return (uint64_t) (member + 1) << 8 | (uint64_t) (life % 4 + 1);
}

//  A term near those that matter, or anywhere.

static uint64_t
s_term (const s_world_t *self, uint8_t selector, uint16_t detail)
{
    uint64_t near [] = {self->core.wanted.term,
                        self->asked.about,
                        self->core.promise_term,
                        self->core.saved.term,
                        self->core.wanted.term + ZELECT_TERM_JUMP,
                        self->core.heard_floor,
                        (uint64_t) detail << (selector % 48)};
    uint64_t term = near [selector / 8 % 7] + selector % 8 - 3;
    if (selector / 64 == 3)
        term += detail;
    return term >= ZELECT_TERM_MAX ? ZELECT_TERM_MAX - 1 : term ? term : 1;
}

static uint64_t
s_promise_ns (const s_world_t *self, const s_order_t *order)
{
    uint64_t own = self->options.election_ns;
    uint64_t choice [] = {own, own, own / 2, own * 2, 1, S_HOUR, 0, order->d};
    return choice [order->b % 8];
}

static void
s_make_ranking (const s_world_t *self, zelect_message_t *message, uint16_t detail)
{
    for (unsigned i = 0; i < self->options.member_count; i++)
        if (i != message->from && (detail >> i & 1))
            message->ranking [message->rank_count++] = (uint8_t) i;
    if (detail >> 15 && message->rank_count > 1) {
        uint8_t first = message->ranking [0];
        message->ranking [0] = message->ranking [message->rank_count - 1];
        message->ranking [message->rank_count - 1] = first;
    }
}

//  What src/wire lets through: any kind, any numbers, within their limits.

static zelect_message_t
s_make (const s_world_t *self, const s_order_t *order)
{
    zelect_message_t message;
    memset (&message, 0, sizeof message);
    message.kind = order->kind / S_ORDERS % ZELECT_MESSAGES;
    message.from = order->who % self->options.member_count;
    message.incarnation = s_incarnation (message.from, order->who / 64);
    message.term = s_term (self, order->a, order->c);
    message.about = s_term (self, (uint8_t) order->c, order->d);
    message.number = (order->b & 0x80 ? self->asked.number : self->core.promise_round)
                     + 4 * (order->b / 16 % 8) - 4;
    message.granted = order->b & 1;
    message.by_feed = order->b >> 1 & 1;
    message.healthy = !(order->d & 2);
    message.faulted = order->d >> 2 & 1;
    message.priority = (uint8_t) (order->d >> 8);
    message.leader = order->c % 16 < self->options.member_count ? order->c % 16 : ZELECT_NOBODY;
    message.promise_ns = s_promise_ns (self, order);
    message.floor = order->b & 8 ? s_term (self, (uint8_t) order->d, order->c) : 0;
    if (message.kind == ZELECT_MESSAGE_VOTE || message.kind == ZELECT_MESSAGE_HEARTBEAT)
        message.about = message.term;
    if (message.kind == ZELECT_MESSAGE_RELEASE && message.about > message.term && order->b & 4)
        message.about = message.term;
    if (message.kind == ZELECT_MESSAGE_HEARTBEAT)
        s_make_ranking (self, &message, order->d);
    if (message.kind == ZELECT_MESSAGE_VOTE_REPLY && !message.promise_ns)
        message.promise_ns = self->options.election_ns;
    return message;
}

//  R14: numbers start at random, so that no two lives of a member ask with the
//  same one.

static void
s_deliver (s_world_t *self, const zelect_message_t *message)
{
    zelect_input_t input = {.kind = ZELECT_INPUT_MESSAGE, .message = *message};
    if (message->kind == ZELECT_MESSAGE_PREVOTE || message->kind == ZELECT_MESSAGE_VOTE
        || message->kind == ZELECT_MESSAGE_HEARTBEAT)
        input.message.number = (message->number & ~UINT64_C (3)) | (message->incarnation & 3);
    s_step (self, &input);
}

static void
s_message (s_world_t *self, const s_order_t *order)
{
    zelect_message_t message = s_make (self, order);
    s_deliver (self, &message);
}

//  An honest answer to what was asked last.

static zelect_message_t
s_make_answer (const s_world_t *self, uint8_t from)
{
    zelect_message_t message;
    memset (&message, 0, sizeof message);
    message.kind = (uint8_t) (self->asked.kind + 1);    //  Each answer follows its question
    message.from = from;
    message.incarnation = s_incarnation (from, 0);
    message.term = self->asked.term;
    message.about = self->asked.about;
    message.number = self->asked.number;
    message.granted = 1;
    message.healthy = 1;
    message.priority = 50;
    message.by_feed = 1;
    message.leader = ZELECT_NOBODY;
    message.promise_ns = self->options.election_ns;
    return message;
}

_Static_assert(ZELECT_MESSAGE_PREVOTE_REPLY == ZELECT_MESSAGE_PREVOTE + 1
                   && ZELECT_MESSAGE_VOTE_REPLY == ZELECT_MESSAGE_VOTE + 1
                   && ZELECT_MESSAGE_HEARTBEAT_ACK == ZELECT_MESSAGE_HEARTBEAT + 1
                   && ZELECT_MESSAGE_STATE_REPLY == ZELECT_MESSAGE_STATE + 1,
               "each answer follows its question");

//  ... or one that is honest but for a field or two.

static void
s_answer (s_world_t *self, const s_order_t *order)
{
    if (!self->asked.incarnation)
        return;
    zelect_message_t message = s_make_answer (self, order->who % self->options.member_count);
    message.incarnation = s_incarnation (message.from, order->who / 64);
    message.granted = !(order->a & 1);
    message.by_feed = order->a >> 1 & 1;
    message.healthy = !(order->a & 4);
    message.faulted = order->a >> 3 & 1;
    if (order->a & 16)
        message.term = s_term (self, (uint8_t) order->c, order->d);
    if (order->a & 32)
        message.number -= order->d % 70;
    if (order->a & 64)
        message.promise_ns = s_promise_ns (self, order);
    if (message.kind == ZELECT_MESSAGE_VOTE_REPLY && !message.promise_ns)
        message.promise_ns = 1;
    if (order->a & 128)
        message.priority = (uint8_t) order->c;
    if (!message.granted && order->b & 8)
        message.floor = s_term (self, (uint8_t) order->d, order->c);
    if (!message.granted && order->b & 16)
        message.leader = order->b / 32;
    if (message.leader >= self->options.member_count)
        message.leader = ZELECT_NOBODY;
    s_deliver (self, &message);
}

//  What takes a node forward: all agree, and its disk works.

static void
s_consent (s_world_t *self, const s_order_t *order)
{
    for (uint8_t from = 0; from < self->options.member_count; from++)
        if (self->asked.incarnation && from != self->options.self && !(order->a >> from & 1)) {
            zelect_message_t message = s_make_answer (self, from);
            s_deliver (self, &message);
        }
    if (order->b % 4 == 0)
        s_saved (self, &(s_order_t){.kind = S_SAVED});
}

static void
s_reign (s_world_t *self, const s_order_t *order)
{
    if (++self->reign_count > S_REIGNS_MAX)
        return;
    for (unsigned count = order->c % 96; count > 0 && !judge_is_full (&self->judge); count--) {
        s_next (self, &(s_order_t){.kind = S_NEXT});
        s_consent (self, order);
    }
}

//  What the core says it does not rely on src/wire to keep out.

static void
s_impossible (s_world_t *self, const s_order_t *order)
{
    zelect_message_t message = s_make (self, order);
    switch (order->b % 6) {
    case 0:
        message.kind = (uint8_t) order->c;
        break;
    case 1:
        message.from = (uint8_t) order->c;
        break;
    case 2:
        message.term = UINT64_MAX - order->c;
        break;
    case 3:
        message.about = ZELECT_TERM_MAX + order->c;
        break;
    case 4:
        message.incarnation = 0;
        break;
    default:
        message.about = s_term (self, (uint8_t) order->d, order->c);
        break;
    }
    s_deliver (self, &message);
}

//  --------------------------------------------------------------------------
//  The rest

static void
s_command (s_world_t *self, const s_order_t *order)
{
    static const uint8_t kinds [] = {ZELECT_INPUT_RESIGN, ZELECT_INPUT_TRANSFER,
                                     ZELECT_INPUT_HEALTH, ZELECT_INPUT_STOP};
    zelect_input_t input = {
        .kind = kinds [order->a % 4],
        .member = order->b % 16 == 15 ? ZELECT_NOBODY : order->b % 16,
        .ok = order->c & 1,
    };
    s_step (self, &input);
}

static void
s_died (s_world_t *self, const s_order_t *order)
{
    zelect_input_t input = {
        .kind = ZELECT_INPUT_DIED,
        .member = order->who % ZELECT_MEMBERS_MAX,
        .number = order->a & 1 ? self->core.promise_incarnation
                               : s_incarnation (order->who % ZELECT_MEMBERS_MAX, order->who / 64),
    };
    if (order->a & 1)
        input.member = self->core.promise_leader;
    s_step (self, &input);
}

static void
s_stalled (s_world_t *self, const s_order_t *order)
{
    (void) order;
    self->now += self->options.heartbeat_ns + 1;
    zelect_input_t input = {.kind = ZELECT_INPUT_STALLED};
    s_step (self, &input);
}

//  Times as src/node's options allow them: T is three H at least, and the lease
//  of it outlasts two.

static void
s_set_times (s_world_t *self, uint16_t heartbeat, uint16_t election)
{
    zelect_core_options_t *options = &self->options;
    options->heartbeat_ns = (1 + heartbeat % 10000) * ZELECT_MS;
    uint64_t drift = options->drift_permille;
    uint64_t least_ns = 2 * options->heartbeat_ns * (1000 + drift) / (1000 - drift);
    least_ns += least_ns / 100 + ZELECT_MS;
    if (least_ns < 3 * options->heartbeat_ns)
        least_ns = 3 * options->heartbeat_ns;
    if (least_ns < 10 * ZELECT_MS)
        least_ns = 10 * ZELECT_MS;
    options->election_ns = least_ns + election % 1024 * ZELECT_MS;
    if (options->election_ns > S_MINUTE)
        options->election_ns = S_MINUTE;
}

static void
s_start (s_world_t *self, const zelect_record_t *record, bool is_written)
{
    self->options.incarnation = s_incarnation (self->options.self, 0) | (s_random (self) | 1) << 16;
    zelect_core_init (&self->core, &self->options, record, self->now, s_random (self),
                      &self->effects);
    self->is_saving = false;
    memset (&self->asked, 0, sizeof self->asked);
    if (self->is_traced)
        core_trace_start (self->now, &self->options, &self->effects);
    judge_start (&self->judge, &self->options, self->now, &self->effects, is_written);
    s_note_effects (self);
}

static void
s_restart (s_world_t *self, const s_order_t *order)
{
    bool is_written = order->b & 1;
    zelect_record_t record =
        self->is_saving && is_written ? self->judge.saving : self->judge.durable;
    self->now += order->c;
    if (order->a & 1)
        s_set_times (self, order->d, order->c);
    if (order->a & 2)
        self->options.priority = order->who;
    s_start (self, &record, is_written);
}

static void
s_obey (s_world_t *self, const s_order_t *order)
{
    typedef void (handler_fn) (s_world_t *, const s_order_t *);
    static handler_fn *const handlers [S_ORDERS] = {
        [S_WAIT] = s_wait,
        [S_TICK] = s_wait_and_tick,
        [S_NEXT] = s_next,
        [S_SAVED] = s_saved,
        [S_MESSAGE] = s_message,
        [S_ANSWER] = s_answer,
        [S_CONSENT] = s_consent,
        [S_REIGN] = s_reign,
        [S_COMMAND] = s_command,
        [S_DIED] = s_died,
        [S_STALLED] = s_stalled,
        [S_RESTART] = s_restart,
        [S_IMPOSSIBLE] = s_impossible,
    };
    handlers [order->kind % S_ORDERS](self, order);
}

//  --------------------------------------------------------------------------
//  The head: settings and record

static void
s_set_options (s_world_t *self, fuzz_bytes_t *bytes)
{
    zelect_core_options_t *options = &self->options;
    memset (options, 0, sizeof *options);
    uint64_t shape = fuzz_take (bytes, 1);
    unsigned voters = shape % 5 + 1;
    options->member_count = (uint8_t) (voters + shape / 8 % 3);
    options->voters = (UINT64_C (1) << voters) - 1;
    options->self = (uint8_t) (fuzz_take (bytes, 1) % options->member_count);
    uint64_t flags = fuzz_take (bytes, 1);
    options->preempt = flags & 1;
    options->is_volatile = flags >> 1 & 1 && flags >> 2 & 1;
    options->priority = flags & 8 ? (flags & 16 ? 0 : 1) : 100;
    self->is_twice = flags >> 7 & 1;
    options->drift_permille = 1 + (uint32_t) fuzz_take (bytes, 1) % 300;
    uint16_t heartbeat = (uint16_t) fuzz_take (bytes, 2);
    s_set_times (self, heartbeat, (uint16_t) fuzz_take (bytes, 2));
}

//  A new one, or what a store may hold.

static zelect_record_t
s_make_record (const s_world_t *self, fuzz_bytes_t *bytes)
{
    zelect_record_t record;
    uint64_t kind = fuzz_take (bytes, 1);
    zelect_record_init (&record, kind & 1);
    uint64_t shift = fuzz_take (bytes, 1) % 56;
    uint64_t number = fuzz_take (bytes, 2);
    uint64_t vote = fuzz_take (bytes, 1);
    if (kind & 2)
        return record;
    record.term = number << shift & (ZELECT_TERM_MAX - 1);
    if (vote & 1) {
        record.vote = vote / 2 < self->options.member_count ? vote / 2 : ZELECT_STRANGER;
        record.vote_incarnation = s_incarnation ((uint8_t) record.vote, 0);
    }
    record.promise_ns = vote * vote * ZELECT_MS < S_MINUTE ? vote * vote * ZELECT_MS : S_MINUTE;
    if (kind & 4)
        record.floor = kind & 8 ? record.term + vote : record.term / 2;
    return record;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static s_world_t world;
    fuzz_bytes_t bytes = {data, size};
    s_world_t *self = &world;
    self->is_traced = getenv ("ZELECT_FUZZ_TRACE") != NULL;
    s_set_options (self, &bytes);
    zelect_record_t record = s_make_record (self, &bytes);
    self->random = fuzz_take (&bytes, 2);
    self->now = self->random * self->random;
    bytes.at = data + (size < S_HEAD_SIZE ? size : S_HEAD_SIZE);
    bytes.left = size < S_HEAD_SIZE ? 0 : size - S_HEAD_SIZE;
    self->reign_count = 0;
    judge_init (&self->judge, &record);
    s_start (self, &record, false);
    while (bytes.left >= S_ORDER_SIZE && self->now < S_TIME_MAX && !judge_is_full (&self->judge)) {
        s_order_t order;
        memcpy (&order, bytes.at, sizeof order);
        bytes.at += S_ORDER_SIZE;
        bytes.left -= S_ORDER_SIZE;
        s_obey (self, &order);
    }
    return 0;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    return fuzz_mutate_records (data, size, max_size, seed, S_HEAD_SIZE, S_ORDER_SIZE);
}
