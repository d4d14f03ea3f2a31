"""Restricted means, their contrasts, and the adjusted model."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    kaplan_meier,
    restricted_mean,
    restricted_mean_model,
    restricted_means,
    survival_quantile,
)

Z = 1.959963984540054
TIME = [1.0, 2, 3, 4, 1, 4, 4, 4]
EVENT = [1, 1, 1, 0, 1, 0, 0, 0]
ARM = ["MAU"] * 4 + ["MST-PSB"] * 4
CONTRASTS = ["difference", "ratio", "ratio of time lost"]


def trial(seed, n=40, late=40.0):
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 30, n) * 1.0, rng.random(n) < 0.6
    arm = np.array(["a", "b"])[np.arange(n) % 2]
    time[:2], event[:2] = late, False
    return time, event, arm, rng.normal((10, 0), 1, (n, 2))


# By hand


def test_drawn_table():
    # up to 4: MAU 1, 2, 3, 4 -> 2.5; MST-PSB 1, 4, 4, 4 -> 3.25
    # without censoring the variance is that of a mean: 5 / 16 and 6.75 / 16
    means = restricted_means(TIME, EVENT, ARM, horizon=4)
    assert means["MAU"].value == pytest.approx(2.5)
    assert means["MST-PSB"].value == pytest.approx(3.25)
    assert means["MAU"].standard_error ** 2 == pytest.approx(5 / 16)
    lost = restricted_means(TIME, EVENT, ARM, horizon=4, quantity="lost")
    assert lost["MAU"].value == pytest.approx(1.5)
    assert lost["MAU"].lower == pytest.approx(4 - means["MAU"].upper)
    found = restricted_mean(TIME, EVENT, ARM, horizon=4)
    assert found.value == pytest.approx(0.75)
    assert found.standard_error == pytest.approx(math.sqrt(11.75) / 4)
    assert found.upper == pytest.approx(0.75 + Z * math.sqrt(11.75) / 4)
    assert "MST-PSB minus MAU" in found.method
    ratio = restricted_mean(TIME, EVENT, ARM, horizon=4, contrast="ratio")
    assert ratio.value == pytest.approx(1.3)
    error = math.sqrt(5 / 16 / 2.5**2 + 6.75 / 16 / 3.25**2)
    assert ratio.standard_error == pytest.approx(error)
    assert ratio.lower == pytest.approx(1.3 * math.exp(-Z * error))
    lost = restricted_mean(TIME, EVENT, ARM, horizon=4, contrast="ratio of time lost")
    assert lost.value == pytest.approx(0.5)


def test_censored_time_is_shared_out():
    # 1+ 2 4 4 : after the censoring at 1 three are at risk, so 2 + 2 * 2/3
    found = restricted_means([1, 2, 4, 4], [0, 1, 0, 0], ["a"] * 4, horizon=4)
    assert found["a"].value == pytest.approx(2 + 4 / 3)
    assert found["a"].standard_error ** 2 == pytest.approx(1 / (3 * 2) * (4 / 3) ** 2)


# Edges


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_a_horizon_beyond_follow_up_is_not_estimable(contrast):
    # MAU ends in a censoring at 3; b ends in an event at 2 and is known for ever
    time, event, arm = [1, 3, 2, 2], [1, 0, 1, 1], ["MAU", "MAU", "b", "b"]
    for covariates in (None, [1.0, 2, 1, 2]):
        found = restricted_mean(
            time, event, arm, horizon=4, contrast=contrast, covariates=covariates
        )
        assert found.not_estimable == "nobody in arm MAU was followed to 4"
    inside = restricted_means(time, event, arm, horizon=3)
    assert inside["MAU"].value == pytest.approx(2.0)
    reason = "everybody in arm b had the event at one and the same time"
    assert inside["b"].not_estimable == reason
    spread = restricted_means([1, 3, 1, 2], event, arm, horizon=3)
    assert spread["b"].value == pytest.approx(1.5)


def test_no_horizon_lies_beyond_all_follow_up():
    found = restricted_mean([1, 2, 1, 3], [1] * 4, ["a", "a", "b", "b"], horizon=4)
    assert found.not_estimable == "nobody was followed to 4"
    found = restricted_mean([1, 2, 1, 3], [1] * 4, ["a", "a", "b", "b"], horizon=3)
    assert found.value == pytest.approx(0.5)


def test_an_arm_without_event_has_limits_all_the_same():
    time = [1.0, 2, 3, 4, 5, 5, 5, 5]
    event = [1, 1, 0, 0, 0, 0, 0, 0]
    arm = ["a"] * 4 + ["b"] * 4
    time[2:4] = [5, 5]
    found = restricted_mean(time, event, arm, horizon=5)
    wilson = 5 * Z**2 / (4 + Z**2)
    means = restricted_means(time, event, arm, horizon=5)
    assert means["b"].value == means["b"].upper == 5
    assert means["b"].lower == pytest.approx(5 - wilson)
    error = means["a"].standard_error
    assert found.lower == pytest.approx(found.value - math.hypot(wilson, Z * error))
    assert found.upper == pytest.approx(found.value + Z * error)
    assert math.isnan(found.standard_error)
    assert math.isnan(found.p_value)
    assert "Wilson's limit stands in" in found.method
    ratio = restricted_mean(time, event, arm, horizon=5, contrast="ratio")
    assert ratio.lower < ratio.value < ratio.upper
    lost = restricted_mean(time, event, arm, horizon=5, contrast="ratio of time lost")
    assert lost.not_estimable == "nobody in arm b had the event before then"


def test_no_event_at_all_is_nil_and_the_model_says_so():
    found = restricted_mean([5] * 8, [0] * 8, ARM, horizon=5)
    assert found.value == 0
    assert found.lower == pytest.approx(-found.upper)
    adjusted = restricted_mean([5] * 8, [0] * 8, ARM, horizon=5, covariates=[1, 2] * 4)
    assert adjusted.not_estimable == "nobody had the event before the horizon"


def test_one_arm_or_one_participant():
    for covariates in (None, [1.0, 2.0]):
        found = restricted_mean(
            [1, 2], [1, 0], ["a", "a"], horizon=2, covariates=covariates
        )
        assert found.not_estimable == "only one arm has participants"
    found = restricted_mean([1, 2], [1, 0], ["a", "b"], horizon=1.5)
    reason = "everybody in arm a had the event at one and the same time"
    assert found.not_estimable == reason


def test_a_constant_or_repeated_covariate_is_left_out():
    time, event, arm, x = trial(1)
    table = pd.DataFrame({"one": 1.0, "x": x[:, 0], "twice": 2 * x[:, 0]})
    fit = restricted_mean_model(time, event, arm, table, horizon=25)
    assert fit.dropped == ("one", "twice")
    alone = restricted_mean_model(time, event, arm, x[:, 0], horizon=25)
    assert fit.effect().value == pytest.approx(alone.effect().value)
    reason = "one is constant or determined by those before it"
    assert fit.estimate("one").not_estimable == reason


def test_a_covariate_that_is_the_arm_is_left_out():
    time, event, arm, _ = trial(1)
    fit = restricted_mean_model(time, event, arm, arm == "a", horizon=25)
    assert fit.dropped == ("column 1",)


def test_too_few_participants_and_unbounded_ratios():
    found = restricted_mean([1, 2], [1, 0], ["a", "b"], horizon=2, covariates=[1, 4])
    assert found.not_estimable == "there are no more participants than coefficients"
    time, event = [1.0, 2, 3, 5, 5, 5, 5, 5], [1, 1, 1, 0, 0, 0, 0, 0]
    found = restricted_mean(
        time,
        event,
        ["a"] * 4 + ["b"] * 4,
        horizon=5,
        covariates=[1, 2, 3, 4, 4, 3, 1, 2],
        contrast="ratio of time lost",
    )
    assert found.not_estimable == "a ratio of the model is nil or without bound"
    found = restricted_mean(
        [2] * 4 + [5] * 4,
        [1] * 4 + [0] * 4,
        ["a"] * 4 + ["b"] * 4,
        horizon=5,
        covariates=[1, 2, 3, 4] * 2,
    )
    assert found.not_estimable == "times do not vary within arms"


# Properties


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_arms_mirrors_and_scale_carries_through(seed):
    time, event, arm, x = trial(seed)
    for covariates in (None, x):
        one, two, twice = (
            restricted_mean(
                time * scale,
                event,
                arm,
                horizon=25 * scale,
                covariates=covariates,
                reference=reference,
            )
            for scale, reference in ((1, "a"), (1, "b"), (2, "a"))
        )
        assert one.value == pytest.approx(-two.value)
        assert one.lower == pytest.approx(-two.upper)
        assert twice.upper == pytest.approx(2 * one.upper)
    ratio = restricted_mean(time, event, arm, horizon=25, contrast="ratio")
    other = restricted_mean(
        time, event, arm, horizon=25, contrast="ratio", reference="b"
    )
    assert ratio.lower == pytest.approx(1 / other.upper)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_model_of_the_arm_alone_is_the_area_under_the_curve(seed):
    # a constant covariate is left out: the weighted mean of each arm remains
    time, event, arm, _ = trial(seed)
    for contrast in CONTRASTS:
        plain = restricted_mean(time, event, arm, horizon=25, contrast=contrast)
        model = restricted_mean(
            time, event, arm, horizon=25, contrast=contrast, covariates=[1] * 40
        )
        assert model.value == pytest.approx(plain.value)


def test_the_models_error_is_right_under_censoring():
    # 300 trials of 60: mean of the estimated variances against the variance seen; the
    # Monte Carlo error of a variance is about sqrt(2 / 300) = 8 %
    rng, values, variances = np.random.default_rng(5), [], []
    for _ in range(300):
        x = rng.normal(size=60)
        hidden = rng.exponential(12 * np.exp(0.4 * x))
        censored = rng.uniform(2, 40, 60)
        censored[:2] = 40
        hidden[:2] = np.maximum(hidden[:2], 16)
        found = restricted_mean(
            np.minimum(hidden, censored),
            hidden <= censored,
            np.array(["a", "b"])[np.arange(60) % 2],
            horizon=15,
            covariates=x,
        )
        values.append(found.value)
        variances.append(found.standard_error**2)
    assert np.mean(variances) / np.var(values) == pytest.approx(1, abs=0.24)
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(300)


# Naive twin


def slow_area(time, event, horizon):
    """Add up the area and its variance in loops (Greenwood)."""
    times = sorted({t for t, e in zip(time, event, strict=True) if e and t < horizon})

    def height(when):
        level = 1.0
        for t in times:
            if t <= when:
                n = sum(x >= t for x in time)
                d = sum(x == t and e for x, e in zip(time, event, strict=True))
                level *= 1 - d / n
        return level

    def area(start):
        edges = [start, *[t for t in times if t > start], horizon]
        return sum((b - a) * height(a) for a, b in pairwise(edges))

    variance = 0.0
    for t in times:
        n = sum(x >= t for x in time)
        d = sum(x == t and e for x, e in zip(time, event, strict=True))
        if n > d:
            variance += d / n / (n - d) * area(t) ** 2
    return area(0.0), variance


@pytest.mark.parametrize("seed", range(5))
def test_equals_a_slow_area(seed):
    time, event, arm, _ = trial(seed)
    found = restricted_means(time, event, arm, horizon=22)
    for label in "ab":
        mean, variance = slow_area(time[arm == label], event[arm == label], 22)
        assert found[label].value == pytest.approx(mean)
        assert found[label].standard_error ** 2 == pytest.approx(variance)


def slow_model(time, event, arm, x, horizon):
    """Weight, regress and sandwich in loops (Tian, Zhao and Wei, section 2)."""
    n, y, known = len(time), np.minimum(time, horizon), event | (time >= horizon)
    design = np.column_stack([np.ones(n), arm == "b", x])

    def at_risk(j, t):
        return y[j] > t or (y[j] == t and not known[j])

    weights = np.zeros(n)
    for i in range(n):
        own = [j for j in range(n) if arm[j] == arm[i]]
        free = 1.0
        for t in sorted({y[j] for j in own if not known[j] and y[j] < y[i]}):
            r = sum(at_risk(j, t) for j in own)
            free *= 1 - sum(y[j] == t and not known[j] for j in own) / r
        weights[i] = known[i] / free
    scaled = design * weights[:, None]
    beta = np.linalg.solve(scaled.T @ design, scaled.T @ y)
    score = scaled * (y - design @ beta)[:, None]
    total = np.zeros((design.shape[1],) * 2)
    for i in range(n):
        own = [j for j in range(n) if arm[j] == arm[i]]
        part = score[i].copy()
        for k in own:
            if known[k] or not (k == i or at_risk(i, y[k])):
                continue
            r = sum(at_risk(j, y[k]) for j in own)
            still = sum(score[j] for j in own if at_risk(j, y[k]))
            part += still / r * (k == i) - at_risk(i, y[k]) * still / r**2
        total += np.outer(part, part)
    bread = np.linalg.inv(design.T @ design)
    return beta, bread @ total @ bread


@pytest.mark.parametrize("seed", range(3))
def test_equals_a_slow_regression(seed):
    time, event, arm, x = trial(seed)
    fit = restricted_mean_model(time, event, arm, x, horizon=22)
    beta, covariance = slow_model(time, event, arm, x, 22)
    assert fit.coefficients == pytest.approx(beta)
    assert fit.covariance == pytest.approx(covariance)


# R


def limits(found, keys):
    return dict(zip(keys, (found.lower, found.upper), strict=True))


@pytest.mark.parametrize("horizon", [26, 52])
def test_equals_survrm2(horizon, figures, table, compare):
    rossi, ours = table("ll_rossi"), {}
    columns = rossi.week, rossi.arrest, rossi.fin
    for name, quantity in (("rmst", "free"), ("rmtl", "lost")):
        means = restricted_means(*columns, horizon=horizon, quantity=quantity)
        for arm in (0, 1):
            found, where = means[str(arm)], ours.setdefault(f"arm{arm}", {})
            where[name] = {
                "Est.": found.value,
                "se": found.standard_error,
                "lower .95": found.lower,
                "upper .95": found.upper,
            }
            where["rmst_var"] = found.standard_error**2
    ours["unadjusted"] = contrasts(columns, horizon, None)
    theirs = figures[f"rmst_rossi_{horizon}"]
    compare(ours, {**theirs, "unadjusted": theirs["unadjusted"]["matrix"]})


def contrasts(columns, horizon, covariates):
    rows = []
    for contrast in CONTRASTS:
        found = restricted_mean(
            *columns, horizon=horizon, contrast=contrast, covariates=covariates
        )
        rows.append([found.value, found.lower, found.upper, found.p_value])
    return rows


def test_equals_survrm2_adjusted(figures, table, compare):
    rossi, theirs = table("ll_rossi"), figures["rmst_rossi_adj"]
    columns, x = (rossi.week, rossi.arrest, rossi.fin), rossi[["age", "prio"]]
    ours = {"adjusted": contrasts(columns, 51, x), "diff": [], "ratio": []}
    for key, contrast in (("diff", "difference"), ("ratio", "ratio")):
        fit = restricted_mean_model(*columns, x, horizon=51, contrast=contrast)
        for j, name in enumerate(fit.names):
            found = fit.estimate(name)
            row = [
                fit.coefficients[j],
                fit.standard_error[j],
                fit.coefficients[j] / fit.standard_error[j],
                found.p_value,
            ]
            row += [found.value] if key == "ratio" else []
            ours[key].append([*row, found.lower, found.upper])
        assert list(fit.names) == theirs[key]["rows"]
    # glm stops at a relative change of 1e-8 in the deviance
    compare(ours, {k: v["matrix"] for k, v in theirs.items()}, rel=1e-6, absolute=1e-12)


def test_a_formula_names_its_covariates(table):
    rossi = table("ll_rossi")
    found = restricted_mean(
        "week + arrest ~ fin", horizon=51, covariates=["age", "prio"], data=rossi
    )
    assert found.value == pytest.approx(1.86184805830237)
    fit = restricted_mean_model(
        "week + arrest ~ fin", horizon=51, covariates="age", data=rossi
    )
    assert fit.names == ("intercept", "arm", "age")


def test_equals_survfit(figures, table, compare):
    rossi, rows = table("ll_rossi"), []
    means = restricted_means(rossi.week, rossi.arrest, rossi.fin, horizon=52)
    for fin in (0, 1):
        own, found = rossi[rossi.fin == fin], means[str(fin)]
        median = survival_quantile(kaplan_meier(own.week, own.arrest, transform="log"))
        n, events = len(own), int(own.arrest.sum())
        error = found.standard_error
        tail = [median.value, median.lower, median.upper]
        rows.append([n, n, n, events, found.value, error, *tail])
    compare(rows, figures["rmst_survfit_rossi"]["matrix"])


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(DataError, match="`horizon` must be finite and above 0"):
        restricted_mean(TIME, EVENT, ARM, horizon=0)
    with pytest.raises(DataError, match="`horizon` must be finite and above 0"):
        restricted_means(TIME, EVENT, ARM, horizon=math.inf)
    with pytest.raises(ArgumentError, match="`contrast` must be one of difference"):
        restricted_mean(TIME, EVENT, ARM, horizon=4, contrast="odds")
    with pytest.raises(ArgumentError, match="`contrast` must be one of difference"):
        restricted_mean_model(TIME, EVENT, ARM, TIME, horizon=4, contrast="odds")
    with pytest.raises(ArgumentError, match="`quantity` must be one of free, lost"):
        restricted_means(TIME, EVENT, ARM, horizon=4, quantity="both")
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        restricted_mean([1, 2, 3], [1, 1, 1], ["a", "b", "c"], horizon=1)
    with pytest.raises(ArgumentError, match="`reference` must be one of MAU, MST-PSB"):
        restricted_mean(TIME, EVENT, ARM, horizon=4, reference="AIM")
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        restricted_mean_model(TIME, EVENT, ARM, horizon=4)
    with pytest.raises(DataError, match="`covariates` must have at least one column"):
        restricted_mean_model(TIME, EVENT, ARM, np.zeros((8, 0)), horizon=4)
    fit = restricted_mean_model(TIME, EVENT, ARM, TIME, horizon=4)
    with pytest.raises(ArgumentError, match="`name` must be one of intercept, arm"):
        fit.estimate("age")
    with pytest.raises(DataError, match="`time` must have no missing values"):
        restricted_mean([math.nan, 2], [1, 1], ["a", "b"], horizon=1)
    found = restricted_mean(
        [math.nan, *TIME], [1, *EVENT], ["MAU", *ARM], horizon=4, missing="drop"
    )
    assert "1 row with missing values left out" in found.method
