"""The words and the schema, which are written down in several places, are the same.

This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy
of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
"""

import copy
import pickle
import re
import sys

import pytest
from conftest import ROOT, pack_state

import zelect
from zelect import _wire


@pytest.mark.parametrize("words", [zelect.Role, zelect.Reason])
def test_words_are_the_schemas(words):
    name = words.__name__
    there = _wire.schema().DESCRIPTOR.file.enum_types_by_name[name].values_by_name
    expected = {key[len(name) + 1:]: value.number for key, value in there.items() if value.number}
    assert {word.name: word.value for word in words} == expected


def test_version_is_the_projects():
    text = (ROOT / "CMakeLists.txt").read_text()
    assert re.search(r"VERSION (\d+\.\d+\.\d+)", text).group(1) == zelect.__version__


def test_schema_is_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("ZELECT_BINPB", str(tmp_path / "mine"))
    monkeypatch.setattr(_wire, "__file__", str(tmp_path / "package" / "_wire.py"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(_wire.os.path, "isfile", lambda path: path.startswith(str(tmp_path))
                        and (tmp_path / path).exists())
    with pytest.raises(zelect.Error) as caught:
        _wire.schema_path()
    for word in "mine", "package/zelect.binpb", "share/zelect/zelect.binpb", "ZELECT_BINPB":
        assert word in str(caught.value)
    for name in "share/zelect/zelect.binpb", "package/zelect.binpb", "mine":
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert _wire.schema_path() == str(path)


def test_values_are_frozen_and_can_be_copied():
    member = _wire.decode("orders", b"zelect/orders/state/n1",
                          pack_state("orders", "n1", tags="zone=eu\nrack="))
    for value in (member, zelect.MemberChanged(member), zelect.Leader("n1", 3, None),
                  zelect.LeaderLost(zelect.Leader("n1", 3, None), zelect.Reason.SILENCE)):
        assert not hasattr(value, "__dict__")
        assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
        assert {value: 1}[value] == 1
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, type(value).__slots__[0], None)
    assert dict(member.tags) == {"zone": "eu", "rack": ""}
    assert str(zelect.Role.LEADER_ELECT) == "leader_elect"
    assert str(zelect.Reason.LOST_QUORUM) == "LOST_QUORUM"
    assert issubclass(zelect.Error, OSError)
