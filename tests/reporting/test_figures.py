import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.estimates import Estimate
from steps_analysis.reporting import (
    Bars,
    BarSeries,
    Curves,
    DotPlot,
    FlowArm,
    FlowDiagram,
    FunnelLimits,
    FunnelPlot,
    FunnelPoint,
    Interval,
    Intervals,
    Lines,
    LineSeries,
    NamedPoint,
    PointPlot,
    Tally,
    build,
    render,
)
from steps_analysis.reporting.figures.labels import spread
from steps_analysis.reporting.figures.palette import INK, LOOKS, QUIET
from steps_analysis.reporting.figures.sheet import WIDTH, text_width, wrapped

NAMES = (
    "flow",
    "curves",
    "forest",
    "ratios",
    "funnel",
    "lines",
    "bars",
    "dots",
    "points",
)


def lines_of(figure):
    """Drawn lines by label: x and y."""
    found = {}
    for line in figure.axes[0].lines:
        if not line.get_label().startswith("_"):
            found.setdefault(line.get_label(), []).append(
                (list(line.get_xdata()), list(line.get_ydata()))
            )
    return found


def texts_of(figure):
    found = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    for axes in (axes for axes in figure.axes if axes.axison):
        found += [*in_view(axes.xaxis), *in_view(axes.yaxis), axes.xaxis.label]
    return [text for text in found if text.get_text().strip()]


def in_view(axis):
    """Tick labels between the ends of an axis; matplotlib also holds some beyond."""
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
    return [label for place, label in ticks if low <= place <= high]


def words_of(figure):
    return [text.get_text() for text in texts_of(figure)]


# By hand: what is drawn is what the data say


def test_curves_are_drawn_from_zero_to_the_end_of_the_axis(drawings):
    figure = build(drawings["curves"])
    drawn = lines_of(figure)
    assert drawn["MST-PSB"] == [([0, 3, 9, 20], [0, 5, 10, 10])]
    assert drawn["MAU"] == [([0, 2, 12, 20], [0, 5, 20, 20])]
    words = words_of(figure)
    assert words.count("MST-PSB") == 2  # at the end of the curve, and at risk
    for written in ("20", "18", "[c]", "19", "15", "Number at risk"):
        assert written in words


def test_curves_in_days_are_drawn_in_months(drawings):
    from dataclasses import replace

    days = tuple(
        replace(s, curve=replace(s.curve, time=s.curve.time * 30.4375))
        for s in drawings["curves"].series
    )
    drawing = replace(drawings["curves"], series=days, divisor=30.4375)
    assert lines_of(build(drawing)).keys() == {"MST-PSB", "MAU"}
    expected = drawings["curves"].data().iloc[:, 1].to_numpy(float)
    assert drawing.data().iloc[:, 1].to_numpy(float) == pytest.approx(expected)


def test_steps_beyond_the_axis_are_neither_drawn_nor_listed(drawings):
    from dataclasses import replace

    drawing = replace(drawings["curves"], times=(0.0, 5.0, 10.0))
    assert drawing.data().iloc[:, 1].max() == 9
    assert lines_of(build(drawing))["MAU"] == [([0, 2, 10], [0, 5, 5])]


def test_survival_curves_keep_the_whole_axis(drawings):
    from dataclasses import replace

    full = tuple(
        replace(s, curve=replace(s.curve, start=1.0)) for s in drawings["curves"].series
    )
    figure = build(replace(drawings["curves"], series=full))
    assert figure.axes[0].get_ylim() == (0, 100)


def test_intervals_are_drawn_in_the_unit_of_the_axis(drawings):
    figure = build(drawings["forest"])
    ((x, y),) = lines_of(figure)["Placement"]
    assert x == pytest.approx([-25.52, 14.96])
    assert y == [0, 0]
    words = words_of(figure)
    assert "−5.0 (−25.5 to 15.0)" in words
    assert "not estimable" in words
    assert "← fewer" in words


def test_an_unlimited_interval_ends_in_an_arrow(drawings):
    figure = build(drawings["ratios"])
    marks = [line.get_marker() for line in figure.axes[0].lines]
    assert marks.count(">") == 1
    assert marks.count("<") == 0
    assert figure.axes[0].get_xscale() == "log"


def test_the_funnel_shows_every_site_in_one_colour_by_name(drawings):
    figure = build(drawings["funnel"])
    drawn = lines_of(figure)
    ((x, y),) = drawn["sites"]
    assert x == [9.0, 12.5, 13.0, 22.4]
    assert y == pytest.approx([4.7, 5.7, 6.7, 7.7])
    assert [limits[1] for limits in drawn["95% limits"]] == [[1, 2, 3], [9, 8, 7]]
    words = words_of(figure)
    for name in ("Borough A", "Borough B", "Borough C", "Southwark", "95% upper"):
        assert name in words
    assert "Borough D" not in words


