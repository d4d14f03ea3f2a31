"""The doubly non-central F against scipy's simpler laws, an integral, a simulation."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from steps_analysis.randomisation.biases.doubly_noncentral import f_rejection


def _reject(between, within, df_between=1, df_within=6, alpha=0.05):
    return float(
        f_rejection(
            np.array([float(between)]),
            np.array([float(within)]),
            df_between=df_between,
            df_within=df_within,
            alpha=alpha,
        )[0]
    )


# --- by hand -------------------------------------------------------------------------


def test_without_shifts_the_level_is_kept():
    for alpha in (1e-6, 0.05, 0.999):
        assert _reject(0, 0, alpha=alpha) == pytest.approx(alpha, rel=1e-12)


def test_two_and_two_degrees_of_freedom_by_hand():
    # x = B / W with B, W exponential. Shifting W by 2k degrees of freedom makes
    # P(reject) = alpha^(1 + k); k is Poisson with mean within / 2, so the sum is
    # alpha exp(-(within / 2) (1 - alpha)).
    expected = 0.1 * np.exp(-1.5 * 0.9)
    found = _reject(0, 3, df_between=2, df_within=2, alpha=0.1)
    assert found == pytest.approx(expected, rel=1e-12)


# --- simpler laws --------------------------------------------------------------------


@given(
    between=st.floats(0.01, 60),
    df_between=st.integers(1, 5),
    df_within=st.integers(1, 60),
    alpha=st.sampled_from([0.001, 0.05, 0.5]),
)
@settings(max_examples=60, deadline=None)
def test_equal_expectations_within_arms_give_the_non_central_f(
    between, df_between, df_within, alpha
):
    critical = stats.f.isf(alpha, df_between, df_within)
    expected = stats.ncf.sf(critical, df_between, df_within, between)
    found = _reject(between, 0, df_between=df_between, df_within=df_within, alpha=alpha)
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("delta", [0.0, 0.5, 2.0, 4.0])
@pytest.mark.parametrize("df", [2, 6, 78])
def test_of_two_arms_it_is_the_two_sided_non_central_t(delta, df):
    critical = stats.t.isf(0.025, df)
    expected = stats.nct.sf(critical, df, delta) + stats.nct.cdf(-critical, df, delta)
    assert _reject(delta**2, 0, df_within=df) == pytest.approx(expected, rel=1e-9)


# --- naive twin ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delta", "within", "df"),
    [(0, 2, 6), (1, 0.3, 6), (2.5, 6, 6), (1.5, 20, 78), (0.2, 90, 18), (6, 40, 38)],
)
def test_agrees_with_an_integral_over_the_spread(delta, within, df):
    """Given the sum of squares within, the difference is normal: integrate over it."""
    critical = stats.t.isf(0.025, df)

    def rejects(spread):
        reach = critical * np.sqrt(spread / df)
        tails = stats.norm.sf(reach - delta) + stats.norm.cdf(-reach - delta)
        return tails * stats.ncx2.pdf(spread, df, within)

    centre, width = df + within, np.sqrt(2 * (df + 2 * within))
    edges = [0, max(centre - 2 * width, 0.1), centre, centre + 3 * width]
    edges.append(centre + 30 * width)
    parts = [
        integrate.quad(rejects, low, high, epsabs=1e-13, epsrel=1e-12)[0]
        for low, high in pairwise(edges)
    ]
    assert _reject(delta**2, within, df_within=df) == pytest.approx(
        sum(parts), abs=1e-11
    )


def test_agrees_with_a_simulation_of_three_arms():
    rng = np.random.default_rng(5)
    means = np.array([0.0, 1.0, 0.5, -1.0, 2.0, 0.0, 0.3, 1.1, 1.2])
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
    drawn = means[:, None] + rng.normal(size=(9, 20_000))
    p_value = stats.f_oneway(*(drawn[groups == arm] for arm in range(3))).pvalue
    of_arm = np.array([means[groups == arm].mean() for arm in groups])
    between = ((of_arm - means.mean()) ** 2).sum()
    within = ((means - of_arm) ** 2).sum()
    found = _reject(between, within, df_between=2, df_within=6)
    error = np.sqrt(found * (1 - found) / 20_000)
    assert np.mean(p_value <= 0.05) == pytest.approx(found, abs=4 * error)


# --- properties ----------------------------------------------------------------------


@given(between=st.floats(0, 40), within=st.floats(0, 40), more=st.floats(0.1, 5))
@settings(max_examples=40, deadline=None)
def test_rises_with_the_spread_between_and_falls_with_that_within(
    between, within, more
):
    here = _reject(between, within)
    assert _reject(between + more, within) >= here - 1e-13
    assert _reject(between, within + more) <= here + 1e-13


def test_no_number_depends_on_its_neighbours():
    rng = np.random.default_rng(1)
    between, within = rng.uniform(0, 400, 20), rng.uniform(0, 90, 20)
    together = f_rejection(between, within, df_between=1, df_within=30, alpha=0.05)
    alone = [_reject(b, w, df_within=30) for b, w in zip(between, within, strict=True)]
    assert together == pytest.approx(alone, abs=1e-13)


def test_large_shifts_stay_within_zero_and_one():
    assert _reject(1e5, 0, df_within=998) == pytest.approx(1, abs=1e-12)
    # Nearly normal: the spread is sqrt(10,998 / 998) = 3.32 times too wide, and
    # 1.962 x 3.32 = 6.51 standard deviations are left out 7.5e-11 of the time.
    assert _reject(0, 1e4, df_within=998) == pytest.approx(7.5e-11, rel=0.1)
