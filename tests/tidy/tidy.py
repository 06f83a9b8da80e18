#!/usr/bin/python3
"""tidy.py [--root DIR] [--build DIR] [CHECK...] - the house rules, checked by a program

Prints TAP, one line a check, and what it found. Checks of sources need nothing; those of objects and of the
library look into a build directory made from the same tree.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

FUNCTION_LINES = 70
FILE_LINES = 600
COLUMNS = 100

LAYERS = ["core", "wire", "node", "api"]
SKIPPED_FOLDERS = {".git", "__pycache__", ".pytest_cache", ".mypy_cache"}

# What a folder may include in quotes (folders, nearest first) and in angle brackets (a pattern; libc and POSIX
# are what PLATFORM says). Tests may use what their layer may, and any system header.
CORE_LIBC = r"(stdint|stdbool|stddef|string|assert|inttypes|stdio)\.h"
PLATFORM = (r"((assert|ctype|dirent|errno|fcntl|ftw|inttypes|limits|locale|math|netdb|poll|pthread|sched|signal"
            r"|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|time|unistd)\.h"
            r"|(arpa|net|netinet|sys|linux)/\w+\.h)")
SIGHT = {
    "src/core": (["src/core"], CORE_LIBC),
    "src/wire": (["src/wire", "src/core", "generated"], PLATFORM + r"|protobuf-c/protobuf-c\.h"),
    "src/node": (["src/node", "src/wire", "src/core"], PLATFORM + r"|czmq\.h|zmq\.h"),
    "src/api": (["src/api", "include", "src/node", "src/wire", "src/core"], PLATFORM + r"|czmq\.h|zmq\.h"),
    "src/cli": (["src/cli", "include"], PLATFORM + r"|czmq\.h|zelect\w*\.h|popt\.h|jansson\.h"),
    "include": (["include"], r"czmq\.h"),
    "examples": (["include"], PLATFORM + r"|czmq\.h|zelect\w*\.h"),
}
TEST_SIGHT = {"core": 1, "wire": 2, "node": 3, "api": 4}

# What the objects of the core may ask of others.
PURE = {"memcpy", "memset", "memcmp", "memmove", "snprintf", "abort", "__assert_fail", "__stack_chk_fail",
        "__memcpy_chk", "__memset_chk", "__memmove_chk", "__snprintf_chk", "_GLOBAL_OFFSET_TABLE_"}

# Calls that have no place: (folders, pattern, remedy).
EVERYWHERE = ["src/", "include/", "examples/", "tests/"]
SOURCES = ["src/"]
SHIPPED = ["src/", "include/", "examples/"]
ELECTION = ["src/core/", "src/wire/", "src/node/"]
LIBRARY = ["src/core/", "src/wire/", "src/node/", "src/api/"]
BANNED_CALLS = [
    (SHIPPED, r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok) \(", "bounded calls"),
    (SHIPPED, r"\b(atoi|atol|atoll|atof) \(", "strtol, which can fail"),
    (EVERYWHERE, r"\b(rand|srand|random|srandom|randof|random_float) \(", "a seed, or getrandom"),
    (SOURCES, r"\b(sleep|usleep|nanosleep|clock_nanosleep|zclock_sleep) \(", "a deadline in the poll loop"),
    (SOURCES, r"\bzclock_mono \(", "CLOCK_BOOTTIME (R7)"),
    (ELECTION, r"\bCLOCK_MONOTONIC\b", "CLOCK_BOOTTIME (R7)"),
    (SOURCES, r"\bassert \((false|0)\)", "an error: the world is no bug"),
    (LIBRARY, r"\b(printf|puts|putchar) \(|\bstdout\b", "the log or an event"),
    (LIBRARY, r"\b(exit|_exit|abort|atexit|signal|sigaction) \(", "an error: the process is the host's"),
    (ELECTION, r"\bpthread_create \(", "zactor_new"),
    (LIBRARY, r"\bzsys_(?!s?printf |vprintf )\w+ \(", "the log: zsys is the host's"),
]
BANNED_WORDS = r"(?<![a-z])(master|slave|primary|epoch|ballot|server|replica)s?(?![a-z])"
ALLOWED_WORDS = r"ZMQ_CURVE_SERVER\w*"
UNFINISHED = r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b"
MACHINE_PATH = r"(?<![\w.$}])/(work|home|root|Users|tmp/zelect)(?=[/\"'\s]|$)"
MACHINE_PATH_FILES = (".c", ".h", ".py", ".sh", ".bats", ".txt", ".md", ".proto", ".json", ".in", ".map", ".cfg")


class Tree:
    """The files of the project."""

    def __init__(self, root, build):
        self.root = Path(root).resolve()
        self.build = Path(build).resolve() if build else None
        self.files = sorted(self.walk())

    def walk(self):
        for folder, folders, names in os.walk(self.root):
            at_top = Path(folder) == self.root
            folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS
                          and not f.endswith(".egg-info")
                          and not (at_top and re.match(r"build|install$|\.cache$", f))]
            for name in names:
                yield (Path(folder) / name).relative_to(self.root).as_posix()

    def select(self, folders, *ends):
        return [f for f in self.files if f.endswith(ends) and f.startswith(tuple(folders))]

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def lines(self, name):
        return enumerate(self.text(name).splitlines(), 1)


CHECKS = {}


def check(function):
    """A check gets the tree and yields what is wrong, a line each."""
    CHECKS[function.__name__] = function
    return function


def without_comments(text):
    """The same text, with comments and the insides of strings blank; lines stay where they are."""
    def blank(match):
        part = match.group(0)
        if part[0] in "\"'":
            return part[0] + " " * (len(part) - 2) + part[0]
        return re.sub(r"[^\n]", " ", part)
    return re.sub(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""", blank, text, flags=re.S)


