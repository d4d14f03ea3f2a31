"""How finely can referrals be broken down and still be published?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Sources = Literal["each", "grouped", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """
    One way to break referrals down.

    Attributes
    ----------
    width
        How many years a column holds.
    sources
        Whether all sites together are also shown by source, each or in groups.
    rings
        Whether inner and outer London are also shown.

    Examples
    --------
    >>> Breakdown(width=2, sources="each", rings=True).is_plain
    False
    """

    width: int
    sources: Sources = "none"
    rings: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether sites and years are shown, and nothing else."""
        return self.sources == "none" and not self.rings


def breakdowns(
    n_years: int, *, has_sources: bool, has_rings: bool
) -> Iterator[Breakdown]:
    """
    List the ways to break referrals down, finest first.

    Parameters
    ----------
    n_years
        How many years there are.
    has_sources
        Whether referrals come from several sources.
    has_rings
        Whether the sites lie in several rings.

    Yields
    ------
    Breakdown
        Shorter columns first, because a reader asks what changed; then, for the same
        columns, sources before rings, because a service can act on its source.

    Examples
    --------
    >>> [b.width for b in breakdowns(4, has_sources=False, has_rings=False)]
    [1, 2, 4]
    """
    sources: tuple[Sources, ...] = ("each", "grouped", "none")
    for width in sorted({1, min(2, n_years), n_years}):
        for source in sources if has_sources else sources[-1:]:
            for ring in (True, False) if has_rings else (False,):
                yield Breakdown(width=width, sources=source, rings=ring)


def why_not_finer(
    chosen: Breakdown, n_years: int, *, has_sources: bool, has_rings: bool
) -> tuple[str, ...]:
    """
    Say why nothing finer than the chosen breakdown is published.

    Parameters
    ----------
    chosen
        The breakdown.
    n_years, has_sources, has_rings
        As for `breakdowns`.

    Returns
    -------
    tuple of str
        A sentence for each thing that was given up; none where nothing was.

    Examples
    --------
    >>> why_not_finer(Breakdown(width=1), 4, has_sources=False, has_rings=False)
    ()
    """
    because = "because more than a third of the counts would be hidden otherwise"
    said = []
    if chosen.width > 1:
        whole = chosen.width == n_years
        how = "all together" if whole and n_years > 2 else "two at a time"
        said.append(f"Years are counted {how}, {because}.")
    if has_sources and chosen.sources == "grouped":
        said.append(f"Sources are counted in groups, {because}.")
    elif has_sources and chosen.sources == "none":
        said.append(f"Referrals are not shown by source, {because}.")
    if has_rings and not chosen.rings:
        said.append(
            "Inner and outer London are not shown apart: the counts could not be kept "
            "safe beside them, or more than a third would be hidden."
        )
    return tuple(said)
