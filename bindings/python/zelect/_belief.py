"""zelect - what somebody who only hears the feed may believe.

Rules B1 to B9 stand in doc/zelect-protocol.md and in src/wire/zelect_belief.h; this is the same
in Python, and tests/observer/vectors holds both to them. No socket and no clock: the time, in
nanoseconds, is an argument.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

from typing import Dict, Iterator, List, NamedTuple, Optional

from . import _wire
from ._types import Leader, Member, Reason, Role

NEVER = (1 << 64) - 1
SOURCES_MAX = 64
RETIRED_MAX = 4
LEASE_NS = 10**9          # of who has said none
HEIGHT_NS = 30 * 10**9    # B7
MISSED_MAX = (1 << 64) - 1

# B4, in rising order of weight
HEARSAY, ELECTED, OWN = range(1, 4)


class Source:
    """A node that was heard, in its present incarnation."""

    __slots__ = ("name", "incarnation", "retired", "state", "state_ns", "state_since_ns",
                 "beat_sequence", "beat_term", "beat_ns", "beat_since_ns", "released_term",
                 "heard_ns")

    def __init__(self, name: str, incarnation: int, retired: List[int]) -> None:
        self.name = name
        self.incarnation = incarnation
        self.retired = retired
        self.state: Optional[Member] = None
        self.state_ns = self.state_since_ns = 0
        self.beat_sequence = self.beat_term = 0
        self.beat_ns = self.beat_since_ns = 0
        self.released_term = 0
        self.heard_ns = 0

    @property
    def term(self) -> int:
        """Of the last state."""
        return self.state.term if self.state else 0

    @property
    def lease_ns(self) -> int:
        return (self.state.lease_ns if self.state else 0) or LEASE_NS

    def end_ns(self, heard_ns: int) -> int:
        """When a word that was heard then is not fresh any more."""
        return heard_ns + self.lease_ns * 3 // 2


class Claim(NamedTuple):
    """That somebody leads, or (leader None) that somebody was elected."""

    kind: int
    source: Source
    leader: Optional[str]
    term: int
    since_ns: int    # when it was first claimed
    heard_ns: int    # when it was last confirmed

    @property
    def end_ns(self) -> int:
        return self.source.end_ns(self.heard_ns)

    def goes_before(self, other: "Claim") -> bool:
        """B6"""
        left = (self.term, self.kind, self.since_ns)
        right = (other.term, other.kind, other.since_ns)
        return left > right or (left == right and self.source.name < other.source.name)


def _is_elected(source: Source) -> bool:
    role = source.state.role if source.state else None
    beats_in_term = source.beat_term and source.beat_term == source.term
    return (source.beat_term > source.term or role == Role.LEADER_ELECT
            or (role == Role.CANDIDATE and bool(beats_in_term)))


def _elected(source: Source) -> Claim:
    if source.beat_term and source.beat_term >= source.term:
        return Claim(ELECTED, source, None, source.beat_term,
                     source.beat_since_ns, source.beat_ns)
    return Claim(ELECTED, source, None, source.term, source.state_since_ns, source.state_ns)


def _claim(source: Source) -> Optional[Claim]:
    """B4 without what depends on others and on the time."""
    state = source.state
    claim = None
    if _is_elected(source):
        claim = _elected(source)
    elif state and state.role == Role.LEADER:
        heard_ns = source.state_ns
        if source.beat_term == state.term:
            heard_ns = max(heard_ns, source.beat_ns)
        claim = Claim(OWN, source, source.name, state.term, source.state_since_ns, heard_ns)
    elif state and state.role in (Role.FOLLOWER, Role.FAULTED):
        if state.leader:
            return Claim(HEARSAY, source, state.leader, state.term,
                         source.state_since_ns, source.state_ns)
    return claim if claim and claim.term > source.released_term else None


class Belief:
    """All that was heard of a cluster, and who leads by it."""

    def __init__(self, cluster: str, patience: int = 0) -> None:
        self.cluster = cluster
        self.patience = patience & 0xff
        self.sources: Dict[str, Source] = {}
        self.missed = 0
        self.rejected = 0
        self.reject_text = ""                     # why, the last time
        self.leader: Optional[Leader] = None      # last concluded
        self.changed: Optional[Member] = None     # whose state came; None: a leader forgotten
        self.lost: Optional[Reason] = None        # why the leader was lost, when it was
        self._height = 0
        self._height_until_ns = 0
        self._height_name = ""
        self._asked_ns = 0

    # ---- Messages

    def take(self, now: int, topic: bytes, payload: bytes) -> bool:
        """Take a message; True if a node's state or the leader changed."""
        try:
            message = _wire.decode(self.cluster, topic, payload)
        except _wire.Reject as reject:
            self.reject(str(reject))
            return False
        source = self._source(message)
        is_new_state = False
        why = Reason.HIGHER_TERM
        if source and isinstance(message, Member):
            is_new_state = self._take_state(now, source, message)
            if self.leader and source.name == self.leader.name:
                why = message.reason
        elif source and not isinstance(message, Member):
            self._take_beat(now, source, message)
            if isinstance(message, _wire.Release):
                why = Reason.RELEASED
        is_new_leader = self._conclude(now, why)
        if is_new_state and source:
            self.changed = source.state
        return is_new_state or is_new_leader

    def reject(self, text: str) -> None:
        """Count what is no message."""
        self.rejected += 1
        self.reject_text = text

    def look(self, now: int) -> bool:
        """Time has passed; True if the leader changed."""
        return self._conclude(now, Reason.SILENCE)

    def _source(self, message: _wire.Message) -> Optional[Source]:
        """B2; None if it is an incarnation that has ended."""
        source = self.sources.get(message.name)
        if source is None:
            if len(self.sources) == SOURCES_MAX:
                oldest = min(self.sources.values(), key=lambda each: (each.heard_ns, each.name))
                del self.sources[oldest.name]
            source = Source(message.name, message.incarnation, [])
        elif message.incarnation in source.retired:
            return None
        elif message.incarnation != source.incarnation:
            retired = [source.incarnation, *source.retired][:RETIRED_MAX]
            source = Source(message.name, message.incarnation, retired)
            if message.term < self._height and self._height_name == source.name:
                self._height = 0
        self.sources[message.name] = source
        return source

    def _take_state(self, now: int, source: Source, state: Member) -> bool:
        """B3; True if it is a new one."""
        last = source.state.sequence if source.state else 0
        if state.sequence < last:
            return False
        source.state_ns = source.heard_ns = now
        if state.sequence == last:
            return False
        if last:
            self.missed = min(MISSED_MAX, self.missed + state.sequence - last - 1)
        source.state = state
        source.state_since_ns = now
        return True

    @staticmethod
    def _take_beat(now: int, source: Source, message: _wire.Message) -> None:
        """B3"""
        if message.sequence <= source.beat_sequence:
            return
        source.beat_sequence = message.sequence
        source.heard_ns = now
        if isinstance(message, _wire.Release):
            source.released_term = max(source.released_term, message.released_term)
            return
        if message.term != source.beat_term:
            source.beat_since_ns = now
        source.beat_term = message.term
        source.beat_ns = now

    # ---- Conclusions

    def _claims(self, now: int) -> Iterator[Claim]:
        height = self._height if now < self._height_until_ns else 0
        for source in self.sources.values():
            claim = _claim(source)
            if claim is None or claim.term < height or now >= claim.end_ns:
                continue
            if claim.kind == HEARSAY:
                named = self.sources.get(claim.leader or "")
                if named and now < named.end_ns(named.heard_ns):
                    continue
            yield claim

    def _believed(self, now: int) -> Optional[Claim]:
        best: Optional[Claim] = None
        for claim in self._claims(now):
            if best is None or claim.goes_before(best):
                best = claim
        return best

    @staticmethod
    def _view(claim: Optional[Claim]) -> Optional[Leader]:
        if claim is None or claim.leader is None:
            return None
        state = claim.source.state
        is_leaders = state is not None and state.leader == claim.leader
        endpoint = state.leader_endpoint if state is not None and is_leaders else None
        return Leader(claim.leader, claim.term, endpoint)

    def _is_concluded(self, leader: Optional[Leader]) -> bool:
        if leader is None or self.leader is None:
            return leader is self.leader
        return (leader.name, leader.term) == (self.leader.name, self.leader.term)

    def _conclude(self, now: int, why: Reason) -> bool:
        claim = self._believed(now)
        if claim:
            self._height = claim.term
            self._height_until_ns = claim.heard_ns + HEIGHT_NS
            self._height_name = claim.source.name
        leader = self._view(claim)
        if self._is_concluded(leader):
            return False
        self.leader = leader
        self.lost = None if leader else why
        self.changed = claim.source.state if claim and leader else None
        return True

    # ---- Answers

    def leader_at(self, now: int) -> Optional[Leader]:
        """Who leads at this time."""
        return self._view(self._believed(now))

    def term_at(self, now: int) -> int:
        """B8"""
        leader = self.leader_at(now)
        if leader:
            return leader.term
        return max((max(each.term, each.beat_term) for each in self.sources.values()), default=0)

    def deadline(self, now: int) -> int:
        """When the present belief ends if nothing comes, or NEVER."""
        claim = self._believed(now)
        if not self._is_concluded(self._view(claim)):
            return now
        return claim.end_ns if claim else NEVER

    def ask_at(self, now: int) -> int:
        """B9: when to ask for the present states, or NEVER."""
        if not self.sources:
            return NEVER
        claim = self._believed(now)
        if claim is None:
            from_ns = max(each.heard_ns for each in self.sources.values())
        else:
            from_ns = claim.since_ns if claim.kind == ELECTED else claim.heard_ns
        lease_ns = claim.source.lease_ns if claim else LEASE_NS
        return max(from_ns, self._asked_ns) + lease_ns * (768 + self.patience) // 1024

    def asked(self, now: int) -> None:
        """This was done."""
        self._asked_ns = now
