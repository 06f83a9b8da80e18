/*  =========================================================================
    zelect_pass - what an observer shows at doors that CURVE guards

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_pass_private.h"
#include "zelect_types.h"

struct _zelect_pass_t {
    zelect_keys_t *keys;         //  NULL: it is not in order
    zelect_trouble_t trouble;    //  ... and why
};

zelect_pass_t *
zelect_pass_new (const char *certificate, const char *directory)
{
    assert (certificate);
    assert (directory);
    zelect_pass_t *self = calloc (1, sizeof (zelect_pass_t));
    if (self)
        self->keys = zelect_keys_new (certificate, directory, &self->trouble);
    return self;
}

void
zelect_pass_destroy (zelect_pass_t **self_p)
{
    assert (self_p);
    zelect_pass_t *self = *self_p;
    if (!self)
        return;
    zelect_keys_destroy (&self->keys);
    free (self);
    *self_p = NULL;
}

const char *
zelect_pass_error (const zelect_pass_t *self)
{
    assert (self);
    return self->keys ? NULL : self->trouble.text;
}

const zelect_keys_t *
zelect_pass_keys (const zelect_pass_t *self)
{
    assert (self);
    return self->keys;
}

const char *
zelect_pass_endpoint (const zelect_pass_t *self, const char *text, const char **key)
{
    *key = NULL;
    if (!self)
        return text;
    size_t length = strcspn (text, "@");
    if (self->keys && text [length] && length <= ZELECT_ID_MAX) {
        char name [ZELECT_ID_MAX + 1];
        snprintf (name, sizeof (name), "%.*s", (int) length, text);
        *key = zelect_keys_find (self->keys, name);
    }
    if (*key)
        return text + length + 1;
    errno = EINVAL;
    return NULL;
}
