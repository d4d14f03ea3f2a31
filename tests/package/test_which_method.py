"""Intervals and tests compared: the counting, the rule, a sample, the page."""

import math
from dataclasses import replace
from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

from steps_analysis.outcomes import exact_test, odds_ratio, risk_difference
from tools.measured import PROOFS
from tools.which_method import adjusted, competing, events, scores, survival
from tools.which_method.answers import DIFFERENCE, RATIO, RISK, SCORE, summary
from tools.which_method.cells import SIZES, Cell, risk_cells
from tools.which_method.two_by_two import cell_of, likely, methods
from tools.which_method.verdicts import (
    BOUND,
    breaches,
    error,
    is_measured,
    keeps,
    power_lost,
    questions,
    recommended,
    undecided,
)
from tools.which_method_page import NAMES, PAGE, measured, page

EVEN = np.full(4, 0.25)
NAN = math.nan


@pytest.fixture(scope="module")
def families():
    return [family for one in measured() for family in one["families"]]


def a_row(name, *cells, interval=False):
    return {"name": name, "question": "q", "interval": interval, "cells": list(cells)}


def a_cell(type_one, power, *, n=20, misses=0.0, length=1.0, **more):
    effect = {"rejects": power, "misses": misses, "length": length, "given": 1.0}
    return {
        "n": n,
        "at": "5%",
        "null": {"rejects": type_one, **more},
        "effect": {**effect, **more},
    }


# --- by hand -------------------------------------------------------------------------


def test_a_test_that_gives_no_answer_rejects_nothing():
    found = summary(
        np.array([0.05, 0.2, NAN, 0.01]), scale=None, truth=NAN, weights=EVEN
    )
    assert found == {"given": 0.75, "rejects": 0.5}


def test_an_interval_not_given_excludes_nothing_and_is_as_long_as_the_scale():
    # Lengths 0.2, 0.2, 0.2 and 2; the second leaves out 0, the first the truth 0.3.
    limits = np.array([[-0.1, 0.1], [0.2, 0.4], [0.0, 0.2], [NAN, NAN]])
    found = summary(limits, scale=DIFFERENCE, truth=0.3, weights=EVEN)
    assert found == {"given": 0.75, "rejects": 0.25, "misses": 0.5, "length": 0.65}


def test_a_ratio_without_an_end_has_a_length():
    # From 1 to infinity: 1/2 to 1 of the scale. From 0 to 1/3: 0 to 1/4.
    limits = np.array([[1.0, math.inf], [0.0, 1 / 3]])
    found = summary(limits, scale=RATIO, truth=1.0, weights=np.full(2, 0.5))
    assert found["length"] == 0.375
    assert found["rejects"] == found["misses"] == 0.5


def test_a_scale_without_ends_averages_what_is_given():
    limits = np.array([[-1.0, 1.0], [NAN, NAN]])
    found = summary(limits, scale=SCORE, truth=0.0, weights=np.full(2, 0.5))
    assert (found["length"], found["given"]) == (2.0, 0.5)


def test_no_effect_on_one_risk_is_the_risk():
    found = summary(
        np.array([[0.1, 0.3]]), scale=RISK, truth=0.4, weights=np.array([1.0])
    )
    assert found["rejects"] == found["misses"] == 1


def test_the_error_of_a_share():
    assert error(0.0, {"trials": 100}) == pytest.approx(math.sqrt(0.01 * 0.99 / 100))
    assert error(0.2, {"trials": 400}) == pytest.approx(0.02)
    assert error(0.2, {}) == 0


def test_a_method_keeps_a_cell():
    assert keeps(a_cell(0.055, 0.5))
    assert not keeps(a_cell(0.0551, 0.5))
    assert not keeps(a_cell(0.01, 0.5, misses=0.06))
    # 0.06 drawn 400 times has an error of 0.012: two of them are enough.
    assert keeps(a_cell(0.01, 0.5, misses=0.06, trials=400))


def test_the_most_powerful_test_that_keeps_the_bound_is_recommended():
    bold, good, timid = (
        a_row("bold", a_cell(0.06, 0.9)),
        a_row("good", a_cell(0.05, 0.7)),
        a_row("timid", a_cell(0.01, 0.2)),
    )
    assert recommended([bold, good, timid], 20) == "good"
    assert recommended([bold], 20) == "none"
    assert recommended([good], 40) == recommended([good], None) == "–"


def test_the_shortest_interval_that_keeps_the_bound_is_recommended():
    long = a_row("long", a_cell(0.05, 0.9, length=0.5), interval=True)
    short = a_row("short", a_cell(0.05, 0.1, length=0.4), interval=True)
    assert recommended([long, short], 20) == "short"
    assert recommended([long, short], 20, cost=power_lost) == "long"


