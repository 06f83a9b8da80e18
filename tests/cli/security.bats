#!/usr/bin/env bats
#   security.bats - keygen, a cluster of processes with keys, and who is turned away
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load common

setup() {
    keys=$work/keys
    mkdir "$keys"
}

teardown() {
    cluster_stop
}

#   secure ID... - keys for these, and the section for those that are nodes
secure() {
    local id
    for id in "$@"; do
        "$zelect" keygen --directory "$keys" "$id" >/dev/null
        [ -f "$work/$id.cfg" ] || continue
        printf 'security\n    certificate = %s\n    keys = %s\n' \
            "$keys/$id.cert_secret" "$keys" >>"$work/$id.cfg"
    done
}

#   refused TEXT... - node n1 does not start, and its one line says all these
refused() {
    run --separate-stderr timeout 20 "$zelect" node -c "$work/n1.cfg"
    echo "$status: $output $stderr"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    local text
    for text in "$@"; do
        [[ $stderr == *"$text"* ]]
    done
}

start_secured() {
    cluster_configure 3
    secure n1 n2 n3 watcher
    local index
    for index in 1 2 3; do
        node_start $index
    done
    mine=(--certificate "$keys/watcher.cert_secret" --keys "$keys")
}

has_leader() {
    "$zelect" status "${mine[@]}" --json --timeout 500 \
        "n1@${endpoint[1]}" "n2@${endpoint[2]}" "n3@${endpoint[3]}" |
        jq -e '.agree == 3' >/dev/null
}

@test "keygen writes a pair, says where, and gives the secret to nobody" {
    cd "$work"
    umask 000
    run --separate-stderr "$zelect" keygen n1
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$output" = $'./n1.cert\n./n1.cert_secret' ]
    [ "$(stat -c %a n1.cert_secret)" = 600 ]
    [ "$(stat -c %a n1.cert)" = 644 ]
    grep -q '^    public-key = ".\{40\}"$' n1.cert
    grep -q '^    secret-key = ".\{40\}"$' n1.cert_secret
    run ! grep secret-key n1.cert
    [ "$(grep public-key n1.cert)" = "$(grep public-key n1.cert_secret)" ]
    "$zelect" keygen n2
    [ "$(grep public-key n1.cert)" != "$(grep public-key n2.cert)" ]
}

@test "keygen overwrites nothing, and leaves no half of a pair" {
    "$zelect" keygen -d "$keys" n1
    cp "$keys/n1.cert" "$work/before"
    run --separate-stderr "$zelect" keygen -d "$keys" n1
    [ "$status" -eq 2 ]
    [[ $stderr == *"$keys/n1.cert_secret is there already"* ]]
    cmp "$keys/n1.cert" "$work/before"
    rm "$keys/n1.cert_secret"
    run --separate-stderr "$zelect" keygen -d "$keys" n1
    [ "$status" -eq 2 ]
    [[ $stderr == *"$keys/n1.cert is there already"* ]]
    [ ! -e "$keys/n1.cert_secret" ]
    "$zelect" keygen -d "$work/new" n1
    [ -e "$work/new/n1.cert_secret" ]
    for directory in "$work/nowhere/new" ""; do    # "" is not the root directory
        run --separate-stderr "$zelect" keygen -d "$directory" n1
        [ "$status" -eq 2 ]
        [[ $stderr == *"--directory '$directory' cannot be made: No such file"* ]]
    done
    run --separate-stderr "$zelect" keygen -d "$work/new/n1.cert" n1
    [ "$status" -eq 2 ]
    [[ $stderr == *"$work/new/n1.cert/n1.cert_secret cannot be written: Not a directory"* ]]
}

