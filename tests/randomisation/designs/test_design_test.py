"""The randomisation test of designs that draw whole lists."""

import math

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    ConstrainedClusters,
    GivenTotals,
    LinearStatistic,
    MatchedPairs,
    MeanDifference,
    RandomAllocationRule,
    Rerandomisation,
    SteppedWedge,
    design_test,
    randomisation_test,
)

AGES = np.array([[11.0], [12.0], [14.0], [15.0]])
DESIGNS = (
    ConstrainedClusters((4, 4), accepted=0.3),
    MatchedPairs(),
    Rerandomisation(0.3),
    SteppedWedge((4, 4), accepted=0.3),
)


def _name(design):
    return type(design).__name__


# --- by hand -------------------------------------------------------------------------


def test_constrained_clusters_by_hand():
    # Kept at B <= 1: of the means 11.5 to 14.5 only 12.5-13.5 and 13-13 are near,
    # lists 13|24 and 14|23 with their mirror images. Outcomes 1, 2, 3, 8: the treated
    # 1 and 3 sum to 4 or 10, 1 and 4 to 9 or 5, half of all is 7. Observed 10: 3 away,
    # as its mirror image is; the others are 2 away.
    design = ConstrainedClusters((2, 2), largest=1)
    test = design_test(
        [0, 1, 0, 1], design, AGES, statistic=LinearStatistic([1, 2, 3, 8])
    )
    assert test.statistic == pytest.approx(3)
    assert test.p_value == pytest.approx(2 / 4)
    assert test.method.endswith("exact, 4 allocations")


def test_pairs_by_hand():
    # Pairs 12 and 34 differ by 1 and 5 in outcome. Treated the larger of each: 6 in
    # all, as for both smaller; otherwise 4.
    test = design_test(
        [0, 1, 0, 1], MatchedPairs(), AGES, statistic=LinearStatistic([1, 2, 3, 8])
    )
    assert test.p_value == pytest.approx(2 / 4)


def test_rerandomisation_by_hand():
    # Near enough are 14|23 and its mirror image alone: nothing can be learned.
    test = design_test(
        [1, 0, 0, 1], Rerandomisation(0.4), AGES, statistic=MeanDifference([9, 1, 1, 9])
    )
    assert test.p_value == 1
    assert test.method.endswith("exact, 2 allocations")


def test_a_stepped_wedge_by_hand():
    # Three clusters, one a step; outcomes go along with the step in 1 of 6 orders, and
    # against it in another.
    test = design_test(
        [2, 1, 0], SteppedWedge((1, 1, 1)), None, statistic=LinearStatistic([3, 2, 1])
    )
    assert test.p_value == pytest.approx(2 / 6)


# --- edges ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "arm"),
    [
        (ConstrainedClusters((2, 2), largest=1), [1, 1, 0, 0]),
        (ConstrainedClusters((2, 2), accepted=1), [1, 0, 0, 0]),
        (MatchedPairs(), [1, 1, 0, 0]),
        (Rerandomisation(0.4), [1, 1, 0, 0]),
        (Rerandomisation(1), [1, 0, 0, 0]),
        (Rerandomisation(1), [0, 0, 0, 0]),
        (SteppedWedge((2, 1, 1)), [2, 1, 1, 0]),
    ],
)
def test_a_list_the_design_cannot_draw_is_no_answer(design, arm):
    test = design_test(arm, design, AGES, statistic=LinearStatistic([1, 2, 3, 8]))
    assert test.not_estimable == "the design could not have drawn the list observed"
    assert math.isnan(test.p_value)


def test_a_statistic_that_is_not_defined_is_no_answer():
    statistic = GivenTotals(MeanDifference([1, 2, 3, 8]), n_treated=1)
    test = design_test([1, 0, 0, 1], MatchedPairs(), AGES, statistic=statistic)
    assert test.not_estimable == "the statistic is not defined for the list observed"


# --- properties ----------------------------------------------------------------------


def _table(seed):
    return np.random.default_rng(seed).normal(size=(8, 2))


@pytest.mark.parametrize("design", DESIGNS, ids=_name)
def test_exact_p_values_are_valid(design):
    # Whatever list was drawn, P(p <= u) <= u: the p-values of all lists, ranked.
    table, scores = _table(3), LinearStatistic(_table(4)[:, 0])
    p_values = sorted(
        design_test(arm, design, table, statistic=scores).p_value
        for arm in design.enumerate_lists(table)
    )
    ranks = np.arange(1, len(p_values) + 1) / len(p_values)
    assert (ranks <= np.array(p_values) + 1e-12).all()
    assert p_values[0] < 0.2


@pytest.mark.parametrize("design", DESIGNS, ids=_name)
def test_drawn_lists_agree_with_all_lists(design):
    table, scores = _table(5), LinearStatistic(_table(6)[:, 0])
    arm = design.draw_lists(table, 1, seed=1)[0]
    exact = design_test(arm, design, table, statistic=scores).p_value
    n_draws = 1500
    drawn = design_test(
        arm, design, table, statistic=scores, n_draws=n_draws, seed=2
    ).p_value
    error = math.sqrt(exact * (1 - exact) / n_draws)
    assert drawn == pytest.approx(exact, abs=4 * error + 1 / n_draws)


