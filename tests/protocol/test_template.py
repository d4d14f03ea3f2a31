"""The protocol of a new trial: valid as it stands, with every fact marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, ProtocolError
from steps_analysis.protocol import parse_protocol, unmarked
from steps_analysis.protocol.template import protocol_template

GIVEN = {"name": "NEW", "sites": ["North", "South"], "arms": ["new", "usual"]}


def test_it_says_what_was_given():
    protocol = parse_protocol(protocol_template(**GIVEN, n=60))
    assert protocol.trial.short_name == "NEW"
    assert protocol.trial.planned_n == 60
    assert protocol.sites.names == ("North", "South")
    assert [(arm.code, arm.role) for arm in protocol.arms] == [
        ("new", "treatment"),
        ("usual", "control"),
    ]
    assert protocol.allocation["procedure"] == "not_stated"


def test_every_fact_carries_a_mark():
    assert unmarked(parse_protocol(protocol_template(**GIVEN))) == []


def test_without_a_size_there_is_none():
    assert parse_protocol(protocol_template(**GIVEN)).trial.planned_n is None


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20))
def test_any_name_is_written_as_it_was_given(name):
    if not name.strip():
        return
    protocol = parse_protocol(protocol_template(**{**GIVEN, "name": name}))
    assert protocol.trial.title == name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": " "}, "`name` must be given"),
        ({"arms": ["new"]}, "`arms` must be two codes, the treatment's first"),
        ({"n": 0}, "`n` must be at least 1, got 0"),
    ],
)
def test_what_is_no_trial_is_refused(change, said):
    with pytest.raises(ArgumentError, match=said):
        protocol_template(**{**GIVEN, **change})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sites": []}, "sites.names` must name at least one site"),
        ({"sites": ["North", "North"]}, "sites"),
        ({"arms": ["new", "new"]}, "arms"),
    ],
)
def test_names_that_contradict_each_other_are_refused(change, said):
    with pytest.raises(ProtocolError, match=said):
        protocol_template(**{**GIVEN, **change})
