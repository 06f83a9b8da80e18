#!/usr/bin/python3
"""mutation.py [--root DIR] [--jobs N] [--every N] [--files NAME...] - is every line of the core tested?

Changes the core in every small way that mutate.py knows, one at a time, and lets its tests judge each change: the
scenarios, then the other tests of tests/core, then the simulator. Whatever passes all of them has to stand in
survivors.txt, with the reason why it does no harm; one that does not is a failure, and so is a score below SCORE.
A change that makes the same object code as the core itself, or as another change, does not count.

Prints TAP, one line a mutant, and a summary. --every N judges each N-th mutant alone.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import os
import queue
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import mutate
import programs

SCORE = 95.0
HEADERS = ["zelect_core_private.h", "zelect_quorum.h"]    # Those with code in them
COMPILE = ["gcc", "-std=c11", "-O1", "-fPIC", "-w", "-D_GNU_SOURCE"]
CORE_PART = "src/core"
TEST_SECONDS = 10       # Of the processor; no test takes three, and a mutant may never end
SIM = "the simulator"
SIM_SECONDS = 2
SIM_PATIENCE = 120
FAST = ["-O2", "-DZELECT_MEMBERS_MAX=9", "-DZELECT_CHECK_ABORTS"]


def run(command, folder, seconds=600, **environment):
    """Whether a command succeeds in time."""
    return programs.watch(command, folder, seconds, **environment)[0] == 0


class Bench:
    """Copies of the core to work on, and the tests, linked with whichever copy is named when they run."""

    def __init__(self, root, folder, count):
        self.root, self.folder = root, folder
        self.sources = sorted(path.name for path in (root / CORE_PART).glob("*.c"))
        self.base, self.places = folder / "base", [folder / f"place{number}" for number in range(count)]
        shutil.copytree(root / CORE_PART, self.base / "core")
        (self.base / "fast").mkdir()
        assert self.compile_core(self.base, self.sources) and self.link(self.base)
        assert self.compile_core(self.base, self.sources, "fast", FAST) and self.link(self.base, "fast")
        for place in self.places:
            shutil.copytree(self.base, place)
        self.tests = self.build_tests()
        self.build_simulator()

    def compile_core(self, place, names, to=".", flags=()):
        return all(run([*COMPILE, *flags, "-Icore", "-c", f"core/{name}", "-o", f"{to}/{name}.o"], place)
                   for name in names)

    def link(self, place, to="."):
        return run(["gcc", "-shared", "-o", f"{to}/libcore.so", *(f"{to}/{name}.o" for name in self.sources)], place)

    def digest(self, place, names):
        return hashlib.sha256(b"".join((place / f"{name}.o").read_bytes() for name in names)).hexdigest()

    def includes(self):
        parts = (CORE_PART, "src/wire", "tests/support", "tests/core", "tests/sim")
        return [*(f"-I{self.root / part}" for part in parts), f"-I{self.folder}"]

    def build(self, name, sources, core, *flags):
        assert run([*COMPILE, "-O2", *flags, *self.includes(), *sources, "-o", self.folder / name,
                    f"-L{core}", "-lcore", "-lcmocka", "-lprotobuf-c", "-lpopt", "-lpthread"], self.root), name

    def build_tests(self):
        """The programs of tests/core, the scenarios first."""
        core, objects = self.root / "tests/core", []
        support = [path for path in sorted(core.glob("*.c")) if not path.name.startswith("test_")]
        for source in [*support, *sorted((self.root / "tests/sim").glob("sim*.c"))]:
            objects.append(self.folder / f"{source.stem}.o")
            assert run([*COMPILE, "-O2", *self.includes(), "-c", source, "-o", objects[-1]], self.root), source
        names = sorted(path.stem for path in core.glob("test_*.c"))
        for name in names:
            self.build(name, [core / f"{name}.c", *objects], self.base)
        return sorted(names, key=lambda name: name != "test_scenarios")

    def build_simulator(self):
        wire = self.root / "src/wire"
        assert run(["protoc-c", f"--proto_path={wire}", f"--c_out={self.folder}", wire / "zelect.proto"], self.root)
        sources = [path for path in sorted((self.root / "tests/sim").glob("*.c"))
                   if not path.name.startswith("test_")]
        self.build("simulator", [*sources, *sorted(wire.glob("*.c")), self.folder / "zelect.pb-c.c"],
                   self.base / "fast", *FAST)

    def try_out(self, place, mutant):
        """Who kills a mutant ("" for nobody, None if it is no program), and a digest of its object code."""
        path = place / "core" / mutant.path
        keep = path.read_text(encoding="utf-8")
        names = [mutant.path] if mutant.path in self.sources else self.sources
        path.write_text(mutant.text, encoding="utf-8")
        try:
            if not self.compile_core(place, names):
                return None, ""
            digest = self.digest(place, names)
            if digest == self.digest(self.base, names) or not self.link(place):
                return None, digest
            return self.judge(place, names), digest
        finally:
            path.write_text(keep, encoding="utf-8")
            for name in names:
                for to in (".", "fast"):
                    shutil.copyfile(self.base / to / f"{name}.o", place / to / f"{name}.o")

    def judge(self, place, names=()):
        """The first test that fails, or the simulator; "" for none."""
        for name in self.tests:
            if not run(["prlimit", f"--cpu={TEST_SECONDS}", self.folder / name], self.root,
                       LD_LIBRARY_PATH=str(place)):
                return name
        assert self.compile_core(place, names, "fast", FAST) and self.link(place, "fast")
        status, _ = programs.watch([self.folder / "simulator", "--seed", 1, "--seconds", SIM_SECONDS], self.root,
                                   SIM_PATIENCE, "FAILED", LD_LIBRARY_PATH=str(place / "fast"))
        return "" if status == 0 else SIM


def read_survivors(path):
    """The listed survivors: {key: reason}. An entry is a line `FILE FUNCTION`, a `-` and a `+` line, the reason."""
    listed = {}
    for entry in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line for line in entry.splitlines() if line and not line.startswith("#")]
        if len(lines) >= 4:
            listed["\n".join(lines[:3])] = " ".join(lines[3:])
    return listed


def all_mutants(root, files):
    for path in sorted((root / CORE_PART).iterdir()):
        if (path.suffix == ".c" or path.name in HEADERS) and (not files or path.name in files):
            yield from mutate.mutants(path.name, path.read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--files", nargs="*")
    given = parser.parse_args()
    root = given.root.resolve()
    listed = read_survivors(Path(__file__).with_name("survivors.txt"))
    mutants = list(all_mutants(root, given.files))[::given.every]
    begun, tally, seen, unexplained = time.time(), collections.Counter(), set(), 0
    folder = Path(tempfile.mkdtemp(prefix="zelect-mutation-"))
    try:
        bench = Bench(root, folder, given.jobs)
        failing = bench.judge(bench.places[0])
        assert failing == "", f"{failing} fails without any change"
        free = queue.Queue()
        for place in bench.places:
            free.put(place)

        def work(mutant):
            place = free.get()
            try:
                return bench.try_out(place, mutant)
            finally:
                free.put(place)

        print(f"1..{len(mutants)}")
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            for number, (mutant, (killer, digest)) in enumerate(zip(mutants, pool.map(work, mutants)), 1):
                title = mutant.key.replace("\n", " ")
                if killer is None or digest in seen:
                    tally["no other program"] += 1
                    print(f"ok {number} - no other program: {title}", flush=True)
                    continue
                seen.add(digest)
                tally[killer or "survived"] += 1
                if killer:
                    print(f"ok {number} - killed by {killer}: {title}", flush=True)
                elif mutant.key in listed:
                    print(f"ok {number} - survived as listed: {title}", flush=True)
                else:
                    unexplained += 1
                    print(f"not ok {number} - SURVIVED:\n{mutant.key}", flush=True)
    finally:
        shutil.rmtree(folder)
    judged = sum(tally.values()) - tally["no other program"]
    score = 100.0 * (judged - tally["survived"]) / max(judged, 1)
    print(f"# {judged} mutants of the core, {tally['no other program']} more that are no other program")
    for name in [name for name in tally if name not in ("survived", "no other program")]:
        print(f"# killed by {name}: {tally[name]}")
    print(f"# survived: {tally['survived']}, {unexplained} of them without an explanation")
    print(f"# score {score:.1f} %, at least {SCORE} wanted; {time.time() - begun:.0f} s")
    is_low = given.every == 1 and score < SCORE    # A sample has a score of its own
    return 1 if unexplained or is_low else 0


if __name__ == "__main__":
    sys.exit(main())
