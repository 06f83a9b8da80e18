#!/usr/bin/env python3
"""readme.py - what the README says is so

Every fenced block of the README is executed or compared, in order:

    sh      set-up commands: they exist; quickstart.bats and run.sh run them
    bash    run, all in one shell, in a directory where build/ is the build
    python  run for some seconds, in that shell
    c, py   equal to the code of the file that the comment above quotes
    text    output, for people: every line has the form of the real output

What bash and python blocks print has to match CHECKS, one pattern a block. The
table of settings is the one that the program's own table of keys prints.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ["ZELECT_BUILD_DIR"]
PYTHON_SECONDS = 4
ALL_SECONDS = 90
LINES_MAX = 285

CHECKS = [
    r"KILLED by kill -9.*fail-over 2: the next leader [0-9.]+ ms",
    r"leader: n[123].*n[12] leads hello in term [0-9]+: 2 of 3 asked say so",
    r"n[12] leads in term [0-9]+",
    r"leader: n[123].*n[123] leads orders in term [0-9]+: 1 of 1 asked say so",
    r"n[123] works in term [0-9]+",
    r"n[123] leads orders in term [0-9]+: 1 of 1 asked say so",
]

failures = []


def check(is_good, text):
    """Count one claim; print it as TAP does."""
    check.count += 1
    print(f"{'ok' if is_good else 'not ok'} {check.count} {text}", flush=True)
    if not is_good:
        failures.append(text)


check.count = 0


def blocks_of(text):
    """Language, comment above, and content of each fenced block."""
    pattern = r"(?:<!-- quotes (\S+) -->\n)?^```(\w+)\n(.*?)^```$"
    return [(m[2], m[1], m[3]) for m in re.finditer(pattern, text, re.M | re.S)]


def shell_of(block):
    language, _, content = block
    if language == "bash":
        return content
    return (f"timeout {PYTHON_SECONDS} /usr/bin/python3 -u - <<'END_OF_PYTHON' "
            f"|| [ $? -eq 124 ]\n{content}END_OF_PYTHON\n")


def run(blocks):
    """Run bash and python blocks in one shell; return what each printed, and the exit code."""
    mark = "@@ next block @@"
    script = "set -eu\n" + f"echo '{mark}'\n".join(shell_of(block) for block in blocks)
    with tempfile.TemporaryDirectory(prefix="zelect-readme-") as work:
        os.symlink(BUILD, os.path.join(work, "build"))
        with open(os.path.join(work, "printed"), "w+", encoding="utf-8") as printed:
            shell = subprocess.Popen(["bash", "-c", script], cwd=work, stdout=printed,
                                     stderr=subprocess.STDOUT, start_new_session=True)
            try:
                code = shell.wait(timeout=ALL_SECONDS)
            except subprocess.TimeoutExpired:
                code = "none in time"
            try:
                os.killpg(shell.pid, signal.SIGKILL)    # what it left in the background
            except ProcessLookupError:
                pass
            shell.wait()
            printed.seek(0)
            return printed.read().split(mark + "\n"), code


def check_quotes(blocks):
    for language, quoted, content in blocks:
        if language in ("c", "py"):
            check(quoted is not None, f"a block of {language} quotes a file")
            with open(os.path.join(ROOT, quoted), encoding="utf-8") as file:
                text = file.read()
            start = text.index("#include" if language == "c" else "import")
            check(text[start:] == content, f"{quoted} is quoted from its first line of code")


def check_text(blocks, demo):
    """The form of a line: its words without figures, ids and the letters of a timeline."""
    def form(line):
        line = re.sub(r"  n\d +[ .?#!x]*$", "lane", line)
        return " ".join(re.sub(r"n\d|[\d.]+", "0", line).split())
    real = {form(line) for line in demo.splitlines()}
    for language, _, content in blocks:
        if language == "text":
            alien = [line for line in content.splitlines() if form(line) not in real]
            check(not alien, f"the output shown has the form of the real one {alien or ''}")


def check_table(text):
    table = subprocess.run([os.path.join(BUILD, "tests", "cli", "print_table")], check=True,
                           stdout=subprocess.PIPE, encoding="utf-8").stdout
    check(table in text, "the table of settings is the program's")


def main():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    check(text.count("\n") <= LINES_MAX, f"the README has {LINES_MAX} lines at most")
    blocks = blocks_of(text)
    check(text.count("\n```") == 2 * len(blocks), "every block has a language")
    known = ("sh", "bash", "python", "c", "py", "text")
    check(all(block[0] in known for block in blocks), "and one that is checked")
    for link in re.findall(r"\]\(([^):]+)\)", text):
        check(os.path.exists(os.path.join(ROOT, link)), f"link {link}")
    for command in "".join(block[2] for block in blocks if block[0] == "sh").split():
        check(os.access(os.path.join(ROOT, command), os.X_OK), f"command {command}")
    check_quotes(blocks)
    check_table(text)

    runnable = [block for block in blocks if block[0] in ("bash", "python")]
    check(len(runnable) == len(CHECKS), "every block that runs has a check")
    printed, code = run(runnable)
    check(code == 0, f"the blocks run through: exit code {code}")
    for output, pattern in zip(printed, CHECKS):
        is_good = re.search(pattern, output, re.S) is not None
        check(is_good, f"a block prints {pattern}")
        if not is_good:
            print(output)
    check(len(printed) == len(CHECKS), "all blocks were reached")
    check_text(blocks, printed[0])
    print(f"1..{check.count}")
    return 1 if failures else 0


sys.exit(main())
