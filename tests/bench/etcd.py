"""etcd.py - three members of etcd 3.4, for comparison

From Debian's etcd-server, on loopback, with their data on the disk of the build. Who became the leader is what they
say themselves; when, is when they said it: nobody polls them.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import re
import shutil
import subprocess
import threading
import time

from figures import RANDOM, TIED
from machine import MS, WORK, now_ns, take_ports, wait_for
from opened import Opened, end

NAMES = ("e1", "e2", "e3")
BECAME = re.compile(r"\b\w+ became leader at term (\d+)")
KNOWS = re.compile(r"raft\.node: \w+ (?:elected leader|changed leader from \w+ to) \w+ at term (\d+)")


class Process(threading.Thread):
    """A member, and what it says: (time in ns, line)."""

    def __init__(self, command):
        super().__init__(daemon=True)
        self.said = []
        self.process = subprocess.Popen([*TIED, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.start()

    def run(self):
        for line in self.process.stderr:
            self.said.append((now_ns(), line.decode(errors="replace")))

    def terms(self, pattern):
        """(term, time) of all lines that have this in them."""
        return [(int(found[1]), when) for when, line in list(self.said) if (found := pattern.search(line))]

    def kill(self):
        self.process.kill()

    def wait(self):
        self.process.wait()
        self.join()


class Etcd(Opened):
    """A cluster with a heartbeat interval and an election timeout, in ms."""

    def __init__(self, heartbeat_ms, election_ms):
        self.times = heartbeat_ms, election_ms
        self.folder = WORK / f"etcd-{heartbeat_ms}-{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.ports = {name: take_ports() for name in NAMES}
        self.processes = {}

    def open(self):
        for name in NAMES:
            self.start(name)
        wait_for(self.find_leader, "a leader of etcd", seconds=60)

    def close(self):
        end(self.processes.values())
        shutil.rmtree(self.folder)

    def url(self, name, offset=0):
        return f"http://127.0.0.1:{self.ports[name] + offset}"

    def start(self, name):
        heartbeat_ms, election_ms = self.times
        command = ["etcd", "--name", name, "--data-dir", str(self.folder / name), "--logger", "capnslog",
                   "--heartbeat-interval", str(heartbeat_ms), "--election-timeout", str(election_ms),
                   "--listen-peer-urls", self.url(name), "--initial-advertise-peer-urls", self.url(name),
                   "--listen-client-urls", self.url(name, 1), "--advertise-client-urls", self.url(name, 1),
                   "--initial-cluster", ",".join(f"{other}={self.url(other)}" for other in NAMES),
                   "--initial-cluster-state", "new"]
        self.processes[name] = Process(command)

    def leaderships(self, names):
        """(term, time, name) of all who became leaders."""
        return [(term, when, name) for name in names for term, when in self.processes[name].terms(BECAME)]

    def find_leader(self):
        """The leader's name and term, if all others know of it; or None."""
        found = max(self.leaderships(NAMES), default=None)
        if found is None:
            return None
        known = [max(self.processes[name].terms(KNOWS), default=(0, 0))[0] for name in NAMES]
        return (found[2], found[0]) if all(term == found[0] for term in known) else None

    def measure(self, number):
        """End the leader by this signal; the milliseconds until another one leads."""
        leader, term = wait_for(self.find_leader, "a leader of etcd that all know", seconds=60)
        time.sleep(1 + 4 * self.times[0] / 1000 * RANDOM.random())
        others = [name for name in NAMES if name != leader]
        ended_ns = now_ns()
        self.processes[leader].process.send_signal(number)
        # Whoever looks meanwhile is in the way
        time.sleep(0.05)

        def next_leadership():
            return min((found for found in self.leaderships(others) if found[0] > term), default=None)
        following = wait_for(next_leadership, "another leader of etcd", seconds=60)
        end([self.processes[leader]])
        self.start(leader)
        return (following[1] - ended_ns) / MS
