"""zelect - the words: roles, reasons, members, leaders and events.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import enum
from dataclasses import dataclass
from typing import Any, Optional, Tuple


class Error(OSError):
    """What went wrong outside: ``errno`` says what kind, the text names the value."""


class Role(enum.IntEnum):
    """What a node is."""

    FOLLOWER = 1
    PRECANDIDATE = 2
    CANDIDATE = 3
    LEADER_ELECT = 4
    LEADER = 5
    FAULTED = 6

    def __str__(self) -> str:
        return self.name.lower()


class Reason(enum.IntEnum):
    """Why it became that."""

    STARTED = 1
    SILENCE = 2
    PREVOTED = 3
    ELECTED = 4
    LEASED = 5
    HEARTBEAT = 6
    VOTED = 7
    NO_MAJORITY = 8
    NO_LEASE = 9
    LOST_QUORUM = 10
    HIGHER_TERM = 11
    RELEASED = 12
    DIED = 13
    RESIGNED = 14
    TRANSFERRED = 15
    PREEMPTED = 16
    UNHEALTHY = 17
    STOPPED = 18
    TWO_LEADERS = 19
    STORE_FAILED = 20
    BROKEN = 21

    def __str__(self) -> str:
        return self.name


class _Value:
    """A frozen dataclass with slots cannot be copied or pickled without help."""

    __slots__ = ()

    def __reduce__(self) -> Tuple[Any, ...]:
        names = getattr(type(self), "__slots__")
        return type(self), tuple(getattr(self, name) for name in names)


@dataclass(frozen=True)
class Leader(_Value):
    """Who leads: its name, its term and, if it is known, the endpoint that it is reached at."""

    __slots__ = ("name", "term", "endpoint")
    name: str
    term: int
    endpoint: Optional[str]


@dataclass(frozen=True)
class Member(_Value):
    """What a node said about itself last."""

    __slots__ = ("name", "incarnation", "sequence", "role", "term", "leader", "leader_endpoint",
                 "reason", "priority", "voter", "healthy", "lease_ns", "wall_ms", "tags")
    name: str
    incarnation: int                      # random number of its start
    sequence: int                         # one more each transition
    role: Role
    term: int
    leader: Optional[str]                 # who leads, as far as it knows
    leader_endpoint: Optional[str]
    reason: Reason                        # why it has this role
    priority: int                         # 0 never leads
    voter: bool
    healthy: bool
    lease_ns: int                         # length of a lease; 0: it has not said
    wall_ms: int                          # Unix time of the transition, for people only
    tags: Tuple[Tuple[str, str], ...]     # dict (member.tags)


class Event(_Value):
    """What an observer tells: one of the classes below."""

    __slots__ = ()


@dataclass(frozen=True)
class MemberChanged(Event):
    """A member said something new, or was heard for the first time."""

    __slots__ = ("member",)
    member: Member


@dataclass(frozen=True)
class LeaderChanged(Event):
    """Another one leads now, or the same one again in a later term."""

    __slots__ = ("leader",)
    leader: Leader


@dataclass(frozen=True)
class LeaderLost(Event):
    """It is not known any more who leads; `leader` was the last, and `reason` says what happened:
    its own word, or SILENCE (its lease is over), RELEASED, HIGHER_TERM (a successor is elected).
    """

    __slots__ = ("leader", "reason")
    leader: Leader
    reason: Reason
