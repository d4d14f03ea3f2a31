"""How good are the methods that only look at two counts? Exactly, without drawing.

Each method answers every two-by-two table once; type I error and coverage are sums of
the tables' binomial probabilities. Tables less likely than the cut are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import numpy as np

from steps_analysis.estimates import Estimate, FloatArray, IntArray, TestResult
from steps_analysis.outcomes import (
    exact_test,
    firth_logistic,
    odds_ratio,
    proportion_interval,
    risk_difference,
    risk_ratio,
)
from steps_analysis.outcomes.binary.exact_tests import ExactMethod
from steps_analysis.outcomes.binary.proportions import ProportionMethod
from steps_analysis.outcomes.binary.two_by_two import (
    OddsRatioMethod,
    RiskDifferenceMethod,
    RiskRatioMethod,
)
from tools.which_method.answers import (
    DIFFERENCE,
    RATIO,
    RISK,
    Scale,
    intervals,
    p_values,
    summary,
)
from tools.which_method.cells import RISKS, SIZES, Cell, Method, risk_cells

CUT = 1e-8
_SLOW = (
    (exact_test, "boschloo"),
    (exact_test, "barnard"),
    (risk_difference, "exact"),
    (odds_ratio, "blaker"),
)
_SMALL = tuple(n for n in SIZES if n <= 80)
Table = tuple[int, int]


def two_by_two() -> dict[str, Any]:
    """Measure every method of two counts."""
    return {
        "title": "Two risks, without covariates",
        "model": "Two binomial counts in arms of equal size; the risk stated, in both "
        "arms or halved by treatment. Exact sums over all tables with a probability "
        f"of at least {CUT:g} (all others together have less than 0.00001): no Monte "
        "Carlo error. Slow methods up to 80 only.",
        "methods": [_measured(method) for method in methods()],
    }


def one_proportion() -> dict[str, Any]:
    """Measure every interval of one proportion."""
    rows = []
    for name in get_args(ProportionMethod):
        cells = []
        for cell in risk_cells():
            weights = binomial(cell.n, cell.value)
            found = np.array(
                [
                    (one.lower, one.upper)
                    for x in range(cell.n + 1)
                    for one in [proportion_interval(x, cell.n, method=name)]
                ]
            )
            kept = summary(found, scale=RISK, truth=cell.value, weights=weights)
            cells.append({"n": cell.n, "at": cell.at, "null": kept})
        question = "One proportion: interval"
        rows.append(
            {"name": name, "question": question, "interval": True, "cells": cells}
        )
    return {
        "title": "One proportion",
        "model": "One binomial count; here type I error is the share of intervals that "
        "leave out the true risk. Exact: no Monte Carlo error.",
        "methods": rows,
    }


def methods() -> tuple[Method, ...]:
    """Give every interval and test of two counts."""
    return (
        *_family("Risk difference: interval", risk_difference, RiskDifferenceMethod),
        *_family("Risk ratio: interval", risk_ratio, RiskRatioMethod),
        *_family("Odds ratio: interval", odds_ratio, OddsRatioMethod),
        Method(
            name="firth",
            question="Odds ratio: interval",
            analyse=_answers(_firth),
            scale=RATIO,
            truth="odds ratio",
            sizes=_SMALL,
        ),
        *_family("Two risks: test", exact_test, ExactMethod),
    )


def _family(
    question: str, function: Callable[..., Estimate | TestResult], names: Any
) -> list[Method]:
    """Give the methods of one function."""
    measure = question.partition(":")[0].lower()
    scale: Scale | None = RATIO if "ratio" in measure else DIFFERENCE
    return [
        Method(
            name=name,
            question=question,
            analyse=_answers(partial(function, method=name)),
            scale=None if function is exact_test else scale,
            truth=measure,
            sizes=_SMALL if (function, name) in _SLOW else SIZES,
        )
        for name in get_args(names)
    ]


def _answers(
    function: Callable[..., Any],
) -> Callable[[tuple[int, list[Table]]], FloatArray]:
    """Let a function answer tables of arms of m."""

    def of_tables(asked: tuple[int, list[Table]]) -> FloatArray:
        m, tables = asked

        def answer(table: Table) -> Any:
            return function(table[0], m, table[1], m)

        first = answer((0, 0))
        read = p_values if isinstance(first, TestResult) else intervals
        return read(answer)(tables)

    return of_tables


def _firth(x1: int, n1: int, x0: int, n0: int) -> Estimate:
    """Give Firth's odds ratio with profile limits, without covariates."""
    outcome = np.repeat([1, 0, 1, 0], [x1, n1 - x1, x0, n0 - x0])
    arm = np.repeat([1.0, 0.0], [n1, n0])[:, None]
    return firth_logistic(outcome, arm).odds_ratio("column 1")


def _measured(method: Method) -> dict[str, Any]:
    """Measure one method, one size after the other."""
    cells = []
    for n in method.sizes:
        tables = likely(n // 2)
        found = method.analyse((n // 2, [(int(x), int(y)) for x, y in tables]))
        for cell in risk_cells():
            if cell.n == n:
                cells.append(cell_of(found, tables, cell, method))
    return {
        "name": method.name,
        "question": method.question,
        "interval": method.scale is not None,
        "cells": cells,
    }


def cell_of(
    found: FloatArray, tables: IntArray, cell: Cell, method: Method
) -> dict[str, Any]:
    """Weight the tables' answers by their probabilities, without and with an effect."""
    kept: dict[str, Any] = {"n": cell.n, "at": cell.at}
    for key, treated in (("null", cell.value), ("effect", cell.value / 2)):
        kept[key] = summary(
            found,
            scale=method.scale,
            truth=truths(treated, cell.value).get(method.truth, np.nan),
            weights=weights_of(tables, cell.n // 2, treated, cell.value),
        )
    return kept


def truths(treated: float, control: float) -> dict[str, float]:
    """Give the true effects of two risks."""
    odds = treated / (1 - treated) / (control / (1 - control))
    return {
        "risk difference": treated - control,
        "risk ratio": treated / control,
        "odds ratio": odds,
    }


def likely(m: int) -> IntArray:
    """Give the tables with a probability above the cut in some cell, shape (k, 2)."""
    kept = np.zeros((m + 1, m + 1), dtype=bool)
    for risk in RISKS:
        for treated in (risk, risk / 2):
            kept |= np.outer(binomial(m, treated), binomial(m, risk)) >= CUT
    return np.argwhere(kept)


def weights_of(tables: IntArray, m: int, treated: float, control: float) -> FloatArray:
    """Give the tables' probabilities."""
    found: FloatArray = (
        binomial(m, treated)[tables[:, 0]] * binomial(m, control)[tables[:, 1]]
    )
    return found


def binomial(n: int, risk: float) -> FloatArray:
    """Give the probabilities of 0 to n events."""
    from scipy.stats import binom

    return np.asarray(binom.pmf(np.arange(n + 1), n, risk))
