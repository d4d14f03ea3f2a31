"""What changed where a forum began, against boroughs where none did."""

import itertools
import json
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals.models import interrupted_series
from steps_analysis.referrals.models import placebo as placebo_module
from steps_analysis.referrals.models.placebo import (
    count_ways,
    placebo_scores,
    placebo_test,
)
from steps_analysis.referrals.models.two_way import Panel, clear, fit_margins
from tools.interrupted_series import ALPHA, NOISES, RATIO, draw_series, interval
from tools.measured import MEASURED

MONTHS = pd.date_range("2014-01-01", periods=36, freq="MS")


def table_of(events, months=MONTHS, exposure=1000.0):
    """One row per borough and month, of counts of shape (boroughs, months)."""
    events = np.asarray(events)
    sites = [chr(65 + i) for i in range(len(events))]
    return pd.DataFrame(
        {
            "site": np.repeat(sites, len(months)),
            "period_start": np.tile(months, len(sites)),
            "referrals": events.ravel(),
            "person_years": np.broadcast_to(exposure, events.shape).ravel(),
        }
    )


def flat(n_sites=4, count=10):
    return np.full((n_sites, 36), count)


def drawn(n_sites=6, seed=3, growth=None, exposure=1.0):
    rng = np.random.default_rng(seed)
    mean = rng.uniform(1, 4, n_sites)[:, None] * rng.uniform(0.5, 1.5, 36) * exposure
    for site, start in (growth or {}).items():
        mean[site, start:] *= 2
    return rng.poisson(mean)


# By hand


def test_doubling_beside_three_that_stay():
    # 240 before and 240 after in B; 10 a month elsewhere, 3 x 240 and 3 x 120.
    # Ratio (240/240) / (360/720) = 2; information of a 2 x 2 table of totals:
    # 1 / (1/240 + 1/240 + 1/720 + 1/360).
    events = flat()
    events[1, 24:] = 20
    result = interrupted_series(table_of(events), {"B": "2016-01-01"})
    assert result.effect.value == pytest.approx(2, rel=1e-9)
    variance = 1 / 240 + 1 / 240 + 1 / 720 + 1 / 360
    assert result.effect.standard_error == pytest.approx(math.sqrt(variance), rel=1e-9)
    # the three are exactly alike: their scores are 0, the scale is held at 1, t on 2
    assert (result.dispersion, result.degrees_of_freedom) == (1, 2)
    reach = stats.t.ppf(0.975, 2) * math.sqrt(variance)
    assert result.effect.lower == pytest.approx(2 * math.exp(-reach), rel=1e-9)
    assert result.effect.upper == pytest.approx(2 * math.exp(reach), rel=1e-9)
    tail = 2 * stats.t.sf(math.log(2) / math.sqrt(variance), 2)
    assert result.effect.p_value == pytest.approx(tail, rel=1e-9)
    assert result.placebo.p_value == result.smallest_p_value == 0.25
    assert result.effect.n == 480
    assert (result.changed, result.controls) == (("B",), ("A", "C", "D"))
    assert (result.n_months, result.months_before, result.months_after) == (36, 24, 12)
    assert result.not_estimable is None


def test_what_all_boroughs_share_is_no_effect():
    season = np.tile([1, 1, 2, 1, 1, 1, 1, 0, 3, 1, 1, 1], 3) * np.arange(1, 37)
    events = np.array([1, 2, 3, 5])[:, None] * season
    result = interrupted_series(table_of(events), {"A": "2016-01-01"})
    assert result.effect.value == pytest.approx(1, rel=1e-9)


def test_one_changed_of_14_says_that_p_cannot_be_below_one_in_14():
    events = flat(14)
    events[0, 24:] = 40
    result = interrupted_series(table_of(events), {"A": "2016-01-01"})
    assert result.smallest_p_value == result.placebo.p_value == 1 / 14
    assert "cannot be below 0.071" in result.placebo.method
    words = "1 of 14 boroughs changed: the placebo p-value cannot be below 0.071"
    assert words in result.statements
    assert "more referrals may mean better identification" in result.statements