def sight_of(name):
    """Where a file may look: (folders, pattern of system headers), or None if nobody minds."""
    folder = os.path.dirname(name)
    if folder in SIGHT:
        return SIGHT[folder]
    parts = folder.split("/")
    if parts[0] == "tests" and len(parts) > 1 and parts[1] in TEST_SIGHT:
        below = [f"src/{layer}" for layer in LAYERS[:TEST_SIGHT[parts[1]]]]
        extra = {"api": ["include"], "core": ["tests/sim"]}.get(parts[1], [])
        generated = ["generated"] if parts[1] != "core" else []
        return ([folder, "tests/support"] + below + extra + generated, r".*")
    return None


@check
def layers(tree):
    """A layer includes what is below it, nothing else."""
    have = set(tree.files) | {"generated/zelect.pb-c.h", "include/zelect_library.h"}
    for name in tree.select(["src/", "include/", "examples/", "tests/"], ".c", ".h"):
        sight = sight_of(name)
        if not sight:
            continue
        folders, system = sight
        for number, line in tree.lines(name):
            quoted = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            angled = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
            if quoted and not any(f"{folder}/{quoted[1]}" in have for folder in folders):
                yield f"{name}:{number}: may not include \"{quoted[1]}\": not in {', '.join(folders)}"
            if angled and not re.fullmatch(system, angled[1]):
                yield f"{name}:{number}: may not include <{angled[1]}>"


@check
def function_length(tree):
    """No function is longer than a screen."""
    for name in tree.select(["src/", "examples/"], ".c", ".h"):
        start = None
        for number, line in tree.lines(name):
            if line == "{":
                start = number
            elif start and line == "}":
                if number - start - 1 > FUNCTION_LINES:
                    yield f"{name}:{start}: a function of {number - start - 1} lines, of {FUNCTION_LINES} at most"
                start = None


@check
def file_length(tree):
    """One idea, one file."""
    for name in tree.select(EVERYWHERE + ["bindings/"], ".c", ".h", ".py", ".sh", ".bats", ".proto"):
        count = len(tree.text(name).splitlines())
        if count > FILE_LINES:
            yield f"{name}: {count} lines, of {FILE_LINES} at most"


@check
def columns(tree):
    """Lines fit a screen; no tabs, no blanks at their ends."""
    limits = {".py": 120}
    for name in tree.select(EVERYWHERE + ["bindings/", ".ci/"], ".c", ".h", ".py", ".sh", ".bats", ".proto",
                            ".map", ".in", "CMakeLists.txt", "run"):
        most = limits.get(Path(name).suffix, COLUMNS)
        for number, line in tree.lines(name):
            if len(line) > most:
                yield f"{name}:{number}: {len(line)} columns, of {most} at most"
            if line != line.rstrip() or "\t" in line:
                yield f"{name}:{number}: a tab, or blanks at the end"


@check
def banned_calls(tree):
    """Calls that a better one replaces."""
    for name in tree.select(EVERYWHERE, ".c", ".h"):
        rules = [r for r in BANNED_CALLS if name.startswith(tuple(r[0]))]
        for number, line in enumerate(without_comments(tree.text(name)).splitlines(), 1):
            for _, pattern, remedy in rules:
                found = re.search(pattern, line)
                if found:
                    yield f"{name}:{number}: '{found[0]}': use {remedy}"


