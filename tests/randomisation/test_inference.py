"""The randomisation test: exact and drawn, against R and by hand."""

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
    GivenTotals,
    LinearStatistic,
    MeanDifference,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    StratifiedBlocks,
    draw_sequences,
    enumerate_sequences,
    randomisation_interval,
    randomisation_test,
    sequence_probability,
)

BY_NAME = {
    "CR": CompleteRandomisation(),
    "PBR4": PermutedBlocks(4),
    "EBC23": EfronBiasedCoin(2 / 3),
}


def _absolute_difference(outcome):
    def statistic(arm):
        if arm.min() == arm.max():
            return math.nan  # one arm empty: no difference
        return abs(outcome[arm == 1].mean() - outcome[arm == 0].mean())

    return statistic


# --- by hand -------------------------------------------------------------------------


def test_exact_by_hand():
    # Pairs; the larger of each is treated. The four allocations have the sums 2 + 4,
    # 1 + 4, 2 + 3, 1 + 3; |sum - 5| = 1, 0, 0, 1; so p = 2/4.
    outcome = LinearStatistic([1, 2, 3, 4])
    test = randomisation_test([0, 1, 0, 1], PermutedBlocks(2), statistic=outcome)
    assert (test.statistic, test.p_value, test.n) == (1, 0.5, 4)
    assert "exact, 4 allocations" in test.method
    assert "PermutedBlocks(block_size=2" in test.method


def test_strata_are_held_fixed():
    # Two strata of two: the same four allocations, in another order of entry.
    table = pd.DataFrame({"site": list("ABAB")})
    procedure = StratifiedBlocks(["site"], block_sizes=[2])
    outcome = LinearStatistic([1, 3, 2, 4])
    test = randomisation_test([0, 0, 1, 1], procedure, statistic=outcome, factors=table)
    assert test.p_value == 0.5


# --- edges ---------------------------------------------------------------------------


def test_allocation_that_could_not_have_been_is_not_estimable():
    outcome = LinearStatistic([1, 2, 3, 4])
    test = randomisation_test([1, 1, 0, 0], PermutedBlocks(2), statistic=outcome)
    assert test.not_estimable == (
        "the procedure could not have given the allocation observed"
    )
    assert math.isnan(test.p_value)


@pytest.mark.parametrize(
    "procedure", [CompleteRandomisation(), EfronBiasedCoin(0.7)], ids=repr
)
def test_long_trials_are_no_impossible_ones(procedure):
    # A coin's sequence of 1,200 has probability 2^-1200: no number but 0.
    arm = draw_sequences(procedure, 1_200, 1, seed=2)[0]
    outcome = np.random.default_rng(3).normal(size=1_200)
    options = {"n_draws": 199, "seed": 4}
    scores = LinearStatistic(outcome)
    test = randomisation_test(arm, procedure, statistic=scores, **options)
    assert test.not_estimable is None
    assert 1 / 200 <= test.p_value <= 1
    interval = randomisation_interval(outcome, arm, procedure, **options)
    assert interval.lower < interval.value < interval.upper


def test_statistic_not_defined_for_the_observed_is_not_estimable():
    outcome = np.array([1.0, 2.0])
    for n_draws in (None, 50):
        test = randomisation_test(
            [1, 1],
            CompleteRandomisation(),
            statistic=_absolute_difference(outcome),
            n_draws=n_draws,
            seed=1,
        )
        assert test.not_estimable == (
            "the statistic is not defined for the allocation observed"
        )


def test_equal_outcomes_give_one():
    same = LinearStatistic([2.0] * 6)
    arm = [1, 0, 0, 1, 1, 0]
    for n_draws in (None, 99):
        test = randomisation_test(
            arm, RandomAllocationRule(), statistic=same, n_draws=n_draws, seed=2
        )
        assert test.p_value == 1


def test_the_function_handed_in_cannot_change_the_draws():
    def meddling(arm):
        arm[0] = 1
        return 0.0

    with pytest.raises(ValueError, match="read-only"):
        randomisation_test([1, 0], PermutedBlocks(2), statistic=meddling)


# --- R figures -----------------------------------------------------------------------


def test_every_p_value_of_the_reference(reference):
    case = reference("randomisation_tests")
    outcome = np.array(case["y"])
    arm = np.array([letter == "A" for letter in case["observed"]])
    difference = _absolute_difference(outcome)
    ranks = LinearStatistic(stats.rankdata(outcome))
    assert difference(arm) == pytest.approx(case["stat_obs_abs_diff_means"])
    assert float(ranks(arm)) == pytest.approx(case["stat_obs_linear_rank"])

    def conditional_ranks(one):
        return float(ranks(one)) if one.sum() == arm.sum() else math.nan

    assert case["results"].keys() == BY_NAME.keys()
    for name, expected in case["results"].items():
        procedure = BY_NAME[name]
        listed = enumerate_sequences(procedure, 8)
        p_of = {
            "p_diff_means_excl_one_arm": difference,
            "p_linear_rank": ranks,
            "p_linear_rank_conditional_on_nB": conditional_ranks,
        }
        ours = {
            key: randomisation_test(arm, procedure, statistic=statistic).p_value
            for key, statistic in p_of.items()
        }
        ours["prob_one_arm"] = sum(listed.get(one * 8, 0) for one in "AB")
        seen = sequence_probability(procedure, case["observed"]) > 0
        ours["observed_in_reference_set"] = seen
        assert ours == pytest.approx(expected, abs=5e-13), name


