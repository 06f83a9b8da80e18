#!/usr/bin/env bats
#   cluster.bats - a cluster of real processes: node, watch and status
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load common

teardown() {
    cluster_stop
}

@test "three nodes elect one leader, which all of them name" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    run --separate-stderr "$zelect" status "${endpoint[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$(grep -c ' leader ' <<<"$output")" -eq 1 ]
    [ "$(grep -c ' follower ' <<<"$output")" -eq 2 ]
    [[ ${lines[-1]} == "n$leader leads bats in term "*": 3 of 3 asked say so." ]]
}

@test "status as JSON is one line with v first" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    run --separate-stderr "$zelect" status --json "${endpoint[@]}"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == '{"v":1,'* ]]
    jq -e --arg leader "n$leader" '
        .leader == $leader and .cluster == "bats" and .term >= 1
        and .asked == 3 and .answered == 3 and .agree == 3
        and (.nodes | length == 3 and all (.leader == $leader and .term >= 1))
        and ([.nodes[] | select (.state == "leader") | .node] == [$leader])
        and (.time | fromdateiso8601? // (sub ("\\.[0-9]{3}Z"; "Z") | fromdateiso8601) > 0)' \
        <<<"$output"
}

@test "kill -9: the next leader has a higher term, the node comes back as a follower" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    first=$leader
    term=$("$zelect" status --json "${endpoint[@]}" | jq .term)
    kill -9 "${pid[first]}"
    wait "${pid[first]}" || true
    others=("${endpoint[@]}")
    unset "others[$((first - 1))]"
    within 10 find_other_leader "$first" "${others[@]}"
    run "$zelect" status --json "${endpoint[@]}"
    [ "$status" -eq 0 ]
    jq -e --argjson term "$term" '.term > $term and .answered == 2' <<<"$output"
    jq -e --arg dead "${endpoint[first]}" \
        '.nodes[] | select (.endpoint == $dead) | .state == "down" and .leader == null' <<<"$output"

    second=$leader
    node_start "$first"
    within 10 find_leader "${endpoint[@]}"
    [ "$leader" -eq "$second" ]
}

@test "without a majority: exit code 1; nobody there: 3" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    for index in 1 2 3; do
        [ "$index" -eq "$leader" ] || kill -9 "${pid[index]}"
    done
    no_leader() {
        run "$zelect" status --timeout 300 "${endpoint[@]}"
        [ "$status" -eq 1 ]
    }
    within 10 no_leader
    [[ ${lines[-1]} == "No leader: 1 of 3 asked answered"* ]]
    kill -9 "${pid[leader]}"
    wait "${pid[leader]}" || true
    run "$zelect" status --timeout 300 "${endpoint[@]}"
    [ "$status" -eq 3 ]
    [[ ${lines[-1]} == "Nobody answered in time." ]]
    run "$zelect" status --json --timeout 300 "${endpoint[@]}"
    [ "$status" -eq 3 ]
    jq -e '.v == 1 and .leader == null and .term == null and .answered == 0' <<<"$output"
}

@test "two clusters asked at once: no majority names one leader" {
    cluster_start 1
    within 10 find_leader "${endpoint[1]}"
    one=${endpoint[1]}
    first=${pid[1]}
    work=$BATS_TEST_TMPDIR/other
    mkdir "$work"
    cluster_start 1 other
    within 10 find_leader "${endpoint[1]}"
    pid[2]=$first    # for teardown
    run "$zelect" status "$one" "${endpoint[1]}"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ ${lines[-1]} == "No leader: 2 of 2 asked answered, and no majority of those names one." ]]
}

@test "a node says its role changes on stderr, nothing on stdout, and stops with 0" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    for index in 1 2 3; do
        kill -TERM "${pid[index]}"
        ends 0 "${pid[index]}"
        [ ! -s "$work/n$index.out" ]
    done
    grep -q 'node=n'"$leader"' .*leader' "$work/n$leader.log"
    run grep -vE '^[0-9T:.-]+Z [EWNID] cluster=bats node=n[123] ' "$work"/n?.log
    echo "$output"
    [ -z "$output" ]
}

