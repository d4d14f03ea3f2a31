"""Models of referral counts: Poisson, negative binomial, levels of sites, seasons."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import recruitment_rates
from steps_analysis.referrals.models import (
    Season,
    seasonal_columns,
    shrunken_rates,
    volume_model,
)
from steps_analysis.referrals.models.count_families import CountFamily
from steps_analysis.referrals.models.count_fit import Counts
from steps_analysis.referrals.models.random_sites import SiteIntegral

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals" / "models"


def figures(block):
    return json.loads((REFERENCE / f"{block}.json").read_text())["values"]


def seatbelts():
    table = pd.read_csv(REFERENCE / "Seatbelts.csv")
    table["t"] = np.arange(1, len(table) + 1)
    table["month"] = [f"{(t - 1) % 12 + 1:02d}" for t in table["t"]]
    return table


def cbpp():
    table = pd.read_csv(REFERENCE / "cbpp.csv")
    return table.assign(period=table["period"].astype(str))


def drawn(sd=0.5, theta=math.inf, seed=2, n_sites=14, n=12):
    """Counts of sites with levels, about 4 in a row."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(n_sites), n)
    x = np.tile(np.arange(n) / n, n_sites)
    exposure = rng.uniform(1, 3, len(site))
    level = np.exp(sd * rng.standard_normal(n_sites))[site]
    mean = exposure * 2 * level * np.exp(0.5 * x)
    if math.isfinite(theta):
        mean = mean * rng.gamma(theta, 1 / theta, len(site))
    return pd.DataFrame(
        {
            "y": rng.poisson(mean),
            "x": x,
            "exposure": exposure,
            "site": [f"Borough {chr(65 + i)}" for i in site],
        }
    )


# By hand


def test_two_sources_have_the_ratio_of_their_rates():
    # 6 in 300 against 30 in 500: ratio 3; variance of its logarithm 1/6 + 1/30.
    fit = volume_model(
        "y ~ source",
        data=pd.DataFrame({"y": [2, 4, 30], "source": ["a", "a", "b"]}),
        exposure=[100, 200, 500],
        family="poisson",
    )
    ratio = fit.effects["source[T.b]"]
    assert ratio.value == pytest.approx(3)
    error = math.sqrt(1 / 6 + 1 / 30)
    assert ratio.standard_error == pytest.approx(error)
    assert ratio.upper == pytest.approx(3 * math.exp(1.959963984540054 * error))
    assert ratio.p_value == pytest.approx(2 * stats.norm.sf(math.log(3) / error))
    assert fit.effects["(Intercept)"].value == pytest.approx(0.02)
    assert fit.expected == pytest.approx([2, 4, 30])
    loglik = stats.poisson.logpmf([2, 4, 30], [2, 4, 30]).sum()
    assert fit.log_likelihood == pytest.approx(loglik)
    assert (ratio.n, fit.n, fit.n_sites, fit.has_converged) == (36, 3, 0, True)


def test_quasi_poisson_widens_by_the_scatter():
    # 2 and 6, mean 4: chi-squared 1 + 1 over 1 degree of freedom: dispersion 2.
    fit = volume_model([2, 6], family="quasi_poisson")
    assert fit.dispersion == pytest.approx(2)
    rate = fit.effects["(Intercept)"]
    assert rate.standard_error == pytest.approx(math.sqrt(2 / 8))
    reach = stats.t.ppf(0.975, 1) * math.sqrt(2 / 8)
    assert rate.upper == pytest.approx(4 * math.exp(reach))
    assert math.isnan(fit.log_likelihood)


# Edges


