#!/usr/bin/python3
"""subscribers.py BUILD [--judge] [--csv FILE] [--only TEXT] - those who listen to the feed: one who is late, and many

How long does a new subscriber wait until it knows leader and term? With a thousand of them on every node: when does
a transition reach the last one, and what do so many cost the election?

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import json
import resource
import subprocess
import sys
import threading
import time

import zmq

import figures
from ends import Row, cluster_of, kill, measure, resign, settled_leader
from feed import ROLES, load_feed_message
from machine import MS, count, now_ns, wait_for

LATE, LATE_LEAST = 200, 10
RUNS, RUNS_LEAST = 200, 3
CROWD = 1000
ROW = Row(kill, 3, "tcp")
PROGRAMS = figures.BUILD / "tests"
MESSAGE = load_feed_message()


# ---- One who is late

def ask_observer(cluster, member):
    """An observer in C, in a process of its own."""
    done = subprocess.run([PROGRAMS / "process" / "prog_observer", cluster.name, member.feed], check=True,
                          capture_output=True, timeout=20)
    heard = json.loads(done.stdout)
    return heard["leader"], heard["term"], heard["us"] / 1000


def ask_bare(cluster, member):
    """A bare SUB of pyzmq, with nothing but the schema."""
    context = zmq.Context.instance()
    with context.socket(zmq.SUB) as sub:
        sub.linger, sub.rcvtimeo = 0, 5000
        begun_ns = now_ns()
        sub.subscribe(f"zelect/{cluster.name}/state/")
        sub.connect(member.feed)
        _, payload = sub.recv_multipart()
        state = MESSAGE.FromString(payload).state
        return state.leader, state.term, (now_ns() - begun_ns) / MS


def ask_late():
    with cluster_of(ROW) as cluster:
        leader = settled_leader(cluster)
        follower = next(member for member in cluster.members if member is not leader)
        for who, ask in (("C observer", ask_observer), ("bare SUB", ask_bare)):
            for what, member in (("leader", leader), ("follower", follower)):
                times = []
                for _ in range(count(LATE, LATE_LEAST)):
                    name, term, taken_ms = ask(cluster, member)
                    assert (name, term) == (leader.name, cluster.terms()[-1]), (name, term)
                    times.append(taken_ms)
                figures.row(f"late {who} of a {what}, connect to leader known", times, bars={"p50": 1})


# ---- Many

def connections(port):
    """How many connections to this port there are."""
    done = subprocess.run(["ss", "-Htn", "state", "established", f"sport = :{port}"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return len(done.stdout.splitlines())


class Crowd(threading.Thread):
    """A thousand connections to each feed of a cluster (prog_crowd), and what reached all of them."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster = cluster
        self.heard = []
        self.complete_ns = None     # When all were there for the first time
        self.process = subprocess.Popen(
            [PROGRAMS / "bench" / "prog_crowd", str(CROWD), f"zelect/{cluster.name}/state/",
             *(member.feed for member in cluster.members)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.start()

    def run(self):
        for line in self.process.stdout:
            first_ns, middle_ns, last_ns, _, payload = line.split()
            state = MESSAGE.FromString(bytes.fromhex(payload)).state
            self.heard.append((int(first_ns), int(middle_ns), int(last_ns), state))

    def is_there(self):
        """Every feed has as many connections as there are subscribers and other members."""
        wanted = CROWD + len(self.cluster.members) - 1
        return all(connections(member.port + 1) >= wanted for member in self.cluster.members)

    def wait(self):
        wait_for(self.is_there, "a thousand subscribers of every node", seconds=60)
        # The last of them have been told what is, by now
        time.sleep(0.2)
        self.complete_ns = self.complete_ns or now_ns()

    def arrivals_ms(self, middle):
        """From each ENTER_LEADER to the moment at which half of the crowd, or all of it, had heard that."""
        heard = {(state.node, state.term): (middle_ns if middle else last_ns)
                 for _, middle_ns, last_ns, state in self.heard if ROLES[state.role] == "leader"}
        entered = {(life.member.name, event["term"]): event["time_ns"]
                   for life in self.cluster.lives() for event in life.events("ENTER_LEADER")
                   if event["time_ns"] >= self.complete_ns}
        return [(heard[key] - entered[key]) / MS for key in heard.keys() & entered.keys()]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.join()


def measure_among(crowd, row):
    crowd.wait()
    return measure(row, crowd.cluster)


def alone_ms():
    with cluster_of(ROW) as cluster:
        return [taken for taken, _ in figures.repeated("alone", RUNS, RUNS_LEAST, lambda: measure(ROW, cluster))]


def among_ms(end):
    """The times of fail-overs before the crowd; and the arrivals of their news there are printed."""
    row = ROW._replace(end=end)
    with cluster_of(row) as cluster:
        crowd = Crowd(cluster)
        found = figures.repeated(end.__name__, RUNS, RUNS_LEAST, lambda: measure_among(crowd, row))
        settled_leader(cluster)
        name = f"{end.__name__}, {CROWD} subscribers of each node"
        figures.row(f"{name}, transition to half of them", crowd.arrivals_ms(middle=True))
        figures.row(f"{name}, transition to the last", crowd.arrivals_ms(middle=False), bars={"p99": 50})
        crowd.stop()
    return name, [taken_ms for taken_ms, _ in found]


def crowds():
    # Each subscriber takes a descriptor of the node
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    alone = alone_ms()
    figures.row("kill, without subscribers", alone)
    name, among = among_ms(kill)
    figures.row(name, among, bars={"p50": 2 * figures.share(alone, 0.5), "p99": 2 * 10})
    figures.row(*among_ms(resign))


def main():
    for name, part in (("late", ask_late), ("crowds", crowds)):
        if figures.is_wanted(name):
            part()
    return figures.done()


if __name__ == "__main__":
    sys.exit(main())
