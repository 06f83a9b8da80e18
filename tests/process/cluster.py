"""cluster.py - clusters of real processes, watched from outside

    with Cluster(3) as cluster:
        cluster.start()
        leader = cluster.wait_for_leader()
        leader.kill()
        cluster.wait_for_leader(other_than=leader)

Members are prog_member processes: applications over the public API, with a witness that asks zelect_is_leader all
the time. Their stores lie on the disk of the build directory. An outsider subscribes to every feed. When the block
is left, all that was ever logged is judged (judges.py); if anything is wrong the logs stay, and their path is
printed.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import itertools
import json
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

import judges
import votes
from feed import Feed
from machine import MS, PATIENCE, PROGRAM, WORK, Unsafe, now_ns, take_ports, wait_for

TURNS = ("ENTER_", "LEAVE_")


class Life:
    """One process of a member, from its start to its end."""

    HEAD = struct.Struct("<8Q")
    RUN = struct.Struct("<3Q")

    def __init__(self, member, number, arguments, environment):
        self.member = member
        self.who = f"{member.name}#{number}"
        self.path = member.cluster.directory / f"{member.name}.{number}"
        self.parsed = []
        self.unparsed = b""
        self.position = 0
        self.started_ns = now_ns()
        self.ended_ns = None
        command = [*member.prefix, str(PROGRAM), str(member.config), "--runs", f"{self.path}.runs",
                   "--pause", str(member.cluster.pause_us), *arguments]
        with open(f"{self.path}.out", "ab") as out, open(f"{self.path}.log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=log,
                                            env={**os.environ, **environment})

    def lines(self):
        """All that the process has said."""
        try:
            with open(f"{self.path}.out", "rb") as file:
                file.seek(self.position)
                data = file.read()
        except FileNotFoundError:
            data = b""
        self.position += len(data)
        *whole, self.unparsed = (self.unparsed + data).split(b"\n")
        self.parsed += [json.loads(line) for line in whole]
        return self.parsed

    def of_kind(self, kind):
        return [line for line in self.lines() if line["kind"] == kind]

    def events(self, *names):
        return [line for line in self.of_kind("event") if not names or line["name"] in names]

    def last_turn(self):
        """The last ENTER or LEAVE of this life, or None."""
        turns = [event for event in self.events() if event["name"].startswith(TURNS)]
        return turns[-1] if turns else None

    def known_leader(self):
        """The leader's name and term as the node last said them, or None and 0."""
        told = [event for event in self.events() if event["name"] not in ("ERROR", "MISSED")]
        # A role that changes names the leader too, and comes before: no peace until both are told
        named = [event for event in told if event["name"] == "LEADER_CHANGED"]
        return (named[-1]["leader"], told[-1]["term"]) if named else (None, 0)

    def follows(self, leader):
        """This process is done with campaigning, and names that leader, in its term (who follows itself)."""
        turn, lead = self.last_turn(), leader.life.last_turn()
        name, term = self.known_leader()
        return (turn is not None and turn["name"] in ("ENTER_FOLLOWER", "ENTER_LEADER")
                and name == leader.name and lead is not None and term >= lead["term"])

    def leads(self):
        turn = self.last_turn()
        return self.is_alive() and turn is not None and turn["name"] == "ENTER_LEADER"

    def book(self):
        """What the witness wrote: polls, true answers, time of the last poll, runs; the longest time between two
        polls, and when that began."""
        try:
            data = Path(f"{self.path}.runs").read_bytes()
        except FileNotFoundError:
            data = b""
        if len(data) < self.HEAD.size:
            return 0, 0, 0, [], 0, 0
        polls, yes, polled_ns, runs, gap_ns, gap_at_ns, *_ = self.HEAD.unpack_from(data)
        return polls, yes, polled_ns, [self.RUN.unpack_from(data, self.HEAD.size + index * self.RUN.size)
                                       for index in range(runs)], gap_ns, gap_at_ns

    def runs(self):
        return self.book()[3]

    def is_alive(self):
        return self.process.poll() is None

    def end(self, seconds=PATIENCE):
        """Wait for the process; returns its exit code."""
        code = self.process.wait(seconds)
        self.process.stdin.close()
        self.ended_ns = self.ended_ns or now_ns()
        return code

    def tell(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, command, seconds=PATIENCE):
        """Tell a command and wait for its answer."""
        before = len(self.of_kind("answer"))
        self.tell(command)
        return wait_for(lambda: self.of_kind("answer")[before:], f"the answer of {self.who} to '{command}'",
                        seconds)[0]


