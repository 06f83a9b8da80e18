"""test_kills.py - thousands of processes killed by SIGKILL, and nothing that they said is taken back

Whole nodes at a heartbeat of 10 ms, so that there is an election or two between two kills, judged by what outsiders
heard and by what the stores hold; and a program that does nothing but save, killed in the middle of that. At a
count scale of 1, more than ten thousand.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import shutil
import signal
import subprocess
import time

import votes
from cluster import Cluster
from machine import PROGRAM, WORK, count, note, seeded, side_by_side
from test_kill import FAST, kill_at_random

NODE_KILLS, NODE_KILLS_LEAST = 6000, 60
WRITER_KILLS, WRITER_KILLS_LEAST = 5000, 60
BATCH = 250             # Processes of one cluster: its logs are judged, and it begins anew
LANES = 2


# ---- Whole nodes

def kill_a_batch(random, kills):
    """A cluster whose nodes are killed until so many are dead; how many that were, and how many elections."""
    with Cluster(random.choice([3, 5, 5]), **FAST) as cluster:
        cluster.start()
        cluster.wait_for_leader()
        while len(cluster.lives()) < kills:
            kill_at_random(cluster, random, 1)
        # Left in peace, it elects
        cluster.wait_for_leader()
        for member in cluster.members:
            member.kill()
        cluster.judge()
        for member in cluster.members:
            assert len(member.votes) == len(member.lives), f"{member} lost its record"
        elections = len(cluster.terms())
        heard = len({term for term, _ in cluster.feed.claims()})
        assert elections >= 2 and heard, "nothing was elected"
        return len(cluster.lives()), elections, heard


def test_nodes_are_killed_by_the_thousand():
    random = seeded("test_nodes_are_killed_by_the_thousand")
    wanted = count(NODE_KILLS, NODE_KILLS_LEAST)
    killed = elections = heard = 0
    began = time.monotonic()
    while killed < wanted:
        batch = kill_a_batch(random, min(BATCH, wanted - killed))
        killed, elections, heard = killed + batch[0], elections + batch[1], heard + batch[2]
    note(f"figure: {killed} nodes killed in {elections} elections, of which outsiders heard {heard},"
         f" in {time.monotonic() - began:.0f} s: no term with two leaders, no record lost or rolled back")


# ---- A program that only saves

class Writer:
    """A store that processes write to until they are killed, and what they said."""

    def __init__(self, number):
        self.directory = WORK / f"writer-{number}-{os.getpid()}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.store = self.directory / "store"
        self.told = 0           # The last record said to be saved or found
        self.boots = 0
        self.saves = self.openings = self.kills = self.torn = 0

    def take(self, lines):
        """What one life has said: it found what was told last, or the one after, and goes on from there."""
        for word, number, boots in (line.split() for line in lines):
            number, boots = int(number), int(boots)
            if word == "opened":
                assert self.told <= number <= self.told + 1, f"record {number} was found after {self.told} was saved"
                assert boots > self.boots, f"opened for the {boots}th time after the {self.boots}th"
                self.boots = boots
                self.openings += 1
            else:
                assert number == self.told + 1, f"record {number} was saved after {self.told}"
                self.saves += 1
            self.told = number

    def look(self):
        """What another reader finds: nothing before the first record, then never less than was told."""
        copies = votes.read(self.store)
        if copies is None:
            assert self.openings == 0, "the record is gone"
            return
        good = [copy for copy in copies if copy]
        assert good, f"both copies are damaged after record {self.told}"
        newest = max(good, key=lambda copy: copy.sequence)
        assert self.told <= newest.floor <= self.told + 1, f"record {newest.floor} after {self.told} was saved"
        assert len(good) == 1 or abs(copies[0].sequence - copies[1].sequence) <= 1, copies
        self.torn += len(good) == 2 and copies[0].sequence != copies[1].sequence

    def kill_one(self, seconds):
        """A life of so many seconds."""
        command = [PROGRAM.parent / "store_writer", self.store]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            time.sleep(seconds)
            process.kill()
            said = process.stdout.read()
        assert process.returncode == -signal.SIGKILL, f"the writer ended with {process.returncode}: {said[-200:]}"
        self.kills += 1
        # A line is one write into a pipe: it is there as a whole or not at all
        self.take(said.splitlines())
        self.look()


def kill_writers(number, random, kills):
    writer = Writer(number)
    try:
        # How long does it take to open? Kill before, in and after that
        begun = time.monotonic()
        with subprocess.Popen([PROGRAM.parent / "store_writer", writer.store], stdout=subprocess.PIPE,
                              text=True) as process:
            first = process.stdout.readline()
            opening = time.monotonic() - begun
            process.kill()
            writer.take([first, *process.stdout.read().splitlines()])
        for _ in range(kills):
            writer.kill_one(random.uniform(0, 3 * opening + 0.005))
        assert writer.saves and writer.openings > kills / 10, "most were killed before they had opened the store"
        return writer
    finally:
        shutil.rmtree(writer.directory)


def test_a_writer_is_killed_by_the_thousand():
    random = seeded("test_a_writer_is_killed_by_the_thousand")
    share = -(-count(WRITER_KILLS, WRITER_KILLS_LEAST) // LANES)
    lanes = [(number, type(random)(random.random())) for number in range(LANES)]
    began = time.monotonic()
    writers = side_by_side(lambda lane: kill_writers(lane[0], lane[1], share), lanes, LANES)
    note(f"figure: {sum(w.kills for w in writers)} writers killed in {sum(w.saves for w in writers)} saves and"
         f" {sum(w.openings for w in writers)} openings, {sum(w.torn for w in writers)} of them between the two slots,"
         f" in {time.monotonic() - began:.0f} s: no record lost or rolled back")
