"""Standardised ratios and directly standardised rates."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import (
    count_limits,
    directly_standardised_rate,
    standardised_ratio,
)

FILE = Path(__file__).parents[1] / "reference" / "referrals" / "dsr_isr.json"
REFERENCE = json.loads(FILE.read_text())
SHEETS = REFERENCE["sheets"]
QUICK = settings(max_examples=50, deadline=None)
LEVELS = {"95_0": 0.95, "99_8": 0.998}


def column(rows, name):
    """One column; R's expectations leave the count of an empty stratum out."""
    return np.array([row[name] or 0 for row in rows], dtype=float)


# By hand


def test_twelve_seen_where_eight_are_expected():
    ratio = standardised_ratio(12, 8, method="exact")
    assert ratio.value == 1.5
    lower, upper = count_limits(12, method="exact")
    assert (ratio.lower, ratio.upper) == (lower / 8, upper / 8)
    assert (ratio.n, ratio.unit) == (12, "")


def test_two_strata_weighted_three_to_one():
    # Rates 20 and 40 per 10,000; (3 x 20 + 1 x 40) / 4 = 25.
    # Variance: (.75^2 x 20 + .25^2 x 40) per 10,000 = 13.75, square root 3.708.
    estimate = directly_standardised_rate([20, 40], [10_000, 10_000], [3, 1])
    assert estimate.value == pytest.approx(25)
    assert estimate.standard_error == pytest.approx(math.sqrt(13.75))
    assert (estimate.n, estimate.unit) == (60, "per 10,000")


# Edges


def test_a_ratio_with_nothing_expected_and_nothing_seen_is_not_estimable():
    assert standardised_ratio(0, 0).not_estimable == "no event is expected"


def test_nothing_seen_is_a_ratio_of_zero_with_an_upper_limit():
    ratio = standardised_ratio(0, 2, method="exact")
    assert (ratio.value, ratio.lower) == (0, 0)
    assert ratio.upper == pytest.approx(-math.log(0.025) / 2)


def test_fewer_than_ten_events_give_no_standardised_rate():
    estimate = directly_standardised_rate([4, 5], [100, 100], [1, 1])
    assert math.isnan(estimate.value)
    assert estimate.not_estimable == "there are fewer than 10 events"
    assert directly_standardised_rate([5, 5], [100, 100], [1, 1]).value == 500


# Properties


@QUICK
@given(
    st.lists(st.integers(5, 50), min_size=2, max_size=6),
    st.floats(0.1, 100),
)
def test_the_size_of_the_standard_population_does_not_matter(events, factor):
    exposure = np.arange(1, len(events) + 1) * 100.0
    standard = np.arange(len(events), 0, -1.0)
    one = directly_standardised_rate(events, exposure, standard)
    two = directly_standardised_rate(events, exposure, standard * factor)
    for name in ("value", "lower", "upper"):
        assert getattr(one, name) == pytest.approx(getattr(two, name))


@QUICK
@given(st.integers(10, 500), st.floats(100, 1e5))
def test_one_stratum_gives_the_crude_rate(events, exposure):
    estimate = directly_standardised_rate([events], [exposure], [7], per=1)
    lower, upper = count_limits(events)
    assert estimate.value == pytest.approx(events / exposure)
    assert estimate.lower == pytest.approx(lower / exposure)
    assert estimate.upper == pytest.approx(upper / exposure)


