import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.estimates import Estimate
from steps_analysis.reporting import numerals as n
from steps_analysis.reporting import words as w

numbers = st.floats(-1e6, 1e6, allow_nan=False)
quick = settings(deadline=None, max_examples=50)


def est(measure, value, lower, upper, **more):
    return Estimate(
        measure=measure, value=value, lower=lower, upper=upper, n=40, **more
    )


# By hand


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.05, 2, "0.05"),
        (-0.05, 2, "−0.05"),
        (1234567.5, 0, "1,234,568"),
        (0.285, 2, "0.29"),
        (0.28499999999999, 2, "0.29"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (0.0, 1, "0.0"),
        (-0.04, 1, "0.0"),
    ],
)
def test_number(value, decimals, text):
    assert n.number(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "cell", "phrase"),
    [
        (1.0, "1.00", "p = 1.00"),
        (0.04056, "0.04", "p = 0.04"),
        (0.00784, "0.008", "p = 0.008"),
        (0.01, "0.01", "p = 0.01"),
        (0.001, "0.001", "p = 0.001"),
        (0.0009999, "<0.001", "p < 0.001"),
        (0.0, "<0.001", "p < 0.001"),
    ],
)
def test_p_values(p, cell, phrase):
    assert n.p_value(p) == cell
    assert w.p_phrase(p) == phrase


@pytest.mark.parametrize(
    ("made", "phrase"),
    [
        (
            est("risk difference", -0.05, -0.2552, 0.1496),
            "risk difference −5.0 percentage points (95% CI −25.5 to 15.0)",
        ),
        (
            est("difference in cumulative incidence by 20", 0.019, -0.03, 0.0679),
            "difference in cumulative incidence by 20 1.9 percentage points "
            "(95% CI −3.0 to 6.8)",
        ),
        (
            est("risk ratio", 0.1818, 0.045, 0.73),
            "risk ratio 0.18 (95% CI 0.05 to 0.73)",
        ),
        (
            est("odds ratio", 0.0004, 0.0001, math.inf, level=0.9),
            "odds ratio <0.01 (90% CI <0.01 to no limit)",
        ),
        (est("proportion", 0.1, 0.03, 0.26), "proportion 10.0% (95% CI 3.0 to 26.0)"),
        (
            est("standardised risk", 0.1, 0.03, 0.26, unit="proportion"),
            "standardised risk 10.0% (95% CI 3.0 to 26.0)",
        ),
        (
            est("rate", 4.66, 2.8, 7.0, unit="per 10,000 a year"),
            "rate 4.66 per 10,000 a year (95% CI 2.80 to 7.00)",
        ),
        (
            est("mean difference", -1.5, -3.0, 0.0, unit="points"),
            "mean difference −1.50 points (95% CI −3.00 to 0.00)",
        ),
        (est("risk ratio", 0.5, math.nan, math.nan), "risk ratio 0.50"),
        (
            est("odds ratio", math.inf, 1.0, math.inf),
            "odds ratio not estimable because it has no finite value",
        ),
        (
            Estimate.missing("odds ratio", "no one had the event", n=0),
            "odds ratio not estimable because no one had the event",
        ),
    ],
)
def test_phrases(made, phrase):
    assert w.phrase(made) == phrase


def test_the_interval_stands_before_the_p_value():
    made = est("risk ratio", 0.5, 0.05, 5.08, p_value=0.0402)
    assert w.phrase(made, with_p=True) == (
        "risk ratio 0.50 (95% CI 0.05 to 5.08; p = 0.04)"
    )
    without = est("risk ratio", 0.5, 0.05, 5.08)
    assert "p =" not in w.phrase(without, with_p=True)


def test_unit_and_decimals_may_be_chosen():
    made = est("risk difference", -0.05, -0.2552, 0.1496)
    phrase = w.phrase(made, unit="", decimals=3)
    assert phrase == "risk difference −0.050 (95% CI −0.255 to 0.150)"


# Edges


def test_low_marks_only_what_rounds_to_zero():
    assert n.number_or_low(0.0, 1) == "0"
    assert n.number_or_low(-0.04, 1) == "[low]"
    assert n.number_or_low(0.05, 1) == "0.1"
    assert n.number_or_low(10.0, 0) == "10"


def test_a_share_of_nothing_is_not_applicable():
    assert n.percent(0, 0) == "[z]"
    assert n.count_of(0, 0) == "0 of 0"
    assert n.count_of(0, 40) == "0 of 40 (0.0%)"


def test_lists_and_nouns():
    assert w.listed(["police"]) == "police"
    assert w.listed(["police", "school"]) == "police and school"
    assert w.quantity(0, "family", "families") == "0 families"
    assert w.quantity(1200, "family", "families") == "1,200 families"


def test_deterioration_is_no_ratio():
    made = est("deterioration", 0.0004, 0.0, 0.01)
    assert w.estimate_text(made) == "0.00 (0.00 to 0.01)"


# Properties


@quick
@given(numbers, st.integers(0, 4))
def test_a_number_reads_back_within_half_a_unit(value, decimals):
    text = n.number(value, decimals)
    back = float(text.replace(",", "").replace("−", "-"))
    assert abs(back - value) <= 0.5 * 10.0**-decimals + 1e-7 * abs(value) + 1e-12
    assert "-" not in text
    assert float(back) != 0 or "−" not in text


@quick
@given(numbers, st.integers(0, 4))
def test_the_eight_digits_written_for_machines_round_to_the_number_shown(value, places):
    written = Decimal(repr(n.steady(value)))
    again = written.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert n.number(value, places).replace(",", "") == f"{again + 0:f}".replace(
        "-", "−"
    )


@quick
@given(st.floats(1e-300, 1e300))
def test_steady_ignores_the_last_bits(value):
    assert n.steady(value) == pytest.approx(value, rel=6e-8)
    assert n.steady(n.steady(value)) == n.steady(value)


@quick
@given(st.lists(st.floats(-10, 10), min_size=3, max_size=3).map(sorted))
def test_an_estimate_is_written_value_first_then_its_limits(three):
    lower, value, upper = three
    text = w.estimate_text(est("mean difference", value, lower, upper))
    shown = [n.number(x) for x in (value, lower, upper)]
    assert text == f"{shown[0]} ({shown[1]} to {shown[2]})"


@quick
@given(st.floats(0, 1))
def test_every_p_value_is_between_its_neighbours(p):
    text = n.p_value(p)
    if text == "<0.001":
        assert p < 0.001
    else:
        assert abs(float(text) - p) <= (0.0051 if p >= 0.01 else 0.00051)


# Errors


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ArgumentError, match="`value` must be finite"):
        n.number(value)
