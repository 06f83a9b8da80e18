"""forwarder.py PORT TARGET [PORT TARGET ...] - a forwarder of tcp connections on loopback, as a side-car or a
published port is: it listens on each PORT and passes on what comes to TARGET.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import asyncio
import sys


async def pass_on(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def forward(port, target):
    async def connected(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))
    await asyncio.start_server(connected, "127.0.0.1", port)


async def main():
    ports = [int(argument) for argument in sys.argv[1:]]
    for port, target in zip(ports[::2], ports[1::2]):
        await forward(port, target)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
