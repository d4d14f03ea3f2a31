"""How good is a pattern, and what is its safety built on? For the owner only."""

from __future__ import annotations

from dataclasses import dataclass, field

from steps_analysis.disclosure.tables import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What `protect` knows about the pattern it chose; never part of what is published.

    Attributes
    ----------
    loss
        The counts it hides beyond the primary ones, plus one per zero that goes with a
        hidden total. It is computed from exact counts.
    bound
        No pattern that is safe loses less.
    linear_only
        Primary cells of which it is not shown that whole tables reach every value of
        the hidden range: only that tables in fractions do. None where the tables are a
        network, which leaves no difference.

    Examples
    --------
    >>> Proof(loss=21, bound=21).is_optimal, Proof(loss=25, bound=20).gap
    (True, 0.2)
    """

    loss: int = field(repr=False)
    bound: int = field(repr=False)
    linear_only: tuple[Cell, ...] = ()

    @property
    def is_optimal(self) -> bool:
        """
        Say whether no safe pattern loses less.

        Returns
        -------
        bool
            True if that is proven.
        """
        return self.loss <= self.bound

    @property
    def gap(self) -> float:
        """
        Tell by which share of the loss a better pattern could at most be better.

        Returns
        -------
        float
            From 0, where the pattern is optimal, to 1.
        """
        return 0.0 if self.is_optimal else (self.loss - self.bound) / self.loss