def test_of_near_equals_the_surest_is_recommended():
    sure = a_row("sure", a_cell(0.03, 0.695, length=0.505), interval=True)
    near = a_row("near", a_cell(0.05, 0.7, length=0.5), interval=True)
    drawn = a_row("drawn", a_cell(0.03, 0.7, length=0.5, trials=100), interval=True)
    assert recommended([near, drawn, sure], 20) == "sure"
    for row in (sure, near, drawn):
        row["interval"] = False
    assert recommended([near, drawn, sure], 20) == "sure"
    sure["cells"][0]["effect"]["rejects"] = 0.6
    assert recommended([near, drawn, sure], 20) == "near"


def test_allocations_are_no_choice_of_an_analysis():
    rows = [a_row(name, a_cell(0.05, 0.5)) for name in ("a", "b; blocks", "b; simple")]
    found = questions([{"methods": rows}])
    assert {key: len(asked) for key, asked in found.items()} == {"q": 2, "q; simple": 1}


def test_every_size_wants_every_size():
    row = a_row("row", *(a_cell(0.05, 0.5, n=n) for n in SIZES))
    bad = a_row("bad", *(a_cell(0.05 + 0.01 * (n > 80), 0.9, n=n) for n in SIZES))
    assert recommended([row, bad], 80) == "bad"
    assert recommended([row, bad], None) == "row"


def test_what_breaks_the_bound_is_found():
    row = a_row("row", a_cell(0.056, 0), a_cell(0.06, 0, trials=400), a_cell(0.05, 0))
    assert [(name, n, clear) for name, _, n, clear in breaches([row])] == [
        ("row", 2, True)
    ]
    row["cells"] = row["cells"][1:]
    assert [(n, clear) for _, _, n, clear in breaches([row])] == [(1, False)]


def test_what_more_trials_might_decide():
    near = a_row("near", a_cell(0.057, 0.5, trials=400))
    far = a_row("far", a_cell(0.1, 0.5, trials=400))
    exact = a_row("exact", a_cell(0.057, 0.5))
    kept = a_row("kept", a_cell(0.05, 0.5))
    assert undecided([near, far, exact, kept], 20) == ["near"]
    assert undecided([near], 40) == []


# --- the models drawn from -----------------------------------------------------------


@pytest.mark.parametrize("risk", [0.025, 0.2])
def test_the_true_effects_are_those_of_the_models(risk):
    cell = Cell(n=20, at="", value=risk)
    start, effect = adjusted.log_odds(risk, risk / 2)
    prognosis = [a * math.log(3) + b * math.log(2) for a in (0, 1) for b in (0, 1)]
    assert np.mean(expit(start + np.array(prognosis))) == pytest.approx(risk)
    assert np.mean(expit(start + effect + np.array(prognosis))) == pytest.approx(
        risk / 2
    )
    control, treated = survival.hazards(cell)
    assert [1 - math.exp(-h) for h in (control, treated)] == pytest.approx(
        [risk, risk / 2]
    )
    gained = quad(lambda t: math.exp(-treated * t) - math.exp(-control * t), 0, 1)[0]
    assert survival.truths(cell)["mean"] == pytest.approx(gained)
    lost = quad(lambda t: _incidence(risk / 2, t) - _incidence(risk, t), 0, 1)[0]
    assert competing.truths(cell)["lost"] == pytest.approx(lost)
    assert _incidence(risk, 1) == pytest.approx(risk)


def _incidence(risk, time):
    """Give the cumulative incidence of the first of two constant hazards."""
    first, other = competing.hazards(risk)
    total = first + other
    return first / total * (1 - math.exp(-total * time))


def test_spells_between_events_cover_the_follow_up():
    trial = events.Trial(
        arm=np.array([0, 1]),
        end=np.array([1.0, 0.5]),
        who=np.array([0, 0]),
        when=np.array([0.6, 0.2]),
    )
    entry, time, event, who, arm = trial.spells()
    assert entry.tolist() == [0.0, 0.2, 0.6, 0.0]
    assert time.tolist() == [0.2, 0.6, 1.0, 0.5]
    assert event.tolist() == [True, True, False, False]
    assert who.tolist() == [0, 0, 0, 1]
    assert arm.tolist() == [0, 0, 0, 1]
    assert trial.counts.tolist() == [2, 0]


# --- naive twin ----------------------------------------------------------------------


