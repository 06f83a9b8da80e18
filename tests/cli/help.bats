#!/usr/bin/env bats
#   help.bats - what the program says of itself, and to wrong usage
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load common

commands=(demo node run watch status wait bench fsm keygen version)

#   refuses ARGUMENTS... - exit code 2, nothing on stdout, one line on stderr
#   that names what is wrong, which is the last argument here.
refuses() {
    local wrong=${*: -1}
    run --separate-stderr "$zelect" "${@:1:$#-1}"
    echo "$status: $output $stderr"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "zelect"*": "*"$wrong"* ]]
}

@test "zelect alone prints its usage to stderr" {
    run --separate-stderr "$zelect"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == *Usage:*demo*node*watch*status*fsm*version* ]]
}

@test "help lists the commands, on stdout" {
    for asked in help --help -h; do
        run --separate-stderr "$zelect" $asked
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        for command in "${commands[@]}"; do
            [[ $output == *"  $command "* ]]
        done
    done
}

@test "each command has help with three examples and its exit codes" {
    for command in "${commands[@]}"; do
        run --separate-stderr "$zelect" help "$command"
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
        [[ $output == "Usage: zelect $command"* ]]
        [[ $output == *"  0  "*"  2  "* ]]
        [ "$(grep -c "^  zelect $command" <<<"$output")" -eq 3 ]
        by_help=$output
        run "$zelect" "$command" --help
        [ "$status" -eq 0 ]
        [ "$output" = "$by_help" ]
    done
}

@test "help fits a terminal" {
    for command in "" "${commands[@]}"; do
        # shellcheck disable=SC2086
        run "$zelect" help $command
        [ "$(wc -L <<<"$output")" -le 100 ]
    done
}

@test "an unknown command is refused, with a suggestion" {
    refuses wacth "did you mean 'watch'"
    refuses stat "unknown command 'stat'"
    refuses help nod "did you mean 'node'"
    refuses elephant "unknown command 'elephant' ('zelect help' lists them)"
    refuses "" "unknown command ''"
}

@test "an unknown option is refused, with a suggestion" {
    for command in "${commands[@]}"; do
        refuses "$command" --hepl "did you mean --help?"
        refuses "$command" --elephant "--elephant: unknown option"
        refuses "$command" -x "-x: unknown option"
    done
    refuses demo --knodes 3 "did you mean --nodes?"
}

