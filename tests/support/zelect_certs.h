/*  =========================================================================
    zelect_certs - certificates for the tests

    Written as `zelect keygen` writes them, by other means.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_CERTS_H_INCLUDED
#define ZELECT_CERTS_H_INCLUDED

#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>
#include <zmq.h>

typedef struct {
    char public_key [41];
    char secret_key [41];
} pair_t;

//  --------------------------------------------------------------------------
//  Write a text to DIRECTORY/NAME, with this mode.

static inline void
zelect_certs_put (const char *directory, const char *name, const char *text, unsigned mode)
{
    char path [300];
    snprintf (path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen (path, "w");
    assert (stream);
    fputs (text, stream);
    fclose (stream);
    int rc = chmod (path, mode);
    assert (rc == 0);
}

//  --------------------------------------------------------------------------
//  Write NAME.cert and NAME.cert_secret for a pair of keys.

static inline void
zelect_certs_write (const char *directory, const char *name, const pair_t *pair)
{
    char file [100], text [300];
    snprintf (file, sizeof file, "%s.cert", name);
    snprintf (text, sizeof text, "metadata\n    name = \"%s\"\ncurve\n    public-key = \"%s\"\n",
              name, pair->public_key);
    zelect_certs_put (directory, file, text, 0644);
    snprintf (file, sizeof file, "%s.cert_secret", name);
    snprintf (text, sizeof text,
              "metadata\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
              pair->public_key, pair->secret_key);
    zelect_certs_put (directory, file, text, 0600);
}

//  --------------------------------------------------------------------------
//  A new pair, and its files.

static inline pair_t
zelect_certs_new (const char *directory, const char *name)
{
    pair_t pair;
    int rc = zmq_curve_keypair (pair.public_key, pair.secret_key);
    assert (rc == 0);
    zelect_certs_write (directory, name, &pair);
    return pair;
}

#endif
