"""What can a constraint on the allocation of clusters be?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.designs.allocations import Sizes, n_allocations
from steps_analysis.randomisation.parameters import (
    check_number,
    check_probability,
    check_whole,
    is_whole,
)
from steps_analysis.randomisation.sequences import MOST_SEQUENCES


class Constrained(Protocol):
    """A design that draws among the allocations that are balanced enough."""

    @property
    def sizes(self) -> Sizes:
        """How many clusters each group gets."""

    @property
    def accepted(self) -> float | None:
        """The share of the best allocations that is kept, or None."""

    @property
    def largest(self) -> float | None:
        """The largest score that is kept, or None."""

    @property
    def weights(self) -> tuple[float, ...] | None:
        """How much each covariate matters, or None: all the same."""

    @property
    def n_candidates(self) -> int:
        """How many allocations are looked at, at most."""

    @property
    def candidate_seed(self) -> int | None:
        """The seed of the candidates where they are drawn."""


def settle(design: Constrained) -> None:
    """
    Refuse an impossible declaration, and put its values into their plain form.

    Parameters
    ----------
    design
        The design that is being made.

    Raises
    ------
    ArgumentError
        If a value breaks its rule.

    Examples
    --------
    >>> from steps_analysis.randomisation import ConstrainedClusters
    >>> ConstrainedClusters([4, 4], accepted=1, weights=[1, 2])  # settles itself
    ConstrainedClusters(sizes=(4, 4), accepted=1.0, largest=None, weights=(1.0, 2.0), \
n_candidates=100000, candidate_seed=None)
    """
    settled = {
        "sizes": _check_sizes(design.sizes),
        "n_candidates": _check_n_candidates(design.n_candidates),
    }
    if design.accepted is not None:
        why = "of none nothing could be drawn"
        accepted = check_probability("accepted", design.accepted, least=1e-6, why=why)
        settled["accepted"] = accepted
    if design.largest is not None:
        settled["largest"] = check_number("largest", design.largest, may_be_zero=True)
    if design.weights is not None:
        settled["weights"] = _check_weights(design.weights)
    for name, value in settled.items():
        object.__setattr__(design, name, value)
    _check_candidates(design)


def is_constrained(design: Constrained) -> bool:
    """
    Say whether a design has a limit.

    Parameters
    ----------
    design
        The design.

    Returns
    -------
    bool
        Whether `accepted` or `largest` is given.

    Examples
    --------
    >>> from steps_analysis.randomisation import SteppedWedge
    >>> is_constrained(SteppedWedge((2, 2)))
    False
    """
    return design.accepted is not None or design.largest is not None


def _check_sizes(given: object) -> Sizes:
    """Refuse sizes that are not two or more whole numbers of at least 1."""
    sizes = tuple(given) if isinstance(given, Iterable) else ()
    is_number = all(is_whole(size) and size >= 1 for size in sizes)
    if not 2 <= len(sizes) <= 100 or not is_number:
        rule = "be two or more whole numbers of at least 1, the first treated most"
        raise ArgumentError(refusal("sizes", rule, given))
    return tuple(int(size) for size in sizes)


def _check_n_candidates(given: object) -> int:
    """Refuse more candidates than memory holds."""
    n = check_whole("n_candidates", given, least=2)
    if n > MOST_SEQUENCES:
        rule = f"be at most {MOST_SEQUENCES:,}"
        raise ArgumentError(refusal("n_candidates", rule, n))
    return n


def _check_weights(given: object) -> tuple[float, ...]:
    """Refuse weights that are not numbers of at least 0, one of them above."""
    weights = tuple(given) if isinstance(given, Iterable) else (given,)
    checked = tuple(check_number("weights", one, may_be_zero=True) for one in weights)
    if not any(checked):
        rule = "hold a number above 0, so that a covariate matters"
        raise ArgumentError(refusal("weights", rule, given))
    return checked


def _check_candidates(design: Constrained) -> None:
    """Refuse two limits at once, and drawn candidates without a seed."""
    if design.accepted is not None and design.largest is not None:
        rule = "be left out where `accepted` is given: each alone is the limit"
        raise ArgumentError(refusal("largest", rule, design.largest))
    n = n_allocations(design.sizes)
    if design.candidate_seed is not None:
        check_whole("candidate_seed", design.candidate_seed, least=0)
    elif is_constrained(design) and n > design.n_candidates:
        rule = f"be given where {design.n_candidates:,} of more allocations are drawn"
        hint = f"n_candidates={n} looks at all" if n <= MOST_SEQUENCES else None
        raise ArgumentError(refusal("candidate_seed", rule, None, hint=hint))
