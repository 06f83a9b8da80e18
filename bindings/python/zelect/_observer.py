"""zelect - the observer for threads that may wait.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import errno
from collections import deque
from types import TracebackType
from typing import Any, Deque, Iterator, Optional, Type

import zmq

from ._tracker import Tracker, View, clock_ns, connect, set_up
from ._types import Error, Event

_TAKE_MAX = 1000    # messages, before the clock is looked at again

# Python sees a signal between two of its own steps: one that comes just as a poll begins
# would wait for its end, and Ctrl-C with it.
_POLL_MAX_NS = 500 * 10**6


class Observer(View):
    """Watch the election of a cluster over the feeds of some of its nodes.

    It sends nothing but subscriptions, and belongs to one thread. The context, zmq.Context.instance
    () by default, stays the caller's; the observer closes only its own socket.
    """

    def __init__(self, *endpoints: str, cluster: str,
                 context: Optional["zmq.Context[Any]"] = None) -> None:
        self._tracker = Tracker(cluster)
        self._events: Deque[Event] = deque()
        context = zmq.Context.instance() if context is None else context
        self._socket: Any = context.socket(zmq.SUB)
        try:
            set_up(self._socket, cluster)
            for endpoint in endpoints:
                connect(self._socket, endpoint)
        except BaseException:
            self.close()
            raise

    def connect(self, endpoint: str) -> None:
        """Listen to one more feed."""
        self._check_open()
        connect(self._socket, endpoint)

    def poll(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None if there is none within `timeout` seconds (None: wait for ever)."""
        self._check_open()
        end_ns = None if timeout is None else clock_ns() + max(0, int(timeout * 10**9))
        while not self._events:
            self._take()
            if not self._events:
                self._events.extend(self._tracker.look())
            if self._events:
                break
            self._tracker.ask(self._socket)
            if end_ns is not None and clock_ns() >= end_ns:
                return None
            self._sleep(end_ns)
        return self._events.popleft()

    def _take(self) -> None:
        try:
            for _ in range(_TAKE_MAX):
                self._events.extend(self._tracker.take(self._socket.recv_multipart(zmq.NOBLOCK)))
                if self._events:
                    return
        except zmq.Again:
            pass
        except zmq.ZMQError as error:
            raise Error(error.errno, f"the observer's socket is gone: {error.strerror}") from error

    def _sleep(self, end_ns: Optional[int]) -> None:
        """Until something comes, something is due, or the end."""
        left_ns = self._tracker.left_ns()
        left_ns = _POLL_MAX_NS if left_ns is None else min(left_ns, _POLL_MAX_NS)
        if end_ns is not None:
            left_ns = min(left_ns, max(0, end_ns - clock_ns()))
        self._socket.poll(-(-left_ns // 10**6))

    @property
    def socket(self) -> Any:
        """The socket, for a poller: when it is readable, or `deadline` is over, poll (0) until
        that gives None."""
        self._check_open()
        return self._socket

    @property
    def deadline(self) -> Optional[float]:
        """Seconds until poll (0) is worth calling though nothing came; None: never."""
        left_ns = self._tracker.left_ns()
        return None if left_ns is None else left_ns / 10**9

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        """The next event, however long it takes; a closed observer has no more."""
        if self.closed:
            raise StopIteration
        event = self.poll()
        assert event is not None
        return event

    @property
    def closed(self) -> bool:
        """True after close ()."""
        return bool(self._socket.closed)

    def close(self) -> None:
        """Close the socket; the context stays as it is. Once more does nothing."""
        self._socket.close(linger=0)

    def _check_open(self) -> None:
        if self.closed:
            raise Error(errno.EBADF, "the observer is closed; make a new one")

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
