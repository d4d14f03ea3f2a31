"""Turnbull's estimate."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import interval_survival, kaplan_meier
from steps_analysis.outcomes.interval_censored.intervals import innermost_intervals

INF = np.inf


def visits(seed, n=40):
    rng = np.random.default_rng(seed)
    seen = rng.weibull(1.2, n) * 12
    left = np.maximum(0, np.floor(seen - rng.integers(0, 4, n)))
    right = np.ceil(seen + 0.01 + rng.integers(0, 4, n))
    right[seen > 18] = INF
    left[seen > 18] = rng.integers(5, 18, int((seen > 18).sum()))
    return left, right


# By hand


def test_drawn_table():
    # (0, 3] (0, 6] (3, 6] (3, inf) (6, inf): innermost (0, 3], (3, 6], (6, inf).
    # masses p, q, r maximise p (p + q) q (q + r) r; by symmetry p = r; then
    # p^2 q (1 - p)^2 with q = 1 - 2p has 2/p = 2/(1 - p) + 2/(1 - 2p)
    found = interval_survival([0, 0, 3, 3, 6], [3, 6, 6, INF, INF])
    p = found.mass[0]
    assert found.lower.tolist() == [0, 3, 6]
    assert found.upper.tolist() == [3, 6, INF]
    assert found.mass == pytest.approx([p, 1 - 2 * p, p])
    assert 1 / p == pytest.approx(1 / (1 - p) + 1 / (1 - 2 * p))
    assert found.at([0, 1, 3, 5, 6, 9])[[0, 2, 4]] == pytest.approx([1, 1 - p, p])
    assert np.isnan(found.at([1, 5, 9])).all()
    assert found.curve().time.tolist() == [3, 6]
    assert found.to_frame()["free"].iloc[1] == pytest.approx(p)


def test_ends_in_order_of_exactness():
    # an exact 3 lies in (0, 3] but not in (3, 6]
    inner = innermost_intervals(np.array([0.0, 3, 3]), np.array([3.0, 3, 6]))
    assert inner.lower.tolist() == [3, 3]
    assert inner.upper.tolist() == [3, 6]
    assert inner.membership().tolist() == [[True, False], [True, False], [False, True]]


# Edges


def test_nobody_everybody_and_one():
    nobody = interval_survival([3, 6], [INF, INF])
    assert nobody.at([3, 6]).tolist() == [1, 1]
    assert len(nobody.curve().time) == 0
    everybody = interval_survival([0, 0], [3, 3])
    assert everybody.at([0, 3]).tolist() == [1, 0]
    one = interval_survival([2], [4])
    assert (one.n, one.mass.tolist()) == (1, [1])


def test_a_formula_and_rows_dropped():
    frame = pd.DataFrame({"l": [0.0, 3, np.nan], "r": [3, INF, 6]})
    found = interval_survival("l + r ~ 1", data=frame, missing="drop")
    assert found.mass == pytest.approx([0.5, 0.5])
    assert "1 row with missing values left out" in found.method


# Properties


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_direction_makes_the_data_more_likely(seed):
    left, right = visits(seed)
    inside = innermost_intervals(left, right).membership()
    found = interval_survival(left, right)
    assert found.mass.sum() == pytest.approx(1)
    # each observation keeps a chance, and no innermost interval promises more
    every = innermost_intervals(left, right)
    chance = np.zeros(len(left))
    for low, high, mass in zip(found.lower, found.upper, found.mass, strict=True):
        at = (every.lower == low) & (every.upper == high)
        chance += inside[:, at].ravel() * mass
    assert (inside / chance[:, None]).sum(axis=0).max() <= len(left) * (1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_exact_and_censored_times_give_kaplan_meier(seed):
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 12, 25) * 1.0, rng.random(25) < 0.6
    found = interval_survival(time, np.where(event, time, INF))
    curve = kaplan_meier(time, event)
    # defined up to the last event or censoring
    when = np.arange(1, time.max())
    assert found.at(when) == pytest.approx(curve.at(when), abs=1e-7)


# Naive twin


@pytest.mark.parametrize("seed", range(3))
def test_equals_slow_self_consistency(seed):
    left, right = visits(seed, 25)
    every = innermost_intervals(left, right)
    mass = np.full(len(every.lower), 1 / len(every.lower))
    for _ in range(20_000):
        shares = np.zeros(len(mass))
        for i in range(len(left)):
            own = [
                left[i] <= a and b <= right[i]
                for a, b in zip(every.lower, every.upper, strict=True)
            ]
            shares += np.array(own) * mass / mass[own].sum() / len(left)
        if np.abs(shares - mass).max() < 1e-9:
            break
        mass = shares
    found = interval_survival(left, right)
    ends = np.isfinite(every.upper)
    free = 1 - np.cumsum(mass)
    ours = [1 - found.mass[found.upper <= b].sum() for b in every.upper[ends]]
    assert ours == pytest.approx(free[ends], abs=1e-4)


# R


def by_arm(table):
    ic60 = table("ic60").fillna(INF)
    return {arm: ic60[ic60.treatment == arm] for arm in ("Ctl", "Exp")}


def test_equals_icfit(figures, table, compare):
    ours = {"intmap": [[], []], "pf": {}, "strata": {}}
    for arm, own in by_arm(table).items():
        found = interval_survival(own.left, own.right)
        ours["intmap"][0] += found.lower.tolist()
        ours["intmap"][1] += found.upper.tolist()
        ours["strata"][f"treatment={arm}"] = len(found.mass)
        for row in found.to_frame().itertuples():
            high = "Inf)" if np.isinf(row.upper) else f"{row.upper:g}]"
            name = f"({row.lower:g},{high}"
            ours["pf"][name + ".1" * (name in ours["pf"])] = row.mass
    theirs = figures["npmle_ic60"]
    # the EM algorithm stops early
    compare(ours, {**theirs, "intmap": theirs["intmap"]["matrix"]}, rel=1e-4)


def test_equals_survfit(figures, table, compare):
    theirs, ours = figures["turnbull_survfit_ic60"], {"time": [], "surv": []}
    times = theirs["time"][:13]
    for own in by_arm(table).values():
        found = interval_survival(own.left, own.right)
        # survfit puts a mass in the middle, but at 3 where only (0, 3] is known
        middle = np.where(
            found.lower == 0, found.upper, (found.lower + found.upper) / 2
        )
        ours["time"] += times
        ours["surv"] += [1 - found.mass[middle <= t].sum() for t in times]
    ours["strata"] = {"treatment=Ctl": 13, "treatment=Exp": 13}
    # survfit's EM stops two ten-thousandths from the maximum
    compare(ours, theirs, rel=2e-4)


# Errors


def test_refuses_impossible_intervals():
    with pytest.raises(DataError, match="`left` must lie before `right`, or equal it"):
        interval_survival([3, 1], [2, 4])
    with pytest.raises(DataError, match="`left` must lie before `right`"):
        interval_survival([0], [0])
    with pytest.raises(DataError, match="`left` must be at least 0, got '1 below'"):
        interval_survival([-1], [2])
    with pytest.raises(DataError, match="`right` must be at least 0, got '1 below'"):
        interval_survival([0], [-2])
    with pytest.raises(DataError, match="`right` must hold numbers"):
        interval_survival([0], ["soon"])
    with pytest.raises(DataError, match="`left` must be finite"):
        interval_survival([INF], [INF])
    with pytest.raises(DataError, match="`right` must have no missing values"):
        interval_survival([1], [np.nan])
    with pytest.raises(ArgumentError, match="`right` must be given, got None"):
        interval_survival([1])