@check
def banned_words(tree):
    """One word per idea."""
    for name in tree.select(["src/", "include/", "examples/", "bindings/"],
                            ".c", ".h", ".in", ".py", ".proto", ".sh"):
        for number, line in tree.lines(name):
            found = re.search(BANNED_WORDS, re.sub(ALLOWED_WORDS, "", line), re.I)
            if found:
                yield f"{name}:{number}: '{found[0]}' is no word of this project"


@check
def names(tree):
    """Static functions are s_..., all others zelect_...; the program's too."""
    for name in tree.select(["src/"], ".c"):
        for found in re.finditer(r"^([a-z][^\n;{}=]*(?:\n[^\n;{}=(]*)*?)\n(\w+) \([^;{}]*\)\n\{",
                                 without_comments(tree.text(name)), re.M):
            is_static, function = "static" in found[1].split(), found[2]
            number = tree.text(name)[:found.start(2)].count("\n") + 1
            if is_static and not function.startswith("s_"):
                yield f"{name}:{number}: static function '{function}' is not named s_..."
            if not is_static and not function.startswith("zelect_") and function != "main":
                yield f"{name}:{number}: function '{function}' is not named zelect_..."


@check
def unfinished(tree):
    """What is not done is an issue, not a comment."""
    for name in tree.files:
        for number, line in tree.lines(name):
            if re.search(UNFINISHED, line):
                yield f"{name}:{number}: {line.strip()}"


@check
def machine_paths(tree):
    """Nothing knows where somebody keeps the tree."""
    for name in tree.files:
        if not name.endswith(MACHINE_PATH_FILES) and "." in os.path.basename(name):
            continue
        for number, line in tree.lines(name):
            found = re.search(MACHINE_PATH, line)
            if found:
                yield f"{name}:{number}: absolute path '{found[0]}'"


@check
def licence(tree):
    """Every source says under which licence it is."""
    for name in tree.select(EVERYWHERE + ["bindings/"], ".c", ".h", ".py", ".sh", ".bats", ".proto"):
        if "Mozilla Public" not in tree.text(name):
            yield f"{name}: has no licence notice"


@check
def dead_files(tree):
    """Every file is used: built by a pattern of CMake, or named by another file."""
    built = [r"src/\w+/[^/]+\.c", r"include/[^/]+\.h(\.in)?", r"examples/[^/]+\.c",
             r"tests/(core|sim|graphs|explore|wire|node|api)/[^/]+\.c", r"tests/\w+/prog_\w+\.c",
             r"tests/mutants/[^/]+\.patch"]
    special = [r"[^/]+\.md", r"doc/[^/]+\.md", r"LICENSE", r"\.ci/run", r"\.[\w-]+", r"(.*/)?CMakeLists\.txt",
               r"CMakePresets\.json", r"tests/run\.sh", r"(.*/)?README\.md", r"(.*/)?__init__\.py",
               r"(.*/)?__main__\.py", r"(.*/)?conftest\.py", r"(.*/)?py\.typed", r"(.*/)?pyproject\.toml",
               r"(.*/)?test_\w+\.py"]
    texts = {name: tree.text(name) for name in tree.files}
    for name in tree.files:
        if any(re.fullmatch(p, name) for p in built + special):
            continue
        stem, folder = Path(name).stem, Path(name).parent.name
        data = name.startswith("tests/") and name.count("/") > 2    # a folder of data is read as a whole
        wanted = folder if data else os.path.basename(name)
        if name.endswith(".py") and not data:
            wanted = stem    # a module is imported by its stem
        pattern = re.compile(r"(?<![\w-])" + re.escape(wanted) + r"(?![\w-])")
        if not any(pattern.search(text) for other, text in texts.items()
                   if other != name and other != "CHANGELOG.md"):
            yield f"{name}: nothing uses it"


def run(command, **settings):
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


@check
def formatting(tree):
    """clang-format 14 has nothing to say (headers are laid out by hand)."""
    files = tree.select(["src/", "tests/", "examples/"], ".c")
    if files:
        done = run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=tree.root)
        places = [line.split(":")[:2] for line in done.stderr.splitlines() if ": error:" in line]
        for name in sorted({place[0] for place in places}):
            lines = sorted({int(number) for where, number in places if where == name})
            yield f"{name}: is not as clang-format-14 has it, from line {lines[0]} on ({len(lines)} lines)"


