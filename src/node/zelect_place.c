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
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
        return s_init_tcp (self, host ? host : parts.host, parts.port);
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

//  The bytes of a numeric address; returns how many.

#define HOST_SIZE sizeof (struct in6_addr)

static size_t
s_host (const zelect_place_t *self, uint8_t host [HOST_SIZE])
{
    if (self->address.ss_family == AF_INET) {
        struct sockaddr_in address;
        memcpy (&address, &self->address, sizeof (address));
        memcpy (host, &address.sin_addr, sizeof (address.sin_addr));
        return sizeof (address.sin_addr);
    }
    struct sockaddr_in6 address;
    memcpy (&address, &self->address, sizeof (address));
    memcpy (host, &address.sin6_addr, sizeof (address.sin6_addr));
    return sizeof (address.sin6_addr);
}

static uint32_t
s_zone (const zelect_place_t *self)
{
    struct sockaddr_in6 address;
    memcpy (&address, &self->address, sizeof (address));
    return address.sin6_family == AF_INET6 ? address.sin6_scope_id : 0;
}

static bool
s_is_all_hosts (const zelect_place_t *self)
{
    static const uint8_t none [HOST_SIZE];
    uint8_t host [HOST_SIZE];
    size_t size = s_host (self, host);
    return memcmp (host, none, size) == 0;
}

//  All addresses of IPv4 are none of IPv6; the other way round they are both.

bool
zelect_place_is_bound_at (const zelect_place_t *self, const char *endpoint)
{
    zelect_place_t bound;
    if (zelect_place_init (&bound, endpoint, NULL))
        return false;
    if (zelect_place_is_ipc (&bound) || !s_is_all_hosts (&bound))
        return zelect_place_same (self, &bound);
    int family = self->address.ss_family;
    return s_port (self) == s_port (&bound)
           && (family == AF_INET || (family == AF_INET6 && bound.address.ss_family == AF_INET6));
}

//  ----  The lock of an ipc path  ---------------------------------------------

//  Who holds it is written into it, for people, too: 16 digits and a line end.

#define OWNER_SIZE 17

int
zelect_place_mark (int handle, uint64_t owner)
{
    char text [OWNER_SIZE + 1];
    snprintf (text, sizeof (text), "%016" PRIx64 "\n", owner);
    return pwrite (handle, text, OWNER_SIZE, 0) == OWNER_SIZE ? 0 : -1;
}

static uint64_t
s_owner (int handle)
{
    char text [OWNER_SIZE + 1] = "";
    return pread (handle, text, OWNER_SIZE, 0) == OWNER_SIZE ? strtoull (text, NULL, 16) : 0;
}

//  A look that took the lock would keep a node from starting.

static zelect_hold_t
s_look_at_file (int handle, zelect_sign_t *sign)
{
    struct stat about;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fstat (handle, &about) || fcntl (handle, F_OFD_GETLK, &whole))
        return ZELECT_PLACE_UNKNOWN;
    sign->device = about.st_dev;
    sign->file = about.st_ino;
    sign->owner = s_owner (handle);
    return whole.l_type == F_UNLCK ? ZELECT_PLACE_FREE : ZELECT_PLACE_HELD;
}

static zelect_hold_t
s_look_at_lock (const zelect_place_t *self, zelect_sign_t *sign)
{
    struct sockaddr_un address;
    memcpy (&address, &self->address, sizeof (address));
    char path [sizeof (address.sun_path) + sizeof (".lock")];
    snprintf (path, sizeof (path), "%.*s.lock", (int) sizeof (address.sun_path), address.sun_path);
    int handle = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (handle == -1)
        return ZELECT_PLACE_UNKNOWN;
    zelect_hold_t hold = s_look_at_file (handle, sign);
    close (handle);
    return hold;
}

//  ----  What the kernel knows  -----------------------------------------------

typedef union {
    struct nlmsghdr head;
    uint8_t space [1024];
} s_answer_t;

//  The kernel answers while it takes the question, so nothing is waited for.
//  Returns whether there is an answer with a body of this size.

static bool
s_ask_kernel (int protocol, const struct nlmsghdr *question, s_answer_t *answer, size_t body_size)
{
    int handle = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (handle == -1)
        return false;
    ssize_t size = -1;
    if (send (handle, question, question->nlmsg_len, MSG_NOSIGNAL) == (ssize_t) question->nlmsg_len)
        size = recv (handle, answer, sizeof (*answer), MSG_DONTWAIT);
    close (handle);
    return size >= (ssize_t) NLMSG_LENGTH (body_size);
}