def test_numbers_of_permutations(reference):
    case = reference("randomisation_tests")["randomizr"]
    rule = enumerate_sequences(RandomAllocationRule(), 8)
    assert len(rule) == case["complete_N8_m4"]["num_perm"]
    treated = sum(p for s, p in rule.items() if s[0] == "A")
    assert [1 - treated, treated] == pytest.approx(case["complete_N8_m4"]["p"])
    blocks = pd.DataFrame({"block": list("aaaabbbbcc")})
    strata = StratifiedBlocks(["block"], block_sizes=[4])
    listed = enumerate_sequences(strata, 10, factors=blocks)
    complete = [s for s in listed if s[8] != s[9]]  # the last block of 4 is cut at 2
    assert len(complete) == case["block_4_4_2"]["num_perm"]
    two_of_six = enumerate_sequences(RandomAllocationRule(ratio=(1, 2)), 6)
    assert len(two_of_six) == case["cluster_6_m2"]["num_perm"]


def test_the_allocation_rule_figure_of_the_peers():
    # PEERS: the same data under the random allocation rule, p = .171429 = 12/70.
    outcome = np.array([1.2, 0.4, 2.1, 1.9, 0.3, 2.8, 1.1, 3.0])
    arm = [1, 0, 0, 1, 1, 0, 1, 0]
    for statistic in (_absolute_difference(outcome), LinearStatistic(outcome)):
        test = randomisation_test(arm, RandomAllocationRule(), statistic=statistic)
        assert test.p_value == pytest.approx(12 / 70)


# --- properties ----------------------------------------------------------------------


@given(
    scores=st.lists(st.integers(-50, 50), min_size=8, max_size=8),
    seed=st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_matrix_product_and_function_agree(scores, seed):
    arm = draw_sequences(EfronBiasedCoin(0.7), 8, 1, seed=seed)[0]
    scores = np.array(scores) / 10  # a function's unit is unknown, so of usual size
    linear = LinearStatistic(scores)
    centred = scores - scores.mean()

    def slow(one):
        return abs(
            sum(score for score, taken in zip(centred, one, strict=True) if taken)
        )

    for n_draws in (None, 60):
        options = {"n_draws": n_draws, "seed": seed}
        fast = randomisation_test(
            arm, EfronBiasedCoin(0.7), statistic=linear, **options
        )
        plain = randomisation_test(arm, EfronBiasedCoin(0.7), statistic=slow, **options)
        assert fast.p_value == pytest.approx(plain.p_value, abs=1e-12)


def test_drawn_agrees_with_exact_under_minimisation():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"site": rng.choice(list("ABC"), 12), "sex": list("fm" * 6)})
    procedure = Minimisation(["site", "sex"], p=0.8)
    arm = draw_sequences(procedure, 12, 1, factors=table, seed=9)[0]
    outcome = LinearStatistic(rng.normal(size=12) + arm)
    options = {"statistic": outcome, "factors": table}
    exact = randomisation_test(arm, procedure, **options)
    drawn = randomisation_test(arm, procedure, n_draws=4000, seed=1, **options)
    error = math.sqrt(exact.p_value * (1 - exact.p_value) / 4000)
    assert drawn.p_value == pytest.approx(exact.p_value, abs=4 * error + 1 / 4001)
    again = randomisation_test(arm, procedure, n_draws=4000, seed=1, **options)
    assert again == drawn
    assert "4,000 allocations drawn, Monte Carlo standard error" in drawn.method


def test_drawn_p_value_counts_the_observed_allocation():
    # Nobody else reaches the observed: b = 0 of m = 19, so 1/20 and not 0.
    def only_the_observed(one):
        return float(one.tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])

    test = randomisation_test(
        [1] * 8 + [0] * 8,
        RandomAllocationRule(),
        statistic=only_the_observed,
        n_draws=19,
        seed=4,
    )
    assert test.p_value == pytest.approx(1 / 20)


def test_undefined_draws_are_left_out_and_counted():
    outcome = np.array([1.0, 5.0, 2.0])
    test = randomisation_test(
        [1, 0, 0],
        CompleteRandomisation(),
        statistic=_absolute_difference(outcome),
        n_draws=400,
        seed=6,
    )
    left_out = int(test.method.split("(")[-1].split(" left out")[0])
    assert left_out == pytest.approx(100, abs=4 * math.sqrt(75))
    assert f"{400 - left_out} allocations drawn" in test.method
    exact = randomisation_test(
        [1, 0, 0], CompleteRandomisation(), statistic=_absolute_difference(outcome)
    )
    # |1 - 3.5| = 2.5 and its mirror; |5 - 1.5| = 3.5 and its mirror; |2 - 3| = 1.
    assert exact.p_value == pytest.approx(4 / 6)
    assert "exact, 6 allocations (2 left out" in exact.method


