#!/usr/bin/env bats
#   The simulator itself: that it can fail, that it is deterministic, and fast.
#   What it finds is the business of the suite `simulator` of tests/run.sh.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

setup() {
    sim=$(realpath "$ZELECT_BUILD_DIR/tests/sim/sim")
}

@test "help lists more than 45 kinds of faults by name" {
    run "$sim" --help
    [ "$status" -eq 0 ]
    [ "$(grep -cE '^  [a-z_]+ +[^-]' <<<"$output")" -ge 50 ]
    [[ $output =~ "one_way_cut" && $output =~ "torn_slot" && $output =~ "replayed_boot" ]]
}

@test "every fault alone does no harm" {
    for fault in $("$sim" --help | sed -n '/faults:$/,/^That/s/^  \([a-z_]*\) .*/\1/p'); do
        echo "$fault"
        "$sim" --seed 1 --runs 20 --only "$fault"
    done
}

#   A canary breaks what the promises rest on, so it has to fail, and for the
#   right reason.
canary() {
    local transcript=$BATS_TEST_TMPDIR/transcript status=0
    "$sim" --seed 1 --runs 20000 --canary "$1" >"$transcript" || status=$?
    head -8 "$transcript"
    [ "$status" -eq 1 ]
    grep -qE "^FAILED with --seed [0-9]+ --runs 1: $2" "$transcript"
    grep -qE "VIOLATION: $2" "$transcript"
}

@test "canary: clocks beyond the bound make two leases at one instant" {
    canary drift "two leases at one instant"
}

@test "canary: a lease taken for longer makes two at one instant" {
    canary lease "two leases at one instant"
}

@test "canary: a store that lies makes promises or votes come twice" {
    canary forget "(two (votes|leaders) in a term|breaks a promise|term goes backwards)"
}

@test "canary: a clock that stands still while its machine does makes two leases" {
    canary freeze "two leases at one instant"
}

@test "canary: a false proof of death makes two leases" {
    canary proof "two leases at one instant"
}

@test "the same seed is the same run, whatever ran before" {
    "$sim" --seed 7 --trace >"$BATS_TEST_TMPDIR/one"
    "$sim" --seed 7 --trace >"$BATS_TEST_TMPDIR/other"
    cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/other"
    first=$("$sim" --seed 7 --runs 500 | sed 's/, [0-9]* x real.*s)//')
    second=$("$sim" --seed 7 --runs 500 --jobs 2 | sed 's/, [0-9]* x real.*s)//')
    [ "$first" = "$second" ]
}

@test "five nodes, all faults and all checks on: 20,000 times real time a core" {
    run "$sim" --seed 1 --runs 1000 --nodes 5 --only all
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output =~ \ ([0-9]+)" x real time a core" ]]
    [ "${BASH_REMATCH[1]}" -ge 20000 ]
}

@test "a timeline is a picture of its own, without foreign parts" {
    picture=$BATS_TEST_TMPDIR/timeline.svg
    "$sim" --seed 7 --nodes 5 --events 5 --only crash,pause --svg "$picture"
    /usr/bin/python3 -c "import sys, xml.dom.minidom as d; d.parse (sys.argv [1])" "$picture"
    grep -q 'class="leader"' "$picture"
    grep -q 'class="lease"' "$picture"
    run grep -cE 'href=|url\(http' "$picture"
    [ "$output" = 0 ]
}

@test "doc/timeline.svg is what its command makes" {
    mkdir "$BATS_TEST_TMPDIR/doc"
    (
        cd "$BATS_TEST_TMPDIR" || exit 1
        "$sim" --seed 72 --nodes 5 --events 6 \
            --only crash,pause,proof-of-death,delay --svg doc/timeline.svg
    )
    cmp "$BATS_TEST_TMPDIR/doc/timeline.svg" doc/timeline.svg
}

@test "what cannot be is refused" {
    local bad
    for bad in --only=nonsense --canary=nonsense --jobs=0 --nodes=10 --nonsense more; do
        run "$sim" "$bad"
        [ "$status" -eq 2 ]
    done
}
