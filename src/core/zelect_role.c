/*  =========================================================================
    zelect_role - which role may follow which, and why

    The one table below is the state diagram: the core checks every change of
    role against it, and the picture in doc/ is printed from it.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_role.h"
#include "zelect_pure.h"

//  From, to, and what leads there
#define ZELECT_MOVE_MAP(X)                                                                         \
    X (FOLLOWER, PRECANDIDATE, "silence, release or proof of death (R3, R8)")                      \
    X (PRECANDIDATE, CANDIDATE, "a majority would vote for it (R3)")                               \
    X (CANDIDATE, LEADER_ELECT, "a majority voted for it (R4)")                                    \
    X (LEADER_ELECT, LEADER, "a majority acknowledged a heartbeat (R6)")                           \
    X (PRECANDIDATE, FOLLOWER, "heartbeat, higher term, vote or no majority (R3)")                 \
    X (CANDIDATE, FOLLOWER, "heartbeat, higher term or no majority (R3)")                          \
    X (LEADER_ELECT, FOLLOWER, "no lease in time or higher term (R5)")                             \
    X (LEADER, FOLLOWER, "lease over, higher term or hand-over (R6, R11)")                         \
    X (FOLLOWER, FAULTED, "the store failed (R16)")                                                \
    X (PRECANDIDATE, FAULTED, "the store failed (R16)")                                            \
    X (CANDIDATE, FAULTED, "the store failed (R16)")                                               \
    X (LEADER_ELECT, FAULTED, "the store failed (R16)")                                            \
    X (LEADER, FAULTED, "the store failed (R16)")

bool
zelect_role_allows (zelect_role_t from, zelect_role_t to)
{
#define X(source, target, text)                                                                    \
    if (from == ZELECT_ROLE_##source && to == ZELECT_ROLE_##target)                                \
        return true;
    ZELECT_MOVE_MAP (X)
#undef X
    return false;
}

const char *
zelect_role_diagram (void)
{
    return "digraph zelect {\n"
           "    rankdir = LR;\n"
           "    node [shape = box, style = rounded, fontname = \"sans-serif\"];\n"
           "    edge [fontname = \"sans-serif\", fontsize = 10];\n"
#define X(name, text) "    " #name " [label = \"" text "\"];\n"
        ZELECT_ROLE_MAP (X)
#undef X
#define X(source, target, text) "    " #source " -> " #target " [label = \"" text "\"];\n"
            ZELECT_MOVE_MAP (X)
#undef X
                "}\n";
}
