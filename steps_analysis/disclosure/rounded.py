"""What is printed where every figure is rounded so that the tables add up?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from steps_analysis.disclosure.structure import Structure
from steps_analysis.disclosure.system import Reading
from steps_analysis.disclosure.tables import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """
    The figures of a release, rounded together.

    Attributes
    ----------
    base
        Every printed figure is a multiple of this.
    reach
        No printed figure is further than this from its count.
    printed
        Each cell with what is printed in it.
    """

    base: int
    reach: int
    printed: tuple[tuple[Cell, int], ...] = field(default=(), repr=False)

    def limits(self, printed: int) -> tuple[int, int]:
        """
        Tell which counts may be printed as a number.

        Parameters
        ----------
        printed
            The number.

        Returns
        -------
        tuple of int
            The least and the greatest.

        Examples
        --------
        >>> Rounded(base=5, reach=4).limits(5)
        (1, 9)
        """
        return max(printed - self.reach, 0), printed + self.reach

    def to_dict(self) -> dict[str, int]:
        """
        Say how figures are rounded, for ``release.json``.

        Returns
        -------
        dict
            Base and reach; the figures themselves stand in the tables.
        """
        return {"base": self.base, "reach": self.reach}


def as_rounded(structure: Structure, reading: Reading, rounded: Rounded) -> Reading:
    """
    Show every quantity rounded, whatever the rule says of it.

    Parameters
    ----------
    structure
        The quantities.
    reading
        How each would look under the rule.
    rounded
        How each is rounded.

    Returns
    -------
    Reading
        The same quantities, small ones too, as they are printed; and which counts may
        be printed so.
    """
    shown = np.zeros_like(structure.value)
    for cell, printed in rounded.printed:
        shown[structure.number[cell]] = printed
    return replace(
        reading,
        base=np.full_like(shown, rounded.base),
        shown=shown,
        shown_lower=np.maximum(shown - rounded.reach, 0),
        shown_upper=shown + rounded.reach,
    )
