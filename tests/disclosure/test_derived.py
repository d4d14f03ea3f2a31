"""Every kind of derived figure: by hand, as published, and against enumeration."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import (
    Cell,
    Difference,
    Marks,
    Percentage,
    Rate,
    Release,
    Sentence,
    Statistic,
    SurvivalSteps,
    audit,
    protect,
    suppress_primary,
    threshold,
    trial_wide,
)
from steps_analysis.errors import ArgumentError, DataError

RULE = threshold(6)


def table(*rows):
    index = [f"B{i}" for i in range(len(rows))]
    return pd.DataFrame(list(rows), index=index, columns=list("xyz")[: len(rows[0])])


# by hand


def test_a_change_is_a_number_and_a_percentage():
    # 8 -> 10 is +2, +25 %; 7 -> 0 is -7, -100 %; 0 -> 9 is +9, of nothing
    release = Release().add_table("t", table([8, 10], [7, 0], [0, 9]), totals="none")
    how = Difference(from_column="x", to_column="y")
    public = protect(release.add_derived("d", "t", how), trial_wide, key="k")
    assert public.to_frame("d").to_numpy().tolist() == [
        [2.0, 25.0],
        [-7.0, -100.0],
        [9.0, "[z]"],
    ]
    assert list(public.to_frame("d")) == ["change", "change in per cent"]


def test_a_change_goes_with_the_hidden_count_it_reads():
    release = Release().add_table("t", table([3, 10], [7, 9]), totals="none")
    how = Difference(from_column="x", to_column="y")
    public = protect(release.add_derived("d", "t", how), RULE, key="k")
    assert public.to_frame("d").to_numpy().tolist() == [["[c]", "[c]"], [2.0, 28.6]]


def test_marks_are_positions_in_the_drawing():
    # the axis points down the page: 0 at 400, 12.5 pixels a referral
    release = Release().add_table("t", table([8, 10], [3, 0]), totals="none")
    how = Marks(per_unit=-12.5, start=400)
    public = protect(release.add_derived("m", "t", how), RULE, key="k")
    assert public.to_frame("m").to_numpy().tolist() == [[300.0, 275.0], ["[c]", 400.0]]


def test_marks_of_rates_stand_where_the_rates_are():
    people = pd.Series({"B0": 20_000, "B1": 30_000})
    release = Release().add_table("t", table([8, 10], [7, 9]), totals="none")
    release = release.add_derived("r", "t", Rate(denominator=people))
    release = release.add_derived("m", "r", Marks(per_unit=10, decimals=2))
    public = protect(release, RULE, key="k")
    assert public.to_frame("m").loc["B1"].tolist() == [23.33, 30.0]


def test_a_survival_curve_is_a_product_and_stops_where_a_count_is_hidden():
    # (40 - 8)/40 = 0.8; (30 - 6)/30 = 0.8; 0.8 * 0.8 = 0.64
    steps = pd.DataFrame(
        {"events": [8, 6, 3], "at risk": [40, 30, 20]}, index=["6", "12", "18"]
    )
    release = Release().add_table("steps", steps, totals="none")
    release = release.add_derived("km", "steps", SurvivalSteps())
    exact = protect(release, trial_wide, key="k").to_frame("km")["survival"]
    assert exact.tolist() == [0.8, 0.64, 0.544]
    ours = protect(release, RULE, key="k").to_frame("km")["survival"]
    assert ours["18"] == "[c]"


def test_events_are_at_most_what_the_numbers_at_risk_fall_by():
    # 40 at risk, then 37: a hidden 2 is known to be at most 3 without any curve
    steps = pd.DataFrame({"events": [2, 7], "at risk": [40, 37]}, index=["6", "12"])
    release = Release().add_table("steps", steps, totals="none")
    plain = audit(suppress_primary(release, RULE))
    assert plain.safe
    release = release.add_derived("km", "steps", SurvivalSteps())
    found = audit(suppress_primary(release, RULE))
    assert str(found.possible(("steps", "6", "events"))) == "1 to 3"
    assert audit(protect(release, RULE, key="k")).safe


def test_a_sentence_says_what_the_table_says():
    release = Release().add_table("t", table([3, 1250], [7, 9]), totals="none")
    how = Sentence(
        template="{many} referrals in y, {few} in x.",
        slots={"many": ("B0", "y"), "few": ("B0", "x")},
        hidden="too few to say",
    )
    release = release.add_derived("s", "t", how)
    said = protect(release, RULE, key="k").to_frame("s").loc["text", "text"]
    assert said == "1,250 referrals in y, too few to say in x."
    marked = Sentence(template="{n} in x.", slots={"n": ("B0", "x")})
    release = release.add_derived("marked", "t", marked)
    public = protect(release, RULE, key="k")
    assert public.to_frame("marked").loc["text", "text"] == "[c] in x."


def test_a_statistic_goes_with_the_cells_it_reads():
    release = Release().add_table("t", table([3, 16], [9, 25]), totals="none")
    roots = Statistic(compute=lambda n: n**0.5)
    ratio = Statistic(
        compute=lambda a, b: a / b if b else float("nan"),
        reads={("B1", "ratio"): [("B1", "y"), ("B1", "x")]},
        decimals=3,
    )
    release = release.add_derived("roots", "t", roots)
    release = release.add_derived("ratio", "t", ratio)
    public = protect(release, RULE, key="k")
    assert public.to_frame("roots").to_numpy().tolist() == [["[c]", 4.0], [3.0, 5.0]]
    assert public.to_frame("ratio").loc["B1", "ratio"] == 2.778
    assert "<lambda>" not in public.to_json()


def test_statistics_of_rounded_counts_are_those_of_the_printed_ones():
    release = Release().add_table("t", table([13, 22]), totals="none")
    release = release.add_derived("s", "t", Statistic(compute=lambda n: n))
    public = protect(release, "strict", key="k")
    assert public.to_frame("s").to_numpy().tolist() == [[15.0, 20.0]]


def test_nothing_exact_is_reachable_in_what_is_printed():
    release = Release().add_table("t", table([3, 4444], [7, 9]))
    release = release.add_derived("s", "t", Statistic(compute=lambda n: n))
    how = Sentence(template="{n} in x.", slots={"n": ("B0", "x")})
    release = release.add_derived("said", "t", how)
    release = release.add_derived("m", "t", Marks())
    public = protect(release, "strict", key="k")
    found = audit(public)
    for text in (repr(public), public.to_json(), repr(found), repr(found.found)):
        assert "4444" not in text
        assert "is_primary" not in text
    assert "3 in x" not in public.to_json()


# against every table that prints the same


def half_up(value, places):
    step = Decimal(1).scaleb(-places)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    sign = -1 if exact < 0 else 1
    away = (abs(exact) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    # halves up: towards plus infinity, so a negative half goes the other way
    if sign < 0 and abs(exact) / step % 1 == Decimal("0.5"):
        away -= step
    return sign * away


def per_people(x, y, z):
    return [half_up(Fraction(n * 10_000, 40_000), 1) for n in (x, y, z)]


def shares(x, y, z):
    total = x + y + z
    return [half_up(Fraction(100 * n, total), 1) if total else None for n in (x, y, z)]


def change(x, y, z):
    return [y - x, half_up(Fraction(100 * (y - x), x), 1) if x else None]


def positions(x, y, z):
    return [half_up(Fraction(400) - Fraction(73, 1000) * n, 1) for n in (x, y, z)]


def quoted(x, y, z):
    return [z]


def root(x, y, z):
    return [round(n**0.5, 1) for n in (x, y, z)]


KINDS = {
    "rate": (Rate(denominator=pd.Series({"B0": 40_000})), per_people),
    "percentage": (Percentage(of="row"), shares),
    "difference": (Difference(from_column="x", to_column="y"), change),
    "marks": (Marks(per_unit=-0.073, start=400, decimals=1), positions),
    "sentence": (Sentence(template="{n}", slots={"n": ("B0", "z")}), quoted),
    "statistic": (Statistic(compute=lambda n: n**0.5), root),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_the_attack_leaves_what_enumeration_leaves(kind, seed):
    how, says = KINDS[kind]
    x, y, z = np.random.default_rng(seed).integers(1, 12, 3).tolist()
    release = Release().add_table("t", table([x, y, z]), totals="rows")
    release = release.add_derived("f", "t", how)
    hidden = [Cell("t", "B0", c) for c in "xyz"]
    naive = suppress_primary(release, RULE, also=hidden, figures="exact")
    total_is_hidden = x + y + z < 6
    found = audit(naive)
    assert not found.untested
    alike = [
        other
        for other in product(range(1, 40), repeat=3)
        if (total_is_hidden or sum(other) == x + y + z)
        and says(*other) == says(x, y, z)
    ]
    for i, cell in enumerate(hidden):
        possible = found.possible(cell)
        left = {other[i] for other in alike}
        assert left == {v for v in range(40) if v in possible}


@pytest.mark.parametrize("seed", range(4))
def test_survival_steps_leave_no_less_than_enumeration_and_the_first_step_no_more(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(1, 6, 2).tolist()
    at_risk = [30, 22]
    steps = pd.DataFrame(
        {"events": [first, second], "at risk": at_risk}, index=["6", "12"]
    )
    release = Release().add_table("t", steps, totals="none")
    release = release.add_derived("km", "t", SurvivalSteps(decimals=1))
    found = audit(suppress_primary(release, RULE, figures="exact"))

    def curve(a, b):
        one = Fraction(30 - a, 30)
        return [half_up(one, 1), half_up(one * Fraction(22 - b, 22), 1)]

    alike = [
        (a, b)
        for a, b in product(range(1, 9), range(1, 23))
        if curve(a, b) == curve(first, second)
    ]
    one, two = (found.possible(("t", row, "events")) for row in steps.index)
    alone = {a for a in range(1, 9) if curve(a, 1)[0] == curve(first, 1)[0]}
    assert alone == {v for v in range(1, 9) if v in one}
    assert {b for _, b in alike} <= {v for v in range(1, 23) if v in two}


def test_statistics_too_many_to_test_are_never_passed():
    release = Release().add_table("t", table([3, 9, 8]), totals="none")
    release = release.add_derived("s", "t", Statistic(compute=lambda n: n**0.5))
    found = audit(suppress_primary(release, RULE, figures="exact"))
    assert found.untested == ("s",)
    assert not found.safe
    assert "s: too many tables fit to say" in found.findings[0]
    assert audit(protect(release, RULE, key="k")).safe


# errors


@pytest.mark.parametrize(
    ("how", "match"),
    [
        (Difference(from_column="x", to_column="w"), "name columns of 't'"),
        (Difference(from_column="x", to_column="x"), "two different columns"),
        (Marks(per_unit=0), "not be 0"),
        (Marks(per_unit=float("inf")), "`per_unit` must be finite"),
        (Marks(start="x"), "`start` must be a number"),
        (SurvivalSteps(), "name columns of 't'"),
        (Sentence(template="{n} {m}", slots={"n": ("B0", "x")}), "have in braces"),
        (Sentence(template="{n:d}", slots={"n": ("B0", "x")}), "have in braces"),
        (Sentence(template="{n", slots={"n": ("B0", "x")}), "have in braces"),
        (Sentence(template="{n}", slots={"n": ("B0", "w")}), "quote cells of 't'"),
        (Statistic(compute=3), "be a function"),
        (Statistic(compute=max, reads={("a", "b"): [("B0", "w")]}), "name cells of"),
        (Percentage(of="every"), "be Percentage"),
        (Rate(denominator=pd.Series({"B0": 1.0}), per=0), "at least 1"),
        ("rate", "another kind of figure"),
    ],
)
def test_what_makes_no_sense_is_refused(how, match):
    release = Release().add_table("t", table([8, 9, 10]))
    with pytest.raises(ArgumentError, match=match):
        release.add_derived("f", "t", how)


def test_figures_of_figures_are_refused_where_they_make_no_sense():
    release = Release().add_table("t", table([8, 9, 10]))
    how = Sentence(template="{n}", slots={"n": ("B0", "x")})
    release = release.add_derived("s", "t", how)
    release = release.add_derived("p", "t", Percentage())
    for other in (how, Percentage(), Difference(from_column="x", to_column="y")):
        with pytest.raises(ArgumentError, match="name a table of counts"):
            release.add_derived("f", "p", other)
    with pytest.raises(ArgumentError, match="be drawn from counts"):
        release.add_derived("f", "s", Marks())


def test_numbers_at_risk_that_fall_by_less_than_the_events_are_refused():
    steps = pd.DataFrame({"events": [8, 6], "at risk": [40, 35]}, index=["6", "12"])
    release = Release().add_table("steps", steps, totals="none")
    with pytest.raises(DataError, match="fall by at least the events"):
        release.add_derived("km", "steps", SurvivalSteps())