@pytest.mark.parametrize(
    ("columns", "options", "reason"),
    [
        (([0, 0], None), {}, "there are no events"),
        (([3, 4], [[1, 0], [0, 1]]), {}, "there are 2 rows for 3 parameters"),
        (([3, 4, 5], [1, 1, 1]), {}, "the covariates say the same"),
        (([3, 4, 0, 0], [0, 0, 1, 1]), {}, "the likelihood rises for ever"),
        (([3, 4], None), {"site": ["A", "B"]}, "no site has two rows"),
        (([3, 4], None), {"site": ["A", "A"]}, "there is one site"),
        (([3, 3], None, [3, 3]), {"family": "binomial"}, "there is nothing but events"),
        (([3], None), {"family": "quasi_poisson"}, "there is no scatter left"),
    ],
)
def test_no_fit_and_why(columns, options, reason):
    fit = volume_model(*columns, **options)
    assert fit.not_estimable.startswith(reason)
    assert fit.effects == {}
    assert math.isnan(fit.log_likelihood)
    assert not fit.has_converged


def test_one_count_has_a_rate():
    assert volume_model([3], family="poisson").effects["(Intercept)"].value == (
        pytest.approx(3)
    )


def test_no_over_dispersion_is_poisson_and_said():
    fit = volume_model([4, 4, 4, 4])
    poisson = volume_model([4, 4, 4, 4], family="poisson")
    assert fit.theta == math.inf
    assert math.isnan(fit.theta_standard_error)
    assert "theta is infinite" in fit.method
    assert fit.log_likelihood == poisson.log_likelihood


def test_a_peak_away_from_poisson_is_found():
    # 8 in 1 year, 96 in 100: squares about the common rate add up to less than chance
    # makes them, for the larger count has by far the larger variance. At infinite theta
    # the likelihood falls, yet its highest peak is elsewhere.
    y, e = np.array([8, 96]), np.array([1.0, 100.0])
    common = e * y.sum() / e.sum()
    assert ((y - common) ** 2 - y).sum() < 0
    fit = volume_model(y, exposure=e)

    def falling(logs):
        theta, mean = np.exp(logs[0]), np.exp(logs[1]) * e
        return -stats.nbinom.logpmf(y, theta, theta / (theta + mean)).sum()

    best = optimize.minimize(falling, [0, 0], method="Nelder-Mead", tol=1e-11)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-8)
    assert fit.log_likelihood > stats.poisson.logpmf(y, common).sum() + 1
    assert fit.theta == pytest.approx(math.exp(best.x[0]), rel=1e-3)
    # the same likelihood, asked as a forecast and as shrunken rates ask it
    assert 1 / recruitment_rates(y, e).variation.value ** 2 == pytest.approx(fit.theta)
    shrunken = shrunken_rates(y, e, method="maximum_likelihood")
    assert shrunken.shape == pytest.approx(fit.theta)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_sites_alike_have_a_spread_of_0_on_the_boundary(family):
    site = np.repeat(["A", "B", "C"], 4)
    fit = volume_model([1, 4, 2, 9] * 3, site=site, family=family)
    plain = volume_model([1, 4, 2, 9] * 3, family=family)
    assert fit.site_standard_deviation == 0
    assert "on the boundary" in fit.method
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood)
    assert fit.coefficients == pytest.approx(plain.coefficients)
    assert fit.site_levels == {"A": 0, "B": 0, "C": 0}


def test_poisson_counts_of_sites_have_infinite_theta():
    site, y = np.repeat(["A", "B"], 6), [4] * 6 + [16] * 6
    fit = volume_model(y, site=site)
    poisson = volume_model(y, site=site, family="poisson")
    assert fit.theta == math.inf
    assert "vary no more than Poisson" in fit.method
    assert fit.log_likelihood == pytest.approx(poisson.log_likelihood, abs=1e-8)


def test_huge_counts_do_not_run_over():
    fit = volume_model([1e9, 2e9, 4e9], [0, 1, 2], [1e-3, 1e-3, 1e-3])
    assert fit.effects["x1"].value == pytest.approx(2, rel=1e-6)


# Properties


