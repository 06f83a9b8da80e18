/*  =========================================================================
    zelect_tree - what a node says of itself, as a ZPL tree for people and tools

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_tree.h"

#include <assert.h>
#include <inttypes.h>

//  ZPL knows no escape for a double quote within double quotes.

void
zelect_tree_put (zconfig_t *item, const char *path, const char *value)
{
    assert (item);
    assert (value);
    char *clean = strdup (value);
    if (!clean)
        return;
    for (char *at = clean; *at; at++)
        if (*at == '"')
            *at = '\'';
        else if (*at == '\n' || *at == '\r')
            *at = ' ';
    zconfig_put (item, path, clean);
    free (clean);
}

void
zelect_tree_put_number (zconfig_t *item, const char *path, uint64_t value)
{
    assert (item);
    zconfig_putf (item, path, "%" PRIu64, value);
}

//  A tag whose name is none could not be read back, or would stand for a path.

static void
s_put_tag (zconfig_t *item, char *line)
{
    char *value = strchr (line, '=');
    if (!value)
        return;
    *value++ = 0;
    if (!zelect_members_is_name (line))
        return;
    char path [sizeof ("tags/") + ZELECT_ID_MAX];
    snprintf (path, sizeof (path), "tags/%s", line);
    zelect_tree_put (item, path, value);
}

static void
s_put_tags (zconfig_t *item, const char *tags)
{
    char lines [ZELECT_TAGS_MAX + 1];
    snprintf (lines, sizeof (lines), "%s", tags);
    char *rest = NULL;
    for (char *line = strtok_r (lines, "\n", &rest); line; line = strtok_r (NULL, "\n", &rest))
        s_put_tag (item, line);
}

void
zelect_tree_put_state (zconfig_t *item, const zelect_state_t *state)
{
    assert (item);
    assert (state);
    zelect_tree_put (item, "state", zelect_role_name (state->role));
    zelect_tree_put_number (item, "term", state->term);
    zelect_tree_put (item, "leader", state->leader);
    zelect_tree_put_number (item, "voter", state->is_voter);
    zelect_tree_put_number (item, "priority", state->priority);
    zelect_tree_put (item, "reason", zelect_reason_name (state->reason));
    zelect_tree_put_number (item, "healthy", state->is_healthy);
    s_put_tags (item, state->tags);
}
