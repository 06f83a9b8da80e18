#!/usr/bin/env bats
#   examples.bats - every example in C runs: elects, survives, ends on SIGTERM
#
#   They all join one cluster at fixed ports, so this file runs alone.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load common

endpoint=([1]=tcp://127.0.0.1:5680 [2]=tcp://127.0.0.1:5690 [3]=tcp://127.0.0.1:5700)

#   example_start NAME INDEX - one of the three members
example_start() {
    "$build/examples/$1" "n$2" >"$work/n$2.out" 2>"$work/n$2.err" 3>&- &
    pid[$2]=$!
}

setup() {
    declare -ga pid=()
}

teardown() {
    cluster_stop
    tail -n +1 "$work"/n?.out "$work"/n?.err    # shown when the test fails
}

#   The number of the three that show this text.
count_showing() {
    grep -lE "$1" "$work"/n?.out | wc -l
}

@test "hello, actor and zloop elect one leader; kill -9: another; SIGTERM: 0" {
    example_start hello 1
    example_start actor 2
    example_start zloop 3
    within 20 find_leader "${endpoint[@]}"
    within 5 grep -q ENTER_LEADER "$work/n$leader.out"
    [ "$(count_showing ENTER_LEADER)" -eq 1 ]
    first=$leader
    kill -9 "${pid[first]}"
    wait "${pid[first]}" || true
    others=("${endpoint[@]}")
    unset "others[$((first - 1))]"
    within 20 find_other_leader "$first" "${others[@]}"
    within 5 grep -q ENTER_LEADER "$work/n$leader.out"
    for index in 1 2 3; do
        if [ "$index" -ne "$first" ]; then
            kill -TERM "${pid[index]}"
            ends 0 "${pid[index]}"
            [ ! -s "$work/n$index.err" ]
        fi
    done
}

@test "hello says who leads, and to the leader that it does" {
    for index in 1 2 3; do
        example_start hello $index
    done
    within 20 find_leader "${endpoint[@]}"
    told() {
        [ "$(count_showing "the leader is n$leader")" -eq 3 ]
    }
    within 5 told
    grep -q "^ENTER_LEADER in term [0-9]*, the leader is n$leader: me$" "$work/n$leader.out"
    [ "$(count_showing ': me$')" -eq 1 ]
}

@test "actor shows the token while it leads" {
    for index in 1 2 3; do
        example_start actor $index
    done
    within 20 find_leader "${endpoint[@]}"
    within 5 grep -qE '^ENTER_LEADER: .*\(leading with token [0-9]+\)$' "$work/n$leader.out"
}

@test "zloop works while it leads, and only then" {
    for index in 1 2 3; do
        example_start zloop $index
    done
    within 20 find_leader "${endpoint[@]}"
    within 5 grep -qE '^working, with token [0-9]+$' "$work/n$leader.out"
    [ "$(count_showing working)" -eq 1 ]
}

@test "callbacks: each moment has its callback, and the log goes to zsys" {
    for index in 1 2 3; do
        example_start callbacks $index
    done
    within 20 find_leader "${endpoint[@]}"
    within 5 grep -qE "^n$leader: I lead, with token [0-9]+$" "$work/n$leader.out"
    [ "$(count_showing 'I lead, with')" -eq 1 ]
    for moment in LEAVE_FOLLOWER ENTER_CANDIDATE LEAVE_CANDIDATE; do
        grep -qx "n$leader: $moment" "$work/n$leader.out"
    done
    [ "$(count_showing ENTER_FOLLOWER)" -eq 3 ]
    grep -q '^I: .* cluster=hello node=n'"$leader"' .*role=leader' "$work/n$leader.err"
    kill -TERM "${pid[leader]}"
    ends 0 "${pid[leader]}"
    grep -q "^n$leader: I lead no more: " "$work/n$leader.out"
}

@test "a port in use, an unknown member: a sentence and exit code 2" {
    for example in hello actor zloop callbacks; do
        run --separate-stderr "$build/examples/$example" n4
        [ "$status" -eq 2 ]
        [[ $stderr == "$example: "*n4* ]]
    done
    example_start hello 1
    within 20 grep -q ENTER_FOLLOWER "$work/n1.out"
    for example in hello actor zloop callbacks; do
        run --separate-stderr "$build/examples/$example" n1
        [ "$status" -eq 2 ]
        [[ $stderr == "$example: "*5680*"in use"* ]]
    done
}