@check
def shell_scripts(tree):
    """shellcheck has nothing to say."""
    files = [f for f in tree.files if f.endswith((".sh", ".bash", ".bats")) or f == ".ci/run"]
    if files:
        done = run(["shellcheck", "-x", "-f", "gcc", "-s", "bash", *files], cwd=tree.root)
        yield from (done.stdout + done.stderr).splitlines()


@check
def headers(tree):
    """Each header compiles alone: public ones as C11 and C++11, the others as C11."""
    flags = run(["pkg-config", "--cflags", "libczmq", "libprotobuf-c", "popt", "jansson"]).stdout.split()
    public = [str(tree.root / "include"), str(tree.build / "include")]
    common = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-D_GNU_SOURCE", *flags]
    for name in tree.select(["src/", "include/"], ".h"):
        folders = [str(tree.build / f) if f == "generated" else str(tree.root / f) for f in sight_of(name)[0]]
        paths = [f"-I{p}" for p in folders + public]
        ways = [["gcc", "-std=c11", "-x", "c"]]
        if name.startswith("include/"):
            ways.append(["g++", "-std=c++11", "-x", "c++"])
        for way in ways:
            done = run(way + common + paths + ["-"], input=f'#include "{tree.root / name}"\ntypedef int t;\n')
            if done.returncode:
                first = next((line for line in done.stderr.splitlines() if "error" in line), "")
                yield f"{name}: does not compile alone ({way[1]}): {first}"


@check
def pure_core(tree):
    """The objects of the core ask for memory functions alone."""
    objects = list(tree.build.glob("**/zelect_core.dir/**/*.o"))
    if not objects:
        yield f"no objects of the core in {tree.build}"
        return
    defined, wanted = set(), {}
    for path in objects:
        for line in run(["nm", str(path)]).stdout.splitlines():
            kind, symbol = line.split()[-2:]
            if kind == "U":
                wanted.setdefault(symbol, path.name)
            else:
                defined.add(symbol)
    for symbol in sorted(set(wanted) - defined - PURE):
        yield f"{wanted[symbol]}: the core asks for '{symbol}'"


@check
def object_names(tree):
    """Whatever the library's objects define begins with zelect_."""
    for layer in LAYERS:
        for path in tree.build.glob(f"**/zelect_{layer}.dir/**/*.o"):
            for line in run(["nm", "-g", "--defined-only", str(path)]).stdout.splitlines():
                symbol = line.split()[-1]
                if not symbol.startswith(("zelect_", "DW.ref.")):
                    yield f"{path.name}: defines '{symbol}'"


@check
def exports(tree):
    """The headers, the export map and the library name the same functions."""
    declared = set()
    for name in tree.select(["include/"], ".h"):
        text = without_comments(tree.text(name))
        declared |= set(re.findall(r"ZELECT_EXPORT\s[^;(]*?(\w+)\s*\(", text))
    listed = set(re.findall(r"^ +(\w+);", tree.text("src/libzelect.map"), re.M))
    library = tree.build / "libzelect.so"
    found = {line.split()[-1].split("@")[0]
             for line in run(["nm", "-D", "--defined-only", str(library)]).stdout.splitlines()
             if not line.split()[-2] == "A"}
    if not found:
        yield f"no {library}"
        return
    sets = {"the headers": declared, "src/libzelect.map": listed, library.name: found}
    for symbol in sorted(declared | listed | found):
        missing = [where for where, symbols in sets.items() if symbol not in symbols]
        if missing:
            yield f"'{symbol}' is not in {', '.join(missing)}"


OF_BUILD = {"headers", "pure_core", "object_names", "exports"}


def main():
    here = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description="The house rules; prints TAP.")
    parser.add_argument("--root", default=here)
    parser.add_argument("--build", default=os.environ.get("ZELECT_BUILD_DIR"))
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    options = parser.parse_args()
    tree = Tree(options.root, options.build)
    chosen = options.checks or list(CHECKS)
    print(f"1..{len(chosen)}")
    failed = False
    for number, name in enumerate(chosen, 1):
        if name in OF_BUILD and not tree.build:
            found = ["needs --build DIR or ZELECT_BUILD_DIR"]
        else:
            found = list(CHECKS[name](tree))
        failed = failed or bool(found)
        print(f"{'not ok' if found else 'ok'} {number} {name}")
        for line in found:
            print(f"# {line}")
    return 1 if failed else 0


sys.exit(main())
