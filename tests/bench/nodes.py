"""nodes.py - three processes of `zelect node`, as an operator runs them, in a network of their own

    with Nodes() as nodes:
        nodes.leader, nodes.processes, nodes.feed_of_leader()

Default timings, stores on the disk of the build.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import json
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import network
from figures import BUILD, TIED
from machine import wait_for
from opened import Opened, end

PROGRAM = str(BUILD / "zelect")
NAMES = ("n1", "n2", "n3")
PORT = 21880
HEARTBEAT_S = 0.1       # The default
CLUSTER = "bench"


class Nodes(Opened):
    def __init__(self, environment=None):
        self.environment = environment or (lambda name: {})
        self.processes = {}
        self.endpoints = [f"tcp://127.0.0.1:{PORT + 2 * index}" for index in range(len(NAMES))]
        self.feeds = [f"tcp://127.0.0.1:{PORT + 2 * index + 1}" for index in range(len(NAMES))]
        self.leader = None
        self.namespace = None
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(dir=BUILD)

    def open(self):
        # Nothing else goes over this loopback
        self.namespace = network.Namespace()
        for name in NAMES:
            self.start(name)
        self.leader = wait_for(self.find_leader, "a leader of three nodes")
        time.sleep(2)

    def close(self):
        end(self.processes.values())
        self.folder.cleanup()
        if self.namespace:
            self.namespace.close()

    def start(self, name):
        folder = Path(self.folder.name)
        members = "".join(f"    member = {other}\n        endpoint = {endpoint}\n"
                          for other, endpoint in zip(NAMES, self.endpoints))
        config = folder / f"{name}.cfg"
        config.write_text(f"node\n    name = {name}\n    store = \"{folder / name}\"\n    create = 1\n"
                          f"cluster = {CLUSTER}\n{members}", encoding="utf-8")
        # Each command becomes the next one: the process is the node's
        self.processes[name] = subprocess.Popen(
            [*TIED, *self.namespace.prefix, PROGRAM, "node", "-c", str(config)], stderr=subprocess.DEVNULL,
            env={**os.environ, **self.environment(name)})

    def find_leader(self):
        """The leader that all of them name, or None."""
        done = subprocess.run([*self.namespace.prefix, PROGRAM, "status", "--json", *self.endpoints],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        status = json.loads(done.stdout)
        return status["leader"] if status["agree"] == len(NAMES) else None

    def role(self, name):
        return "leader" if name == self.leader else "follower"

    def feed_of_leader(self):
        return self.feeds[NAMES.index(self.leader)]

    def inside(self, function, *arguments):
        """Call a function in the network of the nodes."""
        def call():
            network.enter(self.namespace.path)
            return function(*arguments)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(call).result()
