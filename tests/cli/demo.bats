#!/usr/bin/env bats
#   demo.bats - the demonstration runs, ends, and leaves nothing behind
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load common

setup() {
    export TMPDIR=$work/tmp    # where the demonstration puts its directory
    mkdir "$TMPDIR"
}

#   No node of a demonstration with that directory runs.
nobody_left() {
    ! pgrep -f "zelect node -c $TMPDIR/" >/dev/null
}

nothing_left() {
    nobody_left && [ -z "$(ls -A "$TMPDIR")" ]
}

@test "it elects, kills the leader twice, and tells how long the fail-overs took" {
    run --separate-stderr timeout 60 "$zelect" demo
    echo "$output"
    echo "$stderr"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(grep -c 'KILLED by kill -9' <<<"$output")" -eq 2 ]
    [ "$(grep -cE '^fail-over [12]: the next leader [0-9]+\.[0-9] ms after the kill' \
        <<<"$output")" -eq 2 ]
    [ "$(grep -cE '^  n[123]  [ .?#!x]{66}$' <<<"$output")" -eq 3 ]
    [ "$(grep -cE '^  n[123]  .*#' <<<"$output")" -ge 2 ]
    nothing_left
}

@test "nodes, kills and timing can be chosen; --keep keeps the directory" {
    run timeout 60 "$zelect" demo --nodes 5 --kills 1 --heartbeat 20 --election 200 --keep
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[-1]} == "kept: $TMPDIR/zelect-demo-"* ]]
    nobody_left
    kept=${lines[-1]#kept: }
    [ "$(find "$kept" -name 'n?.log' -size +0 | wc -l)" -eq 5 ]
}

@test "settings that the nodes refuse end it with their words and exit code 2" {
    run --separate-stderr timeout 60 "$zelect" demo --heartbeat 400 --election 500
    echo "$stderr"
    [ "$status" -eq 2 ]
    [[ ${stderr_lines[0]} == "zelect demo: n"[123]" ended by itself: "*"timing/election"* ]]
    nothing_left
}

@test "interrupted, it cleans up" {
    for signal in INT TERM HUP; do
        rm -f "$work/out"
        "$zelect" demo >"$work/out" 2>&1 3>&- &
        demo=$!
        within 20 grep -q 'leader:' "$work/out"
        kill -$signal $demo
        ends 1 $demo
        [ "$(grep -c '^zelect demo: ' "$work/out")" -eq 1 ]
        grep -qx 'zelect demo: interrupted' "$work/out"
        nothing_left
    done
}

@test "when its reader leaves, it cleans up" {
    run bash -c 'set -o pipefail
        timeout 30 "$1" demo --kills 100 2>/dev/null | head -n 6' - "$zelect"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -ge 4 ]
    within 10 nothing_left
}

@test "killed by kill -9, it takes its nodes with it" {
    "$zelect" demo >"$work/out" 2>&1 3>&- &
    demo=$!
    within 20 grep -q 'leader:' "$work/out"
    kill -9 $demo
    wait $demo || true
    within 5 nobody_left
}

@test "without a place for its directory it says so" {
    TMPDIR=$work/missing run --separate-stderr "$zelect" demo
    [ "$status" -eq 125 ]
    [[ $stderr == "zelect demo: cannot set up: "* ]]
}
