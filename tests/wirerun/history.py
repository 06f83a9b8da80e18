"""history.py - all that is known of a long run, as it lies in a directory

    deeds.json     what was done to whom, and when; the members; when processors stood still and threads waited for
                   one; what processes weighed
    feed.jsonl     what an outsider heard, a state a line
    NAME.K.out     what the K-th process of a member said, as JSON Lines
    NAME.K.runs    what its witness wrote (prog_member)

Times are nanoseconds of the host's CLOCK_BOOTTIME.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import collections
import dataclasses
import json
import struct

HEAD = struct.Struct("<8Q")
RUN = struct.Struct("<3Q")

Leadership = collections.namedtuple("Leadership", "began_ns ended_ns term member who")


@dataclasses.dataclass
class Deed:
    """Something that was done to a member, from the moment before it began until all was well again."""

    kind: str
    member: str
    since_ns: int
    done_ns: int = 0
    until_ns: int = None
    links: list = dataclasses.field(default_factory=list)    # One way each, by names
    halts: bool = False     # The member does not run
    told: bool = False      # The member was told to lead no more

    def __post_init__(self):
        self.links = [tuple(link) for link in self.links]


class Life:
    """One process: what it said, what it answered."""

    def __init__(self, who, events, runs, answers, ended_ns):
        self.who = who
        self.member = who.partition("#")[0]
        self.events = events
        self.runs = runs
        self.answers = answers
        self.ended_ns = ended_ns

    @classmethod
    def read(cls, directory, who, ended_ns):
        path = directory / who.replace("#", ".")
        text = path.with_name(path.name + ".out").read_text(encoding="utf-8")
        said = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        try:
            book = path.with_name(path.name + ".runs").read_bytes()
        except FileNotFoundError:
            book = b""
        answers, runs = 0, []
        if len(book) >= HEAD.size:
            answers, _, _, run_count, *_ = HEAD.unpack_from(book)
            runs = [RUN.unpack_from(book, HEAD.size + index * RUN.size) for index in range(run_count)]
        return cls(who, [line for line in said if line["kind"] == "event"], runs, answers, ended_ns)

    def led_terms(self):
        return ([event["term"] for event in self.events if event["name"] == "ENTER_LEADER"]
                + [term for _, _, term in self.runs if term])

    def leaderships(self):
        """From the first sign of each to the last that there can be: it was left, or the process ended."""
        found, began = {}, None
        for event in self.events:
            if event["name"] == "ENTER_LEADER":
                began = event["term"]
                found[began] = [event["time_ns"], None]
            elif event["name"] == "LEAVE_LEADER" and began is not None:
                found[began][1] = event["time_ns"]
                began = None
        for start_ns, _, term in self.runs:
            if term:
                known = found.setdefault(term, [start_ns, None])
                known[0] = min(known[0], start_ns)
        return [Leadership(began_ns, ended_ns or self.ended_ns, term, self.member, self.who)
                for term, (began_ns, ended_ns) in found.items()]


class History:
    def __init__(self, members, election_ns, span_ns, lives, feed=(), deeds=(), standstills=(), waits=(),
                 gauges=None):
        self.members = members
        self.election_ns = election_ns
        self.span_ns = span_ns
        self.lives = lives
        self.feed = feed                    # dicts: time_ns, node, incarnation, term, role ...
        self.deeds = deeds
        self.standstills = standstills      # (since_ns, length_ns, processor)
        self.waits = waits                  # (member, thread, since_ns, length_ns): for a processor
        self.gauges = gauges or {}          # {who: [(time_ns, KiB, descriptors)]}

    @classmethod
    def read(cls, directory):
        known = json.loads((directory / "deeds.json").read_text(encoding="utf-8"))
        with open(directory / "feed.jsonl", encoding="utf-8") as file:
            feed = [json.loads(line) for line in file]
        return cls(known["members"], known["election_ns"], known["span_ns"],
                   [Life.read(directory, who, ended_ns) for who, ended_ns in known["lives"].items()], feed,
                   [Deed(**deed) for deed in known["deeds"]], known["standstills"], known["waits"],
                   known["gauges"])

    @staticmethod
    def write(directory, known, feed):
        known["deeds"] = [dataclasses.asdict(deed) for deed in known["deeds"]]
        (directory / "deeds.json").write_text(json.dumps(known), encoding="utf-8")
        with open(directory / "feed.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(state._asdict()) + "\n" for state in feed)

    def leaderships(self):
        """All of them, one after the other."""
        return sorted(leadership for life in self.lives for leadership in life.leaderships())

    def heard(self, by_life):
        """Who was elected in which term, as the outsider heard it."""
        return [(state["term"], f"{state['node']}#{state['incarnation']:x}" if by_life else state["node"])
                for state in self.feed if state["role"] in ("leader_elect", "leader")]
