#!/usr/bin/env bash
#   filesystems.sh [BUILD] - the vote store on every file system that people use
#
#   Makes a small file system of each kind in a file of BUILD (or build/dev),
#   mounts it by a loop device, and runs the tests of the store on it; then fills
#   it, has records saved on the full disk, and looks whether the last one said
#   to be saved is there after a remount. Prints TAP; what cannot be had here is
#   a case that was skipped, which counts as failed. Needs root (or sudo); the
#   mounts are in a name space of their own and go with it.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

set -euo pipefail
cd "$(dirname "$0")/../.."

#   Name, size in MB, how it is made, how it is mounted.
kinds='
ext4            64  mkfs.ext4 -q -F      -o loop
ext4-journal    64  mkfs.ext4 -q -F      -o loop,data=journal
ext4-writeback  64  mkfs.ext4 -q -F      -o loop,data=writeback
ext3            64  mkfs.ext3 -q -F      -o loop
ext2            64  mkfs.ext2 -q -F      -o loop
xfs            320  mkfs.xfs -q -f       -o loop
btrfs          128  mkfs.btrfs -q -f     -o loop
tmpfs           16  -                    -t tmpfs -o size=16m
overlay         64  mkfs.ext4 -q -F      -o loop
'
programs=(test_store test_store_errors test_store_lock test_store_actor test_store_crash)

build=${1:-build/dev}
if [ "${2:-}" != --inside ]; then
    tests/setup.sh disks
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo --preserve-env)
    exec "${as_root[@]}" unshare --mount "$0" "$build" --inside
fi

build=$(realpath "$build")
work=$(mktemp -d "$build/filesystems-XXXXXX")
trap 'umount -q -R "$work/mount" "$work/lower" || true; rm -rf --one-file-system "$work"' EXIT
mkdir "$work/mount" "$work/lower"
export ZELECT_BUILD_DIR=$work/mount
number=0

#   case STATUS NAME: one line of TAP, and the log of what failed.
case_ends() {
    number=$((number + 1))
    [ "$1" -eq 0 ] || sed 's/^/# /' "$work/log"
    echo "$([ "$1" -eq 0 ] || echo 'not ')ok $number - $2"
}

#   Make a file system, if it is in a file: KIND SIZE COMMAND.
make_kind() {
    [ "$3" = - ] || {
        truncate -s "$2M" "$work/image" && $3 "$work/image"
    }
}

#   Mount it at $work/mount: KIND OPTIONS.
mount_kind() {
    local at=$work/mount source=none
    [ "$1" != overlay ] || at=$work/lower
    [ ! -e "$work/image" ] || source=$work/image
    # shellcheck disable=SC2086  # The options are words
    mount $2 "$source" "$at" || return
    [ "$1" != overlay ] || {
        mkdir -p "$at/low" "$at/upper" "$at/work" &&
            mount -t overlay -o "lowerdir=$at/low,upperdir=$at/upper,workdir=$at/work" \
                none "$work/mount"
    } || return
    chmod 755 "$work/mount"
}

unmount_kind() {
    umount "$work/mount"
    ! mountpoint -q "$work/lower" || umount "$work/lower"
}

#   The last number that the writer said in a log, by a word.
last_said() {
    awk -v word="$1" '$1 == word { number = $2 } END { print number + 0 }' "$2"
}

#   A store made before the disk was full can be written to when it is: a file
#   system that keeps blocks where they are does not notice. Others may fail, but
#   not lie: what was said to be saved is found after it was mounted anew.
full_disk() {
    local name=$1 options=$2 writer=$build/tests/process/store_writer status=0 saved found
    timeout 1 "$writer" "$work/mount/store" >"$work/first" || true
    cat /dev/zero >"$work/mount/filler" 2>/dev/null || true
    sync -f "$work/mount"
    timeout 2 "$writer" "$work/mount/store" >"$work/second" 2>"$work/log" || status=$?
    saved=$(last_said saved "$work/second")
    if [ "$saved" -eq 0 ]; then
        saved=$(last_said saved "$work/first")
    fi
    rm "$work/mount/filler" || true
    [ "$name" = tmpfs ] || { unmount_kind && mount_kind "$name" "$options"; } || return
    timeout 1 "$writer" "$work/mount/store" >"$work/third" 2>>"$work/log" || true
    found=$(last_said opened "$work/third")
    echo "# $name: $saved records, found $found; on the full disk the writer ended with $status:" \
        "$(head -c 300 "$work/log")"
    [ "$saved" -gt 0 ] && [ "$found" -ge "$saved" ] && [ "$found" -le $((saved + 1)) ] || return
    #   124: it went on until it was ended
    case $name in
    btrfs) [ "$status" -eq 124 ] || [ "$status" -eq 2 ] ;;
    *) [ "$status" -eq 124 ] ;;
    esac
}

echo "1..$(($(grep -c . <<<"$kinds") * (${#programs[@]} + 1)))"
while read -r name size rest; do
    [ -n "$name" ] || continue
    make=${rest%%  *}
    options=${rest##*  }
    rm -f "$work/image"
    if ! { make_kind "$name" "$size" "$make" && mount_kind "$name" "$options"; } \
        >"$work/log" 2>&1; then
        sed 's/^/# /' "$work/log"
        for program in "${programs[@]}" full-disk; do
            number=$((number + 1))
            echo "ok $number - $name: $program # skip it cannot be mounted here"
        done
        continue
    fi
    for program in "${programs[@]}"; do
        status=0
        "$build/tests/node/$program" >"$work/log" 2>&1 || status=1
        case_ends $status "$name: $program"
    done
    status=0
    full_disk "$name" "$options" || status=1
    case_ends $status "$name: full-disk"
    unmount_kind
done <<<"$kinds"
