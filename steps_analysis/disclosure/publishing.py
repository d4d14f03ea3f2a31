"""How does a pattern of hidden figures become a release that shows the others?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from steps_analysis.disclosure.page import Page, page_of
from steps_analysis.disclosure.profiles import Profile, from_spec
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.tables import Cell
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray


def suppress_primary(
    release: Release,
    rule: Profile | str | Mapping[str, Any],
    *,
    also: Collection[Cell] = (),
    figures: Literal["as shown", "exact"] = "as shown",
) -> Release:
    """
    Hide only what the rule says is small: the naive way, to be attacked.

    Parameters
    ----------
    release
        The tables.
    rule
        A profile, or what `from_spec` makes one of.
    also
        Further cells to hide.
    figures
        ``"as shown"``: rates and percentages go with hidden cells, as `protect` does.
        ``"exact"``: all are shown, computed from exact counts.

    Returns
    -------
    Release
        A release that prints something, with no promise that it is safe.

    Raises
    ------
    ArgumentError
        If `figures` is unknown, or the release is protected already.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame({"2013": [3, 9], "2014": [6, 7]}, index=["A", "B"])
    >>> naive = suppress_primary(Release().add_table("t", counts), "threshold(6)")
    >>> naive.to_frame("t").loc["A"].tolist()
    ['[c]', 6, 9]
    """
    if figures not in ("as shown", "exact"):
        raise ArgumentError(refusal("figures", "be 'as shown' or 'exact'", figures))
    profile = from_spec(rule)
    page = unprotected_page(release, profile, withheld=())
    more = page.structure.where(also) & (page.structure.value > 0)
    return published(
        release,
        page,
        page.reading.is_small | more,
        hides_zeros=False,
        figures_are_naive=figures == "exact",
    )


def unprotected_page(
    release: Release, profile: Profile, *, withheld: Iterable[str]
) -> Page:
    """
    Lay out a release under a rule before anything is hidden.

    Parameters
    ----------
    release
        A release that is not protected yet.
    profile
        The rule.
    withheld
        Names of tables that are not to be published.

    Returns
    -------
    Page
        With nothing hidden.

    Raises
    ------
    ArgumentError
        If the release is protected already, or has no table.
    """
    if release.profile is not None:
        rule = "be protected once, from its exact counts"
        raise ArgumentError(refusal("release", rule, "a protected release"))
    if not release.tables:
        raise ArgumentError(refusal("release", "have a table", "none"))
    return page_of(
        release.tables,
        profile,
        withheld=tuple(withheld),
        hides_zeros=True,
        editions=release.editions,
    )


def published(
    release: Release,
    page: Page,
    hidden: BoolArray,
    *,
    hides_zeros: bool,
    figures_are_naive: bool = False,
    withheld: tuple[tuple[str, str], ...] = (),
) -> Release:
    """
    Turn a pattern of hidden quantities into a release that shows the others.

    Parameters
    ----------
    release
        The release before it was protected.
    page
        Its layout.
    hidden
        Which quantities are hidden, shape (n,).
    hides_zeros
        Whether zeros beneath a hidden total are among them.
    figures_are_naive
        Whether rates and percentages are computed from exact counts and all shown.
    withheld
        Tables that are not published, each with the reason.

    Returns
    -------
    Release
        The release as it is published.
    """
    numbers = np.flatnonzero(hidden)
    cells = frozenset(c for q in numbers for c in page.structure.cells[q])
    return replace(
        release,
        profile=page.profile,
        hidden=cells,
        withheld=withheld,
        hides_zeros=hides_zeros,
        figures_are_naive=figures_are_naive,
    )
