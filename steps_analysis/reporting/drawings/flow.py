"""The flow of families through a trial, as the boxes of CONSORT 2025."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.markers import Marker

Number = int | Marker
Line = tuple[str, Number]

DASH = "– "
"""What a reason begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """
    A number with the reasons it is made of.

    Attributes
    ----------
    n
        How many, or a `Marker`.
    reasons
        Each reason with how many; they sum to `n` where all are shown.
    """

    n: Number
    reasons: tuple[tuple[str, Number], ...] = ()

    def __post_init__(self) -> None:
        reasons = tuple((label, _number(n)) for label, n in self.reasons)
        object.__setattr__(self, "n", _number(self.n))
        object.__setattr__(self, "reasons", reasons)
        if reasons:
            _reconcile("n", self.n, [n for _, n in reasons])


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowArm:
    """
    The boxes of one arm. What is None is not known, and its line is left out.

    Attributes
    ----------
    name
        The arm as shown.
    allocated
        How many were allocated to it.
    children
        How many children they are, where that differs.
    received
        How many received what they were allocated.
    not_received
        How many did not, and why.
    lost
        How many were lost to follow-up, and why.
    discontinued
        How many stopped the treatment early but stay in the analysis, and why.
    analysed
        How many were analysed for the primary outcome.
    not_analysed
        How many were not, and why: excluded or missing.
    """

    name: str
    allocated: Number
    analysed: Number
    children: Number | None = None
    received: Number | None = None
    not_received: Tally | None = None
    lost: Tally | None = None
    discontinued: Tally | None = None
    not_analysed: Tally | None = None

    def __post_init__(self) -> None:
        for name in ("allocated", "children", "analysed", "received"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None else _number(given))
        if self.received is not None and self.not_received is not None:
            _reconcile(
                "allocated", self.allocated, [self.received, self.not_received.n]
            )
        if self.not_analysed is not None:
            _reconcile(
                "allocated", self.allocated, [self.analysed, self.not_analysed.n]
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDiagram:
    """
    The whole flow, from those referred to those analysed.

    Attributes
    ----------
    randomised
        How many were randomised.
    arms
        At least two arms.
    referred, assessed
        How many were referred, and assessed for eligibility; None where not known.
    eligible, approached, consented
        How many of them were found eligible, offered the trial, and agreed; None where
        not known.
    excluded
        How many of those were not randomised, and why; None where not known.
    children
        How many children those randomised are, where that differs.
    unit
        What is counted, in the plural.
    outcome
        What "analysed" is about, such as ``"placement by 20 months"``.

    Examples
    --------
    >>> arms = [FlowArm(name=name, allocated=20, analysed=20) for name in ("A", "B")]
    >>> FlowDiagram(randomised=40, arms=arms).data()["number"].tolist()
    [40, 20, 20, 20, 20]
    """

    randomised: Number
    arms: tuple[FlowArm, ...]
    referred: Number | None = None
    assessed: Number | None = None
    eligible: Number | None = None
    approached: Number | None = None
    consented: Number | None = None
    excluded: Tally | None = None
    children: Number | None = None
    unit: str = "families"
    outcome: str = "the primary outcome"

    def __post_init__(self) -> None:
        object.__setattr__(self, "arms", tuple(self.arms))
        for name in (*BEFORE, "randomised", "children"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None else _number(given))
        if len(self.arms) < 2:
            raise ArgumentError(refusal("arms", "be at least two", len(self.arms)))
        _reconcile("randomised", self.randomised, [arm.allocated for arm in self.arms])
        if self.assessed is not None and self.excluded is not None:
            parts = [self.excluded.n, self.randomised]
            _reconcile("assessed", self.assessed, parts)

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per number: stage, group, what it counts and the number.
        """
        rows = [("enrolment", "all", *line) for line in _spelt(self._enrolment())]
        for stage, lines_of in STAGES:
            for arm in self.arms:
                lines = _spelt(lines_of(arm))
                rows += [(stage.lower(), arm.name, *line) for line in lines]
        names = ["stage", "group", "what", "number"]
        frame = pd.DataFrame(rows, columns=names)
        marked = [str(n) if isinstance(n, Marker) else n for n in frame["number"]]
        return frame.assign(number=pd.Series(marked, dtype=object))

    def _enrolment(self) -> list[Line]:
        """List the numbers above the arms."""
        excluded = tallied("not randomised", self.excluded)
        return [*before_randomisation(self), *excluded, *at_randomisation(self)]


def _spelt(lines: Iterable[Line]) -> list[Line]:
    """Put before each reason what it is a reason for."""
    spelt, of = [], ""
    for words, n in lines:
        of = of if words.startswith(DASH) else words
        spelt.append((words.replace(DASH, f"{of}: ", 1), n))
    return spelt


BEFORE = {
    "referred": "referred",
    "assessed": "assessed for eligibility",
    "eligible": "eligible",
    "approached": "approached",
    "consented": "consented",
}
"""The numbers on the way to randomisation, each with its words."""


def before_randomisation(drawing: FlowDiagram) -> list[Line]:
    """
    List the numbers of the box above randomisation.

    Parameters
    ----------
    drawing
        The flow.

    Returns
    -------
    list of (str, int or Marker)
        What is counted, and how many; what is not known is left out.

    Examples
    --------
    >>> arms = [FlowArm(name=name, allocated=20, analysed=20) for name in ("A", "B")]
    >>> before_randomisation(FlowDiagram(randomised=40, arms=arms, assessed=40))
    [('assessed for eligibility', 40)]
    """
    lines = [(words, getattr(drawing, name)) for name, words in BEFORE.items()]
    return [(words, n) for words, n in lines if n is not None]


def at_randomisation(drawing: FlowDiagram) -> list[Line]:
    """
    List the numbers of the box "randomised".

    Parameters
    ----------
    drawing
        The flow.

    Returns
    -------
    list of (str, int or Marker)
        What is counted, and how many.

    Examples
    --------
    >>> arms = [FlowArm(name=name, allocated=20, analysed=20) for name in ("A", "B")]
    >>> at_randomisation(FlowDiagram(randomised=40, arms=arms, children=41))
    [('randomised', 40), ('children randomised', 41)]
    """
    lines: list[Line] = [("randomised", drawing.randomised)]
    if drawing.children is not None:
        lines.append(("children randomised", drawing.children))
    return lines


def allocation(arm: FlowArm) -> list[Line]:
    """
    List the numbers of the box "allocated".

    Parameters
    ----------
    arm
        The arm.

    Returns
    -------
    list of (str, int or Marker)
        What is counted, and how many; the reasons are indented by a dash.

    Examples
    --------
    >>> allocation(FlowArm(name="A", allocated=20, analysed=20, received=20))
    [('allocated', 20), ('received it', 20)]
    """
    lines: list[Line] = [("allocated", arm.allocated)]
    if arm.children is not None:
        lines.append(("children allocated", arm.children))
    if arm.received is not None:
        lines.append(("received it", arm.received))
    return lines + tallied("did not receive it", arm.not_received)


def follow_up(arm: FlowArm) -> list[Line]:
    """
    List the numbers of the box "follow-up".

    Parameters
    ----------
    arm
        The arm.

    Returns
    -------
    list of (str, int or Marker)
        What is counted, and how many; the reasons are indented by a dash.

    Examples
    --------
    >>> follow_up(FlowArm(name="A", allocated=20, analysed=20, lost=Tally(n=0)))
    [('lost to follow-up', 0)]
    """
    lines = tallied("lost to follow-up", arm.lost)
    return lines + tallied(
        "stopped treatment early, kept in the analysis", arm.discontinued
    )


def analysis(arm: FlowArm) -> list[Line]:
    """
    List the numbers of the box "analysed".

    Parameters
    ----------
    arm
        The arm.

    Returns
    -------
    list of (str, int or Marker)
        What is counted, and how many; the reasons are indented by a dash.

    Examples
    --------
    >>> analysis(FlowArm(name="A", allocated=20, analysed=20))
    [('analysed', 20)]
    """
    lines: list[Line] = [("analysed", arm.analysed)]
    return lines + tallied("not analysed", arm.not_analysed)


def tallied(words: str, tally: Tally | None) -> list[Line]:
    """
    List a number and the reasons below it.

    Parameters
    ----------
    words
        What is counted.
    tally
        The number and its reasons, or None.

    Returns
    -------
    list of (str, int or Marker)
        Nothing for None.

    Examples
    --------
    >>> tallied("lost", Tally(n=2, reasons=(("moved", 2),)))
    [('lost', 2), ('– moved', 2)]
    """
    if tally is None:
        return []
    return [(words, tally.n), *((f"{DASH}{why}", n) for why, n in tally.reasons)]


STAGES: tuple[tuple[str, Callable[[FlowArm], list[Line]]], ...] = (
    ("Allocation", allocation),
    ("Follow-up", follow_up),
    ("Analysis", analysis),
)
"""The rows of boxes below randomisation."""


def _number(given: object) -> Number:
    """Accept a count or a mark."""
    if isinstance(given, Marker):
        return given
    if isinstance(given, str):
        return Marker(given)
    if not isinstance(given, bool) and hasattr(given, "__index__"):
        return int(given)
    raise ArgumentError(refusal("n", "be a whole number or a marker", given))


def _reconcile(name: str, whole: Number, parts: Iterable[Number]) -> None:
    """Refuse numbers that do not add up, where all of them are shown."""
    parts = list(parts)
    numbers = [n for n in (whole, *parts) if not isinstance(n, Marker)]
    if len(numbers) == 1 + len(parts) and numbers[0] != sum(numbers[1:]):
        rule = f"be the sum of its parts, {sum(numbers[1:])}"
        raise ArgumentError(refusal(name, rule, numbers[0]))