@test "a leader that is asked to stop hands over at once, not after the timeout" {
    # shellcheck disable=SC2034 # write_config reads it
    election=5000 cluster_start 3
    within 30 find_leader "${endpoint[@]}"
    first=$leader
    others=("${endpoint[@]}")
    unset "others[$((first - 1))]"
    kill -INT "${pid[first]}"
    ends 0 "${pid[first]}"
    within 2 find_other_leader "$first" "${others[@]}"
}

@test "watch prints what is, one line a node, and ends at --count" {
    #   No lease shall be over meanwhile: that were a line more
    election=5000 cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    run --separate-stderr timeout 20 "$zelect" watch -C bats --count 3 "${feed[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "${#lines[@]}" -eq 3 ]
    [ "$(awk '{print $2}' <<<"$output" | sort | xargs)" = "n1 n2 n3" ]
    form='^[0-9:]{8}\.[0-9]{3}  n[123] +(leader|follower) +term [0-9]+ '
    [ "$(grep -cE "$form" <<<"$output")" -eq 3 ]
    grep -qE "  n$leader +leader +term" <<<"$output"
    [ "$(grep -o 'leader: .*' <<<"$output")" = "leader: n$leader" ]
}

@test "watch --json: JSON Lines with v first, which a pipe gets at once" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    #   A lease that is over, where a processor stood still, is nobody's line
    run bash -c 'timeout 20 "$1" watch -C bats --json "${@:2}" |
        grep --line-buffered -v "\"node\":null" | head -n 3' - "$zelect" "${feed[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    for line in "${lines[@]}"; do
        [[ $line == '{"v":1,'* ]]
        jq -e '.cluster == "bats" and (.node | test ("^n[123]$")) and .term >= 1
            and (.event == "STATE" or .event == "LEADER_CHANGED" or .event == "LEADER_LOST")
            and (.role | type == "string") and (.reason | type == "string")
            and has ("leader") and has ("endpoint") and (.time | endswith ("Z"))' <<<"$line"
    done
    jq -es --arg leader "n$leader" --arg endpoint "${endpoint[leader]}" \
        '.[-1].leader == $leader and .[-1].endpoint == $endpoint' <<<"$output"
}

@test "watch sees the fail-over, and a leader that leaves no successor is forgotten" {
    cluster_start 3
    within 10 find_leader "${endpoint[@]}"
    first=$leader
    "$zelect" watch --json -C bats --timeout 30000 "${feed[@]}" >"$work/feed" 3>&- &
    watcher=$!
    within 10 grep -q LEADER_CHANGED "$work/feed"
    kill -9 "${pid[first]}"
    successor() {
        jq -es --arg first "n$first" 'any (.event == "LEADER_CHANGED" and .leader != null
            and .leader != $first and .role == "leader")' "$work/feed"
    }
    within 10 successor
    kill -9 "${pid[@]}"
    forgotten() {
        jq -es '.[-1].leader == null and any (.event == "LEADER_LOST")' "$work/feed"
    }
    within 10 forgotten
    kill "$watcher"
    ends 0 "$watcher"
}

@test "watch with nobody there: a hint, and exit code 3 when the time is over" {
    cluster_configure 1
    run --separate-stderr "$zelect" watch -C bats --timeout 3500 "${feed[1]}"
    [ "$status" -eq 3 ]
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *"nothing heard of cluster 'bats'"* ]]
}

@test "watch that hears less than --count ends with 1, without --count with 0" {
    cluster_start 1
    within 10 find_leader "${endpoint[@]}"
    run "$zelect" watch -C bats --timeout 1000 --count 1000 "${feed[@]}"
    [ "$status" -eq 1 ]
    run "$zelect" watch -C bats --timeout 1000 "${feed[@]}"
    [ "$status" -eq 0 ]
}