def test_the_test_keeps_its_size_under_minimisation_with_drift():
    """200 trials without effect but with a trend: rejects 5 % (SE 1.5 %), not more."""
    rng = np.random.default_rng(12)
    n, n_trials = 24, 200
    codes = rng.integers(0, 2, size=(n, 3))
    procedure = Minimisation(["a", "b", "c"], p=0.8)
    trials = draw_sequences(procedure, n, n_trials, factors=codes, seed=77)
    outcome = LinearStatistic(np.linspace(0, 3, n) + rng.normal(size=n))
    p_values = [
        randomisation_test(
            arm, procedure, statistic=outcome, factors=codes, n_draws=99, seed=i
        ).p_value
        for i, arm in enumerate(trials)
    ]
    share = np.mean(np.array(p_values) <= 0.05)
    assert share == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / n_trials))


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_draws": 10}, ArgumentError, "`seed` must be given where allocations are"),
        ({"n_draws": 0, "seed": 1}, ArgumentError, "whole number, at least 1, got 0"),
        (
            {"statistic": LinearStatistic([1.0])},
            DataError,
            "for each of 2 participants",
        ),
    ],
)
def test_impossible_requests_are_refused(arguments, error, message):
    options = {"statistic": LinearStatistic([1.0, 2.0]), **arguments}
    with pytest.raises(error, match=message):
        randomisation_test([1, 0], PermutedBlocks(2), **options)


def test_too_many_to_enumerate_is_refused():
    outcome = LinearStatistic(np.arange(22.0))
    with pytest.raises(ArgumentError, match="`n_draws` must be given for more than 20"):
        randomisation_test([0, 1] * 11, PermutedBlocks(2), statistic=outcome)


@pytest.mark.parametrize("scores", [[], [1.0, math.nan], [[1.0]]])
def test_impossible_scores_are_refused(scores):
    with pytest.raises(DataError, match="`scores` must be one finite number per"):
        LinearStatistic(scores)


def test_arm_labels_are_refused_with_a_hint():
    outcome = LinearStatistic([1.0, 2.0])
    with pytest.raises(DataError, match=r"hold 1 for treatment(.|\n)*arm == 'MST-PSB'"):
        randomisation_test(["MST-PSB", "MAU"], PermutedBlocks(2), statistic=outcome)


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1e-6, 1e6])
@pytest.mark.parametrize("statistic", [LinearStatistic, MeanDifference])
def test_the_unit_of_the_outcome_does_not_matter(statistic, unit):
    outcome = np.array([0.3, -0.4, 1.9, 0.2, -2.4, 1.8, -1.1, 0.7])
    arm = [1, 0, 1, 0, 0, 1, 0, 1]

    def p_value(one, **how):
        return randomisation_test(arm, PermutedBlocks(4), statistic=one, **how).p_value

    for how in ({}, {"n_draws": 200, "seed": 1}):
        assert p_value(statistic(outcome * unit), **how) == p_value(
            statistic(outcome), **how
        )
    same = GivenTotals(MeanDifference(outcome * unit), n_treated=4)
    assert p_value(same) == p_value(GivenTotals(MeanDifference(outcome), n_treated=4))


@pytest.mark.parametrize("unit", [0.1, 1e-12])
@pytest.mark.parametrize("statistic", [LinearStatistic, MeanDifference])
def test_equal_outcomes_say_nothing_in_whatever_unit(statistic, unit):
    everyone = statistic(np.full(7, 3 * unit))
    arm = [1, 0, 1, 0, 0, 1, 0]
    found = randomisation_test(arm, BigStick(2), statistic=everyone)
    assert found.p_value == 1


def test_an_infinite_statistic_is_as_extreme_as_itself():
    # Of six allocations 1001 alone separates the arms: t would be infinite.
    def t(arm):
        return math.inf if arm.tolist() == [1, 0, 0, 1] else 2.0

    for how, least in (({}, 1 / 6), ({"n_draws": 60, "seed": 1}, 1 / 61)):
        found = randomisation_test(
            [1, 0, 0, 1], RandomAllocationRule(), statistic=t, **how
        )
        assert found.p_value >= least * 0.999
    assert randomisation_test(
        [1, 0, 0, 1], RandomAllocationRule(), statistic=t
    ).p_value == pytest.approx(1 / 6)


def test_outcomes_of_others_are_refused():
    difference = MeanDifference([1.0, 2.0, 4.0])
    for one in (difference, GivenTotals(difference, n_treated=2)):
        with pytest.raises(DataError, match="be one number for each of 4 participants"):
            randomisation_test([1, 0, 0, 1], PermutedBlocks(4), statistic=one)
