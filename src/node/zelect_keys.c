/*  =========================================================================
    zelect_keys - own key pair, and whose the other keys are

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_keys.h"
#include "zelect_members.h"
#include "zelect_zpl.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define SUFFIX ".cert"
#define SUFFIX_SIZE (sizeof (SUFFIX) - 1)
#define PATH_SIZE 1200    //  A directory's path, a slash, a name of 255 bytes

//  What others may not do with a file: anything, or write.
#define SECRET_MODE 077
#define PUBLIC_MODE 002

typedef struct {
    char name [ZELECT_ID_MAX + 1];
    char key [ZELECT_KEY_SIZE];
} s_entry_t;

struct _zelect_keys_t {
    char public_key [ZELECT_KEY_SIZE];
    char secret_key [ZELECT_KEY_SIZE];
    size_t count;
    s_entry_t entries [ZELECT_KEYS_MAX];
};

//  --------------------------------------------------------------------------
//  One certificate

typedef struct {
    char public_key [ZELECT_KEY_SIZE];    //  "": none
    char secret_key [ZELECT_KEY_SIZE];
    zelect_zpl_t zpl;
} s_certificate_t;

//  A key that does not decode is none.

static int
s_take_key (char key [ZELECT_KEY_SIZE], const char *value)
{
    uint8_t binary [32];
    if (*key || strlen (value) != ZELECT_KEY_SIZE - 1 || !zmq_z85_decode (binary, value))
        return -1;
    memcpy (key, value, ZELECT_KEY_SIZE);
    explicit_bzero (binary, sizeof (binary));
    return 0;
}

//  Lines of metadata are the user's; all others are known.

static int
s_take_line (s_certificate_t *self, bool *is_curve)
{
    const zelect_zpl_t *zpl = &self->zpl;
    if (zpl->level == 0) {
        *is_curve = strcmp (zpl->name, "curve") == 0;
        return *is_curve || strcmp (zpl->name, "metadata") == 0 ? 0 : -1;
    }
    if (!*is_curve)
        return 0;
    if (strcmp (zpl->name, "public-key") == 0)
        return s_take_key (self->public_key, zpl->value);
    if (strcmp (zpl->name, "secret-key") == 0)
        return s_take_key (self->secret_key, zpl->value);
    return -1;
}

//  Nothing of a line is quoted: it may be a secret.

static int
s_take_lines (s_certificate_t *self, const char *path, zelect_trouble_t *trouble)
{
    bool is_curve = false;
    int rc = zelect_zpl_next (&self->zpl);
    for (; rc == 1; rc = zelect_zpl_next (&self->zpl))
        if (s_take_line (self, &is_curve))
            break;
    if (rc)
        return zelect_trouble_set (trouble, EINVAL,
                                   "%s:%u: this line is none of a certificate; make one with "
                                   "zelect keygen",
                                   path, self->zpl.line);
    if (!*self->public_key)
        return zelect_trouble_set (trouble, EINVAL,
                                   "%s: there is no public key in it; make a certificate with "
                                   "zelect keygen",
                                   path);
    return 0;
}

//  An owner may do with his file what he likes, whatever its mode.

static int
s_check_owner (uint32_t owner, const char *path, zelect_trouble_t *trouble)
{
    if (owner == 0 || owner == geteuid ())
        return 0;
    return zelect_trouble_set (trouble, EPERM,
                               "%s: it is of user %u, who could change it; run chown %u %s", path,
                               owner, geteuid (), path);
}

static int
s_read (s_certificate_t *self, const char *path, unsigned mode, zelect_trouble_t *trouble)
{
    if (zelect_zpl_open (&self->zpl, path))
        return zelect_trouble_set (trouble, errno, "%s: %s", path, self->zpl.error);
    if (s_check_owner (self->zpl.owner, path, trouble))
        return -1;
    unsigned excess = self->zpl.mode & mode;
    if (excess)
        return zelect_trouble_set (
            trouble, EPERM, "%s: its mode %04o lets others %s it; run chmod %s %s", path,
            self->zpl.mode, mode == SECRET_MODE ? "read or change" : "change",
            mode == SECRET_MODE ? "600" : "o-w", path);
    return s_take_lines (self, path, trouble);
}

static void
s_forget (s_certificate_t *self)
{
    if (self->zpl.data)
        explicit_bzero (self->zpl.data, self->zpl.size);
    zelect_zpl_close (&self->zpl);
    explicit_bzero (self, sizeof (*self));
}

//  --------------------------------------------------------------------------
//  The own pair

static int
s_match_pair (const s_certificate_t *certificate, const char *path, zelect_trouble_t *trouble)
{
    char public_key [ZELECT_KEY_SIZE];
    if (!*certificate->secret_key)
        return zelect_trouble_set (trouble, EINVAL,
                                   "%s: there is no secret key in it; name the file that ends in "
                                   ".cert_secret",
                                   path);
    if (zmq_curve_public (public_key, certificate->secret_key)
        || strcmp (public_key, certificate->public_key) != 0)
        return zelect_trouble_set (trouble, EINVAL,
                                   "%s: its public key is not that of its secret key; make a new "
                                   "pair with zelect keygen",
                                   path);
    return 0;
}

static int
s_load_pair (zelect_keys_t *self, const char *path, zelect_trouble_t *trouble)
{
    s_certificate_t certificate = {.public_key = ""};
    int rc = s_read (&certificate, path, SECRET_MODE, trouble);
    rc = rc ? rc : s_match_pair (&certificate, path, trouble);
    if (rc == 0) {
        memcpy (self->public_key, certificate.public_key, ZELECT_KEY_SIZE);
        memcpy (self->secret_key, certificate.secret_key, ZELECT_KEY_SIZE);
    }
    s_forget (&certificate);
    return rc;
}

//  --------------------------------------------------------------------------
//  The keys of others

static int
s_add (zelect_keys_t *self,
       const char *name,
       const char *key,
       const char *directory,
       zelect_trouble_t *trouble)
{
    const char *other = zelect_keys_owner (self, key);
    if (other)
        return zelect_trouble_set (
            trouble, EINVAL,
            "%s: %s.cert and %s.cert have the same key; each needs a pair of "
            "its own, made with zelect keygen",
            directory, other, name);
    s_entry_t *entry = &self->entries [self->count++];
    memcpy (entry->name, name, strlen (name) + 1);
    memcpy (entry->key, key, ZELECT_KEY_SIZE);
    return 0;
}

static int
s_load_public (zelect_keys_t *self,
               const char *directory,
               const char *filename,
               zelect_trouble_t *trouble)
{
    char path [PATH_SIZE];
    snprintf (path, sizeof (path), "%s/%s", directory, filename);
    char name [256];
    snprintf (name, sizeof (name), "%.*s", (int) (strlen (filename) - SUFFIX_SIZE), filename);
    if (!zelect_members_is_name (name))
        return zelect_trouble_set (trouble, EINVAL,
                                   "%s: a certificate is called NAME.cert, and a name is 1 to 63 "
                                   "of A-Z a-z 0-9 . _ -",
                                   path);
    s_certificate_t certificate = {.public_key = ""};
    int rc = s_read (&certificate, path, PUBLIC_MODE, trouble);
    if (rc == 0 && *certificate.secret_key)
        rc =
            zelect_trouble_set (trouble, EPERM,
                                "%s: there is a secret key in it, which whoever has this "
                                "directory knows now; make a new pair with zelect keygen, and copy "
                                "its %s.cert here",
                                path, name);
    rc = rc ? rc : s_add (self, name, certificate.public_key, directory, trouble);
    s_forget (&certificate);
    return rc;
}

static int
s_is_certificate (const struct dirent *file)
{
    size_t length = strlen (file->d_name);
    return length >= SUFFIX_SIZE && strcmp (file->d_name + length - SUFFIX_SIZE, SUFFIX) == 0;
}

//  In the same order on every machine, whatever its locale.

static int
s_compare (const struct dirent **one, const struct dirent **other)
{
    return strcmp ((*one)->d_name, (*other)->d_name);
}

//  Whoever may write into the directory says who is let in.

static int
s_check_directory (const char *directory, zelect_trouble_t *trouble)
{
    struct stat status;
    if (stat (directory, &status))
        return zelect_trouble_set (trouble, errno,
                                   "%s: the directory of the keys cannot be read: %s", directory,
                                   strerror (errno));
    if (status.st_mode & PUBLIC_MODE)
        return zelect_trouble_set (trouble, EPERM,
                                   "%s: its mode %04o lets others change it; run chmod o-w %s",
                                   directory, status.st_mode & 07777, directory);
    return s_check_owner (status.st_uid, directory, trouble);
}

static int
s_load_directory (zelect_keys_t *self, const char *directory, zelect_trouble_t *trouble)
{
    struct dirent **files = NULL;
    if (s_check_directory (directory, trouble))
        return -1;
    int count = scandir (directory, &files, s_is_certificate, s_compare);
    if (count < 0)
        return zelect_trouble_set (trouble, errno,
                                   "%s: the directory of the keys cannot be read: %s", directory,
                                   strerror (errno));
    int rc = 0;
    if (count > ZELECT_KEYS_MAX)
        rc = zelect_trouble_set (trouble, E2BIG, "%s: it has %d certificates, of %d at most",
                                 directory, count, ZELECT_KEYS_MAX);
    for (int index = 0; index < count; index++) {
        if (rc == 0)
            rc = s_load_public (self, directory, files [index]->d_name, trouble);
        free (files [index]);
    }
    free (files);
    return rc;
}

//  --------------------------------------------------------------------------
//  Life

zelect_keys_t *
zelect_keys_new (const char *certificate, const char *directory, zelect_trouble_t *trouble)
{
    assert (certificate);
    assert (directory);
    zelect_keys_t *self = NULL;
    if (!zmq_has ("curve"))
        zelect_trouble_set (trouble, ENOTSUP,
                            "libzmq was built without CURVE: install one that has it, or take the "
                            "section security out");
    else if (!(self = calloc (1, sizeof (zelect_keys_t))))
        zelect_trouble_set (trouble, ENOMEM, "no memory for the keys");
    else if (s_load_pair (self, certificate, trouble)
             || s_load_directory (self, directory, trouble))
        zelect_keys_destroy (&self);
    if (!self)
        errno = trouble->code;
    return self;
}

void
zelect_keys_destroy (zelect_keys_t **self_p)
{
    assert (self_p);
    if (*self_p)
        explicit_bzero (*self_p, sizeof (zelect_keys_t));
    free (*self_p);
    *self_p = NULL;
}

//  --------------------------------------------------------------------------
//  Questions

const char *
zelect_keys_public (const zelect_keys_t *self)
{
    assert (self);
    return self->public_key;
}

const char *
zelect_keys_secret (const zelect_keys_t *self)
{
    assert (self);
    return self->secret_key;
}

const char *
zelect_keys_find (const zelect_keys_t *self, const char *name)
{
    assert (self);
    for (size_t index = 0; index < self->count; index++)
        if (strcmp (self->entries [index].name, name) == 0)
            return self->entries [index].key;
    return NULL;
}

const char *
zelect_keys_owner (const zelect_keys_t *self, const char *key)
{
    assert (self);
    for (size_t index = 0; index < self->count; index++)
        if (strcmp (self->entries [index].key, key) == 0)
            return self->entries [index].name;
    return NULL;
}

size_t
zelect_keys_count (const zelect_keys_t *self)
{
    assert (self);
    return self->count;
}
