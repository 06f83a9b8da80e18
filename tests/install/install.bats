#!/usr/bin/env bats
#   install.bats - zelect as its users find it: installed into an empty prefix,
#   moved elsewhere, and used by find_package and by pkg-config, shared and
#   static, and as a sub-project. And what a release has to be.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

bats_require_minimum_version 1.5.0

setup_file() {
    here=$(cd "$BATS_TEST_DIRNAME" && pwd)
    root=$(cd "$here/../.." && pwd)
    work=$BATS_FILE_TMPDIR
    cmake --preset release -S "$root" -B "$work/build" -DZELECT_BUILD_STATIC=ON \
        -DZELECT_BUILD_TESTS=OFF -DZELECT_BUILD_EXAMPLES=OFF
    cmake --build "$work/build" -j"$(nproc)"
    cmake --install "$work/build" --prefix "$work/first"
    mv "$work/first" "$work/prefix"    # nothing may remember where it was put
    prefix=$work/prefix
    library=$(readlink -f "$(find "$prefix" -name libzelect.so)")
    export here root work prefix library
}

consume() {
    cmake -S "$here/consumer" -B "$work/$1" -DCMAKE_PREFIX_PATH="$prefix" \
        -DZELECT_TARGET="zelect::$1"
    cmake --build "$work/$1"
    "$work/$1/consumer"
}

@test "all files are installed, and no other header" {
    for name in include/zelect.h include/zelect_event.h include/zelect_lease.h \
        include/zelect_library.h include/zelect_observer.h include/zelect_pass.h \
        share/zelect/zelect.proto \
        share/zelect/zelect.binpb; do
        test -s "$prefix/$name"
    done
    [ "$(find "$prefix/include" -type f | wc -l)" -eq 6 ]
}

@test "the program runs from where it is installed" {
    "$prefix/bin/zelect" version
}

@test "find_package, shared" {
    consume zelect
}

@test "find_package, static" {
    consume zelect_static
}

@test "pkg-config" {
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name libzelect.pc)")
    export PKG_CONFIG_PATH
    read -ra flags < <(pkg-config --cflags --libs libzelect)
    gcc -o "$work/consumer" "$here/consumer/consumer.c" "${flags[@]}"
    LD_LIBRARY_PATH=$(dirname "$library") "$work/consumer"
}

@test "as a sub-project" {
    cmake -S "$here/subproject" -B "$work/sub" -DZELECT_SOURCE="$root"
    cmake --build "$work/sub" -j"$(nproc)"
    "$work/sub/consumer"
}

#   The program's own classes and the library's in one file: with keys and a command
#   most of them are there.
@test "the program of a static build" {
    cmake --preset release -S "$root" -B "$work/static" -DZELECT_BUILD_STATIC=ON \
        -DZELECT_BUILD_SHARED=OFF -DZELECT_BUILD_TESTS=OFF -DZELECT_BUILD_EXAMPLES=OFF
    cmake --build "$work/static" -j"$(nproc)"
    program=$(find "$work/static" -name zelect -type f -perm -u+x)
    run ldd "$program"
    [[ $output != *libzelect* ]]
    cd "$work"
    "$program" keygen -d keys n1
    cat >n1.cfg <<END
node
    name = n1
    volatile = 1
cluster = alone
    member = n1
        endpoint = tcp://127.0.0.1:25740
timing
    election = 4 s
security
    certificate = keys/n1.cert_secret
    keys = keys
END
    run --separate-stderr "$program" run -c n1.cfg -- printenv ZELECT_TERM
    [ "$status" -eq 0 ]
    [ "$output" = 1 ]
}

@test "a release has no kill points" {
    run grep -aoE 'ZELECT_(KILL|SAVE)_\w+' "$library"
    [ "$status" -eq 1 ]
}

@test "a release is hardened" {
    readelf -Wd "$library" | grep 'FLAGS.*NOW'
    readelf -Wl "$library" | grep GNU_RELRO
    readelf -Ws "$library" | grep __stack_chk_fail
}

@test "the library has its soname, and needs nothing but its three friends" {
    readelf -d "$library" | grep -F '[libzelect.so.0]'
    run bash -c "readelf -d '$library' | grep -oP 'NEEDED.*\[\K[^]]+' | sort | tr '\n' ' '"
    [ "$output" = "libc.so.6 libczmq.so.4 libprotobuf-c.so.1 libzmq.so.5 " ]
}
