"""python -m zelect watch ENDPOINT... --cluster NAME

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import argparse
import datetime
import json
import os
import sys
from typing import Any, Dict, List, Optional

from . import Error, Event, LeaderChanged, LeaderLost, MemberChanged, Observer, __version__

DONE, USAGE, NOBODY = 0, 2, 3


def _as_dict(event: Event, cluster: str) -> Dict[str, Any]:
    now = datetime.datetime.now(datetime.timezone.utc)
    line: Dict[str, Any] = {"v": 1, "time": now.isoformat(timespec="milliseconds")[:-6] + "Z",
                            "cluster": cluster}
    if isinstance(event, MemberChanged):
        member = event.member
        line.update(event="STATE", node=member.name, role=str(member.role), term=member.term,
                    leader=member.leader, endpoint=member.leader_endpoint,
                    reason=str(member.reason))
    elif isinstance(event, LeaderChanged):
        leader = event.leader
        line.update(event="LEADER_CHANGED", leader=leader.name, term=leader.term,
                    endpoint=leader.endpoint)
    elif isinstance(event, LeaderLost):
        line.update(event="LEADER_LOST", leader=None, term=event.leader.term,
                    reason=str(event.reason))
    return line


def _as_text(line: Dict[str, Any]) -> str:
    time = line["time"][11:-1]
    if line["event"] == "LEADER_CHANGED":
        return f"{time}  leader: {line['leader']}  term {line['term']}"
    if line["event"] == "LEADER_LOST":
        return f"{time}  leader: unknown  {line['reason']}"
    return (f"{time}  {line['node']:8} {line['role']:12} term {line['term']:<4} "
            f"{line['reason']}")


def _watch(options: argparse.Namespace) -> int:
    count = 0
    with Observer(*options.endpoints, cluster=options.cluster) as observer:
        while not options.count or count < options.count:
            event = observer.poll(options.timeout)
            if event is None:
                return DONE if count else NOBODY
            line = _as_dict(event, options.cluster)
            print(json.dumps(line) if options.json else _as_text(line), flush=True)
            count += 1
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m zelect",
                                     description="Watch elections of zelect clusters.")
    parser.add_argument("--version", action="version", version=f"zelect {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    watch = commands.add_parser(
        "watch", help="print each change, one line at a time",
        epilog="Exits with 0, 2 (wrong usage) or 3 (nothing was heard within --timeout).")
    watch.add_argument("endpoints", nargs="+", metavar="ENDPOINT",
                       help="a node's feed, such as tcp://10.0.0.1:5681")
    watch.add_argument("-C", "--cluster", required=True, metavar="NAME", help="what to watch")
    watch.add_argument("-j", "--json", action="store_true", help="JSON Lines")
    watch.add_argument("-n", "--count", type=int, default=0, metavar="N",
                       help="end after so many lines")
    watch.add_argument("-t", "--timeout", type=float, metavar="SECONDS",
                       help="end when nothing changes for so long")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _watch(options)
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Error as error:
        print(f"zelect watch: {error.strerror}", file=sys.stderr)
        return USAGE


if __name__ == "__main__":
    sys.exit(main())
