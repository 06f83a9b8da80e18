"""zelect - watch the election of a leader among ZeroMQ nodes.

    import zelect

    with zelect.Observer("tcp://10.0.0.1:5681", "tcp://10.0.0.2:5681", cluster="orders") as obs:
        for event in obs:
            print(event, obs.leader)

An observer is no member: it needs nothing but the feed endpoints of some nodes, and no node knows
or waits for it. It believes by one rule, the same in every language (doc/zelect-protocol.md). What
it believes is advice for people and routers, never a lock: whoever writes somewhere on behalf of
a leader should carry the leader's term.

zelect.aio has the same for asyncio; ``python -m zelect watch ENDPOINT...`` prints.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

from . import aio
from ._observer import Observer
from ._types import (Error, Event, Leader, LeaderChanged, LeaderLost, Member, MemberChanged, Reason,
                     Role)

__all__ = ["Error", "Event", "Leader", "LeaderChanged", "LeaderLost", "Member", "MemberChanged",
           "Observer", "Reason", "Role", "aio"]
__version__ = "0.1.0"