def test_order_of_rows_changes_nothing():
    table = drawn()
    mixed = table.sample(frac=1, random_state=1)
    one, two = (
        volume_model("y ~ x", exposure="exposure", site="site", data=each)
        for each in (table, mixed)
    )
    assert one.coefficients == pytest.approx(two.coefficients, abs=1e-7)
    assert one.site_standard_deviation == pytest.approx(
        two.site_standard_deviation, rel=1e-6
    )
    assert list(one.site_levels) == sorted(set(table["site"]))


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_arrays_and_formula_agree(family):
    table = drawn(theta=3)
    one = volume_model("y ~ x", exposure="exposure", family=family, data=table)
    two = volume_model(table["y"], table[["x"]], table["exposure"], family=family)
    assert one.effects == two.effects


def test_twice_the_exposure_halves_the_rate_and_nothing_else():
    table = drawn(theta=3)
    one = volume_model(table["y"], table["x"], table["exposure"])
    two = volume_model(table["y"], table["x"], 2 * table["exposure"])
    rates = [fit.effects["(Intercept)"].value for fit in (one, two)]
    assert rates[0] == pytest.approx(2 * rates[1])
    assert one.effects["x1"].value == pytest.approx(two.effects["x1"].value)


def test_expected_counts_add_up_to_those_observed():
    table = drawn()
    fit = volume_model(table["y"], table["x"], table["exposure"], family="poisson")
    assert fit.expected.sum() == pytest.approx(table["y"].sum())


# Naive twin


def test_negative_binomial_is_the_top_of_its_likelihood():
    table = drawn(theta=2, sd=0)
    y, e = table["y"].to_numpy(), table["exposure"].to_numpy()

    def falling(parameters):
        mean = e * np.exp(parameters[0] + parameters[1] * table["x"])
        theta = np.exp(parameters[2])
        return -stats.nbinom.logpmf(y, theta, theta / (theta + mean)).sum()

    best = optimize.minimize(falling, [0, 0, 0], method="Nelder-Mead", tol=1e-11)
    fit = volume_model(y, table["x"], e)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-8)
    assert fit.coefficients == pytest.approx(best.x[:2], abs=1e-4)
    assert fit.theta == pytest.approx(math.exp(best.x[2]), rel=1e-3)

    def slope_of(theta):
        fixed = stats.nbinom.logpmf(y, theta, theta / (theta + fit.expected))
        return fixed.sum()

    step = 1e-3 * fit.theta
    ends = [slope_of(fit.theta + k * step) for k in (-1, 0, 1)]
    curvature = -(ends[0] - 2 * ends[1] + ends[2]) / step**2
    assert fit.theta_standard_error == pytest.approx(curvature**-0.5, rel=1e-3)


@pytest.mark.parametrize("theta", [math.inf, 4.0])
def test_levels_of_sites_are_integrated_out(theta):
    # integral over each site's level by adaptive quadrature of scipy
    table = drawn(theta=theta, n_sites=4, n=5)
    family = "poisson" if math.isinf(theta) else "negative_binomial"
    fit = volume_model(
        "y ~ x",
        exposure="exposure",
        site="site",
        family=family,
        n_points=25,
        data=table,
    )
    assert fit.site_standard_deviation > 0

    def log_likelihood(beta, sd, theta):
        total = 0.0
        for _, rows in table.groupby("site"):
            fixed = rows["exposure"] * np.exp(beta[0] + beta[1] * rows["x"])

            def density(z, rows=rows, fixed=fixed):
                mean = fixed.to_numpy() * math.exp(sd * z)
                if math.isinf(theta):
                    chance = stats.poisson.pmf(rows["y"], mean)
                else:
                    chance = stats.nbinom.pmf(rows["y"], theta, theta / (theta + mean))
                return chance.prod() * stats.norm.pdf(z)

            total += math.log(integrate.quad(density, -7, 7, epsabs=0, limit=200)[0])
        return total

    own = fit.coefficients, fit.site_standard_deviation, fit.theta
    top = log_likelihood(*own)
    assert fit.log_likelihood == pytest.approx(top, abs=1e-6)
    for move in (-0.02, 0.02):  # nowhere higher nearby
        assert log_likelihood(own[0] + [move, 0], *own[1:]) < top
        assert log_likelihood(own[0] + [0, move], *own[1:]) < top
        assert log_likelihood(own[0], own[1] + move, own[2]) < top


