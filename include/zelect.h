/*  =========================================================================
    zelect - one leader among the processes of a ZeroMQ application

    There are two doors to one node. The handle zelect_t, for everybody:

        zelect_t *node = zelect_new ("n1", "orders");
        zelect_add_member (node, "n1", "tcp://10.0.0.1:5680");
        zelect_add_member (node, "n2", "tcp://10.0.0.2:5680");
        zelect_add_member (node, "n3", "tcp://10.0.0.3:5680");
        zelect_set_store (node, "/var/lib/orders");
        if (zelect_start (node))
            puts (zelect_error (node));
        ...
        if (zelect_is_leader (node))
            work ();
        ...
        zelect_destroy (&node);

    And the actor, for who lives in CZMQ: zactor_new (zelect_actor, NULL) or,
    better, zactor_new (zelect_actor, lease) with a zelect_lease_t. It takes
    commands as multipart strings and answers each but VERBOSE and $TERM with
    OK [value] or ERROR text; events come in between (zelect_event_recv).

        NAME id                     who this node is
        CLUSTER name                which cluster it belongs to
        BIND endpoint               where members reach it (OK port, after START)
        FEED endpoint               where observers and members listen to it
        MEMBER id endpoint [feed]   a voter, this node too
        SET path value              any setting of the file, such as
                                    SET timing/heartbeat 50
        LOAD file                   settings from a ZPL file
        SAVE file                   ... into one
        STORE directory             where votes are kept
        VERBOSE                     log every step
        START                       join the cluster
        STOP                        leave it; resigns first
        STATUS                      one STATUS event with the present state
        CLUSTERSTATE [ms]           ask every member: OK tree, as ZPL text
        RESIGN                      give leadership up
        TRANSFER id                 ... to that member
        HEALTHY 0 | 1               how the application is
        WATCHDOG                    the application is alive (timing/watchdog)
        $TERM                       end the actor; resigns first

    Rules of threads: zelect_is_leader, zelect_token, zelect_role, zelect_term,
    zelect_leader, zelect_resign, zelect_transfer, zelect_set_healthy,
    zelect_kick_watchdog and zelect_cluster_state may be called from any thread
    at any time between new and destroy. Events belong to one thread at a time.
    Everything else belongs to the thread that made the handle. Callbacks may
    call whatever any thread may.

    Nothing that happens outside (network, disk, file, peer) makes the library
    abort, exit or print to stdout: functions return -1 or NULL with errno, and
    zelect_error says it in a sentence. Misuse by the caller is an assertion.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_H_INCLUDED
#define ZELECT_H_INCLUDED

#include "zelect_event.h"
#include "zelect_lease.h"
#include "zelect_library.h"
#include "zelect_observer.h"
#include "zelect_pass.h"

#ifdef __cplusplus
extern "C" {
#endif

//  --------------------------------------------------------------------------
//  The actor, for zactor_new; args is NULL or a zelect_lease_t *.

ZELECT_EXPORT void
    zelect_actor (zsock_t *pipe, void *args);

//  --------------------------------------------------------------------------
//  A new node of a cluster. Both names are 1 to 63 of A-Z a-z 0-9 . _ - or NULL
//  if a file names them (zelect_load). Returns NULL with errno EINVAL if a name
//  is not one, or ENOMEM, EAGAIN or EMFILE if there is no memory, thread or
//  socket for it. In a forked child the handle is dead: calls return -1 or NULL
//  with errno ENOTCONN, and zelect_destroy frees it.

ZELECT_EXPORT zelect_t *
    zelect_new (const char *node, const char *cluster);

//  --------------------------------------------------------------------------
//  Resign if leading, stop, and destroy the node; within a second, whatever
//  the state of the network. Do it before the process exits: like every actor
//  of CZMQ's, a node that is left loses its sockets then, and aborts.

ZELECT_EXPORT void
    zelect_destroy (zelect_t **self_p);

//  --------------------------------------------------------------------------
//  Settings. Each returns 0, or -1 with errno EINVAL and zelect_error, or -1
//  with errno EBUSY after the start. The relations between settings are
//  checked at the start. Times are milliseconds.

//  Read a ZPL file (README: Configuration). Unknown keys are errors.
ZELECT_EXPORT int
    zelect_load (zelect_t *self, const char *filename);

//  Set one setting by its path in the file: "timing/heartbeat", "50".
ZELECT_EXPORT int
    zelect_set (zelect_t *self, const char *path, const char *value);

//  Where members reach this node. Default: its own endpoint as a member.
ZELECT_EXPORT int
    zelect_bind (zelect_t *self, const char *endpoint);

//  Where the feed is bound. Default: the port after that of bind; for ipc, its
//  path and ".feed".
ZELECT_EXPORT int
    zelect_bind_feed (zelect_t *self, const char *endpoint);

//  Add a voter and where to reach it; this node has to be among them.
ZELECT_EXPORT int
    zelect_add_member (zelect_t *self, const char *id, const char *endpoint);

//  A member's feed, where it is not at the default.
ZELECT_EXPORT int
    zelect_set_member_feed (zelect_t *self, const char *id, const char *endpoint);

//  A member that follows but neither votes nor leads nor counts.
ZELECT_EXPORT int
    zelect_set_member_voter (zelect_t *self, const char *id, bool voter);

//  Heartbeat interval, default 100.
ZELECT_EXPORT int
    zelect_set_heartbeat (zelect_t *self, int heartbeat_ms);

//  Election timeout, default 500: how long followers stay loyal to a silent
//  leader.
ZELECT_EXPORT int
    zelect_set_election (zelect_t *self, int election_ms);

//  How long a TCP connection may take to be made, default 1000.
ZELECT_EXPORT int
    zelect_set_connect_timeout (zelect_t *self, int timeout_ms);

//  How long a callback may run before an ERROR event says so, default 1000.
ZELECT_EXPORT int
    zelect_set_callback_timeout (zelect_t *self, int timeout_ms);

//  A leader that does not call zelect_kick_watchdog this often is unhealthy;
//  default 0: no watchdog.
ZELECT_EXPORT int
    zelect_set_watchdog (zelect_t *self, int timeout_ms);

//  How long the leader's work needs to stop, default 0: it stops at once. Unless
//  asked to (zelect_resign, _transfer, _set_healthy, _stop), the node then frees
//  nobody to lead before the end of the lease that its last token showed: not when
//  it is deposed, hands over to a better one, starves or loses its store. The start
//  fails if the timing does not leave that much of a lease.
ZELECT_EXPORT int
    zelect_set_notice (zelect_t *self, int notice_ms);

//  The directory of the vote store, which must outlive the process. A node
//  needs it, or zelect_set_volatile.
ZELECT_EXPORT int
    zelect_set_store (zelect_t *self, const char *directory);

//  Say that this cluster is new: a store directory without a record is as it
//  should be, and the node need not hear the others before it takes part.
ZELECT_EXPORT int
    zelect_set_create (zelect_t *self, bool create);

//  Keep nothing over a restart. There is still one lease at a time; but when
//  all who know a term forget it (all nodes restarted), terms start again and
//  are no fencing tokens.
ZELECT_EXPORT int
    zelect_set_volatile (zelect_t *self, bool is_volatile);

//  0 (a witness: votes, never leads) to 255; default 100. The electable member
//  of the highest priority is the first to campaign.
ZELECT_EXPORT int
    zelect_set_priority (zelect_t *self, int priority);

//  Let this node, while it leads, hand over to a member of higher priority;
//  default false.
ZELECT_EXPORT int
    zelect_set_preempt (zelect_t *self, bool preempt);

//  Whose refused connections prove at once that a leader is dead, so that nobody
//  waits for its silence: "off", nobody's; "local" (default), those of members on
//  this host that are reached directly; "direct", everybody's. Where a firewall,
//  a proxy or an address that moves can refuse in a living member's name, "direct"
//  may let two processes lead at a time for a lease (their terms differ).
ZELECT_EXPORT int
    zelect_set_fast_failover (zelect_t *self, const char *mode);

//  By how much the clocks of the cluster may run fast or slow, in parts of a
//  thousand: 1 to 300, default 100. The same on all nodes, please.
ZELECT_EXPORT int
    zelect_set_drift (zelect_t *self, int permille);

//  A tag, shown in the feed and the cluster state; 512 bytes in all.
ZELECT_EXPORT int
    zelect_set_tag (zelect_t *self, const char *name, const char *value);

//  CURVE: the file of this node's secret key (mode 0600), and the directory with a
//  public certificate for each member, ID.cert, this node's too. Both or neither;
//  without, everybody is believed. See doc/security.md, and `zelect keygen`.
ZELECT_EXPORT int
    zelect_set_certificate (zelect_t *self, const char *filename);

ZELECT_EXPORT int
    zelect_set_keys (zelect_t *self, const char *directory);

//  ... and who may watch but is no member: "any", all who know this node's public
//  key; "listed" (default), those whose certificates are in the directory, too;
//  "none", nobody.
ZELECT_EXPORT int
    zelect_set_observers (zelect_t *self, const char *mode);

//  Log every step, at level 'D'.
ZELECT_EXPORT int
    zelect_set_verbose (zelect_t *self, bool verbose);

//  --------------------------------------------------------------------------
//  Who gets the log, before the start: a function that is called from the
//  node's thread with a level ('E', 'W', 'N', 'I' or 'D') and a line of
//  key=value without a line end. It must not block. Default: errors and
//  warnings go to stderr. NULL: nobody.

typedef void (zelect_log_fn) (void *arg, char level, const char *line);

ZELECT_EXPORT void
    zelect_set_log (zelect_t *self, zelect_log_fn *log, void *arg);

//  --------------------------------------------------------------------------
//  Callbacks, before the start: each is called on a thread of the handle's,
//  one at a time, in the order of the events; NULL: not called. The event is
//  the library's. A callback that returns other than 0 makes an ERROR event;
//  one that runs longer than the callback timeout too, and is waited for: the
//  election goes on meanwhile, so ask zelect_is_leader before work that only
//  the leader may do.
//
//  A callback may stop and even destroy its handle. No callback begins after
//  zelect_destroy has returned: until then every ENTER gets its LEAVE, unless a
//  callback takes longer than zelect_destroy waits, or is the one that called
//  it. A callback that still runs then is left to finish; its handle stays
//  good for it, and says that it is stopped.

typedef int (zelect_callback_fn) (void *arg, zelect_t *self, const zelect_event_t *event);

typedef struct {
    zelect_callback_fn *enter_leader;
    zelect_callback_fn *leave_leader;
    zelect_callback_fn *enter_follower;
    zelect_callback_fn *leave_follower;
    zelect_callback_fn *enter_candidate;
    zelect_callback_fn *leave_candidate;
} zelect_callbacks_t;

ZELECT_EXPORT void
    zelect_set_callbacks (zelect_t *self, const zelect_callbacks_t *callbacks, void *arg);

//  --------------------------------------------------------------------------
//  Start: check the settings, open the store, bind, connect. Returns 0 when
//  the node runs, or -1 with errno and zelect_error. May be called again after
//  a failure, and after zelect_stop.

ZELECT_EXPORT int
    zelect_start (zelect_t *self);

//  --------------------------------------------------------------------------
//  Resign if leading, and leave the network. LEAVE events are sent.

ZELECT_EXPORT void
    zelect_stop (zelect_t *self);

//  --------------------------------------------------------------------------
//  True if this node was the leader at the instant at which this call read the
//  clock; from any thread, in nanoseconds. No library can promise more: let
//  whatever the leader writes to check the token's term.

ZELECT_EXPORT bool
    zelect_is_leader (const zelect_t *self);

//  --------------------------------------------------------------------------
//  The leader's token: 0, or -1 with errno ENOLCK if this node does not lead.

ZELECT_EXPORT int
    zelect_token (const zelect_t *self, zelect_token_t *token);

//  --------------------------------------------------------------------------
//  The node's role ("follower", "precandidate", "candidate", "leader_elect",
//  "leader" or "faulted"; "stopped" when it does not run) and term, as of a
//  moment ago. A leader whose lease is over is no "leader" here either.

ZELECT_EXPORT const char *
    zelect_role (const zelect_t *self);

ZELECT_EXPORT uint64_t
    zelect_term (const zelect_t *self);

//  --------------------------------------------------------------------------
//  The leader's id as this node knows it, or NULL; answered locally. The
//  string is the handle's and stays until it is destroyed or started again.

ZELECT_EXPORT const char *
    zelect_leader (const zelect_t *self);

//  --------------------------------------------------------------------------
//  Ask every member for its state, at most timeout_ms milliseconds: a tree
//  members/<id>/{state,term,leader,endpoint,voter,priority,tags/...}, with the
//  state "down" for who did not answer, and leader, term at the top. Returns
//  NULL only if this node does not run (errno ENOTCONN). The caller owns it.
//  Calls from several threads take turns.

ZELECT_EXPORT zconfig_t *
    zelect_cluster_state (zelect_t *self, int timeout_ms);

//  --------------------------------------------------------------------------
//  The same without a node: ask the nodes at these RPC endpoints, as a stranger
//  may. The tree has nodes/node with {endpoint,id,cluster,state,...} in the
//  order asked. NULL with errno EINVAL if an endpoint is not one.

ZELECT_EXPORT zconfig_t *
    zelect_query (zlist_t *endpoints, int timeout_ms);

//  --------------------------------------------------------------------------
//  The same where CURVE guards the doors: with this pass, at NAME@ENDPOINTs (see
//  zelect_pass.h). EINVAL is also a name of which the pass has no key.

ZELECT_EXPORT zconfig_t *
    zelect_query_with (zlist_t *endpoints, int timeout_ms, const zelect_pass_t *pass);

//  --------------------------------------------------------------------------
//  Give leadership up: it is over when this returns. 0, or -1 with errno
//  ENOLCK if this node does not lead.

ZELECT_EXPORT int
    zelect_resign (zelect_t *self);

//  --------------------------------------------------------------------------
//  Hand leadership over to a member that can lead and has acknowledged lately.
//  0: this node leads no more. -1: it leads on, with errno ENOLCK (was not the
//  leader), EINVAL (no such member, itself) or EHOSTUNREACH (cannot lead now).

ZELECT_EXPORT int
    zelect_transfer (zelect_t *self, const char *id);

//  --------------------------------------------------------------------------
//  Say how the application is. An unhealthy node resigns, and does not
//  campaign until it is healthy. 0, or -1 with errno ENOTCONN.

ZELECT_EXPORT int
    zelect_set_healthy (zelect_t *self, bool healthy);

//  --------------------------------------------------------------------------
//  Say that the application is alive (zelect_set_watchdog).

ZELECT_EXPORT void
    zelect_kick_watchdog (zelect_t *self);

//  --------------------------------------------------------------------------
//  The next event, or NULL if there was none within timeout_ms milliseconds
//  (-1: for ever) or the process was interrupted. The caller owns it.

ZELECT_EXPORT zelect_event_t *
    zelect_recv (zelect_t *self, int timeout_ms);

//  --------------------------------------------------------------------------
//  The socket of the events, for zpoller and zloop (then zelect_recv), and its
//  file descriptor for other loops. The descriptor is edge-triggered: when it
//  is readable, call zelect_recv (self, 0) until it returns NULL.

ZELECT_EXPORT zsock_t *
    zelect_socket (zelect_t *self);

ZELECT_EXPORT int
    zelect_fd (zelect_t *self);

//  --------------------------------------------------------------------------
//  What went wrong last in this handle, in a sentence; "" if nothing did. The
//  string is the handle's until the next call that fails.

ZELECT_EXPORT const char *
    zelect_error (zelect_t *self);

//  --------------------------------------------------------------------------
//  The version of the library that runs.

ZELECT_EXPORT void
    zelect_version (int *major, int *minor, int *patch);

//  --------------------------------------------------------------------------
//  The state diagram of the election from its own table, as Graphviz text; a
//  constant.

ZELECT_EXPORT const char *
    zelect_state_diagram (void);

#ifdef __cplusplus
}
#endif

#endif
