#!/usr/bin/python3
"""judge.py FILE - is every line and branch in a report of gcovr (JSON) taken?

Prints TAP: one case a source file, with what is missing, and the figures of all. Fails below 100 %, and if a file
that should be there is not: a report about nothing has shown nothing.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import json
import sys
from glob import glob
from pathlib import Path

MEASURED = ["src/core/*.c", "src/wire/*.c", "src/node/zelect_store.c", "src/node/zelect_slot.c",
            "src/node/zelect_lock.c", "src/node/zelect_directory.c", "src/node/zelect_store_actor.c"]


def judge(lines, source):
    """The counts of one file (lines, taken, branches, taken) and what is missing, a text each."""
    counts, missing = [0, 0, 0, 0], []
    for line in lines:
        if line.get("gcovr/noncode"):
            continue
        ways = line.get("branches", [])
        taken = [way for way in ways if way["count"]]
        counts = [sum(pair) for pair in zip(counts, (1, line["count"] > 0, len(ways), len(taken)))]
        text = source[line["line_number"] - 1].strip()
        if not line["count"]:
            missing.append(f"{line['line_number']}: never run: {text}")
        elif len(taken) < len(ways):
            missing.append(f"{line['line_number']}: {len(ways) - len(taken)} of {len(ways)} ways never taken: {text}")
    return counts, missing


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        files = {entry["file"]: entry["lines"] for entry in json.load(file)["files"]}
    wanted = sorted({name for pattern in MEASURED for name in glob(pattern)} | set(files))
    totals, failed = [0, 0, 0, 0], 0
    print(f"1..{len(wanted)}")
    for number, name in enumerate(wanted, 1):
        source = Path(name).read_text(encoding="utf-8").split("\n")
        counts, missing = judge(files.get(name, []), source)
        if not counts[0]:
            missing.append("nothing of it was measured")
        totals = [sum(pair) for pair in zip(totals, counts)]
        failed += bool(missing)
        print(f"{'not ok' if missing else 'ok'} {number} - {name}")
        for text in missing:
            print(f"#   {name}:{text}")
    print("figure: lines {1} of {0}, branches {3} of {2}".format(*totals))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
