"""Effects of places that may truly differ."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals.models import common_effect

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals" / "models"


def bcg():
    """Log risk ratios of 13 trials, and their standard errors."""
    table = pd.read_csv(REFERENCE / "bcg.csv")
    treated, control = table["tpos"] + table["tneg"], table["cpos"] + table["cneg"]
    effects = np.log(table["tpos"] / treated) - np.log(table["cpos"] / control)
    variances = 1 / table["tpos"] - 1 / treated + 1 / table["cpos"] - 1 / control
    return effects.to_numpy(), np.sqrt(variances.to_numpy())


# By hand


def test_two_places_that_differ():
    # Q = 8 on 1: variance 7, weights 1/8: mean 2, standard error 2.
    result = common_effect([0, 4], [1, 1], method="dersimonian_laird")
    assert (result.variance, result.q) == (7, 8)
    assert result.q_p_value == pytest.approx(stats.chi2.sf(8, 1))
    assert (result.effect.value, result.effect.standard_error) == (2, 2)
    assert result.effect.lower == pytest.approx(2 - 1.959963984540054 * 2)
    assert result.effect.p_value == pytest.approx(2 * stats.norm.sf(1))


# Edges


@pytest.mark.parametrize("method", ["reml", "dersimonian_laird"])
def test_places_alike_have_no_variance_and_the_plain_weighted_mean(method):
    result = common_effect([1, 1.1], [1, 2], method=method)
    assert result.variance == 0
    assert result.effect.value == pytest.approx((1 + 1.1 / 4) / (1 + 1 / 4))


def test_one_place():
    result = common_effect([1], [1])
    assert result.effect.not_estimable.startswith("there is one place")
    assert math.isnan(result.variance)


# Properties


@pytest.mark.parametrize("method", ["reml", "dersimonian_laird"])
def test_shifting_all_effects_shifts_the_mean_alone(method):
    effects, errors = bcg()
    one, two = (common_effect(effects + d, errors, method=method) for d in (0, 5))
    assert two.effect.value == pytest.approx(one.effect.value + 5)
    assert two.variance == pytest.approx(one.variance)


# Naive twin


def test_reml_is_the_top_of_the_restricted_likelihood():
    effects, errors = bcg()

    def falling(variance):
        total = errors**2 + variance
        mean = np.average(effects, weights=1 / total)
        return (
            np.log(total).sum()
            + np.log((1 / total).sum())
            + ((effects - mean) ** 2 / total).sum()
        )

    best = optimize.minimize_scalar(
        falling, bounds=(0, 5), method="bounded", options={"xatol": 1e-10}
    )
    assert common_effect(effects, errors).variance == pytest.approx(best.x, rel=1e-5)


# Figures


def test_every_figure_of_bcg():
    # metafor's REML stops at a change of 1e-5 in the variance
    values = json.loads((REFERENCE / "bcg.json").read_text())["values"]
    assert set(values) == {"DL", "REML", "b_DL"}
    moments = common_effect(*bcg(), method="dersimonian_laird")
    assert moments.variance == pytest.approx(values["DL"], abs=5.1e-10)
    assert moments.effect.value == pytest.approx(values["b_DL"], abs=5.1e-10)
    reml = common_effect(*bcg(), method="reml")
    assert reml.variance == pytest.approx(values["REML"], rel=1e-6)


# Errors


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "paule_mandel"}, "`method` must be one of reml"),
        ({"level": 95}, "`level` must lie in"),
    ],
)
def test_options_that_break_their_rule(options, match):
    with pytest.raises(ArgumentError, match=match):
        common_effect([1, 2], [1, 1], **options)


@pytest.mark.parametrize(
    ("effects", "errors", "match"),
    [
        ([], [], "`effects` must have one entry per place"),
        ([1, 2], [1], "`standard_errors` must have one entry"),
        ([1, np.nan], [1, 1], "`effects` must be finite"),
        (["none", 2], [1, 1], "`effects` must hold numbers"),
        ([1, 2], [1, "none"], "`standard_errors` must hold numbers"),
        ([1, 2], [1, 0], "`standard_errors` must be finite and above 0"),
    ],
)
def test_columns_that_break_their_rule(effects, errors, match):
    with pytest.raises(DataError, match=match):
        common_effect(effects, errors)
