"""herd.py - some nodes of zelect run, and the notes of what they ran

    with Herd(3, "--restart", worker=["detach"]) as herd:
        herd.start()
        life = herd.wait_for_life()
        herd[life.node].kill()
        herd.wait_for_life(after=life)

The command is prog_worker, whose processes note on the host's clock when they lived. When the block is left, the notes
are judged: no two lives overlap by an instant, later lives have higher terms or are of the same node, and nothing
is left behind.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import shutil
import signal
import struct
import subprocess
import time
from collections import namedtuple
from itertools import count as counter
from pathlib import Path

import judges
from machine import BUILD, MS, WORK, Unsafe, now_ns, take_ports, wait_for

ZELECT = BUILD / "zelect"
WORKER = BUILD / "tests" / "process" / "prog_worker"
NOTE = struct.Struct("<4Q")

# Long enough that a starved machine does not cost the lease now and then
HEARTBEAT_MS, ELECTION_MS, GRACE_MS, MARGIN_MS = 100, 4000, 500, 1500
PATIENT = 90

Life = namedtuple("Life", "node pid began_ns alive_ns term got")


def descendants(pid):
    """All processes below one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="latin-1").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] not in "ZX":
            parents[int(path.parent.name)] = int(fields[1])
    found = {pid}
    grew = True
    while grew:
        more = {child for child, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found - {pid}


def is_running(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] not in "ZX"


class Node:
    """A member, whose zelect run may come and go."""

    def __init__(self, herd, index):
        self.herd = herd
        self.name = f"n{index}"
        self.port = take_ports()
        self.config = herd.directory / f"{self.name}.cfg"
        self.well = herd.directory / f"{self.name}.well"
        self.log = herd.directory / f"{self.name}.log"
        self.process = None
        self.starts = 0

    def start(self, *options, command=None):
        self.herd.write(self, create=self.starts == 0)
        self.well.touch()
        self.starts += 1
        command = command or [WORKER, self.herd.notes, *self.herd.worker]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [ZELECT, "run", "-c", self.config, "-v", "--grace", str(self.herd.grace_ms),
                 "--margin", str(self.herd.margin_ms), *self.herd.options, *options, "--", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def guardian(self):
        """The pid of its guardian."""
        def find():
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            return [int(pid) for pid in children]
        return wait_for(find, f"the guardian of {self.name}")[0]

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENT)

    def end(self):
        return self.process.wait(PATIENT)

    def led_ns(self, after_ns):
        """When, on the notes' clock and to a millisecond, this node said that it leads."""
        offset_ns = time.time_ns() - now_ns()
        times = []
        for line in self.log.read_text(errors="replace").splitlines():
            if "role=leader " in line:
                stamp, _, milliseconds = line.split()[0].rstrip("Z").partition(".")
                seconds = int(subprocess.run(["date", "-u", "-d", f"{stamp}Z", "+%s"], check=True,
                                             stdout=subprocess.PIPE).stdout)
                times.append(seconds * 1000 * MS + int(milliseconds) * MS - offset_ns)
        return [when for when in times if when >= after_ns - MS]


class Herd:
    """Some nodes, and what they ran."""

    _numbers = counter(1)

    def __init__(self, size, *options, worker=(), grace_ms=GRACE_MS, margin_ms=MARGIN_MS):
        self.name = f"h{next(self._numbers)}"
        self.directory = WORK / f"{self.name}-{os.getpid()}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.notes = self.directory / "notes"
        self.notes.mkdir(parents=True)
        self.options, self.worker = list(options), list(worker)
        self.grace_ms, self.margin_ms = grace_ms, margin_ms
        self.nodes = {f"n{index}": Node(self, index) for index in range(1, size + 1)}

    def write(self, node, create):
        store = self.directory / f"{node.name}.store"
        store.mkdir(exist_ok=True)
        lines = ["node", f"    name = {node.name}", f"    store = \"{store}\"", f"    create = {int(create)}",
                 "timing", f"    heartbeat = {HEARTBEAT_MS} ms", f"    election = {ELECTION_MS} ms",
                 f"cluster = {self.name}"]
        for member in self.nodes.values():
            lines += [f"    member = {member.name}", f"        endpoint = tcp://127.0.0.1:{member.port}"]
        node.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def __getitem__(self, name):
        return self.nodes[name]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for node in self.nodes.values():
            if node.is_alive():
                node.signal(signal.SIGCONT)
                node.kill()
        try:
            self.judge()
        except BaseException:
            print(f"logs of the failed herd {self.name}: {self.directory}")
            raise
        if kind is None:
            shutil.rmtree(self.directory)
        else:
            print(f"logs of the failed herd {self.name}: {self.directory}")

    def start(self, *options):
        for node in self.nodes.values():
            node.start(*options)

    def lives(self):
        """All processes of the command that ever lived, by when they began."""
        found = []
        for path in self.notes.iterdir():
            data = path.read_bytes()
            if len(data) == NOTE.size and NOTE.unpack(data)[0]:
                node, life, _ = path.name.split(".")
                found.append(Life(node, int(life), *NOTE.unpack(data)))
        return sorted(found, key=lambda life: life.began_ns)

    def others(self, name):
        return [node for node in self.nodes.values() if node.name != name]

    def wait_for_life(self, after_ns=0, not_at=None):
        """A life that began after that time, not at that node."""
        return wait_for(lambda: [life for life in self.lives() if life.began_ns > after_ns
                                 and life.node != not_at],
                        f"a life in {self.name}", PATIENT)[0]

    def wait_for_leader(self):
        """A life that goes on. A starved machine may have ended a node; that begins anew."""
        def find():
            for node in self.nodes.values():
                if not node.is_alive():
                    node.start()
            return [life for life in self.lives() if is_running(life.pid) and self[life.node].is_alive()]
        return wait_for(find, f"somebody who runs in {self.name}", PATIENT)[-1]

    def pids(self):
        return {int(path.name.rpartition(".")[2]) for path in self.notes.iterdir()}

    def runs(self):
        runs = {}
        for life in self.lives():
            runs.setdefault(f"{life.node}.{life.pid}", []).append((life.began_ns, life.alive_ns, life.term))
        return runs

    def judge(self):
        """No two at any instant; nobody is left when all are dead."""
        left = wait_for(lambda: not any(map(is_running, self.pids())), f"the last of {self.name} to be gone",
                        PATIENT) is not True
        found = judges.overlaps(self.runs())
        row = sorted((life.began_ns, life.term, life.node) for life in self.lives())
        found += [f"{node} ran in term {term} after {before} in term {term_before}"
                  for (_, term_before, before), (_, term, node) in zip(row, row[1:])
                  if term < term_before or (term == term_before and node != before)]
        if left or found:
            raise Unsafe("; ".join(found[:10]) or "something is left")