@QUICK
@given(st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_strata_of_a_ratio_add_up(observed):
    expected = np.arange(1.0, len(observed) + 1)
    whole = standardised_ratio(sum(observed), expected.sum())
    parts = standardised_ratio(observed, expected)
    assert (parts.value, parts.lower, parts.upper) == pytest.approx(
        (whole.value, whole.lower, whole.upper)
    )


# Naive twin


def test_dobson_step_by_step():
    events, exposure, standard = [12, 7, 30], [900.0, 1100.0, 2500.0], [5, 3, 2]
    value = variance = 0.0
    for count, years, weight in zip(events, exposure, standard, strict=True):
        value += weight / 10 * count / years
        variance += (weight / 10) ** 2 * count / years**2
    lower, upper = count_limits(49, method="exact")
    ours = directly_standardised_rate(events, exposure, standard, per=1, method="exact")
    assert ours.value == pytest.approx(value)
    assert ours.lower == pytest.approx(value + (lower - 49) * (variance / 49) ** 0.5)
    assert ours.upper == pytest.approx(value + (upper - 49) * (variance / 49) ** 0.5)


# R


def expected_events(rows):
    """Expected count at the standard's rates, and the standard's crude rate."""
    standard = SHEETS["refdata"]
    rates = column(standard, "refcount") / column(standard, "refpop")
    overall = column(standard, "refcount").sum() / column(standard, "refpop").sum()
    return rates * column(rows, "pop"), overall


@pytest.mark.parametrize("row", SHEETS["testresults_ISR"], ids=lambda r: r["area"])
def test_every_indirectly_standardised_figure_of_r(row):
    rows = [r for r in SHEETS["testdata_multiarea"] if r["area"] == row["area"]]
    observed = column(rows, "count")
    expected, overall = expected_events(rows)
    assert (observed.sum(), expected.sum()) == pytest.approx(
        (row["observed"], row["expected"]), rel=1e-10
    )
    per = 1.0
    if row["ref_rate"] is not None:
        per = overall * 100_000
        assert per == pytest.approx(row["ref_rate"], rel=1e-10)
    for suffix, level in LEVELS.items():
        ratio = standardised_ratio(
            observed, expected, per=per, method="ohid", level=level
        )
        tolerance = {"rel": 1e-10, "abs": 5e-13}
        assert ratio.value == pytest.approx(row["value"], **tolerance)
        assert ratio.lower == pytest.approx(row[f"lower{suffix}cl"], **tolerance)
        assert ratio.upper == pytest.approx(row[f"upper{suffix}cl"], **tolerance)
        assert (row["method"] == "Exact") is (ratio.n < 10)


@pytest.mark.parametrize(
    "row", SHEETS["testresults_DSR"], ids=lambda r: f"{r['area']}-{r['value']}"
)
def test_every_directly_standardised_figure_of_r(row):
    independent = row["area"] != "testdata_nonind_big"
    sheet = SHEETS["testdata_multiarea" if independent else "testdata_nonindepe"]
    rows = [r for r in sheet if r["area"] == row["area"]]
    counts, populations = column(rows, "count"), column(rows, "pop")
    variance = None
    if not independent:  # f1..f4: how many people had 1..4 events
        people = np.array([column(rows, f"f{k}") for k in (1, 2, 3, 4)])
        assert counts == pytest.approx(np.array([1, 2, 3, 4]) @ people)
        variance = np.array([1, 4, 9, 16]) @ people
    assert counts.sum() == row["total_count"]
    assert populations.sum() == row["total_pop"]
    for suffix, level in LEVELS.items():
        estimate = directly_standardised_rate(
            counts,
            populations,
            REFERENCE["esp2013"],
            count_variance=variance,
            per=10_000 if independent else 100_000,
            level=level,
        )
        if row["value"] is None:
            assert row["statistic"] == "dsr NA for total count < 10"
            assert estimate.not_estimable
            continue
        assert estimate.value == pytest.approx(row["value"], rel=1e-10)
        # Those of non-independent events are printed with eight decimals.
        tolerance = {"rel": 1e-10, "abs": 5e-9}
        assert estimate.lower == pytest.approx(row[f"lower{suffix}cl"], **tolerance)
        assert estimate.upper == pytest.approx(row[f"upper{suffix}cl"], **tolerance)


def test_the_other_sheets_hold_the_same_inputs():
    totals = {r["area"]: r["total_count"] for r in SHEETS["testdata_multiarea_lookup"]}
    for area, total in totals.items():
        rows = [r for r in SHEETS["testdata_multiarea"] if r["area"] == area]
        again = [r for r in SHEETS["testdata_multiarea_isr"] if r["area"] == area]
        assert column(rows, "count").sum() == column(again, "count").sum() == total
        for name in ("refcount", "refpop"):
            assert list(column(again, name)) == list(column(SHEETS["refdata"], name))


# Errors


def test_events_where_none_is_expected_are_refused():
    with pytest.raises(DataError, match="must be above 0 where events were observed"):
        standardised_ratio(3, 0)


def test_a_stratum_without_exposure_is_refused():
    with pytest.raises(DataError, match="`exposure` must hold finite numbers, above 0"):
        directly_standardised_rate([10, 0], [100, 0], [1, 1])


def test_a_standard_of_another_length_is_refused():
    with pytest.raises(DataError, match="`standard_population` must have the shape"):
        directly_standardised_rate([10, 3], [100, 100], [1, 1, 1])


def test_an_empty_standard_is_refused():
    with pytest.raises(DataError, match="must add up to more than 0"):
        directly_standardised_rate([10, 3], [100, 100], [0, 0])


def test_variances_of_another_length_are_refused():
    with pytest.raises(DataError, match="`count_variance` must have the shape"):
        directly_standardised_rate([10, 3], [100, 100], [1, 1], count_variance=[1])


def test_a_scale_of_zero_is_refused():
    with pytest.raises(ArgumentError, match="`per` must be"):
        standardised_ratio(3, 2, per=0)