def test_the_funnel_table_is_by_name_with_limits_and_hides_the_hidden(drawings):
    frame = drawings["funnel"].data()
    assert frame["site"].tolist() == sorted(frame["site"])
    hidden = frame[frame["site"] == "Borough D"].iloc[0].tolist()
    assert hidden[1:] == ["[c]"] * 4
    at_12_5 = frame[frame["site"] == "Borough B"].iloc[0]
    assert at_12_5["95% lower"] == pytest.approx(1 + 4.5 / 8)


def test_a_hidden_bar_has_no_length_and_shows_its_mark(drawings):
    figure = build(drawings["bars"])
    widths = [[bar.get_width() for bar in group] for group in figure.axes[0].containers]
    assert widths == [[61, 0], [31, 0]]
    assert words_of(figure).count("[c]") == 1
    hatches = {group[0].get_hatch() for group in figure.axes[0].containers}
    assert len(hatches) == 2


def test_a_hidden_month_leaves_a_gap(drawings):
    figure = build(drawings["lines"])
    ((_, y),) = lines_of(figure)["School"]
    assert np.isnan(y[2])
    assert [value for value in y if not np.isnan(value)] == [3, 4, *range(9)]
    assert {"[c]", "Forum starts", "Police"} <= set(words_of(figure))


def test_dots_stand_between_guides(drawings):
    figure = build(drawings["dots"])
    assert lines_of(figure)["Age"] == [([-0.125], [0])]
    assert {"−0.13", "[z]", "−0.1", "0.1"} <= set(words_of(figure))


def test_points_stand_where_they_are_said_and_one_is_marked(drawings):
    axes = build(drawings["points"]).axes[0]
    others, chosen = axes.lines
    assert others.get_xydata().tolist() == [[5.04, 50], [0, 70.8], [0.9, 62.5]]
    assert chosen.get_xydata().tolist() == [[0.9, 63.0]]
    assert others.get_markerfacecolor() == "white" != chosen.get_markerfacecolor()
    bold = {text.get_text() for text in axes.texts if text.get_fontweight() == "bold"}
    assert bold == {"minimisation"}


def test_one_point_has_axes_and_a_name():
    only = (NamedPoint(name="coin toss", x=1, y=1),)
    drawing = PointPlot(points=only, x_label="Imbalance", y_label="Guesses")
    axes = build(drawing).axes[0]
    assert "coin toss" in {text.get_text() for text in axes.texts}
    assert axes.get_xlim() == (0, 2)


def test_the_flow_shows_every_number_and_reason(drawings):
    words = " ".join(words_of(build(drawings["flow"])))
    for written in (
        "Families referred (n = 150)",
        "Assessed for eligibility (n = 110)",
        "Eligible (n = 50) Approached (n = 47) Consented (n = 41)",
        "Not randomised (n = 70)",
        "declined (n = [c])",
        "Families randomised (n = 40) Children randomised (n = 42)",
        "Allocated (n = 20) Children allocated (n = 22)",
        "Received it (n = 18)",
        "moved away (n = 2)",
        "Stopped treatment early, kept in the analysis (n = 3)",
        "Not analysed (n = 1)",
    ):
        assert written in words


def test_the_flow_table_names_each_reason_with_its_box(drawings):
    frame = drawings["flow"].data()
    what = dict(zip(frame["what"], frame["number"], strict=True))
    assert what["not randomised: declined"] == "[c]"
    assert what["not analysed: outcome missing"] == 1
    before = ("referred", "assessed for eligibility", "eligible", "approached")
    assert [what[words] for words in before] == [150, 110, 50, 47]
    assert (what["consented"], what["children randomised"]) == (41, 42)
    assert what["children allocated"] == 22


@pytest.mark.parametrize("box", ["referred", "assessed"])
def test_the_upper_part_shows_what_is_known(box):
    arm = FlowArm(name="A", allocated=20, analysed=20)
    drawing = FlowDiagram(randomised=40, arms=(arm, arm), **{box: 44})
    words = " ".join(words_of(build(drawing)))
    assert f"Families {box}" in words
    assert "(n = 44) Families randomised (n = 40)" in words
    assert "Children" not in words
    assert len(drawing.data()) == 2 + 4


