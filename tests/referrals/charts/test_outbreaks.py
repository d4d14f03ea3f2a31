"""Farrington's limits: by hand, against a slow twin of R's glm, and R's own figures."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import farrington_limits
from steps_analysis.referrals.charts.quasi_poisson import (
    fit_quasi_poisson,
    outbreaks_weighted_down,
)
from steps_analysis.referrals.charts.signals import MORE

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals"
WEEKS = list(range(281, 297))


def figures():
    return json.loads((REFERENCE / "farrington.json").read_text())


def alarms(chart):
    return (chart.points["flag"] != "none").astype(int).tolist()


# By hand


def test_a_level_series():
    # Four in every week: dispersion 0, taken as 1; se squared of the mean 4 / 35.
    chart = farrington_limits([4] * 312 + [9], at=[312])
    spread = 4 / 9 * 4 ** (1 / 3) * (1 + 1 / 35)
    expected = (4 ** (2 / 3) + stats.norm.ppf(0.975) * spread**0.5) ** 1.5
    row = chart.points.iloc[0]
    assert row["upper"] == pytest.approx(expected)
    assert row["centre"] == pytest.approx(4)
    assert (row["dispersion"], row["trend"]) == (1, False)
    assert (row["flag"], row["note"]) == ("above the upper limit", MORE)


def test_a_level_series_by_the_newer_method():
    chart = farrington_limits([4] * 312 + [9], at=[312], method="noufaily")
    assert chart.points["upper"].tolist() == [stats.poisson.ppf(0.95, 4)]
    assert alarms(chart) == [1]


def test_too_few_to_tell():
    chart = farrington_limits([1] * 312 + [2], at=[311, 312])
    assert chart.points["upper"].isna().tolist() == [True, False]
    assert chart.points["remark"].iloc[0].endswith("too few to tell")


# Edges


def test_none_in_years_before():
    chart = farrington_limits([0] * 312 + [9], at=[312])
    assert chart.points["remark"].iloc[0].startswith("not estimable because there was")
    assert alarms(chart) == [0]


def test_a_short_series_has_no_limits():
    chart = farrington_limits([3] * 100)
    assert chart.not_estimable == "there are too few years"
    assert chart.points.empty


def test_a_season_without_any_is_no_trouble():
    year = [5] * 26 + [0] * 26
    chart = farrington_limits(year * 6, method="noufaily", at=[5 * 52 + 10])
    assert chart.points["centre"].iloc[0] == pytest.approx(5, rel=1e-6)


def test_months():
    counts = pd.Series([6, 9] * 36, index=[f"m{i}" for i in range(72)])
    chart = farrington_limits(counts, periods_per_year=12, half_window=1)
    assert chart.points.index.tolist() == [f"m{i}" for i in range(61, 72)]
    assert np.isfinite(chart.points["upper"]).all()
    newer = farrington_limits(
        counts, periods_per_year=12, half_window=1, method="noufaily", at=[71]
    )
    assert newer.points["centre"].iloc[0] > 0


# Naive twin: R's glm.fit in a slow loop, which may stop as early as R does


def slow_glm(design, counts, weights, stop):
    mean, before = counts + 0.1, None
    eta = np.log(mean)
    for _ in range(60):
        working, information = eta + (counts - mean) / mean, weights * mean
        cross = design.T @ np.diag(information) @ design
        beta = np.linalg.solve(cross, design.T @ (information * working))
        used = information  # R's hat values and errors: weights of this last step
        eta = design @ beta
        mean = np.exp(eta)
        part = [
            y * math.log(y / m) if y else 0.0 for y, m in zip(counts, mean, strict=True)
        ]
        deviance = 2 * sum(w * (p - (y - m)) for w, p, y, m in
                           zip(weights, part, counts, mean, strict=True))  # fmt: skip
        if before is not None and abs(deviance - before) < stop * (abs(deviance) + 0.1):
            break
        before = deviance
    inverse = np.linalg.inv(design.T @ np.diag(used) @ design)
    hat = np.array([u * x @ inverse @ x for u, x in zip(used, design, strict=True)])
    # Working residuals with this last step's weights, as summary.glm takes them.
    squares = (used * ((counts - mean) / mean) ** 2).sum()
    phi = squares / (len(counts) - design.shape[1])
    return beta, mean, inverse, hat, phi


def slow_farrington(counts, k, stop):
    past = [i for b in range(5, 0, -1) for i in range(k - 52 * b - 3, k - 52 * b + 4)]
    y = np.array([float(counts[i]) for i in past])

    def twice(design):
        _, mean, _, hat, phi = slow_glm(design, y, np.ones(35), stop)
        raw = 1.5 * (y ** (2 / 3) * mean ** (-1 / 6) - mean**0.5)
        s = raw / np.sqrt(max(phi, 1) * (1 - hat))
        weights = np.array([r**-2 if r > 1 else 1.0 for r in s])
        return slow_glm(design, y, weights * 35 / weights.sum(), stop)

    design = np.column_stack([np.ones(35), np.array(past) - k])
    beta, _, inverse, _, phi = twice(design)
    t = beta[1] / math.sqrt(phi * inverse[1, 1])
    significant = 2 * stats.t.sf(abs(t), 33) < 0.05
    if not (significant and math.exp(beta[0]) <= y.max()):
        beta, _, inverse, _, phi = twice(design[:, :1])
    phi, mean = max(phi, 1), math.exp(beta[0])
    tau = phi + phi * inverse[0, 0] * mean
    se = math.sqrt(4 / 9 * mean ** (1 / 3) * tau)
    return (mean ** (2 / 3) + stats.norm.ppf(0.975) * se) ** 1.5


def test_equals_the_slow_twin_taken_to_convergence():
    counts = figures()["values"]["series"]
    ours = farrington_limits(counts, at=WEEKS).points["upper"].to_numpy()
    twin = [slow_farrington(counts, k, -1.0) for k in WEEKS]
    assert ours == pytest.approx(twin, rel=1e-9)


def test_r_stops_where_the_twin_stops_with_rs_tolerance():
    values = figures()["values"]
    twin = [slow_farrington(values["series"], k, 1e-8) for k in WEEKS]
    assert twin == pytest.approx(values["farrington_upper"], abs=6e-9)


def test_weights_add_up_and_fall_with_the_residual():
    counts = np.array([1.0, 2, 1, 3, 2] * 8 + [30, 12])
    fit = fit_quasi_poisson(np.ones((42, 1)), counts, np.ones(42))
    weights = outbreaks_weighted_down(fit, counts, 1.0)
    assert weights.sum() == pytest.approx(42)
    assert weights[40] < weights[41] < weights[0]
    assert fit.dispersion == fit.pearson > 1


# R


def test_every_figure_of_r():
    # Ours goes on where R's fit stops at a relative change of 1e-8: five digits.
    values = figures()["values"]
    chart = farrington_limits(values["series"], at=WEEKS)
    upper = chart.points["upper"].to_numpy()
    assert upper == pytest.approx(values["farrington_upper"], rel=2e-5)
    assert alarms(chart) == values["farrington_alarm"]
    assert chart.points["observed"].tolist() == values["obs"]
    newer = farrington_limits(values["series"], at=WEEKS, method="noufaily")
    assert newer.points["upper"].tolist() == values["flexible_upper"]
    assert alarms(newer) == values["flex_alarm"]
    assert newer.points["trend"].all()
    assert (values["start"], values["freq"]) == ([1990, 1], [52])
    assert values["version"] == ["1.20.3"]
    assert "range = 282:297" in chart.to_r()
    assert "b = 5, w = 3, alpha = 0.05" in newer.to_r()


def test_r_tests_the_trend_with_the_wrong_dispersion():
    # farringtonFlexible puts the outbreak weights where summary.glm looks for working
    # weights, so it keeps trends at p < 0.05 that a right test drops.
    values = figures()["values"]
    ours = farrington_limits(
        values["series"], at=WEEKS, method="noufaily", trend_p=0.05
    )
    assert ours.points["trend"].sum() == 2
    assert ours.points["upper"].tolist() != values["flexible_upper"]
    k = 281
    past = np.arange(k - 263, k - 3)
    y = np.array(values["series"], float)[past]
    parts = np.tile(np.repeat(np.arange(10), [7, *[5] * 9]), 5)
    design = np.column_stack(
        [np.ones(260), past - k, *[(parts == j) * 1.0 for j in range(1, 10)]]
    )
    fit = fit_quasi_poisson(design, y, np.ones(260))
    weights = outbreaks_weighted_down(fit, y, 2.58)
    fit = fit_quasi_poisson(design, y, weights)
    inverse = np.linalg.inv(fit.information)[1, 1]
    wrong = (weights * ((y - fit.mean) / fit.mean) ** 2).sum() / 249
    p = [
        2 * stats.t.sf(abs(fit.coefficients[1]) / math.sqrt(phi * inverse), 249)
        for phi in (fit.pearson, wrong)
    ]
    assert p == pytest.approx([0.0947, 0.0104], abs=5e-5)


# Errors


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ArgumentError, match="`method` must be one of farrington"):
        farrington_limits([1], method="serfling")
    for at in ([262], [313], [300.5]):
        with pytest.raises(ArgumentError, match="`at` must lie in"):
            farrington_limits([1] * 313, at=at)
    for name, value in (("years", 0), ("half_window", -1), ("periods_per_year", 1),
                        ("years", math.nan)):  # fmt: skip
        with pytest.raises(ArgumentError, match=f"`{name}` must be a whole number"):
            farrington_limits([1], **{name: value})
    with pytest.raises(ArgumentError, match="`periods_per_year` must be at least 16"):
        farrington_limits([1], periods_per_year=12, method="noufaily")
    with pytest.raises(ArgumentError, match="`trend_p` must lie in"):
        farrington_limits([1], trend_p=2)
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        farrington_limits([1], level=95)
    with pytest.raises(DataError, match="`counts` must hold whole numbers"):
        farrington_limits([0.5])
