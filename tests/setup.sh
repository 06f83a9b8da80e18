#!/usr/bin/env bash
#   setup.sh build|test|chroot|disks|peers - install the Debian packages that are missing
#
#   `build` is what the library and the program need, `test` what the tests need
#   besides, `chroot` what tests/chroot.sh needs, `disks` what makes the file
#   systems of tests/node/filesystems.sh, `peers` what the benchmarks compare
#   with, count with and draw with. Nothing is asked for, and nothing is touched,
#   if all are there.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -euo pipefail

build=(
    build-essential cmake pkg-config
    libczmq-dev libzmq3-dev libprotobuf-c-dev protobuf-c-compiler protobuf-compiler
    libpopt-dev libjansson-dev
)
tests=(
    libcmocka-dev libsodium-dev clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14
    valgrind shellcheck bats jq
    python3 python3-dev python3-zmq python3-protobuf python3-pytest python3-pytest-asyncio mypy
    python3-pip python3-setuptools python3-wheel
    procps iproute2 iptables gcovr
)

case ${1:-} in
build) wanted=("${build[@]}") ;;
test) wanted=("${build[@]}" "${tests[@]}") ;;
chroot) wanted=(debootstrap git) ;;
disks) wanted=(e2fsprogs xfsprogs btrfs-progs util-linux) ;;
peers) wanted=(etcd-server zookeeper python3-kazoo python3-matplotlib strace) ;;
*)
    echo "usage: $0 build|test|chroot|disks|peers" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "$0: this is no Debian; it is up to you to have the like of: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "$0: as root, please: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "installing: ${missing[*]}" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends install "${missing[@]}" >&2