@pytest.mark.parametrize("n_arms", [2, 3, 4, 5])
def test_a_flow_of_several_arms_needs_no_upper_part(n_arms):
    arms = [
        FlowArm(
            name=f"Arm {i}, with a rather long name",
            allocated=10,
            analysed=10,
            lost=Tally(n=4, reasons=(("family could not be reached again", 4),)),
        )
        for i in range(n_arms)
    ]
    figure = build(FlowDiagram(randomised=10 * n_arms, arms=tuple(arms)))
    assert "assessed" not in " ".join(words_of(figure))
    axes = figure.axes[0]
    boxes = [p for p in axes.patches if p.get_facecolor()[:3] == (1, 1, 1)]
    assert len(boxes) == 1 + 3 * n_arms
    for box in boxes:
        assert box.get_x() >= 0
        assert box.get_x() + box.get_width() <= WIDTH


# Nothing overlaps, nothing is cut off


@pytest.mark.parametrize("name", NAMES)
def test_texts_lie_inside_and_apart(drawings, name):
    figure = build(drawings[name])
    figure.canvas.draw()
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts_of(figure)]
    for words, box in boxes:
        assert min(box.x0, box.y0) >= -1, words
        assert box.x1 <= page.x1 + 1, words
        assert box.y1 <= page.y1 + 1, words
    for i, (one, a) in enumerate(boxes):
        for other, b in boxes[i + 1 :]:
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            up = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert across <= 1.5 or up <= 2.5, (one, other)


def test_text_stays_inside_its_box(drawings):
    figure = build(drawings["flow"])
    figure.canvas.draw()
    axes = figure.axes[0]
    boxes = [p.get_window_extent() for p in axes.patches]
    for text in axes.texts:
        if not text.get_text().strip():
            continue
        extent = text.get_window_extent()
        holders = [
            b
            for b in boxes
            if b.x0 - 1 <= extent.x0
            and extent.x1 <= b.x1 + 1
            and b.y0 - 1 <= extent.y0
            and extent.y1 <= b.y1 + 1
        ]
        assert holders, text.get_text()


def test_many_sites_of_like_size_stay_readable():
    rng = np.random.default_rng(1)
    points = tuple(
        FunnelPoint(name=f"Borough {letter}", exposure=x, value=y)
        for letter, x, y in zip(
            "ABCDEFGHIJKLMN",
            rng.uniform(14, 24, 14),
            rng.uniform(3, 7, 14),
            strict=True,
        )
    )
    grid = tuple(np.linspace(10, 30, 20))
    limits = FunnelLimits(level=0.95, exposure=grid, lower=(1,) * 20, upper=(9,) * 20)
    figure = build(
        FunnelPlot(points=points, target=5, limits=(limits,), x_label="x", y_label="y")
    )
    names = [t for t in figure.axes[0].texts if t.get_text().startswith("Borough")]
    assert len(names) == 14
    boxes = [t.get_window_extent() for t in names]
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert min(a.x1, b.x1) - max(a.x0, b.x0) <= 1 or (
                min(a.y1, b.y1) - max(a.y0, b.y0) <= 1
            )


# Edges: nothing to draw


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_rows_without_any_number_are_words_and_no_axis(scale):
    missing = Estimate.missing("odds ratio", "why", n=0)
    rows = tuple(Interval(label=name, estimate=missing) for name in ("One", "Two"))
    figure = build(
        Intervals(rows=rows, x_label="Ratio", scale=scale, reference=1.0,
                  sides=("Fewer", "More"))
    )  # fmt: skip
    (axes,) = figure.axes
    assert not axes.axison
    assert not axes.lines
    written = sorted(text.get_text() for text in axes.texts)
    assert written == ["One", "Two", "not estimable", "not estimable"]


def test_one_number_among_the_rows_is_enough_for_an_axis():
    missing = Estimate.missing("risk difference", "why", n=0)
    known = Estimate(measure="risk difference", value=0.1, lower=0.0, upper=0.2, n=9)
    rows = (Interval(label="A", estimate=missing), Interval(label="B", estimate=known))
    (axes,) = build(Intervals(rows=rows, x_label="x")).axes
    assert axes.axison
    assert axes.get_xlabel() == "x"


def test_the_centre_line_of_a_funnel_has_the_name_it_is_given():
    points = tuple(
        FunnelPoint(name=name, exposure=size, value=3)
        for name, size in (("A", 10), ("B", 20))
    )
    plain = FunnelPlot(points=points, target=3, limits=(), x_label="x", y_label="y")
    assert "Target" in words_of(build(plain))
    named = replace(plain, target_label="All of the schools that take part")
    figure = build(named)
    words = [t for t in figure.axes[0].texts if t.get_text() == named.target_label]
    figure.draw_without_rendering()
    assert words[0].get_window_extent().x1 <= figure.bbox.x1


