#!/usr/bin/python3
"""count.py FILE STATUS - how many test cases passed and failed in a test's output

Understands ctest's JUnit file (with the output of each test inside) and the plain output of cmocka, TAP
(bats), pytest and unittest; whatever else counts as one case. A skipped case counts as failed: a test that
did not run has shown nothing. Prints `PASSED FAILED`, and the output of what failed on stderr.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

# Each runner: what shows that it ran, what counts passed and what counts failed cases. A pattern with a
# group adds the group's number, one without adds the number of its matches.
RUNNERS = [
    (r"^\[=+\] Running \d+ test",
     [r"\[       OK \]"],
     [r"^\[  FAILED  \] (\d+) test\(s\), listed", r"^\[  SKIPPED \] (\d+) test\(s\), listed"]),
    (r"^1\.\.\d+",
     [r"^ok \d+(?!.*# skip)"],
     [r"^not ok \d+", r"^ok \d+.*# skip"]),
    (r"^=*[^\n]*\b(?:passed|failed|errors?|skipped|no tests ran)\b.* in \d+\.\d+s",
     [r"^.*\b(\d+) passed\b.* in \d"],
     [r"^.*\b(\d+) failed\b.* in \d", r"^.*\b(\d+) errors?\b.* in \d", r"^.*\b(\d+) skipped\b.* in \d"]),
    (r"^Ran \d+ tests? in",
     [r"^Ran (\d+) tests? in"],
     [r"^FAILED \(.*failures=(\d+)", r"^FAILED \(.*errors=(\d+)", r"skipped=(\d+)"]),
]


def add(patterns, text):
    found = [m for p in patterns for m in re.finditer(p, text, re.M | re.I)]
    return sum(int(m.group(1)) if m.re.groups else 1 for m in found)


def count(text, ok):
    """The cases (passed, failed) in the output of one test."""
    for index, (shows, passes, fails) in enumerate(RUNNERS):
        if not re.search(shows, text, re.M):
            continue
        passed, failed = add(passes, text), add(fails, text)
        if index == 3:    # unittest counts the failed ones among those that ran
            passed -= failed
        if failed == 0 and (passed == 0 or not ok):
            failed = 1
        return passed, failed
    return (1, 0) if ok else (0, 1)


def show(name, text):
    print(f"---- {name}\n{text.rstrip()}\n----", file=sys.stderr)


def junit(path):
    total = [0, 0]
    for case in ElementTree.parse(path).iter("testcase"):
        text = case.findtext("system-out") or ""
        passed, failed = count(text, case.get("status") == "run")
        total[0] += passed
        total[1] += failed
        if failed:
            reason = case.find("failure")
            why = "" if reason is None else reason.get("message") or ""
            show(f"{case.get('name')} {why}", text)
    return total


def main():
    path, status = sys.argv[1], int(sys.argv[2])
    if path.endswith(".xml"):
        passed, failed = junit(path)
    else:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        passed, failed = count(text, status == 0)
        if failed:
            show(path, text)
    if failed == 0 and (status or passed == 0):
        failed = 1
    print(passed, failed)


if __name__ == "__main__":
    main()
