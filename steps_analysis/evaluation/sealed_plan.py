"""
What was planned before anybody saw an arm, and does the report keep to it?

A plan is sealed by writing down every analysis that the protocol asks for, the date,
and a digest of both. Whoever keeps the digest elsewhere, in a registry or a letter, can
show later that the plan was not touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.outcomes import PlannedAnalysis, planned_analyses
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.replace import replace_file

PLAN_FILE = "analysis-plan.json"
_FORMAT = "analysis plan, sealed, version 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPlan:
    """
    A plan of analysis, as it stood on a day.

    Attributes
    ----------
    sealed_on
        The day.
    analyses
        Every analysis planned.
    """

    sealed_on: date
    analyses: tuple[PlannedAnalysis, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 digest of date and analyses, 64 hexadecimal digits."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _content(self) -> dict[str, Any]:
        return {
            "sealed_on": f"{self.sealed_on:%Y-%m-%d}",
            "analyses": [asdict(analysis) for analysis in self.analyses],
        }

    def to_json(self) -> str:
        """
        Write the plan with its digest.

        Returns
        -------
        str
            JSON, indented, for a file.
        """
        whole = {"format": _FORMAT, **self._content(), "digest": self.digest}
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """
    Where a report departs from a sealed plan.

    Attributes
    ----------
    estimand
        Code of the estimand.
    analysis
        The analysis, in words.
    change
        What differs, as a sentence.
    """

    estimand: str
    analysis: str
    change: str


def seal_plan(protocol: Protocol, *, on: date) -> SealedPlan:
    """
    Write down the analyses that a protocol plans.

    Parameters
    ----------
    protocol
        The protocol.
    on
        The day; it belongs before the first arm is seen.

    Returns
    -------
    SealedPlan
        The plan.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> len(seal_plan(load_protocol(), on=date(2014, 3, 31)).digest)
    64
    """
    return SealedPlan(sealed_on=on, analyses=planned_analyses(protocol))


def write_plan(plan: SealedPlan, path: str | Path) -> None:
    """
    Put a sealed plan into a file that is not there yet.

    Parameters
    ----------
    plan
        The plan.
    path
        The file.

    Raises
    ------
    ArgumentError
        If the file is there: a sealed plan is never replaced.
    """
    path = Path(path)
    if path.exists():
        hint = "a sealed plan stays as it is; the report lists what was added since"
        raise ArgumentError(
            refusal("path", "be a file that is not there", str(path), hint=hint)
        )
    replace_file(path, plan.to_json().encode("utf-8"))


def read_plan(path: str | Path) -> SealedPlan:
    """
    Read a sealed plan, and see that nobody touched it.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SealedPlan
        The plan.

    Raises
    ------
    DataError
        If it is no sealed plan, or not the one its digest was made of.
    """
    path = Path(path)
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        if whole["format"] != _FORMAT:
            raise ValueError(whole["format"])
        plan = SealedPlan(
            sealed_on=date.fromisoformat(whole["sealed_on"]),
            analyses=tuple(_analysis(entry) for entry in whole["analyses"]),
        )
        digest = whole["digest"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "steps plan DATA --seal writes one"
        rule = "be a sealed plan of this version"
        message = refusal(path.name, rule, type(error).__name__, hint=hint)
        raise DataError(message) from error
    if plan.digest != digest:
        rule = f"have the digest it was sealed with, {str(digest)[:12]}"
        hint = "the plan was changed after it was sealed; bring back the sealed file"
        raise DataError(refusal(path.name, rule, plan.digest[:12], hint=hint))
    return plan


def _analysis(entry: Mapping[str, Any]) -> PlannedAnalysis:
    """Read one analysis, with exactly the fields it has."""
    if set(entry) != {field.name for field in fields(PlannedAnalysis)}:
        raise ValueError("fields")
    return PlannedAnalysis(
        **{**entry, "adjusted_for": tuple(entry["adjusted_for"])},
    )


def plan_changes(
    plan: SealedPlan, protocol: Protocol, *, left_out: Mapping[str, str]
) -> tuple[PlanChange, ...]:
    """
    List where a report departs from the sealed plan.

    Parameters
    ----------
    plan
        The plan.
    protocol
        The protocol the report was made by.
    left_out
        ``"Estimand E1"`` to the reason why it could not be answered.

    Returns
    -------
    tuple of PlanChange
        Analyses added after sealing, planned ones that are done differently, and
        planned ones that are not done; in the order of the report, then of the plan.
    """
    return tuple(_changes(plan, planned_analyses(protocol), left_out))


def _changes(
    plan: SealedPlan,
    now: tuple[PlannedAnalysis, ...],
    left_out: Mapping[str, str],
) -> Iterator[PlanChange]:
    """Compare two lists of analyses, by estimand and by what is done."""
    sealed = {_key(analysis): analysis for analysis in plan.analyses}
    for analysis in now:
        was = sealed.pop(_key(analysis), None)
        reason = left_out.get(f"Estimand {analysis.estimand}")
        if was is None and reason is None:
            said = "Added after the plan was sealed."
        elif was is not None and reason is not None:
            said = f"Planned, and not done: {reason}."
        elif was is not None and was != analysis:
            said = "; ".join(_differences(was, analysis)) + "."
        else:
            continue
        yield PlanChange(
            estimand=analysis.estimand, analysis=analysis.analysis, change=said
        )
    for was in sealed.values():
        yield PlanChange(
            estimand=was.estimand,
            analysis=was.analysis,
            change="Planned, and no longer in the protocol.",
        )


def _key(analysis: PlannedAnalysis) -> tuple[str, str, str]:
    return analysis.estimand, analysis.role, analysis.analysis


def _differences(was: PlannedAnalysis, now: PlannedAnalysis) -> Iterator[str]:
    """Say which facts of an analysis changed."""
    for name, words in _FACTS.items():
        old, new = getattr(was, name), getattr(now, name)
        if old != new:
            yield f"{words} was {_said(old)}, now {_said(new)}"


_FACTS = {
    "outcome": "Outcome",
    "population": "Population",
    "at_months": "Month",
    "adjusted_for": "Adjustment",
}


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
