"""Every design that draws whole lists, and its name in a protocol."""

from __future__ import annotations

from typing import TypeAlias, get_args

from steps_analysis.randomisation.designs.constrained_clusters import (
    ConstrainedClusters,
)
from steps_analysis.randomisation.designs.matched_pairs import MatchedPairs
from steps_analysis.randomisation.designs.rerandomisation import Rerandomisation
from steps_analysis.randomisation.designs.stepped_wedge import SteppedWedge
from steps_analysis.randomisation.procedures import name_of

Design: TypeAlias = ConstrainedClusters | MatchedPairs | Rerandomisation | SteppedWedge
"""Any design that draws whole lists: `draw_lists`, `enumerate_lists`, `allows`."""

DESIGNS: dict[str, type[Design]] = {name_of(one): one for one in get_args(Design)}
"""Every design under the name it has in a protocol."""


def n_groups(design: Design) -> int:
    """
    Count a design's groups: its arms, or steps.

    Parameters
    ----------
    design
        Any design.

    Returns
    -------
    int
        The number of its sizes; two where it has none.

    Examples
    --------
    >>> n_groups(MatchedPairs()), n_groups(SteppedWedge((2, 2, 2)))
    (2, 3)
    """
    return len(getattr(design, "sizes", (1, 1)))
