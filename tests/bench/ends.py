"""ends.py - how a leader ends, and what that costs

    with Quiet(3) as cluster:
        cluster.start()
        taken_ms, terms = measure(Row(kill, 3, "tcp"), cluster)

Real processes over the public API, stores on the disk of the build. The time is taken from just before the end to the
ENTER_LEADER of the next leader, both on the host's clock.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import collections
import contextlib
import signal
import time

from figures import RANDOM
import judges
from cable import Cables
from cluster import Cluster, entered_ns
from machine import MS, PATIENCE, Unsafe, now_ns
from network import Network

HEAL_S = 2.5    # TCP waits longer and longer before it tries again: until all links work after a cut

# ---- How a leader ends. Each returns what brings it back.


def kill(leader, _):
    leader.life.process.kill()
    return lambda: restart(leader)


def terminate(leader, _):
    leader.life.process.send_signal(signal.SIGTERM)
    return lambda: restart(leader)


def stop(leader, _):
    leader.life.process.send_signal(signal.SIGSTOP)
    return lambda: leader.life.process.send_signal(signal.SIGCONT)


def cut(leader, _):
    cables, index = leader.cluster.cables, int(leader.name[1:])
    cables.pull(index)

    def heal():
        cables.plug(index)
        time.sleep(HEAL_S)
    return heal


def resign(leader, _):
    leader.life.tell("resign")
    return lambda: None


def transfer(leader, others):
    leader.life.tell(f"transfer {RANDOM.choice(others).name}")
    return lambda: None


NAMES = {kill: "SIGKILL", terminate: "SIGTERM", stop: "SIGSTOP", cut: "cable cut", resign: "resigned",
         transfer: "transferred"}
SILENT = (stop, cut)    # Nobody knows but by waiting


def restart(member):
    member.life.end()
    member.start()
    member.wait_until_started()


# ---- What is measured

Row = collections.namedtuple("Row", "end size transport heartbeat_ms election_ms p50 p99 split",
                             defaults=(100, 500, None, None, None))


def name_of(row):
    return f"{NAMES[row.end]}, {row.size} nodes, {row.transport}, T {row.election_ms}"


class Nobody:
    """Instead of an outsider, who would take his share of the processor in the milliseconds that count."""

    error, states = None, ()

    def stop(self):
        pass


class Quiet(Cluster):
    """A cluster that is measured, not described."""

    def __enter__(self):
        self.feed = Nobody()
        self.cables = Cables(self.network) if self.network else None
        return self

    def close(self):
        super().close()
        if self.cables:
            self.cables.close()

    def crashes(self):
        """Processes that ended otherwise than we end them."""
        return [f"{life.who} ended with {life.process.returncode}" for life in self.lives()
                if life.process.poll() not in (None, 0, -signal.SIGKILL)]

    def complaints(self):
        found = self.crashes() + judges.overlaps(self.runs()) + judges.two_leaders(self.claims())
        for life in self.lives():
            events = life.events()
            found += judges.alternation(events) + judges.late_answers(life.runs(), events)
        return found

    def report(self):
        print(f"logs of the failed cluster {self.name}: {self.directory}")


@contextlib.contextmanager
def cluster_of(row, pause_us=500, verbose=False):
    """The cluster that a row is about, started; between its members is a network with cables if the row says so."""
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(Network(row.size)) if row.transport == "net" else None
        transport = "tcp" if network else row.transport
        cluster = stack.enter_context(Quiet(row.size, row.heartbeat_ms, row.election_ms, pause_us, network=network,
                                            transport=transport))
        cluster.verbose = verbose
        cluster.start()
        yield cluster


def settled_leader(cluster):
    """The leader, when it knows everybody, at a random moment between two heartbeats."""
    while True:
        if cluster.crashes():
            raise Unsafe("; ".join(cluster.crashes()))
        leader = cluster.wait_for_leader()
        time.sleep((3.5 + RANDOM.random()) * cluster.heartbeat_ms / 1000)
        if cluster.agreed_leader() is leader:
            return leader


def term_of(leader):
    return max(event["term"] for event in leader.life.events("ENTER_LEADER"))


def measure(row, cluster):
    """End the leader once. Returns the milliseconds without one, and the terms that were spent."""
    leader = settled_leader(cluster)
    others = [member for member in cluster.members if member is not leader]
    term = term_of(leader)
    ended_ns = now_ns()
    bring_back = row.end(leader, others)
    try:
        # Whoever looks meanwhile is in the way
        time.sleep(row.election_ms / 1000 if row.end in SILENT else 0.05)
        following = cluster.wait_for_leader(among=others, other_than=leader, seconds=3 * PATIENCE)
        return (entered_ns(following.life, ended_ns) - ended_ns) / MS, term_of(following) - term
    finally:
        bring_back()