def test_the_sums_over_tables_are_those_of_a_loop():
    m, risk = 10, 0.2

    def probability(x, p):
        return comb(m, x) * p**x * (1 - p) ** (m - x)

    type_one, missed, given, rejected = 0.0, 0.0, 0.0, 0.0
    for x1 in range(m + 1):
        for x0 in range(m + 1):
            null = probability(x1, risk) * probability(x0, risk)
            there = probability(x1, risk / 2) * probability(x0, risk)
            if exact_test(x1, m, x0, m, method="mid-p").p_value <= 0.05:
                type_one += null
                rejected += there
            odds = odds_ratio(x1, m, x0, m, method="woolf")
            if odds.not_estimable is None:
                given += there
            one = risk_difference(x1, m, x0, m, method="agresti-caffo")
            if not one.lower <= -risk / 2 <= one.upper:
                missed += there
    rows = {
        (one.question, one.name): next(c for c in _exact(one) if c["at"] == "20%")
        for one in methods()
        if one.name in {"mid-p", "woolf", "agresti-caffo"}
    }
    test = rows["Two risks: test", "mid-p"]
    assert test["null"]["rejects"] == pytest.approx(type_one, abs=2e-5)
    assert test["effect"]["rejects"] == pytest.approx(rejected, abs=2e-5)
    woolf = rows["Odds ratio: interval", "woolf"]["effect"]
    assert woolf["given"] == pytest.approx(given, abs=2e-5)
    wald = rows["Risk difference: interval", "agresti-caffo"]["effect"]
    assert wald["misses"] == pytest.approx(missed, abs=2e-5)


def _exact(method, n=20):
    tables = likely(n // 2)
    found = method.analyse((n // 2, [(int(x), int(y)) for x, y in tables]))
    return [
        cell_of(found, tables, cell, method) for cell in risk_cells() if cell.n == n
    ]


# --- a sample of what was measured ---------------------------------------------------


def test_exact_figures_are_those_kept(families):
    kept = {(row["question"], row["name"]): row for row in families[1]["methods"]}
    assert set(kept) == {(one.question, one.name) for one in methods()}
    for method in methods():
        if method.name not in {"exact", "boschloo", "barnard", "firth"}:
            there = kept[method.question, method.name]["cells"]
            assert _exact(method) == [cell for cell in there if cell["n"] == 20]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("adjusted", adjusted.adjusted),
        ("survival", survival.survival),
        ("competing", competing.competing),
        ("events", events.repeated_events),
        ("scores", scores.scores),
    ],
)
def test_other_trials_say_what_was_kept(name, family):
    whole = family()
    kept = measured()[NAMES.index(name)]["families"][0]
    assert (kept["title"], kept["model"]) == (whole.title, whole.model)
    names = [one.name for one in whole.methods]
    assert [row["name"] for row in kept["methods"]] == names
    some = replace(
        whole,
        cells=tuple(cell for cell in whole.cells if cell.n == 40)[-1:],
        methods=tuple(
            replace(one, most=250)
            for one in whole.methods
            if one.most >= 4000 or one.name.endswith("; blocks")
        ),
        first_batch=1000,
    )
    rows = {row["name"]: row for row in kept["methods"]}
    for row in some.measure()["methods"]:
        (cell,) = row["cells"]
        there = _same_cell(rows[row["name"]], cell)
        for key in ("null", "effect"):
            for share in {"given", "rejects", "misses"} & set(cell[key]):
                got, had = cell[key][share], there[key][share]
                assert abs(got - had) <= 4 * _spread(cell[key], there[key], share), (
                    row["name"],
                    key,
                    share,
                )


def _spread(one, other, share):
    """Give the error of the difference of two shares, if they estimate the same."""
    trials = one["trials"], other["trials"]
    pooled = (one[share] * trials[0] + other[share] * trials[1]) / sum(trials)
    return math.hypot(*(error(pooled, {"trials": n}) for n in trials))


def _same_cell(row, cell):
    """Find a cell of the same size and risk."""
    (found,) = (c for c in row["cells"] if (c["n"], c["at"]) == (cell["n"], cell["at"]))
    return found


# --- the page ------------------------------------------------------------------------


def test_the_page_is_what_was_measured():
    assert PAGE.read_text(encoding="utf-8") == page(measured())
    assert {f"which_method_{name}" for name in NAMES} <= set(PROOFS)


def test_what_is_recommended_keeps_type_one_error(families):
    n_recommended = 0
    for rows in questions(families).values():
        for n in (*SIZES, None):
            name = recommended(rows, n)
            for row in rows:
                if row["name"] == name:
                    assert is_measured(row, n)
                    cells = [c for c in row["cells"] if n in (None, c["n"])]
                    assert all(c["null"]["rejects"] <= BOUND == 0.055 for c in cells)
                    n_recommended += 1
    assert n_recommended > 40


def test_every_size_and_risk_was_measured(families):
    for family in families[:4]:
        for row in family["methods"]:
            sizes = {cell["n"] for cell in row["cells"]}
            assert {(c["n"], c["at"]) for c in row["cells"]} == {
                (n, at) for n in sizes for at in ("2.5%", "5%", "20%")
            }
        assert any(is_measured(row, None) for row in family["methods"])
