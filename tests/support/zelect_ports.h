/*  =========================================================================
    zelect_ports - loopback ports that no other test uses now

    Ports are taken below the ephemeral range, where a reconnecting client of
    another test could sit on them by chance. They come in blocks, and a process
    owns a block for as long as it lives, by a socket with the block's name that
    nobody else can bind: so tests can run side by side, and no port is taken by
    another between the look at it and its use.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PORTS_H_INCLUDED
#define ZELECT_PORTS_H_INCLUDED

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ZELECT_PORTS_FIRST 10000
#define ZELECT_PORTS_BLOCK 400    //  Ports of a block
#define ZELECT_PORTS_BLOCKS 55

//  --------------------------------------------------------------------------
//  True if nobody has bound the port on any address.

static inline bool
zelect_port_is_free (int port)
{
    int handle = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons ((uint16_t) port),
                                  .sin_addr.s_addr = htonl (INADDR_ANY)};
    setsockopt (handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool is_free = bind (handle, (struct sockaddr *) &address, sizeof address) == 0;
    close (handle);
    return is_free;
}

//  --------------------------------------------------------------------------
//  True if the block is this process's from now on. The socket stays open; its
//  name is in no file system, so it is gone with the process.

static inline bool
zelect_ports_reserve (int block)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int size = snprintf (name.sun_path + 1, sizeof name.sun_path - 1, "zelect-ports-%d", block);
    int handle = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + 1 + (size_t) size);
    if (bind (handle, (struct sockaddr *) &name, length) == 0)
        return true;
    close (handle);
    return false;
}

//  --------------------------------------------------------------------------
//  The first of `count` free ports in a row, of this process's block. They come
//  again when the block is used up, if they are free then.

static inline int
zelect_ports (int count)
{
    static int first = 0;
    static int next = 0;
    assert (count > 0 && count <= ZELECT_PORTS_BLOCK);
    for (int tries = 0; first == 0; tries++) {
        assert (tries < ZELECT_PORTS_BLOCKS);
        int block = (int) (((unsigned) getpid () + (unsigned) tries) % ZELECT_PORTS_BLOCKS);
        if (zelect_ports_reserve (block))
            first = ZELECT_PORTS_FIRST + block * ZELECT_PORTS_BLOCK;
    }
    int found = 0;
    for (int tries = 0; found < count; tries++) {
        assert (tries < 2 * ZELECT_PORTS_BLOCK);
        if (next == ZELECT_PORTS_BLOCK)
            found = next = 0;
        found = zelect_port_is_free (first + next++) ? found + 1 : 0;
    }
    return first + next - count;
}

#endif
