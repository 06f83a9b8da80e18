"""storm.py - does things to a cluster of processes, at random, and writes down what it did

    with Storm(random, seconds=1800, failovers=500) as storm:
        storm.rage()
    history = storm.history()

Five members, each in a network namespace of its own, and outsiders whom nothing happens to. At most two members
are afflicted at a time, so that there is always a majority that can elect; afflictions of two members overlap as
they like. The first member is never killed: it and the watcher show whether anything grows. Nothing is judged
here: that is the business of verdict.py.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import contextlib
import subprocess
import time

from afflictions import KINDS
from cluster import Cluster
from cuts import Cuts
from gauge import Gauge, Waits
from history import Deed, History
from machine import BUILD, MS, Pulse, now_ns, wait_for
from network import Network

SIZE = 5
HEARTBEAT_MS, ELECTION_MS = 40, 250
PAUSE_US = 500          # Of the witnesses: they shall not starve those whom they watch
AFFLICTED_MOST = 2
PATIENCE = 30           # Seconds: the longest time without a leader that all name
GAUGE_S = 1.0
PULSE_MS = 10           # What counts as standing still: a quarter of a heartbeat interval


class Ear:
    """What a member said last, without reading all that it said before."""

    def __init__(self, life):
        self.life = life
        self.position = 0
        self.turn = self.leader = None

    def listen(self):
        lines = self.life.lines()
        for line in lines[self.position:]:
            if line["kind"] != "event" or line["name"] in ("ERROR", "MISSED"):
                continue
            self.leader = line["leader"]
            if line["name"].startswith(("ENTER_", "LEAVE_")):
                self.turn = line["name"]
        self.position = len(lines)

    def names(self, leader):
        return self.leader == leader.name and self.turn == (
            "ENTER_LEADER" if self.life.member is leader else "ENTER_FOLLOWER")


class Storm:
    def __init__(self, random, seconds, failovers, seconds_most=None, environment=None, kinds=None):
        self.random = random
        self.seconds, self.failovers, self.seconds_most = seconds, failovers, seconds_most or 10 * seconds
        self.environment = environment or {}
        self.kinds = kinds or KINDS
        self.exits = contextlib.ExitStack()
        self.deeds = []
        self.open = {}          # Deeds that go on: deed -> (when to undo it, how)
        self.undone = []        # ... that were undone, and not all is well yet
        self.ears = {}
        self.gauge = Gauge()
        self.weighed = 0.0
        self.pulse = Pulse(PULSE_MS)
        self.begun_ns = self.ended_ns = 0
        self.network = self.cuts = self.cluster = self.watcher = self.waits = None

    # ---- Life

    def __enter__(self):
        with self.exits:
            self.network = self.exits.enter_context(Network(SIZE))
            self.cuts = Cuts(self.network)
            self.cluster = self.exits.enter_context(
                Cluster(SIZE, HEARTBEAT_MS, ELECTION_MS, PAUSE_US, network=self.network, judged=False))
            self.waits = Waits(self.cluster.members)
            self.exits.callback(self.write)
            self.pulse.start()
            self.exits.callback(self.pulse.process.kill)
            self.start()
            self.waits.start()
            self.exits.callback(self.waits.stop)
            self.exits = self.exits.pop_all()
        return self

    def __exit__(self, *error):
        return self.exits.__exit__(*error)

    def start(self):
        for member in self.cluster.members:
            self.revive(member)
        for member in self.cluster.members:
            member.wait_until_started()
        feeds = [member.feed for member in self.cluster.members]
        with open(self.cluster.directory / "watch.jsonl", "wb") as out:
            self.watcher = subprocess.Popen(
                [*self.network.hub.prefix, str(BUILD / "zelect"), "watch", "--json", "-C", self.cluster.name, *feeds],
                stdout=out, stderr=subprocess.DEVNULL)
        self.exits.callback(self.watcher.wait)
        self.exits.callback(self.watcher.kill)

    def revive(self, member):
        """Start a process, which believes or does not that a refused connection proves a death (R10)."""
        member.settings["fast_failover"] = self.random.choice(["direct", "local", "off"])
        member.start(**self.environment)

    def write(self):
        lives = {life.who: life.ended_ns or now_ns() for life in self.cluster.lives()}
        History.write(self.cluster.directory, {
            "members": [member.name for member in self.cluster.members], "election_ns": ELECTION_MS * MS,
            "span_ns": [self.begun_ns, self.ended_ns or now_ns()], "lives": lives, "deeds": self.deeds,
            "standstills": [(since_ns, int(length_ms * MS), processor)
                            for since_ns, length_ms, processor in list(self.pulse.found)],
            "waits": list(self.waits.found), "gauges": self.gauge.rows}, list(self.cluster.feed.states))

    def history(self):
        """What is known so far."""
        assert not self.cluster.feed.error, f"the outsider failed: {self.cluster.feed.error}"
        self.write()
        return History.read(self.cluster.directory)

    # ---- What is seen

    def afflicted(self):
        """Members that cannot be expected to name the leader."""
        return {member for deed in self.open for member in deed.afflicts}

    def sound(self):
        return [member for member in self.cluster.members if member not in self.afflicted()]

    def ear(self, member):
        ear = self.ears.get(member)
        if ear is None or ear.life is not member.life:
            ear = self.ears[member] = Ear(member.life)
        ear.listen()
        return ear

    def agreed_leader(self):
        """The member that all name that are sound, and that is one of them; or None."""
        sound = self.sound()
        ears = [self.ear(member) for member in sound]
        return next((leader for leader in sound if all(ear.names(leader) for ear in ears)), None)

    @property
    def spared(self):
        return self.cluster[1]

    def can_afflict(self, *members):
        return len(self.afflicted() | set(members)) <= AFFLICTED_MOST

    # ---- What is done

    def note(self, kind, member, afflicts=None, **what):
        """A deed that begins now."""
        deed = OpenDeed(kind, member.name, now_ns(), **what)
        deed.afflicts = [member] if afflicts is None else afflicts
        self.deeds.append(deed)
        return deed

    def done(self, deed, undo=None, timeouts=5.0):
        """It is done; and will be undone after a random time."""
        deed.done_ns = now_ns()
        self.open[deed] = (now_ns() + self.random.random() * timeouts * ELECTION_MS * MS, undo)

    def undo(self, everything=False):
        for deed, (due_ns, undo) in list(self.open.items()):
            if everything or now_ns() >= due_ns:
                if undo:
                    undo()
                del self.open[deed]
                self.undone.append(deed)

    def settle(self):
        """All that are sound name one leader: what was undone is over."""
        for deed in self.undone:
            deed.until_ns = now_ns()
        self.undone.clear()

    def weigh(self):
        """While nothing is the matter, so that weights can be compared."""
        if self.open or time.monotonic() < self.weighed + GAUGE_S:
            return
        self.weighed = time.monotonic()
        self.gauge.take(self.spared.life.who, self.spared.life.process.pid)
        self.gauge.take("watcher", self.watcher.pid)

    def wait_for_leader(self):
        """Go on undoing what is due until all that are sound name one leader."""
        def agreed():
            self.undo()
            return self.agreed_leader()
        leader = wait_for(agreed, f"a leader that all of {self.sound()} name", PATIENCE)
        self.settle()
        return leader

    def afflict(self, leader):
        """Do one thing of those that can be done now."""
        kind = self.random.choices(list(self.kinds), [weight for weight, _ in self.kinds.values()])[0]
        self.kinds[kind][1](self, kind, leader)

    def rage(self):
        self.begun_ns = now_ns()
        begun = time.monotonic()
        self.wait_for_leader()
        while True:
            leader = self.wait_for_leader()
            spent = time.monotonic() - begun
            if spent >= self.seconds and len(self.terms_led()) > self.failovers or spent >= self.seconds_most:
                break
            self.weigh()
            time.sleep(self.random.random() * 0.3)
            if self.agreed_leader() is leader:
                self.afflict(leader)
        self.undo(everything=True)
        self.wait_for_leader()
        time.sleep(4 * ELECTION_MS / 1000)
        self.ended_ns = now_ns()
        self.settle()

    def terms_led(self):
        """The terms in which somebody was heard to lead."""
        return {state.term for state in self.cluster.feed.states if state.role == "leader"}


class OpenDeed(Deed):
    """A deed that goes on; two are never the same."""

    afflicts = ()
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other
