"""Log-rank scores."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import ModestWeighting, log_rank_scores
from steps_analysis.outcomes.survival.weighted_counts import weighted_counts
from steps_analysis.randomisation import LinearStatistic

WEIGHTINGS = [
    "log-rank",
    "gehan-breslow",
    "andersen",
    (0, 1),
    ModestWeighting(t_star=4),
]


def trial(seed, n=40):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 12, n).astype(float)
    return time, rng.random(n) < 0.5, rng.random(n) < 0.5, rng.integers(0, 3, n)


# By hand


def test_one_tie_under_the_three_rules():
    # times 1 1 2+ 2: at 1 two of four, at 2 one of two at risk
    time, event = [1, 1, 2, 2], [1, 1, 0, 1]
    # mid-ranks: 1 - 2/4; then less 1/2
    found = log_rank_scores(time, event)
    assert found == pytest.approx([1 / 2, 1 / 2, -1, 0])
    # one after the other: 1 - 1/4 and 1 - 1/4 - 1/3, mean 7/12; then less 1/2
    found = log_rank_scores(time, event, ties="average-scores")
    gone = 1 / 4 + 1 / 3 + 1 / 2
    assert found == pytest.approx([7 / 12, 7 / 12, -gone, 1 - gone])
    # at risk after 1 are two, and one: 1 - 2/3; after 2 none, and one: less 1
    found = log_rank_scores(time, event, ties="hothorn-lausen")
    assert found == pytest.approx([1 / 3, 1 / 3, -5 / 3, -2 / 3])


def test_what_a_covariate_predicts_is_taken_out():
    # scores 3/4, 5/12, -1/12, -13/12; the first two have mean 7/12, the others -7/12
    found = log_rank_scores([1, 2, 3, 4], [1] * 4, [1, 1, 0, 0])
    assert found == pytest.approx([1 / 6, -1 / 6, 1 / 2, -1 / 2])


# Edges


def test_no_events_have_no_scores():
    assert log_rank_scores([1, 2], [0, 0]).tolist() == [0, 0]
    assert log_rank_scores([3], [1]).tolist() == [0]


# Properties


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), weighting=st.sampled_from(WEIGHTINGS))
def test_sum_over_an_arm_is_its_log_rank_statistic(seed, weighting):
    time, event, arm, stratum = trial(seed)
    scores = log_rank_scores(time, event, stratum=stratum, weighting=weighting)
    columns = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    counts = weighted_counts(columns, None, "refuse", [weighting])
    each = [scores[arm == label].sum() for label in counts.arms]
    assert each == pytest.approx(counts.distance[0], abs=1e-9)
    statistic = LinearStatistic(scores)(arm.astype(np.int8)[None, :])
    assert statistic == pytest.approx(abs(scores[arm].sum()), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_sums_are_zero_and_rules_agree_without_ties(seed):
    time, event, _, stratum = trial(seed)
    for ties in ("mid-ranks", "average-scores"):
        scores = log_rank_scores(time, event, stratum=stratum, ties=ties)
        for z in range(3):
            assert scores[stratum == z].sum() == pytest.approx(0, abs=1e-9)
    apart = time + np.arange(40) / 100
    found = [
        log_rank_scores(apart, event, ties=ties)
        for ties in ("mid-ranks", "average-scores", "hothorn-lausen")
    ]
    assert found[1] == pytest.approx(found[0], abs=1e-12)
    assert found[2] == pytest.approx(found[0], abs=1e-12)


def test_residual_scores_know_nothing_of_the_covariates():
    time, event, _, stratum = trial(6)
    x = np.random.default_rng(6).normal(size=(40, 3))
    x[:, 2] = x[:, 0] + 1  # collinear
    found = log_rank_scores(time, event, x, stratum=stratum)
    plain = log_rank_scores(time, event, stratum=stratum)
    for z in range(3):
        assert found[stratum == z].sum() == pytest.approx(0, abs=1e-9)
    assert found @ x == pytest.approx(np.zeros(3), abs=1e-9)
    assert 0 < found @ found < plain @ plain
    constant = log_rank_scores(time, event, np.ones(40), stratum=stratum)
    assert constant == pytest.approx(plain, abs=1e-12)


def test_average_scores_are_averages_over_broken_ties():
    time, event, _, _ = trial(4)
    rng = np.random.default_rng(1)
    for weighting in ("log-rank", "prentice", (1, 1)):
        broken = [
            log_rank_scores(
                time - 0.5 * event * rng.random(40), event, weighting=weighting
            )
            for _ in range(400)
        ]
        of_ties = pd.DataFrame(broken).mean().groupby([time, event]).transform("mean")
        found = log_rank_scores(time, event, weighting=weighting, ties="average-scores")
        assert of_ties.to_numpy() == pytest.approx(found, abs=1e-9)


# A formula does the same


def test_a_formula_equals_arrays():
    time, event, _, stratum = trial(2)
    frame = pd.DataFrame({"t": time, "e": event, "site": stratum})
    found = log_rank_scores("t + e ~ 1", data=frame, stratum="site")
    assert np.array_equal(found, log_rank_scores(time, event, stratum=stratum))
    frame["age"] = np.arange(40.0)
    found = log_rank_scores("t + e ~ age", data=frame)
    assert found == pytest.approx(log_rank_scores(time, event, np.arange(40.0)))


# R


def test_equals_survdiff_summed_over_arms(figures, table):
    rossi = table("ll_rossi")
    scores = log_rank_scores(rossi.week, rossi.arrest, weighting=(1, 0))
    theirs = figures["lr_rossi_rho1"]
    distance = np.array(theirs["obs"]) - np.array(theirs["exp"])
    found = [scores[rossi.fin == 0].sum(), scores[rossi.fin == 1].sum()]
    assert found == pytest.approx(distance, rel=1e-10)


# Errors


def test_refuses_unknown_rules_and_missing_values():
    with pytest.raises(ArgumentError, match="`ties` must be one of mid-ranks, average"):
        log_rank_scores([1, 2], [1, 1], ties="efron")
    with pytest.raises(
        ArgumentError, match="`weighting` must be log-rank with hothorn"
    ):
        log_rank_scores([1, 2], [1, 1], ties="hothorn-lausen", weighting="prentice")
    with pytest.raises(DataError, match="`time` must have no missing values"):
        log_rank_scores([1, np.nan], [1, 1])
