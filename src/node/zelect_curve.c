/*  =========================================================================
    zelect_curve - the settings that make a socket speak CURVE, or nothing

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_curve.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zmq.h>

//  Libzmq has it, behind the drafts of its header.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

static bool
s_is (void *socket, int option, int wanted)
{
    int value = -1;
    size_t size = sizeof (value);
    return zmq_getsockopt (socket, option, &value, &size) == 0 && value == wanted;
}

static bool
s_has_domain (void *socket)
{
    char domain [sizeof (ZELECT_CURVE_DOMAIN) + 1] = "";
    size_t size = sizeof (domain);
    return zmq_getsockopt (socket, ZMQ_ZAP_DOMAIN, domain, &size) == 0
           && strcmp (domain, ZELECT_CURVE_DOMAIN) == 0;
}

static int
s_refuse (zelect_trouble_t *trouble)
{
    return zelect_trouble_set (
        trouble, ENOTSUP,
        "CURVE cannot be enforced with this libzmq, and a node that strangers "
        "get into does not start: install libzmq 4.3.3 or newer");
}

int
zelect_curve_listen (void *socket, const zelect_keys_t *keys, zelect_trouble_t *trouble)
{
    assert (socket);
    const int yes = 1;
    if (zmq_setsockopt (socket, ZMQ_ZAP_DOMAIN, ZELECT_CURVE_DOMAIN, strlen (ZELECT_CURVE_DOMAIN))
        || zmq_setsockopt (socket, ZMQ_ZAP_ENFORCE_DOMAIN, &yes, sizeof (yes))
        || zmq_setsockopt (socket, ZMQ_CURVE_SERVER, &yes, sizeof (yes))
        || zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, zelect_keys_secret (keys), ZELECT_KEY_SIZE))
        return s_refuse (trouble);
    if (s_is (socket, ZMQ_MECHANISM, ZMQ_CURVE) && s_is (socket, ZMQ_CURVE_SERVER, 1)
        && s_is (socket, ZMQ_ZAP_ENFORCE_DOMAIN, 1) && s_has_domain (socket))
        return 0;
    return s_refuse (trouble);
}

int
zelect_curve_visit (void *socket, const zelect_keys_t *keys, zelect_trouble_t *trouble)
{
    assert (socket);
    if (zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, zelect_keys_public (keys), ZELECT_KEY_SIZE)
        || zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, zelect_keys_secret (keys), ZELECT_KEY_SIZE)
        || !s_is (socket, ZMQ_MECHANISM, ZMQ_CURVE))
        return s_refuse (trouble);
    return 0;
}

int
zelect_curve_expect (void *socket, const char *key, zelect_trouble_t *trouble)
{
    assert (socket);
    assert (key);
    if (zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, key, ZELECT_KEY_SIZE)
        || !s_is (socket, ZMQ_MECHANISM, ZMQ_CURVE))
        return s_refuse (trouble);
    return 0;
}
