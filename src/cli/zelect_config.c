/*  =========================================================================
    zelect_config - what a command wants to know of a node's configuration

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINT_SIZE 512    //  A name, and an endpoint of 255 bytes at most

static void
s_add_member (zelect_config_t *self, zconfig_t *member)
{
    char *id = zconfig_value (member);
    char endpoint [ENDPOINT_SIZE];
    snprintf (endpoint, sizeof (endpoint), "%s%s%s", self->certificate ? id : "",
              self->certificate ? "@" : "", zconfig_get (member, "endpoint", ""));
    if (strcmp (id, self->node) == 0) {
        free (self->own);
        self->own = strdup (endpoint);
    }
    if (strcmp (zconfig_get (member, "voter", "1"), "0") != 0)
        zlist_append (self->endpoints, endpoint);
}

static void
s_take (zelect_config_t *self, zconfig_t *root)
{
    zconfig_t *cluster = zconfig_locate (root, "cluster");
    snprintf (self->node, sizeof (self->node), "%s", zconfig_get (root, "node/name", ""));
    const char *certificate = zconfig_get (root, "security/certificate", NULL);
    if (certificate) {
        self->certificate = strdup (certificate);
        self->keys = strdup (zconfig_get (root, "security/keys", ""));
    }
    snprintf (self->cluster, sizeof (self->cluster), "%s", zconfig_get (root, "cluster", ""));
    for (zconfig_t *child = cluster ? zconfig_child (cluster) : NULL; child;
         child = zconfig_next (child))
        if (strcmp (zconfig_name (child), "member") == 0)
            s_add_member (self, child);
}

zelect_config_t *
zelect_config_new (const char *file)
{
    zelect_config_t *self = calloc (1, sizeof (zelect_config_t));
    if (!self)
        return NULL;
    self->endpoints = zlist_new ();
    zlist_autofree (self->endpoints);
    zconfig_t *root = zconfig_load (file);
    if (root)
        s_take (self, root);
    zconfig_destroy (&root);
    return self;
}

void
zelect_config_destroy (zelect_config_t **self_p)
{
    zelect_config_t *self = *self_p;
    if (!self)
        return;
    zlist_destroy (&self->endpoints);
    free (self->certificate);
    free (self->keys);
    free (self->own);
    free (self);
    *self_p = NULL;
}