def test_nothing_estimable_or_everything_hidden_still_draws(drawings, make_document):
    missing = Estimate.missing("odds ratio", "why", n=0)
    rows = (Interval(label="A", estimate=missing),)
    for scale in ("linear", "log"):
        build(Intervals(rows=rows, x_label="x", scale=scale))
    hidden = BarSeries(label="A", numbers=("[c]", "[c]"))
    build(Bars(categories=("a", "b"), series=(hidden,), x_label="x"))
    gap = LineSeries(label="A", numbers=("[c]", "[c]"))
    build(Lines(periods=("1", "2"), series=(gap,), y_label="y"))
    one = (FunnelPoint(name="A", exposure=1, value=0),)
    build(FunnelPlot(points=one, target=0, limits=(), x_label="x", y_label="y"))


def test_a_curve_without_events_draws_a_level_line():
    from steps_analysis.estimates import Curve
    from steps_analysis.reporting import StepCurve

    none = np.array([])
    curve = Curve(
        time=none, value=none, lower=none, upper=none,
        standard_error=none, n_at_risk=none, start=0.0,
    )  # fmt: skip
    series = (StepCurve(label="A", curve=curve),)
    drawing = Curves(series=series, times=(0, 10), y_label="y")
    assert lines_of(build(drawing))["A"] == [([0, 10], [0, 0])]


# Bytes


