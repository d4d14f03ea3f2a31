"""Control charts drawn: what the data say, flags by shape, nothing below a count."""

import math

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.referrals import HIGH_FLAGS, LOW_FLAGS, control_chart, count_chart
from steps_analysis.reporting import ControlChart, build, control_drawing, render
from steps_analysis.reporting.drawings.control import FLAGS

MONTHS = [f"{2012 + i // 12}-{i % 12 + 1:02d}" for i in range(24)]


@pytest.fixture
def small():
    counts = pd.Series([1, 0, 2, 1, 0, 1, 9, 0] * 3, index=MONTHS)
    return control_drawing(count_chart(counts).points, y_label="Referrals")


def drawn(drawing):
    found = {}
    for line in build(drawing).axes[0].lines:
        found.setdefault(line.get_label(), []).append(line)
    return found


def test_flags_have_one_shape_each_and_no_colour_of_their_own(small):
    lines = drawn(small)
    (flagged,) = lines["above the upper limit"]
    y = np.asarray(flagged.get_ydata(), float)
    assert np.flatnonzero(~np.isnan(y)).tolist() == [6, 14, 22]
    assert flagged.get_marker() == "^"
    colours = {line.get_markeredgecolor() for line in (flagged, *lines["_points"])}
    assert len(colours) == 1


def test_a_missing_lower_limit_is_not_drawn(small):
    (lower,) = drawn(small)["_lower limit"]
    assert np.isnan(np.asarray(lower.get_ydata(), float)).all()
    words = [text.get_text() for text in build(small).axes[0].texts]
    assert words == ["Referrals", "centre", "upper limit"]
    assert set(small.data()["lower limit"]) == {"[z]"}
    assert "lower limit none" in small.words()


def test_words_name_every_flag_and_what_it_may_mean(small):
    words = small.words()
    assert "2012-07 (above the upper limit)" in words
    assert words.endswith("More referrals may mean better identification.")
    calm = control_drawing(count_chart([1, 2]).points, y_label="Referrals")
    assert calm.words().endswith("No point is flagged.")


def test_lines_break_where_limits_begin_anew():
    counts = pd.Series([2, 4] * 6 + [12, 14] * 6, index=MONTHS)
    chart = control_chart(counts, rebase=["2013-01"])
    drawing = control_drawing(chart.points, y_label="Referrals")
    lines = drawn(drawing)
    assert [set(line.get_ydata()) for line in lines["_centre"]] == [{3}, {13}]
    assert len(lines["_rebased"]) == 1
    words = [text.get_text() for text in build(drawing).axes[0].texts]
    assert "new limits from 2013-01" in words
    assert drawing.data()["segment"].tolist() == [1] * 12 + [2] * 12


def test_a_hidden_month_leaves_a_gap():
    drawing = ControlChart(
        periods=("1", "2", "3"), values=(4, "[c]", 5), centre=(4, 4, 4),
        lower=(None,) * 3, upper=(9, math.nan, 9), flags=("none",) * 3,
        segment=(1, 1, 1), y_label="Referrals",
    )  # fmt: skip
    (line,) = drawn(drawing)["_values"]
    assert np.isnan(line.get_ydata()[1])
    assert drawing.data()["value"].tolist() == [4, "[c]", 5]
    assert drawing.upper[1] is None


def test_both_pictures_are_made_the_same_twice(small):
    pictures = [
        render(small, name="c", title="Chart", description=small.words())
        for _ in range(2)
    ]
    assert pictures[0] == pictures[1]


def test_the_words_are_those_of_the_charts():
    assert set(FLAGS) == {*HIGH_FLAGS, *LOW_FLAGS}
    assert set(FLAGS[::2]) == set(HIGH_FLAGS)


def test_impossible_charts_are_refused():
    good = {
        "periods": ("1", "2"), "values": (1, 2), "centre": (1, 1), "lower": (0, 0),
        "upper": (3, 3), "flags": ("none", "none"), "segment": (1, 1), "y_label": "y",
    }  # fmt: skip
    with pytest.raises(ArgumentError, match="`periods` must be at least two"):
        ControlChart(**{**good, "periods": ("1",)})
    with pytest.raises(ArgumentError, match="`upper` must be 2 entries"):
        ControlChart(**{**good, "upper": (3,)})
    with pytest.raises(ArgumentError, match="`flags` must be 'none' or one of"):
        ControlChart(**{**good, "flags": ("none", "bad")})
