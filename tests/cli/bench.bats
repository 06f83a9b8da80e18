#!/usr/bin/env bats
#   bench.bats - the benchmark for users measures, ends, and leaves nothing behind
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2030,SC2031

load common

setup() {
    export TMPDIR=$work/tmp    # where the benchmark puts its directory
    mkdir "$TMPDIR"
    #   Its processes are known by an option that no other test has
    election=$((100 + BASHPID % 400))
    quick=(--heartbeat 20 --election "$election")
}

nobody_left() {
    ! pgrep -f "bench --heartbeat 20 --election $election( |\$)" >/dev/null
}

nothing_left() {
    nobody_left && [ -z "$(ls -A "$TMPDIR")" ]
}

@test "it ends the leader so often, and shows how the times are spread" {
    run --separate-stderr timeout 60 "$zelect" bench "${quick[@]}" --runs 3
    echo "$output"
    echo "$stderr"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ ${lines[0]} == "3 nodes, each a process"*" vote store in $TMPDIR/zelect-bench-"* ]]
    [[ ${lines[1]} == *", election timeout $election ms. The leader is killed"*": 3 times." ]]
    [ "${lines[2]}" = "..." ]
    [ "$(grep -cE '^ +[0-9.]+ ms  #* +[0-9]+$' <<<"$output")" -ge 1 ]
    part='[0-9]+\.[0-9]{2} ms'
    [[ ${lines[-1]} =~ ^n\ 3,\ p50\ $part,\ p90\ $part,\ p99\ $part,\ most\ $part\; ]]
    nothing_left
}

@test "every kind of end is measured, and told as JSON" {
    for kind in kill resign stop term; do
        run --separate-stderr timeout 60 "$zelect" bench "${quick[@]}" --kind $kind --runs 2 --json
        echo "$output"
        echo "$stderr"
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [ "${#lines[@]}" -eq 1 ]
        jq -e --arg kind $kind --argjson election "$election" \
            '.v == 1 and .kind == $kind and .nodes == 3 and .runs == 2 and .one_term <= 2
             and .heartbeat_ms == 20 and .election_ms == $election
             and (.times_ms | length) == 2 and .times_ms [0] <= .times_ms [1]
             and .p50_ms == .times_ms [0] and .max_ms == .times_ms [1]
             and .p90_ms == .max_ms and .p99_ms == .max_ms and .p50_ms > 0' <<<"$output"
        #   Digits that say something
        [[ ! $output =~ [0-9]{14} ]]
        nothing_left
    done
    #   Silence costs an election timeout, less what passed since the last heartbeat
    run "$zelect" bench "${quick[@]}" --kind stop --nodes 5 --runs 1 --json
    jq -e '.nodes == 5 and .p50_ms > .election_ms - 3 * .heartbeat_ms' <<<"$output"
}

@test "settings that the nodes refuse end it with their words and exit code 2" {
    run --separate-stderr timeout 60 "$zelect" bench --heartbeat 400 --election 500
    echo "$stderr"
    [ "$status" -eq 2 ]
    [[ ${stderr_lines[0]} == "zelect bench: n"[123]" ended by itself: "*"timing/election"* ]]
    nothing_left
}

@test "interrupted, it cleans up; killed by kill -9, it takes its nodes with it" {
    for signal in INT TERM; do
        "$zelect" bench "${quick[@]}" --runs 1000 >"$work/out" 2>&1 3>&- &
        bench=$!
        within 20 grep -q '^\.' "$work/out"
        kill -$signal $bench
        ends 1 $bench
        grep -qx 'zelect bench: interrupted' "$work/out"
        nothing_left
    done
    "$zelect" bench "${quick[@]}" --runs 1000 >"$work/out" 2>&1 3>&- &
    bench=$!
    within 20 grep -q '^\.' "$work/out"
    kill -9 $bench
    wait $bench || true
    within 5 nobody_left
}

@test "without a place for its directory it says so" {
    TMPDIR=$work/missing run --separate-stderr "$zelect" bench
    [ "$status" -eq 125 ]
    [[ $stderr == "zelect bench: cannot set up: "* ]]
}