class Member:
    """A member of a cluster, whose processes come and go while its store stays."""

    def __init__(self, cluster, index, host, settings, prefix):
        self.cluster = cluster
        self.name = f"n{index}"
        self.settings = {"priority": 100, "voter": 1, "create": 1, **settings}
        self.port = take_ports()
        if cluster.transport == "ipc":
            self.endpoint = f"ipc://{cluster.directory}/{self.name}"
            self.feed = f"{self.endpoint}.feed"
        else:
            self.endpoint = f"tcp://{host}:{self.port}"
            self.feed = f"tcp://{host}:{self.port + 1}"
        self.prefix = prefix
        self.config = cluster.directory / f"{self.name}.cfg"
        self.store = cluster.directory / f"{self.name}.store"
        self.lives = []
        self.votes = []

    def __repr__(self):
        return self.name

    @property
    def life(self):
        return self.lives[-1]

    def is_alive(self):
        return bool(self.lives) and self.life.is_alive()

    def write_config(self):
        cluster, settings = self.cluster, self.settings
        lines = ["node", f"    name = {self.name}", f"    priority = {settings['priority']}",
                 f"    fast_failover = {settings.get('fast_failover', cluster.fast_failover)}",
                 f"    verbose = {int(cluster.verbose)}"]
        if settings.get("bind"):
            lines += [f"    bind = {settings['bind']}"]
        if settings.get("volatile"):
            lines += ["    volatile = 1"]
        else:
            lines += [f"    store = \"{self.store}\"", f"    create = {settings['create']}"]
        lines += ["timing", f"    heartbeat = {cluster.heartbeat_ms} ms", f"    election = {cluster.election_ms} ms",
                  f"cluster = {cluster.name}"]
        for member in cluster.members:
            lines += [f"    member = {member.name}", f"        endpoint = {member.endpoint}",
                      f"        voter = {member.settings['voter']}"]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self, *arguments, **environment):
        """Start a process; only the very first may find no record in its store."""
        assert not self.is_alive()
        self.settings["create"] = int(not self.lives and self.settings["create"])
        self.write_config()
        self.lives.append(Life(self, len(self.lives) + 1, arguments, environment))
        return self.life

    def wait_until_started(self):
        """Wait until the node runs; it is an error if its process ends instead."""
        wait_for(lambda: self.life.of_kind("started") or not self.is_alive(), f"the start of {self.life.who}")
        assert self.life.of_kind("started"), f"{self.life.who} did not start: {self.life.of_kind('failed')}"

    def kill(self):
        """SIGKILL; returns when that was."""
        killed_ns = now_ns()
        self.life.process.kill()
        self.life.end()
        self.keep_votes()
        return killed_ns

    def keep_votes(self):
        """Note what the store of a dead process holds."""
        copies = votes.read(self.store)
        if copies:
            newest = votes.newest(copies)
            assert newest, f"both copies of the record of {self.name} are damaged"
            self.votes.append(newest)
        return copies

    def quit(self):
        self.life.tell("quit")
        return self.life.end()

    def signal(self, number):
        self.life.process.send_signal(number)
        return now_ns()


