"""Multiple imputation by arm, and shifts of what was imputed."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    ancova,
    delta_adjustment,
    impute_by_arm,
    pool_imputations,
    tipping_delta,
)
from steps_analysis.outcomes.missing_data.imputation_draws import DRAWS


def trial(seed, n=40, lost=0.25):
    rng = np.random.default_rng(seed)
    arm = np.array(["MAU", "MST-PSB"] * (n // 2))
    start = rng.normal(20, 5, n)
    end = 0.6 * start + rng.normal(0, 3, n)
    placed = (rng.random(n) < 0.3) * 1.0
    table = pd.DataFrame({"start": start, "end": end, "placed": placed})
    gone = rng.random(n) < lost
    table.loc[gone, ["end", "placed"]] = np.nan
    return table, arm


def difference(arm):
    return lambda t: ancova(t["end"], t["start"], arm, variance="classical")


# By hand


def test_predictive_means_are_values_seen_in_the_same_arm():
    table = pd.DataFrame({"score": [1.0, 2, 4, np.nan, 11, 12, 14, np.nan]})
    found = impute_by_arm(table, ["a"] * 4 + ["b"] * 4, n_imputations=30, seed=3)
    imputed = np.array([t["score"].to_numpy() for t in found.tables])
    assert set(imputed[:, 3]) == {1, 2, 4}
    assert set(imputed[:, 7]) == {11, 12, 14}
    assert found.methods == {"score": "predictive-mean"}
    assert found.method == (
        "30 imputations by arm (chained equations): score predictive-mean"
    )


def test_a_line_without_scatter_is_kept():
    table = pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 4, 6, 8, np.nan]})
    found = impute_by_arm(table, ["a"] * 5, methods={"y": "normal"}, seed=1)
    assert [t["y"][4] for t in found.tables] == pytest.approx([10.0] * 20)


def test_values_seen_stay_and_each_arm_has_its_own_stream():
    table, arm = trial(1)
    found = impute_by_arm(table, arm, n_imputations=3, seed=5)
    for one in found.tables:
        seen = ~found.missing.to_numpy()
        assert (one.to_numpy()[seen] == table.to_numpy()[seen]).all()
        assert one.notna().all(axis=None)
        assert set(one["placed"]) <= {0.0, 1.0}
    # the first two of five are the same two; the other arm's values do not matter
    more = impute_by_arm(table, arm, n_imputations=5, seed=5)
    pd.testing.assert_frame_equal(more.tables[1], found.tables[1])
    changed = table.copy()
    changed.loc[arm == "MST-PSB", ["start", "end"]] += 1
    other = impute_by_arm(changed, arm, n_imputations=3, seed=5)
    first = arm == "MAU"
    pd.testing.assert_frame_equal(other.tables[2][first], found.tables[2][first])
    assert not found.tables[0].equals(found.tables[1])


# Edges


def test_nothing_missing_is_the_table_itself():
    table, arm = trial(2, lost=0.0)
    found = impute_by_arm(table, arm, n_imputations=2, seed=1)
    pd.testing.assert_frame_equal(found.tables[1], table)
    assert found.method.endswith("nothing was missing")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([np.nan] * 4 + [1.5, 2, 3, 4], "arm a has too few values of score (0)"),
        (
            [1.5] + [np.nan] * 3 + [1.0, 2, 3, 4],
            "arm a has too few values of score (1)",
        ),
    ],
)
def test_too_few_values(values, reason):
    table = pd.DataFrame({"score": values})
    found = impute_by_arm(table, ["a"] * 4 + ["b"] * 4, seed=1)
    assert found.not_estimable == reason
    assert found.tables == ()
    rows = tipping_delta(found, "score", lambda t: None, arm="a", deltas=[0])
    assert rows["value"].isna().all()


def test_separation_and_constant_columns_are_no_harm():
    table = pd.DataFrame(
        {
            "placed": [0, 0, 0, 1, 1, np.nan, np.nan],
            "age": [11.0, 11, 12, 14, 15, 10, 16],
            "one": np.ones(7),
        }
    )
    found = impute_by_arm(table, ["a"] * 7, n_imputations=200, seed=2)
    share = np.mean([t["placed"].to_numpy()[5:] for t in found.tables], axis=0)
    assert share[0] < 0.4
    assert share[1] > 0.6


# Properties


@given(st.integers(0, 1000), st.sampled_from(["normal", "predictive-mean"]))
@settings(max_examples=10, deadline=None)
def test_same_seed_same_tables(seed, method):
    table, arm = trial(seed)
    options = {"methods": {"end": method}, "n_imputations": 2, "seed": seed}
    one, other = (impute_by_arm(table, arm, **options) for _ in range(2))
    pd.testing.assert_frame_equal(one.tables[1], other.tables[1])


def test_normal_draws_have_the_predictive_distribution():
    # y seen 4 times, no predictor: draws are mean + s sqrt(1 + 1/4) t(3)
    rng = np.random.default_rng(5)
    y, seen = np.array([1.0, 2, 4, 9, np.nan]), np.array([True] * 4 + [False])
    drawn = np.concatenate(
        [DRAWS["normal"](y, np.empty((5, 0)), seen, rng) for _ in range(4000)]
    )
    from scipy import stats

    scale = np.std(y[:4], ddof=1) * math.sqrt(1.25)
    test = stats.kstest((drawn - 4) / scale, stats.t(3).cdf)
    assert test.pvalue > 0.001


def test_coverage_with_outcomes_missing_at_random():
    # 100 trials of 40; those who began worst are seen least: within three errors
    covered, naive = [], []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        arm = np.array(["MAU", "MST-PSB"] * 20)
        start = rng.normal(0, 1, 40)
        end = start + 2 * (arm == "MST-PSB") + rng.normal(0, 1, 40)
        gone = (rng.random(40) < 0.6) & (start > 0) & (arm == "MAU")
        table = pd.DataFrame({"start": start, "end": np.where(gone, np.nan, end)})
        found = impute_by_arm(
            table, arm, methods={"end": "normal"}, n_imputations=10, seed=seed
        )
        mean = difference(arm)
        pooled = pool_imputations([mean(t) for t in found.tables], complete_df=37)
        covered.append(pooled.lower < 2 < pooled.upper)
        naive.append(pooled.value)
    error = math.sqrt(0.95 * 0.05 / 100)
    assert abs(np.mean(covered) - 0.95) < 3 * error
    assert abs(np.mean(naive) - 2) < 3 * np.std(naive) / 10


# Shifts


def test_a_shift_moves_the_pooled_mean_by_the_share_imputed():
    table, arm = trial(7)
    found = impute_by_arm(table, arm, methods={"end": "normal"}, seed=7)
    rows = tipping_delta(
        found, "end", difference(arm), arm="MST-PSB", deltas=[0, 2, 4, 40]
    )
    steps = np.diff(rows["value"][:3])
    assert steps[0] == pytest.approx(steps[1])  # linear in the shift
    plain = pool_imputations([difference(arm)(t) for t in found.tables])
    assert rows["value"][0] == pytest.approx(plain.value)
    assert list(rows["delta"]) == [0, 2, 4, 40]
    moved = delta_adjustment(found, "end", delta={"MST-PSB": 2.0, "MAU": -1.0})
    gaps = moved.tables[0]["end"] - found.tables[0]["end"]
    expected = np.where(arm == "MST-PSB", 2.0, -1.0) * found.missing["end"]
    assert gaps.to_numpy() == pytest.approx(expected.to_numpy())
    assert moved.method.endswith("imputed end moved by {'MST-PSB': 2.0, 'MAU': -1.0}")


# Errors


def test_refusals():
    table, arm = trial(8)
    for options, match in [
        ({"n_imputations": 1}, "`n_imputations` must be a whole number, at least 2"),
        ({"n_cycles": 0}, "`n_cycles` must be a whole number, at least 1"),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"methods": {"other": "normal"}}, "`methods` must be one of start"),
        ({"methods": {"end": "magic"}}, "`methods` must be one of normal"),
        ({"methods": {"end": "logistic"}}, "`methods` must be another than logistic"),
    ]:
        with pytest.raises(ArgumentError, match=match):
            impute_by_arm(table, arm, **{"seed": 1, **options})
    with pytest.raises(DataError, match="`table` must have rows and columns"):
        impute_by_arm(table[[]], arm, seed=1)
    with pytest.raises(DataError, match="`table` must name each column once"):
        impute_by_arm(pd.concat([table, table], axis=1), arm, seed=1)
    with pytest.raises(DataError, match="`end` must hold numbers"):
        impute_by_arm(table.astype({"end": object}).fillna({"end": "x"}), arm, seed=1)
    with pytest.raises(DataError, match="`arm` must have no missing values"):
        impute_by_arm(table, [None, *arm[1:]], seed=1)
    with pytest.raises(DataError, match="`arm` must have 40 rows"):
        impute_by_arm(table, arm[1:], seed=1)
    found = impute_by_arm(table, arm, n_imputations=2, seed=1)
    with pytest.raises(ArgumentError, match="`column` must be one of"):
        delta_adjustment(found, "other", delta={})
    with pytest.raises(ArgumentError, match="`column` must be a score"):
        delta_adjustment(found, "placed", delta={"MAU": 1.0})
    with pytest.raises(ArgumentError, match="`delta` must name arms of MAU, MST-PSB"):
        delta_adjustment(found, "end", delta={"x": 1.0})
    with pytest.raises(ArgumentError, match="`delta` must be finite"):
        delta_adjustment(found, "end", delta={"MAU": math.inf})
    with pytest.raises(ArgumentError, match="`deltas` must hold at least one"):
        tipping_delta(found, "end", difference(arm), arm="MAU", deltas=[])
