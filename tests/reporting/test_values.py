import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.reporting import Marker, Share, Spread
from steps_analysis.reporting.numerals import number
from steps_analysis.reporting.writers.values import Number, printable, values


def estimate(measure, value, lower, upper, **more):
    return Estimate(
        measure=measure, value=value, lower=lower, upper=upper, n=40, **more
    )


def test_an_estimate_is_taken_apart_in_its_unit():
    # -0.05 of a proportion is -5.0 percentage points, to one decimal; no upper limit
    risk = estimate("risk difference", -0.05, -0.2552, math.inf)
    assert values(risk) == {
        "": Number(value=-5.0, shown="−5.0"),
        "_lower": Number(value=-25.52, shown="−25.5"),
        "_upper": "[z]",
        "_unit": "percentage points",
    }


def test_shares_spreads_and_tests_keep_their_numbers():
    assert values(Share(count=12, total=40)) == {
        "": Number(value=12.0, shown="12"),
        "_percent": Number(value=30.0, shown="30.0"),
    }
    assert values(Spread(mean=14.25, sd=math.nan)) == {
        "": Number(value=14.25, shown="14.3"),
        "_sd": "[z]",
    }
    tiny = TestResult(statistic=4.0, p_value=0.0002, n=40)
    assert values(tiny) == {"": Number(value=0.0002, shown="<0.001")}


def test_marks_words_and_what_rounds_to_nothing_are_texts():
    assert values(Marker("[c]")) == {"": "[c]"}
    assert values(True) == {"": "yes"}
    assert values(0.004) == {"": "[low]"}
    assert values(Estimate.missing("risk", "nobody was there", n=0), "%")[""] == "[x]"


@pytest.mark.parametrize(
    ("value", "shown", "form"),
    [
        (12.0, "12", "#,##0"),
        (-1234.565, "−1,234.57", "#,##0.00"),
        (0.0002, "<0.001", '"<0.001"'),
        (-0.004, "0.00", '"0.00"'),  # a program would write -0.00
        (0.0, "0.00", "#,##0.00"),
    ],
)
def test_the_format_shows_what_the_page_shows(value, shown, form):
    assert Number(value=value, shown=shown).format == form


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_any_number_has_a_format(value, decimals):
    form = Number(value=value, shown=number(value, decimals)).format
    assert form.startswith(("#,##0", '"'))


@given(st.text(st.characters()))
def test_printable_text_is_kept_and_the_rest_marked(text):
    made = printable(text)
    assert printable(made) == made
    assert len(made.encode()) >= len(made)
    if text.isprintable():
        assert made == text


def test_lost_characters_and_line_ends():
    assert printable("a\x00b\ud800\r\nc\rd\ufffe") == "a�b�\nc\nd�"
