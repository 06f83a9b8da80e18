#!/usr/bin/python3
"""verdict.py DIRECTORY - what a long run came to

Reads what was heard (the feed), what each process said and answered (its events and its witness' runs of true
answers), what was done to whom, when a processor of the machine stood still and what processes weighed; all of it
by one clock, the host's. It knows nothing of how the election works. Ends with 1 and the complaints if anything is
wrong.

A change of leader is needless if the leader before was well, was told nothing, and was linked both ways to enough
other members that were well for a majority, all for the whole of the time before that the change could have its
cause in (two election timeouts). What a member suffers ends when all members name one leader again; for others who
need it GRACE later, since until then connections may still be missing.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import collections
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "process"))

import judges    # noqa: E402, pylint: disable=wrong-import-position
from history import History    # noqa: E402, pylint: disable=wrong-import-position
from machine import MS    # noqa: E402, pylint: disable=wrong-import-position

GRACE_NS = 1000 * MS
WARM_UP = 0.25          # The part of a run in which buffers and tables may still grow,
WARM_UP_LEAST_NS = 240 * 1000 * MS    # at least; so that short runs show nothing of this kind
GROWTH_KIB = 256        # What a process may weigh more at the end of the rest of it, by a straight line
GROWTH_DESCRIPTORS = 0.5
ROWS_LEAST = 8
HEARD_LEAST = 0.9       # Of the terms led: those that the outsider heard of

Change = collections.namedtuple("Change", "leadership following took_ms cause")

CAUSES = ("done to it", "no majority was well", "the machine stood still", "needless")


def overlap(deed, since_ns, until_ns, grace_ns=GRACE_NS):
    return deed.since_ns <= until_ns and (deed.until_ns is None or deed.until_ns + grace_ns >= since_ns)


def linked(history, leader, deeds):
    """The members that were well and linked both ways to a leader while these deeds lasted, itself included."""
    lame = {deed.member for deed in deeds if deed.halts} - {leader}
    cut = {link for deed in deeds for link in deed.links}
    return {member for member in history.members if member not in lame
            and (member == leader or not cut & {(leader, member), (member, leader)})}


def within(spans, since_ns, until_ns):
    return sum(max(0, min(began_ns + length_ns, until_ns) - max(began_ns, since_ns)) for began_ns, length_ns in spans)


def waited_ns(history, member, since_ns, until_ns):
    """How long the thread of a member that waited longest for a processor did so in a span of time."""
    spans = collections.defaultdict(list)
    for waiting, thread, began_ns, length_ns in history.waits:
        if waiting == member and began_ns <= until_ns and began_ns + length_ns >= since_ns:
            spans[thread].append((began_ns, length_ns))
    return max((within(own, since_ns, until_ns) for own in spans.values()), default=0)


def starved_ns(history, leader, well, since_ns, until_ns):
    """For how long a leader and the majority that it needed did not run in a span of time: processors that stood
    still, or threads that waited for one, the leader's and those of the slowest of the followers that were the
    quickest to run."""
    processors = within([(began_ns, length_ns) for began_ns, length_ns, _ in history.standstills], since_ns, until_ns)
    others = sorted(waited_ns(history, member, since_ns, until_ns) for member in well if member != leader)
    return max(processors, waited_ns(history, leader, since_ns, until_ns) + others[len(history.members) // 2 - 1])


def cause(history, leadership):
    """Why a leadership ended: one of CAUSES, and the deed if it was one."""
    since_ns = leadership.ended_ns - 2 * history.election_ns
    deeds = [deed for deed in history.deeds if overlap(deed, since_ns, leadership.ended_ns)]
    guilty = [deed for deed in deeds if deed.member == leadership.member and (deed.told or deed.halts)
              and overlap(deed, since_ns, leadership.ended_ns, 0)]
    well = linked(history, leadership.member, deeds)
    too_few = len(well) <= len(history.members) // 2
    if too_few:
        guilty += [deed for deed in deeds if leadership.member in {end for link in deed.links for end in link}]
    if guilty:
        return "done to it", max(guilty, key=lambda deed: (deed.member == leadership.member, deed.since_ns))
    if too_few:
        return "no majority was well", None
    if starved_ns(history, leadership.member, well, since_ns, leadership.ended_ns) >= history.election_ns // 2:
        return "the machine stood still", None
    return "needless", None


def changes(history):
    """Each end of a leadership that another one followed, with its cause and the deed that it is put down to."""
    found = []
    row = history.leaderships()
    for leadership, following in zip(row, row[1:]):
        why, deed = cause(history, leadership)
        begun_ns = deed.done_ns if deed else leadership.ended_ns
        took_ms = (following.began_ns - begun_ns) / MS
        found.append((Change(leadership, following, took_ms, why), deed))
    return found


def needless(history):
    return [f"needless: {change.leadership.who}, which led in term {change.leadership.term} from"
            f" {change.leadership.began_ns}, left at {change.leadership.ended_ns}, and {change.following.who} led next"
            for change, _ in changes(history) if change.cause == "needless"]


def slope(rows, column):
    """How much a column of rows of (time, ...) grew from the first to the last row, by a straight line."""
    times = [row[0] / 1e9 for row in rows]
    values = [row[column] for row in rows]
    middle = statistics.fmean(times)
    spread = sum((time - middle) ** 2 for time in times)
    if not spread:
        return 0.0
    tilt = sum((time - middle) * value for time, value in zip(times, values)) / spread
    return tilt * (times[-1] - times[0])


def settled_rows(history, rows):
    """The rows of a process that lived through the run, without its beginning; else none."""
    start_ns, end_ns = history.span_ns
    warm_up_ns = max(WARM_UP * (end_ns - start_ns), WARM_UP_LEAST_NS)
    settled = [row for row in rows if row[0] >= start_ns + warm_up_ns]
    lived = rows[0][0] < start_ns + warm_up_ns and rows[-1][0] > end_ns - WARM_UP * (end_ns - start_ns)
    return settled if lived and len(settled) >= ROWS_LEAST else []


def weights(history):
    """{who: (growth in KiB, growth in descriptors, rows)} of the processes that lived through the run."""
    found = {}
    for who, rows in history.gauges.items():
        settled = settled_rows(history, rows)
        if settled:
            found[who] = (slope(settled, 1), slope(settled, 2), settled)
    return found


def growing(history):
    """Who does not stay as heavy as it is."""
    complaints = []
    for who, (memory, descriptors, _) in weights(history).items():
        if memory > GROWTH_KIB:
            complaints.append(f"{who} grew by {memory:.0f} KiB")
        if descriptors > GROWTH_DESCRIPTORS:
            complaints.append(f"{who} grew by {descriptors:.1f} descriptors")
    return complaints


def unsafe(history):
    """Two leaders in a term, two leases at one instant, a token that did not grow; by what was said, by what was
    answered and by what was heard."""
    runs = {life.who: life.runs for life in history.lives}
    said = [(term, life.who) for life in history.lives for term in life.led_terms()]
    return (judges.two_leaders(said) + judges.two_leaders(history.heard(by_life=True))
            + judges.two_leaders([(term, who.partition("#")[0]) for term, who in said] + history.heard(by_life=False))
            + judges.overlaps(runs) + judges.fencing(runs))


def heard(history):
    """How many terms were led, and of how many of them outsiders heard."""
    led = {term for life in history.lives for term in life.led_terms()}
    return len(led), len(led & {term for term, _ in history.heard(by_life=False)})


def deaf(history):
    led, told = heard(history)
    return [f"outsiders heard of {told} of {led} terms that were led"] if told < HEARD_LEAST * led else []


def complaints(history):
    return unsafe(history) + needless(history) + growing(history) + deaf(history)


def row_of(name, values):
    values = sorted(values)
    return (f"    {name:<28} {len(values):5d}  median {statistics.median(values):7.1f}  p90"
            f" {values[min(len(values) - 1, int(len(values) * 0.9))]:7.1f}  most {values[-1]:7.1f} ms")


def figures(history):
    """What people want to read, a line each."""
    found = changes(history)
    took = collections.defaultdict(list)
    for change, deed in found:
        took[deed.kind if deed else change.cause].append(change.took_ms)
    minutes = (history.span_ns[1] - history.span_ns[0]) / 6e10
    answers = sum(life.answers for life in history.lives)
    lines = [f"{minutes:.1f} minutes, {len(history.members)} members, {len(history.lives)} processes,"
             f" {len(history.deeds)} deeds, {len(found)} changes of leader, {answers} answers,"
             f" {len(history.feed)} states heard",
             "changes by cause: " + ", ".join(f"{why} {sum(change.cause == why for change, _ in found)}"
                                              for why in CAUSES),
             "from the deed to the next true answer:"]
    lines += [row_of(kind, took[kind]) for kind in sorted(took)]
    for who, (memory, descriptors, rows) in weights(history).items():
        hours = (rows[-1][0] - rows[0][0]) / 3.6e12
        lines.append(f"{who}: {rows[0][1]} KiB, slope {memory / hours:+.0f} KiB an hour; {rows[0][2]} descriptors,"
                     f" slope {descriptors / hours:+.2f} an hour; over {hours * 60:.1f} minutes, {len(rows)} rows")
    lines.append("outsiders heard of {1} of {0} terms that were led".format(*heard(history)))
    lost = sum(length_ns for _, length_ns, _ in history.standstills) / MS
    lines.append(f"processors stood still {len(history.standstills)} times, {lost:.0f} ms in all")
    return lines


def main():
    history = History.read(Path(sys.argv[1]))
    print("\n".join(figures(history)))
    found = complaints(history)
    print("\n".join(found or ["no complaints"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