def test_the_gradient_is_that_of_the_likelihood():
    table = drawn(theta=4)
    integral = SiteIntegral.of(
        Counts(
            events=table["y"].to_numpy(float),
            exposure=table["exposure"].to_numpy(),
            design=np.column_stack([np.ones(len(table)), table["x"]]),
        ),
        pd.factorize(table["site"])[0],
        CountFamily(name="negative_binomial", theta=1.0),
        25,
    )
    at = np.array([0.5, 0.4, 0.6, 1.2])
    found = integral.log_likelihood(at)[1]
    naive = optimize.approx_fprime(at, lambda p: integral.log_likelihood(p)[0], 1e-6)
    assert found == pytest.approx(naive, rel=1e-3, abs=1e-3)


# Figures


def test_every_figure_of_the_seatbelts():
    values = figures("its_seatbelts")
    assert set(values) == {
        "model",
        "law_coef",
        "irr",
        "se_quasi",
        "dispersion",
        "se_poisson",
        "nb_coef",
        "nb_theta",
        "nb_se",
        "se_newey_west_lag12",
        "trend",
        "t",
    }
    model, table = values["model"], seatbelts()
    poisson = volume_model(model, family="poisson", data=table)
    quasi = volume_model(model, family="quasi_poisson", data=table)
    serial = volume_model(model, family="poisson", newey_west_lags=12, data=table)
    binomial = volume_model(model, data=table)
    found = {
        "law_coef": poisson.coefficients[1],
        "irr": poisson.effects["law"].value,
        "se_quasi": quasi.effects["law"].standard_error,
        "dispersion": poisson.dispersion,
        "se_poisson": poisson.effects["law"].standard_error,
        "nb_coef": binomial.coefficients[1],
        "nb_theta": binomial.theta,
        "nb_se": binomial.effects["law"].standard_error,
        "se_newey_west_lag12": serial.effects["law"].standard_error,
        "trend": poisson.coefficients[2],
    }
    for name, value in found.items():
        assert value == pytest.approx(values[name], rel=1e-6, abs=5.1e-10), name
    assert values["t"] == "1..192, month as 12-level factor"
    assert (table["t"].iloc[-1], table["month"].nunique()) == (192, 12)


TABLE_CBPP = cbpp()
Y, SIZE = (TABLE_CBPP[name].to_numpy(float) for name in ("incidence", "size"))
HERD = pd.factorize(TABLE_CBPP["herd"])[0]
PERIODS = np.column_stack(
    [np.ones(len(Y)), *(1.0 * (TABLE_CBPP["period"] == k) for k in "234")]
)


def working(eta):
    """Weights and working response of a logistic model."""
    p = 1 / (1 + np.exp(-eta))
    weight = SIZE * p * (1 - p)
    return weight, eta + (Y - SIZE * p) / weight


def deviance(eta):
    return -2 * stats.binom.logpmf(Y, SIZE, 1 / (1 + np.exp(-eta))).sum()


def begin():
    """Predictor of lme4's first stage, nAGQ = 0, from which the second begins."""
    both = 1.0 * (HERD[:, None] == np.arange(15))
    penalty = np.diag([1.0] * 15 + [0] * 4)

    def joint(sd):
        eta = np.log((Y + 0.5) / (SIZE - Y + 0.5))
        columns = np.hstack([sd * both, PERIODS])
        for _ in range(60):
            weight, response = working(eta)
            cross = columns.T @ (weight[:, None] * columns) + penalty
            solved = np.linalg.solve(cross, columns.T @ (weight * response))
            eta = columns @ solved
        spread = np.log(1 + sd**2 * np.bincount(HERD, weight)).sum()
        return deviance(eta) + solved[:15] @ solved[:15] + spread, eta

    first = optimize.minimize_scalar(
        lambda sd: joint(sd)[0], bounds=(0.1, 2), method="bounded"
    )
    return joint(first.x)[1]


