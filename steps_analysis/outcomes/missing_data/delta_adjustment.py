"""How much worse must those not seen have fared for the conclusion to fall?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.missing_data.imputation import Imputations
from steps_analysis.outcomes.missing_data.pooling import pool_imputations


def delta_adjustment(
    imputations: Imputations, column: str, *, delta: Mapping[object, float]
) -> Imputations:
    """
    Shift the imputed values of a score, arm by arm.

    Parameters
    ----------
    imputations
        From `impute_by_arm`.
    column
        The score.
    delta
        Arm to how many points its imputed values are moved; arms not named stay.

    Returns
    -------
    Imputations
        Copies with the imputed values moved; values seen stay as they are.

    Raises
    ------
    ArgumentError
        If the column or an arm is unknown, the column is imputed as yes or no, or a
        shift is not finite.

    Notes
    -----
    Missing at random is `delta` 0; the shift is by how much those not seen fared worse
    than those like them who were seen [1]_. Other columns imputed from the score are
    not drawn anew.

    References
    ----------
    .. [1] Carpenter, J. R. and Kenward, M. G. (2013), Multiple Imputation and its
       Application, chapter 10.

    Examples
    --------
    >>> from steps_analysis.outcomes import impute_by_arm
    >>> table = pd.DataFrame({"score": [1.0, 2, 4, np.nan, 3, 5, 6, 7]})
    >>> found = impute_by_arm(table, ["a"] * 4 + ["b"] * 4, n_imputations=2, seed=1)
    >>> moved = delta_adjustment(found, "score", delta={"a": 10.0})
    >>> (moved.tables[0] - found.tables[0])["score"].tolist()
    [0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0]
    """
    columns = tuple(map(str, imputations.missing.columns))
    check_choice("column", column, columns)
    if imputations.methods.get(column) == "logistic":
        hint = "`tipping_point` goes through all outcomes of those not seen"
        rule = "be a score"
        raise ArgumentError(refusal("column", rule, "yes or no", hint=hint))
    labels = set(imputations.arm.tolist())
    for arm, points in delta.items():
        if arm not in labels:
            accepted = ", ".join(sorted(map(str, labels)))
            raise ArgumentError(refusal("delta", f"name arms of {accepted}", arm))
        if not math.isfinite(points):
            raise ArgumentError(refusal("delta", "be finite", points))
    shift = np.array([delta.get(arm, 0.0) for arm in imputations.arm.tolist()])
    shift = shift * imputations.missing[column].to_numpy()
    shown = {str(arm): points for arm, points in delta.items()}
    return replace(
        imputations,
        tables=tuple(
            t.assign(**{column: t[column] + shift}) for t in imputations.tables
        ),
        methods=MappingProxyType(dict(imputations.methods)),
        method=f"{imputations.method}; imputed {column} moved by {shown}",
    )


def tipping_delta(
    imputations: Imputations,
    column: str,
    analyse: Callable[[pd.DataFrame], Estimate],
    *,
    arm: object,
    deltas: Sequence[float],
    complete_df: float | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """
    Pool an analysis under a range of shifts of one arm's imputed scores.

    Parameters
    ----------
    imputations
        From `impute_by_arm`.
    column
        The score.
    analyse
        From a completed table to the estimate.
    arm
        The arm whose imputed scores are moved.
    deltas
        The shifts, in points.
    complete_df
        As in `pool_imputations`.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per shift: delta, value, lower, upper, p_value, and whether the interval
        leaves out 0 (``is_significant``). The tipping point is the first shift at which
        that changes.

    Raises
    ------
    ArgumentError
        If there is no shift, or the column or arm is unknown.

    Notes
    -----
    With a linear analysis the pooled value is linear in the shift.

    References
    ----------
    .. [1] Carpenter, J. R. and Kenward, M. G. (2013), Multiple Imputation and its
       Application, chapter 10.

    Examples
    --------
    >>> from steps_analysis.outcomes import hedges_g, impute_by_arm
    >>> table = pd.DataFrame({"score": [1.0, 2, 4, np.nan, 3, 5, 6, 7]})
    >>> arm = ["a"] * 4 + ["b"] * 4
    >>> found = impute_by_arm(table, arm, n_imputations=5, seed=1)
    >>> rows = tipping_delta(found, "score", lambda t: hedges_g(t["score"], arm),
    ...                      arm="a", deltas=[0, 5])
    >>> bool(rows["value"][0] > rows["value"][1])
    True
    """
    if not len(deltas):
        raise ArgumentError(refusal("deltas", "hold at least one shift", 0))
    rows = []
    for points in deltas:
        moved = delta_adjustment(imputations, column, delta={arm: float(points)})
        pooled = _pooled(moved, analyse, complete_df, level)
        row = {"delta": float(points), "value": pooled.value, "lower": pooled.lower}
        row |= {"upper": pooled.upper, "p_value": pooled.p_value}
        is_significant = pooled.lower > 0 or pooled.upper < 0
        rows.append({**row, "is_significant": is_significant})
    return pd.DataFrame(rows)


def _pooled(
    moved: Imputations,
    analyse: Callable[[pd.DataFrame], Estimate],
    complete_df: float | None,
    level: float,
) -> Estimate:
    """Pool the analyses of one shift."""
    if moved.not_estimable:
        return Estimate.missing(
            "difference", moved.not_estimable, n=len(moved.arm), level=level
        )
    found = [analyse(table) for table in moved.tables]
    return pool_imputations(found, complete_df=complete_df, level=level)
