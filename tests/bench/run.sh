#!/usr/bin/env bash
#   run.sh [--judge] BUILD PART... - benchmarks of a build
#
#   A part is a program of this folder. Each prints its figures and keeps every
#   single value in BUILD/bench/PART.csv. With --judge, for a release build, the
#   parts run one after the other, and times are held against their bars. Without
#   it they run side by side, as far as they can bear that, and times mean nothing.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -uo pipefail
judge=()
if [ "${1:-}" = --judge ]; then
    judge=(--judge)
    shift
fi
if [ $# -lt 2 ]; then
    sed -n '2,/^$/s/^# *//p' "$0" >&2
    exit 2
fi
build=$1
shift
cd "$(dirname "$0")/../.." || exit 2
folder=$build/bench
mkdir -p "$folder"

run_part() {
    "tests/bench/$1.py" "$build" "${judge[@]}" --csv "$folder/$1.csv"
}

status=0
if [ ${#judge[@]} -gt 0 ]; then
    for part in "$@"; do
        run_part "$part" || status=1
    done
    exit $status
fi

#   What keeps the machine busy is no neighbour for the others.
beside=()
after=()
for part in "$@"; do
    if [ "$part" = busy ]; then after+=("$part"); else beside+=("$part"); fi
done
declare -A processes=()
for part in "${beside[@]}"; do
    run_part "$part" >"$folder/$part.txt" 2>&1 &
    processes[$part]=$!
done
for part in "${beside[@]}"; do
    wait "${processes[$part]}" || status=1
    cat "$folder/$part.txt"
done
for part in "${after[@]}"; do
    run_part "$part" || status=1
done
exit $status
