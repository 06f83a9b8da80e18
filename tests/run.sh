#!/usr/bin/env bash
#   run.sh [--quick | --deep PART | --list] - run the tests
#
#   Sets up what is missing (tests/setup.sh), builds, runs. One line a suite;
#   the last line says `N passed, N failed`. A failing test's output is shown.
#
#       run.sh              everything but the deep parts
#       run.sh --quick      less than a minute, for each change
#       run.sh --deep PART  one deep part, in full counts
#       run.sh --list       the table of suites
#
#   Random tests replay with ZELECT_SEED; ZELECT_COUNT_SCALE scales the counts
#   of repeated tests (1 is full).
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

#   The table of suites: tier, name, and a function below with its arguments.
#   Quick suites are part of the plain tier, deep ones are run by name.
suites='
quick  build-dev     build dev
quick  core          in_ctest dev -L core
quick  sim           in_ctest dev -L sim
quick  explore       in_ctest dev -L explore
quick  wire          in_ctest dev -L wire
quick  house         in_ctest dev -L house -E ^(install|clang_tidy)$
quick  node-parts    in_ctest dev -L node -E node_test_node
plain  node          in_ctest dev -L node -R node_test_node
plain  api           in_ctest dev -L api
plain  cli           in_ctest dev -L cli
plain  examples      in_ctest dev -L examples
plain  observer      in_ctest dev -L observer
plain  process       in_ctest dev -L process -j3
plain  bench         in_bench_plain
plain  long-run      in_ctest dev -L longrun
plain  install       in_ctest dev -R ^install$
plain  clang-tidy    in_ctest dev -R ^clang_tidy$
plain  build-clang   build dev-clang
plain  build-asan    build asan
plain  asan          in_ctest asan -LE house|process|longrun|graphs|sim|explore
plain  build-tsan    build tsan
plain  tsan          in_ctest tsan -LE house|process|longrun|graphs|sim|explore
plain  asan-process  in_ctest asan -L process -E quickstart|readme|kills|run
plain  tsan-process  in_ctest tsan -L process -E quickstart|readme|kills|run
plain  valgrind      in_valgrind
plain  fuzz          in_fuzz 3
plain  simulator     in_sim --elections 1000000 --jobs 2
plain  explore-ci    in_explore ci
plain  graphs        in_ctest dev -L graphs
plain  coverage      tests/coverage/run.sh
plain  mutants       tests/mutants/run.py
deep   process       in_ctest dev -L process -E kills|process_run
deep   run           in_ctest dev -R ^process_run
deep   kill          in_ctest dev -R ^process_kills?$
deep   store         in_ctest dev -R ^node_test_(slot|store)
deep   disks         tests/node/filesystems.sh build/dev
deep   sim           in_sim --seconds 3500 --jobs 2
deep   explore       in_explore deep
deep   explore4      in_explore deep 4
deep   graphs        in_graphs
deep   mutants       tests/mutants/run.py --all --table build/mutants.md
deep   mutation      tests/mutants/mutation.py
deep   wire          in_wire
deep   fuzz          in_fuzz 600
deep   chroot        tests/chroot.sh --all
deep   bench         in_bench is_leader rest heartbeat stages failover
deep   bench-silence in_bench silence
deep   bench-busy    in_bench busy pause heavy
deep   bench-more    in_bench rolling cold subscribers
deep   bench-peers   in_bench peers
'

jobs=$(nproc)
log=$(mktemp -d -t zelect-tests-XXXXXX) || exit 2
trap 'rm -rf "$log"' EXIT
exec 3>&1

#   Configure and build a preset. Warnings are errors there. What goes well is
#   not worth a line.
build() {
    cmake --preset "$1" && cmake --build --preset "$1" -j"$jobs" | sed '/^\[ *[0-9]*%\]/d'
}

#   ctest in the build of a preset; its results go to a JUnit file, where each
#   test's own output tells the number of cases. Two tests for each processor: they
#   wait for most of their time.
in_ctest() {
    local preset=$1
    shift
    ctest --test-dir "build/$preset" -j"$((2 * jobs))" --no-tests=error --output-on-failure \
        --output-junit "$results" \
        --test-output-size-passed 4000000 --test-output-size-failed 4000000 "$@"
}

