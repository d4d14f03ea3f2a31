"""Mixed model for repeated measures."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import ancova, repeated_scores

MONTHS = (4, 8, 20)


def trial(seed, n=20, effect=0.0, lost=0.0):
    """Scores of `n` participants at three visits, in long form."""
    rng = np.random.default_rng(seed)
    start = rng.normal(20, 4, n)
    arm = np.where(np.arange(n) % 2, "MST-PSB", "MAU")
    shared = rng.normal(0, 3, n)
    tables = []
    for k, month in enumerate(MONTHS):
        score = 5 + 0.6 * start + shared - k + rng.normal(0, 2 + k, n)
        score = score + effect * (arm == "MST-PSB")
        seen = rng.random(n) >= lost
        table = pd.DataFrame(
            {"id": np.arange(n), "month": month, "arm": arm, "start": start}
        ).assign(score=score)
        tables.append(table[seen])
    return pd.concat(tables, ignore_index=True)


def fitted(table, **options):
    return repeated_scores("score + month ~ arm", cluster="id", data=table, **options)


# By hand


@pytest.mark.parametrize("correction", ["kenward-roger", "satterthwaite"])
def test_all_seen_unstructured_is_the_t_test_at_each_visit(correction):
    table = trial(1)
    found = fitted(table, correction=correction)
    for month in MONTHS:
        now = table[table.month == month]
        arms = [now.score[now.arm == a] for a in ("MST-PSB", "MAU")]
        test = stats.ttest_ind(*arms)
        one = found.differences[month]
        assert one.value == pytest.approx(arms[0].mean() - arms[1].mean())
        assert one.p_value == pytest.approx(test.pvalue, rel=1e-6)
        interval = test.confidence_interval()
        assert (one.lower, one.upper) == pytest.approx(tuple(interval), rel=1e-6)
    wide = table.pivot_table(index="id", columns="month", values="score")
    first = np.arange(20) % 2 == 0
    within = wide[first].cov() * 9 + wide[~first].cov() * 9
    assert found.covariance.to_numpy() == pytest.approx(within.to_numpy() / 18)


def test_all_seen_with_baseline_is_the_analysis_of_covariance_at_each_visit():
    table = trial(2)
    found = fitted(table, baseline="start")
    for month in MONTHS:
        now = table[table.month == month]
        alone = ancova(now.score, now.start, now.arm, variance="classical")
        one = found.differences[month]
        assert one.value == pytest.approx(alone.value)
        assert one.standard_error == pytest.approx(alone.standard_error, rel=1e-7)
        assert one.p_value == pytest.approx(alone.p_value, rel=1e-6)


def test_all_seen_compound_symmetry_has_a_closed_form():
    # Mean squares between (MSB, n - 2 df) and within participants (MSW, (n - 2)(T - 1))
    # after cell means: the variance of one score is (MSB + (T - 1) MSW) / T.
    table = trial(3)
    found = fitted(table, covariance="compound-symmetry")
    cell = table.groupby(["arm", "month"]).score.transform("mean")
    residual = (table.score - cell).to_numpy().reshape(3, 20)
    between = 3 * np.sum(residual.mean(axis=0) ** 2) / 18
    within = np.sum((residual - residual.mean(axis=0)) ** 2) / 36
    variance = (between + 2 * within) / 3
    free = (between + 2 * within) ** 2 / (between**2 / 18 + 4 * within**2 / 36)
    one = found.differences[8]
    assert one.standard_error == pytest.approx(math.sqrt(variance * 2 / 10), rel=1e-7)
    reach = stats.t.ppf(0.975, free) * one.standard_error
    assert one.upper - one.value == pytest.approx(reach, rel=1e-7)
    assert found.covariance.loc[4, 8] == pytest.approx((between - within) / 3)
    assert found.covariance.loc[4, 4] == pytest.approx(variance)


# Edges


def test_a_visit_with_one_arm_has_no_difference():
    table = trial(4)
    gone = (table.month == 20) & (table.arm == "MAU")
    found = fitted(table[~gone], covariance="compound-symmetry")
    assert found.differences[20].not_estimable == "an arm has no score at this visit"
    assert found.differences[8].not_estimable is None
    assert found.to_frame().loc[20, "n"] == 10


@pytest.mark.parametrize(
    ("score", "visit", "arm", "cluster", "reason"),
    [
        ([1.0, 2, 4], [1, 1, 1], ["a"] * 3, [1, 2, 3], "only one arm"),
        ([1.0, 2], [1, 1], ["a", "b"], [1, 2], "there are too few scores"),
        (
            [1.0, 2, 3, 4],
            [1, 1, 2, 2],
            ["a", "a", "b", "b"],
            [1, 2, 3, 4],
            "at no visit",
        ),
        ([5.0] * 8, [1, 2] * 4, list("aaaabbbb"), [1, 1, 2, 2, 3, 3, 4, 4], "not vary"),
        # nobody is seen at both visits: nothing tells their covariance
        (
            [1.0, 2, 4, 8, 5, 7, 1, 3],
            [1] * 4 + [2] * 4,
            ["a", "a", "b", "b"] * 2,
            range(8),
            "the data do not tell the covariances apart",
        ),
    ],
)
def test_what_cannot_be_fitted(score, visit, arm, cluster, reason):
    found = repeated_scores(score, visit, arm, list(cluster))
    assert reason in found.not_estimable
    for one in found.differences.values():
        assert one.not_estimable == found.not_estimable
    assert np.isnan(found.covariance.to_numpy()).all()
    assert math.isnan(found.log_likelihood)


def test_one_visit_is_a_t_test_whatever_the_covariance():
    table = trial(5).query("month == 4")
    test = stats.ttest_ind(*(table.score[table.arm == a] for a in ("MST-PSB", "MAU")))
    for covariance in ("unstructured", "compound-symmetry"):
        found = fitted(table, covariance=covariance)
        assert found.differences[4].p_value == pytest.approx(test.pvalue)


# Properties


@given(st.integers(0, 1000), st.sampled_from(["unstructured", "compound-symmetry"]))
@settings(max_examples=6, deadline=None)
def test_shift_scale_swap_and_order(seed, covariance):
    table = trial(seed, n=24, lost=0.2)
    one = fitted(table, baseline="start", covariance=covariance)
    moved = table.assign(score=3 + 2 * table.score).sample(frac=1, random_state=seed)
    other = fitted(moved, baseline="start", covariance=covariance, reference="MST-PSB")
    for month in MONTHS:
        first, second = one.differences[month], other.differences[month]
        assert second.value == pytest.approx(-2 * first.value, rel=1e-6, abs=1e-7)
        assert second.p_value == pytest.approx(first.p_value, rel=1e-6)


@pytest.mark.parametrize(("scale", "shift"), [(1e100, 0.0), (1e-100, 0.0), (1.0, 1e7)])
def test_scores_of_any_size(scale, shift):
    table = trial(6, lost=0.2)
    one = fitted(table).differences[8]
    other = fitted(table.assign(score=scale * table.score + shift)).differences[8]
    assert other.value == pytest.approx(scale * one.value, rel=1e-6)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)


# Naive twin


def naive_restricted(table, theta):
    """Twice the negative restricted log likelihood from one big covariance matrix."""
    months = list(MONTHS)
    root = np.zeros((3, 3))
    root[np.tril_indices(3)] = theta
    visits = table.month.map(months.index).to_numpy()
    same = table.id.to_numpy()[:, None] == table.id.to_numpy()
    v = (root @ root.T)[np.ix_(visits, visits)] * same
    at = np.eye(3)[visits]
    treated = (table.arm == "MST-PSB").to_numpy(float)[:, None]
    x = np.column_stack([at * treated, at, table.start])
    inverse = np.linalg.inv(v)
    precision = x.T @ inverse @ x
    beta = np.linalg.solve(precision, x.T @ inverse @ table.score)
    residual = table.score - x @ beta
    logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(precision)[1]
    constant = (len(table) - x.shape[1]) * math.log(2 * math.pi)
    return logs + residual @ inverse @ residual + constant, beta


def test_one_big_matrix_agrees_when_visits_are_missed():
    table = trial(7, n=30, lost=0.25)
    found = fitted(table, covariates=["start"])
    root = np.linalg.cholesky(found.covariance.to_numpy())
    theta = root[np.tril_indices(3)]
    twice, beta = naive_restricted(table, theta)
    assert found.log_likelihood == pytest.approx(-twice / 2)
    for k, month in enumerate(MONTHS):
        assert found.differences[month].value == pytest.approx(beta[k])
    best = optimize.minimize(lambda t: naive_restricted(table, t)[0], theta)
    assert best.fun == pytest.approx(twice, abs=1e-6)


def test_statsmodels_agrees_on_a_random_intercept():
    # for a positive covariance the two models are the same
    import statsmodels.formula.api as smf

    table = trial(9, n=30, lost=0.2)
    found = fitted(table, covariance="compound-symmetry", covariates=["start"])
    assert found.covariance.loc[4, 8] > 0
    months = "C(month) + C(month):treated"
    table = table.assign(treated=(table.arm == "MST-PSB") * 1.0)
    model = smf.mixedlm(f"score ~ 0 + {months} + start", table, groups=table.id)
    other = model.fit(reml=True)
    assert found.log_likelihood == pytest.approx(other.llf, abs=1e-4)
    # ours take the covariance for known; theirs come from a Hessian of all parameters
    plain = fitted(
        table,
        covariance="compound-symmetry",
        covariates=["start"],
        correction="satterthwaite",
    )
    for month in MONTHS:
        name = f"C(month)[{month}]:treated"
        assert plain.differences[month].value == pytest.approx(
            other.params[name], rel=1e-4
        )
        assert plain.differences[month].standard_error == pytest.approx(
            other.bse[name], rel=1e-2
        )


def test_coverage_with_forty_and_missed_visits():
    # 80 trials of 40, a quarter of the visits missed: three intervals each
    covered = []
    for seed in range(80):
        table = trial(10_000 + seed, n=40, effect=1.5, lost=0.25)
        found = fitted(table, baseline="start")
        covered.append(
            [one.lower < 1.5 < one.upper for one in found.differences.values()]
        )
    error = math.sqrt(0.95 * 0.05 / 80)
    assert np.all(np.abs(np.mean(covered, axis=0) - 0.95) < 3 * error)


# Errors


def test_refusals():
    table = trial(8)
    for name in ("covariance", "correction"):
        with pytest.raises(ArgumentError, match=f"`{name}` must be one of"):
            fitted(table, **{name: "other"})
    with pytest.raises(ArgumentError, match="`cluster` must be given"):
        repeated_scores("score + month ~ arm", data=table)
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        repeated_scores([1.0], [1], cluster=[1])
    twice = pd.concat([table, table.iloc[:2]])
    with pytest.raises(DataError, match=r"`visit` must differ.*'2 repeats'"):
        fitted(twice)
    crossed = table.assign(arm=np.where(table.month == 4, "x", "y"))
    with pytest.raises(DataError, match="`arm` must be the same in all rows"):
        fitted(crossed)
    with pytest.raises(DataError, match="`baseline` must be the same in all rows"):
        fitted(table, baseline="score")
    with pytest.raises(DataError, match="`baseline` must have one dimension"):
        fitted(table, baseline=["start", "score"])
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        fitted(table, level=0)
    holed = table.assign(score=table.score.where(table.index > 0))
    with pytest.raises(DataError, match="no missing values in score"):
        fitted(holed)
    assert fitted(holed, missing="drop").method.endswith(
        "1 row with missing values left out"
    )
