#!/usr/bin/python3
"""plot.py FOLDER PICTURE.svg - how long until another one leads: zelect and others, as a picture

Reads failover.csv, silence.csv and peers.csv of the folder that tests/bench/run.sh fills. One curve for each row of
the table below: the share of fail-overs that took no longer than that. The axis of time is logarithmic.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was
not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import sys
from pathlib import Path

import matplotlib
from matplotlib import pyplot, ticker

from results import read

# File, row, name in the picture, colour, line
CURVES = [
    ("failover", "resigned, 3 nodes, tcp, T 500", "zelect, resigned", "#0b6e4f", "-"),
    ("failover", "SIGTERM, 3 nodes, tcp, T 500", "zelect, SIGTERM", "#0b6e4f", "--"),
    ("failover", "SIGKILL, 3 nodes, tcp, T 500", "zelect, SIGKILL", "#1f4e9c", "-"),
    ("failover", "SIGKILL, 9 nodes, tcp, T 500", "zelect, SIGKILL, 9 nodes", "#1f4e9c", "--"),
    ("silence", "cable cut, 3 nodes, net, T 50", "zelect, cable cut, T 50 ms", "#6a3d9a", "-"),
    ("silence", "cable cut, 3 nodes, net, T 500", "zelect, cable cut, T 500 ms", "#6a3d9a", "--"),
    ("peers", "etcd 100/1000, SIGTERM", "etcd, SIGTERM", "#b3391f", ":"),
    ("peers", "etcd 5/25, SIGKILL", "etcd 5/25, SIGKILL", "#b3391f", "-."),
    ("peers", "etcd 10/100, SIGKILL", "etcd 10/100, SIGKILL", "#b3391f", "--"),
    ("peers", "etcd 100/1000, SIGKILL", "etcd 100/1000, SIGKILL", "#b3391f", "-"),
    ("peers", "ZooKeeper, SIGKILL", "ZooKeeper, SIGKILL", "#c78a00", "-"),
    ("peers", "kazoo Election, session 4 s, SIGKILL", "kazoo Election, SIGKILL", "#c78a00", "--"),
]


def milliseconds(value, _):
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def draw(files, picture):
    # The same figures make the same bytes
    matplotlib.rcParams.update({"svg.hashsalt": "zelect", "font.size": 9})
    figure, axes = pyplot.subplots(figsize=(8, 4.6))
    for file, row, name, colour, line in CURVES:
        values = sorted(files[file].get(row, ("ms", []))[1])
        if values:
            shares = [100 * number / len(values) for number in range(1, len(values) + 1)]
            axes.step([values[0], *values], [0, *shares], where="post", color=colour, linestyle=line,
                      label=f"{name} (n {len(values)})")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(milliseconds))
    axes.set_xlabel("from the end of the leader until another one leads")
    axes.set_ylabel("% of fail-overs")
    axes.set_ylim(0, 100)
    axes.grid(True, which="major", color="#cccccc", linewidth=0.6)
    axes.grid(True, which="minor", color="#eeeeee", linewidth=0.4)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=8)
    figure.savefig(picture, bbox_inches="tight", metadata={"Date": None})


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    files = {name: read(folder / f"{name}.csv") for name in ("failover", "silence", "peers")}
    if not any(files.values()):
        print(f"{sys.argv[0]}: {folder} has none of them", file=sys.stderr)
        return 1
    draw(files, sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