@pytest.mark.parametrize("design", DESIGNS, ids=_name)
def test_draws_of_the_test_are_not_those_of_the_allocation(design):
    # At one seed; otherwise the list observed would come up again for certain.
    from steps_analysis.randomness import Stream

    table = _table(5)
    of_test = design.draw_lists(table, 30, seed=1, stream=Stream.RANDOMISATION_TEST)
    assert (of_test != design.draw_lists(table, 30, seed=1)).any()


@pytest.mark.parametrize("design", DESIGNS, ids=_name)
def test_a_design_allows_what_it_lists_and_nothing_else(design, every_way):
    table = _table(7)
    listed = {tuple(arm) for arm in design.enumerate_lists(table).tolist()}
    ways = every_way((4, 4))
    allowed = {way for way in ways if design.allows(np.array(way, np.int8), table)}
    assert allowed == listed
    drawn = {tuple(arm) for arm in design.draw_lists(table, 400, seed=9).tolist()}
    assert drawn <= listed


# --- naive twin, and another route ---------------------------------------------------


def test_where_every_list_is_accepted_it_is_the_test_of_the_random_allocation_rule():
    outcome = MeanDifference(_table(8)[:, 0])
    arm = np.array([1, 0, 0, 1, 1, 0, 1, 0])
    expected = randomisation_test(arm, RandomAllocationRule(), statistic=outcome)
    for design in (Rerandomisation(1), ConstrainedClusters((4, 4), accepted=1)):
        found = design_test(arm, design, _table(9), statistic=outcome)
        assert found.p_value == pytest.approx(expected.p_value, rel=1e-12)
    found = design_test(arm, SteppedWedge((4, 4)), None, statistic=outcome)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-12)


@pytest.mark.parametrize("design", DESIGNS, ids=_name)
def test_a_plain_count_gives_the_same(design):
    table, outcome = _table(11), _table(12)[:, 0].tolist()
    lists = design.enumerate_lists(table).tolist()

    def difference(arm):
        treated = [y for y, one in zip(outcome, arm, strict=True) if one]
        control = [y for y, one in zip(outcome, arm, strict=True) if not one]
        return abs(sum(treated) / len(treated) - sum(control) / len(control))

    observed = difference(lists[5])
    n_extreme = sum(difference(arm) >= observed - 1e-9 for arm in lists)
    test = design_test(lists[5], design, table, statistic=MeanDifference(outcome))
    assert test.statistic == pytest.approx(observed)
    assert test.p_value == pytest.approx(n_extreme / len(lists))


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arm", "covariates", "more", "error", "message"),
    [
        ([2, 0, 0, 1], AGES, {}, DataError, "`arm` must hold 1 for treatment"),
        ([1, 0], AGES, {}, DataError, "`covariates` must have a row for each of 2"),
        ([1, 0, 0, 1], None, {}, DataError, "`covariates` must be a table of numbers"),
        ([1, 0, 0, 1], [[1], [2, 3], [4], [5]], {}, DataError, "must be a table of nu"),
        ([1, 0, 0, 1], 5, {}, DataError, "`covariates` must be a table of numbers"),
        ([], [], {}, DataError, "`covariates` must be a table of numbers"),
        ([1, 0, 0, 1], AGES, {"n_draws": 9}, ArgumentError, "`seed` must be given"),
        (
            [1, 0, 0, 1],
            AGES,
            {"n_draws": 0},
            ArgumentError,
            "`n_draws` must be a whole",
        ),
    ],
)
def test_refusals(arm, covariates, more, error, message):
    with pytest.raises(error, match=message):
        design_test(
            arm,
            MatchedPairs(),
            covariates,
            statistic=LinearStatistic([1, 2, 3, 8]),
            **more,
        )


def test_scores_of_others_are_refused():
    scores = LinearStatistic([1, 2, 3])
    with pytest.raises(DataError, match="`scores` must be one number for each of 4"):
        design_test([1, 0, 0, 1], MatchedPairs(), AGES, statistic=scores)


@pytest.mark.parametrize("design", [Rerandomisation(1), MatchedPairs()], ids=_name)
def test_too_many_lists_must_be_drawn(design):
    table = np.arange(44.0)[:, None]
    arm = np.tile([1, 0, 0, 1], 11)
    scores = LinearStatistic(np.arange(44.0))
    with pytest.raises(
        ArgumentError, match=r"(?s)at most 1,048,576 lists.*n_draws=10_0"
    ):
        design_test(arm, design, table, statistic=scores)
    test = design_test(arm, design, table, statistic=scores, n_draws=20, seed=1)
    assert 0 < test.p_value <= 1