def test_a_month_with_the_forum_for_half_of_it_has_half_of_the_growth():
    # June has 30 days: from the 16th on half the days; 10 x (1 + (3 - 1) / 2) = 20.
    months = pd.date_range("2014-06-01", periods=36, freq="MS")
    events = flat()
    events[0, 24], events[0, 25:] = 20, 30
    result = interrupted_series(table_of(events, months), {"A": "2016-06-16"})
    assert result.effect.value == pytest.approx(3, rel=1e-9)


def test_a_ramp_is_a_straight_line_to_the_whole_ratio():
    # a year of 366 days; middle of month m after the start over 365.25 days
    middle = np.cumsum([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    middle = middle - np.diff(middle, prepend=0) / 2
    exposure = np.ones((4, 36))
    exposure[0, 24:] = 1 + (1.8 - 1) * np.clip(middle / 365.25 * 12 / 6, 0, 1)
    table = table_of(100 * exposure).assign(person_years=1.0)
    table["referrals"] = (table["referrals"] * 1e6).round()
    result = interrupted_series(table, {"A": "2016-01-01"}, shape="ramp", ramp_months=6)
    assert result.effect.value == pytest.approx(1.8, rel=1e-6)
    assert "ramp over 6 months" in result.effect.method


def test_a_source_may_have_its_own_season():
    # each source has its own months; within each, borough A doubles
    base = [table_of(flat() * factor) for factor in (1, 2)]
    base[1].loc[base[1]["period_start"].dt.month == 8, "referrals"] = 1
    for part in base:
        grown = (part["site"] == "A") & (part["period_start"] >= "2016-01-01")
        part.loc[grown, "referrals"] *= 2
    both = pd.concat([part.assign(source=i) for i, part in enumerate(base)])
    result = interrupted_series(both, {"A": "2016-01-01"}, stratum="source")
    assert result.effect.value == pytest.approx(2, rel=1e-9)


# What the design cannot support


@pytest.mark.parametrize(
    ("starts", "options", "reason"),
    [
        ({"A": "2015-12-01"}, {}, "there are 23 months before a change"),
        ({"A": "2013-01-01"}, {}, "there are 0 months before a change"),
        ({"A": "2016-08-01"}, {}, "there are 5 months after a change"),
        ({"A": "2016-01-01", "B": "2016-08-01"}, {}, "there are 5 months after"),
        ({}, {}, "no borough changes within the series"),
        ({"A": None}, {}, "no borough changes within the series"),
        ({"A": "2017-01-01"}, {}, "no borough changes within the series"),
        (dict.fromkeys("ABCD", "2016-01-01"), {}, "all boroughs change at once"),
        (
            {"A": "2016-03-01", **dict.fromkeys("BCD", "2016-01-01")},
            {},
            "there is no control borough: every borough changes",
        ),
        ({"A": "2016-01-01", "B": "2016-02-01"}, {}, "there are 2 unchanged boroughs"),
        ({"A": "2016-02-01"}, {"shape": "ramp"}, "no ramp is complete"),
        ({"A": "2016-01-01"}, {"counted": "trial_referrals"}, "trial referrals begin"),
        (
            {"A": "2016-01-01"},
            {"coincides_with": {"A": "entry into the trial"}},
            "in 1 of 1 boroughs the start coincides with entry into the trial",
        ),
    ],
)
def test_claims_that_are_refused(starts, options, reason):
    result = interrupted_series(table_of(flat()), starts, **options)
    assert result.not_estimable.startswith(reason)
    assert result.placebo.not_estimable == result.not_estimable
    assert math.isnan(result.effect.value)
    assert math.isnan(result.smallest_p_value)
    assert len(result.placebos) == 0


def test_one_borough_alone_is_refused():
    result = interrupted_series(table_of(flat(1)), {"A": "2016-01-01"})
    assert result.not_estimable == "there is no control borough"


def test_what_coincides_in_an_unchanged_borough_does_not_matter():
    result = interrupted_series(
        table_of(flat()), {"A": "2016-01-01"}, coincides_with={"B": "a merger"}
    )
    assert result.not_estimable is None


@pytest.mark.parametrize(
    ("rows", "columns", "reason"),
    [
        (slice(None), slice(None), "no referrals in the unchanged boroughs"),
        (slice(1, None), slice(None), "no referrals in the unchanged boroughs"),
        (0, slice(24), "no referrals before the change"),
        (0, slice(24, None), "no referrals after the change"),
    ],
)
def test_no_referrals_where_they_are_needed(rows, columns, reason):
    events = flat()
    events[rows, columns] = 0
    result = interrupted_series(table_of(events), {"A": "2016-01-01"})
    assert reason in result.not_estimable


def test_no_referral_anywhere_after_the_change_elsewhere_has_no_peak():
    events = flat()
    events[1:, 24:] = 0
    result = interrupted_series(table_of(events), {"A": "2016-01-01"})
    assert result.not_estimable == "the likelihood has no peak"


def test_two_unchanged_boroughs_do_for_those_who_trust_the_counts():
    result = interrupted_series(
        table_of(drawn(3)), {"A": "2016-01-01"}, variance="quasi_poisson"
    )
    assert result.not_estimable is None
    assert "quasi-Poisson" in result.effect.method


# Properties


def test_order_of_rows_and_boroughs_changes_nothing():
    table = table_of(drawn(growth={0: 24}))
    first = interrupted_series(table, {"A": "2016-01-01", "C": None})
    mixed = table.sample(frac=1, random_state=1)
    second = interrupted_series(mixed, {"A": "2016-01-01"})
    assert first.effect == second.effect
    assert first.placebo == second.placebo
    pd.testing.assert_frame_equal(first.placebos, second.placebos)
    assert list(first.placebos["site"]) == list("ABCDEF")


def test_counting_twice_as_many_persons_changes_no_ratio():
    table = table_of(drawn())
    twice = table.assign(person_years=2 * table["person_years"])
    starts = {"A": "2016-01-01", "B": "2016-03-01"}
    one, two = (interrupted_series(each, starts).effect for each in (table, twice))
    assert one.value == pytest.approx(two.value, rel=1e-9)
    assert one.upper == pytest.approx(two.upper, rel=1e-9)


def test_placebo_scores_of_one_start_add_up_to_nothing():
    panel = Panel(events=drawn()[:, None].astype(float), exposure=np.ones((6, 1, 36)))
    part = np.repeat([0.0, 1.0], [24, 12])[None]
    assert placebo_scores(panel, part).score.sum() == pytest.approx(0, abs=1e-9)


# Naive twin: dummies for boroughs and months, dense algebra


def dense(table, starts, keep=None):
    """Coefficient and inverse information of the dummy-variable model."""
    import statsmodels.api as sm

    table = table if keep is None else table[table["site"].isin(keep)]
    change = np.zeros(len(table))
    for site, start in starts.items():
        change += (table["site"] == site) & (table["period_start"] >= start)
    dummies = pd.get_dummies(table[["site", "period_start"]].astype(str), dtype=float)
    design = np.column_stack([change, dummies.iloc[:, :-1]])
    model = sm.GLM(
        table["referrals"],
        design,
        family=sm.families.Poisson(),
        exposure=table["person_years"],
    )
    fit = model.fit(tol=1e-12, maxiter=200)
    return design, fit


def naive_score(table, starts, keep=None):
    """Score test of no effect, from the model without it."""
    import statsmodels.api as sm

    kept = table if keep is None else table[table["site"].isin(keep)]
    design, _ = dense(table, starts, keep)
    null = sm.GLM(
        kept["referrals"],
        design[:, 1:],
        family=sm.families.Poisson(),
        exposure=kept["person_years"],
    ).fit(tol=1e-12, maxiter=200)
    mean = np.asarray(null.fittedvalues)
    information = (design * mean[:, None]).T @ design
    rest = information[0, 1:] @ np.linalg.solve(information[1:, 1:], information[1:, 0])
    score = float(design[:, 0] @ (np.asarray(kept["referrals"]) - mean))
    return score / math.sqrt(information[0, 0] - rest)


STARTS = {"A": "2016-01-01", "B": "2016-04-01"}


def uneven():
    exposure = np.random.default_rng(5).uniform(500, 1500, (6, 36))
    return table_of(drawn(growth={0: 24, 1: 27}), exposure=exposure)


def test_effect_and_error_are_those_of_the_model_with_dummies():
    table = uneven()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, fit = dense(table, STARTS)
    result = interrupted_series(table, STARTS)
    assert math.log(result.effect.value) == pytest.approx(fit.params.iloc[0], rel=1e-7)
    error = result.effect.standard_error / math.sqrt(result.dispersion)
    assert error == pytest.approx(fit.bse.iloc[0], rel=1e-6)
    quasi = interrupted_series(table, STARTS, variance="quasi_poisson")
    assert quasi.dispersion == pytest.approx(
        max(1, fit.pearson_chi2 / fit.df_resid), rel=1e-6
    )


def test_newey_west_is_the_double_sum_over_lags_within_boroughs():
    table = uneven()
    design, fit = dense(table, STARTS)
    mean = np.asarray(fit.fittedvalues)
    inverse = np.linalg.inv((design * mean[:, None]).T @ design)
    scores = design * (np.asarray(table["referrals"]) - mean)[:, None]
    meat = np.zeros_like(inverse)
    lags = int(4 * (36 / 100) ** (2 / 9))
    for rows in table.groupby("site").indices.values():
        for i, j in itertools.product(rows, rows):
            apart = abs(i - j)
            if apart <= lags:
                weight = 1 - apart / (lags + 1)
                meat += weight * np.outer(scores[i], scores[j])
    variance = (inverse @ meat @ inverse)[0, 0]
    result = interrupted_series(table, STARTS, variance="newey_west")
    assert result.effect.standard_error**2 == pytest.approx(variance, rel=1e-6)


def test_the_scale_is_the_mean_square_of_the_controls_own_score_tests():
    table = uneven()
    controls = list("CDEF")
    squares = [
        naive_score(table, {site: start}, controls) ** 2
        for site in controls
        for start in STARTS.values()
    ]
    result = interrupted_series(table, STARTS)
    assert result.dispersion == pytest.approx(max(1, np.mean(squares)), rel=1e-7)


def test_the_placebo_test_tries_every_pair():
    table = uneven()
    own = naive_score(table, STARTS)
    days = list(STARTS.values())
    others = [
        naive_score(table, dict(zip(pair, days, strict=True)))
        for pair in itertools.permutations("ABCDEF", 2)
    ]
    result = interrupted_series(table, STARTS)
    assert result.placebo.statistic == pytest.approx(own, rel=1e-7)
    expected = np.mean(np.abs(others) >= abs(own) - 1e-9)
    assert result.placebo.p_value == pytest.approx(expected, rel=1e-12)
    assert result.smallest_p_value == 1 / 30


def test_many_placebos_are_drawn_and_agree_with_all(monkeypatch):
    panel = Panel(events=drawn()[:, None].astype(float), exposure=np.ones((6, 1, 36)))
    parts = np.vstack([np.arange(36) >= 24, np.arange(36) >= 27]).astype(float)
    scores, own = placebo_scores(panel, parts), np.array([0, 1])
    every = placebo_test(scores, own, own, seed=None)
    monkeypatch.setattr(placebo_module, "MOST_ASSIGNMENTS", 10)
    some = placebo_test(scores, own, own, seed=1)
    error = math.sqrt(every.p_value * (1 - every.p_value) / 20_000)
    assert some.p_value == pytest.approx(every.p_value, abs=4 * error)
    assert some == placebo_test(scores, own, own, seed=1)
    assert "20,000 of 30 ways" in some.method
    with pytest.raises(ArgumentError, match=r"`seed` must be given where there are"):
        placebo_test(scores, own, own, seed=None)


def test_ways_are_counted_as_they_are_listed():
    start = np.array([0, 0, 1])
    ways = placebo_module._listed(5, start)
    assert len(ways) == count_ways(5, start) == 30
    assert len({tuple(way) for way in ways}) == 30
    assert all(len(set(way)) == 3 and way[0] < way[1] for way in ways.tolist())


def test_margins_are_those_observed_and_cleared_values_hold_no_level():
    rng = np.random.default_rng(2)
    events = rng.poisson(1, (4, 2, 12)).astype(float)
    events[0], events[:, 1, 5] = 0, 0
    fitted = fit_margins(Panel(events=events, exposure=rng.uniform(1, 2, (4, 2, 12))))
    assert fitted.sum(axis=0) == pytest.approx(events.sum(axis=0), abs=1e-8)
    assert fitted.sum(axis=2) == pytest.approx(events.sum(axis=2), abs=1e-8)
    left = fitted * clear(rng.standard_normal((4, 2, 12)), fitted)
    assert left.sum(axis=0) == pytest.approx(np.zeros((2, 12)), abs=1e-9)
    assert left.sum(axis=2) == pytest.approx(np.zeros((4, 2)), abs=1e-9)


# Level, measured

SETTINGS = json.loads((MEASURED / "interrupted_series.json").read_text())["found"][
    "settings"
]


def margin(share, n):
    return 3 * math.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize("cell", SETTINGS)
def test_the_default_interval_holds_its_level_in_every_setting(cell):
    found = cell["placebo"]
    assert found["series"] >= 1000
    assert found["not estimable"] <= 0.02 * found["series"]
    assert found["coverage"] >= 0.95 - margin(0.95, found["series"])
    if cell["ratio"] == 1:
        bound = ALPHA + margin(ALPHA, found["series"])
        assert found["no effect excluded"] <= bound
        test = cell["placebo test"]
        level = test["level"]
        assert test["rejected"] <= level + margin(level, test["series"])


def test_every_shape_number_and_noise_was_measured():
    cells = {(c["changed"], c["shape"], c["between months"]) for c in SETTINGS}
    assert len(cells) == 12
    assert len(SETTINGS) == 24


def test_the_others_do_not_hold_it():
    clinging = [c for c in SETTINGS if c["between months"] == NOISES[2]]
    assert max(c["quasi_poisson"]["coverage"] for c in clinging) < 0.93
    assert np.mean([c["newey_west"]["coverage"] for c in SETTINGS]) < 0.93


@pytest.mark.parametrize("noise", NOISES)
def test_a_sample_of_series_agrees_with_what_was_measured(noise):
    # 60 series: standard error about .03
    series = [draw_series((24,), "step", RATIO, noise, seed=i) for i in range(60)]
    found = interval("placebo", series, RATIO)
    assert found["coverage"] >= 0.95 - margin(0.95, 60)


# Errors


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"shape": "jump"}, "`shape` must be one of step, ramp"),
        ({"counted": "all"}, "`counted` must be one of"),
        ({"variance": "hac"}, "`variance` must be one of placebo"),
        ({"ramp_months": 0}, "`ramp_months` must be a whole number"),
        ({"ramp_months": True}, "`ramp_months` must be a whole number"),
        ({"level": 95}, "`level` must lie in"),
        ({"coincides_with": {"Z": "x"}}, "`coincides_with` must name boroughs"),
    ],
)
def test_options_that_break_their_rule(change, match):
    with pytest.raises(ArgumentError, match=match):
        interrupted_series(table_of(flat()), {"A": "2016-01-01"}, **change)


