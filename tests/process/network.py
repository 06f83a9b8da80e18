"""network.py - a network of the test's own, in which links can be cut

    with Network(3) as network, Cluster(3, network=network) as cluster:
        ...
        network.cut(1)

One network namespace for each member, one more for the bridge between them and for the outsider. They have no
names: each lives as long as a process that waits for its stdin to close, so that nothing is left behind however
the test ends. Packets are dropped by iptables inside the member's namespace. Needs root.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import ctypes
import os
import subprocess
from pathlib import Path

from opened import Opened

SUBNET = "10.254.7"
OUTSIDER = f"{SUBNET}.254"


def enter(path):
    """Bring the calling thread into a network namespace, and with it whatever sockets and threads it makes."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, 0x40000000):
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")
    os.close(handle)


class Namespace:
    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat >/dev/null"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # Its first word says that the namespace is there
        assert self.holder.stdout.readline() == b"\n", "no network namespace could be made; are you root?"
        self.path = f"/proc/{self.holder.pid}/ns/net"
        self.prefix = ["nsenter", f"--net={self.path}"]
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *command):
        subprocess.run([*self.prefix, *command], check=True, stdin=subprocess.DEVNULL)

    def close(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait()


class Network(Opened):
    def __init__(self, size):
        self.size = size
        self.hub = None
        self.members = {}

    def open(self):
        self.hub = Namespace()
        self.hub.run("ip", "link", "add", "bridge", "type", "bridge")
        self.hub.run("ip", "address", "add", f"{OUTSIDER}/24", "dev", "bridge")
        self.hub.run("ip", "link", "set", "bridge", "up")
        for index in range(1, self.size + 1):
            member = self.members[index] = Namespace()
            self.hub.run("ip", "link", "add", f"port{index}", "type", "veth", "peer", "name", "eth0",
                         "netns", str(member.holder.pid))
            self.hub.run("ip", "link", "set", f"port{index}", "master", "bridge", "up")
            member.run("ip", "address", "add", f"{self.address(index)}/24", "dev", "eth0")
            member.run("ip", "link", "set", "eth0", "up")

    def close(self):
        for namespace in [*self.members.values(), *filter(None, [self.hub])]:
            namespace.close()

    def address(self, index):
        return f"{SUBNET}.{index}"

    def prefix(self, index):
        return self.members[index].prefix

    @property
    def observatory(self):
        """The namespace of the outsider, whom no cut concerns."""
        assert Path(self.hub.path).exists()
        return self.hub.path

    def rule(self, index, chain, *match):
        self.members[index].run("iptables", "-w", "-A", chain, *match, "-j", "DROP")

    def cut(self, index, ways=("INPUT", "OUTPUT"), others=None, loss=None):
        """Drop all packets (or a share of them) between a member and the others, one way or both."""
        chance = ["-m", "statistic", "--mode", "random", "--probability", str(loss)] if loss else []
        for other in others or self.members:
            for chain in ways if other != index else ():
                self.rule(index, chain, "-s" if chain == "INPUT" else "-d", self.address(other), *chance)

    def heal(self):
        for member in self.members.values():
            member.run("iptables", "-w", "-F")
