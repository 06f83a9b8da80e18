/*  =========================================================================
    zelect_node_private - what the files of the node share, and nobody else

        zelect_node.c             the actor, its loop and its turns
        zelect_node_commands.c    what the owner asks for
        zelect_node_start.c       start and stop: store, sockets, core
        zelect_node_effects.c     what the core decided is carried out
        zelect_node_events.c      roles and leaders: events, cell, feed
        zelect_node_messages.c    what arrives on the network
        zelect_node_survey.c      CLUSTERSTATE: ask every member
        zelect_node_proof.c       is the leader dead?
        zelect_node_health.c      health, watchdog, callbacks that take too long

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_NODE_PRIVATE_H_INCLUDED
#define ZELECT_NODE_PRIVATE_H_INCLUDED

#include "zelect_clock.h"
#include "zelect_core.h"
#include "zelect_interrupt.h"
#include "zelect_node.h"
#include "zelect_outbox.h"
#include "zelect_peers.h"
#include "zelect_probe.h"
#include "zelect_random.h"
#include "zelect_station.h"
#include "zelect_store_actor.h"
#include "zelect_wire.h"

#define ZELECT_TURN_MESSAGES 64    //  Taken from one socket in one turn
#define ZELECT_TURN_VISITORS 16    //  Keys looked at in one turn
#define ZELECT_SURVEYS_MAX 8       //  CLUSTERSTATEs under way

//  A CLUSTERSTATE under way.

typedef struct {
    uint64_t number;         //  Of its request; 0: this place is free
    uint64_t deadline;
    uint64_t retry_at;       //  When members without a wire are tried again
    uint64_t waiting;        //  Mask: who has not answered
    uint64_t unsent;         //  Mask: who could not be asked
    uint64_t term;           //  The highest heard
    uint64_t leader_term;    //  The highest of one who leads
    char leader [ZELECT_ID_MAX + 1];
    zconfig_t *tree;
} zelect_survey_t;

//  R10: what is known of the leader that this node is bound to by a promise.

typedef struct {
    uint64_t incarnation;    //  0: there is none
    uint64_t number;         //  Of the question for its state, 0: none is open
    uint64_t ask_at;         //  When to ask it (again), or NEVER
    uint64_t probe_at;       //  When a probe that had to wait begins, or NEVER
    uint64_t rest_until;     //  No probe begins before
    unsigned asked_count;    //  Questions without an answer
    zelect_place_t place;    //  Where it has answered
    zelect_sign_t sign;      //  ... and what showed there that it lives
    zelect_probe_t probe;
    uint8_t member;
    bool is_neighbour;       //  Same kernel, same network namespace
    bool has_sign;           //  The sign was seen, and has to be gone
    bool is_believed;        //  Its death may be proved
} zelect_proof_t;

//  Everything that lives from start to stop.

typedef struct {
    zelect_options_t *options;
    zelect_members_t members;
    zelect_core_t core;
    zelect_effects_t effects;
    zelect_random_t random;
    uint64_t incarnation;
    uint64_t boot_id;
    uint64_t namespace_id;
    void *context;
    zelect_guard_t *guard;    //  NULL: in clear
    zelect_peers_t *peers;
    zelect_station_t *station;
    zactor_t *store;         //  NULL: volatile
    bool is_store_used;      //  Its socket, since the last poll
    char vote_id [ZELECT_ID_MAX + 1];    //  The vote's, if it is ZELECT_STRANGER
    char store_text [ZELECT_STORE_TEXT_MAX];       //  Why the store failed
    char store_warning [ZELECT_STORE_TEXT_MAX];    //  What it said when it was opened
    bool is_record_new;
    int timer;               //  A timerfd, for deadlines finer than a millisecond
    uint64_t lost_save;      //  A SAVE that could not be handed over, or 0
    uint64_t armed;          //  When the timer goes off
    uint64_t due;            //  When this turn was to begin at the latest
    uint64_t gather_from;    //  Before, no acknowledgement waits for another
    uint64_t gather_until;   //  Those of this round may wait so long
    uint64_t looked_at;      //  When the node last looked at the clock in a turn
    uint64_t unreachable;    //  Mask: members that no wire led to at the last try
    uint64_t rejected [ZELECT_REJECTS];    //  Frames, by reason
    int answer;              //  The core's to the present command, or -1
    uint8_t reason;          //  Why the node has its role
    uint8_t told_leader;     //  As last said on the feed
    uint64_t told_term;
    zelect_survey_t surveys [ZELECT_SURVEYS_MAX];
    zelect_proof_t proof;

    uint64_t lease_until;    //  As the owner was told last
    uint64_t kept_until;     //  Nobody is freed to lead before (timing/notice)
    bool is_asked;           //  The present step is the owner's wish

    bool is_starved;         //  The watchdog was not kicked in time
    uint64_t starved_at;
    uint64_t leading_since;
} zelect_run_t;

//  A callback that runs, as its thread reported.

typedef struct {
    char name [32];
    uint64_t since;          //  0: none
    bool is_reported;
} zelect_callback_t;

typedef struct {
    zsock_t *pipe;
    const zelect_node_args_t *args;
    zelect_log_t log;
    zelect_cell_t *cell;
    zelect_cell_t *own_cell;       //  Where the owner gave none
    zelect_outbox_t *outbox;       //  Over the pipe
    zelect_outbox_t *events;       //  Over the socket for events; else the same
    zelect_outbox_t *callbacks;    //  Over the callback thread's, or NULL
    zelect_options_t *options;     //  As set by commands
    zelect_callback_t callback;
    const char *entered;           //  ENTER_x without LEAVE_x yet: x, or NULL
    bool is_healthy;               //  As the application says
    bool is_terminated;
    bool is_pipe_used;             //  Since the last poll; the outbox has its own
    zelect_run_t *run;             //  NULL: stopped
} zelect_node_t;

//  ----  zelect_node_effects.c  -----------------------------------------------

//  Hand an input to the core and carry out what it decides.
void zelect_node_step (zelect_node_t *self, zelect_input_t *input);

//  The same for an input that is only of a kind.
void zelect_node_input (zelect_node_t *self, zelect_input_kind_t kind);

//  The same for what the owner asks for: its work has stopped (timing/notice).
void zelect_node_step_asked (zelect_node_t *self, zelect_input_t *input);

//  R15: tell the core if this node has not run since `due`.
bool zelect_node_note_stall (zelect_node_t *self, uint64_t due);

//  Carry out the effects that lie in run->effects.
void zelect_node_carry_out (zelect_node_t *self);

//  Send an RPC to each member of the mask. Returns the mask of those to whom
//  no wire is up.
uint64_t zelect_node_send (zelect_node_t *self, uint64_t to, zelect_rpc_t *rpc);

//  ----  zelect_node_events.c  ------------------------------------------------

//  The core's effects ROLE and LEADER, as the owner is told of them.
void zelect_node_take_role (zelect_node_t *self, const zelect_effect_t *effect);
void zelect_node_take_leader (zelect_node_t *self, const zelect_effect_t *effect);

//  The same, as the feed is told of them.
void zelect_node_say_role (zelect_node_t *self, const zelect_effect_t *effect);
void zelect_node_say_leader (zelect_node_t *self, const zelect_effect_t *effect);

//  An ERROR event, which is logged at this level, too.
void zelect_node_error (zelect_node_t *self, char level, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

//  The STATUS event.
void zelect_node_send_status (zelect_node_t *self);

//  The LEAVE event of a node that stops; cell and log, too.
void zelect_node_leave (zelect_node_t *self);

//  What this node says of itself now.
void zelect_node_describe (const zelect_node_t *self, zelect_state_t *state);

//  Say the state on the feed.
void zelect_node_say_state (zelect_node_t *self);

//  The present leader's id, or NULL.
const char *zelect_node_leader_id (const zelect_node_t *self);

//  ----  zelect_node_messages.c  ----------------------------------------------

//  Take what has arrived on an item of the peers, or of the station.
void zelect_node_take_rpcs (zelect_node_t *self, size_t item);
void zelect_node_take_feed (zelect_node_t *self, size_t receiver);
void zelect_node_take_listeners (zelect_node_t *self, size_t item);
void zelect_node_take_losses (zelect_node_t *self);

//  Let in who may come in, or count who may not.
void zelect_node_take_visitors (zelect_node_t *self, size_t item);

//  ----  zelect_node_survey.c  ------------------------------------------------

//  Begin; replies when it is over, or at once if it cannot begin.
void zelect_node_survey (zelect_node_t *self, uint64_t timeout_ms);

//  A member answered.
void zelect_node_survey_answer (zelect_node_t *self, const zelect_rpc_t *rpc);

//  When a survey wants to be looked at, and the look. At a stop all end.
uint64_t zelect_node_survey_deadline (const zelect_node_t *self);
void zelect_node_survey_check (zelect_node_t *self, uint64_t now);
void zelect_node_survey_end (zelect_node_t *self);

//  ----  zelect_node_proof.c  -------------------------------------------------

//  Nothing is known yet; and the end of what runs.
void zelect_node_proof_begin (zelect_node_t *self);
void zelect_node_proof_end (zelect_node_t *self);

//  This node is bound: show that it lives, so that its death can be proved.
void zelect_node_proof_show (zelect_node_t *self);

//  A heartbeat was handed to the core. It came from this kernel and network
//  namespace (0: unknown).
void zelect_node_proof_beat (zelect_node_t *self,
                             const zelect_message_t *beat,
                             uint64_t boot,
                             uint64_t netns);

//  A state came, by this route, from this numeric address.
void zelect_node_proof_answer (zelect_node_t *self,
                               const zelect_rpc_t *rpc,
                               const zelect_route_t *route,
                               const char *host);

//  Something speaks for the leader's death: find out.
void zelect_node_proof_suspect (zelect_node_t *self);

//  What to poll for input, or -1; when to be looked at in any case; the look.
int zelect_node_proof_handle (const zelect_node_t *self);
uint64_t zelect_node_proof_deadline (const zelect_node_t *self);
void zelect_node_proof_check (zelect_node_t *self, uint64_t now);

//  ----  zelect_node_health.c  ------------------------------------------------

//  What the application says of itself.
void zelect_node_set_healthy (zelect_node_t *self, bool is_healthy);

//  When watchdog and callbacks want to be looked at, and the look.
uint64_t zelect_node_health_deadline (const zelect_node_t *self);
void zelect_node_health_check (zelect_node_t *self, uint64_t now);

//  Reports of the callback thread.
void zelect_node_take_callbacks (zelect_node_t *self);

//  ----  zelect_node_start.c  -------------------------------------------------

//  Start. Returns 0; or -1 with the trouble, and all is as before. After the
//  owner has been told, begin: the first events follow the reply.
int zelect_node_start (zelect_node_t *self, zelect_trouble_t *trouble);
void zelect_node_begin (zelect_node_t *self);

//  Stop, if it runs.
void zelect_node_stop (zelect_node_t *self);

//  Hand the record to the store. Returns 0, or -1 if it cannot be reached.
int zelect_node_save (zelect_node_t *self, uint64_t number, const zelect_record_t *record);

//  Results of the store.
void zelect_node_take_saved (zelect_node_t *self);

//  ----  zelect_node_commands.c  ----------------------------------------------

//  Take one command from the pipe. Returns -1 if there is none.
int zelect_node_take_command (zelect_node_t *self);

#endif
