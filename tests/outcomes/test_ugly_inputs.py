"""
Every function's stated answer to what nobody should hand it, and somebody will.

One table: what is handed over, and the answer: a number worked out in the comment, the
reason why there is none, or how it is refused. Nothing else is allowed: no other
exception, no infinity, no warning (pytest makes them errors).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import StepsError
from steps_analysis.estimates import Curve, Estimate, TestResult
from steps_analysis.outcomes import (
    CoxFit,
    TrialStatistics,
    analyse_trials,
    cox,
    cumulative_incidence,
    cumulative_incidence_difference,
    exact_test,
    kaplan_meier,
    log_rank,
    numbers_at_risk,
    odds_ratio,
    proportion_interval,
    risk_difference,
    risk_ratio,
    risk_ratio_at,
    score_sdq,
    standardised_risk,
    standardised_risks,
    survival_difference,
    survival_difference_test,
    survival_quantile,
)


@dataclass(frozen=True)
class Gives:
    """A number, or several."""

    value: object


@dataclass(frozen=True)
class Lacks:
    """No number, because …"""

    reason: str


@dataclass(frozen=True)
class Refuses:
    """A refusal with these words."""

    words: str


NAN, INF = float("nan"), float("inf")
MILLION = 1_000_000
HALVES = np.repeat([0, 1], MILLION // 2)
EARLY = np.where(HALVES == 0, 1.0, 2.0)  # arm 0 leaves at 1, arm 1 at 2
DATES = pd.to_datetime(["2025-01-01", "2025-01-03"])
AB = ["a", "b"]
PAIR = ([1, 2], [1, 1], AB)  # log-rank (1/2)^2 / (1/4): at 1 both are at risk
MASKED = np.ma.array([1.0, 2.0], mask=[False, True])
MISSING = "have no missing values, got '1 missing'"
NOT_NUMBERS = "`time` must hold numbers, got "
YES_OR_NO = "`event` must be true or false, 1 or 0, got "
LEVEL = r"`level` must lie in \(0, 1\), got "
ask, km = partial, kaplan_meier
risk_at = partial(survival_difference, at=1)
free_at = partial(survival_difference_test, at=1)
incidence_at = partial(cumulative_incidence_difference, at=1)
FOUR = ([1, 2, 3, 4], [1, 1, 1, 1])
SEPARATION = r"the likelihood keeps rising with the coefficient of .* \(separation\)"
CONSTANT = "no covariate varies among those at risk"
NO_ONE_TOGETHER = "no two arms are at risk together when an event happens"
HALF = np.log(2) / 2  # test_trials.py: theta/(1 + theta) + theta/(2 + theta) = 1
PEOPLE = pd.DataFrame(
    {
        "t": [1, 2, 3, 3],
        "e": [1, 1, 0, 0],
        "arm": list("baba"),
        "x": pd.array([1, 0, 1, 0], "Int64"),
        "day": pd.to_datetime(["2025-01-01"] * 4),
    }
)
CATEGORIES = pd.Categorical(PEOPLE["arm"], ["a", "b", "c"])

TABLE = {
    # --- Kaplan-Meier: the curve after each event time
    "curve: nobody has the event": (ask(km, [1, 2], [0, 0]), Gives([])),
    "curve: everybody has it": (ask(km, [1, 2], [1, 1]), Gives([0.5, 0])),
    "curve: one participant": (ask(km, [5], [1]), Gives([0])),
    "curve: one, censored": (ask(km, [5], [0]), Gives([])),
    "curve: all at one time": (ask(km, [3, 3, 3], [1, 0, 1]), Gives([1 / 3])),
    "curve: events at 0": (ask(km, [0, 1], [1, 0]), Gives([0.5])),
    "curve: everything at 0": (ask(km, [0, 0], [1, 1]), Gives([0])),
    "curve: minus 0 is 0": (ask(km, [-0.0, 0.0], [1, 1]), Gives([0])),
    "curve: huge times": (ask(km, [1e300, 1.7e308], [1, 0]), Gives([0.5])),
    "curve: tiny times": (ask(km, [5e-324, 1e-323], [1, 0]), Gives([0.5])),
    "curve: times a hair apart": (ask(km, [1, 1 + 2e-16], [1, 1]), Gives([0.5, 0])),
    "curve: a million rows": (ask(km, EARLY, HALVES == 0), Gives([0.5])),
    "curve: booleans as times": (ask(km, [False, True], [1, 0]), Gives([0.5])),
    "curve: objects": (ask(km, np.array([1, 2], object), [1, 0]), Gives([0.5])),
    "curve: decimals": (ask(km, [Decimal("1.5"), Decimal(2)], [1, 0]), Gives([0.5])),
    "curve: nullable": (
        ask(km, pd.array([1, 2], "Int64"), pd.array([True, False], "boolean")),
        Gives([0.5]),
    ),
    "curve: nullable, missing": (
        ask(km, pd.array([1, None], "Int64"), [1, 0]),
        Refuses(f"`time` must {MISSING}"),
    ),
    # by position, not by index
    "curve: index in disorder": (
        ask(km, pd.Series([1, 2], index=[9, 3]), pd.Series([1, 0], index=[3, 9])),
        Gives([0.5]),
    ),
    "curve: negative": (
        ask(km, [-1, 2], [1, 0]),
        Refuses("`time` must be at least 0, got '1 "),
    ),
    "curve: NaN": (ask(km, [NAN, 2], [1, 0]), Refuses(f"`time` must {MISSING}")),
    "curve: None": (ask(km, [None, 2], [1, 0]), Refuses(f"`time` must {MISSING}")),
    "curve: NaN left out": (ask(km, [NAN, 2], [1, 1], missing="drop"), Gives([0])),
    "curve: all left out": (
        ask(km, [NAN, NAN], [1, 0], missing="drop"),
        Refuses("`time` must have at least one row"),
    ),
    "curve: masked": (ask(km, MASKED, [1, 0]), Refuses(f"`time` must {MISSING}")),
    "curve: infinite": (
        ask(km, [1, INF], [1, 0]),
        Refuses("`time` must be finite, got '1 inf"),
    ),
    "curve: words": (ask(km, AB, [1, 0]), Refuses(NOT_NUMBERS + "'<U1'")),
    "curve: numbers as text": (
        ask(km, ["1", "2"], [1, 0]),
        Refuses(NOT_NUMBERS + "'<U1'"),
    ),
    "curve: text among objects": (
        ask(km, np.array([1, "2"], object), [1, 0]),
        Refuses(NOT_NUMBERS + "'object'"),
    ),
    "curve: dates": (
        ask(km, DATES, [1, 0]),
        Refuses(NOT_NUMBERS + "'datetime64\\[ns\\]'"),
    ),
    "curve: durations": (
        ask(km, DATES - DATES[0], [1, 0]),
        Refuses(NOT_NUMBERS + "'timedelta64\\[ns\\]'"),
    ),
    "curve: complex": (ask(km, [1j, 2], [1, 0]), Refuses(NOT_NUMBERS + "'complex128'")),
    "curve: empty": (
        ask(km, [], []),
        Refuses("`time` must have at least one row, got 0"),
    ),
    "curve: a single number": (
        ask(km, 1.0, [1, 0]),
        Refuses("`time` must be an array"),
    ),
    "curve: a table of times": (
        ask(km, [[1.0, 2.0], [3.0, 4.0]], [1, 0]),
        Refuses("`time` must have one dimension, got 2"),
    ),
    "curve: lengths": (
        ask(km, [1, 2, 3], [1, 0]),
        Refuses("`event` must have 3 rows like `time`, got 2"),
    ),
    "curve: no events given": (
        ask(kaplan_meier, [1]),
        Refuses("`event` must be given"),
    ),
    "curve: event coded 1 and 2": (
        ask(km, [1, 2], [1, 2]),
        Refuses(YES_OR_NO + "'1 others'\nHint: .*event == 2"),
    ),
    "curve: event as text": (
        ask(km, [1, 2], ["yes", "no"]),
        Refuses("`event` must hold"),
    ),
    "curve: event 0.5": (ask(km, [1, 2], [1, 0.5]), Refuses(YES_OR_NO)),
    "curve: event missing": (
        ask(km, [1, 2], [1, NAN]),
        Refuses(f"`event` must {MISSING}"),
    ),
    "curve: entry at the end": (
        ask(km, [1, 2], [1, 0], entry=[0, 2]),
        Refuses("`entry` must lie before `time`, got '1"),
    ),
    # each is alone at risk
    "curve: nobody has entered yet": (
        ask(km, [1, 2], [1, 1], entry=[0, 1]),
        Gives([0, 0]),
    ),
    "curve: level 0": (ask(km, [1, 2], [1, 0], level=0), Refuses(LEVEL + "0")),
    "curve: level 1": (ask(km, [1, 2], [1, 0], level=1), Refuses(LEVEL + "1")),
    "curve: level 95": (
        ask(km, [1, 2], [1, 0], level=95),
        Refuses("Hint: 95% is 0.95"),
    ),
    "curve: level NaN": (ask(km, [1, 2], [1, 0], level=NAN), Refuses(LEVEL + "nan")),
    "curve: level as text": (
        ask(km, [1, 2], [1, 0], level="95"),
        Refuses(LEVEL + "'95'"),
    ),
    "curve: transform": (
        ask(km, [1, 2], [1, 0], transform="x"),
        Refuses("be one of log-log"),
    ),
    "curve: missing": (
        ask(km, [1, 2], [1, 0], missing="omit"),
        Refuses("`missing` must be one of refuse, drop"),
    ),
    "curve: table without formula": (
        ask(km, [1, 2], [1, 0], data=pd.DataFrame()),
        Refuses("`data` must come with a formula"),
    ),
    "median: nobody has the event": (
        ask(survival_quantile, kaplan_meier([1, 2], [0, 0])),
        Lacks("too few have had"),
    ),
    "median: share as text": (
        ask(survival_quantile, kaplan_meier([1], [1]), "half"),
        Refuses("`probability` must lie"),
    ),
    "median: share 0": (
        ask(survival_quantile, kaplan_meier([1], [1]), 0),
        Refuses("`probability` must lie"),
    ),
    "at risk: beyond all": (
        ask(numbers_at_risk, [1, 2], at=[3, 1e9]),
        Gives([0, 0]),
    ),
    "at risk: of nothing": (
        ask(numbers_at_risk, None, at=[1]),
        Refuses("`time` must be given, got None"),
    ),
    "at risk: at NaN": (
        ask(numbers_at_risk, [1, 2], at=[NAN]),
        Refuses("`at` must be finite, got '1 "),
    ),
    # --- Log-rank test: the statistic
    "log-rank: a pair": (ask(log_rank, *PAIR), Gives(1)),
    "log-rank: no event": (
        ask(log_rank, [1, 2], [0, 0], AB),
        Lacks("there is no event"),
    ),
    "log-rank: one arm": (
        ask(log_rank, [1, 2], [1, 1], ["a"] * 2),
        Lacks("only one arm"),
    ),
    "log-rank: one participant": (
        ask(log_rank, [1], [1], ["a"]),
        Lacks("only one arm"),
    ),
    # everybody at risk has the event: no variance
    "log-rank: all at once": (
        ask(log_rank, [1, 1], [1, 1], AB),
        Lacks(NO_ONE_TOGETHER),
    ),
    "log-rank: never together": (
        ask(log_rank, [1, 2], [0, 1], AB),
        Lacks(NO_ONE_TOGETHER),
    ),
    # O - E of a and b: at 1 (2/3, -1/3), at 2 (0, 1/2); together (2/3, 1/6). Variances
    # 2/9 and 2/9 + 1/4, covariance -1/9, determinant 30/324; (4/9 x 17/36 + 2 x 1/9 x
    # 1/9 + 1/36 x 2/9) = 78/324 over it.
    "log-rank: three arms": (
        ask(log_rank, [1, 2, 3], [1, 1, 1], list("abc")),
        Gives(2.6),
    ),
    # one of four has the event: O - E = 1/2, variance 1/4
    "log-rank: all times equal": (
        ask(log_rank, [1] * 4, [1, 0, 0, 0], list("aabb")),
        Gives(1),
    ),
    # at 1 two of four, both a: O - E = 1, variance 2 x 2/3 x 1/4 = 1/3
    "log-rank: rows twice": (
        ask(log_rank, [1, 1, 2, 2], [1] * 4, list("aabb")),
        Gives(3),
    ),
    # O - E = n/4, variance n/2 x n/2 / (n - 1) / 4
    "log-rank: a million rows": (
        ask(log_rank, EARLY, HALVES == 0, HALVES),
        Gives(MILLION - 1),
    ),
    "log-rank: unused category": (
        ask(log_rank, *PAIR[:2], pd.Categorical(AB, ["a", "b", "c"])),
        Gives(1),
    ),
    "log-rank: labels of two types": (ask(log_rank, *PAIR[:2], [1, "b"]), Gives(1)),
    "log-rank: objects of two types": (
        ask(log_rank, *PAIR[:2], np.array([1, "b"], object)),
        Gives(1),
    ),
    "log-rank: booleans as arms": (ask(log_rank, *PAIR[:2], [True, False]), Gives(1)),
    "log-rank: dates as arms": (ask(log_rank, *PAIR[:2], DATES), Gives(1)),
    "log-rank: arm missing": (
        ask(log_rank, *PAIR[:2], ["a", None]),
        Refuses(f"`arm` must {MISSING}"),
    ),
    "log-rank: arm nullable, missing": (
        ask(log_rank, *PAIR[:2], pd.array(["a", None], "string")),
        Refuses(f"`arm` must {MISSING}"),
    ),
    "log-rank: a table of arms": (
        ask(log_rank, *PAIR[:2], [AB, AB]),
        Refuses("`arm` must have one dimension, got 2"),
    ),
    "log-rank: no arms": (ask(log_rank, *PAIR[:2]), Refuses("`arm` must be given")),
    "log-rank: one stratum": (ask(log_rank, *PAIR, stratum=[7, 7]), Gives(1)),
    "log-rank: a stratum each": (
        ask(log_rank, *PAIR, stratum=[1, 2]),
        Lacks(NO_ONE_TOGETHER),
    ),
    "log-rank: negative weight": (
        ask(log_rank, *PAIR, rho=-1),
        Refuses("`rho` must be at"),
    ),
    "log-rank: weight NaN": (
        ask(log_rank, *PAIR, rho=NAN),
        Refuses("`rho` must be at"),
    ),
    # before the first event 1 - S = 0, and later only one is left
    "log-rank: all weight late": (
        ask(log_rank, *PAIR, gamma=1),
        Lacks(NO_ONE_TOGETHER),
    ),
    # --- Curves of two arms at one time: b minus a
    # at 1 a has had the event, b has not
    "difference: a pair": (ask(risk_at, *PAIR), Gives(1)),
    "difference: at 0": (ask(risk_at, *PAIR, at=0), Gives(0)),
    "difference: nobody has it": (ask(risk_at, [1, 1], [0, 0], AB), Gives(0)),
    "difference: everybody": (ask(risk_at, [1, 1], [1, 1], AB), Gives(0)),
    "difference: beyond follow-up": (
        ask(risk_at, [1, 2], [0, 0], AB, at=1.5),
        Lacks("nobody in arm a was followed to"),
    ),
    "difference: beyond, but all had it": (ask(risk_at, *PAIR, at=9), Gives(0)),
    "difference: one arm": (
        ask(risk_at, [1, 2], [1, 1], ["a"] * 2),
        Lacks("only one arm"),
    ),
    "difference: three arms": (
        ask(risk_at, *FOUR, list("abca")),
        Refuses("`arm` must have two labels, got 3"),
    ),
    "difference: unknown reference": (
        ask(risk_at, *PAIR, reference="c"),
        Refuses("`reference` must be one of a, b, got 'c'"),
    ),
    "difference: reference 1 is not '1'": (
        ask(risk_at, *PAIR[:2], ["1", "2"], reference=1),
        Refuses("be one of 1, 2, got 1"),
    ),
    "difference: before the start": (
        ask(risk_at, *PAIR, at=-1),
        Refuses("`at` must be fin"),
    ),
    "difference: at NaN": (ask(risk_at, *PAIR, at=NAN), Refuses("`at` must be finite")),
    "difference: at for ever": (
        ask(risk_at, *PAIR, at=INF),
        Refuses("`at` must be finite"),
    ),
    "difference: at a date": (
        ask(risk_at, *PAIR, at=DATES[0]),
        Refuses("`at` must be"),
    ),
    "difference: level 95": (
        ask(risk_at, *PAIR, level=95),
        Refuses("Hint: 95% is 0.95"),
    ),
    "risk ratio at: nobody has it": (
        ask(partial(risk_ratio_at, at=1), [2, 2], [0, 0], AB),
        Lacks("nobody in arm"),
    ),
    "test at: everybody has it": (
        ask(free_at, [1, 1, 1, 2], [1, 1, 1, 1], list("aabb")),
        Lacks("everybody followed"),
    ),
    # --- Cox model: the coefficients
    "Cox: by hand": (ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], [1, 0, 1, 0]), Gives([HALF])),
    # two tied steps, both arms alike
    "Cox: all at once": (
        ask(cox, [1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 1, 0]),
        Gives([0]),
    ),
    "Cox: no event": (ask(cox, [1, 2], [0, 0], [0, 1]), Lacks("there is no event")),
    "Cox: one participant": (ask(cox, [1], [1], [1]), Lacks(CONSTANT)),
    "Cox: two participants": (ask(cox, [1, 2], [1, 1], [1, 0]), Lacks(SEPARATION)),
    "Cox: constant covariate": (ask(cox, *FOUR, [1] * 4), Lacks(CONSTANT)),
    "Cox: constant and large": (
        ask(cox, *FOUR, [1e15] * 4),
        Lacks(CONSTANT),
    ),
    "Cox: separation": (ask(cox, *FOUR, [1, 1, 0, 0]), Lacks(SEPARATION)),
    "Cox: a column twice": (
        ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], [[1, 1], [0, 0], [1, 1], [0, 0]]),
        Gives([HALF, NAN]),
    ),
    "Cox: far from 0": (
        ask(
            cox,
            [1, 2, 3, 3],
            [1, 1, 0, 0],
            [1e8 + 1, 1e8, 1e8 + 1, 1e8],
        ),
        Gives([HALF]),
    ),
    "Cox: small units": (
        ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], [1e-09, 0, 1e-09, 0]),
        Gives([HALF * 1e9]),
    ),
    "Cox: huge units": (
        ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], [1e9, 0, 1e9, 0]),
        Gives([HALF * 1e-09]),
    ),
    "Cox: booleans": (
        ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], [True, False, True, False]),
        Gives([HALF]),
    ),
    "Cox: nullable": (
        ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], pd.array([1, 0, 1, 0], "Int64")),
        Gives([HALF]),
    ),
    "Cox: words": (
        ask(cox, *FOUR, list("abab")),
        Refuses("`covariates` must hold numbers"),
    ),
    "Cox: categories": (
        ask(cox, *FOUR, pd.Categorical(list("abab"))),
        Refuses("`covariates` must hold numb"),
    ),
    "Cox: covariate missing": (
        ask(cox, *FOUR, [1, 0, NAN, 0]),
        Refuses(f"`covariates` must {MISSING}"),
    ),
    "Cox: covariate infinite": (
        ask(cox, *FOUR, [1, 0, INF, 0]),
        Refuses("`covariates` must be finite"),
    ),
    "Cox: no covariates": (
        ask(cox, *FOUR, np.empty((4, 0))),
        Refuses("`covariates` must have at least one col"),
    ),
    "Cox: covariates not given": (
        ask(cox, *FOUR),
        Refuses("`covariates` must be given"),
    ),
    "Cox: a cube of covariates": (
        ask(cox, *FOUR, np.zeros((4, 1, 1))),
        Refuses("`covariates` must have one or two dim"),
    ),
    "Cox: weight 0": (
        ask(cox, *FOUR, [1, 0, 1, 0], weights=[1, 1, 1, 0]),
        Refuses("be above 0, got '1 "),
    ),
    "Cox: huge weights": (
        ask(cox, [1, 2, 3, 3], [1, 1, 0, 0], [1, 0, 1, 0], weights=[1e200] * 4),
        Gives([HALF]),
    ),
    "Cox: entry at the end": (
        ask(cox, *FOUR, [1, 0, 1, 0], entry=[1, 0, 0, 0]),
        Refuses("`entry` must lie before"),
    ),
    "Cox: a stratum each": (
        ask(cox, *FOUR, [1, 0, 1, 0], stratum=[1, 2, 3, 4]),
        Lacks(CONSTANT),
    ),
    "Cox: unknown ties": (
        ask(cox, *FOUR, [1, 0, 1, 0], ties="peto"),
        Refuses("`ties` must be one of efron"),
    ),
    "Cox: lengths": (
        ask(cox, *FOUR, [1, 0]),
        Refuses("`covariates` must have 4 rows like `time`, got 2"),
    ),
    # 5,000 of arm 0 have the event at 1, with arm 1 at risk, which has none
    "Cox: separation among many": (
        ask(cox, EARLY[::100], HALVES[::100] == 0, HALVES[::100]),
        Lacks(SEPARATION),
    ),
    # --- Competing events: the incidence after each event time
    "incidence: none of the kind": (
        ask(cumulative_incidence, [1, 2], [2, 0]),
        Gives([0]),
    ),
    "incidence: nothing happens": (
        ask(cumulative_incidence, [1, 2], [0, 0]),
        Gives([]),
    ),
    "incidence: everything at once": (
        ask(cumulative_incidence, [1, 1], [1, 2]),
        Gives([0.5]),
    ),
    "incidence: cause 1.5": (
        ask(cumulative_incidence, [1, 2], [1.5, 0]),
        Refuses("`cause` must hold whole numbers"),
    ),
    "incidence: cause -1": (
        ask(cumulative_incidence, [1, 2], [-1, 0]),
        Refuses("`cause` must hold whole numbers"),
    ),
    "incidence: cause as text": (
        ask(cumulative_incidence, [1, 2], ["death", ""]),
        Refuses("`cause` must hold numb"),
    ),
    "incidence: of the censored": (
        ask(cumulative_incidence, [1, 2], [1, 0], of=0),
        Refuses("`of` must be a kind of"),
    ),
    "incidence difference: beyond": (
        ask(incidence_at, [1, 2], [0, 0], AB, at=3),
        Lacks("nobody in arm b was followed"),
    ),
    "incidence difference: three arms": (
        ask(incidence_at, *FOUR, list("abca")),
        Refuses("`arm` must have two labels, got 3"),
    ),
    # --- Counts
    "proportion: of nobody": (
        ask(proportion_interval, 0, 0),
        Lacks("nobody was observed"),
    ),
    "proportion: more than all": (
        ask(proportion_interval, 5, 3),
        Refuses("`events` must .*got \\(5, 3\\)"),
    ),
    "proportion: minus one": (
        ask(proportion_interval, -1, 3),
        Refuses("`events` must be a whole number, at least"),
    ),
    "proportion: half an event": (
        ask(proportion_interval, 0.5, 3),
        Refuses("`events` must be a whole number"),
    ),
    "proportion: NaN": (
        ask(proportion_interval, NAN, 3),
        Refuses("`events` must be a whole"),
    ),
    "proportion: text": (
        ask(proportion_interval, "1", 3),
        Refuses("`events` must be a whole"),
    ),
    "proportion: a column": (
        ask(proportion_interval, [1, 0], 2),
        Refuses("`events` must be a whole number"),
    ),
    "proportion: NumPy's numbers": (
        ask(proportion_interval, np.int8(1), np.float64(4)),
        Gives(0.25),
    ),
    "proportion: of 10^15": (ask(proportion_interval, 10**14, 10**15), Gives(0.1)),
    "risk difference: no events": (ask(risk_difference, 0, 5, 0, 5), Gives(0)),
    "risk difference: empty arm": (
        ask(risk_difference, 0, 0, 1, 5),
        Lacks("the treatment arm has no participants"),
    ),
    "risk difference: method": (
        ask(risk_difference, 1, 5, 1, 5, method="wald"),
        Refuses("`method` must be one of"),
    ),
    "risk ratio: none in control": (
        ask(risk_ratio, 1, 5, 0, 5),
        Lacks("it is infinite: no event in the con"),
    ),
    "risk ratio: none at all": (
        ask(risk_ratio, 0, 5, 0, 5),
        Lacks("neither arm has an event"),
    ),
    "odds ratio: everybody": (
        ask(odds_ratio, 5, 5, 1, 5),
        Lacks("it is infinite: everybody in"),
    ),
    "exact test: no events": (ask(exact_test, 0, 5, 0, 5), Gives(NAN)),
    "exact test: nobody": (ask(exact_test, 0, 0, 0, 0), Lacks("has no participants")),
    "proportion: a yes for a count": (
        ask(proportion_interval, True, 3),
        Refuses("`events` must be a whole number, at least 0, got True"),
    ),
    # --- Standardised risks, scores
    "standardised: one arm": (
        ask(standardised_risk, [1, 0], ["a", "a"], [1.0, 2.0]),
        Lacks("only one arm"),
    ),
    "standardised: no outcome": (
        ask(standardised_risk, [0] * 4, list("abab"), [1.0, 2, 3, 4]),
        Lacks("arm a has no ev"),
    ),
    "standardised: outcome 2": (
        ask(standardised_risk, [0, 2], AB, [1.0, 2.0]),
        Refuses("`outcome` must be true or"),
    ),
    "standardised: covariate infinite": (
        ask(standardised_risk, [0, 1], AB, [1.0, INF]),
        Refuses("`covariates` must be finite"),
    ),
    "standardised: empty": (
        ask(standardised_risk, [], [], []),
        Refuses("at least one row"),
    ),
    "standardised risks: lengths": (
        ask(standardised_risks, [0, 1], AB, [1.0]),
        Refuses("must have 2 rows"),
    ),
    "SDQ: an answer of 3": (ask(score_sdq, np.full((1, 25), 3)), Refuses("must")),
    "SDQ: 24 items": (ask(score_sdq, np.zeros((1, 24))), Refuses("25")),
    # --- Formulas
    "formula: unused category": (
        ask(cox, "t + e ~ arm", data=PEOPLE.assign(arm=CATEGORIES)),
        Gives([HALF, NAN]),
    ),
    "formula: nullable": (ask(cox, "t + e ~ x", data=PEOPLE), Gives([HALF])),
    "formula: dates as times": (
        ask(log_rank, "day + e ~ arm", data=PEOPLE),
        Refuses(NOT_NUMBERS + "'datetime64.*\nHint: days of a duration"),
    ),
    "formula: dates as covariate": (
        ask(cox, "t + e ~ day", data=PEOPLE),
        Refuses("`formula` must have a right side that can be evaluated"),
    ),
    # the one where NumPy warns of the logarithm, the other where it was told not to
    "formula: log of 0": (
        ask(cox, "t + e ~ log(x)", data=PEOPLE),
        Refuses(
            "`formula` must have a right side that can be|`covariates` must be fin"
        ),
    ),
    "formula: nothing on the right": (
        ask(cox, "t + e ~ 1", data=PEOPLE),
        Refuses("`covariates` must have at least one column"),
    ),
    "formula: no event on the left": (
        ask(log_rank, "t ~ arm", data=PEOPLE),
        Refuses(r"`formula` must have time \+ event on the left"),
    ),
    "formula: two arms on the right": (
        ask(log_rank, "t + e ~ arm + x", data=PEOPLE),
        Refuses("`formula` must name one column on the right"),
    ),
    "formula: event beside it": (
        ask(log_rank, "t + e ~ arm", [1, 0, 1, 0], data=PEOPLE),
        Refuses(
            "`event` must not be given beside a formula, which names it, got 'list'"
        ),
    ),
    "formula: no table": (
        ask(log_rank, "t + e ~ arm"),
        Refuses("`data` must be given with a formula, got None"),
    ),
    "formula: a file's name for a table": (
        ask(log_rank, "t + e ~ arm", data="trial.csv"),
        Refuses("`data` must be a DataFrame, got 'str'"),
    ),
    "formula: an empty table": (
        ask(log_rank, "t + e ~ arm", data=PEOPLE[:0]),
        Refuses("`data` must have at least one complete row, got 0"),
    ),
    "formula: an unknown column": (
        ask(log_rank, "t + e ~ arms", data=PEOPLE),
        Refuses("`formula` must name columns of `data`, got 'arms'\nHint: .*'arm'"),
    ),
    # --- Many trials: the log-rank statistic of each
    "trials: a pair": (
        ask(analyse_trials, [[1, 2]], [[1, 1]], [[1, 0]], horizon=1),
        Gives([1]),
    ),
    "trials: nothing happens": (
        ask(analyse_trials, [[1, 2]], [[0, 0]], [[1, 0]], horizon=1),
        Gives([NAN]),
    ),
    "trials: no arms": (
        ask(analyse_trials, [[1, 2]], [[1, 1]], None, horizon=1),
        Refuses("`arm` must be given, got None"),
    ),
    "trials: horizon as text": (
        ask(analyse_trials, [[1, 2]], [[1, 1]], [[1, 0]], horizon="1 year"),
        Refuses("`horizon` must be finite and at least 0, got '1 year'"),
    ),
    "trials: dates": (
        ask(analyse_trials, [DATES], [[1, 1]], [[1, 0]], horizon=1),
        Refuses(NOT_NUMBERS + "'datetime64"),
    ),
}


def read(result):
    """Give the number, or numbers, of a result, and why there is none."""
    if isinstance(result, Estimate):
        return result.value, result.not_estimable
    if isinstance(result, TestResult):
        return result.statistic, result.not_estimable
    if isinstance(result, CoxFit):
        return result.coefficients, result.not_estimable
    if isinstance(result, TrialStatistics):
        return result.log_rank_z, None
    return result.value if isinstance(result, Curve) else result, None


def finite_or_missing(result):
    """Look for an infinity among a result's numbers."""
    if isinstance(result, (Estimate, TestResult, Curve)):
        names = type(result).__dataclass_fields__
        values = [getattr(result, name) for name in names]
        numbers = [v for v in values if isinstance(v, (float, np.ndarray))]
        return not any(np.isinf(number).any() for number in numbers)
    return True


@pytest.mark.parametrize("case", TABLE)
def test_the_stated_answer(case):
    asked, answer = TABLE[case]
    if isinstance(answer, Refuses):
        with pytest.raises(StepsError, match=answer.words):
            asked()
        return
    result = asked()
    value, reason = read(result)
    assert finite_or_missing(result)
    if isinstance(answer, Lacks):
        assert reason is not None
        assert re.search(answer.reason, reason)
        assert np.isnan(value).all()
        return
    assert reason is None
    np.testing.assert_allclose(value, answer.value, rtol=1e-7, atol=1e-12)
