/*  =========================================================================
    zelect_ports - loopback ports that no other test uses now

    Ports are taken below the ephemeral range, where a reconnecting client of
    another test could sit on them by chance.

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#ifndef ZELECT_PORTS_H_INCLUDED
#define ZELECT_PORTS_H_INCLUDED

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#define ZELECT_PORTS_FIRST 10000
#define ZELECT_PORTS_END 32000

//  --------------------------------------------------------------------------
//  True if nobody has bound the port on loopback.

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
//  The first of `count` ports in a row that are free now. Each process starts
//  to look elsewhere, and goes on from where it found the last, so that suites
//  can run at the same time and no port is handed out twice in a row.

static inline int
zelect_ports (int count)
{
    static int next = 0;
    const int range = ZELECT_PORTS_END - ZELECT_PORTS_FIRST;
    if (next == 0)
        next = ZELECT_PORTS_FIRST + (int) ((unsigned) getpid () * 97U % (unsigned) range);
    for (int found = 0; found < count; next++) {
        if (next >= ZELECT_PORTS_END) {
            next = ZELECT_PORTS_FIRST;
            found = 0;
        }
        found = zelect_port_is_free (next) ? found + 1 : 0;
    }
    return next - count;
}

#endif
