#!/usr/bin/env bats
#   run.bats - zelect run: exit codes, signals, environment, options
#
#   That no two commands run at a time, and what happens when something is killed or
#   stopped, is the business of test_run.py and test_run_ends.py in tests/process.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

#   Names come from common.bash.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034

load common

setup() {
    election=2000 cluster_configure 1
}

teardown() {
    cluster_stop
}

#   one ARGUMENT... - zelect run with the only node of a cluster
one() {
    run --separate-stderr timeout 60 "$zelect" run -c "$work/n1.cfg" "$@"
    echo "$status: $output $stderr"
}

#   in_background ARGUMENT... - the same, until it is told to end
in_background() {
    "$zelect" run -c "$work/n1.cfg" "$@" >"$work/out" 2>"$work/err" 3>&- &
    pid[1]=$!
}

@test "the command's exit status is kept (etcd 12829, 4740)" {
    one -- true
    [ "$status" -eq 0 ]
    one -- sh -c 'exit 7'
    [ "$status" -eq 7 ]
    one -- sh -c 'kill -KILL $$'
    [ "$status" -eq 137 ]
    [ -z "$stderr" ]
}

@test "126 and 127 as env(1), with --restart too; a broken node is 2" {
    run -127 --separate-stderr "$zelect" run -c "$work/n1.cfg" -- /nonexistent/job
    [[ $stderr == *"/nonexistent/job: No such file or directory" ]]
    one --restart -- "$work"
    [ "$status" -eq 126 ]
    sed -i 's/^cluster/clutter/' "$work/n1.cfg"
    one -- true
    [ "$status" -eq 2 ]
    [[ $stderr == *"n1.cfg:"*clutter* ]]
}

@test "no shell: words reach the command as they are" {
    one -- printf '%s|' 'a b' '$HOME' '*' ';' -- -x
    [ "$status" -eq 0 ]
    [ "$output" = 'a b|$HOME|*|;|--|-x|' ]
}

@test "the environment says who leads, and the fencing token" {
    one -- env
    [ "$status" -eq 0 ]
    for line in ZELECT_CLUSTER=bats ZELECT_NODE=n1 ZELECT_ROLE=leader ZELECT_TERM=1 \
        ZELECT_LEADER=n1 ZELECT_REASON=LEASED; do
        grep -qx "$line" <<<"$output"
    done
}

@test "the command gets the usual signals, its own group, and no descriptor of ours" {
    #   The shell looks itself: while it starts another program, it has signals blocked and
    #   the ends of pipes open for a moment
    look='while read -r name mask; do
            case $name in SigBlk: | SigIgn:) echo "$name $mask" ;; esac
        done </proc/$$/status
        cd /proc/$$/fd && echo *'
    run --separate-stderr sh -c "$look"
    expected=$output
    one -- sh -c "$look"
    [ "$output" = "$expected" ]
    one -- sh -c 'ps -o pid=,pgid= -p $$'
    read -r own group <<<"$output"
    [ "$own" -eq "$group" ]
}

@test "TERM and INT are passed on; the command ends in its own time, then the node" {
    for number in TERM INT; do
        in_background -- bash -c "trap 'echo got; sleep 3; exit 9' $number
            echo ready; while :; do sleep 0.1; done"
        within 20 grep -q ready "$work/out"
        kill -$number "${pid[1]}"
        ends 9 "${pid[1]}"
        grep -q got "$work/out"
    done
}

@test "a command that dies of the TERM that was passed on: 143" {
    in_background -- sh -c 'echo ready; exec sleep 100'
    within 20 grep -q ready "$work/out"
    kill -TERM "${pid[1]}"
    ends 143 "${pid[1]}"
}

@test "HUP, USR1 and USR2 are passed on to the command, not to its helpers" {
    in_background -- bash -c 'for name in HUP USR1 USR2; do trap "echo got $name" $name; done
        sleep 100 & echo ready; while kill -0 $!; do sleep 0.1; done'
    within 20 grep -q ready "$work/out"
    for name in HUP USR1 USR2; do
        kill -$name "${pid[1]}"
        within 10 grep -q "got $name" "$work/out"
    done
    kill -TERM "${pid[1]}"
    ends 143 "${pid[1]}"
}

@test "told to end while the command does not run: 0; never a leader: 124" {
    #   A member of three that has nobody to elect it
    election=2000 cluster_configure 3
    in_background --verbose -- true
    within 20 grep -q event=started "$work/err"
    kill -TERM "${pid[1]}"
    ends 0 "${pid[1]}"
    one --timeout 1000 -- true
    [ "$status" -eq 124 ]
    [[ $stderr == *"not leader within 1000 ms" ]]
}

@test "a lease too short for grace and margin is refused at the start, with values and remedy" {
    one --grace 1000 --margin 600 -- touch "$work/ran"
    [ "$status" -eq 2 ]
    [[ $stderr == *"timing/notice = 1600 ms"*"timing/election = 2000 ms"* ]]
    [[ $stderr == *"timing/heartbeat = 50 ms"* ]]
    [[ $stderr == *"set timing/election to 2"*" ms or more"* ]]
    [[ $stderr == *"timing/notice is --grace 1000 and --margin 600 together" ]]
    [ ! -e "$work/ran" ]
}

@test "what the command leaves behind is stopped before leadership is handed over" {
    one -- bash -c 'setsid sleep 1000 & echo $!; sleep 1000 & echo $!'
    [ "$status" -eq 0 ]
    for left in $output; do
        is_gone "$left"
    done
}

@test "--restart begins again, in a later term and not at once, until it is told to end" {
    in_background --restart -- sh -c 'echo $ZELECT_TERM; exit 3'
    three() {
        [ "$(wc -l <"$work/out")" -ge 3 ]
    }
    within 60 three
    [ "$(head -n 3 "$work/out" | sort -nu | wc -l)" -eq 3 ]
    kill -TERM "${pid[1]}"
    within 15 is_gone "${pid[1]}"
}

@test "--health-cmd: unhealthy, it does not lead; well, it does; unhealthy again, 4" {
    touch "$work/ill"
    in_background --health-interval 500 --health-cmd "test ! -e '$work/ill'" --verbose -- \
        sh -c 'echo ready; exec sleep 100'
    within 20 grep -q 'failed: this node is not well' "$work/err"
    sleep 4
    [ ! -s "$work/out" ]
    rm "$work/ill"
    within 20 grep -q ready "$work/out"
    touch "$work/ill"
    ends 4 "${pid[1]}"
    grep -q 'unhealthy: sh stopped' "$work/err"
}

@test "--health-cmd that hangs is as one that fails" {
    in_background --health-interval 300 --health-cmd 'sleep 100' --verbose -- true
    within 20 grep -q 'failed: this node is not well' "$work/err"
    kill -TERM "${pid[1]}"
    ends 0 "${pid[1]}"
}

@test "a watchdog in the file is not for us: the command is looked after otherwise" {
    echo '    watchdog = 300 ms' | sed -i '/heartbeat/r /dev/stdin' "$work/n1.cfg"
    one -- sleep 2
    [ "$status" -eq 0 ]
}
