"""zelect.aio - the observer for asyncio.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import asyncio
import errno
from collections import deque
from types import TracebackType
from typing import Any, Deque, Optional, Set, Type

import zmq
import zmq.asyncio

from ._tracker import Tracker, View, clock_ns, connect, set_up
from ._types import Error, Event

__all__ = ["Observer"]

_EVENTS_MAX = 1000    # who does not read loses old events, never new ones


class Observer(View):
    """The twin of zelect.Observer: ``async with``, ``async for``, ``await poll ()``.

    One task reads the socket from ``async with`` on, whoever listens or not, so that `leader`,
    `term` and `members` are always of now. Cancelling a reader of events loses none.
    """

    def __init__(self, *endpoints: str, cluster: str,
                 context: Optional[zmq.asyncio.Context] = None) -> None:
        self._tracker = Tracker(cluster)
        self._endpoints = list(endpoints)
        self._context = context
        self._events: Deque[Event] = deque(maxlen=_EVENTS_MAX)
        self._dropped = 0
        self._waiters: Set["asyncio.Future[None]"] = set()
        self._socket: Any = None
        self._reader: Optional["asyncio.Task[None]"] = None
        self._failure: Optional[Exception] = None
        self._is_closed = False

    # ---- Life

    async def __aenter__(self) -> "Observer":
        self._check_open()
        if self._reader is not None:
            raise Error(errno.EALREADY, "the observer is entered already")
        context = zmq.asyncio.Context.instance() if self._context is None else self._context
        self._socket = context.socket(zmq.SUB)
        try:
            set_up(self._socket, self.cluster)
            for endpoint in self._endpoints:
                connect(self._socket, endpoint)
        except BaseException:
            self._socket.close(linger=0)
            raise
        self._reader = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]],
                        error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()

    async def close(self) -> None:
        """End the reader and close the socket; the context stays as it is. Once more does
        nothing."""
        self._is_closed = True
        reader, self._reader = self._reader, None
        self._wake()
        try:
            if reader is not None:
                reader.cancel()
                await asyncio.wait({reader})
        finally:
            if self._socket is not None:
                self._socket.close(linger=0)

    @property
    def closed(self) -> bool:
        """True after close ()."""
        return self._is_closed

    def connect(self, endpoint: str) -> None:
        """Listen to one more feed."""
        self._check_open()
        if self._socket is not None:
            connect(self._socket, endpoint)
        else:
            self._endpoints.append(endpoint)

    def _check_open(self) -> None:
        if self._is_closed:
            raise Error(errno.EBADF, "the observer is closed; make a new one")

    # ---- Reading: one receive is always under way, and only the end cancels it

    async def _read(self) -> None:
        receive = asyncio.ensure_future(self._socket.recv_multipart())
        try:
            while True:
                left_ns = self._tracker.left_ns()
                timeout = None if left_ns is None else left_ns / 10**9
                await asyncio.wait({receive}, timeout=timeout)
                if receive.done():
                    frames = receive.result()
                    receive = asyncio.ensure_future(self._socket.recv_multipart())
                    self._tell(self._tracker.take(frames))
                else:
                    self._tell(self._tracker.look())
                self._tracker.ask(self._socket)
        except zmq.ZMQError as error:
            self._fail(Error(error.errno, f"the observer's socket is gone: {error.strerror}"))
        except Exception as error:    # a bug: let it show where events are awaited
            self._fail(error)
        finally:
            receive.cancel()

    def _tell(self, events: Any) -> None:
        for event in events:
            self._dropped += len(self._events) == _EVENTS_MAX
            self._events.append(event)
        if events:
            self._wake()

    def _fail(self, failure: Exception) -> None:
        self._failure = failure
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    # ---- Listening

    @property
    def dropped(self) -> int:
        """How many events were lost because nobody read them."""
        return self._dropped

    async def poll(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None if there is none within `timeout` seconds (None: wait for ever), or
        if the observer is closed meanwhile."""
        self._check_open()
        if self._socket is None:
            raise Error(errno.ENOTCONN, "the observer is not entered; say: async with")
        end_ns = None if timeout is None else clock_ns() + max(0, int(timeout * 10**9))
        while not self._events:
            if self._failure is not None:
                raise self._failure
            left = None if end_ns is None else (end_ns - clock_ns()) / 10**9
            if self._is_closed or (left is not None and left <= 0):
                return None
            await self._sleep(left)
        return self._events.popleft()    # nothing is awaited between this and the caller

    async def _sleep(self, timeout: Optional[float]) -> None:
        waiter: "asyncio.Future[None]" = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait({waiter}, timeout=timeout)
        finally:
            self._waiters.discard(waiter)

    def __aiter__(self) -> "Observer":
        return self

    async def __anext__(self) -> Event:
        """The next event, however long it takes; a closed observer has no more."""
        event = None if self._is_closed else await self.poll()
        if event is None:
            raise StopAsyncIteration
        return event
