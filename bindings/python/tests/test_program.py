"""python -m zelect, the examples, the types, and the package as it is installed.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from conftest import PACKAGE, ROOT, free_port

LONG = 20.0


def run(command, environment, **options):
    return subprocess.run([sys.executable, *command], env=environment, timeout=60,
                          capture_output=True, text=True, **options)


def test_watch(publish, environment):
    publisher = publish("n1")
    publisher.lead(7)
    done = run(["-m", "zelect", "watch", publisher.endpoint, "-C", "orders", "-n", "2", "-t", "20"],
               environment)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first.split()[1:] == ["n1", "leader", "term", "7", "LEASED"]
    assert second.split()[1:] == ["leader:", "n1", "term", "7"]


def test_watch_json(publish, environment):
    publisher = publish("n1")
    publisher.lead(7)
    done = run(["-m", "zelect", "watch", "--json", publisher.endpoint, "-C", "orders", "-n", "2"],
               environment)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        assert line["v"] == 1 and line["cluster"] == "orders" and line["time"].endswith("Z")
    assert [line["event"] for line in lines] == ["STATE", "LEADER_CHANGED"]
    assert (lines[1]["leader"], lines[1]["term"], lines[1]["endpoint"]) == ("n1", 7, "tcp://n1")


def test_watch_exit_codes(environment):
    nobody = f"tcp://127.0.0.1:{free_port()}"
    watch = ["-m", "zelect", "watch"]
    done = run([*watch, nobody, "-C", "orders", "-t", "0.2"], environment)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    done = run([*watch, "orders", "-C", "orders"], environment)
    assert done.returncode == 2 and "'orders'" in done.stderr and "tcp://" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert run([*watch, nobody, "-C", "a b"], environment).returncode == 2
    assert run([*watch, nobody], environment).returncode == 2
    assert run(["-m", "zelect", "--version"], environment).stdout.startswith("zelect ")


def start(command, environment):
    return subprocess.Popen([sys.executable, "-u", *command], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def interrupt_after(process, lines, tries=1):
    """Ctrl-C after so many lines, and as often as it may be needed; all lines, the rest of stderr
    and the exit code."""
    try:
        read = [process.stdout.readline() for _ in range(lines)]
        for left in reversed(range(tries)):
            process.send_signal(signal.SIGINT)
            try:
                _, errors = process.communicate(timeout=LONG / tries)
                break
            except subprocess.TimeoutExpired:
                if not left:
                    raise
        return read, errors, process.returncode
    finally:
        process.kill()
        process.communicate()


def test_watch_ends_with_control_c(publish, environment):
    publisher = publish("n1")
    publisher.lead(7)
    process = start(["-m", "zelect", "watch", publisher.endpoint, "-C", "orders"], environment)
    _, errors, code = interrupt_after(process, 2)
    assert (code, errors) == (0, "")


@pytest.mark.parametrize("name", ["observer.py", "observer_async.py"])
def test_example(name, publish, environment):
    publisher = publish("n1")
    publisher.lead(7)
    process = start([str(ROOT / "examples" / name), publisher.endpoint, "orders",
                     environment["ZELECT_BINPB"]], environment)
    # A bare receive does not see a signal that comes just as it begins
    lines, errors, _ = interrupt_after(process, 1, tries=10)
    assert "n1" in lines[0] and "7" in lines[0], errors


# The C example is only there when a build directory is given.
@pytest.mark.parametrize("folder", filter(None, [os.environ.get("ZELECT_BUILD_DIR")]))
def test_example_in_c(folder, publish, environment):
    publisher = publish("n1")
    publisher.lead(7)
    process = subprocess.Popen([os.path.join(folder, "examples", "observer"), "orders",
                                publisher.endpoint], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    lines, errors, code = interrupt_after(process, 1)
    assert lines == ["n1 is leader: n1 leads, term 7\n"] and (code, errors) == (0, "")


def test_example_is_short_and_bare():
    lines = (ROOT / "examples" / "observer.py").read_text().splitlines()
    code = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(code) <= 15
    imported = re.findall(r"^(?:import (.+)|from (\w+))", "\n".join(code), flags=re.M)
    names = {name for pair in imported for name in re.split(", *", pair[0] or pair[1])}
    assert names == {"sys", "zmq", "google"}


def test_types(environment, tmp_path):
    done = subprocess.run(["/usr/bin/mypy", "--strict", "--cache-dir", str(tmp_path), "zelect"],
                          cwd=PACKAGE, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_installed_package(publish, environment, tmp_path):
    """From a copy, since building writes beside the sources."""
    for folder in "bindings/python", "src/wire":
        shutil.copytree(ROOT / folder, tmp_path / "tree" / folder)
    there = tmp_path / "there"
    done = run(["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
                "--target", str(there), str(tmp_path / "tree" / "bindings" / "python")],
               environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(there / "zelect"))[-2:] == ["py.typed", "zelect.binpb"]
    publisher = publish("n1")
    publisher.lead(7)
    environment = dict(environment, PYTHONPATH=str(there))
    del environment["ZELECT_BINPB"]
    done = run(["-m", "zelect", "watch", publisher.endpoint, "-C", "orders", "-n", "2"],
               environment, cwd=tmp_path)
    assert done.returncode == 0 and "leader: n1" in done.stdout, done.stderr
