import math

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.reporting.cells import Share, Spread, as_cell, parts, shown
from steps_analysis.reporting.markers import (
    MEANINGS,
    Marker,
    as_value,
    is_shorthand,
    shorthand,
)

RD = Estimate(measure="risk difference", value=-0.05, lower=-0.2552, upper=0.1496, n=40)


@pytest.mark.parametrize(
    ("cell", "unit", "text"),
    [
        ("Borough A", "", "Borough A"),
        (1234, "", "1,234"),
        (0, "", "0"),
        (0.0, "", "0"),
        (0.004, "", "[low]"),
        (12.345, "", "12.35"),
        (12.345, "%", "12.3"),
        (True, "", "yes"),
        (Marker("[r][e]"), "", "[r][e]"),
        (RD, "", "−5.0 percentage points (−25.5 to 15.0)"),
        (RD, "percentage points", "−5.0 (−25.5 to 15.0)"),
        (Estimate(measure="risk", value=0.1, lower=0, upper=0.2, n=9), "",
         "10.0% (0.0 to 20.0)"),
        (Estimate.missing("odds ratio", "why", n=0), "", "[x]"),
        (Estimate(measure="odds ratio", value=math.inf, lower=1, upper=math.inf, n=9),
         "", "[x]"),
        (TestResult(statistic=1, p_value=0.2, n=9), "", "0.20"),
        (TestResult.missing("why", n=0), "", "[x]"),
        (Share(count=0, total=40), "", "0 (0.0%)"),
        (Share(count=0, total=0), "", "0 ([z])"),
        (Spread(mean=14.25, sd=1.872), "", "14.3 (1.9)"),
        (Spread(mean=14.0, sd=math.nan), "", "14.0 ([z])"),
    ],
)  # fmt: skip
def test_shown(cell, unit, text):
    assert shown(cell, unit) == text


@pytest.mark.parametrize(
    ("cell", "unit", "written"),
    [
        (1234, "", {"": "1234"}),
        (0.1 + 0.2, "", {"": "0.3"}),
        (-0.0, "", {"": "0"}),
        (False, "", {"": "no"}),
        (Marker("[c]"), "", {"": "[c]"}),
        (RD, "percentage points", {"": "-5", "_lower": "-25.52", "_upper": "14.96"}),
        (RD, "", {"": "-5", "_lower": "-25.52", "_upper": "14.96",
                  "_unit": "percentage points"}),
        (Estimate.missing("odds ratio", "why", n=0), "",
         {"": "[x]", "_lower": "[x]", "_upper": "[x]"}),
        (Estimate(measure="odds ratio", value=2, lower=1, upper=math.inf, n=9), "",
         {"": "2", "_lower": "1", "_upper": "[z]"}),
        (Share(count=1, total=3), "", {"": "1", "_percent": "33.333333"}),
        (Spread(mean=1.5, sd=0.25), "", {"": "1.5", "_sd": "0.25"}),
        (TestResult(statistic=1, p_value=0.000012345678912, n=9), "",
         {"": "1.2345679e-05"}),
    ],
)  # fmt: skip
def test_parts(cell, unit, written):
    assert parts(cell, unit) == written


def test_cells_become_plain_values():
    assert as_cell(np.int64(3)) == 3
    assert isinstance(as_cell(np.float32(0.5)), float)
    assert as_cell(np.bool_(True)) is True
    assert as_cell(None) == Marker("[x]")
    assert as_cell("[c]") == Marker("[c]")
    assert as_cell("12 [p]") == "12 [p]"


def test_only_the_marks_used_are_explained():
    assert shorthand(["a", "[c]", "3 [p]", "[c]", "[note 1]"]) == (
        ("[c]", MEANINGS["[c]"]),
        ("[p]", "provisional"),
    )
    assert is_shorthand("[r][e]")
    assert not is_shorthand("")


def test_drawn_values():
    assert as_value("numbers", np.int64(3)) == 3.0
    assert as_value("numbers", None) == Marker("[x]")


@pytest.mark.parametrize("value", [math.nan, math.inf, object()])
def test_values_that_cannot_be_drawn_are_refused(value):
    with pytest.raises(ArgumentError, match="`numbers` must be finite numbers"):
        as_value("numbers", value)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (math.nan, "finite numbers"),
        (math.inf, "finite numbers"),
        ("  ", "no empty text"),
        ([1], "texts, numbers, markers"),
    ],
)
def test_other_cells_are_refused(value, rule):
    with pytest.raises(ArgumentError, match=f"`rows` must hold {rule}"):
        as_cell(value)


@pytest.mark.parametrize("code", ["", "c", "[q]", "[c] ", "[c]x"])
def test_unknown_marks_are_refused(code):
    with pytest.raises(ArgumentError, match="`code` must be made of"):
        Marker(code)


def test_impossible_shares_and_spreads_are_refused():
    with pytest.raises(ArgumentError, match="`count` must lie between"):
        Share(count=3, total=2)
    with pytest.raises(ArgumentError, match="`mean` must be finite"):
        Spread(mean=math.nan, sd=1)
    with pytest.raises(ArgumentError, match="`sd` must be at least 0"):
        Spread(mean=1, sd=-1)