@pytest.mark.parametrize("name", NAMES)
def test_same_drawing_same_bytes_whatever_the_caller_has_set(drawings, name):
    words = {"title": "T & <t>", "description": "D", "stamp": "S"}
    first = render(drawings[name], name=name, **words)
    with mpl.rc_context(
        {"font.size": 20, "svg.fonttype": "path", "lines.linewidth": 9}
    ):
        second = render(drawings[name], name=name, **words)
    assert first == second
    assert b"Software" not in first.png
    assert b"matplotlib" not in first.png
    assert first.png[:4] == b"\x89PNG"


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_sound_xml_with_real_text(drawings, name):
    picture = render(
        drawings[name], name=name, title="T & <t>", description="D", stamp="The stamp"
    )
    root = ET.fromstring(picture.svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.find(f"{space}title").text == "T & <t>"
    texts = ["".join(t.itertext()) for t in root.iter(f"{space}text")]
    assert "The stamp" in texts
    ids = re.findall(r' id="([^"]+)"', picture.svg)
    assert all(one.startswith(f"{name}-") for one in ids)


def test_drawing_leaves_no_trace_in_matplotlib(drawings):
    before = dict(mpl.rcParams)
    render(drawings["bars"], name="a", title="T", description="D")
    assert dict(mpl.rcParams) == before
    assert not mpl._pylab_helpers.Gcf.figs


# Colour


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_on_white(colour):
    return 1.05 / (luminance(colour) + 0.05)


def test_series_differ_in_more_than_colour():
    for what in ("colour", "mark", "hatch"):
        assert len({getattr(look, what) for look in LOOKS}) == len(LOOKS)
    assert len({str(look.dash) for look in LOOKS}) == len(LOOKS)


def test_letters_are_readable_on_white():
    for colour in (INK, QUIET, *(look.ink for look in LOOKS)):
        assert contrast_on_white(colour) >= 4.5, colour


# Properties of the placing of labels

places = st.lists(st.floats(0, 100), min_size=1, max_size=6)


@settings(deadline=None, max_examples=50)
@given(places)
def test_spread_labels_keep_their_distance_and_order(positions):
    placed = spread(positions, 5.0, 0.0, 100.0)
    ordered = sorted(placed)
    assert all(b - a >= 5 - 1e-6 for a, b in pairwise(ordered))
    for i, a in enumerate(positions):
        for j, b in enumerate(positions):
            if a < b:
                assert placed[i] < placed[j]


def test_wrapped_lines_fit():
    lines = wrapped("a family that could not be reached again in time", 1.2, 9.0)
    assert len(lines) > 1
    assert all(text_width(line, 9.0) <= 1.2 for line in lines)


# Errors


def test_numbers_that_do_not_add_up_are_refused():
    with pytest.raises(ArgumentError, match="`n` must be the sum of its parts, 3"):
        Tally(n=4, reasons=(("moved", 3),))
    arm = FlowArm(name="A", allocated=20, analysed=20)
    with pytest.raises(ArgumentError, match="`randomised` must be the sum"):
        FlowDiagram(randomised=41, arms=(arm, arm))
    with pytest.raises(ArgumentError, match="`assessed` must be the sum"):
        FlowDiagram(randomised=40, arms=(arm, arm), assessed=50, excluded=Tally(n=9))
    with pytest.raises(ArgumentError, match="`allocated` must be the sum"):
        FlowArm(name="A", allocated=9, analysed=9, received=5, not_received=Tally(n=3))
    with pytest.raises(ArgumentError, match="`allocated` must be the sum"):
        FlowArm(name="A", allocated=9, analysed=9, not_analysed=Tally(n=1))
    with pytest.raises(ArgumentError, match="`arms` must be at least two"):
        FlowDiagram(randomised=20, arms=(arm,))
    with pytest.raises(ArgumentError, match="`n` must be a whole number"):
        Tally(n=1.5)


def test_impossible_drawings_are_refused(drawings):
    curve = drawings["curves"].series[0]
    for times in ((0,), (1, 2), (0, 2, 2)):
        with pytest.raises(ArgumentError, match="`times` must increase from 0"):
            Curves(series=(curve,), times=times, y_label="y")
    with pytest.raises(ArgumentError, match="`at_risk` must be 4 numbers"):
        Curves(series=(curve,), times=(0, 1, 2, 3), y_label="y")
    with pytest.raises(ArgumentError, match="`series` must be 1 to 6"):
        Curves(series=(), times=(0, 1), y_label="y")
    with pytest.raises(ArgumentError, match="`scale` must be 'linear' or 'log'"):
        Intervals(rows=drawings["forest"].rows, x_label="x", scale="cube")
    with pytest.raises(ArgumentError, match="`reference` must be above 0"):
        Intervals(rows=drawings["forest"].rows, x_label="x", scale="log", reference=0)
    with pytest.raises(ArgumentError, match="`rows` must hold at least one"):
        Intervals(rows=(), x_label="x")
    with pytest.raises(ArgumentError, match="`dots` must hold at least one"):
        DotPlot(dots=())
    with pytest.raises(ArgumentError, match="`numbers` must be at least 0"):
        BarSeries(label="A", numbers=(-1,))
    bars = BarSeries(label="A", numbers=(1,))
    with pytest.raises(ArgumentError, match="`numbers` must be 2 values"):
        Bars(categories=("a", "b"), series=(bars,), x_label="x")
    with pytest.raises(ArgumentError, match="`series` must be 1 to 6 series"):
        Bars(categories=(), series=(), x_label="x")
    line = LineSeries(label="A", numbers=(1, 2))
    with pytest.raises(ArgumentError, match="`numbers` must be 3 values"):
        Lines(periods=("1", "2", "3"), series=(line,), y_label="y")
    with pytest.raises(ArgumentError, match="`series` must be 1 to 6 series"):
        Lines(periods=("1",), series=(line,), y_label="y")
    with pytest.raises(ArgumentError, match="`change` must be in a period"):
        Lines(periods=("1", "2"), series=(line,), y_label="y", change=("3", "x"))


def test_points_without_a_name_of_their_own_are_refused():
    twice = (NamedPoint(name="a", x=1, y=1), NamedPoint(name="a", x=2, y=1))
    for points in ((), twice):
        with pytest.raises(ArgumentError, match="at least one point, and each name"):
            PointPlot(points=points, x_label="x", y_label="y")


def test_impossible_funnels_are_refused():
    with pytest.raises(ArgumentError, match="`exposure` must be above 0"):
        FunnelPoint(name="A", exposure=0, value=1)
    with pytest.raises(ArgumentError, match="`exposure` must be as many"):
        FunnelLimits(level=0.95, exposure=(1,), lower=(), upper=(1,))
    with pytest.raises(ArgumentError, match="`exposure` must increase"):
        FunnelLimits(level=0.95, exposure=(2, 1), lower=(0, 0), upper=(1, 1))
    with pytest.raises(ArgumentError, match="`exposure` must hold at least one"):
        FunnelLimits(level=0.95, exposure=(), lower=(), upper=())
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        FunnelLimits(level=95, exposure=(1,), lower=(0,), upper=(1,))
    with pytest.raises(ArgumentError, match="`points` must hold at least one"):
        FunnelPlot(points=(), target=1, limits=(), x_label="x", y_label="y")
    point = FunnelPoint(name="A", exposure=1, value=1)
    with pytest.raises(ArgumentError, match="`exposure_scale` must be"):
        FunnelPlot(
            points=(point,), target=1, limits=(), x_label="x", y_label="y",
            exposure_scale="cube",
        )  # fmt: skip
