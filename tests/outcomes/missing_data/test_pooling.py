"""Rubin's rules."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.estimates import Estimate
from steps_analysis.outcomes import pool_imputations, rubin_rules

Q = [0.31, 0.28, 0.42, 0.25, 0.35]
U = [0.040, 0.038, 0.045, 0.041, 0.039]


def estimates(values=Q, variances=U, measure="risk difference", log=False):
    found = []
    for q, u in zip(values, variances, strict=True):
        value = math.exp(q) if log else q
        found.append(
            Estimate(
                measure=measure,
                value=value,
                lower=value - 1,
                upper=value + 1,
                standard_error=math.sqrt(u),
                n=80,
                method="glm",
            )
        )
    return found


# By hand


def test_two_estimates():
    # 1 and 3, variances 1: W = 1, B = 2, T = 1 + 1.5 x 2 = 4, lambda = 3 / 4,
    # Rubin's df 1 / (9 / 16); with 10 complete df: 11 / 13 x 10 / 4
    pooled = rubin_rules([1.0, 3.0], [1.0, 1.0])
    assert (pooled.value, pooled.within, pooled.between, pooled.total) == (2, 1, 2, 4)
    assert pooled.degrees_of_freedom == pytest.approx(16 / 9)
    known = rubin_rules([1.0, 3.0], [1.0, 1.0], complete_df=10)
    seen = 11 / 13 * 10 / 4
    assert known.degrees_of_freedom == pytest.approx(1 / (9 / 16 + 1 / seen))


def test_the_estimate_has_limits_by_t():
    found = pool_imputations(estimates(), complete_df=78)
    pooled = rubin_rules(Q, U, complete_df=78)
    error = math.sqrt(pooled.total)
    reach = stats.t.ppf(0.975, pooled.degrees_of_freedom) * error
    assert found.value == pytest.approx(0.322)
    assert (found.lower, found.upper) == pytest.approx((0.322 - reach, 0.322 + reach))
    p = 2 * stats.t.sf(0.322 / error, pooled.degrees_of_freedom)
    assert found.p_value == pytest.approx(p)
    assert found.method.startswith("Rubin's rules over 5 imputations")
    assert found.method.endswith("; glm")


def test_ratios_are_pooled_as_logs():
    ratio = pool_imputations(estimates(measure="odds ratio", log=True), scale="log")
    plain = pool_imputations(estimates())
    assert ratio.value == pytest.approx(math.exp(plain.value))
    assert ratio.upper == pytest.approx(math.exp(plain.upper))
    assert ratio.standard_error == pytest.approx(plain.standard_error)


# Edges


def test_imputations_that_agree_leave_the_complete_analysis():
    same = rubin_rules([2.0] * 4, [1.0] * 4, complete_df=20)
    assert same.total == 1
    assert same.degrees_of_freedom == pytest.approx(21 / 23 * 20)
    assert rubin_rules([2.0] * 4, [1.0] * 4).degrees_of_freedom == math.inf
    assert pool_imputations(estimates([0.3] * 5)).p_value == pytest.approx(
        2 * stats.norm.sf(0.3 / math.sqrt(np.mean(U)))
    )


def test_what_cannot_be_pooled():
    found = estimates()
    gone = Estimate.missing("risk difference", "there is no event", n=80)
    reason = pool_imputations([*found[:4], gone]).not_estimable
    assert reason == "1 of 5 imputed tables gave no number: there is no event"
    assert (
        pool_imputations(found[:1]).not_estimable == "there is only one imputed table"
    )
    bare = [replace(one, standard_error=math.nan) for one in found]
    assert pool_imputations(bare).not_estimable == "an estimate has no standard error"
    below = estimates([-1.0, 1.0], [1.0, 1.0], measure="odds ratio")
    assert "has no log" in pool_imputations(below, scale="log").not_estimable


# Properties


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 4)), min_size=2, max_size=9),
    st.floats(2, 500),
)
@settings(max_examples=40, deadline=None)
def test_order_and_bounds(pairs, complete):
    q, u = map(list, zip(*pairs, strict=True))
    one = rubin_rules(q, u, complete_df=complete)
    other = rubin_rules(q[::-1], u[::-1], complete_df=complete)
    assert other.total == pytest.approx(one.total)
    assert one.total >= one.within
    free = rubin_rules(q, u).degrees_of_freedom
    assert one.degrees_of_freedom <= min(free, complete) * (1 + 1e-12)


# R's figures


@pytest.mark.parametrize(("case", "complete"), [("n80", 78), ("ninf", None)])
def test_equals_mice(case, complete, figures, compare):
    pooled = rubin_rules(Q, U, complete_df=complete)
    ours = {
        "qbar": pooled.value,
        "ubar": pooled.within,
        "b": pooled.between,
        "t": pooled.total,
        "df": pooled.degrees_of_freedom,
        "r": pooled.relative_increase,
        "fmi": pooled.missing_information,
    }
    compare(ours, figures["mi_pool_scalar"][case])


# Errors


def test_refusals():
    with pytest.raises(DataError, match="`value` must have at least two estimates"):
        rubin_rules([1.0], [1.0])
    with pytest.raises(DataError, match="`variance` must be above 0"):
        rubin_rules([1.0, 2.0], [1.0, 0.0])
    with pytest.raises(DataError, match="`variance` must be above 0, one for each"):
        rubin_rules([1.0, 2.0], [1.0])
    with pytest.raises(ArgumentError, match="`complete_df` must be above 0"):
        rubin_rules(Q, U, complete_df=0)
    with pytest.raises(ArgumentError, match="`estimates` must hold at least one"):
        pool_imputations([])
    with pytest.raises(ArgumentError, match="`estimates` must measure one thing"):
        pool_imputations([*estimates(), *estimates(measure="mean")])
    with pytest.raises(ArgumentError, match='`scale` must be "log" for a ratio'):
        pool_imputations(estimates(measure="hazard ratio, age"))
    with pytest.raises(ArgumentError, match="`scale` must be one of"):
        pool_imputations(estimates(), scale="logit")
