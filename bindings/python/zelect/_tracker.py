"""zelect - what both observers share: from frames and time to events.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import errno
import logging
import os
import time
from typing import Any, Dict, List, Optional, Sequence

import zmq

from . import _wire
from ._belief import NEVER, Belief
from ._types import Error, Event, Leader, LeaderChanged, LeaderLost, Member, MemberChanged

# CLOCK_MONOTONIC stands still while a machine is suspended; only Linux has better.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
_LOG_PAUSE_NS = 10**9

log = logging.getLogger("zelect")


def clock_ns() -> int:
    """The clock that leases are measured on."""
    return time.monotonic_ns() if _CLOCK is None else time.clock_gettime_ns(_CLOCK)


def set_up(socket: Any, cluster: str) -> None:
    """Options and subscriptions of a SUB socket; states first, so that they come first."""
    socket.linger = 0
    socket.rcvhwm = 1000
    socket.maxmsgsize = _wire.PAYLOAD_SIZE_MAX
    socket.ipv6 = True
    socket.connect_timeout = 1000
    socket.handshake_ivl = 2000
    socket.heartbeat_ivl = 1000
    socket.heartbeat_timeout = 2000
    socket.reconnect_ivl = 100
    socket.reconnect_ivl_max = 1000
    socket.subscribe(_wire.topic(cluster, "state"))
    socket.subscribe(_wire.topic(cluster, "heartbeat"))


def connect(socket: Any, endpoint: str) -> None:
    """Connect, or raise zelect.Error that names the endpoint."""
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise Error(error.errno, f"cannot connect to {endpoint!r}: {error.strerror}; "
                    "an endpoint of a feed looks like tcp://10.0.0.1:5681") from error


class Tracker:
    """A belief with the clock, and the events that come out of it."""

    def __init__(self, cluster: str) -> None:
        if not _wire.is_name(cluster):
            raise Error(errno.EINVAL, f"{cluster!r} is no name of a cluster: "
                        "1 to 63 of A-Z a-z 0-9 . _ -")
        _wire.schema()    # better now than in the middle
        self.belief = Belief(cluster, os.urandom(1)[0])
        self._leader: Optional[Leader] = None
        self._logged_ns = 0

    def take(self, frames: Sequence[bytes]) -> List[Event]:
        """What a message changed."""
        now = clock_ns()
        rejected = self.belief.rejected
        changed = False
        if len(frames) == 2:
            changed = self.belief.take(now, frames[0], frames[1])
        else:
            self.belief.reject("a message of the feed has two frames")
        if self.belief.rejected > rejected and now - self._logged_ns >= _LOG_PAUSE_NS:
            self._logged_ns = now
            log.debug("rejected %d so far: %s", self.belief.rejected, self.belief.reject_text)
        return self._events(self.belief.changed) if changed else []

    def look(self) -> List[Event]:
        """What the time changed."""
        changed = self.belief.look(clock_ns())
        return self._events(None) if changed else []

    def _events(self, member: Optional[Member]) -> List[Event]:
        events: List[Event] = []
        last, self._leader = self._leader, self.belief.leader
        if member:
            events.append(MemberChanged(member))
        if self._leader and (last is None
                             or (last.name, last.term) != (self._leader.name, self._leader.term)):
            events.append(LeaderChanged(self._leader))
            log.info("leader of %s: %s, term %d", self.belief.cluster, self._leader.name,
                     self._leader.term)
        if last and not self._leader and self.belief.lost:
            events.append(LeaderLost(last, self.belief.lost))
            log.info("leader of %s: unknown, was %s: %s", self.belief.cluster, last.name,
                     self.belief.lost)
        return events

    def ask(self, socket: Any) -> None:
        """B9: one subscription more makes the feed send its states again; taking that one back
        is not even sent."""
        now = clock_ns()
        if now < self.belief.ask_at(now):
            return
        topic = _wire.topic(self.belief.cluster, "state")
        socket.subscribe(topic)
        socket.unsubscribe(topic)
        self.belief.asked(now)

    def left_ns(self) -> Optional[int]:
        """How long nothing needs to be done unless something comes; None: for ever."""
        now = clock_ns()
        then = min(self.belief.deadline(now), self.belief.ask_at(now))
        return None if then == NEVER else max(0, then - now)

    def leader(self) -> Optional[Leader]:
        """A lease that is over is over, even if nobody has looked meanwhile."""
        return self.belief.leader_at(clock_ns())

    def term(self) -> int:
        """The leader's, or the highest heard."""
        return self.belief.term_at(clock_ns())

    def members(self) -> Dict[str, Member]:
        """The last state of each member that has said one."""
        sources = self.belief.sources.values()
        return {each.name: each.state for each in sources if each.state}


class View:
    """The questions that both observers answer, from memory, without waiting."""

    _tracker: Tracker

    @property
    def cluster(self) -> str:
        """The name of the cluster."""
        return self._tracker.belief.cluster

    @property
    def leader(self) -> Optional[Leader]:
        """Who leads now, or None: unknown. Advice, never a lock."""
        return self._tracker.leader()

    @property
    def term(self) -> int:
        """The leader's term, or the highest term heard."""
        return self._tracker.term()

    @property
    def members(self) -> Dict[str, Member]:
        """By name, what each member said last."""
        return self._tracker.members()

    @property
    def missed(self) -> int:
        """How many state messages were lost on the way."""
        return self._tracker.belief.missed

    @property
    def rejected(self) -> int:
        """How many messages were none of this cluster's feed."""
        return self._tracker.belief.rejected
