"""Intervals by inverting the randomisation test, and the statistics behind them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    CompleteRandomisation,
    EfronBiasedCoin,
    GivenTotals,
    LinearStatistic,
    MeanDifference,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    draw_sequences,
    randomisation_interval,
    randomisation_test,
)

# --- by hand -------------------------------------------------------------------------


def test_pairs_by_hand():
    # Five pairs, the first of each treated, differences 1, 2, 3, 4 and 10: estimate 4.
    # Turning the pairs in a set T gives u' = 4 - 2 sum_T / 5 and v' = 1 - 2 |T| / 5, so
    # the ends (u - u') / (1 - v') = mean over T, and of the pairs not turned.
    # 32 allocations, each 1/32; itself and its mirror are always extreme (2/32). At
    # level 0.8 at most 6/32 may be rejected. From below the lowest ends are 1 twice
    # ({1} and its complement), so p(d < 1) = 2/32, at 1 it is 4/32; then 1.5 (pairs 1
    # and 2) twice: 6/32 = 0.1875 <= 0.2; then 2 thrice, {2}, {1, 3} and {1, 2, 3}, each
    # twice: 12/32 > 0.2. The lower limit is 2.
    first, second = np.array([1.0, 2, 3, 4, 10]), np.zeros(5)
    outcome = np.column_stack([first, second]).ravel()
    pairs, arm = PermutedBlocks(2), [1, 0] * 5
    found = randomisation_interval(outcome, arm, pairs, level=0.8)
    assert found.value == pytest.approx(4)
    assert found.lower == pytest.approx(2)
    # From above: 10 twice, then 7 = (4 + 10)/2 twice: 6/32; then 6.5 = (3 + 10)/2.
    assert found.upper == pytest.approx(6.5)
    assert found.p_value == pytest.approx(2 / 32)
    assert found.method == "inverted randomisation test, exact, 32 allocations"


def test_totals_given_by_hand():
    # Coin tosses with 1 of 3 treated: 3 allocations; the largest difference is the
    # observed one, 6 - 1.5; the others are |1 - 4| = 3 and |2 - 3.5| = 1.5.
    given_one = GivenTotals(MeanDifference([1.0, 2.0, 6.0]), n_treated=1)
    test = randomisation_test([0, 0, 1], CompleteRandomisation(), statistic=given_one)
    assert (test.statistic, test.p_value) == (4.5, pytest.approx(1 / 3))
    assert "3 allocations (5 left out: statistic not defined)" in test.method


# --- edges ---------------------------------------------------------------------------


def test_too_few_allocations_give_a_reason():
    found = randomisation_interval([1, 2, 3, 4], [0, 1, 0, 1], PermutedBlocks(2))
    assert found.not_estimable == (
        "too few allocations differ from the one observed to reject any effect"
    )
    found = randomisation_interval([5.0], [1], CompleteRandomisation())
    assert found.not_estimable == "everybody is in one arm"
    found = randomisation_interval([1, 2], [1, 1], PermutedBlocks(2))
    assert "could not have given" in found.not_estimable


def test_one_outcome_for_all_is_no_interval_wider_than_nothing():
    arm = draw_sequences(RandomAllocationRule(), 12, 1, seed=1)[0]
    found = randomisation_interval(np.ones(12), arm, RandomAllocationRule())
    found = [found.value, found.lower, found.upper, found.p_value]
    assert found == pytest.approx([0, 0, 0, 1], abs=1e-12)


# --- properties ----------------------------------------------------------------------

scores = st.lists(st.integers(-20, 20), min_size=8, max_size=8)


@given(scores=scores, row=st.integers(0, 200), shift=st.sampled_from([-3.0, 0.5, 7.0]))
@settings(max_examples=60, deadline=None)
def test_moves_with_the_outcome_and_turns_with_the_arms(scores, row, shift):
    procedure = EfronBiasedCoin(2 / 3)
    arm = draw_sequences(procedure, 8, 201, seed=5)[row]
    outcome = np.array(scores, dtype=float)
    found = randomisation_interval(outcome, arm, procedure, level=0.8)
    moved = randomisation_interval(outcome + shift * arm, arm, procedure, level=0.8)
    turned = randomisation_interval(outcome, 1 - arm, procedure, level=0.8)
    if found.not_estimable:
        assert moved.not_estimable == turned.not_estimable == found.not_estimable
        return
    assert found.lower <= found.value <= found.upper
    limits = np.array([found.value, found.lower, found.upper])
    assert [moved.value, moved.lower, moved.upper] == pytest.approx(limits + shift)
    assert [turned.value, turned.upper, turned.lower] == pytest.approx(-limits)


@given(scores=scores, row=st.integers(0, 200), drawn=st.booleans())
@settings(max_examples=60, deadline=None)
def test_holds_exactly_the_effects_that_the_test_does_not_reject(scores, row, drawn):
    procedure, level = EfronBiasedCoin(2 / 3), 0.8
    arm = draw_sequences(procedure, 8, 201, seed=6)[row]
    outcome = np.array(scores, dtype=float)
    draws = {"n_draws": 400, "seed": 2} if drawn else {}
    found = randomisation_interval(outcome, arm, procedure, level=level, **draws)

    def p_value(effect):
        statistic = MeanDifference(outcome - effect * arm)
        test = randomisation_test(arm, procedure, statistic=statistic, **draws)
        return test.p_value

    if found.not_estimable:
        return
    assert p_value(0) == pytest.approx(found.p_value)
    for limit, outward in ((found.lower, -1), (found.upper, 1)):
        within = limit - outward * min(1e-5, abs(limit - found.value) / 2)
        assert p_value(within) > 1 - level
        assert p_value(limit + outward * 1e-5) <= 1 - level + 1e-12


def test_coverage_under_minimisation_with_drift():
    """
    At n = 40 with minimisation over 14 sites and a steep linear drift.

    With m = 199 draws the test is exact at level 10/200, so coverage is 95%; 400 trials
    have a standard error of 1.1 points.
    """
    rng, n, n_trials = np.random.default_rng(11), 40, 400
    procedure = Minimisation(["site", "sex"], p=0.8)
    covered = 0
    for trial in range(n_trials):
        levels = np.column_stack([rng.integers(0, 14, n), rng.integers(0, 2, n)])
        arm = draw_sequences(procedure, n, 1, factors=levels, seed=1000 + trial)[0]
        drift = np.linspace(0, 3, n)
        outcome = rng.normal(size=n) + drift + 0.7 * arm
        found = randomisation_interval(
            outcome, arm, procedure, factors=levels, n_draws=199, seed=trial
        )
        covered += found.lower <= 0.7 <= found.upper
    share = covered / n_trials
    assert abs(share - 0.95) < 4 * math.sqrt(0.95 * 0.05 / n_trials)


def test_a_sum_of_scores_orders_as_means_do_where_totals_are_fixed():
    outcome = np.array([4.0, 1, 3, 8, 2, 2, 5, 9])
    rule = RandomAllocationRule()
    for arm in draw_sequences(rule, 8, 20, seed=3):
        of_means = randomisation_test(arm, rule, statistic=MeanDifference(outcome))
        of_sums = randomisation_test(arm, rule, statistic=LinearStatistic(outcome))
        assert of_means.p_value == pytest.approx(of_sums.p_value)


# --- errors --------------------------------------------------------------------------


def test_refusals():
    coin = CompleteRandomisation()
    with pytest.raises(DataError, match="`outcome` must be 2 numbers, one a particip"):
        randomisation_interval([1.0], [1, 0], coin)
    with pytest.raises(DataError, match=r"known and finite .*got '1 not finite of 2'"):
        randomisation_interval([1.0, math.nan], [1, 0], coin)
    with pytest.raises(DataError, match="one number, one a participant"):
        MeanDifference(["a"])
    with pytest.raises(DataError, match="hold at least one participant"):
        randomisation_interval([], [], coin)
    with pytest.raises(ArgumentError, match="`n_draws` must be given for more than 20"):
        randomisation_interval(np.ones(21), np.arange(21) % 2, coin)
    with pytest.raises(ArgumentError, match="`seed` must be given where"):
        randomisation_interval([1, 2], [1, 0], coin, n_draws=10)
    with pytest.raises(ArgumentError, match="`n_draws` must be a whole number"):
        randomisation_interval([1, 2], [1, 0], coin, n_draws=0, seed=1)
    three = CompleteRandomisation(ratio=(1, 1, 1))
    with pytest.raises(ArgumentError, match="`procedure` must have two arms"):
        randomisation_interval([1, 2], [1, 0], three)
    with pytest.raises(ArgumentError, match="`n_treated` must be a whole number"):
        GivenTotals(MeanDifference([1.0]), n_treated=-1)


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1e-6, 1e6])
def test_the_unit_of_the_outcome_does_not_matter(unit):
    outcome = np.array([0.3, -0.4, 1.9, 0.2, -2.4, 1.8, -1.1, 0.7])
    arm = [1, 0, 1, 0, 0, 1, 0, 1]
    here = randomisation_interval(outcome, arm, PermutedBlocks(4), level=0.8)
    there = randomisation_interval(outcome * unit, arm, PermutedBlocks(4), level=0.8)
    assert there.p_value == here.p_value
    assert there.lower / unit == pytest.approx(here.lower)
