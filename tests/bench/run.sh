#!/usr/bin/env bash
#   run.sh BUILD - the benchmarks of a release build
#
#   Prints figures, and holds those of failovers against their bars. Every single
#   time is in BUILD/failover.csv.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -euo pipefail
build=${1:?"usage: $0 BUILD"}
cd "$(dirname "$0")/../.."
"$build/tests/bench/prog_is_leader"
tests/bench/rest.py "$build"
tests/bench/failover.py "$build" --judge --csv "$build/failover.csv"
