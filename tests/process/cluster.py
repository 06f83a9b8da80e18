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

import collections
import ctypes
import functools
import itertools
import json
import os
import random
import shutil
import socket
import statistics
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zmq
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import judges
import votes

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ZELECT_BUILD_DIR", ROOT / "build" / "dev"))
PROGRAM = BUILD / "tests" / "process" / "prog_member"
WORK = BUILD / "process"
SCALE = float(os.environ.get("ZELECT_COUNT_SCALE", "1"))

MS = 1_000_000
PATIENCE = 20           # Seconds: the longest wait for something that ought to happen at once
POLL = 0.004
TURNS = ("ENTER_", "LEAVE_")


def now_ns():
    """The clock of the members' logs."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def count(full, least):
    """How often a repeated test repeats: `full` times ZELECT_COUNT_SCALE, but at least `least` times."""
    return max(least, int(full * SCALE))


def seeded(name):
    """The random numbers of a test; ZELECT_SEED replays them."""
    seed = int(os.environ.get("ZELECT_SEED", time.time_ns()))
    print(f"{name}: ZELECT_SEED={seed}")
    return random.Random(seed)


def wait_for(condition, what, seconds=PATIENCE):
    """Wait until the condition returns something true, and return that."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(POLL)


def figure(name, values_ms):
    """Print what was measured, and keep it in the build directory."""
    values = sorted(values_ms)
    if not values:
        return
    line = (f"figure: {name}: n {len(values)}, median {statistics.median(values):.2f} ms,"
            f" p99 {values[min(len(values) - 1, int(len(values) * 0.99))]:.2f} ms,"
            f" least {values[0]:.2f} ms, most {values[-1]:.2f} ms")
    note(line)


_notes = []


def note(line):
    """Print a line, and keep it in the build directory, in a file for each file of tests."""
    print(line)
    _notes.append(line)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(".py::")[0].rpartition("/")[2]
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / f"{test or 'figures'}.txt").write_text("\n".join(_notes) + "\n", encoding="utf-8")


def side_by_side(function, items, lanes):
    """Call function(item) for each item, so many at a time; the first exception is raised after all have ended."""
    _pulse.start()    # Here, since a child of a lane would end with it
    with ThreadPoolExecutor(lanes) as pool:
        futures = [pool.submit(function, item) for item in items]
    return [future.result() for future in futures]


# ---- The machine ----------------------------------------------------------------------------------------------

class Unsafe(AssertionError):
    """Something that may never happen, whatever the machine does."""


class Pulse:
    """Knows when a processor of this machine stood still (prog_pulse)."""

    STANDSTILL_MS = 150    # Longer than a heartbeat interval: enough to lose a leader whose timeout is 500 ms
    ATTEMPTS = 4

    def __init__(self):
        self.process = None
        self.found = []

    def listen(self):
        with self.process.stdout as lines:
            for line in lines:
                processor, since_ns, length_ns = map(int, line.split())
                self.found.append((since_ns, length_ns / MS, processor))

    def start(self):
        if self.process is None:
            self.process = subprocess.Popen([PROGRAM.parent / "prog_pulse"], stdout=subprocess.PIPE,
                                            stdin=subprocess.DEVNULL)
            threading.Thread(target=self.listen, daemon=True).start()

    def standstills(self, since_ns):
        time.sleep(0.1)    # One that goes on is known only when it is over
        return [f"processor {processor} stood still for {length_ms:.0f} ms"
                for began_ns, length_ms, processor in self.found
                if began_ns + length_ms * MS >= since_ns and length_ms >= self.STANDSTILL_MS]


_pulse = Pulse()


def steadily(function):
    """Decorates what needs a machine that runs. If it fails though nothing unsafe happened, and a processor of this
    machine stood still meanwhile for longer than any member can bear, that has shown nothing: it is said so, and
    done again. What fails for another reason fails."""
    @functools.wraps(function)
    def done(*arguments, **named):
        _pulse.start()
        for attempt in range(1, Pulse.ATTEMPTS + 1):
            since_ns = now_ns()
            try:
                return function(*arguments, **named)
            except AssertionError as error:
                found = _pulse.standstills(since_ns)
                if isinstance(error, Unsafe) or not found or attempt == Pulse.ATTEMPTS:
                    raise
                note(f"again: {function.__name__}, since {found[0]} ({str(error)[:200]})")
        return None
    return done


# Ports below the ephemeral range, where reconnecting clients of others could sit on them by chance.
_ports = itertools.cycle(range(10000, 31998, 2))
_ports_lock = threading.Lock()
for _ in range(os.getpid() * 89 % 10999):
    next(_ports)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
        return True


