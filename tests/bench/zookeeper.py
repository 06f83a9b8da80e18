"""zookeeper.py - three ZooKeeper 3.8 processes, for comparison, and an election among their clients

From Debian's zookeeper, on loopback, with their data on the disk of the build and the timings of its sample
configuration. Who leads is asked for every 2 ms, by the four-letter word `srvr`: a leader that says so is one that
has gathered its followers and serves.

The clients' election is kazoo's recipe (contender.py): its leader is lost when its session has expired.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from figures import RANDOM, TIED
from machine import WORK, take_ports, wait_for
from opened import Opened, end

IDS = (1, 2, 3)
JARS = "/usr/share/java"
CONTENDER = Path(__file__).with_name("contender.py")
ASK_S = 0.002


class ZooKeeper(Opened):
    def __init__(self):
        self.folder = WORK / f"zookeeper-{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        # For clients and, the next one, for followers; and one for their election
        self.ports = {number: (take_ports(), take_ports()) for number in IDS}
        self.processes = {}

    def open(self):
        for number in IDS:
            self.start(number)
        wait_for(self.find_leader, "a leader of ZooKeeper", seconds=60)

    def close(self):
        end(self.processes.values())
        shutil.rmtree(self.folder)

    @property
    def hosts(self):
        return ",".join(f"127.0.0.1:{client}" for client, _ in self.ports.values())

    def start(self, number):
        data = self.folder / str(number)
        data.mkdir(exist_ok=True)
        (data / "myid").write_text(f"{number}\n", encoding="ascii")
        config = self.folder / f"{number}.cfg"
        lines = ["tickTime=2000", "initLimit=10", "syncLimit=5", f"dataDir={data}", "admin.enableServer=false",
                 "4lw.commands.whitelist=srvr", f"clientPort={self.ports[number][0]}"]
        lines += [f"server.{other}=127.0.0.1:{client + 1}:{election}"
                  for other, (client, election) in self.ports.items()]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with open(self.folder / f"{number}.log", "ab") as log:
            self.processes[number] = subprocess.Popen(
                [*TIED, "java", "-cp", f"{self.folder}:{JARS}/zookeeper.jar:{JARS}/*",
                 "org.apache.zookeeper.server.quorum.QuorumPeerMain", str(config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def mode(self, number):
        """ "leader", "follower", or None: it does not serve."""
        try:
            with socket.create_connection(("127.0.0.1", self.ports[number][0]), timeout=1) as link:
                link.sendall(b"srvr")
                said = b""
                while part := link.recv(4096):
                    said += part
        except OSError:
            return None
        return next((line.split()[1].decode() for line in said.splitlines() if line.startswith(b"Mode: ")), None)

    def find_leader(self):
        """The number of the leader that all the others follow, or None."""
        modes = {number: self.mode(number) for number in IDS}
        if sorted(map(str, modes.values())) != ["follower", "follower", "leader"]:
            return None
        return next(number for number, mode in modes.items() if mode == "leader")

    def measure(self):
        """Kill the leader; the milliseconds until another one leads."""
        leader = wait_for(self.find_leader, "a leader of ZooKeeper that all follow", seconds=60)
        time.sleep(2 + RANDOM.random())
        others = [number for number in IDS if number != leader]
        killed_ns = time.time_ns()
        self.processes[leader].kill()
        while not any(self.mode(number) == "leader" for number in others):
            assert time.time_ns() - killed_ns < 60e9, "no leader of ZooKeeper in a minute"
            time.sleep(ASK_S)
        taken_ms = (time.time_ns() - killed_ns) / 1e6
        self.processes[leader].wait()
        self.start(leader)
        return taken_ms


class Contenders(Opened):
    """Three clients that want to lead, by kazoo's recipe."""

    def __init__(self, zookeeper):
        self.hosts = zookeeper.hosts
        self.folder = zookeeper.folder
        self.processes = {}
        self.number = 0

    def open(self):
        for _ in IDS:
            self.start()

    def close(self):
        end(self.processes.values())

    def path(self, name):
        return self.folder / f"{name}.led"

    def start(self):
        self.number += 1
        name = f"c{self.number}"
        with open(self.path(name), "wb") as said:
            self.processes[name] = subprocess.Popen([*TIED, sys.executable, str(CONTENDER), self.hosts, name],
                                                    stdin=subprocess.DEVNULL, stdout=said)

    def led(self):
        """When each of those who live began to lead, in ns of the wall clock."""
        said = {name: self.path(name).read_text(encoding="ascii").split() for name in self.processes}
        return {name: int(words[1]) for name, words in said.items() if len(words) == 2}

    def are_there(self):
        return all(self.path(name).stat().st_size for name in self.processes)

    def measure(self):
        """Kill who leads; the milliseconds until another one does."""
        wait_for(self.are_there, "all contenders", seconds=60)
        wait_for(self.led, "a contender that leads", seconds=60)
        time.sleep(1 + RANDOM.random())
        (leader, _), = self.led().items()
        killed_ns = time.time_ns()
        end([self.processes.pop(leader)])
        following = wait_for(self.led, "another contender that leads", seconds=60)
        self.start()
        return (max(following.values()) - killed_ns) / 1e6
