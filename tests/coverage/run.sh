#!/usr/bin/env bash
#   coverage/run.sh [BUILD] - every line and branch of core, wire and store is tested
#
#   Builds the tests of the core, the wire and the store with gcov (preset
#   coverage, into BUILD or build/coverage), runs them, and fails if a line or a
#   branch of src/core, src/wire or the store was never taken; what is missing is
#   printed. Excluded are assertions (lines with assert or ZELECT_CHECK: a branch
#   of theirs is a bug) and protoc-c's code, nothing else. Seeds are fixed: what
#   is reached must not be left to chance.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:-build/coverage}
tests=(tests/core/test_*.c tests/wire/test_*.c tests/node/test_slot.c tests/node/test_store*.c
    tests/observer/test_belief.c)
targets=()
for test in "${tests[@]}"; do
    folder=${test#tests/}
    targets+=("${folder%/*}_$(basename "$test" .c)")
done

cmake --preset coverage -B "$build" >/dev/null
cmake --build "$build" -j"$(nproc)" --target "${targets[@]}" | sed '/^\[ *[0-9]*%\]/d'
find "$build" -name '*.gcda' -delete
export ZELECT_SEED=1 ZELECT_COUNT_SCALE=0.01
ctest --test-dir "$build" -j"$(nproc)" --no-tests=error --output-on-failure -Q \
    -O "$build/coverage-tests.log" -R "^($(IFS='|' && echo "${targets[*]}"))\$" ||
    { cat "$build/coverage-tests.log" && exit 1; }

gcovr --root . \
    --filter 'src/core/' --filter 'src/wire/' \
    --filter 'src/node/zelect_(store|slot|lock|directory|store_actor)\.' \
    --exclude '.*\.pb-c\.[ch]' \
    --exclude-lines-by-pattern '\s*(assert|ZELECT_CHECK) \(.*' \
    --json "$build/coverage.json" \
    "$build"/CMakeFiles/zelect_{core,wire,node}.dir
exec /usr/bin/python3 tests/coverage/judge.py "$build/coverage.json"
