#!/usr/bin/env bats
#   wait.bats - zelect wait
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034

load common

teardown() {
    cluster_stop
}

#   waits CODE ARGUMENT... - zelect wait ends with this code, and says nothing
waits() {
    run --separate-stderr timeout 60 "$zelect" wait "${@:2}"
    echo "$status: $output $stderr"
    [ "$status" -eq "$1" ]
    [ -z "$output$stderr" ]
}

@test "for a leader, a quorum and oneself: 0 when it is so" {
    election=2000 cluster_start 3
    waits 0 --for quorum -c "$work/n1.cfg" --timeout 20000
    waits 0 --for leader -c "$work/n1.cfg" --timeout 20000
    waits 0 --for leader "${endpoint[@]}"
    find_leader "${endpoint[@]}"
    waits 0 --for self -c "$work/n$leader.cfg" --timeout 5000
}

@test "1 when it is not so at the only look, 124 when not in time" {
    election=2000 cluster_start 3
    waits 0 --for leader "${endpoint[@]}"
    find_leader "${endpoint[@]}"
    other=$((leader % 3 + 1))
    waits 1 --for self -c "$work/n$other.cfg" --timeout 0
    waits 124 --for self -c "$work/n$other.cfg" --timeout 300
}

@test "without a majority: no quorum, and no leader" {
    election=300 cluster_configure 3
    node_start 1
    within 10 test -s "$work/n1.log"
    waits 124 --for quorum -c "$work/n1.cfg" --timeout 2000
    waits 124 --for leader -c "$work/n1.cfg" --timeout 500
}

@test "3 when nobody can be reached" {
    cluster_configure 3
    waits 3 --for leader -c "$work/n1.cfg" --timeout 500
    waits 3 --for self -c "$work/n1.cfg" --timeout 0
}

@test "it ends as soon as it is so, and when it is interrupted" {
    election=300 cluster_configure 1
    "$zelect" wait --for self -c "$work/n1.cfg" 3>&- &
    waiter=$!
    sleep 1
    node_start 1
    ends 0 "$waiter"
    "$zelect" wait --for quorum tcp://127.0.0.1:9 3>&- &
    waiter=$!
    sleep 1
    kill -INT "$waiter"
    ends 3 "$waiter"
}

@test "a configuration that is wrong: 2, with file and line" {
    cluster_configure 1
    sed -i 's/^cluster/clutter/' "$work/n1.cfg"
    run --separate-stderr "$zelect" wait --for leader -c "$work/n1.cfg"
    [ "$status" -eq 2 ]
    [[ $stderr == *"n1.cfg:"*clutter* ]]
}
