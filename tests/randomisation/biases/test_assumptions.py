"""How much each participant's outcome is shifted."""

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import BigStick, CompleteRandomisation
from steps_analysis.randomisation.biases.assumptions import (
    ChronologicalBias,
    SelectionBias,
)
from steps_analysis.randomisation.sequences import arms_of


def _shifts(bias, sequence="AABB", procedure=None, factors=None):
    procedure = procedure or BigStick(3)
    arms = arms_of(sequence, len(getattr(procedure, "ratio", (1, 1))))
    return bias.shifts(arms[None], procedure=procedure, factors=factors)[0].tolist()


# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bias", "expected"),
    [
        (ChronologicalBias(3.0), [0, 1, 2, 3]),
        (
            ChronologicalBias(2.0, trend="logarithmic"),
            [0, 1, 2 * np.log(3) / np.log(4), 2],
        ),
        (ChronologicalBias(2.0, trend="step", change_after=1), [0, 2, 2, 2]),
        (ChronologicalBias(2.0, trend="step", change_after=4), [0, 0, 0, 0]),
        (SelectionBias(0.5), [0, -0.5, -0.5, -0.5]),
        (SelectionBias(0.5, strategy="divergence"), [0, 0.5, 0.5, 0.5]),
    ],
)
def test_shifts_by_hand(bias, expected):
    assert _shifts(bias) == pytest.approx(expected)


def test_a_guesser_who_looks_at_a_site():
    table = pd.DataFrame({"site": list("ABAB")})
    bias = SelectionBias(1.0, looks_at="site")
    # Site A is level, then A-ahead; so is site B.
    assert _shifts(bias, "AABB", factors=table) == [0, 0, -1, -1]


def test_three_arms_shift_up_for_the_first_and_down_for_the_last():
    # Level; B and C behind; C behind: 0, down by one half, down by one.
    thirds = CompleteRandomisation(ratio=(1, 1, 1))
    assert _shifts(SelectionBias(1.0), "ABC", thirds) == pytest.approx([0, -0.5, -1])


def test_one_participant_is_at_the_start_of_every_trend():
    for bias in (ChronologicalBias(1.0), ChronologicalBias(1.0, trend="logarithmic")):
        assert _shifts(bias, "A") == [0]


def test_a_bias_draws_nothing_to_show_itself():
    assert repr(SelectionBias(0.5, looks_at="site")) == (
        "SelectionBias(size=0.5, strategy='convergence', looks_at='site')"
    )


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: SelectionBias(11), "`size` must be a number from -10 to 10"),
        (lambda: SelectionBias(float("nan")), "`size` must be a number from -10 to 10"),
        (lambda: SelectionBias(True), "`size` must be a number from -10 to 10"),
        (lambda: ChronologicalBias("1"), "`size` must be a number from -10 to 10"),
        (
            lambda: SelectionBias(1, strategy="convergent"),
            "`strategy` must be one of convergence, divergence, got 'convergent'",
        ),
        (lambda: SelectionBias(1, looks_at=" "), "`looks_at` must be a factor's name"),
        (
            lambda: ChronologicalBias(1, trend="steps"),
            "`trend` must be one of linear, logarithmic, step, got 'steps'",
        ),
        (
            lambda: ChronologicalBias(1, trend="step"),
            "`change_after` must be a whole number, at least 1, got None",
        ),
        (
            lambda: ChronologicalBias(1, trend="step", change_after=0),
            "`change_after` must be a whole number, at least 1, got 0",
        ),
        (
            lambda: ChronologicalBias(1, change_after=4),
            '`change_after` must be left out unless trend="step", got 4',
        ),
    ],
)
def test_impossible_assumptions_are_refused(declare, message):
    with pytest.raises(ArgumentError, match=message):
        declare()
