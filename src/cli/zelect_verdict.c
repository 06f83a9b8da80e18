/*  =========================================================================
    zelect_verdict - what the answers of some nodes come to

    This Source Code Form is subject to the terms of the Mozilla Public
    License, v. 2.0. If a copy of the MPL was not distributed with this file,
    You can obtain one at http://mozilla.org/MPL/2.0/.
    =========================================================================
*/

#include "zelect_verdict.h"

#include <string.h>

zconfig_t *
zelect_verdict_ask (zlist_t *endpoints, int timeout_ms, const zelect_pass_t *pass)
{
    return pass ? zelect_query_with (endpoints, timeout_ms, pass)
                : zelect_query (endpoints, timeout_ms);
}

const char *
zelect_verdict_get (zconfig_t *answer, const char *key)
{
    return zconfig_get (answer, key, "");
}

zconfig_t *
zelect_verdict_first (zconfig_t *answers)
{
    zconfig_t *nodes = zconfig_locate (answers, "nodes");
    return nodes ? zconfig_child (nodes) : NULL;
}

bool
zelect_verdict_is_down (zconfig_t *answer)
{
    return strcmp (zelect_verdict_get (answer, "state"), "down") == 0;
}

static bool
s_agree (zconfig_t *node, zconfig_t *other)
{
    static const char *const keys [] = {"cluster", "leader", "term"};
    for (size_t at = 0; at < sizeof (keys) / sizeof (keys [0]); at++)
        if (strcmp (zelect_verdict_get (node, keys [at]), zelect_verdict_get (other, keys [at]))
            != 0)
            return false;
    return true;
}

zelect_verdict_t
zelect_verdict (zconfig_t *answers)
{
    zelect_verdict_t self = {0};
    zconfig_t *node = zelect_verdict_first (answers);
    for (; node; node = zconfig_next (node)) {
        self.asked++;
        if (zelect_verdict_is_down (node))
            continue;
        self.answered++;
        if (!*zelect_verdict_get (node, "leader"))
            continue;
        int agree = 0;
        zconfig_t *other = zelect_verdict_first (answers);
        for (; other; other = zconfig_next (other))
            agree += s_agree (node, other);
        if (agree > self.agree) {
            self.agree = agree;
            self.best = node;
        }
    }
    if (2 * self.agree <= self.answered)
        self.best = NULL;
    return self;
}

void
zelect_verdict_refuse (const zelect_command_t *command,
                       zlist_t *endpoints,
                       const zelect_pass_t *pass)
{
    const char *endpoint = (const char *) zlist_first (endpoints);
    for (; endpoint; endpoint = (const char *) zlist_next (endpoints)) {
        zlist_t *alone = zlist_new ();
        zlist_autofree (alone);
        zlist_append (alone, strdupa (endpoint));
        zconfig_t *answers = zelect_verdict_ask (alone, 1, pass);
        if (!answers && pass)
            zelect_cli_error (command,
                              "'%s' is no endpoint with a key; n1@tcp://10.0.0.1:5680 is one, if "
                              "n1.cert is among the keys",
                              endpoint);
        else if (!answers)
            zelect_cli_error (command, "'%s' is no endpoint; tcp://10.0.0.1:5680 is one", endpoint);
        zconfig_destroy (&answers);
        zlist_destroy (&alone);
    }
}
