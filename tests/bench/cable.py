"""cable.py - the cables between the members of a network, which can be pulled in an instant

A rule of a packet filter takes a process or two to set, some ten milliseconds, and when it took hold nobody knows.
To take a port of the bridge down is one system call.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import fcntl
import socket
import struct
import threading

import network

GET_FLAGS, SET_FLAGS = 0x8913, 0x8914   # SIOCGIFFLAGS, SIOCSIFFLAGS
UP = 0x1
REQUEST = struct.Struct("16sh22x")      # struct ifreq


class Cables:
    """All cables of a Network; they end at the bridge, in its hub."""

    def __init__(self, of):
        self.hub = of.hub.path
        # A socket belongs to the namespace of the thread that made it, for good
        maker = threading.Thread(target=self.make_socket)
        maker.start()
        maker.join()

    def make_socket(self):
        network.enter(self.hub)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def set_up(self, index, is_up):
        name = f"port{index}".encode()
        _, flags = REQUEST.unpack(fcntl.ioctl(self.socket, GET_FLAGS, REQUEST.pack(name, 0)))
        flags = flags | UP if is_up else flags & ~UP
        fcntl.ioctl(self.socket, SET_FLAGS, REQUEST.pack(name, flags))

    def pull(self, index):
        self.set_up(index, False)

    def plug(self, index):
        self.set_up(index, True)

    def close(self):
        self.socket.close()
