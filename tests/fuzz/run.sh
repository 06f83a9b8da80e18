#!/usr/bin/env bash
#   run.sh [--merge] TARGET|all SECONDS - fuzz, from the corpora on
#
#   Runs each target over the inputs of its corpus and then for so many seconds
#   over what libFuzzer makes of them; 0: the corpus alone. Two at a time. What
#   was found, and from a minute on a corpus that grows, are kept in the build
#   (findings/ and corpus/). Prints TAP, a line a target: executions, a second,
#   edges.
#
#       run.sh all 600                 ten minutes each
#       run.sh core 60                 one of them
#       run.sh --merge all 0           then add to the corpora in this folder what
#                                      reaches edges that they do not reach
#       build/fuzz/tests/fuzz/fuzz_core FILE    replay a finding;
#                                      with ZELECT_FUZZ_TRACE=1, step by step
#
#   The build is the preset fuzz, or ZELECT_FUZZ_BUILD. ZELECT_SEED is
#   libFuzzer's seed; 0 draws one.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

#   Each target, and the longest input that is worth its time.
targets='
wire    4400
core    2064
store   1100
config  4096
feed    4200
belief  481
'

merge=
if [ "${1:-}" = --merge ]; then
    merge=1
    shift
fi
chosen=${1:-} seconds=${2:-}
if [ $# -ne 2 ] || { [ "$chosen" != all ] && ! grep -q "^$chosen " <<<"$targets"; }; then
    sed -n '2,/^$/s/^# *//p' "$0" >&2
    exit 2
fi
if [ "$chosen" = all ]; then
    targets=$(grep . <<<"$targets")
else
    targets=$(grep "^$chosen " <<<"$targets")
fi

build=${ZELECT_FUZZ_BUILD:-build/fuzz}
found=$build/findings
mkdir -p "$found" || exit 2
[ -w /dev/shm ] && export TMPDIR=/dev/shm
TMPDIR=$(mktemp -d -t zelect-fuzz-XXXXXX) || exit 2
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

#   Freed memory is kept from use, but not so much of it that caches suffer.
export ASAN_OPTIONS=quarantine_size_mb=4${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export PYTHONDONTWRITEBYTECODE=1

#   run_target NUMBER NAME LONGEST - one line of TAP; the log if it failed.
run_target() {
    local number=$1 name=$2 grown=$build/corpus/$2 kept=tests/fuzz/corpus/$2 log=$TMPDIR/$2.log
    local limit=-max_total_time=$seconds word=ok extra=()
    [ "$seconds" -ge 60 ] || grown=$TMPDIR/corpus/$2
    mkdir -p "$grown" "$kept"
    [ "$seconds" -gt 0 ] || limit=-runs=0
    [ ! -e "tests/fuzz/dict/$name" ] || extra=(-dict="tests/fuzz/dict/$name")
    "$build/tests/fuzz/fuzz_$name" "$grown" "$kept" "$limit" -max_len="$3" -timeout=60 \
        -seed="${ZELECT_SEED:-0}" -artifact_prefix="$found/$name-" -print_final_stats=1 \
        -close_fd_mask=1 "${extra[@]}" \
        >"$log" 2>&1 || word='not ok'
    if [ "$word" != ok ]; then
        grep -vE 'NEW|REDUCE|pulse|libprotobuf' "$log" | tail -40 | sed 's/^/# /'
    fi
    awk -v word="$word" -v number="$number" -v name="$name" '
        /cov: / { edges = $4 }
        /Seed:/ { seed = $3 }
        /average_exec_per_sec/ { rate = $2 }
        /number_of_executed_units/ { runs = $2 }
        END {
            printf "%s %d - %s: %d executions, %d a second, %d edges, seed %s\n", word, number,
                name, runs, rate, edges, seed
        }' "$log"
}

#   merge_target NAME - add what reaches more; what is there stays, since much of
#   it differs in its meaning alone.
merge_target() {
    local kept=tests/fuzz/corpus/$1
    mkdir -p "$build/corpus/$1"
    "$build/tests/fuzz/fuzz_$1" -merge=1 -use_counters=0 -close_fd_mask=1 "$kept" \
        "$build/corpus/$1" >"$TMPDIR/merge.log" 2>&1 || return 1
    echo "# $1: $(find "$kept" -type f | wc -l) inputs, $(du -bs "$kept" | cut -f1) bytes"
}

count=0
lines=$TMPDIR/lines
while read -r name longest; do
    count=$((count + 1))
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
        wait -n
    done
    run_target "$count" "$name" "$longest" </dev/null | tee -a "$lines" &
done <<<"$targets"
wait
echo "1..$count"
if [ -n "$merge" ]; then
    while read -r name longest; do
        merge_target "$name" </dev/null || exit 1
    done <<<"$targets"
fi
[ "$(grep -c '^ok ' "$lines")" -eq "$count" ]
