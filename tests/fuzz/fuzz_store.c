/*  =========================================================================
    fuzz_store - any bytes as the file of the vote record

    The first byte says how the file is made: of the bytes as they are, or of
    two slots, sealed or not. The rest are the slots, and then what is saved
    afterwards. The file is opened by the real store, in $TMPDIR (best in
    memory). What the store has to make of it is worked out here from the
    layout in zelect_slot.h and the rules in zelect_store.h alone: it takes the
    record that counts, or it refuses and leaves every byte as it was.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "fuzz.h"

#include "zelect_store.h"

#include <czmq.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define S_FILE_SIZE (ZELECT_STORE_SLOTS * ZELECT_STORE_SLOT_OFFSET)
#define S_FIELDS_SIZE 256    //  Of a slot; zeros follow, then the seal
#define S_SEAL_AT 492
#define S_SEAL_SIZE 20

//  How the file is made.
enum {
    S_RAW = 1,    //  The bytes as they are, whatever their size
    S_SEAL_FIRST = 2,
    S_SEAL_SECOND = 4,
    S_SAME = 8,         //  The second slot is the first one
    S_NEXT = 16,        //  ... with the next number and term
    S_PREVIOUS = 32,    //  ... with the previous ones
    S_TORN = 64,        //  ... with a byte changed after it was sealed
    S_LONG = 128        //  The file goes on behind its end
};

static char s_directory [256];
static char s_path [300];

//  --------------------------------------------------------------------------
//  The file

static void
s_remove (void)
{
    unlink (s_path);
    rmdir (s_directory);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    const char *parent = getenv ("TMPDIR");
    snprintf (s_directory, sizeof s_directory, "%s/zelect-fuzz-XXXXXX", parent ? parent : "/tmp");
    FUZZ_CHECK (mkdtemp (s_directory));
    snprintf (s_path, sizeof s_path, "%s/" ZELECT_STORE_FILE, s_directory);
    atexit (s_remove);
    return 0;
}

static void
s_write (const uint8_t *bytes, size_t size)
{
    int handle = open (s_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK (handle != -1);
    FUZZ_CHECK (write (handle, bytes, size) == (ssize_t) size);
    close (handle);
}

static size_t
s_read (uint8_t bytes [2 * S_FILE_SIZE])
{
    int handle = open (s_path, O_RDONLY | O_CLOEXEC);
    FUZZ_CHECK (handle != -1);
    ssize_t size = read (handle, bytes, 2 * S_FILE_SIZE);
    FUZZ_CHECK (size >= 0);
    close (handle);
    return (size_t) size;
}

//  --------------------------------------------------------------------------
//  Slots, as zelect_slot.h describes them

static uint64_t
s_number (const uint8_t *slot, size_t at, size_t size)
{
    fuzz_bytes_t bytes = {slot + at, size};
    return fuzz_take (&bytes, size);
}

static void
s_put_number (uint8_t *slot, size_t at, uint64_t number)
{
    for (size_t i = 0; i < 8; i++)
        slot [at + i] = (uint8_t) (number >> 8 * i);
}

static void
s_seal (const uint8_t *slot, uint8_t seal [S_SEAL_SIZE])
{
    zdigest_t *digest = zdigest_new ();
    FUZZ_CHECK (digest);
    zdigest_update (digest, slot, S_SEAL_AT);
    memcpy (seal, zdigest_data (digest), S_SEAL_SIZE);
    zdigest_destroy (&digest);
}

typedef enum { S_GOOD, S_DAMAGED, S_NEWER } s_state_t;

static s_state_t
s_judge_slot (const uint8_t *slot)
{
    uint8_t seal [S_SEAL_SIZE];
    s_seal (slot, seal);
    if (memcmp (slot, "ZELVOTE\n", 8) != 0 || memcmp (slot + S_SEAL_AT, seal, S_SEAL_SIZE) != 0)
        return S_DAMAGED;
    if (s_number (slot, 8, 4) > 1)
        return S_NEWER;
    uint64_t floor = s_number (slot, 48, 8);
    bool is_good = s_number (slot, 8, 4) == 1 && s_number (slot, 12, 4) == 512
                   && s_number (slot, 24, 8) < ZELECT_TERM_MAX
                   && s_number (slot, 40, 8) <= UINT64_C (3600000000000)
                   && (floor < ZELECT_TERM_MAX || floor == UINT64_MAX) && slot [127] == 0
                   && slot [191] == 0 && slot [255] == 0;
    return is_good ? S_GOOD : S_DAMAGED;
}

static bool
s_is_of (const uint8_t *slot, const char *cluster, const char *node)
{
    return strcmp ((const char *) slot + 64, cluster) == 0
           && strcmp ((const char *) slot + 128, node) == 0;
}

//  What has to come of a file: the slot that counts, or -errno.

static int
s_judge (const uint8_t *file)
{
    const uint8_t *slots [] = {file, file + ZELECT_STORE_SLOT_OFFSET};
    s_state_t states [] = {s_judge_slot (slots [0]), s_judge_slot (slots [1])};
    for (int i = 0; i < 2; i++) {
        if (states [i] == S_NEWER)
            return -ENOTSUP;
        if (states [i] == S_GOOD && !s_is_of (slots [i], "orders", "n1"))
            return -EPERM;
    }
    if (states [0] != S_GOOD && states [1] != S_GOOD)
        return -EBADMSG;
    if (states [0] != S_GOOD || states [1] != S_GOOD)
        return states [0] == S_GOOD ? 0 : 1;
    uint64_t first = s_number (slots [0], 16, 8), second = s_number (slots [1], 16, 8);
    if (first == second)
        return memcmp (slots [0], slots [1], ZELECT_SLOT_SIZE) == 0 ? 0 : -EBADMSG;
    uint64_t distance = first > second ? first - second : second - first;
    if (distance > 1)
        return -EBADMSG;
    return first > second ? 0 : 1;
}

//  --------------------------------------------------------------------------
//  The store

static void
s_check_text (const char *text)
{
    FUZZ_CHECK (text && *text);
    for (; *text; text++)
        FUZZ_CHECK ((unsigned char) *text >= ' ' && *text != 0x7f);
}

static void
s_check_refusal (zelect_store_t *store, int code, const uint8_t *file, size_t size)
{
    uint8_t after [2 * S_FILE_SIZE];
    FUZZ_CHECK (errno == code);
    s_check_text (zelect_store_error (store));
    FUZZ_CHECK (s_read (after) == size && memcmp (after, file, size) == 0);
}

static void
s_check_record (const zelect_store_record_t *record, const uint8_t *slot)
{
    FUZZ_CHECK (record->term == s_number (slot, 24, 8));
    FUZZ_CHECK (record->vote_incarnation == s_number (slot, 32, 8));
    FUZZ_CHECK (record->promise_ns == s_number (slot, 40, 8));
    FUZZ_CHECK (record->floor == s_number (slot, 48, 8));
    FUZZ_CHECK (record->boot_count == s_number (slot, 56, 8) + 1);
    FUZZ_CHECK (strcmp (record->vote, (const char *) slot + 192) == 0);
}

//  Both slots hold the same, and it is this.

static void
s_check_file (const zelect_store_record_t *record)
{
    uint8_t file [2 * S_FILE_SIZE] = {0};
    s_read (file);
    FUZZ_CHECK (memcmp (file, file + ZELECT_STORE_SLOT_OFFSET, ZELECT_SLOT_SIZE) == 0);
    FUZZ_CHECK (s_judge (file) == 0);
    zelect_store_record_t before = *record;
    before.boot_count++;
    s_check_record (&before, file);
}

static bool
s_may_follow (const zelect_store_record_t *next, const zelect_store_record_t *last)
{
    bool is_same =
        strcmp (next->vote, last->vote) == 0 && next->vote_incarnation == last->vote_incarnation;
    return next->term < ZELECT_TERM_MAX
           && (next->term > last->term || (next->term == last->term && (!*last->vote || is_same)));
}

//  Save some records; the first that takes back what was saved is refused, and so
//  is all that comes after it.

static void
s_save_some (zelect_store_t *store, zelect_store_record_t *record, fuzz_bytes_t *bytes)
{
    static const char *const votes [] = {"", "n1", "n2", "n3"};
    bool is_poisoned = false;
    for (int count = 0; count < 3 && bytes->left > 0; count++) {
        uint64_t kind = fuzz_take (bytes, 1);
        zelect_store_record_t next = *record;
        next.term += kind & 1 ? kind >> 1 & 7 : 0;
        next.term -= kind & 16 ? 1 : 0;
        next.vote_incarnation = kind >> 5 & 1;
        next.floor = fuzz_take (bytes, 1);
        next.promise_ns = fuzz_take (bytes, 1);
        next.boot_count = kind;    //  Counts for nothing
        strcpy (next.vote, votes [kind >> 6 & 3]);
        bool is_good = !is_poisoned && s_may_follow (&next, record);
        is_poisoned = !is_good;
        FUZZ_CHECK (zelect_store_save (store, &next) == (is_good ? 0 : -1));
        if (is_good) {
            next.boot_count = record->boot_count;
            *record = next;
        }
        else {
            FUZZ_CHECK (errno == EINVAL);
            s_check_text (zelect_store_error (store));
        }
        s_check_file (record);
    }
}

static zelect_store_t *
s_new (void)
{
    zelect_store_t *store = zelect_store_new (s_directory, "orders", "n1");
    FUZZ_CHECK (store);
    return store;
}

//  It was opened: nobody else can, saves work, and the next one finds them.

static void
s_use (zelect_store_t **store_p, zelect_store_record_t *record, fuzz_bytes_t *bytes)
{
    zelect_store_record_t again;
    s_check_file (record);
    zelect_store_t *second = s_new ();
    FUZZ_CHECK (zelect_store_open (second, &again) == -1 && errno == EBUSY);
    s_save_some (*store_p, record, bytes);
    zelect_store_destroy (store_p);
    FUZZ_CHECK (zelect_store_open (second, &again) == 0);
    record->boot_count++;
    FUZZ_CHECK (again.term == record->term && again.vote_incarnation == record->vote_incarnation);
    FUZZ_CHECK (again.floor == record->floor && again.promise_ns == record->promise_ns);
    FUZZ_CHECK (again.boot_count == record->boot_count && streq (again.vote, record->vote));
    zelect_store_destroy (&second);
}

//  --------------------------------------------------------------------------
//  Make a file of an input

static void
s_take_fields (uint8_t *slot, fuzz_bytes_t *bytes)
{
    for (size_t i = 0; i < S_FIELDS_SIZE; i++)
        slot [i] = (uint8_t) fuzz_take (bytes, 1);
}

static size_t
s_make (uint8_t file [2 * S_FILE_SIZE], uint64_t how, fuzz_bytes_t *bytes)
{
    uint8_t *first = file, *second = file + ZELECT_STORE_SLOT_OFFSET;
    if (how & S_RAW) {
        size_t size = bytes->left < 2 * S_FILE_SIZE ? bytes->left : 2 * S_FILE_SIZE;
        memcpy (file, bytes->at, size);
        bytes->at += size;
        bytes->left -= size;
        return size;
    }
    s_take_fields (first, bytes);
    if (how & (S_SAME | S_NEXT | S_PREVIOUS))
        memcpy (second, first, S_FIELDS_SIZE);
    else
        s_take_fields (second, bytes);
    if (how & S_NEXT) {
        s_put_number (second, 16, s_number (first, 16, 8) + 1);
        s_put_number (second, 24, s_number (first, 24, 8) + 1);
    }
    if (how & S_PREVIOUS) {
        s_put_number (second, 16, s_number (first, 16, 8) - 1);
        s_put_number (second, 24, s_number (first, 24, 8) - 1);
    }
    if (how & S_SEAL_FIRST)
        s_seal (first, first + S_SEAL_AT);
    if (how & S_SEAL_SECOND)
        s_seal (second, second + S_SEAL_AT);
    if (how & S_TORN)
        file [fuzz_take (bytes, 2) % S_FILE_SIZE] ^= (uint8_t) (fuzz_take (bytes, 1) | 1);
    return how & S_LONG ? 2 * S_FILE_SIZE : S_FILE_SIZE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static uint8_t file [2 * S_FILE_SIZE];
    memset (file, 0, sizeof file);
    fuzz_bytes_t bytes = {data, size};
    uint64_t how = fuzz_take (&bytes, 1);
    size_t file_size = s_make (file, how, &bytes);
    s_write (file, file_size);
    //  A slot that the file has not in full is damaged
    uint8_t whole [2 * S_FILE_SIZE] = {0};
    memcpy (whole, file, file_size);
    for (size_t i = 0; i < ZELECT_STORE_SLOTS; i++)
        if (file_size < i * ZELECT_STORE_SLOT_OFFSET + ZELECT_SLOT_SIZE)
            memset (whole + i * ZELECT_STORE_SLOT_OFFSET, 0, ZELECT_SLOT_SIZE);
    int wanted = s_judge (whole);

    zelect_store_t *store = s_new ();
    zelect_store_record_t record;
    memset (&record, 0, sizeof record);
    int rc = zelect_store_open (store, &record);
    FUZZ_CHECK (rc == (wanted < 0 ? -1 : 0));
    if (rc == 0) {
        s_check_record (&record, whole + wanted * ZELECT_STORE_SLOT_OFFSET);
        s_use (&store, &record, &bytes);
    }
    else
        s_check_refusal (store, -wanted, file, file_size);
    zelect_store_destroy (&store);
    return 0;
}
