#   observer_async.py - who leads? With asyncio and the package of bindings/python
#
#   observer_async.py tcp://127.0.0.1:5681 hello watches the cluster of hello.c.
#
#   This Source Code Form is subject to the terms of the Mozilla Public
#   License, v. 2.0. If a copy of the MPL was not distributed with this file,
#   You can obtain one at http://mozilla.org/MPL/2.0/.

import asyncio
import sys

import zelect.aio


async def main(endpoint: str, cluster: str) -> None:
    async with zelect.aio.Observer(endpoint, cluster=cluster) as observer:
        async for event in observer:
            if isinstance(event, zelect.LeaderChanged):
                print(f"{event.leader.name} leads in term {event.leader.term}", flush=True)
            elif isinstance(event, zelect.LeaderLost):
                print(f"nobody leads: {event.reason}", flush=True)


try:
    asyncio.run(main(sys.argv[1], sys.argv[2]))
except KeyboardInterrupt:
    pass
