#!/usr/bin/env bash
#   quickstart.sh - from a fresh clone to an election, in one command
#
#   Installs the Debian packages that are missing, builds the library and the
#   program into build/, starts a cluster of three nodes on this machine, shows
#   its election live, kills the leader and shows the next one taking over.
#   Leaves build/zelect behind and nothing else.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -euo pipefail
cd "$(dirname "$0")/.."

say() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf 'quickstart: %s\n' "$*" >&2
    exit 1
}

#   Three nodes, each with its configuration, vote store and log in here.
work=$(mktemp -d -t zelect-quickstart-XXXXXX)
declare -A pid=()
watcher=
clean_up() {
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
    [ ${#pid[@]} -eq 0 ] || kill "${pid[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

say 'Packages: tests/setup.sh build'
tests/setup.sh build

say 'Build: cmake -B build && cmake --build build'
if ! { cmake -B build -DZELECT_BUILD_TESTS=OFF && cmake --build build -j"$(nproc)"; } \
    >"$work/build.log" 2>&1; then
    cat "$work/build.log"
    fail 'the build failed'
fi
tail -n 1 "$work/build.log"

is_free() {
    ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

#   Each node takes two ports, the second for its feed.
endpoints=()
feeds=()
port=9700
for id in n1 n2 n3; do
    until is_free $port && is_free $((port + 1)); do
        port=$((port + 2))
        [ $port -lt 9998 ] || fail 'no free ports between 9700 and 9998'
    done
    endpoints+=("tcp://127.0.0.1:$port")
    feeds+=("tcp://127.0.0.1:$((port + 1))")
    port=$((port + 2))
done

for id in n1 n2 n3; do
    mkdir "$work/$id"
    cat >"$work/$id.cfg" <<END
node
    name = $id
    store = "$work/$id"
    create = 1
cluster = quickstart
    member = n1
        endpoint = ${endpoints[0]}
    member = n2
        endpoint = ${endpoints[1]}
    member = n3
        endpoint = ${endpoints[2]}
END
done
say "The configuration of n1 (the others differ in name and store)"
cat "$work/n1.cfg"

#   Ask until there is a leader that is not the one before; print its id.
wait_for_leader() {
    local before=$1 leader
    for _ in {1..100}; do
        leader=$(build/zelect status --timeout 500 "${endpoints[@]}" 2>/dev/null |
            sed -n 's/ leads quickstart .*//p') || true
        if [ -n "$leader" ] && [ "$leader" != "$before" ]; then
            echo "$leader"
            return
        fi
        sleep 0.1
    done
    return 1
}

say "The feed, live: zelect watch --cluster quickstart ${feeds[*]}"
build/zelect watch --cluster quickstart "${feeds[@]}" &
watcher=$!
for id in n1 n2 n3; do
    build/zelect node -c "$work/$id.cfg" 2>"$work/$id.log" &
    pid[$id]=$!
done

leader=$(wait_for_leader '') || fail "no leader: $(tail -n 3 "$work"/*.log)"
sleep 1
say "The leader is $leader: kill -9 ${pid[$leader]}"
kill -9 "${pid[$leader]}"
wait "${pid[$leader]}" 2>/dev/null || true
unset "pid[$leader]"
next=$(wait_for_leader "$leader") || fail "no next leader: $(tail -n 3 "$work"/*.log)"
sleep 1
say "The next leader is $next: zelect status ${endpoints[*]}"
build/zelect status --timeout 500 "${endpoints[@]}"

say 'Done. Ready to use: build/zelect (try build/zelect demo, build/zelect help)'
