#!/usr/bin/python3
"""contender.py HOSTS NAME - a client of ZooKeeper that wants to lead, by the recipe of kazoo

Says `joined` when it takes part, and the time in ns of the wall clock when it leads. Its session expires after 4 s,
the least that ZooKeeper grants with its sample configuration.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import signal
import sys
import time

from kazoo.client import KazooClient


def lead():
    print(time.time_ns(), flush=True)
    while True:
        signal.pause()


def main():
    client = KazooClient(hosts=sys.argv[1], timeout=4.0)
    client.start(timeout=30)
    print("joined", flush=True)
    client.Election("/election", sys.argv[2]).run(lead)


if __name__ == "__main__":
    main()
