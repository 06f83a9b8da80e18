/*  =========================================================================
    store_writer - saves one record after the other until it is killed

    store_writer DIRECTORY

    Each record follows from its number, which stands in its floor, so that one
    number tells what must be found. On stdout, a line a word, each one write ():

        opened N BOOTS    record N was found, whole; 0: there was none
        saved N           record N was saved

    A record that is not what its number says ends the process with 3.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

//  Four records a term: without a vote, with one, and two more that keep it.

static zelect_store_record_t
s_record (uint64_t number)
{
    zelect_store_record_t record;
    memset (&record, 0, sizeof record);
    record.term = number / 4 + 1;
    record.floor = number;
    record.promise_ns = number * 1000;
    if (number % 4 > 0) {
        snprintf (record.vote, sizeof record.vote, "member-%" PRIu64, record.term % 5);
        record.vote_incarnation = record.term * UINT64_C (0x9e3779b97f4a7c15);
    }
    return record;
}

static bool
s_is_whole (const zelect_store_record_t *found)
{
    zelect_store_record_t wanted = s_record (found->floor);
    return found->term == wanted.term && strcmp (found->vote, wanted.vote) == 0
           && found->vote_incarnation == wanted.vote_incarnation
           && found->promise_ns == wanted.promise_ns;
}

static int
s_say (const char *word, uint64_t number, uint64_t boots)
{
    char line [100];
    int size = snprintf (line, sizeof line, "%s %" PRIu64 " %" PRIu64 "\n", word, number, boots);
    return write (STDOUT_FILENO, line, (size_t) size) == size ? 0 : -1;
}

static int
s_fail (zelect_store_t *store)
{
    fprintf (stderr, "store_writer: %s\n", zelect_store_error (store));
    return 2;
}

int
main (int argc, char **argv)
{
    if (argc != 2)
        return 1;
    zelect_store_t *store = zelect_store_new (argv [1], "orders", "node-1");
    zelect_store_record_t record = s_record (0);
    int rc = zelect_store_open (store, &record);
    if (rc == 1) {
        rc = zelect_store_create (store, &record);
        record.boot_count = 1;
    }
    if (rc == -1)
        return s_fail (store);
    if (!s_is_whole (&record))
        return 3;
    if (s_say ("opened", record.floor, record.boot_count) == -1)
        return 4;
    for (uint64_t number = record.floor + 1;; number++) {
        record = s_record (number);
        if (zelect_store_save (store, &record) == -1)
            return s_fail (store);
        if (s_say ("saved", number, 0) == -1)
            return 4;
    }
}
