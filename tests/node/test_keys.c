/*  =========================================================================
    test_keys - certificates that are good, and what is said of those that are not

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_certs.h"
#include "zelect_keys.h"
#include "zelect_options.h"
#include "zelect_test.h"

#include <czmq.h>

//  A directory with keys of the members n1 and n2 and of a watcher.

typedef struct {
    char directory [40];
    char certificate [80];
    pair_t n1, n2, watcher;
    zelect_options_t *options;
} desk_t;

static int
s_setup (void **state)
{
    desk_t *self = calloc (1, sizeof (desk_t));
    snprintf (self->directory, sizeof (self->directory), "/tmp/zelect-keys-XXXXXX");
    assert_non_null (mkdtemp (self->directory));
    snprintf (self->certificate, sizeof (self->certificate), "%s/n1.cert_secret", self->directory);
    self->n1 = zelect_certs_new (self->directory, "n1");
    self->n2 = zelect_certs_new (self->directory, "n2");
    self->watcher = zelect_certs_new (self->directory, "watcher");
    self->options = zelect_options_new ();
    const char *settings [][2] = {{"node/name", "n1"},
                                  {"node/volatile", "1"},
                                  {"cluster", "desk"},
                                  {"security/certificate", self->certificate},
                                  {"security/keys", self->directory}};
    for (size_t row = 0; row < 5; row++)
        assert_int_equal (zelect_options_set (self->options, settings [row][0], settings [row][1]),
                          0);
    zelect_options_add_member (self->options, "n1", "tcp://127.0.0.1:5680");
    zelect_options_add_member (self->options, "n2", "tcp://127.0.0.1:5690");
    *state = self;
    return 0;
}

static int
s_teardown (void **state)
{
    desk_t *self = *state;
    zelect_options_destroy (&self->options);
    zdir_t *directory = zdir_new (self->directory, NULL);
    zdir_remove (directory, true);
    zdir_destroy (&directory);
    rmdir (self->directory);
    free (self);
    return 0;
}

//  The settings are refused with a sentence of one line that has all these words and
//  no secret; up to NULL.

static void
s_refused (desk_t *self, ...)
{
    assert_int_equal (zelect_options_validate (self->options), -1);
    assert_int_equal (errno, EINVAL);
    const char *error = zelect_options_error (self->options);
    assert_null (strchr (error, '\n'));
    assert_null (strstr (error, self->n1.secret_key));
    va_list words;
    va_start (words, self);
    for (const char *word; (word = va_arg (words, const char *));)
        if (!strstr (error, word))
            fail_msg ("'%s' does not say '%s'", error, word);
    va_end (words);
}

static void
s_remove (const desk_t *self, const char *name)
{
    char path [120];
    snprintf (path, sizeof (path), "%s/%s", self->directory, name);
    assert_int_equal (unlink (path), 0);
}

static void
s_mode (const desk_t *self, const char *name, mode_t mode)
{
    char path [120];
    snprintf (path, sizeof (path), "%s/%s", self->directory, name);
    assert_int_equal (chmod (path, mode), 0);
}

//  ----  Good ones  -----------------------------------------------------------

static void
test_good_keys (void **state)
{
    desk_t *desk = *state;
    assert_int_equal (zelect_options_validate (desk->options), 0);
    zelect_trouble_t trouble;
    zelect_keys_t *keys = zelect_keys_new (desk->certificate, desk->directory, &trouble);
    assert_non_null (keys);
    assert_int_equal (zelect_keys_count (keys), 3);
    assert_string_equal (zelect_keys_public (keys), desk->n1.public_key);
    assert_string_equal (zelect_keys_secret (keys), desk->n1.secret_key);
    assert_string_equal (zelect_keys_find (keys, "n2"), desk->n2.public_key);
    assert_string_equal (zelect_keys_owner (keys, desk->watcher.public_key), "watcher");
    assert_null (zelect_keys_find (keys, "n3"));
    assert_null (zelect_keys_owner (keys, "x"));
    zelect_keys_destroy (&keys);
    assert_null (keys);
}

//  CZMQ's own files are as good, whatever metadata they have.

static void
test_keys_of_czmq (void **state)
{
    desk_t *desk = *state;
    zcert_t *certificate = zcert_new ();
    zcert_set_meta (certificate, "name", "%s", "Some Body");
    zcert_set_meta (certificate, "email", "%s", "x@example.org");
    char path [120];
    snprintf (path, sizeof (path), "%s/n1.cert", desk->directory);
    assert_int_equal (zcert_save (certificate, path), 0);
    s_mode (desk, "n1.cert", 0644);
    assert_int_equal (zelect_options_validate (desk->options), 0);
    //  Such as end otherwise are no certificates of anybody
    zelect_certs_put (desk->directory, "n1.cert~", "nonsense", 0644);
    zelect_certs_put (desk->directory, "notes", "nonsense", 0644);
    assert_int_equal (zelect_options_validate (desk->options), 0);
    zcert_destroy (&certificate);
}

//  ----  The own certificate  -------------------------------------------------

static void
s_own (const char *directory, const char *name, uid_t owner)
{
    char path [120];
    snprintf (path, sizeof (path), "%s/%s", directory, name);
    assert_int_equal (chown (path, owner, (gid_t) -1), 0);
}

//  Whose a file is may change it, whatever its mode: that is this user or root. Another
//  user is made by root alone; whoever else runs this has root's own files at least.

static void
test_keys_of_another_user (void **state)
{
    desk_t *desk = *state;
    if (geteuid ()) {
        zelect_options_set (desk->options, "security/certificate", "/etc/passwd");
        s_refused (desk, "/etc/passwd", "mode 0644", NULL);
        return;
    }
    const char *const names [] = {"n1.cert_secret", "n2.cert", "."};
    for (size_t index = 0; index < sizeof (names) / sizeof (names [0]); index++) {
        s_own (desk->directory, names [index], 12345);
        s_refused (desk, names [index][0] == '.' ? desk->directory : names [index], "of user 12345",
                   "chown 0", NULL);
        s_own (desk->directory, names [index], 0);
    }
    assert_int_equal (zelect_options_validate (desk->options), 0);
}

static void
test_secret_that_is_missing (void **state)
{
    desk_t *desk = *state;
    s_remove (desk, "n1.cert_secret");
    s_refused (desk, desk->certificate, "it cannot be opened: No such file", NULL);
}

static void
test_sec_30_secret_that_others_may_read (void **state)
{
    desk_t *desk = *state;
    const mode_t modes [] = {0644, 0640, 0604, 0620, 0602, 0601, 0610, 0777};
    for (size_t index = 0; index < sizeof (modes) / sizeof (modes [0]); index++) {
        s_mode (desk, "n1.cert_secret", modes [index]);
        char word [20];
        snprintf (word, sizeof (word), "mode %04o", modes [index]);
        s_refused (desk, desk->certificate, word, "chmod 600", NULL);
    }
    s_mode (desk, "n1.cert_secret", 0400);
    assert_int_equal (zelect_options_validate (desk->options), 0);
}

static void
test_secret_that_is_the_public_half (void **state)
{
    desk_t *desk = *state;
    zelect_certs_put (desk->directory, "n1.cert_secret", "curve\n    public-key = \"", 0600);
    s_refused (desk, desk->certificate, ":2: this line is none of a certificate", NULL);
    char path [120];
    snprintf (path, sizeof (path), "%s/n1.cert", desk->directory);
    s_mode (desk, "n1.cert", 0600);
    assert_int_equal (zelect_options_set (desk->options, "security/certificate", path), 0);
    s_refused (desk, path, "no secret key", ".cert_secret", NULL);
}

static void
test_malformed_keys (void **state)
{
    desk_t *desk = *state;
    const char *lines [] = {
        "metadata\n",
        "curve\n",
        "curve\n    public-key\n",
        "curve\n    public-key = \"short\"\n",
        "curve\n    public-key = \"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\"\n",
        "curve\n    colour = red\n",
        "elephant\n",
        "\x01\x02"};
    for (size_t index = 0; index < sizeof (lines) / sizeof (lines [0]); index++) {
        zelect_certs_put (desk->directory, "n2.cert", lines [index], 0644);
        s_refused (desk, "/n2.cert:", "zelect keygen", NULL);
    }
    char text [300];
    snprintf (text, sizeof (text), "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
              desk->n2.public_key, desk->n1.secret_key);
    zelect_certs_put (desk->directory, "n1.cert_secret", text, 0600);
    s_refused (desk, desk->certificate, "is not that of its secret key", NULL);
    //  A line with a secret is not quoted
    snprintf (text, sizeof (text), "curve\n    secret-key %s\n", desk->n1.secret_key);
    zelect_certs_put (desk->directory, "n1.cert_secret", text, 0600);
    s_refused (desk, desk->certificate, ":2: this line is none of a certificate", NULL);
}

//  ----  The others  ----------------------------------------------------------

static void
test_members_without_keys (void **state)
{
    desk_t *desk = *state;
    s_remove (desk, "n2.cert");
    s_refused (desk, "member n2 has no public key", desk->directory, "n2.cert", NULL);
}

static void
test_keys_used_twice (void **state)
{
    desk_t *desk = *state;
    zelect_certs_write (desk->directory, "n2", &desk->n1);
    s_refused (desk, "n1.cert and n2.cert have the same key", "zelect keygen", NULL);
    zelect_certs_write (desk->directory, "n2", &desk->n2);
    zelect_certs_write (desk->directory, "watcher", &desk->n2);
    s_refused (desk, "n2.cert and watcher.cert have the same key", NULL);
}

static void
test_certificate_of_another (void **state)
{
    desk_t *desk = *state;
    char path [120];
    snprintf (path, sizeof (path), "%s/n2.cert_secret", desk->directory);
    assert_int_equal (zelect_options_set (desk->options, "security/certificate", path), 0);
    s_refused (desk, path, "that of n2", "n1.cert", NULL);
    zelect_certs_new (desk->directory, "stray");
    s_remove (desk, "stray.cert");
    snprintf (path, sizeof (path), "%s/stray.cert_secret", desk->directory);
    assert_int_equal (zelect_options_set (desk->options, "security/certificate", path), 0);
    s_refused (desk, path, "nobody's", NULL);
}

static void
test_secret_among_the_public_ones (void **state)
{
    desk_t *desk = *state;
    char from [80], to [80];
    snprintf (from, sizeof (from), "%s/n2.cert_secret", desk->directory);
    snprintf (to, sizeof (to), "%s/n2.cert", desk->directory);
    assert_int_equal (rename (from, to), 0);
    s_refused (desk, "/n2.cert:", "secret key", "make a new pair", NULL);
}

static void
test_files_that_others_may_change (void **state)
{
    desk_t *desk = *state;
    s_mode (desk, "n2.cert", 0646);
    s_refused (desk, "/n2.cert:", "mode 0646", "chmod o-w", NULL);
    s_mode (desk, "n2.cert", 0664);
    assert_int_equal (zelect_options_validate (desk->options), 0);
    assert_int_equal (chmod (desk->directory, 0777), 0);
    s_refused (desk, desk->directory, "mode 0777", "chmod o-w", NULL);
    assert_int_equal (chmod (desk->directory, 0700), 0);
}

static void
test_names_that_are_none (void **state)
{
    desk_t *desk = *state;
    zelect_certs_write (desk->directory, "a b", &desk->n1);
    s_refused (desk, "/a b.cert", "1 to 63 of", NULL);
}

static void
test_directories_that_are_none (void **state)
{
    desk_t *desk = *state;
    assert_int_equal (zelect_options_set (desk->options, "security/keys", "/nonexistent"), 0);
    s_refused (desk, "/nonexistent", "No such file", NULL);
    assert_int_equal (zelect_options_set (desk->options, "security/keys", desk->certificate), 0);
    s_refused (desk, desk->certificate, "Not a directory", NULL);
}

//  ----  Half of it  ----------------------------------------------------------

static void
test_half_a_security_is_none (void **state)
{
    desk_t *desk = *state;
    assert_int_equal (zelect_options_set (desk->options, "security/keys", ""), 0);
    s_refused (desk, "security/certificate", desk->certificate, "security/keys", NULL);
    assert_int_equal (zelect_options_set (desk->options, "security/certificate", ""), 0);
    assert_int_equal (zelect_options_validate (desk->options), 0);
    assert_int_equal (zelect_options_set (desk->options, "security/keys", "keys"), 0);
    s_refused (desk, "security/keys", "secures nothing", NULL);
    assert_int_equal (zelect_options_set (desk->options, "security/keys", ""), 0);
    assert_int_equal (zelect_options_set (desk->options, "security/observers", "none"), 0);
    s_refused (desk, "security/observers", "secures nothing", NULL);
    assert_int_equal (zelect_options_set (desk->options, "security/observers", "some"), -1);
}

static void
test_an_empty_section_is_a_mistake (void **state)
{
    desk_t *desk = *state;
    char path [120];
    snprintf (path, sizeof (path), "%s/zelect.cfg", desk->directory);
    zelect_certs_put (desk->directory, "zelect.cfg", "security\n", 0644);
    zelect_options_set (desk->options, "security/keys", "");
    zelect_options_set (desk->options, "security/certificate", "");
    assert_int_equal (zelect_options_load (desk->options, path), 0);
    s_refused (desk, "zelect.cfg:1:", "secures nothing", NULL);
    //  What is saved in clear says nothing of it
    assert_int_equal (zelect_options_save (desk->options, path), 0);
    assert_int_equal (zelect_options_load (desk->options, path), 0);
    assert_int_equal (zelect_options_validate (desk->options), 0);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown (test, s_setup, s_teardown)

int
main (void)
{
    const struct CMUnitTest tests [] = {
        AT_DESK (test_good_keys),
        AT_DESK (test_keys_of_czmq),
        AT_DESK (test_keys_of_another_user),
        AT_DESK (test_secret_that_is_missing),
        AT_DESK (test_sec_30_secret_that_others_may_read),
        AT_DESK (test_secret_that_is_the_public_half),
        AT_DESK (test_malformed_keys),
        AT_DESK (test_members_without_keys),
        AT_DESK (test_keys_used_twice),
        AT_DESK (test_certificate_of_another),
        AT_DESK (test_secret_among_the_public_ones),
        AT_DESK (test_files_that_others_may_change),
        AT_DESK (test_names_that_are_none),
        AT_DESK (test_directories_that_are_none),
        AT_DESK (test_half_a_security_is_none),
        AT_DESK (test_an_empty_section_is_a_mistake),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