def stopped_early(parameters, eta):
    """
    Laplace's approximation as lme4's `pwrssUpdate` stops it.

    Iterations stop when the penalised deviance changes by less than 1e-7 of itself; the
    determinant is of the weights one step before. Written from memory of lme4's C++.
    """
    fixed, sd, old = PERIODS @ parameters[:4], abs(parameters[4]), math.inf
    for _ in range(100):
        weight, response = working(eta)
        bend = 1 + sd**2 * np.bincount(HERD, weight)
        u = sd * np.bincount(HERD, weight * (response - fixed)) / bend
        eta = fixed + sd * u[HERD]
        new = deviance(eta) + u @ u
        if abs(new - old) < 1e-7 * new:
            break
        old = new
    return -0.5 * (new + np.log(bend).sum())


def test_every_figure_of_cbpp():
    # Our fit is the maximum of Laplace's approximation.  lme4 stops its inner
    # iterations early, which moves its figures by up to 4e-4 of themselves, more than
    # the tolerance: that stop, put into a twin, gives its log likelihood to 1e-6 and
    # its estimates to 1e-4, and is what the difference consists of.
    values = figures("glmm_cbpp")
    assert set(values) == {"fixef", "sd_herd", "loglik"}
    fit = volume_model(
        "incidence ~ period",
        exposure="size",
        site="herd",
        family="binomial",
        n_points=1,
        data=cbpp(),
    )
    eta = begin()
    reference = np.array([*values["fixef"], values["sd_herd"]])
    assert stopped_early(reference, eta) == pytest.approx(values["loglik"], abs=1e-6)
    best = optimize.minimize(
        lambda p: -stopped_early(p, eta),
        np.append(fit.coefficients, fit.site_standard_deviation),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000},
    )
    assert best.x == pytest.approx(reference, rel=1e-4)
    assert fit.coefficients == pytest.approx(values["fixef"], rel=5e-4)
    assert fit.site_standard_deviation == pytest.approx(values["sd_herd"], rel=5e-4)
    assert values["loglik"] < fit.log_likelihood
    assert fit.log_likelihood == pytest.approx(values["loglik"], abs=5e-4)


# Seasons


def test_waves_and_august_of_each_source():
    table = pd.DataFrame(
        {
            "period_start": ["2014-01-01", "2014-04-01", "2014-08-01"],
            "source": ["school", "police", "school"],
        }
    )
    found = seasonal_columns(table, Season(source="source", harmonics=1))
    assert list(found) == [
        f"{source}: {name}"
        for source in ("police", "school")
        for name in ("cosine 1", "sine 1", "month 8")
    ]
    turned = math.cos(7 * math.pi / 6), math.sin(7 * math.pi / 6)
    assert found.to_numpy() == pytest.approx(
        np.array([[0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 0, *turned, 1]])
    )


def test_a_season_of_schools_is_found_and_that_of_others_is_not():
    months = pd.date_range("2012-01-01", periods=36, freq="MS")
    waves = 1 + 0.5 * np.cos(2 * np.pi * (months.month - 1) / 12)
    table = pd.DataFrame(
        {
            "period_start": list(months) * 2,
            "source": ["school"] * 36 + ["police"] * 36,
            "referrals": np.append(np.round(40 * waves), np.full(36, 40)),
        }
    )
    season = Season(source="source", harmonics=2, closed=())
    fit = volume_model(
        "referrals ~ source", season=season, family="poisson", data=table
    )
    assert fit.effects["school: cosine 1"].value > 1.3
    assert fit.effects["police: cosine 1"].value == pytest.approx(1)
    assert len(fit.effects) == 2 + 8


