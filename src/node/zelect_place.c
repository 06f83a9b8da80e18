/*  =========================================================================
    zelect_place - a numeric address, and what shows that it is occupied

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_place.h"
#include "zelect_endpoint.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

//  ----  Address  -------------------------------------------------------------

//  libzmq's sockets speak IPv6, and call an IPv4 address ::ffff:A.B.C.D.

static void
s_unmap (zelect_place_t *self)
{
    struct sockaddr_in6 mapped;
    memcpy (&mapped, &self->address, sizeof (mapped));
    if (mapped.sin6_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED (&mapped.sin6_addr))
        return;
    struct sockaddr_in plain = {.sin_family = AF_INET, .sin_port = mapped.sin6_port};
    memcpy (&plain.sin_addr, mapped.sin6_addr.s6_addr + 12, sizeof (plain.sin_addr));
    memset (&self->address, 0, sizeof (self->address));
    memcpy (&self->address, &plain, sizeof (plain));
    self->size = sizeof (plain);
}

//  With these flags nobody is asked for a name; but the zone of an IPv6 address
//  is understood.

static int
s_init_tcp (zelect_place_t *self, const char *host, uint16_t port)
{
    if (!host)
        return -1;
    const struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM};
    char service [8];
    snprintf (service, sizeof (service), "%u", port);
    struct addrinfo *found = NULL;
    if (getaddrinfo (host, service, &wanted, &found))
        return -1;
    memcpy (&self->address, found->ai_addr, found->ai_addrlen);
    self->size = found->ai_addrlen;
    freeaddrinfo (found);
    s_unmap (self);
    return 0;
}

static void
s_init_ipc (zelect_place_t *self, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy (address.sun_path, path, strnlen (path, sizeof (address.sun_path) - 1));
    memcpy (&self->address, &address, sizeof (address));
    self->size = sizeof (address);
}

int
zelect_place_init (zelect_place_t *self, const char *endpoint, const char *host)
{
    assert (self);
    memset (self, 0, sizeof (*self));
    zelect_endpoint_t parts;
    if (zelect_endpoint_parse (&parts, endpoint))
        return -1;
    if (!parts.is_ipc)
        return s_init_tcp (self, host, parts.port);
    s_init_ipc (self, parts.host);
    return 0;
}

bool
zelect_place_same (const zelect_place_t *self, const zelect_place_t *other)
{
    return self->size && self->size == other->size
           && memcmp (&self->address, &other->address, self->size) == 0;
}

bool
zelect_place_is_ipc (const zelect_place_t *self)
{
    return self->address.ss_family == AF_UNIX;
}

//  Two addresses of a family have the port at the same offset.

static in_port_t
s_port (const zelect_place_t *self)
{
    struct sockaddr_in address;
    memcpy (&address, &self->address, sizeof (address));
    return address.sin_port;
}

bool
zelect_place_is_bound_at (const zelect_place_t *self, const char *endpoint)
{
    zelect_endpoint_t parts;
    zelect_place_t bound;
    if (!self->size || zelect_endpoint_parse (&parts, endpoint)
        || parts.is_ipc != zelect_place_is_ipc (self))
        return false;
    //  All addresses of IPv4 are none of IPv6; the other way round they are both
    bool is_v4 = strcmp (parts.host, "0.0.0.0") == 0;
    if (parts.is_wildcard)
        return s_port (self) == htons (parts.port)
               && (!is_v4 || self->address.ss_family == AF_INET);
    return !zelect_place_init (&bound, endpoint, parts.host) && zelect_place_same (self, &bound);
}

//  ----  The lock of an ipc path  ---------------------------------------------

//  A look that took the lock would keep a node from starting.

static zelect_hold_t
s_look_at_lock (const zelect_place_t *self)
{
    struct sockaddr_un address;
    memcpy (&address, &self->address, sizeof (address));
    char path [sizeof (address.sun_path) + sizeof (".lock")];
    snprintf (path, sizeof (path), "%.*s.lock", (int) sizeof (address.sun_path), address.sun_path);
    int handle = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (handle == -1)
        return ZELECT_PLACE_UNKNOWN;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc = fcntl (handle, F_OFD_GETLK, &whole);
    close (handle);
    if (rc == -1)
        return ZELECT_PLACE_UNKNOWN;
    return whole.l_type == F_UNLCK ? ZELECT_PLACE_FREE : ZELECT_PLACE_HELD;
}

//  ----  The kernel's table of sockets  ---------------------------------------

typedef struct {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
} s_question_t;

typedef union {
    struct nlmsghdr head;
    uint8_t space [1024];
} s_answer_t;

//  "Which socket takes a connection to this address?"

static s_question_t
s_question (const zelect_place_t *self)
{
    s_question_t question;
    memset (&question, 0, sizeof (question));
    question.head.nlmsg_len = sizeof (question);
    question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.head.nlmsg_flags = NLM_F_REQUEST;
    question.body.sdiag_family = (uint8_t) self->address.ss_family;
    question.body.sdiag_protocol = IPPROTO_TCP;
    question.body.idiag_states = UINT32_MAX;
    question.body.id.idiag_sport = s_port (self);
    question.body.id.idiag_cookie [0] = question.body.id.idiag_cookie [1] = INET_DIAG_NOCOOKIE;
    if (self->address.ss_family == AF_INET) {
        struct sockaddr_in address;
        memcpy (&address, &self->address, sizeof (address));
        memcpy (question.body.id.idiag_src, &address.sin_addr, sizeof (address.sin_addr));
    }
    else {
        struct sockaddr_in6 address;
        memcpy (&address, &self->address, sizeof (address));
        memcpy (question.body.id.idiag_src, &address.sin6_addr, sizeof (address.sin6_addr));
        question.body.id.idiag_if = address.sin6_scope_id;
    }
    return question;
}

//  ENOENT means "none", but also that this kernel cannot tell: who relies on it
//  has to have seen the listener in the table before.

static zelect_hold_t
s_judge (const s_answer_t *answer, size_t size)
{
    if (size < sizeof (answer->head))
        return ZELECT_PLACE_UNKNOWN;
    if (answer->head.nlmsg_type == SOCK_DIAG_BY_FAMILY)
        return ZELECT_PLACE_HELD;
    struct nlmsgerr error;
    if (answer->head.nlmsg_type != NLMSG_ERROR || size < NLMSG_LENGTH (sizeof (error)))
        return ZELECT_PLACE_UNKNOWN;
    memcpy (&error, answer->space + NLMSG_HDRLEN, sizeof (error));
    return error.error == -ENOENT ? ZELECT_PLACE_FREE : ZELECT_PLACE_UNKNOWN;
}

//  The kernel answers while it takes the question, so nothing is waited for.

static zelect_hold_t
s_look_at_table (const zelect_place_t *self)
{
    int handle = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    if (handle == -1)
        return ZELECT_PLACE_UNKNOWN;
    s_question_t question = s_question (self);
    s_answer_t answer;
    ssize_t size = -1;
    if (send (handle, &question, sizeof (question), MSG_NOSIGNAL) == sizeof (question))
        size = recv (handle, &answer, sizeof (answer), MSG_DONTWAIT);
    close (handle);
    return size < 0 ? ZELECT_PLACE_UNKNOWN : s_judge (&answer, (size_t) size);
}

zelect_hold_t
zelect_place_look (const zelect_place_t *self)
{
    assert (self);
    if (!self->size)
        return ZELECT_PLACE_UNKNOWN;
    return zelect_place_is_ipc (self) ? s_look_at_lock (self) : s_look_at_table (self);
}
