"""Designs as they stand in a protocol."""

import json
import tomllib

import pytest

from steps_analysis.errors import ProtocolError
from steps_analysis.randomisation import (
    ConstrainedClusters,
    MatchedPairs,
    Rerandomisation,
    SteppedWedge,
    design_from_spec,
    design_to_spec,
)
from steps_analysis.randomisation.designs.every_design import DESIGNS

EXAMPLES = (
    ConstrainedClusters((7, 6), accepted=0.1),
    ConstrainedClusters((2, 2), largest=0.5, weights=(1, 2)),
    ConstrainedClusters((10, 10), accepted=0.1, n_candidates=500, candidate_seed=7),
    MatchedPairs(),
    Rerandomisation(0.1, ratio=(2, 1)),
    SteppedWedge((3, 3, 2)),
    SteppedWedge((2, 2, 2), accepted=0.2),
)


def test_constrained_clusters_from_toml_by_hand():
    text = """
        design = "constrained-clusters"
        sizes = [7, 6]
        largest = 0.5
        weights = [1, 2]
    """
    expected = ConstrainedClusters((7, 6), largest=0.5, weights=(1.0, 2.0))
    assert design_from_spec(tomllib.loads(text)) == expected
    assert "accepted" not in design_to_spec(expected)  # TOML has no word for nothing


def test_every_design_has_an_example():
    assert {type(one) for one in EXAMPLES} == {*DESIGNS.values()}
    assert sorted(DESIGNS) == [*DESIGNS]


@pytest.mark.parametrize("design", EXAMPLES, ids=repr)
def test_there_and_back(design):
    spec = design_to_spec(design)
    again = design_from_spec(json.loads(json.dumps(spec)))
    assert again == design
    assert hash(again) == hash(design)
    assert design_to_spec(again) == spec


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "`allocation.design` must be one of constrained-clusters, matched-pairs,"),
        ({"design": "rerandomization"}, "\nHint: did you mean 'rerandomisation'"),
        ({"design": 3}, "must be one of .*got 3"),
        ({"design": "big-stick"}, "must be one of .*got 'big-stick'"),
        ({"design": "stepped-wedge"}, "`allocation.sizes` must be given for stepped-w"),
        (
            {"design": "constrained-clusters", "sizes": [2, 2]},
            "`allocation.accepted` must be given",
        ),
        (
            {"design": "stepped-wedge", "sizes": [2, 2], "size": 4},
            "must be one of sizes, .*got 'size'\nHint: did you mean 'sizes'",
        ),
        (
            {"design": "stepped-wedge", "sizes": [2, 2], "ratio": [1, 1]},
            "got 'ratio'\nHint: say the `sizes`",
        ),
        (
            {"design": "matched-pairs", "sizes": [2, 2]},
            "`allocation` must have no parameter here, got 'sizes'",
        ),
    ],
)
def test_what_a_protocol_cannot_say_is_refused(spec, message):
    with pytest.raises(ProtocolError, match=f"(?s){message}"):
        design_from_spec(spec)
