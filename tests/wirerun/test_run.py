"""test_run.py - the long run: five real processes, whatever happens to them

Half an hour and five hundred fail-overs, or the like of ZELECT_COUNT_SCALE; the seed is printed. What was found
is in the folder process of the build, and so is the history if there is anything to complain of: verdict.py reads
it again.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import json

import verdict
from machine import SCALE, count, note, seeded
from storm import Storm

SECONDS, SECONDS_PLAIN = 1830, 20
FAILOVERS = 500


def test_the_long_run():
    seconds = SECONDS * SCALE if SCALE > 0.05 else SECONDS_PLAIN
    with Storm(seeded("test_the_long_run"), seconds, count(FAILOVERS, 25), 60 + 1.7 * seconds) as storm:
        storm.rage()
        history = storm.history()
        for line in verdict.figures(history):
            note(line)
        found = verdict.complaints(history)
        assert not found, found[:10]
        assert len(verdict.changes(history)) >= count(FAILOVERS, 25), "too few changes of leader"
        # Those that the machine's own standstills explain show nothing; there may not be many
        excused = sum(change.cause == "the machine stood still" for change, _ in verdict.changes(history))
        assert excused <= len(verdict.changes(history)) // 10, f"{excused} changes as the machine stood still"
        last = json.loads((storm.cluster.directory / "watch.jsonl").read_text(encoding="utf-8").splitlines()[-1])
        assert last["leader"] == history.leaderships()[-1].member, "the watcher did not see it to the end"
