"""Which procedure measures and weights speak for, and what would change that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.comparing.compare import score
from steps_analysis.randomisation.comparing.criteria import (
    CRITERIA,
    Criterion,
    check_criteria,
    check_weights,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """
    The procedure with the highest score, and why.

    Attributes
    ----------
    procedure
        Its name.
    score
        Its score, from 0 to 1.
    weights
        The share each criterion had in it.
    runner_up
        The procedure with the next highest score; None where only one was compared.
    lead
        By how much the score exceeds the runner-up's; NaN without one.
    lead_error
        How far chance in the simulation may move the lead (one standard error, no more:
        both met the same chance).
    best_at
        Criteria at which no other procedure is worth more.
    gives_up
        Criterion to the procedure that is worth more at it, by most first.
    changed_by_doubling
        Criterion to the procedure that would be recommended if its weight were doubled;
        only where it is another.

    Examples
    --------
    >>> measured = pd.DataFrame({"arms": [0.0], "arms_error": [0.0]}, index=["pairs"])
    >>> recommend(measured).best_at
    ('arms',)
    """

    procedure: str
    score: float
    weights: Mapping[str, float]
    runner_up: str | None
    lead: float
    lead_error: float
    best_at: tuple[str, ...]
    gives_up: Mapping[str, str]
    changed_by_doubling: Mapping[str, str]

    @property
    def is_close(self) -> bool:
        """Whether the lead lies within two standard errors of the simulation."""
        return bool(self.lead <= 2 * self.lead_error)


def recommend(
    table: pd.DataFrame, *, weights: Mapping[str, float] | None = None
) -> Recommendation:
    """
    Recommend a procedure from what was measured.

    Parameters
    ----------
    table
        As `compare` gives it.
    weights
        Weight of each criterion; those left out keep their own.

    Returns
    -------
    Recommendation
        The procedure with the highest score (of equal ones, the first), and its
        reasons.

    Raises
    ------
    ArgumentError
        If the table holds no procedure or no criterion, or a weight is impossible.

    Examples
    --------
    >>> measured = pd.DataFrame(
    ...     {"arms": [0.0, 2.5], "arms_error": [0, 0.1],
    ...      "guesses": [25.0, 0.0], "guesses_error": [0.1, 0]},
    ...     index=["pairs", "coin"])
    >>> recommend(measured, weights={"arms": 1, "guesses": 1}).procedure
    'coin'
    >>> recommend(measured, weights={"arms": 9}).procedure
    'pairs'
    """
    asked = [name for name in CRITERIA if name in table]
    if not asked or table.empty:
        rule = "hold at least one procedure and one criterion, as `compare` gives it"
        raise ArgumentError(refusal("table", rule, [*table.columns]))
    criteria = check_criteria(asked)
    shares = check_weights(weights, criteria)
    scores = score(table, shares).sort_values(ascending=False, kind="stable")
    chosen = str(scores.index[0])
    other = str(scores.index[1]) if len(scores) > 1 else None
    worth = {one.name: one.worth(table[one.name].to_numpy(float)) for one in criteria}
    gains = pd.DataFrame(worth, index=table.index)
    gains -= gains.loc[chosen]
    return Recommendation(
        procedure=chosen,
        score=float(scores.iloc[0]),
        weights=shares,
        runner_up=other,
        lead=float(scores.iloc[0] - scores.iloc[1]) if other else np.nan,
        lead_error=_error(table, shares, criteria, [chosen, other]) if other else 0.0,
        best_at=tuple(name for name in asked if gains[name].max() <= 0),
        gives_up=_given_up(gains),
        changed_by_doubling=_changed(table, shares, criteria, chosen),
    )


def _error(
    table: pd.DataFrame,
    shares: Mapping[str, float],
    criteria: tuple[Criterion, ...],
    names: list[str | None],
) -> float:
    """Carry the errors of the measures into a difference of two scores."""
    variance = 0.0
    for one in criteria:
        errors = table.loc[names, f"{one.name}_error"].to_numpy(dtype=float)
        slope = shares[one.name] / (one.bad - one.good)
        variance += slope**2 * float((errors**2).sum())
    return float(np.sqrt(variance))


def _given_up(gains: pd.DataFrame) -> dict[str, str]:
    """Name who is worth more at each criterion, the largest gain first."""
    most = gains.max().sort_values(ascending=False, kind="stable")
    return {str(name): str(gains[name].idxmax()) for name in most.index[most > 0]}


def _changed(
    table: pd.DataFrame,
    shares: Mapping[str, float],
    criteria: tuple[Criterion, ...],
    chosen: str,
) -> dict[str, str]:
    """Double the weight of one criterion after the other."""
    changed = {}
    for one in criteria:
        doubled = {**shares, one.name: 2 * shares[one.name]}
        first = str(score(table, check_weights(doubled, criteria)).idxmax())
        if first != chosen:
            changed[one.name] = first
    return changed
