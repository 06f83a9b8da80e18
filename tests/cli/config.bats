#!/usr/bin/env bats
#   config.bats - bad configurations: one line that names the file, the value
#   and the remedy, and exit code 2
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load common

setup() {
    cluster_configure 3
    config=$work/n1.cfg
}

teardown() {
    cluster_stop
}

#   refused TEXT... - the node does not start, and its one line says all these
refused() {
    run --separate-stderr timeout 20 "$zelect" node -c "$config"
    echo "$status: $output $stderr"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    # shellcheck disable=SC2154
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == "zelect: "* ]]
    local text
    for text in "$@"; do
        [[ $stderr == *"$text"* ]]
    done
}

#   change SCRIPT - edit the configuration with sed
change() {
    sed -i "$1" "$config"
}

@test "the configuration that the others are made from is good" {
    node_start 1
    within 5 grep -q STARTED "$work/n1.log"
}

@test "no such file" {
    config=$work/missing.cfg
    refused missing.cfg
}

@test "a directory instead of a file" {
    config=$work
    refused "$work"
}

@test "an unknown key, with a suggestion and its line" {
    change 's/heartbeat/hearbeat/'
    refused "n1.cfg:6:" "'timing/hearbeat'" "did you mean 'timing/heartbeat'"
}

@test "an unknown section" {
    printf 'elephant\n    size = 3\n' >>"$config"
    refused "n1.cfg:" elephant
}

@test "a key that stands twice" {
    change 's/^    heartbeat.*/&\n&/'
    refused "n1.cfg:7:" heartbeat
}

@test "a heartbeat that is no number" {
    change 's/heartbeat = .*/heartbeat = often/'
    refused "n1.cfg:6:" timing/heartbeat often
}

@test "a heartbeat in a unit that does not exist" {
    change 's/heartbeat = .*/heartbeat = 50 parsecs/'
    refused "n1.cfg:6:" timing/heartbeat "50 parsecs"
}

@test "a heartbeat of 0" {
    change 's/heartbeat = .*/heartbeat = 0/'
    refused "n1.cfg:6:" timing/heartbeat "'0'"
}

@test "an election timeout out of its range" {
    change 's/election = .*/election = 60001/'
    refused "n1.cfg:7:" timing/election 60001 60000
}

@test "an election timeout too near to the heartbeat" {
    change 's/election = .*/election = 60/'
    refused timing/election timing/heartbeat 60
}

@test "a negative number" {
    change 's/^    create.*/&\n    priority = -1/'
    refused "n1.cfg:5:" node/priority -1
}

@test "a priority above 255" {
    change 's/^    create.*/&\n    priority = 256/'
    refused "n1.cfg:5:" node/priority 256 255
}

@test "a drift above its range" {
    change 's/^timing.*/&\n    drift = 301/'
    refused "n1.cfg:" timing/drift 301 300
}

@test "a switch that is neither 0 nor 1" {
    change 's/create = .*/create = yes/'
    refused "n1.cfg:4:" node/create yes
}

@test "a node name that is none" {
    change 's/name = n1/name = n 1/'
    refused "n1.cfg:2:" node/name "n 1"
}

@test "no node name" {
    change '/name = n1/d'
    refused node/name
}

@test "no cluster name" {
    change 's/^cluster = bats/cluster/'
    refused cluster
}

@test "a cluster name that is none" {
    change 's/^cluster = bats/cluster = b\/ts/'
    refused "n1.cfg:8:" cluster "b/ts"
}

@test "this node is not among the members" {
    change 's/name = n1/name = n4/'
    refused n4 member
}

@test "no members" {
    change '/^cluster/,$d'
    echo 'cluster = bats' >>"$config"
    refused member
}

@test "a member that stands twice" {
    printf '    member = n3\n        endpoint = tcp://127.0.0.1:9\n' >>"$config"
    refused "n1.cfg:" n3
}

@test "a member without an endpoint" {
    printf '    member = n4\n' >>"$config"
    refused n4 endpoint
}

@test "a member's name that is none" {
    change 's/member = n3/member = n!3/'
    refused "n1.cfg:" member
}

@test "two members at one endpoint" {
    change "s|${endpoint[3]}|${endpoint[2]}|"
    refused "${endpoint[2]}" n2 n3
}

