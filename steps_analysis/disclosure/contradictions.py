"""Do the figures of a printed release fit any table at all?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from steps_analysis.disclosure.attack import attack_on
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.system import System
from steps_analysis.errors import ArgumentError, DataError, refusal

_SHOWN = 3
_HINT = (
    "say in the rule what each figure is rounded to (round_cells_to, "
    "round_row_totals_to, round_column_totals_to), and in the links file which totals "
    "add up what, and what rates are per"
)


def check_agrees(page: Page, system: System) -> None:
    """
    Refuse a release whose printed figures no table fits.

    Parameters
    ----------
    page
        The release as printed.
    system
        What can be read off it.

    Raises
    ------
    DataError
        If no table fits. The message names sums that cannot hold, where single sums
        give it away.

    Examples
    --------
    >>> from steps_analysis.disclosure.published import published_from
    >>> said = {"profile": "threshold(6)", "tables": [{"name": "t", "rows": ["A"],
    ...         "columns": ["x", "y", "Total"], "row_totals": True,
    ...         "values": [[10, 20, 35]]}]}
    >>> published = published_from(said)
    >>> try:
    ...     check_agrees(published.page(), published.system())
    ... except DataError as error:
    ...     print(str(error).splitlines()[0].partition(", got ")[2])
    figures that do not agree: t, A, Total
    """
    broken = list(dict.fromkeys(_broken(page, system)))
    rule = "be printed so that some table fits"
    if broken:
        more = len(broken) - _SHOWN
        named = "; ".join(broken[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        said = _Words(f"figures that do not agree: {named}")
        raise DataError(refusal("release", rule, said, hint=_HINT))
    try:
        attack_on(system)
    except ArgumentError:
        said = _Words("figures that contradict each other, though no single sum does")
        raise DataError(refusal("release", rule, said, hint=_HINT)) from None


class _Words(str):
    """Words that a message holds as they are, without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _broken(page: Page, system: System) -> Iterator[str]:
    """Name counts that their own rates contradict, and the sums that cannot hold."""
    cells = page.structure.cells
    for quantity in np.flatnonzero(system.lower > system.upper).tolist():
        yield ", ".join(cells[quantity][0])
    rows = system.equations.tocsr()
    for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        members, weights = rows.indices[start:end], rows.data[start:end]
        ends = weights * np.stack([system.lower[members], system.upper[members]])
        if ends.min(axis=0).sum() > 0 or ends.max(axis=0).sum() < 0:
            total = members[np.argmin(weights)]
            yield ", ".join(cells[total][0])
