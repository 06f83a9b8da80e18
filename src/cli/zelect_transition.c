/*  =========================================================================
    zelect_transition - what an observer saw change, as one line

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_transition.h"
#include "zelect_cli.h"
#include "zelect_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

//  Roles that stand out on a terminal; the others are plain.

static const char *
s_role_colour (const char *role)
{
    static const char *const colours [][2] = {
        {"leader", "\033[1;32m"},     {"leader_elect", "\033[33m"}, {"candidate", "\033[33m"},
        {"precandidate", "\033[33m"}, {"faulted", "\033[1;31m"},
    };
    for (size_t at = 0; at < sizeof (colours) / sizeof (colours [0]); at++)
        if (strcmp (colours [at][0], role) == 0)
            return zelect_cli_colour (colours [at][1]);
    return "";
}

//  A leader is news when it is another one, or the same one elected again.

static bool
s_leader_changed (zelect_transition_t *self, const zelect_observer_t *observer)
{
    const char *leader = zelect_observer_leader (observer);
    const uint64_t term = leader ? zelect_observer_term (observer) : 0;
    const bool changed = term != self->term || strcmp (leader ? leader : "", self->leader) != 0;
    snprintf (self->leader, sizeof (self->leader), "%s", leader ? leader : "");
    self->term = term;
    return changed;
}

//  What is known of the node that changed, in the observer's tree.

static const char *
s_of_node (zconfig_t *state, const char *node, const char *key)
{
    char path [128];
    snprintf (path, sizeof (path), "members/%s/%s", node, key);
    return zconfig_get (state, path, "");
}

//  A follower that names no leader, though there is one by what others said, is
//  the first to know. Its role is no news then.

static const char *
s_doubt (const zelect_observer_t *observer, zconfig_t *state, const char *node, const char *role)
{
    const bool doubts = strcmp (role, "follower") == 0 && zelect_observer_leader (observer)
                        && !*s_of_node (state, node, "leader");
    return doubts ? "; hears no leader" : "";
}

void
zelect_transition_print (zelect_transition_t *self,
                         const zelect_observer_t *observer,
                         const char *time)
{
    const char *node = zelect_observer_node (observer);
    if (node) {
        const char *role = zelect_observer_role (observer);
        const char *colour = s_role_colour (role);
        zconfig_t *state = zelect_observer_state (observer);
        printf ("%s  %-8s %s%-12s%s  term %-4s  %s%s", time, node, colour, role,
                *colour ? zelect_cli_colour (NULL) : "", s_of_node (state, node, "term"),
                zelect_observer_reason (observer), s_doubt (observer, state, node, role));
        zconfig_destroy (&state);
    }
    else
        printf ("%s  %-8s %-12s  term %-4" PRIu64 "  its lease is over", time, self->leader,
                "forgotten", zelect_observer_term (observer));

    if (s_leader_changed (self, observer))
        printf ("; leader: %s", *self->leader ? self->leader : "unknown");
    putchar ('\n');
    fflush (stdout);
}

static const char *
s_event (const zelect_transition_t *self, bool changed)
{
    if (!changed)
        return "STATE";
    return *self->leader ? "LEADER_CHANGED" : "LEADER_LOST";
}

int
zelect_transition_print_json (zelect_transition_t *self,
                              const zelect_observer_t *observer,
                              const char *cluster)
{
    char time [ZELECT_CLI_TIME_SIZE];
    zelect_cli_time (time);
    const char *node = zelect_observer_node (observer);
    const bool changed = s_leader_changed (self, observer);
    zconfig_t *state = zelect_observer_state (observer);
    json_t *line = json_object ();
    json_object_set_new (line, "v", json_integer (1));
    json_object_set_new (line, "time", json_string (time));
    json_object_set_new (line, "cluster", json_string (cluster));
    json_object_set_new (line, "node", zelect_json_text (node));
    json_object_set_new (line, "event", json_string (s_event (self, changed)));
    json_object_set_new (line, "role",
                         zelect_json_text (node ? zelect_observer_role (observer) : NULL));
    json_object_set_new (line, "term",
                         node ? zelect_json_number (s_of_node (state, node, "term"))
                              : json_integer ((json_int_t) zelect_observer_term (observer)));
    json_object_set_new (line, "leader", zelect_json_text (zelect_observer_leader (observer)));
    json_object_set_new (line, "endpoint",
                         zelect_json_text (zelect_observer_leader_endpoint (observer)));
    json_object_set_new (line, "reason", zelect_json_text (zelect_observer_reason (observer)));
    zconfig_destroy (&state);
    return zelect_json_print (line);
}