@pytest.mark.parametrize(
    ("starts", "match"),
    [
        ({"Z": "2016-01-01"}, "`starts` must name boroughs"),
        ({"A": "soon"}, "`starts` must hold dates or None"),
    ],
)
def test_starts_that_break_their_rule(starts, match):
    with pytest.raises(ArgumentError, match=match):
        interrupted_series(table_of(flat()), starts)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda t: t.drop(columns="site"), "`table` must have a column 'site'"),
        (lambda t: t.iloc[:-1], "`table` must have one row for each site, period"),
        (lambda t: pd.concat([t, t]), "`table` must have one row for each"),
        (lambda t: t.iloc[:0], "`table` must have at least one row"),
        (
            lambda t: t[t["period_start"] != "2014-05-01"],
            "`period_start` must hold the first days of months, none left out",
        ),
        (
            lambda t: t.assign(period_start="when"),
            "`period_start` must hold first days",
        ),
        (lambda t: t.assign(referrals=-1), "`events` must hold whole numbers"),
        (
            lambda t: t.assign(person_years=0.0, referrals=0),
            "`person_years` must be above 0",
        ),
    ],
)
def test_tables_that_break_their_rule(change, match):
    with pytest.raises(DataError, match=match):
        interrupted_series(change(table_of(flat())), {"A": "2016-01-01"})
