"""Trials of one to eight families are evaluated whole, with reasons for numbers."""

from dataclasses import replace

import pytest

from steps_analysis import evaluate, load_protocol
from steps_analysis.simulation import draw_trial


@pytest.mark.parametrize(
    ("n", "scenario", "seed"),
    [(1, "null", 0), (1, "modest", 3), (2, "null", 4), (3, "harm", 9), (8, "null", 24)],
)
def test_nothing_ends_in_a_traceback(n, scenario, seed):
    trial = draw_trial(load_protocol(), scenario, n=n, seed=seed)
    found = evaluate(trial)
    assert found.results.flow.randomised == n
    assert "plan" in [section.slug for section in found.document.sections]
    masked = replace(
        trial, role="masked_statistician", allocation=None, treatment=None, costs=None
    )
    assert evaluate(masked).is_dry_run
