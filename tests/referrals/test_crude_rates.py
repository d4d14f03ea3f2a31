"""Limits of counts, and crude rates."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import count_limits, rate, rates

REFERENCE = Path(__file__).parents[1] / "reference" / "referrals"
METHODS = ("byar", "exact", "ohid")
LEVELS = {"95_0": 0.95, "99_8": 0.998}
QUICK = settings(max_examples=50, deadline=None)


def read(name):
    return json.loads((REFERENCE / f"{name}.json").read_text())


# By hand


def test_nine_referrals_in_twenty_thousand_person_years():
    # 9 / 20,000 x 10,000 = 4.5.  Byar: 9 (1 - 1/81 - 1.96/9)^3 = 4.107 -> 2.053;
    # 10 (1 - 1/90 + 1.96/(3 sqrt 10))^3 = 17.086 -> 8.543.
    estimate = rate(9, 20_000)
    assert estimate.value == 4.5
    assert estimate.lower == pytest.approx(2.0534, abs=5e-5)
    assert estimate.upper == pytest.approx(8.5429, abs=5e-5)
    assert (estimate.unit, estimate.n, estimate.measure) == ("per 10,000", 9, "rate")
    assert estimate.not_estimable is None


def test_no_event_has_an_exact_upper_limit_of_minus_log_of_the_tail():
    estimate = rate(0, 1, per=1, method="exact")
    assert (estimate.value, estimate.lower) == (0, 0)
    assert estimate.upper == pytest.approx(-math.log(0.025), rel=1e-12)


def test_ohid_switches_to_exact_limits_below_ten_events():
    for n, like in ((9, "exact"), (10, "byar")):
        switched, same = rate(n, 100, method="ohid"), rate(n, 100, method=like)
        assert (switched.lower, switched.upper) == (same.lower, same.upper)


def test_the_method_is_named_and_the_r_call_given():
    assert rate(5, 1000).method == "Poisson count, Byar limits"
    assert rate(5, 1000, method="exact").to_r() == (
        "10000 * poisson.test(5, 1000, conf.level = 0.95)$conf.int"
    )
    assert rate(5, 1000, method="exact", per=1).to_r() == (
        "poisson.test(5, 1000, conf.level = 0.95)$conf.int"
    )
    assert "phe_rate(data.frame(x = 5, n = 1000)" in rate(5, 1000, method="ohid").to_r()
    assert "byars_upper(5, 0.95)" in rate(5, 1000).to_r()


# Edges


def test_a_rate_without_exposure_is_not_estimable():
    estimate = rate(0, 0)
    assert math.isnan(estimate.value)
    assert estimate.not_estimable == "there is no exposure"
    assert estimate.n == 0


@pytest.mark.parametrize("method", METHODS)
def test_no_lower_limit_is_negative_even_where_the_formula_is(method):
    lower, _ = count_limits([0, 1, 2], method=method, level=0.998)
    assert (lower >= 0).all()
    assert lower[0] == 0


def test_a_million_events_give_finite_limits():
    lower, upper = count_limits(1_000_000, method="exact")
    assert lower == pytest.approx(1e6 - 1.96 * 1e3, rel=1e-5)
    assert upper == pytest.approx(1e6 + 1.96 * 1e3, rel=1e-5)


# Properties


@QUICK
@given(st.integers(0, 5000), st.sampled_from(METHODS), st.floats(0.5, 0.999))
def test_limits_hold_the_count_and_widen_with_the_level(count, method, level):
    lower, upper = count_limits(count, method=method, level=level)
    wider = count_limits(count, method=method, level=(1 + level) / 2)
    assert wider[0] <= lower <= count <= upper <= wider[1]


@QUICK
@given(st.integers(0, 500), st.floats(0.1, 1e6), st.sampled_from(METHODS))
def test_the_scale_only_scales(events, exposure, method):
    one, many = (rate(events, exposure, per=per, method=method) for per in (1, 1000))
    for name in ("value", "lower", "upper"):
        assert getattr(many, name) == pytest.approx(1000 * getattr(one, name))


# Naive twin


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 37])
def test_exact_limits_solve_the_poisson_tail_equations(count):
    lower, upper = count_limits(count, method="exact", level=0.9)
    at_most = sum(stats.poisson.pmf(k, upper) for k in range(count + 1))
    assert at_most == pytest.approx(0.05, rel=1e-9)
    if count:
        below = sum(stats.poisson.pmf(k, lower) for k in range(count))
        assert 1 - below == pytest.approx(0.05, rel=1e-9)


# R


def test_every_byar_figure_of_r():
    rows = [row for row in read("byar_wilson")["rows"] if row["method"] == "Byars"]
    assert len(rows) == 4
    for row in rows:
        level = {"95%": 0.95, "99.8%": 0.998}[row["confidence"]]
        lower, upper = count_limits(row["x"], level=level)
        assert upper == pytest.approx(row["uppercl"], rel=1e-10)
        if row["lowercl"] is None:  # R: no figure, the formula is negative; here: 0
            assert (row["x"], level, lower) == (1, 0.998, 0)
        else:
            assert lower == pytest.approx(row["lowercl"], abs=1e-12, rel=1e-10)


def test_every_rate_of_r_at_both_levels():
    rows = read("rate_byar_exact")["sheets"]["testdata_Rate"]
    assert len(rows) == 10
    for row in rows:
        if row["Numerator"] is None:  # R answers NA, here a missing count is refused
            with pytest.raises(DataError, match="must hold"):
                rate(row["Numerator"], 100)
            continue
        for suffix, level in LEVELS.items():
            estimate = rate(
                row["Numerator"],
                row["Denominator"],
                per=row["multiplier"],
                method="ohid",
                level=level,
            )
            _assert_equals_r(estimate, row, f"lower{suffix}cl", f"upper{suffix}cl")


def test_every_grouped_rate_of_r():
    rows = read("rate_byar_exact")["sheets"]["testdata_Rate_g"]
    assert len(rows) == 6
    known = [row for row in rows if row["Numerator"] is not None]
    assert all(row["value"] is None for row in rows if row not in known)
    table = pd.DataFrame(known).rename(
        columns={
            "Area": "site",
            "Numerator": "referrals",
            "Denominator": "person_years",
        }
    )
    ours = rates(table, per=100_000, method="ohid").set_index("site")
    for row in known:
        mine = ours.loc[row["Area"]]
        assert row["confidence"] == "95%"
        for name, theirs in (
            ("rate", "value"),
            ("lower", "lowercl"),
            ("upper", "uppercl"),
        ):
            assert mine[name] == pytest.approx(row[theirs], rel=1e-10)


def _assert_equals_r(estimate, row, lower, upper):
    exact = row["method"] == "Exact"
    assert (row["Numerator"] < 10) is exact
    # Half the last printed digit: figures per 100 carry twelve decimals.
    tolerance = {"rel": 1e-10, "abs": 5e-13}
    assert estimate.value == pytest.approx(row["value"], **tolerance)
    assert estimate.lower == pytest.approx(row[lower], **tolerance)
    assert estimate.upper == pytest.approx(row[upper], **tolerance)


# Tables


def table():
    return pd.DataFrame(
        {
            "site": ["B", "A", "A", "C"],
            "source": ["school", "school", "police", "police"],
            "referrals": [30, 1, 2, 0],
            "person_years": [10_000.0, 5_000.0, 5_000.0, 0.0],
        }
    )


def test_rates_add_up_cells_and_stand_in_alphabetical_order():
    result = rates(table())
    assert list(result["site"]) == ["A", "B", "C"]
    assert list(result["referrals"]) == [3, 30, 0]
    assert list(result["rate"])[:2] == [3, 30]
    one = rate(3, 10_000)
    assert result.loc[0, ["rate", "lower", "upper"]].tolist() == pytest.approx(
        [one.value, one.lower, one.upper]
    )


def test_a_group_without_exposure_has_no_rate():
    last = rates(table()).iloc[2]
    assert last[["rate", "lower", "upper"]].isna().all()


def test_the_order_of_rows_changes_nothing():
    shuffled = table().iloc[[2, 0, 3, 1]]
    pd.testing.assert_frame_equal(rates(shuffled), rates(table()))


def test_rates_by_several_columns():
    result = rates(table(), by=["site", "source"])
    assert list(zip(result["site"], result["source"], strict=True)) == [
        ("A", "police"),
        ("A", "school"),
        ("B", "school"),
        ("C", "police"),
    ]


# Errors


@pytest.mark.parametrize("events", [-1, 1.5, math.nan, math.inf, None])
def test_what_is_no_count_is_refused(events):
    with pytest.raises(DataError, match="`events` must hold whole numbers"):
        rate(events, 10)


def test_words_are_refused():
    with pytest.raises(DataError, match="`events` must hold numbers"):
        rate("three", 10)


def test_several_counts_are_refused_with_the_way_to_do_it():
    with pytest.raises(DataError, match=r"must be one number.*\nHint.*`rates`"):
        rate([1, 2], [10, 10])


@pytest.mark.parametrize("exposure", [-1, math.nan, math.inf])
def test_what_is_no_exposure_is_refused(exposure):
    with pytest.raises(DataError, match="`exposure` must hold finite numbers"):
        rate(1, exposure)


def test_events_without_exposure_are_refused():
    with pytest.raises(DataError, match="must be above 0 where there are events"):
        rate(1, 0)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(DataError, match="must have the shape"):
        rate(1, [10, 20])


@pytest.mark.parametrize("per", [0, -1, math.inf, math.nan])
def test_what_is_no_scale_is_refused(per):
    with pytest.raises(ArgumentError, match="`per` must be a finite number above 0"):
        rate(1, 10, per=per)


def test_an_unknown_method_is_refused_with_the_accepted_ones():
    with pytest.raises(ArgumentError, match=r"byar, exact, ohid.*'bayr'\nHint.*'byar'"):
        count_limits(3, method="bayr")


def test_a_level_in_per_cent_is_refused():
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        rate(3, 10, level=95)


def test_an_absent_column_is_refused():
    with pytest.raises(DataError, match=r"must have a column 'stie'.*\nHint.*'site'"):
        rates(table(), by="stie")


def test_no_message_holds_a_value():
    with pytest.raises(DataError, match="1 of 3 that do not") as caught:
        count_limits(np.array([3, -77, 2]))
    assert "77" not in str(caught.value)
