#   common.bash - what the tests of the program share
#
#   A cluster of real processes: cluster_start writes n1.cfg, n2.cfg ... into
#   $work and starts them; cluster_stop ends what still runs. The arrays endpoint,
#   feed and pid are indexed from 1.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

# shellcheck shell=bash disable=SC2034

bats_require_minimum_version 1.5.0

build=${ZELECT_BUILD_DIR:?is where zelect was built}
zelect=$build/zelect
work=$BATS_TEST_TMPDIR

is_free() {
    ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

#   Print a port that is free, and so is the next one. Each test process begins
#   elsewhere, below the range of the kernel's own.
next_port=$((10000 + (BASHPID * 97) % 9000))
take_port() {
    until is_free $next_port && is_free $((next_port + 1)); do
        next_port=$((next_port + 2))
    done
    port=$next_port
    next_port=$((next_port + 2))
}

#   write_config FILE ID - a member of the cluster of ${endpoint[@]}
write_config() {
    mkdir -p "$work/$2"
    {
        printf 'node\n    name = %s\n    store = "%s"\n    create = 1\n' "$2" "$work/$2"
        printf 'timing\n    heartbeat = 50 ms\n    election = %s ms\n' "${election:-300}"
        printf 'cluster = %s\n' "$cluster"
        local index
        for index in "${!endpoint[@]}"; do
            printf '    member = n%s\n        endpoint = %s\n' "$index" "${endpoint[$index]}"
        done
    } >"$1"
}

node_start() {
    "$zelect" node -c "$work/n$1.cfg" 2>>"$work/n$1.log" >>"$work/n$1.out" 3>&- &
    pid[$1]=$!
}

#   COUNT of nodes, and the cluster's name.
cluster_configure() {
    cluster=${2:-bats}
    declare -ga endpoint=() feed=() pid=()
    local index
    for ((index = 1; index <= $1; index++)); do
        take_port
        endpoint[index]=tcp://127.0.0.1:$port
        feed[index]=tcp://127.0.0.1:$((port + 1))
    done
    for ((index = 1; index <= $1; index++)); do
        write_config "$work/n$index.cfg" "n$index"
    done
}

cluster_start() {
    cluster_configure "$@"
    local index
    for ((index = 1; index <= $1; index++)); do
        node_start $index
    done
}

#   Not by SIGTERM: a process that hangs shall fail its test, not hang the suite.
cluster_stop() {
    local process
    for process in "${pid[@]}"; do
        kill -9 "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
}

#   within SECONDS COMMAND... - until it succeeds
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

#   Set leader to the index of the leader that all nodes named agree upon.
find_leader() {
    local id
    id=$("$zelect" status --json --timeout 500 "$@" |
        jq -er 'select (.agree == .asked) | .leader') || return 1
    leader=${id#n}
}

#   The same, but another one than $1; the nodes that are asked follow.
find_other_leader() {
    local before=$1
    find_leader "${@:2}" && [ "$leader" -ne "$before" ]
}

#   ends CODE PROCESS - a child ends by itself, within 15 seconds, with this code
ends() {
    local code=0
    within 15 is_gone "$2"
    wait "$2" || code=$?
    echo "process $2 ended with $code"
    [ "$code" -eq "$1" ]
}

is_gone() {
    local state
    state=$(ps -o stat= -p "$1") || return 0
    [[ $state == Z* ]]
}
