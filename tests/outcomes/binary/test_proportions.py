"""One proportion with its interval."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import proportion_interval

METHODS = ["wilson", "exact", "agresti-coull", "jeffreys", "mid-p"]
METHODS += ["blaker", "wilson-corrected"]


# By hand


def test_none_of_twenty_has_the_exact_upper_limit_of_the_handbook():
    # upper limit u solves (1 - u)^20 = 0.025
    found = proportion_interval(0, 20, method="exact")
    assert (found.value, found.lower) == (0.0, 0.0)
    assert found.upper == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-12)


def test_wilson_solves_its_quadratic():
    # (p - u)^2 = z^2 u (1 - u) / n at both limits
    found = proportion_interval(3, 30)
    for limit in (found.lower, found.upper):
        z2 = (0.1 - limit) ** 2 * 30 / (limit * (1 - limit))
        assert z2 == pytest.approx(1.959963984540054**2, rel=1e-10)


# Edges


@pytest.mark.parametrize("method", METHODS)
def test_nobody_observed_is_not_estimable(method):
    found = proportion_interval(0, 0, method=method)
    assert found.not_estimable == "nobody was observed"
    assert math.isnan(found.value)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("events", "n"), [(0, 1), (1, 1), (0, 30), (30, 30)])
def test_none_and_all_touch_the_end(method, events, n):
    found = proportion_interval(events, n, method=method)
    assert found.lower == 0.0 if events == 0 else found.upper == 1.0
    assert 0 <= found.lower < found.upper <= 1


# Properties


@settings(max_examples=50, deadline=None)
@given(
    n=st.integers(1, 200),
    share=st.floats(0, 1),
    method=st.sampled_from(METHODS),
    level=st.sampled_from([0.8, 0.95, 0.99]),
)
def test_swapping_events_and_non_events_mirrors_the_interval(n, share, method, level):
    events = round(share * n)
    one = proportion_interval(events, n, method=method, level=level)
    other = proportion_interval(n - events, n, method=method, level=level)
    assert one.lower <= one.value <= one.upper
    assert one.lower == pytest.approx(1 - other.upper, abs=1e-9)


# R


@pytest.mark.parametrize("case", ["0_20", "3_30", "12_100", "81_263", "29_29"])
def test_equals_desctools(case, figures, compare):
    theirs = figures[f"prop_{case}"]
    events, n = map(int, case.split("_"))
    names = {
        "wilson": "wilson",
        "exact": "clopper_pearson",
        "agresti-coull": "agresti_coull",
        "jeffreys": "jeffreys",
        "wilson-corrected": "wilsoncc",
    }
    ours = {}
    for method, name in names.items():
        found = proportion_interval(events, n, method=method)
        ours[name] = [found.value, found.lower, found.upper]
    ours["binom_test"] = ours["clopper_pearson"][1:]
    not_offered = [
        "wald",
        "mod_wilson",
        "mod_jeffreys",
        "arcsine",
        "logit",
        "pratt",
        "lik",
    ]
    compare(ours, theirs, skip=[*not_offered, "midp", "blaker"])
    # DescTools walks from Clopper and Pearson's limits inwards, in steps of 1e-5
    blaker = proportion_interval(events, n, method="blaker")
    limits = [blaker.value, blaker.lower, blaker.upper]
    compare(limits, theirs["blaker"], absolute=1.001e-5)
    # DescTools finds its mid-p limits with uniroot's default tolerance, eps^0.25
    mid = proportion_interval(events, n, method="mid-p")
    limits = [mid.value, mid.lower, mid.upper]
    compare(limits, theirs["midp"], absolute=1.3e-4)


# Errors


def test_refuses_impossible_counts():
    with pytest.raises(DataError, match="`events` must not exceed `n`, got"):
        proportion_interval(21, 20)
    with pytest.raises(DataError, match="`events` must be a whole number, at least 0"):
        proportion_interval(-1, 20)
    with pytest.raises(DataError, match="`n` must be a whole number"):
        proportion_interval(1, 20.5)
    for wrong in (True, None, math.nan, math.inf, "one"):
        with pytest.raises(DataError, match="`events` must be a whole number"):
            proportion_interval(wrong, 20)


def test_refuses_unknown_options():
    with pytest.raises(ArgumentError, match="`method` must be one of wilson, exact"):
        proportion_interval(1, 20, method="wald")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        proportion_interval(1, 20, level=95)