def take_ports():
    """Two free ports in a row: the first of them."""
    with _ports_lock:
        for _ in range(20000):
            port = next(_ports)
            if port_is_free(port) and port_is_free(port + 1):
                return port
    raise AssertionError("no two free ports in a row between 10000 and 32000")


# ---- The feed -------------------------------------------------------------------------------------------------

def load_feed_message():
    """The class of FeedMessage, from the installed schema alone."""
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString((BUILD / "zelect.binpb").read_bytes())
    for file in files.file:
        pool.Add(file)
    descriptor = pool.FindMessageTypeByName("zelect.v1.FeedMessage")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


State = collections.namedtuple("State", "time_ns node incarnation sequence role term leader reason voter")
Beat = collections.namedtuple("Beat", "time_ns node incarnation sequence term round")

ROLES = ["", "follower", "precandidate", "candidate", "leader_elect", "leader", "faulted"]


class Feed(threading.Thread):
    """An outsider who subscribes to the feeds of a cluster and writes down what it hears."""

    def __init__(self, cluster, endpoints, beats=False, namespace=None):
        super().__init__(daemon=True)
        self.topic = f"zelect/{cluster}/" + ("" if beats else "state/")
        self.endpoints = endpoints
        self.namespace = namespace
        self.states = []
        self.beats = []
        self.error = None
        self.is_over = threading.Event()
        self.start()

    def enter_namespace(self):
        handle = os.open(self.namespace, os.O_RDONLY | os.O_CLOEXEC)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle, 0x40000000):
            raise OSError(ctypes.get_errno(), "cannot enter the network namespace")
        os.close(handle)

    def run(self):
        try:
            self.listen()
        except Exception as error:    # pylint: disable=broad-except
            self.error = error

    def listen(self):
        # The namespace is the thread's; that of libzmq's threads is this one's
        if self.namespace:
            self.enter_namespace()
        message_type = load_feed_message()
        context = zmq.Context()
        sub = context.socket(zmq.SUB)
        for option, value in ((zmq.RCVHWM, 0), (zmq.LINGER, 0), (zmq.RECONNECT_IVL, 10),
                              (zmq.RECONNECT_IVL_MAX, 40)):
            sub.setsockopt(option, value)
        sub.subscribe(self.topic)
        for endpoint in self.endpoints:
            sub.connect(endpoint)
        while not self.is_over.is_set():
            if sub.poll(50):
                self.take(sub, message_type)
        sub.close()
        context.term()

    def take(self, sub, message_type):
        while True:
            try:
                topic, payload = sub.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            message = message_type.FromString(payload)
            kind = message.WhichOneof("body")
            if kind == "state":
                self.take_state(message.state)
            elif kind == "heartbeat":
                beat = message.heartbeat
                self.beats.append(Beat(now_ns(), topic.decode().rpartition("/")[2], beat.incarnation,
                                       beat.sequence, beat.term, beat.round))

    def take_state(self, state):
        self.states.append(State(now_ns(), state.node, state.incarnation, state.sequence, ROLES[state.role],
                                 state.term, state.leader, state.reason, state.voter))

    def stop(self):
        self.is_over.set()
        self.join()

    def claims(self, by_life=True):
        """Who was elected in which term, in the history that outsiders received."""
        return [(state.term, f"{state.node}#{state.incarnation:x}" if by_life else state.node)
                for state in list(self.states) if state.role in ("leader_elect", "leader")]


# ---- Members --------------------------------------------------------------------------------------------------

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
        """The leader's name as the node last said it, or None."""
        told = [event for event in self.events() if event["name"] not in ("ERROR", "MISSED")]
        return told[-1]["leader"] if told else None

    def follows(self, leader):
        """This process is done with campaigning, and names that leader (who follows itself)."""
        turn = self.last_turn()
        return (turn is not None and turn["name"] in ("ENTER_FOLLOWER", "ENTER_LEADER")
                and self.known_leader() == leader.name)

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
                 f"    verbose = {int(cluster.heartbeat_ms >= 50)}"]
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
                 beats=False, judged=True):
        self.name = f"c{next(self._numbers)}"
        self.directory = WORK / f"{self.name}-{os.getpid()}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.heartbeat_ms, self.election_ms, self.pause_us = heartbeat_ms, election_ms, pause_us
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
    """When a process became the leader after that time, or None."""
    times = [event["time_ns"] for event in life.events("ENTER_LEADER") if event["time_ns"] >= after_ns]
    return times[0] if times else None