@test "wrong options and arguments are refused, each by name" {
    refuses demo surplus "'surplus'"
    refuses demo --nodes "--nodes"
    refuses demo --nodes two "two"
    refuses demo --nodes 2 "--nodes 2: must be from 3 to 9"
    refuses demo --nodes 10 "--nodes 10"
    refuses demo --kills -1 "--kills -1"
    refuses demo --kills 101 "--kills 101"
    refuses demo --heartbeat 0 "--heartbeat 0"
    refuses demo --election 99999999999999999999 "99999999999999999999"
    refuses demo --keep=1 "--keep"
    refuses node "zelect node -c FILE"
    refuses node -c "-c"
    refuses node -c n1.cfg surplus "'surplus'"
    refuses run "zelect run -c FILE -- CMD"
    refuses run -c n1.cfg "zelect run -c n1.cfg -- CMD"
    refuses run -c n1.cfg -- "zelect run -c n1.cfg -- CMD"
    refuses run -c n1.cfg ./job "'./job': the command stands behind --"
    refuses run -c n1.cfg --grace -1 -- true "--grace -1: must be from 0 to 60000"
    refuses run -c n1.cfg --margin 0 -- true "--margin 0"
    refuses run -c n1.cfg --health-interval 9 -- true "--health-interval 9"
    refuses run -c n1.cfg --health-cmd '"' -- true "an open quote"
    refuses run -c n1.cfg --health-cmd '' -- true "no words"
    refuses run -c n1.cfg --timeout -1 -- true "--timeout -1"
    refuses wait "--for ''"
    refuses wait --for Godot tcp://127.0.0.1:9 "--for 'Godot'"
    refuses wait --for leader "whom to ask?"
    refuses wait --for self tcp://127.0.0.1:9 "zelect wait --for self -c FILE"
    refuses wait --for quorum -c n1.cfg tcp://127.0.0.1:9 "not both"
    refuses wait --for quorum nonsense "'nonsense' is no endpoint"
    refuses wait --for quorum --timeout -2 tcp://127.0.0.1:9 "--timeout -2"
    refuses watch "zelect watch -C CLUSTER"
    refuses watch tcp://127.0.0.1:9 "zelect watch --cluster NAME tcp://127.0.0.1:9"
    refuses watch -C bats "which feed?"
    refuses watch -C 'a b' tcp://127.0.0.1:9 "'a b' is no name"
    refuses watch -C bats nonsense "'nonsense' is no endpoint"
    refuses watch -C bats --count -1 tcp://127.0.0.1:9 "--count -1"
    refuses watch -C bats --timeout -1 tcp://127.0.0.1:9 "--timeout -1"
    refuses status "which nodes?"
    refuses status nonsense "'nonsense' is no endpoint"
    refuses status tcp://127.0.0.1:9 nonsense "'nonsense' is no endpoint"
    refuses status --timeout 0 tcp://127.0.0.1:9 "--timeout 0"
    refuses status --json=yes tcp://127.0.0.1:9 "--json"
    refuses bench surplus "'surplus'"
    refuses bench --kind crash "--kind 'crash'"
    refuses bench --runs 0 "--runs 0"
    refuses bench --runs 10001 "--runs 10001"
    refuses bench --nodes 2 "--nodes 2: must be from 3 to 9"
    refuses bench --heartbeat 0 "--heartbeat 0"
    refuses bench --election -1 "--election -1"
    refuses bench --json=1 "--json"
    refuses fsm surplus "'surplus'"
    refuses version surplus "'surplus'"
    refuses keygen "zelect keygen NAME"
    refuses keygen n1 n2 "'n2': one name at a time"
    refuses keygen "a b" "'a b' is no name"
    refuses status -s n1.cert_secret tcp://127.0.0.1:9 "go together"
    refuses watch -C bats -k keys tcp://127.0.0.1:9 "go together"
}

@test "version names the libraries, as text and as JSON" {
    run --separate-stderr "$zelect" version
    [ "$status" -eq 0 ]
    [[ $output =~ ^zelect\ [0-9]+\.[0-9]+\.[0-9]+\ \(CZMQ\ [0-9.]+\)$ ]]
    [ "$("$zelect" --version)" = "$output" ]
    version=$("$zelect" version --json)
    [[ $version == '{"v":1,'* ]]
    jq -e '.zelect and .czmq' <<<"$version"
    [[ $output == "zelect $(jq -r .zelect <<<"$version") "* ]]
}

@test "fsm prints a graph with every role" {
    run --separate-stderr "$zelect" fsm
    [ "$status" -eq 0 ]
    [[ $output == digraph* ]]
    for role in follower precandidate candidate leader_elect leader faulted; do
        [[ $output == *"$role"* ]]
    done
}

@test "a full disk is an error, a reader that left is none" {
    run --separate-stderr bash -c '"$1" fsm >/dev/full' - "$zelect"
    [ "$status" -eq 125 ]
    [[ $stderr == *"cannot write to stdout"* ]]
    run bash -c 'set -o pipefail; trap "" PIPE; "$1" fsm | true' - "$zelect"
    [ "$status" -eq 0 ]
}

@test "colour is for terminals, and not with NO_COLOR" {
    command -v script >/dev/null    # of bsdutils
    in_terminal() {
        script -qec "$*" /dev/null </dev/null
    }
    escape=$'\033'
    run "$zelect" status --timeout 1 tcp://127.0.0.1:9
    [[ $output != *"$escape"* ]]
    run in_terminal "$zelect" status --timeout 1 tcp://127.0.0.1:9
    [[ $output == *"$escape"* ]]
    NO_COLOR=1 run in_terminal "$zelect" status --timeout 1 tcp://127.0.0.1:9
    [[ $output != *"$escape"* ]]
}