@test "three nodes with keys elect a leader, and another when it is killed" {
    start_secured
    within 15 has_leader
    grep -q 'event=secured keys=4' "$work/n1.log"
    run "$zelect" status "${mine[@]}" "n1@${endpoint[1]}"
    [[ ${lines[-1]} == n[123]" leads bats in term "*": 1 of 1 asked say so." ]]
    leader=$("$zelect" status "${mine[@]}" --json "n1@${endpoint[1]}" | jq -r '.leader')
    kill -9 "${pid[${leader#n}]}"
    survivor=$((${leader#n} % 3 + 1))
    within 15 sh -c '"$0" status "$@" | grep -q leads' "$zelect" "${mine[@]}" \
        "n$survivor@${endpoint[survivor]}"
    [ "$("$zelect" status "${mine[@]}" --json "n$survivor@${endpoint[survivor]}" |
        jq -r .leader)" != "$leader" ]
}

@test "watch follows a cluster with keys, with a key" {
    start_secured
    within 15 has_leader
    run --separate-stderr "$zelect" watch -C bats "${mine[@]}" --count 1 --timeout 10000 \
        "n1@${feed[1]}" "n2@${feed[2]}"
    echo "$status: $output $stderr"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
}

@test "without a key, or with one that nobody knows, nobody answers" {
    start_secured
    within 15 has_leader
    run "$zelect" status --timeout 500 "${endpoint[@]}"
    [ "$status" -eq 3 ]
    run "$zelect" watch -C bats --count 1 --timeout 500 "${feed[@]}"
    [ "$status" -eq 3 ]
    #   Past the second in which the log says no more of the like
    sleep 1.2
    mkdir "$work/other"
    "$zelect" keygen -d "$work/other" stranger
    run "$zelect" status --timeout 500 -s "$work/other/stranger.cert_secret" -k "$keys" \
        "n1@${endpoint[1]}"
    [ "$status" -eq 3 ]
    #   The key of another node is expected there
    run "$zelect" status --timeout 500 "${mine[@]}" "n2@${endpoint[1]}"
    [ "$status" -eq 3 ]
    within 5 grep -q UNKNOWN_KEY "$work/n1.log"
}

@test "status and watch name what is wrong with keys" {
    cluster_configure 3
    secure n1 watcher
    run --separate-stderr "$zelect" status -s "$keys/none" -k "$keys" "n1@${endpoint[1]}"
    [ "$status" -eq 2 ]
    [[ $stderr == "zelect status: $keys/none: it cannot be opened: No such file"* ]]
    chmod 644 "$keys/watcher.cert_secret"
    run --separate-stderr "$zelect" watch -C bats -s "$keys/watcher.cert_secret" -k "$keys" \
        "n1@${feed[1]}"
    [ "$status" -eq 2 ]
    [[ $stderr == *"$keys/watcher.cert_secret: its mode 0644"*"chmod 600"* ]]
    chmod 600 "$keys/watcher.cert_secret"
    local endpoint_text
    for endpoint_text in "${endpoint[1]}" "n9@${endpoint[1]}" n1@nonsense; do
        run --separate-stderr "$zelect" status -s "$keys/watcher.cert_secret" -k "$keys" \
            "$endpoint_text"
        [ "$status" -eq 2 ]
        [[ $stderr == *"'$endpoint_text' is no endpoint with a key"* ]]
        run --separate-stderr "$zelect" watch -C bats -s "$keys/watcher.cert_secret" -k "$keys" \
            "$endpoint_text"
        [ "$status" -eq 2 ]
        [[ $stderr == *"'$endpoint_text' is no endpoint with a key"* ]]
    done
}

@test "a node says in one line what is wrong with its keys" {
    cluster_configure 3
    secure n1 n2
    refused "n1.cfg:" "member n3 has no public key" "$keys/n3.cert"
    secure n3
    cp "$keys/n2.cert" "$keys/n3.cert"
    refused "n1.cfg:" "n2.cert and n3.cert have the same key"
    rm "$keys/n3.cert" "$keys/n3.cert_secret"
    secure n3
    chmod 644 "$keys/n1.cert_secret"
    refused "n1.cfg:" "$keys/n1.cert_secret: its mode 0644" "chmod 600"
    chmod 600 "$keys/n1.cert_secret"
    mv "$keys/n1.cert_secret" "$keys/away"
    refused "n1.cfg:" "$keys/n1.cert_secret: it cannot be opened: No such file"
    cp "$keys/n2.cert_secret" "$keys/n1.cert_secret"
    refused "n1.cfg:" "that of n2"
    mv "$keys/away" "$keys/n1.cert_secret"
    echo elephant >"$keys/n2.cert"
    refused "$keys/n2.cert:1: this line is none of a certificate"
    sed -i '/certificate/d' "$work/n1.cfg"
    refused "n1.cfg:" "security/keys without security/certificate"
}
