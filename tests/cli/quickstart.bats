#!/usr/bin/env bats
#   quickstart.bats - examples/quickstart.sh in a fresh copy of the project
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

bats_require_minimum_version 1.5.0

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    copy=$BATS_TEST_TMPDIR/zelect
    mkdir "$copy" "$BATS_TEST_TMPDIR/tmp"
    tar -C "$root" -c --exclude=./build --exclude=./.git . | tar -C "$copy" -x
}

@test "it builds, elects, kills the leader, shows the next one, and cleans up" {
    TMPDIR=$BATS_TEST_TMPDIR/tmp run --separate-stderr timeout 110 "$copy/examples/quickstart.sh"
    echo "$output"
    # shellcheck disable=SC2154
    echo "$stderr"
    [ "$status" -eq 0 ]
    first=$(sed -n 's/^== The leader is \(n[123]\): kill -9 .*/\1/p' <<<"$output")
    next=$(sed -n 's/^== The next leader is \(n[123]\): .*/\1/p' <<<"$output")
    [ -n "$first" ]
    [ -n "$next" ]
    [ "$first" != "$next" ]
    grep -qE "^[0-9:.]+  $first +leader +term" <<<"$output"
    grep -qE "leader: $first$" <<<"$output"
    grep -qE "leader: $next$" <<<"$output"
    grep -qE "^$next leads quickstart in term [0-9]+: 2 of 3 asked say so" <<<"$output"
    [ -z "$(find "$BATS_TEST_TMPDIR/tmp" -name "zelect-*")" ]
    run pgrep -f "$BATS_TEST_TMPDIR/tmp"
    [ -z "$output" ]
    "$copy/build/zelect" version
}

@test "a build that fails is shown, and the exit code says so" {
    echo '#error broken on purpose' >>"$copy/include/zelect.h"
    TMPDIR=$BATS_TEST_TMPDIR/tmp run timeout 110 "$copy/examples/quickstart.sh"
    [ "$status" -eq 1 ]
    [[ $output == *"broken on purpose"* ]]
    [[ $output == *"quickstart: the build failed"* ]]
    [ -z "$(find "$BATS_TEST_TMPDIR/tmp" -name "zelect-*")" ]
}
