#!/usr/bin/env bash
#   valgrind.sh TEST - one test under valgrind; its output comes out at the end
#
#   In the children of tests that fork beside a thread, what that thread held is
#   lost, and so is what a look-up holds that outlives its question (test_query):
#   there only other errors count.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -uo pipefail
leaks=definite,indirect,possible
case $1 in
*/test_store_actor | */test_store_lock | */test_query) leaks=none ;;
esac
status=0
output=$(valgrind -q --fair-sched=yes --child-silent-after-fork=yes --error-exitcode=99 \
    --suppressions="$(dirname "$0")/valgrind.supp" --leak-check=full \
    --errors-for-leak-kinds=$leaks "$1" 2>&1) || status=1
printf '%s\n%s\n' "$1" "$output"
exit $status
