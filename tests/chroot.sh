#!/usr/bin/env bash
#   chroot.sh [--all] - the promise of the README, on a machine with nothing on it
#
#   Makes a Debian 12 with nothing but git in it, in a temporary folder, from
#   the Debian mirror that this machine's apt uses; clones the last commit into
#   it and does what a newcomer does: the quick start, the quick tests, and what
#   the build machine runs, which with --all are all tests, by the same script.
#   Prints TAP. Needs root (or sudo), some 3 GB, and the mirror.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
minutes=90    # Each step may take that long at most

#   In a name space of its own: when its first process ends, however that comes,
#   the mounts and all processes of the chroot are gone.
if [ "${1:-}" != --inside ]; then
    "$here/setup.sh" chroot
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    work=$(mktemp -d -t zelect-chroot-XXXXXX)
    trap '"${as_root[@]}" rm -rf --one-file-system "$work"' EXIT
    git -c safe.directory='*' -C "$here/.." bundle create -q "$work/zelect.bundle" HEAD
    "${as_root[@]}" unshare --mount --pid --fork --kill-child \
        "$here/chroot.sh" --inside "$work" "${1:---quick}"
    exit
fi

work=$2
tests=(--quick)
[ "$3" != --all ] || tests=()
target=$work/debian
number=0

#   step NAME COMMAND...: one line of TAP; what the command says goes to the log
#   and is shown if it fails, which ends the test.
step() {
    local name=$1
    shift
    number=$((number + 1))
    if timeout --kill-after=10 $((minutes * 60)) "$@" >"$work/log" 2>&1 </dev/null; then
        echo "ok $number $name: $(tail -n 1 "$work/log")"
    else
        sed 's/^/# /' "$work/log"
        echo "not ok $number $name"
        exit 1
    fi
}

in_chroot=(env -i HOME=/opt LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$target")

#   The mirrors of Debian itself, as this machine's apt has them.
sources() {
    apt-get indextargets --format "deb \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
        'Created-By: Packages' 'Origin: Debian' | grep ' bookworm' | sort -u
}

furnish() {
    sources >"$target/etc/apt/sources.list"
    apt-config dump | grep '^Acquire::.*[Pp]roxy' >"$target/etc/apt/apt.conf.d/90proxy" || true
    cp /etc/resolv.conf /etc/hosts "$target/etc/"
    cp "$work/zelect.bundle" "$target/opt/"
    mount -t proc proc "$target/proc"
    mount -t sysfs sysfs "$target/sys"
    mount --rbind /dev "$target/dev"
    mount --make-rslave "$target/dev"
    mount -t tmpfs tmpfs "$target/run"
}

mirror=$(sources | awk '$3 == "bookworm" { print $2; exit }')
if [ -z "$mirror" ]; then
    echo "# apt on this machine knows no mirror of Debian 12 (bookworm)"
    echo "not ok 1 a mirror"
    exit 1
fi

echo 1..5
step "a Debian with nothing but git" debootstrap --variant=minbase \
    --include=git,ca-certificates bookworm "$target" "$mirror"
furnish
step "git clone" "${in_chroot[@]}" git clone /opt/zelect.bundle /opt/zelect
in_chroot+=(env --chdir=/opt/zelect)
step "quick start" "${in_chroot[@]}" ./examples/quickstart.sh
step "tests/run.sh --quick" "${in_chroot[@]}" ./tests/run.sh --quick
step ".ci/run ${tests[*]}" "${in_chroot[@]}" .ci/run "${tests[@]}"