# Coverage


def test_limits_of_a_model_with_levels_of_sites_hold():
    # 60 fits, standard error about .03
    hits = []
    for seed in range(60):
        table = drawn(sd=0.5, seed=seed, n=6)
        fit = volume_model(
            "y ~ x", exposure="exposure", site="site", family="poisson", data=table
        )
        effect = fit.effects["x"]
        hits.append(effect.lower <= math.exp(0.5) <= effect.upper)
    assert np.mean(hits) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 60)


# Errors

TABLE = pd.DataFrame({"y": [1, 2], "x": [0, 1], "when": ["2014-01-01", None]})


@pytest.mark.parametrize(
    ("columns", "options", "match"),
    [
        (([1],), {"family": "gamma"}, "`family` must be one of poisson"),
        (([1],), {"level": 95}, "`level` must lie in"),
        (([1],), {"n_points": 0}, "`n_points` must be a whole number from 1 to 100"),
        (([1],), {"newey_west_lags": -1}, "`newey_west_lags` must be a whole number"),
        (
            ([1],),
            {"family": "quasi_poisson", "site": ["A"]},
            "`family` must not be quasi_poisson with `site`",
        ),
        (
            ([1],),
            {"site": ["A"], "newey_west_lags": 1},
            "`newey_west_lags` must be None with `site`",
        ),
        (([1],), {"season": Season()}, "`season` must come with a formula"),
        (([1],), {"data": TABLE}, "`events` must be a formula"),
        (("y ~ x",), {}, "`data` must be given with a formula"),
        (("y ~ x", [1, 2]), {"data": TABLE}, "`covariates` must be None"),
        (("y ~ z",), {"data": TABLE}, "`formula` must name columns"),
    ],
)
def test_options_that_break_their_rule(columns, options, match):
    with pytest.raises(ArgumentError, match=match):
        volume_model(*columns, **options)


@pytest.mark.parametrize(
    ("columns", "options", "match"),
    [
        (([-1],), {}, "`events` must hold whole numbers"),
        (([],), {}, "`events` must have one entry per row"),
        ((3,), {}, "`events` must have one entry per row"),
        (([1], None, [0]), {}, "`exposure` must hold finite numbers, above 0"),
        (([1], None, [1, 2]), {}, "`exposure` must have one entry for each"),
        (([1], [1, 2]), {}, "`covariates` must have one entry for each"),
        (([1], [[[1]]]), {}, "`covariates` must have one or two dimensions"),
        (([1], ["a"]), {}, "`covariates` must hold numbers"),
        (([1], [np.nan]), {}, "`covariates` must have no missing or infinite"),
        (([1],), {"site": ["A", "B"]}, "`site` must have one entry for each"),
        (([1],), {"site": [None]}, "`site` must have no missing values"),
        (([3], None, [2]), {"family": "binomial"}, "`events` must not exceed"),
        (("y ~ x",), {"data": TABLE.iloc[:0]}, "`data` must have at least one row"),
        (
            ("y ~ x",),
            {"data": TABLE, "season": Season()},
            "`data` must have a column 'period_start'",
        ),
        (
            ("y ~ x",),
            {"data": TABLE, "season": Season(month="when")},
            "`when` must have no missing values",
        ),
        (
            ("y ~ x",),
            {"data": TABLE.assign(m="often"), "season": Season(month="m")},
            "`m` must hold dates",
        ),
    ],
)
def test_columns_that_break_their_rule(columns, options, match):
    with pytest.raises(DataError, match=match):
        volume_model(*columns, **options)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"harmonics": 6}, "`harmonics` must be a whole number from 0 to 5"),
        ({"harmonics": True}, "`harmonics` must be a whole number"),
        ({"closed": (13,)}, "`closed` must hold calendar months"),
    ],
)
def test_seasons_that_break_their_rule(options, match):
    with pytest.raises(ArgumentError, match=match):
        Season(**options)
