"""Linked numbers keep their distributions; the risks they are tuned to come out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from steps_analysis.simulation.dependence import (
    linked_risk,
    linked_uniform,
    remaining_risk,
    risk_among,
)

N = 100_000
LOADINGS = st.floats(-0.8, 0.8)
RISKS = st.floats(0.01, 0.6)


def _expected(function, loading: float) -> float:
    """Take the mean of a function of need by quadrature, apart from the package's."""
    return integrate.quad(
        lambda z: function(z) * stats.norm.pdf(z), -9, 9, limit=200, epsabs=1e-12
    )[0]


def _given(risk: float, z: float, loading: float) -> float:
    score = (stats.norm.ppf(risk) + loading * z) / np.sqrt(1 - loading**2)
    return float(stats.norm.cdf(score))


@pytest.mark.parametrize("loading", [-0.5, 0.0, 0.3, 0.9])
def test_linked_numbers_are_uniform_and_correlated(loading: float) -> None:
    rng = np.random.default_rng(4)
    need = rng.standard_normal(N)
    uniform = linked_uniform(rng, need, loading)
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    score = stats.norm.ppf(uniform)
    assert np.corrcoef(need, score)[0, 1] == pytest.approx(-loading, abs=0.015)


@settings(deadline=None, max_examples=25)
@given(risk=RISKS, loading=LOADINGS)
def test_the_mean_risk_is_the_risk(risk: float, loading: float) -> None:
    def at(z: float) -> float:
        return float(linked_risk(np.array(risk), np.array(z), loading))

    assert _expected(at, loading) == pytest.approx(risk, rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(part=RISKS, more=RISKS, one=LOADINGS, other=LOADINGS)
def test_the_remaining_risk_makes_the_total(
    part: float, more: float, one: float, other: float
) -> None:
    total = part + (1 - part) * more * 0.5
    rest = remaining_risk(
        np.array([total]), np.array([part]), part_loading=one, loading=other
    )[0]
    either = _expected(
        lambda z: 1 - (1 - _given(part, z, one)) * (1 - _given(rest, z, other)), one
    )
    assert either == pytest.approx(total, abs=2e-5)


def test_nothing_remains_where_the_part_is_the_whole() -> None:
    rest = remaining_risk(
        np.array([0.2, 0.2]), np.array([0.2, 0.3]), part_loading=0.3, loading=0.3
    )
    assert rest.tolist() == [0.0, 0.0]


def test_the_risk_among_those_at_home() -> None:
    # A quarter is looked after, linked by .5; half of those are away from home.
    rng = np.random.default_rng(5)
    need = rng.standard_normal(4 * N)
    looked_after = linked_uniform(rng, need, 0.5) < 0.25
    at_home = ~(looked_after & (rng.random(len(need)) < 0.5))
    risk = risk_among(0.12, 0.3, ((0.25, 0.5, 0.5), (1.0, 0.0, 1.0)))
    happened = linked_uniform(rng, need, 0.3) < risk
    error = np.sqrt(0.12 * 0.88 / at_home.sum())
    assert happened[at_home].mean() == pytest.approx(0.12, abs=4 * error)
    assert happened.mean() > 0.1225  # those away would be at a higher risk