@test "a member at the feed of another" {
    change "s|${endpoint[3]}|${feed[2]}|"
    refused "${feed[2]}"
}

@test "an endpoint without a transport" {
    change 's|endpoint = tcp://127.0.0.1:|endpoint = 127.0.0.1:|'
    refused "n1.cfg:10:" endpoint 127.0.0.1
}

@test "an endpoint without a port" {
    change "s|${endpoint[3]}|tcp://127.0.0.1|"
    refused "n1.cfg:" tcp://127.0.0.1 port
}

@test "an endpoint with a port above 65535" {
    change "s|${endpoint[3]}|tcp://127.0.0.1:65536|"
    refused "n1.cfg:" 65536
}

@test "an endpoint that cannot be connected to" {
    change "s|${endpoint[3]}|tcp://*:9000|"
    refused "n1.cfg:" "'tcp://*:9000'"
}

@test "a transport that members cannot use" {
    change "s|${endpoint[3]}|inproc://n3|"
    refused "n1.cfg:" inproc://n3
}

@test "bind at an address that is not of this machine" {
    change "s|${endpoint[1]}|tcp://203.0.113.1:9000|"
    refused tcp://203.0.113.1:9000
}

@test "bind and feed at one endpoint" {
    change "s|^    create.*|&\n    feed = ${endpoint[1]}|"
    refused "${endpoint[1]}" feed
}

@test "a port in use" {
    node_start 1
    within 5 grep -q STARTED "$work/n1.log"
    config=$work/other.cfg
    sed 's|store = .*|volatile = 1|; s|    create.*||' "$work/n1.cfg" >"$config"
    refused "${endpoint[1]}" "in use"
}

@test "a store that another node has open" {
    node_start 1
    within 5 grep -q STARTED "$work/n1.log"
    take_port
    config=$work/other.cfg
    sed "s|${endpoint[1]}|tcp://127.0.0.1:$port|" "$work/n1.cfg" >"$config"
    refused "$work/n1"
}

@test "neither store nor volatile" {
    change '/store = /d; /create = /d'
    refused node/store node/volatile
}

@test "both store and volatile" {
    change 's/^    create.*/&\n    volatile = 1/'
    refused node/store node/volatile
}

@test "a store that does not exist" {
    change "s|store = .*|store = $work/missing/store|"
    refused "$work/missing"
}

@test "a store that is no directory" {
    touch "$work/file"
    change "s|store = .*|store = $work/file|"
    refused "$work/file"
}

@test "a store of another node" {
    node_start 2
    within 5 grep -q STARTED "$work/n2.log"
    cluster_stop
    change "s|store = .*|store = $work/n2|"
    refused n1 n2 "$work/n2"
}

@test "a store of another cluster" {
    node_start 1
    within 5 grep -q STARTED "$work/n1.log"
    cluster_stop
    change 's/^cluster = bats/cluster = other/'
    refused bats other "$work/n1"
}

@test "a store with a damaged record" {
    node_start 1
    within 5 grep -q STARTED "$work/n1.log"
    cluster_stop
    for file in "$work"/n1/*; do
        head -c "$(stat -c %s "$file")" /dev/urandom | dd of="$file" conv=notrunc
    done
    refused "$work/n1"
}

@test "a tab instead of spaces" {
    change 's/^    store/\tstore/'
    refused "n1.cfg:3:"
}

@test "a line out of its column" {
    change 's/^    store/   store/'
    refused "n1.cfg:3:"
}

@test "a line that is no setting" {
    change 's/^    store.*/    = nothing/'
    refused "n1.cfg:3:"
}

@test "an empty file" {
    : >"$config"
    refused
}

@test "random bytes" {
    head -c 4096 /dev/urandom >"$config"
    refused
}

@test "an open quote" {
    change 's/^    store = .*/    store = "open/'
    refused "n1.cfg:3:"
}

@test "tags that are too long" {
    change "s/^    create.*/&\n    tags\n        long = $(printf 'x%.0s' {1..600})/"
    refused "n1.cfg:" tags
}

@test "a member that neither votes nor could, alone" {
    change '/member = n2/,$d'
    printf '        voter = 0\n' >>"$config"
    refused vote
}