#   valgrind over tests that start no program, one for each processor at a time. It
#   runs one thread at a time, so test_threads, where many spin, would starve its
#   election; and it keeps descriptors for itself, which is no good for test_limits.
in_valgrind() {
    export ZELECT_BUILD_DIR=build/dev ZELECT_COUNT_SCALE=0.01
    find build/dev/tests/{core,wire,api} build/dev/tests/node -maxdepth 1 -type f \
        ! -name test_threads ! -name test_limits \
        \( -path '*/node/test_store*' -o ! -path '*/node/*' -name 'test_*' \) -print0 |
        xargs -0 -P "$jobs" -n 1 tests/valgrind.sh
}

#   Pass on, and show on the terminal or wherever the suites' lines go. (To open
#   /dev/fd/3 would truncate it if it is a file.)
show() {
    tee >(cat >&3)
}

#   The simulator; its figures are shown.
in_sim() {
    build/dev/tests/sim/sim "$@" | show
}

#   The explorer within one set of bounds, of three nodes or as many; its figures are
#   shown.
in_explore() {
    "build/dev/tests/explore/explore${2:-}" --bounds "$1" | show
}

#   Every link graph of three nodes and of five, with and without a node that
#   never leads; the figures are shown.
in_graphs() {
    local graphs=build/dev/tests/graphs/graphs status=0
    {
        $graphs --size 3 --all || status=1
        $graphs --size 3 --all --witness || status=1
        $graphs --size 5 --witness || status=1
        $graphs --size 5 --all || status=1
        [ $status -eq 0 ]
    } | show
}

#   Each fuzz target over its corpus, and so many seconds over what libFuzzer
#   makes of it; the figures are shown.
in_fuzz() {
    build fuzz && tests/fuzz/run.sh all "$1" | show
}

#   The long run of real processes; its figures are shown.
in_wire() {
    local status=0
    in_ctest dev -L longrun || status=$?
    cat build/dev/process/test_run.txt >&3
    return $status
}

#   The benchmarks measure a release build; their figures are shown.
in_bench() {
    tests/setup.sh peers && build release && tests/bench/run.sh --judge build/release "$@" | show
}

#   Whether they work, and whether anything unsafe happens. Times are not judged.
in_bench_plain() {
    tests/bench/run.sh build/dev is_leader rest heartbeat stages failover silence \
        pause rolling cold subscribers busy
}

#   Run one suite: count its cases and print its line.
run_suite() {
    local name=$1 status=0 start counts output=$log/$1.output results=$log/$1.xml
    shift
    start=$(date +%s%N)
    ("$@") >"$output" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || grep -E '^[[:space:]]+[0-9]+ - .*\(' "$output" >&2
    [ ! -e "$results" ] || output=$results
    counts=$(tests/count.py "$output" "$status") || counts='0 1'
    echo "$counts" >>"$log/counts"
    awk -v name="$name" -v counts="$counts" -v start="$start" -v end="$(date +%s%N)" 'BEGIN {
        split (counts, count, " ")
        printf "%-13s %9d passed %4d failed %8.1f s\n", name, count [1], count [2],
            (end - start) / 1e9 }'
}

#   Run the suites of one tier, or the one of it that is named.
run_tier() {
    local tier name command
    while read -r tier name command; do
        if [ "$tier" != "$1" ] || [ "${2:-$name}" != "$name" ]; then
            continue
        fi
        read -ra command <<<"$command"
        run_suite "$name" "${command[@]}"
    done <<<"$suites"
}

tier=plain
part=
case ${1:-} in
'') ;;
--quick) tier=quick ;;
--deep)
    tier=deep
    part=${2:-}
    if ! grep -qE "^deep +${part:-none} " <<<"$suites"; then
        echo "$0: no deep part '$part'; there are:" >&2
        grep '^deep' <<<"$suites" >&2
        exit 2
    fi
    ;;
--list)
    echo "$suites"
    exit
    ;;
*)
    sed -n '2,/^$/s/^# *//p' "$0" >&2
    exit 2
    ;;
esac

if [ "$tier" = deep ]; then
    export ZELECT_COUNT_SCALE=${ZELECT_COUNT_SCALE:-1}
else
    export ZELECT_COUNT_SCALE=${ZELECT_COUNT_SCALE:-0.05}
fi
tests/setup.sh test || exit 2
case $tier in
quick) run_tier quick ;;
plain)
    run_tier quick
    run_tier plain
    ;;
deep)
    [ "$part" = chroot ] || run_suite build-dev build dev
    run_tier deep "$part"
    ;;
esac
awk '{ passed += $1; failed += $2 } END {
    printf "%d passed, %d failed\n", passed, failed
    exit failed || !passed }' "$log/counts"
