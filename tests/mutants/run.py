#!/usr/bin/python3
"""run.py [--all] [--only WORD...] [--seconds N] [--table FILE] - bugs that others shipped, killed here

Each patch of this folder puts one bug of the list in doc/verification.md into the project. It is applied to a copy
of the tree, which is built as far as needed; then its named test has to fail, and the simulator has to find it from
each of three first seeds, and the explorer where the patch says so. What the patch says stands in its head:

    Bug: 04 S X                    number; S safety, L liveness; X: the explorer has to find it, too
    What: one line
    Test: TARGET NAME              a target of tests/CMakeLists.txt, and the failing test in its output
    Simulator: yes | no: why
    Explorer: SLICE | no: why      the slice that finds it; `any`: whichever does first

Each run checks that all patches apply. Without --all a few of them are drawn by the seed (ZELECT_SEED) and judged;
with --all each of them is, and a table of the results is printed, and written to FILE as Markdown.

Prints TAP, one line a check.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import programs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DRAWN = 5
TEST_SECONDS = 120
SIM_SECONDS = 240    # Some need one in 100,000 runs
EXPLORE_SECONDS = 60
EXPLORERS = ("explore", "explore1", "explore4")
FOUND = r"^not ok (?!.*canary).*"    # A canary that lives on is no find
BUGS = 40
COPIED = ["src", "include", "tests", "bindings", "CMakeLists.txt", "CMakePresets.json"]
CONFIGURE = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O1", "-DZELECT_HOOKS=ON", "-DZELECT_STRICT=OFF",
             "-DZELECT_BUILD_CLI=OFF", "-DZELECT_BUILD_EXAMPLES=OFF"]


@dataclass
class Patch:
    """A bug as a change of the tree, and what has to find it."""
    path: Path
    head: dict = field(default_factory=dict)

    def __post_init__(self):
        for line in self.path.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines():
            key, value = line.split(": ", 1)
            self.head[key] = value
        self.name = self.path.stem
        self.number = int(self.head["Bug"].split()[0])
        self.target, self.test = self.head["Test"].split()

    def wants(self, who):
        return not self.head[who].startswith("no: ")


class Workshop:
    """A copy of the tree with a build of its own."""

    def __init__(self, folder):
        self.tree, self.build = folder / "tree", folder / "build"
        self.tree.mkdir()
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.tree / part)
            else:
                shutil.copy2(ROOT / part, self.tree / part)

    def call(self, command, seconds=3600, enough=None):
        """What programs.watch tells of a command in the tree."""
        return programs.watch(command, self.tree, seconds, enough)

    def must(self, command):
        status, output = self.call(command)
        if status != 0:
            sys.exit(f"{' '.join(map(str, command))}:\n{output}")

    def configure(self):
        self.must(["cmake", "-S", self.tree, "-B", self.build, *CONFIGURE])

    def make(self, targets):
        self.must(["cmake", "--build", self.build, f"-j{os.cpu_count()}", "--target", *sorted(targets)])

    def applies(self, patch):
        return self.call(["patch", "-p1", "-F0", "--dry-run", "-i", patch.path])[0] == 0

    def apply(self, patch):
        self.must(["patch", "-p1", "-F0", "-s", "-i", patch.path])

    def revert(self, patch):
        self.must(["patch", "-R", "-p1", "-F0", "-s", "-i", patch.path])
        for path in self.tree.rglob("*.orig"):
            path.unlink()

    def program(self, target):
        folder, _, name = target.partition("_")
        return self.build / "tests" / folder / (name or target)


@dataclass
class Kill:
    """What became of a mutant at one judge."""
    who: str
    is_killed: bool
    seconds: float
    detail: str


def timed(shop, command, seconds, enough=None):
    begun = time.monotonic()
    status, output = shop.call(command, seconds, enough)
    return status, output, time.monotonic() - begun


def by_test(shop, patch):
    """The named test itself has to fail; where it never ends, or takes the program down, that is seen, too."""
    status, output, seconds = timed(shop, [shop.program(patch.target)], TEST_SECONDS)
    failed = re.findall(r"^\[  FAILED  \] (\w+)", output, re.M)
    begun = re.findall(r"^\[ RUN      \] (\w+)", output, re.M)
    is_cut_off = status is None or status < 0
    is_named = patch.test in failed or (is_cut_off and begun[-1:] == [patch.test])
    return Kill("test", status != 0 and is_named, seconds, patch.test)


def by_simulator(shop, seed, limit):
    command = [shop.program("sim_sim"), "--seed", seed, "--seconds", limit]
    _, output, seconds = timed(shop, command, limit + 20, "FAILED")
    found = re.search(r"^FAILED with[^:]*: ([^\n]*)", output, re.M)
    return Kill(f"simulator from {seed}", bool(found), seconds, found.group(1) if found else "")


def by_explorer(shop, name):
    """The slice that is named in the patch, or else each of them, the small ones first."""
    choices = [["--bounds", "quick"], ["--bounds", "ci", "--states", "1500000"]]
    if name != "any":
        choices = [["--bounds", "ci", "--slice", name]]
    total = 0.0
    for choice in choices:
        for program in EXPLORERS:
            command = [shop.build / "tests/explore" / program, *choice]
            _, output, seconds = timed(shop, command, EXPLORE_SECONDS, FOUND)
            total += seconds
            found = re.search(FOUND, output, re.M)
            if found:
                return Kill("explorer", True, total, f"{program} {found.group(0)}")
            if total > 2 * EXPLORE_SECONDS:
                break
    return Kill("explorer", False, total, name)


class Report:
    """TAP on stdout, and what the table is made of."""

    def __init__(self):
        self.count, self.failed, self.rows = 0, 0, {}

    def check(self, is_ok, text):
        self.count += 1
        self.failed += not is_ok
        print(f"{'' if is_ok else 'not '}ok {self.count} - {text}", flush=True)

    def kill(self, patch, kill):
        self.rows.setdefault(patch.name, []).append(kill)
        text = f"{patch.name}: {kill.who}, {kill.seconds:.1f} s {kill.detail}"
        self.check(kill.is_killed, text if kill.is_killed else f"{text} SURVIVED")

    def table(self, patches):
        lines = ["| mutant | kind | what | named test | simulator, 3 first seeds | explorer |",
                 "|---|---|---|---|---|---|"]
        for patch in patches:
            kills = self.rows.get(patch.name, [])
            cells = [", ".join(f"{kill.seconds:.1f} s" if kill.is_killed else "survived" for kill in kills
                               if kill.who.startswith(who)) or patch.head.get(who.capitalize(), "")
                     for who in ("test", "simulator", "explorer")]
            lines.append(f"| `{patch.name}` | {patch.head['Bug'][3:]} | {patch.head['What']} | "
                         f"`{patch.test}` {cells[0]} | {cells[1]} | {cells[2]} |")
        return "\n".join(lines) + "\n"


def check_unchanged(shop, report, patches, has_explorer):
    """What kills a mutant has to let the project itself live."""
    targets = {patch.target for patch in patches} | {"sim"} | (set(EXPLORERS) if has_explorer else set())
    shop.make(targets)
    commands = {target: [shop.program(target)] for target in targets - {"sim", *EXPLORERS}}
    commands["sim"] = [shop.program("sim_sim"), "--seed", 1, "--seconds", 5]
    if has_explorer:
        commands["explore"] = [shop.build / "tests/explore/explore", "--bounds", "quick"]
    for name, command in commands.items():
        status, _, seconds = timed(shop, command, 600)
        report.check(status == 0, f"without a bug {name} passes, {seconds:.1f} s")


def judge(shop, report, patch, seeds, seconds, has_explorer):
    shop.apply(patch)
    try:
        targets = {patch.target}
        if patch.wants("Simulator"):
            targets.add("sim")
        if has_explorer and patch.wants("Explorer"):
            targets.update(EXPLORERS)
        shop.make(targets)
        report.kill(patch, by_test(shop, patch))
        if patch.wants("Simulator"):
            for seed in seeds:
                kill = by_simulator(shop, seed, seconds)
                report.kill(patch, kill)
                if not kill.is_killed:
                    break
        if has_explorer and patch.wants("Explorer"):
            report.kill(patch, by_explorer(shop, patch.head["Explorer"]))
    finally:
        shop.revert(patch)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="judge each patch, by all that has to find it")
    parser.add_argument("--only", nargs="*", help="patches with one of these words in their names")
    parser.add_argument("--seconds", type=int, default=SIM_SECONDS, help="for the simulator, from each first seed")
    parser.add_argument("--table", type=Path, help="where to write the table, and beside it as .json")
    given = parser.parse_args()
    patches = [Patch(path) for path in sorted(HERE.glob("bug_*.patch"))]
    seed = int(os.environ.get("ZELECT_SEED", time.time_ns() // 1000000))
    print(f"# ZELECT_SEED={seed}")
    chosen, seeds = patches, [1, 1000001, 2000001]
    if given.only:
        chosen = [patch for patch in patches if any(word in patch.name for word in given.only)]
    elif not given.all:
        cheap = [patch for patch in patches if patch.wants("Simulator")]
        chosen, seeds = random.Random(seed).sample(cheap, DRAWN), [seed]
    report, folder = Report(), Path(tempfile.mkdtemp(prefix="zelect-mutants-"))
    try:
        shop = Workshop(folder)
        for patch in patches:
            report.check(shop.applies(patch), f"{patch.name} applies")
        missing = set(range(1, BUGS + 1)) - {patch.number for patch in patches}
        report.check(not missing, f"each of the {BUGS} bugs has a patch {sorted(missing) or ''}")
        shop.configure()
        check_unchanged(shop, report, chosen, given.all or bool(given.only))
        for patch in chosen:
            if shop.applies(patch):
                judge(shop, report, patch, seeds, given.seconds, given.all or bool(given.only))
    finally:
        shutil.rmtree(folder)
    print(f"1..{report.count}")
    if given.table:
        given.table.write_text(report.table(patches), encoding="utf-8")
        rows = {name: [vars(kill) for kill in kills] for name, kills in report.rows.items()}
        given.table.with_suffix(".json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
