"""
What of gtsummary's table of the trial data set can be held against ours.

The data set is not ours to copy, so what needs single values is out of scope: medians
and quartiles of age, marker and time to death, their Wilcoxon p-values, and the
difference of ages. P-values of baseline differences are out of scope on purpose: after
randomisation they test what is known to be chance (CONSORT), and our table makes none.
What is left are counts and the per cents printed beside them.
"""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from steps_analysis.reporting.cells import Share, shown

FILE = Path(__file__).parent / "referrals" / "table1_gtsummary_trial.json"
TABLE = json.loads(FILE.read_text())
ARMS = (TABLE["Drug A n"], TABLE["Drug B n"])

NEEDS_SINGLE_VALUES = {
    *("age median (Q1,Q3)", "age p (Wilcoxon)", "marker median", "marker p"),
    *("ttdeath median", "ttdeath p", "age difference A-B"),
}
TESTS_CHANCE = {"stage p", "grade p", "response p", "death p"}
COMPARED = {"Drug A n", "Drug B n", "age unknown", "stage n", "grade n"}
COMPARED |= {"response", "death"}


def test_every_figure_is_compared_or_out_of_scope():
    held = set(TABLE) - {"block", "note", "source"}
    assert held == NEEDS_SINGLE_VALUES | TESTS_CHANCE | COMPARED


@pytest.mark.parametrize("name", ["stage n", "grade n"])
def test_levels_add_up_to_the_arms(name):
    counts = pd.DataFrame(TABLE[name])
    assert tuple(counts.sum(axis=1)) == ARMS == (98, 102)


@pytest.mark.parametrize("name", ["response", "death"])
def test_counts_and_per_cents_are_shown_alike(name):
    # gtsummary prints whole per cents of those known, and hides how many those are:
    # of death all, of response as many as give the printed per cent.
    for text, arm in zip(TABLE[name], ARMS, strict=True):
        count, percent = map(int, re.fullmatch(r"(\d+) \((\d+)\)", text).groups())
        totals = [arm] if name == "death" else range(arm - 10, arm + 1)
        ours = [shown(Share(count=count, total=n), decimals=0) for n in totals]
        assert f"{count} ({percent}%)" in ours


def test_those_not_known_are_few():
    assert TABLE["age unknown"] == [7, 4]
    assert all(n < arm for n, arm in zip(TABLE["age unknown"], ARMS, strict=True))
