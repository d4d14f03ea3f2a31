"""Which pattern meets all conditions at the least cost? A covering program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from steps_analysis.disclosure.cuts import Cut, Slack
from steps_analysis.estimates import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cover:
    """
    A pattern that meets some conditions.

    Attributes
    ----------
    chosen
        Which quantities it hides, primary ones included, shape (n,).
    bound
        No pattern that meets the conditions costs less than this beyond the primary
        quantities.
    """

    chosen: BoolArray = field(repr=False)
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covering:
    """
    What a choice of hidden quantities costs, and who may be chosen.

    Attributes
    ----------
    slack
        Who may be hidden, and what lies above what.
    cost
        What hiding each quantity costs, shape (n,).
    order
        The order in which the solver sees the quantities, shape (n,).
    """

    slack: Slack = field(repr=False)
    cost: FloatArray = field(repr=False)
    order: IntArray = field(repr=False)


def cheapest(
    covering: Covering,
    cuts: Sequence[Cut],
    *,
    gap: float,
    seconds: float = np.inf,
) -> Cover | None:
    """
    Find the pattern that meets all conditions at the least cost.

    Parameters
    ----------
    covering
        The costs, and who may be chosen.
    cuts
        The conditions.
    gap
        By how much the cost may exceed the least one, at most.
    seconds
        When to give up.

    Returns
    -------
    Cover or None
        The pattern with a bound; None if no pattern meets the conditions.

    Raises
    ------
    TimeoutError
        If the time ran out before any pattern was found.

    Notes
    -----
    One 0-1 variable per quantity that may be hidden. Whether a quantity may be 0 is a
    second variable, at most the first one and at most the sum of those above it; it
    needs no integrality, since conditions only ever want more of it.
    """
    slack = covering.slack
    cost = covering.cost
    wanted = _wanted(cuts, len(cost))
    hide = covering.order[(slack.can_hide & ~slack.is_forced)[covering.order]]
    loose = covering.order[wanted[covering.order]]
    chosen: BoolArray = slack.is_forced.copy()
    if not cuts:
        return Cover(chosen=chosen, bound=0.0)
    rows, need = _rows(cuts, hide, loose, len(cost))
    links = _links(slack, hide, loose)
    price = np.concatenate([cost[hide], np.zeros(len(loose))])
    model = _model(price, len(hide), (rows, need), links)
    model.setOptionValue("mip_abs_gap", float(gap))
    model.setOptionValue("mip_rel_gap", 0.0)
    if np.isfinite(seconds):
        model.setOptionValue("time_limit", max(float(seconds), 0.0))
    answer = _answer(model)
    if answer is None:
        return None
    point, bound = answer
    chosen[hide[point[: len(hide)] > 0.5]] = True
    return Cover(chosen=chosen, bound=bound)


def _wanted(cuts: Sequence[Cut], n: int) -> BoolArray:
    """Mark the quantities of which some condition asks whether they may be 0."""
    wanted = np.zeros(n, dtype=np.bool_)
    for cut in cuts:
        wanted[cut.quantities[cut.loosen > 0]] = True
    return wanted


def _rows(
    cuts: Sequence[Cut], hide: IntArray, loose: IntArray, n: int
) -> tuple[csr_array, FloatArray]:
    """Write the conditions as rows over the variables."""
    column = np.full(2 * n, -1, dtype=np.int64)
    column[hide] = np.arange(len(hide))
    column[n + loose] = len(hide) + np.arange(len(loose))
    quantities = np.concatenate([cut.quantities for cut in cuts])
    length = [len(cut.quantities) for cut in cuts]
    i = np.repeat(np.arange(len(cuts)), length)
    weights = np.concatenate([c.hide for c in cuts] + [c.loosen for c in cuts])
    i = np.concatenate([i, i])
    j = column[np.concatenate([quantities, n + quantities])]
    kept = weights != 0
    shape = (len(cuts), len(hide) + len(loose))
    rows = csr_array((weights[kept], (i[kept], j[kept])), shape=shape)
    return rows, np.array([cut.need for cut in cuts])


def _links(slack: Slack, hide: IntArray, loose: IntArray) -> csr_array:
    """Write rows of at most 0: a figure may be 0 only where it and a sum are hidden."""
    n, width = len(slack.can_hide), len(hide) + len(loose)
    column, place = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    column[hide], place[loose] = np.arange(len(hide)), np.arange(len(loose))
    own = loose[column[loose] >= 0]
    i = np.concatenate([np.arange(len(own)), np.arange(len(own))])
    j = np.concatenate([len(hide) + place[own], column[own]])
    weight = np.repeat([1.0, -1.0], len(own))
    above = slack.above[(place[slack.above[:, 0]] >= 0)]
    first = len(own)
    i = np.concatenate([i, first + np.arange(len(loose)), first + place[above[:, 0]]])
    j = np.concatenate([j, len(hide) + np.arange(len(loose)), column[above[:, 1]]])
    weight = np.concatenate([weight, np.ones(len(loose)), np.full(len(above), -1.0)])
    return csr_array((weight, (i, j)), shape=(first + len(loose), width))


def _model(
    price: FloatArray,
    n_whole: int,
    conditions: tuple[csr_array, FloatArray],
    links: csr_array,
) -> Any:
    """Hand a covering program to HiGHS."""
    import highspy
    from highspy._core import _Highs  # the public class prints a banner when it is made
    from scipy.sparse import vstack

    rows, need = conditions
    matrix = csr_array(vstack([rows, links]))
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_ = price
    program.col_lower_ = np.zeros(len(price))
    program.col_upper_ = np.ones(len(price))
    far = np.full(links.shape[0], -np.inf)
    program.row_lower_ = np.concatenate([need, far])
    program.row_upper_ = np.concatenate(
        [np.full(len(need), np.inf), np.zeros(len(far))]
    )
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data
    whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    program.integrality_ = [whole] * n_whole + [real] * (len(price) - n_whole)
    model = _Highs()
    for name, value in _OPTIONS.items():
        model.setOptionValue(name, value)
    model.passModel(program)
    return model


_OPTIONS: dict[str, bool | int | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_heuristic_run_rins": False,  # these two take half the time, and find nothing
    "mip_heuristic_run_root_reduced_cost": False,
}


def _answer(model: Any) -> tuple[FloatArray, float] | None:
    """Solve a program; None where nothing meets its conditions."""
    from highspy import HighsModelStatus as Ended

    model.run()
    status = model.getModelStatus()
    if status in (Ended.kInfeasible, Ended.kUnboundedOrInfeasible):
        return None
    info = model.getInfo()
    if (
        not np.isfinite(info.objective_function_value)
        or info.primal_solution_status != 2
    ):
        raise TimeoutError
    point = np.array(model.getSolution().col_value)
    return point, float(info.mip_dual_bound)