class Cluster:
    """Members, the outsider who listens to them, and the judgement of it all."""

    _numbers = itertools.count(1)

    def __init__(self, size, heartbeat_ms=100, election_ms=500, pause_us=100, settings=None, network=None,
                 beats=False, judged=True, transport="tcp", fast_failover="local"):
        self.name = f"c{next(self._numbers)}"
        self.directory = WORK / f"{self.name}-{os.getpid()}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.heartbeat_ms, self.election_ms, self.pause_us = heartbeat_ms, election_ms, pause_us
        self.transport, self.fast_failover = transport, fast_failover
        self.verbose = heartbeat_ms >= 50
        self.network = network
        self.beats = beats
        self.judged = judged
        self.feed = None
        settings = settings or {}
        self.members = [Member(self, index, network.address(index) if network else "127.0.0.1",
                               settings.get(index, {}), network.prefix(index) if network else [])
                        for index in range(1, size + 1)]

    def __enter__(self):
        self.feed = Feed(self.name, [member.feed for member in self.members], self.beats,
                         self.network.observatory if self.network else None)
        return self

    def __exit__(self, kind, error, trace):
        try:
            codes = self.quit() if kind is None else {}
            self.close()
            assert not any(codes.values()), f"processes ended with {codes}"
            if kind is None and self.judged:
                self.judge()
        except BaseException:
            self.report()
            raise
        if kind is None:
            shutil.rmtree(self.directory)
            return
        self.report()
        if self.judged:
            self.judge()

    def quit(self):
        """Ask every process to end; returns their exit codes."""
        alive = self.alive()
        for member in alive:
            member.life.tell("quit")
        return {member.life.who: member.life.end() for member in alive}

    def close(self):
        """End every process, whatever state it is in."""
        for member in self.members:
            if member.is_alive():
                member.life.process.kill()
        for member in self.members:
            if member.lives:
                member.life.end()
        self.feed.stop()

    def report(self):
        """What people want to see after a failure."""
        with open(self.directory / "runs.txt", "w", encoding="utf-8") as file:
            for start, end, term, who in sorted((*run, who) for who, runs in self.runs().items() for run in runs):
                file.write(f"{start} {end} {(end - start) / 1e6:.3f} ms term {term} {who}\n")
        with open(self.directory / "feed.txt", "w", encoding="utf-8") as file:
            file.writelines(f"{state}\n" for state in self.feed.states)
        for life in self.lives():
            *_, gap_ns, gap_at_ns = life.book()
            if gap_ns > self.heartbeat_ms * MS:
                print(f"{life.who} did not run for {gap_ns / MS:.1f} ms from {gap_at_ns}")
        for complaint in self.complaints()[:10] if self.judged else []:
            print(f"{self.name}: {complaint}")
        print(f"logs of the failed cluster {self.name}: {self.directory}")

    # ---- What was said

    def lives(self):
        return [life for member in self.members for life in member.lives]

    def runs(self):
        return {life.who: life.runs() for life in self.lives()}

    def claims(self, by_life=True):
        """Who led in which term: by the events, and by the witnesses."""
        return [(term, life.who if by_life else life.member.name)
                for life in self.lives()
                for term in [event["term"] for event in life.events("ENTER_LEADER")]
                + [term for _, _, term in life.runs() if term]]

    def terms(self):
        """The terms that had a leader, so far as anybody knows."""
        return sorted({term for term, _ in self.claims()}
                      | {state.term for state in list(self.feed.states) if state.role == "leader"})

    def highest_term(self):
        return max([event["term"] for life in self.lives() for event in life.events()]
                   + [state.term for state in list(self.feed.states)], default=0)

    def complaints(self):
        runs = self.runs()
        found = [f"the outsider failed: {self.feed.error}"] if self.feed.error else []
        found += [f"the outsider heard nothing of {member}" for member in self.members
                  if any(life.events("ENTER_LEADER") for life in member.lives)
                  and not any(state.node == member.name for state in self.feed.states)]
        found += judges.two_leaders(self.claims()) + judges.two_leaders(self.feed.claims())
        found += judges.two_leaders(self.claims(by_life=False) + self.feed.claims(by_life=False))
        found += judges.overlaps(runs) + judges.fencing(runs)
        for life in self.lives():
            events = life.events()
            found += [f"{life.who}: {complaint}" for complaint in judges.alternation(events)
                      + judges.rising(events) + judges.late_answers(runs[life.who], events)]
        for member in self.members:
            found += [f"{member.name}: {complaint}" for complaint in judges.records(member.votes)]
        return found

    def judge(self):
        """All that must hold of every history."""
        found = self.complaints()
        if found:
            raise Unsafe("; ".join(found[:10]))

    # ---- What is done

    def __getitem__(self, index):
        return self.members[index - 1]

    def start(self):
        for member in self.members:
            member.start()
        for member in self.members:
            member.wait_until_started()

    def alive(self):
        return [member for member in self.members if member.is_alive()]

    def leaders(self):
        return [member for member in self.members if member.lives and member.life.leads()]

    def agreed_leader(self, among=None, other_than=None):
        """The member that leads and that all of these name as the leader; or None."""
        among = among or self.alive()
        leaders = [member for member in self.leaders() if member is not other_than]
        if len(leaders) == 1 and all(member.life.follows(leaders[0]) for member in among):
            return leaders[0]
        return None

    def wait_for_leader(self, among=None, other_than=None, seconds=PATIENCE):
        return wait_for(lambda: self.agreed_leader(among, other_than),
                        f"a leader of {self.name} that all of {among or self.alive()} name", seconds)

    def hold(self, election_timeouts=10, seconds=0, among=None, since_ns=None):
        """Watch: nobody's role and nobody's leader changes for so long."""
        since_ns = since_ns or now_ns()
        among = among or self.alive()
        end = time.monotonic() + max(election_timeouts * self.election_ms / 1000, seconds)
        while True:
            is_over = time.monotonic() >= end
            found = [f"{member.name}: {complaint}" for member in among
                     for complaint in judges.quiet(member.life.events(), since_ns, now_ns())]
            assert not found, f"a change in quiet times: {'; '.join(found)}"
            if is_over:
                return
            time.sleep(0.05)

    def wait_for_peace(self, election_timeouts=5):
        """Wait until nobody's role or leader has changed for so long; returns the leader."""
        span_ns = election_timeouts * self.election_ms * MS

        def leader_in_peace():
            leader, until_ns = self.agreed_leader(), now_ns()
            if leader and not any(judges.quiet(member.life.events(), until_ns - span_ns, until_ns)
                                  for member in self.alive()):
                return leader
            return None
        return wait_for(leader_in_peace, f"peace in {self.name}")

    def expect_elections(self, expected, strict=True):
        """So many leaderships there were in all; strictly: and no term was spent on anything else."""
        terms = self.terms()
        found = judges.elections([(term, "") for term in terms], expected)
        assert not found, found
        if not strict:
            return
        assert self.highest_term() == terms[-1], f"term {self.highest_term()} after the election of {terms[-1]}"
        assert terms[-1] - terms[0] == expected - 1, f"an election spent more than one term: {terms}"


def entered_ns(life, after_ns):
    """When a process first became the leader after that time."""
    times = [event["time_ns"] for event in life.events("ENTER_LEADER") if event["time_ns"] >= after_ns]
    assert times, f"{life.who} has not become the leader since {after_ns}"
    return times[0]