//  "Where does a packet to this address go?"

typedef struct {
    struct nlmsghdr head;
    struct rtmsg body;
    struct rtattr zone_head;
    uint32_t zone;
    struct rtattr host_head;
    uint8_t host [HOST_SIZE];
} s_route_t;

//  True if it stays on this host. Who has bound all addresses has bound those of
//  others, too, as the table of sockets has it; and two clones of a virtual machine
//  have one boot id.

static bool
s_is_here (const zelect_place_t *self)
{
    s_route_t question = {.head = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
                          .body = {.rtm_family = (uint8_t) self->address.ss_family},
                          .zone_head = {.rta_type = RTA_OIF, .rta_len = RTA_LENGTH (4)},
                          .zone = s_zone (self),
                          .host_head = {.rta_type = RTA_DST}};
    size_t size = s_host (self, question.host);
    question.body.rtm_dst_len = (uint8_t) (8 * size);
    question.host_head.rta_len = (uint16_t) RTA_LENGTH (size);
    question.head.nlmsg_len = (uint32_t) (offsetof (s_route_t, host) + size);
    s_answer_t answer;
    struct rtmsg route;
    if (!s_ask_kernel (NETLINK_ROUTE, &question.head, &answer, sizeof (route))
        || answer.head.nlmsg_type != RTM_NEWROUTE)
        return false;
    memcpy (&route, answer.space + NLMSG_HDRLEN, sizeof (route));
    return route.rtm_type == RTN_LOCAL;
}

//  "Which socket takes a connection to this address?"

typedef struct {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
} s_question_t;

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
    s_host (self, (uint8_t *) question.body.id.idiag_src);
    question.body.id.idiag_if = s_zone (self);
    return question;
}

//  ENOENT means "none", but also that this kernel cannot tell: who relies on it
//  has to have seen the listener in the table before. The cookie is a number that
//  the kernel gives to one socket only.

static zelect_hold_t
s_judge (const s_answer_t *answer, zelect_sign_t *sign)
{
    struct inet_diag_msg found;
    struct nlmsgerr error;
    if (answer->head.nlmsg_type == SOCK_DIAG_BY_FAMILY
        && answer->head.nlmsg_len >= NLMSG_LENGTH (sizeof (found))) {
        memcpy (&found, answer->space + NLMSG_HDRLEN, sizeof (found));
        sign->owner = (uint64_t) found.id.idiag_cookie [1] << 32 | found.id.idiag_cookie [0];
        return ZELECT_PLACE_HELD;
    }
    if (answer->head.nlmsg_type != NLMSG_ERROR)
        return ZELECT_PLACE_UNKNOWN;
    memcpy (&error, answer->space + NLMSG_HDRLEN, sizeof (error));
    return error.error == -ENOENT ? ZELECT_PLACE_FREE : ZELECT_PLACE_UNKNOWN;
}

static zelect_hold_t
s_look_at_table (const zelect_place_t *self, zelect_sign_t *sign)
{
    if (!s_is_all_hosts (self) && !s_is_here (self))
        return ZELECT_PLACE_UNKNOWN;
    s_question_t question = s_question (self);
    s_answer_t answer;
    if (!s_ask_kernel (NETLINK_SOCK_DIAG, &question.head, &answer, sizeof (struct nlmsgerr)))
        return ZELECT_PLACE_UNKNOWN;
    return s_judge (&answer, sign);
}

//  ----  The second sign  -----------------------------------------------------

zelect_hold_t
zelect_place_look (const zelect_place_t *self, zelect_sign_t *sign)
{
    assert (self);
    assert (sign);
    memset (sign, 0, sizeof (*sign));
    if (!self->size)
        return ZELECT_PLACE_UNKNOWN;
    return zelect_place_is_ipc (self) ? s_look_at_lock (self, sign) : s_look_at_table (self, sign);
}

//  Who holds a lock has the file open, so no other file can have its number while
//  he lives. A lock that is free was let go of, and so was one in which another has
//  written, who had to take it for that. To be held says nothing: who took the path
//  of a living node need not have taken its lock.

bool
zelect_place_is_left (const zelect_place_t *self, const zelect_sign_t *sign)
{
    zelect_sign_t now;
    zelect_hold_t hold = zelect_place_look (self, &now);
    if (hold == ZELECT_PLACE_UNKNOWN || now.device != sign->device || now.file != sign->file)
        return false;
    return hold == ZELECT_PLACE_FREE || now.owner != sign->owner;
}
