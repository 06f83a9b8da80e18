"""test_canaries.py - the verdict on a long run sees in real processes what it is there to see

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import subprocess
import sys

import verdict
import votes
from afflictions import KINDS
from gauge import Gauge
from machine import now_ns, seeded, wait_for
from storm import Storm


def storm(name, seconds=2.0, **settings):
    """One that is over at once, and is not judged."""
    return Storm(seeded(name), seconds, 0, seconds, **settings)


def test_canary_a_lengthened_lease():
    with storm("test_canary_a_lengthened_lease", 4.0, environment={"ZELECT_LEASE_STRETCH_MS": "3000"},
               kinds={"leader cut off": KINDS["leader cut off"]}) as raging:
        raging.rage()
        found = verdict.unsafe(raging.history())
        assert any("both said yes" in complaint for complaint in found), found
        # What is wrong is the lease alone
        assert not any("leaders" in complaint for complaint in found), found


def roll_back(raging):
    """All processes are killed, and their stores become what they were before the first vote."""
    for member in raging.cluster.members:
        member.kill()
        slot = votes.pack(1, 0, raging.cluster.name, member.name, "", 0)
        (member.store / "vote").write_bytes((slot.ljust(votes.OFFSET, b"\0") + slot).ljust(2 * votes.OFFSET, b"\0"))
    for member in raging.cluster.members:
        raging.revive(member)


def test_canary_a_needless_change_and_a_forgotten_vote():
    with storm("test_canary_a_needless_change", kinds={"two followers cut": KINDS["two followers cut"]}) as raging:
        raging.rage()
        leader = raging.wait_for_leader()
        leader.life.tell("resign")    # And nobody tells the judge
        wait_for(lambda: raging.agreed_leader() not in (None, leader), "another leader")
        known = raging.history()
        known.standstills = known.waits = ()    # Here the machine is no excuse
        found = verdict.needless(known)
        assert any(f"{leader.life.who}, which" in complaint for complaint in found), found
        assert not verdict.unsafe(raging.history())

        terms = sorted({term for life in raging.history().lives for term in life.led_terms()})
        roll_back(raging)
        wait_for(lambda: any("leaders" in complaint for complaint in verdict.unsafe(raging.history())),
                 f"two leaders in one of the terms {terms}")


LEAK = """
import os, time
kept = []
while True:
    kept.append(bytearray(os.urandom(20000)))
    kept.append(os.open("/dev/null", os.O_RDONLY))
    print(flush=True)
    time.sleep(0.05)
"""


def test_canary_a_process_that_leaks(monkeypatch):
    monkeypatch.setattr(verdict, "WARM_UP_LEAST_NS", 0)
    gauge, begun_ns = Gauge(), now_ns()
    with subprocess.Popen([sys.executable, "-c", LEAK], stdout=subprocess.PIPE) as leaking, \
            subprocess.Popen(["cat"], stdin=subprocess.PIPE) as sober:
        for _ in range(40):
            leaking.stdout.readline()
            gauge.take("leaking", leaking.pid)
            gauge.take("sober", sober.pid)
        leaking.kill()
        sober.stdin.close()
    known = verdict.History(["n1"], 1, (begun_ns, now_ns()), [], gauges=gauge.rows)
    found = verdict.growing(known)
    assert len(found) == 2 and all(complaint.startswith("leaking grew by ") for complaint in found), found
