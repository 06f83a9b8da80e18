"""What the tests share: the schema, and a node's feed to listen to.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import atexit
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import zmq

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "bindings" / "python"
sys.path.insert(0, str(PACKAGE))

if not os.path.isfile(os.environ.get("ZELECT_BINPB", "")):
    _folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, _folder)
    os.environ["ZELECT_BINPB"] = os.path.join(_folder, "zelect.binpb")
    subprocess.run(["protoc", f"--proto_path={ROOT / 'src' / 'wire'}",
                    f"--descriptor_set_out={os.environ['ZELECT_BINPB']}",
                    str(ROOT / "src" / "wire" / "zelect.proto")], check=True)

from zelect import Reason, Role, _wire    # noqa: E402

_ports = itertools.cycle(range(10000 + os.getpid() * 89 % 20000, 32000))


def free_port():
    """Below the ephemeral range, where reconnecting clients would sit on it."""
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
        return port


def pack(kind, **fields):
    """The payload of a feed message."""
    frame = _wire.schema()(version=1)
    body = getattr(frame, kind)
    body.SetInParent()
    for name, value in fields.items():
        setattr(body, name, value)
    return frame.SerializeToString()


def pack_state(cluster, node, **fields):
    """The same of a state, with what a state must have."""
    values = dict(cluster=cluster, node=node, incarnation=11, sequence=1, role=Role.FOLLOWER,
                  term=1, reason=Reason.STARTED, priority=100, voter=True, healthy=True,
                  lease_ns=60 * 10**9)
    values.update(fields)
    return pack("state", **values)


class Publisher:
    """A node's feed: an XPUB in a context and a thread of its own. It sends the last state again
    for each subscription, unless it is mute, and remembers what subscribers sent."""

    def __init__(self, node="n1", cluster="orders", **fields):
        self.node, self.cluster, self.fields = node, cluster, fields
        self.sequence = self.beat_sequence = 0
        self.state = None
        self.is_mute = False
        self.heard = []
        self.endpoint = f"tcp://127.0.0.1:{free_port()}"
        self._todo = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._context = zmq.Context()
        self._ready = threading.Event()
        self._idle = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self):
        feed = self._context.socket(zmq.XPUB)
        feed.linger = 0
        feed.xpub_verbose = True
        feed.sndhwm = 0
        feed.bind(self.endpoint)
        self._ready.set()
        while not self._stop.is_set():
            if feed.poll(2):
                self.heard.append(feed.recv())
                is_state = self.heard[-1] == b"\x01" + _wire.topic(self.cluster, "state")
                if is_state and self.state and not self.is_mute:
                    feed.send_multipart(self.state)
            with self._lock:
                todo, self._todo = self._todo, []
            for frames, is_state, is_lost in todo:
                if is_state:
                    self.state = frames
                if not is_lost:
                    feed.send_multipart(frames)
            self._idle.set()
        feed.close(linger=0)

    def send(self, *frames, is_state=False, is_lost=False):
        with self._lock:
            self._todo.append((list(frames), is_state, is_lost))

    def flush(self):
        """Wait until all has left; who subscribes later gets the last state alone."""
        for _ in range(2):
            self._idle.clear()
            assert self._idle.wait(10)

    def say(self, role, term, leader="", **fields):
        """A new state; with lose=True it gets lost on the way, until it is asked for."""
        is_lost = fields.pop("lose", False)
        self.sequence += fields.pop("skip", 0) + 1
        values = dict(self.fields, sequence=self.sequence, role=role, term=term, leader=leader,
                      leader_endpoint=f"tcp://{leader}" if leader else "", **fields)
        state = [_wire.topic(self.cluster, "state") + self.node.encode(),
                 pack_state(self.cluster, self.node, **values)]
        self.send(*state, is_state=True, is_lost=is_lost)

    def lead(self, term, **fields):
        self.say(Role.LEADER, term, self.node, reason=Reason.LEASED, **fields)

    def beat(self, term):
        self.beat_sequence += 1
        self.send(_wire.topic(self.cluster, "heartbeat") + self.node.encode(),
                  pack("heartbeat", incarnation=11, sequence=self.beat_sequence, term=term))

    def close(self):
        self._stop.set()
        self._thread.join()
        self._context.term()


@pytest.fixture
def publish():
    """Make publishers that end with the test."""
    made = []

    def make(*args, **fields):
        made.append(Publisher(*args, **fields))
        return made[-1]
    yield make
    for publisher in made:
        publisher.close()


@pytest.fixture
def environment():
    """For child processes."""
    return dict(os.environ, PYTHONPATH=str(PACKAGE), PYTHONDONTWRITEBYTECODE="1")
