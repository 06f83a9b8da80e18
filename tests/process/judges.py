"""judges.py - what a history of an election must look like

Pure functions over what processes logged and what outsiders heard; they know nothing of how the election works.
Each returns a list of complaints, which is empty if all is well. test_judges.py shows that each can complain.

    claim     (term, who): `who` said that it leads (or was elected) in `term`
    run       (start_ns, end_ns, term): an unbroken row of true answers of zelect_is_leader, with the start
              stamped after the first and the end before the last of them
    event     a dict as prog_member prints it: name, term, time_ns ...
    record    (term, vote, incarnation): what a vote store held; vote "" is nobody

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""


def two_leaders(claims):
    """G1: no term has two leaders."""
    leaders = {}
    for term, who in claims:
        leaders.setdefault(term, set()).add(who)
    return [f"term {term} has {len(who)} leaders: {', '.join(sorted(who))}"
            for term, who in sorted(leaders.items()) if len(who) > 1]


def overlaps(runs):
    """G2: runs of true answers of two processes never overlap. `runs` is {who: [run]}."""
    complaints, last = [], None
    row = sorted((start, end, term, who) for who, own in runs.items() for start, end, term in own if start <= end)
    for start, end, term, who in row:
        if last and start <= last[1] and who != last[3]:
            length = (min(end, last[1]) - start) / 1e6
            complaints.append(f"{last[3]} (term {last[2]}) and {who} (term {term}) both said yes for {length:.3f} ms"
                              f" from {start}")
        if not last or end > last[1]:
            last = (start, end, term, who)
    return complaints


def fencing(runs):
    """G3: later leaderships have higher terms. `runs` is {who: [run]}."""
    row = sorted((start, term, who) for who, own in runs.items() for start, end, term in own
                 if start <= end and term)
    return [f"{who} led in term {term} after {before} in term {term_before}"
            for (_, term_before, before), (_, term, who) in zip(row, row[1:])
            if term < term_before or (term == term_before and who != before)]


def elections(claims, expected):
    """There were exactly so many leaderships."""
    terms = sorted({term for term, _ in claims})
    if len(terms) == expected:
        return []
    return [f"{len(terms)} elections instead of {expected}: terms {', '.join(map(str, terms))}"]


def alternation(events):
    """The events of one process: LEAVE_x follows ENTER_x, and nothing is entered twice."""
    complaints, inside = [], None
    for event in events:
        verb, _, what = event["name"].partition("_")
        if event["name"] == "MISSED":
            inside = None
        elif verb == "ENTER":
            if inside:
                complaints.append(f"{event['name']} (term {event['term']}) inside of {inside}")
            inside = what
        elif verb == "LEAVE":
            if inside != what:
                complaints.append(f"{event['name']} (term {event['term']}) inside of {inside}")
            inside = None
    return complaints


def rising(events):
    """The events of one process: its term never falls."""
    row = [event for event in events if event["name"] != "ERROR"]
    return [f"{after['name']} in term {after['term']} after {before['name']} in term {before['term']}"
            for before, after in zip(row, row[1:]) if after["term"] < before["term"]]


def late_answers(runs, events):
    """One process: no true answer for a term after its LEAVE_LEADER was made."""
    left, entered, complaints = {}, None, []
    for event in events:
        # LEAVE_LEADER may carry a newer term; the leadership is that of the ENTER_LEADER before it
        if event["name"] == "ENTER_LEADER":
            entered = event["term"]
        elif event["name"] == "LEAVE_LEADER" and entered is not None:
            left[entered] = event["time_ns"]
            entered = None
    for _, end, term in runs:
        if term in left and end > left[term]:
            complaints.append(f"yes for term {term} {(end - left[term]) / 1e6:.3f} ms after its LEAVE_LEADER")
    return complaints


def records(row):
    """One node's store, looked at again and again: nothing that was in it is ever taken back."""
    complaints = []
    for before, after in zip(row, row[1:]):
        if after[0] < before[0]:
            complaints.append(f"the term went back from {before[0]} to {after[0]}")
        if after[0] == before[0] and before[1] and after[1:] != before[1:]:
            complaints.append(f"the vote of term {after[0]} for {before[1]} became one for {after[1] or 'nobody'}")
    return complaints


def quiet(events, since_ns, until_ns):
    """One process: its role and its leader did not change in a span of time."""
    return [f"{event['name']} (term {event['term']}, {event['reason'] or event['text']})"
            f" {(event['time_ns'] - since_ns) / 1e6:.1f} ms after"
            for event in events
            if event["name"] not in ("ERROR", "MISSED", "STATUS") and since_ns < event["time_ns"] <= until_ns]
