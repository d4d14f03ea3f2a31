"""Which probability rule can minimisation have, and with which number?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.parameters import Ratio, check_probability

Rule: TypeAlias = Literal["best-only", "rank-based", "imbalance-proportional"]
RULES: tuple[str, ...] = get_args(Rule)

Ties: TypeAlias = Literal["ratio", "share"]
TIES: tuple[str, ...] = get_args(Ties)

NUMBER_OF: dict[str, str] = {
    "best-only": "p",
    "rank-based": "q",
    "imbalance-proportional": "t",
}
"""The number each rule takes, under its letter in Pocock and Simon's paper."""


def check_parts(rule: Rule, ties: Ties, ratio: Ratio) -> None:
    """
    Refuse an unequal ratio, or shared ties, where the rule does not know them.

    Parameters
    ----------
    rule
        How sums become probabilities.
    ties
        What happens where arms tie for best.
    ratio
        Each arm's part.

    Raises
    ------
    ArgumentError
        If the rule is for equal parts and they are not, or does not share ties.

    Examples
    --------
    >>> check_parts("best-only", "ratio", (2, 1))
    """
    is_best_only, is_equal = rule == "best-only", len(set(ratio)) == 1
    if not is_best_only and not is_equal:
        of_ratio = f"have equal parts where rule is {rule!r}"
        hint = "an unequal ratio is kept by Han's rule, which is 'best-only'"
        raise ArgumentError(refusal("ratio", of_ratio, ratio, hint=hint))
    if ties == "share" and not (is_best_only and is_equal):
        of_ties = "be 'ratio' unless rule is 'best-only' and the ratio has equal parts"
        raise ArgumentError(refusal("ties", of_ties, ties))


def check_number(
    rule: Rule, given: Mapping[str, object], *, ties: Ties, ratio: Ratio
) -> float:
    """
    Refuse a number that belongs to another rule, or is impossible under this one.

    Parameters
    ----------
    rule
        How sums become probabilities.
    given
        What was given for each of the letters in `NUMBER_OF`; None for nothing.
    ties
        What happens where arms tie for best.
    ratio
        Each arm's part.

    Returns
    -------
    float
        The rule's number.

    Raises
    ------
    ArgumentError
        If another rule's number is given, or this one's is absent or impossible.

    Examples
    --------
    >>> check_number("best-only", {"p": None}, ties="ratio", ratio=(1, 1))
    0.8
    """
    letter = NUMBER_OF[rule]
    for other, value in given.items():
        if other != letter and value is not None:
            of_other = f"be left out where rule is {rule!r}, which takes {letter}"
            raise ArgumentError(refusal(other, of_other, value))
    if rule == "best-only":
        return _check_p(given["p"], ties=ties, ratio=ratio)
    most = 2 / (len(ratio) - 1) if rule == "rank-based" else 1.0
    least = 1 / len(ratio) if rule == "rank-based" else 0.0
    return _check_within(letter, given[letter], least=least, most=most)


def _check_p(given: object, *, ties: Ties, ratio: Ratio) -> float:
    """Refuse a `p` that would favour an arm that is ahead; not given means 0.8."""
    least = min(ratio) / sum(ratio)
    if ties == "share":  # all arms but one may have to share it
        least = (len(ratio) - 1) / len(ratio)
    why = "less would favour the arm that is ahead"
    p = 0.8 if given is None else given
    return check_probability("p", p, least=least, why=why)


def _check_within(letter: str, given: object, *, least: float, most: float) -> float:
    """Refuse anything but a number that leaves every arm a probability."""
    is_number = isinstance(given, int | float | np.number) and not isinstance(
        given, bool
    )
    if not is_number or not least - 1e-12 <= float(given) <= most + 1e-12:  # type: ignore[arg-type]  # a number by now
        rule = f"lie in [{least:.4g}, {most:.4g}] (else a probability is negative)"
        raise ArgumentError(refusal(letter, rule, given))
    return float(given)  # type: ignore[arg-type]  # a number by now
