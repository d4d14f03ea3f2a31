"""Type I error and power under bias: by hand, exact, drawn, for every procedure."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    LinearStatistic,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    StratifiedBlocks,
    randomisation_test,
)
from steps_analysis.randomisation.biases import rejection
from steps_analysis.randomisation.biases.assumptions import (
    ChronologicalBias,
    SelectionBias,
)
from steps_analysis.randomisation.biases.event_times import LogRankTest
from steps_analysis.randomisation.biases.normal_outcomes import NormalOutcomeTest
from steps_analysis.randomisation.biases.rejection import rejection_probability


def _two_sided_t(delta, within, df):
    """The t test of two arms: given k more pairs within, a non-central t."""
    more = np.arange(60 if within else 1)
    reach = stats.t.isf(0.025, df) * np.sqrt(1 + 2 * more / df)
    upper = stats.nct.sf(reach, df + 2 * more, delta)
    lower = stats.nct.cdf(-reach, df + 2 * more, delta)
    return stats.poisson.pmf(more, within / 2) @ (upper + lower)


# --- by hand -------------------------------------------------------------------------


def test_guessed_pairs_by_hand():
    # ABAB: A is level (0), B is guessed (-1), and again: the arms are 1 apart, and
    # alike within. ABBA: 0, -1, 0, +1: again 1 apart, and 1/2 + 1/2 within the arms.
    # BABA and BAAB likewise. All: 1 apart is sqrt(2 x 2 / 4) = 1; 2 degrees of freedom.
    found = rejection_probability(PermutedBlocks(2), 4, bias=SelectionBias(1.0))
    alike, spread = _two_sided_t(1, 0, 2), _two_sided_t(1, 1, 2)
    assert found.value == pytest.approx((alike + spread) / 2, rel=1e-9)
    assert found.sd == pytest.approx((alike - spread) / 2, rel=1e-6)
    assert (found.largest, found.smallest) == pytest.approx((alike, spread), rel=1e-9)
    assert (found.n, found.n_sequences, found.untestable) == (4, 4, 0)
    assert found.standard_error == 0
    assert found.method == (
        "TTest() at level 0.05 under PermutedBlocks(block_size=2, ratio=(1, 1)), "
        "SelectionBias(size=1.0, strategy='convergence', looks_at=None), effect 0, "
        "every sequence"
    )


def test_a_step_between_pairs_is_shared_evenly_by_hand():
    # Both arms have 0, 2: nothing between them, 2 + 2 within.
    step = ChronologicalBias(2.0, trend="step", change_after=2)
    found = rejection_probability(PermutedBlocks(2), 4, bias=step)
    assert found.value == pytest.approx(_two_sided_t(0, 4, 2), rel=1e-9)
    assert found.value < 0.05


def test_a_site_that_knows_its_own_guesses_less_than_one_that_knows_all():
    # Blocks of two over the whole trial, sites in turn: within a site nothing is sure.
    table = pd.DataFrame({"site": list("ABABABAB")})
    values = [
        rejection_probability(
            PermutedBlocks(2),
            8,
            bias=SelectionBias(1.0, looks_at=looks_at),
            factors=table,
        ).value
        for looks_at in ("site", None)
    ]
    assert values[0] < values[1]


# --- edges ---------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_for_any_test(n):
    found = rejection_probability(PermutedBlocks(2), n)
    assert (found.value, found.untestable, found.not_estimable) == (0, 1, None)
    left_out = rejection_probability(PermutedBlocks(2), n, untestable="left-out")
    assert math.isnan(left_out.value)
    assert left_out.not_estimable == "no sequence allows the test"


def test_sequences_in_one_arm_count_as_not_rejected_or_are_left_out():
    counted = rejection_probability(CompleteRandomisation(), 4)
    left_out = rejection_probability(CompleteRandomisation(), 4, untestable="left-out")
    assert counted.untestable == left_out.untestable == pytest.approx(2 / 16)
    assert counted.value == pytest.approx(0.05 * 14 / 16, rel=1e-12)
    assert left_out.value == pytest.approx(0.05, rel=1e-12)
    assert (counted.smallest, left_out.smallest) == (0, pytest.approx(0.05))


def test_one_site_is_no_stratification():
    one = pd.DataFrame({"site": ["A"] * 8})
    bias = SelectionBias(0.5, looks_at="site")
    strata = StratifiedBlocks(["site"], block_sizes=[4])
    found = rejection_probability(strata, 8, bias=bias, factors=one)
    plain = rejection_probability(PermutedBlocks(4), 8, bias=SelectionBias(0.5))
    assert found.value == pytest.approx(plain.value, rel=1e-12)


# --- properties ----------------------------------------------------------------------


@given(
    size=st.floats(0, 3),
    effect=st.floats(-2, 2),
    procedure=st.sampled_from([BigStick(2), PermutedBlocks(3, ratio=(2, 1))]),
)
@settings(max_examples=20, deadline=None)
def test_the_sign_of_all_shifts_does_not_matter(size, effect, procedure):
    one, other = (
        rejection_probability(
            procedure, 6, bias=SelectionBias(sign * size), effect=sign * effect
        )
        for sign in (1, -1)
    )
    assert one.value == pytest.approx(other.value, rel=1e-10)


def test_convergence_and_divergence_err_alike_in_two_arms():
    values = [
        rejection_probability(
            EfronBiasedCoin(0.6), 8, bias=SelectionBias(0.5, strategy=strategy)
        ).value
        for strategy in ("convergence", "divergence")
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_the_more_can_be_guessed_the_larger_the_error():
    errors = [
        rejection_probability(PermutedBlocks(size), 8, bias=SelectionBias(1.0)).value
        for size in (2, 4, 8)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] > 0.05


def test_neither_parts_nor_the_number_of_draws_change_a_number(monkeypatch):
    options = {"test": LogRankTest(0.5), "effect": 1.0, "seed": 4}
    whole = rejection_probability(BigStick(2), 20, n_draws=100, **options)
    monkeypatch.setattr(rejection, "_CHUNK", 7 * 40)
    parts = rejection_probability(BigStick(2), 20, n_draws=100, **options)
    assert parts == whole  # every digit; NaN equals NaN
    assert math.isnan(whole.sd)


def test_the_log_rank_test_loses_its_level_when_guessed_and_keeps_it_when_not():
    options = {"test": LogRankTest(0.6), "n_draws": 2000, "seed": 3}
    fair = rejection_probability(PermutedBlocks(4), 40, **options)
    guessed = rejection_probability(
        PermutedBlocks(4), 40, bias=SelectionBias(0.7), **options
    )
    # The chi-squared law is approximate at 40: allow it one in a hundred.
    assert fair.value == pytest.approx(0.05, abs=0.01 + 4 * fair.standard_error)
    assert guessed.value > fair.value + 8 * fair.standard_error


def test_the_randomisation_test_keeps_its_level_under_a_trend():
    def by_design(arm, outcome):
        return randomisation_test(
            arm, RandomAllocationRule(), statistic=LinearStatistic(outcome)
        ).p_value

    found = rejection_probability(
        RandomAllocationRule(),
        8,
        bias=ChronologicalBias(4.0),
        test=NormalOutcomeTest(by_design),
        n_draws=400,
        seed=6,
    )
    # Never above the level; of 70 allocations two mirror each other, so 2/70 at least.
    assert found.value <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)
    assert found.value > 0


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "`n` must be a whole number, at least 1, got 0"),
        ({"n": 21}, "`n_draws` must be given for more than 20 participants"),
        ({"n_draws": 1, "seed": 1}, "`n_draws` must be a whole number, at least 2"),
        ({"n_draws": 9}, "`seed` must be given where sequences are drawn"),
        (
            {"test": LogRankTest(0.5)},
            "`n_draws` must be given for a LogRankTest, whose outcomes are drawn",
        ),
        (
            {"test": "t"},
            r"`test` must be one of LogRankTest, NormalOutcomeTest, TTest(.|\n)*name",
        ),
        (
            {"bias": "selection"},
            "`bias` must be one of ChronologicalBias, SelectionBias, or a list",
        ),
        ({"bias": [0.5]}, "`bias` must be one of ChronologicalBias, SelectionBias"),
        ({"effect": 50}, "`effect` must be a number from -10 to 10"),
        ({"alpha": 5}, r"`alpha` must lie in \(0, 1\), got 5"),
        ({"alpha": "5%"}, r"`alpha` must lie in \(0, 1\), got '5%'"),
        (
            {"untestable": "dropped"},
            "`untestable` must be one of left-out, not-rejected",
        ),
    ],
)
def test_impossible_requests_are_refused(arguments, message):
    options = {"n": 8, **arguments}
    with pytest.raises(ArgumentError, match=message):
        rejection_probability(PermutedBlocks(2), **options)


def test_missing_factors_are_refused():
    with pytest.raises(DataError, match="`factors` must be a table"):
        rejection_probability(Minimisation(["site"]), 4)
    with pytest.raises(DataError, match="`factors` must be a table"):
        rejection_probability(BigStick(2), 4, bias=SelectionBias(1.0, looks_at="site"))
