/*  =========================================================================
    zelect_endpoint - where a node can be reached

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_endpoint.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S_TCP "tcp://"
#define S_IPC "ipc://"
#define S_FEED_SUFFIX ".feed"
#define S_PORT_MAX 65535

//  A host name as DNS has it, and the underscores that people put there.

static bool
s_is_host_name (const char *host)
{
    for (const char *byte = host; *byte; byte++)
        if (!isalnum ((unsigned char) *byte) && !strchr (".-_", *byte))
            return false;
    return isalnum ((unsigned char) *host);
}

//  Digits and dots alone are meant to be an IPv4 address; inet_aton's short
//  forms (127.1) are more often a slip than meant.

static const char *
s_parse_ipv4 (zelect_endpoint_t *self)
{
    struct in_addr address;
    if (inet_pton (AF_INET, self->host, &address) != 1)
        return "the host is no IPv4 address, such as 10.0.0.1";
    self->is_numeric = true;
    self->is_wildcard = address.s_addr == INADDR_ANY;
    return NULL;
}

//  One address has many spellings; keep the usual one, with the zone if any.

static const char *
s_parse_ipv6 (zelect_endpoint_t *self)
{
    char *zone = strchr (self->host, '%');
    char zone_text [ZELECT_ENDPOINT_MAX + 1] = "";
    if (zone) {
        snprintf (zone_text, sizeof zone_text, "%s", zone);
        *zone = 0;
        if (!s_is_host_name (zone_text + 1))
            return "the zone after % is no network interface";
    }
    struct in6_addr address;
    if (inet_pton (AF_INET6, self->host, &address) != 1)
        return "the host is no IPv6 address, such as [fd00::1]";
    char usual [INET6_ADDRSTRLEN];
    inet_ntop (AF_INET6, &address, usual, sizeof usual);
    snprintf (self->host, sizeof self->host, "%s", usual);
    size_t length = strlen (self->host);
    snprintf (self->host + length, sizeof self->host - length, "%s", zone_text);
    self->is_numeric = true;
    self->is_wildcard = IN6_IS_ADDR_UNSPECIFIED (&address);
    return NULL;
}

static const char *
s_parse_host (zelect_endpoint_t *self)
{
    if (strcmp (self->host, "*") == 0) {
        self->is_numeric = self->is_wildcard = true;
        return NULL;
    }
    if (strspn (self->host, "0123456789.") == strlen (self->host))
        return s_parse_ipv4 (self);
    if (strchr (self->host, ':'))
        return "an IPv6 address stands in brackets: tcp://[::1]:5680";
    if (!s_is_host_name (self->host))
        return "the host is no address and no host name";
    for (char *byte = self->host; *byte; byte++)
        *byte = (char) tolower ((unsigned char) *byte);
    return NULL;
}

//  "*" and 0 ask libzmq for any free port, which no other node can know.

static const char *
s_parse_port (zelect_endpoint_t *self, const char *text)
{
    if (strcmp (text, "*") == 0 || strcmp (text, "0") == 0)
        return "the port must be a fixed one, because the others have to know it";
    size_t length = strlen (text);
    if (length == 0 || length > 5 || strspn (text, "0123456789") != length)
        return "the port must be a number from 1 to 65535";
    unsigned long port = strtoul (text, NULL, 10);
    if (port == 0 || port > S_PORT_MAX)
        return "the port must be a number from 1 to 65535";
    self->port = (uint16_t) port;
    return NULL;
}

static const char *
s_parse_tcp (zelect_endpoint_t *self, const char *address)
{
    const char *colon = strrchr (address, ':');
    const char *bracket = strchr (address, ']');
    if (!colon || (bracket && colon < bracket))
        return "the port is missing: tcp://HOST:PORT";
    const char *wrong = s_parse_port (self, colon + 1);
    if (wrong)
        return wrong;

    bool in_brackets = *address == '[' && bracket && bracket + 1 == colon;
    if (in_brackets)
        address++;
    size_t length = (size_t) ((in_brackets ? bracket : colon) - address);
    if (length == 0)
        return "the host is missing: tcp://HOST:PORT";
    memcpy (self->host, address, length);
    self->host [length] = 0;
    return in_brackets ? s_parse_ipv6 (self) : s_parse_host (self);
}

//  A file, since its neighbour PATH.lock is what keeps two nodes from sharing
//  it (R10); so no abstract name and no path of libzmq's choice.

static const char *
s_parse_ipc (zelect_endpoint_t *self, const char *path)
{
    if (!*path)
        return "the path is missing: ipc:///run/orders/n1";
    if (*path == '@' || *path == '*')
        return "an ipc endpoint must be the path of a file: ipc:///run/orders/n1";
    if (strlen (path) > ZELECT_IPC_PATH_MAX)
        return "the path of an ipc endpoint may have 107 bytes";
    if (strchr (path, '"'))
        return "an ipc path may not hold a double quote";
    self->is_ipc = true;
    snprintf (self->host, sizeof self->host, "%s", path);
    return NULL;
}

const char *
zelect_endpoint_parse (zelect_endpoint_t *self, const char *endpoint)
{
    assert (self);
    assert (endpoint);
    memset (self, 0, sizeof *self);
    if (!zelect_wire_is_endpoint (endpoint))
        return "an endpoint is 1 to 255 characters of printable ASCII without blanks";
    if (strncmp (endpoint, S_TCP, strlen (S_TCP)) == 0)
        return s_parse_tcp (self, endpoint + strlen (S_TCP));
    if (strncmp (endpoint, S_IPC, strlen (S_IPC)) == 0)
        return s_parse_ipc (self, endpoint + strlen (S_IPC));
    if (strncmp (endpoint, "inproc://", 9) == 0)
        return "inproc:// reaches no other process: use tcp:// or ipc://";
    return "it must begin with tcp:// or ipc://";
}

const char *
zelect_endpoint_check_bind (const char *endpoint)
{
    zelect_endpoint_t self;
    return zelect_endpoint_parse (&self, endpoint);
}

const char *
zelect_endpoint_check_connect (const char *endpoint)
{
    zelect_endpoint_t self;
    const char *wrong = zelect_endpoint_parse (&self, endpoint);
    if (!wrong && self.is_wildcard)
        wrong = "all interfaces are to bind only: say the address that others connect to";
    return wrong;
}

//  The text is kept as it is written, up to the port.

const char *
zelect_endpoint_feed (const char *endpoint, char feed [ZELECT_ENDPOINT_MAX + 1])
{
    zelect_endpoint_t self;
    feed [0] = 0;
    const char *wrong = zelect_endpoint_parse (&self, endpoint);
    if (wrong)
        return wrong;
    if (self.is_ipc) {
        if (strlen (self.host) + strlen (S_FEED_SUFFIX) > ZELECT_IPC_PATH_MAX)
            return "its feed adds \".feed\", so its path may have 102 bytes: "
                   "shorten it or set the feed";
        snprintf (feed, ZELECT_ENDPOINT_MAX + 1, "%s%s", endpoint, S_FEED_SUFFIX);
        return NULL;
    }
    if (self.port == S_PORT_MAX)
        return "its feed takes the next port, and there is none: lower the port or set the feed";
    const char *port = strrchr (endpoint, ':') + 1;
    int length = snprintf (feed, ZELECT_ENDPOINT_MAX + 1, "%.*s%u", (int) (port - endpoint),
                           endpoint, self.port + 1U);
    if (length > ZELECT_ENDPOINT_MAX) {
        feed [0] = 0;
        return "its feed would be longer than 255 bytes";
    }
    return NULL;
}

bool
zelect_endpoint_same (const char *one, const char *other)
{
    zelect_endpoint_t left, right;
    if (zelect_endpoint_parse (&left, one) || zelect_endpoint_parse (&right, other))
        return false;
    if (left.is_ipc != right.is_ipc || left.port != right.port)
        return false;
    return left.is_wildcard || right.is_wildcard || strcmp (left.host, right.host) == 0;
}
